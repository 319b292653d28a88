/* SPDX-License-Identifier: GPL-2.0-only */
/* See dvmrp_lab.h. */
#include "dvmrp_lab.h"

#include "wire/reader.h"

const struct proto *dvmrp_proto(void);

#define GENID 0x1000u

struct in_addr lab_host(unsigned int port, unsigned int host)
{
	return (struct in_addr){htonl(10u << 24 | port << 16 | host)};
}

/* --- what the daemon does --------------------------------------------------- */

static uint32_t on_ifid(void *arg, const char *name)
{
	const unsigned int n = (unsigned int)atoi(name + 1);
	struct mgm_interface_info info = {.size = sizeof(info)};
	struct lab *l = arg;

	return n && n <= LAB_PORTS && !mgm_interface_get(l->f->m, n, &info) ? n
									    : 0;
}

static const char *on_name(void *arg, uint32_t ifid)
{
	static const char *const names[] = {"e0", "e1", "e2", "e3", "e4"};

	(void)arg;
	return names[ifid];
}

static int on_send(void *arg, uint32_t ifid,
		   const struct mgm_address *destination, const uint8_t *packet,
		   size_t len)
{
	struct lab *l = arg;
	struct lab_sent *s = &l->sent[l->count];

	assert_true(ifid && ifid <= LAB_PORTS);
	assert_true(l->count < LAB_SENT);
	assert_true(len > IGMP_IP_BYTES && len <= DVMRP_BYTES);
	if (l->send_result)
		return l->send_result;
	*s = (struct lab_sent){
		.port = ifid,
		.at_ms = l->f->now,
		.target = mgm_address_to_v4(destination),
		.ttl = packet[8],
		.len = len - IGMP_IP_BYTES,
	};
	memcpy(s->message, packet + IGMP_IP_BYTES, s->len);
	l->count++;
	return 0;
}

static int on_listen(void *arg, const struct proto *proto, uint8_t ip_protocol,
		     uint8_t igmp_type)
{
	(void)arg;
	(void)igmp_type;
	assert_ptr_equal(proto, dvmrp_proto());
	assert_int_equal(ip_protocol, IPPROTO_IGMP);
	return 0;
}

static int on_member(void *arg, uint32_t ifid, const struct mgm_address *group,
		     bool member)
{
	struct lab *l = arg;

	assert_int_equal(mgm_address_to_v4(group).s_addr, DVMRP_ALL_ROUTERS);
	l->member[ifid] = member;
	return 0;
}

static void on_say(void *arg, enum proto_severity severity, const char *text)
{
	struct lab *l = arg;

	(void)severity;
	snprintf(l->last, sizeof(l->last), "%s", text);
}

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

static void on_wake(void *arg)
{
	struct lab *l = arg;

	l->woken = true;
}

/* --- the router ------------------------------------------------------------- */

static void link_is(struct lab *l, unsigned int port, bool up,
		    struct in_addr address, unsigned int length)
{
	const struct mgm_interface_address a = {
		.address = mgm_address_v4(address),
		.peer = MGM_ADDRESS_V4_ANY,
		.length = (uint8_t)length,
	};
	const struct mgm_link link = {
		.ifid = port,
		.name = on_name(l, port),
		.flags = MGM_INTERFACE_MULTICAST | (up ? MGM_INTERFACE_UP : 0),
		.mtu = 1500,
		.addresses = &a,
		.address_count = address.s_addr != 0,
	};
	struct proto_interface interface = {.ifid = port, .up = up};

	assert_int_equal(mgm_interface_changed(l->f->m, l->f->now, &link), 0);
	strcpy(interface.name, on_name(l, port));
	if (l->d)
		dvmrp_proto()->interface_changed(l->d, &interface, l->f->now);
}

void lab_turn(struct lab *l, unsigned int port, bool up)
{
	link_is(l, port, up, lab_host(port, LAB_US), 24);
	lab_run(l, 0);
}

