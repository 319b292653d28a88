/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Any call of mgm.h, in any order, also from inside of callbacks, by clients
 * that are there, lost or gone, with arguments that make sense or do not, while
 * packets come, links change, time passes and the plane fails. No order of
 * them crashes or hangs; each result is 0 or an error with a name; and when
 * all clients have gone, so has everything of theirs. What is right of it is
 * for test_mgm_random and test_mgm_model to say.
 *
 * XMGM_FUZZ_CALLS says how many calls, XMGM_FUZZ_SEED which ones.
 */
#include "mgm_fixture.h"

#include <stdlib.h>

#define CALLS  1000000u /* `make fuzz` makes 10^8 */
#define LIFE   20000u	/* of one manager */
#define ACTORS 6
#define LINKS  8
#define INSIDE 12 /* calls from callbacks, in one from outside */
#define DRAIN  1000000u

struct actor {
	struct mgm_client *handle, *stale;
	bool there; /* it has registered, and not left */
	uint64_t token[2];
	uint32_t epoch, ifid; /* of the last handshake */
	uint32_t taken[3];    /* some that it has taken, and may have lost */
};

static struct fix *f;
static struct actor actors[ACTORS];
static uint64_t seed, calls, refusals, alerts;
static unsigned int inside;

static uint32_t roll(uint32_t sides)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (uint32_t)(seed >> 11) % sides;
}

static void call_something(void);

/* --- what clients are told -------------------------------------------------- */

static void heard(void)
{
	alerts++;
	if (inside && !roll(4)) {
		inside--;
		call_something();
	}
}

static void on_rpf(void *arg, uint64_t token, const struct mgm_rpf *rpf)
{
	struct actor *a = arg;

	a->token[0] = token;
	if (roll(2))
		mgm_rpf_reply(f->m, a->handle, token, rpf->iif, &rpf->upstream);
	heard();
}

static void on_creation(void *arg, uint64_t token, struct mgm_sg flow,
			uint32_t iif, const struct mgm_creation_oif *oifs,
			size_t count)
{
	struct mgm_creation_oif reply = {.ifid = oifs[count - 1].ifid,
					 .enabled = roll(2)};
	struct actor *a = arg;

	(void)flow;
	(void)iif;
	a->token[1] = token;
	if (roll(2))
		mgm_creation_reply(f->m, a->handle, token, &reply, 1);
	heard();
}

static void on_cause(void *arg, struct mgm_sg flow, uint32_t ifid,
		     enum mgm_cause cause)
{
	(void)arg;
	(void)flow;
	(void)ifid;
	(void)cause;
	heard();
}

static void on_local(void *arg, struct mgm_sg flow, uint32_t ifid)
{
	(void)arg;
	(void)flow;
	(void)ifid;
	heard();
}

static void on_wrong_if(void *arg, struct mgm_sg flow, uint32_t arrival,
			uint32_t iif, const uint8_t *packet, size_t len)
{
	(void)arrival;
	(void)packet;
	(void)len;
	on_local(arg, flow, iif);
}

static void on_handshake(void *arg, uint32_t ifid, uint32_t epoch)
{
	struct actor *a = arg;

	a->ifid = ifid;
	a->epoch = epoch;
	heard();
}

static void on_ownership(void *arg, uint32_t ifid, uint32_t epoch, int result)
{
	assert_true(!result || mgm_error_name(result));
	on_handshake(arg, ifid, epoch);
}

static void on_rib_changed(void *arg, const struct mgm_prefix *prefix)
{
	(void)arg;
	assert_true(prefix->length <=
		    (mgm_address_is_v4(&prefix->address) ? 32 : 128));
	heard();
}

static void on_interface(void *arg, uint32_t ifid)
{
	(void)arg;
	(void)ifid;
	heard();
}

static void on_deleted(void *arg, struct mgm_sg flow, uint32_t iif,
		       enum mgm_deletion why)
{
	assert_in_range(why, MGM_DELETED_UNUSED, MGM_DELETED_LIMIT);
	on_local(arg, flow, iif);
}

