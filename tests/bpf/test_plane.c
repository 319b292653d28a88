/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An instance of the plane on the real kernel: made, adopted, refused with a
 * sentence that says why, removed; programs onto and off interfaces. Sets
 * and routes are in test_plane_routes.c, packets in test_plane_traffic.c.
 */
#include "plane_lab.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <linux/ethtool.h>
#include <linux/if_link.h>
#include <linux/sockios.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

static struct xmgm_settings settings(struct plane_lab *l)
{
	struct xmgm_settings s;
	uint32_t zero = 0;
	int fd = lab_pin(l, "settings");

	assert_int_equal(bpf_map_lookup_elem(fd, &zero, &s), 0);
	close(fd);
	return s;
}

static struct xmgm_abi abi_of(struct plane_lab *l)
{
	struct xmgm_abi abi;
	uint32_t zero = 0;
	int fd = lab_pin(l, "abi");

	assert_int_equal(bpf_map_lookup_elem(fd, &zero, &abi), 0);
	close(fd);
	return abi;
}

static void set_abi(struct plane_lab *l, const struct xmgm_abi *abi)
{
	uint32_t zero = 0;
	int fd = lab_pin(l, "abi");

	assert_int_equal(bpf_map_update_elem(fd, &zero, abi, BPF_ANY), 0);
	close(fd);
}

/* Opening must fail with this code and a sentence that has these words. */
static void refused(struct plane_lab *l, const struct plane_options *o, int err,
		    const char *word, const char *remedy)
{
	const char *error;

	assert_int_equal(lab_open_plane(l, o, &error), err);
	assert_null(l->plane);
	assert_non_null(error);
	if (!strstr(error, word) || !strstr(error, remedy))
		fail_msg("'%s' says nothing of '%s' or '%s'", error, word,
			 remedy);
}

static void test_a_new_instance_gets_the_defaults(void **state)
{
	struct plane_lab *l = *state;
	struct xmgm_settings s = settings(l);
	struct xmgm_abi abi = abi_of(l);

	assert_true(plane_exists_bpf(l->instance));
	assert_int_equal(s.hold_packets, 512);
	assert_int_equal(s.hold_bytes, 1 << 20);
	assert_int_equal(s.hold_packets_total, 65536);
	assert_int_equal(s.hold_bytes_total, 64 << 20);
	assert_int_equal(s.upcall_rate, 20000);
	assert_int_equal(s.upcall_burst, 20000);
	assert_int_equal(s.wrong_if_rate, 100);
	assert_int_equal(abi.version, XMGM_ABI_VERSION);
	assert_int_equal(abi.max_routes, 64);
	assert_int_equal(abi.max_sets, 32);
}

static void test_options_not_given_keep_what_is_pinned(void **state)
{
	struct plane_lab *l = *state;
	struct plane_options o = {.instance = l->instance};
	struct xmgm_settings before, after;
	uint64_t beat = run_now_ns();
	const char *error;

	plane_beat(l->plane, beat);
	before = settings(l);
	lab_close_plane(l);
	o.hold_packets = 7;
	o.wrong_if_rate = 8;
	assert_int_equal(lab_open_plane(l, &o, &error), 0);
	lab_close_plane(l);
	o.hold_packets = o.wrong_if_rate = 0;
	assert_int_equal(lab_open_plane(l, &o, &error), 0);
	after = settings(l);
	assert_int_equal(after.hold_packets, 7);
	assert_int_equal(after.wrong_if_rate, 8);
	after.hold_packets = before.hold_packets;
	after.wrong_if_rate = before.wrong_if_rate;
	assert_int_equal(before.heartbeat, beat);
	before.heartbeat = after.heartbeat;
	assert_memory_equal(&before, &after, sizeof(before));
}

