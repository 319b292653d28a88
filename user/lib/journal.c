/* SPDX-License-Identifier: GPL-2.0-only */
/* See journal.h. */
#include "journal.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <libgen.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define SUM_LEN	 9 /* eight digits and a blank */
#define END_LEN	 1
#define OPEN_NEW (O_WRONLY | O_APPEND | O_CREAT | O_EXCL | O_CLOEXEC)

/* --- checksums ------------------------------------------------------ */

/* CRC-32 as in IEEE 802.3, four bits at a time. */
static uint32_t crc32(const char *text, size_t len)
{
	static const uint32_t table[16] = {
		0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac,
		0x76dc4190, 0x6b6b51f4, 0x4db26158, 0x5005713c,
		0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
		0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
	};
	uint32_t crc = ~0u;

	while (len--) {
		crc ^= (uint8_t)*text++;
		crc = crc >> 4 ^ table[crc & 15];
		crc = crc >> 4 ^ table[crc & 15];
	}
	return ~crc;
}

static void sum_text(const char *line, char sum[SUM_LEN + 1])
{
	snprintf(sum, SUM_LEN + 1, "%08" PRIx32 " ", crc32(line, strlen(line)));
}

static bool has_sum(const char *line, size_t len)
{
	return len >= SUM_LEN && line[SUM_LEN - 1] == ' ' &&
	       strspn(line, "0123456789abcdef") == SUM_LEN - 1;
}

/* --- reading -------------------------------------------------------- */

/* Returns why it is wrong, or NULL with *text behind its sum. */
static const char *check_line(char *line, size_t len, bool *summed, char **text)
{
	char sum[SUM_LEN + 1];

	*text = line;
	if (line[len - 1] != '\n')
		return "it is cut off";
	line[--len] = '\0';
	if (strlen(line) != len)
		return "it is damaged";
	if (!has_sum(line, len))
		return *summed && len ? "it is damaged" : NULL;
	*text += SUM_LEN;
	sum_text(*text, sum);
	if (memcmp(line, sum, SUM_LEN))
		return "it is damaged";
	*summed = true;
	return NULL;
}

int journal_replay(const char *path, int (*each)(void *arg, char *line),
		   void (*bad)(void *arg, uint64_t number, const char *why),
		   void *arg)
{
	FILE *file = fopen(path, "re");
	bool summed = false;
	uint64_t number = 0;
	char *line = NULL, *text;
	const char *why;
	size_t room = 0;
	ssize_t len;
	int err = 0;

	if (!file)
		return -errno;
	while ((len = getline(&line, &room, file)) > 0) {
		number++;
		why = check_line(line, (size_t)len, &summed, &text);
		if (!why && *text) {
			err = each(arg, text);
			why = err ? strerror(-err) : NULL;
		}
		if (why)
			bad(arg, number, why);
	}
	err = ferror(file) ? -EIO : feof(file) ? 0 : -ENOMEM;
	free(line);
	fclose(file);
	return err;
}

/* --- adding --------------------------------------------------------- */

void journal_init(struct journal *j, const char *path)
{
	memset(j, 0, sizeof(*j));
	snprintf(j->path, sizeof(j->path), "%s", path);
	j->fd = -1;
}

static void close_fd(struct journal *j)
{
	if (j->fd >= 0)
		close(j->fd);
	j->fd = -1;
}

void journal_close(struct journal *j)
{
	journal_fresh_drop(j);
	close_fd(j);
}

/* What a line takes in the file. */
static size_t line_room(size_t line)
{
	return SUM_LEN + line + END_LEN;
}

/* Some file systems cannot: then an append may fail after all. */
static int allocate(int fd, uint64_t from, uint64_t len)
{
	if (!len ||
	    !fallocate(fd, FALLOC_FL_KEEP_SIZE, (off_t)from, (off_t)len))
		return 0;
	return errno == EOPNOTSUPP || errno == ENOSYS ? 0 : -errno;
}

int journal_reserve(struct journal *j, size_t bytes)
{
	int err = j->fd < 0 ? -EBADF
			    : allocate(j->fd, j->size, j->reserved + bytes);

	if (!err)
		j->reserved += bytes;
	return err;
}

void journal_release(struct journal *j, size_t bytes)
{
	j->reserved -= bytes < j->reserved ? bytes : j->reserved;
}

/* 0 or a negative errno; a part of it may be there then. */
static int write_line(int fd, const char *line)
{
	char sum[SUM_LEN + 1], end = '\n';
	struct iovec parts[] = {
		{sum, SUM_LEN},
		{(void *)(uintptr_t)line, strlen(line)},
		{&end, END_LEN},
	};
	ssize_t n;

	if (strchr(line, '\n'))
		return -EINVAL;
	sum_text(line, sum);
	do
		n = writev(fd, parts, 3);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	return (size_t)n == line_room(parts[1].iov_len) ? 0 : -ENOSPC;
}

