/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which interfaces are attached to the data plane: those that the configuration
 * or a command names, and those that were found attached. Attachments are kept
 * by name, so that an interface that is made anew is attached anew. A VLAN has
 * its trunk attached, and is there as long as it is to be attached (vlans.c).
 */
#include "daemon.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/log.h"

/* A program that others take off is attached again, within these bounds:
 * whoever means it must not be fought for ever. */
#define TAKEN_OFF_MAX 5
#define TAKEN_OFF_MS  600000

static struct attachment *attachment_find(const struct router *r,
					  const char *name)
{
	struct attachment *a;

	for (a = r->attachments; a; a = a->next)
		if (!strcmp(a->name, name))
			return a;
	return NULL;
}

const struct attachment *attaching_find(const struct router *r,
					const char *name)
{
	return attachment_find(r, name);
}

static void want_link(struct router *r, const char *name)
{
	const struct config_interface *config =
		config_interface(r->d->config, name);
	const struct proto_address *addresses = NULL;
	size_t count = 0;

	if (config) {
		addresses = config->addresses.item;
		count = config->addresses.count;
	}
	if (links_want(&r->d->links, name, addresses, count))
		log_error("no memory for VLAN %s", name);
}

/* One that is there has another mode from now on. NULL: no memory. */
static struct attachment *attachment_get(struct router *r, const char *name,
					 enum plane_mode mode)
{
	struct attachment *a = attachment_find(r, name);

	if (!a) {
		a = calloc(1, sizeof(*a));
		if (!a)
			return NULL;
		snprintf(a->name, sizeof(a->name), "%s", name);
		a->next = r->attachments;
		r->attachments = a;
	}
	a->mode = mode;
	want_link(r, name);
	return a;
}

static void attachment_free(struct router *r, struct attachment *a)
{
	struct attachment **at = &r->attachments;

	while (*at && *at != a)
		at = &(*at)->next;
	if (*at)
		*at = a->next;
	free(a->error);
	free(a);
}

static void attachment_drop(struct router *r, struct attachment *a)
{
	links_unwant(&r->d->links, a->name);
	attachment_free(r, a);
}

static uint32_t carrier_of(const struct link *link)
{
	return link->trunk ? link->trunk : link->ifindex;
}

/* Is another to be attached by the same netdev? */
static bool has_companion(const struct router *r, const struct attachment *a,
			  uint32_t carrier)
{
	const struct attachment *other;
	const struct link *link;

	for (other = r->attachments; other; other = other->next) {
		link = links_by_name(&r->d->links, other->name);
		if (other != a && link && carrier_of(link) == carrier)
			return true;
	}
	return false;
}

bool attaching_is(const struct router *r, const struct link *link)
{
	const struct link *carrier = links_carrier(&r->d->links, link);
	const struct attachment *a = attachment_find(r, link->name);

	if (!a && carrier)
		a = attachment_find(r, carrier->name);
	return a && !a->error;
}

/* An earlier version had attached the netdev of a VLAN itself. */
static void leave_netdev(struct router *r, const struct link *link)
{
	struct plane_port_info port;
	const char *why = "";

	if (!link_is_netdev(link) ||
	    plane_port_get(r->plane, link->ifindex, &port) ||
	    port.mode == XMGM_MODE_NONE)
		return;
	if (plane_detach(r->plane, link->ifindex, &why))
		log_warn("%s", why);
}

/* A failure is a problem of the interface, which is told as such. */
static void attach_now(struct router *r, struct attachment *a,
		       const struct link *link)
{
	const char *why = "";

	free(a->error);
	a->error = NULL;
	if (link->trunk)
		leave_netdev(r, link);
	if (plane_attach(r->plane, carrier_of(link), a->mode, &why))
		a->error = strdup(why);
	else if (!link->trunk)
		ports_members(r, link->ifindex);
	router_settle(r);
}

/* Somebody attached it, who is as good as a command. */
static void keep_found(struct router *r, struct attachment *a)
{
	const struct said_value value = {.mode = a->mode};
	struct said_key key = said_attach_key(a->name);

	a->by_command = true;
	commands_note(r->d, &key, &value);
}

void attaching_appeared(struct router *r, const struct link *link)
{
	struct attachment *a = attachment_find(r, link->name);
	struct plane_port_info port;

	if (a) {
		a->taken_off = 0; /* of another netdev of that name */
		attach_now(r, a, link);
		return;
	}
	if (!link_is_netdev(link) ||
	    plane_port_get(r->plane, link->ifindex, &port) ||
	    port.mode == XMGM_MODE_NONE ||
	    has_companion(r, NULL, link->ifindex))
		return;
	a = attachment_get(r, link->name, PLANE_AUTO);
	if (a && r->running)
		keep_found(r, a);
	else if (a)
		a->found = true;
}

