/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Neighbours: who else speaks DVMRP on a link. One is two-way when its probe
 * lists us, which says that it hears us too; what it says otherwise counts only
 * from then on. The table below is all there is to it; what older routers need
 * stands in the one before it.
 */
#include "internal.h"

#include <stdlib.h>

enum neighbor_event {
	PROBE_LISTS, /* a probe that lists us */
	PROBE_OTHER, /* one that does not */
	REPORT,
	REPORT_OLD, /* of one whose version makes a report enough */
	MESSAGE,    /* a prune, graft or acknowledgement */
	ANOTHER,    /* its generation id or version is not what it was */
	DEADLINE,   /* it is silent, or the link is down */
	NEIGHBOR_EVENTS
};

/* --- versions --------------------------------------------------------------- */

static const struct {
	uint8_t major, minor; /* from this one on */
	struct dvmrp_kind kind;
} kinds[] = {
	{0, 0, {false, false, false, DVMRP_OLD_NEIGHBOR_MS}},
	{3, 0, {false, true, false, DVMRP_OLD_NEIGHBOR_MS}},
	{3, 3, {true, true, false, 0}},
	{3, 255, {true, true, true, 0}},		       /* and 4 to 9 */
	{10, 0, {false, false, false, DVMRP_OLD_NEIGHBOR_MS}}, /* cisco */
	{11, 0, {false, true, false, DVMRP_OLD_NEIGHBOR_MS}},
};

const struct dvmrp_kind *dvmrp_kind_of(uint8_t major, uint8_t minor)
{
	size_t i = sizeof(kinds) / sizeof(kinds[0]) - 1;

	while (i && (kinds[i].major > major ||
		     (kinds[i].major == major && kinds[i].minor > minor)))
		i--;
	return &kinds[i].kind;
}

bool dvmrp_neighbor_prunes(const struct dvmrp_neighbor *n)
{
	return n->state == DVMRP_TWO_WAY && n->kind->prunes &&
	       (!n->kind->genid || n->caps & DVMRP_CAP_PRUNE);
}

/* --- one of them ------------------------------------------------------------ */

struct dvmrp_neighbor *dvmrp_neighbor_find(const struct dvmrp_interface *in,
					   struct in_addr address)
{
	struct dvmrp_neighbor *n;

	dvmrp_for_each_neighbor(in, n)
		if (n->address.s_addr == address.s_addr)
			return n;
	return NULL;
}

static void wait(struct dvmrp_neighbor *n)
{
	struct dvmrp *d = n->interface->dvmrp;
	const uint32_t ms = n->kind->timeout_ms;

	dvmrp_timer(d, &n->deadline,
		    d->now_ms + (ms ? ms : d->config.neighbor_ms));
}

static void neighbor_event(struct dvmrp_neighbor *n, enum neighbor_event event);

static void deadline_fire(struct timer *timer, uint64_t now_ms)
{
	struct dvmrp_neighbor *n =
		hash_entry(timer, struct dvmrp_neighbor, deadline);

	(void)now_ms;
	dvmrp_count(n->interface->dvmrp, n->interface, DVMRP_N_EXPIRED);
	neighbor_event(n, DEADLINE);
}

static bool listed(const struct dvmrp_interface *in, struct in_addr address)
{
	for (uint32_t i = 0; i < in->config.neighbors.count; i++)
		if (in->config.neighbors.item[i].s_addr == address.s_addr)
			return true;
	return !in->config.neighbors.count;
}

static struct dvmrp_neighbor *neighbor_new(struct dvmrp_interface *in,
					   struct in_addr address)
{
	struct dvmrp *d = in->dvmrp;
	struct dvmrp_neighbor *n;
	unsigned int slot = 0;

	if (in->neighbor_count >= in->config.max_neighbors ||
	    in->neighbor_count >= DVMRP_NEIGHBORS) {
		dvmrp_count(d, in, DVMRP_N_LIMIT_NEIGHBORS);
		return NULL;
	}
	while (in->neighbors[slot])
		slot++;
	n = dvmrp_timer_room(d) || dvmrp_timer_room(d) ? NULL
						       : calloc(1, sizeof(*n));
	if (!n) {
		dvmrp_count(d, in, DVMRP_N_NO_MEMORY);
		return NULL;
	}
	n->interface = in;
	n->address = address;
	n->slot = slot;
	n->deadline.fire = deadline_fire;
	dvmrp_report_full_init(n);
	in->neighbors[slot] = n;
	in->neighbor_count++;
	return n;
}

static void neighbor_free(struct dvmrp_neighbor *n)
{
	struct dvmrp_interface *in = n->interface;

	dvmrp_timer_end(in->dvmrp, &n->deadline);
	dvmrp_timer_end(in->dvmrp, &n->full);
	in->neighbors[n->slot] = NULL;
	in->neighbor_count--;
	free(n);
}

