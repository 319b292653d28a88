/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A daemon that is told beforehand what it will hear and what it is to say:
 * the other end of libmgm's socket, for test_libmgm*.c. It lives in a thread,
 * compares each line that it reads with its script, and hangs up at its end.
 */
#ifndef XMGM_UNIT_PEER_H
#define XMGM_UNIT_PEER_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

/*
 * hears: params and method of a request, as in mgm.METHOD{PARAMS}, or NULL:
 * none, it speaks at once. says: lines; "result" and "error" objects without a
 * number get the one of the request; NULL: nothing.
 */
struct peer_step {
	const char *hears;
	const char *says;
};

struct peer {
	char directory[32], path[64];
	int listener;
	pthread_t thread;
	const struct peer_step *steps;
	size_t count, piece; /* bytes written at a time */
	unsigned int id;     /* of the last request */
	bool silent;	     /* does not hang up before peer_stop */
	int quit[2];
	char wrong[2048]; /* what differed first */
};

/* Hello is heard and answered by itself, as a step before all others. */
void peer_start(struct peer *peer, const struct peer_step *steps, size_t count);
/* Ends it, and fails if it has heard something else, or less. */
void peer_stop(struct peer *peer);

#endif /* XMGM_UNIT_PEER_H */
