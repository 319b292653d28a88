/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * VLANs on the wire: packets that arrive with a tag, several VLANs of one
 * trunk as oifs of one route, VLAN to VLAN on one port, mixed with untagged
 * ones; what is counted for each, and what a change or a restart does to the
 * others. Every copy is looked at, tag and MAC address.
 */
#include "plane/bpf.h"
#include "plane_lab.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <arpa/inet.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <bpf/bpf.h>

#define SOURCE	"10.0.0.1"
#define GROUP	"239.1.1.1"
#define FLOW	frame_flow(SOURCE, GROUP)
#define OTHER	frame_flow(SOURCE, "239.1.1.2")
#define MASK(p) (1u << (p))
#define Q	0x8100
#define AD	0x88a8

/* VLANs of r1, and one of r0. */
enum { V10, V20, V30, S10, V5, VLANS };
static const struct {
	int port;
	uint16_t vlan;
	bool service;
} vlans[VLANS] = {
	[V10] = {1, 10},       [V20] = {1, 20}, [V30] = {1, 30},
	[S10] = {1, 10, true}, [V5] = {0, 5},
};

static const struct frame good = FRAME(SOURCE, GROUP, 64, .payload = 100);
static const struct frame second =
	FRAME(SOURCE, "239.1.1.2", 64, .payload = 90);

static uint32_t ifid_of(int vlan)
{
	return XMGM_IFID_VLAN + (uint32_t)vlan;
}

static struct plane_port vlan_port(struct plane_lab *l, int vlan)
{
	struct plane_port port = {
		.ifid = ifid_of(vlan),
		.ifindex = l->near[vlans[vlan].port],
		.vlan = vlans[vlan].vlan,
		.service = vlans[vlan].service,
		.path = PLANE_PATH_XDP,
		.mac = {2, 0xdd, 0, 0, 0, (uint8_t)vlan},
		.ttl_threshold = 1,
	};

	snprintf(port.name, sizeof(port.name), "r%d.%d%s", vlans[vlan].port,
		 port.vlan, port.service ? "s" : "");
	return port;
}

static void set_port(struct plane_lab *l, const struct plane_port *port)
{
	assert_int_equal(plane_port_set(l->plane, port), 0);
}

static void drop_received(struct plane_lab *l)
{
	uint8_t frame[FRAME_ROOM];

	for (int i = 0; i < PORTS; i++)
		while (recv(l->sock[i], frame, sizeof(frame), MSG_DONTWAIT) > 0)
			;
}

static void begin(struct plane_lab *l)
{
	const struct xmgm_interface owned = {.owner = XMGM_OWNER_STATIC};

	lab_attach_all(l);
	for (int v = 0; v < VLANS; v++) {
		struct plane_port port = vlan_port(l, v);

		assert_int_equal(
			plane_interface_set(l->plane, port.ifid, &owned), 0);
		set_port(l, &port);
	}
	drop_received(l);
}

