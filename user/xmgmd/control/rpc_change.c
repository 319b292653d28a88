/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The methods that change something: routes, joins, owners, attachments. Each
 * checks first, then asks the protocol or the plane, and makes the sentence
 * when that refuses, because only here is known what was meant.
 */
#include "xmgmd/control/control.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/log.h"
#include "xmgmd/check.h"
#include "xmgmd/trace.h"

/* --- sentences ------------------------------------------------------ */

/* {"warnings": [...]} as the result: it is done, but not all is well. */
__attribute__((format(printf, 2, 3))) static void warn(struct call *call,
						       const char *format, ...)
{
	struct json_object *warnings = NULL;
	char sentence[256];
	va_list args;

	va_start(args, format);
	vsnprintf(sentence, sizeof(sentence), format, args);
	va_end(args);
	if (!call->result)
		call->result = json_object_new_object();
	if (!json_object_object_get_ex(call->result, "warnings", &warnings)) {
		warnings = json_object_new_array();
		json_object_object_add(call->result, "warnings", warnings);
	}
	json_object_array_add(warnings, json_object_new_string(sentence));
}

/*
 * What was asked for stands, but these interfaces may not see a packet. Our
 * own list is looked at: the kernel is slow to ask for each of many routes.
 */
static void warn_unattached(struct call *call, const char *const *names)
{
	const struct attachment *a;
	const struct link *link;

	for (; *names; names++) {
		link = links_by_name(&call->d->links, *names);
		a = attaching_find(call->r, *names);
		if (link ? attaching_is(call->r, link) : a && !a->error)
			continue;
		warn(call,
		     "%s is not attached: packets that arrive there are not "
		     "seen, and some drivers send none from there: `%s attach "
		     "%s`",
		     *names, call->d->command, *names);
	}
}

/* There is none of this name, or none that can be routed. */
static void refuse_absent(struct call *call, const char *what, const char *name)
{
	char why[LINK_WHY];

	links_why_not(&call->d->links, name, why);
	if (links_by_name(&call->d->links, name))
		call_refuse(call, -ENODEV,
			    "%s: %s is a loopback interface, which cannot be "
			    "routed: name another",
			    what, name);
	else
		call_refuse(call, -ENODEV, "%s: there is no interface %s: %s",
			    what, name, why);
}

/* Why `what` could not be done on these interfaces. */
static void refuse(struct call *call, int err, const char *what,
		   const char *const *names)
{
	struct mgm_interface_info info = {.size = sizeof(info)};
	struct link *link;
	char owner[24];

	for (; err == -ENODEV && *names; names++) {
		link = links_by_name(&call->d->links, *names);
		if (link && !link->loopback)
			continue;
		refuse_absent(call, what, *names);
		return;
	}
	for (; (err == -EEXIST || err == -EBUSY) && *names; names++) {
		link = links_by_name(&call->d->links, *names);
		if (!link ||
		    mgm_interface_get(call->r->mgm, ports_ifid(call->r, link),
				      &info))
			continue;
		if (err == -EEXIST && info.owner &&
		    info.owner != XMGM_OWNER_STATIC &&
		    info.owner != XMGM_OWNER_IGMP) {
			glue_protocol_name(call->r, info.owner, owner);
			call_refuse(call, err,
				    "%s: %s owns %s: `%s owner release %s %s` "
				    "first",
				    what, owner, *names, call->d->command,
				    *names, owner);
			return;
		}
	}
	switch (err) {
	case -EBUSY:
		call_refuse(call, err,
			    "%s: a change is going on there, or it is still "
			    "in use: try again, or remove what uses it",
			    what);
		break;
	case -ENOSPC:
		call_refuse(call, err,
			    "%s: a limit is reached: raise it in the "
			    "configuration, in the limits section or, for "
			    "joins, max-groups or max-sources of igmp",
			    what);
		break;
	case -ENODEV:
		call_refuse(call, err, "%s: an interface has vanished", what);
		break;
	case -ECANCELED:
		call_refuse(call, err, "%s: taken back meanwhile", what);
		break;
	default:
		call_refuse(call, err, "%s: %s", what, strerror(-err));
		break;
	}
}

