/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * libmgm without memory: a program that uses all of it is run once for each
 * allocation it makes, json-c's included, and that one fails. The call says
 * -ENOMEM, or the connection ends and mgm_why says that it was memory; nothing
 * is leaked, nothing is told or read that was not said; and unless the
 * connection has ended, the same call succeeds once more.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <json-c/json.h>

#include "xmgm/libmgm.h"

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* --- memory ---------------------------------------------------------------- */

static __thread bool armed;	 /* the library's thread, inside of it */
static unsigned int allocations; /* since the program has begun */
static unsigned int fail_at;	 /* 0: none fails */

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *old, size_t size);
char *__real_strdup(const char *text);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *old, size_t size);
char *__wrap_strdup(const char *text);

static bool fails(void)
{
	return armed && ++allocations == fail_at;
}

void *__wrap_malloc(size_t size)
{
	return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t n, size_t size)
{
	return fails() ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *old, size_t size)
{
	return fails() ? NULL : __real_realloc(old, size);
}

/* Of names of members: json-c before 0.17 dies of it by itself. */
char *__wrap_strdup(const char *text)
{
	const int good = 17 << 8;

	return json_c_version_num() >= good && fails() ? NULL
						       : __real_strdup(text);
}

/* What json-c before 0.17 loses when it leaves a member out. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_options(void);

const char *__lsan_default_suppressions(void)
{
	return "leak:json_object_new_int64\nleak:json_object_object_add_ex\n";
}

const char *__lsan_default_options(void)
{
	return "print_suppressions=0";
}

/* --- the daemon -------------------------------------------------------------
 */

#define SG "\"source\":\"10.0.0.1\",\"group\":\"239.1.1.1\""
#define ALERT(name, params)                                             \
	"{\"jsonrpc\":\"2.0\",\"method\":\"mgm." name "\",\"params\":{" \
	"\"client\":1," params "}}\n"

/* What it answers to a method, and what it tells before. */
static const struct {
	const char *method, *alerts, *result;
} answers[] = {
	{"hello", "", "{\"version\":1}"},
	{"register", "", "{\"client\":1,\"protocol\":300}"},
	{"interface_take",
	 ALERT("rpf", SG ",\"token\":\"5\",\"arrival\":7,\"iif\":8,"
			 "\"upstream\":\"10.0.0.9\",\"packet\":\"RQAA\"")
		 ALERT("creation", SG ",\"token\":\"6\",\"iif\":8,\"oifs\":["
				      "{\"ifid\":7,\"igmp\":true,"
				      "\"enabled\":true}]")
			 ALERT("join", SG ",\"ifid\":7,\"cause\":\"mfe\""),
	 "true"},
	{"interface_owner", "", "{\"protocol\":300,\"component\":0}"},
	{"membership_batch", "", "{\"errors\":[[1,\"ENOENT\"]]}"},
	{"mfe_next", "",
	 "[{" SG ",\"iif\":8,\"owner\":300,\"component\":0,\"upstream\":"
	 "\"10.0.0.9\",\"state\":\"forwarding\",\"packets\":12,\"bytes\":1,"
	 "\"wrong_if\":2,\"uptime_ms\":3,\"expires_ms\":4,"
	 "\"oif_count\":1,\"oifs\":[{\"ifid\":7,\"packets\":12}]}]"},
	{"membership_next", "",
	 "[{" SG ",\"ifid\":7,\"by_igmp\":true,\"filter\":\"include\","
	 "\"protocol\":1,\"component\":0}]"},
	{"client_next", "",
	 "[{\"protocol\":300,\"component\":0,\"role\":\"protocol\",\"name\":"
	 "\"toy\",\"interface_count\":1,\"interfaces\":[7]}]"},
	{"interface_get", "",
	 "{\"ifid\":7,\"name\":\"eth0\",\"flags\":[\"up\"],\"mtu\":1500,"
	 "\"address_count\":1,\"addresses\":[{\"address\":\"10.0.0.1\","
	 "\"length\":24}]}"},
	{"rib_get", "",
	 "[{\"prefix\":\"10.0.0.0/8\",\"ifid\":8,\"distance\":1}]"},
};

static struct {
	char directory[32], path[64];
	int listener;
	pthread_t thread;
} daemon_;

static void answer(int fd, const char *line)
{
	unsigned int id = 0;
	char method[32] = "", text[2048];
	const char *alerts = "", *result = "true";
	size_t i;
	int length;

	sscanf(line,
	       "{\"jsonrpc\":\"2.0\",\"id\":%u,\"method\":\"mgm.%31[a-z_]", &id,
	       method);
	for (i = 0; i < COUNT(answers); i++)
		if (!strcmp(answers[i].method, method)) {
			alerts = answers[i].alerts;
			result = answers[i].result;
		}
	length = snprintf(text, sizeof(text),
			  "%s{\"jsonrpc\":\"2.0\",\"id\":%u,\"result\":%s}\n",
			  alerts, id, result);
	if (send(fd, text, (size_t)length, MSG_NOSIGNAL) < 0)
		return; /* it has hung up */
}

