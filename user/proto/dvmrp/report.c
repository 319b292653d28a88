/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reports that we send: all routes once per report interval, spread over it, to
 * each link with a two-way neighbour; all of them to a neighbour that has just
 * become one; what has changed at once, but not more often than each minimum
 * flash interval, except that who has become an upstream by a report hears at
 * once that we depend on it, for until then it sends us nothing; and all of
 * them as unreachable when we end. Routes go by ascending mask and net, which
 * old receivers want, in messages of at most 576 bytes. A walk stands behind
 * the last prefix it has said, so routes may come and go meanwhile.
 */
#include "internal.h"

#define BURST	   8u	 /* packets of a full report, then a pause */
#define PAUSE_MS   10u	 /* so that the receiver's socket keeps up */
#define FLASH_SOME 1000u /* routes of a flash, then others have a turn */
#define PER_PACKET 100u	 /* routes, about */

struct walk {
	struct dvmrp_interface *in;
	struct in_addr target;
	bool ends; /* all is unreachable */
};

/* What the walk says of this route; 0: nothing. */
static uint8_t metric_of(const struct walk *walk, const struct dvmrp_route *r)
{
	const uint8_t said = dvmrp_route_said(r, walk->in);

	return said && walk->ends ? DVMRP_INFINITY : said;
}

static void finish(const struct walk *walk, struct dvmrp_writer *w)
{
	if (w->routes && !dvmrp_send(walk->in, w))
		dvmrp_count(walk->in->dvmrp, walk->in, DVMRP_N_REPORTS_SENT);
}

/* One packet of the routes behind *said, which moves. False: the end. */
static bool say_some(const struct walk *walk, struct dvmrp_prefix *said,
		     bool *said_some)
{
	struct dvmrp *d = walk->in->dvmrp;
	struct dvmrp_route *r;
	struct dvmrp_writer w;
	uint8_t metric;

	dvmrp_begin_to(walk->in, walk->target, DVMRP_REPORT, &w);
	while ((r = dvmrp_route_after(d, *said_some ? said : NULL))) {
		metric = metric_of(walk, r);
		if (metric && !dvmrp_put_route(&w, &r->prefix, metric))
			break;
		*said = r->prefix;
		*said_some = true;
	}
	finish(walk, &w);
	return r;
}

static struct in_addr all_routers(void)
{
	return (struct in_addr){DVMRP_ALL_ROUTERS};
}

/* --- periodic --------------------------------------------------------------- */

static void report_fire(struct timer *timer, uint64_t now_ms)
{
	struct dvmrp_interface *in =
		hash_entry(timer, struct dvmrp_interface, report);
	const struct walk walk = {.in = in, .target = all_routers()};
	struct dvmrp *d = in->dvmrp;
	const uint32_t interval = d->config.report_ms;
	uint64_t end;

	if (!in->said_some)
		in->report_ms = now_ms;
	end = in->report_ms + interval;
	if (in->two_way && say_some(&walk, &in->said, &in->said_some)) {
		now_ms += interval / (d->routes.count / PER_PACKET + 2);
		dvmrp_timer(d, timer, now_ms < end ? now_ms : end);
		return;
	}
	in->said_some = false;
	dvmrp_timer(d, timer, end);
}

void dvmrp_report_begin(struct dvmrp_interface *in)
{
	struct dvmrp *d = in->dvmrp;

	in->said_some = false;
	dvmrp_timer(d, &in->report,
		    d->now_ms + dvmrp_random(d, d->config.report_ms));
}

void dvmrp_report_init(struct dvmrp_interface *in)
{
	in->report.fire = report_fire;
}

/* --- to one ----------------------------------------------------------------- */

static void full_fire(struct timer *timer, uint64_t now_ms)
{
	struct dvmrp_neighbor *n =
		hash_entry(timer, struct dvmrp_neighbor, full);
	const struct walk walk = {.in = n->interface, .target = n->address};

	for (unsigned int i = 0; i < BURST; i++)
		if (!say_some(&walk, &n->said, &n->said_some))
			return;
	dvmrp_timer(n->interface->dvmrp, timer, now_ms + PAUSE_MS);
}

