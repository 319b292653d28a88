/* SPDX-License-Identifier: GPL-2.0-only */
/* See trace.h. */
#include "trace.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "check.h"
#include "lib/address.h"
#include "lib/log.h"
#include "wire/igmp.h"

/* "*": 0.0.0.0 */
static const char *v4_name(struct in_addr v4, char buffer[ADDRESS_TEXT])
{
	const struct mgm_address address = mgm_address_v4(v4);

	return address_name(&address, buffer);
}

static unsigned int topics[PROTO_MAX]; /* by place in the registry */

void trace_init(void)
{
	const struct proto *proto;
	size_t i;

	proto_for_each(i, proto)
		topics[i] = log_topic_add(proto->name);
}

unsigned int trace_topic(size_t index)
{
	return index < PROTO_MAX ? topics[index] : LOG_TOPICS;
}

/* A part of a line; what does not fit is left out. */
struct part {
	char text[512];
	size_t len;
};

static void add(struct part *part, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void add(struct part *part, const char *format, ...)
{
	size_t room = sizeof(part->text) - part->len;
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(part->text + part->len, room, format, args);
	va_end(args);
	if (len > 0)
		part->len += (size_t)len < room ? (size_t)len : room - 1;
}

/* --- mgm ------------------------------------------------------------ */

struct oif_names {
	struct part *part;
	bool any;
};

static void add_oif(void *arg, const char *name)
{
	struct oif_names *names = arg;

	add(names->part, "%s%s", names->any ? "," : " oifs ", name);
	names->any = true;
}

static void add_oifs(struct router *r, struct part *part, struct mgm_sg flow)
{
	struct oif_names names = {part, false};

	if (!glue_mfe_oifs(r, flow, add_oif, &names))
		add(part, " oifs none");
}

static void add_event(struct router *r, struct part *part,
		      const struct mgm_event *event)
{
	char name[XMGM_IFNAME_LEN], protocol[24], sg[CHECK_SG];
	const char *interface =
		event->ifid ? glue_interface_name(r, event->ifid, name)
			    : "none";

	switch (event->type) {
	case MGM_EV_OWNER:
		add(part, "%s %s epoch %u", interface,
		    event->protocol
			    ? glue_protocol_name(r, event->protocol, protocol)
			    : "none",
		    event->epoch);
		break;
	case MGM_EV_JOIN:
	case MGM_EV_LEAVE:
		add(part, "%s %s by %s", interface,
		    check_sg_name(event->sg, sg),
		    glue_protocol_name(r, event->protocol, protocol));
		break;
	case MGM_EV_MFE_ADD:
	case MGM_EV_MFE_CHANGE:
	case MGM_EV_MFE_DEL:
		add(part, "%s iif %s", check_sg_name(event->sg, sg), interface);
		if (event->type != MGM_EV_MFE_DEL)
			add_oifs(r, part, event->sg);
		break;
	case MGM_EV_CLIENT_ADD:
	case MGM_EV_CLIENT_LOST:
	case MGM_EV_CLIENT_BACK:
	case MGM_EV_CLIENT_DEL:
		add(part, "%s, component %u",
		    glue_protocol_name(r, event->protocol, protocol),
		    event->component);
		break;
	case MGM_EV_WRONG_IF:
		add(part, "%s on %s", check_sg_name(event->sg, sg), interface);
		break;
	default: /* the steps of a handshake */
		add(part, "%s epoch %u", interface, event->epoch);
		break;
	}
	if (event->result)
		add(part, ": %s", strerror(-event->result));
}

void trace_event(struct router *r, const struct mgm_event *event)
{
	const char *name = event_name(event->type);
	struct part part = {.len = 0};

	if (!log_on(LOG_MGM))
		return;
	add_event(r, &part, event);
	log_trace(LOG_MGM, "%s %s", name ? name : "igmp-silent", part.text);
}

/* --- protocols ------------------------------------------------------ */

static const char *igmp_type_name(uint32_t type)
{
	switch (type) {
	case XMGM_IGMP_QUERY:
		return "query";
	case XMGM_IGMP_V1_REPORT:
	case XMGM_IGMP_V2_REPORT:
	case XMGM_IGMP_V3_REPORT:
		return "report";
	case XMGM_IGMP_V2_LEAVE:
		return "leave";
	default:
		return "message";
	}
}

static void add_group_records(struct part *part, const struct igmp_message *m)
{
	static const char *const types[] = {
		[IGMP_IS_IN] = "IS_IN", [IGMP_IS_EX] = "IS_EX",
		[IGMP_TO_IN] = "TO_IN", [IGMP_TO_EX] = "TO_EX",
		[IGMP_ALLOW] = "ALLOW", [IGMP_BLOCK] = "BLOCK",
	};
	struct igmp_record record;
	char group[ADDRESS_TEXT];
	size_t offset = 0;

	while (igmp_record_next(m, &offset, &record))
		add(part, ", %s %s with %zu sources",
		    record.type >= IGMP_IS_IN && record.type <= IGMP_BLOCK
			    ? types[record.type]
			    : "unknown",
		    v4_name(record.group, group), record.sources.count);
}

static void add_igmp(struct part *part, const struct xmgm_igmp *igmp,
		     size_t room)
{
	const uint8_t *bytes = (const uint8_t *)(igmp + 1);
	char group[ADDRESS_TEXT];
	struct igmp_message m;

	if (igmp->length > room ||
	    igmp_message_get(bytes, igmp->length, &m) != XMGM_IGMP_DELIVERED)
		return;
	if (m.type == XMGM_IGMP_V3_REPORT)
		add_group_records(part, &m);
	else
		add(part, ", group %s", v4_name(m.group, group));
}

void trace_record(struct router *r, size_t index, const void *record,
		  size_t len)
{
	char name[XMGM_IFNAME_LEN], host[ADDRESS_TEXT], to[ADDRESS_TEXT];
	const struct xmgm_igmp *igmp = record;
	struct part part = {.len = 0};

	if (!log_on(trace_topic(index)) || len < sizeof(*igmp))
		return;
	add_igmp(&part, igmp, len - sizeof(*igmp));
	log_trace(trace_topic(index),
		  "received %s v%u on %s from %s to %s: %u records, %u bytes%s",
		  igmp_type_name(igmp->type), igmp->version,
		  glue_interface_name(r, igmp->ifid, name),
		  inet_ntop(AF_INET, igmp->host, host, sizeof(host)),
		  inet_ntop(AF_INET, igmp->target, to, sizeof(to)),
		  igmp->records, igmp->length, part.text);
}

/* "protocol 2 type 0x11", "protocol 103" */
static void add_payload(struct part *part, uint8_t ip_protocol,
			const uint8_t *payload, size_t len)
{
	add(part, "protocol %u", ip_protocol);
	if (ip_protocol == IPPROTO_IGMP && len)
		add(part, " type 0x%02x", payload[0]);
}

void trace_packet(struct router *r, size_t index,
		  const struct proto_packet *packet)
{
	char name[XMGM_IFNAME_LEN], from[ADDRESS_TEXT], to[ADDRESS_TEXT];
	struct part part = {.len = 0};

	if (!log_on(trace_topic(index)))
		return;
	add_payload(&part, packet->ip_protocol, packet->payload, packet->len);
	log_trace(trace_topic(index),
		  "received %s on %s from %s to %s: ttl %u, %zu bytes",
		  part.text, glue_interface_name(r, packet->ifid, name),
		  address_name(&packet->source, from),
		  address_name(&packet->destination, to), packet->ttl,
		  packet->len);
}

void trace_sent(struct router *r, size_t index, uint32_t ifid,
		const uint8_t *packet, size_t len, int err)
{
	char name[XMGM_IFNAME_LEN], from[ADDRESS_TEXT], to[ADDRESS_TEXT];
	size_t header = len ? (packet[0] & 15u) * 4u : 0;
	struct part part = {.len = 0};

	/* packet_io sends IPv4 only. */
	if (!log_on(trace_topic(index)) || header < 20 || len < header)
		return;
	add_payload(&part, packet[9], packet + header, len - header);
	log_trace(trace_topic(index),
		  "%s %s on %s from %s to %s: ttl %u, %zu bytes%s%s",
		  err ? "not sent" : "sent", part.text,
		  glue_interface_name(r, ifid, name),
		  inet_ntop(AF_INET, packet + 12, from, sizeof(from)),
		  inet_ntop(AF_INET, packet + 16, to, sizeof(to)), packet[8],
		  len - header, err ? ": " : "", err ? strerror(-err) : "");
}

void trace_asked(size_t index, const char *what, const char *interface,
		 const struct mgm_sg *sg, int err)
{
	char name[CHECK_SG] = "";

	if (!log_on(trace_topic(index)))
		return;
	log_trace(trace_topic(index), "asked to %s%s%s%s%s: %s", what,
		  interface ? " " : "", interface ? interface : "",
		  sg ? " " : "", sg ? check_sg_name(*sg, name) : "",
		  err ? strerror(-err) : "done");
}

void trace_querier(struct router *r, size_t index, uint32_t ifid,
		   const struct proto_querier *querier)
{
	char name[XMGM_IFNAME_LEN], address[ADDRESS_TEXT];

	if (!log_on(trace_topic(index)))
		return;
	log_trace(trace_topic(index), "querier on %s: %s%s",
		  glue_interface_name(r, ifid, name),
		  address_is_any(&querier->address)
			  ? "none"
			  : address_text(&querier->address, address),
		  querier->self ? " (self)" : "");
}

/* --- plane ---------------------------------------------------------- */

void trace_upcall(struct router *r, const struct xmgm_upcall *upcall)
{
	static const char *const types[] = {XMGM_UPCALL_NAMES};
	char name[XMGM_IFNAME_LEN], sg[CHECK_SG];

	if (!log_on(LOG_PLANE))
		return;
	log_trace(LOG_PLANE, "upcall %s %s on %s: frame of %u bytes",
		  (size_t)upcall->type < sizeof(types) / sizeof(types[0]) &&
				  types[upcall->type]
			  ? types[upcall->type]
			  : "unknown",
		  check_sg_name(plane_sg(&upcall->flow), sg),
		  glue_interface_name(r, upcall->ifid, name), upcall->length);
}

/* --- net ------------------------------------------------------------ */

void trace_link(const struct link *link, const char *what)
{
	struct part part = {.len = 0};
	char address[ADDRESS_TEXT];
	size_t i;

	if (!log_on(LOG_NET))
		return;
	for (i = 0; i < link->address_count; i++)
		add(&part, " %s/%u",
		    address_name(&link->addresses[i].address, address),
		    link->addresses[i].prefix_len);
	log_trace(LOG_NET,
		  "link %s %s: ifindex %u, %s, mtu %u, XDP program %u,%s",
		  link->name, what, link->ifindex,
		  link_up(link) ? "up" : "down", link->mtu, link->xdp_program,
		  link->address_count ? part.text : " no address");
}

void trace_rpf(struct router *r, struct in_addr source,
	       const struct rib_route *route,
	       const struct mgm_rib_answer *answer, int err)
{
	char name[XMGM_IFNAME_LEN], from[ADDRESS_TEXT], via[ADDRESS_TEXT];

	if (!log_on(LOG_NET))
		return;
	v4_name(source, from);
	if (err || !answer->iif)
		log_trace(LOG_NET, "rpf %s: %s", from,
			  err ? strerror(-err) : "unreachable");
	else
		log_trace(LOG_NET, "rpf %s: %s via %s, of %zu", from,
			  glue_interface_name(r, answer->iif, name),
			  address_is_any(&answer->upstream)
				  ? "its own LAN"
				  : address_text(&answer->upstream, via),
			  route->count);
}
