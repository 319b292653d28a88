/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The clone path on the real kernel: what XDP hands over to it, and what comes
 * out of it.
 */
#include "plane/bpf.h"
#include "plane_lab.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <sys/socket.h>

#include <bpf/bpf.h>

#define SOURCE	"10.0.0.1"
#define GROUP	"239.1.1.1"
#define FLOW	frame_flow(SOURCE, GROUP)
#define MASK(p) (1u << (p))

static const struct frame good = FRAME(SOURCE, GROUP, 64, .payload = 100);

static void begin(struct plane_lab *l)
{
	uint8_t frame[FRAME_ROOM];

	lab_attach_all(l);
	for (int i = 0; i < PORTS; i++)
		while (recv(l->sock[i], frame, sizeof(frame), MSG_DONTWAIT) > 0)
			;
}

static void send_one(struct plane_lab *l, const struct frame *f)
{
	uint8_t frame[FRAME_ROOM];

	lab_send(l, 0, frame, frame_put(f, frame));
}

/* The next frame there is this one, as a router has sent it from this port. */
static void expect(struct plane_lab *l, int port, const struct frame *f)
{
	const uint8_t mac[6] = {2, 0xcc, 0, 0, 0, (uint8_t)port};
	uint8_t want[FRAME_ROOM], got[FRAME_ROOM];
	size_t len = frame_put(f, want), got_len;

	frame_forwarded(want);
	memcpy(want + 6, mac, 6);
	got_len = lab_receive(l, port, got);
	if (!got_len)
		fail_msg("p%d: nothing has come", port);
	assert_int_equal(got_len, len);
	assert_memory_equal(got, want, len);
}

static uint64_t verdict_of(struct plane_lab *l, enum xmgm_reason reason)
{
	uint64_t verdicts[XMGM_REASON_COUNT];

	plane_verdicts(l->plane, verdicts);
	return verdicts[reason];
}

static void set_path(struct plane_lab *l, int i, enum plane_path path,
		     uint8_t ttl_threshold)
{
	struct plane_port port = lab_port(l, i);

	port.path = path;
	port.ttl_threshold = ttl_threshold;
	assert_int_equal(plane_port_set(l->plane, &port), 0);
}

/* One port that XDP cannot serve takes its routes along, and back. */
static void test_a_port_takes_its_routes_to_the_clone_path(void **state)
{
	const struct frame other = FRAME(SOURCE, "239.1.1.2", 64);
	struct plane_lab *l = *state;
	struct xmgm_mfe mfe;

	begin(l);
	lab_add_route(l, FLOW, MASK(1) | MASK(2));
	lab_add_route(l, frame_flow(SOURCE, "239.1.1.2"), MASK(3));
	set_path(l, 2, PLANE_PATH_CLONE, 1);
	send_one(l, &good);
	expect(l, 1, &good);
	expect(l, 2, &good);
	assert_int_equal(verdict_of(l, XMGM_CLONED), 1);
	send_one(l, &other);
	expect(l, 3, &other);
	assert_int_equal(verdict_of(l, XMGM_FORWARDED), 1);
	assert_int_equal(plane_mfe_read(l->plane, FLOW, &mfe), 0);
	assert_int_equal(mfe.packets, 1);
	assert_int_equal(mfe.bytes, 128);
	set_path(l, 2, PLANE_PATH_XDP, 1);
	send_one(l, &good);
	expect(l, 1, &good);
	expect(l, 2, &good);
	assert_int_equal(verdict_of(l, XMGM_CLONED), 1);
	set_path(l, 2, PLANE_PATH_NONE, 1);
	send_one(l, &good);
	expect(l, 1, &good);
	assert_int_equal(verdict_of(l, XMGM_CLONED), 1);
}

