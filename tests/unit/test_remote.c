/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Clients of the manager in other processes: what they may say, what they are
 * told and in which order, and that each answers for itself alone.
 */
#include "remote_room.h"

#define ANSWER "\"id\":1,\"result\":true"

/* --- hello --------------------------------------------------------------- */

static void test_hello_comes_first_and_its_version_is_one(void **state)
{
	int fd;

	(void)state;
	begin();
	fd = attempt();
	expect(fd, REGISTER("300", ""), "\"EPROTO\"");
	expect(fd, CALL("mgm.mfe_next", ""), "comes too early");
	expect(fd, CALL("mgm.hello", "\"version\":2"), "version 2");
	expect(fd, CALL("mgm.hello", ""), "parameter version is missing");
	expect(fd, CALL("mgm.mfe_next", ""), "\"EPROTO\"");
	expect(fd, HELLO, "\"version\":1,\"router\":\"main\"");
	expect(fd, CALL("mgm.mfe_next", ""), "\"result\":[]");
	expect(fd, HELLO, "\"version\":1");
	close(fd);
}

/* --- what is refused -------------------------------------------------------- */

static const struct {
	const char *line, *part;
} refusals[] = {
	{CALL("mgm.nonsense", ""), "-32601"},
	{CALL("mgm.", ""), "-32601"},
	{CALL("mgm.deregister", "\"klient\":1"), "-32602"},
	{CALL("mgm.deregister", ""), "parameter client is missing"},
	{CALL("mgm.deregister", "\"client\":\"1\""), "whole number"},
	{CALL("mgm.deregister", "\"client\":1.5"), "whole number"},
	{CALL("mgm.deregister", "\"client\":-1"), "whole number"},
	{CALL("mgm.deregister", "\"client\":4294967297"), "whole number"},
	{CALL("mgm.deregister", "\"client\":null"), "missing"},
	{CALL("mgm.deregister", "\"client\":{}"), "whole number"},
	{CALL("mgm.deregister", "\"client\":2"), "not registered on this"},
	{CALL("mgm.deregister", "\"client\":0"), "\"EINVAL\""},
	{CALL("mgm.register", "\"protocol\":301"), "name is missing"},
	{CALL("mgm.register", "\"protocol\":301,\"name\":7"), "a text"},
	{CALL("mgm.register", "\"protocol\":301,\"name\":\"No\""),
	 "\"EINVAL\""},
	{CALL("mgm.register", "\"protocol\":301,\"name\":\"a\","
			      "\"role\":\"king\""),
	 "parameter role: \\\"king\\\" is none of the words"},
	{CALL("mgm.register", "\"protocol\":301,\"name\":\"a\","
			      "\"callbacks\":[\"king\"]"),
	 "parameter callbacks: \\\"king\\\" is none"},
	{CALL("mgm.register", "\"protocol\":301,\"name\":\"a\","
			      "\"callbacks\":\"join\""),
	 "must be an array"},
	{CALL("mgm.register", "\"protocol\":301,\"name\":\"a\","
			      "\"router\":\"blue\""),
	 "\"ENOENT\""},
	{CALL("mgm.register", "\"protocol\":301,\"name\":\"a\","
			      "\"grace_ms\":3600001"),
	 "\"EINVAL\""},
	{CALL("mgm.register", "\"protocol\":300,\"name\":\"toy\""),
	 "\"EEXIST\""},
	{CALL("mgm.interface_take", "\"client\":1"), "ifid is missing"},
	{CALL("mgm.interface_take", "\"client\":1,\"ifid\":0"), "\"EINVAL\""},
	{CALL("mgm.interface_release", "\"client\":1,\"ifid\":1"),
	 "\"EINVAL\""},
	{CALL("mgm.interface_owner", "\"ifid\":1"), "\"ENOENT\""},
	{CALL("mgm.interface_transfer",
	      "\"client\":1,\"ifid\":2,\"protocol\":9"),
	 "\"ENOENT\""},
	{CALL("mgm.membership_add", "\"client\":1,\"ifid\":2,"
				    "\"group\":\"224.0.0.9\""),
	 "\"EINVAL\""},
	{CALL("mgm.membership_add", "\"client\":1,\"ifid\":2,"
				    "\"group\":\"239.1.1\""),
	 "must be addresses"},
	{CALL("mgm.membership_add", "\"client\":1,\"ifid\":2,"
				    "\"group\":\"239.1.1.1\",\"flags\":[1]"),
	 "parameter flags: 1 is none of the words"},
	{CALL("mgm.membership_add", "\"client\":1,\"ifid\":1,"
				    "\"group\":\"239.1.1.1\""),
	 "\"ENOENT\""},
	{CALL("mgm.membership_set", "\"client\":1,\"ifid\":2,"
				    "\"group\":\"239.1.1.1\""),
	 "\"EINVAL\""},
	{CALL("mgm.membership_set", "\"client\":1,\"ifid\":2,"
				    "\"group\":\"239.1.1.1\","
				    "\"filter\":\"include\","
				    "\"sources\":[null]"),
	 "array of addresses"},
	{CALL("mgm.membership_batch", "\"client\":1"), "changes must be"},
	{CALL("mgm.membership_batch", "\"client\":1,\"changes\":{}"),
	 "must be an array"},
	{CALL("mgm.membership_next", "\"after\":1"), "must be an object"},
	{CALL("mgm.membership_next", "\"after\":{\"ifid\":\"x\"}"),
	 "not a row"},
	{CALL("mgm.membership_next", "\"filter\":{\"king\":1}"),
	 "filter: king"},
	{CALL("mgm.membership_next", "\"count\":0"), "from 1 to 500"},
	{CALL("mgm.mfe_next", "\"count\":501"), "from 1 to 500"},
	{CALL("mgm.mfe_next", "\"after\":{\"group\":5}"), "not a row"},
	{CALL("mgm.mfe_get", "\"source\":\"10.0.0.1\","
			     "\"group\":\"239.1.1.1\""),
	 "\"ENOENT\""},
	{CALL("mgm.rpf_reply", "\"client\":1,\"token\":5,\"iif\":2"),
	 "token must be the text"},
	{CALL("mgm.rpf_reply", "\"client\":1,\"token\":\"5\",\"iif\":2"),
	 "\"ENOENT\""},
	{CALL("mgm.creation_reply", "\"client\":1,\"token\":\"5\","
				    "\"oifs\":[[1]]"),
	 "must be pairs"},
	{CALL("mgm.creation_reply", "\"client\":1,\"token\":\"5\","
				    "\"oifs\":[[1,1]]"),
	 "must be pairs"},
	{CALL("mgm.rib_put", "\"client\":1,\"prefix\":\"10.0.0.0/33\","
			     "\"ifid\":2"),
	 "must be a prefix"},
	{CALL("mgm.rib_put", "\"client\":1,\"prefix\":\"10.0.0.0/8\","
			     "\"ifid\":2,\"distance\":256"),
	 "from 0 to 255"},
	{CALL("mgm.rib_del", "\"client\":1,\"prefix\":\"10.0.0.0/8\""),
	 "\"ENOENT\""},
	{CALL("mgm.rib_get", "\"source\":7"), "must be an address"},
	{CALL("mgm.route_put", "\"client\":1,\"source\":\"10.0.0.1\","
			       "\"group\":\"239.1.1.1\",\"iif\":1"),
	 "\"EINVAL\""},
	{CALL("mgm.wrong_if_alerts", "\"client\":1,\"ifid\":2"),
	 "on must be true or false"},
	{CALL("mgm.wrong_if_alerts", "\"client\":1,\"ifid\":3,\"on\":true"),
	 "\"ENOENT\""},
	{CALL("mgm.interface_forward", "\"client\":1,\"ifid\":2,\"on\":1"),
	 "on must be true or false"},
	{CALL("mgm.interface_forward", "\"client\":1,\"ifid\":3,"
				       "\"on\":false"),
	 "\"ENOENT\""},
	{CALL("mgm.route_put", "\"client\":1,\"source\":\"10.0.0.1\","
			       "\"group\":\"239.1.1.1\",\"iif\":1,"
			       "\"oifs\":[2,\"eth0\"]"),
	 "oifs must be numbers of interfaces"},
	{CALL("mgm.route_put", "\"client\":1,\"source\":\"10.0.0.1\","
			       "\"group\":\"239.1.1.1\",\"iif\":2,"
			       "\"flags\":[\"leave_to_king\"]"),
	 "flags"},
	{CALL("mgm.route_put", "\"client\":1,\"source\":\"10.0.0.1\","
			       "\"group\":\"239.1.1.1\",\"iif\":2,"
			       "\"oifs\":[2],\"flags\":[\"leave_to_kernel\"]"),
	 "\"EINVAL\""},
	{CALL("mgm.igmp_disabled", "\"client\":1,\"ifid\":2,\"epoch\":1"),
	 "\"EINVAL\""},
	{"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"mgm.hello\","
	 "\"params\":[1]}\n",
	 "-32602"},
	{"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"mgm.hello\"\n", "-32700"},
};

