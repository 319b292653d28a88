/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The IGMP router against the model of igmp_model.h: random reports of all
 * versions and types, time, static groups, interfaces that come and go, other
 * configurations, failing sends, and the manager's gate. After each step state,
 * timers, the querier, queries on the wire and what the manager knows are the
 * same, or seed and last steps are printed.
 *
 * With odd seeds the two interfaces are two routers on one LAN: what one asks
 * the other one hears, and they elect.
 *
 * XMGM_MODEL_STEPS: how many steps, 100000 without it. XMGM_MODEL_SEED: only
 * this one.
 */
#include "igmp_model_rig.h"

/* --- what the router does --------------------------------------------- */

static struct model_query query_of(const struct igmp_message *m, uint64_t at_ms)
{
	struct model_query q = {
		.at_ms = at_ms,
		.group = group_number(m->group),
		.suppress = m->suppress,
		.response_ms = m->max_response_ms,
		.version = m->version,
		.robustness = m->robustness,
		.interval_s = m->query_interval_s,
	};

	for (size_t i = 0; i < m->sources.count; i++)
		q.sources |= source_bit(igmp_address(&m->sources, i));
	return q;
}

static int on_send(void *arg, uint32_t ifid, struct in_addr target,
		   const uint8_t *packet, size_t len)
{
	struct rig *r = arg;
	struct leg *leg = &r->leg[ifid - 1];
	struct wire *wire = &r->wire[r->wires];
	struct igmp_message m;
	struct igmp_ip ip;

	assert_int_equal(igmp_packet_get(packet, len, &ip, &m), 0);
	assert_int_equal(m.type, XMGM_IGMP_QUERY);
	assert_int_equal(target.s_addr, ip.target.s_addr);
	assert_int_equal(target.s_addr,
			 m.group.s_addr ? m.group.s_addr : IGMP_ALL_HOSTS);
	leg->query[leg->queries++ % MODEL_QUERIES] = query_of(&m, r->now_ms);
	if (!r->sends)
		return -1;
	if (!r->one_lan)
		return 0;
	assert_true(r->wires < WIRE && len - 24 <= sizeof(wire->bytes));
	*wire = (struct wire){.to = ifid == 1, .from = ip.host};
	wire->len = len - 24; /* behind the IP header with its option */
	memcpy(wire->bytes, packet + 24, wire->len);
	r->wires++;
	return 0;
}

static int on_set(void *arg, uint32_t ifid, struct in_addr group,
		  enum mgm_filter filter, const struct in_addr *sources,
		  size_t count)
{
	struct rig *r = arg;
	struct leg *leg = &r->leg[ifid - 1];
	uint32_t g = group_number(group);

	assert_true(leg->open && g < MODEL_GROUPS);
	leg->exclude[g] = filter == MGM_EXCLUDE;
	leg->told[g] = leg->exclude[g] || count;
	leg->stale[g] = false;
	leg->sources[g] = 0;
	for (size_t i = 0; i < count; i++)
		leg->sources[g] |= source_bit(sources[i]);
	return 0;
}

/* --- comparison -------------------------------------------------------- */

static void compare_sources(struct rig *r, size_t k, uint32_t number,
			    const struct igmp_group *g)
{
	const struct model_group *m = &r->leg[k].model.group[number];
	uint32_t x = 0, y = 0;

	for (uint32_t i = 0; i < g->source_count; i++) {
		const struct igmp_source *s = &g->sources[i];
		uint32_t bit = source_bit(s->address);

		if (s->expires_ms)
			x |= bit;
		else
			y |= bit;
		if (s->expires_ms)
			SAME("a source timer", s->expires_ms,
			     m->source_ms[__builtin_ctz(bit)]);
	}
	SAME("X", x, m->x);
	SAME("Y", y, m->y);
}

