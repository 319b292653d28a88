/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memberships of prefixes, (*,G/len) and (S/len,G): which there may be, what
 * they forward, who is told what of them, and that they go through handshakes,
 * transfers and deaths as groups do.
 */
#include "lib/address.h"
#include "mgm_fixture.h"
#include "v4.h"

static struct mgm_prefix prefix(const char *text)
{
	struct mgm_prefix p = {.length = 0};
	unsigned int length;

	if (!strcmp(text, "*")) {
		p.address = MGM_ADDRESS_V4_ANY;
		return p;
	}
	assert_int_equal(address_parse_prefix(text, &p.address, &length), 0);
	p.length = (uint8_t)length;
	return p;
}

static struct mgm_sg to(const char *source, const char *group)
{
	return (struct mgm_sg){prefix(source), prefix(group)};
}

static int add(struct fix_client *c, uint32_t ifid, const char *source,
	       const char *group)
{
	return mgm_membership_add(c->f->m, c->handle, ifid, to(source, group),
				  MGM_JOIN_STATE);
}

static int del(struct fix_client *c, uint32_t ifid, const char *source,
	       const char *group)
{
	return mgm_membership_del(c->f->m, c->handle, ifid, to(source, group),
				  MGM_JOIN_STATE);
}

struct trio {
	struct fix_client *a, *b, *c;
};

/* a has the interfaces 1 and 2, b 11 and 12, c 21 and 22. */
static struct trio trio(struct fix *f)
{
	struct trio t = {
		.a = fix_client(f, "a", XMGM_OWNER_PIM, 0),
		.b = fix_client(f, "b", XMGM_OWNER_DVMRP, 0),
		.c = fix_client(f, "c", XMGM_OWNER_STATIC, 0),
	};

	for (uint32_t i = 1; i <= 2; i++) {
		assert_int_equal(fix_take(t.a, i), 0);
		assert_int_equal(fix_take(t.b, 10 + i), 0);
		assert_int_equal(fix_take(t.c, 20 + i), 0);
	}
	for (uint32_t s = 0; s < 256; s++)
		f->rib[s] = 1;
	f->what = FIX_LOG_ALERTS;
	fix_clear(f);
	return t;
}

static void test_what_may_be_joined(void **state)
{
	static const struct {
		const char *source, *group;
		int result;
	} cases[] = {
		{"*", "239.1.0.0/16", 0},
		{"*", "224.0.0.0/4", 0},
		{"*", "224.0.0.0/23", 0}, /* has others than link-local ones */
		{"*", "239.1.1.0/31", 0},
		{"10.0.0.0/8", "239.1.1.1", 0},
		{"0.0.0.0/1", "239.1.1.1", 0},
		{"*", "ff3e::/96", 0},
		{"2001:db8::/32", "ff3e::1", 0},
		{"*", "224.0.0.0/3", -EINVAL},
		{"*", "128.0.0.0/1", -EINVAL},
		{"*", "10.0.0.0/8", -EINVAL},
		{"*", "224.0.0.0/24", -EINVAL},
		{"*", "224.0.0.128/25", -EINVAL},
		{"*", "ff02::/16", -EINVAL},
		{"*", "ff02::/112", -EINVAL},
		{"10.0.0.0/8", "239.1.0.0/16", -EINVAL}, /* both */
		{"10.0.0.1", "239.1.0.0/16", -EINVAL},
		{"10.0.0.0/8", "*", -EINVAL},
		{"127.0.0.0/8", "239.1.1.1", -EINVAL},
		{"239.0.0.0/8", "239.1.1.1", -EINVAL},
		{"10.0.0.0/8", "224.0.0.5", -EINVAL},
		{"10.0.0.0/8", "ff3e::1", -EINVAL}, /* another family */
		{"2001:db8::/32", "239.1.1.1", -EINVAL},
	};
	struct fix *f = *state;
	struct fix_client *a = trio(f).a;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (add(a, 1, cases[i].source, cases[i].group) !=
		    cases[i].result)
			fail_msg("(%s,%s)", cases[i].source, cases[i].group);
		assert_int_equal(del(a, 1, cases[i].source, cases[i].group),
				 cases[i].result);
	}
}

