/* SPDX-License-Identifier: GPL-2.0-only */
/* A prefix less those that are longer, as prefixes; see internal.h. */
#include "internal.h"

#include "lib/address.h"

static bool within(const struct mgm_prefix *inner,
		   const struct mgm_prefix *outer)
{
	return inner->length >= outer->length &&
	       address_in_prefix(&inner->address, &outer->address,
				 outer->length);
}

/*
 * A half that has a hole in it is halved again, so there are at most as many
 * parts as bits between the prefix and each hole; the depth is 32 at most.
 */
void proxy_cover(const struct mgm_prefix *prefix,
		 const struct mgm_prefix *holes, size_t count,
		 void (*each)(void *arg, const struct mgm_prefix *part),
		 void *arg)
{
	struct mgm_prefix half = *prefix;
	struct mgm_address last;
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
	half.length++;
	proxy_cover(&half, holes, count, each, arg);
	last = address_last(&prefix->address, prefix->length);
	half.address = address_first(&last, half.length);
	proxy_cover(&half, holes, count, each, arg);
}
