/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The journal: what was added is read again, wherever the file is cut off or
 * damaged; what cannot be written changes nothing; and a fresh file takes
 * over whole or not at all.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>
#include <cmocka.h>

#include "lib/journal.h"

#define LINES 12

static char directory[64], path[96];
static struct journal journal;

/* What the disk does: 0 as it should. */
static int fails_to_allocate, fails_to_write, fails_to_rename;
static size_t writes_only; /* so many bytes, once; 0: all */

int __real_fallocate(int fd, int mode, off_t offset, off_t len);
int __wrap_fallocate(int fd, int mode, off_t offset, off_t len);
ssize_t __real_writev(int fd, const struct iovec *parts, int count);
ssize_t __wrap_writev(int fd, const struct iovec *parts, int count);
int __real_rename(const char *from, const char *to);
int __wrap_rename(const char *from, const char *to);

int __wrap_fallocate(int fd, int mode, off_t offset, off_t len)
{
	errno = fails_to_allocate;
	return errno ? -1 : __real_fallocate(fd, mode, offset, len);
}

ssize_t __wrap_writev(int fd, const struct iovec *parts, int count)
{
	struct iovec part = {parts[1].iov_base, writes_only};

	if (writes_only)
		return __real_writev(fd, &part, 1);
	errno = fails_to_write;
	return errno ? -1 : __real_writev(fd, parts, count);
}

int __wrap_rename(const char *from, const char *to)
{
	errno = fails_to_rename;
	return errno ? -1 : __real_rename(from, to);
}

/* --- what is read --------------------------------------------------- */

static char read_lines[64][64];
static size_t read_count;
static uint64_t bad_numbers[64];
static size_t bad_count;

/* The owner knows his own words; anything else is damaged. */
static int on_line(void *arg, char *line)
{
	(void)arg;
	if (strncmp(line, "join ", 5) && strncmp(line, "attach ", 7) &&
	    strncmp(line, "configured ", 11))
		return -EINVAL;
	assert_true(read_count < 64);
	snprintf(read_lines[read_count++], 64, "%s", line);
	return 0;
}

static void on_bad(void *arg, uint64_t number, const char *why)
{
	(void)arg;
	assert_non_null(why);
	assert_true(bad_count < 64);
	bad_numbers[bad_count++] = number;
}

static void replay(void)
{
	read_count = bad_count = 0;
	assert_int_equal(journal_replay(path, on_line, on_bad, NULL), 0);
}

/* Lines of different lengths, with the words a journal has. */
static const char *line(unsigned int n)
{
	static char text[64];

	snprintf(text, sizeof(text), "join eth%u 239.1.%u.1 * 0%.*s", n, n,
		 (int)n, "abcdefghijklmnop");
	return text;
}

static void expect_line(size_t at, unsigned int n)
{
	assert_true(at < read_count);
	assert_string_equal(read_lines[at], line(n));
}

/* --- files ---------------------------------------------------------- */

static size_t contents(char *data, size_t room)
{
	FILE *file = fopen(path, "r");
	size_t len;

	assert_non_null(file);
	len = fread(data, 1, room, file);
	assert_true(len < room);
	fclose(file);
	return len;
}

static void put(const char *data, size_t len)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_int_equal(fwrite(data, 1, len, file), len);
	fclose(file);
}

/* A fresh file of the first count lines takes over. */
static int begin(unsigned int count)
{
	int fd, err = journal_fresh_begin(&journal);

	for (unsigned int n = 0; n < count && !err; n++)
		err = journal_fresh_put(&journal, line(n));
	if (err)
		return err;
	fd = journal_fresh_flush(&journal);
	assert_true(fd >= 0);
	close(fd);
	return journal_fresh_end(&journal);
}

static bool exists(const char *name)
{
	struct stat stat_buffer;

	return !lstat(name, &stat_buffer);
}

static bool fresh_exists(void)
{
	char name[128];

	snprintf(name, sizeof(name), "%s.new", path);
	return exists(name);
}

static int setup(void **state)
{
	(void)state;
	fails_to_allocate = fails_to_write = fails_to_rename = 0;
	writes_only = 0;
	strcpy(directory, "/tmp/xmgm-journal-XXXXXX");
	assert_non_null(mkdtemp(directory));
	snprintf(path, sizeof(path), "%s/main.commands", directory);
	journal_init(&journal, path);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	journal_close(&journal);
	assert_false(fresh_exists());
	unlink(path);
	assert_int_equal(rmdir(directory), 0);
	return 0;
}

