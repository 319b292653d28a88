/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Oif sets: equal lists of oifs share one devmap in one slot of `oif_sets`,
 * and a set does not change while a route names it. Empty devmaps of every
 * size class lie ready in their slots, because putting one there costs a
 * grace period (8 ms) and filling one that is there a microsecond. A set that
 * no route names any more is emptied only after a grace period, for which
 * the worker thread waits (grace.c).
 */
#include "bpf.h"

#include <errno.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "lib/log.h"

#define POOL_MEDIUM 5  /* from this class (32 oifs) up keep a quarter */
#define POOL_LARGE  7  /* from this one (128 oifs) up keep only 2 */
#define POOL_SHARE  64 /* of all slots may be the free ones of a class */

static uint32_t class_of(size_t count)
{
	uint32_t c = 0;

	while ((1u << c) < count)
		c++;
	return c;
}

static uint32_t pool_wanted(const struct plane_bpf *p, uint32_t size_class)
{
	uint32_t low = p->options.pool_low;

	if (low > p->in.abi.max_sets / POOL_SHARE)
		low = p->in.abi.max_sets / POOL_SHARE;
	if (size_class >= POOL_LARGE && low > 2)
		low = 2;
	else if (size_class >= POOL_MEDIUM)
		low /= 4;
	return low ? low : 1;
}

static uint32_t oifs_hash(const uint32_t *oifs, size_t count)
{
	return hash_bytes(oifs, count * sizeof(*oifs));
}

static struct set *find_equal(struct sets *sets, const uint32_t *oifs,
			      size_t count)
{
	struct hash_node *node =
		hash_first(&sets->by_oifs, oifs_hash(oifs, count));

	for (; node; node = hash_next(node)) {
		struct set *set = hash_entry(node, struct set, node);

		if (set->count == count &&
		    !memcmp(set->oifs, oifs, count * sizeof(*oifs)))
			return set;
	}
	return NULL;
}

static void add_free(struct sets *sets, struct set *set)
{
	set->state = SET_FREE;
	sets->by_slot[set->id] = set;
	TAILQ_INSERT_TAIL(&sets->free[set->size_class], set, link);
	sets->free_count[set->size_class]++;
}

/* Orders up to `count` sets in slots that were never used; how many. */
static uint32_t order_sets(struct plane_bpf *p, struct set_order *orders,
			   uint32_t size_class, uint32_t count)
{
	struct sets *sets = &p->sets;
	uint32_t n = 0;

	while (n < count && sets->next_slot < p->in.abi.max_sets) {
		uint32_t slot = sets->next_slot++;

		if (!sets->by_slot[slot])
			orders[n++] = (struct set_order){slot, size_class};
	}
	return n;
}

/* What the classes lack, from half of what is wanted down. */
static uint32_t order_missing(struct plane_bpf *p, struct set_order *orders)
{
	uint32_t n = 0;

	for (uint32_t c = 0; c < SET_CLASSES && n < POOL_BATCH; c++) {
		uint32_t wanted = pool_wanted(p, c);
		uint32_t have = p->sets.free_count[c];

		if (have > wanted / 2)
			continue;
		if (wanted - have > POOL_BATCH - n)
			wanted = have + POOL_BATCH - n;
		n += order_sets(p, orders + n, c, wanted - have);
	}
	return n;
}

static void make_now(struct plane_bpf *p, const struct set_order *orders,
		     uint32_t count)
{
	struct set_list made = TAILQ_HEAD_INITIALIZER(made);
	int err = count ? sets_make(p, &made, orders, count) : 0;
	struct set *set;

	if (err)
		log_warn("cannot make oif sets: %s", strerror(-err));
	while ((set = TAILQ_FIRST(&made))) {
		TAILQ_REMOVE(&made, set, link);
		add_free(&p->sets, set);
	}
}

void sets_fill_pool(struct plane_bpf *p)
{
	struct set_order orders[POOL_BATCH];
	uint32_t n;

	do {
		n = order_missing(p, orders);
		make_now(p, orders, n);
	} while (n == POOL_BATCH);
}

/* The pool is empty: a few sets at the price of one grace period. */
static void fill_now(struct plane_bpf *p, uint32_t size_class)
{
	struct set_order orders[8];

	p->sets.pool_empty++;
	make_now(p, orders, order_sets(p, orders, size_class, 8));
}

static struct set *pop_free(struct sets *sets, uint32_t size_class)
{
	struct set *set = TAILQ_FIRST(&sets->free[size_class]);

	if (!set)
		return NULL;
	TAILQ_REMOVE(&sets->free[size_class], set, link);
	sets->free_count[size_class]--;
	return set;
}

