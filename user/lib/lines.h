/* SPDX-License-Identifier: LGPL-2.1-or-later OR BSD-2-Clause */
/*
 * A Unix stream socket that carries lines, from the caller's side: bytes in
 * and out and a buffer for what has come in, which grows with the longest line
 * and is kept. The descriptor does not block; who wants to wait polls it. It
 * prints nothing and raises no signals.
 */
#ifndef XMGM_LIB_LINES_H
#define XMGM_LIB_LINES_H

#include <stddef.h>

#define LINES_MAX (1u << 30) /* bytes of a line, at most */

struct lines {
	int fd;
	char *data;    /* what has been read */
	size_t start;  /* of the next line in data */
	size_t seen;   /* up to here no newline has been found */
	size_t length; /* end of what has been read */
	size_t size;   /* of data */
};

/*
 * 0; -ENOENT or -ECONNREFUSED nobody listens there, -EACCES, -ENAMETOOLONG, or
 * what socket and connect say. lines_close is harmless after an error.
 */
int lines_connect(struct lines *lines, const char *path);
void lines_close(struct lines *lines);

/*
 * The next line, without its newline and ended by 0, or NULL: no whole one has
 * been read. It lives until lines_read.
 */
char *lines_next(struct lines *lines, size_t *length);

/*
 * Reads once what is there. 0, -EAGAIN nothing, -ECONNRESET the other side has
 * hung up, -EPROTO a line without an end, -ENOMEM, or what read says.
 */
int lines_read(struct lines *lines);

/* Writes what goes: *sent bytes, 0 included. 0, -ECONNRESET, or an error. */
int lines_write(struct lines *lines, const char *data, size_t length,
		size_t *sent);

#endif /* XMGM_LIB_LINES_H */
