/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The longest time of the processor that one call or one tick of the manager
 * takes while a change that concerns 100,000 groups and as many flows is worked
 * off.
 */
#include "bench.h"

#include <errno.h>
#include <arpa/inet.h>

#include "mgm/core.h"

#define GROUPS	 100000u
#define IIF	 1u
#define OIF	 2u
#define OTHER	 3u
#define GRACE_MS 10000u

struct large {
	struct mgm *m;
	struct mgm_client *pim;
	uint64_t now_ms, alerts;
	double longest_ms;
};

static struct mgm_sg flow(uint32_t number, bool any)
{
	return mgm_sg_v4((struct in_addr){any ? 0
					      : htonl(0x0a000001u + number)},
			 (struct in_addr){htonl(0xef000000u + 256 + number)});
}

static void count_alert(void *arg, struct mgm_sg sg, uint32_t ifid,
			enum mgm_cause cause)
{
	struct large *l = arg;

	(void)sg, (void)ifid, (void)cause;
	l->alerts++;
}

static int enter(struct large *l, const char *name, uint32_t protocol,
		 struct mgm_client **client)
{
	const struct mgm_callbacks callbacks = {
		.size = sizeof(callbacks),
		.join = count_alert,
		.prune = count_alert,
	};
	const struct mgm_registration r = {
		.size = sizeof(r),
		.protocol = protocol,
		.name = name,
		.callbacks = &callbacks,
		.arg = l,
		.grace_ms = GRACE_MS,
	};

	return mgm_register(l->m, &r, client);
}

/* It ends at once, or what it has left is worked off by ticks. */
static void work_off(struct large *l, uint64_t began)
{
	uint64_t next;
	double ms;

	do {
		ms = (double)(bench_cpu_ns() - began) / 1e6;
		l->longest_ms = ms > l->longest_ms ? ms : l->longest_ms;
		began = bench_cpu_ns();
		next = mgm_tick(l->m, l->now_ms);
	} while (next <= l->now_ms);
}

static int fill(struct large *l)
{
	const struct mgm_rib_route all = {
		.size = sizeof(all),
		.prefix = {MGM_ADDRESS_V4_ANY, 0, {0}},
		.ifid = IIF,
		.distance = 1,
	};
	int err = 0;

	for (uint32_t ifid = IIF; ifid <= OTHER && !err; ifid++)
		err = mgm_interface_take(l->m, l->pim, ifid);
	if (!err)
		err = mgm_rib_put(l->m, l->pim, &all);
	for (uint32_t i = 0; i < GROUPS && !err; i++) {
		err = mgm_membership_add(l->m, l->pim, OIF, flow(i, true),
					 MGM_JOIN_STATE);
		mgm_upcall(l->m, l->now_ms, flow(i, false), IIF, NULL, 0);
	}
	work_off(l, bench_cpu_ns());
	l->longest_ms = 0;
	return err;
}

static int wild(struct large *l, bool on)
{
	uint64_t began = bench_cpu_ns();
	int err;

	if (on)
		err = mgm_membership_add(l->m, l->pim, OTHER, MGM_SG_ANY,
					 MGM_JOIN_STATE);
	else
		err = mgm_membership_del(l->m, l->pim, OTHER, MGM_SG_ANY,
					 MGM_JOIN_STATE);
	work_off(l, began);
	return err;
}

/* The client is gone, comes back, and has nothing more to say. */
static int come_back(struct large *l)
{
	uint64_t began = bench_cpu_ns();
	int err;

	mgm_client_lost(l->m, l->now_ms, l->pim);
	work_off(l, began);
	err = enter(l, "pim", MGM_PROTOCOL_PIM, &l->pim);
	for (uint32_t ifid = IIF; ifid <= OTHER && !err; ifid++) {
		began = bench_cpu_ns();
		err = mgm_interface_take(l->m, l->pim, ifid);
		work_off(l, began);
	}
	began = bench_cpu_ns();
	if (!err)
		err = mgm_client_settled(l->m, l->pim);
	work_off(l, began);
	return err;
}

static void die(struct large *l)
{
	uint64_t began = bench_cpu_ns();

	mgm_client_dead(l->m, l->pim);
	work_off(l, began);
}

int bench_slices(struct json_object *o, const struct mgm_hooks *hooks)
{
	struct mgm_client *other;
	struct large l = {.now_ms = 1000};
	int err;

	l.m = mgm_new(hooks, NULL, l.now_ms);
	if (!l.m)
		return -ENOMEM;
	err = enter(&l, "pim", MGM_PROTOCOL_PIM, &l.pim);
	if (!err)
		err = enter(&l, "other", MGM_PROTOCOL_DVMRP, &other);
	if (!err)
		err = fill(&l);
	if (!err)
		err = wild(&l, true);
	if (!err)
		err = wild(&l, false);
	if (!err)
		err = come_back(&l);
	if (!err)
		die(&l);
	mgm_free(l.m);
	json_object_object_add(o, "slices_groups", json_object_new_int(GROUPS));
	json_object_object_add(o, "longest_slice_cpu_ms",
			       bench_number(l.longest_ms, 2));
	return err;
}
