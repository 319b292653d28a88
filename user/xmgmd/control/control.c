/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The control socket's connections; see control.h. A client that does not
 * read is not read either; a monitor that falls too far behind is closed.
 */
#include "xmgmd/control/control.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/log.h"

struct write_job {
	uv_write_t request;
	struct conn *conn;
	char *text;
};

static void conn_pump(struct conn *conn);

static void on_closed(uv_handle_t *handle)
{
	struct conn *conn = handle->data;

	free(conn->line);
	free(conn->out);
	free(conn->later);
	free(conn);
}

void conn_close(struct conn *conn)
{
	struct control *control = conn->d->control;

	if (conn->closing)
		return;
	conn->closing = true;
	rpc_forget(conn);
	if (conn->stream && !conn->stepping)
		conn->stream->free(conn->stream);
	TAILQ_REMOVE(&control->conns, conn, link);
	control->stats.clients--;
	uv_close((uv_handle_t *)&conn->pipe, on_closed);
}

/* Appends to a text that grows; false: no memory. */
static bool text_add(char **text, size_t *filled, size_t *room,
		     const uv_buf_t *more)
{
	size_t want = *room ? *room : 4096;
	char *grown;

	while (want < *filled + more->len)
		want *= 2;
	if (want != *room) {
		grown = realloc(*text, want);
		if (!grown)
			return false;
		*text = grown;
		*room = want;
	}
	memcpy(*text + *filled, more->base, more->len);
	*filled += more->len;
	return true;
}

/* What is not the stream's waits while a stream is in the middle of a line. */
void conn_put(struct conn *conn, const char *text, size_t len)
{
	const uv_buf_t more = {(char *)(uintptr_t)text, len};
	bool good;

	if (conn->closing || !len)
		return;
	if (conn->stream && !conn->stepping)
		good = text_add(&conn->later, &conn->later_len,
				&conn->later_room, &more);
	else
		good = text_add(&conn->out, &conn->out_len, &conn->out_room,
				&more);
	if (!good)
		conn_close(conn);
}

void conn_put_json(struct conn *conn, struct json_object *object)
{
	size_t len;
	const char *text = json_object_to_json_string_length(
		object, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE,
		&len);

	if (text)
		conn_put(conn, text, len);
	else
		conn_close(conn);
}

static size_t conn_waiting(const struct conn *conn)
{
	return uv_stream_get_write_queue_size(
		       (const uv_stream_t *)&conn->pipe) +
	       conn->out_len + conn->later_len;
}

static void on_written(uv_write_t *request, int status)
{
	struct write_job *job = (struct write_job *)(void *)request;
	struct conn *conn = job->conn;

	free(job->text);
	free(job);
	if (conn->closing)
		return;
	if (status < 0)
		conn_close(conn);
	else
		conn_pump(conn);
}

void conn_flush(struct conn *conn)
{
	struct write_job *job;
	uv_buf_t buf;

	if (conn->closing || !conn->out_len)
		return;
	job = calloc(1, sizeof(*job));
	if (!job) {
		conn_close(conn);
		return;
	}
	job->conn = conn;
	job->text = conn->out;
	buf = uv_buf_init(conn->out, (unsigned int)conn->out_len);
	conn->out = NULL;
	conn->out_len = conn->out_room = 0;
	if (uv_write(&job->request, (uv_stream_t *)&conn->pipe, &buf, 1,
		     on_written)) {
		free(job->text);
		free(job);
		conn_close(conn);
	}
}

/* One more piece of a stream; its end makes the line complete. */
static void conn_step(struct conn *conn)
{
	struct stream *stream = conn->stream;
	int more;

	conn->stepping = true;
	more = stream->step(conn->d, stream, conn);
	if (!more)
		conn_put(conn, "]}\n", 3);
	conn->stepping = false;
	if (conn->closing) {
		stream->free(stream); /* conn_close has left it to us */
		return;
	}
	if (more < 0) {
		conn_close(conn); /* half a result cannot be taken back */
		return;
	}
	if (!more) {
		conn->stream = NULL;
		stream->free(stream);
		conn_put(conn, conn->later, conn->later_len);
		conn->later_len = 0;
	}
	conn_flush(conn);
}

/* The lines that are complete, until one has to be waited for. */
static void conn_lines(struct conn *conn)
{
	char *end;
	size_t len;

	while (!conn->closing && !conn->stream &&
	       conn_waiting(conn) < CONTROL_HIGH &&
	       conn->pending < CONTROL_PENDING) {
		end = memchr(conn->line, '\n', conn->filled);
		if (!end)
			return;
		len = (size_t)(end - conn->line);
		if (!conn->skipping)
			rpc_line(conn, conn->line, len);
		conn->skipping = false;
		if (conn->closing)
			return;
		conn->filled -= len + 1;
		memmove(conn->line, end + 1, conn->filled);
		conn_flush(conn);
	}
}

static void on_alloc(uv_handle_t *handle, size_t size, uv_buf_t *buf)
{
	struct conn *conn = handle->data;

	(void)size;
	*buf = uv_buf_init(conn->line + conn->filled,
			   (unsigned int)(CONTROL_LINE - conn->filled));
}

static void line_too_long(struct conn *conn)
{
	static const char answer[] =
		"{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":-32600,"
		"\"message\":\"a request is longer than 65536 bytes: send "
		"shorter ones\"}}\n";

	if (!conn->skipping) {
		conn->d->control->stats.lines_too_long++;
		conn_put(conn, answer, sizeof(answer) - 1);
		conn_flush(conn);
	}
	conn->skipping = true;
	conn->filled = 0;
}

static void on_read(uv_stream_t *pipe, ssize_t len, const uv_buf_t *buf)
{
	struct conn *conn = pipe->data;

	(void)buf;
	if (len < 0) {
		conn_close(conn);
		return;
	}
	conn->filled += (size_t)len;
	conn_pump(conn);
}

