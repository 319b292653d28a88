/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Four routers on a simulated network that loses messages, whose links break,
 * whose routers die and come back, and whose hosts join and leave at random.
 * When it has become quiet: what is wanted arrives, once; what is not wanted
 * does not; and when the sources have become quiet as well nothing is kept.
 */
#include "dvmrp_model.h"

static uint32_t now_living; /* to name the one that fails */

#define ROUTERS	 4u
#define LINKS	 9u
#define GROUPS	 3u
#define STEPS	 60u
#define LIFETIME 120000u /* of prunes: the least that may be configured */
/* Hold-down, expiry and two reports, and a prune that ends. */
#define QUIET_MS 420000u

struct chaos {
	struct net *net;
	struct model *model;
	bool host[LINKS][GROUPS + 1]; /* it sends */
};

static uint32_t draw(struct chaos *c, uint32_t below)
{
	return net_random(c->net, below);
}

/* Each router has a link of its own with hosts; the others are of two or more
 * of them. All of it is connected. */
static void build(struct chaos *c)
{
	struct net *net = c->net;

	for (unsigned int r = 0; r < ROUTERS; r++) {
		net_attach(net, r, r);
		net->router[r].config.prune_lifetime_ms = LIFETIME;
		if (r)
			net_attach(net, r, ROUTERS + draw(c, r));
		net_attach(net, r, ROUTERS + r);
	}
	for (unsigned int i = 0; i < 4; i++) {
		unsigned int r = draw(c, ROUTERS);
		unsigned int l = ROUTERS + draw(c, LINKS - ROUTERS);

		if (!net->router[r].port[l].there)
			net_attach(net, r, l);
	}
	for (unsigned int r = 0; r < ROUTERS; r++) {
		for (unsigned int l = 0; l < LINKS; l++)
			net->router[r].port[l].config.metric = 1 + draw(c, 2);
	}
}

static void send_all(struct chaos *c)
{
	for (unsigned int l = 0; l < LINKS; l++) {
		for (unsigned int g = 1; g <= GROUPS; g++) {
			if (!c->host[l][g])
				continue;
			net_send(c->net, l, g);
		}
	}
}

static void look(struct chaos *c)
{
	send_all(c);
	net_run(c->net, 5);
	model_check(c->model);
}

static void turn_a_port(struct chaos *c, unsigned int r, unsigned int l)
{
	struct net *net = c->net;

	if (net->router[r].port[l].there && net->router[r].alive)
		net_turn(net, r, l, !net->router[r].port[l].up);
}

static void turn_a_router(struct chaos *c, unsigned int r)
{
	struct net *net = c->net;

	if (!net->router[r].alive)
		net_start(net, r);
	else if (draw(c, 2))
		net_kill(net, r);
	else
		net_stop(net, r);
	model_forget(c->model, r);
}

/* One thing that happens. */
static void step(struct chaos *c)
{
	unsigned int r = draw(c, ROUTERS), l = draw(c, LINKS);
	unsigned int g = 1 + draw(c, GROUPS);
	struct net *net = c->net;

	switch (draw(c, 10)) {
	case 0:
	case 1:
		net_join(net, l, g);
		break;
	case 2:
		net_leave(net, l, g);
		break;
	case 3:
		net_cut(net, l, !net->cut[l]);
		break;
	case 4:
		turn_a_port(c, r, l);
		break;
	case 5:
		turn_a_router(c, r);
		break;
	case 6:
		c->host[l][g] = !c->host[l][g];
		break;
	default:
		net_run(net, 1u << draw(c, 17));
		break;
	}
	net_run(net, 1 + draw(c, 50));
	look(c);
}

static void mend(struct chaos *c)
{
	struct net *net = c->net;

	net->loss = 0;
	for (unsigned int l = 0; l < LINKS; l++)
		net_cut(net, l, false);
	for (unsigned int r = 0; r < ROUTERS; r++) {
		if (!net->router[r].alive) {
			net_start(net, r);
			model_forget(c->model, r);
		}
		for (unsigned int l = 0; l < LINKS; l++) {
			if (net->router[r].port[l].there &&
			    !net->router[r].port[l].up)
				net_turn(net, r, l, true);
		}
	}
}

