/* SPDX-License-Identifier: GPL-2.0-only */
/* See option.h. */
#include "lib/option.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/address.h"

/* A list begins with its count; without it, it is empty. */
static uint32_t *list_count(const struct conf_option *option, void *base)
{
	return (uint32_t *)(void *)((char *)base + option->offset);
}

static void *list_item(const struct conf_option *option, void *base,
		       size_t index)
{
	const struct option_list *list = option->of;

	return (char *)(list_count(option, base) + 1) + index * list->size;
}

static int list_add(const struct conf_option *option, const char *text,
		    void *base, char why[OPTION_WHY])
{
	const struct option_list *list = option->of;
	uint32_t *count = list_count(option, base);
	int err;

	if (*count >= list->max) {
		snprintf(why, OPTION_WHY, "write at most %zu", list->max);
		return -EINVAL;
	}
	err = list->read(text, list_item(option, base, *count), why);
	*count += !err;
	return err;
}

static void list_default(const struct conf_option *option, void *base)
{
	const struct option_list *list = option->of;
	char why[OPTION_WHY];

	*list_count(option, base) = 0;
	if (list->standard)
		list_add(option, list->standard, base, why);
}

static void put(const struct conf_option *option, uint64_t value, void *base)
{
	void *at = (char *)base + option->offset;

	switch (option->kind) {
	case OPTION_U8:
		*(uint8_t *)at = (uint8_t)value;
		break;
	case OPTION_U64:
	case OPTION_MAC:
		*(uint64_t *)at = value;
		break;
	case OPTION_BOOL:
		*(bool *)at = value;
		break;
	case OPTION_WORD:
		*(int *)at = (int)value;
		break;
	case OPTION_TEXT:
		*(char *)at = '\0';
		break;
	case OPTION_LIST:
		list_default(option, base);
		break;
	default:
		*(uint32_t *)at = (uint32_t)value;
		break;
	}
}

uint64_t option_value(const struct conf_option *option, const void *base)
{
	const void *at = (const char *)base + option->offset;

	switch (option->kind) {
	case OPTION_U8:
		return *(const uint8_t *)at;
	case OPTION_U64:
	case OPTION_MAC:
		return *(const uint64_t *)at;
	case OPTION_BOOL:
		return *(const bool *)at;
	case OPTION_WORD:
		return (uint64_t) * (const int *)at;
	case OPTION_TEXT:
		return 0;
	default:
		return *(const uint32_t *)at;
	}
}

uint64_t option_shown(const struct conf_option *option, const void *base)
{
	uint64_t value = option_value(option, base);

	return value ? value : option->zero;
}

void option_defaults(const struct conf_option *table, void *base)
{
	for (; table->name; table++)
		put(table, table->standard, base);
}

const struct conf_option *option_find(const struct conf_option *table,
				      const char *name)
{
	for (; table->name; table++)
		if (!strcmp(table->name, name))
			return table;
	return NULL;
}

static int read_number(const char *text, uint64_t min, uint64_t max,
		       uint64_t *value)
{
	char *end;

	if (*text < '0' || *text > '9')
		return -EINVAL;
	errno = 0;
	*value = strtoull(text, &end, 10);
	return errno || *end || *value < min || *value > max ? -EINVAL : 0;
}

/* Decimal seconds with up to three digits behind the point. */
static int read_seconds(const char *text, uint64_t min, uint64_t max,
			uint64_t *ms)
{
	uint64_t scale = 1000;
	size_t len = strcspn(text, ".");
	char whole[24];

	if (len >= sizeof(whole))
		return -EINVAL;
	memcpy(whole, text, len);
	whole[len] = '\0';
	if (read_number(whole, 0, max, ms))
		return -EINVAL;
	*ms *= 1000;
	if (text[len] == '.')
		for (text += len + 1; *text; text++) {
			if (*text < '0' || *text > '9' || scale == 1)
				return -EINVAL;
			scale /= 10;
			*ms += (uint64_t)(*text - '0') * scale;
		}
	return *ms < min * 1000 || *ms > max * 1000 ? -EINVAL : 0;
}

