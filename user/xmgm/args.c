/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Checks of arguments. The daemon checks again, for it has other callers; here
 * the user gets the answer without a daemon, and nothing has happened yet.
 */
#include "xmgm/args.h"

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <arpa/inet.h>

#include "xmgm/words.h"

#include "xmgm/abi.h"

__attribute__((format(printf, 2, 3))) static int refuse(struct args_why *why,
							const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(why->text, sizeof(why->text), format, ap);
	va_end(ap);
	return -EINVAL;
}

static int get_address(const char *text, uint32_t *address,
		       struct args_why *why)
{
	struct in_addr in;

	if (inet_pton(AF_INET, text, &in) != 1)
		return refuse(why,
			      "'%s' is no IPv4 address: give four numbers "
			      "from 0 to 255 with dots between them",
			      text);
	*address = ntohl(in.s_addr);
	return 0;
}

int args_check_group(const char *group, struct args_why *why)
{
	uint32_t a = 0;
	int err;

	err = get_address(group, &a, why);
	if (err)
		return err;
	if (a >> 28 != 14)
		return refuse(why,
			      "'%s' is no multicast group: groups are "
			      "224.0.1.0 to 239.255.255.255",
			      group);
	if (a >> 8 == 0xe00000)
		return refuse(why,
			      "group %s is link-local: 224.0.0.0/24 is never "
			      "forwarded, use 224.0.1.0 or above",
			      group);
	return 0;
}

int args_check_source(const char *source, int any_source, struct args_why *why)
{
	uint32_t a = 0;
	int err;

	if (any_source && !strcmp(source, "*"))
		return 0;
	err = get_address(source, &a, why);
	if (err)
		return err;
	if (a >> 24 == 0 || a >> 24 == 127 || a >> 28 >= 14)
		return refuse(why,
			      "source %s is no unicast address: give the "
			      "sender's own%s",
			      source, any_source ? ", or '*' for any" : "");
	return 0;
}

int args_check_interface(const char *name, struct args_why *why)
{
	const char *p;

	if (!*name)
		return refuse(why, "an interface name is empty");
	if (strlen(name) >= XMGM_IFNAME_LEN)
		return refuse(why,
			      "'%s' is no interface name: it is longer than "
			      "%d characters",
			      name, XMGM_IFNAME_LEN - 1);
	for (p = name; *p; p++) {
		if (*p == '/' || *p == ':' || (unsigned char)*p <= ' ')
			return refuse(why,
				      "'%s' is no interface name: blanks, '/' "
				      "and ':' are not allowed",
				      name);
	}
	if (!strcmp(name, ".") || !strcmp(name, ".."))
		return refuse(why, "'%s' is no interface name", name);
	return 0;
}

/* 1 to max characters of [A-Za-z0-9-] and of also. */
static int is_name(const char *name, size_t max, const char *also)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz"
				      "0123456789-";
	size_t i;

	if (!*name || strlen(name) > max)
		return 0;
	for (i = 0; name[i]; i++) {
		if (!strchr(letters, name[i]) && !strchr(also, name[i]))
			return 0;
	}
	return 1;
}

int args_check_protocol(const char *name, struct args_why *why)
{
	if (!is_name(name, 15, ""))
		return refuse(why,
			      "'%s' is no protocol name: 1 to 15 of a-z, 0-9 "
			      "and '-'; `xmgm show protocols` lists them",
			      name);
	return 0;
}

int args_check_instance(const char *name, struct args_why *why)
{
	if (!is_name(name, XMGM_INSTANCE_LEN - 1,
		     "ABCDEFGHIJKLMNOPQRSTUVWXYZ_"))
		return refuse(why,
			      "'%s' is no instance name: 1 to %d of A-Z, a-z, "
			      "0-9, '-' and '_'",
			      name, XMGM_INSTANCE_LEN - 1);
	return 0;
}

static int check_oifs(const struct args_route *r, struct args_why *why)
{
	size_t i, j;
	int err;

	if (r->to_count > XMGM_SET_OIFS)
		return refuse(why, "%zu interfaces after 'to', at most %d",
			      r->to_count, XMGM_SET_OIFS);
	for (i = 0; i < r->to_count; i++) {
		err = args_check_interface(r->to[i], why);
		if (err)
			return err;
		if (!strcmp(r->to[i], r->from))
			return refuse(why,
				      "%s is both where the packets come from "
				      "and where they go: name other "
				      "interfaces after 'to'",
				      r->from);
		for (j = 0; j < i; j++) {
			if (!strcmp(r->to[i], r->to[j]))
				return refuse(why,
					      "%s is named twice after 'to'",
					      r->to[i]);
		}
	}
	return 0;
}

int args_get_route(const char *const *words, size_t count,
		   struct args_route *route, struct args_why *why)
{
	int err;

	if (count < 3 || !words_begins(words[2], "from"))
		return refuse(why, "'from' is missing after the group");
	if (count < 5 || !words_begins(words[4], "to"))
		return refuse(why, "'to' is missing after the interface the "
				   "packets come from");
	if (count < 6)
		return refuse(why, "no interface after 'to'");
	route->source = words[0];
	route->group = words[1];
	route->from = words[3];
	route->to = words + 5;
	route->to_count = count - 5;
	err = args_check_source(route->source, 1, why);
	if (!err)
		err = args_check_group(route->group, why);
	if (!err)
		err = args_check_interface(route->from, why);
	if (!err)
		err = check_oifs(route, why);
	return err;
}
