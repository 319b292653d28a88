/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Interfaces as they are outside of the manager, which the daemon tells, and
 * as clients see them: they are read, in order of ifid, and every change of
 * what is read is told, as a difference from what clients have heard.
 */
#include "mgm/internal.h"

static const void *iface_key(const struct tree_node *node)
{
	return &tree_const_entry(node, struct iface, by_ifid)->ifid;
}

const struct tree_type *tree_of_ifaces(void)
{
	static const struct tree_type type = {iface_key, tree_compare_u32};

	return &type;
}

/* May anybody own it? */
bool link_routable(const struct iface *ifc)
{
	return !ifc->link || !(ifc->link->flags & MGM_INTERFACE_LOOPBACK);
}

/* --- what clients see ------------------------------------------------- */

static struct seen seen_now(const struct iface *ifc)
{
	const struct client *c = iface_owner(ifc);

	return (struct seen){
		.known = ifc->link || c,
		.igmp = ifc->igmp != NULL,
		.owner = c ? c->protocol : MGM_PROTOCOL_NONE,
		.component = c ? c->component : 0,
	};
}

static bool seen_same(const struct seen *a, const struct seen *b)
{
	return a->known == b->known && a->igmp == b->igmp &&
	       a->owner == b->owner && a->component == b->component;
}

void link_mark(struct mgm *m, struct iface *ifc)
{
	if (ifc->seen_due)
		return;
	TAILQ_INSERT_TAIL(&m->seen_due, ifc, seen_link);
	ifc->seen_due = true;
}

/* Everybody hears it, or, without memory, nobody does yet. */
static int tell_all(struct mgm *m, const struct iface *ifc,
		    enum alert_type type)
{
	struct alert_list list = STAILQ_HEAD_INITIALIZER(list);
	struct alert *a;

	for (uint32_t i = 0; i < m->client_top; i++) {
		const struct client *c = &m->clients[i];

		if (!c->used || !alert_wanted(c, type))
			continue;
		a = alert_new(c, type, NULL, 0);
		if (!a) {
			alert_drop(&list);
			return -ENOMEM;
		}
		a->ifid = ifc->ifid;
		STAILQ_INSERT_TAIL(&list, a, link);
	}
	STAILQ_CONCAT(&m->queue[ALERT_INTERFACE], &list);
	return 0;
}

static int tell(struct mgm *m, struct iface *ifc)
{
	const struct seen now = seen_now(ifc);
	int err = 0;

	if (ifc->seen.known && !now.known)
		err = tell_all(m, ifc, AL_INTERFACE_GONE);
	else if (now.known &&
		 (ifc->link_changed || !seen_same(&now, &ifc->seen)))
		err = tell_all(m, ifc, AL_INTERFACE);
	if (err)
		return err;
	ifc->seen = now;
	ifc->link_changed = false;
	return 0;
}

void link_tell(struct mgm *m)
{
	struct iface_list again = TAILQ_HEAD_INITIALIZER(again);
	struct iface *ifc;

	while ((ifc = TAILQ_FIRST(&m->seen_due))) {
		TAILQ_REMOVE(&m->seen_due, ifc, seen_link);
		if (tell(m, ifc)) {
			TAILQ_INSERT_TAIL(&again, ifc, seen_link);
			continue;
		}
		ifc->seen_due = false;
		iface_reap(m, ifc);
	}
	TAILQ_CONCAT(&m->seen_due, &again, seen_link);
}

/* --- what the daemon tells -------------------------------------------- */

/* NULL: no memory. */
static struct link *link_copy(const struct mgm_link *from)
{
	size_t bytes = from->address_count * sizeof(*from->addresses);
	size_t rules = from->rule_count * sizeof(*from->rules);
	struct link *link = calloc(1, sizeof(*link) + bytes + rules);

	if (!link)
		return NULL;
	strncpy(link->name, from->name, sizeof(link->name) - 1);
	link->flags = from->flags;
	link->mtu = from->mtu;
	link->ttl_threshold = from->ttl_threshold ? from->ttl_threshold : 1;
	link->address_count = (uint32_t)from->address_count;
	if (bytes)
		memcpy(link->addresses, from->addresses, bytes);
	link->rule_count = (uint32_t)from->rule_count;
	link->rules = (void *)(link->addresses + from->address_count);
	if (rules)
		memcpy(link->rules, from->rules, rules);
	return link;
}

/* As clients read it: they do not read rules. */
static bool link_same(const struct link *a, const struct link *b)
{
	return !strcmp(a->name, b->name) && a->flags == b->flags &&
	       a->mtu == b->mtu && a->ttl_threshold == b->ttl_threshold &&
	       a->address_count == b->address_count &&
	       !memcmp(a->addresses, b->addresses,
		       a->address_count * sizeof(a->addresses[0]));
}

