/* SPDX-License-Identifier: GPL-2.0-only */
/* See commands.h. */
#include "xmgmd/daemon.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/argument.h"
#include "lib/log.h"

#define CONFIGURED "configured "
#define HISTORY	   1024 /* lines beyond twice what counts */
#define PIECE	   256	/* lines in a turn of the loop */
#define REQUEST	   128	/* a line is no longer than its request and this */
#define COMPLAINTS 8	/* lines of a file that are named */

/* --- what is told --------------------------------------------------- */

static const char *remedy(int err)
{
	return err == -ENOSPC || err == -EDQUOT ? "make room there"
						: "make it writable, or set "
						  "state-directory";
}

/* Once, and when it works again. */
static void tell(struct daemon *d, int err)
{
	struct commands *c = &d->commands;

	if (err && err != c->failed)
		log_warn("what commands say cannot be kept in %s: %s: they are "
			 "refused until it can: %s",
			 c->journal.path, strerror(-err), remedy(err));
	else if (!err && c->failed)
		log_info("what commands say is kept in %s again",
			 c->journal.path);
	c->failed = err;
}

/* --- at start ------------------------------------------------------- */

struct loading {
	struct daemon *d;
	const char *path;
	uint64_t bad;
};

static int note_configured(struct daemon *d, const char *name)
{
	struct attached *attached = calloc(1, sizeof(*attached));

	if (!attached)
		return -ENOMEM;
	snprintf(attached->name, sizeof(attached->name), "%s", name);
	attached->next = d->commands.attached;
	d->commands.attached = attached;
	return 0;
}

static int load_line(void *arg, char *line)
{
	struct loading *loading = arg;

	if (!strncmp(line, CONFIGURED, strlen(CONFIGURED)))
		return note_configured(loading->d, line + strlen(CONFIGURED));
	if (protocol_names_line(line))
		return protocol_names_read(&loading->d->protocol_names, line);
	return said_read(&loading->d->said, line);
}

static void bad_line(void *arg, uint64_t number, const char *why)
{
	struct loading *loading = arg;

	if (loading->bad++ < COMPLAINTS)
		log_warn("%s: line %llu cannot be used and is skipped: %s",
			 loading->path, (unsigned long long)number, why);
}

static void load_file(struct daemon *d, const char *path)
{
	struct loading loading = {d, path, 0};
	int err = journal_replay(path, load_line, bad_line, &loading);

	if (err && err != -ENOENT)
		log_warn("what commands have said is not known any more, or "
			 "not all of it: %s: %s",
			 path, strerror(-err));
	if (loading.bad > COMPLAINTS)
		log_warn("%s: %llu lines in all cannot be used", path,
			 (unsigned long long)loading.bad);
}

static bool same_file(const char *a, const char *b)
{
	struct stat x, y;

	return !stat(a, &x) && !stat(b, &y) && x.st_ino == y.st_ino &&
	       x.st_dev == y.st_dev;
}

/*
 * The usual place may be a link to another directory's journal, or have a
 * file: made before a directory was configured, or since the machine started
 * by xmgm without a daemon.
 */
void commands_load(struct daemon *d)
{
	struct commands *c = &d->commands;

	load_file(d, c->journal.path);
	if (!journal_linked(c->usual, c->stale))
		c->stale[0] = '\0';
	if (strcmp(c->usual, c->journal.path)) {
		if (same_file(c->usual, c->journal.path))
			c->stale[0] = '\0';
		else
			load_file(d, c->usual);
	}
}

bool commands_attached(const struct daemon *d, const char *name)
{
	const struct attached *attached;
	char trunk[XMGM_IFNAME_LEN];
	uint16_t vlan;

	for (attached = d->commands.attached; attached;
	     attached = attached->next) {
		if (!strcmp(attached->name, name))
			return true;
		if (argument_vlan(attached->name, trunk, &vlan) &&
		    !strcmp(trunk, name))
			return true;
	}
	return false;
}

void commands_attached_free(struct daemon *d)
{
	struct attached *attached;

	while ((attached = d->commands.attached)) {
		d->commands.attached = attached->next;
		free(attached);
	}
}

