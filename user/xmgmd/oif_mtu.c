/* SPDX-License-Identifier: GPL-2.0-only */
/* See oif_mtu.h. */
#include "oif_mtu.h"

#include <stdlib.h>
#include <string.h>

/* What a number stands for. */
struct oif_set {
	uint32_t refs;
	size_t count;
	uint32_t *oifs;
	size_t iif_count;
	uint32_t *iifs; /* of routes that were given this set */
};

static struct oif_set *set_record(struct oif_mtu *m, uint32_t number)
{
	struct oif_set *sets;
	size_t count = m->count ? m->count : 64;

	if (number < m->count)
		return &m->sets[number];
	while (count <= number)
		count *= 2;
	sets = realloc(m->sets, count * sizeof(*sets));
	if (!sets)
		return NULL;
	memset(&sets[m->count], 0, (count - m->count) * sizeof(*sets));
	m->sets = sets;
	m->count = count;
	return &sets[number];
}

static void set_forget(struct oif_set *set)
{
	free(set->oifs);
	free(set->iifs);
	memset(set, 0, sizeof(*set));
}

void oif_mtu_free(struct oif_mtu *m)
{
	size_t i;

	for (i = 0; i < m->count; i++)
		set_forget(&m->sets[i]);
	free(m->sets);
	*m = (struct oif_mtu){0};
}

bool oif_mtu_get(struct oif_mtu *m, uint32_t number, const uint32_t *oifs,
		 size_t count)
{
	struct oif_set *set;

	if (number < XMGM_SET_FIRST)
		return false;
	set = set_record(m, number);
	if (!set || set->refs++)
		return false;
	set->oifs = malloc(count * sizeof(*oifs) + 1);
	if (!set->oifs)
		return false;
	memcpy(set->oifs, oifs, count * sizeof(*oifs));
	set->count = count;
	return true;
}

bool oif_mtu_put(struct oif_mtu *m, uint32_t number)
{
	if (number < XMGM_SET_FIRST || number >= m->count ||
	    !m->sets[number].refs || --m->sets[number].refs)
		return false;
	set_forget(&m->sets[number]);
	return true;
}

bool oif_mtu_iif(struct oif_mtu *m, uint32_t number, uint32_t iif)
{
	struct oif_set *set;
	uint32_t *iifs;
	size_t i;

	if (number < XMGM_SET_FIRST || number >= m->count)
		return false;
	set = &m->sets[number];
	for (i = 0; i < set->iif_count; i++)
		if (set->iifs[i] == iif)
			return false;
	iifs = realloc(set->iifs, (set->iif_count + 1) * sizeof(*iifs));
	if (!iifs)
		return false;
	set->iifs = iifs;
	set->iifs[set->iif_count++] = iif;
	return true;
}

/* --- survey --------------------------------------------------------- */

/* Where sets are of ifids, and links of ifindexes. */
struct survey {
	const struct port_list *ports;
	const struct links *links;
};

static struct link *link_of(const struct survey *s, uint32_t ifid)
{
	return links_by_index(s->links, port_list_link(s->ports, ifid));
}

/* The iif with the largest MTU. */
static const struct link *widest_iif(const struct survey *s,
				     const struct oif_set *set)
{
	const struct link *widest = NULL, *link;
	size_t i;

	for (i = 0; i < set->iif_count; i++) {
		link = link_of(s, set->iifs[i]);
		if (link && (!widest || link->mtu > widest->mtu))
			widest = link;
	}
	return widest;
}

static void survey_set(const struct survey *s, const struct oif_set *set)
{
	const struct link *iif = widest_iif(s, set);
	struct link *oif;
	size_t i;

	for (i = 0; i < set->count; i++) {
		oif = link_of(s, set->oifs[i]);
		if (!oif)
			continue;
		oif->use.is_oif = true;
		if (!iif || iif->mtu <= oif->use.iif_mtu)
			continue;
		oif->use.iif_mtu = iif->mtu;
		memcpy(oif->use.iif_name, iif->name, sizeof(iif->name));
	}
}

void oif_mtu_survey(const struct oif_mtu *m, const struct port_list *ports,
		    struct links *links)
{
	const struct survey s = {ports, links};
	struct hash_node *n, *tmp;
	uint32_t i;

	hash_for_each_safe(&links->table, n, tmp, i)
		memset(&hash_entry(n, struct link, node)->use, 0,
		       sizeof(struct link_use));
	for (i = 0; i < m->count; i++)
		if (m->sets[i].refs)
			survey_set(&s, &m->sets[i]);
}
