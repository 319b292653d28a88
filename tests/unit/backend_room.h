/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The manager behind mgm.h, in process or over a socket, for tests whose body
 * is the same for all: the core of this process; libmgm with all clients on
 * one connection; libmgm with a connection for each. The daemon's side of a
 * socket is a child: control socket, sessions, manager, a plane of memory.
 * Interfaces are 1 to 8, source n is reached by interface 1 + n % 8.
 */
#ifndef XMGM_TESTS_BACKEND_ROOM_H
#define XMGM_TESTS_BACKEND_ROOM_H

#include <poll.h>
#include <sys/types.h>
#include <sys/wait.h>

#include "remote_room.h"
#include "xmgm/libmgm.h"

/* libmgm's functions have another name here: remote_libmgm.o. */
#define BACKEND_CALLS(X)      \
	X(deregister)         \
	X(client_settled)     \
	X(interface_take)     \
	X(interface_release)  \
	X(interface_transfer) \
	X(interface_owner)    \
	X(interface_get)      \
	X(interface_forward)  \
	X(wrong_if_alerts)    \
	X(igmp_disabled)      \
	X(replay_complete)    \
	X(membership_add)     \
	X(membership_del)     \
	X(membership_set)     \
	X(membership_batch)   \
	X(membership_next)    \
	X(route_put)          \
	X(route_del)          \
	X(rpf_reply)          \
	X(rpf_again)          \
	X(creation_reply)     \
	X(rib_put)            \
	X(rib_del)            \
	X(rib_get)            \
	X(mfe_get)            \
	X(mfe_next)           \
	X(mfe_set_upstream)   \
	X(mfe_set_timeout)    \
	X(client_next)

#define BACKEND_REMOTE(name) extern __typeof__(mgm_##name) remote_mgm_##name;
BACKEND_CALLS(BACKEND_REMOTE)
extern __typeof__(mgm_register) remote_mgm_register;
extern __typeof__(mgm_open) remote_mgm_open;
extern __typeof__(mgm_close) remote_mgm_close;
extern __typeof__(mgm_pipeline) remote_mgm_pipeline;
#undef BACKEND_REMOTE

struct backend_calls {
#define BACKEND_CALL(name) __typeof__(&mgm_##name) name;
	BACKEND_CALLS(BACKEND_CALL)
#undef BACKEND_CALL
	__typeof__(&mgm_register) enrol; /* register is a word of C's */
};

enum backend_kind {
	BACKEND_CORE,
	BACKEND_ONE,  /* connection for all */
	BACKEND_EACH, /* client has one of its own */
};

struct backend {
	enum backend_kind kind;
	struct backend_calls call;
	struct fix *fix; /* of the core in this process */
	struct mgm *m[FIX_CLIENTS];
	size_t count;
	char path[sizeof(((struct room *)0)->path)];
	int commands; /* to the child */
	pid_t child;
};

/* What the surroundings of a manager do. */
struct backend_command {
	enum {
		BACKEND_UPCALL,
		BACKEND_COUNT,
		BACKEND_TICK,
		BACKEND_DRAIN
	} what;
	uint32_t s, g, arrival; /* or packets */
	uint64_t ms;
};

static inline void backend_obey(struct fix *f, const struct backend_command *c)
{
	if (c->what == BACKEND_UPCALL)
		fix_upcall(f, c->s, c->g, c->arrival);
	else if (c->what == BACKEND_COUNT)
		fix_line(f, sg(c->s, c->g))->packets += c->arrival;
	else if (c->what == BACKEND_TICK)
		fix_tick(f, c->ms);
	fix_drain(f);
}

/* --- the child ------------------------------------------------------------- */

/* Until the other end of the commands is closed. */
static inline void backend_serve(int commands)
{
	struct pollfd fds[2] = {{.fd = commands, .events = POLLIN},
				{.fd = uv_backend_fd(&room->d.loop),
				 .events = POLLIN}};
	struct backend_command command;

	for (;;) {
		turn();
		poll(fds, 2, uv_backend_timeout(&room->d.loop));
		if (!fds[0].revents)
			continue;
		if (read(commands, &command, sizeof(command)) !=
		    (ssize_t)sizeof(command))
			return;
		backend_obey(plane, &command);
		turns(3);
		if (write(commands, "", 1) != 1)
			return;
	}
}

