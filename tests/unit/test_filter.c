/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Merging what members want: against the sentence of RFC 9776 section 3.2,
 * source by source, for every combination of two members and random ones of
 * more. And prefixes less those in them: every group is in exactly one part.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <arpa/inet.h>
#include <cmocka.h>

#include "proto/filter.h"
#include "proto/proxy/internal.h"

#define SOURCES 5

struct wish {
	bool exclude;
	uint32_t list; /* bits */
};

static bool wants(const struct wish *w, uint32_t source)
{
	return w->exclude != (w->list >> source & 1);
}

static struct mgm_address address_of(uint32_t source)
{
	return mgm_address_v4((struct in_addr){htonl(0x0a000001 + source)});
}

static void merge(struct filter_merge *f, const struct wish *w, size_t count)
{
	filter_merge_again(f);
	for (size_t i = 0; i < count; i++) {
		if (w[i].exclude)
			filter_merge_exclude(f);
		for (uint32_t s = SOURCES; s--;) {
			struct mgm_address a = address_of(s);

			if (w[i].list >> s & 1)
				filter_merge_source(f, &a, !w[i].exclude);
		}
	}
	assert_int_equal(filter_merge_end(f), 0);
}

/* A source is wanted by all together if one wants it; the last one, that
 * nobody names, shows the mode. */
static void check(struct filter_merge *f, const struct wish *w, size_t count)
{
	uint32_t listed = 0;

	merge(f, w, count);
	for (size_t i = 0; i < f->source_count; i++)
		listed |= 1u
			  << (ntohl(mgm_address_to_v4(&f->sources[i]).s_addr) -
			      0x0a000001);
	for (uint32_t s = 0; s <= SOURCES; s++) {
		bool wanted = false;

		for (size_t i = 0; i < count; i++)
			wanted |= wants(&w[i], s);
		assert_int_equal((f->filter == MGM_EXCLUDE) !=
					 (listed >> s & 1),
				 wanted);
	}
}

static void test_a_source_is_wanted_if_one_member_wants_it(void **state)
{
	struct filter_merge f = {0};
	struct wish w[6];

	(void)state;
	check(&f, NULL, 0);
	for (uint32_t a = 0; a < 2u << SOURCES; a++) {
		for (uint32_t b = 0; b < 2u << SOURCES; b++) {
			w[0] = (struct wish){a & 1, a >> 1};
			w[1] = (struct wish){b & 1, b >> 1};
			check(&f, w, 2);
		}
	}
	srandom(1);
	for (int round = 0; round < 2000; round++) {
		size_t count = (size_t)random() % 7;

		for (size_t i = 0; i < count; i++)
			w[i] = (struct wish){random() & 1,
					     random() % (1 << SOURCES)};
		check(&f, w, count);
	}
	filter_merge_free(&f);
}

struct parts {
	struct mgm_prefix list[256];
	size_t count;
};

static void add(void *arg, const struct mgm_prefix *part)
{
	struct parts *p = arg;

	assert_true(p->count < 256);
	p->list[p->count++] = *part;
}

static uint32_t of(const struct mgm_prefix *prefix)
{
	return ntohl(mgm_address_to_v4(&prefix->address).s_addr);
}

static size_t holding(const struct mgm_prefix *list, size_t count,
		      uint32_t group)
{
	size_t n = 0;

	for (size_t i = 0; i < count; i++)
		n += list[i].length == 0 ||
		     (group ^ of(&list[i])) >> (32 - list[i].length) == 0;
	return n;
}

static struct mgm_prefix prefix(uint32_t first, uint8_t length)
{
	const struct in_addr v4 = {htonl(first)};

	return (struct mgm_prefix){mgm_address_v4(v4), length, {0}};
}

static void
test_a_prefix_less_its_holes_has_every_other_group_once(void **state)
{
	const struct mgm_prefix all = prefix(0xe0000000, 4);
	const struct mgm_prefix holes[] = {
		prefix(0xef000000, 8),	prefix(0xef010000, 16),
		prefix(0xe0000000, 24), prefix(0xefffffff, 32),
		prefix(0xe8000000, 6),
	};
	const uint32_t edges[] = {0xe0000000, 0xe00000ff, 0xe0000100,
				  0xe7ffffff, 0xe8000000, 0xebffffff,
				  0xec000000, 0xeeffffff, 0xef000000,
				  0xef010000, 0xefffffff};

	(void)state;
	for (size_t n = 0; n <= 5; n++) {
		struct parts p = {.count = 0};

		proxy_cover(&all, holes, n, add, &p);
		for (size_t i = 0; i < sizeof(edges) / sizeof(*edges); i++)
			assert_int_equal(holding(p.list, p.count, edges[i]),
					 !holding(holes, n, edges[i]));
		for (uint32_t g = 0xe0000000; g < 0xf0000000 - 65521;
		     g += 65521)
			assert_int_equal(holding(p.list, p.count, g),
					 !holding(holes, n, g));
		if (!n)
			assert_int_equal(p.count, 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			test_a_source_is_wanted_if_one_member_wants_it),
		cmocka_unit_test(
			test_a_prefix_less_its_holes_has_every_other_group_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
