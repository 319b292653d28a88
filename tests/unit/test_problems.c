/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is called a problem of an interface: a link, what routes make of it and
 * what the plane of memory says, one thing wrong at a time; and that it is
 * told by log and event when it has lasted. Time is moved by hand.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <arpa/inet.h>
#include <cmocka.h>

#include "lib/log.h"
#include "xmgmd/daemon.h"

struct lab {
	struct daemon d;
	struct config config;
	struct attachment attachment;
	struct mgm_interface_info info;
	struct proto_querier querier[3];
	uint32_t groups_elsewhere;
	struct mgm_unserved unserved; /* if its count is not 0 */
	uint64_t now_ms;
	char log[1024];
	char events[1024];
};

static struct lab *lab;

/* --- what problems.c is linked with ----------------------------------- */

void log_write(enum log_level level, const char *format, ...)
{
	size_t len = strlen(lab->log);
	va_list args;

	(void)level;
	va_start(args, format);
	vsnprintf(lab->log + len, sizeof(lab->log) - len, format, args);
	va_end(args);
}

bool log_on(unsigned int topic)
{
	(void)topic;
	return false;
}

void log_topic_write(unsigned int topic, const char *format, ...)
{
	(void)topic;
	(void)format;
}

uint64_t daemon_now_ms(void)
{
	return lab->now_ms;
}

void event_problem(struct router *r, const char *name, const char *problem,
		   bool solved)
{
	size_t len = strlen(lab->events);

	(void)r;
	(void)problem;
	snprintf(lab->events + len, sizeof(lab->events) - len, "%s%s ",
		 solved ? "solved " : "", name);
}

void glue_lost(struct router *r, uint32_t ifid)
{
	(void)r;
	(void)ifid;
}

void glue_unheard(struct router *r, uint32_t ifid)
{
	(void)r;
	(void)ifid;
}

/* What the kernel's own router has is looked at elsewhere. */
void kernel_flows_survey(struct router *r)
{
	(void)r;
}

bool kernel_flows_why(const struct link *link, char why[KERNEL_FLOWS_WHY])
{
	(void)link;
	(void)why;
	return false;
}

void router_settle(struct router *r)
{
	(void)r;
}

const char *glue_interface_name(const struct router *r, uint32_t ifid,
				char buffer[XMGM_IFNAME_LEN])
{
	(void)r;
	snprintf(buffer, XMGM_IFNAME_LEN, "#%u", ifid);
	return buffer;
}

const struct attachment *attaching_find(const struct router *r,
					const char *name)
{
	const struct attachment *a = r->attachments;

	return a && !strcmp(a->name, name) ? a : NULL;
}

int mgm_interface_get(struct mgm *m, uint32_t ifid,
		      struct mgm_interface_info *info)
{
	(void)m;
	*info = lab->info;
	info->ifid = ifid;
	return lab->info.owner || lab->info.igmp ? 0 : -ENOENT;
}

int mgm_unserved_get(struct mgm *m, uint32_t ifid, struct mgm_unserved *out)
{
	(void)m;
	(void)ifid;
	*out = lab->unserved;
	return lab->unserved.count ? 0 : -ENOENT;
}

/* e1, if there is anything on it. */
int mgm_interface_next(struct mgm *m, uint32_t after,
		       struct mgm_interface_info *info)
{
	(void)m;
	if (after >= 2)
		return -ENOENT;
	info->ifid = after + 1;
	info->groups = info->ifid == 2 ? lab->groups_elsewhere : 0;
	return 0;
}

static int fake_querier(void *self, uint32_t ifid, uint64_t now_ms,
			struct proto_querier *querier)
{
	(void)self;
	(void)now_ms;
	*querier = lab->querier[ifid];
	return 0;
}

static const struct proto fake_proto = {.querier = fake_querier};

const char *glue_protocol_name(const struct router *r, uint32_t protocol,
			       char buffer[24])
{
	(void)r;
	snprintf(buffer, 24, "protocol-%u", protocol);
	return buffer;
}

/* --- the lab: e0, up, with an address and XDP, that IGMP has ----------- */

static const struct proto_address address = {.prefix_len = 24};

static struct link *link_of(uint32_t ifindex)
{
	return links_by_index(&lab->d.links, ifindex);
}

static void report(uint32_t ifindex, const char *name)
{
	struct link_report report = {
		.ifindex = ifindex,
		.ethernet = true,
		.admin_up = true,
		.carrier = true,
		.mtu = 1500,
		.kind = "veth",
	};

	snprintf(report.name, sizeof(report.name), "%s", name);
	assert_int_equal(links_report(&lab->d.links, &report), 0);
	links_address(&lab->d.links, ifindex, &address, true);
}