static const struct mgm_callbacks callbacks = {
	.size = sizeof(callbacks),
	.rpf = on_rpf,
	.creation = on_creation,
	.join = on_cause,
	.prune = on_cause,
	.local_join = on_local,
	.local_leave = on_local,
	.wrong_if = on_wrong_if,
	.disable_igmp = on_handshake,
	.enable_igmp = on_handshake,
	.ownership = on_ownership,
	.rib_changed = on_rib_changed,
	.interface_changed = on_interface,
	.interface_gone = on_interface,
	.mfe_made = on_local,
	.mfe_deleted = on_deleted,
	.local_block = on_local,
	.local_unblock = on_local,
	.membership_changed = on_local,
};

/* --- arguments ---------------------------------------------------------------
 */

static struct actor *any(void)
{
	return &actors[roll(ACTORS)];
}

/* Mostly one that is good. */
static struct mgm_client *who(const struct actor *a)
{
	switch (roll(40)) {
	case 0:
		return NULL;
	case 1:
		return a->stale;
	case 2:
		return (struct mgm_client *)(uintptr_t)roll(1u << 30);
	default:
		return a->handle;
	}
}

static uint32_t ifid(void)
{
	return roll(30) ? 1 + roll(LINKS) : roll(LINKS + 20);
}

static uint32_t ifid_of(const struct actor *a)
{
	return roll(5) ? a->taken[roll(3)] : ifid();
}

static struct mgm_address address(uint32_t first)
{
	static const uint8_t odd[][4] = {
		{0}, {224, 0, 0, 5}, {127, 0, 0, 1}, {255, 255, 255, 255}};
	struct mgm_address a = MGM_ADDRESS_V4_ANY;
	const uint8_t text[4] = {(uint8_t)first, 0, 0, (uint8_t)roll(6)};

	memcpy(a.bytes + 12, roll(40) ? text : odd[roll(4)], 4);
	if (!roll(200))
		a.bytes[roll(12)] = (uint8_t)roll(256);
	return a;
}

/* Of a sort that may be, with bits behind its length now and then. */
static struct mgm_prefix prefix(uint32_t first)
{
	static const uint8_t lengths[] = {30, 29, 24, 8, 4, 31, 33, 128};
	struct mgm_prefix p = {.address = address(first), .length = 32};

	if (!roll(4))
		return (struct mgm_prefix){.address = MGM_ADDRESS_V4_ANY};
	if (roll(6))
		return p;
	p.length = lengths[roll(8)];
	if (p.length < 32 && roll(8)) {
		p.address.bytes[15] &= (uint8_t)(0xff00u >> (p.length & 7));
		if (p.length < 25)
			p.address.bytes[15] = 0;
		if (p.length == 4)
			p.address.bytes[12] &= 0xf0;
	}
	return p;
}

static struct mgm_sg flow(void)
{
	return (struct mgm_sg){.source = prefix(10), .group = prefix(239)};
}

/* One that a packet may have. */
static struct mgm_sg packet_flow(void)
{
	return sg(1 + roll(5), 1 + roll(5));
}

/* --- calls, one of each function
 * ---------------------------------------------- */

static int enrol(struct actor *a)
{
	const uint32_t place = (uint32_t)(a - actors);
	const struct mgm_registration r = {
		.size = roll(60) ? sizeof(r) : roll(8),
		.protocol = 1 + (roll(20) ? place : roll(ACTORS)),
		.component = !roll(20),
		.role = place ? MGM_ROLE_PROTOCOL : MGM_ROLE_IGMP,
		.name = roll(40) ? "toy" : "No name",
		.callbacks = &callbacks,
		.arg = a,
		.router = roll(60) ? NULL : "blue",
		.flags = roll(2) ? MGM_ACCEPTS_TRANSFERS : roll(3),
		.grace_ms = roll(3) ? roll(3000) : MGM_GRACE_NONE,
	};
	struct mgm_client *handle;
	int err = mgm_register(f->m, &r, &handle);

	if (!err) {
		a->stale = a->handle;
		a->handle = handle;
		a->there = true;
	}
	return err;
}

static int leave(struct actor *a)
{
	int err = 0, how = (int)roll(3);

	if (how == 0)
		err = mgm_deregister(f->m, who(a));
	else if (how == 1)
		mgm_client_dead(f->m, a->handle);
	else
		mgm_client_lost(f->m, f->now, a->handle);
	a->there = a->there && err;
	return err;
}