/* A set that is made later, and one that has lost an oif. */
static void test_a_set_is_listed_as_it_is(void **state)
{
	struct plane_lab *l = *state;

	begin(l);
	set_path(l, 1, PLANE_PATH_CLONE, 1);
	lab_add_route(l, FLOW, MASK(1) | MASK(2) | MASK(3));
	send_one(l, &good);
	for (int i = 1; i < PORTS; i++)
		expect(l, i, &good);
	plane_oif_lose(l->plane, l->near[2]);
	send_one(l, &good);
	expect(l, 1, &good);
	expect(l, 3, &good);
	lab_add_route(l, FLOW, MASK(1) | MASK(2));
	send_one(l, &good);
	expect(l, 1, &good);
	expect(l, 2, &good);
}

static void test_thresholds_hold_there_too(void **state)
{
	struct plane_lab *l = *state;
	struct plane_port_info info;
	struct frame f = good;

	begin(l);
	set_path(l, 1, PLANE_PATH_CLONE, 1);
	set_path(l, 2, PLANE_PATH_XDP, 64);
	lab_add_route(l, FLOW, MASK(1) | MASK(2));
	send_one(l, &good);
	expect(l, 1, &good);
	f.ttl = 65;
	send_one(l, &f);
	expect(l, 1, &f);
	expect(l, 2, &f);
	plane_port_get(l->plane, l->near[2], &info);
	assert_int_equal(info.ttl_low, 1);
	assert_int_equal(info.packets_out, 1);
}

static void set_mtu_of(struct plane_lab *l, int i, uint32_t mtu)
{
	struct plane_port port = lab_port(l, i);

	port.mtu = mtu;
	assert_int_equal(plane_port_set(l->plane, &port), 0);
}

/* r2 takes less than the others: long packets leave XDP, the rest does not. */
static void begin_narrow(struct plane_lab *l)
{
	begin(l);
	for (int i = 0; i < PORTS; i++)
		set_mtu_of(l, i, i == 2 ? 100 : 1500);
	run_ip("link set r2 mtu 100");
	lab_add_route(l, FLOW, MASK(1) | MASK(2));
}

/* The others of its set get it. RFC 1812 section 5.2.6. */
static void test_what_must_not_be_fragmented_is_dropped(void **state)
{
	const struct frame small = FRAME(SOURCE, GROUP, 64, .payload = 72);
	struct plane_lab *l = *state;
	struct frame f = good;

	begin_narrow(l);
	f.fragment = 0x4000;
	send_one(l, &f);
	expect(l, 1, &f);
	assert_int_equal(verdict_of(l, XMGM_CLONED), 1);
	assert_int_equal(verdict_of(l, XMGM_OIF_MTU), 1);
	send_one(l, &small);
	expect(l, 1, &small);
	expect(l, 2, &small);
	assert_int_equal(verdict_of(l, XMGM_FORWARDED), 1);
	run_ip("link set r2 mtu 1500");
	set_mtu_of(l, 2, 1500);
	send_one(l, &f);
	expect(l, 1, &f);
	expect(l, 2, &f);
	assert_int_equal(verdict_of(l, XMGM_FORWARDED), 2);
}

/* By user space, if there is one, and no more than a rate. */
static void test_what_is_longer_than_the_mtu_leaves_in_fragments(void **state)
{
	struct plane_lab *l = *state;
	struct xmgm_settings s;
	uint8_t got[FRAME_ROOM];
	uint32_t zero = 0;
	int map;

	begin_narrow(l);
	plane_beat(l->plane, 0);
	send_one(l, &good);
	expect(l, 1, &good);
	assert_int_equal(verdict_of(l, XMGM_FRAGMENT_LOST), 1);
	plane_beat(l->plane, run_now_ns());
	send_one(l, &good);
	expect(l, 1, &good);
	assert_int_equal(verdict_of(l, XMGM_FRAGMENTED), 1);
	WAIT_FOR(l, lab_counters(l).fragments == 2);
	assert_int_equal(lab_receive(l, 2, got), 14 + 20 + 80);
	assert_int_equal(got[22], 63);
	assert_int_equal(lab_receive(l, 2, got), 14 + 20 + 28);
	map = lab_pin(l, "settings");
	assert_int_equal(bpf_map_lookup_elem(map, &zero, &s), 0);
	assert_int_equal(s.fragment_rate, 1000);
	s.fragment_rate = 1;
	assert_int_equal(bpf_map_update_elem(map, &zero, &s, BPF_ANY), 0);
	close(map);
	for (int i = 0; i < 3; i++) {
		send_one(l, &good);
		expect(l, 1, &good);
	}
	assert_true(verdict_of(l, XMGM_FRAGMENT_LIMITED) > 0);
	assert_int_equal(verdict_of(l, XMGM_FRAGMENT_LIMITED) +
				 verdict_of(l, XMGM_FRAGMENTED),
			 4);
	run_ip("link set r2 mtu 1500");
}

