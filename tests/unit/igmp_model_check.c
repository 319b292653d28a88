/* SPDX-License-Identifier: GPL-2.0-only */
/* See igmp_model_check.h. */
#include "igmp_model_check.h"

#include <arpa/inet.h>

struct igmp_config model_config_of(const struct model_config *c)
{
	return (struct igmp_config){
		.enabled = c->enabled,
		.passive = c->passive,
		.version = c->version,
		.robustness = c->robustness,
		.query_interval_ms = c->query_ms,
		.query_response_ms = c->response_ms,
		.last_member_ms = c->last_member_ms,
		.last_member_count = c->last_member_count,
		.startup_query_ms = c->startup_ms,
		.startup_query_count = c->startup_count,
		.max_groups = c->max_groups,
		.max_host_groups = c->max_host_groups,
		.max_sources = c->max_sources,
		.max_host_sources = c->max_host_sources,
		.max_tracked = c->max_tracked,
		.max_host_tracked = c->max_host_tracked,
		.immediate_leave = c->immediate_leave,
		.query_rate = c->query_rate,
	};
}

static uint32_t host_number(struct in_addr host)
{
	return host.s_addr ? ntohl(host.s_addr) & 0xff : 0;
}

/* Those that are listed are in the set, those of the set are listed. */
static uint32_t check_listeners(const struct model *m, const uint64_t *heard_ms,
				const struct igmp_listeners *l)
{
	const struct igmp_listener *at = NULL;
	uint32_t wrong = 0, count = 0;

	for (uint32_t i = 0; i < MODEL_HOSTS; i++)
		count += model_counts(m, heard_ms[i]);
	wrong += count != l->count;
	while ((at = igmp_listeners_after(l, at ? &at->host->address : NULL)))
		wrong += heard_ms[host_number(at->host->address)] !=
			 at->expires_ms;
	return wrong;
}

uint32_t model_check_hosts(const struct model *m, uint32_t group,
			   const struct igmp_group *g, const char **what)
{
	const struct model_group *model = &m->group[group];
	uint32_t wrong;

	*what = "listeners to any source";
	wrong = check_listeners(m, model->heard_ms[MODEL_SOURCES],
				&g->listeners);
	for (uint32_t i = 0; !wrong && i < g->source_count; i++) {
		const struct igmp_source *s = &g->sources[i];
		uint32_t number = ntohl(s->address.s_addr) - 0x0a000001u;

		*what = "listeners to a source";
		wrong = check_listeners(m, model->heard_ms[number],
					&s->listeners);
		if (wrong)
			break;
		*what = "who a source is charged to";
		wrong = host_number(s->charged) != model->source_host[number];
	}
	return wrong;
}
