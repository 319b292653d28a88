/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The manager's clients in other processes, by libmgm and the control socket:
 * calls waited for one at a time, in a row and in batches, what a hundred of
 * them cost that do nothing, and the handshake when IGMP is one of them.
 */
#include "bench.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <sys/wait.h>

#include "daemon.h"
#include "stream.h"

#define GROUPS 10000

/* A client process: what it is told, and what it says. */
struct client {
	pid_t pid;
	FILE *to, *from;
};

/* In the child. */
static void run_client(const struct bench *b, const struct daemon *d,
		       const char *interface, const char *what,
		       const int pipes[4])
{
	cpu_set_t cpus = b->cpus;
	char path[256];

	/* A stream would not let it work on our core. */
	if (!strcmp(what, "handshake") && CPU_COUNT(&cpus) > 1)
		CPU_CLR(sched_getcpu(), &cpus);
	sched_setaffinity(0, sizeof(cpus), &cpus);
	dup2(pipes[0], STDIN_FILENO);
	dup2(pipes[3], STDOUT_FILENO);
	snprintf(path, sizeof(path), "%s/tests/bench/client/client", b->build);
	execl(path, "client", d->socket, interface, what, NULL);
	_exit(127);
}

static int client_start(struct client *c, const struct bench *b,
			const struct daemon *d, const char *interface,
			const char *what)
{
	int pipes[4] = {-1, -1, -1, -1};

	if (pipe2(pipes, O_CLOEXEC) || pipe2(pipes + 2, O_CLOEXEC))
		return -errno;
	fflush(NULL);
	c->pid = fork();
	if (c->pid < 0)
		return -errno;
	if (!c->pid)
		run_client(b, d, interface, what, pipes);
	close(pipes[0]);
	close(pipes[3]);
	c->to = fdopen(pipes[1], "w");
	c->from = fdopen(pipes[2], "r");
	return c->to && c->from ? 0 : -ENOMEM;
}

/* 0, or -EIO: it has failed, and said why. */
static int client_end(struct client *c)
{
	int status = 1;

	if (c->to)
		fclose(c->to);
	if (c->pid > 0)
		waitpid(c->pid, &status, 0);
	if (c->from)
		fclose(c->from);
	*c = (struct client){0};
	return status ? -EIO : 0;
}

static int client_number(struct client *c, double *number)
{
	return fscanf(c->from, "%lf", number) == 1 ? 0 : -EIO;
}

static int client_ready(struct client *c)
{
	char line[32];

	return fgets(line, sizeof(line), c->from) ? 0 : -EIO;
}

/* --- calls ---------------------------------------------------------- */

static int measure_calls(struct bench *b, struct daemon *d, const char *what,
			 const char *name)
{
	double rate[31];
	int err = 0;

	for (unsigned int i = 0; i < b->rounds && !err; i++) {
		struct client c = {0};
		int ended;

		err = client_start(&c, b, d, "out5", what);
		if (!err)
			err = client_number(&c, &rate[i]);
		ended = client_end(&c);
		err = err ? err : ended;
	}
	if (!err)
		json_object_object_add(
			bench_member(b, "manager"), name,
			bench_number(bench_median(rate, b->rounds), 0));
	return err;
}

/* --- clients that do nothing ---------------------------------------- */

/* The daemon's share of a processor in two seconds. */
static double load_pct(const struct daemon *d)
{
	const struct timespec span = {.tv_sec = 2};
	uint64_t cpu = daemon_cpu_ns(d), began = bench_now_ns();

	nanosleep(&span, NULL);
	cpu = daemon_cpu_ns(d) - cpu;
	return 100.0 * (double)cpu / (double)(bench_now_ns() - began);
}

static int measure_idle(struct bench *b, struct daemon *d)
{
	struct json_object *o = bench_member(b, "manager");
	struct client c = {0};
	double alone = load_pct(d);
	int ended, err = client_start(&c, b, d, "out5", "idle");

	if (!err)
		err = client_ready(&c);
	if (!err) {
		json_object_object_add(o, "idle_0_cpu_pct",
				       bench_number(alone, 2));
		json_object_object_add(o, "idle_100_cpu_pct",
				       bench_number(load_pct(d), 2));
	}
	ended = client_end(&c);
	return err ? err : ended;
}

/* --- a handshake with an IGMP that is another process --------------- */

/* At a quarter of the run the interface is taken, at a half given back. */
static int ask_step(void *arg, int packet)
{
	struct client *c = arg;

	if (packet == STREAM_PACKETS / 4 || packet == STREAM_PACKETS / 2)
		if (fputs("\n", c->to) < 0 || fflush(c->to))
			return -EIO;
	return 0;
}

static int stream_past(struct bench *b, struct client *c,
		       const struct xmgm_flow *flows)
{
	struct json_object *o = bench_member(b, "manager");
	struct probe_sender s = {.fd = -1};
	uint64_t lost, control;
	double take, release;
	int err = probe_open(&s, &b->lab);

	if (!err)
		err = stream_begin(&s, flows);
	if (!err)
		err = stream_run(&s, flows, NULL, NULL, &control);
	if (!err)
		err = stream_run(&s, flows, ask_step, c, &lost);
	if (!err)
		err = client_number(c, &take);
	if (!err)
		err = client_number(c, &release);
	probe_close(&s);
	if (err)
		return err;
	json_object_object_add(o, "remote_take_ms", bench_number(take, 1));
	json_object_object_add(o, "remote_release_ms",
			       bench_number(release, 1));
	json_object_object_add(o, "remote_lost", json_object_new_int64(lost));
	json_object_object_add(o, "remote_control_lost",
			       json_object_new_int64(control));
	return 0;
}

static int measure_remote_handshake(struct bench *b, struct daemon *d)
{
	struct xmgm_flow *flows = bench_flows(GROUPS, 1);
	struct client c = {0};
	int ended, err = flows ? 0 : -ENOMEM;

	if (!err)
		err = daemon_call(d, "owner.take", "interface", "in0",
				  "protocol", "static", NULL);
	if (!err)
		err = client_start(&c, b, d, "out0", "handshake");
	if (!err)
		err = client_ready(&c);
	if (!err)
		err = stream_past(b, &c, flows);
	ended = client_end(&c);
	free(flows);
	return err ? err : ended;
}

int bench_remote(struct bench *b)
{
	struct daemon d;
	int err = daemon_start(&d, b, DAEMON_NO_IGMP);

	if (err)
		return err;
	daemon_move(&d, b);
	err = measure_calls(b, &d, "blocking", "blocking_per_s");
	if (!err)
		err = measure_calls(b, &d, "pipelined", "pipelined_per_s");
	if (!err)
		err = measure_calls(b, &d, "batched", "batched_per_s");
	if (!err)
		err = measure_idle(b, &d);
	if (!err)
		err = measure_remote_handshake(b, &d);
	daemon_stop(&d, b);
	return err;
}
