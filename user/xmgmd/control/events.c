/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Events for `xmgm monitor`: one object each, with the time of day and a
 * name. Nothing is built while nobody listens.
 */
#include "xmgmd/control/control.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "lib/address.h"
#include "xmgmd/control/row.h"

static const char *const names[] = {
	[MGM_EV_IGMP_DISABLE] = "igmp-disable",
	[MGM_EV_OWNER] = "owner",
	[MGM_EV_IGMP_ENABLE] = "igmp-enable",
	[MGM_EV_REPLAY_COMPLETE] = "replay-complete",
	[MGM_EV_JOIN] = "join",
	[MGM_EV_LEAVE] = "leave",
	[MGM_EV_MFE_ADD] = "mfe-add",
	[MGM_EV_MFE_CHANGE] = "mfe-change",
	[MGM_EV_MFE_DEL] = "mfe-del",
	[MGM_EV_WRONG_IF] = "wrong-if",
	/* IGMP_SILENT is told as a problem. */
	[MGM_EV_CLIENT_ADD] = "client-add",
	[MGM_EV_CLIENT_LOST] = "client-lost",
	[MGM_EV_CLIENT_BACK] = "client-back",
	[MGM_EV_CLIENT_DEL] = "client-del",
};

const char *event_name(enum mgm_event_type type)
{
	return (size_t)type < sizeof(names) / sizeof(names[0]) ? names[type]
							       : NULL;
}

static struct json_object *event_new(const char *name)
{
	struct json_object *event = json_object_new_object();
	struct timespec now;
	char text[40];

	clock_gettime(CLOCK_REALTIME, &now);
	snprintf(text, sizeof(text), "%lld.%06ld", (long long)now.tv_sec,
		 now.tv_nsec / 1000);
	json_object_object_add(
		event, "time",
		json_object_new_double_s(
			(double)now.tv_sec + (double)now.tv_nsec / 1e9, text));
	json_object_object_add(event, "event", json_object_new_string(name));
	return event;
}

static void add_oif(void *arg, const char *name)
{
	json_object_array_add(arg, json_object_new_string(name));
}

/* What an MFE looks like now, for mfe-add and mfe-change. */
static void add_mfe(struct router *r, struct json_object *event,
		    struct mgm_sg flow)
{
	struct json_object *oifs = json_object_new_array();

	if (glue_mfe_oifs(r, flow, add_oif, oifs) < 0)
		json_object_put(oifs);
	else
		json_object_object_add(event, "oifs", oifs);
}

static void add_sg(struct json_object *event, struct mgm_sg sg)
{
	json_object_object_add(event, "source", json_prefix(&sg.source));
	json_object_object_add(event, "group", json_prefix(&sg.group));
}

static void add_interface(struct router *r, struct json_object *event,
			  const char *key, uint32_t ifid)
{
	char name[XMGM_IFNAME_LEN];

	json_add_text(event, key,
		      ifid ? glue_interface_name(r, ifid, name) : NULL);
}

static void add_protocol(struct router *r, struct json_object *event,
			 const char *key, uint32_t protocol)
{
	char name[24];

	json_add_text(event, key,
		      protocol ? glue_protocol_name(r, protocol, name) : NULL);
}

