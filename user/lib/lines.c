/* SPDX-License-Identifier: LGPL-2.1-or-later OR BSD-2-Clause */
/* See lines.h. */
#include "lib/lines.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define LINES_CHUNK 65536u

int lines_connect(struct lines *lines, const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int err = 0;

	*lines = (struct lines){.fd = -1};
	if (strlen(path) >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	strcpy(address.sun_path, path);
	lines->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (lines->fd < 0)
		return -errno;
	/* It waits here, while the other side's backlog is full. */
	if (connect(lines->fd, (struct sockaddr *)&address, sizeof(address)))
		err = -errno;
	return err;
}

void lines_close(struct lines *lines)
{
	if (lines->fd >= 0)
		close(lines->fd);
	free(lines->data);
	*lines = (struct lines){.fd = -1};
}

char *lines_next(struct lines *lines, size_t *length)
{
	char *line, *end = NULL;

	if (lines->length > lines->seen)
		end = memchr(lines->data + lines->seen, '\n',
			     lines->length - lines->seen);
	if (!end) {
		lines->seen = lines->length;
		return NULL;
	}
	line = lines->data + lines->start;
	*end = '\0';
	*length = (size_t)(end - line);
	lines->start += *length + 1;
	lines->seen = lines->start;
	return line;
}

/* Makes room for one more chunk behind what has been read. */
static int make_room(struct lines *lines)
{
	size_t size = lines->size ? lines->size : LINES_CHUNK;
	char *data;

	if (lines->start) {
		lines->length -= lines->start;
		lines->seen -= lines->start;
		memmove(lines->data, lines->data + lines->start, lines->length);
		lines->start = 0;
	}
	while (size < lines->length + LINES_CHUNK)
		size *= 2;
	if (size > LINES_MAX)
		return -EPROTO;
	if (size == lines->size)
		return 0;
	data = realloc(lines->data, size);
	if (!data)
		return -ENOMEM;
	lines->data = data;
	lines->size = size;
	return 0;
}

int lines_read(struct lines *lines)
{
	int err = make_room(lines);
	ssize_t n;

	if (err)
		return err;
	do {
		n = recv(lines->fd, lines->data + lines->length,
			 lines->size - lines->length, MSG_DONTWAIT);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return errno == EWOULDBLOCK ? -EAGAIN : -errno;
	if (n == 0)
		return -ECONNRESET;
	lines->length += (size_t)n;
	return 0;
}

int lines_write(struct lines *lines, const char *data, size_t length,
		size_t *sent)
{
	ssize_t n;

	*sent = 0;
	do {
		n = send(lines->fd, data, length, MSG_NOSIGNAL | MSG_DONTWAIT);
	} while (n < 0 && errno == EINTR);
	if (n >= 0)
		*sent = (size_t)n;
	else if (errno == EPIPE)
		return -ECONNRESET;
	else if (errno != EAGAIN && errno != EWOULDBLOCK)
		return -errno;
	return 0;
}