/* Counts; false: it has happened too often, a person has to look. */
static bool may_attach_again(struct attachment *a)
{
	uint64_t now = daemon_now_ms();

	if (!a->taken_off || now - a->taken_off_since_ms > TAKEN_OFF_MS) {
		a->taken_off = 0;
		a->taken_off_since_ms = now;
	}
	return ++a->taken_off <= TAKEN_OFF_MAX;
}

static void give_up(struct router *r, struct attachment *a)
{
	static const char format[] =
		"not attached: its XDP program was taken off %d times within "
		"ten minutes: find out by whom, then `%s attach %s`";

	free(a->error);
	if (asprintf(&a->error, format, a->taken_off, r->d->command, a->name) <
	    0)
		a->error = NULL;
	router_settle(r);
}

static void attach_taken_off(struct router *r, struct attachment *a,
			     const struct link *link)
{
	if (!may_attach_again(a)) {
		give_up(r, a);
		return;
	}
	log_warn("%s: its XDP program was taken off, not by xmgm: attaching "
		 "it again (`%s detach %s` ends that)",
		 a->name, r->d->command, a->name);
	attach_now(r, a, link);
}

/*
 * Ours may have been taken off, or what was in its way. What was detached by
 * xmgm, without asking us, is neither.
 */
void attaching_program(struct router *r, const struct link *carrier)
{
	struct plane_port_info port;
	const struct link *link;
	struct attachment *a;

	for (a = r->attachments; a; a = a->next) {
		link = links_by_name(&r->d->links, a->name);
		if (!link || carrier_of(link) != carrier->ifindex ||
		    plane_port_get(r->plane, carrier->ifindex, &port) ||
		    port.mode != XMGM_MODE_NONE)
			continue;
		if (port.taken_off)
			attach_taken_off(r, a, link);
		else if (a->error)
			attach_now(r, a, link);
	}
}

/*
 * What was attached by command stays attached under its new name, which is
 * found when that appears; nobody waits for the old one.
 */
static void follow_rename(struct router *r, const char *old)
{
	struct attachment *a = attachment_find(r, old);
	struct said_key key = said_attach_key(old);

	if (!a)
		return;
	a->by_command = false;
	if (a->by_config)
		return;
	commands_note(r->d, &key, NULL);
	attachment_drop(r, a);
}

void attaching_gone(struct router *r, const struct link *link)
{
	if (!link->renamed)
		ports_gone(r, link);
	else
		follow_rename(r, link->name);
}

void attaching_free(struct router *r)
{
	while (r->attachments)
		attachment_free(r, r->attachments);
}

/* Unless others are attached by the same netdev. */
static int detach_now(struct router *r, const struct attachment *a,
		      const char **error)
{
	struct link *link = links_by_name(&r->d->links, a->name);

	router_settle(r);
	if (!link || has_companion(r, a, carrier_of(link)))
		return 0;
	return plane_detach(r->plane, carrier_of(link), error);
}

/* Which of those that are there, and new ones, are to be attached, and how. */
static struct attachment *want(struct router *r, const char *name,
			       enum plane_mode mode)
{
	struct attachment *a = attachment_get(r, name, mode);

	if (!a) {
		log_error("no memory to attach %s", name);
		return NULL;
	}
	a->taken_off = 0;
	return a;
}

static void want_configured(struct router *r)
{
	const struct proto_config *proto = &r->d->config->proto;
	const struct said *said;
	enum plane_mode mode;
	struct attachment *a;
	struct said_key key;
	size_t i;

	for (i = 0; i < proto->interface_count; i++) {
		key = said_attach_key(proto->interfaces[i].name);
		said = said_find(&r->d->said, &key);
		if (said && said->removed)
			continue;
		mode = (enum plane_mode)r->d->config->interfaces[i].mode;
		a = want(r, key.interface,
			 said ? (enum plane_mode)said->mode : mode);
		if (a)
			a->by_config = true;
	}
}

static void want_said(struct router *r)
{
	struct hash_node *n, *tmp;
	struct attachment *a;
	uint32_t i;

	hash_for_each_safe(&r->d->said, n, tmp, i) {
		const struct said *said = hash_entry(n, struct said, node);

		if (said->kind != SAID_ATTACH || said->removed)
			continue;
		a = want(r, said_word(said, 0), (enum plane_mode)said->mode);
		if (a)
			a->by_command = true;
	}
}