/* A prefix that is no prefix, or too long, or to be overridden. */
static void test_bits_behind_the_length_are_refused(void **state)
{
	struct fix *f = *state;
	struct fix_client *a = trio(f).a;
	struct mgm_sg bad[] = {
		to("*", "239.1.0.0/16"), to("10.0.0.0/8", "239.1.1.1"),
		to("*", "239.1.0.0/16"), to("10.0.0.0/8", "239.1.1.1"),
		to("*", "239.1.0.0/16"),
	};

	bad[0].group.length = 15;
	bad[1].source.length = 6;
	bad[2].group.length = 33;
	bad[3].source.length = 33;
	bad[4].source.address = mgm_address_v4(src_ip(1));
	for (size_t i = 0; i < 5; i++)
		assert_int_equal(mgm_membership_add(f->m, a->handle, 1, bad[i],
						    MGM_JOIN_STATE),
				 -EINVAL);
	for (unsigned int flags = MGM_FORWARD_STATE; flags < 4; flags++)
		assert_int_equal(mgm_membership_add(f->m, a->handle, 1,
						    to("*", "239.1.0.0/16"),
						    flags),
				 -EINVAL);
}

/* 239.0.0.0/30 has the groups 1 to 3. */
static void test_a_covered_flow_goes_to_the_interface(void **state)
{
	struct fix *f = *state;
	struct trio t = trio(f);

	assert_int_equal(add(t.b, 11, "*", "239.0.0.0/30"), 0);
	fix_add(t.c, 21, 0, 3);
	fix_upcall(f, 7, 3, 1);
	fix_upcall(f, 7, 4, 1);
	assert_string_equal(fix_route(f, 7, 3), "1: 11,21");
	assert_string_equal(fix_route(f, 7, 4), "1: none");
	assert_int_equal(del(t.b, 11, "*", "239.0.0.0/30"), 0);
	assert_string_equal(fix_route(f, 7, 3), "1: 21");
}

static void test_a_prefix_of_sources_takes_those_alone(void **state)
{
	struct fix *f = *state;
	struct trio t = trio(f);

	assert_int_equal(add(t.b, 11, "10.0.0.4/30", "239.0.0.1"), 0);
	fix_upcall(f, 5, 1, 1);
	fix_upcall(f, 8, 1, 1);
	fix_upcall(f, 5, 2, 1);
	assert_string_equal(fix_route(f, 5, 1), "1: 11");
	assert_string_equal(fix_route(f, 8, 1), "1: none");
	assert_string_equal(fix_route(f, 5, 2), "1: none");
}

static void test_a_negative_entry_forwards_when_it_is_covered(void **state)
{
	struct fix *f = *state;
	struct trio t = trio(f);

	fix_upcall(f, 5, 1, 1);
	fix_upcall(f, 6, 2, 1);
	assert_string_equal(fix_route(f, 5, 1), "1: none");
	assert_int_equal(add(t.b, 11, "*", "239.0.0.0/8"), 0);
	assert_string_equal(fix_route(f, 5, 1), "1: 11");
	assert_string_equal(fix_route(f, 6, 2), "1: 11");
	assert_int_equal(add(t.b, 12, "10.0.0.0/8", "239.0.0.2"), 0);
	assert_string_equal(fix_route(f, 5, 1), "1: 11");
	assert_string_equal(fix_route(f, 6, 2), "1: 11,12");
}

/* (*,G) is not for the sources a prefix leaves out: they are seen first. */
static void test_a_static_route_beside_a_prefix_of_sources(void **state)
{
	struct fix *f = *state;
	struct trio t = trio(f);
	struct mgm_sg any = sg(0, 1);
	struct mgm_mfe_info info = {.size = sizeof(info)};

	fix_add(t.b, 12, 0, 1);
	assert_int_equal(mgm_route_put(f->m, t.a->handle, any, 2, NULL, 0, 0),
			 0);
	assert_string_equal(fix_route(f, 0, 1), "2: 12 static");
	assert_int_equal(add(t.b, 11, "10.0.0.4/30", "239.0.0.1"), 0);
	assert_string_equal(fix_route(f, 0, 1), "-");
	assert_int_equal(mgm_mfe_get(f->m, any, &info), 0);
	assert_int_equal(info.state, MGM_STATE_PENDING);
	fix_upcall(f, 5, 1, 2);
	fix_upcall(f, 8, 1, 2);
	assert_string_equal(fix_route(f, 5, 1), "2: 11,12");
	assert_string_equal(fix_route(f, 8, 1), "2: 12");
	assert_int_equal(del(t.b, 11, "10.0.0.4/30", "239.0.0.1"), 0);
	assert_string_equal(fix_route(f, 0, 1), "2: 12 static");
	assert_string_equal(fix_route(f, 5, 1), "2: 12");
	assert_int_equal(add(t.b, 11, "*", "239.0.0.0/8"), 0);
	assert_string_equal(fix_route(f, 0, 1), "2: 11,12 static");
}