void event_manager(struct router *r, const struct mgm_event *event)
{
	struct json_object *out;

	if (!control_has_monitors(r->d) || !event_name(event->type))
		return;
	out = event_new(event_name(event->type));
	switch (event->type) {
	case MGM_EV_IGMP_DISABLE:
	case MGM_EV_IGMP_ENABLE:
	case MGM_EV_OWNER:
	case MGM_EV_REPLAY_COMPLETE:
		add_interface(r, out, "interface", event->ifid);
		json_object_object_add(out, "epoch",
				       json_object_new_int64(event->epoch));
		if (event->type == MGM_EV_OWNER)
			add_protocol(r, out, "owner", event->protocol);
		if (event->type == MGM_EV_REPLAY_COMPLETE)
			json_object_object_add(
				out, "result",
				json_object_new_int(event->result));
		break;
	case MGM_EV_JOIN:
	case MGM_EV_LEAVE:
		add_interface(r, out, "interface", event->ifid);
		add_sg(out, event->sg);
		add_protocol(r, out, "protocol", event->protocol);
		break;
	case MGM_EV_CLIENT_ADD:
	case MGM_EV_CLIENT_LOST:
	case MGM_EV_CLIENT_BACK:
	case MGM_EV_CLIENT_DEL:
		add_protocol(r, out, "protocol", event->protocol);
		json_add_number(out, "component", event->component);
		break;
	case MGM_EV_WRONG_IF:
		add_sg(out, event->sg);
		add_interface(r, out, "interface", event->ifid);
		break;
	default:
		add_sg(out, event->sg);
		add_interface(r, out, "iif", event->ifid);
		if (event->type != MGM_EV_MFE_DEL)
			add_mfe(r, out, event->sg);
		break;
	}
	control_event(r->d, out);
}

void event_link(struct router *r, const struct link *link, const char *state)
{
	struct json_object *out;

	if (!control_has_monitors(r->d))
		return;
	out = event_new("link");
	json_add_text(out, "interface", link->name);
	json_add_number(out, "ifid", ports_ifid(r, link));
	json_add_text(out, "state", state);
	control_event(r->d, out);
}

void event_problem(struct router *r, const char *name, const char *problem,
		   bool solved)
{
	struct json_object *out;

	if (!control_has_monitors(r->d))
		return;
	out = event_new("problem");
	json_add_text(out, "interface", name);
	json_add_text(out, "problem", problem);
	json_object_object_add(out, "solved", json_object_new_boolean(solved));
	control_event(r->d, out);
}

/* "igmp-limit" */
void event_limit(struct router *r, const char *proto, uint32_t ifid,
		 const struct proto_limit *limit)
{
	struct json_object *out;
	char name[32];

	if (!control_has_monitors(r->d))
		return;
	snprintf(name, sizeof(name), "%s-limit", proto);
	out = event_new(name);
	add_interface(r, out, "interface", ifid);
	json_add_text(out, "limit", limit->option);
	if (limit->max)
		json_add_number(out, "max", limit->max);
	json_object_object_add(out, "group", json_address(&limit->group, true));
	if (!address_is_any(&limit->host))
		json_object_object_add(out, "host",
				       json_address(&limit->host, false));
	json_object_object_add(out, "refused",
			       json_object_new_boolean(limit->refused));
	control_event(r->d, out);
}

void event_upstream(struct router *r, const struct mgm_prefix *groups,
		    uint32_t ifid)
{
	char text[ADDRESS_PREFIX_TEXT];
	struct json_object *out;

	if (!control_has_monitors(r->d))
		return;
	out = event_new("upstream");
	add_interface(r, out, "interface", ifid);
	json_add_text(out, "groups",
		      address_prefix_text(&groups->address, groups->length,
					  text));
	control_event(r->d, out);
}

void event_querier(struct router *r, uint32_t ifid,
		   const struct proto_querier *querier)
{
	struct json_object *out;

	if (!control_has_monitors(r->d))
		return;
	out = event_new("querier");
	add_interface(r, out, "interface", ifid);
	json_object_object_add(out, "address",
			       json_address(&querier->address, false));
	json_object_object_add(out, "self",
			       json_object_new_boolean(querier->self));
	control_event(r->d, out);
}

void event_protocol(struct router *r, const struct told_event *event)
{
	struct json_object *out;
	struct proto_row row;
	struct row to;

	if (!control_has_monitors(r->d))
		return;
	out = event_new(event->name);
	add_interface(r, out, "interface", event->ifid);
	row = row_into(&to, out);
	event->tell(event->about, &row);
	control_event(r->d, out);
}
