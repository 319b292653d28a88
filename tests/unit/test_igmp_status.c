/* SPDX-License-Identifier: GPL-2.0-only */
/* What IGMP says of an interface, member by member: for `show igmp`. */
#include <stdio.h>

#include "igmp_fixture.h"
#include "lib/address.h"

#define SAID_MAX 256

/* The row as "a.b" = "value"; null is "-", times are milliseconds. */
static struct {
	char name[64], value[64];
} said[SAID_MAX];
static size_t said_count;
static char above[64];

static void put(const char *name, const char *value)
{
	assert_true(said_count < SAID_MAX);
	snprintf(said[said_count].name, sizeof(said[0].name), "%s%s", above,
		 name);
	snprintf(said[said_count].value, sizeof(said[0].value), "%s", value);
	said_count++;
}

static void row_open(void *arg, const char *name)
{
	size_t len = strlen(above);

	(void)arg;
	snprintf(above + len, sizeof(above) - len, "%s.", name);
}

static void row_close(void *arg)
{
	char *dot;

	(void)arg;
	assert_true(*above);
	above[strlen(above) - 1] = '\0';
	dot = strrchr(above, '.');
	dot = dot ? dot + 1 : above;
	*dot = '\0';
}

static void row_text(void *arg, const char *name, const char *text)
{
	(void)arg;
	put(name, text ? text : "-");
}

static void row_address(void *arg, const char *name,
			const struct mgm_address *address)
{
	char text[ADDRESS_TEXT];

	(void)arg;
	put(name, address_is_any(address) ? "-" : address_name(address, text));
}

static void row_flag(void *arg, const char *name, bool value)
{
	(void)arg;
	put(name, value ? "yes" : "no");
}

static void row_number(void *arg, const char *name, uint64_t value)
{
	char text[24];

	(void)arg;
	snprintf(text, sizeof(text), "%llu", (unsigned long long)value);
	put(name, value == PROTO_NONE ? "-" : text);
}

static void look(const struct fixture *f)
{
	static const struct proto_row row = {
		.open = row_open,
		.close = row_close,
		.text = row_text,
		.address = row_address,
		.flag = row_flag,
		.number = row_number,
		.seconds = row_number,
	};

	said_count = 0;
	igmp_interface_status(f->in, f->now, &row);
	assert_string_equal(above, "");
}

static void expect(const char *name, const char *value)
{
	for (size_t i = 0; i < said_count; i++)
		if (!strcmp(said[i].name, name)) {
			if (strcmp(said[i].value, value))
				print_error("%s\n", name);
			assert_string_equal(said[i].value, value);
			return;
		}
	print_error("%s is not said\n", name);
	fail();
}

/* RFC 9776 section 8, with its names, as they are by default. */
static void test_a_querier(void **state)
{
	struct fixture *f = *state;

	fix_after(f, 5000);
	look(f);
	expect("interface", "r1");
	expect("ifid", "7");
	expect("role", "querier");
	expect("version", "3");
	expect("version_configured", "3");
	expect("tracked", "0");
	expect("waiting", "0");
	expect("address", "10.2.0.1");
	expect("querier", "10.2.0.1");
	expect("querier_uptime_s", "65000");
	expect("other_querier_present_s", "-");
	expect("other_querier.version", "-");
	expect("last_query_s", "33750"); /* the second of start-up */
	expect("next_query_s", "91250");
	expect("startup_queries_left", "0");
	expect("robustness.value", "2");
	expect("robustness.origin", "configured");
	expect("query_interval.value_s", "125000");
	expect("query_response_interval.value_s", "10000");
	expect("last_member_query_interval.value_s", "1000");
	expect("last_member_query_count.value", "2");
	expect("last_member_query_time.value_s", "2000");
	expect("group_membership_interval.value_s", "270000");
	expect("other_querier_present_interval.value_s", "255000");
	expect("older_host_present_interval.value_s", "260000");
	expect("last_leave.group", "-");
	expect("last_leave.ago_s", "-");
	expect("limits.groups", "64");
	expect("forwarding.on", "yes");
	expect("forwarding.why", "as the querier");
	expect("router_discovery.on", "no");
	expect("counters.sent.sent_general_v3", "2");
	expect("counters.refused.foreign_host", "0");
}

