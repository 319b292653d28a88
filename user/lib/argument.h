/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a person may write for an interface, a group, a source and so on: one
 * rule for the command line, the control socket and the configuration. Pure.
 * Each returns 0, or -EINVAL with a sentence in why that names the object, the
 * reason and the remedy.
 */
#ifndef XMGM_LIB_ARGUMENT_H
#define XMGM_LIB_ARGUMENT_H

#include <stdbool.h>

#include "xmgm/abi.h"
#include "xmgm/mgm.h"

#define ARGUMENT_WHY 256

/*
 * A name that the kernel may give a netdev: 1 to 15 bytes, no '/', ':' or
 * white space, not "." and not ".."; and, stricter than the kernel, printable
 * ASCII, so that it can stand in JSON and in logs.
 */
int argument_interface(const char *text, char why[ARGUMENT_WHY]);
/* Is it the name of a VLAN by its trunk and its id, 1 to 4094: trunk0.100? */
bool argument_vlan(const char *text, char trunk[XMGM_IFNAME_LEN],
		   uint16_t *vlan);
/* IPv4 multicast, and not in 224.0.0.0/24, which is never routed. */
int argument_group(const char *text, struct mgm_address *group,
		   char why[ARGUMENT_WHY]);
/* IPv4 unicast; if `any`, also "*", which is 0.0.0.0. */
int argument_source(const char *text, bool any, struct mgm_address *source,
		    char why[ARGUMENT_WHY]);
/*
 * What may be joined: a group and a source, of which one may be a prefix, as
 * struct mgm_sg has it. "*" is any; source may be NULL, which is any as well.
 * One of them for what is read word by word, then both.
 */
int argument_joined_group(const char *text, struct mgm_prefix *group,
			  char why[ARGUMENT_WHY]);
int argument_joined_source(const char *text, struct mgm_prefix *source,
			   char why[ARGUMENT_WHY]);
int argument_joined(const struct mgm_sg *sg, char why[ARGUMENT_WHY]);

/*
 * What a static route is of: groups, one or a prefix, not any; and a source, a
 * prefix of them, or "*".
 */
int argument_route(const char *source, const char *group, struct mgm_sg *sg,
		   char why[ARGUMENT_WHY]);

/* Of unicast IPv4 addresses, without bits behind the length. */
int argument_prefix(const char *text, struct mgm_prefix *prefix,
		    char why[ARGUMENT_WHY]);
/* A next hop: IPv4 unicast. */
int argument_via(const char *text, struct mgm_address *via,
		 char why[ARGUMENT_WHY]);

#endif /* XMGM_LIB_ARGUMENT_H */
