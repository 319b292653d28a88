/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What owners are told so that they know, and cannot refuse: MFEs that come
 * and go, sources that hosts block, packets on a wrong interface.
 */
#include "mgm_fixture.h"
#include "v4.h"

#define A 1
#define B 2
#define C 3

/* A client that writes down what it hears. */
struct hearer {
	struct fix *f;
	struct mgm_client *handle;
	char log[512];
};

static void say(void *arg, const char *what, struct mgm_sg sg, uint32_t ifid)
{
	struct hearer *h = arg;
	size_t n = strlen(h->log);
	uint32_t s = v4_number(&sg.source.address) & 0xff;
	uint32_t g = v4_number(&sg.group.address) & 0xff;

	snprintf(h->log + n, sizeof(h->log) - n, "%s (%u,%u) %u; ", what, s, g,
		 ifid);
}

static void on_made(void *arg, struct mgm_sg flow, uint32_t iif)
{
	say(arg, "made", flow, iif);
}

static void on_deleted(void *arg, struct mgm_sg flow, uint32_t iif,
		       enum mgm_deletion why)
{
	static const char *const names[] = {
		[MGM_DELETED_UNUSED] = "unused",
		[MGM_DELETED_ROUTE] = "route",
		[MGM_DELETED_INTERFACE] = "interface",
		[MGM_DELETED_LIMIT] = "limit",
	};

	say(arg, names[why], flow, iif);
}

static void on_join(void *arg, struct mgm_sg sg, uint32_t ifid)
{
	say(arg, "join", sg, ifid);
}

static void on_leave(void *arg, struct mgm_sg sg, uint32_t ifid)
{
	say(arg, "leave", sg, ifid);
}

static void on_block(void *arg, struct mgm_sg sg, uint32_t ifid)
{
	say(arg, "block", sg, ifid);
}

static void on_unblock(void *arg, struct mgm_sg sg, uint32_t ifid)
{
	say(arg, "unblock", sg, ifid);
}

static void on_wrong_if(void *arg, struct mgm_sg flow, uint32_t arrival,
			uint32_t iif, const uint8_t *packet, size_t len)
{
	(void)iif;
	(void)packet;
	(void)len;
	say(arg, "wrong", flow, arrival);
}

static void hear(struct hearer *h, struct fix *f, uint32_t component)
{
	const struct mgm_callbacks callbacks = {
		.size = sizeof(callbacks),
		.local_join = on_join,
		.local_leave = on_leave,
		.wrong_if = on_wrong_if,
		.mfe_made = on_made,
		.mfe_deleted = on_deleted,
		.local_block = on_block,
		.local_unblock = on_unblock,
	};

	*h = (struct hearer){.f = f};
	h->handle = fix_hearer(f, component, &callbacks, h);
}

static int take(struct hearer *h, uint32_t ifid)
{
	return mgm_interface_take(h->f->m, h->handle, ifid);
}

static int join(struct hearer *h, uint32_t ifid, uint32_t s, uint32_t g)
{
	return mgm_membership_add(h->f->m, h->handle, ifid, sg(s, g),
				  MGM_JOIN_STATE);
}

static int leave(struct hearer *h, uint32_t ifid, uint32_t s, uint32_t g)
{
	return mgm_membership_del(h->f->m, h->handle, ifid, sg(s, g),
				  MGM_JOIN_STATE);
}

#define expect_heard(h, text) \
	fix_expect_heard((h)->log, (text), __FILE__, __LINE__)

/* p has A and B, q has C; sources are behind A. */
static struct fix *lab(const struct mgm_limits *limits, struct hearer *p,
		       struct hearer *q)
{
	struct fix *f = fix_new(limits);

	f->what = 0;
	hear(p, f, 0);
	hear(q, f, 1);
	assert_int_equal(take(p, A), 0);
	assert_int_equal(take(p, B), 0);
	assert_int_equal(take(q, C), 0);
	for (int i = 0; i < 256; i++)
		f->rib[i] = A;
	return f;
}

