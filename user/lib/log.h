/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Logging: one line a message, to stderr, with systemd's <n> priority prefix
 * when stderr goes to the journal, otherwise, if asked for, with the time.
 * Beside the levels there are topics, for tracing: each is off at first and
 * switched while the program runs. Only I/O code logs; pure code returns.
 */
#ifndef XMGM_LIB_LOG_H
#define XMGM_LIB_LOG_H

#include <stdbool.h>

enum log_level {
	LOG_LEVEL_ERROR,
	LOG_LEVEL_WARN,
	LOG_LEVEL_INFO,
	LOG_LEVEL_DEBUG
};

void log_set_level(enum log_level level);
/* Lines begin with the local time, unless the journal adds its own. */
void log_set_timestamps(bool on);
void log_write(enum log_level level, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#define log_error(...) log_write(LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warn(...)  log_write(LOG_LEVEL_WARN, __VA_ARGS__)
#define log_info(...)  log_write(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_debug(...) log_write(LOG_LEVEL_DEBUG, __VA_ARGS__)

/* Topics by number: these, and behind them those of log_topic_add. */
enum log_topic {
	LOG_MGM,
	LOG_PLANE,
	LOG_NET,
	LOG_CONTROL,
	LOG_LIBBPF, /* what libbpf and libxdp say */
	LOG_REMOTE, /* clients of the manager in other processes */
	LOG_CORE_TOPICS
};

#define LOG_TOPICS 32
#define LOG_WHY	   768

/*
 * Makes a topic, off, and returns its number; the number it has, if it exists;
 * LOG_TOPICS, which is never on, if there is no room. name must live on.
 */
unsigned int log_topic_add(const char *name);
/* NULL past the last. */
const char *log_topic_name(unsigned int topic);
/* Cheap: to be asked before anything is looked up or formatted. */
bool log_on(unsigned int topic);
/*
 * Switches the topics of a list, "mgm,net". 0, or -EINVAL with nothing changed
 * and a sentence in why, which names those that there are.
 */
int log_topics_set(const char *list, bool on, char why[LOG_WHY]);

/* A line of a topic, "mgm: ...", if that is on; else args are not looked at. */
#define log_trace(topic, ...)                                \
	do {                                                 \
		if (log_on(topic))                           \
			log_topic_write(topic, __VA_ARGS__); \
	} while (0)
void log_topic_write(unsigned int topic, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif /* XMGM_LIB_LOG_H */
