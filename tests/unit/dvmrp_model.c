/* SPDX-License-Identifier: GPL-2.0-only */
/* See dvmrp_model.h. */
#include "dvmrp_model.h"

#include "proto/dvmrp/internal.h"

#define NOTES 1024u

/* A prune or graft that has reached a router. */
struct note {
	uint64_t at_ms, until_ms;
	unsigned int router;
	struct in_addr from;
	struct dvmrp_prefix net; /* of the router's route to the source */
	struct in_addr group;
	bool prune;
	bool shaken; /* since then its sender did not depend on us */
};

struct model {
	struct net *net;
	struct note *notes;
	size_t count;
	uint64_t begun_ms[NET_ROUTERS];
};

static struct dvmrp *dvmrp_of(const struct net_router *r)
{
	return r->self;
}

/* Prunes count if their sender depends on us and there is an entry. */
static bool counts(const struct net_router *r, const struct net_frame *frame,
		   const struct dvmrp_message *m, struct in_addr from)
{
	const struct dvmrp *d = dvmrp_of(r);
	const struct dvmrp_interface *in =
		dvmrp_interface_by_id(d, frame->link + 1);
	const struct dvmrp_route *route = dvmrp_route_lookup(d, m->source);
	const struct dvmrp_neighbor *n;

	if (!route || !in || !in->running || route->iif == in)
		return false;
	n = dvmrp_neighbor_find(in, from);
	if (!n || n->state != DVMRP_TWO_WAY ||
	    !(dvmrp_route_dependents(route, in) & dvmrp_neighbor_bit(n)))
		return false;
	return m->code == DVMRP_GRAFT ||
	       (m->lifetime_s > 5 && dvmrp_entry_find(d, route, m->group));
}

static bool depends(const struct net_router *r, const struct note *note)
{
	unsigned int link = ntohl(note->from.s_addr) >> 16 & 0xff;
	const struct dvmrp *d = dvmrp_of(r);
	const struct dvmrp_interface *in = dvmrp_interface_by_id(d, link + 1);
	const struct dvmrp_route *route = dvmrp_route_find(d, &note->net);
	const struct dvmrp_neighbor *n =
		in ? dvmrp_neighbor_find(in, note->from) : NULL;

	return n && route &&
	       dvmrp_route_dependents(route, in) & dvmrp_neighbor_bit(n);
}

/* What is over goes; who does not depend on us any more is noted. */
static void review(struct model *m)
{
	size_t kept = 0;

	for (size_t i = 0; i < m->count; i++) {
		struct note note = m->notes[i];
		const struct net_router *r = &m->net->router[note.router];

		if (note.until_ms <= m->net->now || !r->alive)
			continue;
		note.shaken |= !depends(r, &note);
		m->notes[kept++] = note;
	}
	m->count = kept;
}

/* The last word counts: of a neighbour there is one of each entry. */
static struct note *note_find(const struct model *m, const struct note *like)
{
	for (size_t i = 0; i < m->count; i++) {
		struct note *note = &m->notes[i];

		if (note->router == like->router &&
		    note->from.s_addr == like->from.s_addr &&
		    note->group.s_addr == like->group.s_addr &&
		    note->net.net.s_addr == like->net.net.s_addr &&
		    note->net.length == like->net.length)
			return note;
	}
	return NULL;
}

static void note_put(struct model *m, const struct note *note)
{
	struct note *at = note_find(m, note);

	if (!at) {
		assert_true(m->count < NOTES);
		at = &m->notes[m->count++];
	}
	*at = *note;
}

static void hear(struct net *net, struct net_router *r,
		 const struct net_frame *frame, const struct dvmrp_message *m)
{
	const struct in_addr from = net_address(frame->link, frame->from + 1);
	struct model *model = net->model;
	struct note note;

	review(model);
	if ((m->code != DVMRP_PRUNE && m->code != DVMRP_GRAFT) ||
	    !counts(r, frame, m, from))
		return;
	note = (struct note){
		.at_ms = net->now,
		.until_ms = m->code == DVMRP_PRUNE
				    ? net->now + m->lifetime_s * UINT64_C(1000)
				    : UINT64_MAX,
		.router = r->number,
		.from = from,
		.net = dvmrp_route_lookup(dvmrp_of(r), m->source)->prefix,
		.group = m->group,
		.prune = m->code == DVMRP_PRUNE,
	};
	note_put(model, &note);
}

struct model *model_new(struct net *net)
{
	struct model *m = calloc(1, sizeof(*m));

	assert_non_null(m);
	m->notes = calloc(NOTES, sizeof(*m->notes));
	assert_non_null(m->notes);
	m->net = net;
	net->model = m;
	net->heard = hear;
	return m;
}

void model_free(struct model *m)
{
	m->net->model = NULL;
	m->net->heard = NULL;
	free(m->notes);
	free(m);
}

void model_forget(struct model *m, unsigned int router)
{
	m->begun_ms[router] = m->net->now;
}

/* What is known of a neighbour's wish. */
enum wish { WANTS, PRUNED, UNSURE };

/*
 * The last word of this neighbour. A prune that stands, but for what makes
 * routers forget prunes, is no sure one.
 */