static int setup(void **state)
{
	const struct plane_options options = {.instance = "lab"};
	const struct plane_listener listener = {.arg = NULL};
	const char *why;

	(void)state;
	lab = calloc(1, sizeof(*lab));
	lab->d.config = &lab->config;
	lab->d.router.d = &lab->d;
	strcpy(lab->d.command, "xmgm -i lab");
	links_init(&lab->d.links);
	assert_int_equal(
		plane_open_fake(&options, &listener, &lab->d.router.plane), 0);
	report(1, "e0");
	assert_int_equal(
		plane_attach(lab->d.router.plane, 1, PLANE_NATIVE, &why), 0);
	strcpy(lab->attachment.name, "e0");
	lab->d.router.attachments = &lab->attachment;
	lab->d.router.seats[0].proto = &fake_proto;
	lab->d.router.seats[0].self = lab;
	lab->info.igmp = true;
	lab->now_ms = 1000000;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	problem_list_free(&lab->d.router.problems);
	links_free(&lab->d.links);
	plane_close(lab->d.router.plane);
	free(lab);
	return 0;
}

/* The only problem of e0 has these words; NULL: it has none. */
static void expect(const char *words)
{
	char *sentences[PROBLEMS_MAX];
	size_t count = problems_of(&lab->d.router, "e0", sentences);

	assert_int_equal(count, words != NULL);
	if (!words)
		return;
	if (!strstr(sentences[0], words))
		print_error("'%s' is not in '%s'\n", words, sentences[0]);
	assert_non_null(strstr(sentences[0], words));
	free(sentences[0]);
}

/* --- one thing at a time ----------------------------------------------- */

static void test_nothing_is_wrong(void **state)
{
	(void)state;
	expect(NULL);
}

/* Down, without carrier, not Ethernet: what to do. */
static void test_the_link(void **state)
{
	struct link *link = link_of(1);

	(void)state;
	link->admin_up = false;
	expect("is down: `ip link set e0 up`");
	link->admin_up = true;
	link->carrier = false;
	expect("has no carrier");
	link->carrier = true;
	link->ethernet = false;
	expect("is not an Ethernet device");
	link->ethernet = true;
	expect(NULL);
}

/* Missing, not attached, or attached in the slow mode. */
static void test_the_attachment(void **state)
{
	const char *why;

	(void)state;
	assert_int_equal(plane_detach(lab->d.router.plane, 1, &why), 0);
	expect("`xmgm -i lab attach e0`");
	lab->attachment.error = strdup("another program is on it");
	expect("another program is on it");
	free(lab->attachment.error);
	lab->attachment.error = NULL;
	assert_int_equal(
		plane_attach(lab->d.router.plane, 1, PLANE_GENERIC, &why), 0);
	expect("attached in generic mode");
	links_delete(&lab->d.links, 1);
	expect("there is no such interface yet");
}

/* Of an interface that nobody wants anything of, nothing is a problem. */
static void test_nobody_s_interface(void **state)
{
	const char *why;

	(void)state;
	assert_int_equal(plane_detach(lab->d.router.plane, 1, &why), 0);
	lab->d.router.attachments = NULL;
	lab->info.igmp = false;
	link_of(1)->admin_up = false;
	expect(NULL);
	lab->info.owner = XMGM_OWNER_STATIC;
	link_of(1)->admin_up = true;
	expect("not attached");
}

/* An oif that cannot transmit, by the name of who has to change. */
static void test_transmit(void **state)
{
	struct link *link = link_of(1);

	(void)state;
	links_features(&lab->d.links, 1, true, 0);
	expect(NULL); /* nobody joins there */
	lab->info.groups = 1;
	link->peer_elsewhere = true;
	expect("`ethtool -K PEER gro on` in the namespace of the peer");
	link->peer_elsewhere = false;
	report(2, "e1");
	link = link_of(1);
	link->peer = 2;
	expect("`ethtool -K e1 gro on`");
	strcpy(link->kind, "");
	expect("its driver has no XDP transmit");
	lab->info.groups = 0;
	link->use.is_oif = true; /* by a route */
	expect("its driver has no XDP transmit");
	links_features(&lab->d.links, 1, true, 4);
	expect(NULL);
}

