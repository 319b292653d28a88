/* SPDX-License-Identifier: GPL-2.0-only */
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

void log_write(enum log_level level, const char *format, ...)
{
	va_list args;

	(void)level;
	va_start(args, format);
	vsnprintf(said, sizeof(said), format, args);
	va_end(args);
}

void daemon_touch(struct daemon *d)
{
	(void)d;
}

void daemon_settle(struct daemon *d)
{
	(void)d;
}

void saved_answer(struct daemon *d)
{
	(void)d;
}

void saved_changed(struct daemon *d)
{
	(void)d;
}

/* --- methods --------------------------------------------------------- */

struct rows {
	struct stream stream;
	int next, count;
};

static int rows_step(struct daemon *d, struct stream *stream, struct conn *conn)
{
	struct rows *rows = (struct rows *)(void *)stream;
	int i;

	(void)d;
	for (i = 0; i < PIECE_ROWS && rows->next < rows->count; i++)
		stream_row(conn, json_object_new_int(rows->next++));
	return rows->next < rows->count;
}

static void rows_free(struct stream *stream)
{
	free(stream);
}

static int run_rows(struct call *call)
{
	struct rows *rows = calloc(1, sizeof(*rows));
	const char *count;

	if (call_need(call, "count", &count)) {
		free(rows);
		return -EINVAL;
	}
	rows->count = atoi(count);
	rows->stream.step = rows_step;
	rows->stream.free = rows_free;
	call->stream = &rows->stream;
	return 0;
}

/* Answers with the same text, as often as that is wanted. */
static int run_echo(struct call *call)
{
	const char *text;
	int err = call_need(call, "text", &text);

	if (!err)
		call->result = json_object_new_string(text);
	return err;
}

static int run_slow(struct call *call)
{
	room->slow_op = call->op;
	return -EINPROGRESS;
}

static int run_monitor(struct call *call)
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

static int setup(void **state)
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
	room->d.socket_path = room->path;
	uv_loop_init(&room->d.loop);
	return 0;
}

static void end(void)
{
	control_close(&room->d);
	uv_run(&room->d.loop, UV_RUN_DEFAULT);
	control_free(&room->d);
}

static int teardown(void **state)
{
	(void)state;
	end();
	assert_int_equal(uv_loop_close(&room->d.loop), 0);
	unlink(room->path);
	rmdir(room->directory);
	free(room);
	return 0;
}

static void begin(void)
{
	assert_int_equal(control_open(&room->d), 0);
}

static void turn(void)
{
	uv_run(&room->d.loop, UV_RUN_NOWAIT);
}

static void turns(unsigned int n)
{
	while (n--)
		turn();
}

static int attempt(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);

	strcpy(address.sun_path, room->path);
	assert_int_equal(
		connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	turns(3);
	return fd;
}

static void put(int fd, const char *text, size_t len)
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

static void say(int fd, const char *line)
{
	put(fd, line, strlen(line));
}

/* A client that has asked this. */
static int asks(const char *line)
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
static size_t hear(int fd, char *text, size_t room_left, bool *ended)
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
static struct json_object *answer(int fd)
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

static int error_of(struct json_object *object, const char **message)
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

static void expect_error(int fd, int code, const char *word)
{
	struct json_object *object = answer(fd);
	const char *message = "";

	assert_non_null(object);
	assert_int_equal(error_of(object, &message), code);
	assert_non_null(strstr(message, word));
	json_object_put(object);
}

static const struct control_stats *stats(void)
{
	return &room->d.control->stats;
}

/* --- what is asked ---------------------------------------------------- */

