/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The model's rules of what may pass an interface: of a few lists each has one.
 */
#include "mgm_model.h"

#define SOURCE(n) (0x0a000000u + (n))
#define GROUP(n)  (0xef000000u + (n))

static const struct model_rule lists[MODEL_RULE_LISTS][MODEL_RULES] = {
	{{.key = {0}}},
	{{true, true, true, {0, 0, GROUP(3), 32}}},
	{{false, true, true, {0, 0, GROUP(0), 30}}},
	{{true, false, true, {SOURCE(1), 32, GROUP(1), 32}}},
	{{true, true, false, {SOURCE(2), 31, GROUP(1), 32}},
	 {true, true, true, {0, 0, GROUP(1), 32}}},
	{{false, true, true, {SOURCE(2), 31, 0, 0}}},
	{{true, false, true, {0, 0, GROUP(2), 31}}},
	{{true, true, true, {0, 0, 0, 0}}},
};

const struct model_rule *model_rules(uint32_t list)
{
	return lists[list];
}

static struct model_key part(struct model_key key, bool source)
{
	if (source)
		key.group = key.group_bits = 0;
	else
		key.source = key.source_bits = 0;
	return key;
}

static bool meets(struct model_key a, struct model_key b, bool source)
{
	a = part(a, source);
	b = part(b, source);
	return model_covers(a, b) || model_covers(b, a);
}

/* Nothing of this may pass: no rule before the one that says so has a say. */
bool model_denied(const struct model *w, uint32_t ifid, bool out,
		  struct model_key key)
{
	const struct model_rule *r = lists[w->port[ifid].rules];

	for (int i = 0; i < MODEL_RULES; i++, r++) {
		if (!(out ? r->out : r->in))
			continue;
		if (r->deny && model_covers(r->key, key))
			return true;
		if (!r->deny && meets(r->key, key, true) &&
		    meets(r->key, key, false))
			return false;
	}
	return false;
}

bool model_flow_denied(const struct model *w, uint32_t ifid, bool out,
		       uint32_t s, uint32_t g)
{
	return model_denied(w, ifid, out, model_flow_key(s, g));
}

bool model_chooses(const struct model *w, uint32_t g)
{
	for (uint32_t i = 1; i <= IFS; i++) {
		const struct model_rule *r = lists[w->port[i].rules];

		for (int k = 0; k < MODEL_RULES; k++, r++) {
			if (r->key.source_bits &&
			    meets(r->key, model_flow_key(0, g), false))
				return true;
		}
	}
	return false;
}
