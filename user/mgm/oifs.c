/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The lists of oifs in use. Many MFEs have the same and share one list, as in
 * the plane they share one set, of which each MFE holds a reference. When an
 * interface has no owner any more the plane takes it out of the sets that name
 * it: so no MFE forwards there from then on, however many have to be evaluated,
 * and none gets such a set again, should the interface come back.
 */
#include "mgm/internal.h"

static uint32_t oifs_hash(const uint32_t *list, size_t count)
{
	return hash_bytes(list, count * sizeof(*list));
}

static struct oifs *oifs_find(const struct mgm *m, const uint32_t *list,
			      size_t count)
{
	struct hash_node *n = hash_first(&m->oifs, oifs_hash(list, count));

	for (; n; n = hash_next(n)) {
		struct oifs *o = hash_entry(n, struct oifs, node);

		if (!o->lost && oifs_equal(o, list, count))
			return o;
	}
	return NULL;
}

static struct oifs *oifs_new(struct mgm *m, const uint32_t *list, size_t count)
{
	struct oifs *o = calloc(1, sizeof(*o) + count * sizeof(*list));

	if (!o)
		return NULL;
	o->count = (uint32_t)count;
	if (count)
		memcpy(o->list, list, count * sizeof(*list));
	if (!hash_insert(&m->oifs, &o->node, oifs_hash(list, count)))
		return o;
	free(o);
	return NULL;
}

bool oifs_left(const struct oifs *o)
{
	return o->set == MGM_SET_KERNEL;
}

static void oifs_reap(struct mgm *m, struct oifs *o)
{
	if (o->uses)
		return;
	if (o == m->left)
		m->left = NULL;
	else
		hash_remove(&m->oifs, &o->node);
	free(o);
}

bool oifs_equal(const struct oifs *o, const uint32_t *list, size_t count)
{
	return o->count == count &&
	       (!count || !memcmp(o->list, list, count * sizeof(*list)));
}

int oifs_get(struct mgm *m, const uint32_t *list, size_t count,
	     struct oifs **out)
{
	struct oifs *o = oifs_find(m, list, count);
	int err;

	if (!o)
		o = oifs_new(m, list, count);
	if (!o)
		return -ENOMEM;
	err = m->hooks->set_get(m->hooks->arg, o->list, count, &o->set);
	if (err) {
		m->counters.plane_errors++;
		oifs_reap(m, o);
		return err;
	}
	o->uses++;
	*out = o;
	return 0;
}

static bool oifs_have(const struct oifs *o, uint32_t ifid)
{
	for (uint32_t i = 0; i < o->count; i++) {
		if (o->list[i] == ifid)
			return true;
	}
	return false;
}

/*
 * All lists are looked at, at once: there are as many as the plane has sets,
 * however many MFEs.
 */
void oifs_lose(struct mgm *m, uint32_t ifid)
{
	struct hash_node *n, *tmp;
	uint32_t i;

	hash_for_each_safe(&m->oifs, n, tmp, i) {
		struct oifs *o = hash_entry(n, struct oifs, node);

		if (oifs_have(o, ifid))
			o->lost = true;
	}
}

/* Found by no list: that of a negative MFE is as empty. */
int oifs_get_left(struct mgm *m, struct oifs **out)
{
	if (!m->left) {
		m->left = calloc(1, sizeof(*m->left));
		if (!m->left)
			return -ENOMEM;
		m->left->set = MGM_SET_KERNEL;
	}
	m->left->uses++;
	*out = m->left;
	return 0;
}

void oifs_put(struct mgm *m, struct oifs *o)
{
	if (!o)
		return;
	if (!oifs_left(o))
		m->hooks->set_put(m->hooks->arg, o->set);
	o->uses--;
	oifs_reap(m, o);
}
