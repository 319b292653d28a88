/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Numbers of protocols outside of the daemon: a name has the same one in every
 * run, wherever the process was killed and the journal cut off, and none has
 * another's.
 */
#include "config_room.h"

/* The number of a name; 0: it gets none. */
static uint32_t number_of(const char *name)
{
	uint32_t number = 0;

	if (protocol_claim(&room->d, name, &number))
		assert_int_equal(number, 0);
	else if (protocol_keep(&room->d, name))
		number = 0;
	return number;
}

/* Somebody registers as this; what it brings is a number. */
static int brings(const char *name, uint32_t number)
{
	int err = protocol_claim(&room->d, name, &number);

	return err ? err : protocol_keep(&room->d, name);
}

static void test_a_name_has_the_same_number_after_a_restart(void **state)
{
	(void)state;
	start();
	assert_int_equal(number_of("toy"), MGM_PROTOCOL_REMOTE);
	assert_int_equal(number_of("mospf"), MGM_PROTOCOL_REMOTE + 1);
	assert_int_equal(number_of("toy"), MGM_PROTOCOL_REMOTE);
	kill_daemon();
	start();
	assert_string_equal(protocol_name(&room->d, 257), "mospf");
	assert_null(protocol_name(&room->d, 258));
	assert_int_equal(number_of("pim"), MGM_PROTOCOL_REMOTE + 2);
	stop();
	start();
	assert_int_equal(number_of("mospf"), MGM_PROTOCOL_REMOTE + 1);
	assert_int_equal(number_of("toy"), MGM_PROTOCOL_REMOTE);
	assert_int_equal(number_of("pim"), MGM_PROTOCOL_REMOTE + 2);
	stop();
	assert_string_equal(room->log, "");
}

static void test_names_are_those_of_registrations(void **state)
{
	static const char *const bad[] = {
		"", "Toy", "to y", "toy\n", "toy_1", "abcdefghijklmnop", NULL,
	};
	size_t i;

	(void)state;
	start();
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(brings(bad[i], 0), -EINVAL);
	assert_int_equal(brings("static", 0), -EEXIST);
	assert_int_equal(number_of("abcdefghijklmno"), MGM_PROTOCOL_REMOTE);
	stop();
}

/* Who brings a number has it, unless it or the name is somebody else's. */
static void test_a_number_may_be_brought(void **state)
{
	(void)state;
	start();
	assert_int_equal(brings("toy", 300), 0);
	assert_int_equal(brings("toy", 300), 0);
	assert_int_equal(brings("toy", 301), -EEXIST);
	assert_int_equal(brings("other", 300), -EEXIST);
	assert_int_equal(brings("toy two", 300), -EINVAL);
	assert_int_equal(brings("pim", MGM_PROTOCOL_PIM), 0);
	assert_null(protocol_name(&room->d, MGM_PROTOCOL_PIM));
	assert_int_equal(number_of("toy"), 300);
	assert_int_equal(number_of("other"), 301);
	assert_int_equal(brings("last", UINT32_MAX), 0);
	assert_int_equal(number_of("next"), MGM_PROTOCOL_REMOTE);
	kill_daemon();
	start();
	assert_int_equal(number_of("last"), UINT32_MAX);
	assert_int_equal(number_of("next"), MGM_PROTOCOL_REMOTE);
	assert_int_equal(number_of("after"), MGM_PROTOCOL_REMOTE + 1);
	stop();
}

/* Who is refused leaves its number to the next, and nothing in the journal. */
static void test_a_refused_registration_spends_no_number(void **state)
{
	uint32_t number = 0, brought = 400;

	(void)state;
	start();
	assert_int_equal(number_of("toy"), MGM_PROTOCOL_REMOTE);
	assert_int_equal(protocol_claim(&room->d, "no", &number), 0);
	assert_int_equal(number, MGM_PROTOCOL_REMOTE + 1);
	protocol_forget(&room->d, "no");
	assert_null(protocol_name(&room->d, number));
	assert_int_equal(protocol_claim(&room->d, "far", &brought), 0);
	protocol_forget(&room->d, "far");
	/* Who has one has it, whatever becomes of this registration. */
	number = 0;
	assert_int_equal(protocol_claim(&room->d, "toy", &number), 0);
	protocol_forget(&room->d, "toy");
	assert_int_equal(number_of("yes"), MGM_PROTOCOL_REMOTE + 1);
	kill_daemon();
	start();
	assert_int_equal(number_of("toy"), MGM_PROTOCOL_REMOTE);
	assert_int_equal(number_of("yes"), MGM_PROTOCOL_REMOTE + 1);
	assert_int_equal(number_of("no"), MGM_PROTOCOL_REMOTE + 2);
	stop();
}

static size_t read_journal(char *text, size_t room_for)
{
	FILE *file = fopen(room->journal, "r");
	size_t len;

	assert_non_null(file);
	len = fread(text, 1, room_for, file);
	assert_true(len < room_for);
	fclose(file);
	return len;
}