/* What a socket here has joined goes to the stack, whole and as it came. */
static void test_a_socket_of_this_machine_gets_its_own(void **state)
{
	const struct sockaddr_in at = {
		.sin_family = AF_INET,
		.sin_port = htons(5001),
		.sin_addr = {inet_addr(GROUP)},
	};
	struct plane_lab *l = *state;
	struct ip_mreqn join = {.imr_multiaddr = at.sin_addr,
				.imr_ifindex = (int)l->near[0]};
	struct plane_local local = {.ifid = l->near[0]};
	struct timeval patience = {.tv_sec = 2};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), ttl = 0, on = 1;
	char data[256], control[64];
	struct iovec iov = {data, sizeof(data)};
	struct msghdr msg = {.msg_iov = &iov,
			     .msg_iovlen = 1,
			     .msg_control = control,
			     .msg_controllen = sizeof(control)};

	begin(l);
	run_ip("addr add 10.0.0.254/24 dev r0");
	assert_int_equal(setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &join,
				    sizeof(join)),
			 0);
	setsockopt(fd, IPPROTO_IP, IP_RECVTTL, &on, sizeof(on));
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	assert_int_equal(bind(fd, (const struct sockaddr *)&at, sizeof(at)), 0);
	lab_add_route(l, FLOW, MASK(1) | MASK(2));
	memcpy(local.group, FLOW.group, 4);
	assert_int_equal(plane_locals_set(l->plane, &local, 1), 0);
	send_one(l, &good);
	expect(l, 1, &good);
	expect(l, 2, &good);
	assert_true(recvmsg(fd, &msg, 0) > 0);
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&msg); c;
	     c = CMSG_NXTHDR(&msg, c))
		if (c->cmsg_type == IP_TTL)
			memcpy(&ttl, CMSG_DATA(c), sizeof(ttl));
	assert_int_equal(ttl, 64); /* what we have changed is put back */
	assert_int_equal(plane_locals_set(l->plane, NULL, 0), 0);
	send_one(l, &good);
	expect(l, 1, &good);
	assert_int_equal(verdict_of(l, XMGM_CLONED), 1);
	assert_true(recv(fd, data, sizeof(data), MSG_DONTWAIT) < 0);
	close(fd);
	run_ip("addr del 10.0.0.254/24 dev r0");
}

/* With the router MAC there as well, and each copy counted once. */
static void test_a_plain_port_is_plain_there_too(void **state)
{
	static const uint8_t router[6] = {2, 0xaa, 0, 0, 0, 9};
	struct plane_lab *l = *state;
	struct plane_port port = lab_port(l, 2);
	struct plane_port_info info;
	uint8_t got[FRAME_ROOM];

	begin(l);
	port.any_mac = true;
	assert_int_equal(plane_port_set(l->plane, &port), 0);
	assert_int_equal(plane_router_mac_set(l->plane, router), 0);
	set_path(l, 1, PLANE_PATH_CLONE, 1);
	lab_add_route(l, FLOW, MASK(1) | MASK(2));
	for (int i = 0; i < 5; i++) {
		send_one(l, &good);
		expect(l, 1, &good);
		assert_true(lab_receive(l, 2, got) > 0);
		assert_memory_equal(got + 6, router, 6);
	}
	for (int i = 1; i < 3; i++) {
		WAIT_FOR(l, (plane_port_get(l->plane, l->near[i], &info),
			     info.packets_expected == 5));
		assert_int_equal(info.packets_out, 5);
	}
	assert_int_equal(lab_counters(l).egress_lost, 0);
}