static inline void backend_child(int commands)
{
	void *state = NULL;

	remote_setup(&state);
	begin();
	if (write(commands, room->path, sizeof(room->path)) ==
	    (ssize_t)sizeof(room->path))
		backend_serve(commands);
	remote_teardown(&state);
	_exit(0);
}

/* --- the test's side ---------------------------------------------------------
 */

static inline void backend_command(struct backend *b,
				   const struct backend_command *command)
{
	char done;

	if (b->kind == BACKEND_CORE) {
		backend_obey(b->fix, command);
		return;
	}
	assert_int_equal(write(b->commands, command, sizeof(*command)),
			 sizeof(*command));
	assert_int_equal(read(b->commands, &done, 1), 1);
}

static inline void backend_start_remote(struct backend *b)
{
	int ends[2];

#define BACKEND_CALL(name) .name = remote_mgm_##name,
	b->call = (struct backend_calls){BACKEND_CALLS(BACKEND_CALL).enrol =
						 remote_mgm_register};
#undef BACKEND_CALL
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	b->child = fork();
	assert_true(b->child >= 0);
	if (!b->child) {
		close(ends[0]);
		backend_child(ends[1]);
	}
	close(ends[1]);
	b->commands = ends[0];
	assert_int_equal(read(b->commands, b->path, sizeof(b->path)),
			 sizeof(b->path));
}

static inline void backend_start(struct backend *b, enum backend_kind kind)
{
	uint32_t i;

	*b = (struct backend){.kind = kind};
	if (kind != BACKEND_CORE) {
		backend_start_remote(b);
		return;
	}
#define BACKEND_CALL(name) .name = mgm_##name,
	b->call = (struct backend_calls){BACKEND_CALLS(BACKEND_CALL).enrol =
						 mgm_register};
#undef BACKEND_CALL
	b->fix = fix_new(NULL);
	plane = b->fix;
	plane->what = 0;
	for (i = 1; i <= REMOTE_LINKS; i++)
		link_up_down(i, true);
	for (i = 0; i < 256; i++)
		plane->rib[i] = 1 + i % REMOTE_LINKS;
}

/* The child has to end by itself, and without a word of the sanitizers. */
static inline void backend_stop(struct backend *b)
{
	int status;

	if (b->kind == BACKEND_CORE) {
		fix_free(b->fix);
		plane = NULL;
		return;
	}
	while (b->count)
		remote_mgm_close(b->m[--b->count]);
	close(b->commands);
	assert_int_equal(waitpid(b->child, &status, 0), b->child);
	assert_int_equal(status, 0);
}

/* A handle for one more client. */
static inline struct mgm *backend_handle(struct backend *b)
{
	if (b->kind == BACKEND_CORE)
		return b->fix->m;
	if (!b->count || b->kind == BACKEND_EACH)
		assert_int_equal(remote_mgm_open(b->path, &b->m[b->count++]),
				 0);
	return b->m[b->count - 1];
}

/*
 * What has been done is worked off, and its alerts are delivered: an answer
 * stands behind all that was said before it.
 */
static inline void backend_settle(struct backend *b)
{
	const struct backend_command drain = {.what = BACKEND_DRAIN};
	uint32_t protocol, component;
	size_t i;

	backend_command(b, &drain);
	for (i = 0; i < b->count; i++)
		assert_int_equal(b->call.interface_owner(b->m[i], 99, &protocol,
							 &component),
				 -ENOENT);
}

/* The first packet of a flow has come in. */
static inline void backend_upcall(struct backend *b, uint32_t s, uint32_t g,
				  uint32_t arrival)
{
	const struct backend_command command = {
		.what = BACKEND_UPCALL, .s = s, .g = g, .arrival = arrival};

	backend_command(b, &command);
}

/* The plane has forwarded so many of its packets. */
static inline void backend_count(struct backend *b, uint32_t s, uint32_t g,
				 uint32_t packets)
{
	const struct backend_command command = {
		.what = BACKEND_COUNT, .s = s, .g = g, .arrival = packets};

	backend_command(b, &command);
}

static inline void backend_tick(struct backend *b, uint64_t ms)
{
	const struct backend_command command = {.what = BACKEND_TICK, .ms = ms};

	backend_command(b, &command);
}

#endif /* XMGM_TESTS_BACKEND_ROOM_H */
