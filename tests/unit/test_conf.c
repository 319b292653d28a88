/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The syntax of configuration files: what becomes of a text, where each item
 * stands, and that every error of syntax is named with its place.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "lib/conf.h"

/* The tree as one line: name@line:column=values or title{items}. */
static void write_items(FILE *out, const struct conf_item *item)
{
	size_t i;

	for (; item; item = item->next) {
		fprintf(out, "%s@%u:%u", item->name, item->place.line,
			item->place.column);
		if (item->assigned)
			fputs(item->append ? "+=" : "=", out);
		for (i = 0; i < item->count; i++)
			fprintf(out, "<%s>", item->values[i].text);
		if (item->section) {
			fputc('{', out);
			write_items(out, item->items);
			fputc('}', out);
		}
		fputc(' ', out);
	}
}

static char *read_text(const char *text, struct conf_errors *errors)
{
	struct conf *conf = NULL;
	char *line = NULL;
	FILE *out;
	size_t len;
	int err = conf_parse("f", text, NULL, &conf, errors);

	assert_int_equal(err, errors->count ? -EINVAL : 0);
	assert_non_null(conf);
	out = open_memstream(&line, &len);
	assert_non_null(out);
	write_items(out, conf->items);
	fclose(out);
	conf_free(conf);
	return line;
}

static void test_texts_become_trees(void **state)
{
	static const struct {
		const char *text, *tree;
	} rows[] = {
		{"", ""},
		{" # nothing\n// more\n/* of\n it */", ""},
		{"a = 1", "a@1:1=<1> "},
		{"a=1 b=2\nc = x", "a@1:1=<1> b@1:5=<2> c@2:1=<x> "},
		{"a = \"b c\"", "a@1:1=<b c> "},
		{"a = {}", "a@1:1= "},
		{"a = {1, \"2\", '3',}", "a@1:1=<1><2><3> "},
		{"a += {1}\n  b += 2", "a@1:1+=<1> b@2:3+=<2> "},
		{"s {}", "s@1:1{} "},
		{"s \"t\" { a = 1 b { c = 2 } }",
		 "s@1:1<t>{a@1:9=<1> b@1:15{c@1:19=<2> } } "},
		{"s t\n{\n}\n", "s@1:1<t>{} "},
		{"s\n{ a = 1 }", "s@1:1{a@2:3=<1> } "},
		{"word value\nnext = 1", "word@1:1<value> next@2:1=<1> "},
		{"a = eth0.100 b = -1 c = 1.5 d = x/y e = a:b",
		 "a@1:1=<eth0.100> b@1:14=<-1> c@1:21=<1.5> d@1:29=<x/y> "
		 "e@1:37=<a:b> "},
		{"a = 1# b = 2\nc = 3// d\ne = 4/* f */g = 5",
		 "a@1:1=<1> c@2:1=<3> e@3:1=<4> g@3:13=<5> "},
		{"a = \"#\" b = \"//\" c = '/*'",
		 "a@1:1=<#> b@1:9=<//> c@1:18=</*> "},
		{"a = \"\\\"\\\\\\n\\t\\'\"", "a@1:1=<\"\\\n\t'> "},
		{"a = '\\'\\\\\\n'", "a@1:1=<'\\\\n> "},
		{"a = \"one \\\ntwo\" b = 1", "a@1:1=<one two> b@2:6=<1> "},
		{"a+=1 b+c = 2", "a@1:1+=<1> b+c@1:6=<2> "},
		{"\r\n a = 1\r\n", "a@2:2=<1> "},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct conf_errors errors = {0};
		char *tree = read_text(rows[i].text, &errors);

		if (errors.count || strcmp(tree, rows[i].tree))
			fail_msg("row %zu: '%s', %s", i, tree,
				 errors.count ? errors.lines[0] : "no error");
		free(tree);
		conf_errors_free(&errors);
	}
}

static void test_every_error_of_syntax_is_named(void **state)
{
	static const struct {
		const char *text, *tree;
		const char *errors[4];
	} rows[] = {
		{"a", "", {"f:1:1: 'a' is neither an option nor a section"}},
		{"a =", "", {"f:1:4: the end of the file is not expected"}},
		{"a = = b = 1\nc = 2",
		 "c@2:1=<2> ",
		 {"f:1:5: '=' is not expected here"}},
		{"a = {1 2}\nb = 1",
		 "b@2:1=<1> ",
		 {"f:1:8: '2' is not expected here: a list is"}},
		{"a = {1,\n", "", {"f:2:1: the end of the file is not"}},
		{"a = {1, {2}}\nb = 1",
		 "b@2:1=<1> ",
		 {"f:1:9: '{' is not expected here"}},
		{"}\na = 1", "a@2:1=<1> ", {"f:1:1: this } closes nothing"}},
		{"s {\n a = 1\n",
		 "",
		 {"f:1:1: section s is never closed: add a }"}},
		{"s { t {\n}\n", "", {"f:1:1: section s is never closed"}},
		{"\"a\" = 1\nb = 2",
		 "b@2:1=<2> ",
		 {"f:1:1: \"a\" is not expected here: an option or a"}},
		{"a = \"x\ny = 1\n", "", {"f:1:5: this string is never closed"}},
		{"s {\na = 'x\n}\n",
		 "",
		 {"f:2:5: this string is never closed: add a '"}},
		{"a = 1 /* x",
		 "a@1:1=<1> ",
		 {"f:1:7: this comment is never closed: add a */"}},
		{"a = \"\\q\" b = 1",
		 "a@1:1=<> b@1:10=<1> ",
		 {"f:1:6: a string has no \\q"}},
		{"include \"x\"", "", {"f:1:1: nothing can be included here"}},
		{"a\nb\nc = 1",
		 "c@3:1=<1> ",
		 {"f:1:1: 'a' is neither", "f:2:1: 'b' is neither"}},
		{"a = (1)\nb = 2",
		 "b@2:1=<2> ",
		 {"f:1:5: '(' is not expected here"}},
	};
	size_t i, j;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct conf_errors errors = {0};
		char *tree = read_text(rows[i].text, &errors);

		for (j = 0; j < 4 && rows[i].errors[j]; j++)
			if (j >= errors.count ||
			    strncmp(errors.lines[j], rows[i].errors[j],
				    strlen(rows[i].errors[j])))
				fail_msg("row %zu: '%s', not '%s'", i,
					 j < errors.count ? errors.lines[j]
							  : "nothing",
					 rows[i].errors[j]);
		if (errors.count != j)
			fail_msg("row %zu: one more: %s", i, errors.lines[j]);
		if (strcmp(tree, rows[i].tree))
			fail_msg("row %zu: '%s'", i, tree);
		free(tree);
		conf_errors_free(&errors);
	}
}