/* What depends on it, now that it is *link and was `old`. */
static void link_apply(struct mgm *m, struct iface *ifc, const struct link *old)
{
	bool up = ifc->link->flags & MGM_INTERFACE_UP;
	bool turned = ifc->up != up;

	if (!old || !link_same(old, ifc->link)) {
		ifc->link_changed = true;
		link_mark(m, ifc);
	}
	ifc->up = up;
	if (turned) {
		iface_mark_mfes(m, ifc);
		rib_iface_turned(m, ifc->ifid);
	}
	if (turned || old)
		rib_iface_changed(m, ifc->ifid);
	if (old ? !rules_same(old, ifc->link) : ifc->link->rule_count)
		rules_changed(m, ifc);
}

static int link_set(struct mgm *m, const struct mgm_link *from)
{
	struct iface *ifc = iface_find(m, from->ifid);
	struct link *link, *old = ifc ? ifc->link : NULL;

	if (!old && m->link_count >= m->limits.links) {
		m->counters.limit_links++;
		return -ENOSPC;
	}
	link = link_copy(from);
	ifc = link ? iface_of_link(m, from->ifid) : NULL;
	if (!ifc || (old && link_same(old, link) && rules_same(old, link))) {
		free(link);
		return ifc ? 0 : -ENOMEM;
	}
	m->link_count += old ? 0 : 1;
	ifc->link = link;
	link_apply(m, ifc, old);
	free(old);
	return 0;
}

int mgm_interface_changed(struct mgm *m, uint64_t now_ms,
			  const struct mgm_link *link)
{
	core_enter(m);
	core_time(m, now_ms);
	if (!link->ifid || !link->name)
		return core_leave(m, -EINVAL);
	return core_leave(m, link_set(m, link));
}

/* It is gone. */
void link_drop(struct mgm *m, struct iface *ifc)
{
	bool ruled = ifc->link && ifc->link->rule_count;

	if (ifc->link)
		m->link_count--;
	free(ifc->link);
	ifc->link = NULL;
	if (ruled)
		rules_changed(m, ifc);
	link_mark(m, ifc);
}

/* --- reading ---------------------------------------------------------- */

static void info_of_link(const struct iface *ifc,
			 struct mgm_interface_info *info)
{
	const struct link *link = ifc->link;
	uint32_t count;

	info->flags = ifc->up ? MGM_INTERFACE_UP : 0;
	info->ttl_threshold = 1;
	if (!link)
		return;
	memcpy(info->name, link->name, sizeof(info->name));
	info->flags = link->flags;
	info->mtu = link->mtu;
	info->ttl_threshold = link->ttl_threshold;
	info->address_count = link->address_count;
	count = link->address_count < info->address_room ? link->address_count
							 : info->address_room;
	if (count && info->addresses)
		memcpy(info->addresses, link->addresses,
		       count * sizeof(*info->addresses));
}

static int info_give(const struct mgm *m, const struct iface *ifc,
		     struct mgm_interface_info *out)
{
	const struct seen now = seen_now(ifc);
	struct mgm_interface_info asked, info = {0};

	if (grown_ask(&asked, sizeof(asked), out))
		return -EINVAL;
	info.address_room = asked.address_room;
	info.addresses = asked.addresses;
	info_of_link(ifc, &info);
	info.ifid = ifc->ifid;
	info.owner = now.owner;
	info.component = now.component;
	info.igmp = now.igmp;
	info.gate = ifc->gate;
	info.epoch = ifc->epoch;
	info.groups = ifc->writer[SIDE_OWNER].groups +
		      ifc->writer[SIDE_IGMP].groups - ifc->shared;
	info.unpulled = ifc->unpulled;
	info.unserved = ifc->unserved_count;
	info.unpulled_groups = pull_unpulled_groups(m, ifc);
	return grown_give(out, &info, sizeof(info));
}

int mgm_interface_get(struct mgm *m, uint32_t ifid,
		      struct mgm_interface_info *info)
{
	const struct iface *ifc = iface_find(m, ifid);

	if (!ifc || !seen_now(ifc).known)
		return -ENOENT;
	return info_give(m, ifc, info);
}

int mgm_interface_next(struct mgm *m, uint32_t after,
		       struct mgm_interface_info *info)
{
	struct tree_node *n = tree_behind(&m->iface_order, &after);

	for (; n; n = tree_after(&m->iface_order, n)) {
		const struct iface *ifc = tree_entry(n, struct iface, by_ifid);

		if (seen_now(ifc).known)
			return info_give(m, ifc, info);
	}
	return -ENOENT;
}
