/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Interfaces on which a protocol hears IGMP though no IGMP router runs there:
 * the host's side needs the queries of others. In the plane that is an open
 * gate; the manager's own gate, which is about the router's side, is not
 * touched.
 */
#include "daemon.h"

#include <errno.h>
#include <stdlib.h>

static size_t find(const struct router *r, uint32_t ifid)
{
	size_t i = 0;

	while (i < r->hearing_count && r->hearing[i] != ifid)
		i++;
	return i;
}

static bool heard(const struct router *r, uint32_t ifid)
{
	return find(r, ifid) < r->hearing_count;
}

enum xmgm_gate hearing_gate(const struct router *r, uint32_t ifid,
			    enum xmgm_gate gate)
{
	return gate == XMGM_GATE_OFF && heard(r, ifid) ? XMGM_GATE_ON : gate;
}

static int note(struct router *r, uint32_t ifid, bool hear)
{
	size_t i = find(r, ifid);
	uint32_t *grown;

	if (!hear) {
		r->hearing[i] = r->hearing[--r->hearing_count];
		return 0;
	}
	grown = realloc(r->hearing, (r->hearing_count + 1) * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	r->hearing = grown;
	r->hearing[r->hearing_count++] = ifid;
	return 0;
}

/* The plane's entry, as the manager has it and as it is heard. */
static int apply(struct router *r, uint32_t ifid)
{
	struct mgm_interface_info info = {.size = sizeof(info)};
	struct xmgm_interface state = {.owner = XMGM_OWNER_NONE};

	if (!mgm_interface_get(r->mgm, ifid, &info)) {
		state.owner = (enum xmgm_owner)info.owner;
		state.gate = (enum xmgm_gate)info.gate;
		state.epoch = info.epoch;
	}
	state.gate = hearing_gate(r, ifid, state.gate);
	if (state.owner || state.gate)
		return plane_interface_set(r->plane, ifid, &state);
	plane_interface_del(r->plane, ifid);
	return 0;
}

int hearing_set(struct router *r, uint32_t ifid, bool hear)
{
	int err;

	if (heard(r, ifid) == hear)
		return 0;
	err = note(r, ifid, hear);
	if (err)
		return err;
	return apply(r, ifid);
}

void hearing_unowned(struct router *r, uint32_t ifid)
{
	const struct xmgm_interface state = {.owner = XMGM_OWNER_NONE,
					     .gate = XMGM_GATE_ON};

	if (heard(r, ifid))
		plane_interface_set(r->plane, ifid, &state);
}

void hearing_gone(struct router *r, uint32_t ifid)
{
	if (!heard(r, ifid))
		return;
	note(r, ifid, false);
	plane_interface_del(r->plane, ifid);
}

void hearing_free(struct router *r)
{
	free(r->hearing);
	r->hearing = NULL;
	r->hearing_count = 0;
}
