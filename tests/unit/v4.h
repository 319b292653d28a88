/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The manager's calls with IPv4 addresses as they are: tests of the manager
 * and of protocols write hundreds of them.
 */
#ifndef XMGM_TESTS_UNIT_V4_H
#define XMGM_TESTS_UNIT_V4_H

#include <errno.h>
#include <arpa/inet.h>
#include <stdlib.h>

#include "mgm/core.h"
#include "xmgm/abi.h"

#define V4_SOURCES 1024 /* of one call; no memory is asked for */

/* Of an interface: without a peer. Initialisers of static ones as well. */
#define V4_BYTES(a, b, c, d)                                                \
	{                                                                   \
		{                                                           \
			0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, (a), (b), \
				(c), (d)                                    \
		}                                                           \
	}
#define V4_SUBNET(a, b, c, d, len)                                   \
	{                                                            \
		.address = V4_BYTES(a, b, c, d), .prefix_len = (len) \
	}

/* In host order. */
static inline uint32_t v4_number(const struct mgm_address *address)
{
	return ntohl(mgm_address_to_v4(address).s_addr);
}

/* In network order; 0: any. */
static inline struct in_addr v4_of(const struct mgm_prefix *prefix)
{
	return prefix->length ? mgm_address_to_v4(&prefix->address)
			      : (struct in_addr){0};
}

static inline struct in_addr v4_address(const struct mgm_address *address)
{
	return mgm_address_to_v4(address);
}

static inline struct xmgm_flow v4_flow(const struct mgm_sg *sg)
{
	struct in_addr source = v4_of(&sg->source), group = v4_of(&sg->group);
	struct xmgm_flow flow;

	memcpy(flow.source, &source, 4);
	memcpy(flow.group, &group, 4);
	return flow;
}

static inline struct mgm_sg v4_sg(const struct xmgm_flow *flow)
{
	struct in_addr source, group;

	memcpy(&source, flow->source, 4);
	memcpy(&group, flow->group, 4);
	return mgm_sg_v4(source, group);
}

static inline void v4_rib_changed(struct mgm *m, uint64_t now_ms,
				  struct in_addr prefix, unsigned int len)
{
	const struct mgm_prefix p = {.address = mgm_address_v4(prefix),
				     .length = (uint8_t)len};

	mgm_rib_changed(m, now_ms, &p);
}

static inline int v4_rpf_reply(struct mgm *m, struct mgm_client *client,
			       uint64_t token, uint32_t iif,
			       struct in_addr upstream)
{
	const struct mgm_address address = mgm_address_v4(upstream);

	return mgm_rpf_reply(m, client, token, iif, &address);
}

static inline int v4_set_upstream(struct mgm *m, struct mgm_client *client,
				  struct mgm_sg flow, struct in_addr upstream)
{
	const struct mgm_address address = mgm_address_v4(upstream);

	return mgm_mfe_set_upstream(m, client, flow, &address);
}

static inline int v4_membership_set(struct mgm *m, struct mgm_client *client,
				    uint32_t ifid, struct in_addr group,
				    enum mgm_filter filter,
				    const struct in_addr *sources, size_t count)
{
	const struct mgm_address address = mgm_address_v4(group);
	struct mgm_address list[V4_SOURCES];
	size_t i;

	if (count > V4_SOURCES)
		abort();
	for (i = 0; sources && i < count; i++)
		list[i] = mgm_address_v4(sources[i]);
	return mgm_membership_set(m, client, ifid, &address, filter,
				  sources ? list : NULL, count);
}

/* A link without a name or addresses, up or down. */
static inline void link_turns(struct mgm *m, uint64_t now_ms, uint32_t ifid,
			      bool up)
{
	const struct mgm_link link = {
		.ifid = ifid, .name = "", .flags = up ? MGM_INTERFACE_UP : 0};

	mgm_interface_changed(m, now_ms, &link);
}

/* Calls each for every membership, or once for every group; stops if each
 * returns non-zero and returns that. */
static inline int
membership_walk(struct mgm *m, bool groups,
		int (*each)(void *arg, const struct mgm_membership_info *info),
		void *arg)
{
	const struct mgm_membership_filter filter = {.size = sizeof(filter),
						     .groups = groups};
	struct mgm_membership_info info = {.size = sizeof(info)};
	int err = mgm_membership_next(m, NULL, &filter, &info);

	while (!err) {
		err = each(arg, &info);
		if (!err)
			err = mgm_membership_next(m, &info, &filter, &info);
	}
	return err == -ENOENT ? 0 : err;
}

#endif /* XMGM_TESTS_UNIT_V4_H */
