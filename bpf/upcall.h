/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What user space hears of the data: first packets of new flows, held ones,
 * packets on a wrong interface. Bounded everywhere: a token bucket per
 * interface for new flows, hold limits per flow and in total, an LRU for
 * the flows, so that no sender can grow anything. This is the slow path;
 * its functions are not inlined.
 */
#ifndef XMGM_BPF_UPCALL_H
#define XMGM_BPF_UPCALL_H

#include "bucket.h"
#include "frame.h"
#include "local.h"
#include "verdict.h"

/* Not every program has all of it. */
#define MAYBE_UNUSED __attribute__((unused))

static __always_inline struct xmgm_bucket *bucket_get(__u32 ifid)
{
	struct xmgm_bucket fresh = {};
	struct xmgm_bucket *bucket = bpf_map_lookup_elem(&buckets, &ifid);

	if (bucket)
		return bucket;
	bpf_map_update_elem(&buckets, &ifid, &fresh, BPF_NOEXIST);
	return bpf_map_lookup_elem(&buckets, &ifid);
}

/*
 * Defines a sender of records that carry up to `room` bytes of frame. The
 * barriers keep both bounds of len, one after the other: the compiler knows
 * them from all callers, or makes one comparison of them, and the verifier of
 * 6.1 follows neither.
 */
#define UPCALL_SENDER(name, room)                                          \
	static __noinline int name(void *ctx, struct xmgm_upcall *head,    \
				   __u32 len)                              \
	{                                                                  \
		struct xmgm_upcall *u;                                     \
		int err = -1;                                              \
                                                                           \
		u = bpf_ringbuf_reserve(&upcalls, sizeof(*u) + (room), 0); \
		if (!u)                                                    \
			return -1;                                         \
		*u = *head;                                                \
		barrier_var(len);                                          \
		if (len >= sizeof(struct iphdr)) {                         \
			barrier_var(len);                                  \
			if (len <= (room))                                 \
				err = frame_load(ctx, 0, u->frame, len);   \
		}                                                          \
		if (err)                                                   \
			bpf_ringbuf_discard(u, 0);                         \
		else                                                       \
			bpf_ringbuf_submit(u, 0);                          \
		return err;                                                \
	}

UPCALL_SENDER(upcall_send_small, XMGM_UPCALL_SMALL)
UPCALL_SENDER(upcall_send_medium, XMGM_UPCALL_MEDIUM)
UPCALL_SENDER(upcall_send_large, XMGM_UPCALL_LARGE)

static __always_inline int upcall_send(void *ctx, const struct packet *p,
				       enum xmgm_upcall_type type, __u32 len)
{
	struct xmgm_upcall head = {
		.time_ns = bpf_ktime_get_ns(),
		.type = type,
		.ifid = p->ifid,
		.ifindex = p->ifindex,
		.length = p->frame_len,
		.flow = p->flow,
		.l2_len = p->l2_len,
		.flags = p->own ? XMGM_UPCALL_OWN : 0,
	};

	if (len <= XMGM_UPCALL_SMALL)
		return upcall_send_small(ctx, &head, len);
	if (len <= XMGM_UPCALL_MEDIUM)
		return upcall_send_medium(ctx, &head, len);
	return upcall_send_large(ctx, &head, len);
}

/*
 * Room for one more held packet of len bytes, of this flow and in total? The
 * difference may be negative for a moment after the daemon was restarted.
 */
static __always_inline bool hold_admit(struct xmgm_pending *flow,
				       struct xmgm_hold *total,
				       const struct xmgm_settings *s, __u32 len)
{
	__s64 packets = total->packets_in - total->packets_out;
	__s64 bytes = total->bytes_in - total->bytes_out;

	return flow->packets < s->hold_packets &&
	       flow->bytes + len <= s->hold_bytes &&
	       packets < (__s64)s->hold_packets_total &&
	       bytes + len <= (__s64)s->hold_bytes_total;
}

