/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Why the manager has refused what a client wants, in a sentence that names
 * the object, the reason and what helps. The manager gives a number alone, so
 * what it has looked at is looked at again.
 */
#include "internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define WHY 192 /* bytes of a reason */

/* --- what errors mean ------------------------------------------------------ */

static const char *meaning(int err)
{
	switch (-err) {
#define MEANING(name, text) \
	case name:          \
		return text;
		MGM_ERRORS(MEANING)
#undef MEANING
	}
	return strerror(-err);
}

int remote_result(struct call *call, int err, const char *format, ...)
{
	char about[WHY];
	va_list args;

	if (!err)
		return 0;
	va_start(args, format);
	vsnprintf(about, sizeof(about), format, args);
	va_end(args);
	return call_refuse(call, err, "%s: %s", about, meaning(err));
}

/* --- clients --------------------------------------------------------------- */

/* "toy", or its numbers if nobody is registered with them. */
static const char *client_name(struct mgm *m, uint32_t protocol,
			       uint32_t component, char name[32])
{
	struct mgm_client_info info = {.size = sizeof(info)};
	int err = mgm_client_next(m, NULL, &info);

	for (; !err; err = mgm_client_next(m, &info, &info))
		if (info.protocol == protocol && info.component == component) {
			snprintf(name, 32, "%s", info.name);
			return name;
		}
	snprintf(name, 32, "protocol %u's %u", protocol, component);
	return name;
}

static bool lists(const struct mgm_client_info *info, uint32_t ifid)
{
	uint32_t i;

	for (i = 0; i < info->interface_count; i++)
		if (info->interfaces[i] == ifid)
			return true;
	return false;
}

/* Is the client on the interface, as its owner or as IGMP there? */
static bool is_on(const struct remote_client *c, uint32_t ifid)
{
	uint32_t list[MGM_INTERFACES];
	struct mgm_client_info info = {.size = sizeof(info),
				       .interface_room = MGM_INTERFACES,
				       .interfaces = list};
	int err = mgm_client_next(c->r->mgm, NULL, &info);

	for (; !err; err = mgm_client_next(c->r->mgm, &info, &info))
		if (info.protocol == c->protocol &&
		    info.component == c->component)
			return lists(&info, ifid);
	return false;
}

/* --- interfaces ------------------------------------------------------------ */

/* "interface 3 (e3)" */
static const char *interface_name(struct mgm *m, uint32_t ifid, char text[48])
{
	struct mgm_interface_info info = {.size = sizeof(info)};

	if (mgm_interface_get(m, ifid, &info) || !*info.name)
		snprintf(info.name, sizeof(info.name), "not there");
	snprintf(text, 48, "interface %u (%s)", ifid, info.name);
	return text;
}

static bool is_loopback(const struct remote_client *c, uint32_t ifid)
{
	struct mgm_interface_info info = {.size = sizeof(info)};

	return !mgm_interface_get(c->r->mgm, ifid, &info) &&
	       info.flags & MGM_INTERFACE_LOOPBACK;
}

/* Why an interface is not what its owner may name: false, it is his. */
static bool not_owned(const struct remote_client *c, uint32_t ifid,
		      char why[WHY])
{
	uint32_t protocol, component;
	char owner[32];

	if (mgm_interface_owner(c->r->mgm, ifid, &protocol, &component)) {
		snprintf(why, WHY, "nobody is on it: take it first");
		return true;
	}
	if (protocol == c->protocol && component == c->component)
		return false;
	snprintf(why, WHY,
		 "it is %s's, not yours: take it when it has been released",
		 client_name(c->r->mgm, protocol, component, owner));
	return true;
}

static bool explain_taken(const struct remote_client *c, uint32_t ifid,
			  char why[WHY])
{
	uint32_t protocol, component;
	char owner[32] = "another client";

	if (is_on(c, ifid)) {
		snprintf(why, WHY, "it is yours already");
		return true;
	}
	if (!mgm_interface_owner(c->r->mgm, ifid, &protocol, &component))
		client_name(c->r->mgm, protocol, component, owner);
	snprintf(why, WHY, "it is %s's, who has to release or to transfer it",
		 owner);
	return true;
}

