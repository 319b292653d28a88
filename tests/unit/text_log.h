/* SPDX-License-Identifier: GPL-2.0-only */
/* What tests have been told, as text that only grows: it has to fit. */
#ifndef XMGM_TESTS_TEXT_LOG_H
#define XMGM_TESTS_TEXT_LOG_H

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

/* size: of log, in which *length bytes are taken. */
static inline void text_log(char *log, size_t size, size_t *length,
			    const char *format, va_list ap)
	__attribute__((format(printf, 4, 0)));

static inline void text_log(char *log, size_t size, size_t *length,
			    const char *format, va_list ap)
{
	int n = vsnprintf(log + *length, size - *length, format, ap);

	assert_true(n >= 0 && (size_t)n < size - *length);
	*length += (size_t)n;
}

#endif /* XMGM_TESTS_TEXT_LOG_H */
