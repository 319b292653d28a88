/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The model's templates: static routes of prefixes, and what of all static
 * routes says most of a flow.
 */
#include "mgm_model.h"
#include "mgm_model_count.h"

#include <errno.h>
#include <stddef.h>

#define SOURCE(n) (0x0a000000u + (n))
#define GROUP(n)  (0xef000000u + (n))

struct model_key model_template_key(uint32_t i)
{
	static const struct model_key keys[TEMPLATES] = {
		{0, 0, GROUP(0), 30},	       {SOURCE(2), 31, GROUP(1), 32},
		{SOURCE(0), 30, GROUP(0), 30}, {0, 0, GROUP(2), 31},
		{SOURCE(2), 31, GROUP(3), 32}, {SOURCE(3), 32, GROUP(0), 30},
	};

	return keys[i];
}

static bool of_group(struct model_key key)
{
	return key.group_bits == 32;
}

/* The longest prefix of groups, then of sources; NULL: none. */
static const struct model_template *best(const struct model *w, uint32_t s,
					 uint32_t g)
{
	const struct model_template *found = NULL;
	struct model_key than = {0};

	for (uint32_t i = 0; i < TEMPLATES; i++) {
		struct model_key key = model_template_key(i);

		if (w->template[i].who == NOBODY ||
		    !model_covers(key, model_flow_key(s, g)))
			continue;
		if (found && (key.group_bits < than.group_bits ||
			      (key.group_bits == than.group_bits &&
			       key.source_bits < than.source_bits)))
			continue;
		found = &w->template[i];
		than = key;
	}
	return found;
}

struct model_template model_cover(const struct model *w, uint32_t s, uint32_t g)
{
	const struct model_flow *f = &w->flow[s][g];
	const struct model_template *t = s ? best(w, s, g) : NULL;

	if (f->route == NOBODY) {
		if (t && (of_group(model_template_key(
				  (uint32_t)(t - w->template))) ||
			  w->flow[0][g].route == NOBODY))
			return *t;
		f = &w->flow[0][g];
	}
	return (struct model_template){
		.who = f->route,
		.iif = f->route == NOBODY ? 0 : f->iif,
		.listed = f->listed,
		.left = f->left,
	};
}

bool model_templates_of(const struct model *w, uint32_t g)
{
	for (uint32_t i = 0; i < TEMPLATES; i++) {
		struct model_key key = model_template_key(i);

		if (w->template[i].who != NOBODY && of_group(key) &&
		    key.group == GROUP(g))
			return true;
	}
	return false;
}

int model_template_put(struct model *w, int who, uint32_t i,
		       struct model_template t)
{
	struct model_template *at = &w->template[i];

	if (at->who != NOBODY && at->who != who)
		return -EEXIST;
	if (model_owner(&w->port[t.iif]) != who || t.listed & 1u << t.iif ||
	    (t.left && t.listed))
		return -EINVAL;
	for (uint32_t k = 1; k <= IFS; k++) {
		if (t.listed & 1u << k && model_owner(&w->port[k]) != who)
			return -EINVAL;
	}
	model_happened(MODEL_TEMPLATE);
	*at = t;
	at->who = who;
	return 0;
}

int model_template_del(struct model *w, int who, uint32_t i)
{
	if (w->template[i].who != who)
		return -ENOENT;
	w->template[i].who = NOBODY;
	return 0;
}

void model_templates_lost(struct model *w)
{
	for (uint32_t i = 0; i < TEMPLATES; i++) {
		struct model_template *t = &w->template[i];

		if (t->who != NOBODY && model_owner(&w->port[t->iif]) != t->who)
			t->who = NOBODY;
	}
}

void model_templates_stale(struct model *w, int who, uint32_t ifid)
{
	for (uint32_t i = 0; i < TEMPLATES; i++) {
		struct model_template *t = &w->template[i];

		t->stale |= t->who == who && t->iif == ifid;
	}
}

void model_templates_swept(struct model *w, int who, uint32_t ifid)
{
	for (uint32_t i = 0; i < TEMPLATES; i++) {
		struct model_template *t = &w->template[i];

		if (t->stale && t->who == who && t->iif == ifid)
			t->who = NOBODY;
	}
}
