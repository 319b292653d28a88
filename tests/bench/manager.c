/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The manager by itself: how fast memberships change, and how long it takes to
 * hand over an interface with 10,000 groups. Nothing is below it here, so what
 * is measured is its own work. Then the same by its socket (remote.c).
 */
#include "bench.h"
#include "../agreeing_plane.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <arpa/inet.h>

#include "mgm/core.h"

#define GROUPS	   10000u
#define INTERFACES 8u
/* GROUPS is a multiple of MGM_BATCH */
#define CHANGES (2 * GROUPS * INTERFACES) /* every one added and deleted */

/* A manager and those who are registered with it. */
struct house {
	struct mgm *m;
	struct mgm_client *igmp, *pim, *watcher;
	uint64_t now_ms;
	uint64_t alerts;
	int handed_over; /* what `ownership` said; 1: nothing yet */
};

/* --- its clients ---------------------------------------------------- */

static struct mgm_sg group(uint32_t number)
{
	return mgm_sg_v4((struct in_addr){0},
			 (struct in_addr){htonl(0xef000000u + 1 + number)});
}

static void count_alert(void *arg, struct mgm_sg sg, uint32_t ifid,
			enum mgm_cause cause)
{
	struct house *h = arg;

	(void)sg, (void)ifid, (void)cause;
	h->alerts++;
}

static void count_local(void *arg, struct mgm_sg sg, uint32_t ifid)
{
	count_alert(arg, sg, ifid, 0);
}

static void disable_igmp(void *arg, uint32_t ifid, uint32_t epoch)
{
	struct house *h = arg;

	mgm_igmp_disabled(h->m, h->igmp, ifid, epoch);
}

static int join_all(struct house *h, struct mgm_client *client, uint32_t ifid)
{
	int err = 0;

	for (uint32_t g = 0; g < GROUPS && !err; g++)
		err = mgm_membership_add(h->m, client, ifid, group(g),
					 MGM_JOIN_STATE);
	return err;
}

static void enable_igmp(void *arg, uint32_t ifid, uint32_t epoch)
{
	struct house *h = arg;

	if (!join_all(h, h->igmp, ifid))
		mgm_replay_complete(h->m, h->igmp, ifid, epoch);
}

static void ownership(void *arg, uint32_t ifid, uint32_t epoch, int result)
{
	struct house *h = arg;

	(void)ifid, (void)epoch;
	h->handed_over = result;
}

static int enter(struct house *h, const char *name, uint32_t protocol,
		 enum mgm_role role, struct mgm_client **client)
{
	const struct mgm_callbacks callbacks = {
		.size = sizeof(callbacks),
		.join = count_alert,
		.prune = count_alert,
		.local_join = count_local,
		.local_leave = count_local,
		.disable_igmp = role == MGM_ROLE_IGMP ? disable_igmp : NULL,
		.enable_igmp = role == MGM_ROLE_IGMP ? enable_igmp : NULL,
		.ownership = ownership,
	};
	const struct mgm_registration r = {
		.size = sizeof(r),
		.protocol = protocol,
		.role = role,
		.name = name,
		.callbacks = &callbacks,
		.arg = h,
	};

	return mgm_register(h->m, &r, client);
}

static int house_open(struct house *h, const struct mgm_hooks *hooks)
{
	int err;

	*h = (struct house){.now_ms = 1000};
	h->m = mgm_new(hooks, NULL, h->now_ms);
	if (!h->m)
		return -ENOMEM;
	err = enter(h, "igmp", MGM_PROTOCOL_IGMP, MGM_ROLE_IGMP, &h->igmp);
	if (!err)
		err = enter(h, "pim", MGM_PROTOCOL_PIM, MGM_ROLE_PROTOCOL,
			    &h->pim);
	if (!err)
		err = enter(h, "watcher", MGM_PROTOCOL_DVMRP, MGM_ROLE_PROTOCOL,
			    &h->watcher);
	for (uint32_t ifid = 1; ifid <= INTERFACES && !err; ifid++)
		err = mgm_interface_take(h->m, h->pim, ifid);
	return err;
}

/* --- what is measured ----------------------------------------------- */

static int change_all(struct house *h)
{
	int err = 0;

	for (uint32_t ifid = 1; ifid <= INTERFACES && !err; ifid++)
		err = join_all(h, h->pim, ifid);
	for (uint32_t ifid = 1; ifid <= INTERFACES && !err; ifid++)
		for (uint32_t g = 0; g < GROUPS && !err; g++)
			err = mgm_membership_del(h->m, h->pim, ifid, group(g),
						 MGM_JOIN_STATE);
	return err;
}

