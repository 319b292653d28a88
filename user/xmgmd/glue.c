/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Ties the manager to the plane below it and to the protocols above it: the
 * hooks of the one, the listener of the other, the services of the third.
 * Nothing is decided here.
 */
#include "daemon.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "xmgmd/net/packet_io.h"
#include "xmgmd/net/tagged.h"
#include "lib/log.h"
#include "trace.h"

static int on_interface_set(void *arg, uint32_t ifid, uint32_t owner,
			    enum mgm_gate gate, uint32_t epoch)
{
	struct router *r = arg;
	const struct xmgm_interface state = {
		.owner = (enum xmgm_owner)owner,
		.gate = hearing_gate(r, ifid, (enum xmgm_gate)gate),
		.epoch = epoch,
	};

	return plane_interface_set(r->plane, ifid, &state);
}

static void on_interface_del(void *arg, uint32_t ifid)
{
	struct router *r = arg;

	plane_interface_del(r->plane, ifid);
	plane_oif_lose(r->plane, ifid);
	hearing_unowned(r, ifid);
}

static int on_set_get(void *arg, const uint32_t *oifs, size_t count,
		      uint32_t *set)
{
	struct router *r = arg;
	int err = plane_set_get(r->plane, oifs, count, set);

	if (!err && oif_mtu_get(&r->oif_mtu, *set, oifs, count))
		router_settle(r);
	return err;
}

static void on_set_put(void *arg, uint32_t set)
{
	struct router *r = arg;

	plane_set_put(r->plane, set);
	if (oif_mtu_put(&r->oif_mtu, set))
		router_settle(r);
}

static int on_mfe_put(void *arg, const struct mgm_sg *sg, uint32_t iif,
		      uint32_t set, uint32_t flags)
{
	struct router *r = arg;
	struct xmgm_flow flow;
	int err;

	err = plane_flow(sg, &flow);
	if (err)
		return err;
	if (oif_mtu_iif(&r->oif_mtu, set, iif))
		router_settle(r);
	return plane_mfe_put(r->plane, flow, iif, set, flags);
}

static int on_mfe_del(void *arg, const struct mgm_sg *sg)
{
	struct router *r = arg;
	struct xmgm_flow flow;
	int err;

	err = plane_flow(sg, &flow);
	return err ? err : plane_mfe_del(r->plane, flow);
}

static void on_flow_release(void *arg, const struct mgm_sg *sg)
{
	struct router *r = arg;
	struct xmgm_flow flow;

	if (!plane_flow(sg, &flow))
		plane_flow_release(r->plane, flow);
}

static int on_commit(void *arg)
{
	struct router *r = arg;

	r->plane_dirty = true;
	return plane_commit(r->plane);
}

static int on_mfe_read(void *arg, const struct mgm_sg *sg,
		       struct mgm_mfe_counts *counts)
{
	struct router *r = arg;
	struct xmgm_flow flow;
	struct xmgm_mfe mfe;
	int err;

	err = plane_flow(sg, &flow);
	if (!err)
		err = plane_mfe_read(r->plane, flow, &mfe);
	if (err)
		return err;
	*counts = (struct mgm_mfe_counts){
		.packets = mfe.packets,
		.bytes = mfe.bytes,
		.wrong_if = mfe.wrong_if,
		.last_used_ms = mfe.last_used / 1000000u,
	};
	return 0;
}

static int on_set_read(void *arg, uint32_t set, struct mgm_set_counts *counts)
{
	struct router *r = arg;

	return plane_set_read(r->plane, set, &counts->packets, &counts->bytes);
}

static int on_rib_lookup(void *arg, const struct mgm_address *source,
			 uint32_t arrival, struct mgm_rib_answer *answer)
{
	return rib_io_lookup(arg, source, arrival, answer);
}

