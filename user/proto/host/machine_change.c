/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Changes of the interface state, and saying them as often as the robustness
 * variable has it: RFC 9776 section 5.1, RFC 2236 section 3.
 *
 * Version 3. The difference between before and after is a change of mode or a
 * set of sources. Neither is stored as a record: what is kept is how often each
 * is still to be said, and every report is made of the state as it is then. A
 * change of mode says all of the state, so sources that were still to be said
 * are in it.
 */
#include "machine_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define OLD_UNSOLICITED_MS 10000u /* RFC 2236 section 8.10 */

/* What versions 1 and 2 say; 0: nothing. */
static const struct dialect {
	enum xmgm_igmp_type join, leave;
} dialects[] = {
	[1] = {XMGM_IGMP_V1_REPORT, 0},
	[2] = {XMGM_IGMP_V2_REPORT, XMGM_IGMP_V2_LEAVE},
};

/* A list of sources by how a record relates to the state. */
static const enum igmp_record_type mode_record[] = {
	[MGM_INCLUDE] = IGMP_TO_IN,
	[MGM_EXCLUDE] = IGMP_TO_EX,
};

static uint32_t ascending(struct in_addr a)
{
	return ntohl(a.s_addr);
}

/* Those of one list that are not in the other are to be said; where both are
 * in order. Returns how many there are, and writes them if there is room. */
static uint32_t difference(const struct machine_group *g,
			   const struct in_addr *to, uint32_t count,
			   struct in_addr *out)
{
	uint32_t i = 0, k = 0, n = 0;

	while (i < g->source_count || k < count) {
		struct in_addr at;
		bool left = i < g->source_count, right = k < count;

		if (left && right && g->sources[i].s_addr == to[k].s_addr) {
			i++;
			k++;
			continue;
		}
		if (left &&
		    (!right || ascending(g->sources[i]) < ascending(to[k])))
			at = g->sources[i++];
		else
			at = to[k++];
		if (out)
			out[n] = at;
		n++;
	}
	return n;
}

/* The changes there are and the new ones, each once, all in order. */
static uint32_t changes_merge(const struct machine_group *g,
			      const struct in_addr *more, uint32_t count,
			      struct machine_change *out)
{
	const uint8_t times = (uint8_t)g->m->robustness;
	uint32_t i = 0, k = 0, n = 0;

	while (i < g->change_count || k < count) {
		bool old = i < g->change_count;

		if (k < count &&
		    (!old ||
		     ascending(more[k]) <= ascending(g->changes[i].address))) {
			if (old &&
			    more[k].s_addr == g->changes[i].address.s_addr)
				i++;
			out[n++] = (struct machine_change){more[k++], times};
		} else {
			out[n++] = g->changes[i++];
		}
	}
	return n;
}

static void changes_forget(struct machine_group *g)
{
	free(g->changes);
	g->changes = NULL;
	g->change_count = 0;
}

static int note_sources(struct machine_group *g, const struct in_addr *sources,
			uint32_t count)
{
	uint32_t more = difference(g, sources, count, NULL);
	struct machine_change *merged;
	struct in_addr *list;

	list = calloc(more, sizeof(*list));
	merged = calloc(g->change_count + more, sizeof(*merged));
	if (!list || !merged) {
		free(list);
		free(merged);
		return -ENOMEM;
	}
	difference(g, sources, count, list);
	more = changes_merge(g, list, more, merged);
	changes_forget(g);
	g->changes = merged;
	g->change_count = more;
	free(list);
	return 0;
}

/* Only whether the group is wanted can be said. */
static void note_old(struct machine_group *g, bool wanted, uint64_t now_ms)
{
	const struct dialect *d = &dialects[g->m->version];

	if (wanted == machine_wants(g))
		return;
	g->joins_left = wanted ? (uint8_t)g->m->robustness : 0;
	g->leaving = !wanted && d->leave;
	if (!wanted)
		machine_query_cancel(g); /* RFC 2236 section 6: stop timer */
	g->change_ms = g->joins_left || g->leaving ? now_ms : TIMER_NEVER;
}

