/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Checks of arguments. The daemon checks again, for it has other callers; here
 * the user gets the answer without a daemon, and nothing has happened yet.
 */
#include "xmgm/args.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

int args_check_group(const char *group, struct args_why *why)
{
	struct mgm_address address;

	return argument_group(group, &address, why->text);
}

int args_check_joined(const char *group, const char *source,
		      struct args_why *why)
{
	struct mgm_sg sg;
	int err = argument_joined_group(group, &sg.group, why->text);

	if (!err)
		err = argument_joined_source(source, &sg.source, why->text);
	return err ? err : argument_joined(&sg, why->text);
}

int args_check_routed(const char *source, const char *group,
		      struct args_why *why)
{
	struct mgm_sg sg;

	return argument_route(source, group, &sg, why->text);
}

int args_check_source(const char *source, int any_source, struct args_why *why)
{
	struct mgm_address address;

	return argument_source(source, any_source, &address, why->text);
}

int args_check_interface(const char *name, struct args_why *why)
{
	return argument_interface(name, why->text);
}

int args_check_prefix(const char *prefix, struct args_why *why)
{
	struct mgm_prefix parsed;

	return argument_prefix(prefix, &parsed, why->text);
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
	err = args_check_routed(route->source, route->group, why);
	if (!err)
		err = args_check_interface(route->from, why);
	if (!err)
		err = check_oifs(route, why);
	return err;
}

static int get_distance(const char *word, int *distance, struct args_why *why)
{
	unsigned long number;
	char *end;

	errno = 0;
	number = strtoul(word, &end, 10);
	if (*word < '0' || *word > '9' || *end || errno || number > 255)
		return refuse(why,
			      "'%.40s' is no distance: give a number from 0 to "
			      "255",
			      word);
	*distance = (int)number;
	return 0;
}

static int get_rpf_word(const char *key, const char *word, struct args_rpf *rpf,
			struct args_why *why)
{
	struct mgm_address via;

	if (words_begins(key, "via") && !rpf->via) {
		rpf->via = word;
		return argument_via(word, &via, why->text);
	}
	if (words_begins(key, "dev") && !rpf->dev) {
		rpf->dev = word;
		return args_check_interface(word, why);
	}
	if (words_begins(key, "distance") && rpf->distance < 0)
		return get_distance(word, &rpf->distance, why);
	return refuse(why,
		      "'%.40s' is not expected here: after the prefix come via "
		      "ADDRESS, dev IFACE and distance N, each once",
		      key);
}

int args_get_rpf(const char *const *words, size_t count, struct args_rpf *rpf,
		 struct args_why *why)
{
	size_t i;
	int err = args_check_prefix(words[0], why);

	*rpf = (struct args_rpf){.prefix = words[0], .distance = -1};
	for (i = 1; !err && i < count; i += 2) {
		if (i + 1 == count)
			return refuse(why, "nothing follows '%.40s'", words[i]);
		err = get_rpf_word(words[i], words[i + 1], rpf, why);
	}
	if (!err && !rpf->via && !rpf->dev)
		return refuse(why, "neither via ADDRESS nor dev IFACE says "
				   "where the packets come from");
	return err;
}
