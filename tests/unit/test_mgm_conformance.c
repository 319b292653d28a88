/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What any manager behind mgm.h does, with exact results and callbacks in
 * their order: the list at the end. Each test runs three times: with the core
 * in this process, with libmgm and one connection for all clients, and with a
 * connection for each, between which there is no order. All random calls are
 * test_mgm_random's and test_mgm_model's.
 */
#include "conformance_scene.h"

/* --- T1 to T14
 * ---------------------------------------------------------------- */

static void t1_igmp_takes_what_nobody_has(struct scene *s)
{
	assert_int_equal(take(s, IGMP, IF), 0);
	assert_int_equal(owner(s, IF), MGM_PROTOCOL_IGMP);
	expect_told(s, "");
}

static void t2_a_protocol_takes_what_nobody_has(struct scene *s)
{
	assert_int_equal(take(s, P, IF), 0);
	assert_int_equal(owner(s, IF), MGM_PROTOCOL_PIM);
	expect_told(s, "");
}

static void t3_a_protocol_takes_from_igmp(struct scene *s)
{
	igmp_has_member(s);
	assert_int_equal(take(s, P, IF), -EINPROGRESS);
	expect_told(s, "igmp disable 2 2\n");
	assert_int_equal(owner(s, IF), MGM_PROTOCOL_IGMP);
	assert_int_equal(add(&s->actor[IGMP], IF, 0, 3), -EAGAIN);
	assert_int_equal(handshake(s, true), 0);
	expect_told(s, "igmp enable 2 2\n");
	assert_int_equal(owner(s, IF), MGM_PROTOCOL_PIM);
	assert_int_equal(add(&s->actor[IGMP], IF, 0, 1), 0);
	assert_int_equal(handshake(s, false), 0);
	expect_told(s, FLIPPED);
}

static void t4_igmp_takes_what_a_protocol_has(struct scene *s)
{
	assert_int_equal(take(s, P, IF), 0);
	assert_int_equal(take(s, IGMP, IF), 0);
	assert_int_equal(owner(s, IF), MGM_PROTOCOL_PIM);
	assert_int_equal(add(&s->actor[IGMP], IF, 0, 1), 0);
	expect_told(s, "p local-join (*,1) 2\n"
		       "igmp join (*,1) 2\n"
		       "q join (*,1) 2\n");
}

static void t5_a_protocol_releases_to_igmp(struct scene *s)
{
	shared(s);
	assert_int_equal(add(&s->actor[P], IF, 0, 5), 0);
	expect_told(s, "igmp join (*,5) 2\n"
		       "q join (*,5) 2\n");
	assert_int_equal(release(s, P, IF), -EINPROGRESS);
	expect_told(s, "igmp disable 2 3\n"
		       "igmp enable 2 3\n"
		       "p join (*,1) 2\n"
		       "igmp prune (*,1) 2\n"
		       "igmp prune (*,5) 2\n"
		       "q prune (*,5) 2\n"
		       "p ownership 2 3 0\n");
	assert_int_equal(owner(s, IF), MGM_PROTOCOL_IGMP);
}

static void t6_a_protocol_releases_to_nobody(struct scene *s)
{
	assert_int_equal(take(s, P, IF), 0);
	assert_int_equal(add(&s->actor[P], IF, 0, 1), 0);
	expect_told(s, "igmp join (*,1) 2\n"
		       "q join (*,1) 2\n");
	assert_int_equal(release(s, P, IF), 0);
	assert_int_equal(owner(s, IF), MGM_PROTOCOL_NONE);
	expect_told(s, "igmp prune (*,1) 2\n"
		       "q prune (*,1) 2\n");
}

static void t7_igmp_releases_to_the_protocol(struct scene *s)
{
	shared(s);
	assert_int_equal(release(s, IGMP, IF), 0);
	assert_int_equal(owner(s, IF), MGM_PROTOCOL_PIM);
	expect_told(s, "igmp prune (*,1) 2\n"
		       "q prune (*,1) 2\n"
		       "p local-leave (*,1) 2\n");
}

static void t8_igmp_releases_to_nobody(struct scene *s)
{
	igmp_has_member(s);
	assert_int_equal(release(s, IGMP, IF), 0);
	assert_int_equal(owner(s, IF), MGM_PROTOCOL_NONE);
	expect_told(s, "p prune (*,1) 2\n"
		       "q prune (*,1) 2\n");
}

