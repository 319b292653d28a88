/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Questions of mrinfo: our interfaces and the neighbours on them, told to who
 * is on one of our links, once a second. And of mtrace: by which way a flow
 * comes; a query is given a block of ours and goes on to the router upstream,
 * or back to who asked. Nothing here changes anything.
 */
#include "query.h"

#include <errno.h>
#include <string.h>

#include "internal.h"
#include "lib/address.h"
#include "wire/mtrace.h"

#define SECOND_MS 1000u
#define NTP_1970  UINT64_C(2208988800) /* seconds before that */
#define FAR_TTL	  64u

/* --- how often -------------------------------------------------------------- */

/* May anybody be answered now? */
static bool admit(struct dvmrp *d, struct dvmrp_interface *in)
{
	struct dvmrp_queries *q = &d->queries;

	if (d->now_ms - q->second_ms >= SECOND_MS) {
		q->second_ms = d->now_ms;
		q->count = 0;
	}
	if (q->count == DVMRP_QUERIES_SECOND) {
		dvmrp_count(d, in, DVMRP_N_QUERIES_LIMITED);
		return false;
	}
	q->count++;
	return true;
}

/* And this one, who has not been for a second? */
static bool admit_asker(struct dvmrp *d, struct dvmrp_interface *in,
			struct in_addr who)
{
	struct dvmrp_queries *q = &d->queries;

	for (unsigned int i = 0; i < DVMRP_ASKERS; i++) {
		if (q->askers[i].who.s_addr != who.s_addr ||
		    d->now_ms - q->askers[i].at_ms >= SECOND_MS)
			continue;
		dvmrp_count(d, in, DVMRP_N_QUERIES_LIMITED);
		return false;
	}
	if (!admit(d, in))
		return false;
	q->askers[q->next].who = who;
	q->askers[q->next].at_ms = d->now_ms;
	q->next = (q->next + 1) % DVMRP_ASKERS;
	return true;
}

static void send_answer(struct dvmrp *d, struct dvmrp_interface *in,
			uint32_t ifid, struct in_addr target,
			const uint8_t *packet, size_t len)
{
	const struct mgm_address to = mgm_address_v4(target);
	int err = d->services.send(d->services.arg, ifid, &to, packet, len);

	dvmrp_count(d, in, err ? DVMRP_N_SEND_FAILED : DVMRP_N_ANSWERS_SENT);
}

/* --- mrinfo ------------------------------------------------------------------
 */

/* An answer in as many messages as it takes. */
struct answer {
	struct dvmrp_interface *in; /* where it leaves */
	struct dvmrp_ip ip;
	struct dvmrp_writer w;
	bool any; /* of this message */
};

static void answer_begin(struct answer *a)
{
	dvmrp_begin(&a->w, &a->ip, DVMRP_NEIGHBORS2);
	a->any = false;
}

static void answer_end(struct answer *a)
{
	size_t len = dvmrp_end(&a->w);

	if (a->any && len)
		send_answer(a->in->dvmrp, a->in, a->in->ifid, a->ip.target,
			    a->w.packet, len);
}

/* The interface, with this neighbour or, if there is no room, in the next. */
static void put_first(struct answer *a, const struct dvmrp_neighbors2 *head,
		      struct in_addr neighbor)
{
	for (unsigned int i = 0; i < 2; i++) {
		const struct dvmrp_writer before = a->w;

		if (dvmrp_put_interface(&a->w, head) &&
		    dvmrp_put_neighbor(&a->w, neighbor)) {
			a->any = true;
			return;
		}
		a->w = before;
		answer_end(a);
		answer_begin(a);
	}
}

static uint8_t flags_of(const struct dvmrp_interface *in)
{
	const struct proto_services *s = &in->dvmrp->services;
	struct proto_querier querier;
	uint8_t flags = 0;

	if (!in->up)
		flags |= DVMRP_NBR_DOWN;
	if (!in->running)
		flags |= DVMRP_NBR_DISABLED;
	if (s->querier_of && !s->querier_of(s->arg, in->ifid, &querier) &&
	    querier.self)
		flags |= DVMRP_NBR_QUERIER;
	if (!in->two_way)
		flags |= DVMRP_NBR_LEAF;
	return flags;
}

