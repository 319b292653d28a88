/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A file of lines to which one adds, so that what is in it outlives the
 * process: each line has a checksum and is written whole or not at all. It
 * knows lines, not their meaning; which of them still count is the owner's
 * business, who writes those into a fresh file when the dead ones outweigh
 * them. One process at a time has it open.
 *
 *   CHECKSUM LINE     CRC-32 of LINE, eight hexadecimal digits
 *
 * Lines without a checksum are an older xmgm's, and believed as long as no
 * line with one has come.
 */
#ifndef XMGM_LIB_JOURNAL_H
#define XMGM_LIB_JOURNAL_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define JOURNAL_PATH 320

struct journal {
	char path[JOURNAL_PATH];
	int fd; /* -1: it cannot be added to; a fresh file mends that */
	uint64_t size;
	uint64_t lines;	   /* the dead ones included */
	uint64_t reserved; /* bytes promised to commands under way */
	bool unsynced;	   /* added to since journal_sync_begin */
	bool renamed;	   /* the name may not be on the disk */
	FILE *fresh;	   /* the one to come; or NULL */
	uint64_t fresh_lines;
};

void journal_init(struct journal *j, const char *path);
/* Closes it; a fresh file that was begun goes. */
void journal_close(struct journal *j);

/*
 * Reads a file from its beginning: each is given the lines that are whole and
 * right, and may change them; bad is told the number of every other, and of
 * those for which each has returned a negative errno, and why. 0, -ENOENT or
 * what ended the reading; what came before has been given then.
 */
int journal_replay(const char *path, int (*each)(void *arg, char *line),
		   void (*bad)(void *arg, uint64_t number, const char *why),
		   void *arg);

/*
 * So many more bytes will fit, whatever others write to the disk, until they
 * are released. 0, or why not: -ENOSPC, -EROFS, -EBADF: it is not open.
 */
int journal_reserve(struct journal *j, size_t bytes);
void journal_release(struct journal *j, size_t bytes);

/*
 * Adds a line; then it outlives the process. On an error the file has no part
 * of it and is closed: write a fresh one. -EINVAL: the line holds an end.
 */
int journal_append(struct journal *j, const char *line);

/*
 * A fresh file, beside the one that there is until its end: begin, put every
 * line that counts, flush, have it synced, end. What is appended meanwhile
 * goes to both. After an error: drop, and the old file goes on as it was.
 */
int journal_fresh_begin(struct journal *j);
int journal_fresh_put(struct journal *j, const char *line);
/* A descriptor to sync and to close, or a negative errno. */
int journal_fresh_flush(struct journal *j);
int journal_fresh_end(struct journal *j);
void journal_fresh_drop(struct journal *j);

/*
 * What has been added is to be on the disk as well: gives a descriptor to
 * sync and to close, possibly on another thread; -1: there is nothing to do.
 * *directory: sync that as well, which holds the name; or -1.
 */
int journal_sync_begin(struct journal *j, int *directory);

/* Where an instance's is if nothing else is configured, or a link to it. */
void journal_path(const char *instance, char path[JOURNAL_PATH]);
/* Without a daemon: adds to it, or makes it. 0 or a negative errno. */
int journal_add(const char *path, const char *line);
/* Is it a link to a journal in another directory? That has the same name: what
 * a link of somebody else's leads to is not ours to remove. */
bool journal_linked(const char *path, char target[PATH_MAX]);
/* Removes it, and the journal it is a link to. 0 or a negative errno. */
int journal_forget(const char *path);

#endif /* XMGM_LIB_JOURNAL_H */