/* The refusal comes before anybody is disturbed. */
static void t9_another_protocol_takes(struct scene *s)
{
	assert_int_equal(take(s, P, IF), 0);
	assert_int_equal(take(s, Q, IF), -EEXIST);
	assert_int_equal(take(s, IGMP, IF), 0);
	assert_int_equal(take(s, Q, IF), -EEXIST);
	assert_int_equal(owner(s, IF), MGM_PROTOCOL_PIM);
	expect_told(s, "");
	/* IGMP is undisturbed: its gate was never held. */
	assert_int_equal(add(&s->actor[IGMP], IF, 0, 1), 0);
	expect_told(s, "p local-join (*,1) 2\n"
		       "igmp join (*,1) 2\n"
		       "q join (*,1) 2\n");
}

static void t10_the_owner_takes_again(struct scene *s)
{
	shared(s);
	assert_int_equal(take(s, P, IF), -EEXIST);
	assert_int_equal(take(s, IGMP, IF), -EEXIST);
	expect_told(s, "");
}

static void t11_release_of_what_is_not_owned(struct scene *s)
{
	assert_int_equal(release(s, P, IF), -EINVAL);
	assert_int_equal(take(s, P, IF), 0);
	assert_int_equal(release(s, Q, IF), -EINVAL);
	assert_int_equal(release(s, IGMP, IF), -EINVAL);
	assert_int_equal(release(s, P, 99), -EINVAL);
	assert_int_equal(add(&s->actor[Q], IF, 0, 1), -EINVAL);
	assert_int_equal(add(&s->actor[Q], 3, 0, 1), -ENOENT);
	expect_told(s, "");
}

static int deregister(struct scene *s, enum who who)
{
	struct actor *a = &s->actor[who];

	return s->backend.call.deregister(a->m, a->client);
}

static void t12_deregistering_while_owning(struct scene *s)
{
	assert_int_equal(take(s, P, IF), 0);
	assert_int_equal(take(s, IGMP, IF), 0);
	assert_int_equal(deregister(s, P), -EBUSY);
	assert_int_equal(deregister(s, IGMP), -EBUSY);
	assert_int_equal(deregister(s, Q), 0);
	assert_int_equal(owner(s, IF), MGM_PROTOCOL_PIM);
	expect_told(s, "");
}

/* Each function that takes a handle, with this one. */
static void handle_is_stale(struct scene *s, struct mgm_client *h)
{
	const struct backend_calls *call = &s->backend.call;
	const struct mgm_address group = mgm_address_v4(grp_ip(1));
	const struct mgm_rib_route route = {
		.size = sizeof(route),
		.prefix = sg(8, 1).source,
		.ifid = IF,
		.upstream = MGM_ADDRESS_V4_ANY,
	};
	struct mgm_membership_change change = {.what = MGM_CHANGE_ADD};
	struct mgm *m = s->actor[P].m;

	assert_int_equal(call->deregister(m, h), -EINVAL);
	assert_int_equal(call->client_settled(m, h), -EINVAL);
	assert_int_equal(call->interface_take(m, h, 5), -EINVAL);
	assert_int_equal(call->interface_release(m, h, IF), -EINVAL);
	assert_int_equal(call->interface_transfer(m, h, IF, MGM_PROTOCOL_DVMRP,
						  0),
			 -EINVAL);
	assert_int_equal(call->interface_forward(m, h, IF, true), -EINVAL);
	assert_int_equal(call->wrong_if_alerts(m, h, IF, true), -EINVAL);
	assert_int_equal(call->igmp_disabled(m, h, IF, 1), -EINVAL);
	assert_int_equal(call->replay_complete(m, h, IF, 1), -EINVAL);
	assert_int_equal(call->membership_add(m, h, IF, sg(0, 1), 1), -EINVAL);
	assert_int_equal(call->membership_del(m, h, IF, sg(0, 1), 1), -EINVAL);
	assert_int_equal(call->membership_set(m, h, IF, &group, MGM_EXCLUDE,
					      NULL, 0),
			 -EINVAL);
	assert_int_equal(call->membership_batch(m, h, &change, 1), -EINVAL);
	assert_int_equal(call->route_put(m, h, sg(8, 1), IF, NULL, 0, 0),
			 -EINVAL);
	assert_int_equal(call->route_del(m, h, sg(8, 1)), -EINVAL);
	assert_int_equal(call->rpf_reply(m, h, 1, IF, &group), -EINVAL);
	assert_int_equal(call->rpf_again(m, h, IF), -EINVAL);
	assert_int_equal(call->creation_reply(m, h, 1, NULL, 0), -EINVAL);
	assert_int_equal(call->rib_put(m, h, &route), -EINVAL);
	assert_int_equal(call->rib_del(m, h, &route.prefix), -EINVAL);
	assert_int_equal(call->mfe_set_upstream(m, h, sg(8, 1), &group),
			 -EINVAL);
	assert_int_equal(call->mfe_set_timeout(m, h, sg(8, 1), 1), -EINVAL);
}

