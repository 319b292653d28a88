/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The methods that read: show.* and monitor. Routes are sent in pieces, in
 * the manager's order, each piece beginning after the last key of the one
 * before; so a hundred thousand of them neither fill memory nor stop the loop.
 */
#include "xmgmd/control/control.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "xmgmd/check.h"

#define PIECE 256 /* routes */

static void add_text(struct json_object *object, const char *key,
		     const char *text)
{
	json_object_object_add(object, key,
			       text ? json_object_new_string(text) : NULL);
}

static void add_number(struct json_object *object, const char *key,
		       uint64_t value)
{
	json_object_object_add(object, key, json_object_new_uint64(value));
}

static void add_flag(struct json_object *object, const char *key, bool value)
{
	json_object_object_add(object, key, json_object_new_boolean(value));
}

/* Remaining milliseconds as seconds; 0 (does not expire) as null. */
static void add_expiry(struct json_object *object, const char *key, uint64_t ms)
{
	json_object_object_add(object, key,
			       ms ? json_object_new_uint64((ms + 999) / 1000)
				  : NULL);
}

/* --- show.interfaces ------------------------------------------------ */

static void add_querier(struct daemon *d, struct json_object *row,
			uint32_t ifid)
{
	struct proto_querier querier;
	struct json_object *object;
	const struct proto *proto;
	size_t i;

	for (i = 0; (proto = proto_get(i)) && i < DAEMON_PROTOCOLS; i++)
		if (proto->querier && d->protos[i] &&
		    !proto->querier(d->protos[i], ifid, daemon_now_ms(),
				    &querier))
			break;
	if (!proto) {
		add_text(row, "querier", NULL);
		return;
	}
	object = json_object_new_object();
	json_object_object_add(object, "address",
			       json_address(querier.address, false));
	add_flag(object, "self", querier.self);
	add_expiry(object, "expires_s", querier.expires_ms);
	json_object_object_add(row, "querier", object);
}

static void add_ownership(struct daemon *d, struct json_object *row,
			  uint32_t ifid)
{
	static const char *const gates[] = {
		[XMGM_GATE_OFF] = "off",
		[XMGM_GATE_ON] = "on",
		[XMGM_GATE_HELD] = "held",
	};
	struct mgm_interface_info info = {0};
	char name[24];

	if (mgm_interface_get(d->mgm, ifid, &info))
		memset(&info, 0, sizeof(info));
	add_text(row, "owner",
		 info.owner ? glue_protocol_name(d, info.owner, name) : NULL);
	add_text(row, "gate", gates[info.gate]);
	add_number(row, "epoch", info.epoch);
	add_flag(row, "igmp", info.igmp);
	add_number(row, "groups", info.groups);
}

static void add_port(struct daemon *d, struct json_object *row,
		     const struct link *link)
{
	static const char *const modes[] = {
		[XMGM_MODE_NONE] = "none",
		[XMGM_MODE_NATIVE] = "native",
		[XMGM_MODE_GENERIC] = "generic",
	};
	struct plane_port port = {0};

	struct plane_ingress in = {0};

	if (link && plane_ingress_get(d->plane, link->ifindex, &in))
		memset(&in, 0, sizeof(in));
	if (link && plane_port_get(d->plane, link->ifindex, &port))
		memset(&port, 0, sizeof(port));
	add_text(row, "xdp", modes[port.mode]);
	add_flag(row, "dispatched", port.dispatched);
	add_number(row, "packets_out", port.packets_out);
	add_number(row, "bytes_out", port.bytes_out);
	add_number(row, "packets_expected", port.packets_expected);
	add_number(row, "ttl_low", port.ttl_low);
	add_number(row, "igmp_limited", in.igmp_limited);
	add_number(row, "igmp_crowded", in.igmp_crowded);
	add_number(row, "igmp_lost", in.igmp_lost);
	add_number(row, "multibuf", in.multibuf);
}

static void add_addresses(struct json_object *row, const struct link *link)
{
	struct json_object *array = json_object_new_array();
	size_t i;

	for (i = 0; link && i < link->address_count; i++)
		json_object_array_add(
			array, json_address(link->addresses[i].address, false));
	json_object_object_add(row, "addresses", array);
}