/* --- lines ---------------------------------------------------------- */

/* Allocated; NULL: no memory. */
static char *line_of(const struct daemon *d, const struct said_key *key)
{
	char *line = NULL;
	size_t len;
	FILE *file = open_memstream(&line, &len);

	if (!file)
		return NULL;
	said_write(file, &d->said, key);
	if (!fclose(file))
		return line;
	free(line);
	return NULL;
}

static int put_configured(struct journal *journal, const struct router *r)
{
	char line[sizeof(CONFIGURED) + XMGM_IFNAME_LEN];
	const struct attachment *a;
	int err = 0;

	for (a = r->attachments; a && !err; a = a->next) {
		if (!a->by_config)
			continue;
		snprintf(line, sizeof(line), CONFIGURED "%s", a->name);
		err = journal_fresh_put(journal, line);
	}
	return err;
}

static int put_protocol_names(struct daemon *d)
{
	char line[PROTOCOL_NAME_LINE];
	struct hash_node *n, *tmp;
	int err = 0;
	uint32_t i;

	hash_for_each_safe(&d->protocol_names.by_name, n, tmp, i) {
		protocol_names_write(
			hash_entry(n, struct protocol_name, by_name), line);
		err = journal_fresh_put(&d->commands.journal, line);
		if (err)
			return err;
	}
	return 0;
}

/* Of at most `most` statements. Returns 1 if there are more, 0 if not. */
static int put_statements(struct daemon *d, size_t most)
{
	struct commands *c = &d->commands;
	struct said *said;
	char *line;
	int err;

	while (most--) {
		said = said_after(&d->said, c->begun ? &c->at : NULL);
		if (!said)
			return 0;
		c->at = said_key_of(said);
		c->begun = true;
		line = line_of(d, &c->at);
		err = line ? journal_fresh_put(&c->journal, line) : -ENOMEM;
		free(line);
		if (err)
			return err;
	}
	return 1;
}

static int fresh_begin(struct daemon *d)
{
	struct commands *c = &d->commands;
	int err = journal_fresh_begin(&c->journal);
	const struct router *r;

	c->begun = c->written = false;
	c->sync.fresh = false; /* what is under way is of an earlier one */
	router_for_each(d, r)
		if (!err)
			err = put_configured(&c->journal, r);
	return err ? err : put_protocol_names(d);
}

/* --- a fresh file at once ------------------------------------------- */

static int sync_all(int fd, int directory)
{
	int err = fsync(fd) ? -errno : 0;

	if (directory >= 0) {
		if (!err && fsync(directory))
			err = -errno;
		close(directory);
	}
	close(fd);
	return err;
}

static void make_directory(const struct commands *c)
{
	char directory[JOURNAL_PATH];

	snprintf(directory, sizeof(directory), "%s", c->journal.path);
	mkdir(dirname(directory), 0700); /* else the journal says why not */
}

static int write_now(struct daemon *d)
{
	struct commands *c = &d->commands;
	int fd, directory, err;

	uv_idle_stop(&c->writer);
	make_directory(c);
	err = fresh_begin(d);
	if (!err)
		err = put_statements(d, SIZE_MAX);
	fd = err ? err : journal_fresh_flush(&c->journal);
	err = fd < 0 ? fd : sync_all(fd, -1);
	if (!err)
		err = journal_fresh_end(&c->journal);
	if (err) {
		journal_fresh_drop(&c->journal);
	} else {
		fd = journal_sync_begin(&c->journal, &directory);
		if (fd >= 0)
			sync_all(fd, directory);
	}
	tell(d, err);
	return err;
}

/* Whoever has no configuration finds it by the usual name. */
static void take_place(struct daemon *d)
{
	struct commands *c = &d->commands;

	if (c->stale[0])
		unlink(c->stale);
	c->stale[0] = '\0';
	if (!strcmp(c->usual, c->journal.path) ||
	    same_file(c->usual, c->journal.path))
		return;
	unlink(c->usual);
	if (symlink(c->journal.path, c->usual))
		log_warn("%s cannot be made a link to %s: %s: without xmgmd, "
			 "xmgm does not find it",
			 c->usual, c->journal.path, strerror(errno));
}