static int measure_changes(struct bench *b, struct house *h,
			   struct json_object *o)
{
	double rate[31];
	int err = 0;

	for (unsigned int i = 0; i < b->rounds && !err; i++) {
		uint64_t began = bench_now_ns();

		err = change_all(h);
		rate[i] = CHANGES * 1e9 / (double)(bench_now_ns() - began);
	}
	if (!err)
		json_object_object_add(
			o, "changes_per_s",
			bench_number(bench_median(rate, b->rounds), 0));
	return err;
}

/* The same changes, as many in a call as may be. */
static int batch_all(struct house *h, enum mgm_change what)
{
	struct mgm_membership_change batch[MGM_BATCH];
	int err = 0;

	for (uint32_t i = 0; i < GROUPS * INTERFACES && !err; i += MGM_BATCH) {
		for (uint32_t k = 0; k < MGM_BATCH; k++)
			batch[k] = (struct mgm_membership_change){
				.what = what,
				.ifid = 1 + (i + k) / GROUPS,
				.sg = group((i + k) % GROUPS),
				.flags = MGM_JOIN_STATE,
			};
		err = mgm_membership_batch(h->m, h->pim, batch, MGM_BATCH);
	}
	return err;
}

static int measure_batches(struct bench *b, struct house *h,
			   struct json_object *o)
{
	double rate[31];
	int err = 0;

	for (unsigned int i = 0; i < b->rounds && !err; i++) {
		uint64_t began = bench_now_ns();

		err = batch_all(h, MGM_CHANGE_ADD);
		if (!err)
			err = batch_all(h, MGM_CHANGE_DEL);
		rate[i] = CHANGES * 1e9 / (double)(bench_now_ns() - began);
	}
	if (!err)
		json_object_object_add(
			o, "changes_batched_per_s",
			bench_number(bench_median(rate, b->rounds), 0));
	return err;
}

/* Until the handshake has ended; *ms: the longest time a tick took. */
static int finish(struct house *h, double *ms)
{
	while (h->handed_over == 1) {
		uint64_t began = bench_now_ns();
		double took;

		mgm_tick(h->m, ++h->now_ms);
		took = (double)(bench_now_ns() - began) / 1e6;
		*ms = took > *ms ? took : *ms;
		if (h->now_ms > 20000)
			return -ETIMEDOUT;
	}
	return h->handed_over;
}

static int hand_over(struct house *h, bool take, double *ms, double *longest)
{
	uint64_t began = bench_now_ns();
	int err;

	h->handed_over = 1;
	err = take ? mgm_interface_take(h->m, h->pim, INTERFACES + 1)
		   : mgm_interface_release(h->m, h->pim, INTERFACES + 1);
	*longest = (double)(bench_now_ns() - began) / 1e6;
	if (err == -EINPROGRESS)
		err = finish(h, longest);
	*ms = (double)(bench_now_ns() - began) / 1e6;
	return err;
}

static int measure_handshake(struct bench *b, struct house *h,
			     struct json_object *o)
{
	double take[31], release[31], longest, worst = 0;
	int err = mgm_interface_take(h->m, h->igmp, INTERFACES + 1);

	if (!err)
		err = join_all(h, h->igmp, INTERFACES + 1);
	for (unsigned int i = 0; i < b->rounds && !err; i++) {
		err = hand_over(h, true, &take[i], &longest);
		worst = longest > worst ? longest : worst;
		if (!err)
			err = hand_over(h, false, &release[i], &longest);
		worst = longest > worst ? longest : worst;
	}
	if (err)
		return err;
	json_object_object_add(o, "handshake_groups",
			       json_object_new_int(GROUPS));
	json_object_object_add(o, "take_ms",
			       bench_number(bench_median(take, b->rounds), 2));
	json_object_object_add(o, "release_ms",
			       bench_number(bench_median(release, b->rounds),
					    2));
	json_object_object_add(o, "longest_call_ms", bench_number(worst, 2));
	return 0;
}

int bench_manager(struct bench *b)
{
	struct json_object *o = bench_member(b, "manager");
	struct house h;
	struct agreeing_plane plane = {0};
	const struct mgm_hooks hooks = AGREEING_PLANE(&plane);
	int err = house_open(&h, &hooks);

	if (!err)
		err = measure_changes(b, &h, o);
	if (!err)
		err = measure_batches(b, &h, o);
	if (!err)
		err = measure_handshake(b, &h, o);
	mgm_free(h.m);
	if (!err)
		err = bench_slices(o, &hooks);
	if (!err)
		err = bench_remote(b);
	if (!err)
		printf("\nThe manager: %s\n", json_object_to_json_string(o));
	return err;
}