static struct json_object *interface_row(struct daemon *d, const char *name)
{
	const struct config_interface *config =
		config_interface(d->config, name);
	struct link *link = links_by_name(&d->links, name);
	struct json_object *row = json_object_new_object();
	struct json_object *problems = json_object_new_array();
	char *sentences[PROBLEMS_MAX];
	size_t i, count;

	add_text(row, "name", name);
	json_object_object_add(row, "ifid",
			       link ? json_object_new_int64(link->ifindex)
				    : NULL);
	add_ownership(d, row, link ? link->ifindex : 0);
	add_port(d, row, link);
	add_querier(d, row, link ? link->ifindex : 0);
	add_number(row, "ttl_threshold", config ? config->ttl_threshold : 1);
	add_flag(row, "up", link && link_up(link));
	add_number(row, "mtu", link ? link->mtu : 0);
	add_addresses(row, link);
	count = problems_of(d, name, sentences);
	for (i = 0; i < count; i++) {
		json_object_array_add(problems,
				      json_object_new_string(sentences[i]));
		free(sentences[i]);
	}
	json_object_object_add(row, "problems", problems);
	return row;
}

static int by_ifindex(const void *a, const void *b)
{
	const struct link *const *x = a, *const *y = b;

	return ((*x)->ifindex > (*y)->ifindex) -
	       ((*x)->ifindex < (*y)->ifindex);
}

/* Is this link any of our business? */
static bool link_concerns(struct daemon *d, const struct link *link)
{
	struct mgm_interface_info info;
	struct plane_port port;

	if (link->loopback)
		return false;
	if (watch_find(d, link->name))
		return true;
	if (!plane_port_get(d->plane, link->ifindex, &port) &&
	    port.mode != XMGM_MODE_NONE)
		return true;
	return !mgm_interface_get(d->mgm, link->ifindex, &info) &&
	       (info.owner || info.igmp);
}

static int show_interfaces(struct call *call)
{
	struct json_object *rows = json_object_new_array();
	struct daemon *d = call->d;
	const struct attachment *a;
	const struct link **sorted;
	struct hash_node *n, *tmp;
	size_t count = 0, j;
	uint32_t i;

	call->result = rows;
	sorted = calloc(d->links.table.count + 1, sizeof(*sorted));
	if (!sorted)
		return call_refuse(call, -ENOMEM, "no memory");
	hash_for_each_safe(&d->links.table, n, tmp, i) {
		const struct link *link = hash_entry(n, struct link, node);

		if (link_concerns(d, link))
			sorted[count++] = link;
	}
	glue_survey(d);
	qsort(sorted, count, sizeof(const struct link *), by_ifindex);
	for (j = 0; j < count; j++)
		json_object_array_add(rows, interface_row(d, sorted[j]->name));
	free(sorted);
	for (a = d->attachments; a; a = a->next)
		if (!links_by_name(&d->links, a->name))
			json_object_array_add(rows, interface_row(d, a->name));
	return 0;
}

/* --- show.groups ---------------------------------------------------- */

static int add_group(void *arg, const struct proto_group *group)
{
	struct json_object *rows = arg, *row = json_object_new_object();
	struct json_object *sources = json_object_new_array();
	size_t i;

	add_text(row, "interface", group->interface);
	json_object_object_add(row, "group", json_address(group->group, false));
	add_text(row, "mode",
		 group->filter == MGM_INCLUDE ? "include" : "exclude");
	for (i = 0; i < group->source_count; i++) {
		const struct proto_group_source *s = &group->sources[i];
		struct json_object *source = json_object_new_object();

		json_object_object_add(source, "address",
				       json_address(s->address, false));
		add_flag(source, "forward", s->forward);
		add_expiry(source, "expires_s", s->expires_ms);
		json_object_array_add(sources, source);
	}
	json_object_object_add(row, "sources", sources);
	add_expiry(row, "expires_s", group->expires_ms);
	json_object_object_add(
		row, "version",
		group->version ? json_object_new_int((int)group->version)
			       : NULL);
	json_object_object_add(row, "last_reporter",
			       json_address(group->last_reporter, false));
	add_flag(row, "static", group->is_static);
	json_object_array_add(rows, row);
	return 0;
}

