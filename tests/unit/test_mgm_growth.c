/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Clients that were compiled with an older or a newer mgm.h than the manager:
 * every struct that may grow begins with its size.
 */
#include "mgm_fixture.h"

#define A 1

/* What a later mgm.h may look like. */
struct newer_registration {
	struct mgm_registration known;
	const char *later;
};

struct newer_callbacks {
	struct mgm_callbacks known;
	void (*later)(void *arg);
};

struct newer_mfe_info {
	struct mgm_mfe_info known;
	uint64_t later;
};

struct newer_rib_route {
	struct mgm_rib_route known;
	uint64_t later;
};

static unsigned int joins, prunes;
static size_t rpf_size;
static size_t rpf_packet_len;
static uint8_t rpf_packet[2]; /* its first byte, and the last */

static void on_join(void *arg, struct mgm_sg flow, uint32_t ifid,
		    enum mgm_cause cause)
{
	(void)arg;
	(void)flow;
	(void)ifid;
	(void)cause;
	joins++;
}

static void on_prune(void *arg, struct mgm_sg flow, uint32_t ifid,
		     enum mgm_cause cause)
{
	(void)arg;
	(void)flow;
	(void)ifid;
	(void)cause;
	prunes++;
}

static void on_rpf(void *arg, uint64_t token, const struct mgm_rpf *rpf)
{
	(void)arg;
	(void)token;
	rpf_size = rpf->size;
	rpf_packet_len = rpf->packet_len;
	if (!rpf->packet)
		return;
	rpf_packet[0] = rpf->packet[0];
	rpf_packet[1] = rpf->packet[rpf->packet_len - 1];
}

static struct mgm_registration registration(const struct mgm_callbacks *cb)
{
	return (struct mgm_registration){
		.size = sizeof(struct mgm_registration),
		.protocol = MGM_PROTOCOL_DVMRP,
		.name = "aged",
		.callbacks = cb,
	};
}

static void test_missing_members_count_as_zero(void **state)
{
	struct fix *f = *state;
	const struct mgm_callbacks cb = {
		.size = offsetof(struct mgm_callbacks, prune),
		.join = on_join,
		.prune = on_prune, /* behind the end */
	};
	struct mgm_registration r = registration(&cb);
	struct fix_client *p = fix_client(f, "p", MGM_PROTOCOL_PIM, 0);
	struct mgm_client *h;

	joins = prunes = 0;
	r.size = offsetof(struct mgm_registration, name);
	assert_int_equal(mgm_register(f->m, &r, &h), -EINVAL); /* no name */
	r.size = offsetof(struct mgm_registration, arg);
	assert_int_equal(mgm_register(f->m, &r, &h), 0);
	fix_take(p, A);
	fix_add(p, A, 0, 1);
	fix_del(p, A, 0, 1);
	assert_int_equal(joins, 1);
	assert_int_equal(prunes, 0);
}

static void test_unknown_members_have_to_be_zero(void **state)
{
	struct fix *f = *state;
	struct newer_callbacks cb = {.known.size = sizeof(cb)};
	struct newer_registration r = {.known = registration(&cb.known)};
	struct mgm_client *h;

	r.known.size = sizeof(r);
	r.later = "wanted";
	assert_int_equal(mgm_register(f->m, &r.known, &h), -E2BIG);
	r.later = NULL;
	r.known.flags = UINT64_C(1) << 63;
	assert_int_equal(mgm_register(f->m, &r.known, &h), -E2BIG);
	r.known.flags = 0;
	memcpy(&cb.later, &r.known.name, sizeof(cb.later));
	assert_int_equal(mgm_register(f->m, &r.known, &h), -E2BIG);
	cb.later = NULL;
	assert_int_equal(mgm_register(f->m, &r.known, &h), 0);
}