int journal_append(struct journal *j, const char *line)
{
	int err = j->fd < 0 ? -EBADF : write_line(j->fd, line);

	if (err == -EINVAL)
		return err;
	if (err) {
		/* Where this fails, too, replay finds a line that is cut off. */
		if (j->fd >= 0)
			(void)!ftruncate(j->fd, (off_t)j->size);
		close_fd(j);
		journal_fresh_drop(j);
		return err;
	}
	j->size += line_room(strlen(line));
	j->lines++;
	j->unsynced = true;
	if (j->fresh && journal_fresh_put(j, line))
		journal_fresh_drop(j);
	return 0;
}

/* --- a fresh file --------------------------------------------------- */

static void fresh_path(const struct journal *j, char path[JOURNAL_PATH + 8])
{
	snprintf(path, JOURNAL_PATH + 8, "%s.new", j->path);
}

int journal_fresh_begin(struct journal *j)
{
	char path[JOURNAL_PATH + 8];
	int fd, err;

	journal_fresh_drop(j);
	fresh_path(j, path);
	unlink(path);
	fd = open(path, OPEN_NEW, 0600);
	if (fd < 0)
		return -errno;
	j->fresh = fdopen(fd, "a");
	j->fresh_lines = 0;
	if (j->fresh)
		return 0;
	err = -errno;
	close(fd);
	unlink(path);
	return err;
}

int journal_fresh_put(struct journal *j, const char *line)
{
	char sum[SUM_LEN + 1];

	sum_text(line, sum);
	errno = 0;
	if (fprintf(j->fresh, "%s%s\n", sum, line) < 0)
		return errno ? -errno : -EIO;
	j->fresh_lines++;
	return 0;
}

int journal_fresh_flush(struct journal *j)
{
	int fd;

	if (!j->fresh)
		return -EBADF;
	if (fflush(j->fresh))
		return errno ? -errno : -EIO;
	fd = fcntl(fileno(j->fresh), F_DUPFD_CLOEXEC, 0);
	return fd < 0 ? -errno : fd;
}

/* The descriptor of the stream outlives it. */
int journal_fresh_end(struct journal *j)
{
	int err, fd = journal_fresh_flush(j);
	char path[JOURNAL_PATH + 8];
	struct stat stat;

	if (fd < 0)
		return fd;
	fresh_path(j, path);
	err = fstat(fd, &stat)
		      ? -errno
		      : allocate(fd, (uint64_t)stat.st_size, j->reserved);
	if (!err && rename(path, j->path))
		err = -errno;
	if (err) {
		close(fd);
		return err;
	}
	close_fd(j);
	j->fd = fd;
	j->size = (uint64_t)stat.st_size;
	j->lines = j->fresh_lines;
	j->unsynced = j->renamed = true;
	fclose(j->fresh);
	j->fresh = NULL;
	return 0;
}

void journal_fresh_drop(struct journal *j)
{
	char path[JOURNAL_PATH + 8];

	if (!j->fresh)
		return;
	fclose(j->fresh);
	j->fresh = NULL;
	fresh_path(j, path);
	unlink(path);
}

/* --- to the disk ---------------------------------------------------- */

static int open_directory(const char *path)
{
	char text[JOURNAL_PATH];

	snprintf(text, sizeof(text), "%s", path);
	return open(dirname(text), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

int journal_sync_begin(struct journal *j, int *directory)
{
	int fd;

	*directory = -1;
	if (j->fd < 0 || !j->unsynced)
		return -1;
	fd = fcntl(j->fd, F_DUPFD_CLOEXEC, 0);
	if (fd < 0)
		return -1; /* at the next time */
	if (j->renamed)
		*directory = open_directory(j->path);
	j->unsynced = j->renamed = false;
	return fd;
}

/* --- without a daemon ----------------------------------------------- */

void journal_path(const char *instance, char path[JOURNAL_PATH])
{
	snprintf(path, JOURNAL_PATH, "/run/xmgm/%s.commands", instance);
}

/* A line that was cut off is ended first, or it would spoil this one. */
static int end_torn(int fd)
{
	struct stat stat;
	char last = '\n';

	if (fstat(fd, &stat))
		return -errno;
	if (stat.st_size && pread(fd, &last, 1, stat.st_size - 1) != 1)
		return -EIO;
	if (last != '\n' && write(fd, "\n", 1) != 1)
		return -EIO;
	return 0;
}

int journal_add(const char *path, const char *line)
{
	char directory[JOURNAL_PATH];
	int fd, err;

	snprintf(directory, sizeof(directory), "%s", path);
	if (mkdir(dirname(directory), 0755) && errno != EEXIST)
		return -errno;
	fd = open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	err = end_torn(fd);
	if (!err)
		err = write_line(fd, line);
	if (!err && fdatasync(fd))
		err = -errno;
	close(fd);
	return err;
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

bool journal_linked(const char *path, char target[PATH_MAX])
{
	struct stat stat;

	return !lstat(path, &stat) && S_ISLNK(stat.st_mode) &&
	       realpath(path, target) &&
	       !strcmp(base_name(path), base_name(target));
}

int journal_forget(const char *path)
{
	char target[PATH_MAX];

	if (journal_linked(path, target) && unlink(target) && errno != ENOENT)
		return -errno;
	return unlink(path) && errno != ENOENT ? -errno : 0;
}