static void compare_group(struct rig *r, size_t k, uint32_t number)
{
	const struct model *model = &r->leg[k].model;
	const struct model_group *m = &model->group[number];
	const struct igmp_group *g =
		igmp_group_find(r->leg[k].in, address_of(groups[number]));
	const char *what = "";
	uint32_t statics = 0;

	SAME("a group", g != NULL, model_hosts(m) || m->statics);
	if (!g)
		return;
	for (uint32_t i = 0; i < g->static_count; i++)
		statics |= g->statics[i].source.s_addr
				   ? source_bit(g->statics[i].source)
				   : MODEL_ANY;
	SAME("static sources", statics, m->statics);
	SAME("EXCLUDE", g->filter == MGM_EXCLUDE, m->exclude);
	if (m->exclude)
		SAME("the group timer", g->expires_ms, m->timer_ms);
	compare_sources(r, k, number, g);
	SAME(what, model_check_hosts(model, number, g, &what), 0);
	SAME("the version", igmp_group_version(g, r->now_ms),
	     model_version(model, number));
}

static void compare_told(struct rig *r, size_t k, uint32_t number)
{
	const struct leg *leg = &r->leg[k];
	uint32_t sources;
	bool exclude = model_wanted(&leg->model, number, &sources);

	if (!leg->open)
		return;
	SAME("a membership", leg->told[number], exclude || sources);
	if (!leg->told[number])
		return;
	SAME("the membership's EXCLUDE", leg->exclude[number], exclude);
	SAME("the membership's sources", leg->sources[number], sources);
}

static void compare_querier(struct rig *r, size_t k)
{
	const struct model *m = &r->leg[k].model;
	struct proto_querier q;
	int err = igmp_interface_querier(r->leg[k].in, r->now_ms, &q);

	SAME("a querier", !err, m->there && m->config.enabled);
	if (err)
		return;
	SAME("the querier", ntohl(v4_address(&q.address).s_addr),
	     model_querier(m));
	SAME("who is querier", q.self, model_querier(m) && !m->other);
	if (m->other)
		SAME("other querier present", q.expires_ms,
		     m->other_until_ms - m->now_ms);
}

static int query_order(const void *a, const void *b)
{
	const struct model_query *x = a, *y = b;

	if (x->at_ms != y->at_ms)
		return x->at_ms < y->at_ms ? -1 : 1;
	if (x->group != y->group)
		return x->group < y->group ? -1 : 1;
	if (x->suppress != y->suppress)
		return x->suppress ? -1 : 1;
	return (x->sources > y->sources) - (x->sources < y->sources);
}

static void compare_queries(struct rig *r, size_t k)
{
	struct leg *leg = &r->leg[k];

	SAME("the number of queries", leg->queries, leg->model.queries);
	assert_true(leg->queries <= MODEL_QUERIES);
	qsort(leg->query, leg->queries, sizeof(leg->query[0]), query_order);
	qsort(leg->model.query, leg->queries, sizeof(leg->query[0]),
	      query_order);
	for (size_t i = 0; i < leg->queries; i++) {
		const struct model_query *is = &leg->query[i];
		const struct model_query *should = &leg->model.query[i];

		SAME("a query's time", is->at_ms, should->at_ms);
		SAME("a query's group", is->group, should->group);
		SAME("a query's sources", is->sources, should->sources);
		SAME("a query's S flag", is->suppress, should->suppress);
		SAME("a query's response time", is->response_ms,
		     should->response_ms);
		SAME("a query's version", is->version, should->version);
		SAME("a query's robustness", is->robustness,
		     should->robustness);
		SAME("a query's interval", is->interval_s, should->interval_s);
	}
	leg->queries = 0;
	leg->model.queries = 0;
}

static void compare(struct rig *r)
{
	for (size_t k = 0; k < INTERFACES; k++) {
		compare_queries(r, k);
		compare_querier(r, k);
		for (uint32_t i = 0; i < MODEL_GROUPS; i++) {
			compare_group(r, k, i);
			compare_told(r, k, i);
		}
	}
}

/* --- steps -------------------------------------------------------------- */

/* What one router of the LAN has asked the other one hears. */
static void deliver_queries(struct rig *r)
{
	for (size_t i = 0; i < r->wires; i++) {
		struct wire *wire = &r->wire[i];
		struct model *model = &r->leg[wire->to].model;
		struct model_query q;
		struct igmp_message m;

		assert_int_equal(igmp_message_get(wire->bytes, wire->len, &m),
				 0);
		q = query_of(&m, r->now_ms);
		igmp_router_message(r->router, (uint32_t)wire->to + 1,
				    wire->from, &m, r->now_ms);
		if (model->address)
			model_hear(model, ntohl(wire->from.s_addr), &q);
	}
	r->wires = 0;
}

