/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The client of the control socket against a server that says what a test
 * tells it: answers, refusals, noise, lines in pieces, silence and hanging up.
 */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/rpc_client.h"

#define ID1 "{\"jsonrpc\":\"2.0\",\"id\":1,"

struct server {
	char directory[32];
	char path[64];
	int fd;
	pthread_t thread;
	const char *script; /* what it writes after the first request */
	size_t piece;	    /* bytes written at a time */
	char request[512];  /* the first request */
};

/* One connection: reads a line, writes the script, hangs up. */
static void *serve(void *arg)
{
	struct server *s = arg;
	size_t length = strlen(s->script), at = 0, n;
	int fd = accept(s->fd, NULL, NULL);
	ssize_t got = 0, more;

	while (got < (ssize_t)sizeof(s->request) - 1 &&
	       !memchr(s->request, '\n', (size_t)got)) {
		more = read(fd, s->request + got,
			    sizeof(s->request) - 1 - (size_t)got);
		if (more <= 0)
			break;
		got += more;
	}
	while (at < length) {
		n = length - at < s->piece ? length - at : s->piece;
		if (send(fd, s->script + at, n, MSG_NOSIGNAL) < 0)
			break;
		at += n;
	}
	close(fd);
	return NULL;
}

static void server_start(struct server *s, const char *script, size_t piece)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	memset(s, 0, sizeof(*s));
	s->script = script;
	s->piece = piece;
	strcpy(s->directory, "/tmp/xmgm-test-XXXXXX");
	assert_non_null(mkdtemp(s->directory));
	snprintf(s->path, sizeof(s->path), "%s/socket", s->directory);
	strcpy(address.sun_path, s->path);
	s->fd = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_return_code(bind(s->fd, (struct sockaddr *)&address,
				sizeof(address)),
			   errno);
	assert_return_code(listen(s->fd, 1), errno);
	assert_int_equal(pthread_create(&s->thread, NULL, serve, s), 0);
}

static void server_stop(struct server *s)
{
	pthread_join(s->thread, NULL);
	close(s->fd);
	unlink(s->path);
	rmdir(s->directory);
}

/* One call against a script; *result is to be put. */
static int call(const char *script, size_t piece, struct json_object **result,
		struct rpc_error *error)
{
	struct rpc_client *client;
	struct server server;
	int err;

	*result = NULL;
	memset(error, 0, sizeof(*error));
	server_start(&server, script, piece);
	assert_int_equal(rpc_client_open(server.path, &client), 0);
	err = rpc_client_call(client, "show.x", NULL, result, error);
	rpc_client_close(client);
	server_stop(&server);
	assert_string_equal(server.request, "{\"jsonrpc\":\"2.0\",\"id\":1,"
					    "\"method\":\"show.x\"}\n");
	return err;
}

static void answers_are_understood(void **state)
{
	static const struct {
		const char *script;
		size_t piece;
		int result;
		const char *answer; /* the result as JSON */
	} cases[] = {
		{ID1 "\"result\":[1,2]}\n", 999, 0, "[1,2]"},
		{ID1 "\"result\":[1,2]}\n", 1, 0, "[1,2]"},
		{ID1 "\"result\":null}\n", 999, 0, "null"},
		{"{\"method\":\"event\",\"params\":{}}\n" ID1
		 "\"result\":true}\n",
		 7, 0, "true"},
		{"{\"id\":9,\"result\":false}\n" ID1 "\"result\":true}\n", 999,
		 0, "true"},
		{ID1 "\"result\":1,\"error\":null}\n", 999, 0, "1"},
		{ID1 "}\n", 999, -EPROTO, NULL},
		{"", 1, -ECONNRESET, NULL},
		{ID1 "\"result\":[1,2]}", 999, -ECONNRESET, NULL},
		{"HTTP/1.1 400 Bad Request\n", 999, -EPROTO, NULL},
		{"[]\n", 999, -EPROTO, NULL},
		{"\n", 999, -EPROTO, NULL},
		{ID1 "\"result\":[1,2}\n", 999, -EPROTO, NULL},
	};
	struct json_object *result;
	struct rpc_error error;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(call(cases[i].script, cases[i].piece, &result,
				      &error),
				 cases[i].result);
		if (!cases[i].answer)
			assert_null(result);
		else
			assert_string_equal(
				json_object_to_json_string_ext(result, 0),
				cases[i].answer);
		json_object_put(result);
	}
}

static void refusals_carry_code_and_sentence(void **state)
{
	struct json_object *result;
	struct rpc_error error;

	(void)state;
	assert_int_equal(call(ID1 "\"error\":{\"code\":-17,\"message\":"
				  "\"eth1 is owned\"}}\n",
			      999, &result, &error),
			 -EREMOTEIO);
	assert_int_equal(error.code, -17);
	assert_string_equal(error.message, "eth1 is owned");
	/* A request that was no JSON is answered with id null. */
	assert_int_equal(call("{\"id\":null,\"error\":{\"code\":-32700}}\n",
			      999, &result, &error),
			 -EREMOTEIO);
	assert_int_equal(error.code, -32700);
	assert_string_equal(error.message, "refused without a reason");
}