/* Goes on with whatever can go on: the stream, the lines, the reading. */
static void conn_pump(struct conn *conn)
{
	bool full;

	if (conn->stream && conn_waiting(conn) < CONTROL_HIGH)
		conn_step(conn);
	if (!conn->closing)
		conn_lines(conn);
	if (conn->closing)
		return;
	full = conn->filled == CONTROL_LINE;
	if (full && !memchr(conn->line, '\n', conn->filled)) {
		line_too_long(conn);
		full = false;
	}
	if (conn->closing)
		return;
	if (full && !conn->paused) {
		uv_read_stop((uv_stream_t *)&conn->pipe);
		conn->paused = true;
	} else if (!full && conn->paused) {
		conn->paused = uv_read_start((uv_stream_t *)&conn->pipe,
					     on_alloc, on_read) != 0;
	}
}

void conn_stream(struct conn *conn, struct stream *stream)
{
	conn->stream = stream;
	conn_step(conn);
}

static void on_refused(uv_handle_t *handle)
{
	free(handle);
}

/* Says why before it closes, as far as that can be said without waiting. */
static void refuse(struct control *control, uv_pipe_t *pipe)
{
	static char answer[] =
		"{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":-28,"
		"\"message\":\"too many clients: close some, or raise "
		"limits { clients } in the configuration\"}}\n";
	uv_buf_t buf = uv_buf_init(answer, sizeof(answer) - 1);

	control->stats.clients_refused++;
	uv_try_write((uv_stream_t *)pipe, &buf, 1);
	uv_close((uv_handle_t *)pipe, on_refused);
}

static void accept_and_refuse(struct control *control)
{
	uv_pipe_t *pipe = calloc(1, sizeof(*pipe));

	if (!pipe)
		return;
	uv_pipe_init(&control->d->loop, pipe, 0);
	if (uv_accept((uv_stream_t *)&control->server, (uv_stream_t *)pipe))
		uv_close((uv_handle_t *)pipe, on_refused);
	else
		refuse(control, pipe);
}

static void on_connection(uv_stream_t *server, int status)
{
	struct control *control = server->data;
	struct conn *conn;

	if (status < 0)
		return;
	if (control->stats.clients >= control->d->config->clients) {
		accept_and_refuse(control);
		return;
	}
	conn = calloc(1, sizeof(*conn));
	if (conn)
		conn->line = malloc(CONTROL_LINE + 1);
	if (!conn || !conn->line) {
		free(conn);
		return;
	}
	conn->d = control->d;
	uv_pipe_init(&control->d->loop, &conn->pipe, 0);
	conn->pipe.data = conn;
	TAILQ_INSERT_TAIL(&control->conns, conn, link);
	control->stats.clients++;
	if (uv_accept(server, (uv_stream_t *)&conn->pipe) ||
	    uv_read_start((uv_stream_t *)&conn->pipe, on_alloc, on_read))
		conn_close(conn);
}

int control_open(struct daemon *d)
{
	struct control *control = calloc(1, sizeof(*control));
	mode_t mask;
	int err;

	if (!control)
		return -ENOMEM;
	control->d = d;
	d->control = control;
	TAILQ_INIT(&control->conns);
	TAILQ_INIT(&control->pending);
	control->server.data = control;
	uv_pipe_init(&d->loop, &control->server, 0);
	/* Whoever holds the lock beside it owns the name: it is a leftover. */
	unlink(d->socket_path);
	mask = umask(0117);
	err = uv_pipe_bind(&control->server, d->socket_path);
	umask(mask);
	if (!err)
		err = uv_listen((uv_stream_t *)&control->server, 16,
				on_connection);
	control->listening = !err;
	if (err)
		log_error("the control socket %s cannot be opened: %s",
			  d->socket_path, uv_strerror(err));
	return err;
}

void control_close(struct daemon *d)
{
	struct control *control = d->control;
	struct conn *conn;

	if (!control)
		return;
	while ((conn = TAILQ_FIRST(&control->conns)))
		conn_close(conn);
	uv_close((uv_handle_t *)&control->server, NULL);
	if (control->listening)
		unlink(d->socket_path);
}

void control_free(struct daemon *d)
{
	struct control *control = d->control;
	struct pending *pending;

	if (!control)
		return;
	while ((pending = TAILQ_FIRST(&control->pending))) {
		TAILQ_REMOVE(&control->pending, pending, link);
		json_object_put(pending->id);
		json_object_put(pending->params);
		free(pending);
	}
	free(control);
	d->control = NULL;
}

bool control_has_monitors(const struct daemon *d)
{
	struct conn *conn;

	if (!d->control)
		return false;
	TAILQ_FOREACH(conn, &d->control->conns, link)
		if (conn->monitor)
			return true;
	return false;
}

void control_event(struct daemon *d, struct json_object *params)
{
	struct json_object *event = json_object_new_object();
	struct conn *conn, *next;

	json_object_object_add(event, "jsonrpc", json_object_new_string("2.0"));
	json_object_object_add(event, "method",
			       json_object_new_string("event"));
	json_object_object_add(event, "params", params);
	for (conn = TAILQ_FIRST(&d->control->conns); conn; conn = next) {
		next = TAILQ_NEXT(conn, link);
		if (!conn->monitor)
			continue;
		if (conn_waiting(conn) > CONTROL_MONITOR) {
			d->control->stats.monitors_dropped++;
			log_warn("a monitor was closed: it does not read");
			conn_close(conn);
			continue;
		}
		conn_put_json(conn, event);
		conn_put(conn, "\n", 1);
		conn_flush(conn);
	}
	json_object_put(event);
}
