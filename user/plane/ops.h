/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Inside user/plane only: what an implementation of plane.h provides. Its
 * struct begins with a struct plane, whose table plane.c calls. All members
 * must be set; the contracts are those of plane.h.
 */
#ifndef XMGM_PLANE_OPS_H
#define XMGM_PLANE_OPS_H

#include "plane.h"

struct plane_ops {
	void (*close)(struct plane *p);
	int (*attach)(struct plane *p, uint32_t ifindex, enum plane_mode mode,
		      const char **error);
	int (*detach)(struct plane *p, uint32_t ifindex, const char **error);
	int (*port_get)(struct plane *p, uint32_t ifindex,
			struct plane_port_info *port);
	void (*refusal_walk)(struct plane *p,
			     void (*each)(void *arg,
					  const struct plane_refusal *r),
			     void *arg);
	int (*port_set)(struct plane *p, const struct plane_port *port);
	int (*router_mac_set)(struct plane *p, const uint8_t mac[6]);
	void (*router_mac_get)(struct plane *p, uint8_t mac[6]);
	void (*port_gone)(struct plane *p, uint32_t ifid);
	int (*member_set)(struct plane *p, uint32_t ifindex, uint32_t ifid);
	void (*member_walk)(struct plane *p,
			    void (*each)(void *arg, uint32_t ifindex,
					 uint32_t ifid),
			    void *arg);
	void (*vlan_walk)(struct plane *p,
			  void (*each)(void *arg, const struct xmgm_port *at,
				       uint32_t ifid),
			  void *arg);
	int (*interface_set)(struct plane *p, uint32_t ifid,
			     const struct xmgm_interface *state);
	int (*interface_get)(struct plane *p, uint32_t ifid,
			     struct xmgm_interface *state);
	void (*interface_del)(struct plane *p, uint32_t ifid);
	void (*oif_lose)(struct plane *p, uint32_t ifid);
	void (*interface_walk)(struct plane *p,
			       void (*each)(void *arg, uint32_t ifid),
			       void *arg);
	int (*treatment_set)(struct plane *p, uint8_t slot,
			     const struct plane_treatment *t);
	int (*treatment_get)(struct plane *p, uint8_t slot,
			     struct plane_treatment *t);
	/* NULL where nothing is sent: */
	int (*limit_set)(struct plane *p, uint32_t ifid, uint32_t kbit);
	int (*limit_read)(struct plane *p, uint32_t ifid,
			  struct xmgm_rate *rate);
	int (*flow_rate_read)(struct plane *p, struct xmgm_flow flow,
			      struct xmgm_rate *rate);
	int (*locals_set)(struct plane *p, const struct plane_local *locals,
			  size_t count);
	int (*set_get)(struct plane *p, const uint32_t *oifs, size_t count,
		       uint32_t *set);
	void (*set_put)(struct plane *p, uint32_t set);
	int (*set_read)(struct plane *p, uint32_t set, uint64_t *packets,
			uint64_t *bytes);
	int (*mfe_put)(struct plane *p, struct xmgm_flow flow, uint32_t iif,
		       uint32_t set, uint32_t flags);
	int (*mfe_del)(struct plane *p, struct xmgm_flow flow);
	int (*commit)(struct plane *p);
	int (*mfe_read)(struct plane *p, struct xmgm_flow flow,
			struct xmgm_mfe *mfe);
	void (*flow_release)(struct plane *p, struct xmgm_flow flow);
	int (*mfe_walk)(struct plane *p,
			int (*each)(void *arg, const struct xmgm_mfe *mfe,
				    const uint32_t *oifs, size_t count),
			void *arg);
	int (*poll_fd)(struct plane *p);
	int (*poll)(struct plane *p);
	uint64_t (*igmp_told)(struct plane *p, uint64_t now_ns);
	int (*ingress_get)(struct plane *p, uint32_t ifid,
			   struct plane_ingress *out);
	int (*igmp_host_rate)(struct plane *p, uint32_t ifid, uint32_t rate);
	void (*beat)(struct plane *p, uint64_t now_ns);
	void (*tick)(struct plane *p, uint64_t now_ns);
	void (*verdicts)(struct plane *p, uint64_t verdicts[XMGM_REASON_COUNT]);
	void (*igmp_verdicts)(struct plane *p,
			      uint64_t verdicts[XMGM_IGMP_REASON_COUNT]);
	void (*counters)(struct plane *p, struct plane_counters *counters);
};

/* May it send with this router MAC, without a program? */
bool plane_is_plain(const struct plane_port *port, const uint8_t router_mac[6]);

struct plane {
	const struct plane_ops *ops;
	uint32_t puts, dels; /* queued since the last commit; traced */
};

#endif /* XMGM_PLANE_OPS_H */