/* Each with its reason; and after all of them the client is as it was. */
static void test_bad_calls_are_refused_and_change_nothing(void **state)
{
	int fd;
	size_t i;

	(void)state;
	begin();
	fd = registers(REGISTER("300", ""));
	expect(fd, CALL("mgm.interface_take", "\"client\":1,\"ifid\":2"),
	       ANSWER);
	for (i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++)
		expect(fd, refusals[i].line, refusals[i].part);
	expect(fd, CALL("mgm.interface_owner", "\"ifid\":2"),
	       "{\"protocol\":300,\"component\":0}");
	expect(fd, CALL("mgm.membership_next", ""), "\"result\":[]");
	expect(fd, CALL("mgm.client_next", "\"count\":9"), "\"name\":\"toy\"");
	close(fd);
}

/* --- sentences -------------------------------------------------------------- */

#define FLOW	 "\"source\":\"10.0.0.8\",\"group\":\"239.0.0.1\""
#define ROUTE(x) CALL("mgm.route_put", "\"client\":1," FLOW x)
#define OTHERS	 "it is other's, not yours: take it when it has been released"
#define NOBODYS	 "nobody is on it: take it first"

/* Said by toy, who has interfaces 1 and 2; other has 3, and routes. */
static const struct {
	const char *line, *sentence;
} sentences[] = {
	{ROUTE(",\"iif\":3,\"oifs\":[2]"),
	 "route (10.0.0.8, 239.0.0.1): iif, interface 3 (e3): " OTHERS},
	{ROUTE(",\"iif\":4,\"oifs\":[2]"), "iif, interface 4 (e4): " NOBODYS},
	{ROUTE(",\"iif\":99,\"oifs\":[2]"),
	 "iif, interface 99 (not there): " NOBODYS},
	{ROUTE(",\"iif\":1,\"oifs\":[2,3]"),
	 "route (10.0.0.8, 239.0.0.1): oif, interface 3 (e3): " OTHERS},
	{ROUTE(",\"iif\":1,\"oifs\":[2,4]"), "oif, interface 4 (e4): " NOBODYS},
	{ROUTE(",\"iif\":1,\"oifs\":[1]"),
	 "oif, interface 1 (e1): it is the iif"},
	{ROUTE(",\"iif\":1,\"oifs\":[2],\"flags\":[\"leave_to_kernel\"]"),
	 "left to the kernel has no oifs: leave out oifs"},
	{ROUTE(",\"iif\":1,\"oifs\":[0]"),
	 "oifs must be numbers of interfaces: mgm.interface_next has them"},
	{CALL("mgm.route_put", "\"client\":1,\"group\":\"224.0.0.9\","
			       "\"iif\":1"),
	 "route (*, 224.0.0.9): a group is one of 224.0.0.0/4 without "
	 "224.0.0.0/24"},
	{CALL("mgm.route_put", "\"client\":1,\"source\":\"10.0.0.8\","
			       "\"group\":\"239.0.0.5\",\"iif\":1"),
	 "route (10.0.0.8, 239.0.0.5): there is one of other's, who has to "
	 "delete it before"},
	{CALL("mgm.route_del", "\"client\":1," FLOW),
	 "route (10.0.0.8, 239.0.0.1): you have none: mgm.route_put makes one"},
	{CALL("mgm.mfe_get", FLOW),
	 "(10.0.0.8, 239.0.0.1): there is no MFE: the first packet of the "
	 "flow, or mgm.route_put, makes one"},
	{CALL("mgm.mfe_set_upstream", "\"client\":1,"
				      "\"source\":\"10.0.0.8\","
				      "\"group\":\"239.0.0.5\","
				      "\"upstream\":\"10.0.0.1\""),
	 "its iif, interface 3 (e3), is other's: only the owner says"},
	{CALL("mgm.mfe_set_timeout", "\"client\":1," FLOW ",\"timeout_ms\":9"),
	 "there is no MFE"},
	{CALL("mgm.mfe_set_timeout", "\"client\":1,"
				     "\"source\":\"10.0.0.8\","
				     "\"group\":\"239.0.0.6\","
				     "\"timeout_ms\":9"),
	 "(10.0.0.8, 239.0.0.6): its MFE is forwarding: only a negative one"},
	{CALL("mgm.interface_transfer",
	      "\"client\":1,\"ifid\":1,\"protocol\":301"),
	 "transfer of interface 1 (e1): other does not take it: it has to "
	 "register with accepts_transfers"},
	{CALL("mgm.interface_transfer",
	      "\"client\":1,\"ifid\":1,\"protocol\":309"),
	 "transfer of interface 1 (e1): protocol 309, component 0 is not "
	 "registered"},
	{CALL("mgm.interface_transfer",
	      "\"client\":1,\"ifid\":1,\"protocol\":300"),
	 "transfer of interface 1 (e1): toy is you"},
	{CALL("mgm.interface_transfer",
	      "\"client\":1,\"ifid\":3,\"protocol\":301"),
	 "transfer of interface 3 (e3): " OTHERS},
	{CALL("mgm.interface_take", "\"client\":1,\"ifid\":3"),
	 "interface 3 (e3): it is other's, who has to release or to transfer"},
	{CALL("mgm.interface_take", "\"client\":1,\"ifid\":1"),
	 "interface 1 (e1): it is yours already"},
	{CALL("mgm.membership_add", "\"client\":1,\"ifid\":3,"
				    "\"group\":\"239.0.0.1\""),
	 "group 239.0.0.1 on interface 3 (e3): " OTHERS},
	{CALL("mgm.interface_get", "\"ifid\":99"),
	 "there is no interface 99: mgm.interface_next lists them"},
	{CALL("mgm.interface_owner", "\"ifid\":4"),
	 "interface 4: nobody has taken it"},
	{CALL("mgm.rib_put", "\"client\":1,\"prefix\":\"239.0.0.0/8\","
			     "\"ifid\":2"),
	 "route to sources in 239.0.0.0/8: a prefix is of unicast addresses"},
	{CALL("mgm.rib_put", "\"client\":1,\"prefix\":\"10.0.0.0/8\","
			     "\"ifid\":0"),
	 "route to sources in 10.0.0.0/8: a prefix is of unicast addresses"},
	{CALL("mgm.rib_del", "\"client\":1,\"prefix\":\"10.0.0.0/8\""),
	 "route to sources in 10.0.0.0/8: you have none: mgm.rib_get says"},
	{CALL("mgm.rpf_reply", "\"client\":1,\"token\":\"5\",\"iif\":2"),
	 "request 5: it has been answered, its deadline is over or it is "
	 "another's"},
	{CALL("mgm.deregister", "\"client\":1"),
	 "toy cannot be deregistered: it is on interface 1 (e1), interface 2 "
	 "(e2): release what it owns"},
	{REGISTER("301", ""),
	 "toy cannot be registered as protocol 301, component 0: other is: use "
	 "another component"},
};

