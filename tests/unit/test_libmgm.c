/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * libmgm against a daemon that says what it is told: every call's bytes on the
 * wire, what comes back, alerts and when they are delivered, and the ways in
 * which a connection ends.
 */
#include <arpa/inet.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "xmgm/libmgm.h"

#include <cmocka.h>

#include "peer.h"
#include "text_log.h"

#define TRUE "\"result\":true"
#define ERROR(name)                                                           \
	"\"error\":{\"code\":-1,\"message\":\"because\",\"data\":{\"error\":" \
	"\"" name "\"}}"
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* One client and what its callbacks have been told, a line each. */
struct test {
	struct peer peer;
	struct mgm *m;
	struct mgm_client *client;
	char log[4096];
	size_t log_length;
	int inside; /* what a call from inside a callback has returned */
};

static void note(struct test *t, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void note(struct test *t, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	text_log(t->log, sizeof(t->log), &t->log_length, format, ap);
	va_end(ap);
}

static void expect(struct test *t, const char *text)
{
	assert_string_equal(t->log, text);
	t->log_length = 0;
	*t->log = '\0';
}

static const char *text_of(const struct mgm_prefix *prefix)
{
	static char text[4][32];
	static unsigned int at;
	const uint8_t *b = prefix->address.bytes + 12;
	char *out = text[at++ % 4];

	if (!prefix->length)
		return "*";
	snprintf(out, 32, "%u.%u.%u.%u/%u", b[0], b[1], b[2], b[3],
		 prefix->length);
	return out;
}

static void on_rpf(void *arg, uint64_t token, const struct mgm_rpf *rpf)
{
	struct test *t = arg;

	note(t, "rpf %llu %s %s %u %u up %u packet %zu:%02x\n",
	     (unsigned long long)token, text_of(&rpf->flow.source),
	     text_of(&rpf->flow.group), rpf->arrival, rpf->iif,
	     rpf->upstream.bytes[15], rpf->packet_len,
	     rpf->packet ? rpf->packet[0] : 0);
	assert_int_equal(rpf->size, sizeof(*rpf));
}

static void on_creation(void *arg, uint64_t token, struct mgm_sg flow,
			uint32_t iif, const struct mgm_creation_oif *oifs,
			size_t count)
{
	struct test *t = arg;
	size_t i;

	note(t, "creation %llu %s %s %u", (unsigned long long)token,
	     text_of(&flow.source), text_of(&flow.group), iif);
	for (i = 0; i < count; i++)
		note(t, " %u%s%s", oifs[i].ifid, oifs[i].igmp ? "i" : "",
		     oifs[i].enabled ? "" : "-");
	note(t, "\n");
}

static void on_join(void *arg, struct mgm_sg sg, uint32_t ifid,
		    enum mgm_cause cause)
{
	note(arg, "join %s %s %u %d\n", text_of(&sg.source), text_of(&sg.group),
	     ifid, (int)cause);
}

static void on_prune(void *arg, struct mgm_sg sg, uint32_t ifid,
		     enum mgm_cause cause)
{
	note(arg, "prune %s %s %u %d\n", text_of(&sg.source),
	     text_of(&sg.group), ifid, (int)cause);
}

/* Calls from inside. */
static void on_local_join(void *arg, struct mgm_sg sg, uint32_t ifid)
{
	struct test *t = arg;

	note(t, "local_join %s %s %u\n", text_of(&sg.source),
	     text_of(&sg.group), ifid);
	t->inside = mgm_interface_release(t->m, t->client, ifid);
	note(t, "released %d\n", t->inside);
}

static void on_local_leave(void *arg, struct mgm_sg sg, uint32_t ifid)
{
	note(arg, "local_leave %s %s %u\n", text_of(&sg.source),
	     text_of(&sg.group), ifid);
}

static void on_wrong_if(void *arg, struct mgm_sg flow, uint32_t arrival,
			uint32_t iif, const uint8_t *packet, size_t len)
{
	note(arg, "wrong_if %s %s %u %u packet %zu:%02x\n",
	     text_of(&flow.source), text_of(&flow.group), arrival, iif, len,
	     packet ? packet[len - 1] : 0);
}

static void on_disable(void *arg, uint32_t ifid, uint32_t epoch)
{
	note(arg, "disable %u %u\n", ifid, epoch);
}

static void on_enable(void *arg, uint32_t ifid, uint32_t epoch)
{
	note(arg, "enable %u %u\n", ifid, epoch);
}

static void on_ownership(void *arg, uint32_t ifid, uint32_t epoch, int result)
{
	note(arg, "ownership %u %u %s\n", ifid, epoch,
	     result ? mgm_error_name(result) : "ok");
}

static void on_rib_changed(void *arg, const struct mgm_prefix *prefix)
{
	note(arg, "rib_changed %s\n", text_of(prefix));
}

static void on_interface_changed(void *arg, uint32_t ifid)
{
	note(arg, "interface_changed %u\n", ifid);
}

static void on_interface_gone(void *arg, uint32_t ifid)
{
	note(arg, "interface_gone %u\n", ifid);
}

static void on_mfe_made(void *arg, struct mgm_sg flow, uint32_t iif)
{
	note(arg, "mfe_made %s %s %u\n", text_of(&flow.source),
	     text_of(&flow.group), iif);
}

static void on_mfe_deleted(void *arg, struct mgm_sg flow, uint32_t iif,
			   enum mgm_deletion why)
{
	note(arg, "mfe_deleted %s %s %u %d\n", text_of(&flow.source),
	     text_of(&flow.group), iif, (int)why);
}

static void on_local_block(void *arg, struct mgm_sg sg, uint32_t ifid)
{
	note(arg, "local_block %s %s %u\n", text_of(&sg.source),
	     text_of(&sg.group), ifid);
}

static void on_local_unblock(void *arg, struct mgm_sg sg, uint32_t ifid)
{
	note(arg, "local_unblock %s %s %u\n", text_of(&sg.source),
	     text_of(&sg.group), ifid);
}

static void on_membership_changed(void *arg, struct mgm_sg sg, uint32_t ifid)
{
	note(arg, "membership_changed %s %u\n", text_of(&sg.group), ifid);
}

static const struct mgm_callbacks all = {
	.size = sizeof(all),
	.rpf = on_rpf,
	.creation = on_creation,
	.join = on_join,
	.prune = on_prune,
	.local_join = on_local_join,
	.local_leave = on_local_leave,
	.wrong_if = on_wrong_if,
	.disable_igmp = on_disable,
	.enable_igmp = on_enable,
	.ownership = on_ownership,
	.rib_changed = on_rib_changed,
	.interface_changed = on_interface_changed,
	.interface_gone = on_interface_gone,
	.mfe_made = on_mfe_made,
	.mfe_deleted = on_mfe_deleted,
	.local_block = on_local_block,
	.local_unblock = on_local_unblock,
	.membership_changed = on_membership_changed,
};

static struct mgm_address v4(const char *text)
{
	struct in_addr address;

	assert_int_equal(inet_pton(AF_INET, text, &address), 1);
	return mgm_address_v4(address);
}

static struct mgm_sg sg_of(const char *source, const char *group)
{
	struct in_addr s = {0}, g = {0};

	if (source)
		assert_int_equal(inet_pton(AF_INET, source, &s), 1);
	if (group)
		assert_int_equal(inet_pton(AF_INET, group, &g), 1);
	return mgm_sg_v4(s, g);
}

#define REGISTER                                                              \
	{                                                                     \
		"register{\"protocol\":300,\"component\":2,\"name\":\"toy\"," \
		"\"role\":\"protocol\",\"callbacks\":[\"rpf\",\"creation\","  \
		"\"join\",\"prune\",\"local_join\",\"local_leave\","          \
		"\"wrong_if\",\"disable_igmp\",\"enable_igmp\","              \
		"\"ownership\",\"rib_changed\",\"interface_changed\","        \
		"\"interface_gone\",\"mfe_made\",\"mfe_deleted\",\"local_"    \
		"block\",\"local_unblock\",\"membership_changed\"]}",         \
			"\"result\":{\"client\":5,\"protocol\":300}"          \
	}

/* Connects and registers; the first step is REGISTER. */
static void begin(struct test *t, const struct peer_step *steps, size_t count)
{
	const struct mgm_registration r = {
		.size = sizeof(r),
		.protocol = 300,
		.component = 2,
		.name = "toy",
		.callbacks = &all,
		.arg = t,
	};

	peer_start(&t->peer, steps, count);
	assert_int_equal(mgm_open(t->peer.path, &t->m), 0);
	assert_int_equal(mgm_register(t->m, &r, &t->client), 0);
}

static void end(struct test *t)
{
	mgm_close(t->m);
	peer_stop(&t->peer);
}

/* --- calls ------------------------------------------------------------- */

static void test_calls_as_they_are_written(void **state)
{
	static const struct peer_step steps[] = {
		REGISTER,
		{"interface_take{\"client\":5,\"ifid\":7}", TRUE},
		{"interface_transfer{\"client\":5,\"ifid\":7,\"protocol\":301,"
		 "\"component\":0}",
		 ERROR("EINPROGRESS")},
		{"interface_owner{\"ifid\":7}",
		 "\"result\":{\"protocol\":301,\"component\":4}"},
		{"wrong_if_alerts{\"client\":5,\"ifid\":7,\"on\":false}", TRUE},
		{"interface_forward{\"client\":5,\"ifid\":7,\"on\":false}",
		 TRUE},
		{"rpf_again{\"client\":5,\"ifid\":7}", TRUE},
		{"igmp_disabled{\"client\":5,\"ifid\":7,\"epoch\":3}", TRUE},
		{"replay_complete{\"client\":5,\"ifid\":7,\"epoch\":3}", TRUE},
		{"client_settled{\"client\":5}", TRUE},
		{"interface_release{\"client\":5,\"ifid\":7}", ERROR("EINVAL")},
		{"deregister{\"client\":5}", ERROR("EBUSY")},
		{"deregister{\"client\":5}", TRUE},
	};
	struct test t = {.peer.piece = 5};
	uint32_t protocol, component;

	(void)state;
	begin(&t, steps, COUNT(steps));
	assert_int_equal(mgm_interface_take(t.m, t.client, 7), 0);
	assert_int_equal(mgm_interface_transfer(t.m, t.client, 7, 301, 0),
			 -EINPROGRESS);
	assert_string_equal(mgm_why(t.m), "because");
	assert_int_equal(mgm_interface_owner(t.m, 7, &protocol, &component), 0);
	assert_int_equal(protocol, 301);
	assert_int_equal(component, 4);
	assert_int_equal(mgm_wrong_if_alerts(t.m, t.client, 7, false), 0);
	assert_int_equal(mgm_interface_forward(t.m, t.client, 7, false), 0);
	assert_int_equal(mgm_rpf_again(t.m, t.client, 7), 0);
	assert_int_equal(mgm_igmp_disabled(t.m, t.client, 7, 3), 0);
	assert_int_equal(mgm_replay_complete(t.m, t.client, 7, 3), 0);
	assert_int_equal(mgm_client_settled(t.m, t.client), 0);
	assert_int_equal(mgm_interface_release(t.m, t.client, 7), -EINVAL);
	assert_int_equal(mgm_deregister(t.m, t.client), -EBUSY);
	assert_int_equal(mgm_deregister(t.m, t.client), 0);
	end(&t);
}

static void test_memberships_as_they_are_written(void **state)
{
	static const struct peer_step steps[] = {
		REGISTER,
		{"membership_add{\"client\":5,\"ifid\":7,"
		 "\"source\":\"10.0.0.1\",\"group\":\"239.1.1.1\"}",
		 TRUE},
		{"membership_add{\"client\":5,\"ifid\":7}", TRUE},
		{"membership_add{\"client\":5,\"ifid\":7,"
		 "\"group\":\"239.1.0.0/16\"}",
		 TRUE},
		{"membership_del{\"client\":5,\"ifid\":7,"
		 "\"source\":\"10.0.0.1\",\"group\":\"239.1.1.1\","
		 "\"flags\":[\"forward\"]}",
		 ERROR("ENOENT")},
		{"membership_add{\"client\":5,\"ifid\":7,"
		 "\"source\":\"10.0.0.1\",\"group\":\"239.1.1.1\","
		 "\"flags\":[\"join\",\"forward\"]}",
		 TRUE},
		{"membership_set{\"client\":5,\"ifid\":7,"
		 "\"group\":\"239.1.1.1\",\"filter\":\"exclude\","
		 "\"sources\":[\"10.0.0.1\",\"10.0.0.2\"]}",
		 TRUE},
		{"membership_set{\"client\":5,\"ifid\":7,"
		 "\"group\":\"239.1.1.1\",\"filter\":\"include\","
		 "\"sources\":[]}",
		 ERROR("EAGAIN")},
	};
	const struct mgm_address group = v4("239.1.1.1");
	const struct mgm_address sources[] = {v4("10.0.0.1"), v4("10.0.0.2")};
	const struct mgm_sg flow = sg_of("10.0.0.1", "239.1.1.1");
	struct mgm_sg prefix = sg_of(NULL, "239.1.0.0");
	struct test t = {0};

	(void)state;
	prefix.group.length = 16;
	begin(&t, steps, COUNT(steps));
	assert_int_equal(mgm_membership_add(t.m, t.client, 7, flow, 1), 0);
	assert_int_equal(mgm_membership_add(t.m, t.client, 7, MGM_SG_ANY, 1),
			 0);
	assert_int_equal(mgm_membership_add(t.m, t.client, 7, prefix, 1), 0);
	assert_int_equal(mgm_membership_del(t.m, t.client, 7, flow, 2),
			 -ENOENT);
	assert_int_equal(mgm_membership_add(t.m, t.client, 7, flow, 3), 0);
	assert_int_equal(mgm_membership_set(t.m, t.client, 7, &group,
					    MGM_EXCLUDE, sources, 2),
			 0);
	assert_int_equal(mgm_membership_set(t.m, t.client, 7, &group,
					    MGM_INCLUDE, NULL, 0),
			 -EAGAIN);
	/* What cannot be written is refused here. */
	assert_int_equal(mgm_membership_add(t.m, t.client, 7, flow, 0),
			 -EINVAL);
	assert_int_equal(mgm_membership_add(t.m, t.client, 7, flow, 8),
			 -EINVAL);
	assert_int_equal(mgm_membership_set(t.m, t.client, 7, &group, 3,
					    sources, 2),
			 -EINVAL);
	end(&t);
}

static void test_a_batch_is_one_message(void **state)
{
	static const struct peer_step steps[] = {
		REGISTER,
		{"membership_batch{\"client\":5,\"changes\":["
		 "[\"add\",7,null,\"239.1.1.1\"],"
		 "[\"del\",7,\"10.0.0.1\",\"239.1.1.2\",[\"forward\"]],[],"
		 "[\"set\",8,\"239.1.1.3\",\"exclude\",[\"10.0.0.9\"]]]}",
		 "\"result\":{\"errors\":[[1,\"ENOENT\"],[2,\"EINVAL\"]]}"},
		{"membership_batch{\"client\":5,\"changes\":[]}",
		 "\"result\":{\"errors\":[]}"},
		{"membership_batch{\"client\":5,\"changes\":["
		 "[\"add\",7,null,\"239.1.1.1\"]]}",
		 "\"result\":{\"errors\":[[1,\"ENOENT\"]]}"},
	};
	const struct mgm_address blocked = v4("10.0.0.9");
	struct mgm_membership_change changes[] = {
		{MGM_CHANGE_ADD, 7, sg_of(NULL, "239.1.1.1"), MGM_JOIN_STATE, 0,
		 NULL, 0, -1},
		{MGM_CHANGE_DEL, 7, sg_of("10.0.0.1", "239.1.1.2"),
		 MGM_FORWARD_STATE, 0, NULL, 0, -1},
		{MGM_CHANGE_ADD, 7, sg_of("10.0.0.1", "239.1.1.2"), 0, 0, NULL,
		 0, -1},
		{MGM_CHANGE_SET, 8, sg_of(NULL, "239.1.1.3"), 0, MGM_EXCLUDE,
		 &blocked, 1, -1},
	};
	struct test t = {0};

	(void)state;
	begin(&t, steps, COUNT(steps));
	assert_int_equal(mgm_membership_batch(t.m, t.client, changes, 4),
			 -ENOENT);
	assert_int_equal(changes[0].result, 0);
	assert_int_equal(changes[1].result, -ENOENT);
	assert_int_equal(changes[2].result, -EINVAL);
	assert_int_equal(changes[3].result, 0);
	assert_int_equal(mgm_membership_batch(t.m, t.client, changes, 0), 0);
	assert_int_equal(mgm_membership_batch(t.m, t.client, changes,
					      MGM_BATCH + 1),
			 -EINVAL);
	/* A place that there is not. */
	assert_int_equal(mgm_membership_batch(t.m, t.client, changes, 1),
			 -EPROTO);
	assert_int_equal(mgm_client_settled(t.m, t.client), -ECONNRESET);
	end(&t);
}

static void test_routes_as_they_are_written(void **state)
{
	static const struct peer_step steps[] = {
		REGISTER,
		{"route_put{\"client\":5,\"source\":\"10.0.0.1\","
		 "\"group\":\"239.1.1.1\",\"iif\":7,\"oifs\":[8,9]}",
		 TRUE},
		{"route_put{\"client\":5,\"source\":\"10.0.0.1\","
		 "\"group\":\"239.1.1.1\",\"iif\":7,\"oifs\":[],"
		 "\"flags\":[\"leave_to_kernel\"]}",
		 TRUE},
		{"route_del{\"client\":5,\"source\":\"10.0.0.1\","
		 "\"group\":\"239.1.1.1\"}",
		 TRUE},
		{"rpf_reply{\"client\":5,\"token\":\"18446744073709551615\","
		 "\"iif\":7,\"upstream\":\"10.0.0.254\"}",
		 TRUE},
		{"rpf_reply{\"client\":5,\"token\":\"2\",\"iif\":0}",
		 ERROR("ENOENT")},
		{"creation_reply{\"client\":5,\"token\":\"3\","
		 "\"oifs\":[[7,true],[8,false]]}",
		 TRUE},
		{"rib_put{\"client\":5,\"prefix\":\"10.0.0.0/8\",\"ifid\":7,"
		 "\"upstream\":\"10.1.0.1\",\"metric\":4,\"distance\":150}",
		 TRUE},
		{"rib_put{\"client\":5,\"prefix\":\"0.0.0.0/0\",\"ifid\":7,"
		 "\"metric\":0,\"distance\":1}",
		 TRUE},
		{"rib_del{\"client\":5,\"prefix\":\"10.0.0.0/8\"}", TRUE},
		{"mfe_set_upstream{\"client\":5,\"source\":\"10.0.0.1\","
		 "\"group\":\"239.1.1.1\",\"upstream\":\"10.0.0.254\"}",
		 TRUE},
		{"mfe_set_timeout{\"client\":5,\"source\":\"10.0.0.1\","
		 "\"group\":\"239.1.1.1\",\"timeout_ms\":900000}",
		 ERROR("ENOENT")},
	};
	const struct mgm_sg flow = sg_of("10.0.0.1", "239.1.1.1");
	const struct mgm_address up = v4("10.0.0.254");
	const uint32_t list[] = {8, 9};
	const struct mgm_creation_oif oifs[] = {{7, false, true},
						{8, false, false}};
	struct mgm_rib_route route = {
		.size = sizeof(route),
		.prefix = {v4("10.0.0.0"), 8, {0}},
		.upstream = v4("10.1.0.1"),
		.ifid = 7,
		.metric = 4,
		.distance = MGM_DISTANCE_REMOTE,
	};
	struct test t = {0};

	(void)state;
	begin(&t, steps, COUNT(steps));
	assert_int_equal(mgm_route_put(t.m, t.client, flow, 7, list, 2, 0), 0);
	assert_int_equal(mgm_route_put(t.m, t.client, flow, 7, list, 2, 2),
			 -E2BIG);
	assert_int_equal(mgm_route_put(t.m, t.client, flow, 7, NULL, 0,
				       MGM_ROUTE_LEAVE_TO_KERNEL),
			 0);
	assert_int_equal(mgm_route_del(t.m, t.client, flow), 0);
	assert_int_equal(mgm_rpf_reply(t.m, t.client, UINT64_MAX, 7, &up), 0);
	assert_int_equal(mgm_rpf_reply(t.m, t.client, 2, 0, NULL), -ENOENT);
	assert_int_equal(mgm_creation_reply(t.m, t.client, 3, oifs, 2), 0);
	assert_int_equal(mgm_rib_put(t.m, t.client, &route), 0);
	route = (struct mgm_rib_route){
		.size = sizeof(route),
		.prefix = {MGM_ADDRESS_V4_ANY, 0, {0}},
		.ifid = 7,
		.distance = 1,
	};
	assert_int_equal(mgm_rib_put(t.m, t.client, &route), 0);
	route.prefix = (struct mgm_prefix){v4("10.0.0.0"), 8, {0}};
	assert_int_equal(mgm_rib_del(t.m, t.client, &route.prefix), 0);
	assert_int_equal(mgm_mfe_set_upstream(t.m, t.client, flow, &up), 0);
	assert_int_equal(mgm_mfe_set_timeout(t.m, t.client, flow, 900000),
			 -ENOENT);
	end(&t);
}

/* Nobody waits for answers but at the end; what failed first is told. */
static void test_a_pipeline_waits_at_its_end_alone(void **state)
{
	static const struct peer_step steps[] = {
		REGISTER,
		{"interface_take{\"client\":5,\"ifid\":7}", NULL},
		{"interface_take{\"client\":5,\"ifid\":8}", NULL},
		{"interface_take{\"client\":5,\"ifid\":9}", NULL},
		{"interface_owner{\"ifid\":7}",
		 "{\"id\":3,\"result\":true}\n"
		 "{\"id\":4,\"error\":{\"code\":-1,\"message\":\"first\","
		 "\"data\":{\"error\":\"EEXIST\"}}}\n"
		 "\"result\":{\"protocol\":1,\"component\":0}"},
		{"interface_release{\"client\":5,\"ifid\":9}",
		 "{\"id\":5,\"error\":{\"code\":-1,\"message\":\"second\","
		 "\"data\":{\"error\":\"EBUSY\"}}}\n" TRUE},
		{"interface_release{\"client\":5,\"ifid\":9}", TRUE},
	};
	uint32_t protocol, component;
	struct test t = {0};

	(void)state;
	begin(&t, steps, COUNT(steps));
	assert_int_equal(mgm_pipeline(t.m, true), 0);
	assert_int_equal(mgm_interface_take(t.m, t.client, 7), 0);
	assert_int_equal(mgm_interface_take(t.m, t.client, 8), 0);
	assert_int_equal(mgm_interface_take(t.m, t.client, 9), 0);
	assert_int_equal(mgm_interface_owner(t.m, 7, &protocol, &component), 0);
	assert_int_equal(protocol, 1);
	assert_int_equal(mgm_interface_release(t.m, t.client, 9), 0);
	assert_int_equal(mgm_pipeline(t.m, false), -EEXIST);
	assert_string_equal(mgm_why(t.m), "first");
	assert_int_equal(mgm_pipeline(t.m, false), 0);
	assert_int_equal(mgm_interface_release(t.m, t.client, 9), 0);
	end(&t);
}

/* --- reading -------------------------------------------------------------- */

static void test_mfes_are_read_ahead(void **state)
{
	static const struct peer_step steps[] = {
		{"mfe_next{\"count\":16}",
		 "\"result\":[{\"source\":\"10.0.0.1\",\"group\":\"239.1.1.1\","
		 "\"iif\":7,\"owner\":300,\"upstream\":\"10.0.0.9\","
		 "\"state\":\"forwarding\",\"packets\":18446744073709551615,"
		 "\"oif_count\":3,\"oifs\":[{\"ifid\":8},{\"ifid\":9,"
		 "\"packets\":5},"
		 "{\"ifid\":10}],\"news\":1},"
		 "{\"source\":\"10.0.0.2\",\"group\":\"239.1.1.1\","
		 "\"state\":\"negative\",\"oif_count\":0}]"},
		{"mfe_next{\"count\":500,\"after\":{\"source\":\"10.0.0.2\","
		 "\"group\":\"239.1.1.1\"}}",
		 "\"result\":[]"},
		{"mfe_next{\"count\":16,\"after\":{\"source\":\"10.0.0.1\","
		 "\"group\":\"239.1.1.1\"}}",
		 "\"result\":[]"},
		{"mfe_get{\"source\":\"10.0.0.1\",\"group\":\"239.1.1.1\"}",
		 ERROR("ENOENT")},
	};
	const struct mgm_sg first = sg_of("10.0.0.1", "239.1.1.1");
	struct mgm_mfe_oif oifs[2] = {{.size = sizeof(oifs[0])}};
	struct mgm_mfe_info info = {
		.size = sizeof(info), .oif_room = 2, .oifs = oifs};
	struct mgm_sg after = {0};
	struct test t = {0};

	(void)state;
	peer_start(&t.peer, steps, COUNT(steps));
	assert_int_equal(mgm_open(t.peer.path, &t.m), 0);
	assert_int_equal(mgm_mfe_next(t.m, after, &info), 0);
	assert_true(mgm_sg_equal(&info.flow, &first));
	assert_int_equal(info.iif, 7);
	assert_int_equal(info.upstream.bytes[15], 9);
	assert_int_equal(info.state, MGM_STATE_FORWARDING);
	assert_true(info.packets == UINT64_MAX);
	assert_int_equal(info.oif_count, 3);
	assert_int_equal(oifs[0].ifid, 8);
	assert_int_equal(oifs[1].ifid, 9);
	assert_int_equal(oifs[1].packets, 5);
	assert_int_equal(oifs[1].size, sizeof(oifs[1]));
	/* The next one is here already, the third is not. */
	assert_int_equal(mgm_mfe_next(t.m, info.flow, &info), 0);
	assert_int_equal(info.state, MGM_STATE_NEGATIVE);
	assert_int_equal(info.packets, 0);
	assert_ptr_equal(info.oifs, oifs);
	assert_int_equal(mgm_mfe_next(t.m, info.flow, &info), -ENOENT);
	/* Who begins elsewhere begins anew. */
	assert_int_equal(mgm_mfe_next(t.m, first, &info), -ENOENT);
	assert_int_equal(mgm_mfe_get(t.m, first, &info), -ENOENT);
	end(&t);
}

static void test_a_change_ends_reading_ahead(void **state)
{
	static const struct peer_step steps[] = {
		REGISTER,
		{"membership_next{\"count\":16,\"filter\":{}}",
		 "\"result\":[{\"group\":\"239.1.1.1\",\"ifid\":7,"
		 "\"by_igmp\":true,\"filter\":\"exclude\",\"protocol\":1,"
		 "\"component\":0},{\"group\":\"239.1.1.2\",\"ifid\":7,"
		 "\"by_igmp\":false,\"filter\":\"include\",\"protocol\":300,"
		 "\"component\":2}]"},
		{"membership_del{\"client\":5,\"ifid\":7,"
		 "\"group\":\"239.1.1.2\"}",
		 TRUE},
		{"membership_next{\"count\":16,\"after\":{"
		 "\"group\":\"239.1.1.1\",\"ifid\":7,\"by_igmp\":true,"
		 "\"filter\":\"exclude\",\"protocol\":1,\"component\":0},"
		 "\"filter\":{}}",
		 "\"result\":[]"},
		{"membership_next{\"count\":16,\"filter\":{"
		 "\"group\":\"239.1.0.0/16\",\"ifid\":8,\"groups\":true}}",
		 "\"result\":[]"},
	};
	const struct mgm_membership_filter filter = {
		.size = sizeof(filter),
		.group = {v4("239.1.0.0"), 16, {0}},
		.ifid = 8,
		.groups = true,
	};
	struct mgm_membership_info info = {.size = sizeof(info)};
	struct test t = {0};

	(void)state;
	begin(&t, steps, COUNT(steps));
	assert_int_equal(mgm_membership_next(t.m, NULL, NULL, &info), 0);
	assert_true(info.by_igmp);
	assert_int_equal(info.filter, MGM_EXCLUDE);
	assert_int_equal(mgm_membership_del(t.m, t.client, 7,
					    sg_of(NULL, "239.1.1.2"), 1),
			 0);
	assert_int_equal(mgm_membership_next(t.m, &info, NULL, &info), -ENOENT);
	assert_int_equal(mgm_membership_next(t.m, NULL, &filter, &info),
			 -ENOENT);
	end(&t);
}

static void test_clients_and_interfaces_are_read(void **state)
{
	static const struct peer_step steps[] = {
		{"client_next{\"count\":16}",
		 "\"result\":[{\"protocol\":1,\"component\":0,"
		 "\"role\":\"igmp\",\"name\":\"igmp\",\"interface_count\":2,"
		 "\"interfaces\":[7,8]},{\"protocol\":300,\"component\":2,"
		 "\"role\":\"protocol\",\"name\":\"toy\","
		 "\"interface_count\":3,\"interfaces\":[7,8,9]}]"},
		{"interface_get{\"ifid\":7}",
		 "\"result\":{\"ifid\":7,\"name\":\"eth0\",\"flags\":["
		 "\"up\",\"multicast\",\"new\"],\"mtu\":1500,"
		 "\"ttl_threshold\":1,\"owner\":300,\"component\":2,"
		 "\"igmp\":true,\"gate\":\"held\",\"epoch\":4,\"groups\":5,"
		 "\"address_count\":2,\"addresses\":[{\"address\":\"10.0.0.1\","
		 "\"peer\":null,\"length\":24},{\"address\":\"10.9.0.1\","
		 "\"length\":16}]}"},
		{"interface_next{\"count\":16,\"after\":7}", "\"result\":[]"},
	};
	uint32_t list[2] = {0};
	struct mgm_client_info client = {.size = sizeof(client),
					 .interface_room = 2,
					 .interfaces = list};
	struct mgm_interface_address address;
	struct mgm_interface_info info = {
		.size = sizeof(info), .address_room = 1, .addresses = &address};
	struct test t = {0};

	(void)state;
	peer_start(&t.peer, steps, COUNT(steps));
	assert_int_equal(mgm_open(t.peer.path, &t.m), 0);
	assert_int_equal(mgm_client_next(t.m, NULL, &client), 0);
	assert_int_equal(client.role, MGM_ROLE_IGMP);
	assert_int_equal(list[1], 8);
	list[0] = 0;
	assert_int_equal(mgm_client_next(t.m, &client, &client), 0);
	assert_string_equal(client.name, "toy");
	assert_int_equal(client.interface_count, 3);
	assert_int_equal(list[0], 0); /* they do not all fit */
	assert_int_equal(mgm_interface_get(t.m, 7, &info), 0);
	assert_string_equal(info.name, "eth0");
	assert_int_equal(info.flags,
			 MGM_INTERFACE_UP | MGM_INTERFACE_MULTICAST);
	assert_int_equal(info.gate, MGM_GATE_HELD);
	assert_int_equal(info.address_count, 2);
	assert_int_equal(address.address.bytes[12], 10);
	assert_int_equal(address.length, 24);
	assert_int_equal(mgm_interface_next(t.m, 7, &info), -ENOENT);
	end(&t);
}

static void test_routes_to_sources_are_read(void **state)
{
	static const struct peer_step steps[] = {
		{"rib_get{\"source\":\"10.0.0.1\",\"count\":2}",
		 "\"result\":[{\"prefix\":\"10.0.0.0/8\",\"upstream\":null,"
		 "\"ifid\":7,\"metric\":1,\"distance\":150,\"down\":false,"
		 "\"protocol\":300,\"component\":2},{\"prefix\":\"10.0.0.1\","
		 "\"ifid\":8,\"distance\":200}]"},
		{"rib_get{\"source\":\"10.0.0.1\",\"count\":2}",
		 "\"result\":[{\"prefix\":\"10.0.0.0/8\",\"ifid\":7,"
		 "\"down\":true}]"},
		{"rib_get{\"source\":\"10.0.0.1\",\"count\":2}",
		 "\"result\":[]"},
	};
	const struct mgm_address source = v4("10.0.0.1");
	struct mgm_rib_route routes[2] = {{.size = sizeof(routes[0])}};
	size_t count = 2;
	struct test t = {0};

	(void)state;
	peer_start(&t.peer, steps, COUNT(steps));
	assert_int_equal(mgm_open(t.peer.path, &t.m), 0);
	assert_int_equal(mgm_rib_get(t.m, &source, routes, &count), 0);
	assert_int_equal(count, 2);
	assert_int_equal(routes[0].prefix.length, 8);
	assert_int_equal(routes[1].size, sizeof(routes[1]));
	assert_int_equal(routes[1].prefix.length, 32);
	assert_int_equal(routes[1].distance, MGM_DISTANCE_KERNEL);
	assert_int_equal(mgm_rib_get(t.m, &source, routes, &count), -ENOENT);
	assert_int_equal(count, 1);
	count = 2;
	assert_int_equal(mgm_rib_get(t.m, &source, routes, &count), -ENOENT);
	assert_int_equal(count, 0);
	assert_int_equal(mgm_rib_get(t.m, &source, routes, &count), -EINVAL);
	end(&t);
}

/* --- alerts ----------------------------------------------------------------- */

#define ALERT(name, params)                                                    \
	"{\"jsonrpc\":\"2.0\",\"method\":\"mgm." name "\",\"params\":{" params \
	"}}\n"
#define SG5 "\"client\":5,\"source\":\"10.0.0.1\",\"group\":\"239.1.1.1\""

static const char every_alert[] = ALERT(
	"rpf", SG5
	",\"token\":\"18446744073709551615\",\"arrival\":7,"
	"\"iif\":8,\"upstream\":\"10.0.0.9\","
	"\"packet\":\"RQAA\"") ALERT("creation", SG5
				     ",\"token\":\"4\",\"iif\":7,\"oifs\":["
				     "{\"ifid\":8,\"igmp\":true,\"enabled\":"
				     "true},"
				     "{\"ifid\":9,\"igmp\":false,\"enabled\":"
				     "false}]") ALERT("join",
						      SG5 ",\"ifid\":7,"
							  "\"cause\":\"mfe\"")
	ALERT("news", "\"client\":5") ALERT(
		"prune",
		"\"client\":5,\"ifid\":0,\"cause\":\"membership\","
		"\"more\":[]") ALERT("join",
				     "\"client\":6,\"ifid\":0,\"cause\":"
				     "\"membership\"") ALERT("local_leave",
							     SG5 ",\"ifid\":7")
		ALERT("wrong_if",
		      SG5 ",\"arrival\":7,\"iif\":8,\"packet\":"
			  "\"RQAB\"") ALERT("disable_igmp",
					    "\"client\":5,\"ifid\":7,\"epoch\":"
					    "2") ALERT("enable_igmp",
						       "\"client\":5,\"ifid\":"
						       "7,\"epoch\":3") ALERT("ownership",
									      "\"client\":5,\"ifid\":7,\"epoch\":3,"
									      "\"result\":null")
			ALERT("ownership",
			      "\"client\":5,\"ifid\":"
			      "7,"
			      "\"epoch\":3,"
			      "\"result\":\"ENODEV\"") ALERT("rib_changed",
							     "\"client\":5,"
							     "\"prefix\":"
							     "\"10.0.0.0/8\"")
				ALERT("interface_changed",
				      "\"client\":"
				      "5,\"ifid\":"
				      "7") ALERT("interface_gone",
						 "\"client\":5,"
						 "\"ifid\":7") ALERT("mfe_made",
								     SG5
								     ",\"iif\""
								     ":7")
					ALERT("mfe_deleted", SG5
					      ",\"iif\":7,"
					      "\"why\":"
					      "\"limit\"") ALERT("local_block",
								 SG5
								 ",\"ifid\":7")
						ALERT("local_"
						      "unblock",
						      SG5 ",\"ifid"
							  "\":7")
							ALERT("membership_"
							      "changed",
							      "\"client\":5,"
							      "\"group\":\"239."
							      "1.1.1\","
							      "\"ifid\":7");

static const char every_callback[] =
	"rpf 18446744073709551615 10.0.0.1/32 239.1.1.1/32 7 8 up 9 "
	"packet 3:45\n"
	"creation 4 10.0.0.1/32 239.1.1.1/32 7 8i 9-\n"
	"join 10.0.0.1/32 239.1.1.1/32 7 2\n"
	"prune * * 0 1\n"
	"local_leave 10.0.0.1/32 239.1.1.1/32 7\n"
	"wrong_if 10.0.0.1/32 239.1.1.1/32 7 8 packet 3:01\n"
	"disable 7 2\nenable 7 3\n"
	"ownership 7 3 ok\nownership 7 3 ENODEV\n"
	"rib_changed 10.0.0.0/8\n"
	"interface_changed 7\ninterface_gone 7\n"
	"mfe_made 10.0.0.1/32 239.1.1.1/32 7\n"
	"mfe_deleted 10.0.0.1/32 239.1.1.1/32 7 4\n"
	"local_block 10.0.0.1/32 239.1.1.1/32 7\n"
	"local_unblock 10.0.0.1/32 239.1.1.1/32 7\n"
	"membership_changed 239.1.1.1/32 7\n";

/* Waits for more to read, as a program with a loop does. */
static int dispatch(struct test *t)
{
	struct pollfd fd = {.fd = mgm_fd(t->m), .events = POLLIN};

	assert_int_equal(poll(&fd, 1, 10000), 1);
	return mgm_dispatch(t->m);
}

static void test_alerts_come_by_dispatch_in_order(void **state)
{
	const struct peer_step steps[] = {
		REGISTER,
		{NULL, every_alert},
	};
	struct test t = {.peer.piece = 7};

	(void)state;
	begin(&t, steps, COUNT(steps));
	while (!dispatch(&t))
		;
	expect(&t, every_callback);
	assert_int_equal(mgm_dispatch(t.m), -ECONNRESET);
	end(&t);
}

static void test_alerts_come_before_the_call_returns(void **state)
{
	const struct peer_step steps[] = {
		REGISTER,
		/* Before the answer, and behind it in one piece. */
		{"interface_take{\"client\":5,\"ifid\":7}",
		 ALERT("join", SG5 ",\"ifid\":7,\"cause\":\"mfe\"") TRUE
		 "\n" ALERT("disable_igmp",
			    "\"client\":5,\"ifid\":7,\"epoch\":2")},
		{"client_settled{\"client\":5}", TRUE},
	};
	struct test t = {0};

	(void)state;
	begin(&t, steps, COUNT(steps));
	assert_int_equal(mgm_interface_take(t.m, t.client, 7), 0);
	assert_int_equal(mgm_client_settled(t.m, t.client), 0);
	expect(&t, "join 10.0.0.1/32 239.1.1.1/32 7 2\ndisable 7 2\n");
	end(&t);
}

/* Those that a call from inside a callback causes come after it. */
static void test_calls_from_inside_a_callback(void **state)
{
	const struct peer_step steps[] = {
		REGISTER,
		{"interface_take{\"client\":5,\"ifid\":7}",
		 ALERT("local_join", SG5 ",\"ifid\":7")
			 ALERT("disable_igmp",
			       "\"client\":5,\"ifid\":7,\"epoch\":2") TRUE},
		{"interface_release{\"client\":5,\"ifid\":7}",
		 ALERT("enable_igmp", "\"client\":5,\"ifid\":7,\"epoch\":3")
			 ERROR("EINPROGRESS")},
	};
	struct test t = {0};

	(void)state;
	begin(&t, steps, COUNT(steps));
	assert_int_equal(mgm_interface_take(t.m, t.client, 7), 0);
	expect(&t, "local_join 10.0.0.1/32 239.1.1.1/32 7\nreleased -115\n"
		   "disable 7 2\nenable 7 3\n");
	end(&t);
}

static void test_an_alert_that_makes_no_sense_ends_the_connection(void **state)
{
	static const char *const lines[] = {
		ALERT("join", SG5 ",\"ifid\":7,\"cause\":\"whim\""),
		ALERT("join", SG5 ",\"ifid\":-1,\"cause\":\"mfe\""),
		ALERT("join", SG5 ",\"ifid\":7"),
		ALERT("join", "\"client\":5,\"group\":\"239.1.1.\",\"ifid\":7,"
			      "\"cause\":\"mfe\""),
		ALERT("rpf", SG5 ",\"token\":4,\"arrival\":7,\"iif\":8"),
		ALERT("creation", SG5 ",\"token\":\"4\",\"iif\":7"),
		ALERT("creation", SG5 ",\"token\":\"4\",\"iif\":7,"
				      "\"oifs\":[7]"),
		ALERT("disable_igmp", "\"client\":5,\"ifid\":7"),
		ALERT("rib_changed", "\"client\":5,\"prefix\":7"),
		ALERT("join", ""),
		"{\"method\":\"mgm.join\",\"params\":[]}\n",
		"[]\n",
		"\n",
		"HTTP/1.1 400\n",
	};
	size_t i;
	int err;

	(void)state;
	for (i = 0; i < COUNT(lines); i++) {
		const struct peer_step steps[] = {REGISTER, {NULL, lines[i]}};
		struct test t = {.peer.silent = true};

		begin(&t, steps, COUNT(steps));
		while (!(err = dispatch(&t)))
			;
		assert_int_equal(err, -ECONNRESET);
		expect(&t, "");
		assert_int_equal(mgm_client_settled(t.m, t.client),
				 -ECONNRESET);
		end(&t);
	}
}

/* --- the ends of a connection ------------------------------------------------
 */

static void test_the_daemon_hangs_up(void **state)
{
	const struct peer_step steps[] = {
		REGISTER,
		{"interface_take{\"client\":5,\"ifid\":7}",
		 ALERT("disable_igmp", "\"client\":5,\"ifid\":7,\"epoch\":2")},
	};
	struct test t = {0};

	(void)state;
	begin(&t, steps, COUNT(steps));
	assert_int_equal(mgm_interface_take(t.m, t.client, 7), -ECONNRESET);
	expect(&t, "disable 7 2\n"); /* what has come counts */
	assert_int_equal(mgm_interface_take(t.m, t.client, 7), -ECONNRESET);
	assert_int_equal(mgm_dispatch(t.m), -ECONNRESET);
	assert_true(*mgm_why(t.m));
	end(&t);
}

static void test_turned_away(void **state)
{
	static const struct {
		const char *says;
		int result;
	} cases[] = {
		{"\"error\":{\"code\":-28,\"message\":\"too many clients\"}",
		 -ENOSPC},
		{"{\"id\":null,\"error\":{\"code\":-28,\"message\":\"x\"}}",
		 -ENOSPC},
		{ERROR("EPROTO"), -EPROTO},
		{ERROR("EACCES"), -EACCES},
		{ERROR("ENEWONE"), -EPROTO},
		{"\"error\":{\"code\":-32601,\"message\":\"no such method\"}",
		 -E2BIG},
		{"\"error\":{\"code\":-32700}", -EPROTO},
		{"\"result\":null", -EPROTO},
		{"", -ECONNRESET},
	};
	struct test t = {0};
	uint32_t protocol, component;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		const struct peer_step step = {"interface_owner{\"ifid\":7}",
					       cases[i].says};

		peer_start(&t.peer, &step, 1);
		assert_int_equal(mgm_open(t.peer.path, &t.m), 0);
		assert_int_equal(mgm_interface_owner(t.m, 7, &protocol,
						     &component),
				 cases[i].result);
		end(&t);
	}
	assert_int_equal(mgm_open("/nonexistent/socket", &t.m), -ENOENT);
}

