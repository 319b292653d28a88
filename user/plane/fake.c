/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A plane of memory alone: it interns oif sets, queues and applies routes and
 * refuses what the real one would refuse, but forwards nothing. For tests of
 * everything above it and for running the daemon without privileges.
 */
#include "fake.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define FAKE_ROUTES 131072u
#define FAKE_SETS   4096u

static struct fake_port *port_find(struct fake *f, uint32_t ifid)
{
	struct fake_port *port;
	struct hash_node *n;

	for (n = hash_first(&f->ports, ifid); n; n = hash_next(n)) {
		port = hash_entry(n, struct fake_port, node);
		if (port->told.ifid == ifid)
			return port;
	}
	return NULL;
}

static struct fake_port *port_make(struct fake *f, uint32_t ifid)
{
	struct fake_port *port = port_find(f, ifid);

	if (port)
		return port;
	port = calloc(1, sizeof(*port));
	if (!port)
		return NULL;
	port->told = plane_port_unset(ifid);
	if (!hash_insert(&f->ports, &port->node, ifid))
		return port;
	free(port);
	return NULL;
}

static int fake_member_set(struct plane *p, uint32_t ifindex, uint32_t ifid)
{
	struct fake *f = fake_of(p);
	struct fake_member *member;
	struct hash_node *n, *tmp;
	uint32_t i;

	hash_for_each_safe(&f->members, n, tmp, i) {
		member = hash_entry(n, struct fake_member, node);
		if (member->ifindex != ifindex)
			continue;
		hash_remove(&f->members, &member->node);
		free(member);
	}
	if (!ifid)
		return 0;
	member = calloc(1, sizeof(*member));
	if (!member)
		return -ENOMEM;
	member->ifindex = ifindex;
	member->ifid = ifid;
	if (!hash_insert(&f->members, &member->node, ifindex))
		return 0;
	free(member);
	return -ENOMEM;
}

static void fake_member_walk(struct plane *p,
			     void (*each)(void *arg, uint32_t ifindex,
					  uint32_t ifid),
			     void *arg)
{
	struct hash_node *n, *tmp;
	uint32_t i;

	hash_for_each_safe(&fake_of(p)->members, n, tmp, i) {
		const struct fake_member *member =
			hash_entry(n, struct fake_member, node);

		each(arg, member->ifindex, member->ifid);
	}
}

static void fake_vlan_walk(struct plane *p,
			   void (*each)(void *arg, const struct xmgm_port *at,
					uint32_t ifid),
			   void *arg)
{
	struct hash_node *n, *tmp;
	uint32_t i;

	hash_for_each_safe(&fake_of(p)->ports, n, tmp, i) {
		const struct plane_port *told =
			&hash_entry(n, struct fake_port, node)->told;

		const struct xmgm_port at = {
			.ifindex = told->ifindex,
			.vlan = told->vlan | (told->service ? XMGM_PORT_AD : 0),
		};

		if (told->vlan)
			each(arg, &at, told->ifid);
	}
}

static void members_forget(struct fake *f, uint32_t ifid)
{
	struct hash_node *n, *tmp;
	uint32_t i;

	hash_for_each_safe(&f->members, n, tmp, i) {
		const struct fake_member *member =
			hash_entry(n, struct fake_member, node);

		if (member->ifindex == ifid || member->ifid == ifid)
			fake_member_set(&f->plane, member->ifindex, 0);
	}
}

static int fake_attach(struct plane *p, uint32_t ifindex, enum plane_mode mode,
		       const char **error)
{
	struct fake_port *port;

	if (!ifindex) {
		*error = "interface 0 does not exist: name one that does";
		return -ENODEV;
	}
	port = port_make(fake_of(p), ifindex);
	if (!port) {
		*error = "no memory to attach an interface";
		return -ENOMEM;
	}
	if (port->mode != XMGM_MODE_NONE)
		return 0;
	members_forget(fake_of(p), ifindex);
	port->mode = mode == PLANE_GENERIC ? XMGM_MODE_GENERIC
					   : XMGM_MODE_NATIVE;
	return 0;
}

static int fake_detach(struct plane *p, uint32_t ifindex, const char **error)
{
	struct fake_port *port = port_find(fake_of(p), ifindex);

	if (!port || port->mode == XMGM_MODE_NONE) {
		*error = "the interface is not attached";
		return -ENOENT;
	}
	members_forget(fake_of(p), ifindex);
	port->mode = XMGM_MODE_NONE;
	return 0;
}

static int fake_port_get(struct plane *p, uint32_t ifid,
			 struct plane_port_info *out)
{
	const struct fake_port *port = port_find(fake_of(p), ifid);

