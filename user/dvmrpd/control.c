/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A socket beside the daemon's, that answers one method of it: show.protocol
 * with a table of DVMRP's. One JSON object a line, as there; whoever may open
 * the socket may read.
 */
#include "dvmrpd.h"

#include <errno.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/log.h"
#include "xmgmd/control/row.h"

#define LINE	4096
#define CLIENTS 16

struct client {
	uv_pipe_t pipe;
	struct dvmrpd *d;
	char line[LINE];
	size_t filled;
};

struct control {
	uv_pipe_t server;
	unsigned int clients;
};

static void on_client_closed(uv_handle_t *handle)
{
	struct client *client = handle->data;

	if (client->d->control)
		client->d->control->clients--;
	free(client);
}

static void client_close(struct client *client)
{
	if (!uv_is_closing((uv_handle_t *)&client->pipe))
		uv_close((uv_handle_t *)&client->pipe, on_client_closed);
}

/* --- answers ------------------------------------------------------------- */

static const struct proto_table *table_find(const char *name)
{
	const struct proto_table *t = dvmrpd_proto()->tables();

	while (t && t->name && strcmp(t->name, name) != 0)
		t++;
	return t && t->name ? t : NULL;
}

static struct json_object *table_rows(struct dvmrpd *d,
				      const struct proto_table *table)
{
	struct json_object *rows = json_object_new_array(), *object;
	struct proto_cursor cursor = {0};
	struct proto_row row;
	struct row to;

	while (d->self) {
		object = json_object_new_object();
		row = row_into(&to, object);
		if (table->next(d->self, dvmrpd_now_ms(), &cursor, &row)) {
			json_object_put(object);
			break;
		}
		json_object_array_add(rows, object);
	}
	return rows;
}

static const char *member_text(struct json_object *object, const char *name)
{
	struct json_object *value = NULL;

	if (!json_object_is_type(object, json_type_object))
		return "";
	json_object_object_get_ex(object, name, &value);
	return json_object_is_type(value, json_type_string)
		       ? json_object_get_string(value)
		       : "";
}

static void put_error(struct json_object *answer, int code, const char *text)
{
	struct json_object *error = json_object_new_object();

	json_object_object_add(error, "code", json_object_new_int(code));
	json_object_object_add(error, "message", json_object_new_string(text));
	json_object_object_add(answer, "error", error);
}

static struct json_object *answer_to(struct dvmrpd *d,
				     struct json_object *request)
{
	struct json_object *answer = json_object_new_object();
	struct json_object *id = NULL, *params = NULL;
	const struct proto_table *table;

	json_object_object_add(answer, "jsonrpc",
			       json_object_new_string("2.0"));
	if (json_object_is_type(request, json_type_object)) {
		json_object_object_get_ex(request, "id", &id);
		json_object_object_get_ex(request, "params", &params);
	}
	json_object_object_add(answer, "id", json_object_get(id));
	table = table_find(member_text(params, "table"));
	if (strcmp(member_text(request, "method"), "show.protocol") != 0)
		put_error(answer, -EINVAL,
			  "xmgm-dvmrpd answers show.protocol alone: ask xmgmd");
	else if (!table)
		put_error(answer, -EINVAL,
			  "show.protocol needs a table of DVMRP's: neighbors, "
			  "routes, prunes or interfaces");
	else
		json_object_object_add(answer, "result", table_rows(d, table));
	return answer;
}

/* --- connections ----------------------------------------------------------- */

struct writing {
	uv_write_t request;
	char *text;
};

static void on_written(uv_write_t *request, int status)
{
	struct writing *w = (struct writing *)(void *)request;

	(void)status;
	free(w->text);
	free(w);
}

static void client_answer(struct client *client, const char *line, size_t len)
{
	struct json_tokener *tokener = json_tokener_new();
	struct json_object *request, *answer;
	struct writing *w = calloc(1, sizeof(*w));
	const char *text;
	uv_buf_t buf;

	if (!tokener || !w) {
		free(w);
		client_close(client);
		return;
	}
	request = json_tokener_parse_ex(tokener, line, (int)len);
	answer = answer_to(client->d, request);
	text = json_object_to_json_string_ext(answer, JSON_C_TO_STRING_PLAIN);
	w->text = malloc(strlen(text) + 2);
	if (w->text) {
		buf.base = w->text;
		buf.len = (size_t)sprintf(w->text, "%s\n", text);
		uv_write(&w->request, (uv_stream_t *)&client->pipe, &buf, 1,
			 on_written);
	} else {
		free(w);
		client_close(client);
	}
	json_object_put(answer);
	json_object_put(request);
	json_tokener_free(tokener);
}

static void on_room(uv_handle_t *handle, size_t wanted, uv_buf_t *buf)
{
	struct client *client = handle->data;

	(void)wanted;
	*buf = uv_buf_init(client->line + client->filled,
			   (unsigned int)(LINE - client->filled));
}

static void on_read(uv_stream_t *stream, ssize_t got, const uv_buf_t *buf)
{
	struct client *client = stream->data;
	char *end;

	(void)buf;
	if (got > 0)
		client->filled += (size_t)got;
	while (got > 0 && (end = memchr(client->line, '\n', client->filled))) {
		size_t len = (size_t)(end - client->line);

		client_answer(client, client->line, len);
		client->filled -= len + 1;
		memmove(client->line, end + 1, client->filled);
	}
	if (got < 0 || client->filled == LINE)
		client_close(client);
}

static void on_connection(uv_stream_t *server, int status)
{
	struct dvmrpd *d = server->data;
	struct client *client;

	if (status < 0)
		return;
	client = calloc(1, sizeof(*client));
	if (!client)
		return;
	client->d = d;
	client->pipe.data = client;
	uv_pipe_init(&d->loop, &client->pipe, 0);
	d->control->clients++;
	if (uv_accept(server, (uv_stream_t *)&client->pipe) ||
	    d->control->clients > CLIENTS ||
	    uv_read_start((uv_stream_t *)&client->pipe, on_room, on_read))
		client_close(client);
}

int control_open(struct dvmrpd *d)
{
	struct control *control = calloc(1, sizeof(*control));
	mode_t mask;
	int err;

	if (!control)
		return -ENOMEM;
	d->control = control;
	uv_pipe_init(&d->loop, &control->server, 0);
	control->server.data = d;
	unlink(d->own_path); /* a leftover: the lock is ours */
	mask = umask(0117);
	err = uv_pipe_bind(&control->server, d->own_path);
	umask(mask);
	if (!err)
		err = uv_listen((uv_stream_t *)&control->server, 16,
				on_connection);
	if (err)
		log_error("the socket %s cannot be opened: %s", d->own_path,
			  uv_strerror(err));
	return err;
}

static void close_client(uv_handle_t *handle, void *arg)
{
	struct dvmrpd *d = arg;

	if (handle->type == UV_NAMED_PIPE && !uv_is_closing(handle) &&
	    handle != (uv_handle_t *)&d->control->server)
		uv_close(handle, on_client_closed);
}

void control_close(struct dvmrpd *d)
{
	if (!d->control)
		return;
	uv_walk(&d->loop, close_client, d);
	uv_close((uv_handle_t *)&d->control->server, NULL);
}

void control_free(struct dvmrpd *d)
{
	free(d->control);
	d->control = NULL;
}
