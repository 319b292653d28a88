/* SPDX-License-Identifier: LGPL-2.1-or-later OR BSD-2-Clause */
/* See conn.h. */
#include "libmgm/conn.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "libmgm/codec.h"
#include "libmgm/parse.h"

#define CONN_VERSION  1
#define CONN_PATIENCE 10000u /* ms a call waits */
#define CONN_READS    16     /* in one mgm_dispatch */

/* --- errors ----------------------------------------------------------- */

int conn_refuse(struct mgm *m, int err, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(m->why, sizeof(m->why), format, ap);
	va_end(ap);
	return err;
}

/* Nothing goes over it any more; who polls it is woken. */
static int conn_break(struct mgm *m, int err)
{
	if (m->broken)
		return -ECONNRESET;
	m->broken = true;
	shutdown(m->lines.fd, SHUT_RDWR);
	if (err == -ETIMEDOUT)
		return conn_refuse(m, err,
				   "the daemon has not answered in %u s",
				   CONN_PATIENCE / 1000);
	if (err == -EPROTO)
		return conn_refuse(m, err,
				   "what answers is no xmgmd, or one "
				   "of another version");
	if (err == -ENOMEM)
		return conn_refuse(m, err,
				   "no memory for what the daemon "
				   "says");
	return conn_refuse(m, -ECONNRESET,
			   "the daemon has ended the "
			   "connection: open another one");
}

int conn_nonsense(struct mgm *m)
{
	return conn_break(m, -EPROTO);
}

const char *mgm_why(const struct mgm *m)
{
	return m ? m->why : "";
}

/* --- numbers of errors ------------------------------------------------- */

/* By name; by number if it has none: what JSON-RPC says, or a refusal of the
 * socket itself, which is one of this machine. */
static int error_number(struct json_object *error)
{
	struct json_object *data, *name, *code;
	int number;

	if (json_object_object_get_ex(error, "data", &data) &&
	    json_object_object_get_ex(data, "error", &name) && name)
		return codec_error(json_object_get_string(name));
	if (!json_object_object_get_ex(error, "code", &code))
		return -EPROTO;
	number = json_object_get_int(code);
	if (number == -32601 || number == -32602)
		return -E2BIG; /* it is older than we are */
	return number < 0 && number > -4096 ? number : -EPROTO;
}

/* --- lines ------------------------------------------------------------ */

static int alert_queue(struct mgm *m, struct json_object *object)
{
	struct alert *alert = malloc(sizeof(*alert));

	if (!alert) {
		json_object_put(object);
		return -ENOMEM;
	}
	alert->object = object;
	STAILQ_INSERT_TAIL(&m->alerts, alert, link);
	return 0;
}

/* Is it the answer that is waited for? Whom a line without an id concerns is
 * unknown: the daemon has not understood us, or turns us away. */
static bool is_answer(const struct mgm *m, struct json_object *object)
{
	struct json_object *id;

	return m->waiting && !m->answer &&
	       json_object_object_get_ex(object, "id", &id) &&
	       (!id || json_object_get_uint64(id) == m->id);
}

/* One that nobody waits for: only the first error is kept. */
static void take_pipelined(struct mgm *m, struct json_object *object)
{
	struct json_object *error, *message = NULL;

	if (!m->outstanding || !json_object_object_get_ex(object, "id", NULL))
		return;
	m->outstanding--;
	if (m->first_error ||
	    !json_object_object_get_ex(object, "error", &error) || !error)
		return;
	m->first_error = error_number(error);
	json_object_object_get_ex(error, "message", &message);
	conn_refuse(m, m->first_error, "%s",
		    message ? json_object_get_string(message) : "refused");
}

static int take_line(struct mgm *m, const char *line, size_t length)
{
	struct json_object *object;
	int err;

	object = parse_line(m->tokener, line, length, &err);
	if (!object)
		return err;
	if (json_object_object_get_ex(object, "method", NULL))
		return alert_queue(m, object);
	if (is_answer(m, object)) {
		m->answer = object;
		return 0;
	}
	take_pipelined(m, object);
	json_object_put(object);
	return 0;
}

