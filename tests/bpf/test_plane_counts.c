/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a line of the forwarding cache counts when its packets come in on more
 * than one CPU: no packet less and none twice, whoever of them began, and
 * after it was deleted nothing. Skipped where there is one CPU.
 */
#include "plane_lab.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <unistd.h>

#include <bpf/bpf.h>

#define SOURCE "10.0.0.1"
#define GROUP  "239.1.1.1"
#define FLOW   frame_flow(SOURCE, GROUP)
#define TTL    250
#define REPEAT 200u /* runs of one call: each takes one from the TTL */
#define CALLS  200u

static const struct frame good = FRAME(SOURCE, GROUP, TTL, .payload = 100);

/* Packets that arrive on one CPU. */
struct traffic {
	pthread_t thread;
	int prog, cpu;
	uint32_t ifindex, calls;
	int err;
};

static int run_on_this_cpu(const struct traffic *t)
{
	uint8_t frame[FRAME_ROOM];
	uint32_t len = (uint32_t)frame_put(&good, frame);
	struct xdp_md ctx = {.data_end = len, .ingress_ifindex = t->ifindex};
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = frame,
		    .data_size_in = len, .ctx_in = &ctx,
		    .ctx_size_in = sizeof(ctx), .repeat = REPEAT);
	int err = 0;

	for (uint32_t i = 0; i < t->calls && !err; i++) {
		err = bpf_prog_test_run_opts(t->prog, &opts);
		if (!err && opts.retval != XDP_REDIRECT)
			err = -(int)opts.retval - 1;
	}
	return err;
}

static void *arrive(void *arg)
{
	struct traffic *t = arg;
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(t->cpu, &set);
	t->err = pthread_setaffinity_np(pthread_self(), sizeof(set), &set);
	if (!t->err)
		t->err = run_on_this_cpu(t);
	return NULL;
}

static void start(struct plane_lab *l, struct traffic *t, int cpu)
{
	*t = (struct traffic){
		.prog = lab_pin(l, XMGM_PIN_REPLAY),
		.cpu = cpu,
		.ifindex = l->near[0],
		.calls = CALLS,
	};
	assert_int_equal(pthread_create(&t->thread, NULL, arrive, t), 0);
}

static void finish(struct traffic *t)
{
	pthread_join(t->thread, NULL);
	close(t->prog);
	assert_int_equal(t->err, 0);
}

static void arrive_on(struct plane_lab *l, int cpu)
{
	struct traffic t;

	start(l, &t, cpu);
	finish(&t);
}

/* Two that we may use. */
static void two_cpus(int cpus[2])
{
	cpu_set_t set;
	int n = 0;

	assert_int_equal(sched_getaffinity(0, sizeof(set), &set), 0);
	for (int cpu = 0; cpu < CPU_SETSIZE && n < 2; cpu++)
		if (CPU_ISSET(cpu, &set))
			cpus[n++] = cpu;
	if (n < 2) {
		print_message("one CPU: packets come in on no other\n");
		skip();
	}
}

static struct xmgm_mfe line_of(struct plane_lab *l)
{
	int fd = lab_pin(l, "mfc");
	struct xmgm_flow flow = FLOW;
	struct xmgm_mfe mfe;

	assert_int_equal(bpf_map_lookup_elem(fd, &flow, &mfe), 0);
	close(fd);
	return mfe;
}

static int take_line(void *arg, const struct xmgm_mfe *mfe,
		     const uint32_t *oifs, size_t count)
{
	(void)oifs;
	assert_int_equal(count, 1);
	*(struct xmgm_mfe *)arg = *mfe;
	return 0;
}

/* By each way to read it. */
static void expect_calls(struct plane_lab *l, uint64_t calls)
{
	uint64_t packets = calls * REPEAT;
	uint8_t frame[FRAME_ROOM];
	struct xmgm_mfe mfe = {0};
	uint64_t bytes;

	frame_put(&good, frame);
	bytes = packets * frame_ip_len(frame);
	assert_int_equal(plane_mfe_walk(l->plane, take_line, &mfe), 0);
	assert_int_equal(mfe.packets, packets);
	assert_int_equal(mfe.bytes, bytes);
	assert_int_equal(plane_mfe_read(l->plane, FLOW, &mfe), 0);
	assert_int_equal(mfe.packets, packets);
	assert_int_equal(mfe.bytes, bytes);
	assert_int_equal(plane_commit(l->plane), 0);
}

static void test_one_cpu(void **state)
{
	struct plane_lab *l = *state;
	int cpus[2];

	two_cpus(cpus);
	lab_attach_all(l);
	lab_add_route(l, FLOW, 1u << 1);
	arrive_on(l, cpus[1]);
	expect_calls(l, CALLS);
	assert_int_equal(line_of(l).packets, CALLS * REPEAT);
	assert_int_equal(line_of(l).cpu, cpus[1] + 1);
}