/* All slots are taken, some by empty sets that are too small: one of these
 * gets a larger devmap, at the price of a grace period. */
static struct set *enlarge_free(struct plane_bpf *p, uint32_t wanted)
{
	struct set_list made = TAILQ_HEAD_INITIALIZER(made);
	struct set *larger, *set = NULL;
	struct set_order order;

	for (uint32_t c = wanted; c-- && !set;)
		set = pop_free(&p->sets, c);
	if (!set)
		return NULL;
	order = (struct set_order){set->id, wanted};
	if (sets_make(p, &made, &order, 1)) {
		add_free(&p->sets, set);
		return NULL;
	}
	larger = TAILQ_FIRST(&made);
	p->sets.by_slot[set->id] = larger;
	close(set->fd);
	free(set);
	return larger;
}

/* An empty set with room for `count`; larger ones serve if need be. */
static struct set *take_free(struct plane_bpf *p, size_t count)
{
	struct sets *sets = &p->sets;
	uint32_t wanted = class_of(count);

	for (int round = 0; round < 2; round++) {
		/* Four times as large at first, any if nothing else helps. */
		uint32_t last = round ? SET_CLASSES - 1 : wanted + 2;

		for (uint32_t c = wanted; c <= last && c < SET_CLASSES; c++) {
			struct set *set = pop_free(sets, c);

			if (set)
				return set;
		}
		if (!round)
			fill_now(p, wanted);
	}
	return enlarge_free(p, wanted);
}

int set_write_info(struct plane_bpf *p, struct set *set)
{
	/* One that has lost its last oif is in use still (was_used). */
	struct xmgm_set_info info = {
		.oifs = set->count ? set->count : 1,
		.references = set->references,
		.tags = set->tag_count,
	};

	if (set->state == SET_FREE)
		info.oifs = 0;

	set->seen_references = set->references;
	set->mtu = info.mtu = set_least_mtu(p, set);
	return bpf_map_update_elem(p->in.map[MAP_sets], &set->id, &info,
				   BPF_ANY);
}

/*
 * The devmap has the ports whose path is XDP, by ifid. A device that is just
 * gone is left out: the manager will hear of it.
 */
static int fill_place(struct plane_bpf *p, const struct set *set,
		      const struct plane_port *port)
{
	struct bpf_devmap_val value = {
		.ifindex = port->ifindex,
		.bpf_prog.fd = plain_entry_program(p, port->ifid),
	};
	int err;

	if (port->path != PLANE_PATH_XDP) {
		err = bpf_map_delete_elem(set->fd, &port->ifid);
		return err == -ENOENT ? 0 : err;
	}
	err = bpf_map_update_elem(set->fd, &port->ifid, &value, BPF_ANY);
	return err == -EINVAL || err == -ENODEV ? 0 : err;
}

/* The oifs by place, for the clone path; none behind them. */
static void write_list(struct plane_bpf *p, const struct set *set)
{
	int map = p->in.map[MAP_set_list];
	struct xmgm_set_place key = {.set = set->id};

	for (; key.place < set->count; key.place++) {
		const struct port *port = port_find(p, set->oifs[key.place]);
		struct xmgm_oif_place place = {0};

		if (port && port->told.path != PLANE_PATH_NONE)
			place = port_place(&port->told);
		bpf_map_update_elem(map, &key, &place, BPF_ANY);
	}
	while (!bpf_map_delete_elem(map, &key))
		key.place++;
}

static int fill_set(struct plane_bpf *p, struct set *set)
{
	int err;

	for (uint32_t i = 0; i < set->count; i++) {
		struct xmgm_oif_key key = {set->id, set->oifs[i]};
		struct port *port = port_get(p, set->oifs[i]);
		struct xmgm_oif oif = {0};

		if (!port)
			return -ENOMEM;
		err = fill_place(p, set, &port->told);
		if (err)
			return err;
		memcpy(oif.name, port->told.name, sizeof(oif.name));
		bpf_map_update_elem(p->in.map[MAP_oifs], &key, &oif, BPF_ANY);
	}
	write_list(p, set);
	err = tags_write(p, set);
	return err ? err : set_write_info(p, set);
}

static void empty_set(struct plane_bpf *p, struct set *set)
{
	for (uint32_t i = 0; i < set->count; i++) {
		struct xmgm_oif_key key = {set->id, set->oifs[i]};

		bpf_map_delete_elem(set->fd, &set->oifs[i]);
		bpf_map_delete_elem(p->in.map[MAP_oifs], &key);
	}
	tags_clear(p, set);
	set->count = 0;
	write_list(p, set);
	free(set->oifs);
	set->oifs = NULL;
}

