/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What commands have said, one statement a line, words by single blanks:
 *
 *   route SOURCE GROUP OVER from IIF to OIF...
 *   join INTERFACE GROUP SOURCE OVER
 *   owner INTERFACE OVER PROTOCOL
 *   attach INTERFACE OVER MODE
 *   rpf PREFIX OVER via ADDRESS dev INTERFACE distance NUMBER ("-": none)
 *
 * OVER is the digest of the file's statement it was made over, 0 if there was
 * none. `removed` instead of what follows OVER (for a join: behind it) says
 * that a command has taken it away, and `forget` instead of OVER that nothing
 * is said of it any more. A later line replaces an earlier one.
 */
#include "said.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "said_internal.h"
#include "lib/address.h"
#include "xmgmd/check.h"

#define BLANKS " \n"

static const char *const kinds[SAID_KINDS] = {
	[SAID_ROUTE] = "route",	  [SAID_JOIN] = "join", [SAID_OWNER] = "owner",
	[SAID_ATTACH] = "attach", [SAID_RPF] = "rpf",
};

static const char *const modes[] = {PLANE_MODE_NAMES};

#define MODES (sizeof(modes) / sizeof(modes[0]))

/* --- writing -------------------------------------------------------- */

static void write_key(FILE *file, const struct said_key *key)
{
	char source[ADDRESS_PREFIX_TEXT], group[ADDRESS_PREFIX_TEXT];
	char prefix[ADDRESS_PREFIX_TEXT];

	address_prefix_name(&key->sg.source.address, key->sg.source.length,
			    source);
	address_prefix_name(&key->sg.group.address, key->sg.group.length,
			    group);
	if (key->kind == SAID_ROUTE)
		fprintf(file, "route %s %s", source, group);
	else if (key->kind == SAID_JOIN)
		fprintf(file, "join %s %s %s", key->interface, group, source);
	else if (key->kind == SAID_RPF)
		fprintf(file, "rpf %s",
			address_prefix_text(&key->sg.source.address,
					    key->sg.source.length, prefix));
	else
		fprintf(file, "%s %s", kinds[key->kind], key->interface);
}

static void write_value(FILE *file, const struct said *said)
{
	const char *oif;

	switch (said->kind) {
	case SAID_ROUTE:
		fprintf(file, " from %s to", said_word(said, 0));
		oif = said_word(said, 1);
		for (; *oif; oif = said_next_word(oif))
			fprintf(file, " %s", oif);
		break;
	case SAID_OWNER:
		fprintf(file, " %s", said_word(said, 1));
		break;
	case SAID_ATTACH:
		fprintf(file, " %s", modes[said->mode]);
		break;
	case SAID_RPF:
		fprintf(file, " via %s dev %s distance %s", said_word(said, 0),
			said_word(said, 1), said_word(said, 2));
		break;
	default:
		break;
	}
}

void said_write(FILE *file, const struct hash *table,
		const struct said_key *key)
{
	const struct said *said = said_find(table, key);

	write_key(file, key);
	if (!said) {
		fputs(" forget", file);
		return;
	}
	fprintf(file, " %016" PRIx64, said->over);
	if (said->removed)
		fputs(" removed", file);
	else
		write_value(file, said);
}

/* --- reading -------------------------------------------------------- */

static char *word(char **at)
{
	char *found = strtok_r(NULL, BLANKS, at);

	return found ? found : (char *)(uintptr_t) "";
}

static int read_key(struct said_key *key, const char *kind, char **at)
{
	struct mgm_sg sg = MGM_SG_ANY;
	char why[CHECK_WHY];
	const char *name;
	int err = 0;
	int i;

	for (i = 0; i < SAID_KINDS && strcmp(kinds[i], kind); i++)
		;
	if (i == SAID_KINDS)
		return -EINVAL;
	if (i == SAID_ROUTE) {
		name = word(at);
		err = check_routed(name, word(at), &sg, why);
		*key = said_route_key(sg);
		return err;
	}
	if (i == SAID_RPF) {
		err = check_prefix(word(at), &sg.source, why);
		*key = said_rpf_key(&sg.source);
		return err;
	}
	name = word(at);
	if (check_name(name, why))
		return -EINVAL;
	if (i == SAID_JOIN) {
		err = check_joined_group(word(at), &sg.group, why);
		if (!err)
			err = check_joined_source(word(at), &sg.source, why);
		if (!err)
			err = check_joined(&sg, why);
	}
	*key = i == SAID_JOIN	 ? said_join_key(name, sg)
	       : i == SAID_OWNER ? said_owner_key(name)
				 : said_attach_key(name);
	return err;
}

