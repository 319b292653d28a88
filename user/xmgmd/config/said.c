/* SPDX-License-Identifier: GPL-2.0-only */
/* See said.h. The lines are said_line.c's. */
#include "said.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "said_internal.h"
#include "xmgmd/check.h"

/* --- keys ----------------------------------------------------------- */

static struct said_key key_of(enum said_kind kind, const char *interface,
			      struct mgm_sg sg)
{
	struct said_key key;

	memset(&key, 0, sizeof(key)); /* it is hashed with its padding */
	key.kind = kind;
	key.sg = sg;
	snprintf(key.interface, sizeof(key.interface), "%s", interface);
	return key;
}

struct said_key said_route_key(struct mgm_sg sg)
{
	return key_of(SAID_ROUTE, "", sg);
}

struct said_key said_join_key(const char *interface, struct mgm_sg sg)
{
	return key_of(SAID_JOIN, interface, sg);
}

struct said_key said_owner_key(const char *interface)
{
	return key_of(SAID_OWNER, interface, MGM_SG_ANY);
}

struct said_key said_attach_key(const char *interface)
{
	return key_of(SAID_ATTACH, interface, MGM_SG_ANY);
}

const char *said_name(const struct said_key *key, char buffer[SAID_NAME])
{
	char sg[CHECK_SG];

	if (key->kind == SAID_ROUTE)
		snprintf(buffer, SAID_NAME, "mroute %s",
			 check_sg_name(key->sg, sg));
	else if (key->kind == SAID_JOIN)
		snprintf(buffer, SAID_NAME, "join %s %s", key->interface,
			 check_sg_name(key->sg, sg));
	else
		snprintf(buffer, SAID_NAME, "%s %s",
			 key->kind == SAID_OWNER ? "owner of" : "interface",
			 key->interface);
	return buffer;
}

/* --- statements ----------------------------------------------------- */

#define FNV_START 0xcbf29ce484222325u
#define FNV_PRIME 0x100000001b3u

static uint64_t digest_text(const char *text)
{
	uint64_t digest = FNV_START;

	while (*text)
		digest = (digest ^ (uint8_t)*text++) * FNV_PRIME;
	digest ^= digest >> 29;
	return digest * FNV_PRIME;
}

/* Never 0. The order of oifs does not count. */
static uint64_t digest_route(const struct proto_route_config *route)
{
	uint64_t digest = digest_text(route->from) * 3;
	size_t i;

	for (i = 0; i < route->to_count; i++)
		digest += digest_text(route->to[i]);
	return digest ? digest : 1;
}

static uint64_t digest_value(enum said_kind kind,
			     const struct said_value *value)
{
	switch (kind) {
	case SAID_ROUTE:
		return digest_route(&value->route);
	case SAID_OWNER:
		return digest_text(value->protocol) | 1;
	case SAID_ATTACH:
		return (uint64_t)value->mode + 1;
	default:
		return 1;
	}
}

/* What the file says about it; 0: nothing. */
static uint64_t file_statement(const struct config *config,
			       const struct said_key *key)
{
	const struct proto_route_config *route;
	const struct config_interface *interface;
	struct proto_join_config join = {.sg = key->sg};

	switch (key->kind) {
	case SAID_ROUTE:
		route = config_route(config, key->sg);
		return route ? digest_route(route) : 0;
	case SAID_JOIN:
		memcpy(join.interface, key->interface, sizeof(join.interface));
		return config_join(config, &join);
	case SAID_ATTACH:
		interface = config_interface(config, key->interface);
		return interface ? (uint64_t)interface->mode + 1 : 0;
	default:
		return 0;
	}
}

/* --- the table ------------------------------------------------------ */

struct said *said_find(const struct hash *table, const struct said_key *key)
{
	struct hash_node *n;
	struct said *said;

	for (n = hash_first(table, hash_bytes(key, sizeof(*key))); n;
	     n = hash_next(n)) {
		said = hash_entry(n, struct said, node);
		if (!memcmp(&said->key, key, sizeof(*key)))
			return said;
	}
	return NULL;
}

void said_drop(struct hash *table, struct said *said)
{
	hash_remove(table, &said->node);
	free((void *)(uintptr_t)said->what.route.to);
	free(said);
}

void said_clear(struct hash *table)
{
	struct hash_node *n, *tmp;
	uint32_t i;

	hash_for_each_safe(table, n, tmp, i)
		said_drop(table, hash_entry(n, struct said, node));
	hash_clear(table);
}

static struct said *said_get(struct hash *table, const struct said_key *key)
{
	struct said *said = said_find(table, key);

	if (said)
		return said;
	said = calloc(1, sizeof(*said));
	if (!said)
		return NULL;
	said->key = *key;
	if (!hash_insert(table, &said->node, hash_bytes(key, sizeof(*key))))
		return said;
	free(said);
	return NULL;
}