/* --- the state machine ------------------------------------------------------ */

static void act_up(struct dvmrp_neighbor *n)
{
	struct dvmrp_interface *in = n->interface;

	wait(n);
	in->two_way |= dvmrp_neighbor_bit(n);
	dvmrp_send_probe(in);
	dvmrp_tree_neighbor_up(in->dvmrp, n);
	dvmrp_report_full(n);
}

/* Its routes are kept as they are: it will say them again, or be silent. */
static void act_restart(struct dvmrp_neighbor *n)
{
	struct dvmrp *d = n->interface->dvmrp;

	n->reset_ms = d->now_ms;
	dvmrp_count(d, n->interface, DVMRP_N_RESTARTS);
	dvmrp_tree_neighbor_again(d, n);
	dvmrp_report_full(n);
}

/* It learns at once that it is heard: so both are two-way in no time, and not
 * both of them forward to a link until the next probe. */
static void act_greet(struct dvmrp_neighbor *n)
{
	wait(n);
	dvmrp_send_probe(n->interface);
}

static void act_expire(struct dvmrp_neighbor *n)
{
	struct dvmrp_interface *in = n->interface;

	in->two_way &= ~dvmrp_neighbor_bit(n);
	dvmrp_timer(in->dvmrp, &n->full, TIMER_NEVER);
	dvmrp_tree_neighbor_gone(in->dvmrp, n);
	dvmrp_route_neighbor_gone(n);
	wait(n);
}

/* It does not hear us any more, which may be news of a start. */
static void act_deaf(struct dvmrp_neighbor *n)
{
	act_expire(n);
	dvmrp_send_probe(n->interface);
}

static void act_heard(struct dvmrp_neighbor *n)
{
	if (!n->kind->by_probe)
		wait(n); /* reports may be all there is of it */
}

static void act_nothing(struct dvmrp_neighbor *n)
{
	(void)n;
}

static void act_drop(struct dvmrp_neighbor *n)
{
	dvmrp_count(n->interface->dvmrp, n->interface, DVMRP_N_NOT_NEIGHBOR);
}

static const struct {
	void (*action)(struct dvmrp_neighbor *n);
	enum dvmrp_neighbor_state next;
} table[DVMRP_NEIGHBOR_STATES][NEIGHBOR_EVENTS] = {
	[DVMRP_DOWN] =
		{
			[PROBE_LISTS] = {act_up, DVMRP_TWO_WAY},
			[PROBE_OTHER] = {act_greet, DVMRP_ONE_WAY},
			[REPORT] = {act_drop, DVMRP_DOWN},
			[REPORT_OLD] = {act_up, DVMRP_TWO_WAY},
			[MESSAGE] = {act_drop, DVMRP_DOWN},
			[ANOTHER] = {act_nothing, DVMRP_DOWN},
			[DEADLINE] = {act_nothing, DVMRP_DOWN},
		},
	[DVMRP_ONE_WAY] =
		{
			[PROBE_LISTS] = {act_up, DVMRP_TWO_WAY},
			[PROBE_OTHER] = {wait, DVMRP_ONE_WAY},
			[REPORT] = {act_drop, DVMRP_ONE_WAY},
			[REPORT_OLD] = {act_drop, DVMRP_ONE_WAY},
			[MESSAGE] = {act_drop, DVMRP_ONE_WAY},
			[ANOTHER] = {act_nothing, DVMRP_ONE_WAY},
			[DEADLINE] = {act_nothing, DVMRP_DOWN},
		},
	[DVMRP_TWO_WAY] =
		{
			[PROBE_LISTS] = {wait, DVMRP_TWO_WAY},
			[PROBE_OTHER] = {act_deaf, DVMRP_ONE_WAY},
			[REPORT] = {act_heard, DVMRP_TWO_WAY},
			[REPORT_OLD] = {act_heard, DVMRP_TWO_WAY},
			[MESSAGE] = {act_nothing, DVMRP_TWO_WAY},
			[ANOTHER] = {act_restart, DVMRP_TWO_WAY},
			[DEADLINE] = {act_expire, DVMRP_DOWN},
		},
};

/* The only writer of the state. A neighbour that is down is freed. */
static void neighbor_event(struct dvmrp_neighbor *n, enum neighbor_event event)
{
	const enum dvmrp_neighbor_state was = n->state;
	const enum dvmrp_neighbor_state next = table[was][event].next;
	struct dvmrp *d = n->interface->dvmrp;

	n->state = next;
	if (next != was) {
		n->since_ms = d->now_ms;
		if (next == DVMRP_TWO_WAY)
			dvmrp_event_neighbor(n, "up");
		else if (was == DVMRP_TWO_WAY)
			dvmrp_event_neighbor(n, "down");
	}
	table[was][event].action(n);
	if (next == DVMRP_DOWN)
		neighbor_free(n);
}

/* --- messages --------------------------------------------------------------- */