	memset(out, 0, sizeof(*out));
	if (!port)
		return -ENOENT;
	out->mode = port->mode;
	if (port->told.vlan) {
		port = port_find(fake_of(p), port->told.ifindex);
		out->mode = port ? port->mode : XMGM_MODE_NONE;
		port = port_find(fake_of(p), ifid);
	}
	out->path = port->told.path;
	out->ttl_threshold = port->told.ttl_threshold;
	out->plain = plane_is_plain(&port->told, fake_of(p)->router_mac);
	return 0;
}

static int fake_router_mac_set(struct plane *p, const uint8_t mac[6])
{
	memcpy(fake_of(p)->router_mac, mac, 6);
	return 0;
}

static void fake_router_mac_get(struct plane *p, uint8_t mac[6])
{
	memcpy(mac, fake_of(p)->router_mac, 6);
}

/* Nothing is sent. */
static void fake_refusal_walk(struct plane *p,
			      void (*each)(void *arg,
					   const struct plane_refusal *r),
			      void *arg)
{
	(void)p;
	(void)each;
	(void)arg;
}

static int fake_locals_set(struct plane *p, const struct plane_local *locals,
			   size_t count)
{
	(void)p;
	(void)locals;
	(void)count;
	return 0;
}

static int fake_treatment_set(struct plane *p, uint8_t slot,
			      const struct plane_treatment *t)
{
	if (!slot)
		return -EINVAL;
	fake_of(p)->treatments[slot] = *t;
	return 0;
}

static int fake_treatment_get(struct plane *p, uint8_t slot,
			      struct plane_treatment *t)
{
	*t = fake_of(p)->treatments[slot];
	return 0;
}

static void fake_port_gone(struct plane *p, uint32_t ifid)
{
	struct fake *f = fake_of(p);
	struct fake_port *port = port_find(f, ifid);

	members_forget(f, ifid);
	if (!port)
		return;
	hash_remove(&f->ports, &port->node);
	free(port);
}

static struct fake_interface *interface_find(struct fake *f, uint32_t ifid)
{
	struct fake_interface *itf;
	struct hash_node *n;

	for (n = hash_first(&f->interfaces, ifid); n; n = hash_next(n)) {
		itf = hash_entry(n, struct fake_interface, node);
		if (itf->ifid == ifid)
			return itf;
	}
	return NULL;
}

static int fake_port_set(struct plane *p, const struct plane_port *told)
{
	struct fake_interface *itf = interface_find(fake_of(p), told->ifid);
	struct fake_port *port = port_make(fake_of(p), told->ifid);

	if (!port)
		return -ENOMEM;
	port->told = *told;
	if (itf)
		itf->state.flags = told->flags;
	return 0;
}

static int fake_interface_set(struct plane *p, uint32_t ifid,
			      const struct xmgm_interface *state)
{
	struct fake *f = fake_of(p);
	struct fake_interface *itf = interface_find(f, ifid);
	const struct fake_port *port = port_find(f, ifid);

	if (!itf) {
		if (f->interfaces.count >= XMGM_INTERFACES)
			return -ENOSPC;
		itf = calloc(1, sizeof(*itf));
		if (!itf)
			return -ENOMEM;
		itf->ifid = ifid;
		if (hash_insert(&f->interfaces, &itf->node, ifid)) {
			free(itf);
			return -ENOMEM;
		}
	}
	itf->state = *state;
	itf->state.flags = port ? port->told.flags : 0;
	return 0;
}

static int fake_interface_get(struct plane *p, uint32_t ifid,
			      struct xmgm_interface *state)
{
	struct fake_interface *itf = interface_find(fake_of(p), ifid);

	if (!itf)
		return -ENOENT;
	*state = itf->state;
	return 0;
}

static void fake_interface_del(struct plane *p, uint32_t ifid)
{
	struct fake *f = fake_of(p);
	struct fake_interface *itf = interface_find(f, ifid);

	if (!itf)
		return;
	hash_remove(&f->interfaces, &itf->node);
	free(itf);
}

static void fake_oif_lose(struct plane *p, uint32_t ifid)
{
	struct fake *f = fake_of(p);

	for (uint32_t i = XMGM_SET_FIRST; i < f->max_sets; i++) {
		struct fake_set *set = &f->sets[i];
		size_t kept = 0;

		for (size_t k = 0; k < set->count; k++) {
			if (set->oifs[k] != ifid)
				set->oifs[kept++] = set->oifs[k];
		}
		set->lost |= kept != set->count;
		set->count = kept;
	}
}

static void fake_interface_walk(struct plane *p,
				void (*each)(void *arg, uint32_t ifid),
				void *arg)
{
	struct hash_node *n, *tmp;
	uint32_t i;

	hash_for_each_safe(&fake_of(p)->interfaces, n, tmp, i)
		each(arg, hash_entry(n, struct fake_interface, node)->ifid);
}

static int fake_poll_fd(struct plane *p)
{
	(void)p;
	return -1;
}

static int fake_poll(struct plane *p)
{
	(void)p;
	return 0;
}

static uint64_t fake_igmp_told(struct plane *p, uint64_t now_ns)
{
	(void)p;
	return now_ns;
}

