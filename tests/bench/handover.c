/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * IGMP at scale on one interface: reports as fast as a big LAN would send
 * them, and the handshake by which a protocol takes an interface that has
 * 10,000 groups and gives it back, while 200,000 packets/s are forwarded to
 * it. A control run of the same length without a handshake shows what this
 * machine loses anyway.
 */
#include "bench.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "daemon.h"
#include "gen.h"
#include "igmp.h"
#include "stream.h"

#define GROUPS	      10000
#define REPORTS	      100000 /* ten hosts report each group */
#define REPORTS_PER_S 50000
#define WAIT_NS	      20000000000ull

struct lan {
	struct daemon d;
	struct probe_sender s;
	struct xmgm_flow *flows; /* GROUPS of them */
	int host;		 /* packet socket on the far end of out0 */
	uint64_t asked[2], handshake_ns[2];
};

static int report_group(struct lan *l, int number)
{
	const uint8_t host[4] = {10, 101, 0, 1 + number / GROUPS};
	struct igmp_frame f;

	igmp_report(&f, host, l->flows[number % GROUPS].group);
	return send(l->host, &f, sizeof(f), 0) < 0 ? -errno : 0;
}

static int wait_groups(struct lan *l)
{
	const struct timespec pause = {.tv_nsec = 20000000};
	uint64_t end = bench_now_ns() + WAIT_NS;

	while (bench_now_ns() < end) {
		if (daemon_groups(&l->d, "out0") >= GROUPS)
			return 0;
		nanosleep(&pause, NULL);
	}
	fprintf(stderr, "bench: %llu of %d groups joined\n",
		(unsigned long long)daemon_groups(&l->d, "out0"), GROUPS);
	return -ETIMEDOUT;
}

/* All reports at their times; what the daemon took for them. */
static int send_reports(struct lan *l)
{
	uint64_t start = bench_now_ns(), cpu = daemon_cpu_ns(&l->d);
	uint64_t delivered;
	double seconds;
	int err = 0;

	for (int i = 0; i < REPORTS && !err; i++) {
		probe_wait_until(start + i * (1000000000ull / REPORTS_PER_S));
		err = report_group(l, i);
	}
	seconds = (bench_now_ns() - start) / 1e9;
	if (!err)
		err = wait_groups(l);
	if (err)
		return err;
	cpu = daemon_cpu_ns(&l->d) - cpu;
	delivered = daemon_statistic(&l->d, "igmp.delivered");
	printf("\nIGMP, %d groups, ten hosts: %.0f reports/s, %lld lost, "
	       "%.1f %% of a core\n",
	       GROUPS, delivered / seconds, (long long)(REPORTS - delivered),
	       cpu / seconds / 1e7);
	return 0;
}

static int change_owner(struct lan *l, bool take)
{
	char line[200];
	int len = snprintf(line, sizeof(line),
			   "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":"
			   "\"owner.%s\",\"params\":{\"interface\":\"out0\","
			   "\"protocol\":\"static\"}}\n",
			   take ? "take" : "release");

	return daemon_write(&l->d, line, len);
}

/* At a quarter of the run the interface is taken, at a half given back. */
static int handshake_step(void *arg, int packet)
{
	struct lan *l = arg;
	int answers, err = 0;

	if (packet == STREAM_PACKETS / 4 || packet == STREAM_PACKETS / 2) {
		bool take = packet == STREAM_PACKETS / 4;

		l->asked[!take] = bench_now_ns();
		err = change_owner(l, take);
	}
	if (err || packet % 16)
		return err;
	answers = daemon_answers(&l->d, false);
	if (answers > 0) {
		int which = l->asked[1] != 0;

		l->handshake_ns[which] = bench_now_ns() - l->asked[which];
	}
	return answers < 0 ? answers : 0;
}

static int measure_handover(struct bench *b, struct lan *l)
{
	struct json_object *o = bench_member(b, "handover");
	uint64_t lost, control;
	double ms;
	int err = stream_begin(&l->s, l->flows);

	if (!err)
		err = stream_run(&l->s, l->flows, NULL, NULL, &control);
	if (!err)
		err = stream_run(&l->s, l->flows, handshake_step, l, &lost);
	if (err)
		return err;
	if (!l->handshake_ns[0] || !l->handshake_ns[1]) {
		fprintf(stderr, "bench: a handshake did not end\n");
		return -ETIMEDOUT;
	}
	ms = (l->handshake_ns[0] > l->handshake_ns[1] ? l->handshake_ns[0]
						      : l->handshake_ns[1]) /
	     1e6;
	json_object_object_add(o, "groups", json_object_new_int(GROUPS));
	json_object_object_add(o, "offered_pps",
			       json_object_new_int(STREAM_PACKETS_PER_S));
	json_object_object_add(o, "lost", json_object_new_int64(lost));
	json_object_object_add(o, "control_lost",
			       json_object_new_int64(control));
	json_object_object_add(o, "ms", bench_number(ms, 1));
	printf("\nHandshakes, taking %.1f ms, releasing %.1f ms: %s\n",
	       l->handshake_ns[0] / 1e6, l->handshake_ns[1] / 1e6,
	       json_object_to_json_string(o));
	return 0;
}

int bench_handover(struct bench *b)
{
	struct lan l = {.host = -1, .s.fd = -1};
	int err;

	l.flows = bench_flows(GROUPS, 1);
	err = l.flows ? daemon_start(&l.d, b, DAEMON_IGMP) : -ENOMEM;
	if (err)
		goto out;
	daemon_move(&l.d, b);
	err = daemon_call(&l.d, "owner.take", "interface", "in0", "protocol",
			  "static", NULL);
	if (!err)
		err = probe_open(&l.s, &b->lab);
	l.host = probe_socket(&b->lab, b->lab.dst[0]);
	if (!err && l.host < 0)
		err = l.host;
	if (!err)
		err = send_reports(&l);
	if (!err)
		err = measure_handover(b, &l);
	probe_close(&l.s);
	if (l.host >= 0)
		close(l.host);
	daemon_stop(&l.d, b);
out:
	free(l.flows);
	return err;
}
