/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * IGMP: checks a message to its last byte and hands it, whole, to user space
 * as one record of `igmp`. It keeps no membership and never takes the frame
 * away from the host, which may have members of its own. Refusals and their
 * order are those of user/wire/igmp.c. This is the slow path.
 *
 * No interface can take the ring away from another: each has a bucket of
 * group records, in which a long message counts as many, and a share of half
 * of the ring; beyond it there is room only while the ring is not half full.
 * Each host has a bucket as well, so that one that floods does not use up its
 * neighbours'. It is forgotten when many others send: who forges addresses
 * meets the interface's.
 */
#ifndef XMGM_BPF_IGMP_H
#define XMGM_BPF_IGMP_H

#include "bucket.h"
#include "ipv4.h"

/* bpf_csum_diff takes at most this much at a time on older kernels. */
#define IGMP_CHUNK 512

/*
 * What a walk over the body knows: what the next 32-bit word is. A record is
 * {type, aux words, sources; group; sources; aux}; a query's list is treated
 * as the sources of a record that has begun.
 */
struct igmp_walk {
	__u32 first;   /* index of the first word to look at */
	__u32 words;   /* whole words of the message */
	__u32 records; /* still to begin */
	__u32 group;   /* 1: the next word is a record's group */
	__u32 sources; /* still to come in this record */
	__u32 aux;
	__u32 ignore; /* 1: nothing in this record matters any more */
	__u32 fit;    /* records that user space can use, or count */
	enum xmgm_igmp_reason unfit; /* of the first one that it cannot */
	enum xmgm_igmp_reason bad;   /* of the message as a whole */
};

/*
 * Where a message is put together: on a program's stack there is no room.
 * Two CPUs never share one, and softirqs of one CPU do not nest. The walk is
 * here as well: before 6.8 the verifier looks at the body of a bpf_loop only
 * as it is entered first, and removes branches that values on the stack rule
 * out then. What lies in a map it takes for unknown.
 */
struct igmp_scratch {
	struct xmgm_igmp head;
	__u32 word[(XMGM_IGMP_BYTES + IGMP_CHUNK) / 4];
	struct igmp_walk walk;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct igmp_scratch);
} igmp_scratch SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, XMGM_IGMP_REASON_COUNT);
	__type(key, __u32);
	__type(value, __u64);
} igmp_verdicts SEC(".maps");

/* The Internet checksum over the message; the padding behind it is zero. */
static __noinline bool igmp_checksum_ok(struct igmp_scratch *s, __u32 len)
{
	__s64 sum = 0;

	if (!s)
		return false;
	for (__u32 at = 0; at < XMGM_IGMP_BYTES; at += IGMP_CHUNK) {
		__u32 size = IGMP_CHUNK;

		if (at >= len)
			break;
		if (len - at < IGMP_CHUNK)
			size = (len - at + 3) & (IGMP_CHUNK - 4);
		sum = bpf_csum_diff(0, 0, &s->word[at / 4], size, sum);
		if (sum < 0)
			return false;
	}
	return csum_fold(sum) == 0xffff;
}

static __always_inline enum xmgm_igmp_reason igmp_group_check(__u32 group)
{
	group = bpf_ntohl(group);
	if (group >> 28 != 14)
		return XMGM_IGMP_GROUP;
	if (group >> 8 == 0xe00000)
		return XMGM_IGMP_LINK_LOCAL;
	return XMGM_IGMP_DELIVERED;
}

static __always_inline bool igmp_is_unicast(__u32 address)
{
	__u32 top = bpf_ntohl(address) >> 24;

	return top > 0 && top < 224 && top != 127;
}

/* A record begins only if all of it is there. Of an unknown type nothing else
 * is looked at: RFC 9776 section 4.2.12. */
static __always_inline void igmp_walk_header(struct igmp_walk *w, __u32 index,
					     __u32 word)
{
	word = bpf_ntohl(word);
	w->records--;
	w->group = 1;
	w->ignore = word >> 24 < 1 || word >> 24 > 6;
	w->aux = word >> 16 & 0xff;
	w->sources = word & 0xffff;
	w->fit++;
	if (index + 2 + w->sources + w->aux > w->words)
		w->bad = XMGM_IGMP_RECORDS;
}

/* A record that says nothing spoils no other one. */
static __always_inline void igmp_walk_check(struct igmp_walk *w,
					    enum xmgm_igmp_reason reason)
{
	if (w->ignore || reason == XMGM_IGMP_DELIVERED)
		return;
	w->ignore = 1;
	w->fit--;
	if (w->unfit == XMGM_IGMP_DELIVERED)
		w->unfit = reason;
}

