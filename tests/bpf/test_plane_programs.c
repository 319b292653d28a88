/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Our program on interfaces: what it costs to look after it, and whose a
 * program is that is there already. How attaching works is in test_plane.c.
 */
#include "plane_lab.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

static unsigned int open_descriptors(void)
{
	DIR *fds = opendir("/proc/self/fd");
	unsigned int count = 0;
	struct dirent *e;

	assert_non_null(fds);
	while ((e = readdir(fds)))
		count += isdigit((unsigned char)e->d_name[0]) != 0;
	closedir(fds);
	return count;
}

static uint32_t map_id(struct plane_lab *l, const char *name)
{
	struct bpf_map_info info = {0};
	__u32 len = sizeof(info);
	int fd = lab_pin(l, name);

	assert_int_equal(bpf_obj_get_info_by_fd(fd, &info, &len), 0);
	close(fd);
	return info.id;
}

static bool program_uses(uint32_t prog, uint32_t map)
{
	__u32 ids[64];
	struct bpf_prog_info info = {
		.nr_map_ids = ARRAY(ids),
		.map_ids = (uintptr_t)ids,
	};
	__u32 len = sizeof(info);
	int fd = bpf_prog_get_fd_by_id(prog);
	bool uses = false;

	if (fd < 0)
		return false;
	if (!bpf_obj_get_info_by_fd(fd, &info, &len))
		for (__u32 i = 0; i < info.nr_map_ids && i < ARRAY(ids); i++)
			uses |= ids[i] == map;
	close(fd);
	return uses;
}

/* Programs in the kernel that use this instance's maps. */
static unsigned int programs(struct plane_lab *l)
{
	uint32_t prog = 0, map = map_id(l, "interfaces");
	unsigned int count = 0;

	while (!bpf_prog_get_next_id(prog, &prog))
		count += program_uses(prog, map);
	return count;
}

static void attach(struct plane_lab *l, int port, enum plane_mode mode)
{
	const char *error = "";

	if (plane_attach(l->plane, l->near[port], mode, &error))
		fail_msg("%s", error);
}

static void detach(struct plane_lab *l, int port)
{
	const char *error = "";

	if (plane_detach(l->plane, l->near[port], &error))
		fail_msg("%s", error);
}

/* Whatever is done to interfaces, and however often they are looked at. */
static void test_no_descriptor_or_program_is_left_behind(void **state)
{
	struct plane_lab *l = *state;
	unsigned int descriptors, count;
	struct plane_port port;

	attach(l, 0, PLANE_NATIVE);
	attach(l, 1, PLANE_GENERIC); /* the one attached last is pinned */
	detach(l, 1);
	lab_turn(l);
	descriptors = open_descriptors();
	count = programs(l);
	for (int round = 0; round < 30; round++) {
		attach(l, 1, PLANE_NATIVE);
		attach(l, 1, PLANE_GENERIC);
		attach(l, 0, PLANE_AUTO);
		assert_int_equal(plane_port_get(l->plane, l->near[1], &port),
				 0);
		assert_int_equal(port.mode, XMGM_MODE_GENERIC);
		detach(l, 1);
	}
	for (int i = 0; i < 1000; i++)
		plane_port_get(l->plane, l->near[0], &port);
	assert_int_equal(port.mode, XMGM_MODE_NATIVE);
	assert_int_equal(open_descriptors(), descriptors);
	/* The kernel frees a program some time after its last user. */
	WAIT_FOR(l, programs(l) == count);
}

/* With what a failure has opened, too. */
static void test_a_refusal_leaves_nothing_open(void **state)
{
	struct plane_lab *l = *state;
	unsigned int descriptors;
	const char *error;

	assert_int_not_equal(plane_attach(l->plane, 1, PLANE_NATIVE, &error),
			     0);
	descriptors = open_descriptors();
	for (int i = 0; i < 20; i++)
		assert_int_not_equal(
			plane_attach(l->plane, 1, PLANE_NATIVE, &error), 0);
	assert_int_equal(open_descriptors(), descriptors);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		PLANE_TEST(test_no_descriptor_or_program_is_left_behind),
		PLANE_TEST(test_a_refusal_leaves_nothing_open),
	};

	return PLANE_LAB_MAIN("programs", tests);
}
