/* SPDX-License-Identifier: GPL-2.0-only */
/* See dvmrp_net.h. */
#include "dvmrp_net.h"

#include "lib/option.h"
#include "v4.h"

#define DELAY_MS 1u
#define HOPS	 16u
#define COPIES	 5000u /* of one packet: a loop */

const struct proto *dvmrp_proto(void);

/* The world: hooks of a plane have no other way to it. */
static struct net *world;

uint32_t net_random(struct net *net, uint32_t below)
{
	net->drawn = net->drawn * 1664525u + 1013904223u;
	return below > 1 ? (net->drawn >> 8) % below : 0;
}

struct in_addr net_address(unsigned int link, unsigned int host)
{
	return (struct in_addr){htonl(0x0a000000u | link << 16 | host)};
}

struct mgm_sg net_sg(unsigned int link, unsigned int group)
{
	return mgm_sg_v4(net_address(link, NET_HOST), grp_ip(group));
}

struct mgm_sg net_flow(const struct fix_route *line)
{
	return v4_sg(&line->flow);
}

static uint32_t ifid_of(unsigned int link)
{
	return link + 1;
}

static unsigned int link_of(uint32_t ifid)
{
	return ifid - 1;
}

/* --- what a router's protocol is given ------------------------------------- */

static uint32_t service_ifid(void *arg, const char *name)
{
	const struct net_router *r = arg;
	unsigned int link = (unsigned int)atoi(name + 1);

	return link < NET_LINKS && r->port[link].there ? ifid_of(link) : 0;
}

static uint32_t service_toward(void *arg, const struct mgm_address *address)
{
	const struct net_router *r = arg;
	unsigned int link = v4_number(address) >> 16 & 0xff;

	return link < NET_LINKS && r->port[link].there ? ifid_of(link) : 0;
}

static const char *service_name(void *arg, uint32_t ifid)
{
	const struct net_router *r = arg;

	return r->name[link_of(ifid)];
}

static void frame_queue(struct net *net, struct net_frame *frame)
{
	struct net_frame **at = &net->frames;

	while (*at && (*at)->at_ms <= frame->at_ms)
		at = &(*at)->next;
	frame->next = *at;
	*at = frame;
}

static int service_send(void *arg, uint32_t ifid,
			const struct mgm_address *destination,
			const uint8_t *packet, size_t len)
{
	const struct net_router *r = arg;
	struct net_frame *frame = calloc(1, sizeof(*frame));
	const size_t head = (packet[0] & 15u) * 4;
	struct net *net = r->net;
	struct dvmrp_message m;
	bool lost;

	assert_true(len <= sizeof(frame->bytes) && len > head);
	assert_int_equal(dvmrp_message_get(packet + head, len - head, &m),
			 DVMRP_OK);
	frame->at_ms = net->now + DELAY_MS;
	frame->link = link_of(ifid);
	frame->from = r->number;
	frame->destination = mgm_address_to_v4(destination);
	frame->len = len;
	memcpy(frame->bytes, packet, len);
	if (net->sniff)
		net->sniff(net, frame, &m);
	lost = !r->port[frame->link].up || net->cut[frame->link] ||
	       net_random(net, 100) < net->loss ||
	       (net->lose && net->lose(net, frame, &m));
	if (lost)
		free(frame);
	else
		frame_queue(net, frame);
	return 0;
}

static int service_listen(void *arg, const struct proto *proto,
			  uint8_t ip_protocol, uint8_t igmp_type)
{
	(void)arg;
	(void)proto;
	(void)igmp_type;
	assert_int_equal(ip_protocol, 2);
	return 0;
}

static int service_member(void *arg, uint32_t ifid,
			  const struct mgm_address *group, bool member)
{
	(void)arg;
	(void)ifid;
	(void)group;
	(void)member;
	return 0;
}

static void service_say(void *arg, enum proto_severity severity,
			const char *text)
{
	(void)arg;
	(void)severity;
	assert_true(strlen(text) > 0);
}

static void news_text(void *arg, const char *name, const char *text)
{
	struct net_router *r = arg;
	char *end = r->net->news + strlen(r->net->news);

	if (!strcmp(name, "state"))
		snprintf(end, NET_NEWS - (size_t)(end - r->net->news), " %s",
			 text);
}

