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
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

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
	struct plane_port_info port;

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

static void remove_pins(struct plane_lab *l)
{
	char command[160], path[128];

	lab_pin_path(l, "", path);
	snprintf(command, sizeof(command), "rm -r %s", path);
	assert_int_equal(system(command), 0);
}

static bool allmulti(const char *name)
{
	struct ifreq ifr = {0};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	strcpy(ifr.ifr_name, name);
	assert_int_equal(ioctl(fd, SIOCGIFFLAGS, &ifr), 0);
	close(fd);
	return ifr.ifr_flags & IFF_ALLMULTI;
}

static uint32_t program_on(struct plane_lab *l, int port)
{
	uint32_t id;

	assert_int_equal(bpf_xdp_query_id((int)l->near[port], 0, &id), 0);
	return id;
}

/* Somebody has removed the pins: the program is known by its own maps. */
static void test_a_program_without_pins_is_replaced(void **state)
{
	struct plane_lab *l = *state;
	const char *error = "";
	uint32_t before;

	attach(l, 0, PLANE_NATIVE);
	attach(l, 1, PLANE_GENERIC);
	before = program_on(l, 0);
	lab_close_plane(l);
	remove_pins(l);
	if (lab_open_plane(l, &plane_small, &error))
		fail_msg("%s", error);
	attach(l, 0, PLANE_AUTO);
	attach(l, 1, PLANE_NATIVE);
	assert_int_not_equal(program_on(l, 0), before);
	/* What the first one has changed on the device is still ours. */
	detach(l, 0);
	assert_false(allmulti("r0"));
	assert_int_equal(program_on(l, 0), 0);
	detach(l, 1);
	assert_int_equal(program_on(l, 1), 0);
}

/* The process ended between attaching and writing that down. */
static void test_a_program_without_record_is_replaced(void **state)
{
	struct plane_lab *l = *state;
	int map = lab_pin(l, "attachments");
	uint32_t before;

	attach(l, 0, PLANE_NATIVE);
	before = program_on(l, 0);
	assert_int_equal(bpf_map_delete_elem(map, &l->near[0]), 0);
	close(map);
	attach(l, 0, PLANE_NATIVE);
	assert_int_not_equal(program_on(l, 0), before);
	detach(l, 0);
	assert_int_equal(program_on(l, 0), 0);
	run_ip("link set r0 allmulticast off"); /* whose it was is forgotten */
}

static void test_destroying_takes_off_what_has_no_pins(void **state)
{
	struct plane_lab *l = *state;
	const char *error = "";

	attach(l, 0, PLANE_NATIVE);
	attach(l, 1, PLANE_GENERIC);
	lab_close_plane(l);
	remove_pins(l);
	assert_int_equal(plane_destroy_bpf(l->instance, &error), 0);
	for (int port = 0; port < 2; port++)
		assert_int_equal(program_on(l, port), 0);
	assert_false(allmulti("r0"));
	assert_int_equal(plane_destroy_bpf(l->instance, &error), -ENOENT);
}

/* Attaching by a second instance is refused, in these words, not in those. */
static void other_is_refused(struct plane_lab *l, const char *name,
			     const char *word)
{
	const struct plane_options options = {.instance = name};
	const struct plane_listener deaf = {0};
	uint32_t before = program_on(l, 0);
	const char *error = "";
	struct plane *other;
	char remedy[80];

	snprintf(remedy, sizeof(remedy), "xmgm -i %s %s", l->instance, word);
	if (plane_open_bpf(&options, &deaf, &other, &error))
		fail_msg("%s", error);
	for (int mode = PLANE_AUTO; mode <= PLANE_GENERIC; mode++) {
		assert_int_equal(plane_attach(other, l->near[0], mode, &error),
				 -EBUSY);
		if (!strstr(error, remedy) || strstr(error, "xdp off"))
			fail_msg("%s", error);
	}
	plane_close(other);
	assert_int_equal(program_on(l, 0), before);
	assert_int_equal(plane_destroy_bpf(name, &error), 0);
	assert_int_equal(program_on(l, 0), before);
}

/* And the sentence says how it lets the interface go, not how to rob it. */
static void test_an_interface_belongs_to_one_instance(void **state)
{
	struct plane_lab *l = *state;
	const char *error = "";
	char name[40];

	snprintf(name, sizeof(name), "%.20s-b", l->instance);
	attach(l, 0, PLANE_NATIVE);
	other_is_refused(l, name, "detach r0");
	/* Its daemon may still run when its pins have been removed. */
	remove_pins(l);
	other_is_refused(l, name, "detach --all");
	assert_int_equal(plane_destroy_bpf(l->instance, &error), 0);
	assert_int_equal(program_on(l, 0), 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		PLANE_TEST(test_no_descriptor_or_program_is_left_behind),
		PLANE_TEST(test_a_refusal_leaves_nothing_open),
		PLANE_TEST(test_a_program_without_pins_is_replaced),
		PLANE_TEST(test_a_program_without_record_is_replaced),
		PLANE_TEST(test_destroying_takes_off_what_has_no_pins),
		PLANE_TEST(test_an_interface_belongs_to_one_instance),
	};

	return PLANE_LAB_MAIN("programs", tests);
}