static const struct {
	const char *line;
	size_t len; /* 0: of the text */
	int code;   /* of the error; 0: a result */
	const char *word;
} lines[] = {
	{CALL("echo", "\"text\":\"x\""), 0, 0, ""},
	{"\0\0\0\n", 4, -32700, "NUL"},
	{"\0\n", 2, -32700, "NUL"},
	{"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"echo\"}\0\n", 43, -32700,
	 "NUL"},
	{CALL("echo\\u0000x", "\"text\":\"x\""), 0, -32700, "NUL"},
	{CALL("echo", "\"text\":\"x\\u0000y\""), 0, -32700, "NUL"},
	{CALL("echo", "\"text\\u0000z\":\"x\""), 0, -32700, "NUL"},
	/* A backslash, and then letters that mean nothing. */
	{CALL("echo", "\"text\":\"x\\\\u0000y\""), 0, 0, ""},
	{CALL("echo", "\"text\":\"x\\\\\\u0000y\""), 0, -32700, "NUL"},
	{CALL("echo", "\"txet\":\"x\""), 0, -32602, "txet"},
	{CALL("echo", "\"text\":\"x\",\"interface\":\"e1\""), 0, -32602,
	 "interface"},
	{CALL("echo", "\"text\":\"x\",\"c\":1"), 0, 0, ""},
	{CALL("monitor", "\"events\":1"), 0, -32602, "events"},
};

static void test_a_line_is_answered_for_what_it_is(void **state)
{
	struct json_object *object;
	const char *message;
	size_t i;
	int fd;

	(void)state;
	begin();
	fd = attempt();
	for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		put(fd, lines[i].line,
		    lines[i].len ? lines[i].len : strlen(lines[i].line));
		object = answer(fd);
		assert_non_null(object);
		message = "";
		assert_int_equal(error_of(object, &message), lines[i].code);
		assert_non_null(strstr(message, lines[i].word));
		json_object_put(object);
	}
	close(fd);
}

static const struct {
	const char *id;
	bool good;
} ids[] = {
	{"0", true},
	{"null", true},
	{"\"a text\"", true},
	{"-9223372036854775807", true},
	{"18446744073709551614", true},
	{"1.5", true},
	{"1.0000000000000000000001", true},
	{"18446744073709551616", false},
	{"99999999999999999999999999", false},
	{"-99999999999999999999999999", false},
	{"NaN", false},
	{"Infinity", false},
	{"-Infinity", false},
	{"1e999", false},
	{"true", false},
	{"[1]", false},
	{"{}", false},
};

/* JSON-RPC 2.0, section 5: the id is the same as in the request, or null. */
static void test_an_id_comes_back_as_it_was_or_is_refused(void **state)
{
	char line[160], want[160], text[512];
	size_t i, len;
	bool ended;
	int fd;

	(void)state;
	begin();
	fd = attempt();
	for (i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		snprintf(line, sizeof(line),
			 "{\"jsonrpc\":\"2.0\",\"id\":%s,\"method\":\"echo\","
			 "\"params\":{\"text\":\"x\"}}\n",
			 ids[i].id);
		say(fd, line);
		len = hear(fd, text, sizeof(text) - 1, &ended);
		text[len] = '\0';
		snprintf(want, sizeof(want), "\"id\":%s,\"%s\"",
			 ids[i].good ? ids[i].id : "null",
			 ids[i].good ? "result" : "error");
		assert_non_null(strstr(text, want));
	}
	close(fd);
}

/* --- what it costs ---------------------------------------------------- */

/* A result of a hundred thousand rows is whole, and others come between. */
static void test_a_long_result_comes_whole(void **state)
{
	static char text[2 * MB];
	struct json_object *object, *rows;
	size_t len = 0;
	bool ended;
	int fd, other;
	int i;

	(void)state;
	begin();
	fd = asks(CALL("rows", "\"count\":\"100000\""));
	other = asks(CALL("echo", "\"text\":\"me too\""));
	json_object_put(answer(other));
	assert_true(stats()->pieces < 900);
	while (!len || text[len - 1] != '\n')
		len += hear(fd, text + len, sizeof(text) - 1 - len, &ended);
	text[len] = '\0';
	object = json_tokener_parse(text);
	assert_true(json_object_object_get_ex(object, "result", &rows));
	assert_int_equal(json_object_array_length(rows), 100000);
	for (i = 0; i < 100000; i++)
		assert_int_equal(json_object_get_int(json_object_array_get_idx(
					 rows, (size_t)i)),
				 i);
	json_object_put(object);
	close(other);
	close(fd);
}