/* The rules of N for a prefix, in its own form. */
static void test_rules_of_n_for_a_prefix(void **state)
{
	struct fix *f = *state;
	struct trio t = trio(f);

	add(t.a, 1, "*", "239.0.0.0/30");
	fix_expect(f, "b join (*,239.0.0.0/30) 1 member\n"
		      "c join (*,239.0.0.0/30) 1 member\n");
	add(t.a, 2, "*", "239.0.0.0/30");
	add(t.a, 2, "*", "239.0.0.0/30");
	fix_expect(f, "");
	add(t.b, 11, "*", "239.0.0.0/30");
	fix_expect(f, "a join (*,239.0.0.0/30) 11 member\n");
	add(t.c, 21, "*", "239.0.0.0/30");
	del(t.c, 21, "*", "239.0.0.0/30");
	del(t.a, 1, "*", "239.0.0.0/30");
	fix_expect(f, "");
	del(t.a, 2, "*", "239.0.0.0/30");
	fix_expect(f, "b prune (*,239.0.0.0/30) 2 member\n");
	del(t.b, 11, "*", "239.0.0.0/30");
	fix_expect(f, "a prune (*,239.0.0.0/30) 11 member\n"
		      "c prune (*,239.0.0.0/30) 11 member\n");
	add(t.a, 1, "10.0.0.0/8", "239.0.0.1");
	fix_expect(f, "b join (10.0.0.0/8,1) 1 member\n"
		      "c join (10.0.0.0/8,1) 1 member\n");
	del(t.a, 1, "10.0.0.0/8", "239.0.0.1");
	fix_expect(f, "b prune (10.0.0.0/8,1) 1 member\n"
		      "c prune (10.0.0.0/8,1) 1 member\n");
}

/* Who pulls a prefix hears nothing of what lies in it, until that ends. */
static void test_who_pulls_what_covers_it_hears_nothing(void **state)
{
	struct fix *f = *state;
	struct trio t = trio(f);

	add(t.a, 1, "*", "239.0.0.0/8");
	fix_expect(f, "b join (*,239.0.0.0/8) 1 member\n"
		      "c join (*,239.0.0.0/8) 1 member\n");
	add(t.b, 11, "*", "239.0.0.0/30");
	fix_expect(f, "a join (*,239.0.0.0/30) 11 member\n");
	fix_add(t.b, 11, 0, 1);
	add(t.b, 11, "10.0.0.0/8", "239.0.0.1");
	fix_expect(f, ""); /* a pulls 239.0.0.0/30 */
	fix_add(t.c, 21, 0, 5);
	fix_expect(f, "a join (*,5) 21 member\n");
	del(t.a, 1, "*", "239.0.0.0/8");
	fix_expect(f, "c join (*,239.0.0.0/30) 0 member\n"
		      "b join (*,5) 0 member\n"
		      "b prune (*,239.0.0.0/8) 1 member\n"
		      "c prune (*,239.0.0.0/8) 1 member\n");
	del(t.b, 11, "*", "239.0.0.0/30");
	fix_expect(f, "a join (*,1) 0 member\nc join (*,1) 0 member\n"
		      "a prune (*,239.0.0.0/30) 11 member\n"
		      "c prune (*,239.0.0.0/30) 11 member\n");
	fix_del(t.b, 11, 0, 1);
	fix_expect(f, "a join (10.0.0.0/8,1) 0 member\n"
		      "c join (10.0.0.0/8,1) 0 member\n"
		      "a prune (*,1) 11 member\nc prune (*,1) 11 member\n");
}