/* Each names the object, the reason and what helps; none is a number. */
static void test_a_refusal_is_a_sentence_with_a_remedy(void **state)
{
	size_t i;
	int fd;

	(void)state;
	begin();
	fd = registers(REGISTER("300", ""));
	expect(fd, CALL("mgm.register", "\"name\":\"other\",\"protocol\":301"),
	       "\"client\":2");
	expect(fd, CALL("mgm.interface_take", "\"client\":1,\"ifid\":1"),
	       ANSWER);
	expect(fd, CALL("mgm.interface_take", "\"client\":1,\"ifid\":2"),
	       ANSWER);
	expect(fd, CALL("mgm.interface_take", "\"client\":2,\"ifid\":3"),
	       ANSWER);
	expect(fd,
	       CALL("mgm.route_put", "\"client\":2,\"source\":\"10.0.0.8\","
				     "\"group\":\"239.0.0.5\",\"iif\":3"),
	       ANSWER);
	expect(fd,
	       CALL("mgm.route_put", "\"client\":1,\"source\":\"10.0.0.8\","
				     "\"group\":\"239.0.0.6\",\"iif\":1,"
				     "\"oifs\":[2]"),
	       ANSWER);
	for (i = 0; i < sizeof(sentences) / sizeof(sentences[0]); i++)
		expect(fd, sentences[i].line, sentences[i].sentence);
	close(fd);
}