void lab_address(struct lab *l, unsigned int port, const char *address,
		 unsigned int length)
{
	link_is(l, port, true, (struct in_addr){inet_addr(address)}, length);
	lab_run(l, 0);
}

void lab_configure(struct lab *l)
{
	const size_t place = proto_index(dvmrp_proto());
	struct proto_interface_config interfaces[LAB_PORTS] = {0};
	struct proto_config config = {.interfaces = interfaces};

	for (unsigned int i = 1; i <= LAB_PORTS; i++) {
		struct proto_interface_config *one =
			&interfaces[config.interface_count];

		if (!l->configured[i])
			continue;
		strcpy(one->name, on_name(l, i));
		one->blocks[place] = (struct proto_block){true, &l->port[i]};
		config.interface_count++;
	}
	config.blocks[place].options = &l->config;
	dvmrp_proto()->configure(l->d, &config, l->f->now);
	lab_run(l, 0);
}

struct lab *lab_new(unsigned int ports)
{
	struct lab *l = calloc(1, sizeof(*l));
	void *self;

	assert_non_null(l);
	l->f = fix_new(NULL);
	l->services = (struct proto_services){
		.arg = l,
		.mgm = l->f->m,
		.ifid = on_ifid,
		.name = on_name,
		.send = on_send,
		.listen = on_listen,
		.member = on_member,
		.say = on_say,
		.event = on_event,
		.wake = on_wake,
	};
	l->version[0] = 3;
	l->version[1] = 255;
	l->caps = 0x0e;
	option_defaults(dvmrp_config_options()->global, &l->config);
	for (unsigned int i = 1; i <= LAB_PORTS; i++) {
		option_defaults(dvmrp_config_options()->interface, &l->port[i]);
		l->configured[i] = i <= ports;
		if (i <= ports)
			link_is(l, i, true, lab_host(i, LAB_US), 24);
	}
	assert_int_equal(dvmrp_proto()->start(&l->services, l->f->now, &self),
			 0);
	l->d = self;
	lab_configure(l);
	return l;
}

void lab_free(struct lab *l)
{
	dvmrp_proto()->stop(l->d);
	fix_free(l->f);
	free(l);
}

void lab_run(struct lab *l, uint64_t ms)
{
	const uint64_t end = l->f->now + ms;
	uint64_t next;

	for (;;) {
		do {
			l->woken = false;
			next = dvmrp_proto()->tick(l->d, l->f->now);
		} while (l->woken || next <= l->f->now);
		if (l->f->now == end)
			return;
		fix_tick(l->f, (next < end ? next : end) - l->f->now);
	}
}

struct dvmrp_interface *lab_port(struct lab *l, unsigned int port)
{
	return dvmrp_interface_by_id(l->d, port);
}

struct dvmrp_neighbor *lab_neighbor(struct lab *l, unsigned int port,
				    unsigned int host)
{
	return dvmrp_neighbor_find(lab_port(l, port), lab_host(port, host));
}

struct dvmrp_prefix lab_prefix(const char *text)
{
	struct dvmrp_prefix prefix = {0};
	char net[32];
	unsigned int length;

	assert_int_equal(sscanf(text, "%31[0-9.]/%u", net, &length), 2);
	prefix.net.s_addr = inet_addr(net);
	prefix.length = (uint8_t)length;
	return prefix;
}

struct dvmrp_route *lab_route(struct lab *l, const char *text)
{
	const struct dvmrp_prefix prefix = lab_prefix(text);

	return dvmrp_route_find(l->d, &prefix);
}

/* --- what neighbours send --------------------------------------------------- */

void lab_packet(struct lab *l, const struct proto_packet *packet)
{
	dvmrp_proto()->packet(l->d, packet, l->f->now);
	lab_run(l, 0);
}

