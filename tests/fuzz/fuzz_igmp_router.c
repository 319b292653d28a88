/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Fuzzes the IGMP router with a sequence of messages and waits: whatever
 * hosts send, its groups stay within the limits, the manager is told nothing
 * absurd, and time always comes to an end.
 *
 * Input: commands of {what, length, bytes}. what even: a message in `bytes`,
 * its checksum mended; odd: that many seconds pass.
 */
#include <stdlib.h>
#include <string.h>
#include <arpa/inet.h>

#include "proto/igmp/router.h"
#include "wire/reader.h"

#define IFID	   3u
#define MAX_GROUPS 8u
#define MAX_SOURCE 6u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int holds)
{
	if (!holds)
		abort();
}

static int on_send(void *arg, uint32_t ifid, struct in_addr destination,
		   const uint8_t *packet, size_t len)
{
	struct igmp_message m;
	struct igmp_ip ip;

	(void)arg;
	require(ifid == IFID && igmp_is_multicast(destination));
	require(igmp_packet_get(packet, len, &ip, &m) == XMGM_IGMP_DELIVERED);
	return 0;
}

static int on_set(void *arg, uint32_t ifid, struct in_addr group,
		  enum mgm_filter filter, const struct in_addr *sources,
		  size_t count)
{
	(void)arg;
	require(ifid == IFID && igmp_is_multicast(group));
	require(!igmp_is_link_local(group));
	require(filter == MGM_INCLUDE || filter == MGM_EXCLUDE);
	require(count <= MAX_SOURCE);
	for (size_t i = 0; i < count; i++) {
		require(igmp_is_unicast(sources[i]));
		require(!i || ntohl(sources[i - 1].s_addr) <
				      ntohl(sources[i].s_addr));
	}
	return 0;
}

static int count_group(void *arg, const struct proto_group *group)
{
	require(group->source_count <= MAX_SOURCE);
	++*(size_t *)arg;
	return 0;
}

static void hear(struct igmp_router *r, const uint8_t *bytes, size_t len,
		 uint64_t now_ms)
{
	static const struct in_addr nobody;
	uint8_t message[256] = {0};
	struct igmp_message m;
	uint16_t sum;

	memcpy(message, bytes, len);
	if (len < 8)
		len = 8;
	memset(message + 2, 0, 2);
	sum = wire_checksum(message, len);
	message[2] = (uint8_t)(sum >> 8);
	message[3] = (uint8_t)sum;
	if (igmp_message_get(message, len, &m) == XMGM_IGMP_DELIVERED)
		igmp_router_message(r, IFID, nobody, &m, now_ms);
}

static void set_up(struct igmp_router *r, struct igmp_interface *in)
{
	const struct proto_address address = {
		.address = mgm_address_v4((struct in_addr){0x0100000a}),
		.prefix_len = 24,
	};
	const struct proto_interface interface = {
		.ifid = IFID,
		.up = true,
		.addresses = &address,
		.address_count = 1,
	};
	const struct igmp_config config = {
		.enabled = true,
		.version = 3,
		.robustness = 2,
		.query_interval_ms = 125000,
		.query_response_ms = 10000,
		.last_member_ms = 1000,
		.max_groups = MAX_GROUPS,
		.max_sources = MAX_SOURCE,
	};

	(void)r;
	igmp_interface_configure(in, &config, 0);
	if (igmp_interface_present(in, &interface, 0))
		abort();
	igmp_interface_open(in);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct igmp_hooks hooks = {.send = on_send, .set = on_set};
	struct igmp_router *r = igmp_router_new(&hooks);
	struct igmp_interface *in = igmp_interface_get(r, "f0");
	uint64_t now_ms = 1000;
	size_t groups;

	set_up(r, in);
	while (size >= 2) {
		uint8_t what = data[0], len = data[1];

		data += 2;
		size -= 2;
		if (len > size)
			len = (uint8_t)size;
		if (what & 1)
			now_ms += 1000u * len;
		else
			hear(r, data, len, now_ms);
		if (what & 1)
			len = 0;
		require(igmp_router_tick(r, now_ms) > now_ms);
		data += len;
		size -= len;
		groups = 0;
		igmp_interface_groups(in, now_ms, NULL, count_group, &groups);
		require(groups <= MAX_GROUPS);
	}
	while (igmp_router_next(r) <= now_ms + 1000000)
		igmp_router_tick(r, igmp_router_next(r));
	groups = 0;
	igmp_interface_groups(in, now_ms, NULL, count_group, &groups);
	require(groups == 0);
	igmp_router_free(r);
	return 0;
}