/* --- two clients ------------------------------------------------------------ */

/* mgm.h: a handle is its own connection's; interfaces are their owner's. */
static void test_nobody_can_use_what_is_anothers(void **state)
{
	int one, two;

	(void)state;
	begin();
	one = registers(REGISTER("300", ""));
	two = registers(REGISTER("301", ""));
	expect(one, CALL("mgm.interface_take", "\"client\":1,\"ifid\":2"),
	       ANSWER);
	expect(two, CALL("mgm.interface_take", "\"client\":1,\"ifid\":2"),
	       "\"EEXIST\"");
	expect(two, CALL("mgm.interface_release", "\"client\":1,\"ifid\":2"),
	       "\"EINVAL\"");
	expect(two,
	       CALL("mgm.membership_add",
		    "\"client\":1,\"ifid\":2,\"group\":\"239.1.1.1\""),
	       "\"EINVAL\"");
	expect(two, CALL("mgm.deregister", "\"client\":2"), "\"EINVAL\"");
	expect(two, REGISTER("302", ""), "\"client\":2");
	expect(two, CALL("mgm.deregister", "\"client\":2"), ANSWER);
	expect(two, CALL("mgm.client_settled", "\"client\":2"), "\"EINVAL\"");
	expect(two, REGISTER("302", ""), "\"client\":3");
	expect(one, CALL("mgm.interface_owner", "\"ifid\":2"),
	       "\"protocol\":300");
	close(one);
	close(two);
}