/* --- reading -------------------------------------------------------- */

/* What was added is read, in its order, by the next process. */
static void test_what_is_added_is_read(void **state)
{
	struct stat stat_buffer;

	(void)state;
	assert_int_equal(journal_replay(path, on_line, on_bad, NULL), -ENOENT);
	assert_int_equal(journal_append(&journal, "x"), -EBADF);
	assert_int_equal(begin(2), 0);
	for (unsigned int n = 2; n < LINES; n++)
		assert_int_equal(journal_append(&journal, line(n)), 0);
	assert_int_equal(journal.lines, LINES);
	replay();
	assert_int_equal(read_count, LINES);
	assert_int_equal(bad_count, 0);
	for (unsigned int n = 0; n < LINES; n++)
		expect_line(n, n);
	assert_int_equal(stat(path, &stat_buffer), 0);
	assert_int_equal(stat_buffer.st_size, journal.size);
	assert_int_equal(stat_buffer.st_mode & 0777, 0600);
}

/* Cut off at any byte: every line that is whole is read, and no other. */
static void test_cut_off_at_any_byte(void **state)
{
	char data[4096];
	size_t len, cut, whole;

	(void)state;
	assert_int_equal(begin(LINES), 0);
	len = contents(data, sizeof(data));
	for (cut = 0; cut <= len; cut++) {
		put(data, cut);
		replay();
		whole = 0;
		for (size_t i = 0; i < cut; i++)
			whole += data[i] == '\n';
		assert_int_equal(read_count, whole);
		assert_int_equal(bad_count, cut && data[cut - 1] != '\n');
		for (size_t n = 0; n < whole; n++)
			expect_line(n, (unsigned int)n);
	}
}

/* Any byte damaged: its line is skipped and named, what follows is used. */
static void test_damaged_at_any_byte(void **state)
{
	static const char wrong[] = {'x', '0', ' ', '\0', '\x80'};
	char data[4096];
	size_t len, at, number = 1, i;

	(void)state;
	assert_int_equal(begin(LINES), 0);
	len = contents(data, sizeof(data));
	for (at = 0; at < len; at++) {
		char was = data[at];

		for (i = 0; i < sizeof(wrong); i++) {
			if (wrong[i] == was)
				continue;
			data[at] = wrong[i];
			put(data, len);
			data[at] = was;
			replay();
			/* Without its end a line takes the next one along. */
			assert_int_equal(
				read_count,
				LINES - 1 - (was == '\n' && number < LINES));
			assert_int_equal(bad_count, 1);
			assert_int_equal(bad_numbers[0], number);
			expect_line(0, number == 1 ? was == '\n' ? 2 : 1 : 0);
			if (number < LINES - 1)
				expect_line(read_count - 1, LINES - 1);
		}
		number += was == '\n';
	}
}

/* Garbage between lines, of any kind, hides none of them. */
static void test_garbage_in_the_middle(void **state)
{
	static const char garbage[] = "\0\0\0\n\n\xff\xfe binary \n"
				      "join eth0 239.1.1.1 * 0\n"
				      "00000000 join eth0 239.1.1.1 * 0\n"
				      "0123456\n01234567\n01234567 \n";
	char data[4096], first[512];
	size_t len, first_len;

	(void)state;
	assert_int_equal(begin(2), 0);
	first_len = contents(first, sizeof(first));
	assert_int_equal(begin(LINES), 0);
	len = contents(data, sizeof(data));
	memmove(data + first_len + sizeof(garbage) - 1, data + first_len,
		len - first_len);
	memcpy(data + first_len, garbage, sizeof(garbage) - 1);
	put(data, len + sizeof(garbage) - 1);
	replay();
	assert_int_equal(read_count, LINES);
	for (unsigned int n = 0; n < LINES; n++)
		expect_line(n, n);
	assert_int_equal(bad_count, 7);
	assert_int_equal(bad_numbers[0], 3);
	assert_int_equal(bad_numbers[1], 5);
	assert_int_equal(bad_numbers[6], 10);
}

/* What the owner refuses is named; the rest is given to him. */
static void test_refused_lines_are_named(void **state)
{
	(void)state;
	assert_int_equal(begin(1), 0);
	assert_int_equal(journal_append(&journal, "refused"), 0);
	assert_int_equal(journal_append(&journal, line(1)), 0);
	replay();
	assert_int_equal(read_count, 2);
	expect_line(1, 1);
	assert_int_equal(bad_count, 1);
	assert_int_equal(bad_numbers[0], 2);
}

