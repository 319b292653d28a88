/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The control socket's connections; see control.h. A client that does not
 * read is not read either, and costs the little that waits for it; a monitor
 * that falls too far behind is closed. Who may connect is listen.c's business.
 */
#include "xmgmd/control/control.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/log.h"
#include "xmgmd/remote/remote.h"

/* --- what is written ------------------------------------------------ */

/* false: no memory. */
static bool text_add(struct text *text, const char *more, size_t len)
{
	size_t want = text->room ? text->room : 1024;
	char *grown;

	while (want < text->len + len)
		want *= 2;
	if (want != text->room) {
		grown = realloc(text->data, want);
		if (!grown)
			return false;
		text->data = grown;
		text->room = want;
	}
	memcpy(text->data + text->len, more, len);
	text->len += len;
	return true;
}

static void text_free(struct text *text)
{
	free(text->data);
	*text = (struct text){0};
}

/* What it has not read of answers. */
static size_t conn_waiting(const struct conn *conn)
{
	return conn->writing.len + conn->out.len + conn->later.len;
}

static void cut_off(struct conn *conn)
{
	conn->d->control->stats.clients_cut++;
	log_warn("client of process %d closed: it has not read for %u bytes",
		 (int)conn->pid, CONTROL_QUEUE);
	conn_close(conn);
}

/* What is not the stream's waits while a stream is in the middle of a line. */
void conn_put(struct conn *conn, const char *text, size_t len)
{
	bool aside = conn->stream && !conn->stepping;

	if (conn->closing || !len)
		return;
	if (conn_waiting(conn) + len > CONTROL_QUEUE)
		cut_off(conn);
	else if (!text_add(aside ? &conn->later : &conn->out, text, len))
		conn_close(conn);
	else
		conn_flush(conn);
}

static const char *json_text(struct json_object *object, size_t *len)
{
	return json_object_to_json_string_length(
		object, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE,
		len);
}

void conn_put_json(struct conn *conn, struct json_object *object)
{
	size_t len;
	const char *text = json_text(object, &len);

	if (text)
		conn_put(conn, text, len);
	else
		conn_close(conn);
}

static void on_written(uv_write_t *request, int status)
{
	struct conn *conn = request->data;

	conn->busy = false;
	text_free(&conn->writing);
	if (conn->closing)
		return;
	if (conn->writing_events)
		event_log_done(&conn->d->control->events, &conn->events,
			       conn->writing_events);
	conn->writing_events = 0;
	if (status < 0) {
		conn_close(conn);
		return;
	}
	conn_flush(conn);
	conn_wake(conn);
}

/* What is written next: answers, then events, never within a line. */
static size_t next_text(struct conn *conn, const char **text)
{
	conn->writing_events = 0;
	if (conn->out.len) {
		conn->writing = conn->out;
		conn->out = (struct text){0};
		*text = conn->writing.data;
		return conn->writing.len;
	}
	if (!conn->monitor || conn->stream)
		return 0;
	conn->writing_events =
		event_log_read(&conn->d->control->events, &conn->events, text);
	return conn->writing_events;
}

static void conn_write(struct conn *conn)
{
	const char *text;
	uv_buf_t buf;
	size_t len;

	if (conn->closing || conn->busy)
		return;
	len = next_text(conn, &text);
	if (!len)
		return;
	buf = uv_buf_init((char *)(uintptr_t)text, (unsigned int)len);
	conn->write.data = conn;
	conn->busy = true;
	if (uv_write(&conn->write, (uv_stream_t *)&conn->pipe, &buf, 1,
		     on_written)) {
		conn->busy = false;
		conn_close(conn);
	}
}

/* --- streams -------------------------------------------------------- */

void stream_free(struct stream *stream)
{
	if (stream && stream->clear)
		stream->clear(stream);
	free(stream);
}

void stream_row(struct conn *conn, struct json_object *row)
{
	if (conn->stream->any)
		conn_put(conn, ",", 1);
	conn->stream->any = true;
	conn_put_json(conn, row);
	json_object_put(row);
}

/* One more piece of a stream; its end makes the line complete. */
static void conn_step(struct conn *conn)
{
	struct stream *stream = conn->stream;
	int more;

	conn->d->control->stats.pieces++;
	conn->stepping = true;
	more = stream->step(stream->r, stream, conn);
	if (!more)
		conn_put(conn, stream->object ? "}\n" : "]}\n",
			 stream->object ? 2 : 3);
	conn->stepping = false;
	if (conn->closing) {
		stream_free(stream); /* conn_close has left it to us */
	} else if (more < 0) {
		conn_close(conn); /* half a result cannot be taken back */
	} else if (!more) {
		conn->stream = NULL;
		stream_free(stream);
		conn_put(conn, conn->later.data, conn->later.len);
		text_free(&conn->later);
	}
}

void conn_stream(struct conn *conn, struct stream *stream)
{
	conn->stream = stream;
	conn->stepping = true;
	if (!stream->object)
		conn_put(conn, "[", 1);
	conn->stepping = false;
}