/* doc/protocol.md: alerts that a call has caused stand before its answer. */
static void test_alerts_stand_before_the_answer(void **state)
{
	const char *text;
	int fd;

	(void)state;
	begin();
	fd = registers(REGISTER("300", ""));
	expect(fd, REGISTER("301", ""), "\"client\":2");
	expect(fd, CALL("mgm.interface_take", "\"client\":1,\"ifid\":2"),
	       ANSWER);
	say(fd, CALL("mgm.membership_add",
		     "\"client\":1,\"ifid\":2,\"group\":\"239.1.1.1\""));
	text = told(fd);
	assert_string_equal(
		text, "{\"jsonrpc\":\"2.0\",\"method\":\"mgm.join\",\"params\":"
		      "{\"client\":2,\"group\":\"239.1.1.1\",\"ifid\":2,"
		      "\"cause\":\"membership\"}}\n"
		      "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":true}\n");
	close(fd);
}

/* -EINPROGRESS is an answer; the alert says when it has ended. */
static void test_the_beginning_of_a_handshake_is_answered(void **state)
{
	struct fix_client *igmp;
	int fd;

	(void)state;
	begin();
	igmp = fix_igmp(plane);
	assert_int_equal(fix_take(igmp, 2), 0);
	fd = registers(REGISTER("300", ""));
	expect(fd, CALL("mgm.interface_take", "\"client\":1,\"ifid\":2"),
	       "\"EINPROGRESS\"");
	expect(fd, CALL("mgm.interface_take", "\"client\":1,\"ifid\":2"),
	       "\"EBUSY\"");
	close(fd);
}

/* What is not in `callbacks` is not sent; without rpf nobody is asked. */
static void test_only_the_alerts_that_are_wanted_are_sent(void **state)
{
	int fd, quiet;

	(void)state;
	begin();
	fd = registers(REGISTER("300", ""));
	quiet = registers(
		CALL("mgm.register", "\"name\":\"toy\",\"protocol\":301"));
	expect(fd, CALL("mgm.interface_take", "\"client\":1,\"ifid\":2"),
	       ANSWER);
	expect(fd,
	       CALL("mgm.membership_add",
		    "\"client\":1,\"ifid\":2,\"group\":\"239.1.1.1\""),
	       ANSWER);
	assert_string_equal(told(quiet), "");
	close(fd);
	close(quiet);
}

/* A request's token is answered by whom it was for, once. */
static void test_a_creation_is_vetoed_by_its_token(void **state)
{
	char line[256];
	const char *text, *token;
	int fd;

	(void)state;
	begin();
	fd = registers(REGISTER("300", ""));
	expect(fd, CALL("mgm.interface_take", "\"client\":1,\"ifid\":1"),
	       ANSWER);
	expect(fd, CALL("mgm.interface_take", "\"client\":1,\"ifid\":2"),
	       ANSWER);
	expect(fd, CALL("mgm.interface_take", "\"client\":1,\"ifid\":3"),
	       ANSWER);
	expect(fd,
	       CALL("mgm.membership_batch",
		    "\"client\":1,\"changes\":[[\"add\",2,null,\"239.0.0.3\"],"
		    "[\"add\",3,null,\"239.0.0.3\"],[\"add\",9]]"),
	       "{\"errors\":[[2,\"EINVAL\"]]}");
	fix_upcall(plane, 8, 3, 1); /* 10.0.0.8 is behind interface 1 */
	text = told(fd);
	assert_non_null(strstr(text, "\"method\":\"mgm.rpf\""));
	token = strstr(text, "\"token\":\"");
	snprintf(line, sizeof(line),
		 CALL("mgm.rpf_reply",
		      "\"client\":1,\"token\":\"%d\",\"iif\":1"),
		 atoi(token + 9));
	say(fd, line);
	text = told(fd);
	assert_non_null(strstr(text, "\"method\":\"mgm.creation\""));
	assert_non_null(strstr(text, "{\"ifid\":2,\"igmp\":false,"
				     "\"enabled\":true}"));
	token = strstr(text, "\"token\":\"");
	snprintf(line, sizeof(line),
		 CALL("mgm.creation_reply", "\"client\":1,\"token\":\"%d\","
					    "\"oifs\":[[2,false],[3,true]]"),
		 atoi(token + 9));
	expect(fd, line, ANSWER);
	expect(fd, line, "\"ENOENT\"");
	assert_string_equal(fix_route(plane, 8, 3), "1: 3");
	expect(fd, CALL("mgm.mfe_next", "\"count\":9"),
	       "\"oifs\":[{\"ifid\":3");
	close(fd);
}