static void test_owners_of_iif_and_oifs_hear_of_mfes_once(void **state)
{
	struct hearer p, q, other;
	struct fix *f = lab(NULL, &p, &q);

	(void)state;
	hear(&other, f, 2);
	join(&p, B, 0, 1);
	fix_upcall(f, 7, 1, A);
	expect_heard(&p, "made (7,1) 1; ");
	expect_heard(&q, ""); /* it has no oif of this */
	join(&q, C, 0, 1);
	fix_upcall(f, 8, 1, A);
	expect_heard(&p, "made (8,1) 1; ");
	expect_heard(&q, "made (8,1) 1; ");
	leave(&p, B, 0, 1);
	expect_heard(&p, "");
	fix_tick(f, 300000);
	fix_tick(f, 2000);
	expect_heard(&p, "unused (7,1) 1; unused (8,1) 1; ");
	expect_heard(&q, "unused (7,1) 1; unused (8,1) 1; ");
	expect_heard(&other, "");
	fix_free(f);
}

static void test_why_an_mfe_was_deleted(void **state)
{
	const struct mgm_limits limits = {.negative = 1, .mfes = 3};
	struct hearer p, q;
	struct fix *f = lab(&limits, &p, &q);

	(void)state;
	join(&q, C, 0, 1);
	fix_upcall(f, 7, 2, A);
	fix_upcall(f, 8, 2, A);
	expect_heard(&p, "made (7,2) 1; limit (7,2) 1; made (8,2) 1; ");
	fix_upcall(f, 7, 1, A);
	fix_upcall(f, 8, 1, A);
	expect_heard(&q, "made (7,1) 1; made (8,1) 1; ");
	p.log[0] = '\0';
	fix_upcall(f, 9, 1, A);
	expect_heard(&p, "limit (8,2) 1; made (9,1) 1; ");
	expect_heard(&q, "made (9,1) 1; ");
	/* A changes hands, which deletes none; then nobody has it. */
	assert_int_equal(mgm_interface_release(f->m, p.handle, A), 0);
	expect_heard(&p, ""); /* it knows */
	expect_heard(&q, "interface (7,1) 1; interface (8,1) 1; "
			 "interface (9,1) 1; ");
	assert_int_equal(take(&p, A), 0);
	assert_int_equal(mgm_route_put(f->m, p.handle, sg(7, 1), A, NULL, 0, 0),
			 0);
	expect_heard(&q, "made (7,1) 1; ");
	assert_int_equal(mgm_route_del(f->m, p.handle, sg(7, 1)), 0);
	expect_heard(&q, "route (7,1) 1; ");
	expect_heard(&p, "made (7,1) 1; route (7,1) 1; ");
	fix_free(f);
}

static void test_mfes_of_an_earlier_run_were_made_before(void **state)
{
	struct fix *f = fix_new(NULL);
	struct mgm_mfe_found found = {.iif = A, .set = 0};
	const uint32_t oifs[] = {C};
	struct hearer p, q;

	(void)state;
	f->what = 0;
	f->rib[7] = A;
	assert_int_equal(mgm_adopt_mfe(f->m, sg(7, 1), &found, oifs, 1), 0);
	hear(&p, f, 0);
	hear(&q, f, 1);
	assert_int_equal(take(&p, A), 0);
	assert_int_equal(take(&q, C), 0);
	mgm_adopted(f->m, f->now);
	expect_heard(&p, "");
	fix_tick(f, 15000); /* nobody has asked for it */
	expect_heard(&p, "unused (7,1) 1; ");
	expect_heard(&q, "unused (7,1) 1; ");
	fix_free(f);
}

static void test_blocked_sources_are_told_to_the_owner(void **state)
{
	struct hearer p, q;
	struct fix *f = lab(NULL, &p, &q);
	struct fix_client *igmp = fix_igmp(f);

	(void)state;
	assert_int_equal(fix_take(igmp, A), 0);
	fix_set(igmp, A, 1, MGM_EXCLUDE, 2, 7u, 8u);
	expect_heard(&p, "join (0,1) 1; block (7,1) 1; block (8,1) 1; ");
	fix_set(igmp, A, 1, MGM_EXCLUDE, 2, 7u, 8u);
	expect_heard(&p, "");
	fix_set(igmp, A, 1, MGM_EXCLUDE, 2, 8u, 9u);
	expect_heard(&p, "unblock (7,1) 1; block (9,1) 1; ");
	fix_set(igmp, A, 1, MGM_INCLUDE, 1, 8u);
	expect_heard(&p, "join (8,1) 1; unblock (8,1) 1; unblock (9,1) 1; "
			 "leave (0,1) 1; ");
	fix_set(igmp, A, 1, MGM_EXCLUDE, 1, 9u);
	expect_heard(&p, "join (0,1) 1; block (9,1) 1; leave (8,1) 1; ");
	fix_add(igmp, A, 0, 1); /* blocks none */
	expect_heard(&p, "unblock (9,1) 1; ");
	fix_set(igmp, A, 1, MGM_EXCLUDE, 1, 9u);
	fix_release(igmp, A);
	expect_heard(&p, "block (9,1) 1; unblock (9,1) 1; leave (0,1) 1; ");
	expect_heard(&q, "");
	fix_check(f);
	fix_free(f);
}

