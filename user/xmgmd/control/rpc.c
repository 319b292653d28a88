/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * JSON-RPC 2.0: takes a line apart, calls the method, and answers. Malformed
 * input of any kind is answered by an error. A method that takes time leaves
 * a pending call behind, which services.done completes.
 */
#include "xmgmd/control/control.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/log.h"
#include "xmgmd/remote/remote.h"

#define RPC_PARSE   (-32700)
#define RPC_INVALID (-32600)
#define RPC_UNKNOWN (-32601)
#define RPC_PARAMS  (-32602)

#define DEPTH	    8 /* nesting of a request */

/* --- tracing -------------------------------------------------------- */

static uint64_t now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

static uint64_t trace_begin_us(void)
{
	return log_on(LOG_CONTROL) ? now_us() : 0;
}

/* begun_us is 0 if the topic was off then. JSON has no control characters. */
static void trace_request(const struct call *call, const char *method, int err)
{
	const char *params = "";

	if (!call->begun_us || !log_on(LOG_CONTROL))
		return;
	if (call->params)
		params = json_object_to_json_string_ext(
			call->params, JSON_C_TO_STRING_PLAIN |
					      JSON_C_TO_STRING_NOSLASHESCAPE);
	log_trace(LOG_CONTROL, "%s%s%.600s by process %d, user %u: %s, %llu us",
		  method, *params ? " " : "", params, (int)call->conn->pid,
		  (unsigned int)call->conn->uid, err ? strerror(-err) : "done",
		  (unsigned long long)(now_us() - call->begun_us));
}

/* --- calls ---------------------------------------------------------- */

int call_refuse(struct call *call, int err, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(call->why, sizeof(call->why), format, args);
	va_end(args);
	return err;
}

int call_text(struct call *call, const char *name, const char **text)
{
	struct json_object *value;

	*text = NULL;
	if (!call->params ||
	    !json_object_object_get_ex(call->params, name, &value) || !value)
		return 0;
	if (!json_object_is_type(value, json_type_string))
		return call_refuse(call, -EINVAL,
				   "parameter %s must be a text in quotes",
				   name);
	*text = json_object_get_string(value);
	return 0;
}

void *call_stream(struct call *call, size_t size,
		  int (*step)(struct router *r, struct stream *stream,
			      struct conn *conn))
{
	call->stream = calloc(1, size);
	if (call->stream)
		call->stream->step = step;
	else
		call_refuse(call, -ENOMEM, "no memory");
	return call->stream;
}

int call_need(struct call *call, const char *name, const char **text)
{
	int err = call_text(call, name, text);

	if (!err && !*text)
		return call_refuse(call, -EINVAL, "parameter %s is missing",
				   name);
	return err;
}

static void send_object(struct conn *conn, struct json_object *object)
{
	conn_put_json(conn, object);
	conn_put(conn, "\n", 1);
	json_object_put(object);
}

static struct json_object *answer_new(struct json_object *id)
{
	struct json_object *answer = json_object_new_object();

	json_object_object_add(answer, "jsonrpc",
			       json_object_new_string("2.0"));
	json_object_object_add(answer, "id", json_object_get(id));
	return answer;
}

static void send_error(struct conn *conn, struct json_object *id, int code,
		       const char *message)
{
	struct json_object *answer = answer_new(id);
	struct json_object *error = json_object_new_object(), *data;
	const char *name = mgm_error_name(code);

	json_object_object_add(error, "code", json_object_new_int(code));
	json_object_object_add(error, "message",
			       json_object_new_string(message));
	if (name) {
		data = json_object_new_object();
		json_object_object_add(data, "error",
				       json_object_new_string(name));
		json_object_object_add(error, "data", data);
	}
	json_object_object_add(answer, "error", error);
	send_object(conn, answer);
}

/* Takes the reference of result; NULL is true. */
static void send_result(struct conn *conn, struct json_object *id,
			struct json_object *result)
{
	struct json_object *answer = answer_new(id);

	json_object_object_add(answer, "result",
			       result ? result : json_object_new_boolean(true));
	send_object(conn, answer);
}

static const struct method *find_in(const struct method *methods, size_t count,
				    const char *name)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (!strcmp(methods[i].name, name))
			return &methods[i];
	return NULL;
}

/* Of the manager: for clients in other processes. */
static bool is_managers(const char *name)
{
	return !strncmp(name, "mgm.", 4);
}

static const struct method *find_method(const char *name)
{
	const struct method *method, *methods;
	size_t count;

	if (is_managers(name)) {
		methods = remote_methods(&count);
		return find_in(methods, count, name);
	}
	methods = rpc_show_methods(&count);
	method = find_in(methods, count, name);
	if (method)
		return method;
	methods = rpc_change_methods(&count);
	return find_in(methods, count, name);
}

/*
 * Can the id be given back as it was sent? Numbers beyond 64 bits have been
 * changed to the nearest that fits, so those two are refused themselves.
 */