/* Lines without checksums are read, until there is one that has it. */
static void test_lines_of_an_older_xmgm(void **state)
{
	static const char old[] = "\njoin eth0 239.1.1.1 * 0\n"
				  "configured eth1\n"
				  "attach eth2 0 na";

	(void)state;
	put(old, sizeof(old) - 1);
	replay();
	assert_int_equal(read_count, 2);
	assert_string_equal(read_lines[0], "join eth0 239.1.1.1 * 0");
	assert_string_equal(read_lines[1], "configured eth1");
	assert_int_equal(bad_count, 1);
	assert_int_equal(bad_numbers[0], 4);
	/* By hand, without the daemon: what was cut off is ended. */
	assert_int_equal(journal_add(path, line(1)), 0);
	assert_int_equal(journal_add(path, line(2)), 0);
	replay();
	assert_int_equal(read_count, 5);
	assert_string_equal(read_lines[2], "attach eth2 0 na");
	expect_line(3, 1);
	expect_line(4, 2);
}

/* --- a disk that is full or fails ------------------------------------ */

/* Without room nothing is promised; what was promised fits. */
static void test_room_is_promised_or_refused(void **state)
{
	(void)state;
	assert_int_equal(journal_reserve(&journal, 10), -EBADF);
	assert_int_equal(begin(1), 0);
	fails_to_allocate = ENOSPC;
	assert_int_equal(journal_reserve(&journal, 100), -ENOSPC);
	assert_int_equal(journal.reserved, 0);
	fails_to_allocate = EROFS;
	assert_int_equal(journal_reserve(&journal, 100), -EROFS);
	fails_to_allocate = 0;
	assert_int_equal(journal_reserve(&journal, 100), 0);
	assert_int_equal(journal_reserve(&journal, 50), 0);
	assert_int_equal(journal.reserved, 150);
	journal_release(&journal, 100);
	assert_int_equal(journal.reserved, 50);
	replay();
	assert_int_equal(read_count, 1);
	assert_int_equal(bad_count, 0);
	/* A file system that cannot promise is used as it is. */
	fails_to_allocate = EOPNOTSUPP;
	assert_int_equal(journal_reserve(&journal, 100), 0);
}

static void expect_one_line(void)
{
	replay();
	assert_int_equal(read_count, 1);
	expect_line(0, 0);
	assert_int_equal(bad_count, 0);
}

/* A line that does not get there, or not whole, leaves nothing behind. */
static void test_an_append_that_fails_leaves_nothing(void **state)
{
	(void)state;
	assert_int_equal(begin(1), 0);
	fails_to_write = EIO;
	assert_int_equal(journal_append(&journal, line(1)), -EIO);
	assert_int_equal(journal.fd, -1);
	expect_one_line();
	fails_to_write = 0;
	assert_int_equal(begin(1), 0);
	writes_only = 5;
	assert_int_equal(journal_append(&journal, line(1)), -ENOSPC);
	expect_one_line();
	writes_only = 0;
	assert_int_equal(begin(1), 0);
	assert_int_equal(journal_append(&journal, "two\nlines"), -EINVAL);
	expect_one_line();
	assert_int_equal(journal_append(&journal, line(1)), 0);
}

/* --- a fresh file ---------------------------------------------------- */

/* Until its end the old file is the one, and gets what is added. */
static void test_a_fresh_file_takes_over_at_its_end(void **state)
{
	int fd;

	(void)state;
	assert_int_equal(begin(3), 0);
	assert_int_equal(journal_reserve(&journal, 1000), 0);
	assert_int_equal(journal_fresh_begin(&journal), 0);
	assert_int_equal(journal_fresh_put(&journal, line(7)), 0);
	assert_int_equal(journal_append(&journal, line(8)), 0);
	fd = journal_fresh_flush(&journal);
	assert_true(fd >= 0);
	assert_int_equal(journal_append(&journal, line(9)), 0);
	replay(); /* as if the process were killed here */
	assert_int_equal(read_count, 5);
	expect_line(4, 9);
	close(fd);
	assert_int_equal(journal_fresh_end(&journal), 0);
	replay();
	assert_int_equal(read_count, 3);
	for (unsigned int n = 0; n < 3; n++)
		expect_line(n, n + 7);
	assert_int_equal(journal.lines, 3);
	assert_int_equal(journal.reserved, 1000);
	assert_int_equal(journal_append(&journal, line(10)), 0);
	replay();
	assert_int_equal(read_count, 4);
	assert_false(fresh_exists());
}

