/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The control socket's clients: what one may cost, whose turn it is, what is
 * answered to which line, and how they end.
 */
#include "control_room.h"

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

	(void)state;
	begin();
	for (i = 0; i < 8; i++)
		fds[i] = asks(CALL("rows", "\"count\":\"10000000\""));
	for (n = 0; n < 400; n++) {
		before = stats()->pieces;
		turn();
		assert_in_range(stats()->pieces, before, before + 1);
		assert_true(recv(fds[n % 8], text, sizeof(text), 0) > 0);
	}
	/* And each turn has its piece, as long as all read. */
	assert_true(stats()->pieces > 390);
	for (i = 0; i < 8; i++)
		close(fds[i]);
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

/* What was needed to hear and to answer it is given back. */
static void test_who_says_nothing_costs_little(void **state)
{
	size_t before, after;
	int fds[50], i;

	(void)state;
	begin();
	turns(3);
	before = __sanitizer_get_current_allocated_bytes();
	for (i = 0; i < 50; i++) {
		fds[i] = asks(CALL("echo", "\"text\":\"x\""));
		json_object_put(answer(fds[i]));
	}
	after = __sanitizer_get_current_allocated_bytes();
	assert_true(after - before < 50 * 2048);
	for (i = 0; i < 50; i++)
		close(fds[i]);
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
	ssize_t more;
	bool ended;

	(void)state;
	begin();
	fd = asks(CALL("monitor", ""));
	for (n = 0; n < 2000; n++) {
		event(n);
		if (n % 500 == 1)
			say(fd, CALL("rows", "\"count\":\"20000\""));
		turn();
		more = recv(fd, text + len, sizeof(text) - 1 - len, 0);
		len += more > 0 ? (size_t)more : 0;
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
	rpc_done(&room->d.router, room->slow_op, 0);
	assert_true(hear(fd, text, sizeof(text), &ended) > 0);
	assert_true(ended);
	close(fd);
	turns(3);
	assert_int_equal(stats()->clients, 0);
}

/* The same with nothing behind the long result. */
static void test_who_sends_no_more_gets_a_long_result(void **state)
{
	static char text[2 * MB];
	size_t len = 0;
	bool ended = false;
	int fd;

	(void)state;
	begin();
	fd = dial();
	say(fd, CALL("rows", "\"count\":\"100000\""));
	shutdown(fd, SHUT_WR);
	while (!ended)
		len += hear(fd, text + len, sizeof(text) - len, &ended);
	assert_true(len > 500000);
	assert_int_equal(text[len - 1], '\n');
	close(fd);
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
	rpc_done(&room->d.router, room->slow_op, 0);
	turns(5);
	assert_int_equal(stats()->clients, 0);
	assert_int_equal(control_bytes(room->d.control), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_a_line_is_answered_for_what_it_is),
		T(test_an_id_comes_back_as_it_was_or_is_refused),
		T(test_a_long_result_comes_whole),
		T(test_the_loop_turns_between_pieces),
		T(test_who_does_not_read_a_result_costs_little),
		T(test_who_says_nothing_costs_little),
		T(test_who_reads_no_answers_is_not_read),
		T(test_calls_that_wait_are_bounded),
		T(test_fifty_monitors_that_do_not_read_cost_what_one_does),
		T(test_who_reads_gets_every_event),
		T(test_a_monitor_may_ask_as_well),
		T(test_who_sends_no_more_gets_his_answers),
		T(test_who_sends_no_more_gets_a_long_result),
		T(test_who_goes_leaves_nothing),
	};

	signal(SIGPIPE, SIG_IGN); /* as the daemon does */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
