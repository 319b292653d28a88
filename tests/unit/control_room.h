/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A control socket with methods of its own, in a directory of its own, and
 * clients that are sockets of the same process; the loop turns when a test
 * says so. What else the daemon would be is here, too: the test says who
 * connects and when memory is short, and sees what is logged.
 */
#ifndef XMGM_TESTS_CONTROL_ROOM_H
#define XMGM_TESTS_CONTROL_ROOM_H

/*
 * The control socket with methods and events of our own: what a client may
 * cost, whose turn it is, what is answered to which line, which name may be
 * taken for the socket, and who gets a place. Clients are sockets of the same
 * process; the loop turns when a test says so.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <cmocka.h>

#include "lib/log.h"
#include "xmgmd/control/control.h"
#include "xmgmd/remote/remote.h"

#define PIECE_ROWS 100
#define MB	   (1u << 20)

struct room {
	struct daemon d;
	struct config config;
	char directory[64];
	char path[96];
	uint64_t slow_op; /* of the last call of "slow" */
};

/* Of the address sanitizer, whose header not every compiler brings along. */
size_t __sanitizer_get_current_allocated_bytes(void);

static struct room *room;
static char said[1024];	       /* what was logged last */
static uid_t peer_uid;	       /* of whoever connects */
static unsigned int no_memory; /* callocs that fail */

/* --- what the control socket is linked with -------------------------- */

