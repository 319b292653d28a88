/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How long it takes until the first packet is forwarded: from a request for
 * a new route, and from an IGMP report on the wire. A stream of probes flows
 * all the time; before, nobody wants it. Each trial has a flow of its own.
 *
 * Three kinds of trial: `mroute add` to oifs that another route has already,
 * `mroute add` to a set of oifs that no route had before, and an IGMPv2
 * report of a host while 100,000 packets/s of other flows are forwarded.
 */
#include "bench.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "daemon.h"
#include "gen.h"
#include "igmp.h"
#include "probe.h"

#define TRIALS	   400
#define MAX_TRIALS 550		 /* with those that something disturbed */
#define FOREIGN_NS 100000	 /* of others on the core disturb a trial */
#define PACE_NS	   10000	 /* between two probes: 100,000 a second */
#define BEFORE_NS  1000000	 /* other traffic before a trial */
#define REST_NS	   3000000	 /* between two trials */
#define TIMEOUT_NS 1000000000ull /* a trial that takes longer is lost */
#define SET_SIZE   3
#define LOOK_BACK  64 /* probes among which the first copy is looked for */
#define MAX_SENT   ((uint32_t)(TIMEOUT_NS / PACE_NS))

struct trial {
	struct xmgm_flow flow;
	int number;
};

struct reaction {
	struct daemon d;
	struct probe_sender s;
	int host;	  /* packet socket of the host behind out0 */
	uint64_t next_ns; /* when the next packet is due */
	uint32_t first;	  /* number of the first probe of a trial */
	double took[TRIALS];
	size_t done;
	uint32_t disturbed, lost;
};

static const struct xmgm_flow background = {
	.source = {10, 1, 1, 1},
	.group = {239, 250, 0, 1},
};

/* The number-th way to choose SET_SIZE of the outs. */
static void choose(int number, int out[SET_SIZE])
{
	for (out[0] = 0; out[0] < LAB_OIFS; out[0]++)
		for (out[1] = out[0] + 1; out[1] < LAB_OIFS; out[1]++)
			for (out[2] = out[1] + 1; out[2] < LAB_OIFS; out[2]++)
				if (!number--)
					return;
}

static int write_add(struct reaction *r, const struct trial *t,
		     const int out[SET_SIZE])
{
	const __u8 *s = t->flow.source, *g = t->flow.group;
	char line[320];
	int len = snprintf(line, sizeof(line),
			   "{\"jsonrpc\":\"2.0\",\"id\":%d,\"method\":"
			   "\"mroute.add\",\"params\":{\"source\":"
			   "\"%u.%u.%u.%u\",\"group\":\"%u.%u.%u.%u\","
			   "\"from\":\"in0\",\"to\":[\"out%d\",\"out%d\","
			   "\"out%d\"]}}\n",
			   t->number, s[0], s[1], s[2], s[3], g[0], g[1], g[2],
			   g[3], out[0], out[1], out[2]);

	return daemon_write(&r->d, line, len);
}

static int add_same(struct reaction *r, const struct trial *t)
{
	int out[SET_SIZE];

	choose(0, out);
	return write_add(r, t, out);
}

static int add_new(struct reaction *r, const struct trial *t)
{
	int out[SET_SIZE];

	choose(1 + t->number, out);
	return write_add(r, t, out);
}

static int join(struct reaction *r, const struct trial *t)
{
	struct igmp_frame f;
	const uint8_t host[4] = {10, 101, 0, 1};

	igmp_report(&f, host, t->flow.group);
	return send(r->host, &f, sizeof(f), 0) < 0 ? -errno : 0;
}

/* At its time, one packet of the other traffic. */
static int pace(struct reaction *r)
{
	probe_wait_until(r->next_ns);
	r->next_ns = bench_now_ns() + PACE_NS;
	return probe_send(&r->s, &background);
}

static int pace_for(struct reaction *r, uint64_t time_ns)
{
	uint64_t end = bench_now_ns() + time_ns;
	int err = 0;

	while (bench_now_ns() < end && !err)
		err = pace(r);
	return err;
}

/* When a copy of one of the newest probes came; 0: not yet. */
static uint64_t first_arrival(const struct reaction *r, const uint64_t *sent,
			      uint32_t count)
{
	uint64_t earliest = 0;

	for (uint32_t i = count > LOOK_BACK ? count - LOOK_BACK : 0; i < count;
	     i++) {
		const struct gen_arrival *a =
			&r->s.lab->arrivals[r->first + 2 * i];
		uint64_t at = sent[i] + a->took_ns;

		if (a->copies && (!earliest || at < earliest))
			earliest = at;
	}
	return earliest;
}