/* A copy of the oifs, which the value owns from here; NULL: no memory. */
static const char (
	*copy_oifs(const struct proto_route_config *route))[XMGM_IFNAME_LEN]
{
	char(*to)[XMGM_IFNAME_LEN] = calloc(route->to_count + 1, sizeof(*to));

	if (to && route->to_count)
		memcpy(to, route->to, route->to_count * sizeof(*to));
	return (const char(*)[XMGM_IFNAME_LEN])to;
}

int said_set(struct hash *table, const struct said_key *key,
	     const struct said_value *value, uint64_t over)
{
	const char(*to)[XMGM_IFNAME_LEN] = NULL;
	struct said *said;

	if (value && key->kind == SAID_ROUTE) {
		to = copy_oifs(&value->route);
		if (!to)
			return -ENOMEM;
	}
	said = said_get(table, key);
	if (!said) {
		free((void *)(uintptr_t)to);
		return -ENOMEM;
	}
	free((void *)(uintptr_t)said->what.route.to);
	memset(&said->what, 0, sizeof(said->what));
	said->removed = !value;
	said->value = value ? digest_value(key->kind, value) : 0;
	said->over = over;
	if (value)
		said->what = *value;
	said->what.route.to = to;
	return 0;
}

/* --- the rule ------------------------------------------------------- */

int said_command(struct hash *table, const struct config *config,
		 const struct said_key *key, const struct said_value *value)
{
	struct said *said = said_find(table, key);
	uint64_t file = file_statement(config, key);
	bool restores = value && said && file && said->value != file &&
			digest_value(key->kind, value) == file;

	if (restores || (!value && !file)) {
		if (said)
			said_drop(table, said);
		return 0;
	}
	return said_set(table, key, value, file);
}

void said_configure(struct hash *table, const struct config *config)
{
	struct hash_node *n, *tmp;
	uint64_t file;
	uint32_t i;

	hash_for_each_safe(table, n, tmp, i) {
		struct said *said = hash_entry(n, struct said, node);

		file = file_statement(config, &said->key);
		if (file == said->over)
			continue;
		if (!file && !said->removed && said->value == said->over)
			said->over = 0; /* a second reason remains */
		else
			said_drop(table, said);
	}
}

enum said_origin said_origin(const struct hash *table,
			     const struct said_key *key)
{
	const struct said *said = said_find(table, key);

	if (!said || said->removed)
		return SAID_BY_FILE;
	return said->over == said->value ? SAID_BY_BOTH : SAID_BY_COMMAND;
}

bool said_overrides(const struct said *said)
{
	return said->over && said->over != said->value;
}

/* --- laid over the file --------------------------------------------- */

struct overlay {
	struct proto_route_config *routes;
	struct proto_join_config *joins;
	size_t route_count, join_count;
};

static void overlay_file(const struct hash *table,
			 const struct proto_config *file, struct overlay *out)
{
	const struct said *said;
	struct said_key key;
	size_t i;

	for (i = 0; i < file->route_count; i++) {
		key = said_route_key(file->routes[i].sg);
		said = said_find(table, &key);
		if (!said || !said->removed)
			out->routes[out->route_count++] =
				said ? said->what.route : file->routes[i];
	}
	for (i = 0; i < file->join_count; i++) {
		key = said_join_key(file->joins[i].interface,
				    file->joins[i].sg);
		said = said_find(table, &key);
		if (!said || !said->removed)
			out->joins[out->join_count++] = file->joins[i];
	}
}

/* What the file does not speak of. */
static void overlay_said(const struct hash *table, struct overlay *out)
{
	struct proto_join_config *join;
	struct hash_node *n, *tmp;
	uint32_t i;

	hash_for_each_safe(table, n, tmp, i) {
		const struct said *said = hash_entry(n, struct said, node);

		if (said->over || said->removed)
			continue;
		if (said->key.kind == SAID_ROUTE) {
			out->routes[out->route_count++] = said->what.route;
		} else if (said->key.kind == SAID_JOIN) {
			join = &out->joins[out->join_count++];
			join->sg = said->key.sg;
			memcpy(join->interface, said->key.interface,
			       sizeof(join->interface));
		}
	}
}

int said_overlay(const struct hash *table, const struct config *config,
		 struct proto_config *out)
{
	const struct proto_config *file = &config->proto;
	struct overlay o = {NULL, NULL, 0, 0};

	o.routes =
		calloc(file->route_count + table->count + 1, sizeof(*o.routes));
	o.joins = calloc(file->join_count + table->count + 1, sizeof(*o.joins));
	if (!o.routes || !o.joins) {
		free(o.routes);
		free(o.joins);
		return -ENOMEM;
	}
	overlay_file(table, file, &o);
	overlay_said(table, &o);
	*out = *file;
	out->routes = o.routes;
	out->route_count = o.route_count;
	out->joins = o.joins;
	out->join_count = o.join_count;
	return 0;
}

void said_overlay_free(struct proto_config *out)
{
	free((void *)(uintptr_t)out->routes);
	free((void *)(uintptr_t)out->joins);
}
