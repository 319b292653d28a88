/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One run of xmgm: its connection to the daemon, its parameters, and the
 * places where it says that something went wrong.
 */
#include "xmgm/cli.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void say(struct cli *cli, int code, const char *message)
{
	struct json_object *error, *inner;

	fflush(stdout);
	fprintf(stderr, "xmgm: %s\n", message);
	if (!cli->out.json)
		return;
	error = json_object_new_object();
	inner = json_object_new_object();
	json_object_object_add(inner, "code", json_object_new_int(code));
	json_object_object_add(inner, "message",
			       json_object_new_string(message));
	json_object_object_add(error, "error", inner);
	output_json(&cli->out, error);
	json_object_put(error);
}

int cli_fail(struct cli *cli, int code, const char *format, ...)
{
	char message[1200];
	va_list ap;

	va_start(ap, format);
	vsnprintf(message, sizeof(message), format, ap);
	va_end(ap);
	cli->status = CLI_FAILED;
	say(cli, code, message);
	return code;
}

int cli_misused(struct cli *cli, const char *format, ...)
{
	char message[1200];
	va_list ap;

	va_start(ap, format);
	vsnprintf(message, sizeof(message), format, ap);
	va_end(ap);
	cli->status = CLI_USAGE;
	say(cli, -EINVAL, message);
	return -EINVAL;
}

void cli_note(const char *format, ...)
{
	va_list ap;

	fflush(stdout);
	fputs("xmgm: ", stderr);
	va_start(ap, format);
	vfprintf(stderr, format, ap);
	va_end(ap);
	fputc('\n', stderr);
}

int cli_written(struct cli *cli, int err)
{
	if (err == -EINVAL || err == -EPROTO)
		return cli_fail(cli, -EPROTO,
				"xmgmd gave an answer of an unknown shape: is "
				"it of the same version as xmgm %s?",
				XMGM_VERSION);
	if (err)
		return cli_fail(cli, err, "standard output: %s",
				strerror(-err));
	return 0;
}

int cli_connect(struct cli *cli)
{
	int err;

	if (cli->rpc)
		return 0;
	err = rpc_client_open(cli->socket, &cli->rpc);
	switch (err) {
	case 0:
		return 0;
	case -ENOENT:
	case -ENOTDIR:
	case -ECONNREFUSED:
		return -ENOTCONN;
	case -EACCES:
	case -EPERM:
		return cli_fail(cli, err,
				"no permission to talk to xmgmd at %s: run "
				"xmgm as root, or as the socket's group",
				cli->socket);
	default:
		return cli_fail(cli, err, "cannot connect to xmgmd at %s: %s",
				cli->socket, strerror(-err));
	}
}

int cli_no_daemon(struct cli *cli)
{
	bool is_main = !strcmp(cli->instance, "main");

	return cli_fail(cli, -ENOTCONN,
			"xmgmd is not running for instance '%s' (nobody "
			"listens at %s): start it with %s`xmgmd -i %s`",
			cli->instance, cli->socket,
			is_main ? "`systemctl start xmgmd` or " : "",
			cli->instance);
}

static int call_failed(struct cli *cli, int err, const struct rpc_error *error)
{
	switch (err) {
	case -EREMOTEIO:
		return cli_fail(cli, error->code < 0 ? error->code : err, "%s",
				error->message);
	case -ETIMEDOUT:
		return cli_fail(cli, err,
				"xmgmd at %s has not answered for 30 seconds",
				cli->socket);
	case -ECONNRESET:
		return cli_fail(cli, err,
				"xmgmd at %s has closed the connection: its "
				"log says why",
				cli->socket);
	case -EPROTO:
		return cli_fail(cli, err,
				"what answers at %s does not speak JSON-RPC: "
				"is it xmgmd?",
				cli->socket);
	default:
		return cli_fail(cli, err, "talking to xmgmd at %s: %s",
				cli->socket, strerror(-err));
	}
}

int cli_call(struct cli *cli, const char *method, struct json_object *params,
	     struct json_object **result)
{
	struct rpc_error error = {.code = 0};
	int err;

	err = cli_connect(cli);
	if (err) {
		json_object_put(params);
		return err == -ENOTCONN ? cli_no_daemon(cli) : err;
	}
	err = rpc_client_call(cli->rpc, method, params, result, &error);
	return err ? call_failed(cli, err, &error) : 0;
}

/* {"warnings": [...]}: it was done, but the daemon has something to say. */
static void note_warnings(struct json_object *result)
{
	struct json_object *warnings = output_member(result, "warnings"), *one;
	size_t i;

	if (!json_object_is_type(warnings, json_type_array))
		return;
	for (i = 0; i < json_object_array_length(warnings); i++) {
		one = json_object_array_get_idx(warnings, i);
		cli_note("%s", json_object_get_string(one));
	}
}

int cli_do(struct cli *cli, const char *method, struct json_object *params)
{
	struct json_object *result = NULL;
	int err;

	err = cli_call(cli, method, params, &result);
	if (err)
		return err;
	note_warnings(result);
	if (cli->out.json)
		err = cli_written(cli, output_json(&cli->out, result));
	json_object_put(result);
	return err;
}

struct json_object *cli_params(const char *key, ...)
{
	struct json_object *params = json_object_new_object();
	const char *value;
	va_list ap;

	va_start(ap, key);
	for (; key; key = va_arg(ap, const char *)) {
		value = va_arg(ap, const char *);
		if (value)
			json_object_object_add(params, key,
					       json_object_new_string(value));
	}
	va_end(ap);
	return params;
}

struct json_object *cli_list(const char *const *words, size_t count)
{
	struct json_object *list = json_object_new_array();
	size_t i;

	for (i = 0; i < count; i++)
		json_object_array_add(list, json_object_new_string(words[i]));
	return list;
}
