/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What each client has been told is kept for many groups at once: their number
 * may be large, that of the combinations is not. A client's registration has a
 * serial number; what was worked out before it says nothing of the client, but
 * who wanted it then is what it has found.
 */
#include "mgm/internal.h"

bool set_has(const struct client_set *set, uint16_t slot)
{
	return set->word[slot / 64] >> (slot % 64) & 1;
}

void set_put(struct client_set *set, uint16_t slot, bool on)
{
	uint64_t bit = UINT64_C(1) << (slot % 64);

	if (on)
		set->word[slot / 64] |= bit;
	else
		set->word[slot / 64] &= ~bit;
}

/* Adds those of another set. */
static void set_join(struct client_set *set, const struct client_set *other)
{
	for (size_t i = 0; i < CLIENT_WORDS; i++)
		set->word[i] |= other->word[i];
}

bool set_others(const struct client_set *set, int slot)
{
	for (int i = 0; i < (int)CLIENT_WORDS; i++) {
		uint64_t word = set->word[i];

		if (slot / 64 == i && slot != NO_SLOT)
			word &= ~(UINT64_C(1) << (slot % 64));
		if (word)
			return true;
	}
	return false;
}

bool told_to(const struct told *t, const struct client *c)
{
	if (!t)
		return false;
	if (c->serial > t->key.serial)
		return set_others(&t->key.wanters, c->slot);
	return set_has(&t->key.pulled, c->slot);
}

bool told_any(const struct mgm *m, const struct told *t)
{
	for (uint16_t i = 0; t && i < m->client_top; i++) {
		if (m->clients[i].used && told_to(t, &m->clients[i]))
			return true;
	}
	return false;
}

/* Of many groups in a row it is the same. */
static struct told *told_same(const struct mgm *m, const struct told_key *key)
{
	struct told *t = m->told_last;

	return t && !memcmp(&t->key, key, sizeof(*key)) ? t : NULL;
}

static struct told *told_get(struct mgm *m, const struct told_key *key)
{
	struct told *t = told_same(m, key);
	struct hash_node *n;
	uint32_t hash;

	if (t) {
		t->uses++;
		return t;
	}
	hash = hash_bytes(key, sizeof(*key));
	n = hash_first(&m->told, hash);

	for (; n; n = hash_next(n)) {
		t = hash_entry(n, struct told, node);
		if (!memcmp(&t->key, key, sizeof(*key)))
			break;
	}
	t = n ? hash_entry(n, struct told, node) : calloc(1, sizeof(*t));
	if (!t)
		return NULL;
	if (!n) {
		t->key = *key;
		if (hash_insert(&m->told, &t->node, hash)) {
			free(t);
			return NULL;
		}
	}
	t->uses++;
	m->told_last = t;
	return t;
}

void told_put(struct mgm *m, struct told *t)
{
	if (!t || --t->uses)
		return;
	if (m->told_last == t)
		m->told_last = NULL;
	hash_remove(&m->told, &t->node);
	free(t);
}

/*
 * Who hears what: sets the new state, and which clients' is another. Who has
 * to pull what covers it is told that, and needs no join of this.
 */
static void told_work_out(const struct mgm *m, const struct told *t,
			  struct wanted *w, struct told_key *now,
			  struct client_set *changed)
{
	struct client_set all = w->wanters;

	set_join(&all, &w->cover);
	for (uint16_t i = 0; i < m->client_top; i++) {
		const struct client *c = &m->clients[i];
		bool told, wanted;

		if (!c->used)
			continue;
		told = told_to(t, c);
		wanted = set_others(&all, i);
		if (wanted && !told && set_others(&w->cover, i))
			wanted = false;
		if (told && !wanted && w->hold) {
			w->held = true;
			wanted = true;
		}
		set_put(&now->pulled, i, wanted);
		set_put(changed, i, wanted != told);
	}
}

static int told_send(struct mgm *m, const struct told_key *now,
		     const struct client_set *changed, const struct alert *like)
{
	static const enum alert_class class[] = {ALERT_PRUNE, ALERT_JOIN};
	struct alert_list before[2];
	int err = 0;

	for (int k = 0; k < 2; k++) {
		STAILQ_INIT(&before[k]);
		STAILQ_CONCAT(&before[k], &m->queue[class[k]]);
	}
	for (uint16_t i = 0; i < m->client_top && !err; i++) {
		if (set_has(changed, i))
			err = alert_send(m, &m->clients[i],
					 set_has(&now->pulled, i) ? AL_JOIN
								  : AL_PRUNE,
					 like);
	}
	for (int k = 0; k < 2; k++) {
		if (err)
			alert_drop(&m->queue[class[k]]);
		STAILQ_CONCAT(&before[k], &m->queue[class[k]]);
		STAILQ_CONCAT(&m->queue[class[k]], &before[k]);
	}
	return err;
}

int told_tell(struct mgm *m, struct told **told, struct wanted *w,
	      const struct alert *like)
{
	struct told_key now = {.serial = m->serial, .wanters = w->wanters};
	struct client_set changed = {0};
	struct told *t = NULL;
	int err;

	told_work_out(m, *told, w, &now, &changed);
	if (!set_others(&changed, NO_SLOT) && *told &&
	    !memcmp(&(*told)->key.wanters, &now.wanters, sizeof(now.wanters)))
		return 0; /* still true */
	if (set_others(&now.pulled, NO_SLOT) ||
	    set_others(&now.wanters, NO_SLOT)) {
		t = told_get(m, &now);
		if (!t)
			return -ENOMEM;
	}
	err = told_send(m, &now, &changed, like);
	if (err) {
		told_put(m, t);
		return err;
	}
	told_put(m, *told);
	*told = t;
	w->told = set_others(&changed, NO_SLOT);
	return 0;
}
