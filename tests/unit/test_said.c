/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What commands say beside the configuration's file: the rule of xmgmd(8) as
 * a table of objects, their origin and what happens; and the lines by which
 * it outlives the daemon.
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

#include "xmgmd/config/said.h"

/* The file's word on an object, or a command's: nothing, or one of two. */
enum word { NONE, ONE, TWO, GONE };

#define ROUTE(to)                                              \
	"mroute { source = \"10.0.0.1\" group = \"239.1.1.1\"" \
	" from = \"a\" to = {" to "} }\n"

static const struct {
	enum said_kind kind;
	const char *text[3]; /* of the file: NONE, ONE, TWO */
} kinds[] = {
	{SAID_ROUTE, {"", ROUTE("\"b\", \"c\""), ROUTE("\"b\"")}},
	{SAID_JOIN,
	 {"", "join { interface = \"a\" group = \"239.1.1.1\" }\n", NULL}},
	{SAID_ATTACH,
	 {"", "interface \"a\" { mode = native }\n",
	  "interface \"a\" { mode = generic }\n"}},
	{SAID_RPF,
	 {"", "rpf-route { prefix = \"10.0.0.0/8\" dev = \"a\" }\n",
	  "rpf-route { prefix = \"10.0.0.0/8\" via = \"10.1.0.9\""
	  " distance = 250 }\n"}},
};

static struct mgm_prefix prefix(const char *text)
{
	struct mgm_prefix p = {.length = 8};

	p.address = mgm_address_v4((struct in_addr){inet_addr(text)});
	return p;
}

static struct mgm_sg sg(const char *source, const char *group)
{
	return mgm_sg_v4((struct in_addr){inet_addr(source)},
			 (struct in_addr){inet_addr(group)});
}

static struct config *file_of(size_t kind, enum word word)
{
	struct conf_errors errors = {0};
	struct config *config = NULL;

	assert_int_equal(config_parse("f", kinds[kind].text[word], NULL,
				      &config, &errors),
			 0);
	return config;
}

static struct said_key key_of(size_t kind)
{
	if (kinds[kind].kind == SAID_ROUTE)
		return said_route_key(sg("10.0.0.1", "239.1.1.1"));
	if (kinds[kind].kind == SAID_JOIN)
		return said_join_key("a", sg("0.0.0.0", "239.1.1.1"));
	if (kinds[kind].kind == SAID_RPF) {
		const struct mgm_prefix p = prefix("10.0.0.0");

		return said_rpf_key(&p);
	}
	return said_attach_key("a");
}

/* The same as the file says by this word, in another order. */
static struct said_value value_of(enum word word)
{
	static const char oifs[][XMGM_IFNAME_LEN] = {"c", "b"};
	struct said_value value = {
		.route = {.sg = sg("10.0.0.1", "239.1.1.1"),
			  .from = "a",
			  .to = word == ONE ? oifs : &oifs[1],
			  .to_count = word == ONE ? 2 : 1},
		.mode = word == ONE ? PLANE_NATIVE : PLANE_GENERIC,
		.rpf = {.prefix = prefix("10.0.0.0"),
			.via = MGM_ADDRESS_V4_ANY,
			.dev = "a",
			.distance = 1},
	};

	if (word == TWO)
		value.rpf = (struct proto_rpf_config){
			.prefix = prefix("10.0.0.0"),
			.via = prefix("10.1.0.9").address,
			.distance = 250};

	return value;
}

static void command(struct hash *table, const struct config *config,
		    size_t kind, enum word word)
{
	struct said_key key = key_of(kind);
	struct said_value value = value_of(word);

	assert_int_equal(said_command(table, config, &key,
				      word == GONE ? NULL : &value),
			 0);
}

/* What is in force of it: GONE and NONE are both "not there". */
static enum word in_force(const struct hash *table, const struct config *config,
			  size_t kind)
{
	struct said_key key = key_of(kind);
	const struct said *said = said_find(table, &key);
	const struct config_interface *in = config_interface(config, "a");
	struct proto_config out;
	enum word word = NONE;
	int mode;

	assert_int_equal(said_overlay(table, config, &out), 0);
	if (kinds[kind].kind == SAID_ROUTE && out.route_count)
		word = out.routes[0].to_count == 2 ? ONE : TWO;
	else if (kinds[kind].kind == SAID_JOIN && out.join_count)
		word = ONE;
	else if (kinds[kind].kind == SAID_RPF && out.rpf_count)
		word = out.rpfs[0].distance == 1 && *out.rpfs[0].dev ? ONE
								     : TWO;
	assert_true(out.route_count + out.join_count + out.rpf_count <= 1);
	said_overlay_free(&out);
	if (kinds[kind].kind != SAID_ATTACH || (!said && !in))
		return word;
	if (said && said->removed)
		return NONE;
	mode = said ? (int)said->mode : in->mode;
	return mode == PLANE_NATIVE ? ONE : TWO;
}

