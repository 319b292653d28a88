/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The methods that read: show.* and monitor. What may be long is sent in
 * pieces; groups and routes are in rpc_tables.c, the configuration in
 * rpc_config.c.
 */
#include "xmgmd/control/control.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/address.h"
#include "lib/log.h"
#include "xmgmd/remote/remote.h"

#define PIECE 16 /* interfaces: the kernel is asked about each */

/* --- show.interfaces ------------------------------------------------ */

static void add_querier(struct router *r, struct json_object *row,
			uint32_t ifid)
{
	struct proto_querier querier;
	struct json_object *object;
	struct proto_seat *s;

	seat_for_each(r, s)
		if (s->proto->querier &&
		    !s->proto->querier(s->self, ifid, daemon_now_ms(),
				       &querier))
			break;
	if (!s) {
		json_add_text(row, "querier", NULL);
		return;
	}
	object = json_object_new_object();
	json_object_object_add(object, "address",
			       json_address(&querier.address, false));
	json_add_flag(object, "self", querier.self);
	json_add_expiry(object, "expires_s", querier.expires_ms);
	json_add_flag(object, "forwards", querier.forwards);
	json_add_text(object, "forwards_why", querier.forwards_why);
	json_object_object_add(row, "querier", object);
}

static void add_ownership(struct router *r, struct json_object *row,
			  uint32_t ifid)
{
	static const char *const gates[] = {MGM_GATE_NAMES};
	struct mgm_interface_info info = {.size = sizeof(info)};
	char name[24];

	if (mgm_interface_get(r->mgm, ifid, &info))
		memset(&info, 0, sizeof(info));
	json_add_text(row, "owner",
		      info.owner ? glue_protocol_name(r, info.owner, name)
				 : NULL);
	json_add_text(row, "gate", gates[info.gate]);
	json_add_number(row, "epoch", info.epoch);
	json_add_flag(row, "igmp", info.igmp);
	json_add_number(row, "groups", info.groups);
}

/* With which address copies leave. */
static void add_source_mac(struct router *r, struct json_object *row,
			   const struct link *link, bool plain)
{
	uint8_t mac[6] = {0};
	char text[ADDRESS_MAC_TEXT];

	if (plain)
		plane_router_mac_get(r->plane, mac);
	else if (link)
		memcpy(mac, link->mac, sizeof(mac));
	json_add_text(row, "source_mac", plain ? "router" : "own");
	json_add_text(row, "source_mac_address", address_mac_text(mac, text));
}

static void add_port(struct router *r, struct json_object *row,
		     const struct link *link)
{
	static const char *const modes[] = {XMGM_MODE_NAMES};
	static const char *const paths[] = {PLANE_PATH_NAMES};
	struct plane_port_info port = {0};

	struct plane_ingress in = {0};

	if (link && plane_ingress_get(r->plane, ports_ifid(r, link), &in))
		memset(&in, 0, sizeof(in));
	if (link && plane_port_get(r->plane, ports_ifid(r, link), &port))
		memset(&port, 0, sizeof(port));
	json_add_text(row, "xdp", modes[port.mode]);
	json_add_text(row, "path", paths[port.path]);
	json_add_flag(row, "dispatched", port.dispatched);
	json_add_number(row, "packets_out", port.packets_out);
	json_add_number(row, "bytes_out", port.bytes_out);
	json_add_number(row, "packets_expected", port.packets_expected);
	json_add_number(row, "ttl_low", port.ttl_low);
	if (port.watched)
		json_add_number(row, "packets_refused", port.refused);
	add_source_mac(r, row, link, port.plain);
	json_add_number(row, "igmp_limited", in.igmp_limited);
	json_add_number(row, "igmp_crowded", in.igmp_crowded);
	json_add_number(row, "igmp_lost", in.igmp_lost);
	json_add_number(row, "igmp_host_limited", in.igmp_host_limited);
	json_add_number(row, "multibuf", in.multibuf);
}

static void add_rate(struct router *r, struct json_object *row, uint32_t ifid,
		     const struct config_interface *config)
{
	struct xmgm_rate rate;

	if (plane_limit_read(r->plane, ifid, &rate))
		return;
	json_add_number(row, "rate_limit", config ? config->rate_kbit : 0);
	json_add_number(row, "rate_dropped", rate.packets);
	json_add_number(row, "rate_dropped_bytes", rate.bytes);
}

