/* SPDX-License-Identifier: GPL-2.0-only */
/* See counters.h. */
#include "counters.h"

const struct dvmrp_counter_words *dvmrp_counter_words(enum dvmrp_counter which)
{
	static const struct dvmrp_counter_words words[] = {
#define DVMRP_COUNTER_WORDS(id, name, text) [DVMRP_N_##id] = {name, text},
		DVMRP_COUNTERS(DVMRP_COUNTER_WORDS)
#undef DVMRP_COUNTER_WORDS
	};

	return &words[which];
}