/* Before the packet is sent up: user space counts the other way at once. */
static __always_inline void hold_count(struct xmgm_pending *flow,
				       struct xmgm_hold *total, __s32 packets,
				       __s32 bytes)
{
	__sync_fetch_and_add(&flow->packets, packets);
	__sync_fetch_and_add(&flow->bytes, bytes);
	__sync_fetch_and_add(&total->packets_in, (__s64)packets);
	__sync_fetch_and_add(&total->bytes_in, (__s64)bytes);
}

/* No room, but user space must hear of a new flow all the same. */
static __always_inline enum xmgm_reason
hold_refuse(void *ctx, const struct packet *p, enum xmgm_upcall_type type)
{
	__u32 len = p->frame_len;

	if (len > XMGM_UPCALL_SMALL)
		len = XMGM_UPCALL_SMALL;
	if (type == XMGM_UPCALL_MISS &&
	    upcall_send(ctx, p, XMGM_UPCALL_UNHELD, len))
		return XMGM_UPCALL_LOST;
	return XMGM_HOLD_OVERFLOW;
}

/* Hands the packet to user space; the reason says how that went. */
static __always_inline enum xmgm_reason hold_packet(void *ctx,
						    const struct packet *p,
						    struct xmgm_pending *flow,
						    enum xmgm_upcall_type type)
{
	__u32 zero = 0, len = p->frame_len;
	struct xmgm_settings *s = bpf_map_lookup_elem(&settings, &zero);
	struct xmgm_hold *total = bpf_map_lookup_elem(&hold, &zero);

	if (!s || !total || len > XMGM_HOLD_FRAME_MAX ||
	    !hold_admit(flow, total, s, len))
		return hold_refuse(ctx, p, type);
	hold_count(flow, total, 1, len);
	if (upcall_send(ctx, p, type, len)) {
		hold_count(flow, total, -1, -(__s32)len);
		return XMGM_UPCALL_LOST;
	}
	return type == XMGM_UPCALL_MISS ? XMGM_MISS : XMGM_HELD;
}

/* The flow's pending entry if it is not older than 2 s. */
static __always_inline struct xmgm_pending *
pending_get(const struct xmgm_flow *flow)
{
	struct xmgm_pending *entry = bpf_map_lookup_elem(&pending, flow);

	if (!entry || bpf_ktime_get_ns() - entry->first_seen > XMGM_PENDING_NS)
		return 0;
	return entry;
}

/* A new flow, if its interface has a token left: NULL otherwise. */
static __always_inline struct xmgm_pending *pending_new(const struct packet *p)
{
	struct xmgm_pending fresh = {.first_seen = bpf_ktime_get_ns()};
	struct xmgm_bucket *bucket = bucket_get(p->ifid);
	__u32 zero = 0;
	struct xmgm_settings *s = bpf_map_lookup_elem(&settings, &zero);

	if (!s || !bucket ||
	    !bucket_take(&bucket->full_at, s->upcall_rate, s->upcall_burst, 1))
		return 0;
	bpf_map_update_elem(&pending, &p->flow, &fresh, BPF_ANY);
	return bpf_map_lookup_elem(&pending, &p->flow);
}

/* Is there a daemon that will hear of it? */
static __always_inline bool attended(void)
{
	__u32 zero = 0;
	struct xmgm_settings *s = bpf_map_lookup_elem(&settings, &zero);
	__u64 beat = s ? *(volatile __u64 *)&s->heartbeat : 0;

	/* Signed: the beat of another CPU may be ahead of us. */
	return beat &&
	       (__s64)(bpf_ktime_get_ns() - beat) <= (__s64)XMGM_HEARTBEAT_NS;
}

/* Another router of this machine may have a use for what we have none for. */
static __always_inline bool is_foreign(struct packet *p)
{
	__u32 zero = 0;
	struct xmgm_settings *s = bpf_map_lookup_elem(&settings, &zero);
	struct xmgm_interface *in;

	if (!s || !s->foreign)
		return false;
	in = bpf_map_lookup_elem(&interfaces, &p->ifid);
	return in && in->flags & XMGM_IF_FOREIGN;
}