/* Between two turns of the loop at most one piece is made, whoever asks. */
static void test_the_loop_turns_between_pieces(void **state)
{
	static char text[MB];
	uint64_t before;
	int fds[8], i, n;
	bool ended;

	(void)state;
	begin();
	for (i = 0; i < 8; i++)
		fds[i] = asks(CALL("rows", "\"count\":\"2000\""));
	for (n = 0; n < 400; n++) {
		before = stats()->pieces;
		turn();
		assert_true(stats()->pieces <= before + 1);
		recv(fds[n % 8], text, sizeof(text), 0);
	}
	for (i = 0; i < 8; i++) {
		hear(fds[i], text, sizeof(text), &ended);
		close(fds[i]);
	}
	assert_int_equal(stats()->pieces, 8 * 2000 / PIECE_ROWS);
}

static void test_who_does_not_read_a_result_costs_little(void **state)
{
	size_t before, after;
	int fds[8], i;

	(void)state;
	begin();
	turns(3);
	before = __sanitizer_get_current_allocated_bytes();
	for (i = 0; i < 8; i++)
		fds[i] = asks(CALL("rows", "\"count\":\"10000000\""));
	turns(5000);
	after = __sanitizer_get_current_allocated_bytes();
	assert_true(after - before < 8 * MB / 2);
	assert_true(control_bytes(room->d.control) < 8 * MB / 4);
	for (i = 0; i < 8; i++)
		close(fds[i]);
	turns(20);
	assert_int_equal(stats()->clients, 0);
}

/* Requests without end, and nobody reads what is answered. */
static void test_who_reads_no_answers_is_not_read(void **state)
{
	static const char line[] = CALL("echo", "\"text\":\"0123456789\"");
	static char text[MB];
	size_t before, after, answers = 0, i, len;
	unsigned int sent = 0, refused = 0;
	bool ended;
	int fd;

	(void)state;
	begin();
	fd = attempt();
	before = __sanitizer_get_current_allocated_bytes();
	while (refused < 100) {
		if (send(fd, line, sizeof(line) - 1, MSG_NOSIGNAL) ==
		    sizeof(line) - 1) {
			sent++;
			refused = 0;
		} else {
			refused++;
		}
		turn();
		assert_true(sent < 100000);
	}
	after = __sanitizer_get_current_allocated_bytes();
	assert_true(after - before < 2 * MB);
	while ((len = hear(fd, text, sizeof(text), &ended)))
		for (i = 0; i < len; i++)
			answers += text[i] == '\n';
	assert_true(answers >= sent - 1); /* the last may be half a line */
	close(fd);
}

/* Calls that wait keep what they were asked, and are bounded by that, too. */
static void test_calls_that_wait_are_bounded(void **state)
{
	static char line[CONTROL_LINE];
	size_t before, after;
	unsigned int n, calls = 0;
	int fd;

	(void)state;
	begin();
	fd = attempt();
	before = __sanitizer_get_current_allocated_bytes();
	n = (unsigned int)snprintf(line, sizeof(line),
				   "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":"
				   "\"slow\",\"params\":{\"text\":[");
	while (n < sizeof(line) - 16)
		n += (unsigned int)snprintf(line + n, 4, "1,");
	snprintf(line + n, 8, "1]}}\n");
	for (; calls < 20; calls++) {
		n = 0;
		while (n < strlen(line)) {
			ssize_t sent = send(fd, line + n, strlen(line) - n,
					    MSG_NOSIGNAL);

			turn();
			if (sent < 0)
				break;
			n += (unsigned int)sent;
		}
		if (n < strlen(line))
			break;
	}
	after = __sanitizer_get_current_allocated_bytes();
	assert_true(stats()->requests <= 2);
	assert_true(after - before < 8 * MB);
	close(fd);
}

/* --- events ----------------------------------------------------------- */