/* What was told before stays, and ends with what covers it. */
static void test_a_narrower_one_told_before_ends_with_the_wider(void **state)
{
	struct fix *f = *state;
	struct trio t = trio(f);

	fix_add(t.a, 1, 0, 1);
	fix_clear(f);
	add(t.a, 1, "*", "239.0.0.0/8");
	fix_clear(f);
	fix_del(t.a, 1, 0, 1);
	fix_expect(f, "");
	fix_add(t.b, 11, 0, 0);
	fix_expect(f, "a join (*,*) 11 member\nc join (*,*) 11 member\n");
	del(t.a, 1, "*", "239.0.0.0/8");
	fix_expect(f, "b prune (*,1) 0 member\n"
		      "b prune (*,239.0.0.0/8) 1 member\n");
	fix_del(t.b, 11, 0, 0);
	fix_expect(f, "c prune (*,1) 0 member\n"
		      "a prune (*,*) 11 member\nc prune (*,*) 11 member\n"
		      "c prune (*,239.0.0.0/8) 0 member\n");
}

static void test_a_late_client_finds_prefixes_by_reading(void **state)
{
	struct fix *f = *state;
	struct trio t = trio(f);
	struct fix_client *late;

	add(t.a, 1, "*", "239.0.0.0/30");
	fix_clear(f);
	late = fix_client(f, "late", XMGM_OWNER_REMOTE, 0);
	fix_expect(f, "");
	del(t.a, 1, "*", "239.0.0.0/30");
	fix_expect(f, "b prune (*,239.0.0.0/30) 1 member\n"
		      "c prune (*,239.0.0.0/30) 1 member\n"
		      "late prune (*,239.0.0.0/30) 1 member\n");
	assert_non_null(late);
}

/* What IGMP joins on an interface that b owns is b's, and b hears of it. */
static void test_igmps_prefixes_go_through_a_handshake(void **state)
{
	struct fix *f = *state;
	struct trio t = trio(f);
	struct fix_client *igmp = fix_igmp(f);

	fix_take(igmp, 5);
	add(igmp, 5, "*", "239.0.0.0/30");
	add(igmp, 5, "10.0.0.0/8", "239.0.0.9");
	fix_upcall(f, 7, 1, 1);
	fix_upcall(f, 7, 9, 1);
	fix_clear(f);
	assert_int_equal(fix_take(t.b, 5), -EINPROGRESS);
	assert_int_equal(add(igmp, 5, "*", "239.0.0.0/8"), -EAGAIN);
	fix_ack(igmp, 5);
	fix_clear(f);
	assert_string_equal(fix_route(f, 7, 1), "1: 5");
	assert_int_equal(add(igmp, 5, "*", "239.0.0.0/30"), 0);
	fix_expect(f, "");
	fix_done(igmp, 5);
	/* The prefix of sources was not said again. */
	fix_expect(f, "b local-join (*,239.0.0.0/30) 5\n"
		      "igmp join (*,239.0.0.0/30) 5 member\n"
		      "a prune (7,9) 1 mfe\n"
		      "b prune (*,239.0.0.0/30) 5 member\n"
		      "a prune (10.0.0.0/8,9) 5 member\n"
		      "b prune (10.0.0.0/8,9) 5 member\n"
		      "c prune (10.0.0.0/8,9) 5 member\n"
		      "b ownership 5 2 0\n");
	assert_string_equal(fix_route(f, 7, 1), "1: 5");
	assert_string_equal(fix_route(f, 7, 9), "1: none");
	assert_int_equal(mgm_counters(f->m)->replay_swept, 1);
	del(igmp, 5, "*", "239.0.0.0/30");
	assert_string_equal(fix_route(f, 7, 1), "1: none");
	assert_non_null(strstr(f->log, "b local-leave (*,239.0.0.0/30) 5\n"));
	fix_clear(f);
}

static void test_prefixes_go_with_release_transfer_and_death(void **state)
{
	struct fix *f = *state;
	struct trio t = trio(f);

	add(t.b, 11, "*", "239.0.0.0/30");
	fix_upcall(f, 7, 1, 1);
	fix_clear(f);
	assert_int_equal(fix_transfer(t.b, 11, t.c), 0);
	fix_expect(f, "b join (*,239.0.0.0/30) 11 member\n"
		      "c prune (*,239.0.0.0/30) 11 member\n"
		      "c ownership 11 2 0\n");
	assert_string_equal(fix_route(f, 7, 1), "1: 11");
	assert_int_equal(fix_release(t.c, 11), 0);
	assert_string_equal(fix_route(f, 7, 1), "1: none");
	fix_clear(f);
	add(t.b, 12, "10.0.0.0/8", "239.0.0.1");
	assert_string_equal(fix_route(f, 7, 1), "1: 12");
	fix_clear(f);
	mgm_client_dead(f->m, t.b->handle);
	assert_string_equal(fix_route(f, 7, 1), "1: none");
	assert_non_null(strstr(f->log, "a prune (10.0.0.0/8,1) 12 member\n"));
	fix_clear(f);
}