static void news_address(void *arg, const char *name,
			 const struct mgm_address *address)
{
	(void)arg;
	(void)name;
	(void)address;
}

static void news_number(void *arg, const char *name, uint64_t value)
{
	(void)arg;
	(void)name;
	(void)value;
}

static void service_event(void *arg, const char *event, uint32_t ifid,
			  void (*tell)(const void *about,
				       const struct proto_row *row),
			  const void *about)
{
	const struct proto_row row = {
		.arg = arg,
		.text = news_text,
		.address = news_address,
		.number = news_number,
	};
	const struct net_router *r = arg;
	char *news = r->net->news, *end = news ? news + strlen(news) : NULL;

	assert_true(ifid || !strcmp(event, "dvmrp-route"));
	if (!news)
		return;
	snprintf(end, NET_NEWS - (size_t)(end - news), "%u %s", r->number,
		 event);
	tell(about, &row);
	end = news + strlen(news);
	snprintf(end, NET_NEWS - (size_t)(end - news), "\n");
}

static void service_nothing(void *arg)
{
	(void)arg;
}

static void service_wake(void *arg)
{
	struct net_router *r = arg;

	r->next_ms = 0;
}

/* --- IGMP ------------------------------------------------------------------ */

static void igmp_say(struct net_router *r, unsigned int link,
		     unsigned int group, bool wanted)
{
	const struct mgm_sg any = mgm_sg_v4((struct in_addr){0}, grp_ip(group));
	int err;

	if (!r->alive || !r->port[link].there || !r->port[link].igmp ||
	    r->port[link].held)
		return;
	if (wanted)
		err = mgm_membership_add(r->f->m, r->igmp, ifid_of(link), any,
					 MGM_JOIN_STATE);
	else
		err = mgm_membership_del(r->f->m, r->igmp, ifid_of(link), any,
					 MGM_JOIN_STATE);
	assert_int_equal(err, 0);
}

static void igmp_say_all(struct net_router *r, unsigned int link)
{
	for (unsigned int g = 1; g <= NET_GROUPS; g++) {
		if (r->net->wants[link] >> g & 1)
			igmp_say(r, link, g, true);
	}
}

static void on_disable(void *arg, uint32_t ifid, uint32_t epoch)
{
	struct net_router *r = arg;

	r->port[link_of(ifid)].held = true;
	assert_int_equal(mgm_igmp_disabled(r->f->m, r->igmp, ifid, epoch), 0);
}

static void on_enable(void *arg, uint32_t ifid, uint32_t epoch)
{
	struct net_router *r = arg;

	r->port[link_of(ifid)].held = false;
	igmp_say_all(r, link_of(ifid));
	assert_int_equal(mgm_replay_complete(r->f->m, r->igmp, ifid, epoch), 0);
}

static void igmp_start(struct net_router *r)
{
	static const struct mgm_callbacks callbacks = {
		.size = sizeof(callbacks),
		.disable_igmp = on_disable,
		.enable_igmp = on_enable,
	};
	const struct mgm_registration registration = {
		.size = sizeof(registration),
		.protocol = MGM_PROTOCOL_IGMP,
		.role = MGM_ROLE_IGMP,
		.name = "igmp",
		.callbacks = &callbacks,
		.arg = r,
	};

	assert_int_equal(mgm_register(r->f->m, &registration, &r->igmp), 0);
	for (unsigned int l = 0; l < NET_LINKS; l++) {
		if (!r->port[l].there || !r->port[l].igmp)
			continue;
		assert_int_equal(
			mgm_interface_take(r->f->m, r->igmp, ifid_of(l)), 0);
		igmp_say_all(r, l);
	}
}

void net_join(struct net *net, unsigned int link, unsigned int group)
{
	net->wants[link] |= 1u << group;
	for (unsigned int i = 0; i < NET_ROUTERS; i++)
		igmp_say(&net->router[i], link, group, true);
}

void net_leave(struct net *net, unsigned int link, unsigned int group)
{
	net->wants[link] &= ~(1u << group);
	for (unsigned int i = 0; i < NET_ROUTERS; i++)
		igmp_say(&net->router[i], link, group, false);
}

/* --- routers --------------------------------------------------------------- */

