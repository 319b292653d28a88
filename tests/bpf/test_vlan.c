/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * VLAN tags through ingress, by BPF_PROG_RUN: whose a tagged packet is, what
 * is passed with its tag, and the bytes and the metadata that copies leave
 * with. What egress makes of these is in test_egress.c.
 */
#include "lab.h"

#include <string.h>

#include <linux/bpf.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "xmgm.skel.h"

#define SOURCE	 "10.0.0.1"
#define GROUP	 "239.1.1.1" /* from VLAN 100 */
#define UNTAGGED "239.1.1.2" /* from the trunk itself */
#define SERVICE	 "239.1.1.3" /* from VLAN 100 of 802.1ad */
#define NEGATIVE "239.1.1.4" /* from VLAN 100, nobody wants it */
#define BONDED	 "239.1.1.5" /* from VLAN 200 */

#define Q	 0x8100
#define AD	 0x88a8

/* VLANs of lo, where frames come from; 200 has a netdev. */
#define V100 (XMGM_IFID_VLAN)
#define S100 (XMGM_IFID_VLAN + 1)
#define V200 77u

#define CASE(what, reason, action, ...)                               \
	{                                                             \
		what, XMGM_##reason, XDP_##action, FRAME(__VA_ARGS__) \
	}
#define TAG(type, tci) .tags = {{type, tci}}

struct vlan_case {
	const char *what;
	enum xmgm_reason reason;
	uint32_t action;
	struct frame frame;
};

