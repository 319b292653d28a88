/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What `show igmp` says of an interface: who asks, every timer, the values in
 * effect and where they come from, limits, and what has been counted.
 */
#include "internal.h"

static uint64_t until(uint64_t at_ms, uint64_t now_ms)
{
	return at_ms > now_ms ? at_ms - now_ms : 0;
}

static uint64_t timer_until(const struct timer *timer, uint64_t now_ms)
{
	return timer->slot ? until(timer->at_ms, now_ms) : PROTO_NONE;
}

static void put_address(const struct proto_row *row, const char *name,
			struct in_addr address)
{
	struct mgm_address mapped = mgm_address_v4(address);

	row->address(row->arg, name, &mapped);
}

static const char *role(const struct igmp_interface *in)
{
	if (!in->ifid)
		return "absent";
	if (!in->up)
		return "down";
	if (!igmp_interface_can_query(in))
		return "no address";
	if (in->other.address.s_addr)
		return "not querier";
	return in->config.passive ? "passive" : "querier";
}

/* What it says of itself, if it is not us. */
static void put_other(const struct igmp_interface *in, uint64_t now_ms,
		      const struct proto_row *row)
{
	const struct igmp_other *o = &in->other;
	bool other = o->address.s_addr;

	row->seconds(row->arg, "other_querier_present_s",
		     other ? until(o->until_ms, now_ms) : PROTO_NONE);
	row->open(row->arg, "other_querier");
	row->number(row->arg, "version", other ? o->version : PROTO_NONE);
	row->number(row->arg, "robustness",
		    o->robustness ? o->robustness : PROTO_NONE);
	row->seconds(row->arg, "query_interval_s",
		     o->query_interval_s ? o->query_interval_s * 1000ull
					 : PROTO_NONE);
	row->seconds(row->arg, "query_response_interval_s",
		     o->response_ms ? o->response_ms : PROTO_NONE);
	row->close(row->arg);
}

static void put_querier(const struct igmp_interface *in, uint64_t now_ms,
			const struct proto_row *row)
{
	bool asks = igmp_interface_asks(in);

	row->text(row->arg, "role", role(in));
	put_address(row, "address",
		    in->subnet_count ? in->subnets[0].address
				     : (struct in_addr){0});
	row->text(row->arg, "borrowed_of",
		  igmp_subnets_borrowed(in) ? in->own.unnumbered : NULL);
	put_address(row, "querier", in->announced);
	row->seconds(row->arg, "querier_uptime_s",
		     in->announced.s_addr ? now_ms - in->querier_since_ms
					  : PROTO_NONE);
	put_other(in, now_ms, row);
	row->seconds(row->arg, "next_query_s",
		     asks ? timer_until(&in->timer, now_ms) : PROTO_NONE);
	row->seconds(row->arg, "last_query_s",
		     in->queried_ms ? now_ms - in->queried_ms : PROTO_NONE);
	row->number(row->arg, "startup_queries_left",
		    asks ? in->startup_left : 0);
}

static void put_origin(const struct proto_row *row, bool adopted)
{
	row->text(row->arg, "origin", adopted ? "adopted" : "configured");
	row->close(row->arg);
}

static void put_number(const struct proto_row *row, const char *name,
		       uint32_t is, uint32_t own)
{
	row->open(row->arg, name);
	row->number(row->arg, "value", is);
	row->number(row->arg, "configured", own);
	put_origin(row, is != own);
}

static void put_interval(const struct proto_row *row, const char *name,
			 uint64_t is_ms, uint64_t own_ms)
{
	row->open(row->arg, name);
	row->seconds(row->arg, "value_s", is_ms);
	row->seconds(row->arg, "configured_s", own_ms);
	put_origin(row, is_ms != own_ms);
}

/* Section 8: what is configured may be another, where a querier is obeyed. */
static void put_values(const struct igmp_interface *in,
		       const struct proto_row *row)
{
	const struct igmp_config *c = &in->config, *own = &in->own;

	row->number(row->arg, "version", c->version);
	row->number(row->arg, "version_configured", own->version);
	put_number(row, "robustness", c->robustness, own->robustness);
	put_interval(row, "query_interval", c->query_interval_ms,
		     own->query_interval_ms);
	put_interval(row, "query_response_interval", c->query_response_ms,
		     own->query_response_ms);
	put_interval(row, "last_member_query_interval", c->last_member_ms,
		     own->last_member_ms);
	put_number(row, "last_member_query_count", igmp_lmqc(c),
		   igmp_lmqc(own));
	put_interval(row, "last_member_query_time", igmp_lmqt_ms(c),
		     igmp_lmqt_ms(own));
	put_interval(row, "group_membership_interval", igmp_gmi_ms(c),
		     igmp_gmi_ms(own));
	put_interval(row, "other_querier_present_interval",
		     igmp_other_querier_ms(c), igmp_other_querier_ms(own));
	put_interval(row, "older_host_present_interval", igmp_older_host_ms(c),
		     igmp_older_host_ms(own));
}

