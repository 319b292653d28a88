/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Treatments of flows and rate limits of interfaces, as the maps have them; and
 * what the programs are told there is at all, so that none asks in vain.
 */
#include "bpf.h"

#include <errno.h>

#include <bpf/bpf.h>

#define COST_SHIFT   20
#define DEPTH_MIN_NS 100000000ull
#define DEPTH_SHIFT  16 /* 64 KiB may come at once, at least */

static struct plane_bpf *self(struct plane *plane)
{
	return (struct plane_bpf *)plane;
}

/* Nanoseconds a byte, of kilobits a second. 0: any rate. */
static uint64_t byte_cost(uint32_t kbit)
{
	return kbit ? (8000000ull << COST_SHIFT) / kbit : 0;
}

static uint64_t depth_ns(uint64_t cost)
{
	uint64_t least = cost << DEPTH_SHIFT >> COST_SHIFT;

	return least > DEPTH_MIN_NS ? least : DEPTH_MIN_NS;
}

static bool has_ttls(const struct plane_bpf *p)
{
	struct xmgm_treatment t;

	for (uint32_t slot = 1; slot < XMGM_TREATMENTS; slot++)
		if (!bpf_map_lookup_elem(p->in.map[MAP_treatments], &slot,
					 &t) &&
		    (t.ttl || t.ttl_min))
			return true;
	return false;
}

static void tell(struct plane_bpf *p)
{
	uint32_t ifid, policy = 0;

	if (has_ttls(p))
		policy |= XMGM_POLICY_TTL;
	if (!bpf_map_get_next_key(p->in.map[MAP_limits], NULL, &ifid))
		policy |= XMGM_POLICY_LIMIT;
	p->ingress.settings->policy = policy;
}

int treatment_set(struct plane *plane, uint8_t slot,
		  const struct plane_treatment *told)
{
	struct plane_bpf *p = self(plane);
	const uint64_t cost = byte_cost(told->rate_kbit);
	const struct xmgm_treatment t = {
		.ttl = told->ttl,
		.ttl_min = told->ttl_min,
		.rate_kbit = told->rate_kbit,
		.byte_cost = cost,
		.depth_ns = depth_ns(cost),
	};
	const uint32_t key = slot;
	int err;

	if (!slot)
		return -EINVAL;
	err = bpf_map_update_elem(p->in.map[MAP_treatments], &key, &t, BPF_ANY);
	tell(p);
	return err;
}

int treatment_get(struct plane *plane, uint8_t slot,
		  struct plane_treatment *told)
{
	struct xmgm_treatment t;
	const uint32_t key = slot;
	int err = bpf_map_lookup_elem(self(plane)->in.map[MAP_treatments], &key,
				      &t);

	if (err)
		return err;
	*told = (struct plane_treatment){t.ttl, t.ttl_min, t.rate_kbit};
	return 0;
}

int limit_set(struct plane *plane, uint32_t ifid, uint32_t kbit)
{
	struct plane_bpf *p = self(plane);
	const int map = p->in.map[MAP_limits];
	struct xmgm_limit limit = {0};
	int err = bpf_map_lookup_elem(map, &ifid, &limit);

	if (!kbit && err)
		return 0;
	if (limit.byte_cost == byte_cost(kbit) && kbit)
		return 0;
	limit.byte_cost = byte_cost(kbit);
	limit.depth_ns = depth_ns(limit.byte_cost);
	if (kbit)
		err = bpf_map_update_elem(map, &ifid, &limit, BPF_ANY);
	else
		err = bpf_map_delete_elem(map, &ifid);
	tell(p);
	return err;
}

int limit_read(struct plane *plane, uint32_t ifid, struct xmgm_rate *rate)
{
	struct xmgm_limit limit;
	int err = bpf_map_lookup_elem(self(plane)->in.map[MAP_limits], &ifid,
				      &limit);

	if (!err)
		*rate = limit.rate;
	return err;
}

int flow_rate_read(struct plane *plane, struct xmgm_flow flow,
		   struct xmgm_rate *rate)
{
	return bpf_map_lookup_elem(self(plane)->in.map[MAP_rates], &flow, rate);
}
