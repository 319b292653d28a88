/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What commands have said, kept in a file as long as the machine runs: a line
 * for each statement (said_line.c), written before the command is answered,
 * so that what was answered survives kill -9. The file is written anew when
 * the configuration has been read and when most of its lines are history. It
 * also says which interfaces the configuration has attached, so that the next
 * process can detach those that are in no file any more.
 */
#include "xmgmd/daemon.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/journal.h"
#include "lib/log.h"

#define CONFIGURED "configured "
#define HISTORY	   1024 /* lines beyond twice what is said */

static int note_configured(struct daemon *d, const char *name)
{
	struct attached *attached = calloc(1, sizeof(*attached));

	if (!attached)
		return -ENOMEM;
	snprintf(attached->name, sizeof(attached->name), "%s", name);
	attached->next = d->attached;
	d->attached = attached;
	return 0;
}

/* Without its end a line was cut off by a crash, before any answer. */
static int load_line(struct daemon *d, char *line, size_t len)
{
	if (line[len - 1] != '\n')
		return -EINVAL;
	line[len - 1] = '\0';
	if (!*line)
		return 0;
	if (!strncmp(line, CONFIGURED, strlen(CONFIGURED)))
		return note_configured(d, line + strlen(CONFIGURED));
	return said_read(&d->said, line);
}

void journal_load(struct daemon *d)
{
	size_t room = 0, bad = 0;
	char *line = NULL;
	ssize_t len;
	FILE *file = fopen(d->journal_path, "re");

	if (!file) {
		if (errno != ENOENT)
			log_warn("what commands have said is not known any "
				 "more: %s: %s",
				 d->journal_path, strerror(errno));
		return;
	}
	while ((len = getline(&line, &room, file)) > 0)
		bad += load_line(d, line, (size_t)len) != 0;
	if (bad)
		log_warn("%s: %zu lines cannot be used", d->journal_path, bad);
	free(line);
	fclose(file);
}

bool journal_attached(const struct daemon *d, const char *name)
{
	const struct attached *attached;

	for (attached = d->attached; attached; attached = attached->next)
		if (!strcmp(attached->name, name))
			return true;
	return false;
}

void journal_attached_free(struct daemon *d)
{
	struct attached *attached;

	while ((attached = d->attached)) {
		d->attached = attached->next;
		free(attached);
	}
}

static void write_all(const struct daemon *d, FILE *file)
{
	const struct attachment *a;
	struct hash_node *n, *tmp;
	struct said_key key;
	uint32_t i;

	for (a = d->attachments; a; a = a->next)
		if (a->by_config)
			fprintf(file, CONFIGURED "%s\n", a->name);
	hash_for_each_safe(&d->said, n, tmp, i) {
		key = said_key_of(hash_entry(n, struct said, node));
		said_write(file, &d->said, &key);
		fputc('\n', file);
	}
}

/* Under a name of its own first: there is always a whole one. */
static int write_file(const struct daemon *d, FILE **journal)
{
	char fresh[JOURNAL_PATH + 8];
	FILE *file;
	int fd;

	snprintf(fresh, sizeof(fresh), "%s.new", d->journal_path);
	unlink(fresh);
	fd = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC,
		  0600);
	file = fd < 0 ? NULL : fdopen(fd, "a");
	if (!file) {
		if (fd >= 0)
			close(fd);
		return -errno;
	}
	write_all(d, file);
	if (fflush(file) || ferror(file) || rename(fresh, d->journal_path)) {
		fclose(file);
		unlink(fresh);
		return -EIO;
	}
	*journal = file;
	return 0;
}

void journal_rewrite(struct daemon *d)
{
	FILE *file = NULL;
	int err = write_file(d, &file);

	journal_close(d);
	d->journal = file;
	d->journal_lines = d->said.count;
	if (err && !d->journal_failed)
		log_warn("what commands say is lost when xmgmd ends: %s: %s",
			 d->journal_path, strerror(-err));
	d->journal_failed = err != 0;
}

void journal_close(struct daemon *d)
{
	if (d->journal)
		fclose(d->journal);
	d->journal = NULL;
}

void journal_say(struct daemon *d, const struct said_key *key,
		 const struct said_value *value)
{
	char name[SAID_NAME];

	if (said_command(&d->said, d->config, key, value))
		log_error("no memory to remember what a command has said of "
			  "%s: say it again, or the next reload undoes it",
			  said_name(key, name));
	if (!d->running)
		return; /* all is written at the end of the start */
	if (!d->journal || d->journal_lines++ > 2 * d->said.count + HISTORY) {
		journal_rewrite(d);
		return;
	}
	said_write(d->journal, &d->said, key);
	fputc('\n', d->journal);
	if (fflush(d->journal))
		journal_rewrite(d);
}