static void put_groups(const struct igmp_interface *in, uint64_t now_ms,
		       const struct proto_row *row)
{
	const struct igmp_config *c = &in->config;
	bool left = in->left.group.s_addr;

	row->number(row->arg, "groups", in->host_groups);
	row->number(row->arg, "static_groups", in->static_groups);
	row->number(row->arg, "tracked", in->hosts.tracked);
	row->number(row->arg, "waiting", in->pace.waiting);
	row->open(row->arg, "limits");
	row->number(row->arg, "groups", c->max_groups);
	row->number(row->arg, "groups_per_host", c->max_host_groups);
	row->number(row->arg, "sources_per_group", c->max_sources);
	row->number(row->arg, "tracked", c->max_tracked);
	row->number(row->arg, "queries_per_second", c->query_rate);
	row->close(row->arg);
	row->open(row->arg, "last_leave");
	put_address(row, "group", in->left.group);
	put_address(row, "host", in->left.host);
	row->seconds(row->arg, "ago_s",
		     left ? now_ms - in->left.at_ms : PROTO_NONE);
	row->close(row->arg);
}

static void put_forwarding(const struct igmp_interface *in,
			   const struct proto_row *row)
{
	struct proto_querier q;

	igmp_forward_tell(in, &q);
	row->open(row->arg, "forwarding");
	row->flag(row->arg, "on", q.forwards);
	row->text(row->arg, "why", q.forwards_why);
	row->number(row->arg, "routers_advertised", in->forward.seen_count);
	row->close(row->arg);
}

/* What there is to see of a storm. */
static void put_storm(const struct igmp_interface *in, uint64_t now_ms,
		      const struct proto_row *row)
{
	uint64_t deaf_ms = in->deaf_until_ms;

	row->open(row->arg, "storm");
	row->number(row->arg, "query_rate", in->config.query_rate);
	row->number(row->arg, "records_per_host", in->config.max_host_records);
	row->seconds(row->arg, "held_s",
		     deaf_ms > now_ms ? deaf_ms - now_ms : PROTO_NONE);
	row->close(row->arg);
}

/* RFC 4286 */
static void put_discovery(const struct igmp_interface *in, uint64_t now_ms,
			  const struct proto_row *row)
{
	row->open(row->arg, "router_discovery");
	row->flag(row->arg, "on", in->config.router_discovery);
	row->seconds(row->arg, "next_advertisement_s",
		     timer_until(&in->mrd.timer, now_ms));
	row->seconds(row->arg, "advertisement_interval_s",
		     in->config.advertisement_ms);
	row->close(row->arg);
}

static void put_counters(const struct igmp_interface *in,
			 const struct proto_row *row)
{
	static const char *const kinds[IGMP_KINDS] = {
		[IGMP_SENT] = "sent",
		[IGMP_HEARD] = "heard",
		[IGMP_REFUSED] = "refused",
	};

	row->open(row->arg, "counters");
	for (unsigned int kind = 0; kind < IGMP_KINDS; kind++) {
		row->open(row->arg, kinds[kind]);
		for (unsigned int i = 0; i < IGMP_N_ALL; i++)
			if (igmp_counter_words(i)->kind == kind)
				row->number(row->arg,
					    igmp_counter_words(i)->name,
					    igmp_interface_counted(in, i));
		row->close(row->arg);
	}
	row->close(row->arg);
}

void igmp_interface_status(const struct igmp_interface *in, uint64_t now_ms,
			   const struct proto_row *row)
{
	row->text(row->arg, "interface", in->name);
	row->number(row->arg, "ifid", in->ifid ? in->ifid : PROTO_NONE);
	put_querier(in, now_ms, row);
	put_values(in, row);
	put_groups(in, now_ms, row);
	put_storm(in, now_ms, row);
	put_forwarding(in, row);
	put_discovery(in, now_ms, row);
	put_counters(in, row);
}
