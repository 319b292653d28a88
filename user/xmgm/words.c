/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Words by their beginnings, and the nearest word for one that is mistyped:
 * the fewest letters to insert, drop, change, or swap with their neighbour.
 */
#include "xmgm/words.h"

#include <errno.h>
#include <string.h>

#define WORD_LETTERS 32

int words_add(struct words *words, const char *word)
{
	size_t i;

	for (i = 0; i < words->count; i++) {
		if (!strcmp(words->list[i], word))
			return 0;
	}
	if (words->count == WORDS_MAX)
		return -ENOSPC;
	words->list[words->count++] = word;
	return 0;
}

bool words_begins(const char *given, const char *word)
{
	return *given && !strncmp(given, word, strlen(given));
}

static unsigned int least(unsigned int a, unsigned int b)
{
	return a < b ? a : b;
}

/* How many slips lie between two words; letters beyond the 32nd are cut. */
static unsigned int distance(const char *a, const char *b)
{
	unsigned int d[WORD_LETTERS + 1][WORD_LETTERS + 1];
	size_t n = strnlen(a, WORD_LETTERS), m = strnlen(b, WORD_LETTERS);
	size_t i, j;

	for (i = 0; i <= n; i++)
		d[i][0] = (unsigned int)i;
	for (j = 0; j <= m; j++)
		d[0][j] = (unsigned int)j;
	for (i = 1; i <= n; i++) {
		for (j = 1; j <= m; j++) {
			d[i][j] = least(d[i - 1][j], d[i][j - 1]) + 1;
			d[i][j] = least(d[i][j], d[i - 1][j - 1] + (a[i - 1] !=
								    b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
			    a[i - 2] == b[j - 1])
				d[i][j] = least(d[i][j], d[i - 2][j - 2] + 1);
		}
	}
	return d[n][m];
}

static const char *nearest(const struct words *words, const char *given)
{
	unsigned int best = ~0u, d;
	const char *found = NULL;
	size_t i;

	for (i = 0; i < words->count; i++) {
		d = distance(given, words->list[i]);
		if (d < best) {
			best = d;
			found = words->list[i];
		}
	}
	return found;
}

int words_find(const struct words *words, const char *given, const char **found)
{
	size_t i, hits = 0;

	*found = NULL;
	for (i = 0; i < words->count; i++) {
		if (!strcmp(words->list[i], given)) {
			*found = words->list[i];
			return 0;
		}
		if (!words_begins(given, words->list[i]))
			continue;
		if (!hits++)
			*found = words->list[i];
	}
	if (hits == 1)
		return 0;
	if (hits)
		return -ENOTUNIQ;
	*found = nearest(words, given);
	return -ENOENT;
}
