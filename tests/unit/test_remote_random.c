/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Random calls over the socket, valid and mutated, of clients that come, go,
 * and do not read, to the real control socket and the manager, while packets
 * come, links go up and down and time passes. Whatever they say: each request
 * has one answer, in order; what is written is JSON, a line each; nothing is
 * left in the plane or in memory when they have gone.
 *
 * XMGM_FUZZ_CALLS says how many calls, XMGM_FUZZ_SEED which ones.
 */
#include "remote_room.h"

#define CLIENTS	 4
#define CALLS	 1000000u /* `make fuzz` makes 10^8 */
#define BURST	 24	  /* lines that are sent at once */
#define OUT	 65536
#define DEADLINE 100000 /* turns without an answer: it is stuck */

static uint64_t seed;

static uint32_t roll(uint32_t sides)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (uint32_t)(seed >> 11) % sides;
}

/* --- a client -------------------------------------------------------------- */

struct peer {
	int fd;
	uint64_t asked,
		answered; /* requests with an id, which is their number */
	uint32_t handles;
	bool torn; /* has sent what may not have an answer of its own */
	bool deaf; /* does not read for a while */
	char tokens[8][24];
	uint32_t epoch, ifid; /* of the last handshake */
	char text[2 * OUT];
	size_t len;
};

static struct peer peers[CLIENTS];
static uint64_t calls, alerts, answers;

static void dial_peer(struct peer *p)
{
	memset(p, 0, sizeof(*p));
	p->fd = attempt();
}

/* An alert: what it says is kept. */
static void hear_alert(struct peer *p, const struct json_object *object)
{
	struct json_object *params, *value;

	alerts++;
	assert_true(json_object_object_get_ex(object, "params", &params));
	if (json_object_object_get_ex(params, "token", &value))
		snprintf(p->tokens[roll(8)], sizeof(p->tokens[0]), "%s",
			 json_object_get_string(value));
	if (json_object_object_get_ex(params, "epoch", &value)) {
		p->epoch = (uint32_t)json_object_get_int64(value);
		json_object_object_get_ex(params, "ifid", &value);
		p->ifid = (uint32_t)json_object_get_int64(value);
	}
}

/* An answer: the next one there has to be. */
static void hear_answer(struct peer *p, uint64_t id)
{
	answers++;
	if (!p->torn)
		assert_int_equal(id, ++p->answered);
}

/* By far the most are looked at as text alone: parsing is what takes time. */
static bool hear_text(struct peer *p, const char *line)
{
	const char *id = strstr(line, "\"id\":");

	if (!id || !roll(8))
		return false;
	assert_true(strstr(line, "\"result\":") || strstr(line, "\"error\":"));
	hear_answer(p, strtoull(id + 5, NULL, 10));
	return true;
}

static void hear_line(struct peer *p, const char *line)
{
	struct json_object *object, *value;

	if (hear_text(p, line))
		return;
	object = json_tokener_parse(line);
	assert_non_null(object);
	if (json_object_object_get_ex(object, "method", NULL)) {
		hear_alert(p, object);
	} else {
		assert_true(
			json_object_object_get_ex(object, "result", &value) !=
			json_object_object_get_ex(object, "error", &value));
		assert_true(json_object_object_get_ex(object, "id", &value));
		hear_answer(p, json_object_get_uint64(value));
	}
	json_object_put(object);
}

/* false: it has been hung up on. */
static bool hear_peer(struct peer *p)
{
	char *line = p->text, *end_of_line;
	ssize_t n =
		recv(p->fd, p->text + p->len, sizeof(p->text) - 1 - p->len, 0);

	if (n == 0 || (n < 0 && errno != EAGAIN))
		return false;
	p->len += n > 0 ? (size_t)n : 0;
	p->text[p->len] = '\0';
	while ((end_of_line = strchr(line, '\n'))) {
		*end_of_line = '\0';
		hear_line(p, line);
		line = end_of_line + 1;
	}
	p->len -= (size_t)(line - p->text);
	memmove(p->text, line, p->len);
	return true;
}

/* --- what it says ----------------------------------------------------------- */

static const char *random_address(char text[32], bool group)
{
	static const char *const odd[] = {"224.0.0.9", "0.0.0.0",
					  "10.0.0",    "ff3e::1",
					  "",	       "255.255.255.255"};

	if (!roll(40))
		return odd[roll(6)];
	snprintf(text, 32, group ? "239.0.0.%u" : "10.0.0.%u", 1 + roll(6));
	if (!roll(12))
		snprintf(text + strlen(text) - 1, 8, "0/%u", roll(34));
	return text;
}

static size_t add_flow(char *out, size_t room_left)
{
	char source[32], group[32];
	int len = 0;

	if (roll(2))
		len = snprintf(out, room_left, ",\"source\":\"%s\"",
			       random_address(source, false));
	if (roll(10))
		len += snprintf(out + len, room_left - (size_t)len,
				",\"group\":\"%s\"",
				random_address(group, true));
	return (size_t)len;
}