/* Of a route or a join on these interfaces. */
static void explain(struct call *call, int err, const char *what,
		    const char *const *names)
{
	if (err)
		refuse(call, err, what, names);
	else
		warn_unattached(call, names);
}

/* --- parameters ----------------------------------------------------- */

static int need_name(struct call *call, const char *key, const char **name)
{
	char why[CHECK_WHY];
	int err = call_need(call, key, name);

	if (!err && check_name(*name, why))
		return call_refuse(call, -EINVAL, "%s", why);
	return err;
}

/* Of a static route. */
static int need_routed(struct call *call, struct mgm_sg *sg)
{
	const char *source, *group;
	char why[CHECK_WHY];
	int err = call_need(call, "source", &source);

	if (!err)
		err = call_need(call, "group", &group);
	if (!err && check_routed(source, group, sg, why))
		return call_refuse(call, -EINVAL, "%s", why);
	return err;
}

/* An array of names under key; the caller frees *names. */
static int need_names(struct call *call, const char *key,
		      char (**names)[XMGM_IFNAME_LEN], size_t *count)
{
	struct json_object *array = NULL, *item;
	char why[CHECK_WHY];
	size_t i;

	*names = NULL;
	if (call->params)
		json_object_object_get_ex(call->params, key, &array);
	if (!json_object_is_type(array, json_type_array) ||
	    !json_object_array_length(array))
		return call_refuse(call, -EINVAL,
				   "parameter %s must be an array of interface "
				   "names with at least one",
				   key);
	*count = json_object_array_length(array);
	*names = calloc(*count, sizeof(**names));
	if (!*names)
		return call_refuse(call, -ENOMEM, "no memory");
	for (i = 0; i < *count; i++) {
		item = json_object_array_get_idx(array, i);
		if (!json_object_is_type(item, json_type_string) ||
		    check_name(json_object_get_string(item), why)) {
			free(*names);
			*names = NULL;
			return call_refuse(
				call, -EINVAL, "parameter %s: %s", key,
				json_object_is_type(item, json_type_string)
					? why
					: "a name is not a text");
		}
		memcpy((*names)[i], json_object_get_string(item),
		       strlen(json_object_get_string(item)) + 1);
	}
	return 0;
}

/* --- routes --------------------------------------------------------- */

static int read_route(struct call *call, struct proto_route_config *route,
		      char (**to)[XMGM_IFNAME_LEN])
{
	char why[CHECK_WHY];
	const char *from;
	int err;

	memset(route, 0, sizeof(*route));
	*to = NULL;
	err = need_routed(call, &route->sg);
	if (!err)
		err = need_name(call, "from", &from);
	if (!err)
		err = need_names(call, "to", to, &route->to_count);
	if (err)
		return err;
	memcpy(route->from, from, strlen(from) + 1);
	route->to = (const char(*)[XMGM_IFNAME_LEN]) * to;
	if (check_route(route, why))
		return call_refuse(call, -EINVAL, "%s", why);
	return 0;
}

static void explain_route(struct call *call, int err)
{
	struct proto_route_config route;
	char(*to)[XMGM_IFNAME_LEN];
	char what[96], sg[CHECK_SG];
	const char **names;
	size_t i;

	if (read_route(call, &route, &to)) {
		free(to);
		return;
	}
	names = calloc(route.to_count + 2, sizeof(*names));
	if (names) {
		names[0] = route.from;
		for (i = 0; i < route.to_count; i++)
			names[i + 1] = to[i];
		snprintf(what, sizeof(what), "route %s",
			 check_sg_name(route.sg, sg));
		explain(call, err, what, names);
	}
	free(names);
	free(to);
}

static int add_route(struct call *call)
{
	struct proto_route_config route;
	char(*to)[XMGM_IFNAME_LEN];
	int err = read_route(call, &route, &to);
	struct proto_seat *s;

	if (!err) {
		err = -EOPNOTSUPP;
		seat_for_each(call->r, s)
			if (seat_admin(s)->route_add) {
				err = seat_admin(s)->route_add(s->self, &route,
							       call->op);
				trace_asked(s->index, "route add", route.from,
					    &route.sg, err);
				break;
			}
		if (err != -EINPROGRESS)
			explain_route(call, err);
	}
	free(to);
	return err;
}