static void test_stale_handles_are_told_here(void **state)
{
	static const struct peer_step steps[] = {
		REGISTER,
		{"deregister{\"client\":5}", TRUE},
		REGISTER,
	};
	struct mgm_client *old;
	struct test t = {0};
	const struct mgm_registration r = {
		.size = sizeof(r),
		.protocol = 300,
		.component = 2,
		.name = "toy",
		.callbacks = &all,
	};

	(void)state;
	begin(&t, steps, COUNT(steps));
	old = t.client;
	assert_int_equal(mgm_deregister(t.m, old), 0);
	assert_int_equal(mgm_deregister(t.m, old), -EINVAL);
	assert_int_equal(mgm_register(t.m, &r, &t.client), 0);
	assert_ptr_not_equal(old, t.client);
	assert_int_equal(mgm_interface_take(t.m, old, 7), -EINVAL);
	assert_int_equal(mgm_interface_take(t.m, NULL, 7), -EINVAL);
	end(&t);
}

static void test_registrations_of_another_mgm_h(void **state)
{
	static const struct peer_step steps[] = {
		{"register{\"protocol\":300,\"component\":0,"
		 "\"name\":\"a\\\"\\u000a\",\"role\":\"igmp\","
		 "\"router\":\"red\",\"accepts_transfers\":true,"
		 "\"callbacks\":[]}",
		 ERROR("ENOENT")},
		{"register{\"protocol\":300,\"component\":0,"
		 "\"name\":\"a\\\"\\u000a\",\"role\":\"igmp\","
		 "\"router\":\"red\",\"accepts_transfers\":true,"
		 "\"grace_ms\":0,\"callbacks\":[]}",
		 ERROR("EBUSY")},
	};
	const struct mgm_callbacks none = {.size = sizeof(none)};
	struct {
		struct mgm_registration r;
		uint64_t more;
	} grown = {
		.r = {.size = sizeof(grown),
		      .protocol = 300,
		      .role = MGM_ROLE_IGMP,
		      .name = "a\"\n",
		      .router = "red",
		      .flags = MGM_ACCEPTS_TRANSFERS,
		      .callbacks = &none},
		.more = 1,
	};
	struct test t = {0};

	(void)state;
	peer_start(&t.peer, steps, COUNT(steps));
	assert_int_equal(mgm_open(t.peer.path, &t.m), 0);
	assert_int_equal(mgm_register(t.m, &grown.r, &t.client), -E2BIG);
	grown.more = 0;
	assert_int_equal(mgm_register(t.m, &grown.r, &t.client), -ENOENT);
	grown.r.grace_ms = MGM_GRACE_NONE;
	assert_int_equal(mgm_register(t.m, &grown.r, &t.client), -EBUSY);
	grown.r.grace_ms = MGM_GRACE_MAX_MS + 1;
	assert_int_equal(mgm_register(t.m, &grown.r, &t.client), -EINVAL);
	grown.r.grace_ms = 0;
	grown.r.flags = 1u << 30;
	assert_int_equal(mgm_register(t.m, &grown.r, &t.client), -E2BIG);
	grown.r.flags = 0;
	grown.r.size = 2;
	assert_int_equal(mgm_register(t.m, &grown.r, &t.client), -EINVAL);
	grown.r.size = sizeof(grown.r);
	grown.r.name = NULL;
	assert_int_equal(mgm_register(t.m, &grown.r, &t.client), -EINVAL);
	end(&t);
}