/*
 * The call has begun, which is its answer; the remote IGMP is asked to stop,
 * acknowledges and replays; the end is an alert.
 */
static void test_a_handshake_with_a_remote_igmp(void **state)
{
	int igmp, fd;

	(void)state;
	begin();
	igmp = registers(REGISTER("1", ",\"role\":\"igmp\""));
	fd = registers(REGISTER("300", ""));
	expect(igmp, CALL("mgm.interface_take", "\"client\":1,\"ifid\":2"),
	       ANSWER);
	expect(igmp,
	       CALL("mgm.membership_set",
		    "\"client\":1,\"ifid\":2,\"group\":\"239.0.0.3\","
		    "\"filter\":\"exclude\""),
	       ANSWER);
	expect(fd, CALL("mgm.interface_take", "\"client\":1,\"ifid\":2"),
	       "\"EINPROGRESS\"");
	assert_non_null(strstr(told(igmp), "\"mgm.disable_igmp\",\"params\":"
					   "{\"client\":1,\"ifid\":2,"
					   "\"epoch\":2}"));
	expect(igmp,
	       CALL("mgm.membership_set",
		    "\"client\":1,\"ifid\":2,\"group\":\"239.0.0.3\","
		    "\"filter\":\"exclude\""),
	       "\"EAGAIN\"");
	expect(igmp,
	       CALL("mgm.igmp_disabled", "\"client\":1,\"ifid\":2,\"epoch\":1"),
	       "\"EINVAL\"");
	expect(igmp,
	       CALL("mgm.igmp_disabled", "\"client\":1,\"ifid\":2,\"epoch\":2"),
	       "\"mgm.enable_igmp\"");
	expect(igmp,
	       CALL("mgm.membership_set",
		    "\"client\":1,\"ifid\":2,\"group\":\"239.0.0.3\","
		    "\"filter\":\"exclude\""),
	       ANSWER);
	expect(igmp,
	       CALL("mgm.replay_complete",
		    "\"client\":1,\"ifid\":2,\"epoch\":2"),
	       ANSWER);
	assert_non_null(strstr(told(fd), "\"mgm.ownership\",\"params\":"
					 "{\"client\":1,\"ifid\":2,"
					 "\"epoch\":2,\"result\":null}"));
	expect(fd, CALL("mgm.membership_next", ""), "\"by_igmp\":true");
	close(igmp);
	close(fd);
}

/* --- its end --------------------------------------------------------------- */

static void owns(int fd, const char *part)
{
	expect(fd, CALL("mgm.interface_owner", "\"ifid\":2"), part);
}

static int took(const char *grace)
{
	char line[512];
	int fd = greets();

	snprintf(line, sizeof(line),
		 CALL("mgm.register",
		      "\"name\":\"toy\",\"protocol\":300,\"grace_ms\":%s"),
		 grace);
	expect(fd, line, "\"client\":1");
	expect(fd, CALL("mgm.interface_take", "\"client\":1,\"ifid\":2"),
	       ANSWER);
	expect(fd,
	       CALL("mgm.membership_add",
		    "\"client\":1,\"ifid\":2,\"group\":\"239.0.0.3\""),
	       ANSWER);
	return fd;
}

