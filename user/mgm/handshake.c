/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The handshake: how an interface that IGMP is on changes its owner without
 * losing a packet or a membership.
 *
 * DISABLING: the gate is written HELD, IGMP's memberships there are stale but
 * go on forwarding, and IGMP is asked to stop calling (disable_igmp). Once it
 * acknowledges, the change is applied: owner, epoch and routes are written,
 * then the gate ON, and IGMP is told to say everything again (enable_igmp).
 * REPLAYING: what it says is fresh. SWEEPING, from replay_complete: what is
 * still stale goes, in steps of work (walk.c). Then the alerts of all of it are
 * worked out as one net difference, and `ownership` reports the end.
 *
 * Acknowledgements carry the epoch the interface has after the change, so one
 * of an earlier handshake is noticed. A pair of state and event without an
 * action is ignored, or refused with the errno in the table.
 */
#include "mgm/internal.h"

typedef int hs_action(struct mgm *m, struct iface *ifc);

/* To IGMP. */
static void hs_alert(struct mgm *m, enum alert_type type,
		     const struct iface *ifc)
{
	struct alert like = {
		.ifid = ifc->ifid,
		.epoch = ifc->hs_epoch,
	};

	if (ifc->unsaid[SIDE_IGMP])
		return; /* it does not know that it is there */
	/* Without memory the deadline of this state does its work. */
	if (alert_send(m, ifc->igmp, type, &like))
		m->counters.alerts_lost++;
}

/* Nobody waits for the end of it any more. */
static void hs_forget(struct mgm *m, struct iface *ifc)
{
	struct change *ch = &ifc->change;

	if (ch->by)
		client_drop(m, ch->by);
	if (ch->to)
		client_drop(m, ch->to);
	*ch = (struct change){0};
	TAILQ_REMOVE(&m->handshakes, ifc, hs_link);
}

/* Tells who called, and who became the owner by somebody else's call. */
static void hs_report(struct mgm *m, struct iface *ifc, int result)
{
	const struct change *ch = &ifc->change;

	if (ch->by != ch->to)
		iface_tell(m, ch->by, ifc, ifc->hs_epoch, result);
	if (!ch->unsaid)
		iface_tell(m, ch->to, ifc, ifc->hs_epoch, result);
	hs_forget(m, ifc);
}

/* IDLE: the gate first, then IGMP is asked to stop. */
static int hs_begin(struct mgm *m, struct iface *ifc)
{
	int err;

	ifc->gate = MGM_GATE_HELD;
	err = iface_write(m, ifc);
	if (err) {
		ifc->gate = MGM_GATE_ON;
		ifc->change = (struct change){0};
		return err;
	}
	if (ifc->change.by)
		client_hold(ifc->change.by);
	if (ifc->change.to)
		client_hold(ifc->change.to);
	TAILQ_INSERT_TAIL(&m->handshakes, ifc, hs_link);
	ifc->hs_epoch = ifc->epoch + 1;
	ifc->deadline_ms = m->now_ms + ACK_DEADLINE_MS;
	if (!ifc->unsaid[SIDE_IGMP])
		membership_stale(ifc, SIDE_IGMP);
	iface_event(m, MGM_EV_IGMP_DISABLE, ifc, 0);
	hs_alert(m, AL_DISABLE, ifc);
	return -EINPROGRESS;
}

/* The owner changes; what was the old one's alone goes. */
static void hs_flip(struct mgm *m, struct iface *ifc)
{
	struct client *old = iface_owner(ifc); /* IGMP, if it was alone */

	client_hold(old);
	if (ifc->owner && !ifc->change.to)
		membership_clear(m, ifc, SIDE_OWNER);
	/* The new owner has been told nothing yet. */
	pull_forget_local(ifc);
	iface_set_owner(m, ifc, ifc->change.to);
	ifc->unsaid[SIDE_OWNER] = ifc->change.unsaid;
	iface_flows_lost(m, ifc);
	iface_write(m, ifc);
	client_drop(m, old);
	iface_mark_sources(m, ifc);
	core_flush(m);
	iface_event(m, MGM_EV_OWNER, ifc, 0);
}

