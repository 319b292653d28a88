/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Runs the real xmgmd for the parts of the benchmark that need one.
 */
#include "daemon.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"
#include "lib/output.h"
#include "lib/rpc_client.h"

#define START_NS 20000000000ull

static const char *igmp_options(enum daemon_igmp igmp, int out)
{
	static const char *const storm =
		"igmp { enabled = true max-groups = 131072 "
		"max-groups-per-host = 131072 max-records-per-host = 10000000 "
		"robustness = 1 query-interval = 10 "
		"query-response-interval = 1 max-tracked = 0 }";

	if (igmp == DAEMON_IGMP)
		return "igmp { enabled = true max-groups = 20000 "
		       "max-groups-per-host = 20000 }";
	if (igmp == DAEMON_STORM && !out)
		return storm;
	if (igmp == DAEMON_CROWD && !out)
		return "igmp { enabled = true max-tracked = 131072 "
		       "max-records-per-host = 10000000 }";
	return "";
}

static int write_config(struct daemon *d, enum daemon_igmp igmp)
{
	FILE *f = fopen(d->config, "we");

	if (!f)
		return -errno;
	fprintf(f,
		"limits { routes = 262144 upcall-rate = 100000 clients = "
		"200 protocols = 200%s }\n",
		igmp >= DAEMON_STORM
			? " igmp-rate = 10000000 igmp-burst = 10000000"
			: "");
	fprintf(f, "interface \"in0\" { mode = native }\n");
	for (int i = 0; i < LAB_OIFS; i++)
		fprintf(f, "interface \"out%d\" { mode = native %s }\n", i,
			igmp_options(igmp, i));
	return fclose(f) ? -errno : 0;
}

/* In the child. */
static void run_daemon(struct daemon *d, struct bench *b)
{
	char path[256];
	int log = open(d->log, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	dup2(log, STDOUT_FILENO);
	dup2(log, STDERR_FILENO);
	bench_urgent(2);
	/* It ends with us, however we end. */
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	snprintf(path, sizeof(path), "%s/xmgmd", b->build);
	execl(path, "xmgmd", "-f", d->config, "-i", b->instance, NULL);
	_exit(127);
}

static void show_log(const struct daemon *d)
{
	char line[512];
	FILE *f = fopen(d->log, "re");

	fprintf(stderr, "bench: xmgmd is not ready; it says:\n");
	while (f && fgets(line, sizeof(line), f))
		fputs(line, stderr);
	if (f)
		fclose(f);
}

/* Every interface shows a mode. */
static bool is_attached(struct daemon *d)
{
	struct json_object *rows = daemon_ask(d, "show.interfaces"), *xdp;
	size_t attached = 0, n = rows ? json_object_array_length(rows) : 0;

	for (size_t i = 0; i < n; i++) {
		struct json_object *row = json_object_array_get_idx(rows, i);

		if (json_object_object_get_ex(row, "xdp", &xdp) &&
		    !strcmp(json_object_get_string(xdp), "native"))
			attached++;
	}
	json_object_put(rows);
	return attached == LAB_OIFS + 1;
}

static int connect_raw(struct daemon *d)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	d->raw = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (d->raw < 0)
		return -errno;
	strcpy(address.sun_path, d->socket);
	return connect(d->raw, (struct sockaddr *)&address, sizeof(address))
		       ? -errno
		       : 0;
}

static int wait_ready(struct daemon *d)
{
	uint64_t end = bench_now_ns() + START_NS;
	const struct timespec pause = {.tv_nsec = 20000000};

	while (bench_now_ns() < end) {
		if (waitpid(d->pid, NULL, WNOHANG) == d->pid) {
			d->pid = 0;
			break;
		}
		if (!d->rpc && rpc_client_open(d->socket, &d->rpc))
			d->rpc = NULL;
		if (d->rpc && is_attached(d))
			return connect_raw(d);
		nanosleep(&pause, NULL);
	}
	show_log(d);
	return -ETIMEDOUT;
}

int daemon_start(struct daemon *d, struct bench *b, enum daemon_igmp igmp)
{
	int err;

	*d = (struct daemon){.raw = -1};
	/* /run is our own. */
	mkdir("/run/xmgm", 0755);
	snprintf(d->config, sizeof(d->config), "/run/xmgm/%s.conf",
		 b->instance);
	snprintf(d->socket, sizeof(d->socket), "/run/xmgm/%s.sock",
		 b->instance);
	snprintf(d->log, sizeof(d->log), "/run/xmgm/%s.log", b->instance);
	err = write_config(d, igmp);
	if (err)
		return err;
	d->pid = fork();
	if (d->pid < 0)
		return -errno;
	if (!d->pid)
		run_daemon(d, b);
	err = wait_ready(d);
	if (err)
		daemon_stop(d, b);
	return err;
}