static int del_route(struct call *call)
{
	struct mgm_sg sg = {0};
	struct proto_seat *s;
	char name[CHECK_SG];
	int err;

	err = need_routed(call, &sg);
	if (err)
		return err;
	seat_for_each(call->r, s) {
		if (!seat_admin(s)->route_del)
			continue;
		err = seat_admin(s)->route_del(s->self, sg);
		trace_asked(s->index, "route del", NULL, &sg, err);
		if (err != -ENOENT)
			return err;
	}
	return call_refuse(call, -ENOENT,
			   "there is no static route %s: `xmgm show mroute` "
			   "lists what there is",
			   check_sg_name(sg, name));
}

int call_keep(struct call *call, struct said_key key,
	      const struct said_value *value)
{
	const char *why;
	int err = commands_say(call->d, &key, value, &why);

	return err ? call_refuse(call, err, "%s", why) : 0;
}

static int remember_route(struct call *call)
{
	struct said_value value = {.protocol = ""};
	char(*to)[XMGM_IFNAME_LEN];
	int err = read_route(call, &value.route, &to);

	if (!err)
		err = call_keep(call, said_route_key(value.route.sg), &value);
	free(to);
	return err;
}

static int remember_no_route(struct call *call)
{
	struct mgm_sg sg = {0};
	int err = need_routed(call, &sg);

	return err ? err : call_keep(call, said_route_key(sg), NULL);
}

/* --- joins ---------------------------------------------------------- */

static int read_join(struct call *call, const char **name, struct mgm_sg *sg)
{
	const char *group, *source;
	char why[CHECK_WHY];
	int err = need_name(call, "interface", name);

	if (!err)
		err = call_need(call, "group", &group);
	if (!err)
		err = call_text(call, "source", &source);
	if (err)
		return err;
	if (check_joined_group(group, &sg->group, why) ||
	    check_joined_source(source, &sg->source, why) ||
	    check_joined(sg, why))
		return call_refuse(call, -EINVAL, "%s", why);
	return 0;
}

static void explain_join(struct call *call, int err)
{
	const char *names[2] = {NULL, NULL};
	char what[96], name[CHECK_SG];
	struct mgm_sg sg;

	if (read_join(call, &names[0], &sg))
		return;
	snprintf(what, sizeof(what), "join of %s on %s",
		 check_sg_name(sg, name), names[0]);
	explain(call, err, what, names);
}

static int add_join(struct call *call)
{
	struct proto_seat *s;
	struct mgm_sg sg;
	const char *name;
	int err = read_join(call, &name, &sg);

	if (err)
		return err;
	err = -ENODEV;
	if (links_by_name(&call->d->links, name))
		seat_for_each(call->r, s) {
			if (!seat_admin(s)->join)
				continue;
			err = seat_admin(s)->join(s->self, name, sg, call->op);
			trace_asked(s->index, "join", name, &sg, err);
			if (err != -ENOENT)
				break;
		}
	if (err != -EINPROGRESS)
		explain_join(call, err);
	return err;
}

static int del_join(struct call *call)
{
	struct proto_seat *s;
	char text[CHECK_SG];
	struct mgm_sg sg;
	const char *name;
	int err = read_join(call, &name, &sg);

	if (err)
		return err;
	seat_for_each(call->r, s) {
		if (!seat_admin(s)->leave)
			continue;
		err = seat_admin(s)->leave(s->self, name, sg);
		trace_asked(s->index, "leave", name, &sg, err);
		if (err != -ENOENT)
			return err;
	}
	return call_refuse(call, -ENOENT,
			   "there is no static join of %s on %s: `xmgm show "
			   "groups` lists what there is",
			   check_sg_name(sg, text), name);
}

static int remember(struct call *call, const struct said_value *value)
{
	struct mgm_sg sg;
	const char *name;
	int err = read_join(call, &name, &sg);

	return err ? err : call_keep(call, said_join_key(name, sg), value);
}