/* Probes of the flow, and other traffic, until one of them arrives. */
static int stream(struct reaction *r, const struct trial *t, uint64_t *arrival)
{
	static uint64_t sent[MAX_SENT];
	int err = 0;

	*arrival = 0;
	r->first = r->s.next;
	for (uint32_t n = 0; n < MAX_SENT && !*arrival && !err; n++) {
		err = probe_send(&r->s, &t->flow);
		sent[n] = r->s.sent_ns;
		if (!err)
			err = pace(r);
		*arrival = first_arrival(r, sent, n + 1);
	}
	return err;
}

typedef int trigger_fn(struct reaction *r, const struct trial *t);

static uint64_t core_time(const struct reaction *r)
{
	return bench_cpu_ns() + daemon_cpu_ns(&r->d);
}

/*
 * One trial; the result counts if the core was ours for all of its time, the
 * daemon's and this process's.
 */
static int try(struct reaction *r, const struct trial *t, trigger_fn *trigger)
{
	const struct timespec rest = {.tv_nsec = REST_NS};
	uint64_t start, cpu, wall, arrival = 0;
	int err = probe_send(&r->s, &t->flow);

	nanosleep(&rest, NULL);
	if (!err)
		err = pace_for(r, BEFORE_NS);
	cpu = core_time(r);
	start = bench_now_ns();
	if (!err)
		err = trigger(r, t);
	if (!err)
		err = stream(r, t, &arrival);
	wall = bench_now_ns() - start;
	cpu = core_time(r) - cpu;
	if (err)
		return err;
	if (arrival && wall > cpu + FOREIGN_NS) {
		r->disturbed++;
		return 0;
	}
	r->lost += !arrival;
	if (arrival)
		r->took[r->done++] = arrival - start;
	return daemon_answers(&r->d, false) < 0 ? -EREMOTEIO : 0;
}

static int run_trials(struct reaction *r, trigger_fn *trigger)
{
	struct xmgm_flow *flows = bench_flows(MAX_TRIALS, 1);
	int err = flows ? 0 : -ENOMEM;

	r->done = 0;
	for (int i = 0; i < MAX_TRIALS && r->done < TRIALS && !err; i++) {
		/* A group of its own: a join is for all sources. */
		struct trial t = {.flow = flows[i], .number = i};

		err = try(r, &t, trigger);
	}
	free(flows);
	return err;
}

static const struct kind {
	const char *member, *text;
	enum daemon_igmp igmp;
	trigger_fn *trigger;
} kinds[] = {
	{"add_to_forward_us", "mroute add, oifs in use", DAEMON_NO_IGMP,
	 add_same},
	{"add_new_set_to_forward_us", "mroute add, new set of oifs",
	 DAEMON_NO_IGMP, add_new},
	{"join_to_forward_us", "IGMP report of a host", DAEMON_IGMP, join},
};

/* The other traffic gets its route; its oifs are the last of all. */
static int prepare(struct reaction *r, struct bench *b, const struct kind *k)
{
	struct trial other = {.flow = background};
	int err, out[SET_SIZE] = {13, 14, 15};

	err = daemon_start(&r->d, b, k->igmp);
	if (err)
		return err;
	err = probe_open(&r->s, &b->lab);
	r->host = probe_socket(&b->lab, b->lab.dst[0]);
	if (!err && r->host < 0)
		err = r->host;
	if (!err)
		err = write_add(r, &other, out);
	if (!err)
		err = daemon_answers(&r->d, true);
	return err > 0 ? 0 : err;
}

static void finish(struct reaction *r, struct bench *b)
{
	probe_close(&r->s);
	if (r->host >= 0)
		close(r->host);
	daemon_stop(&r->d, b);
}

static void report(struct bench *b, struct reaction *r, const struct kind *k)
{
	struct json_object *o = bench_member(b, k->member);

	probe_percentiles(o, r->took, r->done, "p50", "p99");
	printf("%-28s %-34s %zu trials, %u disturbed, %u lost\n", k->text,
	       json_object_to_json_string(o), r->done, r->disturbed, r->lost);
}

int bench_reaction(struct bench *b)
{
	struct reaction *r = calloc(1, sizeof(*r));
	int err = r ? 0 : -ENOMEM;

	printf("\nUntil the first packet is forwarded, us\n");
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds) && !err; i++) {
		*r = (struct reaction){.host = -1, .s.fd = -1};
		err = prepare(r, b, &kinds[i]);
		if (!err)
			err = run_trials(r, kinds[i].trigger);
		if (!err)
			report(b, r, &kinds[i]);
		finish(r, b);
	}
	free(r);
	return err;
}