static int show_groups(struct call *call)
{
	const struct proto *proto;
	size_t i;

	call->result = json_object_new_array();
	for (i = 0; (proto = proto_get(i)) && i < DAEMON_PROTOCOLS; i++)
		if (proto->groups && call->d->protos[i])
			proto->groups(call->d->protos[i], daemon_now_ms(), NULL,
				      add_group, call->result);
	return 0;
}

/* --- show.mroute ---------------------------------------------------- */

struct mroute_stream {
	struct stream stream;
	struct mgm_sg after;
	bool by_source, by_group;
	struct mgm_sg only;
	bool any; /* a row has been written */
};

static void add_oifs(struct daemon *d, struct json_object *row,
		     const struct mgm_mfe_info *info)
{
	struct json_object *oifs = json_object_new_array();
	char name[XMGM_IFNAME_LEN];
	uint32_t i;

	for (i = 0; i < info->oif_count; i++)
		json_object_array_add(
			oifs, json_object_new_string(glue_interface_name(
				      d, info->oifs[i], name)));
	json_object_object_add(row, "oifs", oifs);
}

/* A route in the cache may still wait for one of its oifs. */
static void add_waiting(struct daemon *d, struct json_object *row,
			struct mgm_sg flow)
{
	const char *name = NULL;
	const struct proto *proto;
	size_t i;

	for (i = 0; !name && (proto = proto_get(i)) && i < DAEMON_PROTOCOLS;
	     i++)
		if (proto->route_waits && d->protos[i])
			name = proto->route_waits(d->protos[i], flow);
	if (name)
		add_text(row, "waiting_for", name);
}

static struct json_object *mroute_row(struct daemon *d,
				      const struct mgm_mfe_info *info)
{
	static const char *const states[] = {
		[XMGM_STATE_PENDING] = "pending",
		[XMGM_STATE_DRAINING] = "forwarding",
		[XMGM_STATE_FORWARDING] = "forwarding",
		[XMGM_STATE_NEGATIVE] = "negative",
	};
	struct json_object *row = json_object_new_object();
	char name[XMGM_IFNAME_LEN], owner[24];

	json_object_object_add(row, "source",
			       json_address(info->flow.source, true));
	json_object_object_add(row, "group",
			       json_address(info->flow.group, false));
	add_text(row, "iif",
		 info->iif ? glue_interface_name(d, info->iif, name) : NULL);
	add_oifs(d, row, info);
	add_number(row, "packets", info->packets);
	add_number(row, "bytes", info->bytes);
	add_number(row, "wrong_if", info->wrong_if);
	add_text(row, "owner",
		 info->owner ? glue_protocol_name(d, info->owner, owner)
			     : NULL);
	add_text(row, "state", states[info->state]);
	add_number(row, "uptime_s", info->uptime_ms / 1000);
	add_expiry(row, "expires_s", info->expires_ms);
	json_object_object_add(row, "upstream",
			       json_address(info->upstream, false));
	add_flag(row, "static", info->is_static);
	if (info->is_static)
		add_waiting(d, row, info->flow);
	return row;
}

static bool mroute_wanted(const struct mroute_stream *s, struct mgm_sg flow)
{
	if (s->by_source && flow.source.s_addr != s->only.source.s_addr)
		return false;
	return !s->by_group || flow.group.s_addr == s->only.group.s_addr;
}

static void mroute_put(struct conn *conn, struct mroute_stream *s,
		       struct json_object *row)
{
	if (s->any)
		conn_put(conn, ",", 1);
	s->any = true;
	conn_put_json(conn, row);
	json_object_put(row);
}

struct waiting_walk {
	struct daemon *d;
	struct mroute_stream *stream;
	struct conn *conn;
};

