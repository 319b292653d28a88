/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The interfaces that static routes and joins name: counted by their users,
 * taken from the manager when the first appears and given back when the last
 * goes. A netdev may come, go and come back under another ifid meanwhile.
 */
#include "internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum static_action {
	ACT_UNEXPECTED, /* counted; nothing changes */
	ACT_NONE,
	ACT_TAKE,
	ACT_RELEASE,
	ACT_OWNED,
	ACT_REFUSED,
	ACT_GONE,
};

struct static_row {
	enum static_action action;
	enum static_state next;
};

static const struct static_row machine[STATIC_STATES][STATIC_EVENTS] = {
	[STATIC_ABSENT] =
		{
			[STATIC_APPEARED] = {ACT_NONE, STATIC_IDLE},
			[STATIC_VANISHED] = {ACT_NONE, STATIC_ABSENT},
			[STATIC_NEEDED] = {ACT_NONE, STATIC_ABSENT},
			[STATIC_UNNEEDED] = {ACT_NONE, STATIC_ABSENT},
			[STATIC_DENIED] = {ACT_NONE, STATIC_ABSENT},
			[STATIC_RETRY] = {ACT_NONE, STATIC_ABSENT},
		},
	[STATIC_IDLE] =
		{
			[STATIC_VANISHED] = {ACT_GONE, STATIC_ABSENT},
			[STATIC_NEEDED] = {ACT_TAKE, STATIC_TAKING},
			[STATIC_UNNEEDED] = {ACT_NONE, STATIC_IDLE},
			[STATIC_RETRY] = {ACT_NONE, STATIC_IDLE},
		},
	[STATIC_TAKING] =
		{
			[STATIC_VANISHED] = {ACT_GONE, STATIC_ABSENT},
			[STATIC_NEEDED] = {ACT_NONE, STATIC_TAKING},
			[STATIC_UNNEEDED] = {ACT_NONE, STATIC_TAKING},
			[STATIC_GRANTED] = {ACT_OWNED, STATIC_OWNED},
			[STATIC_DENIED] = {ACT_REFUSED, STATIC_REFUSED},
			[STATIC_RETRY] = {ACT_NONE, STATIC_TAKING},
		},
	[STATIC_OWNED] =
		{
			[STATIC_VANISHED] = {ACT_GONE, STATIC_ABSENT},
			[STATIC_NEEDED] = {ACT_NONE, STATIC_OWNED},
			[STATIC_UNNEEDED] = {ACT_RELEASE, STATIC_RELEASING},
			[STATIC_RETRY] = {ACT_NONE, STATIC_OWNED},
		},
	[STATIC_RELEASING] =
		{
			[STATIC_VANISHED] = {ACT_GONE, STATIC_ABSENT},
			[STATIC_NEEDED] = {ACT_NONE, STATIC_RELEASING},
			[STATIC_UNNEEDED] = {ACT_NONE, STATIC_RELEASING},
			[STATIC_GRANTED] = {ACT_NONE, STATIC_IDLE},
			[STATIC_DENIED] = {ACT_OWNED, STATIC_OWNED},
			[STATIC_RETRY] = {ACT_NONE, STATIC_RELEASING},
		},
	[STATIC_REFUSED] =
		{
			[STATIC_VANISHED] = {ACT_GONE, STATIC_ABSENT},
			[STATIC_NEEDED] = {ACT_NONE, STATIC_REFUSED},
			[STATIC_UNNEEDED] = {ACT_NONE, STATIC_IDLE},
			[STATIC_RETRY] = {ACT_TAKE, STATIC_TAKING},
		},
};

struct static_if *static_if_find(struct static_protocol *s, const char *name)
{
	struct static_if *itf;
	struct hash_node *n;

	for (n = hash_first(&s->interfaces, hash_bytes(name, strlen(name))); n;
	     n = hash_next(n)) {
		itf = hash_entry(n, struct static_if, node);
		if (!strcmp(itf->name, name))
			return itf;
	}
	return NULL;
}

static struct static_if *if_new(struct static_protocol *s, const char *name)
{
	struct static_if *itf = calloc(1, sizeof(*itf));

	if (!itf)
		return NULL;
	strncpy(itf->name, name, sizeof(itf->name) - 1);
	itf->ifid = s->services->ifid(s->services->arg, itf->name);
	itf->state = itf->ifid ? STATIC_IDLE : STATIC_ABSENT;
	if (!hash_insert(&s->interfaces, &itf->node,
			 hash_bytes(itf->name, strlen(itf->name))))
		return itf;
	free(itf);
	return NULL;
}

static void if_touch(struct static_protocol *s, struct static_if *itf)
{
	itf->dirty = true;
	s->dirty = true;
}

struct static_if *static_if_use(struct static_protocol *s, const char *name)
{
	struct static_if *itf = static_if_find(s, name);

