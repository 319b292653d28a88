/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a line of the forwarding cache has counted. One CPU counts in the line
 * itself; what others have counted of the flow is in `mfc_shared` and is added
 * here, so that nobody else has to know.
 */
#include "bpf.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

void mfe_add_shared(struct plane_bpf *p, struct xmgm_mfe *mfe)
{
	static struct xmgm_mfe_count cpu[MAX_CPUS];
	int cpus = libbpf_num_possible_cpus();

	if (!(mfe->cpu & XMGM_CPU_SHARED) || cpus < 1 || cpus > MAX_CPUS ||
	    bpf_map_lookup_elem(p->in.map[MAP_mfc_shared], &mfe->flow, cpu))
		return;
	for (int i = 0; i < cpus; i++) {
		mfe->packets += cpu[i].packets;
		mfe->bytes += cpu[i].bytes;
	}
}

/*
 * Also lets one CPU count in the line again: where interrupts have moved, the
 * flow comes in on one CPU alone, and it costs less there.
 */
int mfe_read(struct plane_bpf *p, struct xmgm_flow flow, struct xmgm_mfe *mfe)
{
	int err = bpf_map_lookup_elem(p->in.map[MAP_mfc], &flow, mfe);

	if (err)
		return err;
	if (mfe->cpu == (XMGM_CPU_SEVERAL | XMGM_CPU_SHARED))
		routes_alone(p, flow);
	mfe_add_shared(p, mfe);
	return 0;
}
