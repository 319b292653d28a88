/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A client of the manager in a process of its own, by libmgm, for the
 * benchmark: it does one thing and prints how fast it was.
 *
 *	client SOCKET INTERFACE blocking|pipelined|batched|handshake|idle
 *
 * handshake and idle do what they do when a line comes in, and end with the
 * input.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <arpa/inet.h>

#include "xmgm/libmgm.h"

#define GROUPS	10000u
#define BATCHED (40 * GROUPS)
#define IDLE	100

struct client {
	struct mgm *m;
	struct mgm_client *handle;
	uint32_t ifid;
	bool ended; /* the handshake has */
	int error;
};

static double now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int complain(const struct client *c, const char *what, int err)
{
	fprintf(stderr, "bench client: %s: %s %s\n", what, strerror(-err),
		c->m ? mgm_why(c->m) : "");
	return err;
}

static struct mgm_sg group(uint32_t number)
{
	return mgm_sg_v4(
		(struct in_addr){0},
		(struct in_addr){htonl(0xef000100u + number % GROUPS)});
}

/* One after the other in full batches. */
static int join_all(struct client *c, enum mgm_change what)
{
	struct mgm_membership_change changes[MGM_BATCH];
	int err = 0;

	for (uint32_t g = 0; g < GROUPS && !err; g += MGM_BATCH) {
		for (uint32_t i = 0; i < MGM_BATCH; i++)
			changes[i] = (struct mgm_membership_change){
				.what = what,
				.ifid = c->ifid,
				.sg = group(g + i),
				.flags = MGM_JOIN_STATE,
			};
		err = mgm_membership_batch(c->m, c->handle, changes, MGM_BATCH);
	}
	return err;
}

/* --- alerts of a handshake ------------------------------------------ */

static void on_disable(void *arg, uint32_t ifid, uint32_t epoch)
{
	struct client *c = arg;

	c->error = mgm_igmp_disabled(c->m, c->handle, ifid, epoch);
}

static void on_enable(void *arg, uint32_t ifid, uint32_t epoch)
{
	struct client *c = arg;

	c->error = join_all(c, MGM_CHANGE_ADD);
	if (!c->error)
		c->error = mgm_replay_complete(c->m, c->handle, ifid, epoch);
}

static void on_ownership(void *arg, uint32_t ifid, uint32_t epoch, int result)
{
	struct client *c = arg;

	(void)ifid, (void)epoch;
	c->ended = true;
	c->error = result;
}

/* --- coming in ------------------------------------------------------ */

static int find_interface(struct client *c, const char *name)
{
	struct mgm_interface_info info = {.size = sizeof(info)};
	int err;

	while (!(err = mgm_interface_next(c->m, info.ifid, &info)))
		if (!strcmp(info.name, name)) {
			c->ifid = info.ifid;
			return 0;
		}
	return err;
}

static int come_in(struct client *c, const char *socket, const char *interface,
		   enum mgm_role role, uint32_t component)
{
	const struct mgm_callbacks callbacks = {
		.size = sizeof(callbacks),
		.disable_igmp = role == MGM_ROLE_IGMP ? on_disable : NULL,
		.enable_igmp = role == MGM_ROLE_IGMP ? on_enable : NULL,
		.ownership = on_ownership,
	};
	const struct mgm_registration r = {
		.size = sizeof(r),
		.protocol = MGM_PROTOCOL_REMOTE + 44,
		.component = component,
		.role = role,
		.name = "bench",
		.callbacks = &callbacks,
		.arg = c,
		.grace_ms = MGM_GRACE_NONE,
	};
	int err = mgm_open(socket, &c->m);

	if (!err)
		err = find_interface(c, interface);
	if (!err)
		err = mgm_register(c->m, &r, &c->handle);
	return err ? complain(c, "coming in", err) : 0;
}

/* --- what it does --------------------------------------------------- */

