/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Any text as a configuration: it is read, or there is a complaint, each with
 * a place inside the text.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "xmgmd/config/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static unsigned int lines_of(const char *text)
{
	unsigned int lines = 1;

	while ((text = strchr(text, '\n'))) {
		text++;
		lines++;
	}
	return lines;
}

static void check_places(const struct conf_item *item, unsigned int lines)
{
	for (; item; item = item->next) {
		if (!item->place.line || item->place.line > lines ||
		    !item->place.column || !*item->name)
			abort();
		check_places(item->items, lines);
	}
}

static void check_tree(const char *text)
{
	struct conf_errors errors = {0};
	struct conf *conf = NULL;
	int err = conf_parse("f", text, NULL, &conf, &errors);

	if (!conf || (err == 0) != (errors.count == 0))
		abort();
	check_places(conf->items, lines_of(text));
	conf_free(conf);
	conf_errors_free(&errors);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct conf_errors errors = {0};
	struct config *config = NULL;
	char *text = malloc(len + 1);
	unsigned int line, column;
	int err;
	size_t i;

	memcpy(text, data, len);
	text[len] = '\0';
	check_tree(text);
	err = config_parse("f", text, NULL, &config, &errors);
	if ((err == 0) != (errors.count == 0) || (err == 0) != (config != NULL))
		abort();
	for (i = 0; i < errors.count && i < CONF_ERRORS; i++)
		if (sscanf(errors.lines[i], "f:%u:%u: ", &line, &column) != 2 ||
		    !line || line > lines_of(text) || !column)
			abort();
	config_free(config);
	conf_errors_free(&errors);
	free(text);
	return 0;
}