static const struct vlan_case cases[] = {
	CASE("VLAN 100", FORWARDED, REDIRECT, SOURCE, GROUP, 64, TAG(Q, 100)),
	CASE("VLAN 100, of priority 7, may be dropped", FORWARDED, REDIRECT,
	     SOURCE, GROUP, 64, TAG(Q, 0xf000 | 100)),
	CASE("VLAN 100 of 802.1ad", FORWARDED, REDIRECT, SOURCE, SERVICE, 64,
	     TAG(AD, 100)),
	CASE("VLAN 200, with a netdev", FORWARDED, REDIRECT, SOURCE, BONDED, 64,
	     TAG(Q, 200)),
	CASE("a full frame beside its tag", FORWARDED, REDIRECT, SOURCE, GROUP,
	     64, .payload = 1472, TAG(Q, 100)),
	CASE("padding", FORWARDED, REDIRECT, SOURCE, GROUP, 64, .padding = 18,
	     TAG(Q, 100)),

	/* A tag of VLAN 0 says no more than a priority. */
	CASE("no tag", FORWARDED, REDIRECT, SOURCE, UNTAGGED, 64),
	CASE("a priority tag", FORWARDED, REDIRECT, SOURCE, UNTAGGED, 64,
	     TAG(Q, 0)),
	CASE("a priority tag of priority 5", FORWARDED, REDIRECT, SOURCE,
	     UNTAGGED, 64, TAG(Q, 0xa000)),
	CASE("a priority tag of 802.1ad", FORWARDED, REDIRECT, SOURCE, UNTAGGED,
	     64, TAG(AD, 0)),

	/* Each VLAN is an interface of its own. */
	CASE("VLAN 100's flow, untagged", WRONG_IF, DROP, SOURCE, GROUP, 64),
	CASE("VLAN 100's flow, of priority", WRONG_IF, DROP, SOURCE, GROUP, 64,
	     TAG(Q, 0)),
	CASE("VLAN 100's flow, in VLAN 200", WRONG_IF, DROP, SOURCE, GROUP, 64,
	     TAG(Q, 200)),
	CASE("VLAN 100's flow, in that of 802.1ad", WRONG_IF, DROP, SOURCE,
	     GROUP, 64, TAG(AD, 100)),
	CASE("the trunk's flow, in VLAN 100", WRONG_IF, DROP, SOURCE, UNTAGGED,
	     64, TAG(Q, 100)),
	CASE("a flow nobody wants", NEGATIVE, DROP, SOURCE, NEGATIVE, 64,
	     TAG(Q, 100)),
	CASE("a new flow", MISS, DROP, "10.0.0.9", GROUP, 64, TAG(Q, 100)),

	/* Passed as it came */
	CASE("a VLAN nobody has", VLAN, PASS, SOURCE, GROUP, 64, TAG(Q, 101)),
	CASE("VLAN 4095, which is none", VLAN, PASS, SOURCE, GROUP, 64,
	     TAG(Q, 4095)),
	CASE("two tags", TAGS, PASS, SOURCE, GROUP, 64,
	     .tags = {{AD, 100}, {Q, 100}}),
	CASE("two tags of 802.1Q", TAGS, PASS, SOURCE, GROUP, 64,
	     .tags = {{Q, 100}, {Q, 100}}),
	CASE("a priority tag and another", TAGS, PASS, SOURCE, GROUP, 64,
	     .tags = {{Q, 0}, {Q, 100}}),
	CASE("ARP in a VLAN", ETHERTYPE, PASS, SOURCE, GROUP, 64,
	     .ethertype = 0x0806, TAG(Q, 100)),
	CASE("IPv6 in a VLAN", ETHERTYPE, PASS, SOURCE, GROUP, 64,
	     .ethertype = 0x86dd, TAG(Q, 100)),
	CASE("a tag of an old make", ETHERTYPE, PASS, SOURCE, GROUP, 64,
	     TAG(0x9100, 100)),
	CASE("IGMP", IGMP, PASS, SOURCE, "224.0.0.22", 1, 6, 2, TAG(Q, 100)),
	CASE("224.0.0.5", LINK_LOCAL, PASS, SOURCE, "224.0.0.5", 64,
	     TAG(Q, 100)),
	CASE("TTL 1", TTL, PASS, SOURCE, GROUP, 1, TAG(Q, 100)),
	CASE("options", OPTIONS, PASS, SOURCE, GROUP, 64, 6, TAG(Q, 100)),
	CASE("another group's MAC", BAD_MAC, PASS, SOURCE, GROUP, 64,
	     .flags = FRAME_OTHER_MAC, TAG(Q, 100)),

	/* Malformed: without tag and with it alike */
	CASE("17 bytes: half a tag", TRUNCATED, DROP, SOURCE, GROUP, 64,
	     .cut = 29, TAG(Q, 100)),
	CASE("a tag and no IP", TRUNCATED, DROP, SOURCE, GROUP, 64, .cut = 28,
	     TAG(Q, 100)),
	CASE("37 bytes: no whole header", TRUNCATED, DROP, SOURCE, GROUP, 64,
	     .cut = 9, TAG(Q, 100)),
	CASE("the tag is no part of the packet", BAD_LENGTH, DROP, SOURCE,
	     GROUP, 64, .payload = 100, .cut = 4, TAG(Q, 100)),
	CASE("a byte short", BAD_LENGTH, DROP, SOURCE, GROUP, 64,
	     .payload = 100, .cut = 1, TAG(Q, 100)),
	CASE("checksum off by one", BAD_CHECKSUM, DROP, SOURCE, GROUP, 64,
	     .flags = FRAME_BAD_CHECKSUM, TAG(Q, 100)),
	CASE("ihl 15, bad checksum", BAD_CHECKSUM, DROP, SOURCE, GROUP, 64, 15,
	     .flags = FRAME_BAD_CHECKSUM, TAG(Q, 100)),
	CASE("ihl 15", OPTIONS, PASS, SOURCE, GROUP, 64, 15, TAG(Q, 100)),
	CASE("version 6", BAD_VERSION, DROP, SOURCE, GROUP, 64, .version = 6,
	     TAG(Q, 100)),
};

static void put_vlan(struct lab *l, uint32_t vlan, uint32_t ifid)
{
	const struct xmgm_port port = {.ifindex = LAB_LO, .vlan = vlan};

	lab_put(bpf_map__fd(l->skel->maps.ports), &port, &ifid);
	lab_interface(l, ifid, XMGM_OWNER_STATIC, 0);
}

static void put_flow(struct lab *l, const char *group, uint32_t iif)
{
	lab_route(l, frame_flow(SOURCE, group), iif, LAB_SET,
		  XMGM_STATE_FORWARDING);
}

static void begin(struct lab *l)
{
	lab_reset(l);
	put_vlan(l, 100, V100);
	put_vlan(l, 200, V200);
	put_vlan(l, 100 | XMGM_PORT_AD, S100);
	put_flow(l, GROUP, V100);
	put_flow(l, SERVICE, S100);
	put_flow(l, BONDED, V200);
	put_flow(l, UNTAGGED, LAB_LO);
	lab_route(l, frame_flow(SOURCE, NEGATIVE), V100, XMGM_SET_NEGATIVE,
		  XMGM_STATE_NEGATIVE);
}