/* Of those that it may ask about, what the router has asked about. */
static uint32_t on_choose(void *arg, uint32_t wait)
{
	const struct leg *leg = arg;
	size_t at = leg->model.queries;
	uint32_t group = MODEL_GENERAL;

	if (at < leg->queries && at < MODEL_QUERIES)
		group = leg->query[at].group;
	return group < MODEL_GROUPS && wait >> group & 1
		       ? group
		       : (uint32_t)__builtin_ctz(wait);
}

static void tick(struct rig *r, uint64_t now_ms)
{
	r->now_ms = now_ms;
	igmp_router_tick(r->router, now_ms);
	for (size_t k = 0; k < INTERFACES; k++)
		model_until(&r->leg[k].model, now_ms);
	deliver_queries(r);
}

static void advance(struct rig *r, uint64_t ms)
{
	uint64_t then = r->now_ms + ms;

	deliver_queries(r);
	while (igmp_router_next(r->router) <= then)
		tick(r, igmp_router_next(r->router) > r->now_ms
				? igmp_router_next(r->router)
				: r->now_ms);
	tick(r, then);
}

static bool stranger(const struct leg *leg, uint32_t host)
{
	return host == STRANGER || (host && !leg->model.address);
}

static void deliver_from(struct rig *r, size_t k, struct in_addr from,
			 uint8_t *bytes, size_t len)
{
	struct igmp_message m;
	uint16_t sum = wire_checksum(bytes, len);

	bytes[2] = (uint8_t)(sum >> 8);
	bytes[3] = (uint8_t)sum;
	if (!igmp_message_get(bytes, len, &m))
		igmp_router_message(r->router, (uint32_t)k + 1, from, &m,
				    r->now_ms);
	model_serve(&r->leg[k].model);
}

static void deliver(struct rig *r, size_t k, uint32_t host, uint8_t *bytes,
		    size_t len)
{
	deliver_from(r, k, address_of(hosts[host]), bytes, len);
}

/* One random record behind the others; returns its length. */
static size_t put_record(struct rig *r, struct leg *leg, uint32_t host,
			 uint8_t *at)
{
	uint32_t type = pick(r, 16) ? 1 + pick(r, 6) : pick(r, 9);
	uint32_t group = pick(r, 12) ? pick(r, MODEL_GROUPS)
				     : pick(r, GROUP_CHOICES);
	uint32_t mask = pick(r, 2) ? pick(r, 1u << MODEL_SOURCES)
				   : 1u << pick(r, MODEL_SOURCES);
	struct in_addr g = address_of(groups[group]), s;
	bool bad = !pick(r, 30);
	char *line = r->history[r->step % HISTORY];
	size_t len = strlen(line), n = 0;

	if (!pick(r, 4))
		mask = 0;
	snprintf(line + len, HISTORY_TEXT - len, " %u:%u:%x%s", type, group,
		 mask, bad ? "!" : "");
	at[0] = (uint8_t)type;
	memcpy(at + 4, &g, 4);
	/* From the last to the first, and some of them twice. */
	for (uint32_t i = MODEL_SOURCES; i-- > 0;) {
		for (uint32_t twice = mask >> i & 1 ? 1 + !pick(r, 8) : 0;
		     twice; twice--) {
			s = source_of(i);
			memcpy(at + 8 + 4 * n++, &s, 4);
		}
	}
	s = address_of("240.0.0.1");
	if (bad)
		memcpy(at + 8 + 4 * n++, &s, 4);
	at[3] = (uint8_t)n;
	if (!bad && group < BAD_GROUP && !stranger(leg, host))
		model_record(&leg->model, host, type, group, mask);
	return 8 + 4 * n;
}

static void step_report(struct rig *r, size_t k)
{
	uint8_t bytes[512] = {0x22};
	uint32_t host = r->calm ? 1 + pick(r, 3) : pick(r, HOSTS);
	uint32_t records = pick(r, 4);
	size_t len = 8;

	note(r, "%zu: v3 of host %u:", k, host);
	for (uint32_t i = 0; i < records; i++)
		len += put_record(r, &r->leg[k], host, bytes + len);
	bytes[7] = (uint8_t)records;
	deliver(r, k, host, bytes, len);
}