static struct set *make_used(struct plane_bpf *p, const uint32_t *oifs,
			     size_t count)
{
	struct set *set = take_free(p, count);
	uint32_t *copy = malloc(count * sizeof(*copy));
	int err;

	if (!set || !copy)
		goto fail;
	memcpy(copy, oifs, count * sizeof(*copy));
	set->oifs = copy;
	set->count = count;
	set->state = SET_USED;
	if (hash_insert(&p->sets.by_oifs, &set->node, oifs_hash(oifs, count)))
		goto fail;
	err = fill_set(p, set);
	if (!err)
		return set;
	hash_remove(&p->sets.by_oifs, &set->node);
	empty_set(p, set);
	add_free(&p->sets, set);
	errno = -err;
	return NULL;
fail:
	errno = set ? ENOMEM : ENOSPC;
	free(copy);
	if (set) {
		set->oifs = NULL;
		set->count = 0;
		add_free(&p->sets, set);
	}
	return NULL;
}

/* One that is not emptied yet: the grace period finds it in use again. */
static void add_reference(struct sets *sets, struct set *set)
{
	if (set->state == SET_DYING) {
		set->state = SET_USED;
		set->revived = true;
		sets->used++;
	}
	set->references++;
}

int sets_get(struct plane_bpf *p, const uint32_t *oifs, size_t count,
	     uint32_t *id)
{
	struct sets *sets = &p->sets;
	struct set *set;

	if (!count) {
		*id = XMGM_SET_NEGATIVE;
		return 0;
	}
	if (count > XMGM_SET_OIFS)
		return -EINVAL;
	set = find_equal(sets, oifs, count);
	if (!set) {
		set = make_used(p, oifs, count);
		if (!set) {
			sets->refused += errno == ENOSPC;
			return -errno;
		}
		sets->used++;
		log_trace(LOG_PLANE, "set %u from the pool: %zu oifs", set->id,
			  count);
		sets_work(p);
	}
	add_reference(sets, set);
	*id = set->id;
	return 0;
}

bool sets_hold(struct plane_bpf *p, uint32_t id)
{
	struct set *set = id < p->in.abi.max_sets ? p->sets.by_slot[id] : NULL;

	if (!set || set->state == SET_FREE)
		return false;
	add_reference(&p->sets, set);
	return true;
}

bool set_has_oif(const struct set *set, uint32_t ifid)
{
	for (uint32_t i = 0; i < set->count; i++)
		if (set->oifs[i] == ifid)
			return true;
	return false;
}

/* A new device may get the same index, and these sets do not have it. */
void sets_port_gone(struct plane_bpf *p, uint32_t ifid)
{
	for (uint32_t i = 0; i < p->in.abi.max_sets; i++) {
		struct set *set = p->sets.by_slot[i];

		if (!set || set->stale || !set_has_oif(set, ifid))
			continue;
		hash_remove(&p->sets.by_oifs, &set->node);
		set->stale = true;
	}
}

/*
 * Takes one of its oifs out, with what it has counted for that so far. Its
 * references stay, and nobody finds it any more.
 */
static void lose_oif(struct plane_bpf *p, struct set *set, uint32_t at)
{
	struct xmgm_oif_key key = {set->id, set->oifs[at]};

	if (!tags_lose(p, set, key.ifid))
		bpf_map_delete_elem(set->fd, &key.ifid);
	if (!set->stale)
		hash_remove(&p->sets.by_oifs, &set->node);
	set->stale = true;
	set_refresh(p, set);
	bpf_map_delete_elem(p->in.map[MAP_oifs], &key);
	set->count--;
	memmove(set->oifs + at, set->oifs + at + 1,
		(set->count - at) * sizeof(*set->oifs));
	write_list(p, set);
	set_write_info(p, set);
}

void sets_oif_lose(struct plane_bpf *p, uint32_t ifid)
{
	for (uint32_t i = 0; i < p->in.abi.max_sets; i++) {
		struct set *set = p->sets.by_slot[i];

		for (uint32_t k = 0; set && k < set->count; k++) {
			if (set->oifs[k] == ifid)
				lose_oif(p, set, k);
		}
	}
}

/* Numbers its oifs as they are now; what ingress reads of it, last. */
static int renumber(struct plane_bpf *p, struct set *set)
{
	int err = tags_write(p, set);

	return err || !set->tag_count ? err : set_write_info(p, set);
}

int sets_port_trunk(struct plane_bpf *p, uint32_t ifid)
{
	int err = 0;

	for (uint32_t i = 0; i < p->in.abi.max_sets && !err; i++) {
		struct set *set = p->sets.by_slot[i];

		if (set && set_has_oif(set, ifid))
			err = renumber(p, set);
	}
	return err;
}