static uint8_t threshold_of(const struct dvmrp_interface *in)
{
	struct mgm_interface_info info = {.size = sizeof(info)};

	if (mgm_interface_get(in->dvmrp->services.mgm, in->ifid, &info))
		return 1;
	return info.ttl_threshold > UINT8_MAX ? UINT8_MAX
					      : (uint8_t)info.ttl_threshold;
}

/* mrinfo wants an address even where there is no neighbour. */
static void put_interface(struct answer *a, const struct dvmrp_interface *in)
{
	const struct dvmrp_neighbors2 head = {
		.local = in->address,
		.metric = (uint8_t)in->config.metric,
		.threshold = threshold_of(in),
		.flags = flags_of(in),
	};
	const struct dvmrp_neighbor *n;
	bool any = false;

	dvmrp_for_each_neighbor(in, n) {
		if (n->state != DVMRP_TWO_WAY)
			continue;
		if (!any || !dvmrp_put_neighbor(&a->w, n->address))
			put_first(a, &head, n->address);
		any = true;
	}
	if (!any)
		put_first(a, &head, (struct in_addr){0});
}

void dvmrp_query_neighbors(struct dvmrp_interface *in,
			   const struct proto_packet *packet)
{
	const struct in_addr from = mgm_address_to_v4(&packet->source);
	const struct in_addr asked = mgm_address_to_v4(&packet->destination);
	const struct dvmrp_interface *one;
	struct dvmrp *d = in->dvmrp;
	struct answer answer = {
		.in = in,
		.ip = {in->address, from, FAR_TTL},
	};

	dvmrp_count(d, in, DVMRP_N_QUERIES);
	if (!in->running || !dvmrp_interface_reaches(in, from)) {
		dvmrp_count(d, in, DVMRP_N_QUERIES_FOREIGN);
		return;
	}
	if (!admit_asker(d, in, from))
		return;
	/* From the address that was asked: it is what is waited for. */
	if (!address_is_multicast(&packet->destination))
		answer.ip.source = asked;
	answer_begin(&answer);
	dvmrp_for_each_interface(d, one)
		if (one->address.s_addr)
			put_interface(&answer, one);
	answer_end(&answer);
}

/* --- mtrace ----------------------------------------------------------------- */

/* A query, and what this router says of its flow. */
struct trace {
	struct dvmrp *d;
	struct mtrace_query query;
	struct dvmrp_interface *arrival;
	struct dvmrp_interface *out; /* to the receiver, or whence it came */
	const struct dvmrp_route *route;
	struct mtrace_block block;
	bool ends; /* it goes back from here */
};

static struct dvmrp_interface *interface_toward(const struct dvmrp *d,
						struct in_addr address)
{
	struct dvmrp_interface *in;

	dvmrp_for_each_interface(d, in)
		if (in->running && dvmrp_interface_reaches(in, address))
			return in;
	return NULL;
}

static uint32_t ntp_middle(const struct dvmrp *d)
{
	const struct proto_services *s = &d->services;
	uint64_t ms = s->wall_ms ? s->wall_ms(s->arg) : 0;

	return (uint32_t)(((ms / SECOND_MS + NTP_1970) << 16) |
			  (ms % SECOND_MS * 65536 / SECOND_MS));
}

/* Of the flow, as far as the manager has it. */
static void add_counts(struct trace *t)
{
	struct mgm_mfe_info info = {.size = sizeof(info)};
	const struct mgm_sg flow = {
		.source = {mgm_address_v4(t->query.source), 32, {0}},
		.group = {mgm_address_v4(t->query.group), 32, {0}},
	};

	t->block.in_count = t->block.out_count = MTRACE_UNKNOWN;
	t->block.flow_count = MTRACE_UNKNOWN;
	if (!mgm_mfe_get(t->d->services.mgm, flow, &info))
		t->block.flow_count = (uint32_t)info.packets;
}

/* What the trees have to say of the flow at this hop. */
static enum mtrace_code judge_flow(const struct trace *t)
{
	const struct in_addr group = t->query.group;
	const struct dvmrp_entry *e;

