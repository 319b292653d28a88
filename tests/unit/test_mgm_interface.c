/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Interfaces as clients read them and are told of them: those that the daemon
 * has told the manager of, whether anybody owns them or not.
 */
#include "mgm_fixture.h"
#include "v4.h"

#define A 1
#define B 2

/* A client that hears of interfaces: "1 2 -1 " is 1 and 2 changed, 1 gone. */
struct hearer {
	struct fix *f;
	struct mgm_client *handle;
	char log[256];
	uint32_t release; /* what it gives back when it hears of it */
};

static void on_changed(void *arg, uint32_t ifid)
{
	struct hearer *h = arg;
	size_t n = strlen(h->log);

	snprintf(h->log + n, sizeof(h->log) - n, "%u ", ifid);
	if (h->release == ifid) {
		h->release = 0;
		mgm_interface_release(h->f->m, h->handle, ifid);
	}
}

static void on_gone(void *arg, uint32_t ifid)
{
	struct hearer *h = arg;
	size_t n = strlen(h->log);

	snprintf(h->log + n, sizeof(h->log) - n, "-%u ", ifid);
}

static void hear(struct hearer *h, struct fix *f, uint32_t component)
{
	const struct mgm_callbacks callbacks = {
		.size = sizeof(callbacks),
		.interface_changed = on_changed,
		.interface_gone = on_gone,
	};

	*h = (struct hearer){.f = f};
	h->handle = fix_hearer(f, component, &callbacks, h);
}

#define expect_heard(h, text) \
	fix_expect_heard((h)->log, (text), __FILE__, __LINE__)

static const struct mgm_interface_address addresses[] = {
	{.address = MGM_ADDRESS_V4_ANY,
	 .peer = MGM_ADDRESS_V4_ANY,
	 .length = 24},
	{.address = MGM_ADDRESS_V4_ANY,
	 .peer = MGM_ADDRESS_V4_ANY,
	 .length = 16},
};

static const struct mgm_link eth = {
	.ifid = A,
	.name = "eth0",
	.flags = MGM_INTERFACE_UP | MGM_INTERFACE_MULTICAST,
	.mtu = 1500,
	.ttl_threshold = 16,
	.addresses = addresses,
	.address_count = 2,
};

static int feed(struct fix *f, const struct mgm_link *link)
{
	return mgm_interface_changed(f->m, f->now, link);
}

static void test_links_are_read_whether_owned_or_not(void **state)
{
	struct fix *f = *state;
	struct mgm_interface_address room[1];
	struct mgm_interface_info info = {
		.size = sizeof(info), .address_room = 1, .addresses = room};
	struct fix_client *p = fix_client(f, "p", MGM_PROTOCOL_PIM, 7);
	struct fix_client *igmp = fix_igmp(f);

	assert_int_equal(mgm_interface_get(f->m, A, &info), -ENOENT);
	assert_int_equal(feed(f, &eth), 0);
	assert_int_equal(mgm_interface_get(f->m, A, &info), 0);
	assert_string_equal(info.name, "eth0");
	assert_int_equal(info.flags, eth.flags);
	assert_int_equal(info.mtu, 1500);
	assert_int_equal(info.ttl_threshold, 16);
	assert_int_equal(info.owner, MGM_PROTOCOL_NONE);
	assert_false(info.igmp);
	assert_int_equal(info.address_count, 2);
	assert_int_equal(info.address_room, 1);
	assert_int_equal(room[0].length, 24);

	assert_int_equal(fix_take(p, A), 0);
	assert_int_equal(fix_take(igmp, A), 0);
	assert_int_equal(fix_add(igmp, A, 0, 1), 0);
	assert_int_equal(mgm_interface_get(f->m, A, &info), 0);
	assert_int_equal(info.owner, MGM_PROTOCOL_PIM);
	assert_int_equal(info.component, 7);
	assert_true(info.igmp);
	assert_int_equal(info.gate, MGM_GATE_ON);
	assert_int_equal(info.groups, 1);
	info.addresses = NULL;
	assert_int_equal(mgm_interface_get(f->m, A, &info), 0);
	assert_int_equal(info.address_count, 2);

	mgm_interface_gone(f->m, f->now, A);
	assert_int_equal(mgm_interface_get(f->m, A, &info), -ENOENT);
}

static void test_interfaces_come_in_order_of_ifid(void **state)
{
	struct fix *f = *state;
	struct mgm_interface_info info = {.size = sizeof(info)};
	static const uint32_t ifids[] = {900, 3, 0x40000001, 17};
	static const uint32_t order[] = {3, 17, 900, 0x40000001};
	struct mgm_link link = eth;

	assert_int_equal(mgm_interface_next(f->m, 0, &info), -ENOENT);
	for (size_t i = 0; i < 4; i++) {
		link.ifid = ifids[i];
		assert_int_equal(feed(f, &link), 0);
	}
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(mgm_interface_next(f->m, info.ifid, &info), 0);
		assert_int_equal(info.ifid, order[i]);
	}
	assert_int_equal(mgm_interface_next(f->m, info.ifid, &info), -ENOENT);
	assert_int_equal(mgm_interface_next(f->m, UINT32_MAX, &info), -ENOENT);
	assert_int_equal(mgm_interface_next(f->m, 4, &info), 0);
	assert_int_equal(info.ifid, 17);
	info.size = 3;
	assert_int_equal(mgm_interface_next(f->m, 4, &info), -EINVAL);
}