void daemon_move(struct daemon *d, const struct bench *b)
{
	cpu_set_t others = b->cpus;

	if (CPU_COUNT(&others) > 1)
		CPU_CLR(sched_getcpu(), &others);
	sched_setaffinity(d->pid, sizeof(others), &others);
}

void daemon_stop(struct daemon *d, struct bench *b)
{
	const char *error = "";
	char commands[128];

	if (d->rpc)
		rpc_client_close(d->rpc);
	if (d->raw >= 0)
		close(d->raw);
	if (d->pid > 0) {
		kill(d->pid, SIGTERM);
		waitpid(d->pid, NULL, 0);
	}
	*d = (struct daemon){.raw = -1};
	/* What is attached outlives a daemon, and so does what it was told;
	 * the next part begins without. */
	plane_destroy_bpf(b->instance, &error);
	snprintf(commands, sizeof(commands), "/run/xmgm/%s.commands",
		 b->instance);
	unlink(commands);
}

int daemon_call(struct daemon *d, const char *method, ...)
{
	struct json_object *params = json_object_new_object(), *result = NULL;
	struct rpc_error error;
	const char *name;
	va_list args;
	int err;

	va_start(args, method);
	while ((name = va_arg(args, const char *)))
		json_object_object_add(
			params, name,
			json_object_new_string(va_arg(args, const char *)));
	va_end(args);
	err = rpc_client_call(d->rpc, method, params, &result, &error);
	if (err == -EREMOTEIO)
		fprintf(stderr, "bench: %s: %s\n", method, error.message);
	json_object_put(result);
	return err;
}

struct json_object *daemon_ask(struct daemon *d, const char *method)
{
	struct json_object *result = NULL;
	struct rpc_error error;

	if (rpc_client_call(d->rpc, method, NULL, &result, &error))
		return NULL;
	return result;
}

uint64_t daemon_statistic(struct daemon *d, const char *path)
{
	struct json_object *stats = daemon_ask(d, "show.stats");
	uint64_t n = stats ? json_object_get_int64(output_member(stats, path))
			   : 0;

	json_object_put(stats);
	return n;
}

uint64_t daemon_groups(struct daemon *d, const char *interface)
{
	struct json_object *rows = daemon_ask(d, "show.interfaces");
	uint64_t groups = 0;

	for (size_t i = 0; rows && i < json_object_array_length(rows); i++) {
		struct json_object *row = json_object_array_get_idx(rows, i);
		const char *name =
			json_object_get_string(output_member(row, "name"));

		if (name && !strcmp(name, interface))
			groups = json_object_get_int64(
				output_member(row, "groups"));
	}
	json_object_put(rows);
	return groups;
}

int daemon_write(struct daemon *d, const char *line, size_t len)
{
	while (len) {
		ssize_t n = send(d->raw, line, len, MSG_NOSIGNAL);

		if (n < 0)
			return -errno;
		line += n;
		len -= n;
	}
	return 0;
}

int daemon_answers(struct daemon *d, bool wait)
{
	char text[65536];
	ssize_t n =
		recv(d->raw, text, sizeof(text) - 1, wait ? 0 : MSG_DONTWAIT);
	int lines = 0;

	if (n < 0)
		return errno == EAGAIN ? 0 : -errno;
	if (!n)
		return -ECONNRESET;
	text[n] = 0;
	if (strstr(text, "\"error\"")) {
		fprintf(stderr, "bench: xmgmd says %.300s\n", text);
		return -EREMOTEIO;
	}
	for (char *p = text; (p = strchr(p, '\n')); p++)
		lines++;
	return lines;
}

uint64_t daemon_memory(const struct daemon *d)
{
	char path[64];
	unsigned long long pages = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/statm", (int)d->pid);
	f = fopen(path, "re");
	if (f && fscanf(f, "%*u %llu", &pages) != 1)
		pages = 0;
	if (f)
		fclose(f);
	return pages * sysconf(_SC_PAGESIZE);
}

uint64_t daemon_cpu_ns(const struct daemon *d)
{
	struct timespec t;
	clockid_t clock;

	if (clock_getcpuclockid(d->pid, &clock) || clock_gettime(clock, &t))
		return 0;
	return t.tv_sec * 1000000000ull + t.tv_nsec;
}