	if (!itf)
		itf = if_new(s, name);
	if (itf && !itf->uses++)
		if_touch(s, itf);
	return itf;
}

void static_if_unuse(struct static_protocol *s, struct static_if *itf)
{
	if (!--itf->uses)
		if_touch(s, itf);
}

int static_if_status(const struct static_if *itf)
{
	switch (itf->state) {
	case STATIC_OWNED:
		return 0;
	case STATIC_ABSENT:
		return -ENODEV;
	case STATIC_REFUSED:
		return itf->error == -EBUSY ? -EINPROGRESS : itf->error;
	default:
		return -EINPROGRESS;
	}
}

/* The answer to a take or release that somebody typed. */
static void if_answer(struct static_protocol *s, struct static_if *itf,
		      int result)
{
	uint64_t op = itf->op;

	if (!op)
		return;
	itf->op = 0;
	if (result && itf->manual) {
		itf->manual = false;
		static_if_unuse(s, itf);
	}
	s->services->done(s->services->arg, op, result);
}

static void if_refused(struct static_protocol *s, struct static_if *itf)
{
	s->failed = true;
	if (itf->error == -EBUSY)
		return;
	s->refused++;
	if (!itf->warned && !itf->op)
		static_say(s, PROTO_WARN,
			   "static: %s is not ours: %s; what names it waits "
			   "until its owner gives it up",
			   itf->name,
			   itf->error == -EEXIST ? "another protocol owns it"
						 : strerror(-itf->error));
	itf->warned = true;
	if_answer(s, itf, itf->error);
}

static void if_gone(struct static_protocol *s, struct static_if *itf)
{
	itf->ifid = 0;
	itf->warned = false;
	static_route_vanished(s, itf);
	static_member_vanished(s, itf);
	if_answer(s, itf, -ENODEV);
}

/*
 * The manager may run the whole handshake before its call returns; then the
 * state has moved on when -EINPROGRESS arrives, and there is nothing to do.
 */
static void if_result(struct static_protocol *s, struct static_if *itf,
		      int result)
{
	if (result == -EINPROGRESS)
		return;
	itf->error = result;
	static_if_event(s, itf, result ? STATIC_DENIED : STATIC_GRANTED);
}

void static_if_event(struct static_protocol *s, struct static_if *itf,
		     enum static_event event)
{
	const struct static_row row = machine[itf->state][event];
	struct mgm *m = s->services->mgm;

	if (row.action == ACT_UNEXPECTED)
		return;
	itf->state = row.next;
	if_touch(s, itf);
	switch (row.action) {
	case ACT_TAKE:
		if_result(s, itf, mgm_interface_take(m, s->client, itf->ifid));
		break;
	case ACT_RELEASE:
		if_result(s, itf,
			  mgm_interface_release(m, s->client, itf->ifid));
		break;
	case ACT_OWNED:
		s->fresh = true;
		itf->warned = false;
		if (event == STATIC_DENIED)
			s->failed = true;
		break;
	case ACT_REFUSED:
		if_refused(s, itf);
		break;
	case ACT_GONE:
		if_gone(s, itf);
		break;
	default:
		break;
	}
}

/* One step towards what is needed; frees what nobody needs. */
static void if_drive(struct static_protocol *s, struct static_if *itf)
{
	itf->dirty = false;
	if (itf->state == (itf->manual ? STATIC_OWNED : STATIC_IDLE))
		if_answer(s, itf, 0);
	if (itf->uses) {
		if (itf->state == STATIC_IDLE)
			static_if_event(s, itf, STATIC_NEEDED);
		return;
	}
	if (itf->state == STATIC_OWNED && !itf->error)
		static_if_event(s, itf, STATIC_UNNEEDED);
	else if (itf->state == STATIC_REFUSED)
		static_if_event(s, itf, STATIC_UNNEEDED);
	if (itf->state != STATIC_IDLE && itf->state != STATIC_ABSENT)
		return;
	hash_remove(&s->interfaces, &itf->node);
	free(itf);
}

void static_if_drive(struct static_protocol *s)
{
	struct hash_node *n, *tmp;
	uint32_t i;

	s->dirty = false;
	hash_for_each_safe(&s->interfaces, n, tmp, i) {
		struct static_if *itf = hash_entry(n, struct static_if, node);

		if (itf->dirty)
			if_drive(s, itf);
	}
}

void static_if_retry(struct static_protocol *s)
{
	struct hash_node *n, *tmp;
	uint32_t i;

	hash_for_each_safe(&s->interfaces, n, tmp, i) {
		struct static_if *itf = hash_entry(n, struct static_if, node);

		if (!itf->error)
			continue;
		s->retries++;
		itf->error = 0;
		static_if_event(s, itf, STATIC_RETRY);
	}
}

void static_if_free_all(struct static_protocol *s)
{
	hash_free(&s->interfaces, struct static_if, node);
}