/* Is there a router whose MFE comes in there and goes out? */
static bool feeds(struct net *net, unsigned int link, struct mgm_sg flow)
{
	for (unsigned int r = 0; r < ROUTERS; r++) {
		const struct net_router *router = &net->router[r];
		const struct fix_route *line = fix_line(router->f, flow);

		if (line && line->iif == link + 1 &&
		    router->f->set[line->set].count)
			return true;
	}
	return false;
}

static bool attached(const struct net *net, unsigned int link)
{
	for (unsigned int r = 0; r < ROUTERS; r++) {
		if (net->router[r].port[link].there)
			return true;
	}
	return false;
}

/* True: it has gone where it is no use. */
static bool floods(struct chaos *c, unsigned int from, unsigned int group)
{
	struct net *net = c->net;
	bool vain = false;

	net_send(net, from, group);
	for (unsigned int l = 0; l < LINKS; l++) {
		bool wants = net->wants[l] >> group & 1;

		if (l == from || !attached(net, l))
			continue;
		assert_in_range(net->seen[l], wants, 1);
		vain |= net->seen[l] && !wants &&
			!feeds(net, l, net_sg(from, group));
	}
	return vain;
}

/* A prune may end just now: then it is said again at once, unless another that
 * it stands for has less than the least life left, 6 seconds. */
static void check_arrival(struct chaos *c, unsigned int from,
			  unsigned int group)
{
	for (unsigned int i = 0; floods(c, from, group); i++) {
		assert_true(i < 8);
		net_run(c->net, 1000);
	}
}

static void quiet(struct chaos *c)
{
	for (uint64_t ms = 0; ms < QUIET_MS; ms += 5000) {
		net_run(c->net, 5000);
		look(c);
	}
}

static void live(uint32_t seed, bool lossy)
{
	struct chaos c = {.net = net_new()};

	c.net->drawn = seed;
	c.net->loss = lossy ? 10 : 0;
	c.model = model_new(c.net);
	build(&c);
	net_start_all(c.net);
	net_run(c.net, 30000);
	for (unsigned int i = 0; i < STEPS; i++)
		step(&c);
	mend(&c);
	for (unsigned int l = 0; l < LINKS; l++) {
		for (unsigned int g = 1; g <= GROUPS; g++)
			c.host[l][g] = c.host[l][g] || !draw(&c, 4);
	}
	quiet(&c);
	for (unsigned int l = 0; l < LINKS; l++) {
		for (unsigned int g = 1; g <= GROUPS; g++) {
			if (c.host[l][g] && attached(c.net, l))
				check_arrival(&c, l, g);
		}
	}
	/* MFEs that are not used, then prunes, end. */
	net_run(c.net, 2 * LIFETIME + 900000);
	model_check_empty(c.model);
	model_free(c.model);
	net_free(c.net);
}

/* XMGM_RUNS=1000 XMGM_SEED=7: so many, from this one on. */
static void runs(uint32_t first, bool lossy)
{
	const char *many = getenv("XMGM_RUNS"), *which = getenv("XMGM_SEED");
	uint32_t count = many ? (uint32_t)atoi(many) : 25;

	if (which)
		first = (uint32_t)atoi(which);
	for (uint32_t seed = first; seed < first + count; seed++) {
		now_living = seed;
		live(seed, lossy);
	}
}

static int say_seed(void **state)
{
	(void)state;
	print_message("the last one: XMGM_RUNS=1 XMGM_SEED=%u\n", now_living);
	return 0;
}

static void test_what_is_wanted_arrives_once_and_nothing_else(void **state)
{
	(void)state;
	runs(1, false);
}

static void test_also_if_messages_are_lost(void **state)
{
	(void)state;
	runs(1000001, true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(
			test_what_is_wanted_arrives_once_and_nothing_else,
			say_seed),
		cmocka_unit_test_teardown(test_also_if_messages_are_lost,
					  say_seed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
