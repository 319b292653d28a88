/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Neighbours that say anything at any time, on links that come and go: a router
 * has the neighbours, routes, forwarders and dependents that a naive model has,
 * which is written from the tables of states alone, with arrays and loops. Each
 * message that it sends can be read, and says what the model would say.
 */
#include "dvmrp_lab.h"

#define PORTS	 3u
#define HOSTS	 4u
#define PREFIXES 7u
#define STEPS	 20000u
#define SEED	 2463534242u

static const unsigned int hosts[HOSTS] = {2, 4, 7, 9};
static const unsigned int metrics[PORTS + 1] = {0, 1, 2, 5};
static const char *const prefixes[PREFIXES] = {
	"10.3.0.0/24", /* of port 3 */
	"10.20.0.0/16", "10.20.1.0/24",	 "0.0.0.0/0",
	"10.0.0.0/8",	"172.16.0.0/12", "192.0.2.1/32",
};

struct peer {
	enum dvmrp_neighbor_state state;
	uint64_t deadline_ms, reset_ms;
	uint32_t genid;
	bool genid_known;
	unsigned int major, minor;
};

struct link {
	unsigned int forwarder; /* host; 0: the router */
	unsigned int metric;
	bool depends[HOSTS];
};

struct route {
	enum dvmrp_route_state state;
	unsigned int metric, port, host; /* host 0: direct or none */
	uint64_t heard_ms, held_until_ms;
	unsigned int held_port, held_host, held_metric;
	struct link link[PORTS + 1];
};

struct model {
	struct lab *l;
	uint32_t drawn;
	uint64_t restarts;
	bool up[PORTS + 1];
	struct peer peer[PORTS + 1][HOSTS];
	struct route route[PREFIXES];
};

static uint32_t draw(struct model *m, uint32_t below)
{
	m->drawn ^= m->drawn << 13;
	m->drawn ^= m->drawn >> 17;
	m->drawn ^= m->drawn << 5;
	return m->drawn % below;
}

/* --- routes ----------------------------------------------------------------- */

static bool is_held(const struct route *r)
{
	return r->state == DVMRP_ROUTE_HELD ||
	       r->state == DVMRP_ROUTE_RELEARNED;
}

static unsigned int said(const struct route *r, unsigned int port)
{
	if (r->port == port)
		return r->host ? r->metric + 32 : 0;
	return is_held(r) ? 32 : r->metric;
}

/* Does the first win? */
static bool wins(unsigned int metric, unsigned int host,
		 unsigned int other_metric, unsigned int other)
{
	return metric < other_metric ||
	       (metric == other_metric && host < other);
}

static void settle(struct route *r)
{
	for (unsigned int port = 1; port <= PORTS; port++) {
		struct link *link = &r->link[port];

		if (r->state == DVMRP_ROUTE_NONE || r->port == port)
			memset(link, 0, sizeof(*link));
		else if (link->forwarder && wins(said(r, port), LAB_US,
						 link->metric, link->forwarder))
			link->forwarder = 0;
	}
}

static void goes_by(struct route *r, unsigned int port, unsigned int host,
		    unsigned int metric, uint64_t now)
{
	if (r->port && r->port != port)
		memset(&r->link[r->port], 0, sizeof(r->link[0]));
	r->port = port;
	r->host = host;
	r->metric = metric;
	r->heard_ms = now;
	settle(r);
}

static void lost(struct model *m, struct route *r)
{
	if (!is_held(r)) {
		r->held_until_ms = m->l->f->now + DVMRP_HOLD_DOWN_MS;
		r->held_port = r->host ? r->port : 0;
		r->held_host = r->host;
		r->held_metric = r->metric;
	}
	r->state = DVMRP_ROUTE_HELD;
	goes_by(r, 0, 0, 32, m->l->f->now);
}

static void reached(struct model *m, struct route *r, unsigned int port,
		    unsigned int host, unsigned int metric)
{
	const bool upstream = r->port == port && r->host == host;

	if (r->state == DVMRP_ROUTE_DIRECT)
		return;
	if (is_held(r) && r->held_port == port && r->held_host == host &&
	    r->held_metric == metric)
		r->state = DVMRP_ROUTE_VALID;
	else if (!upstream && r->host && metric >= r->metric &&
		 (metric > r->metric ||
		  lab_host(port, host).s_addr ==
			  lab_host(r->port, r->host).s_addr ||
		  ntohl(lab_host(port, host).s_addr) >
			  ntohl(lab_host(r->port, r->host).s_addr)))
		return;
	else if (r->state == DVMRP_ROUTE_HELD)
		r->state = DVMRP_ROUTE_RELEARNED;
	goes_by(r, port, host, metric, m->l->f->now);
}

