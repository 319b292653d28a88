/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Changes one writer's part of a membership, in one step: accounts for it,
 * keeps the named sources, and marks the MFEs and alerts that depend on it.
 * Growing may fail and then has changed nothing; shrinking cannot fail.
 */
#include "mgm/internal.h"

#define SHARE 32u /* sources of one group, in a step of work */

/* Was it said by a writer before the one that is there now? */
static bool side_former(const struct member *mb, enum side_id id)
{
	return mb->side[id].said < mb->iface->writer[id].since;
}

static uint32_t side_protocol(const struct member *mb, enum side_id id)
{
	if (side_former(mb, id))
		return mb->iface->writer[id].former;
	return iface_writer(mb->iface, id);
}

/* As many more; those of a former writer have been taken off all at once. */
static void change_count(struct mgm *m, struct member *mb, enum side_id id,
			 uint32_t more)
{
	if (side_former(mb, id))
		return;
	m->membership_count += more;
	mb->iface->writer[id].count += more;
}

/* It has a membership of the group now, or has none any more. */
static void change_groups(struct member *mb, enum side_id id, bool was_empty)
{
	enum side_id other = id == SIDE_IGMP ? SIDE_OWNER : SIDE_IGMP;
	bool empty = side_empty(&mb->side[id]);
	uint32_t more = empty ? -1u : 1;

	if (empty == was_empty || side_former(mb, id))
		return;
	mb->iface->writer[id].groups += more;
	if (!side_former(mb, other) && !side_empty(&mb->side[other]))
		mb->iface->shared += more;
}

static void change_event(struct mgm *m, const struct member *mb,
			 enum side_id id, const struct mgm_address *source,
			 bool joined)
{
	iface_event_membership(m, mb->iface, side_protocol(mb, id),
			       mgm_sg_of(source, &mb->group->addr), joined);
}

/* (*,G) came or went here. */
static void change_any(struct mgm *m, struct member *mb, enum side_id id,
		       bool joined)
{
	walk_group_mfes(m, mb->group, DIRTY_OIFS);
	mark_set(m, &mb->mark, mb->iface);
	mark_set(m, &mb->group->mark, mb->iface);
	change_event(m, mb, id, NULL, joined);
}

/* What the membership says of one source has changed. */
static void change_source(struct mgm *m, struct member *mb,
			  const struct mgm_address *source)
{
	struct mfe *mfe = mfe_of(mb->group, source);

	if (mfe)
		mfe_mark(m, mfe, DIRTY_OIFS);
}

/* A source is blocked, or is not any more. */
static void change_block(struct mgm *m, struct member *mb,
			 const struct mgm_address *source)
{
	change_source(m, mb, source);
	mark_set(m, &mb->mark, mb->iface);
}

static void change_include(struct mgm *m, struct member *mb, enum side_id id,
			   const struct mgm_address *source, bool joined)
{
	struct named *n = named_find(mb->group, source);

	change_source(m, mb, source);
	if (n)
		mark_set(m, &n->mark, mb->iface);
	mark_set(m, &mb->mark, mb->iface);
	change_event(m, mb, id, source, joined);
}

/* Names what is in `now` and not in `old`; on error nothing has changed. */
static int name_added(struct mgm *m, const struct member *mb,
		      const struct side *old, const struct side *now)
{
	const struct src *lists[] = {now->include, now->block};
	const uint32_t counts[] = {now->include_count, now->block_count};
	const struct src *before[] = {old->include, old->block};
	const uint32_t before_counts[] = {old->include_count, old->block_count};
	uint32_t i = 0;
	int k, err = 0;

	for (k = 0; k < 2 && !err; k++) {
		for (i = 0; i < counts[k] && !err; i++) {
			const struct mgm_address *addr = &lists[k][i].addr;

			if (!src_in(before[k], before_counts[k], addr))
				err = named_get(m, mb->group, addr);
		}
	}
	if (!err)
		return 0;
	for (k--, i--; k >= 0; i = k > 0 ? counts[k - 1] : 0, k--) {
		while (i-- > 0) {
			const struct mgm_address *addr = &lists[k][i].addr;

			if (!src_in(before[k], before_counts[k], addr))
				named_put(m, mb->group, addr, mb->iface);
		}
	}
	return err;
}

static void name_removed(struct mgm *m, struct member *mb, enum side_id id,
			 const struct side *now, const struct side *old)
{
	for (uint32_t i = 0; i < old->include_count; i++) {
		const struct mgm_address *addr = &old->include[i].addr;

		if (src_in(now->include, now->include_count, addr))
			continue;
		change_include(m, mb, id, addr, false);
		named_put(m, mb->group, addr, mb->iface);
	}
	for (uint32_t i = 0; i < old->block_count; i++) {
		const struct mgm_address *addr = &old->block[i].addr;

		if (src_in(now->block, now->block_count, addr))
			continue;
		change_block(m, mb, addr);
		named_put(m, mb->group, addr, mb->iface);
	}
}

