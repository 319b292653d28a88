/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * JSON-RPC over a Unix socket, from the caller's side. A line may be large
 * (a hundred thousand routes are 30 MB) but not endless; the buffer grows
 * with it and is kept for the next line.
 */
#include "lib/rpc_client.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define RPC_SILENCE_MS 30000
#define RPC_LINE_MAX   (1u << 30)
#define RPC_CHUNK      65536u

struct rpc_client {
	int fd;
	int64_t id;    /* of the last call */
	char *data;    /* what has been read */
	size_t start;  /* of the next line in data */
	size_t seen;   /* up to here no newline has been found */
	size_t length; /* end of what has been read */
	size_t size;   /* of data */
	struct json_tokener *tokener;
};

int rpc_client_open(const char *path, struct rpc_client **client)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct rpc_client *c;
	int err;

	if (strlen(path) >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	strcpy(address.sun_path, path);
	c = calloc(1, sizeof(*c));
	if (!c)
		return -ENOMEM;
	c->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	c->tokener = json_tokener_new();
	if (c->fd < 0 || !c->tokener) {
		err = c->fd < 0 ? -errno : -ENOMEM;
		goto out;
	}
	if (connect(c->fd, (struct sockaddr *)&address, sizeof(address))) {
		err = -errno;
		goto out;
	}
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
	if (client->fd >= 0)
		close(client->fd);
	if (client->tokener)
		json_tokener_free(client->tokener);
	free(client->data);
	free(client);
}

/* Waits until the socket can be read, or written. */
static int await(const struct rpc_client *c, short what,
		 const struct rpc_wait *wait)
{
	struct pollfd fds[2] = {{.fd = c->fd, .events = what},
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

static int send_all(const struct rpc_client *c, const char *data, size_t length)
{
	ssize_t n;
	int err;

	while (length) {
		n = send(c->fd, data, length, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n >= 0) {
			data += n;
			length -= (size_t)n;
			continue;
		}
		if (errno == EPIPE)
			return -ECONNRESET;
		if (errno != EAGAIN && errno != EINTR)
			return -errno;
		err = await(c, POLLOUT, NULL);
		if (err)
			return err;
	}
	return 0;
}

/* Makes room for one more chunk behind what has been read. */
static int make_room(struct rpc_client *c)
{
	size_t size = c->size ? c->size : RPC_CHUNK;
	char *data;

	if (c->start) {
		memmove(c->data, c->data + c->start, c->length - c->start);
		c->length -= c->start;
		c->seen -= c->start;
		c->start = 0;
	}
	while (size < c->length + RPC_CHUNK)
		size *= 2;
	if (size > RPC_LINE_MAX)
		return -EPROTO;
	if (size == c->size)
		return 0;
	data = realloc(c->data, size);
	if (!data)
		return -ENOMEM;
	c->data = data;
	c->size = size;
	return 0;
}

static int read_more(struct rpc_client *c, const struct rpc_wait *wait)
{
	ssize_t n;
	int err;

	err = await(c, POLLIN, wait);
	if (err)
		return err;
	err = make_room(c);
	if (err)
		return err;
	n = read(c->fd, c->data + c->length, c->size - c->length);
	if (n < 0)
		return errno == ECONNRESET ? -ECONNRESET : -errno;
	if (n == 0)
		return -ECONNRESET;
	c->length += (size_t)n;
	return 0;
}

/* The next line, parsed. It must be a JSON object. */
static int read_object(struct rpc_client *c, const struct rpc_wait *wait,
		       struct json_object **object)
{
	char *end = NULL;
	int err;

	for (;;) {
		if (c->length > c->seen)
			end = memchr(c->data + c->seen, '\n',
				     c->length - c->seen);
		if (end)
			break;
		c->seen = c->length;
		err = read_more(c, wait);
		if (err)
			return err;
	}
	json_tokener_reset(c->tokener);
	*object = json_tokener_parse_ex(c->tokener, c->data + c->start,
					(int)(end - (c->data + c->start)) + 1);
	c->start = (size_t)(end - c->data) + 1;
	c->seen = c->start;
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