static void test_depth_and_complaints_have_an_end(void **state)
{
	struct conf_errors errors = {0};
	char text[2000] = "";
	size_t i;

	(void)state;
	for (i = 0; i < CONF_DEPTH; i++)
		strcat(text, "s { ");
	for (i = 0; i < CONF_DEPTH; i++)
		strcat(text, "} ");
	free(read_text(text, &errors));
	assert_int_equal(errors.count, 0);
	memmove(text + 4, text, strlen(text) + 1);
	memcpy(text, "s { ", 4);
	strcat(text, "}");
	free(read_text(text, &errors));
	assert_true(errors.count > 0);
	assert_non_null(strstr(errors.lines[0], "nested more than 16 deep"));
	conf_errors_free(&errors);
	for (text[0] = '\0', i = 0; i < 500; i++)
		strcat(text, "a\n");
	free(read_text(text, &errors));
	assert_int_equal(errors.count, CONF_ERRORS + 1);
	assert_non_null(strstr(errors.lines[CONF_ERRORS], "more errors"));
	conf_errors_free(&errors);
}

/* A folder in memory: one.conf, two.conf, loop.conf. */
static int include(void *arg, const char *from, const char *pattern,
		   int (*each)(void *ctx, const char *file, const char *text),
		   void *ctx)
{
	int err;

	(void)arg;
	assert_non_null(from);
	if (!strcmp(pattern, "*.conf")) {
		err = each(ctx, "one.conf", "b = 2");
		return err ? err : each(ctx, "two.conf", "\nc = \nd = 4");
	}
	if (!strcmp(pattern, "loop.conf"))
		return each(ctx, "loop.conf",
			    "e = 5 include loop.conf\ninclude loop.conf");
	return !strcmp(pattern, "none*") ? 0 : -ENOENT;
}

static void test_includes_stand_where_they_are_said(void **state)
{
	const struct conf_source source = {NULL, include};
	struct conf_errors errors = {0};
	struct conf *conf = NULL;
	struct conf_item *item;

	(void)state;
	assert_int_equal(conf_parse("f",
				    "a = 1\ninclude \"*.conf\"\n"
				    "include none*\ninclude x\nz = 9",
				    &source, &conf, &errors),
			 -EINVAL);
	assert_int_equal(errors.count, 2);
	assert_non_null(strstr(errors.lines[0], "two.conf:3:3: '='"));
	assert_string_equal(errors.lines[1], "f:4:9: cannot include x: No such "
					     "file or directory");
	item = conf->items;
	assert_string_equal(item->name, "a");
	item = item->next;
	assert_string_equal(item->name, "b");
	assert_string_equal(item->place.file, "one.conf");
	item = item->next;
	assert_string_equal(item->name, "c");
	assert_string_equal(item->values[0].text, "d");
	item = item->next;
	assert_string_equal(item->name, "z");
	assert_string_equal(item->place.file, "f");
	assert_int_equal(item->place.line, 5);
	assert_null(item->next);
	conf_free(conf);
	conf_errors_free(&errors);
}

static void test_a_file_that_includes_itself_comes_to_an_end(void **state)
{
	const struct conf_source source = {NULL, include};
	struct conf_errors errors = {0};
	struct conf *conf = NULL;

	(void)state;
	assert_int_equal(conf_parse("f", "include loop.conf", &source, &conf,
				    &errors),
			 -EINVAL);
	assert_true(conf->file_count <= CONF_FILES);
	assert_non_null(
		strstr(errors.lines[0], "loop.conf:1:7: files include"));
	conf_free(conf);
	conf_errors_free(&errors);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_texts_become_trees),
		cmocka_unit_test(test_every_error_of_syntax_is_named),
		cmocka_unit_test(test_depth_and_complaints_have_an_end),
		cmocka_unit_test(test_includes_stand_where_they_are_said),
		cmocka_unit_test(
			test_a_file_that_includes_itself_comes_to_an_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
