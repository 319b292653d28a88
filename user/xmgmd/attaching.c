/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which interfaces are attached to the data plane: those that the configuration
 * or a command names, and those that were found attached. Attachments are kept
 * by name, so that an interface that is made anew is attached anew.
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

static struct attachment *attachment_get(struct router *r, const char *name)
{
	struct attachment *a = attachment_find(r, name);

	if (a)
		return a;
	a = calloc(1, sizeof(*a));
	if (!a)
		return NULL;
	snprintf(a->name, sizeof(a->name), "%s", name);
	a->next = r->attachments;
	r->attachments = a;
	return a;
}

static void attachment_drop(struct router *r, struct attachment *a)
{
	struct attachment **at = &r->attachments;

	while (*at && *at != a)
		at = &(*at)->next;
	if (*at)
		*at = a->next;
	free(a->error);
	free(a);
}

/* A failure is a problem of the interface, which is told as such. */
static void attach_now(struct router *r, struct attachment *a,
		       const struct link *link)
{
	const char *why = "";

	free(a->error);
	a->error = NULL;
	if (plane_attach(r->plane, link->ifindex, a->mode, &why))
		a->error = strdup(why);
	else
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
	if (plane_port_get(r->plane, link->ifindex, &port) ||
	    port.mode == XMGM_MODE_NONE)
		return;
	a = attachment_get(r, link->name);
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
void attaching_program(struct router *r, const struct link *link)
{
	struct attachment *a = attachment_find(r, link->name);
	struct plane_port_info port;

	if (!a || plane_port_get(r->plane, link->ifindex, &port) ||
	    port.mode != XMGM_MODE_NONE)
		return;
	if (port.taken_off)
		attach_taken_off(r, a, link);
	else if (a->error)
		attach_now(r, a, link);
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
		attachment_drop(r, r->attachments);
}

static int detach_now(struct router *r, const char *name, const char **error)
{
	struct link *link = links_by_name(&r->d->links, name);

	router_settle(r);
	return link ? plane_detach(r->plane, link->ifindex, error) : 0;
}

/* Which of those that are there, and new ones, are to be attached, and how. */
static struct attachment *want(struct router *r, const char *name,
			       enum plane_mode mode)
{
	struct attachment *a = attachment_get(r, name);

	if (!a) {
		log_error("no memory to attach %s", name);
		return NULL;
	}
	a->mode = mode;
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
 * somebody, unless the configuration of the run before had attached it.
 */
static void configure_unwanted(struct router *r, struct attachment *a)
{
	const char *why = "";

	if (a->found && !commands_attached(r->d, a->name)) {
		keep_found(r, a);
		return;
	}
	if (detach_now(r, a->name, &why))
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

static int attach_by_command(struct router *r, const char *name,
			     enum plane_mode mode, const char **error)
{
	struct link *link = links_by_name(&r->d->links, name);
	struct said_key key = said_attach_key(name);
	struct said_value value = {.protocol = ""};
	static char sentence[128];
	struct attachment *a;
	bool is_new;
	int err;

	*error = sentence;
	if (!link || link->loopback) {
		snprintf(sentence, sizeof(sentence),
			 "there is no interface %s to attach: see `ip link`",
			 name);
		return -ENODEV;
	}
	is_new = !attachment_find(r, name);
	a = attachment_get(r, name);
	if (!a) {
		snprintf(sentence, sizeof(sentence), "no memory to attach %s",
			 name);
		return -ENOMEM;
	}
	if (is_new)
		a->mode = mode;
	err = plane_attach(r->plane, link->ifindex, mode, error);
	router_settle(r);
	if (err) {
		if (is_new)
			attachment_drop(r, a);
		return err;
	}
	a->mode = mode;
	a->by_command = true;
	a->taken_off = 0;
	free(a->error);
	a->error = NULL;
	ports_link(r, link);
	ports_members(r, link->ifindex);
	value.mode = mode;
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
	err = detach_now(r, name, error);
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