/* Only what is connected. */
static int rib_lookup(void *arg, const struct mgm_address *source,
		      uint32_t arrival, struct mgm_rib_answer *answer)
{
	unsigned int link = v4_number(source) >> 16 & 0xff;

	(void)arrival;
	for (unsigned int i = 0; i < NET_ROUTERS; i++) {
		const struct net_router *r = &world->router[i];

		if (r->f != arg || link >= NET_LINKS || !r->port[link].there ||
		    !r->port[link].up)
			continue;
		*answer = (struct mgm_rib_answer){
			.iif = ifid_of(link),
			.connected = true,
			.length = 24,
		};
		return 0;
	}
	return -ENETUNREACH;
}

static void tell_interface(struct net_router *r, unsigned int link)
{
	const struct mgm_address ours =
		mgm_address_v4(net_address(link, r->number + 1));
	const struct mgm_interface_address address = {
		.address = ours,
		.length = 24,
	};
	const struct proto_address given = {.address = ours, .prefix_len = 24};
	const struct mgm_prefix connected = {
		.address = mgm_address_v4(net_address(link, 0)),
		.length = 24,
	};
	const uint32_t up = r->port[link].up ? MGM_INTERFACE_UP : 0;
	const struct mgm_link at = {
		.ifid = ifid_of(link),
		.name = r->name[link],
		.flags = MGM_INTERFACE_MULTICAST | up,
		.mtu = 1500,
		.addresses = &address,
		.address_count = 1,
	};
	struct proto_interface interface = {
		.ifid = ifid_of(link),
		.up = r->port[link].up,
		.mtu = 1500,
		.addresses = &given,
		.address_count = 1,
	};

	strcpy(interface.name, r->name[link]);
	assert_int_equal(mgm_interface_changed(r->f->m, r->net->now, &at), 0);
	mgm_rib_changed(r->f->m, r->net->now, &connected);
	if (r->self)
		dvmrp_proto()->interface_changed(r->self, &interface,
						 r->net->now);
}

struct net_port *net_attach(struct net *net, unsigned int router,
			    unsigned int link)
{
	struct net_router *r = &net->router[router];
	struct net_port *p = &r->port[link];

	*p = (struct net_port){
		.there = true,
		.up = true,
		.igmp = true,
		.dvmrp = true,
	};
	snprintf(r->name[link], sizeof(r->name[link]), "e%u", link % 100);
	option_defaults(dvmrp_proto()->options()->interface, &p->config);
	return p;
}

void net_configure(struct net_router *r)
{
	static struct proto_interface_config interfaces[NET_LINKS];
	struct proto_config config = {.interfaces = interfaces};
	const size_t place = proto_index(dvmrp_proto());

	memset(interfaces, 0, sizeof(interfaces));
	config.blocks[place] = (struct proto_block){true, &r->config};
	for (unsigned int l = 0; l < NET_LINKS; l++) {
		struct proto_interface_config *in =
			&interfaces[config.interface_count];

		if (!r->port[l].there)
			continue;
		strcpy(in->name, r->name[l]);
		in->blocks[place] = (struct proto_block){r->port[l].dvmrp,
							 &r->port[l].config};
		config.interface_count++;
	}
	dvmrp_proto()->configure(r->self, &config, r->net->now);
}

void net_start(struct net *net, unsigned int router)
{
	struct net_router *r = &net->router[router];
	const struct proto *proto = dvmrp_proto();
	struct proto_services services = {
		.arg = r,
		.ifid = service_ifid,
		.toward = service_toward,
		.name = service_name,
		.send = service_send,
		.listen = service_listen,
		.member = service_member,
		.say = service_say,
		.event = service_event,
		.problems = service_nothing,
		.wake = service_wake,
	};

	r->f = fix_new(NULL);
	r->f->what = 0;
	r->f->now = net->now;
	r->f->hooks.rib_lookup = rib_lookup;
	r->alive = true;
	mgm_tick(r->f->m, net->now);
	for (unsigned int l = 0; l < NET_LINKS; l++) {
		if (r->port[l].there)
			tell_interface(r, l);
	}
	igmp_start(r);
	services.mgm = r->f->m;
	assert_int_equal(proto->start(&services, net->now, &r->self), 0);
	net_configure(r);
	for (unsigned int l = 0; l < NET_LINKS; l++) {
		if (r->port[l].there)
			tell_interface(r, l);
	}
	r->next_ms = 0;
}