int __real_getsockopt(int fd, int level, int name, void *value, socklen_t *len);
int __wrap_getsockopt(int fd, int level, int name, void *value, socklen_t *len);
void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);
void __wrap_log_write(enum log_level level, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

int __wrap_getsockopt(int fd, int level, int name, void *value, socklen_t *len)
{
	int err = __real_getsockopt(fd, level, name, value, len);

	if (!err && name == SO_PEERCRED)
		((struct ucred *)value)->uid = peer_uid;
	return err;
}

void *__wrap_calloc(size_t count, size_t size)
{
	if (no_memory) {
		no_memory--;
		errno = ENOMEM;
		return NULL;
	}
	return __real_calloc(count, size);
}

void __wrap_log_write(enum log_level level, const char *format, ...)
{
	va_list args;

	(void)level;
	va_start(args, format);
	vsnprintf(said, sizeof(said), format, args);
	va_end(args);
}

void router_touch(struct router *r)
{
	(void)r;
}

void router_settle(struct router *r)
{
	(void)r;
}

#ifndef CONTROL_ROOM_REMOTE
/* No clients of the manager here; those are test_remote's. */
const struct method *remote_methods(size_t *count)
{
	*count = 0;
	return NULL;
}

int remote_admit(struct call *call, const struct method *method)
{
	(void)call;
	(void)method;
	return 0;
}

bool remote_lets_in(struct conn *conn)
{
	(void)conn;
	return true;
}

void remote_closed(struct conn *conn)
{
	(void)conn;
}
#endif

/* --- methods --------------------------------------------------------- */

struct rows {
	struct stream stream;
	int next, count;
};

static inline int rows_step(struct router *r, struct stream *stream,
			    struct conn *conn)
{
	struct rows *rows = (struct rows *)(void *)stream;
	int i;

	(void)r;
	for (i = 0; i < PIECE_ROWS && rows->next < rows->count; i++)
		stream_row(conn, json_object_new_int(rows->next++));
	return rows->next < rows->count;
}

static inline int run_rows(struct call *call)
{
	const char *count;
	struct rows *rows;

	if (call_need(call, "count", &count))
		return -EINVAL;
	rows = call_stream(call, sizeof(*rows), rows_step);
	if (!rows)
		return -ENOMEM;
	rows->count = atoi(count);
	return 0;
}

/* Answers with the same text, as often as that is wanted. */
static inline int run_echo(struct call *call)
{
	const char *text;
	int err = call_need(call, "text", &text);

	if (!err)
		call->result = json_object_new_string(text);
	return err;
}

static inline int run_slow(struct call *call)
{
	room->slow_op = call->op;
	return -EINPROGRESS;
}

static inline int run_monitor(struct call *call)
{
	return conn_monitor(call->conn);
}

const struct method *rpc_show_methods(size_t *count)
{
	static const struct method methods[] = {
		{.name = "rows", .run = run_rows, .params = {"count"}},
		{.name = "echo",
		 .run = run_echo,
		 .params = {"text", "a", "b", "c"}},
		{.name = "monitor", .run = run_monitor},
	};

	*count = sizeof(methods) / sizeof(methods[0]);
	return methods;
}

const struct method *rpc_change_methods(size_t *count)
{
	static const struct method methods[] = {
		{.name = "slow", .run = run_slow, .params = {"text"}},
	};

	*count = 1;
	return methods;
}

/* --- the room --------------------------------------------------------- */

static inline int setup(void **state)
{
	(void)state;
	said[0] = '\0';
	peer_uid = 1000;
	room = calloc(1, sizeof(*room));
	strcpy(room->directory, "/tmp/xmgm-control-XXXXXX");
	assert_non_null(mkdtemp(room->directory));
	snprintf(room->path, sizeof(room->path), "%s/c.sock", room->directory);
	room->config.clients = 64;
	room->d.config = &room->config;
	room->d.router.d = &room->d;
	room->d.socket_path = room->path;
	uv_loop_init(&room->d.loop);
	return 0;
}

static inline void end(void)
{
	control_close(&room->d);
	uv_run(&room->d.loop, UV_RUN_DEFAULT);
	control_free(&room->d);
}

static inline int teardown(void **state)
{
	(void)state;
	end();
	assert_int_equal(uv_loop_close(&room->d.loop), 0);
	unlink(room->path);
	rmdir(room->directory);
	free(room);
	return 0;
}

static inline void begin(void)
{
	assert_int_equal(control_open(&room->d), 0);
}

static inline void turn(void)
{
	uv_run(&room->d.loop, UV_RUN_NOWAIT);
}

static inline void turns(unsigned int n)
{
	while (n--)
		turn();
}

/* A client that is not heard before the loop turns. */
static inline int dial(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);

	strcpy(address.sun_path, room->path);
	assert_int_equal(
		connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

static inline int attempt(void)
{
	int fd = dial();

	turns(3);
	return fd;
}

static inline void put(int fd, const char *text, size_t len)
{
	ssize_t n;

	while (len) {
		n = send(fd, text, len, MSG_NOSIGNAL);
		if (n < 0)
			assert_int_equal(errno, EAGAIN);
		else {
			text += n;
			len -= (size_t)n;
		}
		turn();
	}
}

static inline void say(int fd, const char *line)
{
	put(fd, line, strlen(line));
}

/* A client that has asked this. */
static inline int asks(const char *line)
{
	int fd = attempt();

	say(fd, line);
	turns(3);
	return fd;
}

#define CALL(method, params)                                       \
	"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"" method "\"," \
	"\"params\":{" params "}}\n"

/* Whatever comes until it pauses; at the end of the connection *ended. */
static inline size_t hear(int fd, char *text, size_t room_left, bool *ended)
{
	size_t len = 0;
	ssize_t n = 1;
	int idle = 0;

	*ended = false;
	while (idle < 4 && len < room_left) {
		n = recv(fd, text + len, room_left - len, 0);
		if (n == 0 || (n < 0 && errno != EAGAIN)) {
			*ended = true;
			break;
		}
		idle = n < 0 ? idle + 1 : 0;
		len += n > 0 ? (size_t)n : 0;
		turn();
	}
	return len;
}

/* One answer, parsed; NULL: the connection ended. */
static inline struct json_object *answer(int fd)
{
	static char text[MB];
	struct json_object *object;
	bool ended;
	size_t len = hear(fd, text, sizeof(text) - 1, &ended);

	text[len] = '\0';
	if (!len)
		return NULL;
	assert_ptr_equal(strchr(text, '\n'), text + len - 1);
	object = json_tokener_parse(text);
	assert_non_null(object);
	return object;
}

static inline int error_of(struct json_object *object, const char **message)
{
	struct json_object *error, *field;

	if (!json_object_object_get_ex(object, "error", &error))
		return 0;
	json_object_object_get_ex(error, "message", &field);
	if (message)
		*message = json_object_get_string(field);
	json_object_object_get_ex(error, "code", &field);
	return json_object_get_int(field);
}

static inline void expect_error(int fd, int code, const char *word)
{
	struct json_object *object = answer(fd);
	const char *message = "";

	assert_non_null(object);
	assert_int_equal(error_of(object, &message), code);
	assert_non_null(strstr(message, word));
	json_object_put(object);
}

static inline const struct control_stats *stats(void)
{
	return &room->d.control->stats;
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

#endif /* XMGM_TESTS_CONTROL_ROOM_H */