/* One that cannot take over goes; the old one goes on. */
static void test_a_fresh_file_that_fails(void **state)
{
	(void)state;
	assert_int_equal(begin(2), 0);
	fails_to_rename = EROFS;
	assert_int_equal(begin(5), -EROFS);
	journal_fresh_drop(&journal);
	fails_to_rename = 0;
	/* What was promised must fit into it as well. */
	assert_int_equal(journal_reserve(&journal, 100), 0);
	fails_to_allocate = ENOSPC;
	assert_int_equal(begin(5), -ENOSPC);
	journal_fresh_drop(&journal);
	fails_to_allocate = 0;
	assert_false(fresh_exists());
	assert_int_equal(journal_append(&journal, line(2)), 0);
	replay();
	assert_int_equal(read_count, 3);
	journal_close(&journal);
	journal_init(&journal, "/nowhere/at/all");
	assert_int_equal(journal_fresh_begin(&journal), -ENOENT);
	assert_int_equal(journal_fresh_flush(&journal), -EBADF);
}

/* Half a fresh file that a crash has left is written over. */
static void test_a_fresh_file_left_behind(void **state)
{
	char name[128];
	FILE *file;

	(void)state;
	snprintf(name, sizeof(name), "%s.new", path);
	file = fopen(name, "w");
	fputs("half of a li", file);
	fclose(file);
	assert_int_equal(begin(2), 0);
	replay();
	assert_int_equal(read_count, 2);
	assert_int_equal(bad_count, 0);
}

/* To be synced: what was added since, and the name of a file that is new. */
static void test_what_is_to_be_synced(void **state)
{
	int fd, at;

	(void)state;
	assert_int_equal(journal_sync_begin(&journal, &at), -1);
	assert_int_equal(begin(1), 0);
	fd = journal_sync_begin(&journal, &at);
	assert_true(fd >= 0 && at >= 0);
	close(fd);
	close(at);
	assert_int_equal(journal_sync_begin(&journal, &at), -1);
	assert_int_equal(journal_append(&journal, line(1)), 0);
	fd = journal_sync_begin(&journal, &at);
	assert_true(fd >= 0);
	assert_int_equal(at, -1);
	close(fd);
}

/* A link in the usual place leads to this name in the elsewhere directory. */
static void link_to(const char *name, char target[160])
{
	snprintf(target, 160, "%s/elsewhere", directory);
	assert_int_equal(mkdir(target, 0700), 0);
	snprintf(target, 160, "%s/elsewhere/%s", directory, name);
	assert_int_equal(symlink(target, path), 0);
	assert_int_equal(journal_add(path, line(1)), 0);
	assert_true(exists(target));
}

static void unlink_elsewhere(void)
{
	char target[160];

	snprintf(target, sizeof(target), "%s/elsewhere", directory);
	assert_int_equal(rmdir(target), 0);
}

/* Without the daemon: forgotten where it is, also behind a link. */
static void test_forget(void **state)
{
	char target[160];

	(void)state;
	assert_int_equal(journal_forget(path), 0);
	assert_int_equal(journal_add(path, line(1)), 0);
	assert_int_equal(journal_forget(path), 0);
	assert_false(exists(path));
	link_to("main.commands", target);
	assert_int_equal(journal_forget(path), 0);
	assert_false(exists(path));
	assert_false(exists(target));
	unlink_elsewhere();
}

/* A link to a file of another name is no journal's: only the link goes. */
static void test_forget_spares_what_is_no_journal(void **state)
{
	char target[160];

	(void)state;
	link_to("precious", target);
	assert_int_equal(journal_forget(path), 0);
	assert_false(exists(path));
	assert_true(exists(target));
	unlink(target);
	unlink_elsewhere();
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(test_what_is_added_is_read),
		T(test_cut_off_at_any_byte),
		T(test_damaged_at_any_byte),
		T(test_garbage_in_the_middle),
		T(test_refused_lines_are_named),
		T(test_lines_of_an_older_xmgm),
		T(test_room_is_promised_or_refused),
		T(test_an_append_that_fails_leaves_nothing),
		T(test_a_fresh_file_takes_over_at_its_end),
		T(test_a_fresh_file_that_fails),
		T(test_a_fresh_file_left_behind),
		T(test_what_is_to_be_synced),
		T(test_forget),
		T(test_forget_spares_what_is_no_journal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
