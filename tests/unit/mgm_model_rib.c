/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The model's RIB: what each client has put, the kernel's routes, and which is
 * the best of all towards each source, found by looking at every one.
 */
#include "mgm_model.h"
#include "mgm_model_count.h"

#include <errno.h>
#include <string.h>

#include "xmgm/mgm.h"

/* /0, /24, two of /30, and one for each source. */
void model_rib_prefix(uint32_t i, uint32_t *number, uint8_t *length)
{
	static const uint8_t lengths[RIBS] = {0, 24, 30, 30, 32, 32, 32, 32};
	static const uint32_t numbers[RIBS] = {0, 0, 0, 4, 1, 2, 3, 4};

	*number = i ? 0x0a000000u + numbers[i] : 0;
	*length = lengths[i];
}

static bool covers(uint32_t i, uint32_t s)
{
	uint32_t number;
	uint8_t length;

	model_rib_prefix(i, &number, &length);
	return !length || !(((0x0a000000u + s) ^ number) >> (32 - length));
}

static uint8_t length_of(uint32_t i)
{
	uint32_t number;
	uint8_t length;

	model_rib_prefix(i, &number, &length);
	return length;
}

/* Is a better than b? Clients have their numbers in order of rank. */
static bool better(const struct model *w, const struct model_best *a,
		   const struct model_best *b)
{
	if (!a->ifid || !b->ifid)
		return a->ifid != 0;
	if (w->longest && a->length != b->length)
		return a->length > b->length;
	if (a->distance != b->distance)
		return a->distance < b->distance;
	return a->who != NOBODY && (b->who == NOBODY || a->who < b->who);
}

/* Of a client, the longest that is up; *count: those that are looked at. */
static struct model_best best_of(const struct model *w, int k, uint32_t s,
				 unsigned int *count)
{
	struct model_best best = {.who = k};

	for (uint32_t i = RIBS; i--;) {
		const struct model_rib_route *r = &w->route[k][i];

		if (!r->there || !covers(i, s))
			continue;
		++*count;
		if (!w->port[r->ifid].up)
			continue;
		best.ifid = r->ifid;
		best.distance = r->distance;
		best.length = length_of(i);
		break;
	}
	return best;
}

struct model_best model_rib_best(const struct model *w, uint32_t s,
				 unsigned int *count)
{
	struct model_best best = {
		.ifid = w->kernel[s],
		.who = NOBODY,
		.distance = s == MODEL_CONNECTED ? MGM_DISTANCE_CONNECTED
						 : MGM_DISTANCE_KERNEL,
		.length = MODEL_KERNEL_LENGTH,
	};

	*count = w->kernel[s] != 0;
	for (int k = 0; k < CLIENTS; k++) {
		const struct model_best its = best_of(w, k, s, count);

		if (better(w, &its, &best))
			best = its;
	}
	return best;
}

void model_rib(struct model *w)
{
	unsigned int count;

	for (uint32_t s = 1; s < SOURCES; s++)
		w->rib[s] = model_rib_best(w, s, &count).ifid;
}

void model_rib_put(struct model *w, int who, uint32_t i,
		   struct model_rib_route route)
{
	model_happened(MODEL_RIB_ROUTE);
	w->route[who % CLIENTS][i] = route;
}

int model_rib_del(struct model *w, int who, uint32_t i)
{
	if (!w->route[who % CLIENTS][i].there)
		return -ENOENT;
	w->route[who % CLIENTS][i].there = false;
	return 0;
}

void model_rib_stale(struct model *w, int who)
{
	for (uint32_t i = 0; i < RIBS; i++)
		w->route[who % CLIENTS][i].stale = true;
}

void model_rib_sweep(struct model *w, int who)
{
	bool any = false;

	for (uint32_t i = 0; i < RIBS; i++) {
		struct model_rib_route *r = &w->route[who % CLIENTS][i];

		any |= r->there && r->stale;
		r->there = r->there && !r->stale;
	}
	if (any)
		model_put(w);
}

void model_rib_gone(struct model *w, int who, uint32_t ifid)
{
	bool any = false;

	for (int k = 0; k < CLIENTS; k++) {
		for (uint32_t i = 0; i < RIBS; i++) {
			struct model_rib_route *r = &w->route[k][i];

			if (!r->there ||
			    (k != who % CLIENTS && r->ifid != ifid))
				continue;
			r->there = false;
			any = true;
		}
	}
	if (any)
		model_put(w);
}
