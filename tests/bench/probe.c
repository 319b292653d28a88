/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sends probes through a packet socket, one system call each: 100,000 and
 * more a second from one core, paced by the clock.
 */
#include "probe.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/ip.h>
#include <linux/udp.h>

#include "bench.h"
#include "gen.h"

int probe_socket(const struct lab *lab, uint32_t ifindex)
{
	struct sockaddr_ll address = {
		.sll_family = AF_PACKET,
		.sll_ifindex = ifindex,
	};
	int fd, err = 0, one = 1;

	lab_enter(lab->hosts_ns);
	/* Protocol 0: it sends and hears nothing. */
	fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) ||
	    setsockopt(fd, SOL_PACKET, PACKET_QDISC_BYPASS, &one, sizeof(one)))
		err = -errno;
	lab_enter(lab->router_ns);
	if (err && fd >= 0)
		close(fd);
	return err ? err : fd;
}

int probe_open(struct probe_sender *s, struct lab *lab)
{
	int err = lab_receive(lab, LAB_CLOCK);

	*s = (struct probe_sender){.fd = -1, .lab = lab};
	if (err)
		return err;
	memset(lab->arrivals, 0, GEN_PROBES * sizeof(*lab->arrivals));
	s->fd = probe_socket(lab, lab->src[LAB_XMGM]);
	return s->fd < 0 ? s->fd : 0;
}

void probe_close(struct probe_sender *s)
{
	if (s->fd >= 0)
		close(s->fd);
}

struct frame {
	struct ethhdr eth;
	struct iphdr ip;
	struct udphdr udp;
	struct gen_probe probe;
} __attribute__((packed));

static uint16_t header_checksum(const struct frame *f)
{
	uint16_t words[sizeof(f->ip) / 2];
	uint32_t sum = 0;

	memcpy(words, (const char *)f + sizeof(f->eth), sizeof(words));
	for (size_t i = 0; i < sizeof(words) / 2; i++)
		sum += words[i];
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return ~sum;
}

int probe_send(struct probe_sender *s, const struct xmgm_flow *flow)
{
	struct frame f = {
		.eth.h_dest = {0x01, 0x00, 0x5e, flow->group[1] & 0x7f,
			       flow->group[2], flow->group[3]},
		.eth.h_source = {2, 0, 0, 0, 0, 1},
		.eth.h_proto = htons(ETH_P_IP),
		.ip.version = 4,
		.ip.ihl = 5,
		.ip.ttl = GEN_TTL,
		.ip.protocol = IPPROTO_UDP,
		.ip.tot_len = htons(sizeof(f) - sizeof(f.eth)),
		.udp.source = htons(4000),
		.udp.dest = htons(5000),
		.udp.len = htons(sizeof(f.udp) + sizeof(f.probe)),
		.probe.magic = GEN_MAGIC,
		.probe.number = s->next,
	};

	if (s->next >= GEN_PROBES)
		return -ENOSPC;
	memcpy(&f.ip.saddr, flow->source, 4);
	memcpy(&f.ip.daddr, flow->group, 4);
	f.ip.check = header_checksum(&f);
	s->sent_ns = f.probe.sent_ns = bench_now_ns();
	if (send(s->fd, &f, sizeof(f), 0) < 0)
		return -errno;
	s->next++;
	return 0;
}

void probe_wait_until(uint64_t time_ns)
{
	while (bench_now_ns() < time_ns)
		;
}

static int compare(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

void probe_percentiles(struct json_object *to, double *ns, size_t count,
		       const char *p50, const char *p99)
{
	if (!count)
		return;
	qsort(ns, count, sizeof(*ns), compare);
	json_object_object_add(to, p50, bench_number(ns[count / 2] / 1000, 1));
	json_object_object_add(to, p99,
			       bench_number(ns[count * 99 / 100] / 1000, 1));
}