static int settle(struct actor *a)
{
	return mgm_client_settled(f->m, who(a));
}

static int own(struct actor *a)
{
	uint32_t id = ifid();
	int err;

	switch (roll(10)) {
	case 3:
		return mgm_interface_forward(f->m, who(a), ifid_of(a), roll(2));
	case 0:
		return mgm_interface_release(f->m, who(a), ifid_of(a));
	case 1:
		return mgm_interface_transfer(f->m, who(a), ifid_of(a),
					      1 + roll(ACTORS), !roll(20));
	case 2:
		return roll(2) ? mgm_wrong_if_alerts(f->m, who(a), ifid_of(a),
						     roll(2))
			       : mgm_rpf_again(f->m, who(a), ifid_of(a));
	default:
		err = mgm_interface_take(f->m, who(a), id);
		if (!err || err == -EINPROGRESS)
			a->taken[roll(3)] = id;
		return err;
	}
}

static int handshake(struct actor *a)
{
	uint32_t epoch = a->epoch + !roll(10);
	uint32_t where = roll(10) ? a->ifid : ifid();

	return roll(2) ? mgm_igmp_disabled(f->m, who(a), where, epoch)
		       : mgm_replay_complete(f->m, who(a), where, epoch);
}

static int edit(struct actor *a)
{
	unsigned int flags = roll(4) ? MGM_JOIN_STATE : roll(5);

	return roll(3) ? mgm_membership_add(f->m, who(a), ifid_of(a), flow(),
					    flags)
		       : mgm_membership_del(f->m, who(a), ifid_of(a), flow(),
					    flags);
}

static int edit_flow(struct actor *a)
{
	return roll(2) ? mgm_membership_add(f->m, who(a), ifid_of(a),
					    packet_flow(), MGM_FORWARD_STATE)
		       : mgm_membership_del(f->m, who(a), ifid_of(a),
					    packet_flow(), MGM_FORWARD_STATE);
}

static int set(struct actor *a)
{
	const struct mgm_address sources[3] = {address(10), address(10),
					       address(10)};
	const struct mgm_address group = address(239);

	return mgm_membership_set(f->m, who(a), ifid_of(a), &group,
				  roll(30) ? MGM_INCLUDE + roll(2) : roll(5),
				  sources, roll(4));
}

static int batch(struct actor *a)
{
	const struct mgm_address sources[2] = {address(10), address(10)};
	struct mgm_membership_change changes[12];
	size_t i, count = roll(13);

	for (i = 0; i < count; i++)
		changes[i] = (struct mgm_membership_change){
			.what = roll(30) ? MGM_CHANGE_ADD + roll(3) : roll(9),
			.ifid = ifid_of(a),
			.sg = flow(),
			.flags = MGM_JOIN_STATE,
			.filter = MGM_INCLUDE + roll(2),
			.sources = sources,
			.count = roll(3),
		};
	return mgm_membership_batch(f->m, who(a), changes,
				    roll(200) ? count : MGM_BATCH + 1);
}

static int route(struct actor *a)
{
	const uint32_t oifs[3] = {ifid_of(a), ifid_of(a), ifid_of(a)};
	struct mgm_sg to = roll(3) ? packet_flow() : flow();

	return roll(2) ? mgm_route_put(f->m, who(a), to, ifid_of(a), oifs,
				       roll(4), roll(20) ? 0 : roll(4))
		       : mgm_route_del(f->m, who(a), to);
}

static int rib(struct actor *a)
{
	const struct mgm_rib_route r = {
		.size = roll(60) ? sizeof(r) : roll(8),
		.prefix = prefix(10),
		.ifid = ifid_of(a),
		.upstream = address(10),
		.distance = (uint8_t)roll(256),
	};

	return roll(2) ? mgm_rib_put(f->m, who(a), &r)
		       : mgm_rib_del(f->m, who(a), &r.prefix);
}

static int answer(struct actor *a)
{
	const struct mgm_creation_oif oifs[2] = {{ifid(), false, roll(2)},
						 {ifid(), false, roll(2)}};
	const struct mgm_address upstream = address(10);
	uint64_t token = roll(20) ? a->token[roll(2)] : roll(1000);

	return roll(2) ? mgm_rpf_reply(f->m, who(a), token,
				       roll(4) ? ifid() : 0, &upstream)
		       : mgm_creation_reply(f->m, who(a), token, oifs, roll(3));
}