/* The gate is open again: IGMP says everything once more. */
static void hs_enable(struct mgm *m, struct iface *ifc)
{
	ifc->gate = MGM_GATE_ON;
	iface_write(m, ifc);
	ifc->deadline_ms = m->now_ms + REPLAY_DEADLINE_MS;
	iface_event(m, MGM_EV_IGMP_ENABLE, ifc, 0);
	hs_alert(m, AL_ENABLE, ifc);
}

/* DISABLING, acknowledged. */
static int hs_apply(struct mgm *m, struct iface *ifc)
{
	freeze(ifc);
	ifc->state = HS_REPLAYING; /* alerts wait from here */
	hs_flip(m, ifc);
	hs_enable(m, ifc);
	return 0;
}

/* DISABLING, and IGMP is gone from here: the change without a replay. */
static int hs_apply_alone(struct mgm *m, struct iface *ifc)
{
	ifc->state = HS_IDLE;
	if (ifc->change.to) {
		hs_flip(m, ifc);
		iface_mark_alerts(m, ifc);
		iface_igmp_off(m, ifc);
	} else {
		membership_clear(m, ifc, SIDE_IGMP);
		iface_set_igmp(m, ifc, NULL);
		iface_release(m, ifc);
	}
	hs_report(m, ifc, 0);
	return 0;
}

static int hs_ack_late(struct mgm *m, struct iface *ifc)
{
	const struct client *igmp = ifc->igmp;

	m->counters.igmp_silent++;
	iface_event(m, MGM_EV_IGMP_SILENT, ifc, -ETIMEDOUT);
	hs_apply_alone(m, ifc);
	iface_tell(m, igmp, ifc, ifc->hs_epoch, -ETIMEDOUT);
	return 0;
}

/*
 * DISABLING, and the one who would become owner is gone. The owner stays; if
 * it died meanwhile, or was lost and has settled without it, nobody takes over
 * from it and its release follows.
 */
static int hs_abandon(struct mgm *m, struct iface *ifc)
{
	const struct client *c = ifc->owner;

	ifc->release_after =
		c && (c->dead || (ifc->unsaid[SIDE_OWNER] && !grace_runs(c)));
	freeze(ifc);
	ifc->state = HS_REPLAYING;
	ifc->epoch++;
	ifc->change.result = -ENOENT;
	hs_enable(m, ifc);
	return 0;
}

/* The end, with nothing of IGMP's stale any more. */
static int hs_end(struct mgm *m, struct iface *ifc)
{
	bool again = ifc->release_after;

	ifc->state = HS_IDLE;
	ifc->release_after = false;
	freeze_end(m, ifc);
	hs_report(m, ifc, ifc->change.result);
	if (again && ifc->owner)
		hs_event(m, ifc, HS_OWNER_DEAD);
	return 0;
}

/*
 * An IGMP that has come back does not know yet what its hosts want: what it
 * has not said by now waits until it is settled.
 */
static int hs_sweep(struct mgm *m, struct iface *ifc)
{
	if (grace_runs(ifc->igmp))
		return hs_end(m, ifc);
	ifc->state = HS_SWEEPING;
	m->counters.replay_swept += membership_sweep_wide(m, ifc, SIDE_IGMP);
	walk_iface(m, ifc, WALK_SWEEP);
	return 0;
}

bool hs_runs(const struct iface *ifc)
{
	return ifc->state == HS_REPLAYING || ifc->state == HS_SWEEPING;
}

static int hs_replayed(struct mgm *m, struct iface *ifc)
{
	iface_event(m, MGM_EV_REPLAY_COMPLETE, ifc, 0);
	return hs_sweep(m, ifc);
}