static __always_inline enum xmgm_igmp_reason igmp_source_check(__u32 source)
{
	return igmp_is_unicast(source) ? XMGM_IGMP_DELIVERED : XMGM_IGMP_SOURCE;
}

static long igmp_walk_word(__u32 index, void *arg)
{
	struct igmp_scratch *s = *(struct igmp_scratch **)arg;
	struct igmp_walk *w = &s->walk;
	__u32 word;

	index += w->first;
	if (index >= XMGM_IGMP_BYTES / 4)
		return 1;
	word = s->word[index];
	if (w->group) {
		w->group = 0;
		igmp_walk_check(w, igmp_group_check(word));
	} else if (w->sources) {
		w->sources--;
		igmp_walk_check(w, igmp_source_check(word));
	} else if (w->aux) {
		w->aux--;
	} else if (w->records) {
		igmp_walk_header(w, index, word);
	} else {
		return 1;
	}
	return w->bad != XMGM_IGMP_DELIVERED;
}

/* Walks the whole words from `first` on: is everything there? What could not
 * be used is in the walk. */
static __always_inline enum xmgm_igmp_reason
igmp_walk(struct igmp_scratch *s, __u32 first, __u32 records, __u32 sources)
{
	struct igmp_walk *w = &s->walk;

	*w = (struct igmp_walk){.first = first,
				.words = s->head.length / 4,
				.records = records,
				.sources = sources};
	if (first + sources > w->words)
		return XMGM_IGMP_RECORDS;
	bpf_loop(w->words - first, igmp_walk_word, &s, 0);
	if (w->bad == XMGM_IGMP_DELIVERED && w->records)
		return XMGM_IGMP_RECORDS;
	return w->bad;
}

static __always_inline enum xmgm_igmp_reason igmp_report(struct igmp_scratch *s)
{
	enum xmgm_igmp_reason bad;
	__u32 records = bpf_ntohl(s->word[1]) & 0xffff;

	s->head.version = 3;
	s->head.records = records;
	bad = igmp_walk(s, 2, records, 0);
	if (bad == XMGM_IGMP_DELIVERED && records && !s->walk.fit)
		return s->walk.unfit;
	return bad;
}

/* v1, v2 or v3 by length and Max Resp Code: RFC 9776 section 7.1. */
static __always_inline enum xmgm_igmp_reason igmp_query(struct igmp_scratch *s)
{
	enum xmgm_igmp_reason bad = XMGM_IGMP_DELIVERED;
	__u32 len = s->head.length, group = s->word[1];

	s->head.version = s->word[0] & bpf_htonl(0x00ff0000) ? 2 : 1;
	if (len > 8) {
		if (len < 12)
			return XMGM_IGMP_TRUNCATED;
		s->head.version = 3;
		bad = igmp_walk(s, 3, 0, bpf_ntohl(s->word[2]) & 0xffff);
		if (bad != XMGM_IGMP_DELIVERED)
			return bad;
		bad = s->walk.unfit;
	}
	if (group && igmp_group_check(group) != XMGM_IGMP_DELIVERED)
		return igmp_group_check(group);
	return bad;
}

static __always_inline enum xmgm_igmp_reason
igmp_message(struct igmp_scratch *s)
{
	s->head.records = 0;
	s->head.type = bpf_ntohl(s->word[0]) >> 24;
	switch (s->head.type) {
	case XMGM_IGMP_QUERY:
		return igmp_query(s);
	case XMGM_IGMP_V3_REPORT:
		return igmp_report(s);
	case XMGM_IGMP_V1_REPORT:
		s->head.version = 1;
		return igmp_group_check(s->word[1]);
	case XMGM_IGMP_V2_REPORT:
	case XMGM_IGMP_V2_LEAVE:
		s->head.version = 2;
		return igmp_group_check(s->word[1]);
	}
	return XMGM_IGMP_TYPE;
}

