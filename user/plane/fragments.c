/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Copies that are longer than their oif's MTU: the clone path hands them over,
 * with their TTL decremented and within a rate, and they leave in fragments by
 * a packet socket. What arrived as several datagrams in one is cut first.
 */
#include "bpf.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "lib/log.h"
#include "wire/ipv4.h"
#include "wire/reader.h"

#define PACKET	   65536
#define GROUP_AT   16 /* of an IPv4 header */
#define LINK_BYTES 18 /* of an Ethernet header with a tag */

/* How a copy leaves: by which port, behind which header. */
struct way {
	struct plane_bpf *p;
	struct sockaddr_ll to;
	uint8_t link[LINK_BYTES];
	size_t link_len;
	uint32_t mtu;
};

static int open_socket(struct fragments *f)
{
	if (f->fd)
		return 0;
	f->fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (f->fd > 0)
		return 0;
	f->fd = 0;
	return -errno;
}

void fragments_free(struct plane_bpf *p)
{
	if (p->fragments.fd)
		close(p->fragments.fd);
}

/* RFC 1112 section 6.4; IEEE 802.1Q section 9.3. */
static void link_put(struct way *w, const struct port *port,
		     const uint8_t *group)
{
	uint8_t router[6], *at = w->link;

	router_mac_get(&w->p->plane, router);
	memcpy(at, "\x01\x00\x5e", 3);
	at[3] = group[1] & 0x7f;
	at[4] = group[2];
	at[5] = group[3];
	memcpy(at + 6, port->plain ? router : port->told.mac, 6);
	at += 12;
	if (port->told.vlan) {
		wire_be16_put(at, port->told.service ? 0x88a8 : 0x8100);
		wire_be16_put(at + 2, port->told.vlan);
		at += 4;
	}
	wire_be16_put(at, ETHERTYPE_IP);
	w->link_len = (size_t)(at + 2 - w->link);
}

static int way_find(struct plane_bpf *p, uint32_t ifid, const uint8_t *packet,
		    struct way *w)
{
	const struct port *port = port_find(p, ifid);

	if (!port || !port->told.mtu || !port->told.path)
		return -ENODEV;
	*w = (struct way){
		.p = p,
		.to = {.sll_family = AF_PACKET,
		       .sll_protocol = htons(ETHERTYPE_IP),
		       .sll_ifindex = (int)port->told.ifindex,
		       .sll_halen = ETH_ALEN},
		.mtu = port->told.mtu,
	};
	link_put(w, port, packet + GROUP_AT);
	memcpy(w->to.sll_addr, w->link, ETH_ALEN);
	return open_socket(&p->fragments);
}

/* The number of fragments, or negative errno. */
static int send_packet(struct way *w, const uint8_t *packet, size_t len)
{
	uint8_t frame[LINK_BYTES + PACKET];
	struct ipv4_fragments pieces;
	int count = 0, err;
	size_t size;

	err = ipv4_fragments_begin(&pieces, packet, len, w->mtu);
	if (err)
		return err;
	memcpy(frame, w->link, w->link_len);
	while ((size = ipv4_fragments_next(&pieces, frame + w->link_len))) {
		if (sendto(w->p->fragments.fd, frame, w->link_len + size, 0,
			   (const struct sockaddr *)&w->to, sizeof(w->to)) < 0)
			return -errno;
		count++;
	}
	return count;
}

static int send_all(struct way *w, const uint8_t *packet, size_t len,
		    size_t gso_size)
{
	uint8_t one[PACKET];
	int count = 0, sent;
	size_t n = 0, size;

	if (!gso_size)
		return send_packet(w, packet, len);
	while ((size = ipv4_udp_segment(packet, len, gso_size, n++, one))) {
		sent = send_packet(w, one, size);
		if (sent < 0)
			return sent;
		count += sent;
	}
	return count ? count : -EINVAL;
}

static void note(struct plane_bpf *p, const struct xmgm_upcall *u, int sent)
{
	struct fragments *f = &p->fragments;
	const struct port *port = port_find(p, u->oif);

	if (sent > 0) {
		f->sent += (uint64_t)sent;
		f->error = 0;
		return;
	}
	f->failed++;
	if (f->error != sent)
		log_warn("%s: a copy longer than its MTU cannot be sent in "
			 "fragments: %s",
			 port ? port->told.name : "an interface that is gone",
			 strerror(-sent));
	f->error = sent;
}

void fragments_send(struct plane_bpf *p, const struct xmgm_upcall *u,
		    size_t len)
{
	const uint8_t *packet = u->frame + u->l2_len;
	struct way way;
	int sent;

	if (u->length > len || u->length < u->l2_len + IPV4_BYTES)
		return;
	sent = way_find(p, u->oif, packet, &way);
	if (!sent)
		sent = send_all(&way, packet, u->length - u->l2_len,
				u->gso_size);
	note(p, u, sent);
}
