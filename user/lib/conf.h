/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The syntax of configuration files: text becomes a tree of items, each with
 * the place where it stands. What the items mean is not known here; the
 * daemon and protocols outside it read the same file, each its own part.
 *
 *   file    = { item }
 *   item    = name ( "=" | "+=" ) values       an option
 *           | name [ value ] "{" { item } "}"  a section
 *           | name value                       a statement, as: include "x"
 *   values  = value | "{" [ value { "," value } [ "," ] ] "}"
 *   value   = word | "string" | 'string'
 *
 * A word is any run of characters but white space and " ' # = { } ( ) , and a
 * + before =. Comments go from # or // to the end of the line, or from the
 * mark of C to its end. In a "string" \n \t \r \" \' and \\ stand for what
 * they do in C and a backslash at the end of a line joins it with the next;
 * in a 'string' only \' and \\ are special.
 *
 * Pure: included files are read by the caller's hook.
 */
#ifndef XMGM_LIB_CONF_H
#define XMGM_LIB_CONF_H

#include <stdbool.h>
#include <stddef.h>

#define CONF_DEPTH    16 /* sections in sections */
#define CONF_INCLUDES 8	 /* files in files */
#define CONF_FILES    1024
#define CONF_ERRORS   100 /* complaints about one text */

/* Where something stands; lines and columns (of bytes) begin at 1. */
struct conf_place {
	const char *file; /* lives as long as the tree */
	unsigned int line, column;
};

struct conf_value {
	char *text;
	struct conf_place place;
};

/* An option, a section or a statement. */
struct conf_item {
	struct conf_item *next;
	struct conf_item *items; /* of a section */
	struct conf_place place;
	char *name;
	struct conf_value *values; /* a section's title is its only one */
	size_t count;
	bool section;
	bool assigned; /* an option: by = or += */
	bool append;   /* by += */
};

/* A tree: the items of the file and of those it includes, in order. */
struct conf {
	struct conf_item *items;
	char **files; /* the names that places point to */
	size_t file_count;
};

/* Complaints: a sentence each, with file, line and column. */
struct conf_errors {
	char **lines;
	size_t count;
};

void conf_complain(struct conf_errors *errors, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* The same with "file:line:column: " before it. */
void conf_complain_at(struct conf_errors *errors,
		      const struct conf_place *place, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void conf_errors_free(struct conf_errors *errors);

/*
 * What `include "pattern"` means: calls each, with the name and the text of
 * every file, in order. Returns 0, a result of each, or -ENOENT, -EACCES, ...
 * if the pattern without wildcards names nothing that can be read. from: the
 * file that says it.
 */
struct conf_source {
	void *arg;
	int (*include)(void *arg, const char *from, const char *pattern,
		       int (*each)(void *ctx, const char *file,
				   const char *text),
		       void *ctx);
};

/*
 * Reads a text, NUL-terminated; file is its name for the complaints. source
 * may be NULL: include is a complaint then. Every error of syntax is one
 * complaint, up to CONF_ERRORS. Returns 0, -EINVAL with complaints (*conf is
 * what could be read, so that its meaning can be judged as well), or -ENOMEM
 * with *conf NULL. Free it by conf_free.
 */
int conf_parse(const char *file, const char *text,
	       const struct conf_source *source, struct conf **conf,
	       struct conf_errors *errors);
void conf_free(struct conf *conf);

#endif /* XMGM_LIB_CONF_H */