int machine_change_note(struct machine_group *g, enum mgm_filter filter,
			const struct in_addr *sources, uint32_t count,
			uint64_t now_ms)
{
	bool wanted = filter == MGM_EXCLUDE || count;
	int err;

	if (!g->m->is.up)
		return 0;
	if (g->m->version < 3) {
		note_old(g, wanted, now_ms);
		return 0;
	}
	if (filter != g->filter) {
		changes_forget(g);
		g->mode_left = (uint8_t)g->m->robustness;
	} else {
		err = note_sources(g, sources, count);
		if (err)
			return err;
	}
	g->change_ms = now_ms;
	return 0;
}

/* From nothing to what there is; without memory for the sources a change of
 * mode says the same. */
void machine_change_anew(struct machine_group *g, uint64_t now_ms)
{
	const uint8_t times = (uint8_t)g->m->robustness;

	machine_change_cancel(g);
	if (!machine_wants(g))
		return;
	g->change_ms = now_ms;
	if (g->m->version < 3) {
		g->joins_left = times;
		return;
	}
	if (g->filter == MGM_INCLUDE)
		g->changes = calloc(g->source_count, sizeof(*g->changes));
	if (!g->changes) {
		g->mode_left = times;
		return;
	}
	g->change_count = g->source_count;
	for (uint32_t i = 0; i < g->source_count; i++)
		g->changes[i] = (struct machine_change){g->sources[i], times};
}

void machine_change_cancel(struct machine_group *g)
{
	changes_forget(g);
	g->mode_left = 0;
	g->joins_left = 0;
	g->leaving = false;
	g->change_ms = TIMER_NEVER;
}

/* Those with a change to say that are forwarded now, or those that are not. */
static void say_sources(struct machine_group *g, enum igmp_record_type type)
{
	bool forwarded = type == IGMP_ALLOW;
	struct in_addr *list = calloc(g->change_count, sizeof(*list));
	uint32_t n = 0;

	for (uint32_t i = 0; list && i < g->change_count; i++) {
		struct in_addr source = g->changes[i].address;
		bool listed =
			machine_lists(g->sources, g->source_count, source);

		if ((listed == (g->filter == MGM_INCLUDE)) == forwarded)
			list[n++] = source;
	}
	if (n)
		machine_say(g->m, type, g->group, list, n);
	free(list);
}

/* Said once more. */
static void count_down(struct machine_group *g)
{
	uint32_t n = 0;

	if (g->mode_left)
		g->mode_left--;
	for (uint32_t i = 0; i < g->change_count; i++)
		if (--g->changes[i].left)
			g->changes[n++] = g->changes[i];
	g->change_count = n;
	if (!n)
		changes_forget(g);
}

static void due_old(struct machine_group *g, uint64_t now_ms)
{
	const struct dialect *d = &dialects[g->m->version];

	if (g->leaving)
		machine_say_old(g->m, d->leave, g->group);
	else
		machine_say_old(g->m, d->join, g->group);
	g->leaving = false;
	if (g->joins_left)
		g->joins_left--;
	if (g->joins_left)
		g->change_ms = now_ms + machine_delay(g->m, OLD_UNSOLICITED_MS);
}

void machine_change_due(struct machine_group *g, uint64_t now_ms)
{
	g->change_ms = TIMER_NEVER;
	if (g->m->version < 3) {
		due_old(g, now_ms);
		return;
	}
	if (g->mode_left) {
		machine_say(g->m, mode_record[g->filter], g->group, g->sources,
			    g->source_count);
	} else {
		say_sources(g, IGMP_ALLOW);
		say_sources(g, IGMP_BLOCK);
	}
	count_down(g);
	if (g->mode_left || g->change_count)
		g->change_ms = now_ms +
			       machine_delay(g->m, g->m->config.unsolicited_ms);
}