static void t13_a_stale_handle(struct scene *s)
{
	struct mgm_client *stale = s->actor[P].client;

	assert_int_equal(deregister(s, P), 0);
	handle_is_stale(s, stale);
	handle_is_stale(s, NULL);
	handle_is_stale(s, (struct mgm_client *)~(uintptr_t)0);
	/* Also when somebody else has its place. */
	assert_int_equal(register_as(&s->actor[P], P), 0);
	assert_int_equal(take(s, P, IF), 0);
	handle_is_stale(s, stale);
	assert_int_equal(owner(s, IF), MGM_PROTOCOL_PIM);
	expect_told(s, "");
}

static void t14_the_same_pair_registers_again(struct scene *s)
{
	struct actor again = {.scene = s, .m = s->actor[Q].m};

	assert_int_equal(register_as(&again, P), -EEXIST);
	again.component = 1; /* of the same protocol */
	assert_int_equal(register_as(&again, P), 0);
	again.component = 0;
	assert_int_equal(deregister(s, P), 0);
	assert_int_equal(register_as(&again, P), 0);
	expect_told(s, "");
}

/* --- the handshake, from inside
 * ------------------------------------------------ */

/* Adding is refused while the gate is held, and works in enable_igmp. */
static void calls_from_inside_of_the_bracket(struct scene *s)
{
	igmp_has_member(s);
	s->inside = true;
	assert_int_equal(take(s, P, IF), -EINPROGRESS);
	expect_told(s, "igmp disable 2 2\nigmp enable 2 2\n" FLIPPED);
	assert_int_equal(s->in_disable, -EAGAIN);
}

/* --- first packets, and what becomes of them
 * ------------------------------------- */

/* P has the iif, Q an interface with a member of group 1. */
static void q_wants(struct scene *s)
{
	assert_int_equal(take(s, P, IIF), 0);
	assert_int_equal(take(s, Q, IF), 0);
	assert_int_equal(add(&s->actor[Q], IF, 0, 1), 0);
	expect_told(s, "igmp join (*,1) 2\np join (*,1) 2\n");
}

/* RPF, then creation, and only then the packet goes: pending until then. */
static void a_first_packet_asks_both_owners(struct scene *s)
{
	q_wants(s);
	s->watched = "pending";
	backend_upcall(&s->backend, 8, 1, IIF);
	expect_told(s, "p rpf (8,1) arrival 1 iif 1, 28 bytes\n"
		       "q creation (8,1) iif 1 oif 2 of 1\n");
	assert_int_equal(mfe(s, 8, 1).state, MGM_STATE_FORWARDING);
	assert_int_equal(mfe(s, 8, 1).iif, IIF);
	assert_int_equal(mfe(s, 8, 1).oif_count, 1);
	assert_int_equal(mfe(s, 8, 1).oif_room, IF);
}

static void a_veto_of_the_only_oif_is_a_prune(struct scene *s)
{
	q_wants(s);
	s->veto = true;
	backend_upcall(&s->backend, 8, 1, IIF);
	expect_told(s, "p rpf (8,1) arrival 1 iif 1, 28 bytes\n"
		       "q creation (8,1) iif 1 oif 2 of 1\n"
		       "p prune (8,1) 1 mfe\n");
	assert_int_equal(mfe(s, 8, 1).state, MGM_STATE_NEGATIVE);
	assert_int_equal(mfe(s, 8, 1).oif_count, 0);
	backend_upcall(&s->backend, 8, 1, IIF); /* was on its way */
	expect_told(s, "");
	/* The original's 900 s, if nobody says otherwise. */
	backend_tick(&s->backend, MGM_PRUNE_TIMEOUT_MS - 1);
	assert_int_equal(mfe(s, 8, 1).state, MGM_STATE_NEGATIVE);
	backend_tick(&s->backend, AGING_MS);
	assert_int_equal(mfe(s, 8, 1).size, 0);
	expect_told(s, "");
}

