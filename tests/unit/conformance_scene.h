/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Three clients of a manager that is in this process or behind a socket: IGMP,
 * and two protocols, p and q. All that they are told is written down, a line
 * each, and a test says what must stand there. Between clients with connections
 * of their own there is no order.
 */
#ifndef XMGM_TESTS_CONFORMANCE_SCENE_H
#define XMGM_TESTS_CONFORMANCE_SCENE_H

#include "backend_room.h"
#include "text_log.h"

#define IF	 2    /* whose owner changes */
#define AGING_MS 2000 /* so late may it be */
#define IIF	 1    /* source 8 is behind it */

enum who { IGMP, P, Q, WHO };

struct actor {
	struct scene *scene;
	const char *name;
	struct mgm *m;
	struct mgm_client *client;
	uint32_t component;
	uint32_t epoch;
	bool pulls[65536]; /* (*,G), as it has been told */
};

struct scene {
	struct backend backend;
	struct actor actor[WHO];
	char log[1u << 21];
	size_t length;
	bool inside;	/* IGMP answers and replays (*,1) inside */
	int in_disable; /* what adding has returned there */
	bool veto;	/* P accepts no oif */
	/* In this state (8,1) is, whenever somebody is asked or told of a
	 * handshake; NULL: whatever it is. */
	const char *watched;
	uint32_t prune_ms;
};

/* --- what the clients are told ------------------------------------------- */