static void event(int number)
{
	struct json_object *params = json_object_new_object();

	json_object_object_add(params, "event",
			       json_object_new_string("owner"));
	json_object_object_add(params, "number", json_object_new_int(number));
	control_event(&room->d, params);
}

/* The numbers of the events come one after the other; returns the next. */
static int follow(int fd, char *rest, int next, bool *ended)
{
	static char text[MB];
	size_t had = strlen(rest), len;
	char *line = text, *end_of_line;

	memcpy(text, rest, had);
	len = had + hear(fd, text + had, sizeof(text) - 1 - had, ended);
	text[len] = '\0';
	while ((end_of_line = strchr(line, '\n'))) {
		char *number = strstr(line, "\"number\":");

		if (number && number < end_of_line)
			assert_int_equal(atoi(number + 9), next++);
		line = end_of_line + 1;
	}
	assert_true(strlen(line) < 200);
	memmove(rest, line, strlen(line) + 1);
	return next;
}

static void test_fifty_monitors_that_do_not_read_cost_what_one_does(void **s)
{
	size_t before, now, peak = 0;
	int fds[50], i, n;

	(void)s;
	begin();
	for (i = 0; i < 50; i++)
		fds[i] = asks(CALL("monitor", ""));
	before = __sanitizer_get_current_allocated_bytes();
	for (n = 0; n < 120000; n++) {
		event(n);
		if (n % 16 == 0)
			turn();
		now = __sanitizer_get_current_allocated_bytes();
		peak = now > peak ? now : peak;
	}
	assert_true(peak < before + CONTROL_MONITOR + MB);
	assert_int_equal(stats()->monitors_dropped, 50);
	turns(5);
	assert_int_equal(stats()->clients, 0);
	assert_int_equal(control_bytes(room->d.control), 0);
	assert_false(control_has_monitors(&room->d));
	for (i = 0; i < 50; i++)
		close(fds[i]);
}

/* Beside one that does not: not an event is lost, none is torn. */
static void test_who_reads_gets_every_event(void **state)
{
	char rest[256] = "", rest_late[256] = "";
	int good, bad, late = -1, next = 0, next_late = 50000, n;
	bool ended;

	(void)state;
	begin();
	good = asks(CALL("monitor", ""));
	bad = asks(CALL("monitor", ""));
	for (n = 0; n < 100000; n++) {
		event(n);
		if (n == 49999)
			late = asks(CALL("monitor", ""));
		if (n % 1000)
			continue;
		next = follow(good, rest, next, &ended);
		assert_false(ended);
		if (late >= 0)
			next_late = follow(late, rest_late, next_late, &ended);
	}
	assert_int_equal(follow(good, rest, next, &ended), 100000);
	assert_int_equal(follow(late, rest_late, next_late, &ended), 100000);
	assert_int_equal(stats()->monitors_dropped, 1);
	close(good);
	close(bad);
	close(late);
}

/* An answer never stands in the middle of an event, nor the reverse. */
static void test_a_monitor_may_ask_as_well(void **state)
{
	static char text[2 * MB];
	int fd, events = 0, results = 0, n;
	char *line = text, *end_of_line;
	size_t len = 0;
	bool ended;

	(void)state;
	begin();
	fd = asks(CALL("monitor", ""));
	for (n = 0; n < 2000; n++) {
		event(n);
		if (n % 500 == 1)
			say(fd, CALL("rows", "\"count\":\"20000\""));
		if (n % 10 == 0)
			len += hear(fd, text + len, sizeof(text) - 1 - len,
				    &ended);
	}
	while ((n = (int)hear(fd, text + len, sizeof(text) - 1 - len, &ended)))
		len += (size_t)n;
	text[len] = '\0';
	for (; (end_of_line = strchr(line, '\n')); line = end_of_line + 1) {
		struct json_object *object;

		*end_of_line = '\0';
		object = json_tokener_parse(line);
		assert_non_null(object);
		events += json_object_object_get_ex(object, "method", NULL);
		results += json_object_object_get_ex(object, "result", NULL);
		json_object_put(object);
	}
	assert_int_equal(events, 2000);
	assert_int_equal(results, 5);
	close(fd);
}