static void test_every_change_of_a_link_is_told_once(void **state)
{
	struct fix *f = *state;
	struct mgm_link link = eth;
	struct hearer h, other;

	hear(&h, f, 0);
	hear(&other, f, 1);
	assert_int_equal(feed(f, &link), 0);
	expect_heard(&h, "1 ");
	expect_heard(&other, "1 ");
	assert_int_equal(feed(f, &link), 0);
	expect_heard(&h, "");
	link.name = "wan";
	feed(f, &link);
	link.mtu = 9000;
	feed(f, &link);
	link.flags = 0;
	feed(f, &link);
	link.ttl_threshold = 1;
	feed(f, &link);
	link.ttl_threshold = 0; /* the same */
	feed(f, &link);
	link.address_count = 1;
	feed(f, &link);
	link.addresses = &addresses[1];
	feed(f, &link);
	expect_heard(&h, "1 1 1 1 1 1 ");
	mgm_interface_gone(f->m, f->now, A);
	expect_heard(&h, "-1 ");
	mgm_interface_gone(f->m, f->now, A);
	expect_heard(&h, "");
	feed(f, &link);
	expect_heard(&h, "1 ");
	assert_int_equal(mgm_deregister(f->m, other.handle), 0);
	other.log[0] = '\0';
	mgm_interface_gone(f->m, f->now, A);
	expect_heard(&other, "");
}

static void test_change_of_owner_is_told_to_all(void **state)
{
	struct fix *f = *state;
	struct fix_client *p = fix_client(f, "p", MGM_PROTOCOL_PIM, 0);
	struct fix_client *q = fix_client(f, "q", MGM_PROTOCOL_PIM, 1);
	struct fix_client *igmp = fix_igmp(f);
	struct hearer h;

	feed(f, &eth);
	hear(&h, f, 0);
	assert_int_equal(fix_take(p, A), 0);
	expect_heard(&h, "1 ");
	assert_int_equal(fix_transfer(p, A, q), 0);
	expect_heard(&h, "1 ");
	assert_int_equal(fix_take(q, A), -EEXIST);
	expect_heard(&h, "");
	assert_int_equal(fix_take(igmp, A), 0);
	expect_heard(&h, "1 ");
	assert_int_equal(fix_release(q, A), -EINPROGRESS);
	expect_heard(&h, ""); /* not yet */
	assert_int_equal(fix_ack(igmp, A), 0);
	expect_heard(&h, "1 ");
	assert_int_equal(fix_done(igmp, A), 0);
	expect_heard(&h, "");
	mgm_client_dead(f->m, igmp->handle);
	expect_heard(&h, "1 ");
	mgm_interface_gone(f->m, f->now, A);
	expect_heard(&h, "-1 ");
}

/* IGMP that does not answer leaves while P takes: one call, one alert. */
static void test_several_changes_in_one_call_are_told_once(void **state)
{
	struct fix *f = *state;
	struct fix_client *p = fix_client(f, "p", MGM_PROTOCOL_PIM, 0);
	struct fix_client *igmp = fix_igmp(f);
	struct hearer h;

	feed(f, &eth);
	assert_int_equal(fix_take(igmp, A), 0);
	hear(&h, f, 0);
	assert_int_equal(fix_take(p, A), -EINPROGRESS);
	fix_tick(f, 1000);
	expect_heard(&h, "1 ");
	assert_int_equal(mgm_interface_take(f->m, h.handle, B), 0);
	expect_heard(&h, "2 ");
	h.release = B; /* from inside: told when that call ends */
	link_turns(f->m, f->now, B, true);
	expect_heard(&h, "2 2 ");
}

static void test_loopback_is_read_and_cannot_be_taken(void **state)
{
	struct fix *f = *state;
	struct fix_client *p = fix_client(f, "p", MGM_PROTOCOL_PIM, 0);
	struct mgm_interface_info info = {.size = sizeof(info)};
	struct mgm_link link = eth;

	link.flags |= MGM_INTERFACE_LOOPBACK;
	feed(f, &link);
	assert_int_equal(fix_take(p, A), -EINVAL);
	assert_int_equal(mgm_interface_get(f->m, A, &info), 0);
	assert_int_equal(info.owner, MGM_PROTOCOL_NONE);
}