static void on_link(struct route *r, unsigned int port, unsigned int h,
		    unsigned int says)
{
	struct link *link = &r->link[port];
	unsigned int host = hosts[h];

	link->depends[h] = says > 32;
	if (says < 32 &&
	    (link->forwarder && link->forwarder != host
		     ? wins(says, host, link->metric, link->forwarder)
		     : wins(says, host, said(r, port), LAB_US))) {
		link->forwarder = host;
		link->metric = says;
	} else if (link->forwarder == host) {
		link->forwarder = 0;
	}
}

static void hears(struct model *m, struct route *r, unsigned int port,
		  unsigned int h, unsigned int says)
{
	unsigned int metric = says < 32 ? says + metrics[port] : 32;

	if (r->state == DVMRP_ROUTE_NONE) {
		if (metric < 32) {
			r->state = DVMRP_ROUTE_VALID;
			goes_by(r, port, hosts[h], metric, m->l->f->now);
		}
		return;
	}
	if (metric < 32)
		reached(m, r, port, hosts[h], metric);
	else if (r->port == port && r->host == hosts[h])
		lost(m, r);
	if (r->port != port)
		on_link(r, port, h, says);
}

/* --- neighbours ------------------------------------------------------------- */

static const struct peer *kind_is(const struct peer *p, bool *genid,
				  bool *probes, uint64_t *timeout)
{
	bool full = (p->major == 3 && p->minor == 255) ||
		    (p->major >= 4 && p->major <= 9);

	*probes = full;
	*genid = full || (p->major == 3 && p->minor >= 3);
	*timeout = *genid ? DVMRP_NEIGHBOR_MS : DVMRP_OLD_NEIGHBOR_MS;
	return p;
}

static void alive(struct model *m, struct peer *p)
{
	bool genid, probes;
	uint64_t timeout;

	kind_is(p, &genid, &probes, &timeout);
	p->deadline_ms = m->l->f->now + timeout;
}

static void forget_peer(struct model *m, unsigned int port, unsigned int h)
{
	for (unsigned int i = 0; i < PREFIXES; i++) {
		struct route *r = &m->route[i];
		struct link *link = &r->link[port];

		link->depends[h] = false;
		if (link->forwarder == hosts[h])
			link->forwarder = 0;
		if (r->port == port && r->host == hosts[h])
			lost(m, r);
	}
}

static void peer_down(struct model *m, unsigned int port, unsigned int h)
{
	if (m->peer[port][h].state == DVMRP_TWO_WAY)
		forget_peer(m, port, h);
	memset(&m->peer[port][h], 0, sizeof(m->peer[port][h]));
}

/* Version and generation id, of who is known; restarts change no route. True:
 * one that was two-way has begun anew. */
static bool note(struct model *m, struct peer *p, unsigned int major,
		 unsigned int minor, const uint32_t *genid)
{
	bool has, probes, another = p->major != major || p->minor != minor;
	bool anew = false;
	uint64_t timeout;

	if (p->state == DVMRP_DOWN)
		another = false;
	p->major = major;
	p->minor = minor;
	kind_is(p, &has, &probes, &timeout);
	if (genid && has && p->genid_known && p->genid != *genid)
		another = true;
	if (another && p->state == DVMRP_TWO_WAY) {
		if (p->reset_ms && m->l->f->now - p->reset_ms < DVMRP_RESET_MS)
			return false;
		p->reset_ms = m->l->f->now;
		m->restarts++;
		anew = true;
	}
	if (genid && has) {
		p->genid = *genid;
		p->genid_known = true;
	}
	return anew;
}

static void probes(struct model *m, unsigned int port, unsigned int h,
		   uint32_t genid, bool lists)
{
	struct lab *l = m->l;
	struct peer *p = &m->peer[port][h];

	lab_probe(l, port, hosts[h], genid, lists);
	if (!m->up[port])
		return;
	if (note(m, p, l->version[0], l->version[1], &genid) && !lists)
		return; /* it has yet to hear us */
	if (!lists && p->state == DVMRP_TWO_WAY)
		forget_peer(m, port, h);
	p->state = lists ? DVMRP_TWO_WAY : DVMRP_ONE_WAY;
	alive(m, p);
}

