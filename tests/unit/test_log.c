/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The log: which lines come, what they begin with, and topics that are
 * switched on and off.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/log.h"

#define CORE "mgm,plane,net,control,libbpf"

/* What went to stderr since begin_capture. */
struct capture {
	FILE *file;
	int saved;
	char text[4096];
};

static void capture_begin(struct capture *c)
{
	fflush(stderr);
	c->file = tmpfile();
	assert_non_null(c->file);
	c->saved = dup(STDERR_FILENO);
	assert_true(c->saved >= 0);
	assert_true(dup2(fileno(c->file), STDERR_FILENO) >= 0);
}

static const char *capture_end(struct capture *c)
{
	size_t len;

	fflush(stderr);
	dup2(c->saved, STDERR_FILENO);
	close(c->saved);
	rewind(c->file);
	len = fread(c->text, 1, sizeof(c->text) - 1, c->file);
	c->text[len] = '\0';
	fclose(c->file);
	return c->text;
}

static void assert_matches(const char *text, const char *pattern)
{
	regex_t regex;

	assert_int_equal(regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB), 0);
	if (regexec(&regex, text, 0, NULL, 0))
		fail_msg("'%s' is not like '%s'", text, pattern);
	regfree(&regex);
}

static int all_off(void **state)
{
	char why[LOG_WHY];

	(void)state;
	unsetenv("JOURNAL_STREAM");
	log_set_timestamps(false);
	return log_topics_set(CORE, false, why);
}

static int evaluated;

static int evaluate(void)
{
	return ++evaluated;
}

/* A topic is off until it is switched on; while it is off nothing is
 * formatted, and its arguments are not even looked at. */
static void test_a_topic_that_is_off_costs_nothing(void **state)
{
	struct capture c;
	char why[LOG_WHY];

	(void)state;
	evaluated = 0;
	capture_begin(&c);
	log_trace(LOG_MGM, "number %d", evaluate());
	assert_int_equal(log_topics_set("mgm", true, why), 0);
	log_trace(LOG_MGM, "number %d", evaluate());
	log_trace(LOG_NET, "number %d", evaluate());
	assert_int_equal(log_topics_set("mgm", false, why), 0);
	log_trace(LOG_MGM, "number %d", evaluate());
	assert_string_equal(capture_end(&c), "mgm: number 1\n");
	assert_int_equal(evaluated, 1);
}

/* Several topics are switched at once, by commas. */
static void test_a_list_of_topics(void **state)
{
	char why[LOG_WHY];

	(void)state;
	assert_int_equal(log_topics_set("mgm,control", true, why), 0);
	assert_true(log_on(LOG_MGM) && log_on(LOG_CONTROL));
	assert_false(log_on(LOG_PLANE) || log_on(LOG_NET));
	assert_int_equal(log_topics_set("mgm,mgm", false, why), 0);
	assert_false(log_on(LOG_MGM));
	assert_true(log_on(LOG_CONTROL));
}

/* A topic that is not there changes nothing; the sentence lists those that
 * are. */
static void test_an_unknown_topic_is_refused_with_the_known_ones(void **state)
{
	static const char *const wrong[] = {
		"nonsense", "mgm,nonsense", "nonsense,mgm", "",
		",",	    "mgm,",	    ",mgm",	    "mg",
		"mgmx",	    "mgm net",	    "MGM",
	};
	char why[LOG_WHY];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		assert_int_equal(log_topics_set(wrong[i], true, why), -EINVAL);
		assert_false(log_on(LOG_MGM));
		assert_non_null(
			strstr(why, "mgm, plane, net, control, libbpf"));
	}
	log_topics_set("net,nonsense", true, why);
	assert_non_null(strstr(why, "'nonsense'"));
}

/* Others may be added, up to the maximum; a name is one topic. */
static void test_topics_are_added(void **state)
{
	static char names[LOG_TOPICS + 1][8];
	unsigned int first, i;
	char why[LOG_WHY];

	(void)state;
	first = log_topic_add("added");
	assert_true(first >= LOG_CORE_TOPICS && first < LOG_TOPICS);
	assert_string_equal(log_topic_name(first), "added");
	assert_null(log_topic_name(first + 1));
	assert_false(log_on(first));
	assert_int_equal(log_topic_add("added"), first);
	assert_int_equal(log_topic_add("mgm"), LOG_MGM);
	assert_int_equal(log_topics_set("added", true, why), 0);
	assert_true(log_on(first));
	for (i = 0; i <= LOG_TOPICS; i++) {
		snprintf(names[i], sizeof(names[i]), "t%u", i);
		if (log_topic_add(names[i]) == LOG_TOPICS)
			break;
	}
	assert_int_equal(i, LOG_TOPICS - first - 1);
	assert_int_equal(log_topics_set(names[i - 1], true, why), 0);
	assert_true(log_on(LOG_TOPICS - 1));
	assert_false(log_on(LOG_TOPICS));
	assert_int_equal(log_topics_set(names[i], true, why), -EINVAL);
	assert_null(log_topic_name(LOG_TOPICS));
}

/* Lines have the local time to the millisecond if that is asked for. */
static void test_timestamps(void **state)
{
	struct capture c;
	char why[LOG_WHY];

	(void)state;
	log_topics_set("net", true, why);
	log_set_timestamps(true);
	capture_begin(&c);
	log_warn("careful");
	log_trace(LOG_NET, "link");
	assert_matches(capture_end(&c),
		       "^[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}"
		       "\\.[0-9]{3} warning: careful\n"
		       "[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}"
		       "\\.[0-9]{3} net: link\n$");
	log_set_timestamps(false);
	capture_begin(&c);
	log_error("bad");
	assert_string_equal(capture_end(&c), "error: bad\n");
}

/* The journal has a time of its own and wants the priority. */
static void test_lines_for_the_journal(void **state)
{
	struct capture c;
	char why[LOG_WHY];

	(void)state;
	setenv("JOURNAL_STREAM", "8:1", 1);
	log_set_timestamps(true);
	log_topics_set("net", true, why);
	capture_begin(&c);
	log_error("bad");
	log_info("good");
	log_debug("not shown");
	log_trace(LOG_NET, "link");
	assert_string_equal(capture_end(&c), "<3>bad\n<6>good\n<7>net: link\n");
}

/* A line that is too long is cut; it stays one line. */
static void test_a_long_line_is_cut(void **state)
{
	char long_word[2048], why[LOG_WHY];
	struct capture c;
	const char *text;

	(void)state;
	memset(long_word, 'x', sizeof(long_word) - 1);
	long_word[sizeof(long_word) - 1] = '\0';
	log_topics_set("mgm", true, why);
	capture_begin(&c);
	log_trace(LOG_MGM, "%s", long_word);
	text = capture_end(&c);
	assert_true(strlen(text) < 1100);
	assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_a_topic_that_is_off_costs_nothing,
				       all_off),
		cmocka_unit_test_setup(test_a_list_of_topics, all_off),
		cmocka_unit_test_setup(
			test_an_unknown_topic_is_refused_with_the_known_ones,
			all_off),
		cmocka_unit_test_setup(test_topics_are_added, all_off),
		cmocka_unit_test_setup(test_timestamps, all_off),
		cmocka_unit_test_setup(test_lines_for_the_journal, all_off),
		cmocka_unit_test_setup(test_a_long_line_is_cut, all_off),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
