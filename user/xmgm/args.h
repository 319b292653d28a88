/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What may stand in a command: checked before anything is sent or changed, so
 * that a slip of the keyboard is answered by a sentence that names it. Pure.
 */
#ifndef XMGM_CLI_ARGS_H
#define XMGM_CLI_ARGS_H

#include <stddef.h>

#include "lib/argument.h"

#define ARGS_WHY ARGUMENT_WHY

/* Why an argument is refused: a sentence without full stop. */
struct args_why {
	char text[ARGS_WHY];
};

/* All: 0 or -EINVAL with the reason in *why. */
int args_check_group(const char *group, struct args_why *why);
/* What may be joined: a prefix of groups or of sources as well, and `*`.
 * source may be NULL. */
int args_check_joined(const char *group, const char *source,
		      struct args_why *why);
/* What a static route is of: each may be a prefix, the source `*`. */
int args_check_routed(const char *source, const char *group,
		      struct args_why *why);
/* A unicast address; `*` if any_source. */
int args_check_source(const char *source, int any_source, struct args_why *why);
int args_check_interface(const char *name, struct args_why *why);
int args_check_protocol(const char *name, struct args_why *why);
int args_check_instance(const char *name, struct args_why *why);

int args_check_prefix(const char *prefix, struct args_why *why);

/* PREFIX [via ADDRESS] [dev IFACE] [distance N] of `rpf add`, in any order. */
struct args_rpf {
	const char *prefix;
	const char *via; /* NULL: not given; so is dev, but not both */
	const char *dev;
	int distance; /* -1: not given */
};
int args_get_rpf(const char *const *words, size_t count, struct args_rpf *rpf,
		 struct args_why *why);

/* S G from IIF to OIF... of `mroute add`, taken apart. */
struct args_route {
	const char *source;
	const char *group;
	const char *from;
	const char *const *to;
	size_t to_count;
};

/* words: S G from IIF to OIF..., the two keywords may be shortened. */
int args_get_route(const char *const *words, size_t count,
		   struct args_route *route, struct args_why *why);

#endif /* XMGM_CLI_ARGS_H */
