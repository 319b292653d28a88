/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * IGMP in storms, end to end over veth: 100,000 groups of one host each and
 * one group of 100,000 hosts, refreshed as fast as they can be in long and in
 * short messages; what the daemon takes for it in memory and time, and how
 * long it hears nobody else while the 100,000 groups expire together.
 */
#include "bench.h"

#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "daemon.h"
#include "igmp.h"
#include "probe.h"

#define MEMBERS	      100000u
#define RECORDS	      183u /* of a message of 1500 bytes */
#define MESSAGES      ((MEMBERS + RECORDS - 1) / RECORDS)
#define RECORDS_PER_S 5000000u
#define REPORTS_PER_S 200000u
#define FILL_PER_S    2000u /* messages, when groups are made */
#define SECONDS	      2u
#define BATCH	      32u
#define PAUSE_NS      100000
#define WAIT_NS	      60000000000ull
#define HOSTS	      0x0b000002u /* the first, of 11.0.0.0/8 */
#define GROUPS	      0xef000100u /* the first */

/* Messages to be sent in turn. */
struct load {
	struct igmp_frames frames;
	uint32_t per_s;
	uint64_t count;	  /* to be sent */
	const char *done; /* counter of the daemon, one a member */
	uint64_t members; /* by which it grows then */
	uint64_t sent;
	double seconds, cpu_s; /* until all was done */
	uint64_t delivered;
};

struct storm {
	struct daemon d;
	int host; /* packet socket on the far end of out0 */
};

static int wait_for(struct storm *s, const char *path, uint64_t value)
{
	const struct timespec pause = {.tv_nsec = 2000000};
	uint64_t end = bench_now_ns() + WAIT_NS, before = 0, now;
	unsigned int still = 0;

	while ((now = daemon_statistic(&s->d, path)) < value) {
		still = now == before ? still + 1 : 0;
		before = now;
		if (still > 200) /* what has not come has been lost */
			return 0;
		if (bench_now_ns() > end)
			return -ETIMEDOUT;
		nanosleep(&pause, NULL);
	}
	return 0;
}

static int send_some(struct storm *s, struct load *l, uint64_t count)
{
	struct mmsghdr messages[BATCH] = {0};
	struct iovec vectors[BATCH];
	unsigned int n = 0;
	int sent;

	while (n < BATCH && n < count) {
		vectors[n] = igmp_frame_at(&l->frames, l->sent + n);
		messages[n].msg_hdr.msg_iov = &vectors[n];
		messages[n].msg_hdr.msg_iovlen = 1;
		n++;
	}
	sent = sendmmsg(s->host, messages, n, 0);
	if (sent < 0)
		return errno == ENOBUFS ? 0 : -errno;
	l->sent += sent;
	return 0;
}

/* All at their times, and until the daemon has dealt with them. */
static int run(struct storm *s, struct load *l)
{
	uint64_t before = daemon_statistic(&s->d, l->done);
	uint64_t cpu = daemon_cpu_ns(&s->d);
	uint64_t delivered = daemon_statistic(&s->d, "igmp.delivered");
	const struct timespec pause = {.tv_nsec = PAUSE_NS};
	uint64_t start = bench_now_ns(), due;
	int err = 0;

	bench_urgent(1);
	while (l->sent < l->count && !err) {
		due = (bench_now_ns() - start) * l->per_s / 1000000000;
		if (due > l->count)
			due = l->count;
		if (due > l->sent)
			err = send_some(s, l, due - l->sent);
		else
			nanosleep(&pause, NULL);
	}
	bench_urgent(0);
	l->seconds = (bench_now_ns() - start) / 1e9;
	if (!err)
		err = wait_for(s, l->done, before + l->members);
	l->cpu_s = (daemon_cpu_ns(&s->d) - cpu) / 1e9;
	l->delivered = daemon_statistic(&s->d, "igmp.delivered") - delivered;
	return err;
}

static void put_load(struct json_object *o, const char *what,
		     const struct load *l, uint32_t each)
{
	char name[40];

	snprintf(name, sizeof(name), "%s_per_s", what);
	json_object_object_add(o, name,
			       bench_number(l->sent * each / l->seconds, 0));
	snprintf(name, sizeof(name), "%s_lost", what);
	json_object_object_add(
		o, name,
		json_object_new_int64((l->sent - l->delivered) * each));
	snprintf(name, sizeof(name), "%s_cpu_pct", what);
	json_object_object_add(o, name,
			       bench_number(l->cpu_s / l->seconds * 100, 1));
}

/* --- 100,000 groups of one host each ---------------------------------- */

static int make_groups(struct storm *s, struct json_object *o)
{
	struct load l = {.per_s = FILL_PER_S,
			 .count = MESSAGES,
			 .done = "protocol-igmp.records",
			 .members = MEMBERS};
	uint64_t before = daemon_memory(&s->d);
	int err =
		igmp_frames_groups(&l.frames, HOSTS, GROUPS, MEMBERS, RECORDS);

	if (!err)
		err = run(s, &l);
	igmp_frames_free(&l.frames);
	if (err)
		return err;
	json_object_object_add(
		o, "bytes_per_membership",
		bench_number((double)(daemon_memory(&s->d) - before) / MEMBERS,
			     0));
	return 0;
}