static void test_a_lost_connection_has_its_grace_time(void **state)
{
	int fd, other;

	(void)state;
	begin();
	fd = took("5000");
	other = greets();
	close(fd);
	turns(5);
	owns(other, "\"protocol\":300");
	expect(other, CALL("mgm.client_next", "\"count\":9"), "\"lost\":true");
	assert_int_equal(remote_pid(&room->d, 300, 0), 0);
	/* It is back, takes without a handshake, and settles. */
	fd = took("5000");
	assert_int_equal(remote_pid(&room->d, 300, 0), getpid());
	expect(fd, CALL("mgm.client_settled", "\"client\":1"), ANSWER);
	fix_tick(plane, 6000);
	owns(other, "\"protocol\":300");
	close(fd);
	turns(5);
	fix_tick(plane, 5001);
	owns(other, "\"ENOENT\"");
	expect(other, CALL("mgm.membership_next", ""), "\"result\":[]");
	close(other);
}

static void test_without_a_grace_time_it_is_dead_at_once(void **state)
{
	int fd, other;

	(void)state;
	begin();
	fd = took("0");
	other = greets();
	close(fd);
	turns(5);
	owns(other, "\"ENOENT\"");
	expect(other, CALL("mgm.client_next", "\"count\":9"), "\"result\":[]");
	close(other);
}

/* --- what it costs -----------------------------------------------------------
 */

/* Five hundred groups in one call. */
static void many_changes(int fd, const char *what)
{
	static char line[CONTROL_LINE];
	int i, len;

	len = snprintf(line, sizeof(line),
		       "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":"
		       "\"mgm.membership_batch\",\"params\":{\"client\":1,"
		       "\"changes\":[");
	for (i = 0; i < 500; i++)
		len += snprintf(line + len, sizeof(line) - (size_t)len,
				"%s[\"%s\",2,null,\"239.1.%d.%d\"]",
				i ? "," : "", what, i / 250, i % 250);
	snprintf(line + len, sizeof(line) - (size_t)len, "]}}\n");
	expect(fd, line, "{\"errors\":[]}");
}

/* 16 MiB and no more; then it is as if it had hung up. */
static void test_who_reads_no_alerts_is_cut_off(void **state)
{
	size_t before, peak = 0, now, i;
	int lazy, other;

	(void)state;
	begin();
	other = registers(REGISTER("300", ""));
	lazy = registers(REGISTER("301", ",\"grace_ms\":0"));
	expect(other, CALL("mgm.interface_take", "\"client\":1,\"ifid\":2"),
	       ANSWER);
	before = __sanitizer_get_current_allocated_bytes();
	for (i = 0; i < 1000 && !stats()->clients_cut; i++) {
		many_changes(other, i % 2 ? "del" : "add");
		fix_drain(plane);
		now = __sanitizer_get_current_allocated_bytes();
		peak = now > peak ? now : peak;
	}
	assert_int_equal(stats()->clients_cut, 1);
	assert_non_null(strstr(said, "has not read"));
	assert_true(peak < before + 2 * CONTROL_QUEUE + 4 * MB);
	turns(5);
	assert_int_equal(stats()->clients, 1);
	assert_true(control_bytes(room->d.control) < MB);
	expect(other, CALL("mgm.client_next", "\"count\":9"),
	       "\"protocol\":300");
	close(lazy);
	close(other);
}

static void test_registrations_of_a_connection_are_bounded(void **state)
{
	char line[128];
	int fd, i;

	(void)state;
	begin();
	fd = greets();
	for (i = 0; i < 17; i++) {
		snprintf(line, sizeof(line),
			 CALL("mgm.register",
			      "\"name\":\"toy\",\"protocol\":%d"),
			 300 + i);
		expect(fd, line, i < 16 ? "\"client\"" : "\"ENOSPC\"");
	}
	expect(fd, CALL("mgm.deregister", "\"client\":3"), ANSWER);
	expect(fd, line, "\"client\":17");
	close(fd);
}

/*
 * Lines are served in turn: a client that has a socket full of calls waiting
 * keeps another one from its answer for a few turns of the loop at most, not
 * until all of its own are answered.
 */
static void test_who_asks_much_leaves_others_their_turn(void **state)
{
	static const char call[] = CALL("mgm.client_next", "\"count\":1");
	static char text[MB];
	uint64_t before;
	int flood, other, n, left;
	ssize_t heard;

	(void)state;
	begin();
	flood = greets();
	other = greets();
	while (send(flood, call, sizeof(call) - 1, MSG_NOSIGNAL) > 0)
		;
	turns(2);
	for (n = 0; n < 50; n++) {
		before = stats()->requests;
		assert_true(send(other, call, sizeof(call) - 1, 0) > 0);
		for (heard = 0, left = 8; heard <= 0 && left; left--) {
			turn();
			heard = recv(other, text, sizeof(text), 0);
		}
		assert_true(heard > 0);
		assert_true(stats()->requests > before + 1);
		while (recv(flood, text, sizeof(text), 0) > 0)
			while (send(flood, call, sizeof(call) - 1,
				    MSG_NOSIGNAL) > 0)
				;
	}
	close(flood);
	close(other);
}

