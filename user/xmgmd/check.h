/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Checks of what a person wrote, the same for the configuration and for
 * commands. Pure. Each returns 0, or -EINVAL with a sentence in why that names
 * the object, the reason and the remedy.
 */
#ifndef XMGM_XMGMD_CHECK_H
#define XMGM_XMGMD_CHECK_H

#include "lib/argument.h"
#include "proto/proto.h"

#define CHECK_WHY ARGUMENT_WHY

/* A name, a group, a source ("*" is any): as lib/argument.h says. */
int check_name(const char *text, char why[CHECK_WHY]);
int check_group(const char *text, struct mgm_prefix *group,
		char why[CHECK_WHY]);
/* What may be joined: a prefix as well, and "*"; both together have to fit. */
int check_joined_group(const char *text, struct mgm_prefix *group,
		       char why[CHECK_WHY]);
int check_joined_source(const char *text, struct mgm_prefix *source,
			char why[CHECK_WHY]);
int check_joined(const struct mgm_sg *sg, char why[CHECK_WHY]);
/* Those of a static route: each may be a prefix. */
int check_routed(const char *source, const char *group, struct mgm_sg *sg,
		 char why[CHECK_WHY]);
int check_source(const char *text, struct mgm_prefix *source,
		 char why[CHECK_WHY]);
/* Of one sender: unicast. */
int check_address(const char *text, struct mgm_address *source,
		  char why[CHECK_WHY]);
/* At least one oif, none twice, none the iif. */
int check_route(const struct proto_route_config *route, char why[CHECK_WHY]);
/* Of unicast addresses, without bits behind the length. */
int check_prefix(const char *text, struct mgm_prefix *prefix,
		 char why[CHECK_WHY]);
/* A next hop: unicast. */
int check_via(const char *text, struct mgm_address *via, char why[CHECK_WHY]);
/* A next hop, an interface, or both. */
int check_rpf(const struct proto_rpf_config *rpf, char why[CHECK_WHY]);
/* "(10.0.0.1, 239.1.1.1)", with * for any. Returns buffer. */
#define CHECK_SG (2 * INET6_ADDRSTRLEN + 8) /* with the length of a prefix */
const char *check_sg_name(struct mgm_sg sg, char buffer[CHECK_SG]);

#endif /* XMGM_XMGMD_CHECK_H */
