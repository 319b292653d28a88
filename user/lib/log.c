/* SPDX-License-Identifier: GPL-2.0-only */
/* See log.h. */
#include "log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static enum log_level threshold = LOG_LEVEL_INFO;

void log_set_level(enum log_level level)
{
	threshold = level;
}

void log_write(enum log_level level, const char *format, ...)
{
	static const char *const names[] = {"error: ", "warning: ", "", ""};
	static const char *const journal[] = {"<3>", "<4>", "<6>", "<7>"};
	char line[1024];
	va_list args;

	if (level > threshold)
		return;
	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	if (getenv("JOURNAL_STREAM"))
		fprintf(stderr, "%s%s\n", journal[level], line);
	else
		fprintf(stderr, "%s%s\n", names[level], line);
}
