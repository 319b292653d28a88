/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Walks over netlink attributes that keep const what is const; libmnl's own
 * macros cast it away. And what several read of them.
 */
#ifndef XMGM_XMGMD_NET_ATTRS_H
#define XMGM_XMGMD_NET_ATTRS_H

#include <stdbool.h>
#include <libmnl/libmnl.h>

#define attrs_between(attr, from, end)                                       \
	for ((attr) = (from);                                                \
	     mnl_attr_ok((attr),                                             \
			 (int)((const char *)(end) - (const char *)(attr))); \
	     (attr) = mnl_attr_next(attr))

/* Of a message behind its fixed part of `size` bytes. */
#define attrs_of_message(attr, nlh, size)                            \
	attrs_between(attr, mnl_nlmsg_get_payload_offset(nlh, size), \
		      mnl_nlmsg_get_payload_tail(nlh))

/* Inside another attribute. */
#define attrs_inside(attr, nest)                                 \
	attrs_between(attr, mnl_attr_get_payload(nest),          \
		      (const char *)mnl_attr_get_payload(nest) + \
			      mnl_attr_get_payload_len(nest))

/* An attribute's payload, if it is as long as it has to be. */
static inline bool attr_u32(const struct nlattr *attr, uint32_t *value)
{
	if (mnl_attr_get_payload_len(attr) < sizeof(*value))
		return false;
	*value = mnl_attr_get_u32(attr);
	return true;
}

#endif /* XMGM_XMGMD_NET_ATTRS_H */