static void test_what_is_pinned_is_adopted(void **state)
{
	struct plane_lab *l = *state;
	struct xmgm_interface in = {.owner = XMGM_OWNER_PIM,
				    .gate = XMGM_GATE_HELD,
				    .epoch = 41,
				    .flags = XMGM_IF_WRONG_IF_UPCALLS};
	const struct plane_port port = {
		.ifid = 77, .ifindex = 77, .flags = in.flags};
	struct xmgm_interface out;
	uint64_t created = abi_of(l).created;

	assert_int_equal(plane_port_set(l->plane, &port), 0);
	assert_int_equal(plane_interface_set(l->plane, 77, &in), 0);
	lab_reopen(l);
	assert_int_equal(plane_interface_get(l->plane, 77, &out), 0);
	assert_memory_equal(&in, &out, sizeof(in));
	assert_int_equal(abi_of(l).created, created);
	plane_interface_del(l->plane, 77);
	assert_int_equal(plane_interface_get(l->plane, 77, &out), -ENOENT);
}

static void add_member(void *arg, uint32_t ifindex, uint32_t ifid)
{
	uint64_t *sum = arg;

	*sum += (uint64_t)ifindex << 32 | ifid;
}

static uint64_t members(struct plane_lab *l)
{
	uint64_t sum = 0;

	plane_member_walk(l->plane, add_member, &sum);
	return sum;
}

#define MEMBER(ifindex, ifid) ((uint64_t)(ifindex) << 32 | (ifid))

/* Until one or the other is attached, detached or gone. */
static void test_members_belong_to_a_port(void **state)
{
	struct plane_lab *l = *state;
	uint32_t bond = l->near[0], member = l->near[1];
	const struct xmgm_port tagged = {.ifindex = member, .vlan = 5};
	const char *error = "";
	int map;

	assert_int_equal(plane_attach(l->plane, bond, PLANE_NATIVE, &error), 0);
	assert_int_equal(plane_member_set(l->plane, member, bond), 0);
	assert_int_equal(plane_member_set(l->plane, 4000, 4001), 0);
	lab_reopen(l);
	assert_int_equal(plane_attach(l->plane, bond, PLANE_AUTO, &error), 0);
	assert_int_equal(members(l), MEMBER(member, bond) + MEMBER(4000, 4001));
	plane_port_gone(l->plane, 4001);
	assert_int_equal(members(l), MEMBER(member, bond));
	assert_int_equal(plane_detach(l->plane, bond, &error), 0);
	assert_int_equal(members(l), 0);
	plane_member_set(l->plane, member, bond);
	plane_member_set(l->plane, member, 0);
	plane_member_set(l->plane, member, 0);
	assert_int_equal(members(l), 0);
	plane_member_set(l->plane, member, bond);
	assert_int_equal(plane_attach(l->plane, member, PLANE_NATIVE, &error),
			 0);
	assert_int_equal(members(l), 0);
	/* Of VLANs nothing is said. */
	map = lab_pin(l, "ports");
	assert_int_equal(bpf_map_update_elem(map, &tagged, &bond, BPF_ANY), 0);
	close(map);
	assert_int_equal(members(l), 0);
}

struct walked {
	struct plane *plane;
	uint32_t count, sum;
};

static void walk_and_delete(void *arg, uint32_t ifid)
{
	struct walked *walked = arg;

	walked->count++;
	walked->sum += ifid;
	plane_interface_del(walked->plane, ifid);
}

static void test_a_walk_sees_each_interface_once(void **state)
{
	struct xmgm_interface in = {.owner = XMGM_OWNER_IGMP};
	struct plane_lab *l = *state;
	struct walked walked = {.plane = l->plane};
	struct xmgm_interface out;

	for (uint32_t ifid = 1001; ifid <= 1100; ifid++)
		assert_int_equal(plane_interface_set(l->plane, ifid, &in), 0);
	plane_interface_walk(l->plane, walk_and_delete, &walked);
	assert_in_range(walked.count, 100, 110); /* and the lab's own */
	assert_int_equal(plane_interface_get(l->plane, 1050, &out), -ENOENT);
	walked.count = 0;
	plane_interface_walk(l->plane, walk_and_delete, &walked);
	assert_int_equal(walked.count, 0);
}

