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
	OPTION_WORD, /* an int: the index into its words */
	OPTION_MAC,  /* uint64_t, first byte highest; 0 is written auto */
	OPTION_TEXT, /* char[max + 1], min to max characters */
	OPTION_LIST, /* OPTION_LIST_OF its items: struct option_list */
};

#define OPTION_WHY	160
#define OPTION_TEXT_MAX 256

/*
 * What a list is of. Each value of the option is an item, read and written by
 * these two; read returns 0, or -EINVAL with what is allowed in why.
 */
struct option_list {
	size_t max, size;     /* items; bytes of one */
	const char *standard; /* the default is this item, NULL: none */
	int (*read)(const char *text, void *item, char why[OPTION_WHY]);
	void (*write)(const void *item, char buffer[OPTION_TEXT_MAX]);
};

/* The place of a list in the struct; items are made of 32-bit words. */
#define OPTION_LIST_OF(type, max) \
	struct {                  \
		uint32_t count;   \
		type item[max];   \
	}

struct conf_option {
	const char *name; /* NULL ends a table */
	enum option_kind kind;
	uint64_t min, max; /* as written: seconds, not milliseconds */
	uint64_t standard; /* the default, as stored */
	uint64_t zero;	   /* what a stored 0 stands for, to show it */
	size_t offset;	   /* in the struct */
	/* WORD: const char *const *, ended by NULL. LIST: struct option_list */
	const void *of;
};

/* Fills base with every default. */
void option_defaults(const struct conf_option *table, void *base);

/* The option of this name, or NULL. */
const struct conf_option *option_find(const struct conf_option *table,
				      const char *name);

/*
 * Stores one value, of a list behind those that it has. Returns 0, or -EINVAL
 * with what is allowed in why: "write seconds from 1 to 3174".
 */
int option_store(const struct conf_option *option, const char *text, void *base,
		 char why[OPTION_WHY]);

/*
 * Reads an item that is an option of the table; what is wrong is complained
 * of. Returns 0, -ENOENT if the table has no such option, -EINVAL.
 */
int option_read(const struct conf_option *table, const struct conf_item *item,
		void *base, struct conf_errors *errors);

/* The value as it would be written, without quotes; of a list: option_item.
 * Returns buffer. */
const char *option_text(const struct conf_option *option, const void *base,
			char buffer[OPTION_TEXT_MAX]);
/* The items of a list one by one, as they would be written: NULL at its end. */
const char *option_item(const struct conf_option *option, const void *base,
			size_t index, char buffer[OPTION_TEXT_MAX]);
/* The number stored: of SECONDS milliseconds, of WORD the index, of LIST how
 * many. */
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
