/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tables of options: each kind read, refused with what is allowed, filled in
 * with its default and shown as it would be written.
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

#include "lib/option.h"

struct sample {
	uint8_t small;
	uint32_t number;
	uint64_t large, mac;
	uint32_t ms;
	bool flag;
	int word;
	char text[9];
	OPTION_LIST_OF(uint32_t, 3) list;
};

static const char *const words[] = {"red", "green", "blue", NULL};

/* Items of a list: digits, each as many as it says. */
static int read_item(const char *text, void *item, char why[OPTION_WHY])
{
	if (strlen(text) != 1 || *text < '0' || *text > '9') {
		strcpy(why, "write a digit");
		return -EINVAL;
	}
	*(uint32_t *)item = (uint32_t)(*text - '0');
	return 0;
}

static void write_item(const void *item, char buffer[OPTION_TEXT_MAX])
{
	snprintf(buffer, OPTION_TEXT_MAX, "%u", *(const uint32_t *)item);
}

static const struct option_list digits = {
	.max = 3,
	.size = sizeof(uint32_t),
	.standard = "7",
	.read = read_item,
	.write = write_item,
};

#define ROW(name, kind, min, max, standard, zero, field, list) \
	{                                                      \
		name, kind, min, max, standard, zero,          \
			offsetof(struct sample, field), list   \
	}

static const struct conf_option table[] = {
	ROW("small", OPTION_U8, 1, 255, 7, 0, small, NULL),
	ROW("number", OPTION_U32, 1, 100, 0, 42, number, NULL),
	ROW("large", OPTION_U64, 0, UINT64_MAX, 0, 0, large, NULL),
	ROW("time", OPTION_SECONDS, 1, 3600, 1500, 0, ms, NULL),
	ROW("flag", OPTION_BOOL, 0, 0, true, 0, flag, NULL),
	ROW("word", OPTION_WORD, 0, 0, 1, 0, word, words),
	ROW("text", OPTION_TEXT, 1, 8, 0, 0, text, NULL),
	ROW("list", OPTION_LIST, 0, 0, 0, 0, list, &digits),
	ROW("mac", OPTION_MAC, 0, 0, 0, 0, mac, NULL),
	{0},
};

/* text NULL: refused, and why tells what to write. */
static const struct {
	const char *option, *value, *text, *why;
} rows[] = {
	{"small", "1", "1", NULL},
	{"small", "255", "255", NULL},
	{"small", "256", NULL, "write a number from 1 to 255"},
	{"small", "0", NULL, "write a number from 1 to 255"},
	{"number", "007", "7", NULL},
	{"number", "100", "100", NULL},
	{"number", "101", NULL, "write a number from 1 to 100"},
	{"number", "1.5", NULL, "write a number from 1 to 100"},
	{"number", "1x", NULL, "write a number from 1 to 100"},
	{"number", "-1", NULL, "write a number from 1 to 100"},
	{"number", "+1", NULL, "write a number from 1 to 100"},
	{"number", " 1", NULL, "write a number from 1 to 100"},
	{"number", "", NULL, "write a number from 1 to 100"},
	{"number", "99999999999999999999", NULL, "write a number from"},
	{"large", "18446744073709551615", "18446744073709551615", NULL},
	{"large", "18446744073709551616", NULL, "write a number from 0"},
	{"time", "1", "1", NULL},
	{"time", "12.5", "12.5", NULL},
	{"time", "31.250", "31.25", NULL},
	{"time", "3600", "3600", NULL},
	{"time", "3600.001", NULL, "write seconds from 1 to 3600"},
	{"time", "0.999", NULL, "write seconds from 1 to 3600"},
	{"time", "1.2345", NULL, "write seconds from 1 to 3600"},
	{"time", "1.", "1", NULL},
	{"time", ".5", NULL, "write seconds from 1 to 3600"},
	{"time", "1s", NULL, "write seconds from 1 to 3600"},
	{"flag", "yes", "true", NULL},
	{"flag", "True", "true", NULL},
	{"flag", "ON", "true", NULL},
	{"flag", "no", "false", NULL},
	{"flag", "False", "false", NULL},
	{"flag", "off", "false", NULL},
	{"flag", "1", NULL, "write true or false"},
	{"flag", "", NULL, "write true or false"},
	{"flag", "yess", NULL, "write true or false"},
	{"word", "red", "red", NULL},
	{"word", "blue", "blue", NULL},
	{"word", "Blue", NULL, "write red, green or blue"},
	{"mac", "02:aa:00:00:00:09", "02:aa:00:00:00:09", NULL},
	{"mac", "FE:DC:BA:98:76:54", "fe:dc:ba:98:76:54", NULL},
	{"mac", "auto", "auto", NULL},
	{"mac", "00:00:00:00:00:00", NULL, "write auto, or a MAC address"},
	{"mac", "01:00:5e:00:00:01", NULL, "write auto, or a MAC address"},
	{"mac", "02:aa:00:00:00:0", NULL, "write auto, or a MAC address"},
	{"mac", "02:aa:00:00:00:09:", NULL, "write auto, or a MAC address"},
	{"mac", "02:aa:00:00:00:0g", NULL, "write auto, or a MAC address"},
	{"mac", "02-aa-00-00-00-09", NULL, "write auto, or a MAC address"},
	{"mac", "", NULL, "write auto, or a MAC address"},
	{"text", "abcdefgh", "abcdefgh", NULL},
	{"text", "abcdefghi", NULL, "write a text with a length from 1 to 8"},
	{"text", "", NULL, "write a text with a length from 1 to 8"},
};

