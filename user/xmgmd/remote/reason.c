/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Why the manager has refused what a client wants of an interface, in a
 * sentence that names the interface, who has it, and what helps.
 */
#include "internal.h"

#include <stdio.h>

struct state {
	struct mgm_interface_info interface;
	bool mine;	/* its owner, or IGMP there */
	char owner[32]; /* "static's", "yours", "nobody's" */
};

static bool lists(const struct mgm_client_info *info, uint32_t ifid)
{
	uint32_t i;

	for (i = 0; i < info->interface_count; i++)
		if (info->interfaces[i] == ifid)
			return true;
	return false;
}

/* Whose it is; of the owner and IGMP there it is the owner's. */
static void read_owner(const struct remote_client *c, uint32_t ifid,
		       struct state *s)
{
	uint32_t list[MGM_INTERFACES], protocol = 0, component = 0;
	struct mgm_client_info info = {.size = sizeof(info),
				       .interface_room = MGM_INTERFACES,
				       .interfaces = list};
	int err = mgm_client_next(c->r->mgm, NULL, &info);

	snprintf(s->owner, sizeof(s->owner), "nobody's");
	mgm_interface_owner(c->r->mgm, ifid, &protocol, &component);
	for (; !err; err = mgm_client_next(c->r->mgm, &info, &info)) {
		if (info.protocol == c->protocol &&
		    info.component == c->component)
			s->mine = lists(&info, ifid);
		if (info.protocol == protocol && info.component == component)
			snprintf(s->owner, sizeof(s->owner), "%s's", info.name);
	}
	if (s->mine)
		snprintf(s->owner, sizeof(s->owner), "yours");
}

static void read_state(const struct remote_client *c, uint32_t ifid,
		       struct state *s)
{
	*s = (struct state){.interface = {.size = sizeof(s->interface)}};
	if (mgm_interface_get(c->r->mgm, ifid, &s->interface))
		snprintf(s->interface.name, sizeof(s->interface.name),
			 "not there");
	read_owner(c, ifid, s);
}

static bool explain(char out[160], const struct state *s, int err)
{
	if (err == -EEXIST && !s->mine)
		snprintf(out, 160,
			 "it is %s, who has to release or to transfer it",
			 s->owner);
	else if (err == -EEXIST)
		snprintf(out, 160, "it is yours already");
	else if (err == -EBUSY)
		snprintf(out, 160, "a handshake runs there: wait for its end");
	else if (err == -ENOENT && !s->mine)
		snprintf(out, 160, "nobody is on it: take it first");
	else if (err == -EINVAL && s->interface.flags & MGM_INTERFACE_LOOPBACK)
		snprintf(out, 160, "a loopback interface has no owner");
	else if (err == -EINVAL && !s->mine)
		snprintf(out, 160, "it is %s, not yours", s->owner);
	else
		return false;
	return true;
}

int remote_interface_result(struct call *call, const struct remote_client *c,
			    int err, uint32_t ifid, const char *otherwise,
			    const char *what)
{
	struct state s;
	char why[160];

	if (!err)
		return 0;
	read_state(c, ifid, &s);
	if (explain(why, &s, err))
		return call_refuse(call, err, "%sinterface %u (%s): %s", what,
				   ifid, s.interface.name, why);
	if (err == -EINVAL && otherwise)
		return call_refuse(call, err, "%sinterface %u (%s): %s", what,
				   ifid, s.interface.name, otherwise);
	return remote_result(call, err, "%sinterface %u (%s)", what, ifid,
			     s.interface.name);
}