static int say_of_mfe(struct actor *a)
{
	const struct mgm_address upstream = address(10);

	return roll(2) ? mgm_mfe_set_upstream(f->m, who(a), packet_flow(),
					      &upstream)
		       : mgm_mfe_set_timeout(f->m, who(a), packet_flow(),
					     roll(100000));
}

static int read_mfe(struct actor *a)
{
	struct mgm_mfe_oif oifs[3] = {{.size = sizeof(oifs[0])}};
	struct mgm_mfe_info info = {.size = roll(30) ? sizeof(info) : roll(8),
				    .oif_room = roll(4),
				    .oifs = roll(3) ? oifs : NULL};

	(void)a;
	return roll(2) ? mgm_mfe_get(f->m, packet_flow(), &info)
		       : mgm_mfe_next(f->m, flow(), &info);
}

static int read_members(struct actor *a)
{
	const struct mgm_membership_filter filter = {
		.size = sizeof(filter),
		.group = prefix(239),
		.ifid = roll(2) ? 0 : ifid(),
		.groups = roll(2),
		.protocol = roll(ACTORS + 1),
	};
	struct mgm_membership_info info = {.size = sizeof(info),
					   .sg = flow(),
					   .ifid = ifid(),
					   .by_igmp = roll(2)};

	(void)a;
	return mgm_membership_next(f->m, roll(3) ? &info : NULL,
				   roll(3) ? &filter : NULL, &info);
}

static int read_rest(struct actor *a)
{
	struct mgm_interface_info interface = {
		.size = roll(30) ? sizeof(interface) : roll(8)};
	struct mgm_client_info client = {.size = sizeof(client),
					 .protocol = roll(9)};
	struct mgm_rib_route routes[3] = {{.size = sizeof(routes[0])}};
	const struct mgm_address source = address(10);
	size_t count = roll(4);
	uint32_t protocol, component;

	(void)a;
	switch (roll(5)) {
	case 0:
		return mgm_interface_get(f->m, ifid(), &interface);
	case 1:
		return mgm_interface_next(f->m, ifid(), &interface);
	case 2:
		return mgm_client_next(f->m, roll(3) ? &client : NULL, &client);
	case 3:
		return mgm_rib_get(f->m, &source, routes, &count);
	default:
		return mgm_interface_owner(f->m, ifid(), &protocol, &component);
	}
}

static void call_something(void)
{
	static int (*const list[])(struct actor * a) = {
		enrol,	    leave,     settle,	     own,	own,
		handshake,  handshake, edit,	     edit,	edit,
		edit,	    edit,      edit_flow,    set,	set,
		batch,	    route,     rib,	     answer,	answer,
		say_of_mfe, read_mfe,  read_members, read_rest,
	};
	int (*call)(struct actor * a) =
		list[roll(sizeof(list) / sizeof(*list))];
	struct actor *a = any();
	int err;

	/* Who comes and goes all the time gets nothing done. */
	if ((call == leave || call == settle) && roll(20))
		call = edit;
	if (!a->there && roll(4))
		call = enrol;
	else if (call == enrol && roll(8))
		call = edit;
	if (call == handshake && roll(8))
		a = &actors[0]; /* IGMP */
	err = call(a);
	assert_true(!err || mgm_error_name(err));
	refusals += err < 0 && err != -EINPROGRESS;
	calls++;
}

/* --- what happens besides ---------------------------------------------- */

static void link_changes(uint32_t id)
{
	const struct mgm_link link = {.ifid = id,
				      .name = roll(2) ? "e1" : "e2",
				      .flags = roll(4) ? MGM_INTERFACE_UP : 0,
				      .mtu = 1500,
				      .ttl_threshold = roll(3)};

	if (roll(6))
		assert_int_equal(mgm_interface_changed(f->m, f->now, &link), 0);
	else
		mgm_interface_gone(f->m, f->now, id);
}