static void test_instance_names(void **state)
{
	static const char *const bad[] = {
		"",    "a/b",	      "..",
		"a b", "caf\xc3\xa9", "abcdefghijklmnopqrstuvwxyz012345",
	};
	struct plane_lab *l = *state;
	struct plane_options o = plane_small;
	char longest[XMGM_INSTANCE_LEN];
	const char *error;

	lab_close_plane(l);
	for (size_t i = 0; i < ARRAY(bad); i++) {
		o.instance = bad[i];
		refused(l, &o, -EINVAL, "instance name", "1 to 31");
		assert_false(plane_exists_bpf(bad[i]));
	}
	memset(longest, 'Z', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = 0;
	memcpy(longest, l->instance, strlen(l->instance));
	o.instance = longest;
	assert_int_equal(lab_open_plane(l, &o, &error), 0);
	lab_close_plane(l);
	assert_int_equal(plane_destroy_bpf(longest, &error), 0);
}

static void test_pins_of_another_abi(void **state)
{
	struct plane_lab *l = *state;
	const uint32_t versions[] = {XMGM_ABI_CARRIED - 1,
				     XMGM_ABI_VERSION + 1};
	struct xmgm_abi abi = abi_of(l);

	lab_close_plane(l);
	for (size_t i = 0; i < ARRAY(versions); i++) {
		abi.version = versions[i];
		set_abi(l, &abi);
		refused(l, &plane_small, -EPROTO, "ABI", "detach --all");
	}
	assert_true(plane_exists_bpf(l->instance));
}

/* A later version's record may be larger, and ours must not overflow. */
static void test_a_larger_abi_record(void **state)
{
	struct plane_lab *l = *state;
	uint32_t record[1024] = {XMGM_ABI_VERSION + 1}, zero = 0;
	char path[128];
	int fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "abi", 4, sizeof(record), 1,
				NULL);

	lab_close_plane(l);
	memset(record + 1, 0xee, sizeof(record) - 4);
	assert_int_equal(bpf_map_update_elem(fd, &zero, record, BPF_ANY), 0);
	lab_pin_path(l, "abi", path);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(bpf_obj_pin(fd, path), 0);
	close(fd);
	refused(l, &plane_small, -EPROTO, "ABI", "detach --all");
}

