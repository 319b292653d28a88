/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Pins of another build: whoever opens them puts its own programs in the
 * place of those that are there. What packets notice of it is measured by the
 * net tests.
 */
#include "plane_lab.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

static const struct xmgm_flow flow = {{10, 0, 0, 1}, {239, 1, 1, 1}};
static const char *const pins[] = {XMGM_PIN_EGRESS, XMGM_PIN_REPLAY,
				   XMGM_PIN_ROUTES};

static void read_abi(struct plane_lab *l, struct xmgm_abi *abi)
{
	uint32_t zero = 0;
	int fd = lab_pin(l, "abi");

	assert_int_equal(bpf_map_lookup_elem(fd, &zero, abi), 0);
	close(fd);
}

static void become_another_build(struct plane_lab *l)
{
	struct xmgm_abi abi;
	uint32_t zero = 0;
	int fd = lab_pin(l, "abi");

	read_abi(l, &abi);
	assert_true(abi.build);
	abi.build ^= 1;
	assert_int_equal(bpf_map_update_elem(fd, &zero, &abi, BPF_ANY), 0);
	close(fd);
}

static uint32_t program_id(int fd)
{
	struct bpf_prog_info info = {0};
	__u32 len = sizeof(info);

	assert_int_equal(bpf_obj_get_info_by_fd(fd, &info, &len), 0);
	close(fd);
	return info.id;
}

/* The program in an entry of the set that a route names. */
static uint32_t program_of_set(struct plane_lab *l, uint32_t ifindex)
{
	int mfc = lab_pin(l, "mfc"), sets = lab_pin(l, "oif_sets"), set;
	struct bpf_devmap_val value;
	struct xmgm_mfe mfe;
	uint32_t id;

	assert_int_equal(bpf_map_lookup_elem(mfc, &flow, &mfe), 0);
	assert_int_equal(bpf_map_lookup_elem(sets, &mfe.route.set, &id), 0);
	set = bpf_map_get_fd_by_id(id);
	assert_true(set >= 0);
	assert_int_equal(bpf_map_lookup_elem(set, &ifindex, &value), 0);
	close(set);
	close(sets);
	close(mfc);
	return value.bpf_prog.id;
}

/* Every program of the instance that a packet or the daemon can meet. */
#define PROGRAMS (PORTS + ARRAY(pins) + 2)

static void read_programs(struct plane_lab *l, uint32_t ids[PROGRAMS])
{
	struct xmgm_attachment a;
	int fd = lab_pin(l, "attachments");
	size_t n = 0;

	for (int i = 0; i < PORTS; i++) {
		assert_int_equal(bpf_map_lookup_elem(fd, &l->near[i], &a), 0);
		ids[n++] = a.prog_id;
	}
	close(fd);
	for (size_t i = 0; i < ARRAY(pins); i++)
		ids[n++] = program_id(lab_pin(l, pins[i]));
	ids[n++] = program_of_set(l, l->near[1]);
	ids[n++] = program_of_set(l, l->near[2]);
	assert_int_equal(ids[n - 1], ids[PORTS]); /* the pinned one */
	assert_int_equal(n, PROGRAMS);
}

static bool is_loaded(uint32_t program)
{
	int fd = bpf_prog_get_fd_by_id(program);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static void forwards(struct plane_lab *l, uint64_t so_far)
{
	struct frame f = {.source = "10.0.0.1",
			  .group = "239.1.1.1",
			  .ttl = 64,
			  .payload = 20};
	uint8_t frame[FRAME_ROOM], copy[FRAME_ROOM];
	size_t len = frame_put(&f, frame);
	struct xmgm_mfe mfe;

	lab_send(l, 0, frame, len);
	assert_true(lab_receive(l, 1, copy));
	assert_true(lab_receive(l, 2, copy));
	assert_int_equal(plane_mfe_read(l->plane, flow, &mfe), 0);
	assert_int_equal(mfe.packets, so_far + 1);
}

static void test_pins_of_another_build_get_our_programs(void **state)
{
	struct plane_lab *l = *state;
	uint32_t before[PROGRAMS], after[PROGRAMS];
	struct xmgm_abi abi, renewed;

	lab_attach_all(l);
	lab_add_route(l, flow, 6);
	forwards(l, 0);
	read_programs(l, before);
	read_abi(l, &abi);
	lab_close_plane(l);
	become_another_build(l);
	lab_reopen(l);
	read_programs(l, after);
	read_abi(l, &renewed);
	assert_memory_equal(&renewed, &abi, sizeof(abi));
	for (size_t i = 0; i < PROGRAMS; i++) {
		assert_int_not_equal(after[i], before[i]);
		/* The kernel frees a program some time after its last user. */
		WAIT_FOR(l, !is_loaded(before[i]));
	}
	forwards(l, 1);
}

static void test_pins_of_this_build_keep_their_programs(void **state)
{
	struct plane_lab *l = *state;
	uint32_t before[PROGRAMS], after[PROGRAMS];

	lab_attach_all(l);
	lab_add_route(l, flow, 6);
	read_programs(l, before);
	lab_reopen(l);
	read_programs(l, after);
	assert_memory_equal(before, after, sizeof(before));
}

/* A process died when a device had its new program, but not the record. */
static void test_a_renewal_is_taken_up_again(void **state)
{
	struct plane_lab *l = *state;
	uint32_t before[PROGRAMS], after[PROGRAMS];
	struct xmgm_attachment a;
	int fd;

	lab_attach_all(l);
	lab_add_route(l, flow, 6);
	read_programs(l, before);
	fd = lab_pin(l, "attachments");
	assert_int_equal(bpf_map_lookup_elem(fd, &l->near[0], &a), 0);
	a.prog_id = 0x7fffffff; /* one that is on nothing */
	assert_int_equal(bpf_map_update_elem(fd, &l->near[0], &a, 0), 0);
	close(fd);
	lab_close_plane(l);
	become_another_build(l);
	lab_reopen(l);
	read_programs(l, after);
	assert_true(is_loaded(after[0]));
	for (int i = 0; i < PORTS; i++)
		WAIT_FOR(l, !is_loaded(before[i]));
	forwards(l, 0);
}

/* Somebody has taken the program off meanwhile: nobody puts it on again. */
static void test_a_renewal_attaches_nothing_anew(void **state)
{
	struct plane_lab *l = *state;
	struct plane_port_info port;

	lab_attach_all(l);
	lab_close_plane(l);
	assert_int_equal(bpf_xdp_detach((int)l->near[3], 0, NULL), 0);
	become_another_build(l);
	lab_reopen(l);
	assert_int_equal(bpf_xdp_query_id((int)l->near[3], 0, &(uint32_t){0}),
			 0);
	plane_port_get(l->plane, l->near[3], &port);
	assert_int_equal(port.mode, XMGM_MODE_NONE);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		PLANE_TEST(test_pins_of_another_build_get_our_programs),
		PLANE_TEST(test_pins_of_this_build_keep_their_programs),
		PLANE_TEST(test_a_renewal_is_taken_up_again),
		PLANE_TEST(test_a_renewal_attaches_nothing_anew),
	};

	return PLANE_LAB_MAIN("upgrade", tests);
}
