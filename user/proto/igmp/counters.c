/* SPDX-License-Identifier: GPL-2.0-only */
/* See counters.h. */
#include "counters.h"

const struct igmp_counter_words *igmp_counter_words(enum igmp_counter which)
{
	static const struct igmp_counter_words words[] = {
#define IGMP_COUNTER_WORDS(id, kind, name, text) \
	[IGMP_N_##id] = {IGMP_##kind, name, text},
		IGMP_COUNTERS(IGMP_COUNTER_WORDS)
#undef IGMP_COUNTER_WORDS
	};

	return &words[which];
}

/* Version 1 has general queries only, and version 2 knows no sources. */
enum igmp_counter igmp_counter_query(enum igmp_counter_kind kind,
				     unsigned int version, bool group,
				     size_t sources)
{
	static const enum igmp_counter of[IGMP_HEARD + 1][3][3] = {
		[IGMP_SENT] = {{IGMP_N_SENT_GENERAL_V1, IGMP_N_SENT_GENERAL_V1,
				IGMP_N_SENT_GENERAL_V1},
			       {IGMP_N_SENT_GENERAL_V2, IGMP_N_SENT_GROUP_V2,
				IGMP_N_SENT_GROUP_V2},
			       {IGMP_N_SENT_GENERAL_V3, IGMP_N_SENT_GROUP_V3,
				IGMP_N_SENT_SOURCES_V3}},
		[IGMP_HEARD] = {{IGMP_N_HEARD_GENERAL_V1,
				 IGMP_N_HEARD_GENERAL_V1,
				 IGMP_N_HEARD_GENERAL_V1},
				{IGMP_N_HEARD_GENERAL_V2, IGMP_N_HEARD_GROUP_V2,
				 IGMP_N_HEARD_GROUP_V2},
				{IGMP_N_HEARD_GENERAL_V3, IGMP_N_HEARD_GROUP_V3,
				 IGMP_N_HEARD_SOURCES_V3}},
	};
	unsigned int what = group + (group && sources);

	return of[kind][version - 1][what];
}