/*
 * Nobody names it any more. What was found attached at start belongs to
 * somebody, unless the configuration of the run before had attached it, or a
 * VLAN of it.
 */
static void configure_unwanted(struct router *r, struct attachment *a)
{
	const struct link *link = links_by_name(&r->d->links, a->name);
	const bool carries = link && has_companion(r, a, carrier_of(link));
	const char *why = "";

	if (a->found && !carries && !commands_attached(r->d, a->name)) {
		keep_found(r, a);
		return;
	}
	if (detach_now(r, a, &why))
		log_warn("%s", why);
	attachment_drop(r, a);
}

void attaching_configure(struct router *r)
{
	struct attachment *a, *next;
	struct link *link;

	for (a = r->attachments; a; a = a->next)
		a->by_config = a->by_command = false;
	want_configured(r);
	want_said(r);
	for (a = r->attachments; a; a = next) {
		next = a->next;
		link = links_by_name(&r->d->links, a->name);
		if (!a->by_config && !a->by_command)
			configure_unwanted(r, a);
		else if (link)
			attach_now(r, a, link);
	}
	for (a = r->attachments; a; a = a->next)
		a->found = false;
	commands_attached_free(r->d);
}

/* *is_new: drop it again if it cannot be attached. */
static struct attachment *find_or_make(struct router *r, const char *name,
				       enum plane_mode mode, bool *is_new)
{
	struct attachment *a = attachment_find(r, name);

	*is_new = !a;
	return a ? a : attachment_get(r, name, mode);
}

static int refuse_absent(const struct router *r, const char *name,
			 const char **error)
{
	static char sentence[128 + LINK_WHY];
	char why[LINK_WHY];

	links_why_not(&r->d->links, name, why);
	snprintf(sentence, sizeof(sentence),
		 "there is no interface %s to attach: %s", name, why);
	*error = sentence;
	return -ENODEV;
}

static int attach_link(struct router *r, struct attachment *a,
		       enum plane_mode mode, const char **error)
{
	const struct link *link = links_by_name(&r->d->links, a->name);
	int err;

	if (!link || link->loopback)
		return refuse_absent(r, a->name, error);
	if (link->trunk)
		leave_netdev(r, link);
	err = plane_attach(r->plane, carrier_of(link), mode, error);
	router_settle(r);
	if (err)
		return err;
	a->mode = mode;
	a->by_command = true;
	a->taken_off = 0;
	free(a->error);
	a->error = NULL;
	ports_changed(r, link);
	if (!link->trunk)
		ports_members(r, link->ifindex);
	return 0;
}

static int attach_by_command(struct router *r, const char *name,
			     enum plane_mode mode, const char **error)
{
	struct said_key key = said_attach_key(name);
	struct said_value value = {.protocol = "", .mode = mode};
	static char sentence[128];
	struct attachment *a;
	bool is_new;
	int err;

	*error = sentence;
	a = find_or_make(r, name, mode, &is_new);
	if (!a) {
		snprintf(sentence, sizeof(sentence), "no memory to attach %s",
			 name);
		return -ENOMEM;
	}
	err = attach_link(r, a, mode, error);
	if (err) {
		if (is_new)
			attachment_drop(r, a);
		return err;
	}
	return commands_say(r->d, &key, &value, error);
}

int attaching_attach(struct router *r, const char *name, enum plane_mode mode,
		     const char **error)
{
	int err = commands_reserve(r->d, XMGM_IFNAME_LEN, error);

	if (err)
		return err;
	err = attach_by_command(r, name, mode, error);
	commands_release(r->d, XMGM_IFNAME_LEN);
	return err;
}

static int detach_by_command(struct router *r, const char *name,
			     const char **error)
{
	struct attachment *a = attachment_find(r, name);
	struct said_key key = said_attach_key(name);
	static char sentence[128];
	int err;

	*error = sentence;
	if (!a) {
		snprintf(sentence, sizeof(sentence),
			 "%s is not attached: `xmgm show interfaces` says "
			 "which are",
			 name);
		return -ENOENT;
	}
	err = detach_now(r, a, error);
	if (err && err != -ENOENT)
		return err;
	err = commands_say(r->d, &key, NULL, error);
	attachment_drop(r, a);
	return err;
}

int attaching_detach(struct router *r, const char *name, const char **error)
{
	int err = commands_reserve(r->d, XMGM_IFNAME_LEN, error);

	if (err)
		return err;
	err = detach_by_command(r, name, error);
	commands_release(r->d, XMGM_IFNAME_LEN);
	return err;
}