/* Lost, and back within its grace: prefixes forward, and IGMP's are told. */
static void test_prefixes_outlast_a_lost_connection(void **state)
{
	struct fix *f = *state;
	struct fix_client *igmp = fix_igmp(f), *p;

	f->grace_ms = 10000;
	p = fix_client(f, "p", XMGM_OWNER_REMOTE, 0);
	f->grace_ms = 0;
	trio(f);
	fix_take(p, 5);
	fix_take(igmp, 5);
	add(p, 5, "*", "239.0.0.0/30");
	add(p, 5, "*", "239.0.0.8/30");
	add(igmp, 5, "10.0.0.0/8", "239.0.0.7");
	fix_upcall(f, 7, 1, 1);
	fix_upcall(f, 7, 7, 1);
	fix_upcall(f, 7, 9, 1);
	fix_lost(p);
	assert_string_equal(fix_route(f, 7, 1), "1: 5");
	assert_int_equal(fix_back(p), 0);
	fix_clear(f);
	assert_int_equal(fix_take(p, 5), 0);
	fix_expect(f, "p local-join (10.0.0.0/8,7) 5\n");
	add(p, 5, "*", "239.0.0.0/30");
	mgm_client_settled(f->m, p->handle);
	assert_string_equal(fix_route(f, 7, 1), "1: 5");
	assert_string_equal(fix_route(f, 7, 7), "1: 5");
	assert_string_equal(fix_route(f, 7, 9), "1: none");
	assert_int_equal(mgm_counters(f->m)->grace_swept, 1);
}

/* A join or a leave of a prefix voids what the owner has overridden in it. */
static void test_the_owners_word_on_a_prefix_voids_overrides(void **state)
{
	struct fix *f = *state;
	struct trio t = trio(f);

	add(t.b, 11, "*", "239.0.0.0/8");
	fix_upcall(f, 7, 1, 1);
	assert_int_equal(mgm_membership_del(f->m, t.b->handle, 11, sg(7, 1),
					    MGM_FORWARD_STATE),
			 0);
	assert_string_equal(fix_route(f, 7, 1), "1: none");
	add(t.b, 11, "*", "239.0.1.0/24");
	add(t.b, 11, "10.0.0.8/30", "239.0.0.1");
	assert_string_equal(fix_route(f, 7, 1), "1: none");
	add(t.b, 11, "10.0.0.4/30", "239.0.0.1");
	assert_string_equal(fix_route(f, 7, 1), "1: 11");
}

static void test_prefixes_are_limited_and_refusals_counted(void **state)
{
	const struct mgm_limits limits = {.prefixes = 2, .memberships = 4};
	struct fix *f = fix_new(&limits);
	struct fix_client *a = trio(f).a;

	(void)state;
	assert_int_equal(add(a, 1, "*", "239.1.0.0/16"), 0);
	assert_int_equal(add(a, 1, "10.0.0.0/8", "239.0.0.1"), 0);
	assert_int_equal(add(a, 1, "*", "239.2.0.0/16"), -ENOSPC);
	assert_int_equal(mgm_counters(f->m)->limit_prefixes, 1);
	assert_int_equal(add(a, 2, "*", "239.1.0.0/16"), 0);
	assert_int_equal(add(a, 1, "*", "239.1.0.0/16"), 0);
	assert_int_equal(fix_add(a, 1, 0, 2), 0);
	assert_int_equal(fix_add(a, 1, 0, 3), -ENOSPC);
	assert_int_equal(add(a, 2, "10.0.0.0/8", "239.0.0.1"), -ENOSPC);
	assert_int_equal(mgm_counters(f->m)->limit_memberships, 2);
	assert_int_equal(del(a, 1, "10.0.0.0/8", "239.0.0.1"), 0);
	assert_int_equal(add(a, 1, "*", "239.2.0.0/16"), 0);
	fix_free(f);
}