static void reports(struct model *m, unsigned int port, unsigned int h)
{
	struct peer *p = &m->peer[port][h];
	unsigned int says[PREFIXES] = {0};
	bool genid, by_probe;
	struct lab *l = m->l;
	char text[512] = "";
	uint64_t timeout;
	size_t len = 0;

	for (unsigned int i = 0; i < PREFIXES; i++) {
		if (draw(m, 3))
			continue;
		says[i] = draw(m, 4) ? 1 + draw(m, 6) + 32 * draw(m, 2)
				     : 30 + draw(m, 3);
		len += (size_t)snprintf(text + len, sizeof(text) - len,
					"%s%s %u", len ? ", " : "", prefixes[i],
					says[i]);
	}
	lab_report(l, port, hosts[h], text);
	if (!m->up[port])
		return;
	kind_is(&(struct peer){.major = l->version[0], .minor = l->version[1]},
		&genid, &by_probe, &timeout);
	if (p->state == DVMRP_DOWN && by_probe)
		return;
	note(m, p, l->version[0], l->version[1], NULL);
	if (p->state == DVMRP_DOWN)
		p->state = DVMRP_TWO_WAY;
	if (p->state != DVMRP_TWO_WAY)
		return;
	if (!by_probe)
		alive(m, p);
	for (unsigned int i = 0; i < PREFIXES; i++)
		if (says[i])
			hears(m, &m->route[i], port, h, says[i]);
}

static void turn(struct model *m, unsigned int port, bool up)
{
	struct route *direct = &m->route[0];

	if (m->up[port] == up)
		return;
	m->up[port] = up;
	for (unsigned int h = 0; h < HOSTS; h++)
		peer_down(m, port, h);
	if (port == PORTS && up) {
		direct->state = DVMRP_ROUTE_DIRECT;
		goes_by(direct, PORTS, 0, metrics[PORTS], m->l->f->now);
	} else if (port == PORTS) {
		lost(m, direct);
	}
	lab_turn(m->l, port, up);
}

/* --- time ------------------------------------------------------------------- */

static uint64_t route_due(const struct route *r)
{
	uint64_t at = UINT64_MAX;

	if (r->host)
		at = r->heard_ms + DVMRP_ROUTE_EXPIRY_MS;
	if (is_held(r) && r->held_until_ms < at)
		at = r->held_until_ms;
	return at;
}

static void route_time(struct model *m, struct route *r)
{
	if (!is_held(r) || r->held_until_ms > m->l->f->now) {
		lost(m, r);
		return;
	}
	r->state = r->state == DVMRP_ROUTE_HELD ? DVMRP_ROUTE_NONE
						: DVMRP_ROUTE_VALID;
	if (r->state == DVMRP_ROUTE_NONE)
		memset(r, 0, sizeof(*r));
	settle(r);
}

/* What is due at this very time. */
static void pass(struct model *m)
{
	const uint64_t now = m->l->f->now;

	for (unsigned int port = 1; port <= PORTS; port++)
		for (unsigned int h = 0; h < HOSTS; h++)
			if (m->peer[port][h].state != DVMRP_DOWN &&
			    m->peer[port][h].deadline_ms <= now)
				peer_down(m, port, h);
	for (unsigned int i = 0; i < PREFIXES; i++)
		while (route_due(&m->route[i]) <= now)
			route_time(m, &m->route[i]);
}

static uint64_t next_due(const struct model *m)
{
	uint64_t at = UINT64_MAX;

	for (unsigned int i = 0; i < PREFIXES; i++)
		if (route_due(&m->route[i]) < at)
			at = route_due(&m->route[i]);
	for (unsigned int port = 1; port <= PORTS; port++)
		for (unsigned int h = 0; h < HOSTS; h++)
			if (m->peer[port][h].state != DVMRP_DOWN &&
			    m->peer[port][h].deadline_ms < at)
				at = m->peer[port][h].deadline_ms;
	return at;
}

static void wait(struct model *m, uint64_t ms)
{
	const uint64_t end = m->l->f->now + ms;

	while (m->l->f->now < end) {
		uint64_t at = next_due(m);

		lab_run(m->l, (at < end ? at : end) - m->l->f->now);
		pass(m);
	}
}

/* --- the comparison --------------------------------------------------------- */