/* A static route that is not in the cache: an interface is missing. */
static int put_waiting(void *arg, const struct proto_route *route)
{
	struct waiting_walk *walk = arg;
	struct json_object *row, *oifs;
	size_t i;

	if (route->installed || !mroute_wanted(walk->stream, route->route.sg))
		return 0;
	row = json_object_new_object();
	oifs = json_object_new_array();
	json_object_object_add(row, "source",
			       json_address(route->route.sg.source, true));
	json_object_object_add(row, "group",
			       json_address(route->route.sg.group, false));
	add_text(row, "iif", route->route.from);
	for (i = 0; i < route->route.to_count; i++)
		json_object_array_add(
			oifs, json_object_new_string(route->route.to[i]));
	json_object_object_add(row, "oifs", oifs);
	add_number(row, "packets", 0);
	add_number(row, "bytes", 0);
	add_number(row, "wrong_if", 0);
	add_text(row, "owner", NULL);
	add_text(row, "state", "pending");
	add_number(row, "uptime_s", 0);
	add_text(row, "expires_s", NULL);
	add_text(row, "upstream", NULL);
	add_flag(row, "static", true);
	add_text(row, "waiting_for", route->waiting);
	mroute_put(walk->conn, walk->stream, row);
	return walk->conn->closing ? -ECANCELED : 0;
}

static void put_all_waiting(struct daemon *d, struct mroute_stream *s,
			    struct conn *conn)
{
	struct waiting_walk walk = {d, s, conn};
	const struct proto *proto;
	size_t i;

	for (i = 0; (proto = proto_get(i)) && i < DAEMON_PROTOCOLS; i++)
		if (proto->routes && d->protos[i])
			proto->routes(d->protos[i], NULL, put_waiting, &walk);
}

static int mroute_step(struct daemon *d, struct stream *stream,
		       struct conn *conn)
{
	struct mroute_stream *s = (struct mroute_stream *)(void *)stream;
	struct mgm_mfe_info info;
	size_t i;

	for (i = 0; i < PIECE && !conn->closing; i++) {
		if (s->by_source && s->by_group) {
			if (!mgm_mfe_get(d->mgm, s->only, &info))
				mroute_put(conn, s, mroute_row(d, &info));
			break;
		}
		if (mgm_mfe_next(d->mgm, s->after, &info))
			break;
		s->after = info.flow;
		if (mroute_wanted(s, info.flow))
			mroute_put(conn, s, mroute_row(d, &info));
	}
	if (i == PIECE)
		return 1;
	put_all_waiting(d, s, conn);
	return 0;
}

static void mroute_free(struct stream *stream)
{
	free(stream);
}

static int show_mroute(struct call *call)
{
	const char *source, *group;
	struct mroute_stream *s;
	char why[CHECK_WHY];
	int err;

	err = call_text(call, "source", &source);
	if (!err)
		err = call_text(call, "group", &group);
	if (err)
		return err;
	s = calloc(1, sizeof(*s));
	if (!s)
		return call_refuse(call, -ENOMEM, "no memory");
	s->stream.step = mroute_step;
	s->stream.free = mroute_free;
	s->by_source = source;
	s->by_group = group;
	if ((source && check_source(source, &s->only.source, why)) ||
	    (group && check_group(group, &s->only.group, why))) {
		free(s);
		return call_refuse(call, -EINVAL, "%s", why);
	}
	call->stream = &s->stream;
	return 0;
}

/* --- show.protocols, show.stats ------------------------------------- */