void lab_message(struct lab *l, unsigned int port, unsigned int host,
		 uint8_t code, const void *body, size_t len)
{
	uint8_t bytes[1500] = {DVMRP_TYPE, code};
	const struct proto_packet packet = {
		.ifid = port,
		.source = mgm_address_v4(lab_host(port, host)),
		.destination =
			mgm_address_v4((struct in_addr){DVMRP_ALL_ROUTERS}),
		.ttl = 1,
		.ip_protocol = IPPROTO_IGMP,
		.payload = bytes,
		.len = DVMRP_HEADER + len,
	};

	bytes[5] = l->caps;
	bytes[6] = l->version[1];
	bytes[7] = l->version[0];
	assert_true(DVMRP_HEADER + len <= sizeof(bytes));
	if (len)
		memcpy(bytes + DVMRP_HEADER, body, len);
	wire_be16_put(bytes + 2, wire_checksum(bytes, packet.len));
	lab_packet(l, &packet);
}

void lab_probe(struct lab *l, unsigned int port, unsigned int host,
	       uint32_t genid, bool lists)
{
	const struct in_addr us = lab_host(port, LAB_US);
	const uint32_t number = htonl(genid);
	uint8_t body[8];
	size_t len = 0;

	if (dvmrp_has_genid(l->version[0], l->version[1])) {
		memcpy(body, &number, 4);
		len = 4;
	}
	memcpy(body + len, &us, 4);
	lab_message(l, port, host, DVMRP_PROBE, body, len + (lists ? 4 : 0));
}

void lab_peer(struct lab *l, unsigned int port, unsigned int host)
{
	lab_probe(l, port, host, GENID, true);
	assert_int_equal(lab_neighbor(l, port, host)->state, DVMRP_TWO_WAY);
}

void lab_report(struct lab *l, unsigned int port, unsigned int host,
		const char *routes)
{
	struct dvmrp_writer w;
	char prefix[32];
	unsigned int metric;
	int used;

	dvmrp_begin(&w, &(struct dvmrp_ip){0}, DVMRP_REPORT);
	while (sscanf(routes, " %31[0-9./] %u%n", prefix, &metric, &used) ==
	       2) {
		const struct dvmrp_prefix p = lab_prefix(prefix);

		assert_true(dvmrp_put_route(&w, &p, (uint8_t)metric));
		routes += used + (routes[used] == ',');
	}
	lab_message(l, port, host, DVMRP_REPORT,
		    w.packet + IGMP_IP_BYTES + DVMRP_HEADER,
		    w.len - IGMP_IP_BYTES - DVMRP_HEADER);
}

/* --- what has been sent ------------------------------------------------------
 */

void lab_clear(struct lab *l)
{
	l->count = 0;
}

unsigned int lab_sent(struct lab *l, unsigned int port, enum dvmrp_code code)
{
	unsigned int count = 0;

	for (size_t i = 0; i < l->count; i++)
		count += l->sent[i].port == port &&
			 l->sent[i].message[1] == code;
	return count;
}

unsigned int lab_said(struct lab *l, unsigned int port, const char *text)
{
	const struct dvmrp_prefix prefix = lab_prefix(text);
	unsigned int metric = 0;

	for (size_t i = 0; i < l->count; i++) {
		struct dvmrp_report_cursor cursor = {0};
		struct dvmrp_report_route route;
		struct dvmrp_message m;

		if (l->sent[i].port != port ||
		    dvmrp_message_get(l->sent[i].message, l->sent[i].len, &m) ||
		    m.code != DVMRP_REPORT)
			continue;
		while (dvmrp_report_next(&m, &cursor, &route))
			if (route.prefix.net.s_addr == prefix.net.s_addr &&
			    route.prefix.length == prefix.length)
				metric = route.metric;
	}
	return metric;
}

uint64_t lab_count(struct lab *l, enum dvmrp_counter which)
{
	return l->d->counters.n[which];
}

int lab_setup(void **state)
{
	*state = lab_new(3);
	return 0;
}

int lab_teardown(void **state)
{
	lab_free(*state);
	return 0;
}