/* Through the lines: everything, read into an empty table. */
static void restart(struct hash *table)
{
	struct hash fresh = {0};
	struct hash_node *n, *tmp;
	char *text = NULL, *line, *at = NULL;
	size_t len;
	FILE *file = open_memstream(&text, &len);
	struct said_key key;
	uint32_t i;

	hash_for_each_safe(table, n, tmp, i) {
		key = said_key_of(hash_entry(n, struct said, node));
		said_write(file, table, &key);
		fputc('\n', file);
	}
	fclose(file);
	for (line = text; *line; line = at) {
		at = strchr(line, '\n') + 1;
		at[-1] = '\0';
		assert_int_equal(said_read(&fresh, line), 0);
	}
	free(text);
	assert_int_equal(fresh.count, table->count);
	said_clear(table);
	*table = fresh;
}

/*
 * File and commands at first; then the file that is read, again and again;
 * what has to be in force, and who says so.
 */
static const struct {
	const char *what;
	enum word file, commands[3];
	enum word read;
	enum word expected;
	enum said_origin origin;
} cases[] = {
	{"file, unchanged", ONE, {NONE}, ONE, ONE, SAID_BY_FILE},
	{"file, changed", ONE, {NONE}, TWO, TWO, SAID_BY_FILE},
	{"file, gone from it", ONE, {NONE}, NONE, NONE, SAID_BY_FILE},
	{"command, unchanged", NONE, {ONE}, NONE, ONE, SAID_BY_COMMAND},
	{"command, the file takes it over", NONE, {ONE}, ONE, ONE, SAID_BY_FILE},
	{"command, the file says other", NONE, {ONE}, TWO, TWO, SAID_BY_FILE},
	{"command, taken back", NONE, {ONE, GONE}, NONE, NONE, SAID_BY_FILE},
	{"both, unchanged", ONE, {ONE}, ONE, ONE, SAID_BY_BOTH},
	{"both, changed in the file", ONE, {ONE}, TWO, TWO, SAID_BY_FILE},
	{"both, gone from the file", ONE, {ONE}, NONE, ONE, SAID_BY_COMMAND},
	{"both, removed by command", ONE, {ONE, GONE}, ONE, NONE, SAID_BY_FILE},
	{"changed, unchanged file", ONE, {TWO}, ONE, TWO, SAID_BY_COMMAND},
	{"changed, file says the same", ONE, {TWO}, TWO, TWO, SAID_BY_FILE},
	{"changed, gone from the file", ONE, {TWO}, NONE, NONE, SAID_BY_FILE},
	{"changed and changed back", ONE, {TWO, ONE}, NONE, NONE, SAID_BY_FILE},
	{"removed, unchanged file", ONE, {GONE}, ONE, NONE, SAID_BY_FILE},
	{"removed, changed in the file", ONE, {GONE}, TWO, TWO, SAID_BY_FILE},
	{"removed, gone from the file", ONE, {GONE}, NONE, NONE, SAID_BY_FILE},
	{"removed, added otherwise", ONE, {GONE, TWO}, ONE, TWO, SAID_BY_COMMAND},
	{"removed and restored", ONE, {GONE, ONE}, NONE, NONE, SAID_BY_FILE},
	{"removed, added, removed",
	 ONE,
	 {GONE, TWO, GONE},
	 ONE,
	 NONE,
	 SAID_BY_FILE},
};

static bool says(size_t kind, size_t i)
{
	size_t j;
	bool two = cases[i].file == TWO || cases[i].read == TWO ||
		   cases[i].expected == TWO;

	for (j = 0; j < 3; j++)
		two |= cases[i].commands[j] == TWO;
	return !two || kinds[kind].text[TWO];
}

