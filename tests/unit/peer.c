/* SPDX-License-Identifier: GPL-2.0-only */
/* See peer.h. */
#include "peer.h"

#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

/* A line with its newline; false: the client has hung up. */
static bool hear(int fd, char *line, size_t room)
{
	size_t n = 0;

	while (n + 1 < room && read(fd, line + n, 1) == 1) {
		if (line[n++] != '\n')
			continue;
		line[n] = '\0';
		return true;
	}
	line[n] = '\0';
	return false;
}

static void say(struct peer *p, int fd, const char *text, size_t length)
{
	size_t at = 0, n;

	while (at < length) {
		n = length - at < p->piece ? length - at : p->piece;
		if (send(fd, text + at, n, MSG_NOSIGNAL) < 0)
			break;
		at += n;
	}
}

/* A line beginning with "result" or "error" is the answer to the last one. */
static void say_line(struct peer *p, int fd, const char *line, size_t length)
{
	char head[64];
	int n;

	if (*line == '"') {
		n = snprintf(head, sizeof(head),
			     "{\"jsonrpc\":\"2.0\",\"id\":%u,", p->id);
		say(p, fd, head, (size_t)n);
		say(p, fd, line, length);
		say(p, fd, "}", 1);
	} else {
		say(p, fd, line, length);
	}
	say(p, fd, "\n", 1);
}

static void say_lines(struct peer *p, int fd, const char *text)
{
	size_t length;

	for (; text && *text; text += length + (text[length] == '\n')) {
		length = strcspn(text, "\n");
		say_line(p, fd, text, length);
	}
}

/* What "METHOD{PARAMS}" looks like on the wire. */
static void expand(struct peer *p, const char *hears, char *out, size_t room)
{
	size_t name = strcspn(hears, "{");

	snprintf(out, room,
		 "{\"jsonrpc\":\"2.0\",\"id\":%u,\"method\":\"mgm.%.*s\","
		 "\"params\":%s}\n",
		 p->id, (int)name, hears, hears + name);
}

static void play(struct peer *p, int fd)
{
	static const struct peer_step hello = {
		"hello{\"version\":1}",
		"\"result\":{\"version\":1,\"router\":\"main\",\"build\":"
		"\"test\"}",
	};
	const size_t room = 1u << 17;
	char *line = malloc(room), *want = malloc(room);
	const struct peer_step *s;
	size_t i;

	for (i = 0; i <= p->count && line && want; i++) {
		s = i ? &p->steps[i - 1] : &hello;
		if (s->hears) {
			hear(fd, line, room);
			sscanf(line, "{\"jsonrpc\":\"2.0\",\"id\":%u", &p->id);
			expand(p, s->hears, want, room);
			if (strcmp(line, want)) {
				snprintf(p->wrong, sizeof(p->wrong),
					 "heard  %.900s\nwanted %.900s\n", line,
					 want);
				break;
			}
		}
		say_lines(p, fd, s->says);
	}
	free(line);
	free(want);
}

static void *peer_run(void *arg)
{
	struct peer *p = arg;
	int fd = accept(p->listener, NULL, NULL);
	char end;

	play(p, fd);
	if (p->silent && !*p->wrong && read(p->quit[0], &end, 1) < 0)
		strcpy(p->wrong, "the pipe is broken\n");
	close(fd);
	return NULL;
}

void peer_start(struct peer *p, const struct peer_step *steps, size_t count)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	p->steps = steps;
	p->count = count;
	p->id = 0;
	*p->wrong = '\0';
	if (!p->piece)
		p->piece = SIZE_MAX;
	strcpy(p->directory, "/tmp/xmgm-test-XXXXXX");
	assert_non_null(mkdtemp(p->directory));
	snprintf(p->path, sizeof(p->path), "%s/socket", p->directory);
	strcpy(address.sun_path, p->path);
	assert_return_code(pipe(p->quit), errno);
	p->listener = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_return_code(bind(p->listener, (struct sockaddr *)&address,
				sizeof(address)),
			   errno);
	assert_return_code(listen(p->listener, 1), errno);
	assert_int_equal(pthread_create(&p->thread, NULL, peer_run, p), 0);
}

void peer_stop(struct peer *p)
{
	close(p->quit[1]);
	pthread_join(p->thread, NULL);
	close(p->quit[0]);
	close(p->listener);
	unlink(p->path);
	rmdir(p->directory);
	if (*p->wrong)
		fail_msg("%s", p->wrong);
}
