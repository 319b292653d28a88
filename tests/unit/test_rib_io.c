/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which of the kernel's tables a router's routes are looked up in, asked of
 * this kernel in a network namespace of our own:
 *
 *   d0 10.1.0.254/24   d1 10.2.0.254/24   d2 10.3.0.254/24, in the VRF v10
 */
#include <errno.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <net/if.h>
#include <cmocka.h>

#include "lib/address.h"
#include "lib/log.h"
#include "xmgmd/daemon.h"
#include "xmgmd/trace.h"

#define FAR  "10.9.9.9"
#define MAIN 254u

static struct daemon d;
static struct config config;
static bool has_vrf;

/* --- what the look-up is linked with ---------------------------------- */

void log_write(enum log_level level, const char *format, ...)
{
	va_list args;

	(void)level;
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fail();
}

void trace_rpf(struct router *r, struct in_addr source,
	       const struct rib_route *route,
	       const struct mgm_rib_answer *answer, int err)
{
	(void)r;
	(void)source;
	(void)route;
	(void)answer;
	(void)err;
}

/* --- the namespace ----------------------------------------------------- */

static void ip(const char *words)
{
	char command[160];

	snprintf(command, sizeof(command), "ip %s", words);
	if (system(command))
		fail_msg("%s", command);
}

static void see(const char *name)
{
	struct link_report report = {.ifindex = if_nametoindex(name)};

	assert_int_not_equal(report.ifindex, 0);
	snprintf(report.name, sizeof(report.name), "%s", name);
	assert_int_equal(links_report(&d.links, &report), 0);
}

static void add_device(int n, const char *master)
{
	char words[120];

	snprintf(words, sizeof(words), "link add d%d type veth peer name p%d",
		 n, n);
	ip(words);
	snprintf(words, sizeof(words), "link set p%d up", n);
	ip(words);
	snprintf(words, sizeof(words), "link set d%d %s%s up", n,
		 *master ? "master " : "", master);
	ip(words);
	snprintf(words, sizeof(words), "addr add 10.%d.0.254/24 dev d%d", n + 1,
		 n);
	ip(words);
	snprintf(words, sizeof(words), "d%d", n);
	see(words);
}

static int setup(void **state)
{
	struct router *r = &d.router;

	(void)state;
	memset(&d, 0, sizeof(d));
	if (unshare(CLONE_NEWNET) && unshare(CLONE_NEWUSER | CLONE_NEWNET)) {
		print_message("skipped: no network namespace: %s\n",
			      strerror(errno));
		exit(0);
	}
	d.config = &config;
	r->d = &d;
	links_init(&d.links);
	has_vrf = !system("ip link add v10 type vrf table 10 2>/dev/null");
	if (has_vrf) {
		ip("link set v10 up");
		see("v10");
	}
	add_device(0, "");
	add_device(1, "");
	add_device(2, has_vrf ? "v10" : "");
	return rib_io_open(r);
}

static int teardown(void **state)
{
	(void)state;
	rib_io_close(&d.router);
	links_free(&d.links);
	return 0;
}

/* The interface by which the router reaches a source, as a router of this
 * table and this VRF; "": none. */
static const char *by_from(uint32_t table, const char *vrf, const char *source,
			   const char *arrival)
{
	static char name[IF_NAMESIZE];
	struct mgm_rib_answer answer;
	struct mgm_address address;

	d.router.table = table;
	snprintf(d.router.vrf, sizeof(d.router.vrf), "%s", vrf);
	assert_int_equal(address_parse(source, &address), 0);
	assert_int_equal(rib_io_lookup(&d.router, &address,
				       if_nametoindex(arrival), &answer),
			 0);
	if (!answer.iif)
		return "";
	return if_indextoname(answer.iif, name) ? name : "?";
}

static const char *by(uint32_t table, const char *vrf, const char *source)
{
	return by_from(table, vrf, source, "");
}

/* --- tests ------------------------------------------------------------- */

static void test_without_a_table_rules_say_where(void **state)
{
	(void)state;
	assert_string_equal(by(0, "", FAR), "");
	ip("route add 10.9.0.0/16 via 10.1.0.1");
	assert_string_equal(by(0, "", FAR), "d0");
	assert_string_equal(by(0, "", "10.2.0.7"), "d1");
	ip("rule add pref 100 lookup 1000");
	ip("route add 10.9.0.0/16 via 10.2.0.1 table 1000");
	assert_string_equal(by(0, "", FAR), "d1");
	assert_true(rib_io_concerns(&d.router, MAIN));
	assert_true(rib_io_concerns(&d.router, 1000));
}

static void test_a_route_of_another_table_is_none(void **state)
{
	(void)state;
	ip("route add 10.9.0.0/16 via 10.1.0.1");
	assert_string_equal(by(MAIN, "", FAR), "d0");
	assert_string_equal(by(1000, "", FAR), "");
	ip("rule add pref 100 lookup 1000");
	ip("route add 10.9.0.0/16 via 10.2.0.1 table 1000");
	assert_string_equal(by(MAIN, "", FAR), "");
	assert_string_equal(by(1000, "", FAR), "d1");
	assert_true(rib_io_concerns(&d.router, 1000));
	assert_false(rib_io_concerns(&d.router, MAIN));
}

/* Its table and no other, as long as the device leads there. */
static void test_a_vrf_has_routes_of_its_own(void **state)
{
	(void)state;
	assert_string_equal(by(10, "v10", FAR), "");
	if (!has_vrf) {
		print_message("skipped: this kernel has no VRF devices\n");
		skip();
	}
	ip("route add 10.9.0.0/16 via 10.1.0.1");
	assert_string_equal(by(10, "v10", FAR), "");
	ip("route add 10.9.9.0/24 via 10.3.0.1 table 10");
	assert_string_equal(by(10, "v10", FAR), "d2");
	assert_string_equal(by(10, "v10", "10.9.8.1"), "");
	assert_string_equal(by(10, "v10", "10.3.0.7"), "d2");
	assert_string_equal(by(10, "v10", "10.1.0.7"), "");
	assert_string_equal(by(0, "", FAR), "d0");
	assert_string_equal(by(0, "", "10.3.0.7"), "");
	ip("link set v10 down");
	assert_string_equal(by(10, "v10", FAR), "");
	ip("link del v10");
	assert_string_equal(by(10, "v10", FAR), "");
}

/* As if a host there had sent it; by the loopback's, from where it leaves. */
static void
test_what_we_send_comes_from_the_interface_of_its_source(void **state)
{
	(void)state;
	see("lo");
	links_by_name(&d.links, "lo")->loopback = true;
	ip("link set lo up");
	ip("addr add 10.8.8.8/32 dev lo");
	assert_string_equal(by(0, "", "10.1.0.254"), "d0");
	assert_string_equal(by_from(MAIN, "", "10.2.0.254", "d0"), "d1");
	assert_string_equal(by(0, "", "10.8.8.8"), "");
	assert_string_equal(by_from(0, "", "10.8.8.8", "d1"), "d1");
	assert_string_equal(by_from(0, "", "10.8.8.8", "d0"), "d1");
	assert_string_equal(by(0, "", "10.8.8.8"), "d1");
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_without_a_table_rules_say_where),
		T(test_a_route_of_another_table_is_none),
		T(test_a_vrf_has_routes_of_its_own),
		T(test_what_we_send_comes_from_the_interface_of_its_source),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
