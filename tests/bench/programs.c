/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The programs by themselves: how long they are, what the verifier takes for
 * each, and what a packet costs in them. The latter is BPF_PROG_RUN without
 * live frames, so nothing is sent: the frame is made as new, goes through the
 * code of one case and is made as new again; what making it costs alone is
 * measured in turn and subtracted. What the kernel does with a frame that is
 * redirected is not in it.
 */
#include "bench.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "clone.skel.h"
#include "gen.h"
#include "xmgm.skel.h"
#include "xmit.skel.h"

#define RUNS	   1000000
#define MAX_ROUNDS 31
#define LOG_STATS  4 /* of the verifier: nothing but what it has needed */
#define LOG_BYTES  4096

enum { ALONE, FORWARDED, LOOK_UP, NEGATIVE, EGRESS, CASES };

static const struct {
	const char *name, *text;
	enum gen_case what;
	uint32_t set; /* of the route; 0: to one oif */
} cases[CASES] = {
	[ALONE] = {NULL, NULL, GEN_ALONE, 0},
	[FORWARDED] = {"forwarded", "ingress, a packet that is forwarded",
		       GEN_INGRESS, 0},
	[LOOK_UP] = {"decided", "of it: parsed and decided", GEN_DECIDE, 0},
	[NEGATIVE] = {"negative", "ingress, a packet that nobody wants",
		      GEN_INGRESS, XMGM_SET_NEGATIVE},
	[EGRESS] = {"egress", "egress, a copy", GEN_EGRESS, 0},
};

/* An object's programs, loaded once more to see what the verifier says. */
struct object {
	struct bpf_object *(*open)(void **skel);
	void (*destroy)(void *skel);
};

static struct bpf_object *open_xmgm(void **skel)
{
	struct xmgm_bpf *s = xmgm_bpf__open();

	*skel = s;
	return s ? s->obj : NULL;
}

static struct bpf_object *open_clone(void **skel)
{
	struct clone_bpf *s = clone_bpf__open();

	*skel = s;
	return s ? s->obj : NULL;
}

static struct bpf_object *open_xmit(void **skel)
{
	struct xmit_bpf *s = xmit_bpf__open();

	*skel = s;
	return s ? s->obj : NULL;
}

static void destroy_xmgm(void *skel)
{
	xmgm_bpf__destroy(skel);
}

static void destroy_clone(void *skel)
{
	clone_bpf__destroy(skel);
}

static void destroy_xmit(void *skel)
{
	xmit_bpf__destroy(skel);
}

static const struct object objects[] = {
	{open_xmgm, destroy_xmgm},
	{open_clone, destroy_clone},
	{open_xmit, destroy_xmit},
};

/* Its line "verification time 1234 usec", in ms. */
static double verifier_ms(const char *log)
{
	const char *at = strstr(log, "verification time ");
	unsigned long us = 0;

	if (at)
		sscanf(at, "verification time %lu", &us);
	return us / 1e3;
}

static void report_program(struct json_object *rows,
			   const struct bpf_program *prog, const char *log)
{
	struct bpf_prog_info info = {0};
	__u32 len = sizeof(info);
	struct json_object *row;

	if (bpf_obj_get_info_by_fd(bpf_program__fd(prog), &info, &len))
		return;
	row = json_object_new_object();
	json_object_object_add(row, "name",
			       json_object_new_string(bpf_program__name(prog)));
	json_object_object_add(row, "instructions",
			       json_object_new_int(info.xlated_prog_len / 8));
	json_object_object_add(row, "machine_bytes",
			       json_object_new_int(info.jited_prog_len));
	json_object_object_add(row, "verified",
			       json_object_new_int(info.verified_insns));
	json_object_object_add(row, "verifier_ms",
			       bench_number(verifier_ms(log), 1));
	json_object_array_add(rows, row);
	printf("%-14s %12u %14u %12u %12.1f\n", bpf_program__name(prog),
	       info.xlated_prog_len / 8, info.jited_prog_len,
	       info.verified_insns, verifier_ms(log));
}

static int load_object(const struct object *o, struct json_object *rows)
{
	static char logs[8][LOG_BYTES];
	struct bpf_program *prog;
	unsigned int n = 0;
	void *skel;
	struct bpf_object *obj = o->open(&skel);
	int err;

	if (!obj)
		return -errno;
	bpf_object__for_each_program(prog, obj) {
		bpf_program__set_log_level(prog, LOG_STATS);
		bpf_program__set_log_buf(prog, logs[n++ % 8], LOG_BYTES);
	}
	err = bpf_object__load(obj);
	n = 0;
	if (!err)
		bpf_object__for_each_program(prog, obj)
			report_program(rows, prog, logs[n++ % 8]);
	o->destroy(skel);
	return err;
}

static int load_all(struct bench *b)
{
	struct json_object *rows = json_object_new_array();
	int err = 0;

	json_object_object_add(b->result, "programs", rows);
	printf("\nPrograms, as the kernel has them\n%-14s %12s %14s %12s "
	       "%12s\n",
	       "", "instructions", "machine bytes", "verified", "verifier ms");
	for (size_t i = 0; i < sizeof(objects) / sizeof(*objects) && !err; i++)
		err = load_object(&objects[i], rows);
	return err;
}

static int measure(struct bench *b, struct plane *plane, struct gen *g, int c,
		   double *ns)
{
	int err = cases[c].set
			  ? plane_mfe_put(plane, gen_flow, b->lab.in[LAB_XMGM],
					  cases[c].set, 0)
			  : bench_route(b, plane, &gen_flow, 1);

	if (!err)
		err = plane_commit(plane);
	if (!err)
		err = gen_run_case(g, &b->lab, cases[c].what, RUNS, ns);
	return err;
}

static void report_runs(struct bench *b, double ns[CASES][MAX_ROUNDS])
{
	struct json_object *member = bench_member(b, "program_ns");
	double alone = bench_median(ns[ALONE], b->rounds);

	printf("\nNanoseconds a packet, without what the kernel does before "
	       "and after\n");
	for (int c = ALONE + 1; c < CASES; c++) {
		double median = bench_median(ns[c], b->rounds) - alone;

		json_object_object_add(member, cases[c].name,
				       bench_number(median, 1));
		printf("%-40s %8.1f\n", cases[c].text, median);
	}
}

static int run_all(struct bench *b, struct plane *plane)
{
	static double ns[CASES][MAX_ROUNDS];
	struct gen g = {0};
	int err = gen_open(&g, &b->lab, b->instance, 1);

	if (err)
		return err;
	for (unsigned int round = 0; round < b->rounds && !err; round++)
		for (int c = 0; c < CASES && !err; c++)
			err = measure(b, plane, &g, c, &ns[c][round]);
	gen_close(&g);
	if (!err)
		report_runs(b, ns);
	return err;
}

int bench_programs(struct bench *b)
{
	static const uint8_t router[6] = {2, 0, 0, 0, 3};
	struct plane_listener deaf = {0};
	struct plane *plane;
	int err = load_all(b);

	if (!err)
		err = bench_plane_open(b, &deaf, 1024, &plane);
	if (err)
		return err;
	err = plane_router_mac_set(plane, router);
	if (!err)
		err = run_all(b, plane);
	bench_plane_close(b, plane);
	return err;
}