static void compare_peers(struct model *m)
{
	for (unsigned int port = 1; port <= PORTS; port++)
		for (unsigned int h = 0; h < HOSTS; h++) {
			const struct dvmrp_neighbor *n =
				lab_neighbor(m->l, port, hosts[h]);

			assert_int_equal(n ? n->state : DVMRP_DOWN,
					 m->peer[port][h].state);
			if (n)
				assert_int_equal(n->genid,
						 m->peer[port][h].genid);
		}
	assert_int_equal(lab_count(m->l, DVMRP_N_RESTARTS), m->restarts);
}

static void compare_link(struct model *m, const struct dvmrp_route *r,
			 const struct route *want, unsigned int port)
{
	struct dvmrp_interface *in = lab_port(m->l, port);
	const struct link *link = &want->link[port];
	uint64_t depends = 0;

	assert_int_equal(dvmrp_route_said(r, in), said(want, port));
	if (want->port == port)
		return;
	for (unsigned int h = 0; h < HOSTS; h++)
		if (link->depends[h])
			depends |= dvmrp_neighbor_bit(
				lab_neighbor(m->l, port, hosts[h]));
	assert_int_equal(dvmrp_route_dependents(r, in), depends);
	assert_int_equal(dvmrp_route_forwards(r, in),
			 want->port && m->up[port] && !link->forwarder);
}

static void compare_routes(struct model *m)
{
	for (unsigned int i = 0; i < PREFIXES; i++) {
		const struct dvmrp_route *r = lab_route(m->l, prefixes[i]);
		const struct route *want = &m->route[i];

		assert_int_equal(r ? r->state : DVMRP_ROUTE_NONE, want->state);
		if (!r)
			continue;
		assert_int_equal(r->metric, want->metric);
		assert_int_equal(r->iif ? r->iif->ifid : 0, want->port);
		assert_int_equal(
			r->upstream ? r->upstream->address.s_addr : 0,
			want->host ? lab_host(want->port, want->host).s_addr
				   : 0);
		for (unsigned int port = 1; port <= PORTS; port++)
			compare_link(m, r, want, port);
	}
}

/* All can be read, and nothing is said where nobody listens. */
static void read_sent(struct model *m)
{
	struct dvmrp_message message;

	for (size_t i = 0; i < m->l->count; i++)
		assert_int_equal(dvmrp_message_get(m->l->sent[i].message,
						   m->l->sent[i].len, &message),
				 DVMRP_OK);
	lab_clear(m->l);
}

static void step(struct model *m)
{
	static const uint8_t versions[][2] = {{3, 255}, {3, 255}, {3, 255},
					      {3, 255}, {3, 254}, {3, 1},
					      {10, 2}};
	const unsigned int port = 1 + draw(m, PORTS), h = draw(m, HOSTS);
	const unsigned int version = h == 3 ? draw(m, 7) : 0;

	m->l->version[0] = versions[version][0];
	m->l->version[1] = versions[version][1];
	switch (draw(m, 16)) {
	case 0:
		wait(m, 1 + draw(m, 60000));
		break;
	case 1:
	case 2:
		wait(m, 1 + draw(m, 4000));
		break;
	case 3:
		if (!draw(m, 8))
			turn(m, port, !m->up[port]);
		break;
	case 4:
		probes(m, port, h, draw(m, 2), draw(m, 3));
		break;
	case 5:
	case 6:
	case 7:
	case 8:
	case 9:
		probes(m, port, h, 0, true);
		break;
	default:
		reports(m, port, h);
	}
}

static void test_neighbours_that_say_anything(void **state)
{
	const char *steps = getenv("XMGM_MODEL_STEPS");
	unsigned long count = steps ? strtoul(steps, NULL, 10) : STEPS;
	struct model m = {.l = lab_new(0), .drawn = SEED};

	(void)state;
	for (unsigned int port = 1; port <= PORTS; port++) {
		m.l->configured[port] = m.up[port] = true;
		m.l->port[port].metric = metrics[port];
		lab_turn(m.l, port, true);
	}
	lab_configure(m.l);
	m.route[0].state = DVMRP_ROUTE_DIRECT;
	goes_by(&m.route[0], PORTS, 0, metrics[PORTS], m.l->f->now);
	while (count--) {
		step(&m);
		compare_peers(&m);
		compare_routes(&m);
		read_sent(&m);
	}
	lab_free(m.l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_neighbours_that_say_anything),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
