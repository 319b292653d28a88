/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Flow sections become treatments of the plane, by number, and the manager
 * hears which flows have which. Equal ones share a number. One that is there
 * already keeps it, also over a restart, and a new one takes a number that
 * neither this configuration nor the one before it uses: so no packet is
 * treated as another's while routes change from one to the other.
 */
#include "daemon.h"

#include <string.h>

#include "lib/log.h"

static struct plane_treatment wanted(const struct config_flow *flow)
{
	return (struct plane_treatment){
		.ttl = flow->ttl,
		.ttl_min = flow->ttl_min,
		.rate_kbit = flow->rate_kbit,
	};
}

static bool same(const struct plane_treatment *a,
		 const struct plane_treatment *b)
{
	return a->ttl == b->ttl && a->ttl_min == b->ttl_min &&
	       a->rate_kbit == b->rate_kbit;
}

static bool is_none(const struct plane_treatment *t)
{
	return !t->ttl && !t->ttl_min && !t->rate_kbit;
}

/* The number of what is in the plane already, or 0. */
static uint8_t number_there(struct router *r, const struct plane_treatment *t)
{
	struct plane_treatment there;

	for (unsigned int i = 1; i < XMGM_TREATMENTS; i++)
		if (!plane_treatment_get(r->plane, (uint8_t)i, &there) &&
		    same(&there, t))
			return (uint8_t)i;
	return 0;
}

/* One that has not been used for the longest; `used` now or before. */
static uint8_t number_free(const struct router *r,
			   const bool used[XMGM_TREATMENTS])
{
	for (unsigned int i = 1; i < XMGM_TREATMENTS; i++)
		if (!used[i] && !r->treatments[i])
			return (uint8_t)i;
	return 0;
}

static void use_those_there(struct router *r, bool used[XMGM_TREATMENTS])
{
	const struct config *config = r->d->config;

	for (size_t i = 0; i < config->flow_count; i++) {
		const struct plane_treatment t = wanted(&config->flows[i]);

		if (!is_none(&t))
			used[number_there(r, &t)] = true;
	}
}

/* 0: none, and that is said. */
static uint8_t number_of(struct router *r, const struct config_flow *flow,
			 bool used[XMGM_TREATMENTS])
{
	const struct plane_treatment t = wanted(flow);
	uint8_t number;
	int err;

	if (is_none(&t))
		return 0;
	number = number_there(r, &t);
	if (number)
		return number;
	number = number_free(r, used);
	used[number] = true;
	err = number ? plane_treatment_set(r->plane, number, &t) : -ENOSPC;
	if (!err)
		return number;
	log_error("flow %s %s: its ttl, min-ttl and rate-limit are not used: "
		  "%s",
		  flow->source, flow->group, strerror(-err));
	return 0;
}

void treatments_configure(struct router *r)
{
	const struct config *config = r->d->config;
	struct mgm_treatment told[CONFIG_FLOWS];
	bool used[XMGM_TREATMENTS] = {false};
	size_t count = 0;
	int err;

	use_those_there(r, used);
	for (size_t i = 0; i < config->flow_count; i++) {
		const struct config_flow *flow = &config->flows[i];

		told[count++] = (struct mgm_treatment){
			.sg = flow->sg,
			.number = number_of(r, flow, used),
			.per_flow = flow->rate_kbit,
		};
	}
	memcpy(r->treatments, used, sizeof(r->treatments));
	err = mgm_treatments_set(r->mgm, daemon_now_ms(), told, count);
	if (err)
		log_error("sections of flows are not used: %s: reload when "
			  "there is memory",
			  strerror(-err));
}
