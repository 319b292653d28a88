/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * BPF_PROG_RUN for the tests of this directory; see run.h.
 */
#include "run.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <errno.h>
#include <time.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

static bool seen[XMGM_REASON_COUNT];

uint64_t run_now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

void run_sum(int map, uint32_t key, uint64_t *sum, size_t n)
{
	size_t cpus = (size_t)libbpf_num_possible_cpus();
	uint64_t *values = calloc(cpus * n, sizeof(*values));

	assert_non_null(values);
	assert_int_equal(bpf_map_lookup_elem(map, &key, values), 0);
	memset(sum, 0, n * sizeof(*sum));
	for (size_t i = 0; i < cpus * n; i++)
		sum[i % n] += values[i];
	free(values);
}

static void read_verdicts(int map, uint64_t out[XMGM_REASON_COUNT])
{
	for (uint32_t i = 0; i < XMGM_REASON_COUNT; i++)
		run_sum(map, i, &out[i], 1);
}

void run_frame(int prog, int verdicts, uint32_t ifindex, const uint8_t *frame,
	       size_t len, struct run *r)
{
	struct xdp_md ctx = {
		.data_end = (uint32_t)len,
		.ingress_ifindex = ifindex,
	};
	uint64_t before[XMGM_REASON_COUNT];
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = frame,
		    .data_size_in = (uint32_t)len, .data_out = r->frame,
		    .data_size_out = sizeof(r->frame), .repeat = 1);
	int err;

	if (ifindex) {
		opts.ctx_in = &ctx;
		opts.ctx_size_in = sizeof(ctx);
	}
	read_verdicts(verdicts, before);
	err = bpf_prog_test_run_opts(prog, &opts);
	if (err)
		fail_msg("BPF_PROG_RUN of %zu bytes: %s", len, strerror(-err));
	read_verdicts(verdicts, r->reasons);
	r->action = opts.retval;
	r->len = opts.data_size_out;
	for (int i = 0; i < XMGM_REASON_COUNT; i++) {
		r->reasons[i] -= before[i];
		seen[i] |= r->reasons[i] > 0;
	}
}

bool run_is_both(const struct run *r, enum xmgm_reason reason,
		 enum xmgm_reason also)
{
	for (uint32_t i = 0; i < XMGM_REASON_COUNT; i++)
		if (r->reasons[i] != (i == reason || i == also))
			return false;
	return true;
}

bool run_is(const struct run *r, enum xmgm_reason reason)
{
	return run_is_both(r, reason, reason);
}

enum xmgm_reason run_reason(const struct run *r)
{
	for (uint32_t i = 0; i < XMGM_REASON_COUNT; i++)
		if (r->reasons[i] && run_is(r, i))
			return i;
	return XMGM_REASON_COUNT;
}

const char *run_reason_name(enum xmgm_reason reason)
{
	static const char *const names[XMGM_REASON_COUNT + 1] = {
#define NAME(id, name, text) name,
		XMGM_REASONS(NAME)
#undef NAME
			[XMGM_REASON_COUNT] = "none or several",
	};

	return names[reason];
}

bool run_has_seen(enum xmgm_reason reason)
{
	return seen[reason];
}

void run_ip(const char *format, ...)
{
	char command[256] = "ip ";
	va_list args;

	va_start(args, format);
	vsnprintf(command + 3, sizeof(command) - 3, format, args);
	va_end(args);
	if (system(command))
		fail_msg("%s: failed", command);
}

int run_own_network(void)
{
	if (unshare(CLONE_NEWNET)) {
		fprintf(stderr, "no network namespace: %s\n", strerror(errno));
		return -errno;
	}
	return system("ip link set lo up") ? -EIO : 0;
}