static int hs_replay_late(struct mgm *m, struct iface *ifc)
{
	m->counters.replay_late++;
	iface_event(m, MGM_EV_REPLAY_COMPLETE, ifc, -ETIMEDOUT);
	return hs_sweep(m, ifc);
}

/*
 * REPLAYING or SWEEPING, and IGMP is gone from here, with all that is stale:
 * the end of a sweep that is under way is not what ends it.
 */
static int hs_replay_lost(struct mgm *m, struct iface *ifc)
{
	ifc->state = HS_REPLAYING;
	iface_igmp_off(m, ifc);
	return hs_end(m, ifc);
}

/*
 * DISABLING, and IGMP has no connection: it cannot call, which is all that was
 * asked of it. Nor can it say anything again: the handshake ends at once, and
 * its memberships stay, stale, for its grace time.
 */
static int hs_igmp_lost(struct mgm *m, struct iface *ifc)
{
	hs_apply(m, ifc);
	return hs_end(m, ifc);
}

/* IDLE: T7 and T8 of doc/ownership.md. */
static int hs_igmp_leaves(struct mgm *m, struct iface *ifc)
{
	iface_igmp_off(m, ifc);
	return 0;
}

/* IDLE: a release in the dead owner's name. */
static int hs_owner_leaves(struct mgm *m, struct iface *ifc)
{
	if (!ifc->igmp) {
		iface_release(m, ifc);
		return 0;
	}
	ifc->change = (struct change){0}; /* nobody waits for the end */
	return hs_event(m, ifc, HS_CHANGE);
}

static int hs_release_after(struct mgm *m, struct iface *ifc)
{
	(void)m;
	ifc->release_after = true;
	return 0;
}

/* The interface is gone: the caller takes all of it away, and tells. */
static int hs_vanish(struct mgm *m, struct iface *ifc)
{
	if (hs_runs(ifc))
		freeze_end(m, ifc);
	ifc->state = HS_IDLE;
	ifc->release_after = false;
	hs_forget(m, ifc);
	return 0;
}

static int hs_held(struct mgm *m, struct iface *ifc)
{
	(void)ifc;
	m->counters.gate_held++;
	return -EAGAIN;
}

static int hs_stale(struct mgm *m, struct iface *ifc)
{
	(void)ifc;
	m->counters.stale_epoch++;
	return -EINVAL;
}

/*
 * What happens, in which state; the action sets the state that follows,
 * except where begin succeeds. No action: the result alone.
 */