static void tell_added(struct mgm *m, struct member *mb, enum side_id id,
		       const struct side *old, const struct side *now)
{
	if (now->any != old->any)
		change_any(m, mb, id, now->any);
	for (uint32_t i = 0; i < now->include_count; i++) {
		const struct mgm_address *addr = &now->include[i].addr;

		if (!src_in(old->include, old->include_count, addr))
			change_include(m, mb, id, addr, true);
	}
	for (uint32_t i = 0; i < now->block_count; i++) {
		const struct mgm_address *addr = &now->block[i].addr;

		if (!src_in(old->block, old->block_count, addr))
			change_block(m, mb, addr);
	}
}

static void cut_block(struct mgm *m, struct member *mb, enum side_id id)
{
	struct side *side = &mb->side[id];
	struct src *list = side->block;
	uint32_t count = side->block_count;

	side->block = NULL;
	side->block_count = 0;
	change_count(m, mb, id, -count);
	for (uint32_t i = 0; i < count; i++) {
		change_block(m, mb, &list[i].addr);
		named_put(m, mb->group, &list[i].addr, mb->iface);
	}
	free(list);
}

static void cut_any(struct mgm *m, struct member *mb, enum side_id id)
{
	struct side *side = &mb->side[id];

	side->any = false;
	side->any_stale = false;
	change_count(m, mb, id, -1u);
	change_any(m, mb, id, false);
	cut_block(m, mb, id);
}

/* What is stale, or everything. Returns how much that was. */
static uint32_t cut(struct mgm *m, struct member *mb, enum side_id id, bool all)
{
	struct side *side = &mb->side[id];
	struct src *list = side->include;
	uint32_t count = side->include_count, less = 0, kept = 0;

	for (uint32_t i = 0; i < count; i++)
		less += all || list[i].stale;
	if (less == count)
		side->include = NULL; /* emptied at once: n steps, not n * n */
	side->include_count = count - less;
	for (uint32_t i = 0; less && less < count && i < count; i++) {
		if (!list[i].stale) {
			struct src keep = list[i];

			list[i] = list[kept];
			list[kept++] = keep;
		}
	}
	change_count(m, mb, id, -less);
	for (uint32_t i = kept; less && i < count; i++) {
		change_include(m, mb, id, &list[i].addr, false);
		named_put(m, mb->group, &list[i].addr, mb->iface);
	}
	if (less == count)
		free(list);
	if (side->any && (all || side->any_stale)) {
		cut_any(m, mb, id);
		less++;
	}
	return less;
}

/*
 * A share of the sources of a side that counts for nothing any more; true: there
 * are more, and they go with the next share, or all at once if it is written.
 */
static bool drop_share(struct mgm *m, struct member *mb, enum side_id id)
{
	struct side *side = &mb->side[id];
	bool swept = !side_former(mb, id);

	if (side->said >= writer_since(&mb->iface->writer[id]) ||
	    side->include_count <= 2 * SHARE)
		return false;
	freeze_keep(mb);
	for (uint32_t i = 0; i < SHARE; i++) {
		const struct mgm_address addr =
			side->include[--side->include_count].addr;

		change_count(m, mb, id, -1u);
		change_include(m, mb, id, &addr, false);
		named_put(m, mb->group, &addr, mb->iface);
	}
	m->counters.grace_swept += swept ? SHARE : 0;
	work_charge(m, SHARE - 1);
	return true;
}

bool change_drop_share(struct mgm *m, struct member *mb)
{
	return drop_share(m, mb, SIDE_OWNER) || drop_share(m, mb, SIDE_IGMP);
}

/* The time in which it had to be said again is over, and it was not. */
static void drop_unsaid(struct mgm *m, struct member *mb, enum side_id id)
{
	const struct writer *w = &mb->iface->writer[id];
	struct side *side = &mb->side[id];
	bool was_empty = side_empty(side);

	if (side->said >= w->swept)
		return;
	freeze_keep(mb);
	m->counters.grace_swept += cut(m, mb, id, side->said < w->unsaid);
	side->said = w->swept;
	change_groups(mb, id, was_empty);
}

void change_freshen(struct mgm *m, struct member *mb, enum side_id id)
{
	const struct writer *w = &mb->iface->writer[id];
	struct side *side = &mb->side[id];

	if (side_former(mb, id))
		return;
	drop_unsaid(m, mb, id);
	if (side->said >= w->stale)
		return;
	side->said = w->clock;
	side->any_stale = side->any;
	for (uint32_t i = 0; i < side->include_count; i++)
		side->include[i].stale = true;
}