/* Those that nobody uses count against no limit but that of links. */
static void test_links_do_not_take_the_room_of_interfaces(void **state)
{
	const struct mgm_limits limits = {.interfaces = 2, .links = 20};
	struct fix *f = fix_new(&limits);
	struct fix_client *p = fix_client(f, "p", MGM_PROTOCOL_PIM, 0);
	struct mgm_interface_info info = {.size = sizeof(info)};
	struct mgm_link link = eth;

	(void)state;
	for (uint32_t i = 1; i <= 20; i++) {
		link.ifid = i;
		assert_int_equal(feed(f, &link), 0);
	}
	link.ifid = 21;
	assert_int_equal(feed(f, &link), -ENOSPC);
	assert_int_equal(mgm_interface_get(f->m, 21, &info), -ENOENT);
	assert_int_equal(mgm_counters(f->m)->limit_links, 1);
	for (uint32_t i = 5; i < 20; i++) {
		assert_int_equal(fix_take(p, i), 0);
		assert_int_equal(fix_take(p, i + 1), 0);
		assert_int_equal(fix_take(p, 1), -ENOSPC);
		assert_int_equal(fix_release(p, i + 1), 0);
		assert_int_equal(fix_release(p, i), 0);
	}
	assert_int_equal(fix_take(p, 21), 0); /* nobody has told of it */
	assert_int_equal(fix_take(p, 22), 0);
	mgm_interface_gone(f->m, f->now, 1);
	link.ifid = 22;
	assert_int_equal(feed(f, &link), 0);
	fix_free(f);
}

static void test_sizes_of_interfaces(void **state)
{
	struct fix *f = *state;
	struct {
		struct mgm_interface_info known;
		uint64_t later;
	} info;

	feed(f, &eth);
	memset(&info, 0xff, sizeof(info));
	info.known.size = sizeof(info);
	info.known.address_room = 0;
	assert_int_equal(mgm_interface_get(f->m, A, &info.known), 0);
	assert_int_equal(info.known.size, sizeof(info));
	assert_int_equal(info.known.address_count, 2);
	assert_int_equal(info.later, 0);
	memset(&info, 0xff, sizeof(info));
	info.known.size = offsetof(struct mgm_interface_info, mtu);
	assert_int_equal(mgm_interface_get(f->m, A, &info.known), 0);
	assert_string_equal(info.known.name, "eth0");
	assert_int_equal(info.known.mtu, UINT32_MAX);
	info.known.size = 0;
	assert_int_equal(mgm_interface_get(f->m, A, &info.known), -EINVAL);
}

static uint32_t unpulled(struct fix *f, uint32_t ifid)
{
	struct mgm_interface_info info = {.size = sizeof(info)};

	assert_int_equal(mgm_interface_get(f->m, ifid, &info), 0);
	return info.unpulled;
}

/* Between interfaces of IGMP alone there is nobody to hear of a join. */
static void test_joins_nobody_can_pull_are_counted(void **state)
{
	struct fix *f = *state;
	struct fix_client *igmp = fix_igmp(f);
	struct fix_client *p = fix_client(f, "p", XMGM_OWNER_PIM, 0);

	f->rib[7] = 1;
	f->behind[7] = true;
	f->rib[8] = 1; /* on the link itself */
	fix_take(igmp, 1);
	fix_take(igmp, 2);
	fix_take(p, 3);
	fix_add(igmp, 1, 7, 1); /* where it comes from */
	assert_int_equal(unpulled(f, 1), 0);
	fix_add(igmp, 2, 7, 1);
	fix_add(igmp, 2, 8, 1);
	assert_int_equal(unpulled(f, 1), 1);
	fix_add(p, 3, 7, 2);
	assert_int_equal(unpulled(f, 1), 2);
	fix_del(igmp, 2, 7, 1);
	assert_int_equal(unpulled(f, 1), 1);
	assert_int_equal(fix_take(p, 1), -EINPROGRESS);
	fix_ack(igmp, 1);
	fix_done(igmp, 1);
	assert_int_equal(unpulled(f, 1), 0);
	assert_int_equal(fix_release(p, 1), -EINPROGRESS);
	fix_ack(igmp, 1);
	fix_done(igmp, 1);
	assert_int_equal(unpulled(f, 1), 1);
	f->rib[7] = 3;
	v4_rib_changed(f->m, f->now, src_ip(7), 32);
	assert_int_equal(unpulled(f, 1), 0);
}

static const struct CMUnitTest tests[] = {
	fix_test(test_joins_nobody_can_pull_are_counted),
	fix_test(test_links_are_read_whether_owned_or_not),
	fix_test(test_interfaces_come_in_order_of_ifid),
	fix_test(test_every_change_of_a_link_is_told_once),
	fix_test(test_change_of_owner_is_told_to_all),
	fix_test(test_several_changes_in_one_call_are_told_once),
	fix_test(test_loopback_is_read_and_cannot_be_taken),
	fix_test(test_sizes_of_interfaces),
	cmocka_unit_test(test_links_do_not_take_the_room_of_interfaces),
};

int main(void)
{
	return cmocka_run_group_tests(tests, NULL, NULL);
}
