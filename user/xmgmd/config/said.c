/* SPDX-License-Identifier: GPL-2.0-only */
/* See said.h. The lines are said_line.c's. */
#include "said.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "said_internal.h"
#include "lib/address.h"
#include "lib/packed_sg.h"
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

struct said_key said_rpf_key(const struct mgm_prefix *prefix)
{
	struct mgm_sg sg = MGM_SG_ANY;

	sg.source = *prefix;
	return key_of(SAID_RPF, "", sg);
}

/* Is an interface part of the key? It is the first word then. */
static bool has_interface(int kind)
{
	return kind != SAID_ROUTE && kind != SAID_RPF;
}

const char *said_name(const struct said_key *key, char buffer[SAID_NAME])
{
	char sg[CHECK_SG], prefix[ADDRESS_PREFIX_TEXT];

	if (key->kind == SAID_RPF)
		snprintf(buffer, SAID_NAME, "rpf-route %s",
			 address_prefix_text(&key->sg.source.address,
					     key->sg.source.length, prefix));
	else if (key->kind == SAID_ROUTE)
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

struct mgm_sg said_sg(const struct said *said)
{
	return packed_sg_get(said->rest);
}

struct said_key said_key_of(const struct said *said)
{
	const char *interface = has_interface(said->kind) ? said_word(said, 0)
							  : "";

	return key_of((enum said_kind)said->kind, interface, said_sg(said));
}

static uint32_t key_hash(const struct said_key *key)
{
	return hash_bytes(key, sizeof(*key));
}

/* --- statements ----------------------------------------------------- */

const char *said_next_word(const char *word)
{
	return word + strlen(word) + 1;
}

const char *said_word(const struct said *said, size_t i)
{
	const char *word = (const char *)said->rest;

	word += packed_sg_size(said->rest);

	while (i-- && *word)
		word = said_next_word(word);
	return word;
}

#define RPF_WORDS (ADDRESS_TEXT + XMGM_IFNAME_LEN + 5)

static void rpf_words_put(char *at, const struct proto_rpf_config *rpf)
{
	char via[ADDRESS_TEXT];

	address_text(&rpf->via, via);
	at = stpcpy(at, address_is_any(&rpf->via) ? "-" : via) + 1;
	at = stpcpy(at, *rpf->dev ? rpf->dev : "-") + 1;
	snprintf(at, 4, "%u", rpf->distance);
}

static size_t words_size(const struct said_key *key,
			 const struct said_value *value)
{
	size_t size = strlen(key->interface) + 2, i;

	if (!value)
		return size;
	if (key->kind == SAID_OWNER)
		size += strlen(value->protocol) + 1;
	if (key->kind == SAID_RPF)
		size += RPF_WORDS;
	if (key->kind != SAID_ROUTE)
		return size;
	size += strlen(value->route.from) + 1;
	for (i = 0; i < value->route.to_count; i++)
		size += strlen(value->route.to[i]) + 1;
	return size;
}

static void words_put(char *at, const struct said_key *key,
		      const struct said_value *value)
{
	size_t i;

	if (has_interface(key->kind))
		at = stpcpy(at, key->interface) + 1;
	if (value && key->kind == SAID_OWNER)
		stpcpy(at, value->protocol);
	if (value && key->kind == SAID_RPF)
		rpf_words_put(at, &value->rpf);
	if (!value || key->kind != SAID_ROUTE)
		return;
	at = stpcpy(at, value->route.from) + 1;
	for (i = 0; i < value->route.to_count; i++)
		at = stpcpy(at, value->route.to[i]) + 1;
}

static struct said *said_new(const struct said_key *key,
			     const struct said_value *value, uint64_t over)
{
	uint8_t sg[PACKED_SG_SIZE];
	const size_t size = packed_sg_put(sg, &key->sg);
	struct said *said = calloc(1, offsetof(struct said, rest) + size +
					      words_size(key, value));

	if (!said)
		return NULL;
	memcpy(said->rest, sg, size);
	said->over = over;
	said->kind = (uint8_t)key->kind;
	said->removed = !value;
	if (value && key->kind == SAID_ATTACH)
		said->mode = (uint8_t)value->mode;
	words_put((char *)said->rest + size, key, value);
	return said;
}

/* What a SAID_RPF that is not removed says. */
static void get_rpf(const struct said *said, struct proto_rpf_config *rpf)
{
	const char *via = said_word(said, 0), *dev = said_word(said, 1);

	*rpf = (struct proto_rpf_config){.prefix = said_sg(said).source};
	if (address_parse(via, &rpf->via))
		rpf->via = MGM_ADDRESS_V4_ANY; /* "-" */
	if (strcmp(dev, "-"))
		snprintf(rpf->dev, sizeof(rpf->dev), "%s", dev);
	rpf->distance = (uint8_t)strtoul(said_word(said, 2), NULL, 10);
}

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

static uint64_t digest_rpf(const struct proto_rpf_config *rpf)
{
	char words[RPF_WORDS] = "";

	rpf_words_put(words, rpf);
	return digest_text(words) + 3 * digest_text(said_next_word(words)) +
	       rpf->distance + 1;
}

uint64_t said_digest(const struct said *said)
{
	struct proto_rpf_config rpf;
	const char *oif;
	uint64_t digest;

	if (said->removed)
		return 0;
	switch (said->kind) {
	case SAID_ROUTE: /* as digest_route */
		digest = digest_text(said_word(said, 0)) * 3;
		oif = said_word(said, 1);
		for (; *oif; oif = said_next_word(oif))
			digest += digest_text(oif);
		return digest ? digest : 1;
	case SAID_OWNER:
		return digest_text(said_word(said, 1)) | 1;
	case SAID_ATTACH:
		return (uint64_t)said->mode + 1;
	case SAID_RPF:
		get_rpf(said, &rpf);
		return digest_rpf(&rpf);
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
	const struct proto_rpf_config *rpf;
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
	case SAID_RPF:
		rpf = config_rpf(config, &key->sg.source);
		return rpf ? digest_rpf(rpf) : 0;
	default:
		return 0;
	}
}

/* --- the table ------------------------------------------------------ */

static bool said_about(const struct said *said, const struct said_key *key)
{
	const struct mgm_sg sg = said_sg(said);

	return said->kind == key->kind && mgm_sg_equal(&sg, &key->sg) &&
	       (!has_interface(key->kind) ||
		!strcmp(said_word(said, 0), key->interface));
}

struct said *said_find(const struct hash *table, const struct said_key *key)
{
	struct hash_node *n;
	struct said *said;

	for (n = hash_first(table, key_hash(key)); n; n = hash_next(n)) {
		said = hash_entry(n, struct said, node);
		if (said_about(said, key))
			return said;
	}
	return NULL;
}

static int key_order(struct hash_node *a, struct hash_node *b)
{
	struct said_key x = said_key_of(hash_entry(a, struct said, node));
	struct said_key y = said_key_of(hash_entry(b, struct said, node));

	return memcmp(&x, &y, sizeof(x));
}

struct said *said_after(const struct hash *table, const struct said_key *behind)
{
	union {
		struct said said;
		char room[sizeof(struct said) + PACKED_SG_SIZE +
			  XMGM_IFNAME_LEN + 1];
	} last = {.room = ""};
	struct hash_node *n;
	char *rest;

	if (behind) {
		last.said.node.hash = key_hash(behind);
		last.said.kind = (uint8_t)behind->kind;
		rest = last.room + offsetof(struct said, rest);
		rest += packed_sg_put((uint8_t *)rest, &behind->sg);
		words_put(rest, behind, NULL);
	}
	n = hash_after(table, behind ? &last.said.node : NULL, key_order);
	return n ? hash_entry(n, struct said, node) : NULL;
}

void said_drop(struct hash *table, struct said *said)
{
	hash_remove(table, &said->node);
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

/* Takes over `said`, in place of what was said of it before. */
static int said_put(struct hash *table, struct said *said)
{
	struct said_key key = said_key_of(said);
	struct said *before = said_find(table, &key);

	if (hash_insert(table, &said->node, key_hash(&key))) {
		free(said);
		return -ENOMEM;
	}
	if (before)
		said_drop(table, before);
	return 0;
}

int said_set(struct hash *table, const struct said_key *key,
	     const struct said_value *value, uint64_t over)
{
	struct said *said = said_new(key, value, over);

	return said ? said_put(table, said) : -ENOMEM;
}

/* --- the rule ------------------------------------------------------- */

int said_command(struct hash *table, const struct config *config,
		 const struct said_key *key, const struct said_value *value)
{
	struct said *before = said_find(table, key), *said;
	uint64_t file = file_statement(config, key);

	if (!value && !file) {
		if (before)
			said_drop(table, before);
		return 0;
	}
	said = said_new(key, value, file);
	if (!said)
		return -ENOMEM;
	if (value && before && file && said_digest(before) != file &&
	    said_digest(said) == file) {
		free(said);
		said_drop(table, before);
		return 0;
	}
	return said_put(table, said);
}

void said_configure(struct hash *table, const struct config *config)
{
	struct hash_node *n, *tmp;
	struct said_key key;
	uint64_t file;
	uint32_t i;

	hash_for_each_safe(table, n, tmp, i) {
		struct said *said = hash_entry(n, struct said, node);

		key = said_key_of(said);
		file = file_statement(config, &key);
		if (file == said->over)
			continue;
		if (!file && !said->removed && said_digest(said) == said->over)
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
	return said->over == said_digest(said) ? SAID_BY_BOTH : SAID_BY_COMMAND;
}

bool said_overrides(const struct said *said)
{
	return said->over && said->over != said_digest(said);
}

/* --- laid over the file --------------------------------------------- */

struct overlay {
	struct proto_route_config *routes;
	struct proto_join_config *joins;
	struct proto_rpf_config *rpfs;
	size_t route_count, join_count, rpf_count;
	char (*names)[XMGM_IFNAME_LEN]; /* behind the routes: oifs */
};

static void overlay_route(struct overlay *out, const struct said *said)
{
	struct proto_route_config *route = &out->routes[out->route_count++];
	const char *oif = said_word(said, 1);

	*route = (struct proto_route_config){.sg = said_sg(said)};
	snprintf(route->from, sizeof(route->from), "%s", said_word(said, 0));
	route->to = (const char(*)[XMGM_IFNAME_LEN])out->names;
	for (; *oif; oif = said_next_word(oif)) {
		snprintf(*out->names++, XMGM_IFNAME_LEN, "%s", oif);
		route->to_count++;
	}
}

static void overlay_file(const struct hash *table,
			 const struct proto_config *file, struct overlay *out)
{
	const struct said *said;
	struct said_key key;
	size_t i;

	for (i = 0; i < file->route_count; i++) {
		key = said_route_key(file->routes[i].sg);
		said = said_find(table, &key);
		if (!said)
			out->routes[out->route_count++] = file->routes[i];
		else if (!said->removed)
			overlay_route(out, said);
	}
	for (i = 0; i < file->join_count; i++) {
		key = said_join_key(file->joins[i].interface,
				    file->joins[i].sg);
		said = said_find(table, &key);
		if (!said || !said->removed)
			out->joins[out->join_count++] = file->joins[i];
	}
	for (i = 0; i < file->rpf_count; i++) {
		key = said_rpf_key(&file->rpfs[i].prefix);
		said = said_find(table, &key);
		if (!said)
			out->rpfs[out->rpf_count++] = file->rpfs[i];
		else if (!said->removed)
			get_rpf(said, &out->rpfs[out->rpf_count++]);
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
		if (said->kind == SAID_ROUTE) {
			overlay_route(out, said);
		} else if (said->kind == SAID_RPF) {
			get_rpf(said, &out->rpfs[out->rpf_count++]);
		} else if (said->kind == SAID_JOIN) {
			join = &out->joins[out->join_count++];
			join->sg = said_sg(said);
			snprintf(join->interface, sizeof(join->interface), "%s",
				 said_word(said, 0));
		}
	}
}

/* Oifs of all routes that are said. */
static size_t count_oifs(const struct hash *table)
{
	struct hash_node *n, *tmp;
	size_t count = 0;
	uint32_t i;

	hash_for_each_safe(table, n, tmp, i) {
		const struct said *said = hash_entry(n, struct said, node);
		const char *oif = said_word(said, 1);

		for (; said->kind == SAID_ROUTE && *oif; count++)
			oif = said_next_word(oif);
	}
	return count;
}

int said_overlay(const struct hash *table, const struct config *config,
		 struct proto_config *out)
{
	const struct proto_config *file = &config->proto;
	size_t routes = file->route_count + table->count + 1;
	struct overlay o = {.routes = NULL};

	o.routes = calloc(1, routes * sizeof(*o.routes) +
				     count_oifs(table) * sizeof(*o.names));
	o.joins = calloc(file->join_count + table->count + 1, sizeof(*o.joins));
	o.rpfs = calloc(file->rpf_count + table->count + 1, sizeof(*o.rpfs));
	if (!o.routes || !o.joins || !o.rpfs) {
		free(o.routes);
		free(o.rpfs);
		free(o.joins);
		return -ENOMEM;
	}
	o.names = (char(*)[XMGM_IFNAME_LEN])(o.routes + routes);
	overlay_file(table, file, &o);
	overlay_said(table, &o);
	*out = *file;
	out->routes = o.routes;
	out->route_count = o.route_count;
	out->joins = o.joins;
	out->join_count = o.join_count;
	out->rpfs = o.rpfs;
	out->rpf_count = o.rpf_count;
	return 0;
}

void said_overlay_free(struct proto_config *out)
{
	free((void *)(uintptr_t)out->routes);
	free((void *)(uintptr_t)out->joins);
	free((void *)(uintptr_t)out->rpfs);
}