/* One that is dying may be found by its oifs again. */
int sets_port_moved(struct plane_bpf *p, const struct port *port)
{
	int err, first = 0;

	for (uint32_t i = 0; i < p->in.abi.max_sets; i++) {
		struct set *set = p->sets.by_slot[i];

		if (!set || set->stale || !set_has_oif(set, port->told.ifid))
			continue;
		err = fill_place(p, set, &port->told);
		write_list(p, set);
		if (!err)
			err = renumber(p, set);
		if (!first)
			first = err;
	}
	return first;
}

struct set *sets_find(struct plane_bpf *p, uint32_t id)
{
	return id >= XMGM_SET_FIRST && id < p->in.abi.max_sets
		       ? p->sets.by_slot[id]
		       : NULL;
}

void sets_put(struct plane_bpf *p, uint32_t id)
{
	struct set *set = sets_find(p, id);

	if (!set || !set->references || --set->references)
		return;
	set->state = SET_DYING;
	p->sets.used--;
	/* One that was revived may still stand on a list. */
	if (!set->listed) {
		set->listed = true;
		set->revived = false;
		TAILQ_INSERT_TAIL(&p->sets.dying, set, link);
	}
}

/* A grace period has passed since these were put on the waiting list. */
static void reap(struct plane_bpf *p)
{
	struct sets *sets = &p->sets;
	struct set *set;

	while ((set = TAILQ_FIRST(&sets->waiting))) {
		TAILQ_REMOVE(&sets->waiting, set, link);
		set->listed = false;
		if (set->state != SET_DYING)
			continue;
		if (set->revived) {
			/* Used and left again meanwhile: one more period. */
			set->revived = false;
			set->listed = true;
			TAILQ_INSERT_TAIL(&sets->dying, set, link);
			continue;
		}
		if (!set->stale)
			hash_remove(&sets->by_oifs, &set->node);
		set->stale = false;
		set_hand_over(p, set);
		empty_set(p, set);
		add_free(sets, set);
		log_trace(LOG_PLANE, "set %u back in the pool", set->id);
		set_write_info(p, set);
	}
}

void sets_work(struct plane_bpf *p)
{
	struct sets *sets = &p->sets;
	struct set_worker *w = &sets->worker;
	struct set *set;
	bool grace;

	if (!w->running)
		return;
	pthread_mutex_lock(&w->lock);
	while ((set = TAILQ_FIRST(&w->done_fill))) {
		TAILQ_REMOVE(&w->done_fill, set, link);
		add_free(sets, set);
	}
	grace = w->done_grace;
	w->done_grace = false;
	pthread_mutex_unlock(&w->lock);
	if (grace)
		reap(p);

	pthread_mutex_lock(&w->lock);
	if (!w->job_fill_count)
		w->job_fill_count = order_missing(p, w->job_fill);
	if (TAILQ_EMPTY(&sets->waiting) && !TAILQ_EMPTY(&sets->dying) &&
	    !w->job_grace) {
		TAILQ_CONCAT(&sets->waiting, &sets->dying, link);
		w->job_grace = true;
	}
	pthread_cond_signal(&w->wake);
	pthread_mutex_unlock(&w->lock);
}

/* The devmap in a slot of a plane that is taken over; NULL if none. */
static struct set *adopt_slot(struct plane_bpf *p, uint32_t slot)
{
	struct bpf_map_info info = {0};
	__u32 id, len = sizeof(info);
	struct set *set;
	int fd;

	if (bpf_map_lookup_elem(p->in.map[MAP_oif_sets], &slot, &id))
		return NULL;
	fd = bpf_map_get_fd_by_id(id);
	if (fd < 0)
		return NULL;
	set = calloc(1, sizeof(*set));
	if (!set || bpf_obj_get_info_by_fd(fd, &info, &len)) {
		free(set);
		close(fd);
		return NULL;
	}
	set->id = slot;
	set->fd = fd;
	set->size_class = class_of(info.max_entries);
	return set;
}

