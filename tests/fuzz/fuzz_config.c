/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Any text as a configuration: it is read, or there is a complaint. Also the
 * changes made to the text before libconfuse sees it.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "xmgmd/config.h"
#include "xmgmd/config_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static size_t lines_of(const char *text)
{
	size_t lines = 0;

	while ((text = strchr(text, '\n'))) {
		text++;
		lines++;
	}
	return lines;
}

static void check_text(const char *text)
{
	const char *begin = NULL, *end = NULL;
	char *copy = strdup(text);
	int line;

	config_text_strip(copy);
	if (strlen(copy) != strlen(text) || lines_of(copy) != lines_of(text))
		abort();
	line = config_text_unclosed(copy, &begin, &end);
	if (line < 0 || (size_t)line > lines_of(text) + 1 ||
	    (line && (!begin || !end)))
		abort();
	config_text_blank(copy, 1, "mroute");
	config_text_blank(copy, 2, "mode");
	if (strlen(copy) != strlen(text) || lines_of(copy) != lines_of(text))
		abort();
	free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct config_errors errors = {0};
	struct config *config = NULL;
	char *text = malloc(len + 1);
	int err;

	memcpy(text, data, len);
	text[len] = '\0';
	check_text(text);
	err = config_parse("f", text, &config, &errors);
	if ((err == 0) != (errors.count == 0) || (err == 0) != (config != NULL))
		abort();
	config_free(config);
	config_errors_free(&errors);
	free(text);
	return 0;
}
