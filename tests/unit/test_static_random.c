/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Any sequence of commands, handshakes and interfaces that come and go, beside
 * a model that only remembers which commands were accepted: when all is quiet,
 * cache and owners are what the model says.
 */
#include "static_lab.h"

#define SOURCES 3 /* 0 is (*,G) */
#define GROUPS	2
#define FLOWS	(SOURCES * GROUPS)

/* What commands have been accepted, kept beside the real thing. */
struct model {
	struct lab *lab;
	struct mgm_client *igmp;
	uint32_t epoch[NAMES]; /* of the last disable or enable; 0: none */
	bool enabled[NAMES];   /* it was an enable */
	uint32_t from[FLOWS];  /* 0: no route */
	uint8_t to[FLOWS];     /* bits by number */
	uint8_t joins[FLOWS];
	uint64_t op;
	struct {
		uint64_t op; /* 0: free */
		uint32_t flow, from;
		uint8_t to;
		bool route;
	} waiting[64];
	uint32_t generation;
	uint64_t random;
};

static uint32_t pick(struct model *m, uint32_t below)
{
	m->random = m->random * 6364136223846793005ull + 1442695040888963407ull;
	return (uint32_t)(m->random >> 33) % below;
}

static struct mgm_sg flow_sg(uint32_t flow)
{
	return sg(flow % SOURCES, 1 + flow / SOURCES);
}

static void apply(struct model *m, uint32_t flow, uint32_t from, uint8_t to)
{
	if (from) {
		m->from[flow] = from;
		m->to[flow] = to;
	} else {
		m->joins[flow] |= to;
	}
}

static void model_done(void *arg, uint64_t op, int result)
{
	struct model *m = arg;
	size_t i;

	for (i = 0; i < 64; i++)
		if (m->waiting[i].op == op)
			break;
	assert_true(i < 64);
	m->waiting[i].op = 0;
	if (!result)
		apply(m, m->waiting[i].flow, m->waiting[i].from,
		      m->waiting[i].to);
}

static void model_disable(void *arg, uint32_t ifid, uint32_t epoch)
{
	struct model *m = arg;

	m->epoch[ifid % NAMES] = epoch;
	m->enabled[ifid % NAMES] = false;
}

static void model_enable(void *arg, uint32_t ifid, uint32_t epoch)
{
	struct model *m = arg;

	m->epoch[ifid % NAMES] = epoch;
	m->enabled[ifid % NAMES] = true;
}

static const struct mgm_callbacks model_igmp = {
	.size = sizeof(model_igmp),
	.disable_igmp = model_disable,
	.enable_igmp = model_enable,
};

static void igmp_step(struct model *m, uint32_t number)
{
	uint32_t epoch = m->epoch[number], ifid = m->lab->ifid[number];

	m->epoch[number] = 0;
	if (!epoch || !ifid)
		return;
	if (m->enabled[number])
		mgm_replay_complete(m->lab->f->m, m->igmp, ifid, epoch);
	else
		mgm_igmp_disabled(m->lab->f->m, m->igmp, ifid, epoch);
}

static void wait_for(struct model *m, uint32_t flow, uint32_t from, uint8_t to)
{
	size_t i;

	for (i = 0; i < 63 && m->waiting[i].op; i++)
		;
	assert_int_equal(m->waiting[i].op, 0);
	m->waiting[i].op = m->op;
	m->waiting[i].flow = flow;
	m->waiting[i].from = from;
	m->waiting[i].to = to;
}

static void random_add(struct model *m)
{
	uint32_t flow = pick(m, FLOWS), from = 1 + pick(m, 5), i, n = 0;
	uint8_t to = (uint8_t)((1 + pick(m, 31)) << 1) &
		     (uint8_t) ~(1u << from);
	char names[NAMES][XMGM_IFNAME_LEN] = {{0}};
	struct proto_route_config route = {
		.sg = flow_sg(flow),
		.to = (const char(*)[XMGM_IFNAME_LEN])names,
	};
	int err;

	for (i = 1; i < NAMES; i++)
		if (to & 1u << i)
			snprintf(names[n++], XMGM_IFNAME_LEN, "e%u", i);
	if (!n)
		return;
	route.to_count = n;
	snprintf(route.from, sizeof(route.from), "e%u", from);
	m->op++;
	err = m->lab->proto->admin->route_add(m->lab->self, &route, m->op);
	if (!err)
		apply(m, flow, from, to);
	else if (err == -EINPROGRESS)
		wait_for(m, flow, from, to);
	else
		assert_true(err == -ENODEV || err == -EBUSY);
}

static void random_join(struct model *m)
{
	uint32_t flow = pick(m, FLOWS), number = 1 + pick(m, 5);
	char name[XMGM_IFNAME_LEN];
	int err;

	snprintf(name, sizeof(name), "e%u", number);
	m->op++;
	if (pick(m, 2)) {
		err = m->lab->proto->admin->leave(m->lab->self, name,
						  flow_sg(flow));
		m->joins[flow] &= (uint8_t) ~(1u << number);
		assert_true(!err || err == -ENOENT);
		return;
	}
	err = m->lab->proto->admin->join(m->lab->self, name, flow_sg(flow),
					 m->op);
	if (!err)
		apply(m, flow, 0, (uint8_t)(1u << number));
	else if (err == -EINPROGRESS)
		wait_for(m, flow, 0, (uint8_t)(1u << number));
	else
		assert_true(err == -ENODEV || err == -EBUSY);
}

