/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * JSON-RPC over a Unix socket, from the caller's side. A line may be large: a
 * hundred thousand routes are 30 MB.
 */
#include "lib/rpc_client.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/lines.h"

#define RPC_SILENCE_MS 30000

struct rpc_client {
	struct lines lines;
	int64_t id; /* of the last call */
	struct json_tokener *tokener;
};

int rpc_client_open(const char *path, struct rpc_client **client)
{
	struct rpc_client *c = calloc(1, sizeof(*c));
	int err;

	if (!c)
		return -ENOMEM;
	err = lines_connect(&c->lines, path);
	if (err)
		goto out;
	err = -ENOMEM;
	c->tokener = json_tokener_new();
	if (!c->tokener)
		goto out;
	*client = c;
	return 0;
out:
	rpc_client_close(c);
	return err;
}

void rpc_client_close(struct rpc_client *client)
{
	if (!client)
		return;
	lines_close(&client->lines);
	if (client->tokener)
		json_tokener_free(client->tokener);
	free(client);
}

/* Waits until the socket can be read, or written. */
static int await(const struct rpc_client *c, short what,
		 const struct rpc_wait *wait)
{
	struct pollfd fds[2] = {{.fd = c->lines.fd, .events = what},
				{.fd = wait ? wait->watch : -1}};
	struct timespec limit = {.tv_sec = RPC_SILENCE_MS / 1000};
	int n;

	n = ppoll(fds, 2, wait ? NULL : &limit, wait ? wait->mask : NULL);
	if (n < 0)
		return -errno;
	if (n == 0)
		return -ETIMEDOUT;
	if (fds[1].revents & (POLLERR | POLLHUP))
		return -EPIPE;
	return 0;
}

static int send_all(struct rpc_client *c, const char *data, size_t length)
{
	size_t sent;
	int err = 0;

	while (length) {
		err = lines_write(&c->lines, data, length, &sent);
		data += sent;
		length -= sent;
		if (!err && !sent) {
			err = await(c, POLLOUT, NULL);
			if (err == -EINTR)
				err = 0;
		}
		if (err)
			break;
	}
	return err;
}

/* The next line, parsed. It must be a JSON object. */
static int read_object(struct rpc_client *c, const struct rpc_wait *wait,
		       struct json_object **object)
{
	size_t length;
	char *line;
	int err;

	while (!(line = lines_next(&c->lines, &length))) {
		err = await(c, POLLIN, wait);
		if (!err)
			err = lines_read(&c->lines);
		if (err && err != -EAGAIN)
			return err;
	}
	json_tokener_reset(c->tokener);
	*object = json_tokener_parse_ex(c->tokener, line, (int)length + 1);
	if (!json_object_is_type(*object, json_type_object)) {
		json_object_put(*object);
		return -EPROTO;
	}
	return 0;
}

static int send_request(struct rpc_client *c, const char *method,
			struct json_object *params)
{
	struct json_object *request = json_object_new_object();
	const char *text;
	char *line = NULL;
	int length, err;

	if (!request) {
		json_object_put(params);
		return -ENOMEM;
	}
	json_object_object_add(request, "jsonrpc",
			       json_object_new_string("2.0"));
	json_object_object_add(request, "id", json_object_new_int64(++c->id));
	json_object_object_add(request, "method",
			       json_object_new_string(method));
	if (params)
		json_object_object_add(request, "params", params);
	text = json_object_to_json_string_ext(
		request,
		JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
	length = asprintf(&line, "%s\n", text);
	err = length < 0 ? -ENOMEM : send_all(c, line, (size_t)length);
	if (length >= 0)
		free(line);
	json_object_put(request);
	return err;
}

static int take_answer(struct json_object *answer, struct json_object **result,
		       struct rpc_error *error)
{
	struct json_object *refusal, *field;

	if (json_object_object_get_ex(answer, "error", &refusal) && refusal) {
		error->code = -EREMOTEIO;
		if (json_object_object_get_ex(refusal, "code", &field))
			error->code = json_object_get_int(field);
		field = NULL;
		json_object_object_get_ex(refusal, "message", &field);
		snprintf(error->message, sizeof(error->message), "%s",
			 field ? json_object_get_string(field)
			       : "refused without a reason");
		return -EREMOTEIO;
	}
	if (!json_object_object_get_ex(answer, "result", &field))
		return -EPROTO;
	*result = json_object_get(field);
	return 0;
}

int rpc_client_call(struct rpc_client *client, const char *method,
		    struct json_object *params, struct json_object **result,
		    struct rpc_error *error)
{
	struct json_object *answer, *id;
	int err;

	err = send_request(client, method, params);
	if (err == -ECONNRESET)
		err = 0; /* it has hung up, perhaps after saying why */
	while (!err) {
		err = read_object(client, NULL, &answer);
		if (err)
			break;
		if (json_object_object_get_ex(answer, "id", &id) &&
		    (!id || json_object_get_int64(id) == client->id)) {
			err = take_answer(answer, result, error);
			json_object_put(answer);
			break;
		}
		json_object_put(answer);
	}
	return err;
}

int rpc_client_event(struct rpc_client *client, const struct rpc_wait *wait,
		     struct json_object **event)
{
	struct json_object *object, *method, *params;
	int err;

	for (;;) {
		err = read_object(client, wait, &object);
		if (err)
			return err;
		if (json_object_object_get_ex(object, "method", &method) &&
		    json_object_is_type(method, json_type_string) &&
		    !strcmp(json_object_get_string(method), "event") &&
		    json_object_object_get_ex(object, "params", &params)) {
			*event = json_object_get(params);
			json_object_put(object);
			return 0;
		}
		json_object_put(object);
	}
}
