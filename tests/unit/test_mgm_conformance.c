/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What any manager behind mgm.h does, with exact results and callbacks in
 * their order: who owns an interface (T1 to T14), first packets, prunes,
 * reading to the end, and that alerts are the edges of pull(X,G). Each test
 * runs three times: with the core in this process, with libmgm and one
 * connection for all clients, and with a connection for each, between which
 * there is no order. All random calls are test_mgm_random's and
 * test_mgm_model's.
 */
#include "backend_room.h"

#define IF	 2    /* whose owner changes */
#define AGING_MS 2000 /* so late may it be */
#define IIF	 1    /* source 8 is behind it */

enum who { IGMP, P, Q, WHO };

struct actor {
	struct scene *scene;
	const char *name;
	struct mgm *m;
	struct mgm_client *client;
	uint64_t token;
	uint32_t epoch;
	bool pulls[65536]; /* (*,G), as it has been told */
};

struct scene {
	struct backend backend;
	struct actor actor[WHO];
	char log[1u << 21];
	size_t length;
	bool inside;	/* IGMP answers and replays (*,1) inside */
	int in_disable; /* what adding has returned there */
	bool veto;	/* P accepts no oif */
	uint32_t prune_ms;
};

/* --- what the clients are told ------------------------------------------- */

static void note(struct actor *a, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void note(struct actor *a, const char *format, ...)
{
	struct scene *s = a->scene;
	size_t room_left = sizeof(s->log) - s->length;
	va_list ap;

	s->length +=
		(size_t)snprintf(s->log + s->length, room_left, "%s ", a->name);
	va_start(ap, format);
	s->length += (size_t)vsnprintf(s->log + s->length,
				       sizeof(s->log) - s->length, format, ap);
	va_end(ap);
	assert_true(s->length < sizeof(s->log) - 1);
	s->log[s->length++] = '\n';
	s->log[s->length] = '\0';
}

/* "(8,1)", "(*,1)" */
static const char *flow_text(const struct mgm_sg *flow)
{
	static char text[4][32];
	static unsigned int at;
	char *out = text[at++ % 4], source[16] = "*";

	if (flow->source.length)
		snprintf(source, sizeof(source), "%u",
			 flow->source.address.bytes[15]);
	snprintf(out, 32, "(%s,%u)", source, flow->group.address.bytes[15]);
	return out;
}

static void on_rpf(void *arg, uint64_t token, const struct mgm_rpf *rpf)
{
	struct actor *a = arg;

	note(a, "rpf %s arrival %u iif %u, %zu bytes", flow_text(&rpf->flow),
	     rpf->arrival, rpf->iif, rpf->packet_len);
	assert_int_equal(a->scene->backend.call.rpf_reply(a->m, a->client,
							  token, rpf->iif,
							  &rpf->upstream),
			 0);
}

static void on_creation(void *arg, uint64_t token, struct mgm_sg flow,
			uint32_t iif, const struct mgm_creation_oif *oifs,
			size_t count)
{
	struct actor *a = arg;
	struct mgm_creation_oif reply = {.ifid = oifs[0].ifid,
					 .enabled = !a->scene->veto};

	note(a, "creation %s iif %u oif %u%s of %zu", flow_text(&flow), iif,
	     oifs[0].ifid, oifs[0].igmp ? " igmp" : "", count);
	assert_int_equal(a->scene->backend.call.creation_reply(
				 a->m, a->client, token, &reply, 1),
			 0);
}

/* Alerts are edges: what is told is always news. */
static void pulls(struct actor *a, const struct mgm_sg *flow, bool on)
{
	const uint8_t *group = flow->group.address.bytes;
	bool *told = &a->pulls[group[14] << 8 | group[15]];

	assert_int_equal(*told, !on);
	*told = on;
}

static void on_join(void *arg, struct mgm_sg flow, uint32_t ifid,
		    enum mgm_cause cause)
{
	if (cause == MGM_CAUSE_MEMBERSHIP)
		pulls(arg, &flow, true);
	note(arg, "join %s %u%s", flow_text(&flow), ifid,
	     cause == MGM_CAUSE_MFE ? " mfe" : "");
}

static void on_prune(void *arg, struct mgm_sg flow, uint32_t ifid,
		     enum mgm_cause cause)
{
	struct actor *a = arg;

	if (cause == MGM_CAUSE_MEMBERSHIP)
		pulls(a, &flow, false);
	note(a, "prune %s %u%s", flow_text(&flow), ifid,
	     cause == MGM_CAUSE_MFE ? " mfe" : "");
	if (cause == MGM_CAUSE_MFE && a->scene->prune_ms)
		assert_int_equal(a->scene->backend.call.mfe_set_timeout(
					 a->m, a->client, flow,
					 a->scene->prune_ms),
				 0);
}

static void on_local_join(void *arg, struct mgm_sg flow, uint32_t ifid)
{
	note(arg, "local-join %s %u", flow_text(&flow), ifid);
}

static void on_local_leave(void *arg, struct mgm_sg flow, uint32_t ifid)
{
	note(arg, "local-leave %s %u", flow_text(&flow), ifid);
}

static int add(struct actor *a, uint32_t ifid, uint32_t s, uint32_t g)
{
	return a->scene->backend.call.membership_add(a->m, a->client, ifid,
						     sg(s, g), MGM_JOIN_STATE);
}

static void on_disable(void *arg, uint32_t ifid, uint32_t epoch)
{
	struct actor *a = arg;

	a->epoch = epoch;
	note(a, "disable %u %u", ifid, epoch);
	if (!a->scene->inside)
		return;
	a->scene->in_disable = add(a, ifid, 0, 1);
	assert_int_equal(a->scene->backend.call.igmp_disabled(a->m, a->client,
							      ifid, epoch),
			 0);
}

/* Calls from inside of it deadlocked the original. */
static void on_enable(void *arg, uint32_t ifid, uint32_t epoch)
{
	struct actor *a = arg;

	note(a, "enable %u %u", ifid, epoch);
	if (!a->scene->inside)
		return;
	assert_int_equal(add(a, ifid, 0, 1), 0);
	assert_int_equal(a->scene->backend.call.replay_complete(a->m, a->client,
								ifid, epoch),
			 0);
}

static void on_ownership(void *arg, uint32_t ifid, uint32_t epoch, int result)
{
	note(arg, "ownership %u %u %d", ifid, epoch, result);
}

static const struct mgm_callbacks callbacks = {
	.size = sizeof(callbacks),
	.rpf = on_rpf,
	.creation = on_creation,
	.join = on_join,
	.prune = on_prune,
	.local_join = on_local_join,
	.local_leave = on_local_leave,
	.ownership = on_ownership,
};

static const struct mgm_callbacks igmp_callbacks = {
	.size = sizeof(igmp_callbacks),
	.join = on_join,
	.prune = on_prune,
	.disable_igmp = on_disable,
	.enable_igmp = on_enable,
	.ownership = on_ownership,
};

/* --- the scene
 * ---------------------------------------------------------------- */

static int register_as(struct actor *a, enum who who)
{
	static const uint32_t protocols[] = {
		MGM_PROTOCOL_IGMP, MGM_PROTOCOL_PIM, MGM_PROTOCOL_DVMRP};
	static const char *const names[] = {"igmp", "p", "q"};
	const struct mgm_registration r = {
		.size = sizeof(r),
		.protocol = protocols[who],
		.role = who == IGMP ? MGM_ROLE_IGMP : MGM_ROLE_PROTOCOL,
		.name = names[who],
		.callbacks = who == IGMP ? &igmp_callbacks : &callbacks,
		.arg = a,
		.grace_ms = MGM_GRACE_NONE,
	};

	a->name = names[who];
	return a->scene->backend.call.enrol(a->m, &r, &a->client);
}

static void scene_start(struct scene *s, enum backend_kind kind)
{
	int who;

	memset(s, 0, sizeof(*s));
	backend_start(&s->backend, kind);
	for (who = 0; who < WHO; who++) {
		s->actor[who].scene = s;
		s->actor[who].m = backend_handle(&s->backend);
		assert_int_equal(register_as(&s->actor[who], who), 0);
	}
}

/* The lines of one client, in their order. */
static void lines_of(const char *name, const char *log, char *out)
{
	size_t length, n = strlen(name);

	for (*out = '\0'; *log; log += length + 1) {
		length = strcspn(log, "\n");
		if (!strncmp(log, name, n) && log[n] == ' ')
			strncat(out, log, length + 1);
	}
}

/* Until nobody is told anything any more. */
static void settle(struct scene *s)
{
	size_t before;

	do {
		before = s->length;
		backend_settle(&s->backend);
	} while (s->length != before);
}

/* All that the clients were told since the last time is this. */
static void expect_told(struct scene *s, const char *text)
{
	static char is[sizeof(s->log)], has_to_be[sizeof(s->log)];
	int who;

	settle(s);
	if (s->backend.kind != BACKEND_EACH)
		assert_string_equal(s->log, text);
	for (who = 0; who < WHO; who++) {
		lines_of(s->actor[who].name, s->log, is);
		lines_of(s->actor[who].name, text, has_to_be);
		assert_string_equal(is, has_to_be);
	}
	s->length = 0;
	*s->log = '\0';
}

static int take(struct scene *s, enum who who, uint32_t ifid)
{
	struct actor *a = &s->actor[who];

	return s->backend.call.interface_take(a->m, a->client, ifid);
}

static int release(struct scene *s, enum who who, uint32_t ifid)
{
	struct actor *a = &s->actor[who];

	return s->backend.call.interface_release(a->m, a->client, ifid);
}

static uint32_t owner(struct scene *s, uint32_t ifid)
{
	uint32_t protocol = MGM_PROTOCOL_NONE, component;

	s->backend.call.interface_owner(s->actor[P].m, ifid, &protocol,
					&component);
	return protocol;
}

static int handshake(struct scene *s, bool acknowledge)
{
	struct actor *a = &s->actor[IGMP];

	return acknowledge ? s->backend.call.igmp_disabled(a->m, a->client, IF,
							   a->epoch)
			   : s->backend.call.replay_complete(a->m, a->client,
							     IF, a->epoch);
}

/* State I with a member of group 1; the log is empty. */
static void igmp_has_member(struct scene *s)
{
	assert_int_equal(take(s, IGMP, IF), 0);
	assert_int_equal(add(&s->actor[IGMP], IF, 0, 1), 0);
	expect_told(s, "p join (*,1) 2\nq join (*,1) 2\n");
}

/* To whom the member of group 1 belongs moves with the interface: the new owner
 * is told of it, IGMP that somebody wants it, and p that nobody else does. */
#define FLIPPED                                     \
	"p local-join (*,1) 2\nigmp join (*,1) 2\n" \
	"p prune (*,1) 2\np ownership 2 2 0\n"

/* State PI. */
static void shared(struct scene *s)
{
	igmp_has_member(s);
	s->inside = true;
	assert_int_equal(take(s, P, IF), -EINPROGRESS);
	expect_told(s, "igmp disable 2 2\nigmp enable 2 2\n" FLIPPED);
}

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
	assert_int_equal(deregister(s, P), -EBUSY);
	assert_int_equal(owner(s, IF), MGM_PROTOCOL_PIM);
	expect_told(s, "");
}