static int read_word(const char *const *words, const char *text,
		     uint64_t *value)
{
	for (*value = 0; words[*value]; ++*value)
		if (!strcmp(words[*value], text))
			return 0;
	return -EINVAL;
}

static int read_bool(const char *text, uint64_t *value)
{
	static const char *const words[] = {"no",   "yes", "false",
					    "true", "off", "on"};
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (!strcasecmp(words[i], text)) {
			*value = i & 1;
			return 0;
		}
	return -EINVAL;
}

/* Six bytes in hexadecimal, of one station; or auto. */
static int read_mac(const char *text, uint64_t *value)
{
	static const char form[] = "xx:xx:xx:xx:xx:xx";
	size_t i;

	*value = 0;
	if (!strcmp(text, "auto"))
		return 0;
	for (i = 0; i < sizeof(form) - 1; i++)
		if (form[i] == 'x' ? !isxdigit((unsigned char)text[i])
				   : text[i] != form[i])
			return -EINVAL;
	if (text[i])
		return -EINVAL;
	for (i = 0; i < sizeof(form) - 1; i += 3)
		*value = *value << 8 | strtoul(text + i, NULL, 16);
	return !*value || *value >> 40 & 1 ? -EINVAL : 0;
}

static void mac_text(uint64_t value, char buffer[OPTION_TEXT_MAX])
{
	uint8_t mac[6];

	for (int i = 0; i < 6; i++)
		mac[i] = (uint8_t)(value >> (40 - 8 * i));
	if (value)
		address_mac_text(mac, buffer);
	else
		strcpy(buffer, "auto");
}

/* "auto, native or generic" */
static void say_words(const char *const *words, char why[OPTION_WHY])
{
	size_t len = (size_t)snprintf(why, OPTION_WHY, "write ");

	for (; *words && len < OPTION_WHY; words++)
		len += (size_t)snprintf(why + len, OPTION_WHY - len, "%s%s",
					*words,
					!words[1]  ? ""
					: words[2] ? ", "
						   : " or ");
}

static void say_allowed(const struct conf_option *option, char why[OPTION_WHY])
{
	const char *what = "a number";

	if (option->kind == OPTION_BOOL) {
		snprintf(why, OPTION_WHY, "write true or false");
		return;
	}
	if (option->kind == OPTION_WORD) {
		say_words(option->of, why);
		return;
	}
	if (option->kind == OPTION_MAC) {
		snprintf(why, OPTION_WHY,
			 "write auto, or a MAC address that is no multicast "
			 "one, as 02:00:00:00:00:01");
		return;
	}
	if (option->kind == OPTION_SECONDS)
		what = "seconds";
	if (option->kind == OPTION_TEXT)
		what = "a text with a length";
	snprintf(why, OPTION_WHY, "write %s from %llu to %llu", what,
		 (unsigned long long)option->min,
		 (unsigned long long)option->max);
}

/* One value, or of a list any number, which are added by +=. */
static bool well_formed(const struct conf_option *option,
			const struct conf_item *item,
			struct conf_errors *errors)
{
	bool list = option->kind == OPTION_LIST;

	if (item->assigned && (list || (!item->append && item->count == 1)))
		return true;
	conf_complain_at(errors, &item->place,
			 list ? "%s is a list: write %s = {value, value}"
			      : "%s is an option with one value: write %s = "
				"value",
			 item->name, item->name);
	return false;
}

static int store_text(const struct conf_option *option, const char *text,
		      void *base)
{
	size_t len = strlen(text);

	if (len < option->min || len > option->max)
		return -EINVAL;
	memcpy((char *)base + option->offset, text, len + 1);
	return 0;
}

static int read_value(const struct conf_option *option, const char *text,
		      uint64_t *value)
{
	switch (option->kind) {
	case OPTION_BOOL:
		return read_bool(text, value);
	case OPTION_WORD:
		return read_word(option->of, text, value);
	case OPTION_MAC:
		return read_mac(text, value);
	case OPTION_SECONDS:
		return read_seconds(text, option->min, option->max, value);
	default:
		return read_number(text, option->min, option->max, value);
	}
}