static void hear_querier(struct fixture *f)
{
	const struct igmp_message m = {
		.type = XMGM_IGMP_QUERY,
		.version = 3,
		.max_response_ms = 5000,
		.robustness = 3,
		.query_interval_s = 60,
	};

	igmp_router_message(f->router, IFID, addr("10.1.0.77"), &m, f->now);
}

/* What it says is in effect, and what we are configured with is said too. */
static void test_another_querier_and_its_values(void **state)
{
	struct fixture *f = *state;

	hear_querier(f);
	fix_after(f, 4000);
	look(f);
	expect("role", "not querier");
	expect("querier", "10.1.0.77");
	expect("querier_uptime_s", "4000");
	expect("next_query_s", "-");
	expect("other_querier_present_s", "181000");
	expect("other_querier.version", "3");
	expect("other_querier.robustness", "3");
	expect("other_querier.query_interval_s", "60000");
	expect("other_querier.query_response_interval_s", "5000");
	expect("robustness.value", "3");
	expect("robustness.configured", "2");
	expect("robustness.origin", "adopted");
	expect("query_interval.value_s", "60000");
	expect("query_interval.configured_s", "125000");
	expect("query_interval.origin", "adopted");
	expect("group_membership_interval.value_s", "200000");
	expect("group_membership_interval.origin", "adopted");
	expect("query_response_interval.origin", "configured");
	expect("counters.heard.heard_general_v3", "1");
}

/* Who waits to be asked about, and until when nobody is given up. */
static void test_a_storm(void **state)
{
	struct igmp_config config = fix_config();
	struct fixture *f = *state;

	config.query_rate = 1;
	config.max_host_records = 10000;
	igmp_interface_configure(f->in, &config, f->now);
	look(f);
	expect("storm.query_rate", "1");
	expect("storm.records_per_host", "10000");
	expect("storm.held_s", "-");
	fix_after(f, 60000);
	for (unsigned int i = 0; i < 5; i++)
		fix_record(f, IGMP_TO_EX, grp(i), 0);
	for (unsigned int i = 0; i < 5; i++)
		fix_record(f, IGMP_TO_IN, grp(i), 0);
	igmp_router_lost(f->router, IFID, f->now);
	look(f);
	expect("waiting", "4");
	expect("storm.held_s", "11000");
}

/* The last host to leave anything: a leave of version 2, or a record. */
static void test_the_last_leave(void **state)
{
	struct fixture *f = *state;

	fix_old(f, XMGM_IGMP_V2_REPORT, grp(0));
	fix_record(f, IGMP_IS_IN, grp(1), 3);
	look(f);
	expect("groups", "2");
	expect("last_leave.group", "-");
	fix_old(f, XMGM_IGMP_V2_LEAVE, grp(0));
	fix_after(f, 300);
	look(f);
	expect("last_leave.group", "239.1.1.1");
	expect("last_leave.host", "10.1.0.8");
	expect("last_leave.ago_s", "300");
	fix_record(f, IGMP_BLOCK, grp(1), 1);
	look(f);
	expect("last_leave.group", "239.1.1.2");
	expect("last_leave.host", "10.1.0.9");
	expect("last_leave.ago_s", "0");
}

static void test_who_does_not_ask(void **state)
{
	struct proto_interface is = fix_interface();
	struct igmp_config config = fix_config();
	struct fixture *f = *state;

	config.passive = true;
	igmp_interface_configure(f->in, &config, f->now);
	look(f);
	expect("role", "passive");
	expect("querier", "-");
	expect("querier_uptime_s", "-");
	expect("next_query_s", "-");
	is.address_count = 0;
	igmp_interface_present(f->in, &is, f->now);
	look(f);
	expect("role", "no address");
	expect("address", "-");
	is.up = false;
	igmp_interface_present(f->in, &is, f->now);
	look(f);
	expect("role", "down");
	igmp_interface_absent(f->in);
	look(f);
	expect("role", "absent");
	expect("ifid", "-");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_a_querier, fix_setup,
						fix_teardown),
		cmocka_unit_test_setup_teardown(
			test_another_querier_and_its_values, fix_setup,
			fix_teardown),
		cmocka_unit_test_setup_teardown(test_the_last_leave, fix_setup,
						fix_teardown),
		cmocka_unit_test_setup_teardown(test_a_storm, fix_setup,
						fix_teardown),
		cmocka_unit_test_setup_teardown(test_who_does_not_ask,
						fix_setup, fix_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
