/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * First packets: 10,000 flows a second that nobody has seen before, each
 * three packets within 5 ms, to two interfaces with members. Every packet
 * must arrive; how long the first one of each flow takes, through the ring
 * buffer, the daemon, the RIB, the manager, the maps and back, is measured
 * from its sending to the first copy received.
 */
#include "bench.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "daemon.h"
#include "gen.h"
#include "probe.h"

#define SOURCES	     300 /* to a group */
#define FLOWS	     30000
#define FLOWS_PER_S  10000
#define PACKETS	     3
#define OIFS	     2
#define SECOND_AFTER 10 /* flows later: the second packet of a flow */
#define THIRD_AFTER  50
#define SETTLE_NS    500000000

static int join_groups(struct daemon *d, const struct xmgm_flow *flows)
{
	char group[16], name[16];
	int err = 0;

	for (int i = 0; i < FLOWS && !err; i++) {
		const __u8 *g = flows[i].group;

		if (i && !memcmp(g, flows[i - 1].group, 4))
			continue;
		snprintf(group, sizeof(group), "%u.%u.%u.%u", g[0], g[1], g[2],
			 g[3]);
		for (int o = 0; o < OIFS && !err; o++) {
			snprintf(name, sizeof(name), "out%d", o);
			err = daemon_call(d, "join", "interface", name, "group",
					  group, NULL);
		}
	}
	return err;
}

/* At tick t: the first packet of flow t, later ones of earlier flows. */
static int send_all(struct probe_sender *s, const struct xmgm_flow *flows,
		    uint32_t *first)
{
	static const int after[PACKETS] = {0, SECOND_AFTER, THIRD_AFTER};
	uint64_t start = bench_now_ns();
	int err = 0;

	for (int t = 0; t < FLOWS + THIRD_AFTER && !err; t++) {
		probe_wait_until(start + t * (1000000000ull / FLOWS_PER_S));
		for (int k = 0; k < PACKETS && !err; k++) {
			int flow = t - after[k];

			if (flow < 0 || flow >= FLOWS)
				continue;
			if (!k)
				first[flow] = s->next;
			err = probe_send(s, &flows[flow]);
		}
	}
	return err;
}

static void report(struct bench *b, const struct probe_sender *s,
		   const uint32_t *first)
{
	struct json_object *o = bench_member(b, "first_packet");
	struct json_object *latency = json_object_new_object();
	static double took[FLOWS];
	uint64_t lost = 0;
	size_t n = 0;

	for (uint32_t i = 0; i < s->next; i++)
		if (b->lab.arrivals[i].copies < OIFS)
			lost += OIFS - b->lab.arrivals[i].copies;
	for (int i = 0; i < FLOWS; i++)
		if (b->lab.arrivals[first[i]].copies)
			took[n++] = b->lab.arrivals[first[i]].took_ns;
	probe_percentiles(latency, took, n, "p50", "p99");
	json_object_object_add(o, "flows_per_s",
			       json_object_new_int(FLOWS_PER_S));
	json_object_object_add(o, "lost", json_object_new_int64(lost));
	json_object_object_add(o, "latency_us", latency);
	printf("\nNew flows: %d a second, %d packets each, %llu copies lost, "
	       "first packet after %s us\n",
	       FLOWS_PER_S, PACKETS, (unsigned long long)lost,
	       json_object_to_json_string(latency));
}

int bench_first_packet(struct bench *b)
{
	const struct timespec settle = {.tv_nsec = SETTLE_NS};
	struct xmgm_flow *flows = bench_flows(FLOWS, SOURCES);
	uint32_t *first = calloc(FLOWS, sizeof(*first));
	struct probe_sender s = {.fd = -1};
	struct daemon d;
	int err = flows && first ? 0 : -ENOMEM;

	if (!err)
		err = daemon_start(&d, b, DAEMON_NO_IGMP);
	if (err)
		goto out;
	err = daemon_call(&d, "owner.take", "interface", "in0", "protocol",
			  "static", NULL);
	if (!err)
		err = join_groups(&d, flows);
	if (!err)
		err = probe_open(&s, &b->lab);
	if (!err)
		err = send_all(&s, flows, first);
	nanosleep(&settle, NULL);
	if (!err)
		report(b, &s, first);
	probe_close(&s);
	daemon_stop(&d, b);
out:
	free(flows);
	free(first);
	return err;
}