/* --- ends ------------------------------------------------------------- */

/* `echo REQUEST | socat - UNIX-CONNECT:...`: it ends, then is answered. */
static void test_who_sends_no_more_gets_his_answers(void **state)
{
	static char text[2 * MB];
	size_t len = 0, more;
	bool ended = false;
	int fd;

	(void)state;
	begin();
	fd = attempt();
	assert_true(send(fd, CALL("rows", "\"count\":\"100000\""), 69, 0) > 0);
	say(fd, CALL("slow", ""));
	shutdown(fd, SHUT_WR);
	do {
		more = hear(fd, text + len, sizeof(text) - 1 - len, &ended);
		len += more;
	} while (more && !ended);
	assert_false(ended);
	assert_true(len > 500000);
	rpc_done(&room->d, room->slow_op, 0);
	assert_true(hear(fd, text, sizeof(text), &ended) > 0);
	assert_true(ended);
	close(fd);
	turns(3);
	assert_int_equal(stats()->clients, 0);
}

static void test_who_goes_leaves_nothing(void **state)
{
	int fds[4], i;

	(void)state;
	begin();
	fds[0] = asks(CALL("rows", "\"count\":\"10000000\""));
	fds[1] = asks(CALL("slow", ""));
	fds[2] = asks(CALL("monitor", ""));
	fds[3] = asks("{\"jsonrpc\":\"2.0\",\"meth");
	turns(5);
	for (i = 0; i < 4; i++)
		close(fds[i]);
	turns(5);
	rpc_done(&room->d, room->slow_op, 0);
	turns(5);
	assert_int_equal(stats()->clients, 0);
	assert_int_equal(control_bytes(room->d.control), 0);
}

/* --- places ----------------------------------------------------------- */

static void test_the_last_places_are_kept_for_root(void **state)
{
	int fds[10], i, late;

	(void)state;
	room->config.clients = 2;
	begin();
	for (i = 0; i < 2; i++)
		fds[i] = asks(CALL("monitor", ""));
	late = attempt();
	expect_error(late, -ENOSPC, "2 places");
	assert_null(answer(late));
	close(late);
	peer_uid = 0;
	for (; i < 2 + (int)CONTROL_ROOT; i++) {
		fds[i] = asks(CALL("echo", "\"text\":\"root\""));
		json_object_put(answer(fds[i]));
	}
	/* Short commands: whoever stays there would lock root out. */
	say(fds[2], CALL("monitor", ""));
	expect_error(fds[2], -ENOSPC, "No space left");
	late = attempt();
	expect_error(late, -ENOSPC, "kept for root");
	close(late);
	assert_int_equal(stats()->clients_refused, 2);
	for (i = 0; i < 2 + (int)CONTROL_ROOT; i++)
		close(fds[i]);
	turns(5);
	peer_uid = 1000;
	late = asks(CALL("echo", "\"text\":\"again\""));
	json_object_put(answer(late));
	close(late);
}

/* A connection for which there is no memory does not stop the next ones. */
static void test_without_memory_for_a_client_the_next_is_served(void **state)
{
	struct json_object *object;
	int lost[2], fd;

	(void)state;
	begin();
	no_memory = 2;
	lost[0] = attempt();
	lost[1] = attempt();
	no_memory = 0;
	assert_null(answer(lost[0]));
	fd = asks(CALL("echo", "\"text\":\"x\""));
	object = answer(fd);
	assert_non_null(object);
	json_object_put(object);
	close(fd);
	close(lost[0]);
	close(lost[1]);
}

/* --- the name --------------------------------------------------------- */

static int listener_at(const char *path, int type)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, type, 0);

	strcpy(address.sun_path, path);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)),
			 0);
	if (type == SOCK_STREAM)
		assert_int_equal(listen(fd, 0), 0);
	return fd;
}