static void test_values_are_read_or_refused_with_what_is_allowed(void **state)
{
	char buffer[OPTION_TEXT_MAX], why[OPTION_WHY];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct conf_option *option =
			option_find(table, rows[i].option);
		struct sample sample = {0}, before = {0};
		int err = option_store(option, rows[i].value, &sample, why);

		assert_int_equal(err, rows[i].text ? 0 : -EINVAL);
		if (err && strncmp(why, rows[i].why, strlen(rows[i].why)))
			fail_msg("row %zu: %s", i, why);
		if (err)
			assert_memory_equal(&sample, &before, sizeof(sample));
		else
			assert_string_equal(option_text(option, &sample,
							buffer),
					    rows[i].text);
	}
}

static void test_defaults_and_what_a_zero_stands_for(void **state)
{
	char buffer[OPTION_TEXT_MAX];
	struct sample s;

	(void)state;
	memset(&s, 0xff, sizeof(s));
	option_defaults(table, &s);
	assert_int_equal(s.small, 7);
	assert_int_equal(s.number, 0);
	assert_int_equal(s.ms, 1500);
	assert_true(s.flag);
	assert_int_equal(s.word, 1);
	assert_string_equal(s.text, "");
	assert_int_equal(option_value(&table[1], &s), 0);
	assert_int_equal(option_shown(&table[1], &s), 42);
	assert_string_equal(option_text(&table[1], &s, buffer), "42");
	assert_null(option_find(table, "numbers"));
}

/* Reads options from a text; the complaints are joined. */
static const char *read_text(const char *text, struct sample *s)
{
	static char said[256];
	struct conf_errors errors = {0};
	struct conf *conf;

	said[0] = '\0';
	assert_int_equal(conf_parse("f", text, NULL, &conf, &errors), 0);
	for (struct conf_item *i = conf->items; i; i = i->next)
		option_read(table, i, s, &errors);
	for (size_t i = 0; i < errors.count; i++)
		strncat(said, errors.lines[i], sizeof(said) - strlen(said) - 1);
	conf_errors_free(&errors);
	conf_free(conf);
	return said;
}

/* The items of the list, one behind the other. */
static const char *list_text(const struct sample *s)
{
	static char text[OPTION_TEXT_MAX];
	char item[OPTION_TEXT_MAX];

	text[0] = '\0';
	for (size_t i = 0; option_item(option_find(table, "list"), s, i, item);
	     i++)
		strcat(text, item);
	return text;
}

static void test_lists_are_set_and_added_to(void **state)
{
	struct sample s;

	(void)state;
	option_defaults(table, &s);
	assert_string_equal(list_text(&s), "7");
	assert_string_equal(read_text("list += 8\n", &s), "");
	assert_string_equal(list_text(&s), "78");
	assert_string_equal(read_text("list = {1, 2, 3}\n", &s), "");
	assert_string_equal(list_text(&s), "123");
	assert_string_equal(read_text("list = {}\n", &s), "");
	assert_string_equal(list_text(&s), "");
	assert_string_equal(read_text("list = {1, 2}\nlist = 3\n"
				      "list += {4, 5}\n",
				      &s),
			    "");
	assert_string_equal(list_text(&s), "345");
	assert_string_equal(read_text("list += 6\n", &s),
			    "f:1:9: list is '6': write at most 3");
	assert_string_equal(read_text("list = {1, x}\n", &s),
			    "f:1:12: list is 'x': write a digit");
	assert_string_equal(read_text("list { }\n", &s),
			    "f:1:1: list is a list: write list = {value, "
			    "value}");
	assert_string_equal(read_text("small += 3\n", &s),
			    "f:1:1: small is an option with one value: write "
			    "small = value");
	assert_int_equal(option_value(option_find(table, "list"), &s), 1);
}

static const char *next_name(void *arg)
{
	const struct conf_option **at = arg;

	return (*at)->name ? (*at)++->name : NULL;
}

static void test_the_nearest_name_is_found_if_one_is_near(void **state)
{
	static const struct {
		const char *unknown, *nearest;
	} names[] = {
		{"numbr", "number"}, {"nubmer", "number"}, {"flags", "flag"},
		{"Text", "text"},    {"larg", "large"},	   {"qqqq", NULL},
		{"x", NULL},	     {"", NULL},
	};
	const struct conf_option *at;
	const char *found;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		at = table;
		found = option_nearest(names[i].unknown, next_name, &at);
		if (!found != !names[i].nearest ||
		    (found && strcmp(found, names[i].nearest)))
			fail_msg("%s: %s", names[i].unknown,
				 found ? found : "none");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			test_values_are_read_or_refused_with_what_is_allowed),
		cmocka_unit_test(test_defaults_and_what_a_zero_stands_for),
		cmocka_unit_test(test_lists_are_set_and_added_to),
		cmocka_unit_test(test_the_nearest_name_is_found_if_one_is_near),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