static void write_journal(const char *text, size_t len)
{
	FILE *file = fopen(room->journal, "w");

	assert_int_equal(fwrite(text, 1, len, file), len);
	fclose(file);
}

/* What was said before the cut holds; what comes after it is nobody's yet. */
static void test_a_journal_cut_off_anywhere(void **state)
{
	static const char *const names[] = {"a", "bb", "ccc", "dddd"};
	const char *known;
	char text[1024];
	size_t len, cut, i, whole;

	(void)state;
	start();
	for (i = 0; i < 4; i++)
		assert_int_equal(number_of(names[i]), MGM_PROTOCOL_REMOTE + i);
	kill_daemon();
	len = read_journal(text, sizeof(text));
	for (cut = 0; cut <= len; cut++) {
		write_journal(text, cut);
		for (i = whole = 0; i < cut; i++)
			whole += text[i] == '\n';
		start();
		for (i = 0; i < whole; i++) {
			known = protocol_name(&room->d, MGM_PROTOCOL_REMOTE +
								(uint32_t)i);
			assert_non_null(known);
			assert_string_equal(known, names[i]);
		}
		assert_int_equal(number_of("new"), MGM_PROTOCOL_REMOTE + whole);
		for (i = 0; i < whole; i++)
			assert_int_equal(number_of(names[i]),
					 MGM_PROTOCOL_REMOTE + i);
		kill_daemon();
		start();
		assert_int_equal(number_of("new"), MGM_PROTOCOL_REMOTE + whole);
		stop();
	}
}

/* Lines that contradict those before them, or say nothing, are skipped. */
static void test_lines_that_cannot_be(void **state)
{
	static const char text[] =
		"protocol 256 toy\nprotocol 256 two\nprotocol 257 toy\n"
		"protocol 256 toy\nprotocol 3 low\nprotocol -1 minus\n"
		"protocol 4294967296 high\nprotocol 258\nprotocol 258 T\n"
		"protocol 258x x\nprotocol 260 far\n";

	(void)state;
	write_journal(text, sizeof(text) - 1);
	start();
	assert_int_equal(room->d.protocol_names.by_name.count, 2);
	assert_true(logged("line 2 cannot be used"));
	assert_false(logged("line 4 cannot be used"));
	assert_int_equal(number_of("toy"), 256);
	assert_int_equal(number_of("far"), 260);
	assert_int_equal(number_of("new"), 261);
	stop();
}

/* They come along when what no longer counts is left behind. */
static void test_numbers_outlive_history(void **state)
{
	unsigned int n, turns = 0;

	(void)state;
	start();
	assert_int_equal(number_of("toy"), MGM_PROTOCOL_REMOTE);
	for (n = 0; n < 1500; n++)
		assert_int_equal(say_join(n % 8, n / 8 % 2 == 0), 0);
	assert_non_null(room->d.commands.journal.fresh);
	assert_int_equal(number_of("late"), MGM_PROTOCOL_REMOTE + 1);
	while (room->d.commands.journal.fresh) {
		uv_run(&room->d.loop, UV_RUN_ONCE);
		assert_true(turns++ < 100000);
	}
	kill_daemon();
	start();
	assert_int_equal(number_of("late"), MGM_PROTOCOL_REMOTE + 1);
	assert_int_equal(number_of("toy"), MGM_PROTOCOL_REMOTE);
	stop();
}

static void test_more_names_than_the_limit_are_refused(void **state)
{
	(void)state;
	write_file("limits { protocol-names = 2 }\ninterface \"a\" { }\n");
	start();
	assert_int_equal(number_of("a"), 256);
	assert_int_equal(number_of("b"), 257);
	assert_int_equal(brings("c", 0), -ENOSPC);
	assert_int_equal(brings("d", 400), -ENOSPC);
	assert_int_equal(room->d.protocol_names.refused, 2);
	assert_true(logged("protocol-names"));
	assert_int_equal(number_of("b"), 257);
	stop();
}

/* What cannot be kept is not given. */
static void test_no_number_without_a_journal(void **state)
{
	uint32_t number = 0;

	(void)state;
	assert_int_equal(mkdir(room->journal, 0700), 0);
	start();
	assert_int_equal(brings("toy", 0), -ENOSPC);
	assert_null(protocol_name(&room->d, MGM_PROTOCOL_REMOTE));
	assert_true(logged("cannot be kept"));
	assert_int_equal(rmdir(room->journal), 0);
	number = number_of("toy");
	assert_true(number >= MGM_PROTOCOL_REMOTE);
	kill_daemon();
	start();
	assert_int_equal(number_of("toy"), number);
	stop();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_a_name_has_the_same_number_after_a_restart),
		T(test_names_are_those_of_registrations),
		T(test_a_number_may_be_brought),
		T(test_a_refused_registration_spends_no_number),
		T(test_a_journal_cut_off_anywhere),
		T(test_lines_that_cannot_be),
		T(test_numbers_outlive_history),
		T(test_more_names_than_the_limit_are_refused),
		T(test_no_number_without_a_journal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