static void t13_a_stale_handle(struct scene *s)
{
	assert_int_equal(deregister(s, P), 0);
	assert_int_equal(deregister(s, P), -EINVAL);
	assert_int_equal(take(s, P, IF), -EINVAL);
	assert_int_equal(add(&s->actor[P], IF, 0, 1), -EINVAL);
	expect_told(s, "");
}

static void t14_the_same_pair_registers_again(struct scene *s)
{
	struct actor again = {.scene = s, .m = s->actor[Q].m};

	assert_int_equal(register_as(&again, P), -EEXIST);
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

static struct mgm_mfe_info mfe(struct scene *s, uint32_t source, uint32_t group)
{
	struct mgm_mfe_oif oif = {.size = sizeof(oif)};
	struct mgm_mfe_info info = {
		.size = sizeof(info), .oif_room = 1, .oifs = &oif};
	int err = s->backend.call.mfe_get(s->actor[P].m, sg(source, group),
					  &info);

	if (err) {
		assert_int_equal(err, -ENOENT);
		info.size = 0; /* there is none */
	}
	info.oifs = NULL;
	info.oif_room = oif.ifid;
	return info;
}

/* P has the iif, Q an interface with a member of group 1. */
static void q_wants(struct scene *s)
{
	assert_int_equal(take(s, P, IIF), 0);
	assert_int_equal(take(s, Q, IF), 0);
	assert_int_equal(add(&s->actor[Q], IF, 0, 1), 0);
	expect_told(s, "igmp join (*,1) 2\np join (*,1) 2\n");
}

/* RPF, then creation, and only then the packet goes. */
static void a_first_packet_asks_both_owners(struct scene *s)
{
	q_wants(s);
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

/* Nobody owns it any more: the entry loses it at once. */
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
	assert_int_equal(mfe(s, 8, 1).oif_room, IF);
	assert_int_equal(mfe(s, 8, 5).oif_room, IF);
	assert_int_equal(release(s, P, IF), -EINPROGRESS);
	settle(s);
	assert_int_equal(owner(s, IF), MGM_PROTOCOL_IGMP);
	assert_int_equal(mfe(s, 8, 1).state, MGM_STATE_FORWARDING);
	assert_int_equal(mfe(s, 8, 1).oif_room, IF);
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

#define LIST(X)                                  \
	X(t1_igmp_takes_what_nobody_has)         \
	X(t2_a_protocol_takes_what_nobody_has)   \
	X(t3_a_protocol_takes_from_igmp)         \
	X(t4_igmp_takes_what_a_protocol_has)     \
	X(t5_a_protocol_releases_to_igmp)        \
	X(t6_a_protocol_releases_to_nobody)      \
	X(t7_igmp_releases_to_the_protocol)      \
	X(t8_igmp_releases_to_nobody)            \
	X(t9_another_protocol_takes)             \
	X(t10_the_owner_takes_again)             \
	X(t11_release_of_what_is_not_owned)      \
	X(t12_deregistering_while_owning)        \
	X(t13_a_stale_handle)                    \
	X(t14_the_same_pair_registers_again)     \
	X(calls_from_inside_of_the_bracket)      \
	X(a_first_packet_asks_both_owners)       \
	X(a_veto_of_the_only_oif_is_a_prune)     \
	X(the_owner_says_how_long_a_prune_lives) \
	X(a_release_takes_the_oif)               \
	X(a_release_takes_the_iif)               \
	X(a_release_to_igmp_takes_its_own)       \
	X(alerts_are_the_edges_of_pull)          \
	X(listings_end_without_a_row)

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