/* What the IP header says of the message behind it. */
static __always_inline enum xmgm_igmp_reason
igmp_header(const struct packet *p, struct igmp_scratch *s, __u32 header)
{
	const struct iphdr *ip = p->ip;
	__u32 len = p->ip_len - header;

	if (ip->frag_off & bpf_htons(IP_MF_OFFSET))
		return XMGM_IGMP_FRAGMENT;
	if (len > XMGM_IGMP_BYTES)
		return XMGM_IGMP_TOO_LONG;
	if (len < 8)
		return XMGM_IGMP_TRUNCATED;
	if (ip->ttl != 1)
		return XMGM_IGMP_TTL;
	__builtin_memcpy(s->head.host, &ip->saddr, 4);
	__builtin_memcpy(s->head.target, &ip->daddr, 4);
	if (ip->saddr && !ip_source_sane(ip->saddr))
		return XMGM_IGMP_HOST;
	return XMGM_IGMP_DELIVERED;
}

/* Copies the message, and checks what does not need its meaning. */
static __always_inline enum xmgm_igmp_reason
igmp_copy(void *ctx, const struct packet *p, struct igmp_scratch *s)
{
	__u32 header = (p->ip->version_ihl & 15) * 4;
	__u32 len = p->ip_len - header;
	enum xmgm_igmp_reason bad = igmp_header(p, s, header);

	if (bad != XMGM_IGMP_DELIVERED)
		return bad;
	if (len < 8 || len > XMGM_IGMP_BYTES)
		return XMGM_IGMP_TOO_LONG; /* the verifier asks again */
	s->word[len / 4] = 0; /* pads an odd length for the checksum */
	if (frame_load(ctx, p->l2_len + header, s->word, len))
		return XMGM_IGMP_TRUNCATED;
	s->head.length = len;
	if (!igmp_checksum_ok(s, len))
		return XMGM_IGMP_CHECKSUM;
	return XMGM_IGMP_DELIVERED;
}

/* The price of a message in group records: work for user space, or bytes. */
static __always_inline __u32 igmp_price(const struct xmgm_igmp *head)
{
	__u32 units = (head->length + XMGM_IGMP_UNIT - 1) / XMGM_IGMP_UNIT;

	return head->records > units ? head->records : units;
}

/*
 * Is there room? Neither test looks at the size of the message: what goes
 * over by it is one message an interface, and no sender of small ones gets
 * more of the ring than others.
 */
static __always_inline bool igmp_crowded(const struct xmgm_settings *set,
					 __s64 used)
{
	return used >= (__s64)set->igmp_share &&
	       bpf_ringbuf_query(&igmp, BPF_RB_AVAIL_DATA) >=
		       XMGM_IGMP_RING / 2;
}

/* 0: the interface does not limit hosts, or this one has not been heard. */
static __always_inline struct xmgm_igmp_bucket *
igmp_host_find(const struct packet *p, const struct xmgm_ingress *in)
{
	struct xmgm_igmp_host key = {.ifid = p->ifid};

	if (!in->igmp_host_rate)
		return 0;
	__builtin_memcpy(key.address, &p->ip->saddr, 4);
	return bpf_map_lookup_elem(&igmp_hosts, &key);
}

static __always_inline enum xmgm_igmp_reason
igmp_host_refuse(struct xmgm_ingress *in, struct xmgm_igmp_bucket *bucket,
		 __u32 host)
{
	__sync_fetch_and_add(&bucket->limited, 1);
	__builtin_memcpy(in->igmp_host, &host, 4);
	return XMGM_IGMP_HOST_LIMITED;
}

/* Takes what the message costs out of its host's bucket. */
static __always_inline enum xmgm_igmp_reason
igmp_host_take(struct igmp_scratch *s, struct xmgm_ingress *in)
{
	struct xmgm_igmp_host key = {.ifid = s->head.ifid};
	struct xmgm_igmp_bucket fresh = {}, *bucket;
	__u32 host;

	if (!in->igmp_host_rate)
		return XMGM_IGMP_DELIVERED;
	__builtin_memcpy(key.address, s->head.host, 4);
	__builtin_memcpy(&host, s->head.host, 4);
	bucket = bpf_map_lookup_elem(&igmp_hosts, &key);
	if (!bucket) {
		bpf_map_update_elem(&igmp_hosts, &key, &fresh, BPF_NOEXIST);
		bucket = bpf_map_lookup_elem(&igmp_hosts, &key);
	}
	if (!bucket || bucket_take(&bucket->full_at, in->igmp_host_rate,
				   in->igmp_host_burst, igmp_price(&s->head)))
		return XMGM_IGMP_DELIVERED;
	return igmp_host_refuse(in, bucket, host);
}

