/* SPDX-License-Identifier: GPL-2.0-only */
/* See conf_file.h. */
#include "lib/conf_file.h"

#include <errno.h>
#include <glob.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_SIZE (64u << 20)

char *conf_file_read(const char *path)
{
	size_t len = 0, room = 4096, got;
	char *text = malloc(room), *more;
	FILE *file = fopen(path, "re");
	int err = file ? 0 : errno;

	while (!err && text) {
		got = fread(text + len, 1, room - len - 1, file);
		len += got;
		if (!got) {
			err = ferror(file) ? EIO : 0;
			break;
		}
		if (len + 1 < room)
			continue;
		more = room < MAX_SIZE ? realloc(text, room * 2) : NULL;
		err = more ? 0 : room < MAX_SIZE ? ENOMEM : EFBIG;
		text = more ? more : text;
		room *= 2;
	}
	if (file)
		fclose(file);
	if (text && !err && memchr(text, '\0', len))
		err = EILSEQ;
	if (text && !err) {
		text[len] = '\0';
		return text;
	}
	free(text);
	errno = err ? err : ENOMEM;
	return NULL;
}

/* A name is relative to the folder of the file that says it. */
static int include_path(const char *from, const char *pattern,
			char path[PATH_MAX])
{
	const char *slash = strrchr(from, '/');
	int folder = *pattern != '/' && slash ? (int)(slash - from + 1) : 0;

	return snprintf(path, PATH_MAX, "%.*s%s", folder, from, pattern) >=
			       PATH_MAX
		       ? -ENAMETOOLONG
		       : 0;
}

static int read_included(struct conf_reading *reading, const char *path,
			 int (*each)(void *ctx, const char *file,
				     const char *text),
			 void *ctx)
{
	char *text = conf_file_read(path);
	int err;

	if (!text)
		return -errno;
	if (!*text && !reading->empty) {
		reading->empty = strdup(path);
		if (!reading->empty) {
			free(text);
			return -ENOMEM;
		}
	}
	err = each(ctx, path, text);
	free(text);
	return err;
}

/* Wildcards may match nothing; a plain name has to be there. */
int conf_file_include(void *arg, const char *from, const char *pattern,
		      int (*each)(void *ctx, const char *file,
				  const char *text),
		      void *ctx)
{
	char path[PATH_MAX];
	glob_t found = {0};
	size_t i;
	int err = include_path(from, pattern, path);

	if (err)
		return err;
	err = glob(path, GLOB_NOMAGIC, NULL, &found);
	err = err == GLOB_NOSPACE ? -ENOMEM : err == GLOB_ABORTED ? -EIO : 0;
	for (i = 0; !err && i < found.gl_pathc; i++)
		err = read_included(arg, found.gl_pathv[i], each, ctx);
	globfree(&found);
	return err;
}