/* Nothing has changed, and the sentence names object and remedy. */
static void refused(const char *reason)
{
	struct stat before, after;

	assert_int_equal(lstat(room->path, &before), 0);
	assert_true(control_open(&room->d) < 0);
	end();
	assert_non_null(strstr(said, room->path));
	assert_non_null(strstr(said, reason));
	assert_non_null(strstr(said, "-s"));
	assert_int_equal(lstat(room->path, &after), 0);
	assert_int_equal(before.st_ino, after.st_ino);
	assert_int_equal(before.st_size, after.st_size);
}

static void test_a_file_of_that_name_stays(void **state)
{
	FILE *file = fopen(room->path, "w");

	(void)state;
	fputs("interface \"e1\" {}\n", file);
	fclose(file);
	assert_int_equal(listen_check(room->path), -EEXIST);
	refused("configuration is named with -f");
}

static void test_no_other_object_is_taken_for_a_socket(void **state)
{
	(void)state;
	assert_int_equal(mkdir(room->path, 0700), 0);
	refused("directory");
	rmdir(room->path);
	assert_int_equal(mkfifo(room->path, 0600), 0);
	refused("no socket");
	unlink(room->path);
	assert_int_equal(symlink("/nonexistent/socket", room->path), 0);
	refused("no socket");
}

static void test_a_socket_that_lives_stays(void **state)
{
	static const int types[] = {SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET};
	size_t i;
	int fd;

	(void)state;
	for (i = 0; i < 3; i++) {
		fd = listener_at(room->path, types[i]);
		refused("another process listens");
		close(fd);
		unlink(room->path);
	}
	/* Also one whose queue is full. */
	fd = listener_at(room->path, SOCK_STREAM);
	while (1) {
		struct sockaddr_un address = {.sun_family = AF_UNIX};
		int client = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);

		strcpy(address.sun_path, room->path);
		if (connect(client, (struct sockaddr *)&address,
			    sizeof(address))) {
			close(client);
			break;
		}
		/* Left open: it fills the queue. */
	}
	refused("another process listens");
	close(fd);
}

static void test_a_dead_socket_makes_room(void **state)
{
	struct stat st;
	int fd;

	(void)state;
	close(listener_at(room->path, SOCK_STREAM));
	begin();
	fd = asks(CALL("echo", "\"text\":\"x\""));
	json_object_put(answer(fd));
	close(fd);
	assert_int_equal(lstat(room->path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0660);
	end();
	assert_int_equal(lstat(room->path, &st), -1);
}

/* Only what it made itself is removed at the end. */
static void test_another_socket_by_that_name_outlives_us(void **state)
{
	struct stat st;
	int fd;

	(void)state;
	begin();
	unlink(room->path);
	fd = listener_at(room->path, SOCK_STREAM);
	end();
	assert_int_equal(lstat(room->path, &st), 0);
	close(fd);
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_a_line_is_answered_for_what_it_is),
		T(test_an_id_comes_back_as_it_was_or_is_refused),
		T(test_a_long_result_comes_whole),
		T(test_the_loop_turns_between_pieces),
		T(test_who_does_not_read_a_result_costs_little),
		T(test_who_reads_no_answers_is_not_read),
		T(test_calls_that_wait_are_bounded),
		T(test_fifty_monitors_that_do_not_read_cost_what_one_does),
		T(test_who_reads_gets_every_event),
		T(test_a_monitor_may_ask_as_well),
		T(test_who_sends_no_more_gets_his_answers),
		T(test_who_goes_leaves_nothing),
		T(test_the_last_places_are_kept_for_root),
		T(test_without_memory_for_a_client_the_next_is_served),
		T(test_a_file_of_that_name_stays),
		T(test_no_other_object_is_taken_for_a_socket),
		T(test_a_socket_that_lives_stays),
		T(test_a_dead_socket_makes_room),
		T(test_another_socket_by_that_name_outlives_us),
	};

	signal(SIGPIPE, SIG_IGN); /* as the daemon does */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