static __always_inline enum xmgm_igmp_reason
igmp_deliver(struct igmp_scratch *s, struct xmgm_ingress *in,
	     const struct xmgm_settings *set)
{
	__u32 len = s->head.length;
	__u64 room = XMGM_IGMP_ROOM(len);
	enum xmgm_igmp_reason bad = igmp_host_take(s, in);
	__s64 used;

	if (bad != XMGM_IGMP_DELIVERED)
		return bad;
	if (!bucket_take(&in->igmp_full_at, set->igmp_rate, set->igmp_burst,
			 igmp_price(&s->head)))
		return XMGM_IGMP_LIMITED;
	used = __sync_fetch_and_add(&in->igmp_in, room) - in->igmp_out;
	if (igmp_crowded(set, used)) {
		__sync_fetch_and_add(&in->igmp_in, -room);
		return XMGM_IGMP_CROWDED;
	}
	/* Read again: the verifier of 6.1 forgets the bound of a value that
	 * the compiler checks in one register and takes from the stack. */
	len = *(volatile __u32 *)&s->head.length;
	if (len > XMGM_IGMP_BYTES ||
	    bpf_ringbuf_output(&igmp, s, sizeof(s->head) + len, 0)) {
		__sync_fetch_and_add(&in->igmp_in, -room);
		return XMGM_IGMP_LOST;
	}
	return XMGM_IGMP_DELIVERED;
}

/* Over its rate an interface, or a host, is not listened to: a flood costs
 * little. */
static __always_inline enum xmgm_igmp_reason
igmp_parse(void *ctx, const struct packet *p, struct xmgm_ingress *in)
{
	struct xmgm_igmp_bucket *host = igmp_host_find(p, in);
	enum xmgm_igmp_reason bad;
	struct xmgm_settings *set;
	struct igmp_scratch *s;
	__u32 zero = 0;

	s = bpf_map_lookup_elem(&igmp_scratch, &zero);
	set = bpf_map_lookup_elem(&settings, &zero);
	if (!s || !set)
		return XMGM_IGMP_LOST;
	if (bucket_empty(&in->igmp_full_at, set->igmp_rate, set->igmp_burst))
		return XMGM_IGMP_LIMITED;
	if (host && bucket_empty(&host->full_at, in->igmp_host_rate,
				 in->igmp_host_burst))
		return igmp_host_refuse(in, host, p->ip->saddr);
	bad = igmp_copy(ctx, p, s);
	if (bad != XMGM_IGMP_DELIVERED)
		return bad;
	bad = igmp_message(s);
	if (bad != XMGM_IGMP_DELIVERED)
		return bad;
	s->head.time_ns = bpf_ktime_get_ns();
	s->head.ifid = p->ifid;
	return igmp_deliver(s, in, set);
}

/* What was not delivered although it may have been valid. */
static __always_inline void igmp_count_shed(struct xmgm_ingress *in,
					    enum xmgm_igmp_reason reason)
{
	if (reason == XMGM_IGMP_LIMITED)
		__sync_fetch_and_add(&in->igmp_limited, 1);
	else if (reason == XMGM_IGMP_CROWDED)
		__sync_fetch_and_add(&in->igmp_crowded, 1);
	else if (reason == XMGM_IGMP_LOST)
		__sync_fetch_and_add(&in->igmp_lost, 1);
	else if (reason == XMGM_IGMP_HOST_LIMITED)
		__sync_fetch_and_add(&in->igmp_host_limited, 1);
}

static __always_inline enum xmgm_igmp_reason igmp_gate(void *ctx,
						       const struct packet *p)
{
	struct xmgm_interface *owned;
	enum xmgm_igmp_reason reason;
	struct xmgm_ingress *in;
	__u32 slot;

	owned = bpf_map_lookup_elem(&interfaces, &p->ifid);
	if (!owned || owned->gate == XMGM_GATE_OFF)
		return XMGM_IGMP_GATE_OFF;
	slot = owned->slot;
	in = bpf_map_lookup_elem(&ingress, &slot);
	if (!in)
		return XMGM_IGMP_LOST;
	reason = igmp_parse(ctx, p, in);
	igmp_count_shed(in, reason);
	return reason;
}

/* To be called for an IGMP packet. */
static __noinline void igmp_input(void *ctx, struct packet *p)
{
	__u32 reason = igmp_gate(ctx, p);
	__u64 *counter = bpf_map_lookup_elem(&igmp_verdicts, &reason);

	if (counter)
		(*counter)++;
}

#endif /* XMGM_BPF_IGMP_H */
