/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Routes through the whole daemon: requests for new static routes on the
 * control socket, a window of them under way, until each is answered, which
 * it is when the route is in the map. What a route costs the daemon in memory
 * comes from the same run.
 */
#include "bench.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon.h"

#define ROUTES	100000
#define SOURCES 4 /* to a group */
#define WINDOW	64

static int request(struct daemon *d, const struct xmgm_flow *flow, int id)
{
	const __u8 *s = flow->source, *g = flow->group;
	char line[256];
	int len = snprintf(line, sizeof(line),
			   "{\"jsonrpc\":\"2.0\",\"id\":%d,\"method\":"
			   "\"mroute.add\",\"params\":{\"source\":"
			   "\"%u.%u.%u.%u\",\"group\":\"%u.%u.%u.%u\","
			   "\"from\":\"in0\",\"to\":[\"out0\",\"out1\"]}}\n",
			   id, s[0], s[1], s[2], s[3], g[0], g[1], g[2], g[3]);

	return daemon_write(d, line, len);
}

static int add_all(struct daemon *d, const struct xmgm_flow *flows)
{
	int sent = 0, answered = 0, err = 0;

	while (answered < ROUTES && !err) {
		while (sent < ROUTES && sent - answered < WINDOW && !err) {
			err = request(d, &flows[sent], sent);
			sent++;
		}
		if (!err)
			err = daemon_answers(d, true);
		if (err > 0) {
			answered += err;
			err = 0;
		}
	}
	return err;
}

static void report(struct bench *b, double rate, double bytes)
{
	json_object_object_add(bench_member(b, "install"), "end_to_end_per_s",
			       bench_number(rate, 0));
	json_object_object_add(bench_member(b, "memory"),
			       "daemon_bytes_per_route",
			       bench_number(bytes, 0));
	printf("\n%-36s %12.0f a second\n%-36s %12.0f bytes a route\n",
	       "mroute.add on the control socket", rate, "memory of the daemon",
	       bytes);
}

int bench_end_to_end(struct bench *b)
{
	struct xmgm_flow *flows = bench_flows(ROUTES, SOURCES);
	uint64_t memory, start;
	struct daemon d;
	int err = flows ? daemon_start(&d, b, DAEMON_NO_IGMP) : -ENOMEM;

	if (err)
		goto out;
	memory = daemon_memory(&d);
	start = bench_now_ns();
	err = add_all(&d, flows);
	if (!err)
		report(b, ROUTES * 1e9 / (bench_now_ns() - start),
		       (double)(daemon_memory(&d) - memory) / ROUTES);
	daemon_stop(&d, b);
out:
	free(flows);
	return err;
}
