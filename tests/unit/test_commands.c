/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What commands say outlives the process: it is in the file when commands_say
 * returns, wherever the process is killed, and a disk that takes no more
 * refuses before anything is done.
 */
#include "config_room.h"

#define MANY 3000u

static bool full; /* the disk */

int __real_fallocate(int fd, int mode, off_t offset, off_t len);
int __wrap_fallocate(int fd, int mode, off_t offset, off_t len);

int __wrap_fallocate(int fd, int mode, off_t offset, off_t len)
{
	errno = ENOSPC;
	return full ? -1 : __real_fallocate(fd, mode, offset, len);
}

/* Turns the loop until the fresh file has taken over. */
static void turn_until_fresh(void)
{
	unsigned int turns = 0;

	while (room->d.commands.journal.fresh) {
		uv_run(&room->d.loop, UV_RUN_ONCE);
		assert_true(turns++ < 100000);
	}
}

/* What was said is known to the next process; what was taken back is not. */
static void test_what_is_said_survives_a_kill(void **state)
{
	(void)state;
	start();
	assert_int_equal(say_join(1, true), 0);
	assert_int_equal(say_join(2, true), 0);
	assert_int_equal(say_join(1, false), 0);
	kill_daemon();
	start();
	assert_false(joined(1));
	assert_true(joined(2));
	stop();
	start();
	assert_true(joined(2));
	stop();
	assert_string_equal(room->log, "");
}

/* Killed in any turn of the loop while a fresh file is made: all is there. */
static void test_killed_while_history_goes(void **state)
{
	unsigned int turns, n, i;
	bool ended = false;

	(void)state;
	for (turns = 0; !ended; turns++) {
		unlink(room->journal);
		start();
		for (n = 0; n < MANY; n++)
			assert_int_equal(say_join(n, true), 0);
		commands_renew(&room->d);
		for (i = 0; i < turns; i++) {
			uv_run(&room->d.loop, UV_RUN_NOWAIT);
			assert_int_equal(say_join(i, false), 0);
		}
		ended = !room->d.commands.journal.fresh;
		kill_daemon();
		start();
		assert_int_equal(room->d.said.count, MANY - turns);
		for (n = 0; n < turns; n++)
			assert_false(joined(n));
		stop();
		assert_true(turns < 2000);
	}
	assert_true(turns > MANY / 256);
	assert_string_equal(room->log, "");
}

/* When dead lines outweigh those that count, the file shrinks by itself. */
static void test_history_goes(void **state)
{
	struct journal *j;
	unsigned int n;

	(void)state;
	start();
	j = &room->d.commands.journal;
	for (n = 0; n < 1500; n++)
		assert_int_equal(say_join(n % 8, n / 8 % 2 == 0), 0);
	assert_non_null(j->fresh);
	turn_until_fresh();
	assert_true(j->lines < 1000);
	n = room->d.said.count;
	kill_daemon();
	start();
	assert_int_equal(room->d.said.count, n);
	stop();
}

/* What was added is synced by another thread, when the second has come. */
static void test_synced_once_a_second(void **state)
{
	struct commands *c;

	(void)state;
	start();
	c = &room->d.commands;
	assert_false(c->journal.unsynced);
	assert_int_equal(say_join(1, true), 0);
	assert_true(c->journal.unsynced);
	commands_second(&room->d);
	assert_true(c->sync.busy);
	assert_false(c->journal.unsynced);
	assert_int_equal(say_join(2, true), 0);
	commands_second(&room->d); /* one at a time */
	assert_true(c->journal.unsynced);
	while (c->sync.busy)
		uv_run(&room->d.loop, UV_RUN_ONCE);
	assert_int_equal(c->sync.error, 0);
	commands_second(&room->d);
	assert_false(c->journal.unsynced);
	stop();
}

/* Without room a command is refused with the reason before it does anything. */
static void test_a_full_disk_refuses(void **state)
{
	const char *why = "";

	(void)state;
	start();
	assert_int_equal(say_join(1, true), 0);
	full = true;
	assert_int_equal(commands_reserve(&room->d, 500, &why), -ENOSPC);
	assert_non_null(strstr(why, "nothing was changed"));
	assert_non_null(strstr(why, room->journal));
	assert_int_equal(room->d.commands.journal.reserved, 0);
	full = false;
	assert_int_equal(commands_reserve(&room->d, 500, &why), 0);
	assert_int_equal(say_join(2, true), 0);
	commands_release(&room->d, 500);
	assert_int_equal(room->d.commands.journal.reserved, 0);
	kill_daemon();
	start();
	assert_true(joined(1) && joined(2));
	stop();
}

/* A journal that cannot be made refuses, says so once, and is made later. */
static void test_no_journal_at_first(void **state)
{
	char aside[96];
	const char *why = "";

	(void)state;
	snprintf(aside, sizeof(aside), "%s/aside", room->directory);
	assert_int_equal(mkdir(room->journal, 0700), 0);
	start();
	assert_true(logged("cannot be kept"));
	room->log[0] = '\0';
	assert_true(commands_reserve(&room->d, 10, &why) < 0);
	assert_string_equal(room->log, "");
	assert_int_equal(rmdir(room->journal), 0);
	assert_int_equal(commands_reserve(&room->d, 10, &why), 0);
	assert_true(logged("is kept in"));
	assert_int_equal(say_join(1, true), 0);
	kill_daemon();
	start();
	assert_true(joined(1));
	stop();
}

/* Damage is named by file and line; the rest is used. */
static void test_damage_is_named(void **state)
{
	FILE *file;

	(void)state;
	start();
	assert_int_equal(say_join(1, true), 0);
	assert_int_equal(say_join(2, true), 0);
	stop();
	file = fopen(room->journal, "r+");
	assert_int_equal(fseek(file, 12, SEEK_SET), 0);
	fputc('#', file);
	fclose(file);
	start();
	assert_true(logged("lab.commands: line 1 cannot be used"));
	assert_false(joined(1));
	assert_true(joined(2));
	stop();
}

/* A file of an older xmgm is read, and has checksums from then on. */
static void test_a_file_of_an_older_xmgm(void **state)
{
	FILE *file = fopen(room->journal, "w");

	(void)state;
	fputs("\nconfigured eth7\n"
	      "join a 239.1.1.1 * 0000000000000000\n"
	      "join a 239.1.1.2 * 0000000000000000\n"
	      "join a 239.1.1.1 * forget\njoin a 239.1.1.3 * 00000000",
	      file);
	fclose(file);
	start();
	assert_true(logged("line 6 cannot be used"));
	assert_true(commands_attached(&room->d, "eth7"));
	assert_false(joined(0));
	assert_true(joined(1));
	assert_false(joined(2));
	kill_daemon();
	room->log[0] = '\0';
	start();
	assert_true(joined(1));
	assert_string_equal(room->log, "");
	stop();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_what_is_said_survives_a_kill),
		T(test_killed_while_history_goes),
		T(test_history_goes),
		T(test_synced_once_a_second),
		T(test_a_full_disk_refuses),
		T(test_no_journal_at_first),
		T(test_damage_is_named),
		T(test_a_file_of_an_older_xmgm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