void dvmrp_report_full_init(struct dvmrp_neighbor *n)
{
	n->full.fire = full_fire;
}

void dvmrp_report_full(struct dvmrp_neighbor *n)
{
	struct dvmrp *d = n->interface->dvmrp;

	n->said_some = false;
	dvmrp_timer(d, &n->full, d->now_ms);
}

/* --- changes ---------------------------------------------------------------- */

static struct dvmrp_route *flash_route(struct tree_node *node)
{
	return node ? tree_entry(node, struct dvmrp_route, flash) : NULL;
}

/* The first of what has changed, to this link. */
static void flash_to(struct dvmrp_interface *in)
{
	const struct walk walk = {.in = in, .target = all_routers()};
	struct tree_node *node = tree_first(&in->dvmrp->flash);
	struct dvmrp_writer w;

	dvmrp_begin_to(in, all_routers(), DVMRP_REPORT, &w);
	for (uint32_t i = 0; i < FLASH_SOME && node; i++) {
		const struct dvmrp_route *r = flash_route(node);
		const uint8_t metric = metric_of(&walk, r);

		if (metric && !dvmrp_put_route(&w, &r->prefix, metric)) {
			finish(&walk, &w);
			dvmrp_begin_to(in, all_routers(), DVMRP_REPORT, &w);
			dvmrp_put_route(&w, &r->prefix, metric);
		}
		node = tree_after(&in->dvmrp->flash, node);
	}
	finish(&walk, &w);
}

static void flash_fire(struct timer *timer, uint64_t now_ms)
{
	struct dvmrp *d = hash_entry(timer, struct dvmrp, flash_timer);
	struct dvmrp_interface *in;
	struct dvmrp_route *r;

	dvmrp_for_each_interface(d, in)
		if (in->two_way)
			flash_to(in);
	dvmrp_count(d, NULL, DVMRP_N_FLASHES);
	for (uint32_t i = 0; i < FLASH_SOME; i++) {
		r = flash_route(tree_first(&d->flash));
		if (!r)
			break;
		dvmrp_report_forget(d, r);
	}
	d->flashed_ms = now_ms;
	if (d->flash.root)
		dvmrp_timer(d, timer, now_ms + 1);
}

void dvmrp_report_flash(struct dvmrp *d, struct dvmrp_route *r)
{
	uint64_t at = d->flashed_ms + d->config.flash_ms;

	if (!d->flash.root)
		dvmrp_timer(d, &d->flash_timer,
			    d->flashed_ms && at > d->now_ms ? at : d->now_ms);
	if (r->flashing)
		return;
	r->flashing = true;
	tree_insert(&d->flash, &r->flash);
}

void dvmrp_report_depend(struct dvmrp_neighbor *n,
			 const struct dvmrp_message *m)
{
	const struct walk walk = {.in = n->interface, .target = all_routers()};
	struct dvmrp_report_cursor cursor = {0};
	struct dvmrp_report_route said;
	const struct dvmrp_route *r;
	struct dvmrp_writer w;

	dvmrp_begin_to(walk.in, walk.target, DVMRP_REPORT, &w);
	while (dvmrp_report_next(m, &cursor, &said)) {
		r = dvmrp_route_find(walk.in->dvmrp, &said.prefix);
		if (!r || r->upstream != n || !r->flashing ||
		    r->since_ms != walk.in->dvmrp->now_ms)
			continue;
		dvmrp_put_route(&w, &r->prefix, metric_of(&walk, r));
	}
	finish(&walk, &w);
}

void dvmrp_report_forget(struct dvmrp *d, struct dvmrp_route *r)
{
	if (!r->flashing)
		return;
	r->flashing = false;
	tree_remove(&d->flash, &r->flash);
}

void dvmrp_report_start(struct dvmrp *d)
{
	d->flash_timer.fire = flash_fire;
}

/* --- the end ---------------------------------------------------------------- */

void dvmrp_report_farewell(struct dvmrp_interface *in)
{
	const struct walk walk = {
		.in = in, .target = all_routers(), .ends = true};
	struct dvmrp_prefix said;
	bool some = false;

	while (in->two_way && say_some(&walk, &said, &some))
		;
}