/* Each group is joined and left by a call of its own, `rounds` times. */
static int run_single(struct client *c, uint32_t rounds, bool in_a_row)
{
	const uint32_t calls = 2 * GROUPS * rounds;
	double began = now_s();
	int err = in_a_row ? mgm_pipeline(c->m, true) : 0;

	for (uint32_t i = 0; i < calls && !err; i++)
		err = (i / GROUPS % 2 ? mgm_membership_del
				      : mgm_membership_add)(
			c->m, c->handle, c->ifid, group(i), MGM_JOIN_STATE);
	if (!err && in_a_row)
		err = mgm_pipeline(c->m, false);
	if (!err)
		printf("%.0f\n", calls / (now_s() - began));
	return err;
}

static int run_batched(struct client *c)
{
	double began = now_s();
	int err = 0;

	for (uint32_t i = 0; i < BATCHED / GROUPS && !err; i++)
		err = join_all(c, i % 2 ? MGM_CHANGE_DEL : MGM_CHANGE_ADD);
	if (!err)
		printf("%.0f\n", BATCHED / (now_s() - began));
	return err;
}

/* Both serve their alerts until the change of owner has ended. */
static int wait_ended(struct client *igmp, struct client *taker)
{
	struct pollfd fds[2] = {{mgm_fd(igmp->m), POLLIN, 0},
				{mgm_fd(taker->m), POLLIN, 0}};
	int err = 0;

	while (!taker->ended && !err) {
		if (poll(fds, 2, 20000) <= 0)
			return -ETIMEDOUT;
		err = mgm_dispatch(igmp->m);
		if (!err)
			err = mgm_dispatch(taker->m);
		if (!err)
			err = igmp->error;
	}
	return err ? err : taker->error;
}

static int change_owner(struct client *igmp, struct client *taker, bool take)
{
	double began = now_s();
	int err;

	taker->ended = false;
	err = (take ? mgm_interface_take : mgm_interface_release)(
		taker->m, taker->handle, taker->ifid);
	if (err == -EINPROGRESS)
		err = wait_ended(igmp, taker);
	if (!err)
		printf("%.2f\n", (now_s() - began) * 1000);
	fflush(stdout);
	return err;
}

static int run_handshake(struct client *taker, const char *socket,
			 const char *interface)
{
	struct client igmp = {0};
	char line[16];
	bool take = true;
	int err = come_in(&igmp, socket, interface, MGM_ROLE_IGMP, 1);

	if (!err)
		err = mgm_interface_take(igmp.m, igmp.handle, igmp.ifid);
	if (!err)
		err = join_all(&igmp, MGM_CHANGE_ADD);
	printf("ready\n");
	fflush(stdout);
	for (; !err && fgets(line, sizeof(line), stdin); take = !take)
		err = change_owner(&igmp, taker, take);
	mgm_close(igmp.m);
	return err;
}

static int run_idle(const char *socket, const char *interface)
{
	struct client many[IDLE] = {0};
	char line[16];
	int err = 0;

	for (uint32_t i = 0; i < IDLE && !err; i++)
		err = come_in(&many[i], socket, interface, MGM_ROLE_PROTOCOL,
			      2 + i);
	printf("ready\n");
	fflush(stdout);
	while (!err && fgets(line, sizeof(line), stdin))
		;
	for (int i = 0; i < IDLE; i++)
		mgm_close(many[i].m);
	return err;
}

int main(int argc, char **argv)
{
	struct client c = {0};
	const char *what = argc == 4 ? argv[3] : "";
	int err;

	if (!strcmp(what, "idle"))
		return run_idle(argv[1], argv[2]) ? 1 : 0;
	if (argc != 4 || come_in(&c, argv[1], argv[2], MGM_ROLE_PROTOCOL, 0))
		return 2;
	if (!strcmp(what, "handshake")) {
		err = run_handshake(&c, argv[1], argv[2]);
	} else {
		err = mgm_interface_take(c.m, c.handle, c.ifid);
		if (!err)
			err = !strcmp(what, "batched") ? run_batched(&c)
			      : !strcmp(what, "pipelined")
				      ? run_single(&c, 10, true)
				      : run_single(&c, 1, false);
	}
	if (err)
		complain(&c, what, err);
	mgm_close(c.m);
	return err ? 1 : 0;
}
