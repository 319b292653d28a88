/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Routes through the whole daemon. Requests for new static routes on the
 * control socket, a window of them under way, until each is answered, which
 * it is when the route is in the map. What a route costs the daemon in memory
 * comes from the same run. And a configuration file with as many of them,
 * read anew, until all are in the map.
 */
#include "bench.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "daemon.h"

#define ROUTES	100000
#define SOURCES 4 /* to a group */
#define WINDOW	64
#define WAIT_NS 60000000000ull

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

static int append_routes(const struct daemon *d, const struct xmgm_flow *flows)
{
	FILE *f = fopen(d->config, "ae");

	if (!f)
		return -errno;
	for (int i = 0; i < ROUTES; i++) {
		const __u8 *s = flows[i].source, *g = flows[i].group;

		fprintf(f,
			"mroute { source = \"%u.%u.%u.%u\" "
			"group = \"%u.%u.%u.%u\" from = \"in0\" "
			"to = {\"out0\", \"out1\"} }\n",
			s[0], s[1], s[2], s[3], g[0], g[1], g[2], g[3]);
	}
	return fclose(f) ? -errno : 0;
}

/* Asked a hundred times a second, which the daemon answers in between. */
static int wait_routes(struct daemon *d)
{
	const struct timespec pause = {.tv_nsec = 10000000};
	uint64_t end = bench_now_ns() + WAIT_NS;

	while (bench_now_ns() < end) {
		if (daemon_statistic(d, "plane.routes") >= ROUTES)
			return 0;
		nanosleep(&pause, NULL);
	}
	return -ETIMEDOUT;
}

static int read_file(struct bench *b, const struct xmgm_flow *flows)
{
	struct daemon d;
	uint64_t start;
	double rate;
	int err = daemon_start(&d, b, DAEMON_NO_IGMP);

	if (err)
		return err;
	err = append_routes(&d, flows);
	start = bench_now_ns();
	if (!err && kill(d.pid, SIGHUP))
		err = -errno;
	if (!err)
		err = wait_routes(&d);
	rate = ROUTES * 1e9 / (bench_now_ns() - start);
	daemon_stop(&d, b);
	if (err)
		return err;
	json_object_object_add(bench_member(b, "install"), "config_per_s",
			       bench_number(rate, 0));
	printf("%-36s %12.0f a second\n", "routes of the configuration", rate);
	return 0;
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
	if (!err)
		err = read_file(b, flows);
out:
	free(flows);
	return err;
}
