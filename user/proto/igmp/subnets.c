/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The addresses of an interface, and who is a neighbour by them. One that has
 * none of its own may borrow those of another interface of the host
 * (`unnumbered`): queries leave with them, election compares them, and the
 * hosts are those of that one's nets.
 */
#include "internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <arpa/inet.h>

static struct igmp_subnet subnet_of(const struct proto_address *a)
{
	struct igmp_subnet s = {
		.address = mgm_address_to_v4(&a->address),
		.net = mgm_address_to_v4(&a->peer),
	};

	if (!s.net.s_addr)
		s.net = s.address;
	if (a->prefix_len)
		s.mask = htonl(UINT32_MAX << (32 - a->prefix_len));
	return s;
}

/* IGMP is IPv4's, and asks nobody with 127.0.0.1. */
static bool concerns(const struct proto_address *a)
{
	return mgm_address_is_v4(&a->address) &&
	       igmp_is_unicast(mgm_address_to_v4(&a->address));
}

/* NULL: no memory. */
static struct igmp_subnet *subnets_of(const struct proto_interface *of,
				      size_t *count)
{
	struct igmp_subnet *subnets =
		calloc(of->address_count + 1, sizeof(*subnets));

	*count = 0;
	for (size_t i = 0; subnets && i < of->address_count; i++)
		if (concerns(&of->addresses[i]))
			subnets[(*count)++] = subnet_of(&of->addresses[i]);
	return subnets;
}

/* --- lenders ----------------------------------------------------------- */

static struct igmp_lender *lender_find(const struct igmp_router *r,
				       const char *name)
{
	for (size_t i = 0; i < r->lender_count; i++)
		if (!strcmp(r->lenders[i].name, name))
			return &r->lenders[i];
	return NULL;
}

static struct igmp_lender *lender_get(struct igmp_router *r,
				      const char name[XMGM_IFNAME_LEN])
{
	struct igmp_lender *lender = lender_find(r, name), *lenders;

	if (lender)
		return lender;
	lenders = realloc(r->lenders, (r->lender_count + 1) * sizeof(*lenders));
	if (!lenders)
		return NULL;
	r->lenders = lenders;
	lender = &lenders[r->lender_count++];
	*lender = (struct igmp_lender){0};
	memcpy(lender->name, name, sizeof(lender->name));
	return lender;
}

static void lender_drop(struct igmp_router *r, struct igmp_lender *lender)
{
	if (!lender)
		return;
	free(lender->subnets);
	*lender = r->lenders[--r->lender_count];
}

void igmp_lenders_free(struct igmp_router *r)
{
	while (r->lender_count)
		lender_drop(r, r->lenders);
	free(r->lenders);
}

static int lender_set(struct igmp_router *r, const struct proto_interface *of)
{
	struct igmp_lender *lender;
	struct igmp_subnet *subnets;
	size_t count;

	subnets = subnets_of(of, &count);
	if (!subnets)
		return -ENOMEM;
	if (!count) {
		free(subnets);
		lender_drop(r, lender_find(r, of->name));
		return 0;
	}
	lender = lender_get(r, of->name);
	if (!lender) {
		free(subnets);
		return -ENOMEM;
	}
	free(lender->subnets);
	lender->subnets = subnets;
	lender->count = count;
	return 0;
}

int igmp_router_addresses(struct igmp_router *r,
			  const struct proto_interface *of, uint64_t now_ms)
{
	struct igmp_interface *in;
	int err = lender_set(r, of);

	for (size_t i = 0; (in = igmp_interface_at(r, i)); i++)
		if (*in->own.unnumbered && !in->own_count &&
		    igmp_interface_readdress(in, now_ms))
			err = -ENOMEM;
	return err;
}

/* --- borrowing ---------------------------------------------------------- */

/* Who lends, and which of its addresses: by its name, or by that address. */
static const struct igmp_lender *lender_of(const struct igmp_interface *in,
					   size_t *which)
{
	const struct igmp_router *r = in->router;
	struct in_addr address;

	*which = 0;
	if (!*in->own.unnumbered)
		return NULL;
	if (inet_pton(AF_INET, in->own.unnumbered, &address) != 1)
		return lender_find(r, in->own.unnumbered);
	for (size_t i = 0; i < r->lender_count; i++)
		for (size_t k = 0; k < r->lenders[i].count; k++)
			if (r->lenders[i].subnets[k].address.s_addr ==
			    address.s_addr) {
				*which = k;
				return &r->lenders[i];
			}
	return NULL;
}

int igmp_subnets_set(struct igmp_interface *in,
		     const struct proto_interface *now_is)
{
	struct igmp_subnet *was = in->own_subnets;
	size_t count, was_count = in->own_count;
	int err;

	in->own_subnets = subnets_of(now_is, &count);
	if (!in->own_subnets) {
		in->own_subnets = was;
		return -ENOMEM;
	}
	in->own_count = count;
	err = igmp_subnets_apply(in);
	if (!err) {
		free(was);
		return 0;
	}
	free(in->own_subnets);
	in->own_subnets = was;
	in->own_count = was_count;
	return err;
}

int igmp_subnets_apply(struct igmp_interface *in)
{
	size_t count = in->own_count, first = 0;
	const struct igmp_subnet *from = in->own_subnets;
	const struct igmp_lender *lender = NULL;
	struct igmp_subnet *subnets, swap;

	if (!count)
		lender = lender_of(in, &first);
	if (lender) {
		from = lender->subnets;
		count = lender->count;
	}
	subnets = calloc(count + 1, sizeof(*subnets));
	if (!subnets)
		return -ENOMEM;
	if (count)
		memcpy(subnets, from, count * sizeof(*subnets));
	swap = subnets[0];
	subnets[0] = subnets[first];
	subnets[first] = swap;
	free(in->subnets);
	in->subnets = subnets;
	in->subnet_count = count;
	return 0;
}

bool igmp_subnets_borrowed(const struct igmp_interface *in)
{
	return in->subnet_count && !in->own_count;
}

/* --- neighbours ---------------------------------------------------------- */

bool igmp_interface_is_ours(const struct igmp_interface *in,
			    struct in_addr address)
{
	for (size_t i = 0; i < in->subnet_count; i++)
		if (in->subnets[i].address.s_addr == address.s_addr)
			return true;
	return false;
}

/*
 * A host belongs to one of the interface's nets, is the peer of a
 * point-to-point interface or in its net, or has no address yet:
 * RFC 9776 sections 4.2.13 and 9.2. By configuration all belong.
 */
bool igmp_interface_has_host(const struct igmp_interface *in,
			     struct in_addr host)
{
	if (!host.s_addr || in->own.promiscuous)
		return true;
	for (size_t i = 0; i < in->subnet_count; i++) {
		const struct igmp_subnet *s = &in->subnets[i];

		if (!((s->net.s_addr ^ host.s_addr) & s->mask))
			return true;
	}
	return false;
}