/* Until the client hangs up. */
static void serve(int fd)
{
	static char line[65537];
	size_t n = 0;

	while (n < sizeof(line) - 1 && read(fd, line + n, 1) == 1) {
		if (line[n++] != '\n')
			continue;
		line[n] = '\0';
		answer(fd, line);
		n = 0;
	}
}

static void *daemon_run(void *arg)
{
	int fd;

	while ((fd = accept(daemon_.listener, NULL, NULL)) >= 0) {
		serve(fd);
		close(fd);
	}
	return arg;
}

static int daemon_start(void **state)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	(void)state;
	strcpy(daemon_.directory, "/tmp/xmgm-test-XXXXXX");
	assert_non_null(mkdtemp(daemon_.directory));
	snprintf(daemon_.path, sizeof(daemon_.path), "%s/socket",
		 daemon_.directory);
	strcpy(address.sun_path, daemon_.path);
	daemon_.listener = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_return_code(bind(daemon_.listener, (struct sockaddr *)&address,
				sizeof(address)),
			   errno);
	assert_return_code(listen(daemon_.listener, 1), errno);
	return pthread_create(&daemon_.thread, NULL, daemon_run, NULL);
}

/* --- the program ------------------------------------------------------------
 */

struct program {
	struct mgm *m;
	struct mgm_client *client;
	unsigned int refused; /* with -ENOMEM, and made again */
	bool ended;	      /* the connection, for memory */
	char told[256];
};

static void on_rpf(void *arg, uint64_t token, const struct mgm_rpf *rpf)
{
	struct program *p = arg;

	assert_int_equal(token, 5);
	assert_int_equal(rpf->arrival, 7);
	assert_int_equal(rpf->upstream.bytes[15], 9);
	assert_int_equal(rpf->packet_len, 3);
	strcat(p->told, "rpf ");
}

static void on_creation(void *arg, uint64_t token, struct mgm_sg flow,
			uint32_t iif, const struct mgm_creation_oif *oifs,
			size_t count)
{
	struct program *p = arg;

	assert_int_equal(token, 6);
	assert_int_equal(flow.group.address.bytes[12], 239);
	assert_int_equal(iif, 8);
	assert_int_equal(count, 1);
	assert_int_equal(oifs->ifid, 7);
	assert_true(oifs->enabled);
	strcat(p->told, "creation ");
}

static void on_join(void *arg, struct mgm_sg sg, uint32_t ifid,
		    enum mgm_cause cause)
{
	struct program *p = arg;

	assert_int_equal(sg.source.address.bytes[12], 10);
	assert_int_equal(ifid, 7);
	assert_int_equal(cause, MGM_CAUSE_MFE);
	strcat(p->told, "join ");
}

static const struct mgm_callbacks callbacks = {
	.size = sizeof(callbacks),
	.rpf = on_rpf,
	.creation = on_creation,
	.join = on_join,
};

static struct mgm_address v4(const char *text)
{
	struct in_addr address;

	assert_int_equal(inet_pton(AF_INET, text, &address), 1);
	return mgm_address_v4(address);
}

/* A result that is as it has to be, or says that memory was short. */
static bool settled(struct program *p, int result, int expected)
{
	if (result == expected)
		return true;
	if (result == -ENOMEM) {
		p->refused++;
		p->ended = mgm_dispatch(p->m) == -ECONNRESET;
		assert_non_null(strstr(mgm_why(p->m), "memory"));
		return false;
	}
	assert_int_equal(result, -ECONNRESET);
	assert_non_null(strstr(mgm_why(p->m), "memory"));
	p->ended = true;
	return false;
}

/* Makes a call, again if it found no memory, and goes if all has ended. */
#define CALL(p, expected, call)                                       \
	do {                                                          \
		int result;                                           \
                                                                      \
		armed = true;                                         \
		result = (call);                                      \
		armed = false;                                        \
		if (!settled((p), result, (expected)) && !(p)->ended) \
			assert_int_equal((call), (expected));         \
		if ((p)->ended)                                       \
			return;                                       \
	} while (0)

