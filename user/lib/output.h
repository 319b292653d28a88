/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a person or a script is shown, from one description: the data is a
 * JSON array, the description says which members make which columns. A
 * script gets the array as it is, a person a table of aligned columns with
 * shortened numbers and, on a terminal, a little colour.
 */
#ifndef XMGM_LIB_OUTPUT_H
#define XMGM_LIB_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <json-c/json.h>
#include <json-c/printbuf.h>

enum output_kind {
	OUTPUT_WORD = 0, /* as it is; null, missing or empty shows "-" */
	OUTPUT_COUNT,	 /* a counter: exact below 100000, then 123k, 4.56M */
	OUTPUT_SECONDS,	 /* a duration: 42s, 5m07s, 3h05m, 12d03h */
	OUTPUT_WORDS,	 /* an array, joined by commas */
};

struct output_column {
	const char *title;
	const char *field; /* "querier.address" is a member of a member */
	enum output_kind kind;
	/* Makes the cell itself, instead of field and kind. */
	void (*format)(struct json_object *row, struct printbuf *cell);
};

/* Where output goes and in which shape. */
struct output {
	FILE *file;
	bool json;   /* print the data itself */
	bool pretty; /* indent JSON: somebody reads it */
	bool colour;
};

/*
 * Sets the shape for a file: pretty and colour if it is a terminal, colour
 * not if the environment has NO_COLOR.
 */
void output_init(struct output *out, FILE *file, bool json);

/*
 * Prints rows, an array of objects. Control characters in a cell show as '?'.
 * 0, -ENOMEM, -EINVAL no array, -EIO the file cannot be written.
 */
int output_rows(const struct output *out, const struct output_column *columns,
		size_t count, struct json_object *rows);

/* Prints any value as JSON and a newline. 0 or -EIO. */
int output_json(const struct output *out, struct json_object *value);

/* Appends a number the way OUTPUT_COUNT and OUTPUT_SECONDS show it. */
void output_put_count(struct printbuf *cell, uint64_t n);
void output_put_seconds(struct printbuf *cell, uint64_t seconds);

/* The same as OUTPUT_WORD and OUTPUT_WORDS: control characters replaced. */
void output_put_value(struct printbuf *cell, struct json_object *value);
void output_put_words(struct printbuf *cell, struct json_object *list);

/* The member at a path like "querier.address"; NULL if there is none. */
struct json_object *output_member(struct json_object *row, const char *path);

#endif /* XMGM_LIB_OUTPUT_H */