static size_t add_changes(char *out, size_t room_left)
{
	char source[32], group[32];
	uint32_t i, count = roll(12);
	int len = snprintf(out, room_left, ",\"changes\":[");

	for (i = 0; i < count; i++) {
		len += snprintf(out + len, room_left - (size_t)len, "%s",
				i ? "," : "");
		if (roll(3))
			len += snprintf(out + len, room_left - (size_t)len,
					"[\"%s\",%u,%s,\"%s\"]",
					roll(2) ? "add" : "del", roll(10),
					roll(2) ? "null" : "\"10.0.0.1\"",
					random_address(group, true));
		else
			len += snprintf(out + len, room_left - (size_t)len,
					"[\"set\",%u,\"%s\",\"%s\",[\"%s\"]]",
					roll(10), random_address(group, true),
					roll(2) ? "include" : "exclude",
					random_address(source, false));
	}
	len += snprintf(out + len, room_left - (size_t)len, "]");
	return (size_t)len;
}

/* What a parameter may be; those of the manager's methods are all here. */
static size_t add_param(struct peer *p, const char *name, char *out,
			size_t room_left)
{
	char address[32];

#define NUMBER(word, number)                                                \
	if (!strcmp(name, word))                                            \
		return (size_t)snprintf(out, room_left, ",\"%s\":%u", name, \
					number);
#define TEXT(word, text)                                                  \
	if (!strcmp(name, word))                                          \
		return (size_t)snprintf(out, room_left, ",\"%s\":\"%s\"", \
					name, text);
#define RAW(word, text)                                                     \
	if (!strcmp(name, word))                                            \
		return (size_t)snprintf(out, room_left, ",\"%s\":%s", name, \
					text);
	NUMBER("client", 1 + roll(p->handles + 1))
	NUMBER("ifid", roll(4) ? 1 + roll(REMOTE_LINKS) : p->ifid)
	NUMBER("iif", roll(9))
	NUMBER("epoch", p->epoch + (roll(8) ? 0 : roll(3)))
	NUMBER("version", 1 + !roll(50))
	NUMBER("protocol", roll(20) ? 300 + roll(6) : roll(6))
	NUMBER("component", roll(8) ? 0 : roll(3))
	NUMBER("count", roll(20))
	NUMBER("metric", roll(3))
	NUMBER("distance", roll(260))
	NUMBER("timeout_ms", roll(20000))
	NUMBER("grace_ms", roll(3) * 1500)
	TEXT("name", roll(8) ? "toy" : "igmp2")
	TEXT("role", roll(4) ? "protocol" : "igmp")
	TEXT("router", roll(30) ? "main" : "blue")
	TEXT("token", p->tokens[roll(8)])
	TEXT("filter", roll(2) ? "include" : "exclude")
	TEXT("upstream", random_address(address, false))
	TEXT("prefix", roll(2) ? "10.0.0.0/24" : random_address(address, false))
	RAW("accepts_transfers", roll(2) ? "true" : "false")
	RAW("on", roll(2) ? "true" : "false")
	RAW("flags", roll(2)   ? "[\"join\"]"
		     : roll(2) ? "[\"forward\"]"
			       : "[\"leave_to_kernel\"]")
	RAW("sources", roll(2) ? "[\"10.0.0.1\",\"10.0.0.2\"]" : "[]")
	RAW("oifs", roll(2) ? "[[1,true],[2,false],[3,false]]" : "[]")
	RAW("callbacks", roll(8) ? "[\"rpf\",\"creation\",\"join\",\"prune\","
				   "\"local_join\",\"local_leave\","
				   "\"wrong_if\",\"disable_igmp\","
				   "\"enable_igmp\",\"ownership\","
				   "\"rib_changed\",\"interface_changed\","
				   "\"interface_gone\",\"mfe_made\","
				   "\"mfe_deleted\",\"local_block\","
				   "\"local_unblock\"]"
				 : "[]")
	RAW("after", roll(3) ? "{}"
			     : "{\"source\":\"10.0.0.3\",\"group\":"
			       "\"239.0.0.3\",\"ifid\":3,\"protocol\":300,"
			       "\"component\":0}")
	if (!strcmp(name, "changes"))
		return add_changes(out, room_left);
	if (!strcmp(name, "group"))
		return add_flow(out, room_left);
	return 0;
#undef NUMBER
#undef TEXT
#undef RAW
}

static size_t make_call(struct peer *p, char *out, size_t room_left)
{
	size_t count, i, len;
	const struct method *methods = remote_methods(&count), *method;

	method = &methods[roll((uint32_t)count)];
	if (!p->asked || !roll(300))
		method = &methods[count - 1]; /* hello */
	else if (!p->handles || !roll(60))
		method = &methods[count - 3]; /* register */
	len = (size_t)snprintf(out, room_left,
			       "{\"jsonrpc\":\"2.0\",\"id\":%llu,\"method\":"
			       "\"%s\",\"params\":{\"",
			       (unsigned long long)(p->asked + 1),
			       method->name);
	len--; /* the first comma goes there */
	for (i = 0; i < METHOD_PARAMS && method->params[i]; i++)
		if (roll(25))
			len += add_param(p, method->params[i], out + len,
					 room_left - len);
	if (strstr(method->name, "register") && method->name[4] == 'r')
		p->handles += p->handles < 6;
	len += (size_t)snprintf(out + len, room_left - len, "}}\n");
	return len;
}

