/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a proxy needs of the manager: to hear of every change of what is wanted
 * of a group, whoever wants it, and to be asked again which interface flows
 * arrive on when its answer is another.
 */
#include "mgm_fixture.h"
#include "v4.h"

#define A 1
#define B 2
#define C 3

struct watcher {
	struct mgm_client *handle;
	char log[256];
};

static void on_membership(void *arg, struct mgm_sg sg, uint32_t ifid)
{
	struct watcher *w = arg;
	size_t n = strlen(w->log);

	assert_int_equal(sg.source.length, 0);
	snprintf(w->log + n, sizeof(w->log) - n, "%u@%u; ",
		 v4_number(&sg.group.address) & 0xff, ifid);
}

static void watch(struct watcher *w, struct fix *f)
{
	const struct mgm_callbacks callbacks = {
		.size = sizeof(callbacks),
		.membership_changed = on_membership,
	};
	const struct mgm_registration r = {
		.size = sizeof(r),
		.protocol = MGM_PROTOCOL_PROXY,
		.name = "proxy",
		.callbacks = &callbacks,
		.arg = w,
	};

	assert_int_equal(mgm_register(f->m, &r, &w->handle), 0);
}

static void expect_at(struct watcher *w, const char *text, int line)
{
	if (strcmp(w->log, text))
		fail_msg("line %d: \"%s\", not \"%s\"", line, w->log, text);
	w->log[0] = '\0';
}
#define expect(w, text) expect_at((w), (text), __LINE__)

static void test_each_change_of_what_hosts_want_is_told(void **state)
{
	struct fix *f = *state;
	struct fix_client *igmp = fix_igmp(f);
	struct watcher w = {0};

	watch(&w, f);
	fix_take(igmp, B);
	assert_int_equal(fix_set(igmp, B, 1, MGM_EXCLUDE, 0), 0);
	expect(&w, "1@2; ");
	/* What is covered for those who pull is told here all the same. */
	assert_int_equal(fix_set(igmp, B, 1, MGM_EXCLUDE, 2, 7, 8), 0);
	expect(&w, "1@2; ");
	assert_int_equal(fix_set(igmp, B, 1, MGM_EXCLUDE, 2, 7, 8), 0);
	expect(&w, ""); /* a refresh */
	assert_int_equal(fix_set(igmp, B, 1, MGM_INCLUDE, 1, 7), 0);
	expect(&w, "1@2; ");
	assert_int_equal(fix_set(igmp, B, 1, MGM_INCLUDE, 0), 0);
	expect(&w, "1@2; ");
	/* All of it goes with IGMP. */
	fix_set(igmp, B, 1, MGM_EXCLUDE, 0);
	fix_set(igmp, B, 2, MGM_INCLUDE, 1, 7);
	expect(&w, "1@2; 2@2; ");
	fix_release(igmp, B);
	fix_drain(f);
	expect(&w, "1@2; 2@2; ");
}

static void test_changes_of_any_client_are_told(void **state)
{
	struct fix *f = *state;
	struct fix_client *p = fix_client(f, "p", XMGM_OWNER_STATIC, 0);
	struct watcher w = {0};

	fix_take(p, B);
	fix_take(p, C);
	watch(&w, f);
	fix_add(p, B, 0, 1);
	fix_add(p, C, 7, 1);
	expect(&w, "1@2; 1@3; ");
	fix_del(p, B, 0, 1);
	expect(&w, "1@2; ");
	fix_release(p, C);
	fix_drain(f);
	expect(&w, "1@3; ");
}

static void test_after_a_handshake_what_was_swept_is_told(void **state)
{
	struct fix *f = *state;
	struct fix_client *igmp = fix_igmp(f);
	struct fix_client *p = fix_client(f, "p", XMGM_OWNER_DVMRP, 0);
	struct watcher w = {0};

	watch(&w, f);
	fix_take(igmp, B);
	fix_set(igmp, B, 1, MGM_EXCLUDE, 0);
	expect(&w, "1@2; ");
	assert_int_equal(fix_take(p, B), -EINPROGRESS);
	fix_ack(igmp, B);
	fix_done(igmp, B); /* and has not said it again */
	fix_drain(f);
	assert_non_null(strstr(w.log, "1@2; "));
}

/* p-ask has A and C; sources are behind A. */
static void test_an_owner_is_asked_again_which_interface_it_is(void **state)
{
	struct fix *f = *state;
	struct fix_client *p = fix_client(f, "p-ask", XMGM_OWNER_PIM, 0);
	struct fix_client *q = fix_client(f, "q", XMGM_OWNER_DVMRP, 0);

	f->rib[7] = A;
	fix_take(p, A);
	fix_take(p, C);
	fix_take(q, B);
	fix_add(q, B, 0, 1);
	fix_clear(f);
	f->what = FIX_LOG_PLANE | FIX_LOG_ALERTS;
	fix_upcall(f, 7, 1, A);
	fix_expect(f, "p-ask rpf (7,1) from 1 iif 1\n");
	assert_int_equal(v4_rpf_reply(f->m, p->handle, p->token, A, src_ip(0)),
			 0);
	assert_string_equal(fix_route(f, 7, 1), "1: 2");
	fix_clear(f);
	assert_int_equal(mgm_rpf_again(f->m, q->handle, A), -EINVAL);
	assert_int_equal(mgm_rpf_again(f->m, p->handle, 9), -ENOENT);
	assert_int_equal(mgm_rpf_again(f->m, NULL, A), -EINVAL);
	assert_int_equal(mgm_rpf_again(f->m, p->handle, C), 0);
	fix_expect(f, ""); /* nothing comes by C */
	assert_int_equal(mgm_rpf_again(f->m, p->handle, A), 0);
	fix_expect(f, "p-ask rpf (7,1) from 1 iif 1\n");
	assert_int_equal(v4_rpf_reply(f->m, p->handle, p->token, C, src_ip(0)),
			 0);
	assert_string_equal(fix_route(f, 7, 1), "3: 2");
	/* The interface that flows come by is the one that counts. */
	fix_clear(f);
	assert_int_equal(mgm_rpf_again(f->m, p->handle, C), 0);
	fix_expect(f, "p-ask rpf (7,1) from 1 iif 1\n");
	assert_int_equal(v4_rpf_reply(f->m, p->handle, p->token, A, src_ip(0)),
			 0);
	assert_string_equal(fix_route(f, 7, 1), "1: 2");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		fix_test(test_each_change_of_what_hosts_want_is_told),
		fix_test(test_changes_of_any_client_are_told),
		fix_test(test_after_a_handshake_what_was_swept_is_told),
		fix_test(test_an_owner_is_asked_again_which_interface_it_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
