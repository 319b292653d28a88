/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which problems have been told. A problem is told when it has lasted, so
 * that a link that comes up in two steps makes no alarm, and once more when
 * it is solved; what was not told is not solved either. Pure: the owner looks
 * at all interfaces, says what it has found, and brings the time.
 */
#ifndef XMGM_XMGMD_PROBLEM_LIST_H
#define XMGM_XMGMD_PROBLEM_LIST_H

#include <stdbool.h>
#include <stdint.h>

#define PROBLEM_LASTS_MS 1000

struct problem;

struct problem_list {
	struct problem *first;
	void *arg;
	void (*tell)(void *arg, const char *name, const char *sentence,
		     bool solved);
};

/* Each look at all interfaces: begin, found for each problem, end. */
void problem_list_begin(struct problem_list *list);
/*
 * The same problem is the same sentence of the same interface: one with a
 * number that changes would never last. 0 or -ENOMEM.
 */
int problem_list_found(struct problem_list *list, const char *name,
		       const char *sentence, uint64_t now_ms);
/* Tells. Returns when to look again, UINT64_MAX: not for our sake. */
uint64_t problem_list_end(struct problem_list *list, uint64_t now_ms);
void problem_list_free(struct problem_list *list);

#endif /* XMGM_XMGMD_PROBLEM_LIST_H */