static void test_struct_without_room_for_its_size(void **state)
{
	struct fix *f = *state;
	struct mgm_callbacks cb = {.size = sizeof(cb.size) - 1};
	struct mgm_registration r = registration(&cb);
	struct fix_client *p = fix_client(f, "p", MGM_PROTOCOL_PIM, 0);
	struct mgm_mfe_info info = {.size = 0};
	struct mgm_client *h;

	assert_int_equal(mgm_register(f->m, &r, &h), -EINVAL);
	cb.size = sizeof(cb);
	r.size = 0;
	assert_int_equal(mgm_register(f->m, &r, &h), -EINVAL);
	fix_take(p, A);
	f->rib[7] = A;
	fix_upcall(f, 7, 1, A);
	assert_int_equal(mgm_mfe_get(f->m, sg(7, 1), &info), -EINVAL);
	assert_int_equal(mgm_mfe_next(f->m, MGM_SG_ANY, &info), -EINVAL);
}

/* As much as the caller has room for; what we do not have is 0. */
static void test_answers_of_the_size_asked_for(void **state)
{
	struct fix *f = *state;
	struct fix_client *p = fix_client(f, "p", MGM_PROTOCOL_PIM, 0);
	struct newer_mfe_info info;

	fix_take(p, A);
	f->rib[7] = A;
	fix_upcall(f, 7, 1, A);
	memset(&info, 0xff, sizeof(info));
	info.known.size = sizeof(info);
	info.known.oif_room = 0;
	assert_int_equal(mgm_mfe_get(f->m, sg(7, 1), &info.known), 0);
	assert_int_equal(info.known.size, sizeof(info));
	assert_int_equal(info.known.iif, A);
	assert_int_equal(info.known.expires_ms, MGM_PRUNE_TIMEOUT_MS);
	assert_int_equal(info.later, 0);

	memset(&info, 0xff, sizeof(info));
	info.known.size = offsetof(struct mgm_mfe_info, owner);
	assert_int_equal(mgm_mfe_next(f->m, MGM_SG_ANY, &info.known), 0);
	assert_int_equal(info.known.iif, A);
	assert_int_equal(info.known.owner, UINT32_MAX);
	assert_int_equal(info.later, UINT64_MAX);
}

static void test_callbacks_are_copied_and_told_sizes(void **state)
{
	struct fix *f = *state;
	struct mgm_callbacks cb = {.size = sizeof(cb), .rpf = on_rpf};
	struct mgm_registration r = registration(&cb);
	struct mgm_client *h;

	rpf_size = 0;
	assert_int_equal(mgm_register(f->m, &r, &h), 0);
	memset(&cb, 0, sizeof(cb));
	assert_int_equal(mgm_interface_take(f->m, h, A), 0);
	f->rib[7] = A;
	fix_upcall(f, 7, 1, A);
	assert_int_equal(rpf_size, sizeof(struct mgm_rpf));
}

static void test_routes_to_sources_of_any_size(void **state)
{
	struct fix *f = *state;
	const struct mgm_address source = mgm_address_v4(src_ip(7));
	struct fix_client *p = fix_client(f, "p", MGM_PROTOCOL_PIM, 0);
	struct newer_rib_route put = {
		.known = {.size = sizeof(put),
			  .prefix = mgm_prefix_of(&source),
			  .ifid = A,
			  .metric = 3},
	};

	put.later = 1;
	assert_int_equal(mgm_rib_put(f->m, p->handle, &put.known), -E2BIG);
	put.later = 0;
	put.known.size = sizeof(size_t) - 1;
	assert_int_equal(mgm_rib_put(f->m, p->handle, &put.known), -EINVAL);
	put.known.size = offsetof(struct mgm_rib_route, ifid); /* it is 0 */
	assert_int_equal(mgm_rib_put(f->m, p->handle, &put.known), -EINVAL);
	put.known.size = offsetof(struct mgm_rib_route, metric);
	assert_int_equal(mgm_rib_put(f->m, p->handle, &put.known), 0);
	put.known.size = sizeof(put);
	put.known.prefix.length = 24;
	put.known.prefix.address.bytes[15] = 0;
	assert_int_equal(mgm_rib_put(f->m, p->handle, &put.known), 0);
}