void commands_begin(struct daemon *d)
{
	d->commands.open = true;
	if (!write_now(d))
		take_place(d);
}

/* --- a fresh file, bit by bit --------------------------------------- */

static void sync_start(struct daemon *d, int fd, int directory, bool fresh);

/* The old one goes on; a next attempt comes when it has grown. */
static void fresh_failed(struct daemon *d, int err)
{
	struct commands *c = &d->commands;

	uv_idle_stop(&c->writer);
	journal_fresh_drop(&c->journal);
	c->written = false;
	c->patience = 2 * c->journal.lines;
	log_warn("%s cannot be written anew without what no longer counts: %s: "
		 "it grows",
		 c->journal.path, strerror(-err));
}

/* All of it is written; the disk has to know before it gets the name. */
static void fresh_sync(struct daemon *d)
{
	struct commands *c = &d->commands;
	int fd = journal_fresh_flush(&c->journal);

	if (fd < 0)
		fresh_failed(d, fd);
	else
		sync_start(d, fd, -1, true);
}

static void on_writer(uv_idle_t *writer)
{
	struct daemon *d = writer->data;
	struct commands *c = &d->commands;
	int more = c->journal.fresh ? put_statements(d, PIECE) : -ECANCELED;

	if (more > 0)
		return;
	uv_idle_stop(writer);
	if (more < 0) {
		fresh_failed(d, more);
		return;
	}
	c->written = true;
	if (!c->sync.busy)
		fresh_sync(d);
}

static void fresh_finish(struct daemon *d)
{
	struct commands *c = &d->commands;
	int fd, directory, err = journal_fresh_end(&c->journal);

	c->written = false;
	if (err) {
		fresh_failed(d, err);
		return;
	}
	fd = journal_sync_begin(&c->journal, &directory);
	if (fd >= 0)
		sync_start(d, fd, directory, false);
}

void commands_renew(struct daemon *d)
{
	struct commands *c = &d->commands;
	int err;

	if (c->journal.fd < 0) {
		commands_begin(d);
		return;
	}
	err = fresh_begin(d);
	if (err)
		fresh_failed(d, err);
	else
		uv_idle_start(&c->writer, on_writer);
}

static bool outweighed(const struct daemon *d)
{
	const struct commands *c = &d->commands;

	return !c->journal.fresh && c->journal.lines >= c->patience &&
	       c->journal.lines > 2 * ((uint64_t)d->said.count +
				       d->protocol_names.by_name.count) +
					  HISTORY;
}

/* --- to the disk, on another thread --------------------------------- */

static void on_sync(uv_work_t *work)
{
	struct commands_sync *sync = work->data;

	sync->error = sync_all(sync->fd, sync->directory);
}

static void on_synced(uv_work_t *work, int status)
{
	struct commands_sync *sync = work->data;
	struct daemon *d = hash_entry(sync, struct daemon, commands.sync);
	struct commands *c = &d->commands;

	(void)status;
	sync->busy = false;
	if (!c->open)
		return;
	if (sync->error && sync->fresh)
		fresh_failed(d, sync->error);
	else if (sync->error)
		log_error("%s: %s: what commands have said may not survive a "
			  "loss of power",
			  c->journal.path, strerror(-sync->error));
	else if (sync->fresh && c->journal.fresh)
		fresh_finish(d);
	if (c->written && c->journal.fresh && !sync->busy)
		fresh_sync(d);
}

static void sync_start(struct daemon *d, int fd, int directory, bool fresh)
{
	struct commands_sync *sync = &d->commands.sync;

	sync->fd = fd;
	sync->directory = directory;
	sync->fresh = fresh;
	sync->work.data = sync;
	sync->busy = !uv_queue_work(&d->loop, &sync->work, on_sync, on_synced);
	if (sync->busy)
		return;
	sync_all(fd, directory);
	if (fresh)
		fresh_finish(d);
}

