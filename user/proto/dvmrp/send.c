/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Messages that leave: whole IP packets, to 224.0.0.4 or to a neighbour, both
 * with TTL 1, for nobody beyond the link is meant.
 */
#include "internal.h"

void dvmrp_begin_to(const struct dvmrp_interface *in, struct in_addr target,
		    enum dvmrp_code code, struct dvmrp_writer *w)
{
	const struct dvmrp_ip ip = {.source = in->address, .target = target};

	dvmrp_begin(w, &ip, code);
}

int dvmrp_send(struct dvmrp_interface *in, struct dvmrp_writer *w)
{
	const struct proto_services *s = &in->dvmrp->services;
	const struct mgm_address target = mgm_address_v4(w->ip.target);
	const size_t len = dvmrp_end(w);
	int err = s->send(s->arg, in->ifid, &target, w->packet, len);

	if (err)
		dvmrp_count(in->dvmrp, in, DVMRP_N_SEND_FAILED);
	return err;
}

void dvmrp_send_probe(struct dvmrp_interface *in)
{
	const struct in_addr all = {DVMRP_ALL_ROUTERS};
	struct dvmrp_neighbor *n;
	struct dvmrp_writer w;

	dvmrp_begin_to(in, all, DVMRP_PROBE, &w);
	dvmrp_put_u32(&w, in->genid);
	dvmrp_for_each_neighbor(in, n)
		dvmrp_put_address(&w, n->address);
	if (!dvmrp_send(in, &w))
		dvmrp_count(in->dvmrp, in, DVMRP_N_PROBES_SENT);
}

int dvmrp_send_sg(struct dvmrp_neighbor *n, enum dvmrp_code code,
		  struct dvmrp_sg sg)
{
	static const enum dvmrp_counter counters[] = {
		[DVMRP_PRUNE] = DVMRP_N_PRUNES_SENT,
		[DVMRP_GRAFT] = DVMRP_N_GRAFTS_SENT,
		[DVMRP_GRAFT_ACK] = DVMRP_N_ACKS_SENT,
	};
	struct dvmrp_interface *in = n->interface;
	const struct dvmrp_ip ip = {.source = in->address,
				    .target = n->address};
	struct dvmrp_writer w;
	int err;

	sg.netmask = n->caps & DVMRP_CAP_NETMASK;
	dvmrp_sg_put(&w, &ip, code, &sg);
	err = dvmrp_send(in, &w);
	if (!err)
		dvmrp_count(in->dvmrp, in, counters[code]);
	return err;
}