static bool valid_id(struct json_object *id)
{
	switch (json_object_get_type(id)) {
	case json_type_null:
	case json_type_string:
		return true;
	case json_type_int:
		return json_object_get_int64(id) != INT64_MIN &&
		       json_object_get_uint64(id) != UINT64_MAX;
	case json_type_double:
		return isfinite(json_object_get_double(id));
	default:
		return false;
	}
}

/* NULL, or a parameter that the method does not know. */
static const char *unknown_param(const struct method *method,
				 struct json_object *params)
{
	size_t i;

	if (!params)
		return NULL;
	json_object_object_foreach(params, key, value)
	{
		(void)value;
		for (i = 0; i < METHOD_PARAMS && method->params[i]; i++)
			if (!strcmp(method->params[i], key))
				break;
		if (i == METHOD_PARAMS || !method->params[i])
			return key;
	}
	return NULL;
}

/* Also without an answer to give: what it says is remembered at its end. */
static void keep_pending(struct call *call, const struct method *method,
			 struct json_object *id, bool wants_answer)
{
	struct control *control = call->d->control;
	struct pending *pending = calloc(1, sizeof(*pending));

	if (!pending) {
		if (method->remember)
			commands_release(call->d, call->bytes);
		if (wants_answer)
			send_error(call->conn, id, -ENOMEM,
				   "no memory to wait for the end; it goes on");
		return;
	}
	pending->op = call->op;
	pending->id = json_object_get(id);
	pending->params = json_object_get(call->params);
	pending->method = method;
	pending->bytes = call->bytes;
	pending->begun_us = call->begun_us;
	pending->silent = !wants_answer;
	if (!call->conn->closing) {
		pending->conn = call->conn;
		call->conn->pending++;
		call->conn->pending_bytes += call->bytes;
	}
	TAILQ_INSERT_TAIL(&control->pending, pending, link);
}

static void send_stream(struct call *call, struct json_object *id)
{
	static const char head[] = "{\"jsonrpc\":\"2.0\",\"id\":";
	static const char tail[] = ",\"result\":";

	conn_put(call->conn, head, sizeof(head) - 1);
	conn_put_json(call->conn, id);
	conn_put(call->conn, tail, sizeof(tail) - 1);
	call->stream->r = call->r;
	conn_stream(call->conn, call->stream);
}

/* First of all there is room for what it says, to its end. */
static int run_and_remember(struct call *call, const struct method *method)
{
	const char *why;
	int err;

	if (!method->remember)
		return method->run(call);
	err = commands_reserve(call->d, call->bytes, &why);
	if (err)
		return call_refuse(call, err, "%s", why);
	err = method->run(call);
	if (!err)
		err = method->remember(call);
	if (err != -EINPROGRESS)
		commands_release(call->d, call->bytes);
	return err;
}

static void run_method(struct call *call, const struct method *method,
		       struct json_object *id, bool wants_answer)
{
	bool waits;
	int err;

	call->op = ++call->d->control->last_op;
	call->begun_us = trace_begin_us();
	err = remote_admit(call, method);
	if (!err)
		err = run_and_remember(call, method);
	waits = err == -EINPROGRESS && !call->at_once;
	if (waits)
		keep_pending(call, method, id, wants_answer);
	router_touch(call->r);
	if (waits)
		return;
	trace_request(call, method->name, err);
	if (!wants_answer || call->conn->closing) {
		json_object_put(call->result);
		stream_free(call->stream);
	} else if (err) {
		json_object_put(call->result);
		send_error(call->conn, id, err,
			   call->why[0] ? call->why : strerror(-err));
	} else if (call->stream) {
		send_stream(call, id);
	} else {
		send_result(call->conn, id, call->result);
	}
}

static void bad_request(struct conn *conn, struct json_object *id, int code,
			const char *message)
{
	const struct call call = {.conn = conn, .begun_us = trace_begin_us()};

	conn->d->control->stats.bad_requests++;
	trace_request(&call, "bad request", -EINVAL);
	send_error(conn, id, code, message);
}

/* Where the methods and their parameters stand. */
static const char *manual_of(const char *method)
{
	return strncmp(method, "mgm.", 4) ? "`man xmgmd`" : "doc/protocol.md";
}

static void call_method(struct call *call, const char *name,
			struct json_object *id, bool has_id)
{
	const struct method *method = find_method(name);
	const char *unknown;
	char message[192];

	if (!method) {
		snprintf(message, sizeof(message),
			 "there is no method '%.64s': %s has them", name,
			 manual_of(name));
		bad_request(call->conn, id, RPC_UNKNOWN, message);
		return;
	}
	unknown = unknown_param(method, call->params);
	if (unknown) {
		snprintf(message, sizeof(message),
			 "%s has no parameter '%.64s': %s has them", name,
			 unknown, manual_of(name));
		bad_request(call->conn, id, RPC_PARAMS, message);
		return;
	}
	run_method(call, method, id, has_id);
}

