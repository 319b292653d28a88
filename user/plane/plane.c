/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The functions of plane.h: each calls the implementation's own. Which one
 * that is was decided by the function that opened the plane.
 */
#include <errno.h>
#include <string.h>

#include "plane.h"

#include <errno.h>
#include <net/if.h>
#include <string.h>

#include "lib/log.h"
#include "ops.h"

int plane_flow(const struct mgm_sg *sg, struct xmgm_flow *flow)
{
	if (!mgm_address_is_v4(&sg->group.address) ||
	    (sg->source.length && !mgm_address_is_v4(&sg->source.address)))
		return -EAFNOSUPPORT;
	memcpy(flow->group, sg->group.address.bytes + 12, 4);
	memset(flow->source, 0, 4);
	if (sg->source.length)
		memcpy(flow->source, sg->source.address.bytes + 12, 4);
	return 0;
}

struct mgm_sg plane_sg(const struct xmgm_flow *flow)
{
	struct in_addr source, group;

	memcpy(&source, flow->source, 4);
	memcpy(&group, flow->group, 4);
	return mgm_sg_v4(source, group);
}

static void trace_device(const char *what, uint32_t ifindex, int err,
			 const char *const *error)
{
	char name[IF_NAMESIZE] = "?";

	if (!log_on(LOG_PLANE))
		return;
	if_indextoname(ifindex, name);
	log_trace(LOG_PLANE, "%s %s (ifindex %u): %s", what, name, ifindex,
		  err ? *error : "done");
}

void plane_close(struct plane *p)
{
	if (p)
		p->ops->close(p);
}

int plane_attach(struct plane *p, uint32_t ifindex, enum plane_mode mode,
		 const char **error)
{
	int err = p->ops->attach(p, ifindex, mode, error);

	trace_device("attach", ifindex, err, error);
	return err;
}

int plane_detach(struct plane *p, uint32_t ifindex, const char **error)
{
	int err = p->ops->detach(p, ifindex, error);

	trace_device("detach", ifindex, err, error);
	return err;
}

int plane_port_get(struct plane *p, uint32_t ifindex,
		   struct plane_port_info *port)
{
	return p->ops->port_get(p, ifindex, port);
}

void plane_refusal_walk(struct plane *p,
			void (*each)(void *arg, const struct plane_refusal *r),
			void *arg)
{
	p->ops->refusal_walk(p, each, arg);
}

int plane_port_set(struct plane *p, const struct plane_port *port)
{
	return p->ops->port_set(p, port);
}

bool plane_is_plain(const struct plane_port *port, const uint8_t router_mac[6])
{
	static const uint8_t none[6];

	if (!memcmp(router_mac, none, 6) || !memcmp(port->mac, none, 6) ||
	    port->path != PLANE_PATH_XDP || port->ttl_threshold > 1 ||
	    port->vlan)
		return false;
	return port->any_mac || !memcmp(port->mac, router_mac, 6);
}

int plane_router_mac_set(struct plane *p, const uint8_t mac[6])
{
	return p->ops->router_mac_set(p, mac);
}

void plane_router_mac_get(struct plane *p, uint8_t mac[6])
{
	p->ops->router_mac_get(p, mac);
}

void plane_port_gone(struct plane *p, uint32_t ifid)
{
	p->ops->port_gone(p, ifid);
}

int plane_member_set(struct plane *p, uint32_t ifindex, uint32_t ifid)
{
	return p->ops->member_set(p, ifindex, ifid);
}

void plane_member_walk(struct plane *p,
		       void (*each)(void *arg, uint32_t ifindex, uint32_t ifid),
		       void *arg)
{
	p->ops->member_walk(p, each, arg);
}

void plane_vlan_walk(struct plane *p,
		     void (*each)(void *arg, const struct xmgm_port *at,
				  uint32_t ifid),
		     void *arg)
{
	p->ops->vlan_walk(p, each, arg);
}

int plane_interface_set(struct plane *p, uint32_t ifid,
			const struct xmgm_interface *state)
{
	return p->ops->interface_set(p, ifid, state);
}

int plane_interface_get(struct plane *p, uint32_t ifid,
			struct xmgm_interface *state)
{
	return p->ops->interface_get(p, ifid, state);
}

void plane_interface_del(struct plane *p, uint32_t ifid)
{
	p->ops->interface_del(p, ifid);
}

void plane_oif_lose(struct plane *p, uint32_t ifid)
{
	p->ops->oif_lose(p, ifid);
}

