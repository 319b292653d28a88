/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The room of the configuration with a daemon around it that does nothing: a
 * directory with a file and a journal of its own, a loop that turns when a
 * test says so, and what is logged.
 */
#ifndef XMGM_TESTS_CONFIG_ROOM_H
#define XMGM_TESTS_CONFIG_ROOM_H

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <arpa/inet.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "lib/log.h"
#include "xmgmd/remote/remote.h"
#include "xmgmd/daemon.h"

struct room {
	struct daemon d;
	char directory[64];
	char file[96], journal[96];
	char log[4096];
	unsigned int configured; /* how often the others were told */
	int descriptors;	 /* what descriptors_check returns */
};

static struct room *room;

/* --- what the configuration is linked with --------------------------- */

void log_write(enum log_level level, const char *format, ...)
{
	size_t len = strlen(room->log);
	va_list args;

	(void)level;
	va_start(args, format);
	vsnprintf(room->log + len, sizeof(room->log) - len, format, args);
	va_end(args);
}

void router_settle(struct router *r)
{
	(void)r;
}

void attaching_configure(struct router *r)
{
	(void)r;
}

void ports_configure(struct router *r)
{
	(void)r;
}

void announce_manager(struct router *r)
{
	(void)r;
}

void remote_configure(struct daemon *d)
{
	(void)d;
}

void glue_configure(struct router *r)
{
	(void)r;
	room->configured++;
}

int descriptors_check(uint32_t plane, const struct config *config)
{
	(void)plane;
	(void)config;
	return room->descriptors;
}

/* --- the room --------------------------------------------------------- */

static inline void write_file(const char *text)
{
	FILE *file = fopen(room->file, "w");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

/* A process of the daemon starts; the file is read. */
static inline void start(void)
{
	struct daemon *d = &room->d;

	memset(d, 0, sizeof(*d));
	d->instance = "lab";
	d->config_path = room->file;
	d->config_given = true;
	uv_loop_init(&d->loop);
	assert_int_equal(reload_first(d), 0);
	d->config->plane.instance = d->instance;
	commands_init(d, room->journal);
	commands_load(d);
	said_configure(&d->said, d->config);
	commands_begin(d);
}

static inline void end_loop(void)
{
	commands_stop(&room->d);
	uv_close((uv_handle_t *)&room->d.commands.writer, NULL);
	uv_run(&room->d.loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&room->d.loop), 0);
	said_clear(&room->d.said);
	protocol_names_clear(&room->d.protocol_names);
	config_free(room->d.config);
}

static inline void stop(void)
{
	end_loop();
	commands_close(&room->d);
}

/* As kill -9: what is only in memory is lost; open files are closed. */
static inline void kill_daemon(void)
{
	struct journal *j = &room->d.commands.journal;
	int fd = j->fd;
	FILE *fresh = j->fresh;

	j->fresh = NULL;
	j->fd = -1;
	end_loop();
	if (fresh)
		fclose(fresh);
	if (fd >= 0)
		close(fd);
	commands_attached_free(&room->d);
}

static inline int setup(void **state)
{
	(void)state;
	room = calloc(1, sizeof(*room));
	strcpy(room->directory, "/tmp/xmgm-config-XXXXXX");
	assert_non_null(mkdtemp(room->directory));
	snprintf(room->file, sizeof(room->file), "%s/conf", room->directory);
	snprintf(room->journal, sizeof(room->journal), "%s/lab.commands",
		 room->directory);
	write_file("interface \"a\" { }\n");
	return 0;
}

static inline int teardown(void **state)
{
	char fresh[128];

	(void)state;
	snprintf(fresh, sizeof(fresh), "%s.new", room->journal);
	unlink(fresh);
	unlink(room->file);
	unlink(room->journal);
	assert_int_equal(rmdir(room->directory), 0);
	free(room);
	return 0;
}

/* --- commands --------------------------------------------------------- */

static inline struct said_key join_key(unsigned int n)
{
	struct in_addr group = {htonl(0xef010101u + n)};

	return said_join_key("a", mgm_sg_v4((struct in_addr){0}, group));
}

/* A join, or that it is taken back. */
static inline int say_join(unsigned int n, bool there)
{
	const struct said_value value = {.protocol = ""};
	struct said_key key = join_key(n);
	const char *why = "";

	return commands_say(&room->d, &key, there ? &value : NULL, &why);
}

static inline bool joined(unsigned int n)
{
	struct said_key key = join_key(n);

	return said_find(&room->d.said, &key) != NULL;
}

static inline bool logged(const char *words)
{
	return strstr(room->log, words) != NULL;
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

#endif /* XMGM_TESTS_CONFIG_ROOM_H */