/* What may pass it, in order. */
static void add_rules(struct json_object *row,
		      const struct config_interface *config)
{
	struct json_object *array = json_object_new_array();
	struct mgm_rule rules[CONFIG_RULES];
	size_t count = config_rules(config, rules);
	char text[OPTION_TEXT_MAX];

	for (size_t i = 0; i < count; i++)
		json_object_array_add(
			array, json_object_new_string(
				       config_rule_text(&rules[i], text)));
	json_object_object_add(row, "rules", array);
}

static struct json_object *interface_row(struct router *r, const char *name)
{
	const struct config_interface *config =
		config_interface(r->d->config, name);
	struct link *link = links_by_name(&r->d->links, name);
	const uint32_t ifid = link ? ports_ifid(r, link) : 0;
	struct json_object *row = json_object_new_object();
	struct json_object *problems = json_object_new_array();
	char *sentences[PROBLEMS_MAX];
	size_t i, count;

	json_add_text(row, "name", name);
	json_object_object_add(row, "ifid",
			       link ? json_object_new_uint64(ifid) : NULL);
	add_ownership(r, row, ifid);
	json_add_link(r, row, link);
	add_port(r, row, link);
	add_querier(r, row, ifid);
	json_add_number(row, "ttl_threshold",
			config ? config->ttl_threshold : 1);
	add_rules(row, config);
	add_rate(r, row, ifid, config);
	count = problems_of(r, name, sentences);
	for (i = 0; i < count; i++) {
		json_object_array_add(problems,
				      json_object_new_string(sentences[i]));
		free(sentences[i]);
	}
	json_object_object_add(row, "problems", problems);
	return row;
}

/* Is this link any of our business? */
static bool link_concerns(struct router *r, const struct link *link)
{
	struct mgm_interface_info info = {.size = sizeof(info)};
	struct plane_port_info port;

	if (link->loopback)
		return false;
	if (attaching_find(r, link->name))
		return true;
	if (!link->trunk && !plane_port_get(r->plane, link->ifindex, &port) &&
	    port.mode != XMGM_MODE_NONE)
		return true;
	return !mgm_interface_get(r->mgm, ports_ifid(r, link), &info) &&
	       (info.owner || info.igmp);
}

/* Links by index, then the names that are to be attached and not there. */
struct interface_stream {
	struct stream stream;
	bool surveyed;
	uint32_t after; /* ifindex of the last link */
	bool links_done;
	char absent[XMGM_IFNAME_LEN]; /* the last name */
};

/* The next PIECE links behind s->after, in order. */
static size_t next_links(struct router *r, uint32_t after,
			 const struct link *links[PIECE])
{
	struct hash_node *n, *tmp;
	size_t count = 0, at;
	uint32_t i;

	hash_for_each_safe(&r->d->links.table, n, tmp, i) {
		const struct link *link = hash_entry(n, struct link, node);

		if (link->ifindex <= after ||
		    (count == PIECE &&
		     link->ifindex > links[PIECE - 1]->ifindex))
			continue;
		count += count < PIECE;
		for (at = count - 1;
		     at && links[at - 1]->ifindex > link->ifindex; at--)
			links[at] = links[at - 1];
		links[at] = link;
	}
	return count;
}

static const struct attachment *next_absent(struct router *r, const char *after)
{
	const struct attachment *a, *next = NULL;

	for (a = r->attachments; a; a = a->next)
		if (strcmp(a->name, after) > 0 &&
		    (!next || strcmp(a->name, next->name) < 0) &&
		    !links_by_name(&r->d->links, a->name))
			next = a;
	return next;
}

static int interfaces_step(struct router *r, struct stream *stream,
			   struct conn *conn)
{
	struct interface_stream *s = (struct interface_stream *)(void *)stream;
	const struct attachment *a = NULL;
	const struct link *links[PIECE];
	size_t count, i;