/* --- what is read --------------------------------------------------- */

static const char *next_line_end(const struct conn *conn)
{
	size_t left = conn->filled - conn->start;

	return left ? memchr(conn->line + conn->start, '\n', left) : NULL;
}

static bool stream_ready(const struct conn *conn)
{
	return conn->stream && conn_waiting(conn) < CONTROL_PIECE;
}

static bool line_ready(const struct conn *conn)
{
	return !conn->stream && conn_waiting(conn) < CONTROL_HIGH &&
	       conn->pending < CONTROL_PENDING &&
	       conn->pending_bytes < CONTROL_PENDING_BYTES &&
	       next_line_end(conn);
}

/* A client that says nothing has no room for what it says. */
static void line_free(struct conn *conn)
{
	free(conn->line);
	conn->line = NULL;
	conn->start = conn->filled = 0;
}

static void take_line(struct conn *conn)
{
	const char *line = conn->line + conn->start;
	size_t len = (size_t)(next_line_end(conn) - line);

	conn->start += len + 1;
	if (!conn->skipping)
		rpc_line(conn, line, len);
	conn->skipping = false;
	if (conn->start == conn->filled)
		line_free(conn);
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
	}
	conn->skipping = true;
	conn->start = conn->filled = 0;
}

/* To the front: only when there is little room behind, not for each read. */
static void line_move(struct conn *conn)
{
	conn->filled -= conn->start;
	memmove(conn->line, conn->line + conn->start, conn->filled);
	conn->start = 0;
}

static void on_alloc(uv_handle_t *handle, size_t size, uv_buf_t *buf)
{
	struct conn *conn = handle->data;

	(void)size;
	if (!conn->line)
		conn->line = malloc(CONTROL_LINE);
	if (!conn->line) {
		*buf = uv_buf_init(NULL, 0); /* closed by on_read */
		return;
	}
	if (CONTROL_LINE - conn->filled < CONTROL_LINE / 4)
		line_move(conn);
	*buf = uv_buf_init(conn->line + conn->filled,
			   (unsigned int)(CONTROL_LINE - conn->filled));
}

static void on_read(uv_stream_t *pipe, ssize_t len, const uv_buf_t *buf)
{
	struct conn *conn = pipe->data;

	(void)buf;
	if (len == UV_EOF) {
		conn->ended = true;
	} else if (len < 0) {
		conn_close(conn);
		return;
	} else {
		conn->filled += (size_t)len;
	}
	conn_wake(conn);
}

/* Reads on, or not, as there is room for it. */
static void conn_read(struct conn *conn)
{
	bool full = conn->filled - conn->start == CONTROL_LINE;

	if (conn->closing || conn->ended)
		return;
	if (full && !next_line_end(conn)) {
		line_too_long(conn);
		full = false;
	}
	if (conn->closing || full == conn->paused)
		return;
	conn->paused = full;
	if (full)
		uv_read_stop((uv_stream_t *)&conn->pipe);
	else if (uv_read_start((uv_stream_t *)&conn->pipe, on_alloc, on_read))
		conn_close(conn);
}

/* --- work ----------------------------------------------------------- */

static void on_work(uv_idle_t *worker);

static bool control_idle(const struct control *control)
{
	return TAILQ_EMPTY(&control->work) && TAILQ_EMPTY(&control->unsent);
}

/* A busy one has its turn when it has written. */
void conn_flush(struct conn *conn)
{
	struct control *control = conn->d->control;

	if (conn->closing || conn->busy || conn->dirty)
		return;
	if (control_idle(control))
		uv_idle_start(&control->worker, on_work);
	TAILQ_INSERT_TAIL(&control->unsent, conn, unsent);
	conn->dirty = true;
}

static void conn_sent(struct conn *conn)
{
	if (conn->dirty)
		TAILQ_REMOVE(&conn->d->control->unsent, conn, unsent);
	conn->dirty = false;
}

static void write_all(struct control *control)
{
	struct conn *conn;

	while ((conn = TAILQ_FIRST(&control->unsent))) {
		conn_sent(conn);
		conn_write(conn);
		conn_wake(conn);
	}
}

/* Has a client that sends no more got everything? */
static bool conn_finished(const struct conn *conn)
{
	return conn->ended && !conn->stream && !conn->pending &&
	       !conn_waiting(conn) && !next_line_end(conn);
}

void conn_wake(struct conn *conn)
{
	struct control *control = conn->d->control;

	conn_read(conn);
	if (!conn->closing && conn_finished(conn))
		conn_close(conn);
	if (conn->closing || conn->queued ||
	    (!stream_ready(conn) && !line_ready(conn)))
		return;
	if (control_idle(control))
		uv_idle_start(&control->worker, on_work);
	TAILQ_INSERT_TAIL(&control->work, conn, work);
	conn->queued = true;
}

static void conn_rest(struct conn *conn)
{
	struct control *control = conn->d->control;

	if (!conn->queued)
		return;
	TAILQ_REMOVE(&control->work, conn, work);
	conn->queued = false;
}

