/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The file in which what commands said is kept: any text is read without
 * harm, and what was understood is the same when it has been written and read
 * again.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "xmgmd/config/said.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void read_lines(struct hash *table, char *text)
{
	char *end;

	for (; text; text = end) {
		end = strchr(text, '\n');
		if (end)
			*end++ = '\0';
		said_read(table, text);
	}
}

static char *write_lines(const struct hash *table)
{
	struct hash_node *n, *tmp;
	char *text = NULL;
	size_t len;
	FILE *file = open_memstream(&text, &len);
	struct said_key key;
	uint32_t i;

	hash_for_each_safe(table, n, tmp, i) {
		key = said_key_of(hash_entry(n, struct said, node));
		said_write(file, table, &key);
		fputc('\n', file);
	}
	fclose(file);
	return text;
}

static void compare(const struct hash *a, const struct hash *b)
{
	struct hash_node *n, *tmp;
	uint32_t i;

	if (a->count != b->count)
		abort();
	hash_for_each_safe(a, n, tmp, i) {
		const struct said *x = hash_entry(n, struct said, node);
		const struct said_key key = said_key_of(x);
		const struct said *y = said_find(b, &key);

		if (!y || x->removed != y->removed ||
		    said_digest(x) != said_digest(y) || x->over != y->over)
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct hash first = {0}, second = {0};
	struct config *config = config_default();
	struct proto_config out;
	char *text = malloc(len + 1);

	memcpy(text, data, len);
	text[len] = '\0';
	read_lines(&first, text);
	free(text);
	text = write_lines(&first);
	read_lines(&second, text);
	free(text);
	compare(&first, &second);
	said_configure(&first, config);
	if (said_overlay(&first, config, &out))
		abort();
	if (out.route_count + out.join_count > first.count)
		abort();
	said_overlay_free(&out);
	config_free(config);
	said_clear(&first);
	said_clear(&second);
	return 0;
}