/* A line far beyond the first buffer, in odd pieces. */
static void long_lines_are_read_whole(void **state)
{
	size_t length = 3 * 1000 * 1000, head = strlen(ID1 "\"result\":\"");
	char *script = malloc(length + 64);
	struct json_object *result;
	struct rpc_error error;

	(void)state;
	assert_non_null(script);
	strcpy(script, ID1 "\"result\":\"");
	memset(script + head, 'x', length);
	strcpy(script + head + length, "\"}\n");
	assert_int_equal(call(script, 77777, &result, &error), 0);
	assert_int_equal(json_object_get_string_len(result), (int)length);
	json_object_put(result);
	free(script);
}

static void events_come_one_by_one_until_the_end(void **state)
{
	static const char script[] = ID1
		"\"result\":true}\n"
		"{\"method\":\"event\",\"params\":{\"n\":1}}\n"
		"{\"method\":\"other\",\"params\":{\"n\":2}}\n"
		"{\"method\":\"event\"}\n"
		"{\"method\":\"event\",\"params\":{\"n\":3}}\n";
	const struct rpc_wait wait = {.watch = -1};
	struct json_object *result, *event;
	struct rpc_client *client;
	struct rpc_error error;
	struct server server;

	(void)state;
	server_start(&server, script, 11);
	assert_int_equal(rpc_client_open(server.path, &client), 0);
	assert_int_equal(
		rpc_client_call(client, "monitor", NULL, &result, &error), 0);
	json_object_put(result);
	assert_int_equal(rpc_client_event(client, &wait, &event), 0);
	assert_string_equal(json_object_to_json_string_ext(event, 0),
			    "{\"n\":1}");
	json_object_put(event);
	assert_int_equal(rpc_client_event(client, &wait, &event), 0);
	assert_string_equal(json_object_to_json_string_ext(event, 0),
			    "{\"n\":3}");
	json_object_put(event);
	assert_int_equal(rpc_client_event(client, &wait, &event), -ECONNRESET);
	rpc_client_close(client);
	server_stop(&server);
}

/* The reader of our output has gone: do not wait for an event to notice. */
static void a_closed_pipe_ends_the_waiting(void **state)
{
	int pipes[2], sockets[2];
	struct rpc_wait wait;
	struct json_object *event;
	struct rpc_client *client;
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	(void)state;
	assert_return_code(pipe(pipes), errno);
	sockets[0] = socket(AF_UNIX, SOCK_STREAM, 0);
	snprintf(address.sun_path, sizeof(address.sun_path),
		 "/tmp/xmgm-test-%d.sock", (int)getpid());
	unlink(address.sun_path);
	assert_return_code(bind(sockets[0], (struct sockaddr *)&address,
				sizeof(address)),
			   errno);
	assert_return_code(listen(sockets[0], 1), errno);
	assert_int_equal(rpc_client_open(address.sun_path, &client), 0);
	sockets[1] = accept(sockets[0], NULL, NULL);
	close(pipes[0]);
	wait = (struct rpc_wait){.watch = pipes[1]};
	assert_int_equal(rpc_client_event(client, &wait, &event), -EPIPE);
	rpc_client_close(client);
	close(pipes[1]);
	close(sockets[0]);
	close(sockets[1]);
	unlink(address.sun_path);
}

/* Hung up on before it could ask: the reason is there all the same. */
static void a_refusal_before_the_request_is_heard(void **state)
{
	static const char reason[] =
		"{\"id\":null,\"error\":{\"code\":-28,\"message\":"
		"\"too many clients\"}}\n";
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct json_object *result;
	struct rpc_client *client;
	struct rpc_error error;
	int listener, accepted, silent;

	(void)state;
	for (silent = 0; silent < 2; silent++) {
		snprintf(address.sun_path, sizeof(address.sun_path),
			 "/tmp/xmgm-test-%d.sock", (int)getpid());
		unlink(address.sun_path);
		listener = socket(AF_UNIX, SOCK_STREAM, 0);
		assert_return_code(bind(listener, (struct sockaddr *)&address,
					sizeof(address)),
				   errno);
		assert_return_code(listen(listener, 1), errno);
		assert_int_equal(rpc_client_open(address.sun_path, &client), 0);
		accepted = accept(listener, NULL, NULL);
		if (!silent)
			send(accepted, reason, sizeof(reason) - 1, 0);
		close(accepted);
		assert_int_equal(rpc_client_call(client, "x", NULL, &result,
						 &error),
				 silent ? -ECONNRESET : -EREMOTEIO);
		if (!silent)
			assert_string_equal(error.message, "too many clients");
		rpc_client_close(client);
		close(listener);
		unlink(address.sun_path);
	}
}

static void nobody_there_is_said_at_once(void **state)
{
	struct rpc_client *client;
	char endless[200];

	(void)state;
	assert_int_equal(rpc_client_open("/nonexistent/socket", &client),
			 -ENOENT);
	memset(endless, 'x', sizeof(endless) - 1);
	endless[sizeof(endless) - 1] = '\0';
	assert_int_equal(rpc_client_open(endless, &client), -ENAMETOOLONG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers_are_understood),
		cmocka_unit_test(refusals_carry_code_and_sentence),
		cmocka_unit_test(long_lines_are_read_whole),
		cmocka_unit_test(events_come_one_by_one_until_the_end),
		cmocka_unit_test(a_closed_pipe_ends_the_waiting),
		cmocka_unit_test(a_refusal_before_the_request_is_heard),
		cmocka_unit_test(nobody_there_is_said_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
