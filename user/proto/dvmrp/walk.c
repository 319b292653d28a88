/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which MFEs there are. The manager tells of those that come and go while they
 * concern us; others were there before us, or come in elsewhere and go without
 * an oif of ours. So all are looked through when an interface of ours begins to
 * be flooded, and each that we know of is looked at from time to time.
 */
#include "internal.h"

#define STEPS 256u /* in one go */

void dvmrp_walk_begin(struct dvmrp *d)
{
	memset(&d->tree.walked, 0, sizeof(d->tree.walked));
	d->tree.walking = true;
	d->services.wake(d->services.arg);
}

static void found(struct dvmrp *d, const struct mgm_mfe_info *info)
{
	struct in_addr source, group;
	struct dvmrp_flow *f;

	if (info->is_static || !info->flow.source.length ||
	    !mgm_address_is_v4(&info->flow.group.address))
		return;
	source = mgm_address_to_v4(&info->flow.source.address);
	group = mgm_address_to_v4(&info->flow.group.address);
	if (dvmrp_flow_find(d, source, group))
		return;
	f = dvmrp_flow_get(d, source, group);
	if (!f)
		return;
	dvmrp_oif_mark(f, NULL);
	if (info->state == MGM_STATE_NEGATIVE &&
	    dvmrp_interface_by_id(d, info->iif))
		dvmrp_flow_want(f, false);
}

static void walk(struct dvmrp *d)
{
	struct dvmrp_tree *t = &d->tree;
	struct mgm_mfe_info info = {.size = sizeof(info)};

	for (unsigned int i = 0; i < STEPS; i++) {
		if (mgm_mfe_next(d->services.mgm, t->walked, &info)) {
			t->walking = false;
			return;
		}
		t->walked = info.flow;
		found(d, &info);
	}
}

static void check(struct dvmrp *d)
{
	struct mgm_mfe_info info = {.size = sizeof(info)};
	struct dvmrp_flow *f;

	for (unsigned int i = 0; i < STEPS; i++) {
		struct in_addr source, group;
		int err;

		f = TAILQ_FIRST(&d->tree.check);
		if (!f || f->check_ms > d->now_ms)
			return;
		source = f->key.source;
		group = f->key.group;
		f->check_ms = d->now_ms + DVMRP_CHECK_MS;
		TAILQ_REMOVE(&d->tree.check, f, check_link);
		TAILQ_INSERT_TAIL(&d->tree.check, f, check_link);
		err = mgm_mfe_get(d->services.mgm, dvmrp_flow_sg(f), &info);
		f = dvmrp_flow_find(d, source, group);
		if (err == -ENOENT && f)
			dvmrp_flow_free(f);
	}
}

uint64_t dvmrp_walk_some(struct dvmrp *d)
{
	const struct dvmrp_flow *f;

	if (!d->client)
		return TIMER_NEVER;
	if (d->tree.walking)
		walk(d);
	check(d);
	if (d->tree.walking)
		return d->now_ms;
	f = TAILQ_FIRST(&d->tree.check);
	return f ? f->check_ms : TIMER_NEVER;
}
