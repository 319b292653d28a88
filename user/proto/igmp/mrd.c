/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Multicast Router Discovery, RFC 4286, the router's side: a switch that
 * snoops gives a port reports and data only if it knows a router behind it. It
 * learns of the querier by its queries; of the other routers of the LAN, which
 * send none, by these advertisements.
 *
 * Times are drawn from the interface and how often it has drawn, for this room
 * knows no chance: routers of one LAN differ by their addresses.
 */
#include "internal.h"

#include "wire/mrd.h"

#define INITIAL_MS 2000u /* MaxInitialAdvertisementInterval, section 3.1.3 */
#define INITIAL	   3u	 /* MaxInitialAdvertisements, section 3.1.4 */
#define DELAY_MS   2000u /* MAX_RESPONSE_DELAY, section 7 */
#define JITTER	   40u	 /* AdvertisementJitter is a 40th, section 3.1.2 */

uint32_t igmp_mrd_draw(struct igmp_interface *in, uint32_t below)
{
	const uint32_t seed[] = {
		in->subnet_count ? in->subnets[0].address.s_addr : 0,
		in->ifid,
		in->mrd.drawn++,
	};

	return hash_bytes(seed, sizeof(seed)) % below;
}

static int send_packet(struct igmp_interface *in, const uint8_t *packet,
		       size_t len)
{
	const struct igmp_hooks *hooks = in->router->hooks;
	int err = hooks->send(hooks->arg, in->ifid,
			      (struct in_addr){MRD_ALL_SNOOPERS}, packet, len);

	if (err)
		igmp_count(in, IGMP_N_MRD_FAILED);
	return err;
}

static bool may_advertise(const struct igmp_interface *in)
{
	return in->config.router_discovery && igmp_interface_can_query(in);
}

static void advertise(struct igmp_interface *in)
{
	const struct igmp_config *c = &in->config;
	uint32_t interval_s = c->query_interval_ms / 1000;
	struct mrd_advertisement a = {
		.router = in->subnets[0].address,
		.interval_s = (uint8_t)(c->advertisement_ms / 1000),
		.query_interval_s = (uint16_t)interval_s,
		.robustness = c->version > 1 ? (uint16_t)c->robustness : 0,
	};
	uint8_t packet[MRD_BYTES_MAX];
	size_t len = mrd_advertisement_put(&a, packet);

	in->mrd.sent |= !send_packet(in, packet, len);
	igmp_count(in, IGMP_N_MRD_ADVERTISEMENTS);
}

/* The interval, more or less a 40th of it. */
static uint64_t periodic_ms(struct igmp_interface *in)
{
	uint32_t interval = in->config.advertisement_ms;
	uint32_t jitter = interval / JITTER;

	return interval - jitter + igmp_mrd_draw(in, 2 * jitter + 1);
}

/* Section 3.3: an advertisement, whyever it is sent, sets the periodic timer
 * again; the first ones follow each other soon, for one may be lost. */
static void mrd_fire(struct timer *timer, uint64_t now_ms)
{
	struct igmp_interface *in =
		igmp_container(timer, struct igmp_interface, mrd.timer);
	uint64_t wait;

	in->mrd.answering = false;
	if (!may_advertise(in))
		return;
	advertise(in);
	if (in->mrd.initial_left && --in->mrd.initial_left)
		wait = igmp_mrd_draw(in, INITIAL_MS);
	else
		wait = periodic_ms(in);
	timer_set(&in->router->timers, timer, now_ms + wait);
}

void igmp_mrd_init(struct igmp_interface *in)
{
	in->mrd.timer.fire = mrd_fire;
}

void igmp_mrd_apply(struct igmp_interface *in, uint64_t now_ms)
{
	struct in_addr was = in->mrd.address, is = {0};

	if (may_advertise(in))
		is = in->subnets[0].address;
	if (is.s_addr == was.s_addr)
		return;
	if (!is.s_addr) {
		igmp_mrd_terminate(in);
		return;
	}
	in->mrd.address = is;
	in->mrd.initial_left = INITIAL;
	timer_set(&in->router->timers, &in->mrd.timer,
		  now_ms + igmp_mrd_draw(in, INITIAL_MS));
}

/* Section 5: who has been told of a router is told that it is one no more,
 * where it can be told. */
void igmp_mrd_terminate(struct igmp_interface *in)
{
	uint8_t packet[MRD_BYTES_MAX];
	size_t len;

	if (in->mrd.sent && in->ifid && in->up && in->subnet_count) {
		len = mrd_termination_put(in->subnets[0].address, packet);
		send_packet(in, packet, len);
		igmp_count(in, IGMP_N_MRD_TERMINATIONS);
	}
	in->mrd.sent = false;
	in->mrd.answering = false;
	in->mrd.address.s_addr = 0;
	timer_set(&in->router->timers, &in->mrd.timer, TIMER_NEVER);
}

/* Section 3.3: answered after a while; who asks meanwhile has that answer. */
void igmp_mrd_solicited(struct igmp_router *r, uint32_t ifid, uint64_t now_ms)
{
	struct igmp_interface *in = igmp_interface_by_id(r, ifid);
	uint64_t at;

	if (!in || !in->mrd.timer.slot)
		return;
	igmp_count(in, IGMP_N_MRD_SOLICITATIONS);
	if (in->mrd.answering)
		return;
	in->mrd.answering = true;
	at = now_ms + igmp_mrd_draw(in, DELAY_MS);
	if (at < in->mrd.timer.at_ms)
		timer_set(&r->timers, &in->mrd.timer, at);
}

void igmp_router_farewell(struct igmp_router *r)
{
	struct igmp_interface *in;

	for (size_t i = 0; (in = igmp_interface_at(r, i)); i++)
		igmp_mrd_terminate(in);
}