static void on_event(void *arg, const struct mgm_event *event)
{
	struct router *r = arg;

	if (event->type == MGM_EV_VAIN) {
		router_settle(r);
		return;
	}
	if (event->type >= MGM_EV_MFE_ADD && event->type <= MGM_EV_MFE_DEL)
		kernel_flows_changed(r);
	trace_event(r, event);
	if (event->result == -ETIMEDOUT)
		problems_handshake(r, event);
	if (event->type == MGM_EV_OWNER)
		router_settle(r);
	event_manager(r, event);
}

static const struct mgm_hooks hooks = {
	.interface_set = on_interface_set,
	.interface_del = on_interface_del,
	.set_get = on_set_get,
	.set_put = on_set_put,
	.mfe_put = on_mfe_put,
	.mfe_del = on_mfe_del,
	.flow_release = on_flow_release,
	.commit = on_commit,
	.mfe_read = on_mfe_read,
	.set_read = on_set_read,
	.rib_lookup = on_rib_lookup,
	.event = on_event,
};

/* --- from the plane ------------------------------------------------- */

static void on_upcall(void *arg, const struct xmgm_upcall *upcall,
		      size_t ip_off)
{
	const uint8_t *packet = upcall->frame + ip_off;
	size_t len = upcall->length > ip_off ? upcall->length - ip_off : 0;
	struct router *r = arg;
	struct mgm_sg flow = plane_sg(&upcall->flow);

	trace_upcall(r, upcall);
	if (upcall->type == XMGM_UPCALL_WRONG_IF)
		mgm_wrong_if(r->mgm, daemon_now_ms(), flow, upcall->ifid,
			     packet, len);
	else
		mgm_upcall(r->mgm, daemon_now_ms(), flow, upcall->ifid, packet,
			   len);
	router_touch(r);
}

static void on_igmp(void *arg, const void *record, size_t len)
{
	struct router *r = arg;
	struct proto_seat *s;

	const struct xmgm_igmp *message = record;

	r->igmp_records++;
	if (len >= sizeof(*message))
		vlan_tags_record(r, message->ifid);
	seat_for_each(r, s) {
		if (!s->proto->record)
			continue;
		trace_record(r, s->index, record, len);
		s->proto->record(s->self, record, len, daemon_now_ms());
	}
	router_touch(r);
}

void glue_lost(struct router *r, uint32_t ifid)
{
	struct proto_seat *s;

	seat_for_each(r, s)
		if (s->proto->lost)
			s->proto->lost(s->self, ifid, daemon_now_ms());
	router_touch(r);
}

void glue_unheard(struct router *r, uint32_t ifid)
{
	struct proto_seat *s;

	seat_for_each(r, s)
		if (s->proto->unheard)
			s->proto->unheard(s->self, ifid, daemon_now_ms());
}

/* --- services for protocols: arg is the seat of one ------------------- */

static struct router *seat_router(void *arg)
{
	return ((struct proto_seat *)arg)->r;
}

static uint32_t service_ifid(void *arg, const char *name)
{
	struct router *r = seat_router(arg);
	struct link *link = links_by_name(&r->d->links, name);

	return link && !link->loopback ? ports_ifid(r, link) : 0;
}

static uint32_t service_toward(void *arg, const struct mgm_address *address)
{
	struct router *r = seat_router(arg);
	const struct link *link = links_toward(&r->d->links, address);

	return link ? ports_ifid(r, link) : 0;
}

static const char *service_name(void *arg, uint32_t ifid)
{
	const struct link *link = ports_link(seat_router(arg), ifid);

	return link ? link->name : NULL;
}

/* By the netdev, or tagged where a VLAN has none; 0: as routes lead. */
static int send_packet(struct router *r, uint32_t ifid,
		       const struct mgm_address *destination,
		       const uint8_t *packet, size_t len)
{
	const uint32_t netdev = ifid ? port_list_netdev(&r->ports, ifid)
				     : PACKET_IO_ROUTED;
	const struct link *link = ports_link(r, ifid);
	struct tagged_place place;

	if (!link || link_is_netdev(link))
		return packet_io_send(r->packet_io, netdev, destination, packet,
				      len);
	place = (struct tagged_place){.trunk = link->trunk,
				      .vlan = (uint16_t)link->vlan};
	memcpy(place.mac, link->mac, sizeof(place.mac));
	return tagged_send(r->tagged, &place, destination, packet, len);
}

