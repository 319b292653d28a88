/* SPDX-License-Identifier: GPL-2.0-only */
/* See mgm_model_count.h. */
#include "mgm_model_count.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#define OFTEN 5u

static uint64_t counts[MODEL_KIND_COUNT];

void model_happened(enum model_kind kind)
{
	counts[kind]++;
}

int model_done(int result, enum model_kind kind)
{
	if (result >= 0)
		model_happened(kind);
	return result;
}

bool model_counts_print(void)
{
	static const char *const names[] = {
#define MODEL_NAME(id, text) [MODEL_##id] = text,
		MODEL_KINDS(MODEL_NAME)
#undef MODEL_NAME
	};
	bool all = true;

	for (int i = 0; i < MODEL_KIND_COUNT; i++) {
		print_message("%8llu %s\n", (unsigned long long)counts[i],
			      names[i]);
		all &= counts[i] >= OFTEN;
	}
	return all;
}