/* No newline, for ever: one answer, no memory, and others are served. */
static void test_a_line_without_end_costs_nothing(void **state)
{
	static char text[MB];
	size_t before, i;
	int fd, other;

	(void)state;
	memset(text, '[', sizeof(text));
	begin();
	fd = registers(REGISTER("300", ""));
	other = greets();
	before = __sanitizer_get_current_allocated_bytes();
	for (i = 0; i < 100; i++)
		put(fd, text, sizeof(text));
	assert_true(__sanitizer_get_current_allocated_bytes() < before + MB);
	assert_non_null(strstr(told(fd), "longer than 65536 bytes"));
	owns(other, "\"ENOENT\"");
	say(fd, "\n");
	owns(fd, "\"ENOENT\"");
	close(fd);
	close(other);
}

/* --- who may
 * ------------------------------------------------------------------ */

static struct config_client allowed[] = {
	{.name = "toy", .user = "1000"},
	{.name = "seven", .user = "1000", .protocol = 700},
	{.name = "hosts", .user = "1000", .igmp = true},
	{.name = "other", .user = "1001"},
};

#define AS(name, protocol, role)                                            \
	CALL("mgm.register", "\"name\":\"" name "\",\"protocol\":" protocol \
			     ",\"role\":\"" role "\"")

static const struct {
	const char *line, *part;
} wishes[] = {
	{AS("toy", "0", "protocol"), "\"client\":1"},
	{AS("toy", "300", "protocol"), "\"client\":2"},
	{AS("toy", "4", "protocol"), "put protocol = 4 into"},
	{AS("toy", "300", "igmp"), "put igmp = yes into"},
	{AS("seven", "0", "protocol"), "\"protocol\":700"},
	{AS("seven", "701", "protocol"), "\"EACCES\""},
	{AS("hosts", "1", "igmp"), "\"client\":4"},
	{AS("other", "0", "protocol"),
	 "needs a section client other { user = \\\"1000\\\" }"},
	{AS("nobody", "0", "protocol"), "\"EACCES\""},
	{CALL("echo", "\"text\":\"x\""), "only root and the group"},
	{CALL("monitor", ""), "\"EACCES\""},
	{CALL("mgm.client_next", ""), "\"result\""},
};

static void test_users_register_what_the_configuration_says(void **state)
{
	int fd;
	size_t i;

	(void)state;
	begin();
	room->config.allowed = allowed;
	room->config.allowed_count = sizeof(allowed) / sizeof(allowed[0]);
	chmod(room->path, 0);
	chown(room->path, 12345, 12345);
	remote_configure(&room->d);
	peer_uid = 1000;
	fd = greets();
	for (i = 0; i < sizeof(wishes) / sizeof(wishes[0]); i++)
		expect(fd, wishes[i].line, wishes[i].part);
	close(fd);
	peer_uid = 1002;
	fd = attempt();
	expect_error(fd, -EACCES, "user 1002 may not connect");
	assert_null(answer(fd));
	close(fd);
	peer_uid = 0;
	fd = registers(AS("nobody", "4", "protocol"));
	expect(fd, CALL("echo", "\"text\":\"x\""), "\"result\":\"x\"");
	close(fd);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		R(test_hello_comes_first_and_its_version_is_one),
		R(test_bad_calls_are_refused_and_change_nothing),
		R(test_a_refusal_is_a_sentence_with_a_remedy),
		R(test_nobody_can_use_what_is_anothers),
		R(test_alerts_stand_before_the_answer),
		R(test_the_beginning_of_a_handshake_is_answered),
		R(test_only_the_alerts_that_are_wanted_are_sent),
		R(test_a_creation_is_vetoed_by_its_token),
		R(test_a_handshake_with_a_remote_igmp),
		R(test_a_lost_connection_has_its_grace_time),
		R(test_without_a_grace_time_it_is_dead_at_once),
		R(test_who_reads_no_alerts_is_cut_off),
		R(test_registrations_of_a_connection_are_bounded),
		R(test_who_asks_much_leaves_others_their_turn),
		R(test_a_line_without_end_costs_nothing),
		R(test_users_register_what_the_configuration_says),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