static bool explain(const struct remote_client *c, uint32_t ifid, int err,
		    char why[WHY])
{
	switch (err) {
	case -EEXIST:
		return explain_taken(c, ifid, why);
	case -EBUSY:
		snprintf(why, WHY,
			 "a handshake runs there: wait for its end, which "
			 "`ownership` tells");
		return true;
	case -EAGAIN:
		snprintf(why, WHY,
			 "the gate is held: say it again after enable_igmp");
		return true;
	case -ENOSPC:
		snprintf(why, WHY,
			 "a limit is reached: raise limits { memberships } or "
			 "limits { prefixes } in the configuration; interfaces "
			 "are %u at most",
			 MGM_INTERFACES);
		return true;
	case -ENOENT:
		return !is_on(c, ifid) && not_owned(c, ifid, why);
	case -EINVAL:
		if (is_loopback(c, ifid))
			snprintf(why, WHY, "a loopback interface has no owner");
		else
			return !is_on(c, ifid) && not_owned(c, ifid, why);
		return true;
	}
	return false;
}

int remote_interface_result(struct call *call, const struct remote_client *c,
			    int err, uint32_t ifid, const char *otherwise,
			    const char *what)
{
	char why[WHY], name[48];

	/* That it has begun is no refusal. */
	if (!err || err == -EINPROGRESS || !ifid)
		return remote_result(call, err, "%sinterface %u", what, ifid);
	interface_name(c->r->mgm, ifid, name);
	if (explain(c, ifid, err, why))
		return call_refuse(call, err, "%s%s: %s", what, name, why);
	if (err == -EINVAL && otherwise)
		return call_refuse(call, err, "%s%s: %s", what, name,
				   otherwise);
	return remote_result(call, err, "%s%s", what, name);
}

int remote_transfer_result(struct call *call, const struct remote_client *c,
			   int err, uint32_t ifid, uint32_t protocol,
			   uint32_t component)
{
	char name[48], to[32], why[WHY];

	if (!err || err == -EINPROGRESS)
		return remote_result(call, err, "interface %u", ifid);
	interface_name(c->r->mgm, ifid, name);
	client_name(c->r->mgm, protocol, component, to);
	if (err == -ENOENT)
		snprintf(
			why, sizeof(why),
			"protocol %u, component %u is not registered, or lost: "
			"wait until it is there",
			protocol, component);
	else if (err == -EPERM)
		snprintf(why, sizeof(why),
			 "%s does not take it: it has to register with "
			 "accepts_transfers and the callback ownership",
			 to);
	else if (err == -EINVAL && !not_owned(c, ifid, why))
		snprintf(why, sizeof(why),
			 "%s is you, or IGMP: name another protocol", to);
	else if (err != -EINVAL && !explain(c, ifid, err, why))
		snprintf(why, sizeof(why), "%s", meaning(err));
	return call_refuse(call, err, "transfer of %s: %s", name, why);
}

/* --- flows ----------------------------------------------------------------- */

#define SG_TEXT (2 * CODEC_PREFIX_TEXT + 8)

static const char *sg_name(const struct mgm_sg *sg, char text[SG_TEXT])
{
	char source[CODEC_PREFIX_TEXT] = "*", group[CODEC_PREFIX_TEXT] = "*";

	if (sg->source.length)
		codec_prefix_text(&sg->source, source);
	if (sg->group.length)
		codec_prefix_text(&sg->group, group);
	snprintf(text, SG_TEXT, "(%s, %s)", source, group);
	return text;
}

/* Its MFE, without the oifs. */
static bool read_mfe(const struct call *call, const struct mgm_sg *sg,
		     struct mgm_mfe_info *info)
{
	*info = (struct mgm_mfe_info){.size = sizeof(*info)};
	return !mgm_mfe_get(call->r->mgm, *sg, info);
}