int option_store(const struct conf_option *option, const char *text, void *base,
		 char why[OPTION_WHY])
{
	uint64_t value;
	int err;

	if (option->kind == OPTION_LIST)
		return list_add(option, text, base, why);
	if (option->kind == OPTION_TEXT) {
		err = store_text(option, text, base);
	} else {
		err = read_value(option, text, &value);
		if (!err)
			put(option, value, base);
	}
	if (err)
		say_allowed(option, why);
	return err;
}

int option_read(const struct conf_option *table, const struct conf_item *item,
		void *base, struct conf_errors *errors)
{
	const struct conf_option *option = option_find(table, item->name);
	char why[OPTION_WHY];

	if (!option)
		return -ENOENT;
	if (!well_formed(option, item, errors))
		return -EINVAL;
	if (option->kind == OPTION_LIST && !item->append)
		*list_count(option, base) = 0;
	for (size_t i = 0; i < item->count; i++) {
		if (!option_store(option, item->values[i].text, base, why))
			continue;
		conf_complain_at(errors, &item->values[i].place,
				 "%s is '%s': %s", item->name,
				 item->values[i].text, why);
		return -EINVAL;
	}
	return 0;
}

static void seconds_text(uint64_t ms, char buffer[OPTION_TEXT_MAX])
{
	int len = snprintf(buffer, OPTION_TEXT_MAX, "%llu.%03u",
			   (unsigned long long)(ms / 1000),
			   (unsigned int)(ms % 1000));

	while (buffer[len - 1] == '0')
		len--;
	if (buffer[len - 1] == '.')
		len--;
	buffer[len] = '\0';
}

const char *option_text(const struct conf_option *option, const void *base,
			char buffer[OPTION_TEXT_MAX])
{
	uint64_t value = option_shown(option, base);

	switch (option->kind) {
	case OPTION_BOOL:
		return value ? "true" : "false";
	case OPTION_WORD:
		return ((const char *const *)option->of)[value];
	case OPTION_TEXT:
		return (const char *)base + option->offset;
	case OPTION_MAC:
		mac_text(value, buffer);
		return buffer;
	case OPTION_SECONDS:
		seconds_text(value, buffer);
		return buffer;
	default:
		snprintf(buffer, OPTION_TEXT_MAX, "%llu",
			 (unsigned long long)value);
		return buffer;
	}
}

const char *option_item(const struct conf_option *option, const void *base,
			size_t index, char buffer[OPTION_TEXT_MAX])
{
	const struct option_list *list = option->of;
	const char *at = (const char *)base + option->offset;

	if (index >= option_value(option, base))
		return NULL;
	list->write(at + sizeof(uint32_t) + index * list->size, buffer);
	return buffer;
}

#define NEAR_MAX 32 /* longer names are near to nothing */

/* Insertions, deletions and changes of one into the other (Levenshtein). */
static unsigned int distance(const char *a, const char *b)
{
	unsigned int row[NEAR_MAX + 1], i, j, left, above, best;
	unsigned int m = (unsigned int)strlen(a), n = (unsigned int)strlen(b);

	if (m > NEAR_MAX || n > NEAR_MAX)
		return NEAR_MAX;
	for (j = 0; j <= n; j++)
		row[j] = j;
	for (i = 1; i <= m; i++) {
		above = row[0];
		left = row[0] = i;
		for (j = 1; j <= n; j++) {
			best = above + (a[i - 1] != b[j - 1]);
			above = row[j];
			if (above + 1 < best)
				best = above + 1;
			if (left + 1 < best)
				best = left + 1;
			left = row[j] = best;
		}
	}
	return row[n];
}

const char *option_nearest(const char *unknown, const char *(*next)(void *arg),
			   void *arg)
{
	unsigned int best = (unsigned int)strlen(unknown) / 3 + 1, d;
	const char *name, *nearest = NULL;

	while ((name = next(arg))) {
		d = distance(unknown, name);
		if (d <= best) {
			nearest = name;
			best = d ? d - 1 : 0;
		}
	}
	return nearest;
}
