/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How many copies were meant for each port: XDP counts the packets that it
 * hands to a set, we add what is new of them to every port of that set, and
 * write it to `oifs` and `copies`, which outlive us.
 */
#include "bpf.h"

#include <errno.h>
#include <string.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#define REFRESH_SLICE 512 /* sets whose counters one refresh may read */

/* All zero if they cannot be read. */
static struct xmgm_set_stats stats_of(struct plane_bpf *p,
				      const struct set *set)
{
	static struct xmgm_set_stats cpu[MAX_CPUS];
	int cpus = libbpf_num_possible_cpus();
	struct xmgm_set_stats sum = {0};

	if (cpus < 1 || cpus > MAX_CPUS ||
	    bpf_map_lookup_elem(p->in.map[MAP_set_stats], &set->id, cpu))
		return sum;
	for (int i = 0; i < cpus; i++) {
		sum.packets += cpu[i].packets;
		sum.bytes += cpu[i].bytes;
	}
	return sum;
}

static void add_copies(struct port *port, uint64_t packets, uint64_t bytes)
{
	port->copies.packets += packets;
	port->copies.bytes += bytes;
	if (port->plain) {
		port->copies.plain_packets += packets;
		port->copies.plain_bytes += bytes;
	}
	port->counted = true;
}

/* What is new goes to the ports; false: nothing is. */
static bool count_new(struct plane_bpf *p, struct set *set,
		      const struct xmgm_set_stats *now)
{
	if (now->packets == set->seen.packets)
		return false;
	for (uint32_t i = 0; i < set->count; i++) {
		struct port *port = port_get(p, set->oifs[i]);

		if (port)
			add_copies(port, now->packets - set->seen.packets,
				   now->bytes - set->seen.bytes);
	}
	set->seen = *now;
	return true;
}

void set_refresh(struct plane_bpf *p, struct set *set)
{
	const struct xmgm_set_stats now = stats_of(p, set);

	if (!count_new(p, set, &now))
		return;
	for (uint32_t i = 0; i < set->count; i++) {
		struct xmgm_oif_key key = {set->id, set->oifs[i]};
		const struct port *port = port_find(p, set->oifs[i]);
		struct xmgm_oif oif = {.packets = now.packets,
				       .bytes = now.bytes};

		if (!port)
			continue;
		memcpy(oif.name, port->told.name, sizeof(oif.name));
		bpf_map_update_elem(p->in.map[MAP_oifs], &key, &oif, BPF_EXIST);
	}
}

/* What the set has counted goes to its ports; the slot starts anew. */
void set_hand_over(struct plane_bpf *p, struct set *set)
{
	static const struct xmgm_set_stats zero[MAX_CPUS];
	const struct xmgm_set_stats now = stats_of(p, set);

	count_new(p, set, &now);
	memset(&set->seen, 0, sizeof(set->seen));
	if (now.packets)
		bpf_map_update_elem(p->in.map[MAP_set_stats], &set->id, zero,
				    BPF_ANY);
}

/* `oifs` says what an earlier process had seen. */
void set_adopt_counts(struct plane_bpf *p, struct set *set)
{
	struct xmgm_oif_key key = {.set = set->id};
	struct xmgm_oif oif;

	set->seen = stats_of(p, set);
	if (!set->count)
		return;
	key.ifid = set->oifs[0];
	if (bpf_map_lookup_elem(p->in.map[MAP_oifs], &key, &oif) ||
	    oif.packets > set->seen.packets)
		return;
	set->seen.packets = oif.packets;
	set->seen.bytes = oif.bytes;
}

int sets_read(struct plane_bpf *p, uint32_t id, uint64_t *packets,
	      uint64_t *bytes)
{
	const struct set *set = sets_find(p, id);
	struct xmgm_set_stats now;

	if (!set || !set->references)
		return -ENOENT;
	now = stats_of(p, set);
	*packets = now.packets;
	*bytes = now.bytes;
	return 0;
}

static void write_copies(struct plane_bpf *p)
{
	struct hash_node *n, *tmp;
	uint32_t i;

	hash_for_each_safe(&p->ports, n, tmp, i) {
		struct port *port = hash_entry(n, struct port, node);

		if (!port->counted)
			continue;
		port->counted = bpf_map_update_elem(p->in.map[MAP_copies],
						    &port->told.ifid,
						    &port->copies, BPF_ANY);
	}
}

void sets_refresh(struct plane_bpf *p)
{
	struct sets *sets = &p->sets;
	uint32_t budget = REFRESH_SLICE;

	for (uint32_t i = 0; i < p->in.abi.max_sets && budget; i++) {
		struct set *set = sets->by_slot[sets->refresh_at];

		sets->refresh_at = (sets->refresh_at + 1) % p->in.abi.max_sets;
		if (set && set->state == SET_USED) {
			if (set->references != set->seen_references)
				set_write_info(p, set);
			set_refresh(p, set);
			budget--;
		}
	}
	write_copies(p);
}
