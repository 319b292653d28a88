/* SPDX-License-Identifier: GPL-2.0-only */
/* Our own subnets as routes: each interface that runs has those of its
 * addresses. Of several with one subnet the first has it. */
#include "route.h"

#include "lib/address.h"

/* The network of an address of ours; false: none that can be said. */
static bool subnet(const struct proto_address *address,
		   struct dvmrp_prefix *prefix)
{
	const struct mgm_address *of = address_is_any(&address->peer)
					       ? &address->address
					       : &address->peer;

	if (!mgm_address_is_v4(of) || !address->prefix_len ||
	    !dvmrp_sayable(address->prefix_len))
		return false;
	prefix->length = (uint8_t)address->prefix_len;
	prefix->net.s_addr = mgm_address_to_v4(of).s_addr &
			     dvmrp_mask(prefix->length).s_addr;
	return igmp_is_unicast(prefix->net);
}

static bool has_subnet(const struct dvmrp_interface *in,
		       const struct dvmrp_prefix *prefix)
{
	struct dvmrp_prefix one;

	for (size_t i = 0; in->running && i < in->address_count; i++)
		if (subnet(&in->addresses[i], &one) &&
		    dvmrp_prefix_equal(&one, prefix))
			return true;
	return false;
}

static struct dvmrp_interface *owner(const struct dvmrp *d,
				     const struct dvmrp_prefix *prefix)
{
	struct dvmrp_interface *in;

	dvmrp_for_each_interface(d, in)
		if (has_subnet(in, prefix))
			return in;
	return NULL;
}

static void direct(struct dvmrp_interface *in,
		   const struct dvmrp_prefix *prefix)
{
	const struct dvmrp_new_way way = {in, NULL, (uint8_t)in->config.metric};
	struct dvmrp *d = in->dvmrp;
	struct dvmrp_route *r = dvmrp_route_find(d, prefix);

	if (!r)
		r = dvmrp_route_new(d, prefix);
	if (!r) {
		dvmrp_count(d, in, DVMRP_N_NO_MEMORY);
		return;
	}
	/* Of several interfaces with one subnet the first has it. */
	if (r->state != DVMRP_ROUTE_DIRECT || r->iif == in)
		dvmrp_route_event(d, r, DVMRP_DIRECT, &way);
}

void dvmrp_route_direct(struct dvmrp_interface *in)
{
	struct dvmrp *d = in->dvmrp;
	struct tree_node *node, *behind;
	struct dvmrp_interface *other;
	struct dvmrp_prefix prefix;

	for (size_t i = 0; in->running && i < in->address_count; i++)
		if (subnet(&in->addresses[i], &prefix))
			direct(in, &prefix);
	for (node = tree_first(&d->ordered); node; node = behind) {
		struct dvmrp_route *r =
			tree_entry(node, struct dvmrp_route, ordered);

		behind = tree_after(&d->ordered, node);
		if (r->state != DVMRP_ROUTE_DIRECT || r->iif != in ||
		    has_subnet(in, &r->prefix))
			continue;
		other = owner(d, &r->prefix);
		if (other)
			dvmrp_route_event(
				d, r, DVMRP_DIRECT,
				&(struct dvmrp_new_way){
					other, NULL,
					(uint8_t)other->config.metric});
		else
			dvmrp_route_event(d, r, DVMRP_DIRECT_GONE, NULL);
	}
}