static int show_protocols(struct call *call)
{
	struct json_object *row, *interfaces;
	struct mgm_client_info info;
	char name[XMGM_IFNAME_LEN];
	size_t i, j;

	call->result = json_object_new_array();
	for (i = 0; !mgm_client_get(call->d->mgm, i, &info); i++) {
		row = json_object_new_object();
		interfaces = json_object_new_array();
		add_text(row, "name", info.name);
		add_number(row, "id", info.protocol);
		add_number(row, "component", info.component);
		/* All clients live in this process so far. */
		add_number(row, "pid", (uint64_t)uv_os_getpid());
		for (j = 0; j < info.interface_count; j++)
			json_object_array_add(
				interfaces,
				json_object_new_string(glue_interface_name(
					call->d, info.interfaces[j], name)));
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
		add_number(object, names[i], values[i]);
	json_object_object_add(stats, key, object);
}

/* What the data plane made of frames, and of IGMP messages, by reason. */
static void add_verdicts(struct daemon *d, struct json_object *stats)
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

	plane_verdicts(d->plane, verdicts);
	plane_igmp_verdicts(d->plane, igmp);
	add_counters(stats, "verdicts", names, verdicts, XMGM_REASON_COUNT);
	add_counters(stats, "igmp", igmp_names, igmp, XMGM_IGMP_REASON_COUNT);
}

static void add_plane_counters(struct daemon *d, struct json_object *stats)
{
	struct json_object *upcalls = json_object_new_object();
	struct json_object *plane = json_object_new_object();
	struct plane_counters counters = {0};

	plane_counters(d->plane, &counters);
#define PLANE_COUNTER_ADD(id, text)                                            \
	add_number(!strncmp(#id, "upcalls_", 8) || !strncmp(#id, "hold", 4) || \
				   !strncmp(#id, "replay", 6)                  \
			   ? upcalls                                           \
			   : plane,                                            \
		   !strncmp(#id, "upcalls_", 8) ? &#id[8] : #id, counters.id);
	PLANE_COUNTERS(PLANE_COUNTER_ADD)
#undef PLANE_COUNTER_ADD
	json_object_object_add(stats, "upcalls", upcalls);
	json_object_object_add(stats, "plane", plane);
}

static void add_manager_counters(struct daemon *d, struct json_object *stats)
{
	const struct mgm_counters *counters = mgm_counters(d->mgm);
	struct json_object *object = json_object_new_object();

#define MGM_COUNTER_ADD(id, text) add_number(object, #id, counters->id);
	MGM_COUNTERS(MGM_COUNTER_ADD)
#undef MGM_COUNTER_ADD
	json_object_object_add(stats, "manager", object);
}

static void add_control_counters(struct daemon *d, struct json_object *stats)
{
	const struct control_stats *s = &d->control->stats;
	struct json_object *object = json_object_new_object();

	add_number(object, "clients", s->clients);
	add_number(object, "clients_refused", s->clients_refused);
	add_number(object, "requests", s->requests);
	add_number(object, "bad_requests", s->bad_requests);
	add_number(object, "lines_too_long", s->lines_too_long);
	add_number(object, "monitors_dropped", s->monitors_dropped);
	json_object_object_add(stats, "control", object);
}

static void add_proto_stat(void *arg, const char *name, uint64_t value)
{
	add_number(arg, name, value);
}

static int show_stats(struct call *call)
{
	struct json_object *object, *stats = json_object_new_object();
	struct daemon *d = call->d;
	const struct proto *proto;
	char name[32];
	size_t i;

	call->result = stats;
	add_verdicts(d, stats);
	add_plane_counters(d, stats);
	add_manager_counters(d, stats);
	add_control_counters(d, stats);
	for (i = 0; (proto = proto_get(i)) && i < DAEMON_PROTOCOLS; i++) {
		if (!proto->stats || !d->protos[i])
			continue;
		object = json_object_new_object();
		proto->stats(d->protos[i], add_proto_stat, object);
		snprintf(name, sizeof(name), "protocol-%s", proto->name);
		json_object_object_add(stats, name, object);
	}
	return 0;
}

static int start_monitor(struct call *call)
{
	call->conn->monitor = true;
	return 0;
}

const struct method *rpc_show_methods(size_t *count)
{
	static const struct method methods[] = {
		{"show.interfaces", show_interfaces, NULL},
		{"show.groups", show_groups, NULL},
		{"show.mroute", show_mroute, NULL},
		{"show.protocols", show_protocols, NULL},
		{"show.stats", show_stats, NULL},
		{"show.config", rpc_show_config, NULL},
		{"monitor", start_monitor, NULL},
	};

	*count = sizeof(methods) / sizeof(methods[0]);
	return methods;
}