/* As it came; or, forwarded, without its tag. */
static void check_bytes(struct lab *l, const struct vlan_case *c)
{
	static uint8_t frame[FRAME_ROOM];
	struct frame f = c->frame;
	size_t len;

	if (c->reason == XMGM_FORWARDED)
		memset(f.tags, 0, sizeof(f.tags));
	len = frame_put(&f, frame);
	if (c->reason == XMGM_FORWARDED)
		frame_forwarded(frame);
	CHECK(c->what, l->r.len == len);
	CHECK(c->what, !memcmp(l->r.frame, frame, len));
}

static void test_each_tagged_frame_gets_its_reason_and_bytes(void **state)
{
	struct lab *l = *state;

	for (size_t i = 0; i < ARRAY(cases); i++) {
		const struct vlan_case *c = &cases[i];

		begin(l);
		lab_ingress(l, 0, &c->frame);
		if (!run_is(&l->r, c->reason))
			fail_msg("%s: reason %s", c->what,
				 run_reason_name(run_reason(&l->r)));
		CHECK(c->what, l->r.action == c->action);
		check_bytes(l, c);
	}
}

/* What goes up says where the packet is, and is replayed as it came. */
static void test_a_new_flow_is_reported_with_its_tag(void **state)
{
	struct frame f = FRAME(SOURCE, "239.7.7.7", 64, TAG(Q, 100));
	struct xmgm_flow flow = frame_flow(SOURCE, "239.7.7.7");
	static uint8_t frame[FRAME_ROOM];
	size_t len = frame_put(&f, frame);
	struct lab *l = *state;

	begin(l);
	lab_ingress(l, 0, &f);
	assert_int_equal(lab_consume(l), 1);
	assert_int_equal(l->head.ifid, V100);
	assert_int_equal(l->head.ifindex, LAB_LO);
	assert_int_equal(l->head.l2_len, FRAME_ETH + FRAME_TAG);
	assert_int_equal(l->head.length, len);
	assert_memory_equal(l->frame, frame, len);
	lab_route(l, flow, V100, LAB_SET, XMGM_STATE_DRAINING);
	lab_replay(l, LAB_LO, &f);
	assert_true(run_is(&l->r, XMGM_FORWARDED));
	assert_int_equal(l->r.len, len - FRAME_TAG);
}

/* A packet nobody owns the VLAN of is passed, whole. */
static void test_an_unowned_vlan(void **state)
{
	struct frame f = FRAME(SOURCE, "239.7.7.7", 64, TAG(Q, 100));
	struct lab *l = *state;

	begin(l);
	lab_interface(l, V100, XMGM_OWNER_NONE, 0);
	lab_ingress(l, 0, &f);
	assert_true(run_is(&l->r, XMGM_UNOWNED));
	assert_int_equal(l->r.action, XDP_PASS);
}

/* A half-done checksum is repaired behind a tag as well. */
static void test_partial_checksums_in_a_vlan(void **state)
{
	struct frame f = FRAME(SOURCE, GROUP, 64, .flags = FRAME_UDP_PARTIAL,
			       .payload = 20, TAG(Q, 100));
	struct frame want = FRAME(SOURCE, GROUP, 64, .flags = FRAME_UDP_ZERO,
				  .payload = 20);
	static uint8_t frame[FRAME_ROOM];
	size_t len = frame_put(&want, frame);
	struct lab *l = *state;

	begin(l);
	lab_route_flags(l, frame_flow(SOURCE, GROUP), XMGM_MFE_PARTIAL_CSUM);
	lab_ingress(l, 0, &f);
	assert_true(run_is_both(&l->r, XMGM_FORWARDED, XMGM_CSUM_REPAIRED));
	frame_forwarded(frame);
	assert_int_equal(l->r.len, len);
	assert_memory_equal(l->r.frame, frame, len);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			test_each_tagged_frame_gets_its_reason_and_bytes),
		cmocka_unit_test(test_a_new_flow_is_reported_with_its_tag),
		cmocka_unit_test(test_an_unowned_vlan),
		cmocka_unit_test(test_partial_checksums_in_a_vlan),
	};

	return cmocka_run_group_tests_name("vlan", tests, lab_open, lab_close);
}
