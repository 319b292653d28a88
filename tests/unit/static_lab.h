/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The static protocol in a laboratory: the real manager on the fixture's
 * plane, and interfaces called e1, e2... that come and go by hand.
 */
#ifndef XMGM_TESTS_STATIC_LAB_H
#define XMGM_TESTS_STATIC_LAB_H

#include "mgm_fixture.h"
#include "v4.h"

#include "proto/proto.h"
#include "proto/static/static.h"

#define NAMES 8

/* Interface number n is called "en" and has ifid n while it is there. */
struct lab {
	struct fix *f;
	struct proto_services services;
	const struct proto *proto;
	void *self;
	uint32_t ifid[NAMES];
	uint64_t done_op;
	int done_result;
	unsigned int done_count;
	unsigned int woken, said;
	void *model; /* of the random test */
	void (*on_done)(void *model, uint64_t op, int result);
};

static inline uint32_t lab_ifid(void *arg, const char *name)
{
	struct lab *lab = arg;

	return lab->ifid[name[1] - '0'];
}

static inline const char *lab_name(void *arg, uint32_t ifid)
{
	static char name[3];

	(void)arg;
	snprintf(name, sizeof(name), "e%u", ifid % NAMES);
	return name;
}

static inline void lab_say(void *arg, enum proto_severity severity,
			   const char *text)
{
	struct lab *lab = arg;

	(void)severity;
	assert_true(strlen(text) > 0);
	lab->said++;
}

static inline void lab_done(void *arg, uint64_t op, int result)
{
	struct lab *lab = arg;

	if (lab->on_done)
		lab->on_done(lab->model, op, result);
	lab->done_op = op;
	lab->done_result = result;
	lab->done_count++;
}

/* 10.N.0.0/16 is the subnet of eN. */
static inline uint32_t lab_toward(void *arg, const struct mgm_address *address)
{
	uint32_t number = v4_number(address) >> 16 & 0xff;
	struct lab *lab = arg;

	return number < NAMES ? lab->ifid[number] : 0;
}

static inline void lab_wake(void *arg)
{
	((struct lab *)arg)->woken++;
}

static inline int lab_setup(void **state)
{
	struct lab *lab = calloc(1, sizeof(*lab));
	uint32_t i;

	lab->f = fix_new(NULL);
	lab->f->what = FIX_LOG_PLANE;
	for (i = 1; i < NAMES; i++)
		lab->ifid[i] = i;
	lab->services = (struct proto_services){
		.arg = lab,
		.mgm = lab->f->m,
		.ifid = lab_ifid,
		.toward = lab_toward,
		.name = lab_name,
		.say = lab_say,
		.done = lab_done,
		.wake = lab_wake,
	};
	lab->proto = static_proto();
	assert_int_equal(
		lab->proto->start(&lab->services, lab->f->now, &lab->self), 0);
	*state = lab;
	return 0;
}

static inline int lab_teardown(void **state)
{
	struct lab *lab = *state;

	fix_check(lab->f);
	lab->proto->stop(lab->self);
	fix_free(lab->f);
	free(lab);
	return 0;
}

#define lab_test(fn) \
	cmocka_unit_test_setup_teardown(fn, lab_setup, lab_teardown)

/* to is "23" for e2 and e3. */
static inline int add(struct lab *lab, uint32_t s, uint32_t g, uint32_t from,
		      const char *to)
{
	char names[NAMES][XMGM_IFNAME_LEN] = {{0}};
	struct proto_route_config route = {
		.sg = sg(s, g),
		.to = (const char(*)[XMGM_IFNAME_LEN])names,
		.to_count = strlen(to),
	};
	size_t i;

	snprintf(route.from, sizeof(route.from), "e%u", from);
	for (i = 0; to[i]; i++)
		snprintf(names[i], sizeof(names[i]), "e%c", to[i]);
	return lab->proto->admin->route_add(lab->self, &route, 77);
}

static inline int del(struct lab *lab, uint32_t s, uint32_t g)
{
	return lab->proto->admin->route_del(lab->self, sg(s, g));
}

static inline uint32_t owner(struct lab *lab, uint32_t ifid)
{
	uint32_t protocol = 0, component;

	if (mgm_interface_owner(lab->f->m, ifid, &protocol, &component))
		return 0;
	return protocol;
}

static inline void vanish(struct lab *lab, uint32_t number)
{
	uint32_t ifid = lab->ifid[number];
	char name[16];

	snprintf(name, sizeof(name), "e%u", number);
	lab->ifid[number] = 0;
	mgm_interface_gone(lab->f->m, lab->f->now, ifid);
	lab->proto->interface_gone(lab->self, ifid, name);
}

static inline void appear(struct lab *lab, uint32_t number, uint32_t ifid)
{
	struct proto_interface interface = {.ifid = ifid, .up = true};

	snprintf(interface.name, sizeof(interface.name), "e%u", number);
	lab->ifid[number] = ifid;
	link_turns(lab->f->m, lab->f->now, ifid, true);
	lab->proto->interface_changed(lab->self, &interface, lab->f->now);
}

static inline void tick(struct lab *lab, uint64_t ms)
{
	fix_tick(lab->f, ms);
	lab->proto->tick(lab->self, lab->f->now);
}

#endif /* XMGM_TESTS_STATIC_LAB_H */