static void random_del(struct model *m)
{
	uint32_t flow = pick(m, FLOWS);

	if (!m->lab->proto->admin->route_del(m->lab->self, flow_sg(flow)))
		m->from[flow] = 0;
}

/* e4 and e5 are shared with IGMP. */
static void random_link(struct model *m)
{
	uint32_t number = 1 + pick(m, 5), ifid;

	m->epoch[number] = 0;
	if (m->lab->ifid[number]) {
		vanish(m->lab, number);
		return;
	}
	ifid = number + NAMES * ++m->generation;
	if (number > 3)
		assert_int_equal(
			mgm_interface_take(m->lab->f->m, m->igmp, ifid), 0);
	appear(m->lab, number, ifid);
}

static void quiesce(struct model *m)
{
	uint32_t round, i;

	for (round = 0; round < 12; round++) {
		for (i = 1; i < NAMES; i++)
			igmp_step(m, i);
		tick(m->lab, 300);
	}
	for (i = 0; i < 64; i++)
		assert_int_equal(m->waiting[i].op, 0);
}

/* Interfaces that are there and have a membership of this very flow. */
static uint8_t members(struct model *m, uint32_t flow)
{
	uint8_t bits = m->joins[flow] | (m->from[flow] ? m->to[flow] : 0);
	uint32_t i;

	for (i = 1; i < NAMES; i++)
		if (!m->lab->ifid[i])
			bits &= (uint8_t) ~(1u << i);
	return bits;
}

static int by_value(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static void check_flow(struct model *m, uint32_t flow)
{
	uint32_t any = flow - flow % SOURCES, iif = m->lab->ifid[m->from[flow]];
	const struct fix_route *line = fix_line(m->lab->f, flow_sg(flow));
	uint8_t bits = members(m, flow) | members(m, any);
	uint32_t want[NAMES], count = 0, i;

	if (!m->from[flow] || !iif) {
		/* There may be one that (*,G) has made. */
		if (line && !(line->flags & XMGM_MFE_DERIVED))
			fail_msg("a route too many: flow %u", flow);
		return;
	}
	if (!line)
		fail_msg("no route: flow %u", flow);
	assert_int_equal(line->iif, iif);
	for (i = 1; i < NAMES; i++)
		if (bits & 1u << i && i != m->from[flow])
			want[count++] = m->lab->ifid[i];
	qsort(want, count, sizeof(*want), by_value);
	assert_int_equal(m->lab->f->set[line->set].count, count);
	if (count)
		assert_memory_equal(m->lab->f->set[line->set].oifs, want,
				    count * sizeof(*want));
}

static void check_owners(struct model *m)
{
	uint32_t i, flow;

	for (i = 1; i < NAMES; i++) {
		bool used = false;

		for (flow = 0; flow < FLOWS; flow++)
			used |= m->from[flow] == i ||
				(m->from[flow] && m->to[flow] & 1u << i) ||
				m->joins[flow] & 1u << i;
		if (m->lab->ifid[i])
			assert_int_equal(owner(m->lab, m->lab->ifid[i]),
					 used		  ? XMGM_OWNER_STATIC
					 : i > 3 && i < 6 ? XMGM_OWNER_IGMP
							  : XMGM_OWNER_NONE);
	}
}

static void play(struct model *m, unsigned int steps)
{
	while (steps--) {
		switch (pick(m, 8)) {
		case 0:
		case 1:
			random_add(m);
			break;
		case 2:
			random_del(m);
			break;
		case 3:
			random_join(m);
			break;
		case 4:
			random_link(m);
			break;
		case 5:
			tick(m->lab, pick(m, 400));
			break;
		default:
			igmp_step(m, 1 + pick(m, 5));
			break;
		}
	}
}

static void test_after_any_sequence_the_cache_is_what_was_said(void **state)
{
	struct lab *lab = *state;
	struct model m = {.lab = lab, .random = 1};
	const struct mgm_registration igmp = {
		.size = sizeof(igmp),
		.protocol = XMGM_OWNER_IGMP,
		.role = MGM_ROLE_IGMP,
		.name = "igmp",
		.callbacks = &model_igmp,
		.arg = &m,
	};
	unsigned int round;
	uint32_t flow;

	lab->model = &m;
	lab->on_done = model_done;
	lab->f->what = 0;
	assert_int_equal(mgm_register(lab->f->m, &igmp, &m.igmp), 0);
	assert_int_equal(mgm_interface_take(lab->f->m, m.igmp, 4), 0);
	assert_int_equal(mgm_interface_take(lab->f->m, m.igmp, 5), 0);
	for (round = 0; round < 400; round++) {
		play(&m, 25);
		quiesce(&m);
		for (flow = 0; flow < FLOWS; flow++)
			check_flow(&m, flow);
		check_owners(&m);
		fix_check(lab->f);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		lab_test(test_after_any_sequence_the_cache_is_what_was_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