static void the_owner_says_how_long_a_prune_lives(struct scene *s)
{
	q_wants(s);
	s->veto = true;
	s->prune_ms = 5000;
	backend_upcall(&s->backend, 8, 1, IIF);
	expect_told(s, "p rpf (8,1) arrival 1 iif 1, 28 bytes\n"
		       "q creation (8,1) iif 1 oif 2 of 1\n"
		       "p prune (8,1) 1 mfe\n");
	backend_tick(&s->backend, 4999);
	assert_int_equal(mfe(s, 8, 1).state, MGM_STATE_NEGATIVE);
	backend_tick(&s->backend, AGING_MS);
	assert_int_equal(mfe(s, 8, 1).size, 0);
	/* And the next packet is a first one. */
	backend_upcall(&s->backend, 8, 1, IIF);
	expect_told(s, "p rpf (8,1) arrival 1 iif 1, 28 bytes\n"
		       "q creation (8,1) iif 1 oif 2 of 1\n"
		       "p prune (8,1) 1 mfe\n");
}

/* T6, T8: nobody owns it any more, so the entry loses it at once. */
static void a_release_takes_the_oif(struct scene *s)
{
	q_wants(s);
	backend_upcall(&s->backend, 8, 1, IIF);
	expect_told(s, "p rpf (8,1) arrival 1 iif 1, 28 bytes\n"
		       "q creation (8,1) iif 1 oif 2 of 1\n");
	assert_int_equal(release(s, Q, IF), 0);
	expect_told(s, "p prune (8,1) 1 mfe\n"
		       "igmp prune (*,1) 2\n"
		       "p prune (*,1) 2\n");
	assert_int_equal(mfe(s, 8, 1).state, MGM_STATE_NEGATIVE);
}

/* Others keep theirs, and what they have counted. */
static void a_release_touches_no_other(struct scene *s)
{
	q_wants(s);
	assert_int_equal(take(s, Q, 3), 0);
	assert_int_equal(add(&s->actor[Q], 3, 0, 1), 0);
	assert_int_equal(add(&s->actor[Q], 3, 0, 2), 0);
	backend_upcall(&s->backend, 8, 1, IIF);
	backend_upcall(&s->backend, 8, 2, IIF);
	settle(s);
	assert_int_equal(mfe(s, 8, 1).oif_count, 2);
	backend_count(&s->backend, 8, 1, 5);
	backend_count(&s->backend, 8, 2, 7);
	assert_int_equal(release(s, Q, IF), 0);
	settle(s);
	assert_int_equal(mfe(s, 8, 1).state, MGM_STATE_FORWARDING);
	assert_int_equal(mfe(s, 8, 1).oif_count, 1);
	assert_int_equal(mfe(s, 8, 1).oif_room, 3);
	assert_int_equal(mfe(s, 8, 1).packets, 5);
	assert_int_equal(mfe(s, 8, 2).oif_count, 1);
	assert_int_equal(mfe(s, 8, 2).packets, 7);
}

/* Nor is it an iif any more. */
static void a_release_takes_the_iif(struct scene *s)
{
	q_wants(s);
	backend_upcall(&s->backend, 8, 1, IIF);
	settle(s);
	assert_int_equal(mfe(s, 8, 1).iif, IIF);
	assert_int_equal(release(s, P, IIF), 0);
	settle(s);
	assert_true(mfe(s, 8, 1).size == 0 || !mfe(s, 8, 1).oif_count);
}

/* T5: what IGMP wants as well stays, what the owner alone did goes. */
static void a_release_to_igmp_takes_its_own(struct scene *s)
{
	shared(s);
	assert_int_equal(take(s, Q, IIF), 0);
	assert_int_equal(add(&s->actor[P], IF, 0, 5), 0);
	backend_upcall(&s->backend, 8, 1, IIF);
	backend_upcall(&s->backend, 8, 5, IIF);
	settle(s);
	backend_count(&s->backend, 8, 1, 3);
	s->watched = "forwarding"; /* all the while */
	assert_int_equal(mfe(s, 8, 1).oif_room, IF);
	assert_int_equal(mfe(s, 8, 5).oif_room, IF);
	assert_int_equal(release(s, P, IF), -EINPROGRESS);
	settle(s);
	assert_int_equal(owner(s, IF), MGM_PROTOCOL_IGMP);
	assert_int_equal(mfe(s, 8, 1).state, MGM_STATE_FORWARDING);
	assert_int_equal(mfe(s, 8, 1).oif_room, IF);
	assert_int_equal(mfe(s, 8, 1).packets, 3);
	assert_int_equal(mfe(s, 8, 5).state, MGM_STATE_NEGATIVE);
	assert_int_equal(mfe(s, 8, 5).oif_count, 0);
}

