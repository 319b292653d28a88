/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Options of a configuration as tables: name, kind, range, default and place
 * in a struct. One table reads the file, fills in what is not there, judges
 * and shows. A protocol brings its own; whoever reads the file walks it
 * without knowing what it means.
 */
#ifndef XMGM_LIB_OPTION_H
#define XMGM_LIB_OPTION_H

#include <stdint.h>

#include "lib/conf.h"

enum option_kind {
	OPTION_U8,
	OPTION_U32,
	OPTION_U64,
	OPTION_SECONDS, /* uint32_t milliseconds, written in seconds */
	OPTION_BOOL,
	OPTION_WORD, /* an int: the index into words */
	OPTION_TEXT, /* char[max + 1], min to max characters */
};

struct conf_option {
	const char *name; /* NULL ends a table */
	enum option_kind kind;
	uint64_t min, max;	  /* as written: seconds, not milliseconds */
	uint64_t standard;	  /* the default, as stored */
	uint64_t zero;		  /* what a stored 0 stands for, to show it */
	size_t offset;		  /* in the struct */
	const char *const *words; /* of OPTION_WORD, ended by NULL */
};

/* Fills base with every default. */
void option_defaults(const struct conf_option *table, void *base);

/* The option of this name, or NULL. */
const struct conf_option *option_find(const struct conf_option *table,
				      const char *name);

/*
 * Stores one value. Returns 0, or -EINVAL with what is allowed in why: "write
 * seconds from 1 to 3174".
 */
#define OPTION_WHY 160
int option_store(const struct conf_option *option, const char *text, void *base,
		 char why[OPTION_WHY]);

/*
 * Reads an item that is an option of the table; what is wrong is complained
 * of. Returns 0, -ENOENT if the table has no such option, -EINVAL.
 */
int option_read(const struct conf_option *table, const struct conf_item *item,
		void *base, struct conf_errors *errors);

/* The value as it would be written, without quotes. Returns buffer. */
#define OPTION_TEXT_MAX 256
const char *option_text(const struct conf_option *option, const void *base,
			char buffer[OPTION_TEXT_MAX]);
/* The number stored: of SECONDS milliseconds, of WORD the index. */
uint64_t option_value(const struct conf_option *option, const void *base);
/* The same with what a 0 stands for. */
uint64_t option_shown(const struct conf_option *option, const void *base);

/*
 * The known name that is nearest to an unknown one, or NULL if none is near.
 * next(arg) gives the known ones, then NULL.
 */
const char *option_nearest(const char *unknown, const char *(*next)(void *arg),
			   void *arg);

#endif /* XMGM_LIB_OPTION_H */