static void step_old(struct rig *r, size_t k)
{
	static const uint8_t types[] = {0x12, 0x16, 0x16, 0x17, 0x17};
	uint32_t host = pick(r, HOSTS), group = pick(r, MODEL_GROUPS);
	uint8_t bytes[8] = {types[pick(r, 5)]};
	struct in_addr g = address_of(groups[group]);
	struct model *m = &r->leg[k].model;

	note(r, "%zu: type %x of host %u for %u", k, bytes[0], host, group);
	memcpy(bytes + 4, &g, 4);
	if (stranger(&r->leg[k], host))
		;
	else if (bytes[0] == 0x17)
		model_leave(m, host, group);
	else
		model_old_report(m, host, bytes[0] == 0x12 ? 1 : 2, group);
	deliver(r, k, host, bytes, sizeof(bytes));
}

/* A query of a router whose address is lower, ours, higher, foreign, or none:
 * of every version, with every flag and list. */
static void step_query(struct rig *r, size_t k)
{
	static const char *const routers[] = {
		"0.0.0.0",    "10.1.0.1",   "10.1.0.2",	 "10.1.0.241",
		"10.1.0.242", "10.1.0.254", "192.0.2.1",
	};
	static const uint8_t codes[] = {0, 5, 10, 25, 100};
	static const uint8_t intervals[] = {0, 12, 60, 125};
	const char *router = routers[pick(r, 7)];
	uint8_t bytes[12 + 4 * MODEL_SOURCES] = {0x11, codes[pick(r, 5)]};
	struct in_addr g = address_of(groups[pick(r, MODEL_GROUPS)]), s;
	struct leg *leg = &r->leg[k];
	struct igmp_message m;
	struct model_query q;
	size_t len = pick(r, 4) ? 12 : 8;

	if (pick(r, 3))
		memcpy(bytes + 4, &g, 4);
	if (len == 12) {
		bytes[8] = (uint8_t)(pick(r, 16) & (pick(r, 3) ? 7 : 15));
		bytes[9] = intervals[pick(r, 4)];
	}
	for (uint32_t i = 0; len >= 12 && bytes[4] && i < MODEL_SOURCES; i++) {
		s = source_of(i);
		if (pick(r, 3))
			continue;
		memcpy(bytes + len, &s, 4);
		len += 4;
		bytes[11]++;
	}
	deliver_from(r, k, address_of(router), bytes, len);
	assert_int_equal(igmp_message_get(bytes, len, &m), 0);
	q = query_of(&m, r->now_ms);
	note(r, "%zu: query of %s, version %u, about %u:%x, QRV %u, QQIC %u", k,
	     router, q.version, q.group, q.sources, q.robustness, q.interval_s);
	if (leg->model.address && strcmp(router, "192.0.2.1"))
		model_hear(&leg->model, ntohl(inet_addr(router)), &q);
}

static void step_time(struct rig *r, size_t k)
{
	const struct model_config *c = &r->leg[k].model.config;
	const uint32_t waits[] = {
		1 + pick(r, 100),
		c->last_member_ms,
		c->last_member_ms * (1 + pick(r, 4)),
		pick(r, 5000),
		c->query_ms / 4,
		c->query_ms,
		pick(r, 3 * (c->query_ms + c->response_ms)),
	};
	uint32_t wait = waits[pick(r, 7) * pick(r, 7) / 6];

	note(r, "%u ms", wait);
	advance(r, wait);
}

static void step_static(struct rig *r, size_t k)
{
	uint32_t group = pick(r, MODEL_GROUPS), i = pick(r, MODEL_SOURCES + 1);
	struct leg *leg = &r->leg[k];
	struct mgm_sg sg =
		mgm_sg_v4((struct in_addr){0}, address_of(groups[group]));
	bool add = pick(r, 2), can;

	if (!leg->model.config.enabled)
		return;
	if (i < MODEL_SOURCES)
		sg = mgm_sg_v4(source_of(i), address_of(groups[group]));
	note(r, "%zu: static %s %u:%u", k, add ? "add" : "del", group, i);
	if (add) {
		can = model_static_add(&leg->model, group, 1u << i);
		SAME("static add", !igmp_static_add(leg->in, sg, 1), can);
	} else {
		can = model_static_del(&leg->model, group, 1u << i);
		SAME("static del", !igmp_static_del(leg->in, sg, 1), can);
	}
}