static void row(char text[600], const struct mgm_membership_info *info)
{
	char a[ADDRESS_PREFIX_TEXT], b[ADDRESS_PREFIX_TEXT];
	size_t n = strlen(text);

	/* Nobody blocks anything: what has a source is included. */
	assert_int_equal(info->filter,
			 info->sg.source.length ? MGM_INCLUDE : MGM_EXCLUDE);
	snprintf(text + n, 600 - n, "%s %s %u%s\n",
		 address_prefix_text(&info->sg.source.address,
				     info->sg.source.length, a),
		 address_prefix_text(&info->sg.group.address,
				     info->sg.group.length, b),
		 info->ifid, info->by_igmp ? " igmp" : "");
}

static const char *rows(struct fix *f, const char *group, uint32_t ifid,
			bool groups)
{
	const struct mgm_membership_filter filter = {
		.size = sizeof(filter),
		.group = prefix(group),
		.ifid = ifid,
		.groups = groups,
	};
	struct mgm_membership_info info = {.size = sizeof(info)};
	static char text[600];
	int err = mgm_membership_next(f->m, NULL, &filter, &info);

	text[0] = '\0';
	for (; !err; err = mgm_membership_next(f->m, &info, &filter, &info))
		row(text, &info);
	assert_int_equal(err, -ENOENT);
	return text;
}

static void test_rows_of_prefixes_stand_before_what_they_cover(void **state)
{
	struct fix *f = *state;
	struct trio t = trio(f);
	struct fix_client *igmp = fix_igmp(f);

	fix_take(igmp, 11);
	add(t.c, 21, "10.0.0.0/8", "239.0.0.1");
	add(t.b, 11, "10.0.0.0/8", "239.0.0.1");
	add(igmp, 11, "10.0.0.0/8", "239.0.0.1");
	add(t.b, 12, "10.0.0.0/30", "239.0.0.1");
	fix_add(t.b, 11, 7, 1);
	fix_add(t.b, 12, 0, 0);
	add(t.b, 12, "*", "239.0.0.0/30");
	add(t.b, 11, "*", "239.0.0.0/8");
	add(t.b, 11, "*", "239.0.0.2/31");
	add(t.b, 11, "10.0.0.0/8", "239.0.0.2");
	assert_string_equal(rows(f, "*", 0, false),
			    "0.0.0.0/0 0.0.0.0/0 12\n"
			    "0.0.0.0/0 239.0.0.0/8 11\n"
			    "0.0.0.0/0 239.0.0.0/30 12\n"
			    "10.0.0.0/8 239.0.0.1/32 11\n"
			    "10.0.0.0/8 239.0.0.1/32 11 igmp\n"
			    "10.0.0.0/8 239.0.0.1/32 21\n"
			    "10.0.0.0/30 239.0.0.1/32 12\n"
			    "10.0.0.7/32 239.0.0.1/32 11\n"
			    "0.0.0.0/0 239.0.0.2/31 11\n"
			    "10.0.0.0/8 239.0.0.2/32 11\n");
	assert_string_equal(rows(f, "*", 0, true),
			    "0.0.0.0/0 0.0.0.0/0 12\n"
			    "0.0.0.0/0 239.0.0.0/8 0\n"
			    "0.0.0.0/0 239.0.0.0/30 0\n"
			    "0.0.0.0/0 239.0.0.1/32 0\n"
			    "0.0.0.0/0 239.0.0.2/31 0\n"
			    "0.0.0.0/0 239.0.0.2/32 0\n");
	assert_string_equal(rows(f, "239.0.0.2/31", 0, false),
			    "0.0.0.0/0 239.0.0.2/31 11\n"
			    "10.0.0.0/8 239.0.0.2/32 11\n");
	assert_string_equal(rows(f, "239.0.0.1", 12, false),
			    "10.0.0.0/30 239.0.0.1/32 12\n");
}