static int compare_ids(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

/* Its devmap is empty, but a route may name it: it is not given to others. */
static bool was_used(struct plane_bpf *p, uint32_t slot)
{
	struct xmgm_set_info info;

	return !bpf_map_lookup_elem(p->in.map[MAP_sets], &slot, &info) &&
	       info.oifs;
}

static int adopt_member(struct set *set, uint32_t ifid)
{
	if (!set->oifs)
		set->oifs = calloc(1u << set->size_class, sizeof(*set->oifs));
	if (!set->oifs)
		return -ENOMEM;
	if (set->count < 1u << set->size_class)
		set->oifs[set->count++] = ifid;
	return 0;
}

/* What the devmap holds; a device that has gone is no member any more. */
static int adopt_devices(struct plane_bpf *p, struct set *set)
{
	struct bpf_devmap_val place;
	uint32_t key, *last = NULL;
	struct port *port;
	int err = 0;

	while (!err && !bpf_map_get_next_key(set->fd, last, &key)) {
		port = port_get(p, key);
		if (!port)
			return -ENOMEM;
		if (!bpf_map_lookup_elem(set->fd, &key, &place))
			plain_adopt_entry(port, place.bpf_prog.id);
		err = adopt_member(set, key);
		last = err ? NULL : &set->oifs[set->count - 1];
	}
	return err;
}

/* Another may have got the ifindex since. */
static bool is_named(uint32_t ifindex, const char *name)
{
	char now[IF_NAMESIZE];

	return if_indextoname(ifindex, now) && !strcmp(now, name);
}

/*
 * What `oifs` names beside: ports whose path is another, as long as they are
 * there. Whether they get copies is known when it is said what they are.
 */
static int adopt_others(struct plane_bpf *p)
{
	int err = 0, map = p->in.map[MAP_oifs];
	struct xmgm_oif_key key, *last = NULL;
	struct bpf_devmap_val place;
	struct xmgm_oif oif;
	struct port *port;
	struct set *set;

	for (; !err && !bpf_map_get_next_key(map, last, &key); last = &key) {
		set = sets_find(p, key.set);
		if (!set || !bpf_map_lookup_elem(set->fd, &key.ifid, &place) ||
		    bpf_map_lookup_elem(map, &key, &oif))
			continue;
		port = port_get(p, key.ifid);
		if (!port)
			return -ENOMEM;
		if (!port->told.vlan && !is_named(key.ifid, oif.name))
			continue;
		port->unsure = true;
		err = adopt_member(set, key.ifid);
	}
	return err;
}

/* Nobody's yet: it dies unless a route claims it. */
static int adopt_set(struct plane_bpf *p, struct set *set)
{
	int err = tags_adopt(p, set);

	if (set->count) {
		qsort(set->oifs, set->count, sizeof(*set->oifs), compare_ids);
		set->stale = tags_lost(set);
		if (!set->stale)
			err = hash_insert(&p->sets.by_oifs, &set->node,
					  oifs_hash(set->oifs, set->count));
	} else if (was_used(p, set->id)) {
		set->stale = true;
	} else {
		add_free(&p->sets, set);
		return 0;
	}
	set->state = SET_DYING;
	set_adopt_counts(p, set);
	set->listed = true;
	TAILQ_INSERT_TAIL(&p->sets.dying, set, link);
	return err;
}

int sets_adopt(struct plane_bpf *p)
{
	struct sets *sets = &p->sets;
	uint32_t slot;
	int err = 0;

	for (slot = XMGM_SET_FIRST; slot < p->in.abi.max_sets && !err; slot++) {
		sets->by_slot[slot] = adopt_slot(p, slot);
		if (sets->by_slot[slot])
			err = adopt_devices(p, sets->by_slot[slot]);
	}
	plain_adopted(p);
	if (!err)
		err = adopt_others(p);
	for (slot = XMGM_SET_FIRST; slot < p->in.abi.max_sets && !err; slot++)
		if (sets->by_slot[slot])
			err = adopt_set(p, sets->by_slot[slot]);
	return err;
}

int sets_init(struct plane_bpf *p)
{
	struct sets *sets = &p->sets;

	TAILQ_INIT(&sets->dying);
	TAILQ_INIT(&sets->waiting);
	TAILQ_INIT(&sets->worker.done_fill);
	for (uint32_t c = 0; c < SET_CLASSES; c++)
		TAILQ_INIT(&sets->free[c]);
	sets->next_slot = XMGM_SET_FIRST;
	sets->by_slot = calloc(p->in.abi.max_sets, sizeof(*sets->by_slot));
	return sets->by_slot ? 0 : -ENOMEM;
}

void sets_free(struct plane_bpf *p)
{
	struct sets *sets = &p->sets;

	worker_stop(p);
	sets_work(p);
	for (uint32_t i = 0; sets->by_slot && i < p->in.abi.max_sets; i++) {
		struct set *set = sets->by_slot[i];

		if (!set)
			continue;
		close(set->fd);
		free(set->oifs);
		free(set->tags);
		free(set);
	}
	free(sets->by_slot);
	hash_clear(&sets->by_oifs);
}