/* All whole lines that have been read. */
static int take_lines(struct mgm *m)
{
	size_t length;
	char *line;
	int err = 0;

	while (!err && (line = lines_next(&m->lines, &length)))
		err = take_line(m, line, length);
	return err;
}

/* --- waiting ----------------------------------------------------------- */

static uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static int await(const struct mgm *m, short events, uint64_t deadline_ms)
{
	struct pollfd fd = {.fd = m->lines.fd, .events = events};
	uint64_t now = now_ms();
	int n;

	if (now >= deadline_ms)
		return -ETIMEDOUT;
	n = poll(&fd, 1, (int)(deadline_ms - now));
	return n < 0 && errno != EINTR ? -errno : 0;
}

/* Reads what is there and takes its lines; 0 also if there is nothing. */
static int read_some(struct mgm *m)
{
	int err = lines_read(&m->lines);

	if (!err)
		err = take_lines(m);
	return err == -EAGAIN ? 0 : err;
}

/* Meanwhile it reads: the daemon takes no more from one who does not. */
static int send_request(struct mgm *m, uint64_t deadline_ms)
{
	size_t at = 0, sent;
	int err = 0;

	while (!err && at < m->request.length) {
		err = lines_write(&m->lines, m->request.text + at,
				  m->request.length - at, &sent);
		at += sent;
		if (err || sent)
			continue;
		err = await(m, POLLIN | POLLOUT, deadline_ms);
		if (!err)
			err = read_some(m);
	}
	/* It has hung up, perhaps after saying why. */
	return err == -ECONNRESET ? 0 : err;
}

static int exchange(struct mgm *m)
{
	uint64_t deadline_ms = now_ms() + CONN_PATIENCE;
	int err;

	m->waiting = true;
	err = send_request(m, deadline_ms);
	while (!err && !m->answer) {
		err = await(m, POLLIN, deadline_ms);
		if (!err)
			err = read_some(m);
	}
	m->waiting = false;
	/* The answer counts, also when what stands behind it is broken. */
	if (err && m->answer)
		conn_break(m, err);
	return m->answer ? 0 : err;
}

/* --- answers ----------------------------------------------------------- */

static int take_answer(struct mgm *m, struct json_object *answer,
		       struct json_object **result)
{
	struct json_object *error, *field = NULL;

	if (json_object_object_get_ex(answer, "error", &error) && error) {
		json_object_object_get_ex(error, "message", &field);
		return conn_refuse(m, error_number(error), "%s",
				   field ? json_object_get_string(field)
					 : "refused without a reason");
	}
	if (!json_object_object_get_ex(answer, "result", &field) || !field)
		return conn_break(m, -EPROTO);
	*result = json_object_get(field);
	return 0;
}

/* Is it whole, and is there somebody to send it to? */
static int check_request(struct mgm *m)
{
	int err = request_end(&m->request);

	if (err)
		return conn_refuse(m, err,
				   err == -ENOSPC
					   ? "a request of more than 65536 "
					     "bytes: say it in several"
					   : "no memory for a request");
	return m->broken ? -ECONNRESET : 0;
}

int conn_call(struct mgm *m, struct json_object **result)
{
	struct json_object *answer;
	int err = check_request(m);

	*result = NULL;
	if (err)
		return err;
	err = exchange(m);
	if (err)
		return conn_break(m, err);
	answer = m->answer;
	m->answer = NULL;
	err = take_answer(m, answer, result);
	json_object_put(answer);
	return err;
}

static int send_only(struct mgm *m)
{
	int err = check_request(m);

	if (err)
		return err;
	err = send_request(m, now_ms() + CONN_PATIENCE);
	if (err)
		return conn_break(m, err);
	m->outstanding++;
	return 0;
}

int mgm_pipeline(struct mgm *m, bool on)
{
	int err = m->broken ? -ECONNRESET : 0;

	m->pipelined = on;
	while (!on && !err && m->outstanding) {
		err = await(m, POLLIN, now_ms() + CONN_PATIENCE);
		if (!err)
			err = read_some(m);
	}
	if (err)
		err = conn_break(m, err);
	if (on || err)
		return conn_leave(m, err);
	err = m->first_error;
	m->first_error = 0;
	return conn_leave(m, err);
}