/* "from IIF to OIF...", of which next is the first word. */
static int read_route(struct proto_route_config *route, const char *next,
		      char **at)
{
	char(*to)[XMGM_IFNAME_LEN], why[CHECK_WHY];
	const char *from = word(at);
	size_t room;

	if (strcmp(next, "from") || check_name(from, why) ||
	    strcmp(word(at), "to") || !*at)
		return -EINVAL;
	snprintf(route->from, sizeof(route->from), "%s", from);
	room = strlen(*at) / 2 + 1; /* a letter and a blank each */
	to = calloc(room, sizeof(*to));
	if (!to)
		return -ENOMEM;
	route->to = (const char(*)[XMGM_IFNAME_LEN])to;
	for (next = word(at); *next; next = word(at)) {
		if (check_name(next, why) || route->to_count == room)
			return -EINVAL;
		snprintf(to[route->to_count++], XMGM_IFNAME_LEN, "%s", next);
	}
	return check_route(route, why);
}

/* "via ADDRESS dev INTERFACE distance NUMBER", next as above. */
static int read_rpf(struct proto_rpf_config *rpf, const char *next, char **at)
{
	const char *via = word(at), *dev;
	unsigned long distance;
	char why[CHECK_WHY], *end;

	rpf->via = MGM_ADDRESS_V4_ANY;
	if (strcmp(next, "via") ||
	    (strcmp(via, "-") && check_via(via, &rpf->via, why)) ||
	    strcmp(word(at), "dev"))
		return -EINVAL;
	dev = word(at);
	if (strcmp(dev, "-")) {
		if (check_name(dev, why))
			return -EINVAL;
		snprintf(rpf->dev, sizeof(rpf->dev), "%s", dev);
	}
	if (strcmp(word(at), "distance"))
		return -EINVAL;
	next = word(at);
	distance = strtoul(next, &end, 10);
	if (!*next || *end || distance > 255)
		return -EINVAL;
	rpf->distance = (uint8_t)distance;
	return check_rpf(rpf, why);
}

static int read_value(const struct said_key *key, struct said_value *value,
		      const char *next, char **at)
{
	size_t mode;

	switch (key->kind) {
	case SAID_ROUTE:
		value->route.sg = key->sg;
		return read_route(&value->route, next, at);
	case SAID_OWNER:
		if (!*next || strlen(next) >= sizeof(value->protocol))
			return -EINVAL;
		strcpy(value->protocol, next);
		return 0;
	case SAID_RPF:
		value->rpf.prefix = key->sg.source;
		return read_rpf(&value->rpf, next, at);
	case SAID_ATTACH:
		for (mode = 0; mode < MODES && strcmp(modes[mode], next);)
			mode++;
		value->mode = (enum plane_mode)mode;
		return mode < MODES ? 0 : -EINVAL;
	default:
		return *next ? -EINVAL : 0;
	}
}

int said_read(struct hash *table, char *line)
{
	struct said_value value = {.protocol = ""};
	char *at = NULL, *kind = strtok_r(line, BLANKS, &at), *end;
	struct said_key key;
	struct said *said;
	const char *text;
	uint64_t over;
	int err = kind ? read_key(&key, kind, &at) : -EINVAL;

	if (err)
		return err;
	text = word(&at);
	if (!strcmp(text, "forget")) {
		said = said_find(table, &key);
		if (said)
			said_drop(table, said);
		return 0;
	}
	over = strtoull(text, &end, 16);
	if (!*text || *end)
		return -EINVAL;
	text = word(&at);
	if (!strcmp(text, "removed"))
		return over ? said_set(table, &key, NULL, over) : -EINVAL;
	err = read_value(&key, &value, text, &at);
	if (!err)
		err = said_set(table, &key, &value, over);
	free((void *)(uintptr_t)value.route.to);
	return err;
}