int remote_mfe_result(struct call *call, int err, const struct mgm_sg *sg)
{
	char name[SG_TEXT], iif[48], owner[32];
	struct mgm_mfe_info info;

	if (!err)
		return 0;
	sg_name(sg, name);
	if (err != -ENOENT && err != -EINVAL)
		return remote_result(call, err, "%s", name);
	if (!read_mfe(call, sg, &info))
		return call_refuse(call, err,
				   "%s: there is no MFE: the first packet of "
				   "the flow, or mgm.route_put, makes one",
				   name);
	if (err == -ENOENT)
		return call_refuse(call, err,
				   "%s: its MFE is %s: only a negative one has "
				   "a timeout that can be set",
				   name, codec_name(CODEC_STATE, info.state));
	return call_refuse(call, err,
			   "%s: its iif, %s, is %s's: only the owner says what "
			   "its MFE is",
			   name, interface_name(call->r->mgm, info.iif, iif),
			   info.owner ? client_name(call->r->mgm, info.owner,
						    info.component, owner)
				      : "nobody");
}

/* What is wrong with the interfaces of a route; false: nothing. */
static bool explain_route(const struct remote_client *c,
			  const struct remote_route *route, char why[2 * WHY])
{
	char name[48], reason[WHY];
	size_t i;

	if (not_owned(c, route->iif, reason)) {
		snprintf(why, 2 * WHY, "iif, %s: %s",
			 interface_name(c->r->mgm, route->iif, name), reason);
		return true;
	}
	if (route->count && route->flags & MGM_ROUTE_LEAVE_TO_KERNEL) {
		snprintf(why, 2 * WHY,
			 "what is left to the kernel has no oifs: leave out "
			 "oifs, or leave_to_kernel");
		return true;
	}
	for (i = 0; i < route->count; i++) {
		interface_name(c->r->mgm, route->oifs[i], name);
		if (route->oifs[i] == route->iif)
			snprintf(why, 2 * WHY, "oif, %s: it is the iif", name);
		else if (not_owned(c, route->oifs[i], reason))
			snprintf(why, 2 * WHY, "oif, %s: %s", name, reason);
		else
			continue;
		return true;
	}
	return false;
}

static int route_exists(struct call *call, const struct remote_client *c,
			const struct mgm_sg *sg)
{
	char name[SG_TEXT], owner[32] = "another client";
	struct mgm_mfe_info info;

	if (read_mfe(call, sg, &info))
		client_name(c->r->mgm, info.owner, info.component, owner);
	return call_refuse(call, -EEXIST,
			   "route %s: there is one of %s's, who has to delete "
			   "it before",
			   sg_name(sg, name), owner);
}

int remote_route_result(struct call *call, const struct remote_client *c,
			int err, const struct remote_route *route)
{
	char name[SG_TEXT], why[2 * WHY];

	if (!err)
		return 0;
	sg_name(&route->sg, name);
	switch (err) {
	case -EEXIST:
		return route_exists(call, c, &route->sg);
	case -ENOENT:
		return call_refuse(call, err,
				   "route %s: you have none: mgm.route_put "
				   "makes one",
				   name);
	case -ENOSPC:
		return call_refuse(
			call, err,
			"route %s: there are too many MFEs, or lists "
			"of oifs, or prefixes: raise limits { routes }, "
			"{ oif-sets } or { prefixes } in the configuration",
			name);
	case -EINVAL:
		if (explain_route(c, route, why))
			return call_refuse(call, err, "route %s: %s", name,
					   why);
		return call_refuse(call, err,
				   "route %s: a group is one of 224.0.0.0/4 "
				   "without 224.0.0.0/24, a source one unicast "
				   "address or any, and oifs are no more than "
				   "limits { oifs } says",
				   name);
	}
	return remote_result(call, err, "route %s", name);
}