/*
 * A side as its interface's writer is now, before anything of it is written:
 * what a former one has said goes, and what has to be said again is marked.
 */
static void catch_up(struct mgm *m, struct member *mb, enum side_id id)
{
	freeze_keep(mb);
	if (side_former(mb, id)) {
		cut(m, mb, id, true);
		mb->side[id].said = mb->iface->writer[id].clock;
	}
	change_freshen(m, mb, id);
}

/*
 * The writer's part becomes *now, whose lists are taken over with success.
 * -ENOSPC, -ENOMEM
 */
int change_replace(struct mgm *m, struct member *mb, enum side_id id,
		   const struct side *now)
{
	struct side *side = &mb->side[id], old;
	uint32_t before, after = side_size(now);
	int err;

	catch_up(m, mb, id);
	old = *side;
	before = side_size(&old);
	if (after > before &&
	    m->membership_count + (after - before) > m->limits.memberships) {
		m->counters.limit_memberships++;
		return -ENOSPC;
	}
	err = name_added(m, mb, &old, now);
	if (err)
		return err;
	*side = *now;
	side->said = old.said;
	change_count(m, mb, id, after - before);
	change_groups(mb, id, side_empty(&old));
	tell_added(m, mb, id, &old, now);
	name_removed(m, mb, id, now, &old);
	free(old.include);
	free(old.block);
	return 0;
}

static int add_include(struct mgm *m, struct member *mb, struct side *side,
		       const struct mgm_address *source)
{
	int err = named_get(m, mb->group, source);

	if (err)
		return err;
	err = src_insert(&side->include, &side->include_count, source);
	if (err)
		named_put(m, mb->group, source, mb->iface);
	return err;
}

/*
 * Adds one source, or with NULL (*,G), which drops what was blocked; the writer
 * does not say so yet. -ENOSPC, -ENOMEM
 */
int change_add(struct mgm *m, struct member *mb, enum side_id id,
	       const struct mgm_address *source)
{
	struct side *side = &mb->side[id];
	bool was_empty;
	int err = 0;

	catch_up(m, mb, id);
	was_empty = side_empty(side);
	if (!source && side->any) {
		side->any_stale = false;
		cut_block(m, mb, id);
		return 0;
	}
	if (m->membership_count >= m->limits.memberships) {
		m->counters.limit_memberships++;
		return -ENOSPC;
	}
	if (source)
		err = add_include(m, mb, side, source);
	if (err)
		return err;
	change_count(m, mb, id, 1);
	if (source) {
		change_include(m, mb, id, source, true);
	} else {
		side->any = true;
		side->any_stale = false;
		change_any(m, mb, id, true);
	}
	change_groups(mb, id, was_empty);
	return 0;
}

/* Takes (*,G) of this writer away, with its blocked sources. */
void change_cut_any(struct mgm *m, struct member *mb, enum side_id id)
{
	catch_up(m, mb, id);
	if (!mb->side[id].any)
		return;
	cut_any(m, mb, id);
	change_groups(mb, id, false);
}

/* Takes one source of this writer away. */
void change_cut_source(struct mgm *m, struct member *mb, enum side_id id,
		       const struct mgm_address *source)
{
	struct side *side = &mb->side[id];

	catch_up(m, mb, id);
	if (!src_erase(&side->include, &side->include_count, source))
		return;
	change_count(m, mb, id, -1u);
	change_groups(mb, id, false);
	change_include(m, mb, id, source, false);
	named_put(m, mb->group, source, mb->iface);
}

static bool side_stale(const struct side *s)
{
	for (uint32_t i = 0; i < s->include_count; i++) {
		if (s->include[i].stale)
			return true;
	}
	return s->any && s->any_stale;
}

void change_drop_former(struct mgm *m, struct member *mb)
{
	for (int id = 0; id < SIDES; id++) {
		if (side_former(mb, id))
			catch_up(m, mb, (enum side_id)id);
		else
			drop_unsaid(m, mb, (enum side_id)id);
	}
}

void change_drop_formers(struct mgm *m, const struct group *g)
{
	struct member *mb;

	if (TAILQ_EMPTY(&m->walks.ifaces))
		return;
	for (mb = member_first(g); mb; mb = member_after(mb))
		change_drop_former(m, mb);
}

uint32_t change_sweep(struct mgm *m, struct member *mb, enum side_id id)
{
	uint32_t swept;

	if (side_former(mb, id))
		return 0;
	change_freshen(m, mb, id);
	if (!side_stale(&mb->side[id]))
		return 0;
	freeze_keep(mb);
	swept = cut(m, mb, id, false);
	change_groups(mb, id, false);
	return swept;
}