static int remember_join(struct call *call)
{
	const struct said_value value = {.protocol = ""};

	return remember(call, &value);
}

static int remember_no_join(struct call *call)
{
	return remember(call, NULL);
}

/* --- ownership ------------------------------------------------------ */

static struct proto_seat *find_protocol(struct router *r, const char *name)
{
	struct proto_seat *s;

	seat_for_each(r, s)
		if (!strcmp(s->proto->name, name))
			return s;
	return NULL;
}

static int read_owner(struct call *call, const char **name,
		      const char **protocol)
{
	int err = need_name(call, "interface", name);

	return err ? err : call_need(call, "protocol", protocol);
}

static void explain_owner(struct call *call, int err)
{
	const char *names[2] = {NULL, NULL};
	const char *protocol;
	char what[96];

	if (!err || read_owner(call, &names[0], &protocol))
		return;
	snprintf(what, sizeof(what), "%s as owner of %s", protocol, names[0]);
	if (err == -EBUSY)
		call_refuse(call, err,
			    "%s: a change is going on there, or routes or "
			    "joins of %s still use %s: `xmgm show config` "
			    "lists them",
			    what, protocol, names[0]);
	else if (err == -EINVAL)
		call_refuse(call, err,
			    "%s does not own %s: `xmgm show interfaces` says "
			    "who does",
			    protocol, names[0]);
	else
		refuse(call, err, what, names);
}

static int change_owner(struct call *call, bool take)
{
	const char *name, *protocol;
	struct proto_seat *s;
	int err = read_owner(call, &name, &protocol);

	if (err)
		return err;
	s = find_protocol(call->r, protocol);
	if (!s || !seat_admin(s)->take || !seat_admin(s)->release)
		return call_refuse(call, -ENOENT,
				   "%s %s: `xmgm show protocols` lists them",
				   protocol,
				   s ? "cannot be given an interface by hand"
				     : "is not a protocol that runs here");
	if (!links_by_name(&call->d->links, name))
		err = -ENODEV;
	else
		err = take ? seat_admin(s)->take(s->self, name, call->op)
			   : seat_admin(s)->release(s->self, name, call->op);
	trace_asked(s->index, take ? "take" : "release", name, NULL, err);
	if (err && err != -EINPROGRESS)
		explain_owner(call, err);
	return err;
}

static int take_owner(struct call *call)
{
	return change_owner(call, true);
}

static int release_owner(struct call *call)
{
	return change_owner(call, false);
}

static int remember_owner(struct call *call)
{
	struct said_value value = {.protocol = ""};
	const char *name, *protocol;
	int err = read_owner(call, &name, &protocol);

	if (err)
		return err;
	snprintf(value.protocol, sizeof(value.protocol), "%s", protocol);
	return call_keep(call, said_owner_key(name), &value);
}

static int remember_no_owner(struct call *call)
{
	const char *name, *protocol;
	int err = read_owner(call, &name, &protocol);

	return err ? err : call_keep(call, said_owner_key(name), NULL);
}

/* --- attachments ---------------------------------------------------- */

static int read_mode(struct call *call, enum plane_mode *mode)
{
	static const char *const names[] = {PLANE_MODE_NAMES};
	const char *text;
	int err = call_text(call, "mode", &text);
	size_t i;

	if (err)
		return err;
	*mode = PLANE_AUTO;
	if (!text)
		return 0;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcmp(text, names[i])) {
			*mode = (enum plane_mode)i;
			return 0;
		}
	return call_refuse(call, -EINVAL,
			   "mode '%.20s': write auto, native or generic", text);
}

/* It is there, or would be, as a VLAN that is attached is. */
static int check_attachable(struct call *call, const char *name)
{
	char why[LINK_WHY];

	if (links_by_name(&call->d->links, name) ||
	    links_may_stand(&call->d->links, name))
		return 0;
	links_why_not(&call->d->links, name, why);
	return call_refuse(call, -ENODEV, "there is no interface %s: %s", name,
			   why);
}