/* --- around a call ------------------------------------------------------ */

struct registration *conn_registration(struct mgm *m, struct mgm_client *client)
{
	struct registration *r;

	TAILQ_FOREACH(r, &m->registrations, link)
		if (r->handle == (uintptr_t)client)
			return r;
	return NULL;
}

struct request *conn_ask(struct mgm *m, const char *method)
{
	request_begin(&m->request, ++m->id, method);
	return &m->request;
}

struct request *conn_ask_as(struct mgm *m, struct mgm_client *client,
			    const char *method)
{
	struct registration *r = conn_registration(m, client);

	ahead_drop(m);
	if (!r) {
		conn_refuse(m, -EINVAL, "%s: no such registration", method);
		return NULL;
	}
	conn_ask(m, method);
	request_number(&m->request, "client", r->number);
	return &m->request;
}

/* In the order in which they were sent; nothing recurses. */
static void deliver(struct mgm *m)
{
	struct alert *alert;
	int err;

	if (m->delivering)
		return;
	m->delivering = true;
	while ((alert = STAILQ_FIRST(&m->alerts))) {
		STAILQ_REMOVE_HEAD(&m->alerts, link);
		err = alert_deliver(m, alert->object);
		if (err)
			conn_break(m, err);
		json_object_put(alert->object);
		free(alert);
	}
	m->delivering = false;
}

int conn_leave(struct mgm *m, int result)
{
	deliver(m);
	return result;
}

int conn_done(struct mgm *m)
{
	struct json_object *result;
	int err;

	if (m->pipelined && !m->delivering)
		return conn_leave(m, send_only(m));
	err = conn_call(m, &result);
	json_object_put(result);
	return conn_leave(m, err);
}

/* --- the connection ----------------------------------------------------- */

static int hello(struct mgm *m)
{
	struct json_object *result;
	uint64_t version = 0;
	int err;

	request_number(conn_ask(m, "hello"), "version", CONN_VERSION);
	err = conn_call(m, &result);
	if (!err)
		err = codec_read_number(json_object_object_get(result,
							       "version"),
					UINT32_MAX, &version) ||
		      version != CONN_VERSION;
	json_object_put(result);
	return err > 0 ? -EPROTO : err;
}

int mgm_open(const char *path, struct mgm **out)
{
	struct mgm *m = calloc(1, sizeof(*m));
	int err;

	if (!m)
		return -ENOMEM;
	STAILQ_INIT(&m->alerts);
	TAILQ_INIT(&m->registrations);
	m->tokener = parse_new();
	err = lines_connect(&m->lines, path ? path : MGM_SOCKET);
	if (!err && !m->tokener)
		err = -ENOMEM;
	if (!err)
		err = hello(m);
	if (err) {
		mgm_close(m);
		return err;
	}
	*out = m;
	return 0;
}

void mgm_close(struct mgm *m)
{
	struct registration *r;
	struct alert *alert;

	if (!m)
		return;
	ahead_drop(m);
	while ((r = TAILQ_FIRST(&m->registrations))) {
		TAILQ_REMOVE(&m->registrations, r, link);
		free(r);
	}
	while ((alert = STAILQ_FIRST(&m->alerts))) {
		STAILQ_REMOVE_HEAD(&m->alerts, link);
		json_object_put(alert->object);
		free(alert);
	}
	json_object_put(m->answer);
	request_free(&m->request);
	if (m->tokener)
		json_tokener_free(m->tokener);
	lines_close(&m->lines);
	free(m);
}

int mgm_fd(const struct mgm *m)
{
	return m->lines.fd;
}

int mgm_dispatch(struct mgm *m)
{
	int i, err = m->broken ? -ECONNRESET : 0;

	ahead_drop(m);
	for (i = 0; i < CONN_READS && !err; i++) {
		err = lines_read(&m->lines);
		if (!err)
			err = take_lines(m);
	}
	if (err && err != -EAGAIN)
		conn_break(m, err);
	deliver(m);
	return m->broken ? -ECONNRESET : 0;
}