/* --- alerts
 * ---------------------------------------------------------------------- */

static bool wanted_by_another(bool wants[][WHO], int who)
{
	bool wanted = false;
	int i, other;

	for (i = 0; i < 2; i++)
		for (other = 0; other < WHO; other++)
			wanted |= other != who && wants[i][other];
	return wanted;
}

/* pull(X,G) == exists Y != X: wants(Y,G); each has two interfaces. */
static void alerts_are_the_edges_of_pull(struct scene *s)
{
	static const uint32_t interfaces[2][WHO] = {{2, 3, 4}, {5, 6, 7}};
	static bool wants[4][2][WHO];
	uint32_t n, g, i, seed = 7;
	struct actor *a;
	int who;

	memset(wants, 0, sizeof(wants));
	for (n = 0; n < 2 * WHO; n++)
		assert_int_equal(take(s, n % WHO, interfaces[n / WHO][n % WHO]),
				 0);
	for (n = 0; n < 300; n++) {
		seed = seed * 1103515245 + 12345;
		g = seed >> 16 & 3;
		i = seed >> 18 & 1;
		who = (int)((seed >> 20) % WHO);
		a = &s->actor[who];
		if (wants[g][i][who])
			assert_int_equal(s->backend.call.membership_del(
						 a->m, a->client,
						 interfaces[i][who],
						 sg(0, 1 + g), MGM_JOIN_STATE),
					 0);
		else
			assert_int_equal(add(a, interfaces[i][who], 0, 1 + g),
					 0);
		wants[g][i][who] = !wants[g][i][who];
		settle(s);
		for (who = 0; who < WHO; who++)
			assert_int_equal(s->actor[who].pulls[1 + g],
					 wanted_by_another(wants[g], who));
	}
}

/* Listings are read to the end, which is no row. */
static void listings_end_without_a_row(struct scene *s)
{
	struct mgm_mfe_info info = {.size = sizeof(info)};
	struct mgm_membership_info row = {.size = sizeof(row)};
	struct mgm *m = s->actor[P].m;
	unsigned int i, flows = 0, rows = 0;

	assert_int_equal(s->backend.call.mfe_next(m, info.flow, &info),
			 -ENOENT);
	q_wants(s);
	for (i = 2; i <= 40; i++)
		assert_int_equal(add(&s->actor[Q], IF, 0, i), 0);
	for (i = 1; i <= 40; i++)
		backend_upcall(&s->backend, 8, i, IIF);
	backend_settle(&s->backend);
	while (!s->backend.call.mfe_next(m, info.flow, &info))
		assert_int_equal(info.flow.group.address.bytes[15], ++flows);
	assert_int_equal(flows, 40);
	if (!s->backend.call.membership_next(m, NULL, NULL, &row))
		for (rows = 1;
		     !s->backend.call.membership_next(m, &row, NULL, &row);)
			rows++;
	assert_int_equal(rows, 40);
	row.size = 4;
	assert_int_equal(s->backend.call.membership_next(m, NULL, NULL, &row),
			 -EINVAL);
}

/* What does not fit is not written, and how much it is is said. */
static void a_small_room_says_how_much_there_is(struct scene *s)
{
	const struct backend_calls *call = &s->backend.call;
	const struct mgm_address source = mgm_address_v4(src_ip(8));
	struct mgm_mfe_oif oifs[2] = {{.size = sizeof(oifs[0])}};
	struct mgm_mfe_info info = {
		.size = sizeof(info), .oif_room = 1, .oifs = oifs};
	uint32_t ifid = 0;
	struct mgm_client_info client = {.size = sizeof(client),
					 .interfaces = &ifid};
	struct mgm_rib_route route = {.size = sizeof(route)};
	struct mgm *m = s->actor[P].m;
	size_t count = 0;

	q_wants(s);
	assert_int_equal(take(s, Q, 3), 0);
	assert_int_equal(add(&s->actor[Q], 3, 0, 1), 0);
	backend_upcall(&s->backend, 8, 1, IIF);
	settle(s);
	assert_int_equal(call->mfe_get(m, sg(8, 1), &info), 0);
	assert_int_equal(info.oif_count, 2);
	assert_int_equal(oifs[0].ifid, IF);
	assert_int_equal(oifs[1].ifid, 0);
	info.size = sizeof(info.size) - 1;
	assert_int_equal(call->mfe_get(m, sg(8, 1), &info), -EINVAL);
	client.protocol = MGM_PROTOCOL_DVMRP - 1;
	client.component = UINT32_MAX;
	assert_int_equal(call->client_next(m, &client, &client), 0);
	assert_int_equal(client.interface_count, 2);
	assert_int_equal(ifid, 0);
	assert_int_equal(call->rib_get(m, &source, &route, &count), -EINVAL);
	count = 1;
	assert_int_equal(call->rib_get(m, &source, &route, &count), 0);
	assert_int_equal(route.ifid, IIF);
}