static void note(struct actor *a, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void note(struct actor *a, const char *format, ...)
{
	struct scene *s = a->scene;
	va_list ap;

	s->length += (size_t)sprintf(s->log + s->length, "%s ", a->name);
	va_start(ap, format);
	text_log(s->log, sizeof(s->log) - 32, &s->length, format, ap);
	va_end(ap);
	s->log[s->length++] = '\n';
	s->log[s->length] = '\0';
}

static struct mgm_mfe_info mfe(struct scene *s, uint32_t source, uint32_t group)
{
	struct mgm_mfe_oif oif = {.size = sizeof(oif)};
	struct mgm_mfe_info info = {
		.size = sizeof(info), .oif_room = 1, .oifs = &oif};
	int err = s->backend.call.mfe_get(s->actor[P].m, sg(source, group),
					  &info);

	if (err) {
		assert_int_equal(err, -ENOENT);
		info.size = 0; /* there is none */
	}
	info.oifs = NULL;
	info.oif_room = oif.ifid;
	return info;
}

static void watch(struct scene *s)
{
	static const char *const states[] = {MGM_STATE_NAMES};

	if (s->watched)
		assert_string_equal(states[mfe(s, 8, 1).state], s->watched);
}

static void on_rpf(void *arg, uint64_t token, const struct mgm_rpf *rpf)
{
	struct actor *a = arg;

	watch(a->scene);
	note(a, "rpf %s arrival %u iif %u, %zu bytes", fix_sg_text(rpf->flow),
	     rpf->arrival, rpf->iif, rpf->packet_len);
	assert_int_equal(a->scene->backend.call.rpf_reply(a->m, a->client,
							  token, rpf->iif,
							  &rpf->upstream),
			 0);
}

static void on_creation(void *arg, uint64_t token, struct mgm_sg flow,
			uint32_t iif, const struct mgm_creation_oif *oifs,
			size_t count)
{
	struct actor *a = arg;
	struct mgm_creation_oif reply = {.ifid = oifs[0].ifid,
					 .enabled = !a->scene->veto};

	watch(a->scene);
	note(a, "creation %s iif %u oif %u%s of %zu", fix_sg_text(flow), iif,
	     oifs[0].ifid, oifs[0].igmp ? " igmp" : "", count);
	assert_int_equal(a->scene->backend.call.creation_reply(
				 a->m, a->client, token, &reply, 1),
			 0);
}

/* Alerts are edges: what is told is always news. */
static void pulls(struct actor *a, const struct mgm_sg *flow, bool on)
{
	const uint8_t *group = flow->group.address.bytes;
	bool *told = &a->pulls[group[14] << 8 | group[15]];

	assert_int_equal(*told, !on);
	*told = on;
}

static void on_join(void *arg, struct mgm_sg flow, uint32_t ifid,
		    enum mgm_cause cause)
{
	if (cause == MGM_CAUSE_MEMBERSHIP)
		pulls(arg, &flow, true);
	note(arg, "join %s %u%s", fix_sg_text(flow), ifid,
	     cause == MGM_CAUSE_MFE ? " mfe" : "");
}

static void on_prune(void *arg, struct mgm_sg flow, uint32_t ifid,
		     enum mgm_cause cause)
{
	struct actor *a = arg;

	if (cause == MGM_CAUSE_MEMBERSHIP)
		pulls(a, &flow, false);
	note(a, "prune %s %u%s", fix_sg_text(flow), ifid,
	     cause == MGM_CAUSE_MFE ? " mfe" : "");
	if (cause == MGM_CAUSE_MFE && a->scene->prune_ms)
		assert_int_equal(a->scene->backend.call.mfe_set_timeout(
					 a->m, a->client, flow,
					 a->scene->prune_ms),
				 0);
}

static void on_local_join(void *arg, struct mgm_sg flow, uint32_t ifid)
{
	note(arg, "local-join %s %u", fix_sg_text(flow), ifid);
}

static void on_local_leave(void *arg, struct mgm_sg flow, uint32_t ifid)
{
	note(arg, "local-leave %s %u", fix_sg_text(flow), ifid);
}

static int add(struct actor *a, uint32_t ifid, uint32_t s, uint32_t g)
{
	return a->scene->backend.call.membership_add(a->m, a->client, ifid,
						     sg(s, g), MGM_JOIN_STATE);
}

static void on_disable(void *arg, uint32_t ifid, uint32_t epoch)
{
	struct actor *a = arg;

	a->epoch = epoch;
	watch(a->scene);
	note(a, "disable %u %u", ifid, epoch);
	if (!a->scene->inside)
		return;
	a->scene->in_disable = add(a, ifid, 0, 1);
	assert_int_equal(a->scene->backend.call.igmp_disabled(a->m, a->client,
							      ifid, epoch),
			 0);
}

/* Calls from inside of it deadlocked the original. */
static void on_enable(void *arg, uint32_t ifid, uint32_t epoch)
{
	struct actor *a = arg;

	watch(a->scene);
	note(a, "enable %u %u", ifid, epoch);
	if (!a->scene->inside)
		return;
	assert_int_equal(add(a, ifid, 0, 1), 0);
	assert_int_equal(a->scene->backend.call.replay_complete(a->m, a->client,
								ifid, epoch),
			 0);
}

static void on_ownership(void *arg, uint32_t ifid, uint32_t epoch, int result)
{
	note(arg, "ownership %u %u %d", ifid, epoch, result);
}

static const struct mgm_callbacks callbacks = {
	.size = sizeof(callbacks),
	.rpf = on_rpf,
	.creation = on_creation,
	.join = on_join,
	.prune = on_prune,
	.local_join = on_local_join,
	.local_leave = on_local_leave,
	.ownership = on_ownership,
};

static const struct mgm_callbacks igmp_callbacks = {
	.size = sizeof(igmp_callbacks),
	.join = on_join,
	.prune = on_prune,
	.disable_igmp = on_disable,
	.enable_igmp = on_enable,
	.ownership = on_ownership,
};

/* --- the scene
 * ---------------------------------------------------------------- */

static int register_as(struct actor *a, enum who who)
{
	static const uint32_t protocols[] = {
		MGM_PROTOCOL_IGMP, MGM_PROTOCOL_PIM, MGM_PROTOCOL_DVMRP};
	static const char *const names[] = {"igmp", "p", "q"};
	const struct mgm_registration r = {
		.size = sizeof(r),
		.protocol = protocols[who],
		.component = a->component,
		.role = who == IGMP ? MGM_ROLE_IGMP : MGM_ROLE_PROTOCOL,
		.name = names[who],
		.callbacks = who == IGMP ? &igmp_callbacks : &callbacks,
		.arg = a,
		.grace_ms = MGM_GRACE_NONE,
	};

	a->name = names[who];
	return a->scene->backend.call.enrol(a->m, &r, &a->client);
}

static void scene_start(struct scene *s, enum backend_kind kind)
{
	int who;

	memset(s, 0, sizeof(*s));
	backend_start(&s->backend, kind);
	for (who = 0; who < WHO; who++) {
		s->actor[who].scene = s;
		s->actor[who].m = backend_handle(&s->backend);
		assert_int_equal(register_as(&s->actor[who], who), 0);
	}
}

/* The lines of one client, in their order. */
static void lines_of(const char *name, const char *log, char *out)
{
	size_t length, n = strlen(name);

	for (*out = '\0'; *log; log += length + 1) {
		length = strcspn(log, "\n");
		if (!strncmp(log, name, n) && log[n] == ' ')
			strncat(out, log, length + 1);
	}
}

/* Until nobody is told anything any more. */
static void settle(struct scene *s)
{
	size_t before;

	do {
		before = s->length;
		backend_settle(&s->backend);
	} while (s->length != before);
}

/* All that the clients were told since the last time is this. */
static void expect_told(struct scene *s, const char *text)
{
	static char is[sizeof(s->log)], has_to_be[sizeof(s->log)];
	int who;

	settle(s);
	if (s->backend.kind != BACKEND_EACH)
		assert_string_equal(s->log, text);
	for (who = 0; who < WHO; who++) {
		lines_of(s->actor[who].name, s->log, is);
		lines_of(s->actor[who].name, text, has_to_be);
		assert_string_equal(is, has_to_be);
	}
	s->length = 0;
	*s->log = '\0';
}

static int take(struct scene *s, enum who who, uint32_t ifid)
{
	struct actor *a = &s->actor[who];

	return s->backend.call.interface_take(a->m, a->client, ifid);
}

static int release(struct scene *s, enum who who, uint32_t ifid)
{
	struct actor *a = &s->actor[who];

	return s->backend.call.interface_release(a->m, a->client, ifid);
}

static uint32_t owner(struct scene *s, uint32_t ifid)
{
	uint32_t protocol = MGM_PROTOCOL_NONE, component;

	s->backend.call.interface_owner(s->actor[P].m, ifid, &protocol,
					&component);
	return protocol;
}

static int handshake(struct scene *s, bool acknowledge)
{
	struct actor *a = &s->actor[IGMP];

	return acknowledge ? s->backend.call.igmp_disabled(a->m, a->client, IF,
							   a->epoch)
			   : s->backend.call.replay_complete(a->m, a->client,
							     IF, a->epoch);
}

/* State I with a member of group 1; the log is empty. */
static void igmp_has_member(struct scene *s)
{
	assert_int_equal(take(s, IGMP, IF), 0);
	assert_int_equal(add(&s->actor[IGMP], IF, 0, 1), 0);
	expect_told(s, "p join (*,1) 2\nq join (*,1) 2\n");
}

/* To whom the member of group 1 belongs moves with the interface: the new owner
 * is told of it, IGMP that somebody wants it, and p that nobody else does. */
#define FLIPPED                                     \
	"p local-join (*,1) 2\nigmp join (*,1) 2\n" \
	"p prune (*,1) 2\np ownership 2 2 0\n"

/* State PI. */
static void shared(struct scene *s)
{
	igmp_has_member(s);
	s->inside = true;
	assert_int_equal(take(s, P, IF), -EINPROGRESS);
	expect_told(s, "igmp disable 2 2\nigmp enable 2 2\n" FLIPPED);
}

#endif /* XMGM_TESTS_CONFORMANCE_SCENE_H */