/* A row that is gone meanwhile: those behind it are still found. */
static void test_rows_behind_a_prefix_that_is_gone(void **state)
{
	struct fix *f = *state;
	struct trio t = trio(f);
	struct mgm_membership_info info = {.size = sizeof(info)};
	char text[600] = "";

	add(t.b, 11, "*", "239.0.0.0/8");
	add(t.b, 11, "*", "239.0.0.0/30");
	add(t.b, 12, "10.0.0.0/8", "239.0.0.1");
	fix_add(t.b, 12, 0, 1);
	assert_int_equal(mgm_membership_next(f->m, NULL, NULL, &info), 0);
	del(t.b, 11, "*", "239.0.0.0/8");
	assert_int_equal(mgm_membership_next(f->m, &info, NULL, &info), 0);
	row(text, &info);
	assert_int_equal(mgm_membership_next(f->m, &info, NULL, &info), 0);
	row(text, &info);
	del(t.b, 12, "10.0.0.0/8", "239.0.0.1");
	assert_int_equal(mgm_membership_next(f->m, &info, NULL, &info), 0);
	row(text, &info);
	assert_string_equal(text, "0.0.0.0/0 239.0.0.0/30 11\n"
				  "10.0.0.0/8 239.0.0.1/32 12\n"
				  "0.0.0.0/0 239.0.0.1/32 12\n");
	assert_int_equal(mgm_membership_next(f->m, &info, NULL, &info),
			 -ENOENT);
}

/* Nothing but the entries it covers is written again. */
static void test_a_join_looks_at_what_it_covers_alone(void **state)
{
	struct fix *f = *state;
	struct trio t = trio(f);

	for (uint32_t g = 1; g < 200; g++)
		fix_upcall(f, 7, g, 1);
	f->what = FIX_LOG_PLANE;
	fix_clear(f);
	add(t.b, 11, "*", "239.0.0.2/31");
	fix_expect(f, "put (7,2) 1: 11\nput (7,3) 1: 11\ncommit\n");
}

/* Who stops pulling something pulls what others want in it from then on. */
static void test_a_prune_comes_after_what_it_uncovers(void **state)
{
	const struct mgm_limits limits = {.slice = 2};
	struct fix *f = fix_new(&limits);
	struct trio t = trio(f);

	(void)state;
	for (uint32_t g = 1; g <= 5; g++)
		fix_add(t.b, 11, 0, g);
	add(t.a, 1, "*", "239.0.0.0/8");
	fix_drain(f);
	fix_add(t.a, 1, 0, 0);
	fix_drain(f);
	fix_del(t.b, 11, 0, 1);
	add(t.b, 11, "*", "239.1.0.0/16");
	fix_add(t.b, 11, 0, 6);
	fix_add(t.b, 11, 0, 7);
	fix_drain(f);
	fix_clear(f);
	fix_del(t.a, 1, 0, 0);
	fix_drain(f);
	fix_expect(f, "b prune (*,*) 1 member\nc prune (*,*) 1 member\n");
	del(t.a, 1, "*", "239.0.0.0/8");
	fix_drain(f);
	fix_expect(f, "c join (*,239.1.0.0/16) 0 member\n"
		      "c prune (*,1) 0 member\n"
		      "c join (*,6) 0 member\n"
		      "c join (*,7) 0 member\n"
		      "b prune (*,239.0.0.0/8) 1 member\n"
		      "c prune (*,239.0.0.0/8) 1 member\n");
	fix_free(f);
}

static const struct CMUnitTest tests[] = {
	fix_test(test_what_may_be_joined),
	fix_test(test_bits_behind_the_length_are_refused),
	fix_test(test_a_covered_flow_goes_to_the_interface),
	fix_test(test_a_prefix_of_sources_takes_those_alone),
	fix_test(test_a_negative_entry_forwards_when_it_is_covered),
	fix_test(test_a_static_route_beside_a_prefix_of_sources),
	fix_test(test_rules_of_n_for_a_prefix),
	fix_test(test_who_pulls_what_covers_it_hears_nothing),
	fix_test(test_a_narrower_one_told_before_ends_with_the_wider),
	fix_test(test_a_late_client_finds_prefixes_by_reading),
	fix_test(test_igmps_prefixes_go_through_a_handshake),
	fix_test(test_prefixes_go_with_release_transfer_and_death),
	fix_test(test_prefixes_outlast_a_lost_connection),
	fix_test(test_the_owners_word_on_a_prefix_voids_overrides),
	cmocka_unit_test(test_prefixes_are_limited_and_refusals_counted),
	fix_test(test_rows_of_prefixes_stand_before_what_they_cover),
	fix_test(test_rows_behind_a_prefix_that_is_gone),
	cmocka_unit_test(test_a_prune_comes_after_what_it_uncovers),
	fix_test(test_a_join_looks_at_what_it_covers_alone),
};

int main(void)
{
	return cmocka_run_group_tests(tests, NULL, NULL);
}
