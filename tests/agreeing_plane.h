/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The manager's hooks of a plane that agrees to everything and has no route to
 * any source: what is measured above it is the manager's own.
 */
#ifndef XMGM_TESTS_AGREEING_PLANE_H
#define XMGM_TESTS_AGREEING_PLANE_H

#include <errno.h>

#include "mgm/core.h"

struct agreeing_plane {
	uint32_t sets;	      /* handed out */
	unsigned int written; /* MFEs */
};

static inline int agree_interface_set(void *arg, uint32_t ifid, uint32_t owner,
				      enum mgm_gate gate, uint32_t epoch)
{
	(void)arg, (void)ifid, (void)owner, (void)gate, (void)epoch;
	return 0;
}

static inline void agree_interface_del(void *arg, uint32_t ifid)
{
	(void)arg, (void)ifid;
}

static inline int agree_set_get(void *arg, const uint32_t *oifs, size_t count,
				uint32_t *set)
{
	struct agreeing_plane *plane = arg;

	(void)oifs, (void)count;
	*set = 2 + ++plane->sets;
	return 0;
}

static inline void agree_set_put(void *arg, uint32_t set)
{
	(void)arg, (void)set;
}

static inline int agree_mfe_put(void *arg, const struct mgm_sg *flow,
				uint32_t iif, uint32_t set, uint32_t flags)
{
	struct agreeing_plane *plane = arg;

	(void)flow, (void)iif, (void)set, (void)flags;
	plane->written++;
	return 0;
}

static inline int agree_mfe_del(void *arg, const struct mgm_sg *flow)
{
	(void)arg, (void)flow;
	return 0;
}

static inline void agree_flow_release(void *arg, const struct mgm_sg *flow)
{
	(void)arg, (void)flow;
}

static inline int agree_commit(void *arg)
{
	(void)arg;
	return 0;
}

static inline int agree_mfe_read(void *arg, const struct mgm_sg *flow,
				 struct mgm_mfe_counts *counts)
{
	(void)arg, (void)flow, (void)counts;
	return -ENOENT;
}

static inline int agree_rib_lookup(void *arg, const struct mgm_address *source,
				   uint32_t arrival,
				   struct mgm_rib_answer *answer)
{
	(void)arg, (void)source, (void)arrival, (void)answer;
	return -ENOENT;
}

#define AGREEING_PLANE(plane)                         \
	((struct mgm_hooks){                          \
		.arg = (plane),                       \
		.interface_set = agree_interface_set, \
		.interface_del = agree_interface_del, \
		.set_get = agree_set_get,             \
		.set_put = agree_set_put,             \
		.mfe_put = agree_mfe_put,             \
		.mfe_del = agree_mfe_del,             \
		.flow_release = agree_flow_release,   \
		.commit = agree_commit,               \
		.mfe_read = agree_mfe_read,           \
		.rib_lookup = agree_rib_lookup,       \
	})

#endif /* XMGM_TESTS_AGREEING_PLANE_H */