/* Bytes changed, left out, or doubled: it may be no line any more. */
static size_t mutate(struct peer *p, char *line, size_t len)
{
	uint32_t i, n = 1 + roll(4);
	size_t at;

	for (i = 0; i < n && len > 2; i++) {
		at = roll((uint32_t)len - 1);
		switch (roll(4)) {
		case 0:
			line[at] = (char)roll(256);
			break;
		case 1:
			memmove(line + at, line + at + 1, len - at - 1);
			len--;
			break;
		case 2:
			line[at] = "{}[]\",:0\n\\"[roll(10)];
			break;
		default:
			len = at + 1; /* the rest is the next line's */
			break;
		}
	}
	p->torn = true;
	return len;
}

/* The first comma of the parameters is none. */
static void no_comma(char *line)
{
	char *at = strstr(line, "{,\"");

	if (at)
		memmove(at + 1, at + 2, strlen(at + 2) + 1);
}

static void say_some(struct peer *p)
{
	static char out[OUT];
	size_t len = 0, one, sent = 0;
	uint32_t i, n = 1 + roll(BURST);
	ssize_t went;

	for (i = 0; i < n && len < OUT / 2; i++) {
		make_call(p, out + len, OUT - len);
		no_comma(out + len);
		one = strlen(out + len);
		p->asked++;
		if (!roll(20))
			one = mutate(p, out + len, one);
		len += one;
		calls++;
	}
	while (sent < len) {
		went = send(p->fd, out + sent, len - sent, MSG_NOSIGNAL);
		if (went < 0 && errno != EAGAIN)
			return;
		sent += went > 0 ? (size_t)went : 0;
		turn();
		if (went < 0 && !hear_peer(p))
			return;
	}
}

/* --- the world around it ---------------------------------------------------- */

static void world(void)
{
	uint32_t ifid = 1 + roll(REMOTE_LINKS);

	switch (roll(12)) {
	case 0:
		fix_tick(plane, roll(300));
		break;
	case 1:
		fix_tick(plane, roll(20) ? 20 : 11000);
		break;
	case 2:
		link_up_down(ifid, roll(2));
		break;
	case 3:
		if (!roll(8)) {
			mgm_interface_gone(plane->m, plane->now, ifid);
			link_up_down(ifid, true);
		}
		break;
	case 4:
		mgm_wrong_if(plane->m, plane->now, sg(1 + roll(6), 1 + roll(6)),
			     ifid, NULL, 0);
		break;
	default:
		fix_upcall(plane, 1 + roll(6), 1 + roll(6), ifid);
	}
}

/* A client that has not sent half a line has an answer to each call. */
static void hear_all(struct peer *p)
{
	unsigned int i;

	for (i = 0; i < DEADLINE && p->answered < p->asked; i++) {
		turn();
		if (!hear_peer(p))
			return;
	}
	if (!p->torn)
		assert_int_equal(p->answered, p->asked);
}

static void live(struct peer *p)
{
	say_some(p);
	world();
	if (!p->deaf && !hear_peer(p)) {
		close(p->fd);
		dial_peer(p);
		return;
	}
	if (!roll(400))
		p->deaf = !p->deaf;
	if (!p->torn && !p->deaf && !roll(20))
		hear_all(p);
	if (!roll(250) || (p->torn && !roll(8))) {
		close(p->fd);
		turn();
		dial_peer(p);
	}
}

static void test_whatever_is_said_each_call_has_its_answer(void **state)
{
	const char *many = getenv("XMGM_FUZZ_CALLS");
	const char *which = getenv("XMGM_FUZZ_SEED");
	uint64_t wanted = many ? strtoull(many, NULL, 10) : CALLS;
	size_t before, i;

	(void)state;
	begin();
	turns(3);
	seed = which ? strtoull(which, NULL, 10) : 0x9e3779b97f4a7c15;
	before = __sanitizer_get_current_allocated_bytes();
	for (i = 0; i < CLIENTS; i++)
		dial_peer(&peers[i]);
	while (calls < wanted)
		live(&peers[roll(CLIENTS)]);
	for (i = 0; i < CLIENTS; i++)
		close(peers[i].fd);
	turns(10);
	assert_int_equal(stats()->clients, 0);
	fix_tick(plane, 20000); /* their grace */
	for (i = 0; i < 40; i++) {
		fix_tick(plane, 20000);
		fix_drain(plane);
	}
	fix_check(plane);
	assert_int_equal(control_bytes(room->d.control), 0);
	assert_true(__sanitizer_get_current_allocated_bytes() <
		    before + 4 * MB);
	print_message("%llu calls, %llu answers, %llu alerts\n",
		      (unsigned long long)calls, (unsigned long long)answers,
		      (unsigned long long)alerts);
	assert_true(alerts > wanted / 50);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		R(test_whatever_is_said_each_call_has_its_answer),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