/* All names first, so that a wrong one changes nothing. */
static int attach(struct call *call)
{
	char(*names)[XMGM_IFNAME_LEN] = NULL;
	enum plane_mode mode;
	const char *why = "";
	size_t i, count = 0;
	int err = read_mode(call, &mode);

	if (!err)
		err = need_names(call, "interfaces", &names, &count);
	for (i = 0; !err && i < count; i++)
		err = check_attachable(call, names[i]);
	for (i = 0; !err && i < count; i++) {
		err = attaching_attach(call->r, names[i], mode, &why);
		if (err)
			call_refuse(call, err, "%s", why);
	}
	free(names);
	return err;
}

static int detach_all(struct call *call)
{
	const char *why = "";
	int err = 0, one;

	while (call->r->attachments && !err) {
		one = attaching_detach(call->r, call->r->attachments->name,
				       &why);
		if (one)
			err = call_refuse(call, one, "%s", why);
	}
	return err;
}

static int detach(struct call *call)
{
	char(*names)[XMGM_IFNAME_LEN] = NULL;
	struct json_object *all = NULL;
	const char *why = "";
	size_t i, count = 0;
	int err;

	if (call->params)
		json_object_object_get_ex(call->params, "all", &all);
	if (all && !json_object_is_type(all, json_type_boolean))
		return call_refuse(call, -EINVAL,
				   "parameter all must be true or false");
	if (all && json_object_get_boolean(all))
		return detach_all(call);
	err = need_names(call, "interfaces", &names, &count);
	for (i = 0; !err && i < count; i++)
		if (!attaching_find(call->r, names[i]))
			err = call_refuse(call, -ENOENT,
					  "%s is not attached: `xmgm show "
					  "interfaces` says which are",
					  names[i]);
	for (i = 0; !err && i < count; i++) {
		err = attaching_detach(call->r, names[i], &why);
		if (err)
			call_refuse(call, err, "%s", why);
	}
	free(names);
	return err;
}

/* --- tracing -------------------------------------------------------- */

static int set_debug(struct call *call)
{
	struct json_object *on = NULL;
	char why[LOG_WHY];
	const char *topics;
	int err = call_need(call, "topic", &topics);

	if (err)
		return err;
	if (!json_object_object_get_ex(call->params, "on", &on) ||
	    !json_object_is_type(on, json_type_boolean))
		return call_refuse(call, -EINVAL,
				   "parameter on must be true or false");
	err = log_topics_set(topics, json_object_get_boolean(on), why);
	return err ? call_refuse(call, err, "%s", why) : 0;
}

const struct method *rpc_change_methods(size_t *count)
{
	static const struct method methods[] = {
		{"mroute.add",
		 add_route,
		 explain_route,
		 {"source", "group", "from", "to"},
		 remember_route},
		{"mroute.del",
		 del_route,
		 NULL,
		 {"source", "group"},
		 remember_no_route},
		{"join",
		 add_join,
		 explain_join,
		 {"interface", "group", "source"},
		 remember_join},
		{"leave",
		 del_join,
		 NULL,
		 {"interface", "group", "source"},
		 remember_no_join},
		{"groups.clear", rpc_clear_groups, NULL, {"interface"}, NULL},
		{"rpf.add",
		 rpc_rpf_add,
		 NULL,
		 {"prefix", "via", "dev", "distance"},
		 rpc_remember_rpf},
		{"rpf.del", rpc_rpf_del, NULL, {"prefix"}, rpc_remember_no_rpf},
		{"owner.take",
		 take_owner,
		 explain_owner,
		 {"interface", "protocol"},
		 remember_owner},
		{"owner.release",
		 release_owner,
		 explain_owner,
		 {"interface", "protocol"},
		 remember_no_owner},
		/* Each interface is remembered in attaching.c. */
		{"attach", attach, NULL, {"interfaces", "mode"}, NULL},
		{"detach", detach, NULL, {"interfaces", "all"}, NULL},
		{"debug.set", set_debug, NULL, {"topic", "on"}, NULL},
	};

	*count = sizeof(methods) / sizeof(methods[0]);
	return methods;
}
