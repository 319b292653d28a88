/* SPDX-License-Identifier: GPL-2.0-only */
/* See saved.h. One route a line: source, group, iif, oifs, by single blanks. */
#include "xmgmd/config/saved.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "xmgmd/check.h"
#include "lib/log.h"

#define PATH_LEN   320
#define SAVE_MS	   50
#define SAVE_SHARE 20 /* of the time: one twentieth goes into saving */

static void saved_path(const struct daemon *d, char path[PATH_LEN])
{
	snprintf(path, PATH_LEN, "%s.routes", d->socket_path);
}

static int write_route(void *arg, const struct proto_route *route)
{
	char source[INET_ADDRSTRLEN], group[INET_ADDRSTRLEN];
	const struct proto_route_config *r = &route->route;
	FILE *file = arg;
	size_t i;

	if (route->from_config)
		return 0;
	fprintf(file, "%s %s %s", check_address_name(r->sg.source, source),
		check_address_name(r->sg.group, group), r->from);
	for (i = 0; i < r->to_count; i++)
		fprintf(file, " %s", r->to[i]);
	return fputc('\n', file) < 0 ? -EIO : 0;
}

/* Saving that began at start has ended: no more for a while. One millisecond
 * may be the clock's alone. */
static void saved_rest(struct daemon *d, uint64_t start)
{
	uint64_t now = daemon_now_ms();

	d->save_after_ms = now;
	if (now > start + 1)
		d->save_after_ms += (now - start - 1) * SAVE_SHARE;
}

void saved_write(struct daemon *d)
{
	char path[PATH_LEN], fresh[PATH_LEN + 4];
	uint64_t start = daemon_now_ms();
	const struct proto *proto;
	FILE *file;
	size_t i;
	int err;

	saved_path(d, path);
	snprintf(fresh, sizeof(fresh), "%s.new", path);
	file = fopen(fresh, "we");
	err = file ? 0 : -errno;
	for (i = 0; !err && (proto = proto_get(i)) && i < DAEMON_PROTOCOLS; i++)
		if (proto->routes && d->protos[i])
			err = proto->routes(d->protos[i], NULL, write_route,
					    file);
	if (file && fclose(file) && !err)
		err = -errno;
	if (!err && rename(fresh, path))
		err = -errno;
	if (err) {
		log_warn("routes cannot be kept by name: %s: %s", path,
			 strerror(-err));
		unlink(fresh);
	}
	d->routes_dirty = false;
	saved_rest(d, start);
}

static void on_save(uv_timer_t *timer)
{
	saved_write(timer->data);
}

void saved_changed(struct daemon *d)
{
	uint64_t now = daemon_now_ms(), delay = SAVE_MS;
	char path[PATH_LEN];

	if (d->routes_dirty || !d->running)
		return;
	d->routes_dirty = true;
	saved_path(d, path);
	unlink(path);
	if (d->save_after_ms > now + delay)
		delay = d->save_after_ms - now;
	uv_timer_start(&d->save, on_save, delay, 0);
}

void saved_answer(struct daemon *d)
{
	uint64_t start = daemon_now_ms();

	if (!d->running || start < d->save_after_ms ||
	    (!d->state_dirty && !d->routes_dirty))
		return;
	if (d->state_dirty)
		state_save(d);
	if (d->routes_dirty) {
		uv_timer_stop(&d->save);
		saved_write(d);
	}
	saved_rest(d, start);
}

struct saved_route *saved_find(const struct hash *table, struct mgm_sg sg)
{
	struct saved_route *saved;
	struct hash_node *n;

	for (n = hash_first(table, hash_bytes(&sg, sizeof(sg))); n;
	     n = hash_next(n)) {
		saved = hash_entry(n, struct saved_route, node);
		if (!memcmp(&saved->route.sg, &sg, sizeof(sg)))
			return saved;
	}
	return NULL;
}

static void saved_drop(struct saved_route *saved)
{
	free((void *)(uintptr_t)saved->route.to);
	free(saved);
}

/* The words behind the iif; each is an oif. */
static int read_oifs(struct proto_route_config *route, char *rest)
{
	size_t room = strlen(rest) / 2 + 1; /* a letter and a blank each */
	char(*to)[XMGM_IFNAME_LEN] = calloc(room, sizeof(*to));
	char *word, *at = NULL;
	char why[CHECK_WHY];

	if (!to)
		return -ENOMEM;
	route->to = (const char(*)[XMGM_IFNAME_LEN])to;
	for (word = strtok_r(rest, " \n", &at); word;
	     word = strtok_r(NULL, " \n", &at)) {
		if (check_name(word, why) || route->to_count == room)
			return -EINVAL;
		snprintf(to[route->to_count++], XMGM_IFNAME_LEN, "%s", word);
	}
	return check_route(route, why);
}

static int read_route(struct proto_route_config *route, char *line)
{
	char *source, *group, *from, *at = NULL;
	char why[CHECK_WHY];

	source = strtok_r(line, " \n", &at);
	group = strtok_r(NULL, " \n", &at);
	from = strtok_r(NULL, " \n", &at);
	if (!source || !group || !from || !at ||
	    check_source(source, &route->sg.source, why) ||
	    check_group(group, &route->sg.group, why) || check_name(from, why))
		return -EINVAL;
	snprintf(route->from, sizeof(route->from), "%s", from);
	return read_oifs(route, at);
}

static int load_line(struct hash *table, char *line)
{
	struct saved_route *saved = calloc(1, sizeof(*saved));
	struct mgm_sg *sg;
	int err;

	if (!saved)
		return -ENOMEM;
	sg = &saved->route.sg;
	err = read_route(&saved->route, line);
	if (!err && saved_find(table, *sg))
		err = -EEXIST;
	if (!err)
		err = hash_insert(table, &saved->node,
				  hash_bytes(sg, sizeof(*sg)));
	if (err)
		saved_drop(saved);
	return err;
}

void saved_load(struct daemon *d, struct hash *table)
{
	char path[PATH_LEN], *line = NULL;
	size_t room = 0, bad = 0;
	FILE *file;

	saved_path(d, path);
	file = fopen(path, "re");
	if (!file)
		return;
	while (getline(&line, &room, file) > 0)
		bad += load_line(table, line) != 0;
	if (bad)
		log_warn("%s: %zu lines cannot be used", path, bad);
	free(line);
	fclose(file);
}

void saved_free(struct hash *table)
{
	struct hash_node *n, *tmp;
	uint32_t i;

	hash_for_each_safe(table, n, tmp, i)
		saved_drop(hash_entry(n, struct saved_route, node));
	hash_clear(table);
}
