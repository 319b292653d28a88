/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * show.config: what is in force now, from the file and from commands, in the
 * words of the configuration file.
 */
#include "control.h"

#include <string.h>

static const char *mode_name(enum plane_mode mode)
{
	static const char *const names[] = {
		[PLANE_AUTO] = "auto",
		[PLANE_NATIVE] = "native",
		[PLANE_GENERIC] = "generic",
	};

	return names[mode];
}

static void add_number(struct json_object *object, const char *key,
		       uint64_t value)
{
	json_object_object_add(object, key, json_object_new_uint64(value));
}

static void add_seconds(struct json_object *object, const char *key,
			uint64_t ms)
{
	json_object_object_add(object, key,
			       json_object_new_double((double)ms / 1000));
}

static struct json_object *igmp_object(const struct proto_igmp_config *igmp)
{
	struct json_object *out = json_object_new_object();
	uint32_t startup = igmp->startup_query_ms ? igmp->startup_query_ms
						  : igmp->query_interval_ms / 4;

	json_object_object_add(out, "enabled",
			       json_object_new_boolean(igmp->enabled));
	add_number(out, "version", igmp->version);
	add_number(out, "robustness", igmp->robustness);
	add_seconds(out, "query-interval", igmp->query_interval_ms);
	add_seconds(out, "query-response-interval", igmp->query_response_ms);
	add_seconds(out, "last-member-query-interval", igmp->last_member_ms);
	add_number(out, "last-member-query-count",
		   igmp->last_member_count ? igmp->last_member_count
					   : igmp->robustness);
	add_seconds(out, "startup-query-interval", startup);
	add_number(out, "startup-query-count",
		   igmp->startup_query_count ? igmp->startup_query_count
					     : igmp->robustness);
	add_number(out, "max-groups", igmp->max_groups);
	add_number(out, "max-groups-per-host",
		   igmp->max_host_groups ? igmp->max_host_groups
					 : (igmp->max_groups + 3) / 4);
	add_number(out, "max-sources", igmp->max_sources);
	return out;
}

static struct json_object *interfaces_array(struct daemon *d)
{
	const struct proto_config *proto = &d->config->proto;
	struct json_object *rows = json_object_new_array(), *row;
	size_t i;

	for (i = 0; i < proto->interface_count; i++) {
		const struct config_interface *c = &d->config->interfaces[i];

		row = json_object_new_object();
		json_object_object_add(
			row, "name",
			json_object_new_string(proto->interfaces[i].name));
		json_object_object_add(
			row, "mode",
			json_object_new_string(mode_name(c->mode)));
		add_number(row, "ttl-threshold", c->ttl_threshold);
		json_object_object_add(
			row, "wrong-if-reports",
			json_object_new_boolean(c->wrong_if_reports));
		json_object_object_add(row, "igmp",
				       igmp_object(&proto->interfaces[i].igmp));
		json_object_array_add(rows, row);
	}
	return rows;
}

static int add_route(void *arg, const struct proto_route *route)
{
	struct json_object *rows = arg, *row = json_object_new_object();
	struct json_object *to = json_object_new_array();
	size_t i;

	json_object_object_add(row, "source",
			       json_address(route->route.sg.source, true));
	json_object_object_add(row, "group",
			       json_address(route->route.sg.group, false));
	json_object_object_add(row, "from",
			       json_object_new_string(route->route.from));
	for (i = 0; i < route->route.to_count; i++)
		json_object_array_add(
			to, json_object_new_string(route->route.to[i]));
	json_object_object_add(row, "to", to);
	json_object_object_add(row, "origin",
			       json_object_new_string(route->from_config
							      ? "configuration"
							      : "command"));
	json_object_object_add(
		row, "waiting_for",
		route->waiting ? json_object_new_string(route->waiting) : NULL);
	json_object_array_add(rows, row);
	return 0;
}

static int add_join(void *arg, const struct proto_join *join)
{
	struct json_object *rows = arg, *row = json_object_new_object();

	json_object_object_add(row, "interface",
			       json_object_new_string(join->join.interface));
	json_object_object_add(row, "group",
			       json_address(join->join.sg.group, false));
	json_object_object_add(row, "source",
			       json_address(join->join.sg.source, true));
	json_object_object_add(row, "origin",
			       json_object_new_string(join->from_config
							      ? "configuration"
							      : "command"));
	json_object_array_add(rows, row);
	return 0;
}

static struct json_object *limits_object(struct daemon *d)
{
	struct json_object *out = json_object_new_object();
	const struct plane_options *p = &d->config->plane;
	const struct mgm_limits *m = &d->config->mgm;
	const struct {
		const char *name;
		uint64_t value, standard;
	} rows[] = {
		{"routes", p->max_routes, 131072},
		{"oif-sets", p->max_sets, 4096},
		{"pool-low", p->pool_low, 64},
		{"hold-packets", p->hold_packets, 512},
		{"hold-bytes", p->hold_bytes, 1u << 20},
		{"hold-packets-total", p->hold_packets_total, 65536},
		{"hold-bytes-total", p->hold_bytes_total, 64u << 20},
		{"upcall-rate", p->upcall_rate, 20000},
		{"upcall-burst", p->upcall_burst, 20000},
		{"wrong-if-rate", p->wrong_if_rate, 100},
		{"igmp-rate", p->igmp_rate, PLANE_IGMP_RATE},
		{"igmp-burst", p->igmp_burst, PLANE_IGMP_BURST},
		{"negative", m->negative, 16384},
		{"negative-life", m->negative_ms / 1000, 10},
		{"mfe-idle", m->mfe_idle_ms / 1000, 210},
		{"memberships", m->memberships, 1048576},
		{"oifs", m->oifs, XMGM_SET_OIFS},
		{"protocols", m->clients, 256},
		{"clients", d->config->clients, 64},
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		add_number(out, rows[i].name,
			   rows[i].value ? rows[i].value : rows[i].standard);
	return out;
}

int rpc_show_config(struct call *call)
{
	struct json_object *out = json_object_new_object();
	struct json_object *routes = json_object_new_array();
	struct json_object *joins = json_object_new_array();
	struct json_object *rpf = json_object_new_object();
	struct daemon *d = call->d;
	const struct proto *proto;
	size_t i;

	for (i = 0; (proto = proto_get(i)) && i < DAEMON_PROTOCOLS; i++) {
		if (proto->routes && d->protos[i])
			proto->routes(d->protos[i], NULL, add_route, routes);
		if (proto->joins && d->protos[i])
			proto->joins(d->protos[i], NULL, add_join, joins);
	}
	json_object_object_add(out, "file",
			       json_object_new_string(d->config_path));
	json_object_object_add(out, "instance",
			       json_object_new_string(d->instance));
	json_object_object_add(out, "interfaces", interfaces_array(d));
	json_object_object_add(out, "mroutes", routes);
	json_object_object_add(out, "joins", joins);
	json_object_object_add(out, "limits", limits_object(d));
	json_object_object_add(rpf, "any-leg",
			       json_object_new_boolean(d->config->rpf_any_leg));
	json_object_object_add(out, "rpf", rpf);
	call->result = out;
	return 0;
}