/* What routes and senders ask of it. */
static void test_what_does_not_fit(void **state)
{
	struct link *link = link_of(1);

	(void)state;
	link->use.iif_mtu = 1501;
	strcpy(link->use.iif_name, "up0");
	expect("MTU 1500 is smaller than 1501 of up0");
	link->use.iif_mtu = 1500;
	expect(NULL);
	link->multibuf.until_ms = lab->now_ms + 1;
	link->multibuf_flow = (struct xmgm_flow){{10, 1, 2, 3}, {239, 4, 5, 6}};
	expect("frames from 10.1.2.3 to 239.4.5.6 are too long");
	link->multibuf.until_ms = 0;
	link->shed.until_ms = lab->now_ms + 1;
	expect("more than igmp-rate (500000 group records a second)");
	lab->config.plane.igmp_rate = 77;
	expect("igmp-rate (77 group");
	link->shed.until_ms = 0;
	link->host_shed.until_ms = lab->now_ms + 1;
	memcpy(link->shed_host, (uint8_t[]){10, 1, 2, 3}, 4);
	link->shed_rate = 10000;
	expect("of host 10.1.2.3 are refused here, more than "
	       "max-records-per-host (10000 group records a second)");
	link->host_shed.until_ms = 0;
	link->refused.until_ms = lab->now_ms + 1;
	expect("max-groups, max-groups-per-host, max-sources and "
	       "max-sources-per-host");
}

/* What somebody wants, and nobody sees to. */
static void test_what_is_wanted_in_vain(void **state)
{
	const struct mgm_address source =
		mgm_address_v4((struct in_addr){htonl(0x0a000001)});
	const struct mgm_address group =
		mgm_address_v4((struct in_addr){htonl(0xef010101)});

	(void)state;
	lab->info.unpulled = 1;
	expect("sources behind a router there are wanted elsewhere, and nobody "
	       "pulls them");
	lab->info.unpulled = 0;
	expect(NULL);
	lab->info.unpulled_groups = 3;
	lab->groups_elsewhere = 3;
	lab->querier[1] =
		(struct proto_querier){.address = source, .self = true};
	expect(NULL); /* a stub */
	lab->querier[1].self = false;
	expect("nobody asks the router 10.0.0.1 here for them");
	/* Hosts there have another router, perhaps the same. */
	lab->querier[2] = lab->querier[1];
	expect(NULL);
	lab->querier[2].self = true;
	lab->groups_elsewhere = 0;
	expect(NULL);
	lab->info.unpulled_groups = 0;
	lab->unserved = (struct mgm_unserved){
		.flow = mgm_sg_of(&source, &group),
		.count = 2,
		.wanted_by = 1,
		.left_by = 300,
	};
	expect("(10.0.0.1, 239.1.1.1) is wanted here by protocol-1, but "
	       "protocol-300 leaves it to the kernel");
}

/* --- telling ------------------------------------------------------------ */

/* By log and event, when it has lasted, and when it is solved; once each. */
static void test_it_is_told_when_it_lasts(void **state)
{
	(void)state;
	assert_int_equal(problems_refresh(&lab->d.router), UINT64_MAX);
	link_of(1)->carrier = false;
	assert_int_equal(problems_refresh(&lab->d.router),
			 lab->now_ms + PROBLEM_LASTS_MS);
	assert_string_equal(lab->log, "");
	lab->now_ms += PROBLEM_LASTS_MS;
	assert_int_equal(problems_refresh(&lab->d.router), UINT64_MAX);
	assert_string_equal(lab->events, "e0 ");
	assert_non_null(strstr(lab->log, "e0: has no carrier"));
	problems_refresh(&lab->d.router);
	assert_string_equal(lab->events, "e0 ");
	link_of(1)->carrier = true;
	problems_refresh(&lab->d.router);
	assert_string_equal(lab->events, "e0 solved e0 ");
	assert_non_null(strstr(lab->log, "e0: solved: has no carrier"));
}

/* One that is not there is looked at as well; loopback never is. */
static void test_what_is_looked_at(void **state)
{
	(void)state;
	report(3, "lo");
	link_of(3)->loopback = true;
	link_of(3)->admin_up = false;
	links_delete(&lab->d.links, 1);
	problems_refresh(&lab->d.router);
	lab->now_ms += PROBLEM_LASTS_MS;
	problems_refresh(&lab->d.router);
	assert_string_equal(lab->log, "e0: there is no such interface yet");
}

int main(void)
{
#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(test_nothing_is_wrong),
		T(test_the_link),
		T(test_the_attachment),
		T(test_nobody_s_interface),
		T(test_transmit),
		T(test_what_does_not_fit),
		T(test_what_is_wanted_in_vain),
		T(test_it_is_told_when_it_lasts),
		T(test_what_is_looked_at),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
