/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What people and scripts see: tables, shortened numbers, JSON. Each test
 * prints into memory and compares every byte.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/output.h"

static const struct output_column columns[] = {
	{.title = "NAME", .field = "name"},
	{.title = "PACKETS", .field = "packets", .kind = OUTPUT_COUNT},
	{.title = "AGE", .field = "age_s", .kind = OUTPUT_SECONDS},
	{.title = "HOST", .field = "last.address"},
	{.title = "OIFS", .field = "oifs", .kind = OUTPUT_WORDS},
};

#define COLUMNS (sizeof(columns) / sizeof(columns[0]))

/* Prints rows given as JSON text; the caller frees the result. */
static char *print(struct output out, const char *json, int expected)
{
	struct json_object *rows = json_tokener_parse(json);
	char *text = NULL;
	size_t size;
	int result;

	out.file = open_memstream(&text, &size);
	result = output_rows(&out, columns, COLUMNS, rows);
	fclose(out.file);
	json_object_put(rows);
	assert_int_equal(result, expected);
	return text;
}

static void table_is(struct output out, const char *json, const char *expected)
{
	char *text = print(out, json, 0);

	assert_string_equal(text, expected);
	free(text);
}

static void an_empty_array_is_a_header(void **state)
{
	(void)state;
	table_is((struct output){0}, "[]", "NAME  PACKETS  AGE  HOST  OIFS\n");
}

static void columns_are_as_wide_as_their_widest_cell(void **state)
{
	(void)state;
	table_is((struct output){0},
		 "[{\"name\":\"eth0\",\"packets\":7,\"age_s\":59,"
		 "\"last\":{\"address\":\"10.0.0.1\"},\"oifs\":[\"a\",\"b\"]},"
		 "{\"name\":\"enp130s0f1\",\"packets\":12345678901,"
		 "\"age_s\":3600,\"last\":null,\"oifs\":[]}]",
		 "NAME        PACKETS    AGE  HOST      OIFS\n"
		 "eth0              7    59s  10.0.0.1  a,b\n"
		 "enp130s0f1    12.3G  1h00m  -         -\n");
}

static void missing_and_foreign_members_do_not_disturb(void **state)
{
	(void)state;
	table_is((struct output){0},
		 "[{\"other\":1},{\"name\":\"\",\"packets\":\"many\","
		 "\"age_s\":-5,\"last\":3,\"oifs\":\"x\"},4]",
		 "NAME  PACKETS  AGE  HOST  OIFS\n"
		 "-           -    -  -     -\n"
		 "-        many   0s  -     -\n"
		 "-           -    -  -     -\n");
}

static void control_characters_do_not_reach_a_terminal(void **state)
{
	(void)state;
	table_is((struct output){0},
		 "[{\"name\":\"a\\u001b[31m\\n\\u007f\","
		 "\"oifs\":[\"\\u0007\"]}]",
		 "NAME      PACKETS  AGE  HOST  OIFS\n"
		 "a?[31m??        -    -  -     ?\n");
}

static void an_umlaut_is_one_column_wide(void **state)
{
	(void)state;
	table_is((struct output){0},
		 "[{\"name\":\"br\\u00fccke\",\"packets\":1}]",
		 "NAME    PACKETS  AGE  HOST  OIFS\n"
		 "br\xc3\xbc"
		 "cke        1    -  -     -\n");
}

static void colour_does_not_move_columns(void **state)
{
	(void)state;
	table_is((struct output){.colour = true},
		 "[{\"name\":\"held\",\"packets\":1},{\"name\":\"native\"}]",
		 "\033[1mNAME    PACKETS  AGE  HOST  OIFS\033[0m\n"
		 "\033[33mheld\033[0m          1    -  -     -\n"
		 "\033[32mnative\033[0m        -    -  -     -\n");
}

static void json_is_the_data_itself(void **state)
{
	(void)state;
	table_is((struct output){.json = true},
		 "[{\"name\":\"a/b\",\"packets\":12345678901,\"x\":null}]",
		 "[{\"name\":\"a/b\",\"packets\":12345678901,\"x\":null}]\n");
	table_is((struct output){.json = true, .pretty = true},
		 "[{\"packets\":1}]", "[\n  {\n    \"packets\": 1\n  }\n]\n");
}

static void what_is_no_array_is_refused(void **state)
{
	char *text;

	(void)state;
	text = print((struct output){0}, "{\"name\":1}", -EINVAL);
	assert_string_equal(text, "");
	free(text);
}

static void counts_are_exact_then_three_digits_cut(void **state)
{
	static const struct {
		uint64_t n;
		const char *text;
	} cases[] = {
		{0, "0"},
		{1, "1"},
		{99999, "99999"},
		{100000, "100k"},
		{999999, "999k"},
		{1000000, "1.00M"},
		{1239999, "1.23M"},
		{12399999, "12.3M"},
		{999999999, "999M"},
		{UINT64_C(1000000000), "1.00G"},
		{UINT64_C(45600000000000), "45.6T"},
		{UINT64_C(7080000000000000), "7.08P"},
		{UINT64_MAX, "18.4E"},
	};
	struct printbuf *cell = printbuf_new();
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		printbuf_reset(cell);
		output_put_count(cell, cases[i].n);
		assert_string_equal(cell->buf, cases[i].text);
	}
	printbuf_free(cell);
}

static void durations_have_two_units(void **state)
{
	static const struct {
		uint64_t seconds;
		const char *text;
	} cases[] = {
		{0, "0s"},	  {59, "59s"},
		{60, "1m00s"},	  {3599, "59m59s"},
		{3600, "1h00m"},  {86399, "23h59m"},
		{86400, "1d00h"}, {8640000 + 3 * 3600, "100d03h"},
	};
	struct printbuf *cell = printbuf_new();
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		printbuf_reset(cell);
		output_put_seconds(cell, cases[i].seconds);
		assert_string_equal(cell->buf, cases[i].text);
	}
	printbuf_free(cell);
}

static void a_full_disk_is_an_error(void **state)
{
	struct json_object *rows = json_tokener_parse("[{\"name\":\"a\"}]");
	struct output out = {.file = fopen("/dev/full", "w")};

	(void)state;
	assert_non_null(out.file);
	setvbuf(out.file, NULL, _IONBF, 0);
	assert_int_equal(output_rows(&out, columns, COLUMNS, rows), -EIO);
	out.json = true;
	assert_int_equal(output_rows(&out, columns, COLUMNS, rows), -EIO);
	fclose(out.file);
	json_object_put(rows);
}

static void colour_needs_a_terminal(void **state)
{
	struct output out;
	FILE *file = fopen("/dev/null", "w");

	(void)state;
	output_init(&out, file, true);
	assert_true(out.json);
	assert_false(out.colour);
	assert_false(out.pretty);
	fclose(file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_array_is_a_header),
		cmocka_unit_test(columns_are_as_wide_as_their_widest_cell),
		cmocka_unit_test(missing_and_foreign_members_do_not_disturb),
		cmocka_unit_test(control_characters_do_not_reach_a_terminal),
		cmocka_unit_test(an_umlaut_is_one_column_wide),
		cmocka_unit_test(colour_does_not_move_columns),
		cmocka_unit_test(json_is_the_data_itself),
		cmocka_unit_test(what_is_no_array_is_refused),
		cmocka_unit_test(counts_are_exact_then_three_digits_cut),
		cmocka_unit_test(durations_have_two_units),
		cmocka_unit_test(a_full_disk_is_an_error),
		cmocka_unit_test(colour_needs_a_terminal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