static int compare(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

/* A route from iif to untagged ports and to VLANs, both as masks. */
static void route_from(struct plane_lab *l, struct xmgm_flow flow, uint32_t iif,
		       uint32_t ports, uint32_t tagged)
{
	uint32_t oifs[PORTS + VLANS], n = 0, set;

	for (int i = 0; i < PORTS; i++)
		if (ports & MASK(i))
			oifs[n++] = l->near[i];
	for (int v = 0; v < VLANS; v++)
		if (tagged & MASK(v))
			oifs[n++] = ifid_of(v);
	qsort(oifs, n, sizeof(*oifs), compare);
	assert_int_equal(plane_set_get(l->plane, oifs, n, &set), 0);
	assert_int_equal(plane_mfe_put(l->plane, flow, iif, set, 0), 0);
	assert_int_equal(plane_commit(l->plane), 0);
}

static void route(struct plane_lab *l, struct xmgm_flow flow, uint32_t ports,
		  uint32_t tagged)
{
	route_from(l, flow, l->near[0], ports, tagged);
}

static void send_one(struct plane_lab *l, int port, const struct frame *f)
{
	uint8_t frame[FRAME_ROOM];

	lab_send(l, port, frame, frame_put(f, frame));
}

/* What a receiver of the port, or of the VLAN, is to get. */
static size_t copy_of(const struct frame *f, int port, int vlan, uint8_t *frame)
{
	const uint8_t own[6] = {2, 0xcc, 0, 0, 0, (uint8_t)port};
	const uint8_t mac[6] = {2, 0xdd, 0, 0, 0, (uint8_t)vlan};
	struct frame plain = *f;
	size_t len;

	memset(plain.tags, 0, sizeof(plain.tags));
	len = frame_put(&plain, frame);
	frame_forwarded(frame);
	memcpy(frame + 6, vlan < 0 ? own : mac, 6);
	if (vlan < 0)
		return len;
	return frame_tag(frame, len, vlans[vlan].service ? AD : Q,
			 vlans[vlan].vlan);
}

static bool is_copy(const uint8_t *got, size_t len, const struct frame *f,
		    int port, int vlan)
{
	uint8_t want[FRAME_ROOM];

	return copy_of(f, port, vlan, want) == len && !memcmp(got, want, len);
}

/*
 * `count` packets of this frame have left by r<port>: each VLAN of the mask
 * has got that many, the port itself as well, or none, and nobody else any.
 */
static void expect(struct plane_lab *l, int port, const struct frame *f,
		   bool untagged, uint32_t tagged, int count)
{
	int seen[VLANS] = {0}, own = 0, wanted = untagged;
	uint8_t got[FRAME_ROOM];

	for (int v = 0; v < VLANS; v++)
		wanted += !!(tagged & MASK(v));
	for (int i = 0; i < wanted * count; i++) {
		size_t len = lab_receive(l, port, got);
		int v = 0;

		if (!len)
			fail_msg("p%d: %d copies of %d: %d own, %d %d %d %d %d",
				 port, i, wanted * count, own, seen[0], seen[1],
				 seen[2], seen[3], seen[4]);
		while (v < VLANS &&
		       !((tagged & MASK(v)) && is_copy(got, len, f, port, v)))
			v++;
		if (v < VLANS)
			seen[v]++;
		else if (untagged && is_copy(got, len, f, port, -1))
			own++;
		else
			fail_msg("p%d: a copy for nobody: tag %02x%02x %d",
				 port, got[12], got[13], got[15]);
	}
	for (int v = 0; v < VLANS; v++)
		assert_int_equal(seen[v], tagged & MASK(v) ? count : 0);
	assert_int_equal(own, untagged ? count : 0);
}

static uint64_t verdict_of(struct plane_lab *l, enum xmgm_reason reason)
{
	uint64_t verdicts[XMGM_REASON_COUNT];

	plane_verdicts(l->plane, verdicts);
	return verdicts[reason];
}

static void test_several_vlans_of_one_trunk_get_a_copy_each(void **state)
{
	struct plane_lab *l = *state;

	begin(l);
	route(l, FLOW, MASK(2) | MASK(3), MASK(V10) | MASK(V20) | MASK(V30));
	for (int i = 0; i < 50; i++)
		send_one(l, 0, &good);
	expect(l, 1, &good, false, MASK(V10) | MASK(V20) | MASK(V30), 50);
	expect(l, 2, &good, true, 0, 50);
	expect(l, 3, &good, true, 0, 50);
}

static void test_one_vlan_alone(void **state)
{
	struct plane_lab *l = *state;

	begin(l);
	route(l, FLOW, 0, MASK(V20));
	send_one(l, 0, &good);
	expect(l, 1, &good, false, MASK(V20), 1);
	assert_int_equal(verdict_of(l, XMGM_FORWARDED), 1);
}

static void test_a_service_vlan_has_another_tag(void **state)
{
	struct plane_lab *l = *state;

	begin(l);
	route(l, FLOW, 0, MASK(V10) | MASK(S10));
	send_one(l, 0, &good);
	expect(l, 1, &good, false, MASK(V10) | MASK(S10), 1);
}

/* The trunk's own port as well, and the VLAN it came in is none of them. */
static void test_vlan_to_vlan_on_one_port(void **state)
{
	struct frame f = good;
	struct plane_lab *l = *state;

	begin(l);
	f.tags[0].type = Q;
	f.tags[0].tci = 0xe000 | 30;
	route_from(l, FLOW, ifid_of(V30), MASK(1), MASK(V10) | MASK(V20));
	for (int i = 0; i < 20; i++)
		send_one(l, 1, &f);
	expect(l, 1, &f, true, MASK(V10) | MASK(V20), 20);
}

static void test_from_a_vlan_to_untagged_ports(void **state)
{
	struct frame f = good;
	struct plane_lab *l = *state;

	begin(l);
	f.tags[0].type = Q;
	f.tags[0].tci = 5;
	route_from(l, FLOW, ifid_of(V5), MASK(0) | MASK(2), 0);
	send_one(l, 0, &f);
	expect(l, 0, &f, true, 0, 1);
	expect(l, 2, &f, true, 0, 1);
}

/* Copies of one bulk are of many packets, and these of several sets. */
static void test_flows_of_different_sets_do_not_mix(void **state)
{
	struct plane_lab *l = *state;
	uint8_t got[FRAME_ROOM];
	int seen[2][VLANS] = {0};

	begin(l);
	route(l, FLOW, MASK(1), MASK(V10) | MASK(V20));
	route(l, OTHER, 0, MASK(V20) | MASK(V30));
	for (int i = 0; i < 200; i++)
		send_one(l, 0, i % 3 ? &good : &second);
	for (int i = 0; i < 133 * 3 + 67 * 2; i++) {
		size_t len = lab_receive(l, 1, got);

		assert_true(len > 0);
		for (int v = 0; v < VLANS; v++) {
			seen[0][v] += is_copy(got, len, &good, 1, v);
			seen[1][v] += is_copy(got, len, &second, 1, v);
		}
	}
	assert_int_equal(seen[0][V10], 133);
	assert_int_equal(seen[0][V20], 133);
	assert_int_equal(seen[0][V30], 0);
	assert_int_equal(seen[1][V10], 0);
	assert_int_equal(seen[1][V20], 67);
	assert_int_equal(seen[1][V30], 67);
}

/* A route of the trunk's own port alone needs no number. */
static void test_a_set_without_vlans_leaves_a_trunk_untagged(void **state)
{
	struct plane_lab *l = *state;

	begin(l);
	route(l, FLOW, MASK(1) | MASK(2), 0);
	send_one(l, 0, &good);
	expect(l, 1, &good, true, 0, 1);
	expect(l, 2, &good, true, 0, 1);
	route(l, FLOW, MASK(1), MASK(V10));
	send_one(l, 0, &good);
	expect(l, 1, &good, true, MASK(V10), 1);
	route(l, FLOW, MASK(1), 0);
	send_one(l, 0, &good);
	expect(l, 1, &good, true, 0, 1);
}

/* Its copies would leave without the program that puts the tags on. */
static void test_a_trunk_is_not_plain_but_others_of_its_sets_are(void **state)
{
	static const uint8_t router[6] = {2, 0xaa, 0, 0, 0, 9};
	struct plane_lab *l = *state;
	struct plane_port port;
	struct plane_port_info info;
	uint8_t got[FRAME_ROOM];

	lab_attach_all(l);
	for (int i = 1; i < 3; i++) {
		port = lab_port(l, i);
		port.any_mac = true;
		set_port(l, &port);
	}
	assert_int_equal(plane_router_mac_set(l->plane, router), 0);
	route(l, OTHER, MASK(1) | MASK(2), 0);
	plane_port_get(l->plane, l->near[1], &info);
	assert_true(info.plain);
	for (int v = 0; v < VLANS; v++) {
		port = vlan_port(l, v);
		port.any_mac = true;
		set_port(l, &port);
	}
	plane_port_get(l->plane, l->near[1], &info);
	assert_false(info.plain);
	plane_port_get(l->plane, ifid_of(V10), &info);
	assert_false(info.plain);
	plane_port_get(l->plane, l->near[2], &info);
	assert_true(info.plain);
	drop_received(l);
	route(l, FLOW, MASK(1) | MASK(2), MASK(V10) | MASK(V20));
	send_one(l, 0, &good);
	expect(l, 1, &good, true, MASK(V10) | MASK(V20), 1);
	assert_true(lab_receive(l, 2, got) > 0);
	assert_memory_equal(got + 6, router, 6);
	send_one(l, 0, &second);
	expect(l, 1, &second, true, 0, 1);
}

static void test_each_vlan_has_its_threshold_and_counters(void **state)
{
	struct plane_lab *l = *state;
	struct plane_port high = vlan_port(l, V20);
	struct plane_port_info info;

	begin(l);
	high.ttl_threshold = 64;
	set_port(l, &high);
	route(l, FLOW, MASK(1), MASK(V10) | MASK(V20));
	for (int i = 0; i < 7; i++)
		send_one(l, 0, &good);
	expect(l, 1, &good, true, MASK(V10), 7);
	assert_int_equal(verdict_of(l, XMGM_OIF_TTL), 7);
	WAIT_FOR(l, (plane_port_get(l->plane, ifid_of(V20), &info),
		     info.packets_expected == 7));
	assert_int_equal(info.ttl_low, 7);
	assert_int_equal(info.packets_out, 0);
	assert_int_equal(info.ttl_threshold, 64);
	plane_port_get(l->plane, ifid_of(V10), &info);
	assert_int_equal(info.packets_out, 7);
	assert_int_equal(info.bytes_out, 7 * 128);
	assert_int_equal(info.ttl_low, 0);
	assert_int_equal(info.mode, XMGM_MODE_NATIVE);
	plane_port_get(l->plane, l->near[1], &info);
	assert_int_equal(info.packets_out, 7);
	assert_int_equal(info.ttl_low, 0);
	/* What our program has dropped, of its VLANs as well, is no refusal. */
	assert_int_equal(info.refused, 0);
	assert_int_equal(lab_counters(l).egress_lost, 0);
}

/* The others of the set lose nothing and get nothing twice. */
static void test_an_oif_that_is_lost_keeps_its_number(void **state)
{
	struct plane_lab *l = *state;
	struct plane_port_info info;

	begin(l);
	route(l, FLOW, MASK(1), MASK(V10) | MASK(V20) | MASK(V30));
	send_one(l, 0, &good);
	expect(l, 1, &good, true, MASK(V10) | MASK(V20) | MASK(V30), 1);
	plane_oif_lose(l->plane, ifid_of(V20));
	for (int i = 0; i < 10; i++)
		send_one(l, 0, &good);
	expect(l, 1, &good, true, MASK(V10) | MASK(V30), 10);
	plane_port_get(l->plane, l->near[1], &info);
	assert_int_equal(info.refused, 0);
	assert_int_equal(verdict_of(l, XMGM_OIF_GONE), 10);
	lab_reopen(l); /* another process finds it so */
	send_one(l, 0, &good);
	expect(l, 1, &good, true, MASK(V10) | MASK(V30), 1);
	plane_oif_lose(l->plane, l->near[1]);
	send_one(l, 0, &good);
	expect(l, 1, &good, false, MASK(V10) | MASK(V30), 1);
	route(l, FLOW, 0, MASK(V10) | MASK(V20));
	send_one(l, 0, &good);
	expect(l, 1, &good, false, MASK(V10) | MASK(V20), 1);
}

/* Sets change under traffic: each receiver of both gets each packet once. */
static void test_changes_under_traffic_lose_nothing(void **state)
{
	struct plane_lab *l = *state;
	uint8_t got[FRAME_ROOM];
	uint32_t sent = 0, seen = 0;

	begin(l);
	route(l, FLOW, 0, MASK(V20));
	for (int round = 0; round < 40; round++) {
		for (int i = 0; i < 20; i++, sent++)
			send_one(l, 0, &good);
		route(l, FLOW, round % 3 ? MASK(1) : 0,
		      MASK(V20) | (round % 2 ? MASK(V10) | MASK(V30) : 0));
	}
	for (size_t len; seen < sent && (len = lab_receive(l, 1, got));)
		seen += is_copy(got, len, &good, 1, V20);
	assert_int_equal(seen, sent);
}

static void test_it_outlives_the_process(void **state)
{
	struct plane_lab *l = *state;
	struct frame f = good;

	begin(l);
	f.tags[0].type = Q;
	f.tags[0].tci = 5;
	route_from(l, FLOW, ifid_of(V5), MASK(1), MASK(V10) | MASK(V20));
	lab_reopen(l);
	send_one(l, 0, &f);
	expect(l, 1, &f, true, MASK(V10) | MASK(V20), 1);
	for (int v = 0; v < VLANS; v++) {
		struct plane_port port = vlan_port(l, v);

		set_port(l, &port);
		send_one(l, 0, &f);
		expect(l, 1, &f, true, MASK(V10) | MASK(V20), 1);
	}
	route_from(l, FLOW, ifid_of(V5), 0, MASK(V20) | MASK(V30));
	send_one(l, 0, &f);
	expect(l, 1, &f, false, MASK(V20) | MASK(V30), 1);
}

static void test_a_vlan_that_is_gone_is_nobodys(void **state)
{
	struct plane_lab *l = *state;
	struct frame f = good;

	begin(l);
	f.tags[0].type = Q;
	f.tags[0].tci = 5;
	route_from(l, FLOW, ifid_of(V5), 0, MASK(V10) | MASK(V20));
	plane_port_gone(l->plane, ifid_of(V10));
	send_one(l, 0, &f);
	expect(l, 1, &f, false, MASK(V20), 1);
	plane_port_gone(l->plane, ifid_of(V5));
	send_one(l, 0, &f);
	WAIT_FOR(l, verdict_of(l, XMGM_VLAN) == 1);
	route(l, FLOW, 0, MASK(V20));
	send_one(l, 0, &good);
	expect(l, 1, &good, false, MASK(V20), 1);
}

/* It is held with its tag, and sent to all of its VLANs. */
static void on_miss(struct plane_lab *l, struct xmgm_flow flow)
{
	assert_int_equal(l->last.ifid, ifid_of(V5));
	route_from(l, flow, ifid_of(V5), MASK(2), MASK(V10) | MASK(V20));
	plane_flow_release(l->plane, flow);
}

static void test_a_new_flow_of_a_vlan_is_held_and_sent(void **state)
{
	struct plane_lab *l = *state;
	struct frame f = good;

	begin(l);
	f.tags[0].type = Q;
	f.tags[0].tci = 5;
	l->on_miss = on_miss;
	lab_turn(l);
	for (int i = 0; i < 5; i++)
		send_one(l, 0, &f);
	WAIT_FOR(l, lab_counters(l).replayed == 5);
	expect(l, 1, &f, false, MASK(V10) | MASK(V20), 5);
	expect(l, 2, &f, true, 0, 5);
}

static void set_path(struct plane_lab *l, int vlan, enum plane_path path)
{
	struct plane_port port = vlan_port(l, vlan);

	port.path = path;
	set_port(l, &port);
}

/* With a tag before it and without one after it, or the reverse. */
static void test_the_clone_path_has_vlans_as_well(void **state)
{
	struct plane_lab *l = *state;
	struct plane_port_info info;
	struct frame f = good;

	begin(l);
	set_path(l, V20, PLANE_PATH_CLONE);
	route(l, FLOW, MASK(1) | MASK(2), MASK(V10) | MASK(V20) | MASK(S10));
	for (int i = 0; i < 10; i++)
		send_one(l, 0, &good);
	expect(l, 1, &good, true, MASK(V10) | MASK(V20) | MASK(S10), 10);
	expect(l, 2, &good, true, 0, 10);
	assert_int_equal(verdict_of(l, XMGM_CLONED), 10);
	plane_port_get(l->plane, ifid_of(V20), &info);
	assert_int_equal(info.path, PLANE_PATH_CLONE);
	assert_int_equal(info.packets_out, 10);
	f.tags[0].type = Q;
	f.tags[0].tci = 0x2000 | 5;
	route_from(l, FLOW, ifid_of(V5), MASK(1), MASK(V10) | MASK(V20));
	for (int i = 0; i < 10; i++)
		send_one(l, 0, &f);
	expect(l, 1, &f, true, MASK(V10) | MASK(V20), 10);
	assert_int_equal(verdict_of(l, XMGM_CLONED), 20);
	set_path(l, V20, PLANE_PATH_XDP);
	send_one(l, 0, &f);
	expect(l, 1, &f, true, MASK(V10) | MASK(V20), 1);
	assert_int_equal(verdict_of(l, XMGM_CLONED), 20);
}

static void attach_as(struct plane_lab *l, enum plane_mode mode)
{
	const char *error = "";

	if (plane_attach(l->plane, l->near[0], mode, &error))
		fail_msg("%s", error);
}

/* What ingress has written is not there then, but each copy is made at once. */
static void test_from_generic_mode_as_well(void **state)
{
	struct plane_lab *l = *state;
	struct frame f = good;

	begin(l);
	f.tags[0].type = Q;
	f.tags[0].tci = 5;
	attach_as(l, PLANE_GENERIC);
	route(l, FLOW, MASK(2), MASK(V10) | MASK(V20));
	for (int i = 0; i < 10; i++)
		send_one(l, 0, &good);
	expect(l, 1, &good, false, MASK(V10) | MASK(V20), 10);
	expect(l, 2, &good, true, 0, 10);
	route_from(l, FLOW, ifid_of(V5), MASK(1) | MASK(2), MASK(V30));
	for (int i = 0; i < 10; i++)
		send_one(l, 0, &f);
	expect(l, 1, &f, true, MASK(V30), 10);
	expect(l, 2, &f, true, 0, 10);
	assert_int_equal(verdict_of(l, XMGM_FORWARDED), 20);
}

static void without_clone_path(struct plane_lab *l, uint32_t ifid)
{
	int map = lab_pin(l, "interfaces");
	struct xmgm_interface in;

	assert_int_equal(bpf_map_lookup_elem(map, &ifid, &in), 0);
	in.flags &= ~(uint32_t)XMGM_IF_CLONES;
	assert_int_equal(bpf_map_update_elem(map, &ifid, &in, BPF_ANY), 0);
	close(map);
}

/* A process that has a tap open sends by it as a host behind it does. */
static int open_tap(struct plane_lab *l, uint32_t *ifindex)
{
	const struct xmgm_interface owned = {.owner = XMGM_OWNER_STATIC};
	struct ifreq ifr = {.ifr_flags = IFF_TAP | IFF_NO_PI};
	struct plane_port port = lab_port(l, 3);
	int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
	const char *error = "";

	strcpy(ifr.ifr_name, "tap0");
	assert_int_equal(ioctl(fd, TUNSETIFF, &ifr), 0);
	run_ip("link set tap0 up");
	*ifindex = port.ifid = port.ifindex = if_nametoindex("tap0");
	if (plane_attach(l->plane, *ifindex, PLANE_NATIVE, &error))
		fail_msg("%s", error);
	assert_int_equal(plane_interface_set(l->plane, *ifindex, &owned), 0);
	set_port(l, &port);
	return fd;
}

/* Older taps have no metadata: then it is the clone path's. */
static void test_vlans_do_not_depend_on_the_driver(void **state)
{
	struct plane_lab *l = *state;
	uint8_t frame[FRAME_ROOM];
	size_t len = frame_put(&good, frame);
	uint32_t ifindex;
	uint64_t cloned;
	int fd;

	begin(l);
	fd = open_tap(l, &ifindex);
	route_from(l, FLOW, ifindex, MASK(2), MASK(V10) | MASK(V20));
	assert_int_equal(write(fd, frame, len), len);
	expect(l, 1, &good, false, MASK(V10) | MASK(V20), 1);
	expect(l, 2, &good, true, 0, 1);
	cloned = verdict_of(l, XMGM_CLONED);
	assert_int_equal(cloned + verdict_of(l, XMGM_FORWARDED), 1);
	without_clone_path(l, ifindex);
	assert_int_equal(write(fd, frame, len), len);
	if (cloned)
		WAIT_FOR(l, verdict_of(l, XMGM_NO_METADATA) == 1);
	else
		expect(l, 1, &good, false, MASK(V10) | MASK(V20), 1);
	close(fd);
}

/* Copies are numbered by ifindex, and not for all there can be. */
static void test_vlans_of_a_far_device_take_the_clone_path(void **state)
{
	struct plane_lab *l = *state;
	struct plane_port port = vlan_port(l, V10);
	struct plane_port_info info;

	lab_attach_all(l);
	run_ip("link add name far index %u type veth peer name end",
	       XMGM_EGRESS_MAX);
	port.ifindex = XMGM_EGRESS_MAX;
	set_port(l, &port);
	plane_port_get(l->plane, port.ifid, &info);
	assert_int_equal(info.path, PLANE_PATH_CLONE);
	run_ip("link del far");
}

static int join_on(const char *device)
{
	const struct sockaddr_in at = {
		.sin_family = AF_INET,
		.sin_port = htons(5001),
		.sin_addr = {inet_addr(GROUP)},
	};
	struct ip_mreqn join = {.imr_multiaddr = at.sin_addr,
				.imr_ifindex = (int)if_nametoindex(device)};
	struct timeval patience = {.tv_sec = 2};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	assert_int_equal(bind(fd, (const struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &join,
				    sizeof(join)),
			 0);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	return fd;
}

/* The clone path puts the tag back: the kernel's own VLAN finds it. */
static void test_a_socket_on_a_vlan_netdev_gets_its_own(void **state)
{
	struct plane_lab *l = *state;
	struct plane_local local = {.ifid = ifid_of(V5)};
	struct frame f = good;
	char data[256];
	int fd;

	if (system("ip link add link r0 name r0.5 type vlan id 5 2>/dev/null"))
		skip(); /* a kernel without VLAN devices */
	run_ip("addr add 10.0.0.254/24 dev r0.5");
	run_ip("link set r0.5 up");
	fd = join_on("r0.5");
	begin(l);
	f.tags[0].type = Q;
	f.tags[0].tci = 5;
	route_from(l, FLOW, ifid_of(V5), MASK(2), MASK(V10) | MASK(V20));
	memcpy(local.group, FLOW.group, 4);
	assert_int_equal(plane_locals_set(l->plane, &local, 1), 0);
	send_one(l, 0, &f);
	expect(l, 1, &f, false, MASK(V10) | MASK(V20), 1);
	expect(l, 2, &f, true, 0, 1);
	assert_true(recv(fd, data, sizeof(data), 0) > 0);
	close(fd);
	run_ip("link del r0.5");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		PLANE_TEST(test_several_vlans_of_one_trunk_get_a_copy_each),
		PLANE_TEST(test_one_vlan_alone),
		PLANE_TEST(test_a_service_vlan_has_another_tag),
		PLANE_TEST(test_vlan_to_vlan_on_one_port),
		PLANE_TEST(test_from_a_vlan_to_untagged_ports),
		PLANE_TEST(test_flows_of_different_sets_do_not_mix),
		PLANE_TEST(test_a_set_without_vlans_leaves_a_trunk_untagged),
		PLANE_TEST(
			test_a_trunk_is_not_plain_but_others_of_its_sets_are),
		PLANE_TEST(test_each_vlan_has_its_threshold_and_counters),
		PLANE_TEST(test_an_oif_that_is_lost_keeps_its_number),
		PLANE_TEST(test_changes_under_traffic_lose_nothing),
		PLANE_TEST(test_it_outlives_the_process),
		PLANE_TEST(test_a_vlan_that_is_gone_is_nobodys),
		PLANE_TEST(test_a_new_flow_of_a_vlan_is_held_and_sent),
		PLANE_TEST(test_the_clone_path_has_vlans_as_well),
		PLANE_TEST(test_from_generic_mode_as_well),
		PLANE_TEST(test_vlans_do_not_depend_on_the_driver),
		PLANE_TEST(test_vlans_of_a_far_device_take_the_clone_path),
		PLANE_TEST(test_a_socket_on_a_vlan_netdev_gets_its_own),
	};

	return PLANE_LAB_MAIN("plane_vlan", tests);
}