static void change_things(struct program *p)
{
	static struct mgm_address sources[200];
	const struct mgm_address group = v4("239.1.1.1");
	const struct mgm_sg flow = mgm_sg_of(&sources[0], &group);
	struct mgm_membership_change changes[2] = {
		{.what = MGM_CHANGE_ADD, .ifid = 7, .flags = MGM_JOIN_STATE},
		{.what = MGM_CHANGE_DEL, .ifid = 7, .flags = MGM_JOIN_STATE},
	};
	const uint32_t oif = 7;
	size_t i;

	for (i = 0; i < COUNT(sources); i++)
		sources[i] = v4("10.200.200.200");
	changes[0].sg = changes[1].sg = flow;
	CALL(p, 0, mgm_interface_take(p->m, p->client, 7));
	/* One more than what its text has had room for. */
	CALL(p, 0,
	     mgm_membership_set(p->m, p->client, 7, &group, MGM_INCLUDE,
				sources, COUNT(sources)));
	CALL(p, -ENOENT, mgm_membership_batch(p->m, p->client, changes, 2));
	assert_int_equal(changes[0].result, 0);
	assert_int_equal(changes[1].result, -ENOENT);
	CALL(p, 0, mgm_route_put(p->m, p->client, flow, 8, &oif, 1, 0));
}

static void read_tables(struct program *p)
{
	struct mgm_mfe_oif oif = {.size = sizeof(oif)};
	struct mgm_mfe_info mfe = {
		.size = sizeof(mfe), .oif_room = 1, .oifs = &oif};
	struct mgm_membership_info row = {.size = sizeof(row)};
	uint32_t ifid = 0;
	struct mgm_client_info client = {.size = sizeof(client),
					 .interface_room = 1,
					 .interfaces = &ifid};
	uint32_t protocol, component;

	CALL(p, 0, mgm_mfe_next(p->m, (struct mgm_sg){0}, &mfe));
	assert_int_equal(mfe.packets, 12);
	assert_int_equal(mfe.upstream.bytes[15], 9);
	assert_int_equal(mfe.state, MGM_STATE_FORWARDING);
	assert_int_equal(mfe.oif_count, 1);
	assert_int_equal(oif.ifid, 7);
	CALL(p, 0, mgm_membership_next(p->m, NULL, NULL, &row));
	assert_true(row.by_igmp);
	CALL(p, 0, mgm_client_next(p->m, NULL, &client));
	assert_string_equal(client.name, "toy");
	assert_int_equal(ifid, 7);
	CALL(p, 0, mgm_interface_owner(p->m, 7, &protocol, &component));
	assert_int_equal(protocol, 300);
}

static void read_more(struct program *p)
{
	struct mgm_interface_address address;
	struct mgm_interface_info info = {
		.size = sizeof(info), .address_room = 1, .addresses = &address};
	const struct mgm_address source = v4("10.0.0.1");
	struct mgm_rib_route route = {.size = sizeof(route)};
	size_t count = 1;

	CALL(p, 0, mgm_interface_get(p->m, 7, &info));
	assert_string_equal(info.name, "eth0");
	assert_int_equal(info.flags, MGM_INTERFACE_UP);
	assert_int_equal(address.length, 24);
	CALL(p, 0, (count = 1, mgm_rib_get(p->m, &source, &route, &count)));
	assert_int_equal(count, 1);
	assert_int_equal(route.ifid, 8);
}

static void live(struct program *p)
{
	const struct mgm_registration r = {
		.size = sizeof(r),
		.protocol = 300,
		.name = "toy",
		.callbacks = &callbacks,
		.arg = p,
	};

	CALL(p, 0, mgm_register(p->m, &r, &p->client));
	change_things(p);
	if (!p->ended)
		read_tables(p);
	if (!p->ended)
		read_more(p);
	if (p->ended)
		return;
	CALL(p, 0, mgm_deregister(p->m, p->client));
}

static struct program program;

/* Opens, lives, and closes; false: it could not open. */
static bool run(unsigned int which)
{
	struct program *p = &program;
	int err;

	*p = (struct program){0};
	allocations = 0;
	fail_at = which;
	armed = true;
	err = mgm_open(daemon_.path, &p->m);
	armed = false;
	if (err) {
		assert_int_equal(err, -ENOMEM);
		return false;
	}
	live(p);
	if (!p->ended)
		assert_string_equal(p->told, "rpf creation join ");
	mgm_close(p->m);
	p->m = NULL;
	return true;
}

static int daemon_stop(void **state)
{
	(void)state;
	mgm_close(program.m); /* a test has failed */
	shutdown(daemon_.listener, SHUT_RDWR);
	pthread_join(daemon_.thread, NULL);
	close(daemon_.listener);
	unlink(daemon_.path);
	rmdir(daemon_.directory);
	return 0;
}

static void test_each_allocation_may_fail(void **state)
{
	unsigned int total, i, opened = 0, refused = 0, ended = 0;
	(void)state;
	assert_true(run(0));
	assert_int_equal(program.refused, 0);
	assert_false(program.ended);
	total = allocations;
	for (i = getenv("FROM") ? (unsigned int)atoi(getenv("FROM")) : 1;
	     i <= total; i++) {
		opened += run(i);
		refused += program.refused;
		ended += program.ended;
	}
	print_message("%u allocations: %u times not opened, %u refused, of "
		      "which %u ended\n",
		      total, total - opened, refused, ended);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_each_allocation_may_fail,
						daemon_start, daemon_stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