void net_start_all(struct net *net)
{
	for (unsigned int i = 0; i < NET_ROUTERS; i++) {
		const struct net_router *r = &net->router[i];
		bool any = false;

		for (unsigned int l = 0; l < NET_LINKS; l++)
			any |= r->port[l].there;
		if (any && !r->alive)
			net_start(net, i);
	}
}

void net_kill(struct net *net, unsigned int router)
{
	struct net_router *r = &net->router[router];

	if (!r->alive)
		return;
	dvmrp_proto()->stop(r->self);
	fix_check(r->f);
	fix_free(r->f);
	r->self = NULL;
	r->f = NULL;
	r->igmp = NULL;
	r->alive = false;
	for (unsigned int l = 0; l < NET_LINKS; l++)
		r->port[l].held = false;
}

void net_stop(struct net *net, unsigned int router)
{
	if (dvmrp_proto()->farewell)
		dvmrp_proto()->farewell(net->router[router].self);
	net_kill(net, router);
}

struct net *net_new(void)
{
	struct net *net = calloc(1, sizeof(*net));

	assert_non_null(net);
	net->now = FIX_START;
	for (unsigned int i = 0; i < NET_ROUTERS; i++) {
		net->router[i].net = net;
		net->router[i].number = i;
		option_defaults(dvmrp_proto()->options()->global,
				&net->router[i].config);
	}
	world = net;
	return net;
}

void net_free(struct net *net)
{
	struct net_frame *frame;

	for (unsigned int i = 0; i < NET_ROUTERS; i++)
		net_kill(net, i);
	while ((frame = net->frames)) {
		net->frames = frame->next;
		free(frame);
	}
	free(net);
}

/* --- time ------------------------------------------------------------------ */

static bool meant_for(const struct net_router *r, const struct net_frame *frame)
{
	struct in_addr ours = net_address(frame->link, r->number + 1);

	return frame->destination.s_addr == DVMRP_ALL_ROUTERS ||
	       frame->destination.s_addr == ours.s_addr;
}

static void deliver(struct net_router *r, const struct net_frame *frame)
{
	const size_t head = (frame->bytes[0] & 15u) * 4;
	struct dvmrp_message m;
	struct in_addr source;
	struct proto_packet packet = {
		.ifid = ifid_of(frame->link),
		.destination = mgm_address_v4(frame->destination),
		.ttl = frame->bytes[8],
		.ip_protocol = frame->bytes[9],
		.payload = frame->bytes + head,
		.len = frame->len - head,
	};

	memcpy(&source, frame->bytes + 12, sizeof(source));
	packet.source = mgm_address_v4(source);
	if (r->net->heard && !dvmrp_message_get(packet.payload, packet.len, &m))
		r->net->heard(r->net, r, frame, &m);
	dvmrp_proto()->packet(r->self, &packet, r->net->now);
}

static void frame_arrives(struct net *net, struct net_frame *frame)
{
	for (unsigned int i = 0; i < NET_ROUTERS; i++) {
		struct net_router *r = &net->router[i];

		if (r->alive && i != frame->from &&
		    r->port[frame->link].there && r->port[frame->link].up &&
		    !net->cut[frame->link] && meant_for(r, frame))
			deliver(r, frame);
	}
	free(frame);
}

static void router_tick(struct net_router *r)
{
	uint64_t next;

	r->f->now = r->net->now;
	r->next_ms = UINT64_MAX;
	mgm_tick(r->f->m, r->net->now);
	next = dvmrp_proto()->tick(r->self, r->net->now);
	if (next < r->next_ms)
		r->next_ms = next;
}

static uint64_t router_next(const struct net_router *r)
{
	uint64_t manager = r->alive ? mgm_deadline(r->f->m) : UINT64_MAX;

	if (!r->alive)
		return UINT64_MAX;
	return manager < r->next_ms ? manager : r->next_ms;
}

