/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The daemon under test: started in the router's namespace, talked to over
 * its control socket, ended. It shares our core, on which it goes first:
 * all that a router does is on one core, and other cores may be busy.
 */
#ifndef XMGM_BENCH_DAEMON_H
#define XMGM_BENCH_DAEMON_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct bench;
struct json_object;
struct rpc_client;

struct daemon {
	pid_t pid;
	struct rpc_client *rpc;
	int raw; /* another connection, for requests in a row */
	char config[64], socket[64], log[64];
};

/* On the outs; or on out0 for many groups with short times, or many hosts. */
enum daemon_igmp { DAEMON_NO_IGMP, DAEMON_IGMP, DAEMON_STORM, DAEMON_CROWD };

/*
 * Starts xmgmd with in0 and every out, IGMP on the outs or not, and returns
 * when it has attached them. 0 or negative errno with a line on stderr.
 */
int daemon_start(struct daemon *d, struct bench *b, enum daemon_igmp igmp);
/* To other cores than ours, if there are any. */
void daemon_move(struct daemon *d, const struct bench *b);
void daemon_stop(struct daemon *d, struct bench *b);
/* A call with string parameters: name, value, …, NULL. */
int daemon_call(struct daemon *d, const char *method, ...)
	__attribute__((sentinel));
/* The answer to a call without parameters; NULL if there is none. */
struct json_object *daemon_ask(struct daemon *d, const char *method);
/* A number of `show stats`; 0 if there is no answer. */
uint64_t daemon_statistic(struct daemon *d, const char *path);
/* How many groups IGMP has there; 0 if there is no answer. */
uint64_t daemon_groups(struct daemon *d, const char *interface);

/*
 * Requests that are not waited for: daemon_write sends one line, and
 * daemon_answers returns how many answers have come since the last call
 * (or waits for one), or a negative errno: -EREMOTEIO one was an error.
 */
int daemon_write(struct daemon *d, const char *line, size_t len);
int daemon_answers(struct daemon *d, bool wait);

/* Resident memory in bytes, time on processors in ns. */
uint64_t daemon_memory(const struct daemon *d);
uint64_t daemon_cpu_ns(const struct daemon *d);

#endif /* XMGM_BENCH_DAEMON_H */
