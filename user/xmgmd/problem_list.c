/* SPDX-License-Identifier: GPL-2.0-only */
/* See problem_list.h. */
#include "problem_list.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct problem {
	struct problem *next;
	char *name;
	char *sentence;
	uint64_t since_ms;
	bool still; /* found again by the look going on */
	bool told;
};

static void problem_free(struct problem *p)
{
	free(p->name);
	free(p->sentence);
	free(p);
}

void problem_list_begin(struct problem_list *list)
{
	struct problem *p;

	for (p = list->first; p; p = p->next)
		p->still = false;
}

static struct problem *problem_new(const char *name, const char *sentence)
{
	struct problem *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->name = strdup(name);
	p->sentence = strdup(sentence);
	if (p->name && p->sentence)
		return p;
	problem_free(p);
	return NULL;
}

int problem_list_found(struct problem_list *list, const char *name,
		       const char *sentence, uint64_t now_ms)
{
	struct problem *p;

	for (p = list->first; p; p = p->next)
		if (!strcmp(p->name, name) && !strcmp(p->sentence, sentence))
			break;
	if (!p) {
		p = problem_new(name, sentence);
		if (!p)
			return -ENOMEM;
		p->since_ms = now_ms;
		p->next = list->first;
		list->first = p;
	}
	p->still = true;
	return 0;
}

/* Returns when it will have lasted; UINT64_MAX: it is told. */
static uint64_t problem_age(const struct problem_list *list, struct problem *p,
			    uint64_t now_ms)
{
	if (p->told)
		return UINT64_MAX;
	if (now_ms < p->since_ms + PROBLEM_LASTS_MS)
		return p->since_ms + PROBLEM_LASTS_MS;
	p->told = true;
	list->tell(list->arg, p->name, p->sentence, false);
	return UINT64_MAX;
}

uint64_t problem_list_end(struct problem_list *list, uint64_t now_ms)
{
	struct problem **at = &list->first, *p;
	uint64_t due, next = UINT64_MAX;

	while ((p = *at)) {
		if (p->still) {
			due = problem_age(list, p, now_ms);
			next = due < next ? due : next;
			at = &p->next;
			continue;
		}
		if (p->told)
			list->tell(list->arg, p->name, p->sentence, true);
		*at = p->next;
		problem_free(p);
	}
	return next;
}

void problem_list_free(struct problem_list *list)
{
	struct problem *p;

	while ((p = list->first)) {
		list->first = p->next;
		problem_free(p);
	}
}