/* Where the kernel has refused the program, XDP serves the others. */
static void test_without_it_xdp_serves_whom_it_can(void **state)
{
	struct plane_lab *l = *state;
	struct xmgm_interface in;
	uint32_t ifid = l->near[0];
	int map;

	begin(l);
	set_path(l, 2, PLANE_PATH_CLONE, 1);
	lab_add_route(l, FLOW, MASK(1) | MASK(2));
	map = lab_pin(l, "interfaces");
	assert_int_equal(bpf_map_lookup_elem(map, &ifid, &in), 0);
	in.flags &= ~(uint32_t)XMGM_IF_CLONES;
	assert_int_equal(bpf_map_update_elem(map, &ifid, &in, BPF_ANY), 0);
	send_one(l, &good);
	expect(l, 1, &good);
	assert_int_equal(verdict_of(l, XMGM_FORWARDED), 1);
	assert_int_equal(verdict_of(l, XMGM_CLONED), 0);
	close(map);
}

/* As a program of this machine: out of r<port>. */
static void send_own(struct plane_lab *l, int port, const struct frame *f)
{
	struct sockaddr_ll to = {.sll_family = AF_PACKET,
				 .sll_ifindex = (int)l->near[port]};
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	uint8_t frame[FRAME_ROOM];
	size_t len = frame_put(f, frame);

	to.sll_protocol = htons(ETH_P_IP);
	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (const struct sockaddr *)&to, sizeof(to)), 0);
	assert_int_equal(send(fd, frame, len, 0), len);
	close(fd);
}

/* The next frame there is as it was sent. */
static void expect_sent(struct plane_lab *l, int port, const struct frame *f)
{
	uint8_t want[FRAME_ROOM], got[FRAME_ROOM];
	size_t len = frame_put(f, want);

	assert_int_equal(lab_receive(l, port, got), len);
	assert_memory_equal(got, want, len);
}

/* It leaves there, and is routed to the others as if it had come from there. */
static void test_what_this_machine_sends_is_routed(void **state)
{
	struct plane_lab *l = *state;
	struct plane_port_info info;
	struct frame f = good;
	struct xmgm_mfe mfe;

	begin(l);
	lab_add_route(l, FLOW, MASK(1) | MASK(2));
	send_own(l, 0, &good);
	expect_sent(l, 0, &good);
	expect(l, 1, &good);
	expect(l, 2, &good);
	assert_int_equal(verdict_of(l, XMGM_OWN), 1);
	assert_int_equal(verdict_of(l, XMGM_CLONED), 0);
	f.ttl = 1;
	send_own(l, 0, &f);
	expect_sent(l, 0, &f);
	send_own(l, 3, &good); /* not its iif */
	expect_sent(l, 3, &good);
	send_own(l, 0, &good);
	expect(l, 1, &good);
	assert_int_equal(plane_mfe_read(l->plane, FLOW, &mfe), 0);
	assert_int_equal(mfe.packets, 2);
	assert_int_equal(mfe.bytes, 256);
	assert_int_equal(mfe.wrong_if, 0);
	WAIT_FOR(l, (plane_port_get(l->plane, l->near[1], &info),
		     info.packets_expected == 2));
	assert_int_equal(info.packets_out, 2);
}

static void make_route(struct plane_lab *l, struct xmgm_flow flow)
{
	lab_add_route(l, flow, MASK(1) | MASK(2));
	plane_flow_release(l->plane, flow);
}