	if (!s->surveyed)
		oif_mtu_survey(&r->oif_mtu, &r->ports, &r->d->links);
	s->surveyed = true;
	if (!s->links_done) {
		count = next_links(r, s->after, links);
		for (i = 0; i < count; i++) {
			s->after = links[i]->ifindex;
			if (link_concerns(r, links[i]))
				stream_row(conn,
					   interface_row(r, links[i]->name));
		}
		s->links_done = count < PIECE;
		return 1;
	}
	for (i = 0; i < PIECE && (a = next_absent(r, s->absent)); i++) {
		memcpy(s->absent, a->name, sizeof(s->absent));
		stream_row(conn, interface_row(r, a->name));
	}
	return a != NULL;
}

static int show_interfaces(struct call *call)
{
	return call_stream(call, sizeof(struct interface_stream),
			   interfaces_step)
		       ? 0
		       : -ENOMEM;
}

/* --- show.protocols, show.stats ------------------------------------- */

static const char *protocol_state(const struct mgm_client_info *info)
{
	if (info->lost)
		return "lost";
	return info->silent ? "silent" : "up";
}

static int show_protocols(struct call *call)
{
	struct json_object *row, *interfaces;
	uint32_t list[MGM_INTERFACES];
	struct mgm_client_info info = {.size = sizeof(info),
				       .interface_room = MGM_INTERFACES,
				       .interfaces = list};
	char name[XMGM_IFNAME_LEN];
	int err = mgm_client_next(call->r->mgm, NULL, &info);
	pid_t pid;
	size_t j;

	call->result = json_object_new_array();
	for (; !err; err = mgm_client_next(call->r->mgm, &info, &info)) {
		row = json_object_new_object();
		interfaces = json_object_new_array();
		json_add_text(row, "name", info.name);
		json_add_number(row, "id", info.protocol);
		json_add_number(row, "component", info.component);
		pid = remote_pid(call->d, info.protocol, info.component);
		if (!pid && !info.lost)
			pid = uv_os_getpid();
		json_object_object_add(row, "pid",
				       pid ? json_object_new_int(pid) : NULL);
		json_add_flag(row, "lost", info.lost);
		json_add_text(row, "state", protocol_state(&info));
		for (j = 0; j < info.interface_count; j++)
			json_object_array_add(
				interfaces,
				json_object_new_string(glue_interface_name(
					call->r, list[j], name)));
		json_object_object_add(row, "interfaces", interfaces);
		json_object_array_add(call->result, row);
	}
	return 0;
}

static void add_counters(struct json_object *stats, const char *key,
			 const char *const *names, const uint64_t *values,
			 size_t count)
{
	struct json_object *object = json_object_new_object();
	size_t i;

	for (i = 0; i < count; i++)
		json_add_number(object, names[i], values[i]);
	json_object_object_add(stats, key, object);
}

/* What the data plane made of frames, and of IGMP messages, by reason. */
static void add_verdicts(struct router *r, struct json_object *stats)
{
	static const char *const names[] = {
#define REASON_NAME(id, name, text) [XMGM_##id] = name,
		XMGM_REASONS(REASON_NAME)
#undef REASON_NAME
	};
	static const char *const igmp_names[] = {
#define REASON_NAME(id, name, text) [XMGM_IGMP_##id] = name,
		XMGM_IGMP_REASONS(REASON_NAME)
#undef REASON_NAME
	};
	uint64_t verdicts[XMGM_REASON_COUNT] = {0};
	uint64_t igmp[XMGM_IGMP_REASON_COUNT] = {0};

	plane_verdicts(r->plane, verdicts);
	plane_igmp_verdicts(r->plane, igmp);
	add_counters(stats, "verdicts", names, verdicts, XMGM_REASON_COUNT);
	add_counters(stats, "igmp", igmp_names, igmp, XMGM_IGMP_REASON_COUNT);
}

