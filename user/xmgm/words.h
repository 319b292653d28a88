/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Finding words by their beginnings, as `ip` does: `sh mr` is `show mroute`.
 * A whole word beats a beginning; a beginning of two words is refused. Pure.
 */
#ifndef XMGM_CLI_WORDS_H
#define XMGM_CLI_WORDS_H

#include <stdbool.h>
#include <stddef.h>

#define WORDS_MAX 32

/* A set of distinct words; the strings are the caller's. */
struct words {
	const char *list[WORDS_MAX];
	size_t count;
};

/* Adds a word unless it is there. Beyond WORDS_MAX: -ENOSPC. */
int words_add(struct words *words, const char *word);

/*
 * *found is the word that `given` is, or is the beginning of. 0; -ENOENT no
 * such word, *found is the nearest one (NULL if there are none); -ENOTUNIQ
 * the beginning of several, *found is the first of them.
 */
int words_find(const struct words *words, const char *given,
	       const char **found);

/* Is `given` a beginning, not empty, of word? */
bool words_begins(const char *given, const char *word);

#endif /* XMGM_CLI_WORDS_H */