static int service_send(void *arg, uint32_t ifid,
			const struct mgm_address *destination,
			const uint8_t *packet, size_t len)
{
	struct proto_seat *seat = arg;
	struct router *r = seat->r;
	int err = send_packet(r, ifid, destination, packet, len);

	trace_sent(r, seat->index, ifid, packet, len, err);
	if ((err == -EPERM || err == -EACCES) && r->packet_io_error != err)
		log_error("protocols cannot send: no raw socket: %s: start "
			  "xmgmd as root or with CAP_NET_RAW",
			  strerror(-err));
	r->packet_io_error = err;
	return err;
}

static int service_listen(void *arg, const struct proto *proto,
			  uint8_t ip_protocol, uint8_t igmp_type)
{
	struct router *r = seat_router(arg);

	return packet_io_listen(r->packet_io, proto_index(proto), ip_protocol,
				igmp_type);
}

static int service_member(void *arg, uint32_t ifid,
			  const struct mgm_address *group, bool member)
{
	struct router *r = seat_router(arg);

	return packet_io_member(r->packet_io, port_list_link(&r->ports, ifid),
				group, member);
}

static void on_packet(void *arg, size_t who, uint32_t ifindex,
		      struct proto_packet *packet)
{
	struct router *r = arg;
	struct proto_seat *s = seat_from(r, who);

	if (!s || s->index != who || !s->proto->packet)
		return;
	packet->ifid = port_list_ifid(&r->ports, ifindex);
	trace_packet(r, who, packet);
	s->proto->packet(s->self, packet, daemon_now_ms());
	router_touch(r);
}

static int service_hear(void *arg, uint32_t ifid, bool hear)
{
	return hearing_set(seat_router(arg), ifid, hear);
}

/* The one that reports, if there is one. */
static int service_report(void *arg, uint32_t ifid,
			  const struct proto_report *report)
{
	const struct proto_seat *seat = arg;
	struct proto_seat *s;

	seat_for_each(seat->r, s)
		if (s->proto->report)
			return s->proto->report(s->self, seat->index, ifid,
						report, daemon_now_ms());
	return -ENODEV;
}

static int service_querier_of(void *arg, uint32_t ifid,
			      struct proto_querier *querier)
{
	struct proto_seat *s;

	seat_for_each(seat_router(arg), s)
		if (s->proto->querier &&
		    !s->proto->querier(s->self, ifid, daemon_now_ms(), querier))
			return 0;
	return -ENOENT;
}

