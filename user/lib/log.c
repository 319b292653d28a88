/* SPDX-License-Identifier: GPL-2.0-only */
/* See log.h. */
#include "log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define LINE_LEN  1024
#define STAMP_LEN 40

static enum log_level threshold = LOG_LEVEL_INFO;
static bool timestamps;

static const char *topic_names[LOG_TOPICS] = {
	[LOG_MGM] = "mgm",	 [LOG_PLANE] = "plane",
	[LOG_NET] = "net",	 [LOG_CONTROL] = "control",
	[LOG_LIBBPF] = "libbpf", [LOG_REMOTE] = "remote",
};
static unsigned int topic_count = LOG_CORE_TOPICS;
static _Atomic uint32_t topics_on; /* read by the plane's threads, too */

void log_set_level(enum log_level level)
{
	threshold = level;
}

void log_set_timestamps(bool on)
{
	timestamps = on;
}

/* "2026-11-21 14:20:01.123 ", or nothing. */
static const char *stamp(char text[STAMP_LEN])
{
	struct timespec now;
	struct tm tm;
	size_t len;

	text[0] = '\0';
	if (!timestamps)
		return text;
	clock_gettime(CLOCK_REALTIME, &now);
	localtime_r(&now.tv_sec, &tm);
	len = strftime(text, STAMP_LEN, "%Y-%m-%d %H:%M:%S", &tm);
	snprintf(text + len, STAMP_LEN - len, ".%03u ",
		 (unsigned int)(now.tv_nsec / 1000000) % 1000);
	return text;
}

static void put_line(enum log_level level, const char *prefix,
		     const char *separator, const char *line)
{
	static const char *const journal[] = {"<3>", "<4>", "<6>", "<7>"};
	char text[STAMP_LEN];

	if (getenv("JOURNAL_STREAM"))
		fprintf(stderr, "%s%s%s%s\n", journal[level],
			*separator ? prefix : "", separator, line);
	else
		fprintf(stderr, "%s%s%s%s\n", stamp(text), prefix, separator,
			line);
}

void log_write(enum log_level level, const char *format, ...)
{
	static const char *const names[] = {"error: ", "warning: ", "", ""};
	char line[LINE_LEN];
	va_list args;

	if (level > threshold)
		return;
	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	put_line(level, names[level], "", line);
}

/* --- topics --------------------------------------------------------- */

static unsigned int topic_find(const char *name, size_t len)
{
	unsigned int i;

	for (i = 0; i < topic_count; i++)
		if (strlen(topic_names[i]) == len &&
		    !memcmp(topic_names[i], name, len))
			return i;
	return LOG_TOPICS;
}

unsigned int log_topic_add(const char *name)
{
	unsigned int topic = topic_find(name, strlen(name));

	if (topic < LOG_TOPICS || topic_count == LOG_TOPICS)
		return topic;
	topic_names[topic_count] = name;
	return topic_count++;
}

const char *log_topic_name(unsigned int topic)
{
	return topic < topic_count ? topic_names[topic] : NULL;
}

bool log_on(unsigned int topic)
{
	return topic < LOG_TOPICS && topics_on >> topic & 1;
}

static int refuse_topic(const char *name, size_t len, char why[LOG_WHY])
{
	int used = snprintf(why, LOG_WHY,
			    "there is no topic '%.*s': write some of ",
			    (int)(len < 40 ? len : 40), name);
	unsigned int i;

	for (i = 0; i < topic_count && used < LOG_WHY; i++)
		used += snprintf(why + used, LOG_WHY - (size_t)used, "%s%s",
				 i ? ", " : "", topic_names[i]);
	return -EINVAL;
}

int log_topics_set(const char *list, bool on, char why[LOG_WHY])
{
	unsigned int topic;
	uint32_t mask = 0;
	size_t len;

	for (;; list += len + 1) {
		len = strcspn(list, ",");
		topic = topic_find(list, len);
		if (topic == LOG_TOPICS)
			return refuse_topic(list, len, why);
		mask |= 1u << topic;
		if (!list[len])
			break;
	}
	if (on)
		topics_on |= mask;
	else
		topics_on &= ~mask;
	return 0;
}

void log_topic_write(unsigned int topic, const char *format, ...)
{
	char line[LINE_LEN];
	va_list args;

	if (!log_on(topic))
		return;
	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	put_line(LOG_LEVEL_DEBUG, topic_names[topic], ": ", line);
}