static void test_owners_own_blocks_are_its_own_business(void **state)
{
	struct hearer p, q;
	struct fix *f = lab(NULL, &p, &q);
	const struct mgm_address group = mgm_address_v4(grp_ip(1));
	const struct mgm_address source = mgm_address_v4(src_ip(7));

	(void)state;
	assert_int_equal(mgm_membership_set(f->m, p.handle, A, &group,
					    MGM_EXCLUDE, &source, 1),
			 0);
	assert_int_equal(mgm_membership_set(f->m, p.handle, A, &group,
					    MGM_INCLUDE, NULL, 0),
			 0);
	expect_heard(&p, "");
	fix_free(f);
}

/* A new owner hears of all that is blocked once, when the replay is over. */
static void test_blocked_sources_after_a_handshake(void **state)
{
	struct hearer p, q;
	struct fix *f = fix_new(NULL);
	struct fix_client *igmp = fix_igmp(f);

	(void)state;
	f->what = 0;
	hear(&p, f, 0);
	hear(&q, f, 1);
	assert_int_equal(fix_take(igmp, A), 0);
	fix_set(igmp, A, 1, MGM_EXCLUDE, 2, 7u, 8u);
	assert_int_equal(take(&p, A), -EINPROGRESS);
	assert_int_equal(fix_ack(igmp, A), 0);
	fix_set(igmp, A, 1, MGM_EXCLUDE, 1, 9u);
	fix_set(igmp, A, 1, MGM_EXCLUDE, 1, 8u);
	expect_heard(&p, "");
	assert_int_equal(fix_done(igmp, A), 0);
	expect_heard(&p, "join (0,1) 1; block (8,1) 1; ");
	mgm_interface_gone(f->m, f->now, A);
	fix_check(f);
	fix_free(f);
}

static void wrong(struct fix *f)
{
	static const uint8_t packet[20];

	fix_tick(f, 1001); /* they are told once a second */
	mgm_wrong_if(f->m, f->now, sg(7, 1), C, packet, sizeof(packet));
}

static void test_wrong_if_alerts_are_switched_by_the_owner(void **state)
{
	struct hearer p, q;
	struct fix *f = lab(NULL, &p, &q);

	(void)state;
	join(&p, B, 0, 1);
	fix_upcall(f, 7, 1, A);
	wrong(f);
	expect_heard(&q, "wrong (7,1) 3; ");
	assert_int_equal(mgm_wrong_if_alerts(f->m, p.handle, C, false),
			 -EINVAL);
	assert_int_equal(mgm_wrong_if_alerts(f->m, q.handle, 9, false),
			 -ENOENT);
	assert_int_equal(mgm_wrong_if_alerts(f->m, NULL, C, false), -EINVAL);
	assert_int_equal(mgm_wrong_if_alerts(f->m, q.handle, C, false), 0);
	wrong(f);
	expect_heard(&q, "");
	assert_int_equal(mgm_wrong_if_alerts(f->m, q.handle, C, true), 0);
	wrong(f);
	expect_heard(&q, "wrong (7,1) 3; ");
	assert_int_equal(mgm_wrong_if_alerts(f->m, q.handle, C, false), 0);
	assert_int_equal(mgm_interface_release(f->m, q.handle, C), 0);
	assert_int_equal(take(&q, C), 0);
	wrong(f);
	expect_heard(&q, "wrong (7,1) 3; ");
	fix_free(f);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(test_owners_of_iif_and_oifs_hear_of_mfes_once),
	cmocka_unit_test(test_why_an_mfe_was_deleted),
	cmocka_unit_test(test_mfes_of_an_earlier_run_were_made_before),
	cmocka_unit_test(test_blocked_sources_are_told_to_the_owner),
	cmocka_unit_test(test_owners_own_blocks_are_its_own_business),
	cmocka_unit_test(test_blocked_sources_after_a_handshake),
	cmocka_unit_test(test_wrong_if_alerts_are_switched_by_the_owner),
};

int main(void)
{
	return cmocka_run_group_tests(tests, NULL, NULL);
}
