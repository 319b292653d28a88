/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The model's keys: what may be joined and pulled, by the numbers of its
 * addresses, and what covers what, bit by bit.
 */
#include "mgm_model.h"

#define SOURCE(n) (0x0a000000u + (n))
#define GROUP(n)  (0xef000000u + (n))

struct model_key model_flow_key(uint32_t s, uint32_t g)
{
	return (struct model_key){
		.source = s ? SOURCE(s) : 0,
		.source_bits = s ? 32 : 0,
		.group = GROUP(g),
		.group_bits = 32,
	};
}

struct model_key model_key(uint32_t k)
{
	static const struct model_key keys[PREFIXES] = {
		{0, 0, 0, 0},
		{0, 0, GROUP(0), 8},
		{0, 0, GROUP(0), 30},
		{0, 0, GROUP(2), 31},
		{SOURCE(0), 8, GROUP(1), 32},
		{SOURCE(2), 31, GROUP(1), 32},
		{SOURCE(0), 30, GROUP(2), 32},
		{SOURCE(2), 31, GROUP(3), 32},
		{0, 0, 0xe0000000u, 4},
	};

	return k < PREFIXES ? keys[k] : model_flow_key(0, k - PREFIXES);
}

static bool within(uint32_t wide, uint32_t wide_bits, uint32_t narrow,
		   uint32_t narrow_bits)
{
	if (narrow_bits < wide_bits)
		return false;
	for (uint32_t i = 0; i < wide_bits; i++) {
		if ((wide ^ narrow) & 0x80000000u >> i)
			return false;
	}
	return true;
}

/* Is every flow of the one a flow of the other? */
bool model_covers(struct model_key wide, struct model_key narrow)
{
	return within(wide.source, wide.source_bits, narrow.source,
		      narrow.source_bits) &&
	       within(wide.group, wide.group_bits, narrow.group,
		      narrow.group_bits);
}

void model_keys(struct model *w)
{
	uint32_t count = 0;

	for (uint32_t k = 0; k < KEYS; k++) {
		for (uint32_t i = 0; i < KEYS; i++)
			w->covers[k][i] =
				k != PREFIXES && i != PREFIXES &&
				model_covers(model_key(k), model_key(i));
		for (uint32_t s = 0; s < SOURCES; s++) {
			for (uint32_t g = 1; g < GROUPS; g++)
				w->covers_flow[k][s][g] =
					k != PREFIXES &&
					model_covers(model_key(k),
						     model_flow_key(s, g));
		}
	}
	for (uint32_t bits = 0; bits <= 64; bits++) {
		for (uint32_t k = 0; k < KEYS; k++) {
			struct model_key key = model_key(k);

			if (key.source_bits + key.group_bits == bits)
				w->wide[count++] = k;
		}
	}
}

bool model_withheld(const struct model *w, uint32_t g)
{
	if (model_left(w, 0, g))
		return false; /* the kernel takes all of them */
	if (model_chooses(w, g) || model_templates_of(w, g))
		return true;
	for (uint32_t k = 1; k < PREFIXES; k++) {
		struct model_key key = model_key(k);

		if (!key.source_bits || key.group != GROUP(g))
			continue;
		for (uint32_t i = 1; i <= IFS; i++) {
			if (w->port[i].side[OWNER].prefix[k] ||
			    w->port[i].side[IGMP].prefix[k])
				return true;
		}
	}
	return false;
}
