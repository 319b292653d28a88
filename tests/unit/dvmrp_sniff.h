/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What has been said about trees in a simulated network (dvmrp_net.h): prunes,
 * grafts and acknowledgements, in the order in which they were sent.
 */
#ifndef XMGM_TESTS_DVMRP_SNIFF_H
#define XMGM_TESTS_DVMRP_SNIFF_H

#include "dvmrp_net.h"

#define SNIFF_MOST 512u

struct sniffed {
	uint64_t at_ms;
	unsigned int from, to; /* routers */
	enum dvmrp_code code;
	unsigned int link, group; /* of the flow: its source's link */
	uint32_t lifetime_s;
};

struct sniff {
	struct sniffed said[SNIFF_MOST];
	size_t count;
};

static inline void sniff_note(struct net *net, const struct net_frame *frame,
			      const struct dvmrp_message *m)
{
	struct sniff *s = net->arg;

	if (m->code != DVMRP_PRUNE && m->code != DVMRP_GRAFT &&
	    m->code != DVMRP_GRAFT_ACK)
		return;
	assert_true(s->count < SNIFF_MOST);
	s->said[s->count++] = (struct sniffed){
		.at_ms = net->now,
		.from = frame->from,
		.to = (ntohl(frame->destination.s_addr) & 0xff) - 1,
		.code = m->code,
		.link = ntohl(m->source.s_addr) >> 16 & 0xff,
		.group = ntohl(m->group.s_addr) & 0xff,
		.lifetime_s = m->lifetime_s,
	};
}

static inline void sniff_clear(struct net *net)
{
	((struct sniff *)net->arg)->count = 0;
}

/* "2>1 prune (0,1)", a line each; then it begins anew. */
static inline const char *sniff_text(struct net *net)
{
	static const char *const words[] = {
		[DVMRP_PRUNE] = "prune",
		[DVMRP_GRAFT] = "graft",
		[DVMRP_GRAFT_ACK] = "ack",
	};
	static char text[SNIFF_MOST * 24];
	const struct sniff *s = net->arg;
	size_t n = 0;

	text[0] = '\0';
	for (size_t i = 0; i < s->count; i++) {
		const struct sniffed *one = &s->said[i];

		n += (size_t)snprintf(text + n, sizeof(text) - n,
				      "%u>%u %s (%u,%u)\n", one->from, one->to,
				      words[one->code], one->link, one->group);
	}
	sniff_clear(net);
	return text;
}

#define expect_said(net, lines) assert_string_equal(sniff_text(net), lines)
#define expect_seen(net, link, group, links)                     \
	do {                                                     \
		net_send(net, link, group);                      \
		assert_string_equal(net_seen(net, link), links); \
		net_run(net, 10);                                \
	} while (0)

static inline struct net *sniff_net(void)
{
	struct net *net = net_new();

	net->arg = calloc(1, sizeof(struct sniff));
	net->sniff = sniff_note;
	assert_non_null(net->arg);
	return net;
}

static inline void sniff_free(struct net *net)
{
	free(net->arg);
	net_free(net);
}

#endif /* XMGM_TESTS_DVMRP_SNIFF_H */
