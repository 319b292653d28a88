/* SPDX-License-Identifier: GPL-2.0-only */
/* See kernel_mfc.h. */
#include "kernel_mfc.h"

#include <stdlib.h>

static uint32_t sg_hash(const struct mgm_sg *sg)
{
	return hash_bytes(sg, sizeof(*sg));
}

static struct kernel_mfe *find(const struct kernel_mfc *mfc,
			       const struct mgm_sg *sg)
{
	struct hash_node *n = hash_first(&mfc->table, sg_hash(sg));

	for (; n; n = hash_next(n)) {
		struct kernel_mfe *e = hash_entry(n, struct kernel_mfe, node);

		if (mgm_sg_equal(&e->sg, sg))
			return e;
	}
	return NULL;
}

static bool add(struct kernel_mfc *mfc, const struct mgm_sg *sg)
{
	struct kernel_mfe *e;

	if (mfc->table.count >= KERNEL_MFC_MAX)
		return false;
	e = calloc(1, sizeof(*e));
	if (!e)
		return false;
	e->sg = *sg;
	e->dump = mfc->dump;
	if (!hash_insert(&mfc->table, &e->node, sg_hash(sg)))
		return true;
	free(e);
	return false;
}

static void drop(struct kernel_mfc *mfc, struct kernel_mfe *e)
{
	hash_remove(&mfc->table, &e->node);
	free(e);
}

bool kernel_mfc_set(struct kernel_mfc *mfc, struct mgm_sg sg, bool on)
{
	struct kernel_mfe *e = find(mfc, &sg);

	if (!e)
		return on && add(mfc, &sg);
	e->dump = mfc->dump;
	if (!on)
		drop(mfc, e);
	return !on;
}

void kernel_mfc_dump_begin(struct kernel_mfc *mfc)
{
	mfc->dump++;
}

bool kernel_mfc_dump_end(struct kernel_mfc *mfc)
{
	struct hash_node *n, *tmp;
	bool news = false;
	uint32_t i;

	hash_for_each_safe(&mfc->table, n, tmp, i) {
		struct kernel_mfe *e = hash_entry(n, struct kernel_mfe, node);

		if (e->dump == mfc->dump)
			continue;
		drop(mfc, e);
		news = true;
	}
	return news;
}

void kernel_mfc_free(struct kernel_mfc *mfc)
{
	hash_free(&mfc->table, struct kernel_mfe, node);
}
