/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * monitor: events as they happen. One line each, flushed at once, so that it
 * can be read by a pipe. Ends quietly at ^C, at SIGTERM, and when nobody
 * reads any more.
 */
#include "xmgm/cli.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static volatile sig_atomic_t stopped;

static void on_stop(int signal_number)
{
	(void)signal_number;
	stopped = 1;
}

/* Signals arrive only while we wait; *waiting is the mask for that. */
static void catch_signals(sigset_t *waiting)
{
	struct sigaction stop = {.sa_handler = on_stop};
	struct sigaction ignore = {.sa_handler = SIG_IGN};
	sigset_t block;

	sigemptyset(&block);
	sigaddset(&block, SIGINT);
	sigaddset(&block, SIGTERM);
	sigprocmask(SIG_BLOCK, &block, waiting);
	sigaction(SIGINT, &stop, NULL);
	sigaction(SIGTERM, &stop, NULL);
	sigaction(SIGPIPE, &ignore, NULL);
}

/* Seconds since 1970 become local time of day; text stays. */
static void put_time(struct printbuf *line, struct json_object *value)
{
	char text[32];
	struct tm tm;
	double stamp;
	time_t t;

	if (!json_object_is_type(value, json_type_double) &&
	    !json_object_is_type(value, json_type_int)) {
		output_put_value(line, value);
		return;
	}
	stamp = json_object_get_double(value);
	t = (time_t)stamp;
	localtime_r(&t, &tm);
	strftime(text, sizeof(text), "%H:%M:%S", &tm);
	sprintbuf(line, "%s.%03d", text, (int)((stamp - (double)t) * 1000));
}

/* "10:15:02.123 owner            interface=eth1 owner=static epoch=3" */
static void put_event(struct printbuf *line, struct json_object *event)
{
	struct json_object *name = json_object_object_get(event, "event");

	printbuf_reset(line);
	put_time(line, json_object_object_get(event, "time"));
	sprintbuf(line, " %-15s", name ? json_object_get_string(name) : "-");
	json_object_object_foreach(event, key, value)
	{
		if (!strcmp(key, "time") || !strcmp(key, "event"))
			continue;
		sprintbuf(line, " %s=", key);
		if (json_object_is_type(value, json_type_array))
			output_put_words(line, value);
		else
			output_put_value(line, value);
	}
}

static int print_event(const struct output *out, struct printbuf *line,
		       struct json_object *event)
{
	int err = 0;

	if (!json_object_is_type(event, json_type_object))
		return -EPROTO;
	if (out->json) {
		err = output_json(out, event);
	} else {
		put_event(line, event);
		if (fprintf(out->file, "%s\n", line->buf) < 0)
			err = -EIO;
	}
	if (fflush(out->file))
		err = errno == EPIPE ? -EPIPE : -EIO;
	return err;
}

static int follow(struct cli *cli, struct printbuf *line,
		  const sigset_t *waiting)
{
	const struct rpc_wait wait = {.mask = waiting, .watch = STDOUT_FILENO};
	struct output out = cli->out;
	struct json_object *event;
	int err = 0;

	out.pretty = false;
	while (!err && !stopped) {
		err = rpc_client_event(cli->rpc, &wait, &event);
		if (err)
			break;
		err = print_event(&out, line, event);
		json_object_put(event);
	}
	if (stopped || err == -EPIPE)
		return 0;
	if (err == -ECONNRESET)
		return cli_fail(cli, err,
				"xmgmd at %s has ended, or has cut off this "
				"monitor because it read too slowly: its log "
				"says which",
				cli->socket);
	if (err == -EPROTO || err == -EIO)
		return cli_written(cli, err);
	return cli_fail(cli, err, "waiting for events: %s", strerror(-err));
}

int monitor_run(struct cli *cli, const char *const *args, size_t count)
{
	struct json_object *result = NULL;
	struct printbuf *line;
	sigset_t waiting;
	int err;

	(void)args;
	(void)count;
	err = cli_call(cli, "monitor", NULL, &result);
	if (err)
		return err;
	json_object_put(result);
	line = printbuf_new();
	if (!line)
		return cli_fail(cli, -ENOMEM, "no memory");
	catch_signals(&waiting);
	err = follow(cli, line, &waiting);
	printbuf_free(line);
	return err;
}