static uint64_t service_wall_ms(void *arg)
{
	struct timespec now;

	(void)arg;
	clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void service_say(void *arg, enum proto_severity severity,
			const char *text)
{
	static const enum log_level levels[] = {
		[PROTO_INFO] = LOG_LEVEL_INFO,
		[PROTO_WARN] = LOG_LEVEL_WARN,
		[PROTO_ERROR] = LOG_LEVEL_ERROR,
	};

	(void)arg;
	log_write(levels[severity], "%s", text);
}

static void service_limit(void *arg, uint32_t ifid,
			  const struct proto_limit *limit)
{
	struct proto_seat *seat = arg;

	event_limit(seat->r, seat->proto->name, ifid, limit);
}

static int service_host_rate(void *arg, uint32_t ifid, uint32_t records)
{
	const struct proto_seat *seat = arg;

	return plane_igmp_host_rate(seat->r->plane, ifid, records);
}

static void service_querier(void *arg, uint32_t ifid,
			    const struct proto_querier *querier)
{
	const struct proto_seat *seat = arg;

	trace_querier(seat->r, seat->index, ifid, querier);
	event_querier(seat->r, ifid, querier);
}

static void service_upstream(void *arg, const struct mgm_prefix *groups,
			     uint32_t ifid)
{
	const struct proto_seat *seat = arg;

	event_upstream(seat->r, groups, ifid);
}

static void service_event(void *arg, const char *name, uint32_t ifid,
			  void (*tell)(const void *about,
				       const struct proto_row *row),
			  const void *about)
{
	const struct told_event event = {name, ifid, tell, about};

	event_protocol(seat_router(arg), &event);
}

static void service_problems(void *arg)
{
	const struct proto_seat *seat = arg;

	router_settle(seat->r);
}

static void service_done(void *arg, uint64_t op, int result)
{
	const struct proto_seat *seat = arg;

	log_trace(trace_topic(seat->index), "operation %llu has ended: %s",
		  (unsigned long long)op, result ? strerror(-result) : "done");
	seat->r->done(seat->r, op, result);
}

static void service_wake(void *arg)
{
	struct router *r = seat_router(arg);

	r->woken = true;
}

/* --- start, stop ---------------------------------------------------- */

int glue_start(struct router *r)
{
	r->hooks = hooks;
	r->hooks.arg = r;
	r->packet_io = packet_io_new(&r->d->loop, on_packet, r);
	r->tagged = tagged_new(&r->d->loop, vlan_tags_heard, r);
	if (!r->packet_io || !r->tagged)
		return -ENOMEM;
	r->mgm = mgm_new(&r->hooks, &r->d->config->mgm, daemon_now_ms());
	return r->mgm ? 0 : -errno;
}

void glue_listen(struct router *r)
{
	r->plane_listener = (struct plane_listener){
		.arg = r,
		.upcall = on_upcall,
		.igmp = on_igmp,
	};
}

void glue_farewell(struct router *r)
{
	const struct proto_seat *s;

	seat_for_each(r, s)
		if (s->self && s->proto->farewell)
			s->proto->farewell(s->self);
}

void glue_stop(struct router *r)
{
	struct proto_seat *s;

	seat_for_each(r, s) {
		if (s->proto->stop)
			s->proto->stop(s->self);
		s->self = NULL;
	}
	packet_io_free(r->packet_io);
	r->packet_io = NULL;
	tagged_free(r->tagged);
	r->tagged = NULL;
	mgm_free(r->mgm);
	r->mgm = NULL;
	oif_mtu_free(&r->oif_mtu);
	hearing_free(r);
}

void glue_services(struct router *r,
		   void (*done)(void *arg, uint64_t op, int result))
{
	const struct proto_services services = {
		.mgm = r->mgm,
		.ifid = service_ifid,
		.toward = service_toward,
		.name = service_name,
		.send = service_send,
		.listen = service_listen,
		.member = service_member,
		.host_rate = service_host_rate,
		.hear = service_hear,
		.report = service_report,
		.querier_of = service_querier_of,
		.wall_ms = service_wall_ms,
		.say = service_say,
		.done = service_done,
		.querier = service_querier,
		.limit = service_limit,
		.upstream = service_upstream,
		.event = service_event,
		.problems = service_problems,
		.wake = service_wake,
	};
	size_t i;

	r->done = done;
	for (i = 0; i < PROTO_MAX; i++) {
		r->seats[i] = (struct proto_seat){
			.r = r,
			.index = i,
			.proto = proto_get(i),
			.services = services,
		};
		r->seats[i].services.arg = &r->seats[i];
	}
}

int glue_start_protocols(struct router *r)
{
	struct proto_seat *s;
	int err;

	for (s = r->seats; s < &r->seats[PROTO_MAX] && s->proto; s++) {
		err = s->proto->start(&s->services, daemon_now_ms(), &s->self);
		if (err) {
			log_error("protocol %s cannot start: %s",
				  s->proto->name, strerror(-err));
			return err;
		}
	}
	return 0;
}

void glue_configure(struct router *r)
{
	struct proto_config all;
	struct proto_seat *s;

	if (said_overlay(&r->d->said, r->d->config, &all)) {
		log_error("no memory to use the configuration: reload it when "
			  "there is some");
		return;
	}
	mgm_rib_longest(r->mgm, r->d->config->rpf_longest);
	treatments_configure(r);
	seat_for_each(r, s)
		if (s->proto->configure)
			s->proto->configure(s->self, &all, daemon_now_ms());
	said_overlay_free(&all);
	router_touch(r);
}

static void take_owner(struct router *r, const struct said *said)
{
	const char *interface = said_word(said, 0);
	const char *protocol = said_word(said, 1);
	struct proto_seat *s;
	int err = -ENOENT;

	seat_for_each(r, s)
		if (seat_admin(s)->take && !strcmp(s->proto->name, protocol))
			err = seat_admin(s)->take(s->self, interface, 0);
	if (err && err != -EINPROGRESS)
		log_warn("%s is not the owner of %s yet, as a command had it: "
			 "%s",
			 protocol, interface, strerror(-err));
}

void glue_take_owners(struct router *r)
{
	struct hash_node *n, *tmp;
	uint32_t i;

	hash_for_each_safe(&r->d->said, n, tmp, i) {
		const struct said *said = hash_entry(n, struct said, node);

		if (said->kind == SAID_OWNER)
			take_owner(r, said);
	}
}

/* Until when all messages have been told; what waits may be a refresh. */
static uint64_t told_ms(struct router *r, uint64_t now_ms)
{
	return plane_igmp_told(r->plane, now_ms * 1000000) / 1000000;
}

uint64_t glue_tick(struct router *r, uint64_t now_ms)
{
	uint64_t told = told_ms(r, now_ms), at, next;
	struct proto_seat *s;

	next = mgm_tick(r->mgm, now_ms);
	seat_for_each(r, s) {
		if (!s->proto->tick)
			continue;
		at = s->proto->tick(s->self, s->proto->record ? told : now_ms);
		if (at < next)
			next = at;
	}
	return next;
}

/* --- small questions ------------------------------------------------ */

const char *glue_interface_name(const struct router *r, uint32_t ifid,
				char buffer[XMGM_IFNAME_LEN])
{
	const struct link *link = ports_link(r, ifid);

	if (link)
		return link->name;
	if (r->leaving && r->leaving_ifid == ifid)
		return r->leaving->name;
	snprintf(buffer, XMGM_IFNAME_LEN, "#%u", ifid);
	return buffer;
}

int glue_mfe_oifs(const struct router *r, struct mgm_sg flow,
		  void (*each)(void *arg, const char *name), void *arg)
{
	struct mgm_mfe_oif oifs[MGM_OIFS];
	struct mgm_mfe_info info = {
		.size = sizeof(info), .oifs = oifs, .oif_room = MGM_OIFS};
	char name[XMGM_IFNAME_LEN];
	uint32_t i;
	int err;

	oifs[0].size = sizeof(oifs[0]);
	err = mgm_mfe_get(r->mgm, flow, &info);
	if (err)
		return err;
	for (i = 0; i < info.oif_count; i++)
		each(arg, glue_interface_name(r, oifs[i].ifid, name));
	return (int)info.oif_count;
}

const char *glue_protocol_name(const struct router *r, uint32_t protocol,
			       char buffer[24])
{
	struct mgm_client_info info = {.size = sizeof(info)};
	int err = mgm_client_next(r->mgm, NULL, &info);

	for (; !err; err = mgm_client_next(r->mgm, &info, &info))
		if (info.protocol == protocol) {
			snprintf(buffer, 24, "%s", info.name);
			return buffer;
		}
	if (protocol_name(r->d, protocol))
		return protocol_name(r->d, protocol);
	snprintf(buffer, 24, "protocol-%u", protocol);
	return buffer;
}
