/* SPDX-License-Identifier: GPL-2.0-only */
/* A prefix less those that are longer, as prefixes; see internal.h. */
#include "internal.h"

static bool within(const struct proxy_prefix *inner,
		   const struct proxy_prefix *outer)
{
	return inner->length >= outer->length &&
	       proxy_prefix_holds(outer, inner->net);
}

/*
 * A half that has a hole in it is halved again, so there are at most as many
 * parts as bits between the prefix and each hole; the depth is 32 at most.
 */
void proxy_cover(const struct proxy_prefix *prefix,
		 const struct proxy_prefix *holes, size_t count,
		 void (*each)(void *arg, const struct proxy_prefix *part),
		 void *arg)
{
	struct proxy_prefix half = {prefix->net, prefix->length + 1};
	bool whole = true;

	for (size_t i = 0; i < count; i++) {
		if (within(prefix, &holes[i]))
			return;
		whole = whole && !within(&holes[i], prefix);
	}
	if (whole) {
		each(arg, prefix);
		return;
	}
	proxy_cover(&half, holes, count, each, arg);
	half.net |= 1u << (32 - half.length);
	proxy_cover(&half, holes, count, each, arg);
}
