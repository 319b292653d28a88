/* SPDX-License-Identifier: GPL-2.0-only */
/* What the daemon does for a protocol (struct proto_services), done here. */
#include "dvmrpd.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include "lib/address.h"
#include "lib/log.h"

static uint32_t on_ifid(void *arg, const char *name)
{
	const struct link *l = links_by_name(arg, name);

	return l ? l->ifid : 0;
}

static const char *on_name(void *arg, uint32_t ifid)
{
	const struct link *l = links_by_id(arg, ifid);

	return l ? l->name : NULL;
}

static uint32_t on_toward(void *arg, const struct mgm_address *address)
{
	const struct dvmrpd *d = arg;
	unsigned int longest = 0;
	uint32_t ifid = 0;

	for (const struct link *l = d->links; l; l = l->next)
		for (size_t i = 0; i < l->address_count; i++) {
			const struct proto_address *a = &l->addresses[i];

			if (!proto_address_holds(a, address) ||
			    (ifid &&
			     (a->prefix_len < longest ||
			      (a->prefix_len == longest && l->ifid > ifid))))
				continue;
			longest = a->prefix_len;
			ifid = l->ifid;
		}
	return ifid;
}

static int on_send(void *arg, uint32_t ifid,
		   const struct mgm_address *destination, const uint8_t *packet,
		   size_t len)
{
	struct dvmrpd *d = arg;
	const struct link *l = links_by_id(d, ifid);

	if (ifid && !l)
		return -ENODEV;
	return packet_io_send(d->io, l ? l->ifindex : PACKET_IO_ROUTED,
			      destination, packet, len);
}

static int on_listen(void *arg, const struct proto *proto, uint8_t ip_protocol,
		     uint8_t igmp_type)
{
	struct dvmrpd *d = arg;

	(void)proto;
	return packet_io_listen(d->io, 0, ip_protocol, igmp_type);
}

static int on_member(void *arg, uint32_t ifid, const struct mgm_address *group,
		     bool member)
{
	struct dvmrpd *d = arg;
	const struct link *l = links_by_id(d, ifid);

	return l ? packet_io_member(d->io, l->ifindex, group, member) : -ENODEV;
}

static uint64_t on_wall_ms(void *arg)
{
	struct timespec now;

	(void)arg;
	clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void on_say(void *arg, enum proto_severity severity, const char *text)
{
	static const enum log_level levels[] = {
		[PROTO_INFO] = LOG_LEVEL_INFO,
		[PROTO_WARN] = LOG_LEVEL_WARN,
		[PROTO_ERROR] = LOG_LEVEL_ERROR,
	};

	(void)arg;
	log_write(levels[severity], "%s", text);
}

static void on_done(void *arg, uint64_t op, int result)
{
	(void)arg;
	(void)op;
	(void)result;
}

/* Nobody monitors this process. */
static void on_event(void *arg, const char *event, uint32_t ifid,
		     void (*tell)(const void *about,
				  const struct proto_row *row),
		     const void *about)
{
	(void)arg;
	(void)event;
	(void)ifid;
	(void)tell;
	(void)about;
}

static void on_problems(void *arg)
{
	(void)arg;
}

static void on_wake(void *arg)
{
	struct dvmrpd *d = arg;

	d->woken = true;
}

void services_make(struct dvmrpd *d)
{
	d->services = (struct proto_services){
		.arg = d,
		.mgm = d->mgm,
		.ifid = on_ifid,
		.toward = on_toward,
		.name = on_name,
		.send = on_send,
		.listen = on_listen,
		.member = on_member,
		.wall_ms = on_wall_ms,
		.say = on_say,
		.done = on_done,
		.event = on_event,
		.problems = on_problems,
		.wake = on_wake,
	};
}

void services_packet(void *arg, size_t who, uint32_t ifindex,
		     struct proto_packet *packet)
{
	struct dvmrpd *d = arg;
	const struct link *l = links_by_index(d, ifindex);

	(void)who;
	if (!d->self || d->lost || !l)
		return;
	packet->ifid = l->ifid;
	dvmrpd_proto()->packet(d->self, packet, dvmrpd_now_ms());
	d->woken = true;
}