static void world(void)
{
	static const uint32_t times[] = {0,   1,    10,	   60,
					 200, 1100, 11000, 400000};
	const struct mgm_prefix all = {.address = MGM_ADDRESS_V4_ANY};

	switch (roll(10)) {
	case 0:
		fix_tick(f, times[roll(roll(20) ? 5 : 8)]);
		break;
	case 1:
		link_changes(1 + roll(LINKS));
		break;
	case 2:
		mgm_wrong_if(f->m, f->now, packet_flow(), ifid(), NULL, 0);
		break;
	case 3:
		f->rib[1 + roll(5)] = roll(LINKS + 1);
		mgm_rib_changed(f->m, f->now, &all);
		break;
	case 4:
		f->fail_set = roll(10) ? 0 : -ENOSPC;
		f->fail_put = roll(10) ? 0 : -ENOSPC;
		f->fail_interface = roll(20) ? 0 : -ENOSPC;
		break;
	default:
		fix_upcall(f, 1 + roll(5), 1 + roll(5), 1 + roll(LINKS));
	}
}

/* --- lives ------------------------------------------------------------- */

/* Calls from inside of callbacks meanwhile, so many at most. */
static void drain(unsigned int calls_inside)
{
	unsigned int n = 0;

	inside = calls_inside;
	while (mgm_deadline(f->m) <= f->now && n++ < DRAIN)
		fix_tick(f, 0);
	assert_true(n < DRAIN);
}

/* Nobody is left: nothing is. */
static void end_life(void)
{
	struct mgm_mfe_info info = {.size = sizeof(info)};
	struct mgm_membership_info row = {.size = sizeof(row)};
	struct mgm_client_info client = {.size = sizeof(client)};
	uint32_t i;

	inside = 0;
	f->fail_set = f->fail_put = f->fail_interface = 0;
	for (i = 0; i < ACTORS; i++)
		mgm_client_dead(f->m, actors[i].handle);
	/* Those that were registered twice, and those that were lost. */
	for (i = 0; i <= LINKS + 20; i++)
		mgm_interface_gone(f->m, f->now, i);
	for (i = 0; i < 8; i++) {
		fix_tick(f, 1000000);
		drain(0);
	}
	fix_check(f);
	assert_int_equal(mgm_mfe_next(f->m, info.flow, &info), -ENOENT);
	assert_int_equal(mgm_membership_next(f->m, NULL, NULL, &row), -ENOENT);
	for (i = 0; !mgm_client_next(f->m, i ? &client : NULL, &client); i++)
		assert_int_equal(client.interface_count, 0);
}

static void live(uint64_t until)
{
	const struct mgm_limits limits = {
		.slice = roll(2) ? 1 + roll(8) : 0,
		.memberships = roll(4) ? 0 : 20,
		.prefixes = roll(4) ? 0 : 4,
		.mfes = roll(4) ? 0 : 6,
		.rib_routes = roll(4) ? 0 : 3,
		.oifs = roll(4) ? 0 : 2,
	};
	uint32_t i;

	f = fix_new(&limits);
	f->what = 0;
	memset(actors, 0, sizeof(actors));
	for (i = 1; i <= LINKS; i++)
		link_changes(i);
	for (i = 0; i < 256; i++)
		f->rib[i] = 1 + i % LINKS;
	for (i = 0; i < ACTORS; i++)
		enrol(&actors[i]);
	while (calls < until) {
		inside = INSIDE;
		call_something();
		if (!roll(3))
			world();
		if (!roll(20)) {
			drain(INSIDE);
			fix_check(f);
		}
	}
	end_life();
	fix_free(f);
}

static void test_no_order_of_calls_does_harm(void **state)
{
	const char *many = getenv("XMGM_FUZZ_CALLS");
	const char *which = getenv("XMGM_FUZZ_SEED");
	const uint64_t wanted = many ? strtoull(many, NULL, 10) : CALLS;

	(void)state;
	seed = which ? strtoull(which, NULL, 10) : 0x9e3779b97f4a7c15;
	while (calls < wanted)
		live(calls + LIFE);
	print_message("%llu calls, %llu refused, %llu alerts\n",
		      (unsigned long long)calls, (unsigned long long)refusals,
		      (unsigned long long)alerts);
	/* They have not all been refused, and not all been let through. */
	assert_in_range(refusals, wanted / 10, wanted / 10 * 8);
	assert_true(alerts > wanted / 5);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_order_of_calls_does_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