/* --- each of them, everywhere
 * ------------------------------------------------------ */

static void everywhere(void **state)
{
	void (*conforms)(struct scene * s) =
		*(void (**)(struct scene *)) * state;
	static struct scene s;
	int kind;

	for (kind = BACKEND_CORE; kind <= BACKEND_EACH; kind++) {
		scene_start(&s, kind);
		conforms(&s);
		backend_stop(&s.backend);
	}
}

/* More than both sides' buffers hold, with an alert for each. */
static void a_long_pipeline_does_not_block(void **state)
{
	static struct scene s;
	unsigned int i;

	(void)state;
	scene_start(&s, BACKEND_ONE);
	assert_int_equal(take(&s, P, IF), 0);
	assert_int_equal(remote_mgm_pipeline(s.actor[P].m, true), 0);
	for (i = 1; i <= 5000; i++) {
		assert_int_equal(add(&s.actor[P], IF, 0, i), 0);
		s.length = 0;
	}
	assert_int_equal(add(&s.actor[P], 3, 0, 1), 0);
	s.length = 0;
	assert_int_equal(remote_mgm_pipeline(s.actor[P].m, false), -ENOENT);
	backend_stop(&s.backend);
}

/* As MGM.md has them in section 7.1. */
#define LIST(X)                                                             \
	/* T1 to T14, each with its status and callbacks, in their order */ \
	X(t1_igmp_takes_what_nobody_has)                                    \
	X(t2_a_protocol_takes_what_nobody_has)                              \
	X(t3_a_protocol_takes_from_igmp)                                    \
	X(t4_igmp_takes_what_a_protocol_has)                                \
	X(t5_a_protocol_releases_to_igmp)                                   \
	X(t6_a_protocol_releases_to_nobody)                                 \
	X(t7_igmp_releases_to_the_protocol)                                 \
	X(t8_igmp_releases_to_nobody)                                       \
	X(t9_another_protocol_takes)                                        \
	X(t10_the_owner_takes_again)                                        \
	X(t11_release_of_what_is_not_owned)                                 \
	X(t12_deregistering_while_owning)                                   \
	X(t13_a_stale_handle)                                               \
	X(t14_the_same_pair_registers_again)                                \
	/* Adding from inside of enable_igmp does not hang */               \
	X(calls_from_inside_of_the_bracket)                                 \
	/* Property: random joins and leaves */                             \
	X(alerts_are_the_edges_of_pull)                                     \
	/* First packet: RPF, creation, then it goes; a veto is a prune */  \
	X(a_first_packet_asks_both_owners)                                  \
	X(a_veto_of_the_only_oif_is_a_prune)                                \
	/* The prune's time is honoured, 900 s if nobody says it */         \
	X(the_owner_says_how_long_a_prune_lives)                            \
	/* A release that leaves nobody; T5 */                              \
	X(a_release_takes_the_oif)                                          \
	X(a_release_takes_the_iif)                                          \
	X(a_release_touches_no_other)                                       \
	X(a_release_to_igmp_takes_its_own)                                  \
	/* Reading to the end, and with little room */                      \
	X(listings_end_without_a_row)                                       \
	X(a_small_room_says_how_much_there_is)

int main(void)
{
	static void (*rows[])(struct scene * s) = {
#define ROW(fn) fn,
		LIST(ROW)
#undef ROW
	};
	struct CMUnitTest tests[] = {
#define ROW(fn) {#fn, everywhere, NULL, NULL, NULL},
		LIST(ROW)
#undef ROW
			cmocka_unit_test(a_long_pipeline_does_not_block),
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		tests[i].initial_state = &rows[i];
	return cmocka_run_group_tests(tests, NULL, NULL);
}