/* What nobody wants is dropped while somebody could say otherwise. */
static MAYBE_UNUSED __noinline int upcall_negative(struct packet *p)
{
	struct xmgm_interface *in;

	if (is_foreign(p))
		return verdict(XMGM_FOREIGN, XDP_PASS);
	if (attended())
		return verdict(XMGM_NEGATIVE, XDP_DROP);
	in = bpf_map_lookup_elem(&interfaces, &p->ifid);
	if (!in || in->owner == XMGM_OWNER_NONE)
		return verdict(XMGM_UNOWNED, XDP_PASS);
	return verdict(XMGM_UNATTENDED, XDP_PASS);
}

static __noinline int upcall_miss(void *ctx, struct packet *p)
{
	enum xmgm_upcall_type type = XMGM_UPCALL_HELD;
	struct xmgm_interface *in;
	enum xmgm_reason reason;
	struct xmgm_pending *flow;

	in = bpf_map_lookup_elem(&interfaces, &p->ifid);
	if (!in || in->owner == XMGM_OWNER_NONE)
		return verdict(XMGM_UNOWNED, XDP_PASS);
	if (!attended())
		return verdict(XMGM_UNATTENDED, XDP_PASS);
	flow = pending_get(&p->flow);
	if (!flow) {
		type = XMGM_UPCALL_MISS;
		flow = pending_new(p);
	}
	if (!flow)
		return verdict(XMGM_UPCALL_LIMITED, XDP_DROP);
	reason = hold_packet(ctx, p, flow, type);
	/* Nobody has heard of the flow: its next packet must try again. */
	if (type == XMGM_UPCALL_MISS && reason == XMGM_UPCALL_LOST)
		bpf_map_delete_elem(&pending, &p->flow);
	return verdict(reason, XDP_DROP);
}

/* A packet of a flow that is being drained: false if it may go at once. */
static __noinline bool upcall_hold(void *ctx, struct packet *p)
{
	struct xmgm_pending *flow = pending_get(&p->flow);

	if (!flow || !attended() ||
	    hold_packet(ctx, p, flow, XMGM_UPCALL_HELD) != XMGM_HELD)
		return false;
	count_reason(XMGM_HELD);
	return true;
}

/* One a second of each entry: by them its routing protocol knows. */
static __always_inline bool wrong_if_is_foreign(struct xmgm_mfe *mfe,
						const struct xmgm_interface *in)
{
	__u32 now = bpf_ktime_get_coarse_ns() / 1000000000;

	if (!(in->flags & XMGM_IF_FOREIGN) || mfe->wrong_if_sampled == now)
		return false;
	mfe->wrong_if_sampled = now;
	return true;
}

static MAYBE_UNUSED __noinline int upcall_wrong_if(void *ctx, struct packet *p,
						   struct xmgm_mfe *mfe)
{
	__u32 zero = 0, len = p->frame_len;
	struct xmgm_settings *s = bpf_map_lookup_elem(&settings, &zero);
	struct xmgm_bucket *bucket;
	struct xmgm_interface *in;

	if (local_elsewhere(ctx, p, mfe))
		return verdict(XMGM_LOCAL, XDP_PASS);
	if (mfe)
		__sync_fetch_and_add(&mfe->wrong_if, 1);
	in = bpf_map_lookup_elem(&interfaces, &p->ifid);
	if (!in || in->owner == XMGM_OWNER_NONE)
		return verdict(XMGM_UNOWNED, XDP_PASS);
	if (s && (in->flags & XMGM_IF_WRONG_IF_UPCALLS)) {
		bucket = bucket_get(p->ifid);
		if (len > XMGM_UPCALL_SMALL)
			len = XMGM_UPCALL_SMALL;
		if (bucket &&
		    bucket_take(&bucket->wrong_if_full_at, s->wrong_if_rate,
				s->wrong_if_rate, 1))
			upcall_send(ctx, p, XMGM_UPCALL_WRONG_IF, len);
	}
	if (mfe && wrong_if_is_foreign(mfe, in))
		return verdict(XMGM_FOREIGN, XDP_PASS);
	return verdict(XMGM_WRONG_IF, XDP_DROP);
}

#endif /* XMGM_BPF_UPCALL_H */