static int refresh_by_short_ones(struct storm *s, struct json_object *o)
{
	struct load l = {.per_s = REPORTS_PER_S,
			 .count = SECONDS * REPORTS_PER_S,
			 .done = "protocol-igmp.reports_v2",
			 .members = SECONDS * REPORTS_PER_S};
	int err = igmp_frames_old(&l.frames, HOSTS, GROUPS, MEMBERS);

	if (!err)
		err = run(s, &l);
	igmp_frames_free(&l.frames);
	if (!err)
		put_load(o, "reports", &l, 1);
	return err;
}

static int refresh_by_long_ones(struct storm *s, struct json_object *o)
{
	struct load l = {.per_s = RECORDS_PER_S / RECORDS,
			 .count = SECONDS * (RECORDS_PER_S / RECORDS),
			 .done = "protocol-igmp.records"};
	int err =
		igmp_frames_groups(&l.frames, HOSTS, GROUPS, MEMBERS, RECORDS);

	l.members = l.count * MEMBERS / MESSAGES;
	if (!err)
		err = run(s, &l);
	igmp_frames_free(&l.frames);
	if (!err)
		put_load(o, "records", &l, RECORDS);
	return err;
}

/* The longest that the daemon has let a question wait that costs it nothing. */
static uint64_t longest_wait(struct storm *s, uint64_t longest)
{
	uint64_t start = bench_now_ns();

	json_object_put(daemon_ask(&s->d, "show.protocols"));
	start = bench_now_ns() - start;
	return start > longest ? start : longest;
}

/* While nothing happens, until the first group goes; and until all are gone. */
static int expire(struct storm *s, struct json_object *o)
{
	const struct timespec pause = {.tv_nsec = 200000};
	uint64_t end = bench_now_ns() + WAIT_NS, longest[2] = {0, 0};
	uint64_t groups = daemon_groups(&s->d, "out0");

	if (groups < MEMBERS)
		fprintf(stderr, "bench: %llu of %u groups are there\n",
			(unsigned long long)groups, MEMBERS);
	bench_urgent(1); /* our own waiting is not meant */
	for (unsigned int i = 1; groups && bench_now_ns() < end; i++) {
		bool begun = groups < MEMBERS;

		longest[begun] = longest_wait(s, longest[begun]);
		if (i % 20 == 0)
			groups = daemon_groups(&s->d, "out0");
		nanosleep(&pause, NULL);
	}
	bench_urgent(0);
	json_object_object_add(o, "expiry_stop_ms",
			       bench_number(longest[1] / 1e6, 1));
	json_object_object_add(o, "idle_stop_ms",
			       bench_number(longest[0] / 1e6, 1));
	return groups ? -ETIMEDOUT : 0;
}

/* --- one group of 100,000 hosts ----------------------------------------- */

static int make_hosts(struct storm *s, struct json_object *o)
{
	struct load l = {.per_s = REPORTS_PER_S / 4,
			 .count = MEMBERS,
			 .done = "protocol-igmp.records",
			 .members = MEMBERS};
	uint64_t before = daemon_memory(&s->d);
	int err = igmp_frames_hosts(&l.frames, HOSTS, GROUPS, MEMBERS);

	if (!err)
		err = run(s, &l);
	igmp_frames_free(&l.frames);
	if (err)
		return err;
	json_object_object_add(o, "hosts_lost",
			       json_object_new_int64(l.sent - l.delivered));
	json_object_object_add(
		o, "bytes_per_host",
		bench_number((double)(daemon_memory(&s->d) - before) / MEMBERS,
			     0));
	return 0;
}

static int begin(struct storm *s, struct bench *b, enum daemon_igmp igmp)
{
	int err;

	*s = (struct storm){.host = -1};
	err = daemon_start(&s->d, b, igmp);
	if (err)
		return err;
	daemon_move(&s->d, b);
	s->host = probe_socket(&b->lab, b->lab.dst[0]);
	return s->host < 0 ? s->host : 0;
}

static void finish(struct storm *s, struct bench *b)
{
	if (s->host >= 0)
		close(s->host);
	daemon_stop(&s->d, b);
}

int bench_igmp(struct bench *b)
{
	struct json_object *o = bench_member(b, "igmp");
	struct storm s;
	int err = lab_run(&b->lab, b->lab.router_ns,
			  "ip addr add 11.0.0.1/8 dev out0");

	if (!err)
		err = begin(&s, b, DAEMON_STORM);
	if (err)
		return err;
	err = make_groups(&s, o);
	if (!err)
		err = refresh_by_short_ones(&s, o);
	if (!err)
		err = refresh_by_long_ones(&s, o);
	if (!err)
		err = expire(&s, o);
	finish(&s, b);
	if (!err)
		err = begin(&s, b, DAEMON_CROWD);
	if (err)
		return err;
	err = make_hosts(&s, o);
	finish(&s, b);
	lab_run(&b->lab, b->lab.router_ns, "ip addr del 11.0.0.1/8 dev out0");
	if (!err)
		printf("\nIGMP, %u groups, or hosts of one: %s\n", MEMBERS,
		       json_object_to_json_string(o));
	return err;
}
