/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tables and JSON. A table is formatted twice, once to learn the widths and
 * once to print, so that a hundred thousand routes need no second copy in
 * memory.
 */
#include "lib/output.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define OUTPUT_COLUMNS 16
#define OUTPUT_EXACT   100000u
#define OUTPUT_BOLD    "\033[1m"
#define OUTPUT_PLAIN   "\033[0m"

/* A table being printed. */
struct table {
	const struct output *out;
	const struct output_column *columns;
	size_t count;
	int width[OUTPUT_COLUMNS];
	struct printbuf *cell; /* reused for every cell */
};

/* Words that deserve a glance. */
static const struct {
	const char *word;
	const char *colour;
} painted[] = {
	{"forwarding", "\033[32m"}, {"native", "\033[32m"},
	{"pending", "\033[33m"},    {"draining", "\033[33m"},
	{"held", "\033[33m"},	    {"generic", "\033[33m"},
	{"negative", "\033[2m"},
};

void output_init(struct output *out, FILE *file, bool json)
{
	const char *no_colour = getenv("NO_COLOR");
	bool tty = isatty(fileno(file));

	out->file = file;
	out->json = json;
	out->pretty = tty;
	out->colour = tty && !(no_colour && *no_colour);
}

int output_json(const struct output *out, struct json_object *value)
{
	int flags = JSON_C_TO_STRING_PLAIN;

	if (out->pretty)
		flags = JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED;
	flags |= JSON_C_TO_STRING_NOSLASHESCAPE;
	if (fprintf(out->file, "%s\n",
		    json_object_to_json_string_ext(value, flags)) < 0)
		return -EIO;
	return 0;
}

struct json_object *output_member(struct json_object *row, const char *path)
{
	char name[64];
	const char *dot;

	while ((dot = strchr(path, '.'))) {
		if ((size_t)(dot - path) >= sizeof(name))
			return NULL;
		memcpy(name, path, (size_t)(dot - path));
		name[dot - path] = '\0';
		if (!json_object_is_type(row, json_type_object))
			return NULL;
		row = json_object_object_get(row, name);
		path = dot + 1;
	}
	if (!json_object_is_type(row, json_type_object))
		return NULL;
	return json_object_object_get(row, path);
}

void output_put_count(struct printbuf *cell, uint64_t n)
{
	static const char units[] = "kMGTPE";
	uint64_t unit = 1;
	size_t i = 0;

	if (n < OUTPUT_EXACT) {
		sprintbuf(cell, "%llu", (unsigned long long)n);
		return;
	}
	for (unit = 1000; n / unit >= 1000; unit *= 1000)
		i++;
	/* Three digits, cut and not rounded: 999999 is 999k, not 1000k. */
	if (n / unit >= 100)
		sprintbuf(cell, "%u%c", (unsigned int)(n / unit), units[i]);
	else if (n / unit >= 10)
		sprintbuf(cell, "%u.%u%c", (unsigned int)(n / unit),
			  (unsigned int)(n % unit / (unit / 10)), units[i]);
	else
		sprintbuf(cell, "%u.%02u%c", (unsigned int)(n / unit),
			  (unsigned int)(n % unit / (unit / 100)), units[i]);
}

void output_put_seconds(struct printbuf *cell, uint64_t seconds)
{
	unsigned long long s = seconds;

	if (s < 60)
		sprintbuf(cell, "%llus", s);
	else if (s < 3600)
		sprintbuf(cell, "%llum%02llus", s / 60, s % 60);
	else if (s < 86400)
		sprintbuf(cell, "%lluh%02llum", s / 3600, s / 60 % 60);
	else
		sprintbuf(cell, "%llud%02lluh", s / 86400, s / 3600 % 24);
}

static void put_text(struct printbuf *cell, const char *text)
{
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;
		char shown = c < 0x20 || c == 0x7f ? '?' : *text;

		printbuf_memappend(cell, &shown, 1);
	}
}

void output_put_value(struct printbuf *cell, struct json_object *value)
{
	const char *text = NULL;

	if (json_object_is_type(value, json_type_boolean))
		text = json_object_get_boolean(value) ? "yes" : "no";
	else if (value)
		text = json_object_get_string(value);
	put_text(cell, text && *text ? text : "-");
}

void output_put_words(struct printbuf *cell, struct json_object *list)
{
	size_t i;

	if (!json_object_is_type(list, json_type_array) ||
	    !json_object_array_length(list)) {
		put_text(cell, "-");
		return;
	}
	for (i = 0; i < json_object_array_length(list); i++) {
		if (i)
			put_text(cell, ",");
		output_put_value(cell, json_object_array_get_idx(list, i));
	}
}