/* They stand as far apart as the caller's structs are long. */
static void test_routes_are_read_in_structs_of_the_callers(void **state)
{
	struct fix *f = *state;
	const struct mgm_address source = mgm_address_v4(src_ip(7));
	struct fix_client *p = fix_client(f, "p", MGM_PROTOCOL_PIM, 0);
	const struct mgm_rib_route put = {
		.size = sizeof(put),
		.prefix = mgm_prefix_of(&source),
		.ifid = A,
	};
	struct newer_rib_route got[3];
	size_t count = 3;

	assert_int_equal(mgm_rib_put(f->m, p->handle, &put), 0);
	f->rib[7] = 2;
	memset(got, 0xff, sizeof(got));
	got[0].known.size = sizeof(got[0]);
	assert_int_equal(mgm_rib_get(f->m, &source, &got[0].known, &count), 0);
	assert_int_equal(count, 2);
	for (uint32_t i = 0; i < 2; i++) {
		assert_int_equal(got[i].known.size, sizeof(got[0]));
		assert_int_equal(got[i].known.ifid, A + i);
		assert_int_equal(got[i].later, 0);
	}
	assert_int_equal(got[2].later, UINT64_MAX);

	memset(got, 0xff, sizeof(got));
	got[0].known.size = offsetof(struct mgm_rib_route, prefix);
	count = 3;
	assert_int_equal(mgm_rib_get(f->m, &source, &got[0].known, &count), 0);
	assert_int_equal(count, 2);
	assert_int_equal(got[0].known.prefix.length, UINT8_MAX);
	count = 3;
	got[0].known.size = sizeof(got[0]) - 1; /* such an array there is not */
	assert_int_equal(mgm_rib_get(f->m, &source, &got[0].known, &count),
			 -EINVAL);
	assert_int_equal(count, 0);
	count = 3;
	got[0].known.size = 0;
	assert_int_equal(mgm_rib_get(f->m, &source, &got[0].known, &count),
			 -EINVAL);
}

/* A message has to hold them. */
static void test_packets_in_alerts_are_cut(void **state)
{
	struct fix *f = *state;
	const struct mgm_callbacks cb = {.size = sizeof(cb), .rpf = on_rpf};
	struct mgm_registration r = registration(&cb);
	uint8_t packet[MGM_PACKET_COPY + 1];
	struct mgm_client *h;

	for (size_t i = 0; i < sizeof(packet); i++)
		packet[i] = (uint8_t)(i + 1);
	assert_int_equal(mgm_register(f->m, &r, &h), 0);
	assert_int_equal(mgm_interface_take(f->m, h, A), 0);
	f->rib[7] = A;
	mgm_upcall(f->m, f->now, sg(7, 1), A, packet, sizeof(packet));
	assert_int_equal(rpf_packet_len, 256);
	assert_int_equal(rpf_packet[0], packet[0]);
	assert_int_equal(rpf_packet[1], packet[MGM_PACKET_COPY - 1]);
	mgm_upcall(f->m, f->now, sg(7, 2), A, packet, 20);
	assert_int_equal(rpf_packet_len, 20);
	mgm_upcall(f->m, f->now, sg(7, 3), A, NULL, 0);
	assert_int_equal(rpf_packet_len, 0);
}

static const struct CMUnitTest tests[] = {
	fix_test(test_missing_members_count_as_zero),
	fix_test(test_unknown_members_have_to_be_zero),
	fix_test(test_struct_without_room_for_its_size),
	fix_test(test_answers_of_the_size_asked_for),
	fix_test(test_callbacks_are_copied_and_told_sizes),
	fix_test(test_routes_to_sources_of_any_size),
	fix_test(test_routes_are_read_in_structs_of_the_callers),
	fix_test(test_packets_in_alerts_are_cut),
};

int main(void)
{
	return cmocka_run_group_tests(tests, NULL, NULL);
}
