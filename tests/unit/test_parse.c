/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Lines of the wire: what is whole is an object, whatever stands in its texts;
 * the rest is no answer of xmgmd. That nothing is left out without memory is
 * for test_libmgm_memory.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "libmgm/parse.h"

static const struct {
	const char *line;
	int err;
} lines[] = {
	{"{}", 0},
	{"{ }", 0},
	{"{\"a\":1}", 0},
	{"{\"a\":[],\"b\":{},\"c\":[[]],\"d\":[{}]}", 0},
	{"{ \"a\" : [ ] , \"b\" : [ 1 , 2 , { \"c\" : null } ] }", 0},
	{"{\"a\":\",\",\"b\":\"[1,2]\",\"c\":\"{\\\"d\\\":1,\"}", 0},
	{"{\"a\":\"\\\\\",\"b\":\"\\\\\\\",\"}", 0},
	{"{\"a\":\"\\u002c\",\"\\u0022,\":[true,false,null,-1.5e3]}", 0},
	{"{\"a\":[1,[2,[3,[4,[5,{\"b\":[6,7]}]]]]]}", 0},
	{"", -EPROTO},
	{" ", -EPROTO},
	{"null", -EPROTO},
	{"[]", -EPROTO},
	{"\"a\"", -EPROTO},
	{"7", -EPROTO},
	{"{", -EPROTO},
	{"{\"a\":1", -EPROTO},
	{"{\"a\"}", -EPROTO},
	{"{\"a\":\"b", -EPROTO},
	{"{\"a\":[1,2}", -EPROTO},
	{"HTTP/1.1 400", -EPROTO},
};

static void test_whole_lines_are_objects(void **state)
{
	struct json_tokener *tokener = parse_new();
	struct json_object *object;
	size_t i;
	int err;

	(void)state;
	assert_non_null(tokener);
	for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		object = parse_line(tokener, lines[i].line,
				    strlen(lines[i].line), &err);
		if (err != lines[i].err || !object != !!err)
			fail_msg("%s: %d", lines[i].line, err);
		json_object_put(object);
	}
	json_tokener_free(tokener);
}

/* Also when a text is longer than the room that was made for it. */
static void test_long_texts(void **state)
{
	static char line[100000];
	struct json_tokener *tokener = parse_new();
	struct json_object *object;
	int err;

	(void)state;
	memset(line, ',', sizeof(line) - 1);
	memcpy(line, "{\"a\":\"", 6);
	memcpy(line + sizeof(line) - 3, "\"}", 2);
	object = parse_line(tokener, line, strlen(line), &err);
	assert_int_equal(err, 0);
	assert_int_equal(
		json_object_get_string_len(json_object_object_get(object, "a")),
		sizeof(line) - 9);
	json_object_put(object);
	json_tokener_free(tokener);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole_lines_are_objects),
		cmocka_unit_test(test_long_texts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