static void play(size_t kind, size_t i, bool restarts)
{
	struct config *before = file_of(kind, cases[i].file);
	struct config *after = file_of(kind, cases[i].read);
	struct said_key key = key_of(kind);
	struct hash table = {0};
	size_t j;

	said_configure(&table, before);
	for (j = 0; j < 3 && cases[i].commands[j]; j++)
		command(&table, before, kind, cases[i].commands[j]);
	/* The same file first: it changes nothing. */
	for (j = 0; j < 2; j++) {
		enum word was = in_force(&table, before, kind);

		if (restarts)
			restart(&table);
		said_configure(&table, before);
		assert_int_equal(in_force(&table, before, kind), was);
	}
	for (j = 0; j < 2; j++) {
		if (restarts)
			restart(&table);
		said_configure(&table, after);
		if (in_force(&table, after, kind) != cases[i].expected)
			fail_msg("kind %zu: %s: %d instead of %d", kind,
				 cases[i].what, in_force(&table, after, kind),
				 cases[i].expected);
		if (said_origin(&table, &key) != cases[i].origin)
			fail_msg("kind %zu: %s: the origin is %d", kind,
				 cases[i].what, said_origin(&table, &key));
	}
	said_clear(&table);
	config_free(before);
	config_free(after);
}

static void test_the_rule_holds_for_every_object(void **state)
{
	size_t kind, i;

	(void)state;
	for (kind = 0; kind < sizeof(kinds) / sizeof(kinds[0]); kind++)
		for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
			if (says(kind, i)) {
				play(kind, i, false);
				play(kind, i, true);
			}
}

static void test_an_owner_is_a_command_s_alone(void **state)
{
	struct config *config = config_default();
	struct said_value value = {.protocol = "static"};
	struct said_key key = said_owner_key("a");
	struct hash table = {0};

	(void)state;
	assert_int_equal(said_command(&table, config, &key, &value), 0);
	restart(&table);
	said_configure(&table, config);
	assert_string_equal(said_word(said_find(&table, &key), 1), "static");
	assert_int_equal(said_command(&table, config, &key, NULL), 0);
	assert_null(said_find(&table, &key));
	assert_int_equal(table.count, 0);
	said_clear(&table);
	config_free(config);
}

static void test_a_later_line_replaces_an_earlier_one(void **state)
{
	char first[] = "route 10.0.0.1 239.1.1.1 0 from a to b c";
	char second[] = "route 10.0.0.1 239.1.1.1 0 from a to d";
	char last[] = "route 10.0.0.1 239.1.1.1 forget";
	struct said_key key = said_route_key(sg("10.0.0.1", "239.1.1.1"));
	struct hash table = {0};

	(void)state;
	assert_int_equal(said_read(&table, first), 0);
	assert_string_equal(said_word(said_find(&table, &key), 2), "c");
	assert_string_equal(said_word(said_find(&table, &key), 3), "");
	assert_int_equal(said_read(&table, second), 0);
	assert_string_equal(said_word(said_find(&table, &key), 1), "d");
	assert_string_equal(said_word(said_find(&table, &key), 2), "");
	assert_int_equal(said_read(&table, last), 0);
	assert_null(said_find(&table, &key));
	said_clear(&table);
}

static void test_a_bad_line_changes_nothing(void **state)
{
	static const char *const bad[] = {
		"",
		" ",
		"thing a 0",
		"route",
		"route 10.0.0.1",
		"route 10.0.0.1 10.1.1.1 0 from a to b",
		"route 10.0.0.1 239.1.1.1",
		"route 10.0.0.1 239.1.1.1 x from a to b",
		"route 10.0.0.1 239.1.1.1 0 removed",
		"route 10.0.0.1 239.1.1.1 0",
		"route 10.0.0.1 239.1.1.1 0 from",
		"route 10.0.0.1 239.1.1.1 0 from a",
		"route 10.0.0.1 239.1.1.1 0 from a to",
		"route 10.0.0.1 239.1.1.1 0 from a to a",
		"route 10.0.0.1 239.1.1.1 0 from a to b b",
		"route 10.0.0.1 239.1.1.1 0 from a to abcdefghijklmnopq",
		"join a 239.1.1.1",
		"join a 239.1.1.1 *",
		"join a 239.1.1.1 * 0 more",
		"join a/b 239.1.1.1 * 0",
		"owner a 0",
		"owner a 0 a-name-that-is-longer-than-any",
		"attach a 0",
		"attach a 0 fast",
	};
	struct hash table = {0};
	char line[128];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		snprintf(line, sizeof(line), "%s", bad[i]);
		if (said_read(&table, line) != -EINVAL)
			fail_msg("'%s' was accepted", bad[i]);
		assert_int_equal(table.count, 0);
	}
	said_clear(&table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_rule_holds_for_every_object),
		cmocka_unit_test(test_an_owner_is_a_command_s_alone),
		cmocka_unit_test(test_a_later_line_replaces_an_earlier_one),
		cmocka_unit_test(test_a_bad_line_changes_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