static int fake_ingress_get(struct plane *p, uint32_t ifid,
			    struct plane_ingress *out)
{
	memset(out, 0, sizeof(*out));
	return interface_find(fake_of(p), ifid) ? 0 : -ENOENT;
}

static int fake_igmp_host_rate(struct plane *p, uint32_t ifid, uint32_t rate)
{
	(void)p;
	(void)ifid;
	(void)rate;
	return 0;
}

static void fake_beat(struct plane *p, uint64_t now_ns)
{
	(void)p;
	(void)now_ns;
}

static void fake_tick(struct plane *p, uint64_t now_ns)
{
	fake_of(p)->now_ns = now_ns;
}

static void fake_igmp_verdicts(struct plane *p,
			       uint64_t verdicts[XMGM_IGMP_REASON_COUNT])
{
	(void)p;
	memset(verdicts, 0, XMGM_IGMP_REASON_COUNT * sizeof(*verdicts));
}

static void fake_verdicts(struct plane *p, uint64_t verdicts[XMGM_REASON_COUNT])
{
	(void)p;
	memset(verdicts, 0, XMGM_REASON_COUNT * sizeof(*verdicts));
}

static void fake_counters(struct plane *p, struct plane_counters *counters)
{
	struct fake *f = fake_of(p);

	*counters = f->counters;
	counters->routes = f->routes.count;
	counters->sets_free =
		f->max_sets - XMGM_SET_FIRST - f->counters.sets_in_use;
}

static void fake_close(struct plane *p)
{
	struct fake *f = fake_of(p);
	struct hash_node *n, *tmp;
	uint32_t i;

	hash_for_each_safe(&f->ports, n, tmp, i)
		free(hash_entry(n, struct fake_port, node));
	hash_for_each_safe(&f->members, n, tmp, i)
		free(hash_entry(n, struct fake_member, node));
	hash_for_each_safe(&f->interfaces, n, tmp, i)
		free(hash_entry(n, struct fake_interface, node));
	hash_for_each_safe(&f->routes, n, tmp, i)
		free(hash_entry(n, struct fake_route, node));
	for (i = 0; i < f->max_sets; i++)
		free(f->sets[i].oifs);
	hash_clear(&f->ports);
	hash_clear(&f->members);
	hash_clear(&f->interfaces);
	hash_clear(&f->routes);
	hash_clear(&f->set_index);
	free(f->sets);
	free(f->queue);
	free(f);
}

static const struct plane_ops fake_ops = {
	.close = fake_close,
	.attach = fake_attach,
	.detach = fake_detach,
	.port_get = fake_port_get,
	.port_set = fake_port_set,
	.router_mac_set = fake_router_mac_set,
	.router_mac_get = fake_router_mac_get,
	.refusal_walk = fake_refusal_walk,
	.treatment_set = fake_treatment_set,
	.treatment_get = fake_treatment_get,
	.locals_set = fake_locals_set,
	.port_gone = fake_port_gone,
	.member_set = fake_member_set,
	.member_walk = fake_member_walk,
	.vlan_walk = fake_vlan_walk,
	.interface_set = fake_interface_set,
	.interface_get = fake_interface_get,
	.interface_del = fake_interface_del,
	.oif_lose = fake_oif_lose,
	.interface_walk = fake_interface_walk,
	.set_get = fake_set_get,
	.set_put = fake_set_put,
	.set_read = fake_set_read,
	.mfe_put = fake_mfe_put,
	.mfe_del = fake_mfe_del,
	.commit = fake_commit,
	.mfe_read = fake_mfe_read,
	.flow_release = fake_flow_release,
	.mfe_walk = fake_mfe_walk,
	.poll_fd = fake_poll_fd,
	.poll = fake_poll,
	.igmp_told = fake_igmp_told,
	.ingress_get = fake_ingress_get,
	.igmp_host_rate = fake_igmp_host_rate,
	.beat = fake_beat,
	.tick = fake_tick,
	.verdicts = fake_verdicts,
	.igmp_verdicts = fake_igmp_verdicts,
	.counters = fake_counters,
};

int plane_open_fake(const struct plane_options *options,
		    const struct plane_listener *listener, struct plane **plane)
{
	uint32_t max_sets = options->max_sets ? options->max_sets : FAKE_SETS;
	struct fake *f;

	if (max_sets <= XMGM_SET_FIRST)
		return -EINVAL;
	f = calloc(1, sizeof(*f));
	if (!f)
		return -ENOMEM;
	f->sets = calloc(max_sets, sizeof(*f->sets));
	if (!f->sets) {
		free(f);
		return -ENOMEM;
	}
	f->plane.ops = &fake_ops;
	f->listener = *listener;
	f->max_routes = options->max_routes ? options->max_routes : FAKE_ROUTES;
	f->max_sets = max_sets;
	*plane = &f->plane;
	return 0;
}
