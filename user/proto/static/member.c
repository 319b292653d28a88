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

static uint32_t member_hash(const struct static_if *itf, struct mgm_sg sg)
{
	return hash_bytes(&sg, sizeof(sg)) ^
	       hash_bytes(itf->name, strlen(itf->name));
}

struct static_member *static_member_find(struct static_protocol *s,
					 const struct static_if *itf,
					 struct mgm_sg sg)
{
	struct static_member *member;
	struct hash_node *n;

	for (n = hash_first(&s->members, member_hash(itf, sg)); n;
	     n = hash_next(n)) {
		member = hash_entry(n, struct static_member, node);
		if (member->itf == itf && !memcmp(&member->sg, &sg, sizeof(sg)))
			return member;
	}
	return NULL;
}

static int member_order(struct hash_node *a, struct hash_node *b)
{
	const struct static_member *x =
		hash_entry(a, struct static_member, node);
	const struct static_member *y =
		hash_entry(b, struct static_member, node);
	int order = strcmp(x->itf->name, y->itf->name);

	return order ? order : memcmp(&x->sg, &y->sg, sizeof(x->sg));
}

const struct static_member *static_member_after(const struct static_protocol *s,
						struct proto_cursor *cursor)
{
	struct static_if itf = {0};
	struct static_member last = {.itf = &itf, .sg = cursor->sg};
	const struct static_member *member;
	struct hash_node *n;

	memcpy(itf.name, cursor->interface, sizeof(itf.name));
	last.node.hash = member_hash(&itf, last.sg);
	n = hash_after(&s->members, itf.name[0] ? &last.node : NULL,
		       member_order);
	if (!n)
		return NULL;
	member = hash_entry(n, struct static_member, node);
	memcpy(cursor->interface, member->itf->name, sizeof(itf.name));
	cursor->sg = member->sg;
	return member;
}

struct static_member *static_member_make(struct static_protocol *s,
					 const char *name, struct mgm_sg sg)
{
	struct static_if *itf = static_if_use(s, name);
	struct static_member *member;

	if (!itf)
		return NULL;
	member = static_member_find(s, itf, sg);
	if (member) {
		static_if_unuse(s, itf);
		return member;
	}
	member = calloc(1, sizeof(*member));
	if (member) {
		member->itf = itf;
		member->sg = sg;
		if (!hash_insert(&s->members, &member->node,
				 member_hash(itf, sg)))
			return member;
		free(member);
	}
	static_if_unuse(s, itf);
	return NULL;
}

int static_member_install(struct static_protocol *s,
			  struct static_member *member)
{
	char sg[STATIC_SG_LEN];
	int err;

	if (member->installed || member->itf->state != STATIC_OWNED)
		return 0;
	err = mgm_membership_add(s->services->mgm, s->client, member->itf->ifid,
				 member->sg, MGM_JOIN_STATE);
	if (!err) {
		member->installed = true;
		return 0;
	}
	s->failed = true;
	if (!member->warned)
		static_say(s, PROTO_WARN,
			   "static: no membership of %s on %s: %s; it is tried "
			   "again",
			   static_sg_name(member->sg, sg), member->itf->name,
			   strerror(-err));
	member->warned = true;
	return err;
}

void static_member_settle(struct static_protocol *s,
			  struct static_member *member)
{
	if (member->routes || member->joined)
		return;
	if (member->installed)
		mgm_membership_del(s->services->mgm, s->client,
				   member->itf->ifid, member->sg,
				   MGM_JOIN_STATE);
	hash_remove(&s->members, &member->node);
	static_if_unuse(s, member->itf);
	free(member);
}

/* Only what a plan in force or a join wants: a plan that waits does not. */
static bool member_due(const struct static_member *member)
{
	return !member->installed && (member->routes || member->joined);
}

void static_member_install_all(struct static_protocol *s)
{
	struct hash_node *n, *tmp;
	uint32_t i;

	hash_for_each_safe(&s->members, n, tmp, i) {
		struct static_member *member =
			hash_entry(n, struct static_member, node);

		if (member_due(member))
			static_member_install(s, member);
	}
}

void static_member_vanished(struct static_protocol *s,
			    const struct static_if *itf)
{
	struct hash_node *n, *tmp;
	uint32_t i;

	hash_for_each_safe(&s->members, n, tmp, i) {
		struct static_member *member =
			hash_entry(n, struct static_member, node);

		if (member->itf == itf)
			member->installed = member->warned = false;
	}
}

static void member_answer(struct static_protocol *s,
			  struct static_member *member)
{
	int result = static_if_status(member->itf);
	uint64_t op = member->op;

	if (result == -EINPROGRESS)
		return;
	if (!result)
		result = static_member_install(s, member);
	member->op = 0;
	s->member_ops--;
	if (result) {
		member->joined = member->keep; /* configured meanwhile */
		static_member_settle(s, member);
	}
	s->services->done(s->services->arg, op, result);
}

void static_member_answer(struct static_protocol *s)
{
	struct hash_node *n, *tmp;
	uint32_t i;

	if (!s->member_ops)
		return;
	hash_for_each_safe(&s->members, n, tmp, i) {
		struct static_member *member =
			hash_entry(n, struct static_member, node);

		if (member->op)
			member_answer(s, member);
	}
}

void static_member_free_all(struct static_protocol *s)
{
	struct hash_node *n, *tmp;
	uint32_t i;

	hash_for_each_safe(&s->members, n, tmp, i)
		free(hash_entry(n, struct static_member, node));
	hash_clear(&s->members);
}