	if (!group.s_addr)
		return MTRACE_NO_ERROR;
	e = dvmrp_entry_find(t->d, t->route, group);
	if (e && e->state == DVMRP_PRUNED)
		return MTRACE_PRUNE_SENT;
	if (dvmrp_oif_wanted(t->route, e, t->query.source, group, t->out))
		return MTRACE_NO_ERROR;
	return e && dvmrp_downstream_pruned(e, t->out) ? MTRACE_PRUNE_RECEIVED
						       : MTRACE_NOT_FORWARDING;
}

static enum mtrace_code judge(const struct trace *t)
{
	if (!t->out)
		return MTRACE_WRONG_LAST_HOP;
	if (!t->route)
		return MTRACE_NO_ROUTE;
	if (t->route->iif == t->out)
		return MTRACE_RPF_IF;
	if (!dvmrp_route_forwards(t->route, t->out))
		return t->query.blocks ? MTRACE_WRONG_IF
				       : MTRACE_WRONG_LAST_HOP;
	return judge_flow(t);
}

static bool is_error(enum mtrace_code code)
{
	return code == MTRACE_WRONG_LAST_HOP || code == MTRACE_NO_ROUTE ||
	       code == MTRACE_WRONG_IF;
}

static void look(struct trace *t)
{
	struct mtrace_block *b = &t->block;

	t->out = t->query.blocks ? t->arrival
				 : interface_toward(t->d, t->query.receiver);
	t->route = dvmrp_route_lookup(t->d, t->query.source);
	b->arrival = ntp_middle(t->d);
	b->protocol = MTRACE_PROTOCOL_DVMRP;
	if (t->out) {
		b->out = t->out->address;
		b->ttl = threshold_of(t->out);
	}
	if (t->route) {
		b->in = t->route->iif->address;
		b->length = t->route->prefix.length;
		if (t->route->upstream)
			b->previous = t->route->upstream->address;
	}
	add_counts(t);
	b->code = judge(t);
	t->ends = is_error(b->code) || !t->route || !t->route->upstream ||
		  (t->query.hops && t->query.blocks + 1 >= t->query.hops);
}

static void pass_on(struct trace *t)
{
	const struct in_addr target = t->ends ? t->query.answer_to
					      : t->route->upstream->address;
	struct dvmrp_interface *via = t->ends ? interface_toward(t->d, target)
					      : t->route->iif;
	const struct dvmrp_interface *from = via ? via : t->arrival;
	const struct mgm_address to = mgm_address_v4(target);
	struct mtrace_ip ip = {from->address, target, FAR_TTL};
	uint8_t packet[IGMP_IP_BYTES + MTRACE_BYTES];
	size_t len;

	if (address_is_multicast(&to)) {
		via = t->arrival;
		ip.ttl = t->query.ttl ? t->query.ttl : 1;
	} else if (!address_is_source(&to)) {
		dvmrp_count(t->d, t->arrival, DVMRP_N_QUERIES_BAD);
		return;
	}
	len = mtrace_put(&t->query, &t->block, &ip,
			 t->ends ? MTRACE_RESPONSE : MTRACE_QUERY, packet,
			 sizeof(packet));
	/* Without an interface: where the host's routes say. */
	if (len)
		send_answer(t->d, t->arrival, via ? via->ifid : 0, target,
			    packet, len);
	else
		dvmrp_count(t->d, t->arrival, DVMRP_N_QUERIES_BAD);
}

void dvmrp_query_mtrace(struct dvmrp *d, const struct proto_packet *packet)
{
	struct trace t = {
		.d = d,
		.arrival = dvmrp_interface_by_id(d, packet->ifid),
	};

	if (!t.arrival || !t.arrival->running)
		return;
	dvmrp_count(d, t.arrival, DVMRP_N_QUERIES);
	if (packet->fragmented ||
	    !mtrace_query_get(packet->payload, packet->len, &t.query)) {
		dvmrp_count(d, t.arrival, DVMRP_N_QUERIES_BAD);
		return;
	}
	if (!admit(d, t.arrival))
		return;
	look(&t);
	/* To a group everybody is asked: only who is the last hop answers. */
	if (address_is_multicast(&packet->destination) &&
	    (t.block.code == MTRACE_WRONG_LAST_HOP ||
	     t.block.code == MTRACE_RPF_IF))
		return;
	pass_on(&t);
}
