/* SPDX-License-Identifier: GPL-2.0-only */
/* Treatments: which flows have which, as the plane is told by a number. */
#include "mgm_fixture.h"

#define A 1u
#define B 2u

static struct mgm_treatment treatment(uint32_t s_length, uint32_t g,
				      uint32_t g_length, uint8_t number,
				      bool per_flow)
{
	struct mgm_treatment t = {
		.sg = MGM_SG_ANY, .number = number, .per_flow = per_flow};

	if (s_length)
		t.sg.source.address =
			mgm_address_v4((struct in_addr){htonl(0x0a000000u)});
	t.sg.group.address =
		mgm_address_v4((struct in_addr){htonl(0xef000000u + g)});
	t.sg.source.length = (uint8_t)s_length;
	t.sg.group.length = (uint8_t)g_length;
	return t;
}

static uint8_t number(struct fix *f, uint32_t s, uint32_t g)
{
	return (uint8_t)(fix_line(f, sg(s, g))->flags >> MGM_TREATMENT_SHIFT);
}

static struct fix_client *begin(struct fix *f)
{
	struct fix_client *p = fix_client(f, "p-mute", XMGM_OWNER_DVMRP, 0);

	assert_int_equal(fix_take(p, A), 0);
	assert_int_equal(fix_take(p, B), 0);
	for (uint32_t s = 1; s < 16; s++)
		f->rib[s] = A;
	for (uint32_t g = 1; g < 4; g++)
		assert_int_equal(fix_add(p, B, 0, g), 0);
	return p;
}

static void set(struct fix *f, const struct mgm_treatment *list, size_t count)
{
	assert_int_equal(mgm_treatments_set(f->m, f->now, list, count), 0);
	fix_drain(f);
}

static void
test_the_longest_prefix_of_groups_counts_then_of_sources(void **state)
{
	const struct mgm_treatment list[] = {
		treatment(0, 0, 8, 1, false),
		treatment(30, 0, 8, 2, false),
		treatment(0, 2, 31, 3, false),
		treatment(29, 0, 8, 4, false),
	};
	struct fix *f = *state;

	begin(f);
	fix_upcall(f, 3, 1, A);
	assert_int_equal(number(f, 3, 1), 0);
	set(f, list, 4);
	fix_upcall(f, 5, 1, A);
	fix_upcall(f, 9, 1, A);
	fix_upcall(f, 3, 2, A);
	assert_int_equal(number(f, 3, 1), 2); /* also what was there */
	assert_int_equal(number(f, 5, 1), 4);
	assert_int_equal(number(f, 9, 1), 1);
	assert_int_equal(number(f, 3, 2), 3);
	set(f, list, 1);
	assert_int_equal(number(f, 3, 1), 1);
	set(f, NULL, 0);
	assert_int_equal(number(f, 3, 1), 0);
	fix_check(f);
}

/* It would take the packets of all sources alike. */
static void test_an_entry_of_any_source_makes_way(void **state)
{
	const struct mgm_treatment all = treatment(0, 1, 32, 5, false);
	const struct mgm_treatment each = treatment(0, 1, 32, 5, true);
	const struct mgm_treatment some = treatment(30, 1, 32, 5, false);
	struct fix *f = *state;
	struct fix_client *p = begin(f);

	assert_int_equal(
		mgm_route_put(f->m, p->handle, sg(0, 1), A, NULL, 0, 0), 0);
	set(f, &all, 1);
	assert_string_equal(fix_route(f, 0, 1), "1: 2 static");
	assert_int_equal(number(f, 0, 1), 5);
	set(f, &each, 1);
	assert_string_equal(fix_route(f, 0, 1), "-");
	fix_upcall(f, 9, 1, A);
	assert_int_equal(number(f, 9, 1), 5);
	set(f, &some, 1);
	assert_string_equal(fix_route(f, 0, 1), "-");
	assert_int_equal(number(f, 9, 1), 0);
	set(f, NULL, 0);
	assert_string_equal(fix_route(f, 0, 1), "1: 2 static");
	fix_check(f);
}

/* Until its owner is back it goes on as it was; the configuration counts. */
static void
test_what_an_earlier_run_has_left_gets_what_is_configured(void **state)
{
	const struct mgm_mfe_found found = {
		.iif = A, .set = 9, .flags = 7u << MGM_TREATMENT_SHIFT};
	const struct mgm_treatment list = treatment(0, 1, 32, 5, false);
	const uint32_t oifs[] = {B};
	struct fix *f = *state;

	assert_int_equal(mgm_adopt_mfe(f->m, sg(7, 1), &found, oifs, 1), 0);
	assert_int_equal(mgm_adopt_mfe(f->m, sg(7, 2), &found, oifs, 1), 0);
	set(f, &list, 1);
	assert_int_equal(number(f, 7, 1), 5);
	assert_int_equal(number(f, 7, 2), 0);
}

static void test_there_are_no_more_than_numbers(void **state)
{
	struct mgm_treatment list[MGM_TREATMENTS + 1];
	struct fix *f = *state;

	for (size_t i = 0; i <= MGM_TREATMENTS; i++)
		list[i] = treatment(0, 1, 32, 1, false);
	assert_int_equal(mgm_treatments_set(f->m, f->now, list, MGM_TREATMENTS),
			 0);
	assert_int_equal(mgm_treatments_set(f->m, f->now, list,
					    MGM_TREATMENTS + 1),
			 -ENOSPC);
}

static const struct CMUnitTest tests[] = {
	fix_test(test_the_longest_prefix_of_groups_counts_then_of_sources),
	fix_test(test_an_entry_of_any_source_makes_way),
	fix_test(test_what_an_earlier_run_has_left_gets_what_is_configured),
	fix_test(test_there_are_no_more_than_numbers),
};

int main(void)
{
	return cmocka_run_group_tests(tests, NULL, NULL);
}