/* All that is due now; what it causes as well. */
static void settle(struct net *net)
{
	unsigned int turns = 0;
	bool more = true;

	while (more) {
		more = false;
		assert_true(turns++ < 10000);
		while (net->frames && net->frames->at_ms <= net->now) {
			struct net_frame *frame = net->frames;

			net->frames = frame->next;
			frame_arrives(net, frame);
			more = true;
		}
		for (unsigned int i = 0; i < NET_ROUTERS; i++) {
			if (router_next(&net->router[i]) > net->now)
				continue;
			router_tick(&net->router[i]);
			more = true;
		}
	}
}

void net_run(struct net *net, uint64_t ms)
{
	const uint64_t end = net->now + ms;

	settle(net);
	while (net->now < end) {
		uint64_t next = end;

		if (net->frames && net->frames->at_ms < next)
			next = net->frames->at_ms;
		for (unsigned int i = 0; i < NET_ROUTERS; i++) {
			uint64_t at = router_next(&net->router[i]);

			if (at < next)
				next = at;
		}
		net->now = next > net->now ? next : net->now + 1;
		settle(net);
	}
}

void net_turn(struct net *net, unsigned int router, unsigned int link, bool up)
{
	struct net_router *r = &net->router[router];

	r->port[link].up = up;
	if (r->alive)
		tell_interface(r, link);
}

void net_cut(struct net *net, unsigned int link, bool cut)
{
	net->cut[link] = cut;
}

/* --- data ------------------------------------------------------------------ */

static void spread(struct net *net, unsigned int link, int from,
		   struct mgm_sg flow, unsigned int hops);

static void arrive(struct net_router *r, unsigned int link, struct mgm_sg flow,
		   unsigned int hops)
{
	struct fix_route *line = fix_line(r->f, flow);
	uint32_t oifs[NET_LINKS];
	size_t count;

	if (!line) {
		mgm_upcall(r->f->m, r->net->now, flow, ifid_of(link), NULL, 0);
		line = fix_line(r->f, flow);
	}
	if (!line)
		return;
	if (line->iif != ifid_of(link)) {
		mgm_wrong_if(r->f->m, r->net->now, flow, ifid_of(link), NULL,
			     0);
		return;
	}
	line->packets++;
	line->last_used_ms = r->net->now;
	count = r->f->set[line->set].count;
	if (count)
		memcpy(oifs, r->f->set[line->set].oifs, count * sizeof(*oifs));
	for (size_t i = 0; i < count; i++)
		spread(r->net, link_of(oifs[i]), (int)r->number, flow, hops);
}

static void spread(struct net *net, unsigned int link, int from,
		   struct mgm_sg flow, unsigned int hops)
{
	if (net->cut[link] || (from >= 0 && !net->router[from].port[link].up))
		return;
	net->seen[link]++;
	assert_true(++net->copies < COPIES);
	for (int i = 0; i < NET_ROUTERS && hops; i++) {
		struct net_router *r = &net->router[i];

		if (i != from && r->alive && r->port[link].there &&
		    r->port[link].up)
			arrive(r, link, flow, hops - 1);
	}
}

void net_send(struct net *net, unsigned int link, unsigned int group)
{
	memset(net->seen, 0, sizeof(net->seen));
	net->copies = 0;
	spread(net, link, -1, net_sg(link, group), HOPS);
}

const char *net_seen(const struct net *net, unsigned int link)
{
	static char text[NET_LINKS * 16];
	size_t n = 0;

	text[0] = '\0';
	for (unsigned int l = 0; l < NET_LINKS; l++) {
		if (l != link && net->seen[l])
			n += (size_t)snprintf(text + n, sizeof(text) - n,
					      "%s%u:%u", n ? " " : "", l,
					      net->seen[l]);
	}
	return text;
}

const char *net_mfe(struct net *net, unsigned int router, unsigned int link,
		    unsigned int group)
{
	static char text[NET_LINKS * 16];
	struct fix *f = net->router[router].f;
	const struct fix_route *line = fix_line(f, net_sg(link, group));
	size_t n;

	if (!line)
		return "-";
	n = (size_t)snprintf(text, sizeof(text), "%u:", link_of(line->iif));
	for (size_t i = 0; i < f->set[line->set].count; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%u",
				      i ? "," : " ",
				      link_of(f->set[line->set].oifs[i]));
	return text;
}