static void rpc_object(struct conn *conn, struct json_object *request,
		       size_t bytes)
{
	struct json_object *id = NULL, *name = NULL, *params = NULL, *version;
	struct call call = {
		.d = conn->d,
		.r = daemon_router(conn->d, NULL),
		.conn = conn,
		.bytes = bytes,
	};
	bool has_id = json_object_object_get_ex(request, "id", &id);

	if (!valid_id(id)) {
		bad_request(conn, NULL, RPC_INVALID,
			    "id must be a text, null or a number of less than "
			    "64 bits");
		return;
	}
	if (!json_object_object_get_ex(request, "jsonrpc", &version) ||
	    !json_object_is_type(version, json_type_string) ||
	    strcmp(json_object_get_string(version), "2.0") ||
	    !json_object_object_get_ex(request, "method", &name) ||
	    !json_object_is_type(name, json_type_string)) {
		bad_request(conn, id, RPC_INVALID,
			    "not a request: it needs \"jsonrpc\": \"2.0\" and "
			    "a \"method\"");
		return;
	}
	if (json_object_object_get_ex(request, "params", &params) && params &&
	    !json_object_is_type(params, json_type_object)) {
		bad_request(conn, id, RPC_PARAMS,
			    "params must be an object of named parameters");
		return;
	}
	call.params = params;
	call_method(&call, json_object_get_string(name), id, has_id);
}

/*
 * json-c reads a NUL as the end, and texts with one are cut short by whoever
 * takes them for C strings; none of ours needs it.
 */
static bool has_nul(const char *line, size_t len)
{
	const char *end = line + len;

	if (memchr(line, 0, len))
		return true;
	while ((line = memchr(line, '\\', (size_t)(end - line)))) {
		if (end - line >= 6 && !memcmp(line, "\\u0000", 6))
			return true;
		if (end - line < 2)
			break;
		line += 2;
	}
	return false;
}

static bool is_blank(const char *line, size_t len)
{
	while (len && (*line == ' ' || *line == '\t' || *line == '\r')) {
		line++;
		len--;
	}
	return !len;
}

void rpc_line(struct conn *conn, const char *line, size_t len)
{
	struct json_tokener *tokener;
	struct json_object *request;

	if (is_blank(line, len))
		return;
	conn->d->control->stats.requests++;
	if (has_nul(line, len)) {
		bad_request(conn, NULL, RPC_PARSE,
			    "a NUL character in a request: leave it out");
		return;
	}
	tokener = json_tokener_new_ex(DEPTH);
	if (!tokener) {
		send_error(conn, NULL, -ENOMEM, "no memory");
		return;
	}
	json_tokener_set_flags(tokener, JSON_TOKENER_STRICT |
						JSON_TOKENER_VALIDATE_UTF8);
	request = json_tokener_parse_ex(tokener, line, (int)len);
	if (json_tokener_get_error(tokener) != json_tokener_success ||
	    json_tokener_get_parse_end(tokener) < len) {
		bad_request(conn, NULL, RPC_PARSE,
			    "not a JSON object on one line");
	} else if (!json_object_is_type(request, json_type_object)) {
		bad_request(conn, NULL, RPC_INVALID,
			    "a request is an object, one a line");
	} else {
		rpc_object(conn, request, len);
	}
	json_object_put(request);
	json_tokener_free(tokener);
}

/* What has been done is kept, whoever still waits; the error to answer. */
static int end_pending(struct call *call, const struct pending *pending,
		       int result)
{
	const struct method *method = pending->method;
	int err;

	if (method->remember) {
		commands_release(call->d, pending->bytes);
		err = result ? 0 : method->remember(call);
		if (err)
			return err;
	}
	if (pending->conn && method->explain)
		method->explain(call, result);
	return result;
}

void rpc_done(void *arg, uint64_t op, int result)
{
	struct router *r = arg;
	struct daemon *d = r->d;
	struct call call = {.d = d, .r = r};
	struct pending *pending;

	TAILQ_FOREACH(pending, &d->control->pending, link)
		if (pending->op == op)
			break;
	if (!pending)
		return;
	TAILQ_REMOVE(&d->control->pending, pending, link);
	call.conn = pending->conn;
	call.params = pending->params;
	call.begun_us = pending->begun_us;
	result = end_pending(&call, pending, result);
	router_settle(r);
	if (pending->conn) {
		trace_request(&call, pending->method->name, result);
		pending->conn->pending--;
		pending->conn->pending_bytes -= pending->bytes;
		if (pending->silent)
			json_object_put(call.result);
		else if (result)
			send_error(pending->conn, pending->id, result,
				   call.why[0] ? call.why : strerror(-result));
		else
			send_result(pending->conn, pending->id, call.result);
		conn_wake(pending->conn);
	}
	json_object_put(pending->id);
	json_object_put(pending->params);
	free(pending);
}

void rpc_forget(struct conn *conn)
{
	struct pending *pending;

	TAILQ_FOREACH(pending, &conn->d->control->pending, link)
		if (pending->conn == conn)
			pending->conn = NULL;
}
