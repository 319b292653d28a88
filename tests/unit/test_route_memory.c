/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a static route made by command takes of the heap: what was said of it,
 * the static protocol's part, and the manager's with its group and source.
 * Counted as malloc of glibc gives it out: 8 bytes more, in steps of 16.
 */
#include <errno.h>
#include <malloc.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <arpa/inet.h>
#include <cmocka.h>

#include "../agreeing_plane.h"
#include "mgm/core.h"
#include "proto/proto.h"
#include "proto/static/static.h"
#include "xmgmd/config/said.h"

#define ROUTES 4096u

/* --- what is out ---------------------------------------------------- */

static size_t bytes;

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *old, size_t size);
void __real_free(void *p);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *old, size_t size);
void __wrap_free(void *p);

static size_t taken(void *p)
{
	const size_t size = p ? (malloc_usable_size(p) + 8 + 15) / 16 * 16 : 0;

	return p && size < 32 ? 32 : size;
}

void *__wrap_malloc(size_t size)
{
	void *p = __real_malloc(size);

	bytes += taken(p);
	return p;
}

void *__wrap_calloc(size_t n, size_t size)
{
	void *p = __real_calloc(n, size);

	bytes += taken(p);
	return p;
}

void *__wrap_realloc(void *old, size_t size)
{
	const size_t before = taken(old);
	void *p = __real_realloc(old, size);

	bytes += taken(p) - before;
	return p;
}

void __wrap_free(void *p)
{
	bytes -= taken(p);
	__real_free(p);
}

/* --- the daemon's side of static ------------------------------------ */

/* "out2" is 2. */
static uint32_t ifid_of(void *arg, const char *name)
{
	(void)arg;
	return (uint32_t)name[strlen(name) - 1] - '0';
}

static void say(void *arg, enum proto_severity severity, const char *text)
{
	(void)arg, (void)severity;
	fail_msg("%s", text);
}

static void wake(void *arg)
{
	(void)arg;
}

/* The route number i, of which `sources` have one group. */
static struct mgm_sg route_sg(uint32_t i, uint32_t sources)
{
	const uint32_t s = sources > 1 ? i % sources : i, g = i / sources;

	return mgm_sg_v4((struct in_addr){htonl(0x0a000001u + s)},
			 (struct in_addr){htonl(0xef000001u + g)});
}

static void add_all(void *self, struct hash *said, uint32_t sources)
{
	static const char to[][XMGM_IFNAME_LEN] = {"out2", "out3"};
	static const struct config empty;
	struct said_value value = {
		.route = {.from = "in1", .to = to, .to_count = 2}};

	for (uint32_t i = 0; i < ROUTES; i++) {
		struct said_key key = said_route_key(route_sg(i, sources));

		value.route.sg = key.sg;
		assert_int_equal(
			static_proto()->admin->route_add(self, &value.route, 1),
			0);
		assert_int_equal(said_command(said, &empty, &key, &value), 0);
	}
}

/* Bytes of each of many routes. */
static size_t bytes_a_route(uint32_t sources)
{
	struct agreeing_plane plane = {0};
	const struct mgm_hooks hooks = AGREEING_PLANE(&plane);
	const struct mgm_limits limits = {0};
	struct proto_services services = {.ifid = ifid_of,
					  .say = say,
					  .wake = wake,
					  .mgm = mgm_new(&hooks, &limits, 0)};
	struct hash said = {0};
	size_t before;
	void *self;

	assert_non_null(services.mgm);
	assert_int_equal(static_proto()->start(&services, 0, &self), 0);
	before = bytes;
	add_all(self, &said, sources);
	assert_int_equal(plane.written, ROUTES);
	before = (bytes - before) / ROUTES;
	said_clear(&said);
	static_proto()->stop(self);
	mgm_free(services.mgm);
	print_message("%zu bytes a route, %u sources a group\n", before,
		      sources);
	return before;
}

static void test_a_route_among_others_of_its_group(void **state)
{
	(void)state;
	assert_in_range(bytes_a_route(4), 100, 345);
}

static void test_a_route_with_a_group_and_a_source_of_its_own(void **state)
{
	(void)state;
	assert_in_range(bytes_a_route(1), 100, 460);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_route_among_others_of_its_group),
		cmocka_unit_test(
			test_a_route_with_a_group_and_a_source_of_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