static enum wish wish_of(const struct model *m, unsigned int router,
			 const struct dvmrp_neighbor *n,
			 const struct dvmrp_route *route, struct in_addr group)
{
	const uint64_t now = m->net->now;
	const struct note like = {
		.router = router,
		.from = n->address,
		.net = route->prefix,
		.group = group,
	};
	const struct note *last = note_find(m, &like);

	if (!last || !last->prune || last->until_ms <= now ||
	    last->at_ms < m->begun_ms[router])
		return WANTS;
	if (last->shaken || last->at_ms <= n->since_ms ||
	    last->at_ms <= n->reset_ms || last->at_ms <= route->since_ms)
		return UNSURE;
	return PRUNED;
}

static bool in_set(const struct net_router *r, const struct fix_route *line,
		   uint32_t ifid)
{
	const struct fix_set *set = &r->f->set[line->set];

	for (size_t i = 0; i < set->count; i++) {
		if (set->oifs[i] == ifid)
			return true;
	}
	return false;
}

static bool member(const struct model *m, unsigned int link, struct mgm_sg flow)
{
	uint32_t group = ntohl(mgm_address_to_v4(&flow.group.address).s_addr) &
			 0xff;

	return m->net->wants[link] >> group & 1;
}

/* Then it has no iif, and goes nowhere. */
static bool unreachable(const struct net_router *r,
			const struct dvmrp_route *route, struct in_addr source)
{
	unsigned int link = ntohl(source.s_addr) >> 16 & 0xff;

	return !route && !(r->port[link].there && r->port[link].up);
}

static void differs(const struct model *m, const struct net_router *r,
		    struct mgm_sg flow, const struct dvmrp_interface *in,
		    bool should)
{
	print_error("at %llu r%u: %s %s to link %u; its MFE is another\n",
		    (unsigned long long)m->net->now, r->number,
		    fix_sg_text(flow), should ? "has to go" : "must not go",
		    in->ifid - 1);
	fail();
}

/* One MFE on one interface. */
static void check_oif(const struct model *m, const struct net_router *r,
		      const struct fix_route *line, struct mgm_sg flow,
		      const struct dvmrp_interface *in)
{
	const struct in_addr source = mgm_address_to_v4(&flow.source.address);
	const struct in_addr group = mgm_address_to_v4(&flow.group.address);
	const struct dvmrp_route *route =
		dvmrp_route_lookup(dvmrp_of(r), source);
	unsigned int link = in->ifid - 1, sure = 0, unsure = 0;
	bool wanted = member(m, link, flow);
	struct dvmrp_neighbor *n;

	if (line->iif == in->ifid || unreachable(r, route, source))
		return;
	if (route && (route->iif == in || !dvmrp_route_forwards(route, in))) {
		if (in_set(r, line, in->ifid))
			differs(m, r, flow, in, false);
		return;
	}
	dvmrp_for_each_neighbor(in, n) {
		enum wish wish;

		if (!route || !(dvmrp_route_dependents(route, in) &
				dvmrp_neighbor_bit(n)))
			continue;
		wish = wish_of(m, r->number, n, route, group);
		sure += wish == WANTS;
		unsure += wish == UNSURE;
	}
	wanted |= sure > 0;
	if (in_set(r, line, in->ifid) != wanted && !(unsure && !wanted))
		differs(m, r, flow, in, wanted);
}

/* What we have said upstream fits what we do. */
static void check_upstream(const struct net_router *r,
			   const struct fix_route *line, struct mgm_sg flow)
{
	const struct in_addr source = mgm_address_to_v4(&flow.source.address);
	const struct in_addr group = mgm_address_to_v4(&flow.group.address);
	const struct dvmrp *d = dvmrp_of(r);
	const struct dvmrp_route *route = dvmrp_route_lookup(d, source);
	const struct dvmrp_entry *e = route ? dvmrp_entry_find(d, route, group)
					    : NULL;

	assert_non_null(dvmrp_flow_find(d, source, group));
	if (!e || !route->upstream)
		return;
	if (r->f->set[line->set].count)
		assert_int_not_equal(e->state, DVMRP_PRUNED);
	if (e->state != DVMRP_FLOODED)
		assert_ptr_equal(e->upstream, route->upstream);
}

static void check_router(const struct model *m, const struct net_router *r)
{
	const struct dvmrp *d = dvmrp_of(r);
	struct hash_node *node, *tmp;
	uint32_t i;

	hash_for_each_safe(&r->f->routes, node, tmp, i) {
		const struct fix_route *line =
			hash_entry(node, struct fix_route, node);
		const struct mgm_sg flow = net_flow(line);
		const struct dvmrp_interface *in;

		dvmrp_for_each_interface(d, in) {
			if (in->running)
				check_oif(m, r, line, flow, in);
		}
		check_upstream(r, line, flow);
	}
}

void model_check(struct model *m)
{
	for (unsigned int r = 0; r < NET_ROUTERS; r++) {
		if (m->net->router[r].alive)
			check_router(m, &m->net->router[r]);
	}
}

void model_check_empty(struct model *m)
{
	for (unsigned int i = 0; i < NET_ROUTERS; i++) {
		const struct net_router *r = &m->net->router[i];

		if (!r->alive)
			continue;
		assert_int_equal(r->f->routes.count, 0);
		assert_int_equal(dvmrp_of(r)->tree.flow_count, 0);
		assert_int_equal(dvmrp_of(r)->tree.prune_count, 0);
		assert_int_equal(dvmrp_of(r)->tree.entry_count, 0);
	}
}
