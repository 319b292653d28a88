/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which clients have been told to pull something (told.c). Most groups have
 * the same told of them, and share it. It stays true when clients register and
 * go, without being looked at.
 */
#ifndef XMGM_MGM_TOLD_H
#define XMGM_MGM_TOLD_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/hash.h"
#include "mgm/client.h"

struct alert;
struct mgm;

/* Who has been told when this was worked out last, and who wanted it then:
 * who has registered since has found that by enumeration. */
struct told {
	struct hash_node node;
	uint32_t uses;
	struct told_key {
		uint64_t serial; /* of the client that had registered last */
		struct client_set pulled, wanters;
	} key;
};

/* What is wanted, and by whom. */
struct wanted {
	struct client_set wanters; /* of itself */
	struct client_set cover;   /* of what covers it: no join of this */
	bool hold; /* no prunes yet: what it covers has to be told first */
	bool told; /* answer: somebody has been told */
	bool held; /* answer: there are prunes to come */
};

bool set_has(const struct client_set *set, uint16_t slot);
void set_put(struct client_set *set, uint16_t slot, bool on);
/* Is anybody but this one in the set? NO_SLOT: anybody at all. */
bool set_others(const struct client_set *set, int slot);

bool told_to(const struct told *t, const struct client *c);
/* Is there a client that knows that it pulls this? NULL: nothing was told. */
bool told_any(const struct mgm *m, const struct told *t);
/*
 * Tells who has to pull it now, or no longer. -ENOMEM: nobody has been told.
 */
int told_tell(struct mgm *m, struct told **told, struct wanted *w,
	      const struct alert *like);
void told_put(struct mgm *m, struct told *t);

#endif /* XMGM_MGM_TOLD_H */