static void put_number(struct printbuf *cell, enum output_kind kind,
		       struct json_object *value)
{
	int64_t n;

	if (!json_object_is_type(value, json_type_int) &&
	    !json_object_is_type(value, json_type_double)) {
		output_put_value(cell, value);
		return;
	}
	n = json_object_get_int64(value);
	if (kind == OUTPUT_COUNT)
		output_put_count(cell, json_object_get_uint64(value));
	else
		output_put_seconds(cell, n < 0 ? 0 : (uint64_t)n);
}

static void put_cell(struct printbuf *cell, const struct output_column *column,
		     struct json_object *row)
{
	struct json_object *value;

	printbuf_reset(cell);
	if (column->format) {
		column->format(row, cell);
		return;
	}
	value = output_member(row, column->field);
	switch (column->kind) {
	case OUTPUT_WORD:
		output_put_value(cell, value);
		break;
	case OUTPUT_COUNT:
	case OUTPUT_SECONDS:
		put_number(cell, column->kind, value);
		break;
	case OUTPUT_WORDS:
		output_put_words(cell, value);
		break;
	}
}

static bool to_the_right(const struct output_column *column)
{
	return column->kind == OUTPUT_COUNT || column->kind == OUTPUT_SECONDS;
}

/* Columns on a screen: bytes that do not continue a UTF-8 character. */
static int width_of(const char *text)
{
	int width = 0;

	for (; *text; text++)
		width += ((unsigned char)*text & 0xc0) != 0x80;
	return width;
}

static void measure(struct table *t, struct json_object *rows)
{
	size_t i, j;
	int w;

	for (j = 0; j < t->count; j++)
		t->width[j] = width_of(t->columns[j].title);
	for (i = 0; i < json_object_array_length(rows); i++) {
		for (j = 0; j < t->count; j++) {
			put_cell(t->cell, &t->columns[j],
				 json_object_array_get_idx(rows, i));
			w = width_of(t->cell->buf);
			t->width[j] = w > t->width[j] ? w : t->width[j];
		}
	}
}

static const char *colour_of(const char *text)
{
	size_t i;

	for (i = 0; i < sizeof(painted) / sizeof(painted[0]); i++) {
		if (!strcmp(painted[i].word, text))
			return painted[i].colour;
	}
	return NULL;
}

/* last: no blanks behind it. */
static void print_cell(const struct output *out, const char *text, int pad,
		       bool right, bool last)
{
	const char *colour = out->colour ? colour_of(text) : NULL;

	if (right && pad > 0)
		fprintf(out->file, "%*s", pad, "");
	if (colour)
		fprintf(out->file, "%s%s%s", colour, text, OUTPUT_PLAIN);
	else
		fputs(text, out->file);
	if (!right && !last && pad > 0)
		fprintf(out->file, "%*s", pad, "");
	fputs(last ? "" : "  ", out->file);
}

static void print_head(const struct table *t)
{
	FILE *file = t->out->file;
	const char *title;
	size_t j;

	if (t->out->colour)
		fputs(OUTPUT_BOLD, file);
	for (j = 0; j < t->count; j++) {
		title = t->columns[j].title;
		print_cell(t->out, title, t->width[j] - width_of(title),
			   to_the_right(&t->columns[j]), j + 1 == t->count);
	}
	fprintf(file, "%s\n", t->out->colour ? OUTPUT_PLAIN : "");
}

static void print_row(const struct table *t, struct json_object *row)
{
	const char *text;
	size_t j;

	for (j = 0; j < t->count; j++) {
		put_cell(t->cell, &t->columns[j], row);
		text = t->cell->buf;
		print_cell(t->out, text, t->width[j] - width_of(text),
			   to_the_right(&t->columns[j]), j + 1 == t->count);
	}
	fputc('\n', t->out->file);
}

int output_rows(const struct output *out, const struct output_column *columns,
		size_t count, struct json_object *rows)
{
	struct table t = {.out = out, .columns = columns, .count = count};
	size_t i;

	if (!json_object_is_type(rows, json_type_array) ||
	    count > OUTPUT_COLUMNS)
		return -EINVAL;
	if (out->json)
		return output_json(out, rows);
	t.cell = printbuf_new();
	if (!t.cell)
		return -ENOMEM;
	measure(&t, rows);
	print_head(&t);
	for (i = 0; i < json_object_array_length(rows); i++)
		print_row(&t, json_object_array_get_idx(rows, i));
	printbuf_free(t.cell);
	return ferror(out->file) ? -EIO : 0;
}