static void test_a_request_that_is_too_long_is_not_sent(void **state)
{
	static const struct peer_step steps[] = {
		REGISTER,
		{"client_settled{\"client\":5}", TRUE},
	};
	static struct mgm_address sources[6000];
	const struct mgm_address group = v4("239.1.1.1");
	struct test t = {0};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(sources); i++)
		sources[i] = v4("10.200.200.200");
	begin(&t, steps, COUNT(steps));
	assert_int_equal(mgm_membership_set(t.m, t.client, 7, &group,
					    MGM_INCLUDE, sources,
					    COUNT(sources)),
			 -ENOSPC);
	assert_int_equal(mgm_client_settled(t.m, t.client), 0);
	end(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_calls_as_they_are_written),
		cmocka_unit_test(test_memberships_as_they_are_written),
		cmocka_unit_test(test_a_batch_is_one_message),
		cmocka_unit_test(test_routes_as_they_are_written),
		cmocka_unit_test(test_a_pipeline_waits_at_its_end_alone),
		cmocka_unit_test(test_mfes_are_read_ahead),
		cmocka_unit_test(test_a_change_ends_reading_ahead),
		cmocka_unit_test(test_clients_and_interfaces_are_read),
		cmocka_unit_test(test_routes_to_sources_are_read),
		cmocka_unit_test(test_alerts_come_by_dispatch_in_order),
		cmocka_unit_test(test_alerts_come_before_the_call_returns),
		cmocka_unit_test(test_calls_from_inside_a_callback),
		cmocka_unit_test(
			test_an_alert_that_makes_no_sense_ends_the_connection),
		cmocka_unit_test(test_the_daemon_hangs_up),
		cmocka_unit_test(test_turned_away),
		cmocka_unit_test(test_stale_handles_are_told_here),
		cmocka_unit_test(test_registrations_of_another_mgm_h),
		cmocka_unit_test(test_a_request_that_is_too_long_is_not_sent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
