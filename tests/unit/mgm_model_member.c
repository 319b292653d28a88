/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The model's memberships: what a call says, and whether it may.
 */
#include "mgm_model.h"
#include "mgm_model_count.h"

#include <errno.h>
#include <string.h>

#include "xmgm/mgm.h"

/* Which writer of the interface this is; negative errno if none. */
static int writer(const struct model *w, int who, uint32_t ifid)
{
	const struct model_port *p = &w->port[ifid];

	if (model_owner(p) == NOBODY)
		return -ENOENT;
	if (p->igmp == who && p->stage == DISABLING)
		model_happened(MODEL_GATE_HELD);
	if (p->igmp == who)
		return p->stage == DISABLING ? -EAGAIN : IGMP;
	return p->owner == who ? OWNER : -EINVAL;
}

void model_overrides_clear(struct model *w, uint32_t ifid)
{
	for (uint32_t i = 0; i < TEMPLATES; i++)
		w->template[i].listed &= ~(1u << ifid);
	for (uint32_t s = 0; s < SOURCES; s++) {
		for (uint32_t g = 1; g < GROUPS; g++) {
			w->flow[s][g].override[ifid] = 0;
			w->flow[s][g].listed &= ~(1u << ifid);
		}
	}
}

/* The owner says that it wants these flows, or not: no more overrides. */
static void spoken(struct model *w, int who, uint32_t ifid, uint32_t key,
		   uint32_t source, bool wants)
{
	if (model_owner(&w->port[ifid]) != who)
		return;
	for (uint32_t s = 0; s < SOURCES; s++) {
		for (uint32_t g = 1; g < GROUPS; g++) {
			int8_t *o = &w->flow[s][g].override[ifid];

			if (!w->covers_flow[key][s][g] ||
			    (source && source != s))
				continue;
			if (*o == (wants ? -1 : 1))
				*o = 0;
		}
	}
}

static int check(const struct model *w, int who, uint32_t ifid, uint32_t s,
		 uint32_t g, unsigned int flags)
{
	if ((!g && s) || !flags)
		return -EINVAL;
	if (flags & MGM_FORWARD_STATE &&
	    (!s || model_owner(&w->port[ifid]) != who))
		return -EINVAL;
	return 0;
}

int model_add(struct model *w, int who, uint32_t ifid, uint32_t s, uint32_t g,
	      unsigned int flags)
{
	int id = writer(w, who, ifid);
	struct model_side *side;
	int err = id < 0 ? id : check(w, who, ifid, s, g, flags);

	if (err)
		return err;
	side = &w->port[ifid].side[id];
	if (!(flags & MGM_JOIN_STATE)) {
		if (!w->flow[s][g].phase)
			return -ENOENT;
		w->flow[s][g].override[ifid] = 1;
		model_happened(MODEL_OVERRIDE_ON);
		w->flow[s][g].override_stale[ifid] = false;
		return 0;
	}
	model_happened(!g ? MODEL_WILD : s ? MODEL_SOURCE : MODEL_ANY);
	if (!g) {
		side->wild = true;
		side->wild_stale = false;
	} else if (!s) {
		side->group[g].any = true;
		side->group[g].any_stale = false;
		memset(side->group[g].block, 0, sizeof(side->group[g].block));
	} else {
		side->group[g].include[s] = true;
		side->group[g].stale[s] = false;
	}
	spoken(w, who, ifid, g ? PREFIXES + g : 0, s, true);
	return 0;
}

int model_del(struct model *w, int who, uint32_t ifid, uint32_t s, uint32_t g,
	      unsigned int flags)
{
	int id = writer(w, who, ifid);
	struct model_side *side;
	int err = id < 0 ? id : check(w, who, ifid, s, g, flags);

	if (err)
		return err;
	side = &w->port[ifid].side[id];
	if (flags & MGM_FORWARD_STATE) {
		w->flow[s][g].override_stale[ifid] = false;
		if (w->flow[s][g].phase) {
			w->flow[s][g].override[ifid] = -1;
			model_happened(MODEL_OVERRIDE_OFF);
		} else if (!(flags & MGM_JOIN_STATE))
			return -ENOENT;
	}
	if (!(flags & MGM_JOIN_STATE))
		return 0;
	if (!g && side->wild)
		model_happened(MODEL_WILD_LEFT);
	if (!g) {
		side->wild = false;
	} else if (!s) {
		side->group[g].any = false;
		side->group[g].any_stale = false;
		memset(side->group[g].block, 0, sizeof(side->group[g].block));
	} else {
		side->group[g].include[s] = false;
	}
	spoken(w, who, ifid, g ? PREFIXES + g : 0, s, false);
	return 0;
}

int model_prefix(struct model *w, int who, uint32_t ifid, uint32_t prefix,
		 unsigned int flags, bool add)
{
	int id = writer(w, who, ifid);
	struct model_side *side;

	if (id < 0)
		return id;
	if (flags != MGM_JOIN_STATE)
		return -EINVAL;
	side = &w->port[ifid].side[id];
	if (add != side->prefix[prefix])
		model_happened(add ? MODEL_PREFIX : MODEL_PREFIX_LEFT);
	side->prefix[prefix] = add;
	side->prefix_stale[prefix] = false;
	spoken(w, who, ifid, prefix, 0, add);
	return 0;
}

int model_set(struct model *w, int who, uint32_t ifid, uint32_t g, bool exclude,
	      const bool listed[SOURCES])
{
	int id = writer(w, who, ifid);
	struct model_says *says;

	if (id < 0)
		return id;
	says = &w->port[ifid].side[id].group[g];
	*says = (struct model_says){.any = exclude};
	for (uint32_t s = 1; s < SOURCES; s++) {
		says->block[s] = exclude && listed[s];
		if (says->block[s])
			model_happened(MODEL_BLOCKED);
		says->include[s] = !exclude && listed[s];
		spoken(w, who, ifid, PREFIXES + g, s, exclude != listed[s]);
	}
	return 0;
}