int remote_rib_result(struct call *call, int err,
		      const struct mgm_prefix *prefix)
{
	char text[CODEC_PREFIX_TEXT];

	if (!err)
		return 0;
	codec_prefix_text(prefix, text);
	switch (err) {
	case -EINVAL:
		return call_refuse(
			call, err,
			"route to sources in %s: a prefix is of "
			"unicast addresses and has no bits behind its "
			"length, its ifid is not 0, and upstream an "
			"address of a router, of the same family",
			text);
	case -ENOENT:
		return call_refuse(call, err,
				   "route to sources in %s: you have none: "
				   "mgm.rib_get says whose there are",
				   text);
	case -ENOSPC:
		return call_refuse(
			call, err,
			"route to sources in %s: there are too many: "
			"raise limits { rib-routes } in the "
			"configuration",
			text);
	}
	return remote_result(call, err, "route to sources in %s", text);
}

/* --- requests -------------------------------------------------------------- */

int remote_reply_result(struct call *call, const struct remote_client *c,
			int err, uint64_t token, uint32_t iif)
{
	char name[48], why[WHY];

	if (err == -ENOENT)
		return call_refuse(call, err,
				   "request %llu: it has been answered, its "
				   "deadline is over or it is another's: the "
				   "default holds",
				   (unsigned long long)token);
	if (err == -EINVAL && not_owned(c, iif, why))
		return call_refuse(call, err, "request %llu: iif, %s: %s",
				   (unsigned long long)token,
				   interface_name(c->r->mgm, iif, name), why);
	return remote_result(call, err, "request %llu",
			     (unsigned long long)token);
}

/* --- registrations --------------------------------------------------------- */

/* "interface 2 (e2), interface 3 (e3)", as many as there is room for. */
static void list_interfaces(const struct remote_client *c, char *text,
			    size_t size)
{
	struct mgm_interface_info info = {.size = sizeof(info)};
	char name[48];
	size_t at = 0;

	*text = '\0';
	while (!mgm_interface_next(c->r->mgm, info.ifid, &info)) {
		if (!is_on(c, info.ifid))
			continue;
		interface_name(c->r->mgm, info.ifid, name);
		if (at + strlen(name) + 8 > size) {
			strcat(text, ", ...");
			return;
		}
		at += (size_t)sprintf(text + at, "%s%s", at ? ", " : "", name);
	}
}

int remote_deregister_result(struct call *call, const struct remote_client *c,
			     int err)
{
	char list[WHY];

	if (err != -EBUSY)
		return remote_result(call, err, "%s cannot be deregistered",
				     c->name);
	list_interfaces(c, list, sizeof(list));
	return call_refuse(call, err,
			   "%s cannot be deregistered: it is on %s: release "
			   "what it owns, and wait for the handshakes",
			   c->name, *list ? list : "an interface that is gone");
}

int remote_register_result(struct call *call, int err,
			   const struct mgm_registration *r)
{
	char has[32];

	switch (err) {
	case -EINVAL:
		return call_refuse(call, err,
				   "%.32s cannot be registered: protocol is "
				   "not 0, a name has 1 to 15 characters of "
				   "a-z, 0-9 and -, grace_ms is at most %u",
				   r->name, MGM_GRACE_MAX_MS);
	case -ENOENT:
		return call_refuse(call, err,
				   "there is no router %.32s: leave it out, or "
				   "name the one that mgm.hello says",
				   r->router);
	case -EEXIST:
		return call_refuse(call, err,
				   "%.32s cannot be registered as protocol %u, "
				   "component %u: %s is: use another component",
				   r->name, r->protocol, r->component,
				   client_name(call->r->mgm, r->protocol,
					       r->component, has));
	case -ENOSPC:
		return call_refuse(
			call, err,
			"%.32s cannot be registered: there are too "
			"many clients: raise limits { protocols } in "
			"the configuration",
			r->name);
	}
	return remote_result(call, err, "%.32s cannot be registered", r->name);
}