void commands_second(struct daemon *d)
{
	struct commands *c = &d->commands;
	int fd, directory;

	if (c->sync.busy)
		return;
	fd = journal_sync_begin(&c->journal, &directory);
	if (fd >= 0)
		sync_start(d, fd, directory, false);
}

/* --- commands ------------------------------------------------------- */

int commands_reserve(struct daemon *d, size_t request, const char **why)
{
	struct commands *c = &d->commands;
	int err = 0;

	if (c->journal.fd < 0)
		err = write_now(d);
	if (!err)
		err = journal_reserve(&c->journal, request + REQUEST);
	if (!err)
		return 0;
	snprintf(c->why, sizeof(c->why),
		 "nothing was changed, as it cannot be kept in %s: %s: %s",
		 c->journal.path, strerror(-err), remedy(err));
	*why = c->why;
	return err;
}

void commands_release(struct daemon *d, size_t request)
{
	journal_release(&d->commands.journal, request + REQUEST);
}

static int append_line(struct daemon *d, const char *line)
{
	struct commands *c = &d->commands;
	int err = journal_append(&c->journal, line);

	if (err && c->journal.fd < 0)
		return write_now(d);
	if (!err && outweighed(d))
		commands_renew(d);
	return err;
}

static int append(struct daemon *d, const struct said_key *key)
{
	char *line = line_of(d, key);
	int err = line ? append_line(d, line) : -ENOMEM;

	free(line);
	return err;
}

int commands_keep(struct daemon *d, const char *line)
{
	return append_line(d, line);
}

int commands_say(struct daemon *d, const struct said_key *key,
		 const struct said_value *value, const char **why)
{
	struct commands *c = &d->commands;
	int err = said_command(&d->said, d->config, key, value);
	char name[SAID_NAME];

	if (!err && c->open) /* else all is written at the end of the start */
		err = append(d, key);
	if (!err)
		return 0;
	snprintf(c->why, sizeof(c->why),
		 "%s: done, but it cannot be kept in %s: %s: it is undone when "
		 "xmgmd ends, unless said again",
		 said_name(key, name), c->journal.path, strerror(-err));
	*why = c->why;
	return err;
}

void commands_note(struct daemon *d, const struct said_key *key,
		   const struct said_value *value)
{
	const char *why;

	if (commands_say(d, key, value, &why))
		log_error("%s", why);
}

/* --- from start to end ---------------------------------------------- */

void commands_init(struct daemon *d, const char *usual)
{
	struct commands *c = &d->commands;
	const char *directory = d->config->state_directory;
	char path[JOURNAL_PATH];

	memset(c, 0, sizeof(*c));
	snprintf(c->usual, sizeof(c->usual), "%s", usual);
	snprintf(path, sizeof(path), "%s/%s.commands", directory, d->instance);
	journal_init(&c->journal,
		     strcmp(directory, CONFIG_STATE_DIRECTORY) ? path : usual);
	uv_idle_init(&d->loop, &c->writer);
	c->writer.data = d;
}

void commands_stop(struct daemon *d)
{
	d->commands.open = false;
}

/* The loop has ended, and so has what other threads did. */
void commands_close(struct daemon *d)
{
	struct commands *c = &d->commands;
	int fd, directory;

	fd = journal_sync_begin(&c->journal, &directory);
	if (fd >= 0)
		sync_all(fd, directory);
	journal_close(&c->journal);
	commands_attached_free(d);
}

int commands_check_directory(const char *directory, char why[COMMANDS_WHY])
{
	char parent[JOURNAL_PATH];
	struct stat stat_buffer;

	if (!stat(directory, &stat_buffer)) {
		if (S_ISDIR(stat_buffer.st_mode))
			return 0;
		snprintf(why, COMMANDS_WHY,
			 "state-directory %s is not a directory: name another",
			 directory);
		return -ENOTDIR;
	}
	snprintf(parent, sizeof(parent), "%s", directory);
	if (errno == EACCES ||
	    (errno == ENOENT && !stat(dirname(parent), &stat_buffer)))
		return 0; /* it is made at the start, or refused there */
	snprintf(why, COMMANDS_WHY, "state-directory %s: %s: make it first",
		 directory, strerror(errno));
	return -ENOENT;
}