void plane_interface_walk(struct plane *p,
			  void (*each)(void *arg, uint32_t ifid), void *arg)
{
	p->ops->interface_walk(p, each, arg);
}

int plane_treatment_set(struct plane *p, uint8_t slot,
			const struct plane_treatment *t)
{
	return p->ops->treatment_set(p, slot, t);
}

int plane_treatment_get(struct plane *p, uint8_t slot,
			struct plane_treatment *t)
{
	return p->ops->treatment_get(p, slot, t);
}

int plane_limit_set(struct plane *p, uint32_t ifid, uint32_t kbit)
{
	return p->ops->limit_set ? p->ops->limit_set(p, ifid, kbit) : 0;
}

int plane_limit_read(struct plane *p, uint32_t ifid, struct xmgm_rate *rate)
{
	return p->ops->limit_read ? p->ops->limit_read(p, ifid, rate) : -ENOENT;
}

int plane_flow_rate_read(struct plane *p, struct xmgm_flow flow,
			 struct xmgm_rate *rate)
{
	return p->ops->flow_rate_read ? p->ops->flow_rate_read(p, flow, rate)
				      : -ENOENT;
}

int plane_locals_set(struct plane *p, const struct plane_local *locals,
		     size_t count)
{
	return p->ops->locals_set(p, locals, count);
}

int plane_set_get(struct plane *p, const uint32_t *oifs, size_t count,
		  uint32_t *set)
{
	return p->ops->set_get(p, oifs, count, set);
}

void plane_set_put(struct plane *p, uint32_t set)
{
	p->ops->set_put(p, set);
}

int plane_set_read(struct plane *p, uint32_t set, uint64_t *packets,
		   uint64_t *bytes)
{
	return p->ops->set_read(p, set, packets, bytes);
}

int plane_mfe_put(struct plane *p, struct xmgm_flow flow, uint32_t iif,
		  uint32_t set, uint32_t flags)
{
	int err = p->ops->mfe_put(p, flow, iif, set, flags);

	p->puts += !err;
	return err;
}

int plane_mfe_del(struct plane *p, struct xmgm_flow flow)
{
	int err = p->ops->mfe_del(p, flow);

	p->dels += !err;
	return err;
}

int plane_commit(struct plane *p)
{
	int err = p->ops->commit(p);

	if (p->puts || p->dels)
		log_trace(LOG_PLANE, "commit of %u routes put, %u deleted: %s",
			  p->puts, p->dels, err ? strerror(-err) : "done");
	p->puts = p->dels = 0;
	return err;
}

int plane_mfe_read(struct plane *p, struct xmgm_flow flow, struct xmgm_mfe *mfe)
{
	return p->ops->mfe_read(p, flow, mfe);
}

void plane_flow_release(struct plane *p, struct xmgm_flow flow)
{
	p->ops->flow_release(p, flow);
}

int plane_mfe_walk(struct plane *p,
		   int (*each)(void *arg, const struct xmgm_mfe *mfe,
			       const uint32_t *oifs, size_t count),
		   void *arg)
{
	return p->ops->mfe_walk(p, each, arg);
}

int plane_poll_fd(struct plane *p)
{
	return p->ops->poll_fd(p);
}

int plane_poll(struct plane *p)
{
	return p->ops->poll(p);
}

uint64_t plane_igmp_told(struct plane *p, uint64_t now_ns)
{
	return p->ops->igmp_told(p, now_ns);
}

int plane_ingress_get(struct plane *p, uint32_t ifid, struct plane_ingress *out)
{
	return p->ops->ingress_get(p, ifid, out);
}

int plane_igmp_host_rate(struct plane *p, uint32_t ifid, uint32_t rate)
{
	return p->ops->igmp_host_rate(p, ifid, rate);
}

void plane_beat(struct plane *p, uint64_t now_ns)
{
	p->ops->beat(p, now_ns);
}

void plane_tick(struct plane *p, uint64_t now_ns)
{
	p->ops->tick(p, now_ns);
}

void plane_verdicts(struct plane *p, uint64_t verdicts[XMGM_REASON_COUNT])
{
	p->ops->verdicts(p, verdicts);
}

void plane_igmp_verdicts(struct plane *p,
			 uint64_t verdicts[XMGM_IGMP_REASON_COUNT])
{
	p->ops->igmp_verdicts(p, verdicts);
}

void plane_counters(struct plane *p, struct plane_counters *counters)
{
	p->ops->counters(p, counters);
}
