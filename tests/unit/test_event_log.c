/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The log that all monitors read: each reads every line once, whole, at its
 * own pace; what all have read goes, and so does all when the last one leaves.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "xmgmd/control/event_log.h"

#define CHUNK 65536u

static char line[2 * CHUNK];

static void test_without_readers_nothing_is_kept(void **state)
{
	struct event_log log = {.end = 0};
	struct event_reader reader;

	(void)state;
	TAILQ_INIT(&log.chunks);
	assert_int_equal(event_log_write(&log, "x", 1), 0);
	assert_int_equal(log.room, 0);
	assert_int_equal(event_log_join(&log, &reader), 0);
	assert_int_equal(event_log_behind(&log, &reader), 0);
	event_log_leave(&log, &reader);
	assert_int_equal(log.room, 0);
	assert_int_equal(log.readers, 0);
}

/* Lines that fill a chunk but for one byte, wholly, and by one too much. */
static void test_lines_are_whole_at_every_boundary(void **state)
{
	static const size_t lengths[] = {
		CHUNK - 2,	CHUNK - 1,     CHUNK, CHUNK / 2, 10,
		CHUNK / 2 - 12, 2 * CHUNK - 1, 0,     CHUNK - 1};
	const size_t count = sizeof(lengths) / sizeof(lengths[0]);
	struct event_log log = {.end = 0};
	struct event_reader fast, slow;
	const char *text;
	size_t i, len, read = 0, total = 0;

	(void)state;
	TAILQ_INIT(&log.chunks);
	memset(line, 'x', sizeof(line));
	assert_int_equal(event_log_join(&log, &fast), 0);
	assert_int_equal(event_log_join(&log, &slow), 0);
	for (i = 0; i < count; i++) {
		assert_int_equal(event_log_write(&log, line, lengths[i]), 0);
		total += lengths[i] + 1;
		len = event_log_read(&log, &fast, &text);
		assert_int_equal(len, lengths[i] + 1);
		assert_int_equal(text[len - 1], '\n');
		event_log_done(&log, &fast, len);
		assert_int_equal(event_log_behind(&log, &fast), 0);
		assert_int_equal(event_log_behind(&log, &slow), total);
	}
	while ((len = event_log_read(&log, &slow, &text))) {
		assert_int_equal(text[len - 1], '\n');
		read += len;
		event_log_done(&log, &slow, len);
	}
	assert_int_equal(read, total);
	assert_true(log.room < 3 * CHUNK); /* where the two stand */
	event_log_leave(&log, &fast);
	event_log_leave(&log, &slow);
	assert_int_equal(log.room, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_without_readers_nothing_is_kept),
		cmocka_unit_test(test_lines_are_whole_at_every_boundary),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