static void test_one_after_the_other(void **state)
{
	struct plane_lab *l = *state;
	int cpus[2];

	two_cpus(cpus);
	lab_attach_all(l);
	lab_add_route(l, FLOW, 1u << 1);
	arrive_on(l, cpus[0]);
	arrive_on(l, cpus[1]);
	arrive_on(l, cpus[0]);
	assert_int_equal(line_of(l).packets, CALLS * REPEAT);
	expect_calls(l, 3ull * CALLS);
}

static void test_two_at_once(void **state)
{
	struct plane_lab *l = *state;
	struct traffic t[2];
	int cpus[2];

	two_cpus(cpus);
	lab_attach_all(l);
	lab_add_route(l, FLOW, 1u << 1);
	for (int i = 0; i < 2; i++)
		start(l, &t[i], cpus[i]);
	for (int i = 0; i < 2; i++)
		finish(&t[i]);
	expect_calls(l, 2ull * CALLS);
}

/* As where interrupts have been moved to another CPU. */
static void test_alone_again(void **state)
{
	struct plane_lab *l = *state;
	uint64_t before;
	int cpus[2];

	two_cpus(cpus);
	lab_attach_all(l);
	lab_add_route(l, FLOW, 1u << 1);
	arrive_on(l, cpus[0]);
	arrive_on(l, cpus[1]);
	assert_int_equal(line_of(l).cpu, XMGM_CPU_SEVERAL | XMGM_CPU_SHARED);
	expect_calls(l, 2ull * CALLS);
	before = line_of(l).packets;
	arrive_on(l, cpus[1]);
	assert_int_equal(line_of(l).cpu,
			 ((uint32_t)cpus[1] + 1) | XMGM_CPU_SHARED);
	assert_int_equal(line_of(l).packets, before + CALLS * REPEAT);
	expect_calls(l, 3ull * CALLS);
	arrive_on(l, cpus[0]);
	expect_calls(l, 4ull * CALLS);
}

static void test_gone_with_the_line(void **state)
{
	struct plane_lab *l = *state;
	struct xmgm_flow flow = FLOW;
	int shared, cpus[2];

	two_cpus(cpus);
	lab_attach_all(l);
	lab_add_route(l, FLOW, 1u << 1);
	arrive_on(l, cpus[0]);
	arrive_on(l, cpus[1]);
	shared = lab_pin(l, "mfc_shared");
	assert_int_equal(bpf_map_get_next_key(shared, NULL, &flow), 0);
	assert_int_equal(flow.source[3], 1);
	assert_int_equal(plane_mfe_del(l->plane, FLOW), 0);
	assert_int_equal(plane_commit(l->plane), 0);
	assert_int_not_equal(bpf_map_get_next_key(shared, NULL, &flow), 0);
	close(shared);
	lab_add_route(l, FLOW, 1u << 1);
	expect_calls(l, 0);
	arrive_on(l, cpus[1]);
	expect_calls(l, CALLS);
}

/* More flows than there is room for: they are counted all the same. */
static void test_no_room(void **state)
{
	struct xmgm_flow flow = {{10, 0, 0, 9}, {239, 9, 0, 0}};
	struct plane_lab *l = *state;
	struct xmgm_mfe_count none[1024] = {0};
	int shared, cpus[2], err = 0;
	uint32_t i = 0;

	two_cpus(cpus);
	lab_attach_all(l);
	lab_add_route(l, FLOW, 1u << 1);
	shared = lab_pin(l, "mfc_shared");
	/* -ENOMEM: the kernel is getting more for the map at this moment. */
	while (!err || err == -ENOMEM) {
		flow.group[1] = (uint8_t)(9 + (i >> 16));
		flow.group[2] = (uint8_t)(i >> 8);
		flow.group[3] = (uint8_t)i;
		err = bpf_map_update_elem(shared, &flow, none, BPF_NOEXIST);
		i += !err;
	}
	assert_int_equal(err, -E2BIG);
	close(shared);
	arrive_on(l, cpus[0]);
	arrive_on(l, cpus[1]);
	arrive_on(l, cpus[0]);
	expect_calls(l, 3ull * CALLS);
	assert_int_equal(line_of(l).cpu, XMGM_CPU_SEVERAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		PLANE_TEST(test_one_cpu),
		PLANE_TEST(test_one_after_the_other),
		PLANE_TEST(test_two_at_once),
		PLANE_TEST(test_alone_again),
		PLANE_TEST(test_gone_with_the_line),
		PLANE_TEST(test_no_room),
	};

	return PLANE_LAB_MAIN("plane counts", tests);
}