static const struct {
	hs_action *run;
	int result;
} hs_table[HS_STATES][HS_EVENTS] = {
	[HS_IDLE] =
		{
			[HS_CHANGE] = {hs_begin, 0},
			[HS_ACK] = {hs_stale, 0},
			[HS_ACK_LATE] = {NULL, 0},
			[HS_MEMBERSHIP] = {NULL, 0},
			[HS_REPLAYED] = {hs_stale, 0},
			[HS_REPLAY_LATE] = {NULL, 0},
			[HS_SWEPT] = {NULL, 0},
			[HS_TAKER_DEAD] = {NULL, 0},
			[HS_OWNER_DEAD] = {hs_owner_leaves, 0},
			[HS_IGMP_GONE] = {hs_igmp_leaves, 0},
			[HS_IGMP_LOST] = {NULL, 0},
			[HS_VANISHED] = {NULL, 0},
		},
	[HS_DISABLING] =
		{
			[HS_CHANGE] = {NULL, -EBUSY},
			[HS_ACK] = {hs_apply, 0},
			[HS_ACK_LATE] = {hs_ack_late, 0},
			[HS_MEMBERSHIP] = {hs_held, 0},
			[HS_REPLAYED] = {hs_stale, 0},
			[HS_REPLAY_LATE] = {NULL, 0},
			[HS_SWEPT] = {NULL, 0},
			[HS_TAKER_DEAD] = {hs_abandon, 0},
			[HS_OWNER_DEAD] = {NULL, 0}, /* its release goes on */
			[HS_IGMP_GONE] = {hs_apply_alone, 0},
			[HS_IGMP_LOST] = {hs_igmp_lost, 0},
			[HS_VANISHED] = {hs_vanish, 0},
		},
	[HS_REPLAYING] =
		{
			[HS_CHANGE] = {NULL, -EBUSY},
			[HS_ACK] = {hs_stale, 0},
			[HS_ACK_LATE] = {NULL, 0},
			[HS_MEMBERSHIP] = {NULL, 0},
			[HS_REPLAYED] = {hs_replayed, 0},
			[HS_REPLAY_LATE] = {hs_replay_late, 0},
			[HS_SWEPT] = {NULL, 0},
			[HS_TAKER_DEAD] = {NULL, 0},
			[HS_OWNER_DEAD] = {hs_release_after, 0},
			[HS_IGMP_GONE] = {hs_replay_lost, 0},
			[HS_IGMP_LOST] = {hs_end, 0},
			[HS_VANISHED] = {hs_vanish, 0},
		},
	[HS_SWEEPING] =
		{
			[HS_CHANGE] = {NULL, -EBUSY},
			[HS_ACK] = {hs_stale, 0},
			[HS_ACK_LATE] = {NULL, 0},
			[HS_MEMBERSHIP] = {NULL, 0},
			[HS_REPLAYED] = {hs_stale, 0},
			[HS_REPLAY_LATE] = {NULL, 0},
			[HS_SWEPT] = {hs_end, 0},
			[HS_TAKER_DEAD] = {NULL, 0},
			[HS_OWNER_DEAD] = {hs_release_after, 0},
			[HS_IGMP_GONE] = {hs_replay_lost, 0},
			[HS_IGMP_LOST] = {hs_end, 0},
			[HS_VANISHED] = {hs_vanish, 0},
		},
};

int hs_event(struct mgm *m, struct iface *ifc, enum hs_event event)
{
	hs_action *run = hs_table[ifc->state][event].run;
	int result;

	if (!run)
		return hs_table[ifc->state][event].result;
	result = run(m, ifc);
	if (run == hs_begin && result == -EINPROGRESS) {
		ifc->state = HS_DISABLING;
		if (ifc->unsaid[SIDE_IGMP])
			hs_event(m, ifc, HS_IGMP_LOST);
	}
	return result;
}

void hs_tick(struct mgm *m)
{
	struct iface *ifc = TAILQ_FIRST(&m->handshakes), *next;

	for (; ifc; ifc = next) {
		next = TAILQ_NEXT(ifc, hs_link);
		if (m->now_ms < ifc->deadline_ms)
			continue;
		hs_event(m, ifc,
			 ifc->state == HS_DISABLING ? HS_ACK_LATE
						    : HS_REPLAY_LATE);
	}
}

static int hs_answer(struct mgm *m, struct mgm_client *client, uint32_t ifid,
		     uint32_t epoch, enum hs_event event)
{
	const struct client *c = client_of(m, client);
	struct iface *ifc = iface_find(m, ifid);

	if (!c || !ifc || ifc->igmp != c)
		return -EINVAL;
	if (epoch != ifc->hs_epoch)
		return hs_stale(m, ifc);
	return hs_event(m, ifc, event);
}

int mgm_igmp_disabled(struct mgm *m, struct mgm_client *client, uint32_t ifid,
		      uint32_t epoch)
{
	core_enter(m);
	return core_leave(m, hs_answer(m, client, ifid, epoch, HS_ACK));
}

int mgm_replay_complete(struct mgm *m, struct mgm_client *client, uint32_t ifid,
			uint32_t epoch)
{
	core_enter(m);
	return core_leave(m, hs_answer(m, client, ifid, epoch, HS_REPLAYED));
}
