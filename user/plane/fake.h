/* SPDX-License-Identifier: GPL-2.0-only */
/* What the parts of the fake plane share: fake.c (interfaces and the rest) and
 * fake_routes.c. */
#ifndef XMGM_PLANE_FAKE_H
#define XMGM_PLANE_FAKE_H

#include "lib/hash.h"
#include "ops.h"
#include "plane.h"

struct fake_port {
	struct hash_node node; /* by ifid */
	enum xmgm_mode mode;
	struct plane_port told;
};

struct fake_member {
	struct hash_node node; /* by ifindex */
	uint32_t ifindex, ifid;
};

struct fake_interface {
	struct hash_node node; /* by ifid */
	uint32_t ifid;
	struct xmgm_interface state;
};

struct fake_set {
	struct hash_node node; /* by content; in use only */
	uint32_t refs;
	size_t count;
	uint32_t *oifs;
	bool lost; /* one of them: not to be found by what is left */
};

struct fake_route {
	struct hash_node node; /* by flow */
	struct xmgm_mfe mfe;
};

struct fake_op {
	enum xmgm_batch_op op;
	struct xmgm_mfe mfe;
};

struct fake {
	struct plane plane;
	struct plane_treatment treatments[XMGM_TREATMENTS];
	struct plane_listener listener;
	uint32_t max_routes;
	uint32_t max_sets;
	uint64_t now_ns;
	struct hash ports;
	struct hash members;
	struct hash interfaces;
	struct hash routes;
	struct hash set_index;
	struct fake_set *sets; /* max_sets of them */
	struct fake_op *queue;
	size_t queued, room;
	size_t queued_new; /* routes that the queue may add */
	struct plane_counters counters;
	uint8_t router_mac[6];
};

static inline struct fake *fake_of(struct plane *p)
{
	return (struct fake *)(void *)p;
}

/* fake_routes.c: operations of struct plane_ops. */
int fake_set_get(struct plane *p, const uint32_t *oifs, size_t count,
		 uint32_t *number);
void fake_set_put(struct plane *p, uint32_t number);
int fake_set_read(struct plane *p, uint32_t number, uint64_t *packets,
		  uint64_t *bytes);
int fake_mfe_put(struct plane *p, struct xmgm_flow flow, uint32_t iif,
		 uint32_t set, uint32_t flags);
int fake_mfe_del(struct plane *p, struct xmgm_flow flow);
int fake_commit(struct plane *p);
int fake_mfe_read(struct plane *p, struct xmgm_flow flow, struct xmgm_mfe *mfe);
void fake_flow_release(struct plane *p, struct xmgm_flow flow);
int fake_mfe_walk(struct plane *p,
		  int (*each)(void *arg, const struct xmgm_mfe *mfe,
			      const uint32_t *oifs, size_t count),
		  void *arg);

#endif /* XMGM_PLANE_FAKE_H */