/* Its first packets wait for the route as others do, and leave meanwhile. */
static void test_a_new_flow_of_this_machine_loses_nothing(void **state)
{
	struct plane_lab *l = *state;
	struct frame f = good;

	begin(l);
	plane_beat(l->plane, run_now_ns());
	for (uint8_t i = 0; i < 3; i++) {
		f.ttl = 64 - i;
		send_own(l, 0, &f);
		expect_sent(l, 0, &f);
	}
	l->on_miss = make_route;
	for (uint8_t i = 0; i < 3; i++) {
		f.ttl = 64 - i;
		WAIT_FOR(l, verdict_of(l, XMGM_FORWARDED) > i);
		expect(l, 1, &f);
		expect(l, 2, &f);
	}
	assert_true(l->last.flags & XMGM_UPCALL_OWN);
	assert_int_equal(verdict_of(l, XMGM_MISS), 1);
	assert_int_equal(verdict_of(l, XMGM_HELD), 2);
}

static bool has_qdisc(const char *device)
{
	char command[128];

	snprintf(command, sizeof(command),
		 "tc qdisc show dev %s | grep -q clsact", device);
	return !system(command);
}

/* The qdisc goes if it was ours and nobody else has come to it. */
static void test_nothing_is_left_behind(void **state)
{
	struct plane_lab *l = *state;
	const char *error;

	begin(l);
	assert_true(has_qdisc("r1"));
	assert_int_equal(plane_detach(l->plane, l->near[1], &error), 0);
	assert_false(has_qdisc("r1"));
	assert_int_equal(system("tc filter add dev r2 egress protocol ip prio "
				"1 u32 match u32 0 0 flowid 1:1"),
			 0);
	assert_int_equal(plane_detach(l->plane, l->near[2], &error), 0);
	assert_true(has_qdisc("r2"));
	assert_true(system("tc filter show dev r2 ingress | grep -q bpf"));
	assert_int_equal(system("tc qdisc del dev r2 clsact"), 0);
}

static bool is_flagged(struct plane_lab *l)
{
	struct xmgm_mfe mfe;

	assert_int_equal(plane_mfe_read(l->plane, FLOW, &mfe), 0);
	return mfe.flags & XMGM_MFE_CLONE;
}

/* Told port by port, the routes there are looked at once, behind the last. */
static void test_after_a_start_routes_are_looked_at_once(void **state)
{
	struct plane_lab *l = *state;

	begin(l);
	lab_add_route(l, FLOW, MASK(1) | MASK(2));
	lab_reopen(l);
	set_path(l, 1, PLANE_PATH_CLONE, 1);
	assert_false(is_flagged(l));
	set_path(l, 2, PLANE_PATH_CLONE, 1);
	assert_false(is_flagged(l));
	lab_turn(l);
	assert_true(is_flagged(l));
	send_one(l, &good);
	expect(l, 1, &good);
	expect(l, 2, &good);
	set_path(l, 1, PLANE_PATH_XDP, 1);
	assert_true(is_flagged(l));
	set_path(l, 2, PLANE_PATH_XDP, 1);
	assert_false(is_flagged(l));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		PLANE_TEST(test_a_port_takes_its_routes_to_the_clone_path),
		PLANE_TEST(test_a_set_is_listed_as_it_is),
		PLANE_TEST(test_thresholds_hold_there_too),
		PLANE_TEST(test_what_must_not_be_fragmented_is_dropped),
		PLANE_TEST(
			test_what_is_longer_than_the_mtu_leaves_in_fragments),
		PLANE_TEST(test_a_socket_of_this_machine_gets_its_own),
		PLANE_TEST(test_a_plain_port_is_plain_there_too),
		PLANE_TEST(test_without_it_xdp_serves_whom_it_can),
		PLANE_TEST(test_what_this_machine_sends_is_routed),
		PLANE_TEST(test_a_new_flow_of_this_machine_loses_nothing),
		PLANE_TEST(test_after_a_start_routes_are_looked_at_once),
		PLANE_TEST(test_nothing_is_left_behind),
	};

	return PLANE_LAB_MAIN("plane_clone", tests);
}
