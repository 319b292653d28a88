/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The control socket with a manager behind it, whose plane is made of memory:
 * clients in other processes are sockets of this one. Time is moved by hand,
 * the loop turns when a test says so.
 */
#ifndef XMGM_TESTS_REMOTE_ROOM_H
#define XMGM_TESTS_REMOTE_ROOM_H

#define CONTROL_ROOM_REMOTE
#include "control_room.h"
#include "mgm_fixture.h"

#define REMOTE_LINKS 8 /* interfaces 1 to 8 */

static struct fix *plane;

/* --- what the daemon would be besides ------------------------------------- */

int __wrap_protocol_claim(struct daemon *d, const char *name, uint32_t *number);
int __wrap_protocol_keep(struct daemon *d, const char *name);
void __wrap_protocol_forget(struct daemon *d, const char *name);

/* Numbers that have been claimed, and are neither kept nor forgotten. */
static int claims;

/* "toy5" is 300 + 5. */
int __wrap_protocol_claim(struct daemon *d, const char *name, uint32_t *number)
{
	(void)d;
	if (!mgm_name_ok(name))
		return -EINVAL;
	claims++;
	if (!*number)
		*number = 300 + (uint32_t)name[strlen(name) - 1] % 10;
	return 0;
}

int __wrap_protocol_keep(struct daemon *d, const char *name)
{
	(void)d;
	(void)name;
	claims--;
	return 0;
}

void __wrap_protocol_forget(struct daemon *d, const char *name)
{
	(void)d;
	(void)name;
	claims--;
}

uint64_t daemon_now_ms(void)
{
	return plane->now;
}

/* --- the room ------------------------------------------------------------- */

static inline void link_up_down(uint32_t ifid, bool up)
{
	char name[16];
	const struct mgm_link link = {
		.ifid = ifid,
		.name = name,
		.flags = up ? MGM_INTERFACE_UP : 0,
		.mtu = 1500,
	};

	snprintf(name, sizeof(name), "e%u", ifid);
	mgm_interface_changed(plane->m, plane->now, &link);
}

static inline int remote_setup(void **state)
{
	uint32_t i;

	setup(state);
	plane = fix_new(NULL);
	plane->what = 0;
	for (i = 1; i <= REMOTE_LINKS; i++)
		link_up_down(i, true);
	for (i = 0; i < 256; i++)
		plane->rib[i] = 1 + i % REMOTE_LINKS;
	room->d.router.name = ROUTER_MAIN;
	room->d.router.mgm = plane->m;
	room->d.router.running = true;
	peer_uid = 0;
	return 0;
}

static inline int remote_teardown(void **state)
{
	assert_int_equal(claims, 0);
	room->d.router.running = false;
	teardown(state);
	fix_free(plane);
	plane = NULL;
	return 0;
}

#define R(fn) cmocka_unit_test_setup_teardown(fn, remote_setup, remote_teardown)

/* --- a client -------------------------------------------------------------- */

#define HELLO CALL("mgm.hello", "\"version\":1")

/* One that has said hello. */
static inline int greets(void)
{
	int fd = asks(HELLO);
	struct json_object *object = answer(fd);

	assert_int_equal(error_of(object, NULL), 0);
	json_object_put(object);
	return fd;
}

/* Everything that it is told, as text. */
static inline const char *told(int fd)
{
	static char text[MB];
	bool ended;
	size_t len = hear(fd, text, sizeof(text) - 1, &ended);

	text[len] = '\0';
	return text;
}

/* The call's answer, and what came before it, have to hold this. */
static inline void expect(int fd, const char *call, const char *part)
{
	const char *text;

	say(fd, call);
	text = told(fd);
	if (!strstr(text, part)) {
		print_error("%swas answered %s, without %s\n", call, text,
			    part);
		fail();
	}
}

/* With all alerts there are; its protocol is the number. */
#define REGISTER(protocol, more)                                       \
	CALL("mgm.register", "\"name\":\"toy\",\"protocol\":" protocol \
			     ",\"callbacks\":[\"rpf\",\"creation\","   \
			     "\"join\",\"prune\",\"local_join\","      \
			     "\"local_leave\",\"wrong_if\","           \
			     "\"disable_igmp\",\"enable_igmp\","       \
			     "\"ownership\"]" more)

static inline int registers(const char *line)
{
	int fd = greets();

	expect(fd, line, "\"client\":1");
	return fd;
}

#endif /* XMGM_TESTS_REMOTE_ROOM_H */