/*
 * Version and flags as this message has them. True: it is another one than it
 * was, by its version or generation id (of a probe); but not again so soon, for
 * each time costs us a report of everything.
 */
static bool update(struct dvmrp_neighbor *n, const struct dvmrp_message *m,
		   bool probe)
{
	const struct dvmrp_kind *kind = dvmrp_kind_of(m->major, m->minor);
	const bool fresh = !n->kind;
	struct dvmrp *d = n->interface->dvmrp;
	bool another = !fresh && (n->major != m->major || n->minor != m->minor);

	if (probe && kind->genid && n->genid_known && n->genid != m->genid)
		another = true;
	n->kind = kind;
	n->caps = m->caps;
	n->major = m->major;
	n->minor = m->minor;
	if (another && n->state == DVMRP_TWO_WAY && n->reset_ms &&
	    d->now_ms - n->reset_ms < DVMRP_RESET_MS) {
		dvmrp_count(d, n->interface, DVMRP_N_RESETS_HELD);
		return false; /* a genid that stays is another still, later */
	}
	if (probe && kind->genid) {
		n->genid = m->genid;
		n->genid_known = true;
	}
	return another;
}

static bool lists_us(const struct dvmrp_interface *in,
		     const struct dvmrp_message *m)
{
	for (size_t i = 0; i < m->neighbors.count; i++)
		if (igmp_address(&m->neighbors, i).s_addr == in->address.s_addr)
			return true;
	return false;
}

/* Known, or made for this event; NULL: it may not be one, counted. */
static struct dvmrp_neighbor *known(struct dvmrp_interface *in,
				    struct in_addr from,
				    enum neighbor_event event)
{
	struct dvmrp_neighbor *n = dvmrp_neighbor_find(in, from);

	if (!listed(in, from)) {
		dvmrp_count(in->dvmrp, in, DVMRP_N_NOT_LISTED);
		return NULL;
	}
	if (n)
		return n;
	if (table[DVMRP_DOWN][event].next != DVMRP_DOWN)
		return neighbor_new(in, from);
	dvmrp_count(in->dvmrp, in, DVMRP_N_NOT_NEIGHBOR);
	return NULL;
}

void dvmrp_neighbor_probe(struct dvmrp_interface *in, struct in_addr from,
			  const struct dvmrp_message *m)
{
	const enum neighbor_event event = lists_us(in, m) ? PROBE_LISTS
							  : PROBE_OTHER;
	struct dvmrp_neighbor *n = known(in, from, event);
	bool another, anew;

	if (!n)
		return;
	another = update(n, m, true);
	/*
	 * It has begun anew and cannot have heard us yet: it does by this
	 * probe, and then takes our report. What it has said stands meanwhile,
	 * so that flows by a router whose daemon is restarted go on; should it
	 * not list us in its next one, it is gone.
	 */
	anew = another && event == PROBE_OTHER && n->state == DVMRP_TWO_WAY;
	if (anew)
		dvmrp_send_probe(in);
	if (another)
		neighbor_event(n, ANOTHER);
	if (!anew)
		neighbor_event(n, event);
}

static enum neighbor_event event_of(const struct dvmrp_message *m)
{
	if (m->code != DVMRP_REPORT)
		return MESSAGE;
	return dvmrp_kind_of(m->major, m->minor)->by_probe ? REPORT
							   : REPORT_OLD;
}

struct dvmrp_neighbor *dvmrp_neighbor_heard(struct dvmrp_interface *in,
					    struct in_addr from,
					    const struct dvmrp_message *m)
{
	const enum neighbor_event event = event_of(m);
	struct dvmrp_neighbor *n = known(in, from, event);

	if (!n)
		return NULL;
	if (update(n, m, false))
		neighbor_event(n, ANOTHER);
	neighbor_event(n, event);
	return dvmrp_neighbor_two_way(in, from);
}

struct dvmrp_neighbor *dvmrp_neighbor_two_way(const struct dvmrp_interface *in,
					      struct in_addr address)
{
	struct dvmrp_neighbor *n = dvmrp_neighbor_find(in, address);

	return n && n->state == DVMRP_TWO_WAY ? n : NULL;
}

void dvmrp_neighbor_drop_all(struct dvmrp_interface *in)
{
	struct dvmrp_neighbor *n;

	dvmrp_for_each_neighbor(in, n)
		neighbor_event(n, DEADLINE);
}

void dvmrp_neighbor_free_all(struct dvmrp_interface *in)
{
	struct dvmrp_neighbor *n;

	dvmrp_for_each_neighbor(in, n)
		neighbor_free(n);
}

void dvmrp_neighbor_review(struct dvmrp_interface *in)
{
	struct dvmrp_neighbor *n;

	dvmrp_for_each_neighbor(in, n)
		if (!listed(in, n->address))
			neighbor_event(n, DEADLINE);
}
