/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Logging: one line a message, to stderr, with systemd's <n> priority prefix
 * when stderr goes to the journal. Only I/O code logs; pure code returns.
 */
#ifndef XMGM_LIB_LOG_H
#define XMGM_LIB_LOG_H

enum log_level {
	LOG_LEVEL_ERROR,
	LOG_LEVEL_WARN,
	LOG_LEVEL_INFO,
	LOG_LEVEL_DEBUG
};

void log_set_level(enum log_level level);
void log_write(enum log_level level, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#define log_error(...) log_write(LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warn(...)  log_write(LOG_LEVEL_WARN, __VA_ARGS__)
#define log_info(...)  log_write(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_debug(...) log_write(LOG_LEVEL_DEBUG, __VA_ARGS__)

#endif /* XMGM_LIB_LOG_H */