static void add_plane_counters(struct router *r, struct json_object *stats)
{
	struct json_object *upcalls = json_object_new_object();
	struct json_object *plane = json_object_new_object();
	struct plane_counters counters = {0};

	plane_counters(r->plane, &counters);
#define PLANE_COUNTER_ADD(id, text)                                   \
	json_add_number(!strncmp(#id, "upcalls_", 8) ||               \
					!strncmp(#id, "hold", 4) ||   \
					!strncmp(#id, "replay", 6)    \
				? upcalls                             \
				: plane,                              \
			!strncmp(#id, "upcalls_", 8) ? &#id[8] : #id, \
			counters.id);
	PLANE_COUNTERS(PLANE_COUNTER_ADD)
#undef PLANE_COUNTER_ADD
	json_object_object_add(stats, "upcalls", upcalls);
	json_object_object_add(stats, "plane", plane);
}

static void add_manager_counters(struct router *r, struct json_object *stats)
{
	const struct mgm_counters *counters = mgm_counters(r->mgm);
	struct json_object *object = json_object_new_object();

#define MGM_COUNTER_ADD(id, text) json_add_number(object, #id, counters->id);
	MGM_COUNTERS(MGM_COUNTER_ADD)
#undef MGM_COUNTER_ADD
	json_object_object_add(stats, "manager", object);
}

/* Counters whose sentences only the daemon knows: a section, and theirs. */
struct told_counters {
	struct json_object *values, *meanings;
};

static struct told_counters told_new(struct json_object *stats,
				     struct json_object *meanings,
				     const char *section)
{
	struct told_counters told = {json_object_new_object(),
				     json_object_new_object()};

	json_object_object_add(stats, section, told.values);
	json_object_object_add(meanings, section, told.meanings);
	return told;
}

static void told_add(void *arg, const char *name, const char *text,
		     uint64_t value)
{
	const struct told_counters *told = arg;

	json_add_number(told->values, name, value);
	json_add_text(told->meanings, name, text);
}

static void add_control_counters(struct daemon *d, struct json_object *stats,
				 struct json_object *meanings)
{
	const struct control_stats *s = &d->control->stats;
	struct told_counters told = told_new(stats, meanings, "control");

#define CONTROL_COUNTER_ADD(id, text) told_add(&told, #id, text, s->id);
	CONTROL_COUNTERS(CONTROL_COUNTER_ADD)
#undef CONTROL_COUNTER_ADD
	told_add(&told, "names_refused", "names of protocols over the limit",
		 d->protocol_names.refused);
	told_add(&told, "bytes_waiting", "bytes that wait for their readers",
		 control_bytes(d->control));
}

static int show_stats(struct call *call)
{
	struct json_object *meanings = json_object_new_object();
	struct json_object *stats = json_object_new_object();
	struct router *r = call->r;
	struct told_counters told;
	struct proto_seat *s;
	char name[32];

	call->result = stats;
	add_verdicts(r, stats);
	add_plane_counters(r, stats);
	add_manager_counters(r, stats);
	add_control_counters(r->d, stats, meanings);
	seat_for_each(r, s) {
		if (!s->proto->stats)
			continue;
		snprintf(name, sizeof(name), "protocol-%s", s->proto->name);
		told = told_new(stats, meanings, name);
		s->proto->stats(s->self, told_add, &told);
	}
	json_object_object_add(stats, "meanings", meanings);
	return 0;
}

static int show_debug(struct call *call)
{
	struct json_object *row;
	unsigned int i;

	call->result = json_object_new_array();
	for (i = 0; log_topic_name(i); i++) {
		row = json_object_new_object();
		json_add_text(row, "topic", log_topic_name(i));
		json_add_flag(row, "on", log_on(i));
		json_object_array_add(call->result, row);
	}
	return 0;
}

static int start_monitor(struct call *call)
{
	int err = conn_monitor(call->conn);

	if (err == -ENOSPC)
		call_refuse(call, err,
			    "too many clients: the places that are kept "
			    "for root are for short commands: close some, or "
			    "raise limits { clients } in the configuration");
	return err;
}

const struct method *rpc_show_methods(size_t *count)
{
	static const struct method methods[] = {
		{.name = "show.interfaces", .run = show_interfaces},
		{.name = "show.groups", .run = rpc_show_groups},
		{.name = "show.listeners", .run = rpc_show_listeners},
		{.name = "show.protocol",
		 .run = rpc_show_protocol,
		 .params = {"protocol", "interface", "table"}},
		{.name = "show.mroute",
		 .run = rpc_show_mroute,
		 .params = {"source", "group"}},
		{.name = "show.rpf", .run = rpc_show_rpf, .params = {"source"}},
		{.name = "show.protocols", .run = show_protocols},
		{.name = "show.stats", .run = show_stats},
		{.name = "show.config", .run = rpc_show_config},
		{.name = "debug.show", .run = show_debug},
		{.name = "monitor", .run = start_monitor},
	};

	*count = sizeof(methods) / sizeof(methods[0]);
	return methods;
}