/* As igmp.c and the manager do: what is not said again is swept. */
static void open_gate(struct leg *leg)
{
	if (leg->open || !igmp_interface_running(leg->in))
		return;
	memset(leg->stale, true, sizeof(leg->stale));
	leg->open = true;
	igmp_interface_open(leg->in);
	for (uint32_t i = 0; i < MODEL_GROUPS; i++)
		leg->told[i] = leg->told[i] && !leg->stale[i];
}

static void step_gate(struct rig *r, size_t k)
{
	struct leg *leg = &r->leg[k];

	note(r, "%zu: gate", k);
	if (leg->open) {
		leg->open = false;
		igmp_interface_close(leg->in);
	} else {
		open_gate(leg);
	}
}

/* It has gone, and the manager has forgotten it. */
static void leg_gone(struct leg *leg)
{
	leg->open = false;
	memset(leg->told, 0, sizeof(leg->told));
}

static void step_netdev(struct rig *r, size_t k)
{
	struct leg *leg = &r->leg[k];
	bool up = pick(r, 4);
	uint32_t address = pick(r, 4) ? OURS + 1 + pick(r, 3) : 0;
	struct proto_address a = V4_SUBNET(10, 1, 0, (uint8_t)address, 24);
	struct proto_interface interface = {
		.ifid = (uint32_t)k + 1,
		.up = up,
		.mtu = 1500,
		.addresses = &a,
		.address_count = address != 0,
	};

	if (!pick(r, 4)) {
		note(r, "%zu: absent", k);
		leg_gone(leg);
		igmp_interface_absent(leg->in);
		model_absent(&leg->model);
		return;
	}
	note(r, "%zu: present, up %d, address %x", k, up, address);
	assert_int_equal(igmp_interface_present(leg->in, &interface, r->now_ms),
			 0);
	model_present(&leg->model, up, address);
	open_gate(leg);
}

static struct model_config random_config(struct rig *r)
{
	static const uint32_t responses[] = {1000, 2500, 10000};
	static const uint32_t intervals[] = {12000, 60000, 125000};
	struct model_config c;

	memset(&c, 0, sizeof(c)); /* it is compared, padding and all */
	c.enabled = pick(r, 20);
	c.passive = !pick(r, 6);
	c.version = pick(r, 10) ? 3 : 2;
	c.robustness = 1 + pick(r, 4);
	c.query_ms = intervals[pick(r, 3)];
	c.response_ms = responses[pick(r, 3)];
	c.last_member_ms = 500 * (1 + pick(r, 3));
	c.last_member_count = pick(r, 4);
	c.startup_ms = pick(r, 2) ? 0 : c.query_ms / 3;
	c.startup_count = pick(r, 4);
	c.max_groups = pick(r, 3) ? MODEL_GROUPS : 1 + pick(r, MODEL_GROUPS);
	c.max_host_groups = pick(r, 3) ? MODEL_GROUPS : pick(r, 4);
	c.max_sources = pick(r, 3) ? MODEL_SOURCES + 1 : 1 + pick(r, 4);
	c.query_rate = pick(r, 2) ? 1000 : 1 + pick(r, 30) * pick(r, 2);
	c.max_host_sources = pick(r, 3) ? MODEL_SOURCES : pick(r, 4);
	c.max_tracked = pick(r, 4) ? 1000 : pick(r, 12);
	c.max_host_tracked = pick(r, 3) ? 100 : pick(r, 6);
	c.immediate_leave = pick(r, 4);
	return c;
}

static void configure(struct rig *r, size_t k, const struct model_config *c)
{
	struct leg *leg = &r->leg[k];
	const struct igmp_config config = model_config_of(c);

	if (!c->enabled)
		leg_gone(leg);
	igmp_interface_configure(leg->in, &config, r->now_ms);
	model_configure(&leg->model, c);
	open_gate(leg);
}

