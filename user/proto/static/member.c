/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Static memberships. One may be wanted for several reasons at once (routes
 * that name the interface as an oif, the configuration, a command); the
 * manager hears of it once, when the interface is ours, and loses it with
 * the last reason.
 */
#include "internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct static_member *static_member_find(struct static_protocol *s,
					 const struct static_if *itf,
					 struct mgm_sg sg)
{
	const struct static_flow *flow = static_flow_find(s, &sg);
	struct static_member *member = flow ? flow->members : NULL;

	while (member && member->itf != itf)
		member = member->next;
	return member;
}

/* The first of the flow behind this name. */
static const struct static_member *member_behind(const struct static_flow *flow,
						 const char *name)
{
	const struct static_member *member = flow->members;

	while (member && strcmp(member->itf->name, name) <= 0)
		member = member->next;
	return member;
}

const struct static_member *static_member_after(const struct static_protocol *s,
						struct proto_cursor *cursor)
{
	const struct static_flow *flow = static_flow_at(s, cursor);
	const struct static_member *member = NULL;

	if (flow)
		member = member_behind(flow, cursor->interface);
	while (!member) {
		flow = static_flow_after(s, cursor);
		if (!flow)
			return NULL;
		member = flow->members;
	}
	memcpy(cursor->interface, member->itf->name, sizeof(cursor->interface));
	return member;
}

/* NULL: no memory. */
static struct static_member *member_new(struct static_protocol *s,
					struct static_flow *flow,
					struct static_if *itf)
{
	struct static_member *member = calloc(1, sizeof(*member));
	struct static_member **at = &flow->members;

	if (!member)
		return NULL;
	while (*at && strcmp((*at)->itf->name, itf->name) < 0)
		at = &(*at)->next;
	member->flow = flow;
	member->itf = itf;
	member->next = *at;
	*at = member;
	s->member_count++;
	return member;
}

struct static_member *static_member_make(struct static_protocol *s,
					 const char *name, struct mgm_sg sg)
{
	struct static_if *itf = static_if_use(s, name);
	struct static_member *member;
	struct static_flow *flow;

	if (!itf)
		return NULL;
	member = static_member_find(s, itf, sg);
	if (member) {
		static_if_unuse(s, itf);
		return member;
	}
	flow = static_flow_get(s, &sg);
	member = flow ? member_new(s, flow, itf) : NULL;
	if (member)
		return member;
	if (flow)
		static_flow_reap(s, flow);
	static_if_unuse(s, itf);
	return NULL;
}

static void member_free(struct static_protocol *s, struct static_member *member)
{
	struct static_member **at = &member->flow->members;

	while (*at != member)
		at = &(*at)->next;
	*at = member->next;
	s->member_count--;
	static_flow_reap(s, member->flow);
	static_if_unuse(s, member->itf);
	free(member);
}

int static_member_install(struct static_protocol *s,
			  struct static_member *member)
{
	char sg[STATIC_SG_LEN];
	int err;

	if (member->installed || member->itf->state != STATIC_OWNED)
		return 0;
	err = mgm_membership_add(s->services->mgm, s->client, member->itf->ifid,
				 static_flow_sg(member->flow), MGM_JOIN_STATE);
	if (!err) {
		member->installed = true;
		return 0;
	}
	s->failed = true;
	if (!member->warned)
		static_say(s, PROTO_WARN,
			   "static: no membership of %s on %s: %s; it is tried "
			   "again",
			   static_sg_name(static_flow_sg(member->flow), sg),
			   member->itf->name, strerror(-err));
	member->warned = true;
	return err;
}

void static_member_reap(struct static_protocol *s, struct static_member *member)
{
	if (member->routes || member->joined)
		return;
	if (member->installed)
		mgm_membership_del(s->services->mgm, s->client,
				   member->itf->ifid,
				   static_flow_sg(member->flow),
				   MGM_JOIN_STATE);
	member_free(s, member);
}

/* Only what a plan in force or a join wants: a plan that waits does not. */
static bool member_due(const struct static_member *member)
{
	return !member->installed && (member->routes || member->joined);
}

void static_member_each(struct static_protocol *s,
			void (*visit)(struct static_protocol *s,
				      struct static_member *member))
{
	struct static_member *member, *next;
	struct hash_node *n, *tmp;
	uint32_t i;

	hash_for_each_safe(&s->flows, n, tmp, i) {
		member = hash_entry(n, struct static_flow, node)->members;
		for (; member; member = next) {
			next = member->next;
			visit(s, member);
		}
	}
}

static void member_install_due(struct static_protocol *s,
			       struct static_member *member)
{
	if (member_due(member))
		static_member_install(s, member);
}

void static_member_install_all(struct static_protocol *s)
{
	static_member_each(s, member_install_due);
}

void static_member_vanished(struct static_protocol *s,
			    const struct static_if *itf)
{
	struct static_member *member;
	struct hash_node *n, *tmp;
	uint32_t i;

	hash_for_each_safe(&s->flows, n, tmp, i) {
		member = hash_entry(n, struct static_flow, node)->members;
		for (; member; member = member->next)
			if (member->itf == itf)
				member->installed = member->warned = false;
	}
}

static void member_answer(struct static_protocol *s,
			  struct static_member *member)
{
	int result = static_if_status(member->itf);
	uint64_t op = member->op;

	if (!op || result == -EINPROGRESS)
		return;
	if (!result)
		result = static_member_install(s, member);
	member->op = 0;
	s->member_ops--;
	if (result) {
		member->joined = member->keep; /* configured meanwhile */
		static_member_reap(s, member);
	}
	s->services->done(s->services->arg, op, result);
}

void static_member_answer(struct static_protocol *s)
{
	if (s->member_ops)
		static_member_each(s, member_answer);
}
