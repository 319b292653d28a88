/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which leg of a route is the reverse path: the highest next-hop address, and
 * with any-leg the one already used.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <arpa/inet.h>
#include <cmocka.h>

#include "xmgmd/net/rib.h"

static const struct {
	const char *what;
	struct {
		uint32_t ifindex;
		const char *gateway;
	} legs[3];
	bool any_leg;
	uint32_t preferred, iif;
	const char *upstream;
	bool open; /* to the next packet */
} rows[] = {
	{"no route", {{0}}, false, 0, 0, "0.0.0.0", false},
	{"no route, any leg", {{0}}, true, 3, 0, "0.0.0.0", false},
	{"connected", {{4, "0.0.0.0"}}, false, 0, 4, "0.0.0.0", false},
	{"one gateway", {{4, "10.0.0.9"}}, false, 0, 4, "10.0.0.9", false},
	{"highest address, not highest bytes",
	 {{4, "10.0.0.200"}, {5, "10.0.1.3"}},
	 false,
	 0,
	 5,
	 "10.0.1.3",
	 false},
	{"order does not matter",
	 {{5, "10.0.1.3"}, {4, "10.0.0.200"}, {6, "9.255.255.255"}},
	 false,
	 0,
	 5,
	 "10.0.1.3",
	 false},
	{"equal gateways: the higher ifindex",
	 {{7, "10.0.0.1"}, {6, "10.0.0.1"}},
	 false,
	 0,
	 7,
	 "10.0.0.1",
	 false},
	{"preferred means nothing without any-leg",
	 {{4, "10.0.0.1"}, {5, "10.0.1.1"}},
	 false,
	 4,
	 5,
	 "10.0.1.1",
	 false},
	{"any-leg keeps the leg in use",
	 {{4, "10.0.0.1"}, {5, "10.0.1.1"}},
	 true,
	 4,
	 4,
	 "10.0.0.1",
	 false},
	{"any-leg does not invent a leg",
	 {{4, "10.0.0.1"}, {5, "10.0.1.1"}},
	 true,
	 9,
	 5,
	 "10.0.1.1",
	 true},
	{"any-leg without a preference",
	 {{4, "10.0.0.1"}, {5, "10.0.1.1"}},
	 true,
	 0,
	 5,
	 "10.0.1.1",
	 true},
	{"any-leg of a single leg",
	 {{5, "10.0.1.1"}},
	 true,
	 9,
	 5,
	 "10.0.1.1",
	 false},
};

static void test_the_leg_is_the_same_wherever_it_is_asked(void **state)
{
	size_t i, j;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct mgm_rib_answer answer = {.iif = 99, .by_arrival = true};
		struct rib_route route = {0};

		for (j = 0; j < 3 && rows[i].legs[j].ifindex; j++) {
			route.legs[j].ifindex = rows[i].legs[j].ifindex;
			route.legs[j].gateway.s_addr =
				inet_addr(rows[i].legs[j].gateway);
		}
		route.count = j;
		rib_choose(&route, rows[i].any_leg, rows[i].preferred, &answer);
		if (answer.iif != rows[i].iif ||
		    answer.by_arrival != rows[i].open ||
		    mgm_address_to_v4(&answer.upstream).s_addr !=
			    inet_addr(rows[i].upstream))
			fail_msg("%s: iif %u", rows[i].what, answer.iif);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_leg_is_the_same_wherever_it_is_asked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