static void step_configure(struct rig *r, size_t k)
{
	struct model_config c = random_config(r);

	/* Often only one thing changes, or nothing. */
	if (pick(r, 2)) {
		c = r->leg[k].model.own;
		c.enabled = true;
		c.version ^= !pick(r, 3);
	}
	note(r, "%zu: configuration: version %u, robustness %u", k, c.version,
	     c.robustness);
	configure(r, k, &c);
}

static void step_sends(struct rig *r, size_t k)
{
	(void)k;
	r->sends = !r->sends;
	note(r, "sending %s", r->sends ? "works" : "fails");
	for (size_t i = 0; i < INTERFACES; i++)
		r->leg[i].model.sends = r->sends;
}

static void step_lost(struct rig *r, size_t k)
{
	note(r, "%zu: messages lost", k);
	igmp_router_lost(r->router, (uint32_t)k + 1, r->now_ms);
	model_lost(&r->leg[k].model);
}

static void step(struct rig *r)
{
	static const struct {
		void (*run)(struct rig *r, size_t k);
		uint32_t weight;
	} steps[] = {
		{step_report, 600}, {step_time, 250},	 {step_static, 40},
		{step_gate, 20},    {step_sends, 8},	 {step_old, 200},
		{step_netdev, 12},  {step_configure, 8}, {step_query, 40},
		{step_lost, 8},
	};
	uint32_t sum = 0, at, i = 0;

	for (size_t n = 0; n < sizeof(steps) / sizeof(steps[0]); n++)
		sum += steps[n].weight;
	for (at = pick(r, sum); at >= steps[i].weight; i++)
		at -= steps[i].weight;
	if (r->calm && i >= CALM_STEPS)
		i = 0;
	steps[i].run(r, pick(r, INTERFACES));
	advance(r, 0);
	compare(r);
}

static struct rig *rig_new(uint64_t seed)
{
	static const char *const names[INTERFACES] = {"r1", "r2"};
	struct rig *r = calloc(1, sizeof(*r));

	r->seed = seed;
	r->random = seed * 0x9e3779b97f4a7c15ull | 1;
	r->now_ms = 1000000;
	r->sends = true;
	r->one_lan = seed & 1;
	r->calm = seed % 3 == 0;
	r->hooks =
		(struct igmp_hooks){.arg = r, .send = on_send, .set = on_set};
	r->router = igmp_router_new(&r->hooks);
	for (size_t k = 0; k < INTERFACES; k++)
		r->leg[k].model = (struct model){
			.now_ms = r->now_ms,
			.general_ms = MODEL_NEVER,
			.sends = true,
			.source_specific = 1u << 3, /* groups[3] */
			.config.query_rate = 1000,
			.choose = on_choose,
			.arg = &r->leg[k],
		};
	for (size_t k = 0; k < INTERFACES; k++) {
		struct leg *leg = &r->leg[k];
		struct model_config c = random_config(r);

		leg->in = igmp_interface_get(r->router, names[k]);
		c.enabled = true;
		if (r->calm) {
			c.version = 3;
			c.passive = false;
			c.immediate_leave = true;
		}
		note(r, "begin");
		configure(r, k, &c);
		do {
			step_netdev(r, k);
		} while (!leg->model.there ||
			 (r->calm && (!leg->model.up || !leg->model.address)));
		advance(r, 0);
	}
	return r;
}

static void run_seed(uint64_t seed, size_t steps)
{
	struct rig *r = rig_new(seed);

	for (r->step = 1; r->step <= steps; r->step++)
		step(r);
	igmp_router_free(r->router);
	free(r);
}

static void test_the_router_does_what_the_rfc_says(void **state)
{
	const char *steps = getenv("XMGM_MODEL_STEPS");
	const char *seed = getenv("XMGM_MODEL_SEED");
	size_t left = steps ? strtoull(steps, NULL, 10) : 100000;

	(void)state;
	for (uint64_t i = 1; left && !seed; i++) {
		size_t now = left < STEPS ? left : STEPS;

		run_seed(i, now);
		left -= now;
	}
	if (seed)
		run_seed(strtoull(seed, NULL, 10), STEPS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_router_does_what_the_rfc_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