/* In a child: namespaces and privileges do not come back. */
static void in_child(struct plane_lab *l, int (*prepare)(void), int err,
		     const char *word)
{
	pid_t pid = fork();
	int status;

	assert_true(pid >= 0);
	if (!pid) {
		const char *error;

		if (prepare())
			_exit(2);
		if (lab_open_plane(l, &plane_small, &error) != err)
			_exit(3);
		/* Whoever has that instance still wants it. */
		_exit(error && strstr(error, word) && !strstr(error, "detach")
			      ? 0
			      : 4);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static int leave_network(void)
{
	return unshare(CLONE_NEWNET);
}

static int become_nobody(void)
{
	return setgid(65534) || setuid(65534);
}

static void test_another_network_namespace(void **state)
{
	struct plane_lab *l = *state;

	lab_close_plane(l);
	in_child(l, leave_network, -EXDEV, "nsenter --net=/proc/");
}

static void test_no_permission(void **state)
{
	struct plane_lab *l = *state;

	lab_close_plane(l);
	in_child(l, become_nobody, -EPERM, "no permission");
}

/* The record is pinned last: without it the rest is a failure's remains. */
static void test_remains_of_a_failure_are_made_anew(void **state)
{
	struct plane_lab *l = *state;
	const char *error;
	char path[128];

	lab_close_plane(l);
	lab_pin_path(l, "abi", path);
	assert_int_equal(unlink(path), 0);
	assert_false(plane_exists_bpf(l->instance));
	assert_int_equal(lab_open_plane(l, &plane_small, &error), 0);
}

static void test_a_pin_is_missing(void **state)
{
	static const char *const pins[] = {"mfc", "verdicts", XMGM_PIN_EGRESS,
					   XMGM_PIN_ROUTES};
	struct plane_lab *l = *state;
	const char *error;
	char path[128];

	for (size_t i = 0; i < ARRAY(pins); i++) {
		lab_close_plane(l);
		lab_pin_path(l, pins[i], path);
		assert_int_equal(unlink(path), 0);
		refused(l, &plane_small, -ENOENT, path, "detach --all");
		assert_int_equal(plane_destroy_bpf(l->instance, &error), 0);
		assert_int_equal(lab_open_plane(l, &plane_small, &error), 0);
	}
}

static void test_destroy(void **state)
{
	struct plane_lab *l = *state;
	struct plane_port_info port;
	const char *error = "";
	char path[128];

	assert_int_equal(
		plane_attach(l->plane, l->near[0], PLANE_NATIVE, &error), 0);
	lab_close_plane(l);
	assert_int_equal(plane_destroy_bpf(l->instance, &error), 0);
	assert_false(plane_exists_bpf(l->instance));
	lab_pin_path(l, "", path);
	assert_int_equal(access(path, F_OK), -1);
	assert_int_equal(plane_destroy_bpf(l->instance, &error), -ENOENT);
	assert_non_null(strstr(error, l->instance));
	/* Also the program is off its interface. */
	assert_int_equal(lab_open_plane(l, &plane_small, &error), 0);
	assert_int_equal(plane_port_get(l->plane, l->near[0], &port), 0);
	assert_int_equal(port.mode, XMGM_MODE_NONE);
	assert_int_equal(
		plane_attach(l->plane, l->near[0], PLANE_NATIVE, &error), 0);
}

static bool allmulti(const char *name)
{
	struct ifreq ifr = {0};
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	strcpy(ifr.ifr_name, name);
	assert_int_equal(ioctl(fd, SIOCGIFFLAGS, &ifr), 0);
	close(fd);
	return ifr.ifr_flags & IFF_ALLMULTI;
}

/* The ethtool flag, or what it was before it was set to `wanted`. */
static bool rxvlan(const char *name, int wanted)
{
	struct ethtool_value flags = {.cmd = ETHTOOL_GFLAGS};
	struct ifreq ifr = {.ifr_data = (char *)&flags};
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	bool now;

	strcpy(ifr.ifr_name, name);
	assert_int_equal(ioctl(fd, SIOCETHTOOL, &ifr), 0);
	now = flags.data & ETH_FLAG_RXVLAN;
	if (wanted >= 0 && now != wanted) {
		flags.cmd = ETHTOOL_SFLAGS;
		flags.data ^= ETH_FLAG_RXVLAN;
		assert_int_equal(ioctl(fd, SIOCETHTOOL, &ifr), 0);
	}
	close(fd);
	return now;
}

static uint32_t xdp_program(uint32_t ifindex)
{
	LIBBPF_OPTS(bpf_xdp_query_opts, query);

	assert_int_equal(bpf_xdp_query((int)ifindex, 0, &query), 0);
	return query.prog_id;
}

static enum xmgm_mode mode_of(struct plane_lab *l, int port)
{
	struct plane_port_info p;

	assert_int_equal(plane_port_get(l->plane, l->near[port], &p), 0);
	return p.mode;
}

static void test_attach_and_detach(void **state)
{
	struct plane_lab *l = *state;
	const char *error = "";
	uint32_t prog;

	assert_int_equal(mode_of(l, 0), XMGM_MODE_NONE);
	assert_false(allmulti("r0"));
	rxvlan("r0", true);
	assert_int_equal(plane_attach(l->plane, l->near[0], PLANE_AUTO, &error),
			 0);
	assert_int_equal(mode_of(l, 0), XMGM_MODE_NATIVE);
	assert_true(allmulti("r0"));
	assert_false(rxvlan("r0", -1));
	prog = xdp_program(l->near[0]);
	assert_true(prog != 0);

	/* Twice is not an error and changes nothing. */
	assert_int_equal(plane_attach(l->plane, l->near[0], PLANE_AUTO, &error),
			 0);
	assert_int_equal(
		plane_attach(l->plane, l->near[0], PLANE_NATIVE, &error), 0);
	assert_int_equal(xdp_program(l->near[0]), prog);
	/* It outlives the process, and who comes next finds it. */
	lab_reopen(l);
	assert_int_equal(mode_of(l, 0), XMGM_MODE_NATIVE);
	assert_int_equal(plane_attach(l->plane, l->near[0], PLANE_AUTO, &error),
			 0);
	assert_int_equal(xdp_program(l->near[0]), prog);

	assert_int_equal(plane_detach(l->plane, l->near[0], &error), 0);
	assert_int_equal(mode_of(l, 0), XMGM_MODE_NONE);
	assert_int_equal(xdp_program(l->near[0]), 0);
	assert_false(allmulti("r0"));
	assert_true(rxvlan("r0", -1));
	assert_int_equal(plane_detach(l->plane, l->near[0], &error), -ENOENT);
	assert_non_null(strstr(error, "not attached"));
}

/* What somebody else has set stays. */
static void test_device_settings_of_others_stay(void **state)
{
	struct plane_lab *l = *state;
	const char *error = "";

	run_ip("link set r1 allmulticast on");
	rxvlan("r1", false);
	assert_int_equal(plane_attach(l->plane, l->near[1], PLANE_AUTO, &error),
			 0);
	assert_int_equal(plane_detach(l->plane, l->near[1], &error), 0);
	assert_true(allmulti("r1"));
	assert_false(rxvlan("r1", -1));
	run_ip("link set r1 allmulticast off");
	rxvlan("r1", true);
}

static void test_modes(void **state)
{
	struct plane_lab *l = *state;
	const char *error = "";
	uint32_t prog;

	assert_int_equal(
		plane_attach(l->plane, l->near[0], PLANE_GENERIC, &error), 0);
	assert_int_equal(mode_of(l, 0), XMGM_MODE_GENERIC);
	prog = xdp_program(l->near[0]);
	/* Auto is content with what there is; native is not. */
	assert_int_equal(plane_attach(l->plane, l->near[0], PLANE_AUTO, &error),
			 0);
	assert_int_equal(xdp_program(l->near[0]), prog);
	assert_int_equal(
		plane_attach(l->plane, l->near[0], PLANE_NATIVE, &error), 0);
	assert_int_equal(mode_of(l, 0), XMGM_MODE_NATIVE);
	assert_true(allmulti("r0"));
	assert_int_equal(plane_detach(l->plane, l->near[0], &error), 0);
	assert_false(allmulti("r0"));
}

/* lo has no native XDP: auto falls back, native says why it cannot. */
static void test_a_driver_without_native_mode(void **state)
{
	struct plane_lab *l = *state;
	struct plane_port_info port;
	const char *error = "";

	assert_int_not_equal(plane_attach(l->plane, 1, PLANE_NATIVE, &error),
			     0);
	assert_non_null(strstr(error, "lo: its driver takes no XDP program"));
	assert_non_null(strstr(error, "--mode generic"));
	assert_int_equal(plane_attach(l->plane, 1, PLANE_AUTO, &error), 0);
	for (int again = 0; again < 2; again++) {
		plane_port_get(l->plane, 1, &port);
		assert_int_equal(port.mode, XMGM_MODE_GENERIC);
		assert_true(allmulti("lo"));
		/* What fails has changed nothing. */
		assert_int_not_equal(
			plane_attach(l->plane, 1, PLANE_NATIVE, &error), 0);
		assert_non_null(strstr(error, "its driver takes no XDP"));
	}
	assert_int_equal(plane_detach(l->plane, 1, &error), 0);
	assert_false(allmulti("lo"));
}

static void test_no_such_interface(void **state)
{
	struct plane_lab *l = *state;
	const char *error = "";

	assert_int_equal(plane_attach(l->plane, 9999, PLANE_AUTO, &error),
			 -ENODEV);
	assert_non_null(strstr(error, "9999"));
	assert_int_equal(plane_detach(l->plane, 9999, &error), -ENOENT);
	assert_non_null(strstr(error, "9999"));
}

static int foreign_program(void)
{
	/* r0 = XDP_PASS; exit */
	static const struct bpf_insn pass[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = XDP_PASS},
		{.code = BPF_JMP | BPF_EXIT},
	};
	int fd = bpf_prog_load(BPF_PROG_TYPE_XDP, "stranger", "GPL", pass,
			       ARRAY(pass), NULL);

	assert_true(fd >= 0);
	return fd;
}

static void test_somebody_elses_program(void **state)
{
	static const uint32_t flags[] = {XDP_FLAGS_DRV_MODE,
					 XDP_FLAGS_SKB_MODE};
	static const enum plane_mode modes[] = {PLANE_AUTO, PLANE_NATIVE,
						PLANE_GENERIC};
	struct plane_lab *l = *state;
	int fd = foreign_program();

	for (size_t i = 0; i < ARRAY(flags); i++) {
		int ifindex = (int)l->near[2];
		uint32_t prog;

		assert_int_equal(bpf_xdp_attach(ifindex, fd, flags[i], NULL),
				 0);
		prog = xdp_program(l->near[2]);
		for (size_t m = 0; m < ARRAY(modes); m++) {
			const char *error = "";

			assert_int_equal(plane_attach(l->plane, l->near[2],
						      modes[m], &error),
					 -EBUSY);
			assert_non_null(strstr(error, "r2"));
			assert_non_null(strstr(error, "stranger"));
			assert_non_null(strstr(error, "ip link set dev r2"));
			assert_int_equal(xdp_program(l->near[2]), prog);
			assert_int_equal(mode_of(l, 2), XMGM_MODE_NONE);
			assert_false(allmulti("r2"));
		}
		assert_int_equal(bpf_xdp_detach(ifindex, flags[i], NULL), 0);
	}
	close(fd);
}

/* Ours was taken off by hand: attaching puts it back, detaching is content. */
static void test_our_program_was_removed_by_hand(void **state)
{
	struct plane_lab *l = *state;
	const char *error = "";

	for (int again = 0; again < 2; again++) {
		assert_int_equal(plane_attach(l->plane, l->near[0],
					      PLANE_NATIVE, &error),
				 0);
		run_ip("link set dev r0 xdp off");
		assert_int_equal(mode_of(l, 0), XMGM_MODE_NONE);
	}
	assert_int_equal(
		plane_attach(l->plane, l->near[0], PLANE_NATIVE, &error), 0);
	assert_int_equal(mode_of(l, 0), XMGM_MODE_NATIVE);
	run_ip("link set dev r0 xdp off");
	assert_int_equal(plane_detach(l->plane, l->near[0], &error), 0);
	assert_false(allmulti("r0"));
}

/* Refused where an interface of the same index is none of ours. */
static int destroy_elsewhere(struct plane_lab *l)
{
	const char *error;
	char command[128];

	if (unshare(CLONE_NEWNET))
		return 2;
	snprintf(command, sizeof(command),
		 "ip link add r0 index %u type veth peer name x && "
		 "ip link set r0 allmulticast on",
		 l->near[0]);
	if (system(command))
		return 3;
	if (plane_destroy_bpf(l->instance, &error) != -EXDEV)
		return 4;
	return allmulti("r0") && strstr(error, "nsenter --net=/proc/") &&
			       strstr(error, "detach --all")
		       ? 0
		       : 5;
}

static void test_destroy_from_another_namespace(void **state)
{
	struct plane_lab *l = *state;
	const char *error = "";
	int status;
	pid_t pid;

	assert_int_equal(
		plane_attach(l->plane, l->near[0], PLANE_NATIVE, &error), 0);
	lab_close_plane(l);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid)
		_exit(destroy_elsewhere(l));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	assert_true(plane_exists_bpf(l->instance));
	assert_int_equal(plane_destroy_bpf(l->instance, &error), 0);
	assert_false(allmulti("r0"));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		PLANE_TEST(test_a_new_instance_gets_the_defaults),
		PLANE_TEST(test_options_not_given_keep_what_is_pinned),
		PLANE_TEST(test_what_is_pinned_is_adopted),
		PLANE_TEST(test_members_belong_to_a_port),
		PLANE_TEST(test_a_walk_sees_each_interface_once),
		PLANE_TEST(test_instance_names),
		PLANE_TEST(test_pins_of_another_abi),
		PLANE_TEST(test_a_larger_abi_record),
		PLANE_TEST(test_another_network_namespace),
		PLANE_TEST(test_no_permission),
		PLANE_TEST(test_remains_of_a_failure_are_made_anew),
		PLANE_TEST(test_a_pin_is_missing),
		PLANE_TEST(test_destroy),
		PLANE_TEST(test_attach_and_detach),
		PLANE_TEST(test_device_settings_of_others_stay),
		PLANE_TEST(test_modes),
		PLANE_TEST(test_a_driver_without_native_mode),
		PLANE_TEST(test_no_such_interface),
		PLANE_TEST(test_somebody_elses_program),
		PLANE_TEST(test_our_program_was_removed_by_hand),
		PLANE_TEST(test_destroy_from_another_namespace),
	};

	return PLANE_LAB_MAIN("plane", tests);
}
