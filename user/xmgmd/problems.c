/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is wrong with an interface that is meant to forward, in sentences that
 * say what to do. The kernel drops copies for a device that cannot transmit
 * them without a word; this is where the word comes from. problem_list.c
 * knows which have been told.
 */
#include "daemon.h"

#include <net/ethernet.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "lib/address.h"
#include "lib/log.h"

#define TROUBLE_MS 30000u /* how long a trouble is shown after its last sign */

struct list {
	char **sentences;
	size_t count;
};

static void add(struct list *list, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void add(struct list *list, const char *format, ...)
{
	char *sentence = NULL;
	va_list args;

	if (list->count == PROBLEMS_MAX)
		return;
	va_start(args, format);
	if (vasprintf(&sentence, format, args) < 0)
		sentence = NULL;
	va_end(args);
	if (sentence)
		list->sentences[list->count++] = sentence;
}

static void add_transmit(struct router *r, const struct link *of,
			 struct list *list)
{
	const struct link *link = links_carrier(&r->d->links, of);
	const struct link *peer = NULL;

	if (!link || link_transmits(link))
		return;
	if (strcmp(link->kind, "veth")) {
		add(list,
		    "XDP cannot send here, its driver has no XDP transmit, or "
		    "wants an XDP program on it first: its flows take the "
		    "clone path, which is several times slower: attach it, if "
		    "that helps");
		return;
	}
	if (!link->peer_elsewhere)
		peer = links_by_index(&r->d->links, link->peer);
	add(list,
	    "XDP cannot send here, its veth peer has neither GRO nor an XDP "
	    "program: its flows take the clone path, which is several times "
	    "slower: `ethtool -K %s gro on`%s",
	    peer ? peer->name : "PEER",
	    peer ? "" : " in the namespace of the peer");
}

static void add_state(struct router *r, const struct link *link,
		      struct list *list)
{
	const struct link *carrier = links_carrier(&r->d->links, link);

	if (!link->admin_up)
		add(list, "is down: `ip link set %s up`",
		    link_is_netdev(link) || !carrier ? link->name
						     : carrier->name);
	else if (!link->carrier)
		add(list, "has no carrier: look at the cable or the peer");
	if (!link->ethernet)
		add(list, "is not an Ethernet device: nothing is forwarded");
}

static void add_attachment(const struct attachment *a, const struct link *link,
			   const char *command, enum xmgm_mode mode,
			   struct list *list)
{
	if (a && a->error)
		add(list, "%s", a->error);
	else if (mode == XMGM_MODE_NONE)
		add(list,
		    "not attached: packets that arrive here are not seen: "
		    "`%s attach %s`",
		    command, link->name);
	else if (mode == XMGM_MODE_GENERIC)
		add(list, "attached in generic mode, which is slow and in "
			  "which one bad oif stops the others: use native "
			  "mode if the driver can");
}

static void add_unsent(const struct link *link, struct list *list)
{
	char why[UNSENT_WHY];

	if (!link->unsent.until_ms)
		return;
	unsent_why(link, why);
	add(list, "copies are lost here: %s", why);
}

static void add_mtu(const struct link *link, struct list *list)
{
	if (link->use.iif_mtu > link->mtu)
		add(list,
		    "MTU %u is smaller than %u of %s, where its routes arrive: "
		    "longer packets leave here in fragments, slowly, or not at "
		    "all if they must not be fragmented: make them equal",
		    link->mtu, link->use.iif_mtu, link->use.iif_name);
}

/* Frames of several buffers, which XDP does not copy. */
static void add_multibuf(const struct link *link, struct list *list)
{
	const __u8 *s = link->multibuf_flow.source;
	const __u8 *g = link->multibuf_flow.group;

	if (link->multibuf.until_ms)
		add(list,
		    "frames from %u.%u.%u.%u to %u.%u.%u.%u are too long for "
		    "one buffer and have more than one oif (before Linux 6.3: "
		    "any): XDP cannot copy them, they are left to the kernel, "
		    "and no oif gets them: let the sender's MTU be %u or less",
		    s[0], s[1], s[2], s[3], g[0], g[1], g[2], g[3],
		    XMGM_HOLD_FRAME_MAX - ETHER_HDR_LEN);
}

/* What XDP sees of it looks untagged. */
static void add_hidden(struct router *r, const struct link *link,
		       struct list *list)
{
	const struct link *carrier = links_carrier(&r->d->links, link);
	const struct link *peer = NULL;

	if (!link->hidden.until_ms || !carrier)
		return;
	if (strcmp(carrier->kind, "veth")) {
		add(list,
		    "frames of this VLAN arrive at %s without their tag, which "
		    "its driver takes off, so that XDP does not know them: "
		    "`ethtool -K %s rxvlan off`",
		    carrier->name, carrier->name);
		return;
	}
	if (!carrier->peer_elsewhere)
		peer = links_by_index(&r->d->links, carrier->peer);
	add(list,
	    "frames of this VLAN arrive at %s with their tag beside them, "
	    "where its veth peer leaves it, so that XDP does not know them: "
	    "`ethtool -K %s txvlan off`%s",
	    carrier->name, peer ? peer->name : "PEER",
	    peer ? "" : " in the namespace of the peer");
}

/* Which LAN, why, and what to do: the counts are in `show interfaces`. */
static void add_ingress(struct router *r, const struct link *link,
			struct list *list)
{
	const struct plane_options *o = &r->d->config->plane;
	const uint8_t *host = link->shed_host;

	if (link->shed.until_ms)
		add(list,
		    "IGMP messages are refused here, more than igmp-rate (%u "
		    "group records a second) or faster than they are read: "
		    "find the host that floods, or raise igmp-rate",
		    o->igmp_rate ? o->igmp_rate : PLANE_IGMP_RATE);
	if (link->host_shed.until_ms)
		add(list,
		    "IGMP messages of host %u.%u.%u.%u are refused here, more "
		    "than max-records-per-host (%u group records a second): "
		    "look what that host does, or raise it",
		    host[0], host[1], host[2], host[3], link->shed_rate);
	if (link->refused.until_ms)
		add(list, "hosts are refused what they join, a limit is "
			  "reached: the log says which of max-groups, "
			  "max-groups-per-host, max-sources and "
			  "max-sources-per-host to raise");
}

static void add_sentence(void *arg, const char *sentence)
{
	add(arg, "%s", sentence);
}

static void add_kernel_flows(const struct link *link, struct list *list)
{
	char why[KERNEL_FLOWS_WHY];

	if (kernel_flows_why(link, why))
		add(list, "%s", why);
}

/* What protocols say of it. */
static void add_protocols(struct router *r, uint32_t ifid, struct list *list)
{
	const struct proto_seat *s;

	seat_for_each(r, s)
		if (s->proto->problems)
			s->proto->problems(s->self, ifid, add_sentence, list);
}

/* Does another router ask the hosts there? */
static bool querier_elsewhere(struct router *r, uint32_t ifid,
			      struct proto_querier *querier)
{
	const struct proto_seat *s;

	seat_for_each(r, s)
		if (s->proto->querier &&
		    !s->proto->querier(s->self, ifid, daemon_now_ms(), querier))
			return !querier->self &&
			       !address_is_any(&querier->address);
	return false;
}

/* Are there groups on another interface that are ours to bring there? */
static bool serves_elsewhere(struct router *r, uint32_t ifid)
{
	struct mgm_interface_info info = {.size = sizeof(info)};
	struct proto_querier querier;

	while (!mgm_interface_next(r->mgm, info.ifid, &info))
		if (info.ifid != ifid && info.groups &&
		    !querier_elsewhere(r, info.ifid, &querier))
			return true;
	return false;
}

/*
 * Nobody knows where the sources of a group are. Where another router is the
 * querier there is one behind which some may be; a stub has none.
 */
static void add_unpulled(struct router *r,
			 const struct mgm_interface_info *info,
			 struct list *list)
{
	char address[ADDRESS_TEXT];
	struct proto_querier querier;

	if (info->unpulled)
		add(list,
		    "sources behind a router there are wanted elsewhere, and "
		    "nobody pulls them: only IGMP is on it; let a routing "
		    "protocol own it, or have that router send by itself");
	if (info->unpulled_groups &&
	    querier_elsewhere(r, info->ifid, &querier) &&
	    serves_elsewhere(r, info->ifid))
		add(list,
		    "groups are wanted on other interfaces, and nobody asks "
		    "the router %s here for them: only IGMP is on it, which "
		    "has no proxy; let a routing protocol own it, or have "
		    "that router send by itself",
		    address_text(&querier.address, address));
}

/* Its flows are the kernel's, by whom a client has left them to it. */
static void add_unserved(struct router *r, uint32_t ifid, struct list *list)
{
	struct mgm_unserved u;
	char flow[CHECK_SG], by[24], left[24];

	if (mgm_unserved_get(r->mgm, ifid, &u))
		return;
	add(list,
	    "%s is wanted here by %s, but %s leaves it to the kernel, so that "
	    "xmgm sends it nowhere: let the kernel forward it here, or let %s "
	    "take its route back",
	    check_sg_name(u.flow, flow), glue_protocol_name(r, u.wanted_by, by),
	    glue_protocol_name(r, u.left_by, left), left);
}

/* A VLAN's name says where it would be. */
static void add_absent(struct router *r, const char *name, struct list *list)
{
	char trunk[XMGM_IFNAME_LEN], why[LINK_WHY];
	uint16_t vlan;

	if (!argument_vlan(name, trunk, &vlan)) {
		add(list, "there is no such interface yet");
		return;
	}
	links_why_not(&r->d->links, name, why);
	add(list, "there is no such interface yet: %s", why);
}

size_t problems_of(struct router *r, const char *name,
		   char *sentences[PROBLEMS_MAX])
{
	const struct attachment *a = attaching_find(r, name);
	struct link *link = links_by_name(&r->d->links, name);
	const uint32_t ifid = link ? ports_ifid(r, link) : 0;
	struct mgm_interface_info info = {.size = sizeof(info)};
	struct plane_port_info port = {0};
	struct list list = {sentences, 0};

	if (!link) {
		add_absent(r, name, &list);
		return list.count;
	}
	if (mgm_interface_get(r->mgm, ifid, &info))
		memset(&info, 0, sizeof(info));
	if (plane_port_get(r->plane, ifid, &port))
		port.mode = XMGM_MODE_NONE;
	if (!a && !info.owner && !info.igmp &&
	    (link->trunk || port.mode == XMGM_MODE_NONE))
		return 0;
	add_state(r, link, &list);
	add_unpulled(r, &info, &list);
	add_unserved(r, ifid, &list);
	add_attachment(a, link, r->d->command, port.mode, &list);
	if (port.mode != XMGM_MODE_GENERIC && (info.groups || link->use.is_oif))
		add_transmit(r, link, &list);
	add_hidden(r, link, &list);
	add_unsent(link, &list);
	add_mtu(link, &list);
	add_ingress(r, link, &list);
	add_multibuf(link, &list);
	add_kernel_flows(link, &list);
	add_protocols(r, ifid, &list);
	return list.count;
}

/* --- telling -------------------------------------------------------- */

static void tell(void *arg, const char *name, const char *sentence, bool solved)
{
	struct router *r = arg;

	if (solved)
		log_info("%s: solved: %s", name, sentence);
	else
		log_warn("%s: %s", name, sentence);
	event_problem(r, name, sentence, solved);
}

static void look_at(struct router *r, const char *name, uint64_t now_ms)
{
	char *sentences[PROBLEMS_MAX];
	size_t i, count = problems_of(r, name, sentences);

	for (i = 0; i < count; i++) {
		if (problem_list_found(&r->problems, name, sentences[i],
				       now_ms))
			log_error("%s: %s", name, sentences[i]);
		free(sentences[i]);
	}
}

uint64_t problems_refresh(struct router *r)
{
	uint64_t now = daemon_now_ms();
	const struct attachment *a;
	struct hash_node *n, *tmp;
	uint32_t i;

	kernel_flows_survey(r);
	oif_mtu_survey(&r->oif_mtu, &r->ports, &r->d->links);
	r->problems.arg = r;
	r->problems.tell = tell;
	problem_list_begin(&r->problems);
	hash_for_each_safe(&r->d->links.table, n, tmp, i) {
		const struct link *link = hash_entry(n, struct link, node);

		if (!link->loopback)
			look_at(r, link->name, now);
	}
	for (a = r->attachments; a; a = a->next)
		if (!links_by_name(&r->d->links, a->name))
			look_at(r, a->name, now);
	return problem_list_end(&r->problems, now);
}

/* --- what has happened ---------------------------------------------- */

bool problems_look(struct router *r, struct link_trouble *t, uint64_t count)
{
	uint64_t now = daemon_now_ms();
	bool was = t->until_ms > 0, grown = r->running && count > t->seen;

	if (grown)
		t->until_ms = now + TROUBLE_MS;
	else if (t->until_ms <= now)
		t->until_ms = 0;
	t->seen = count;
	if (was != (t->until_ms > 0))
		router_settle(r);
	return grown;
}

static uint64_t refusals(struct router *r, uint32_t ifid)
{
	struct proto_seat *s;
	uint64_t sum = 0;

	seat_for_each(r, s)
		if (s->proto->refusals)
			sum += s->proto->refusals(s->self, ifid);
	return sum;
}

static void look_at_ingress(struct router *r, struct link *link)
{
	const uint32_t ifid = ports_ifid(r, link);
	struct plane_ingress in;

	problems_look(r, &link->refused, refusals(r, ifid));
	if (plane_ingress_get(r->plane, ifid, &in))
		return;
	if (!link->multibuf.until_ms)
		link->multibuf_flow = in.multibuf_flow;
	if (!link->host_shed.until_ms)
		memcpy(link->shed_host, in.igmp_host, sizeof(in.igmp_host));
	link->shed_rate = in.igmp_host_rate;
	if (problems_look(r, &link->host_shed, in.igmp_host_limited))
		glue_unheard(r, ifid);
	problems_look(r, &link->multibuf, in.multibuf);
	if (problems_look(r, &link->shed,
			  in.igmp_limited + in.igmp_crowded + in.igmp_lost))
		glue_lost(r, ifid);
}

void problems_second(struct router *r)
{
	struct hash_node *n, *tmp;
	uint32_t i;

	hash_for_each_safe(&r->d->links.table, n, tmp, i)
		look_at_ingress(r, hash_entry(n, struct link, node));
	unsent_second(r);
}

void problems_handshake(struct router *r, const struct mgm_event *event)
{
	const char *what = "IGMP has not set its memberships again in time; "
			   "those it has not named are gone";
	char buffer[XMGM_IFNAME_LEN];
	const char *name = glue_interface_name(r, event->ifid, buffer);

	if (event->type == MGM_EV_IGMP_SILENT)
		what = "IGMP has not answered a change of owner and is taken "
		       "off this interface";
	log_warn("interface %s: %s", name, what);
	event_problem(r, name, what, false);
}