/* One piece of a stream ends the turn: it takes most of the time there is. */
static void on_work(uv_idle_t *worker)
{
	struct control *control = worker->data;
	uint64_t end = uv_hrtime() + CONTROL_TURN_NS;
	bool piece = false;
	struct conn *conn;

	while (!piece && (conn = TAILQ_FIRST(&control->work))) {
		conn_rest(conn);
		piece = stream_ready(conn);
		if (piece)
			conn_step(conn);
		else if (line_ready(conn))
			take_line(conn);
		conn_wake(conn);
		if (uv_hrtime() >= end)
			break;
	}
	write_all(control);
	if (control_idle(control))
		uv_idle_stop(worker);
}

/* --- connections ---------------------------------------------------- */

static void on_closed(uv_handle_t *handle)
{
	struct conn *conn = handle->data;

	remote_closed(conn);
	free(conn->line);
	text_free(&conn->writing);
	text_free(&conn->out);
	text_free(&conn->later);
	free(conn);
}

void conn_close(struct conn *conn)
{
	struct control *control = conn->d->control;

	if (conn->closing)
		return;
	conn_rest(conn);
	conn_sent(conn);
	conn->closing = true;
	rpc_forget(conn);
	if (conn->stream && !conn->stepping)
		stream_free(conn->stream);
	if (conn->monitor)
		event_log_leave(&control->events, &conn->events);
	TAILQ_REMOVE(&control->conns, conn, link);
	control->stats.clients--;
	uv_close((uv_handle_t *)&conn->pipe, on_closed);
}

struct conn *conn_new(struct control *control)
{
	struct conn *conn = calloc(1, sizeof(*conn));

	if (!conn)
		return NULL;
	conn->d = control->d;
	uv_pipe_init(&control->d->loop, &conn->pipe, 0);
	conn->pipe.data = conn;
	TAILQ_INSERT_TAIL(&control->conns, conn, link);
	control->stats.clients++;
	return conn;
}

int conn_start(struct conn *conn)
{
	return uv_read_start((uv_stream_t *)&conn->pipe, on_alloc, on_read);
}

int control_open(struct daemon *d)
{
	struct control *control = calloc(1, sizeof(*control));

	if (!control)
		return -ENOMEM;
	control->d = d;
	d->control = control;
	TAILQ_INIT(&control->conns);
	TAILQ_INIT(&control->work);
	TAILQ_INIT(&control->unsent);
	TAILQ_INIT(&control->pending);
	TAILQ_INIT(&control->events.chunks);
	uv_idle_init(&d->loop, &control->worker);
	control->worker.data = control;
	return listen_open(control);
}

void control_close(struct daemon *d)
{
	struct control *control = d->control;
	struct conn *conn;

	if (!control)
		return;
	while ((conn = TAILQ_FIRST(&control->conns)))
		conn_close(conn);
	uv_close((uv_handle_t *)&control->worker, NULL);
	listen_close(control);
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

size_t control_bytes(const struct control *control)
{
	size_t bytes = control->events.room;
	const struct conn *conn;

	TAILQ_FOREACH(conn, &control->conns, link)
		bytes += conn->writing.room + conn->out.room + conn->later.room;
	return bytes;
}

/* --- events --------------------------------------------------------- */

int conn_monitor(struct conn *conn)
{
	int err;

	if (conn->monitor)
		return 0;
	if (conn->extra)
		return -ENOSPC;
	err = event_log_join(&conn->d->control->events, &conn->events);
	conn->monitor = !err;
	return err;
}

bool control_has_monitors(const struct daemon *d)
{
	return d->control && d->control->events.readers;
}

/* false: without memory nobody hears of it, and must not think he has. */
static bool write_event(struct control *control, struct json_object *params)
{
	struct json_object *event = json_object_new_object();
	const char *text;
	bool good = false;
	size_t len;

	json_object_object_add(event, "jsonrpc", json_object_new_string("2.0"));
	json_object_object_add(event, "method",
			       json_object_new_string("event"));
	json_object_object_add(event, "params", params);
	text = json_text(event, &len);
	if (text)
		good = !event_log_write(&control->events, text, len);
	json_object_put(event);
	return good;
}

static void drop_monitor(struct conn *conn)
{
	conn->d->control->stats.monitors_dropped++;
	log_warn("monitor of process %d closed: it has not read for %u bytes "
		 "of events",
		 (int)conn->pid, CONTROL_MONITOR);
	conn_close(conn);
}

void control_event(struct daemon *d, struct json_object *params)
{
	struct control *control = d->control;
	bool written = write_event(control, params);
	struct conn *conn, *next;

	for (conn = TAILQ_FIRST(&control->conns); conn; conn = next) {
		next = TAILQ_NEXT(conn, link);
		if (!conn->monitor)
			continue;
		if (!written)
			conn_close(conn);
		else if (event_log_behind(&control->events, &conn->events) >
			 CONTROL_MONITOR)
			drop_monitor(conn);
		else
			conn_flush(conn);
	}
}
