/* SPDX-License-Identifier: GPL-2.0-only */
/* Reads the configuration's file; what it says is config.c's business. */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_SIZE (64u << 20)

/* The whole file with a final zero; NULL with errno. */
static char *read_file(const char *path)
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

int config_load(const char *file, struct config **config,
		struct config_errors *errors)
{
	char *text = read_file(file);
	int err;

	if (!text) {
		err = -errno;
		config_complain(errors,
				"cannot read the configuration %s: %s%s", file,
				strerror(-err),
				err == -ENOENT ? ": name another with -f" : "");
		return err;
	}
	err = config_parse(file, text, config, errors);
	free(text);
	return err;
}

void config_free(struct config *config)
{
	size_t i;

	if (!config)
		return;
	for (i = 0; i < config->proto.route_count; i++)
		free((void *)(uintptr_t)config->proto.routes[i].to);
	free((void *)(uintptr_t)config->proto.routes);
	free((void *)(uintptr_t)config->proto.joins);
	free((void *)(uintptr_t)config->proto.interfaces);
	free(config->interfaces);
	free(config);
}

const struct config_interface *config_interface(const struct config *config,
						const char *name)
{
	size_t i;

	for (i = 0; i < config->proto.interface_count; i++)
		if (!strcmp(config->proto.interfaces[i].name, name))
			return &config->interfaces[i];
	return NULL;
}
