/* SPDX-License-Identifier: LGPL-2.1-or-later OR BSD-2-Clause */
/*
 * The contract between the XDP programs and user space: every struct that
 * lives in a map or a ring buffer, every enum a map dump shows, every limit
 * and every name. bpf/ and user/ meet only here.
 *
 * Addresses are byte arrays in network order, so that `bpftool map dump`
 * shows [239,1,1,1]. All other integers are in host order. Changing anything
 * below means a new XMGM_ABI_VERSION. Pins of a version from XMGM_ABI_CARRIED
 * on are carried over by copying, so from there on keys stay, and structs that
 * are values and lists of reasons grow at their end only; who must change more
 * sets XMGM_ABI_CARRIED to the new version. What is marked "later" has its
 * place, so that it needs no other version, and is written by nobody yet.
 *
 * Order of updates (the programs rely on it):
 *   adding a route:    fill the oif set, then write the route
 *   changing a route:  fill the new set, write the route, then free the old
 *                      set after an RCU grace period
 *   removing a route:  delete the route, then free the set likewise
 *   an interface loses its owner: its routes go first, then `interfaces`
 * An entry of `mfc` in state FORWARDING or DRAINING names owned interfaces
 * only: the programs do not look the owner up again for a hit.
 */
#ifndef XMGM_ABI_H
#define XMGM_ABI_H

#ifndef __bpf__
#include <linux/types.h>
#include <assert.h>
#endif

#ifndef XMGM_ABI_VERSION /* a test wants a later one */
#define XMGM_ABI_VERSION 5
#endif
#define XMGM_ABI_CARRIED  2

#define XMGM_PIN_ROOT	  "/sys/fs/bpf/xmgm"
#define XMGM_PIN_INGRESS  "prog_ingress" /* attached last, on one interface */
#define XMGM_PIN_EGRESS	  "prog_egress"	 /* the one in every oif set */
#define XMGM_PIN_REPLAY	  "prog_replay"	 /* twin of ingress, for held packets */
#define XMGM_PIN_ROUTES	  "prog_routes"	 /* applies a batch of routes */
#define XMGM_PIN_XMIT	  "link_xmit"	 /* counts what drivers refuse */
#define XMGM_INSTANCE_LEN 32		 /* with the final zero */

/* Sizes of maps that are part of the contract. */
#define XMGM_EGRESS_MAX	  4096 /* `egress` holds ifids 0 to this - 1 */
#define XMGM_EGRESS_VLANS 4096 /* behind it: as many from XMGM_IFID_VLAN on */
#define XMGM_EGRESS_SLOTS (XMGM_EGRESS_MAX + XMGM_EGRESS_VLANS)
#define XMGM_EGRESS_FAR	  4096	/* entries of `egress_far`, any other ifid */
#define XMGM_INTERFACES	  8192	/* entries of `interfaces`, `ingress` */
#define XMGM_PORTS	  8192	/* entries of `ports` */
#define XMGM_BATCH	  4096	/* routes in one run of the routes program */
#define XMGM_SET_OIFS	  1024	/* oifs of one set, at most */
#define XMGM_OIFS	  65536 /* entries of `oifs` */
#define XMGM_SHARED_FLOWS 65536 /* entries of `mfc_shared` */
#define XMGM_IGMP_RING	  (1 << 24) /* bytes */
#define XMGM_UPCALL_RING  (1 << 24) /* bytes */
#define XMGM_IGMP_BYTES	  9216	    /* of one IGMP message */
#define XMGM_IGMP_UNIT	  16	/* bytes of a message that count as a record */
#define XMGM_IGMP_HOSTS	  65536 /* entries of `igmp_hosts` */
#define XMGM_LOCALS	  16384 /* entries of `locals` */
#define XMGM_LOCAL_PLACES 256	/* interfaces of one group there */
#define XMGM_IFNAME_LEN	  16
#define XMGM_IFID_VLAN	  0x40000000u /* first ifid that is no ifindex */
#define XMGM_TREATMENTS	  256	      /* of them 1 to 255 */
#define XMGM_RATES	  65536	      /* flows with a rate of their own */
#define XMGM_PENDING_NS	  2000000000ull
/* `last_used` is written if it is older, by a clock that is read if the
 * kernel's tick, 100 to 1000 a second, has gone on by more than so many. */
#define XMGM_LAST_USED_NS  500000000ull
#define XMGM_CLOCK_TICKS   32
#define XMGM_HEARTBEAT_NS  3000000000ull /* older: nobody listens */
#define XMGM_UPCALL_SMALL  192	/* bytes of frame in a small upcall record */
#define XMGM_UPCALL_MEDIUM 1600 /* in a medium one */
#define XMGM_UPCALL_LARGE  3400 /* in a large one; longer is not held */
#define XMGM_UPCALL_JUMBO  9728 /* those to be fragmented alone */
#define XMGM_UPCALL_HUGE   65600
/* The kernel's BPF_PROG_RUN sends no longer frame: such are not held. */
#define XMGM_HOLD_FRAME_MAX XMGM_UPCALL_LARGE

/* Oif sets with a meaning of their own; the pool hands out the others. */
enum xmgm_set {
	XMGM_SET_NONE = 0,     /* in no route: dropped as gone */
	XMGM_SET_NEGATIVE = 1, /* nobody wants it: drop, no upcall */
	XMGM_SET_KERNEL = 2,   /* the kernel's flow: passed to it, whole */
	XMGM_SET_FIRST = 3,
};

/*
 * Why a multicast frame, or one copy of it, was treated as it was: the index
 * into `verdicts`, the name in JSON, and the sentence a person reads.
 */
#define XMGM_REASONS(X)                                                        \
	X(FORWARDED, "forwarded", "sent to the interfaces of its route")       \
	X(NEGATIVE, "negative", "nobody wants this flow: dropped")             \
	X(MISS, "miss", "first packet of a new flow: reported and held")       \
	X(HELD, "held", "held while its route is made")                        \
	X(HOLD_OVERFLOW, "hold-overflow", "hold is full: dropped")             \
	X(UPCALL_LIMITED, "upcall-limited",                                    \
	  "new flow over the interface's upcall rate: dropped")                \
	X(UPCALL_LOST, "upcall-lost", "upcall ring buffer full: dropped")      \
	X(REPLAY_MISS, "replay-miss", "held packet still has no route")        \
	X(WRONG_IF, "wrong-if", "arrived on an interface that is not its iif") \
	X(NO_SET, "no-set", "its oif set is gone: dropped")                    \
	X(MULTIBUF, "multibuf",                                                \
	  "multi-buffer frame with several oifs: to the host alone")           \
	X(UNOWNED, "unowned", "no protocol owns the arrival interface")        \
	X(UNATTENDED, "unattended",                                            \
	  "new flow while no daemon listens: to the host")                     \
	X(TTL, "ttl", "TTL is 1 or 0")                                         \
	X(LINK_LOCAL, "link-local", "group in 224.0.0.0/24: to the host")      \
	X(IGMP, "igmp", "IGMP: to the host")                                   \
	X(OPTIONS, "options", "IP options: to the host")                       \
	X(VLAN, "vlan", "tag of a VLAN without an interface: to the host")     \
	X(TRUNCATED, "truncated", "frame shorter than an IPv4 header")         \
	X(BAD_VERSION, "bad-version", "IP version is not 4")                   \
	X(BAD_IHL, "bad-ihl", "IP header length below 20")                     \
	X(BAD_LENGTH, "bad-length", "IP total length disagrees with frame")    \
	X(BAD_CHECKSUM, "bad-checksum", "IP header checksum wrong")            \
	X(BAD_SOURCE, "bad-source", "source is zero, loopback or no unicast")  \
	X(BAD_GROUP, "bad-group", "destination is no multicast group")         \
	X(BAD_MAC, "bad-mac", "destination MAC is not the group's")            \
	X(CSUM_REPAIRED, "csum-repaired", "partial UDP checksum set to zero")  \
	X(OIF_TTL, "oif-ttl", "copy below the oif's TTL threshold")            \
	X(OIF_UNKNOWN, "oif-unknown", "copy for an oif without a MAC address") \
	X(KERNEL, "kernel", "its flow is left to the kernel: to the host")     \
	X(FOREIGN, "foreign",                                                  \
	  "no use for it here, another router of this machine may have")       \
	X(CLONED, "cloned", "copied behind XDP, which cannot copy it")         \
	X(OIF_MTU, "oif-mtu",                                                  \
	  "a copy longer than the oif's MTU, not to be fragmented: dropped")   \
	X(OWN, "own", "sent by this machine, and copied to its route's oifs")  \
	X(FRAGMENTED, "fragmented",                                            \
	  "a copy longer than the oif's MTU: to the daemon, in fragments on")  \
	X(FRAGMENT_LIMITED, "fragment-limited",                                \
	  "a copy longer than the oif's MTU, over the rate of these: dropped") \
	X(FRAGMENT_LOST, "fragment-lost",                                      \
	  "a copy longer than the oif's MTU, and no daemon takes it: dropped") \
	X(LOCAL, "local", "for sockets of this machine: to the host")          \
	X(TAGS, "tags", "more than one VLAN tag: to the host")                 \
	X(ETHERTYPE, "ethertype", "a group's MAC address, but no IPv4")        \
	X(NO_METADATA, "no-metadata",                                          \
	  "no metadata to number copies for VLANs: dropped")                   \
	X(OIF_GONE, "oif-gone", "copy for a VLAN that was just taken away")    \
	X(RATE, "rate", "over the rate limit of its flow: dropped")            \
	X(INTERFACE_RATE, "interface-rate",                                    \
	  "over the rate limit of its arrival interface: dropped")

enum xmgm_reason {
#define XMGM_REASON_ENUM(id, name, text) XMGM_##id,
	XMGM_REASONS(XMGM_REASON_ENUM)
#undef XMGM_REASON_ENUM
		XMGM_REASON_COUNT
};

/* Names are the entries of a table: `= {XMGM_OWNER_NAMES}`. */

/* The protocol that owns an interface. */
enum xmgm_owner {
	XMGM_OWNER_NONE = 0,
	XMGM_OWNER_IGMP = 1,
	XMGM_OWNER_STATIC = 2,
	XMGM_OWNER_DVMRP = 3,
	XMGM_OWNER_PIM = 4,
	XMGM_OWNER_KERNEL = 5,	 /* later: the kernel's routes, mirrored */
	XMGM_OWNER_PROXY = 6,	 /* upstreams of the IGMP proxy */
	XMGM_OWNER_REMOTE = 256, /* from here up: out-of-process clients */
};
#define XMGM_OWNER_NAMES                                            \
	[XMGM_OWNER_IGMP] = "igmp", [XMGM_OWNER_STATIC] = "static", \
	[XMGM_OWNER_DVMRP] = "dvmrp", [XMGM_OWNER_PIM] = "pim",     \
	[XMGM_OWNER_PROXY] = "proxy"

/* IGMP on an interface: not parsed; parsed; parsed, but memberships wait. */
enum xmgm_gate {
	XMGM_GATE_OFF = 0,
	XMGM_GATE_ON = 1,
	XMGM_GATE_HELD = 2,
};
#define XMGM_GATE_NAMES \
	[XMGM_GATE_OFF] = "off", [XMGM_GATE_ON] = "on", [XMGM_GATE_HELD] = "held"

enum xmgm_state {
	XMGM_STATE_PENDING = 0,	   /* no route yet */
	XMGM_STATE_DRAINING = 1,   /* route known, held packets go first */
	XMGM_STATE_FORWARDING = 2, /* in the fast path */
	XMGM_STATE_NEGATIVE = 3,   /* nobody wants it */
	XMGM_STATE_KERNEL = 4,	   /* left to the kernel */
};
#define XMGM_STATE_NAMES                                                        \
	[XMGM_STATE_PENDING] = "pending", [XMGM_STATE_DRAINING] = "forwarding", \
	[XMGM_STATE_FORWARDING] = "forwarding",                                 \
	[XMGM_STATE_NEGATIVE] = "negative", [XMGM_STATE_KERNEL] = "kernel"

/* xmgm_interface.flags */
enum xmgm_interface_flag {
	/* Local senders behind it leave UDP checksums half done (veth). */
	XMGM_IF_PARTIAL_CSUM = 1,
	/* Data on the wrong interface is reported here. */
	XMGM_IF_WRONG_IF_UPCALLS = 2,
	/* Another router of this machine forwards from here as well: what we do
	 * not forward is left to it. */
	XMGM_IF_FOREIGN = 4,
	/* The clone path is attached here. */
	XMGM_IF_CLONES = 8,
};

#define XMGM_TREATMENT_SHIFT 24

/* xmgm_mfe.flags */
enum xmgm_mfe_flag {
	XMGM_MFE_PARTIAL_CSUM = 1, /* copied from its iif */
	XMGM_MFE_STATIC = 2,	   /* from a static route; never ages */
	XMGM_MFE_DERIVED = 4,	   /* made of a static (*,G), not a route */
	XMGM_MFE_KERNEL = 8,	   /* later: mirrored from the kernel */
	/* An oif that XDP cannot serve, or a socket of this machine: its
	 * packets are passed, and copied behind XDP. */
	XMGM_MFE_CLONE = 16,
	/* An oif has a smaller MTU than its iif: see xmgm_set_info. */
	XMGM_MFE_NARROW = 32,
	/* From here up: which of `treatments` its packets get; 0: none. */
	XMGM_MFE_TREATMENT = 1 << XMGM_TREATMENT_SHIFT,
};

/* The key of `mfc` and `pending`. A zero source is (*,G). */
struct xmgm_flow {
	__u8 source[4];
	__u8 group[4];
};

/* Written and read as one aligned 64-bit word. */
struct xmgm_route {
	__u32 iif; /* ifid */
	__u32 set; /* enum xmgm_set, or a slot of `oif_sets` */
} __attribute__((aligned(8)));

/*
 * One (S,G) line of the forwarding cache. With its key and the kernel's head
 * it is 128 bytes, so that an element begins at a cache line and key and
 * route are in the first one: a million routes in random order are 8 %
 * faster than with elements of 120 bytes.
 */
struct xmgm_mfe {
	struct xmgm_route route;
	struct xmgm_flow flow; /* own key: a reused element must not match */
	__u64 packets;	 /* accepted from the iif, or left to the kernel */
	__u64 bytes;	 /* IP bytes of these, and see `cpu` */
	__u64 wrong_if;	 /* packets from any other interface */
	__u64 last_used; /* CLOCK_MONOTONIC ns, at most 1 s behind */
	enum xmgm_state state;
	__u32 flags;   /* enum xmgm_mfe_flag */
	__u64 created; /* CLOCK_MONOTONIC ns */
	/*
	 * The CPU that counts in `packets` and `bytes`, which it does without
	 * an atomic addition: its number plus 1; 0: the next one may;
	 * XMGM_CPU_SEVERAL: none. With XMGM_CPU_SHARED there is an element of
	 * `mfc_shared`, in which all others count, to be added to it.
	 */
	__u32 cpu;
	/*
	 * Seconds of CLOCK_MONOTONIC when a packet that came on a wrong
	 * interface was last passed to the kernel. With it an element is two
	 * cache lines.
	 */
	__u32 wrong_if_sampled;
};

/* xmgm_mfe.cpu */
#define XMGM_CPU_SEVERAL 0xffffu
#define XMGM_CPU_SHARED	 0x10000u

/*
 * Per-CPU, by flow: of a line whose packets come in on several CPUs, what those
 * have counted that are not its own. It goes with the line.
 */
struct xmgm_mfe_count {
	__u64 packets;
	__u64 bytes;
};

struct xmgm_interface {
	enum xmgm_owner owner;
	enum xmgm_gate gate;
	__u32 epoch; /* ownership changes so far */
	__u32 flags; /* enum xmgm_interface_flag */
	__u32 slot;  /* of `ingress`: nobody else's while this is here */
	__u32 pad;
};

/*
 * What an interface may bring to user space, and what was refused it. XDP adds
 * to all of it but igmp_out, user space to igmp_out alone: igmp_in - igmp_out
 * is what the interface has in the `igmp` ring now, in XMGM_IGMP_ROOM of each
 * record.
 */
struct xmgm_ingress {
	__u64 igmp_in;
	__u64 igmp_full_at; /* token bucket, as in xmgm_bucket */
	__u64 igmp_limited; /* messages by reason, as in `igmp_verdicts` */
	__u64 igmp_crowded;
	__u64 igmp_lost;
	__u64 multibuf;			/* frames with this verdict */
	struct xmgm_flow multibuf_flow; /* the last one's */
	__u64 igmp_out;
	__u64 igmp_host_limited; /* by reason, as above */
	__u32 igmp_host_rate;	 /* group records a second and host; 0: any */
	__u32 igmp_host_burst;
	__u8 igmp_host[4]; /* the last one that was limited */
	__u32 pad;
};

/* Who sends IGMP on an interface: the key of `igmp_hosts`. */
struct xmgm_igmp_host {
	__u32 ifid;
	__u8 address[4];
};

/* What it has sent of late. */
struct xmgm_igmp_bucket {
	__u64 full_at; /* token bucket, as in xmgm_bucket */
	__u64 limited; /* messages refused by it */
};

/*
 * A netdev, or a VLAN of one, where packets arrive that belong to another
 * ifid: the key of `ports`.
 */
struct xmgm_port {
	__u32 ifindex;
	/* 1 to 4094, of tags of 802.1ad with XMGM_PORT_AD; 0: untagged, of a
	 * member of a bond. */
	__u32 vlan;
};
#define XMGM_PORT_AD 0x10000u

/* A flow whose route is being made. */
struct xmgm_pending {
	__u64 first_seen; /* CLOCK_MONOTONIC ns */
	__u32 packets;	  /* handed to user space to hold */
	__u32 bytes;
};

struct xmgm_oif_key {
	__u32 set;
	__u32 ifid;
};

/* The oifs of a set one by one, for who cannot broadcast to its devmap: the
 * key of `set_list`. */
struct xmgm_set_place {
	__u32 set;
	__u32 place; /* 0 and up, without gaps */
};

/*
 * The copies of a packet that a set hands to a device with VLANs, in whatever
 * order: the key of `set_tags`.
 */
struct xmgm_set_copy {
	__u32 set;
	__u32 ifindex;
	__u32 copy; /* 0 and up, without gaps */
};

/* Where a copy leaves: the value of both. */
struct xmgm_oif_place {
	__u32 ifindex; /* 0: it does not leave */
	__u32 ifid;    /* 0: as ifindex */
	__u16 vlan;    /* 0: untagged */
	__u16 tag;     /* ethertype of the tag: 0x8100 or 0x88a8 */
};

/*
 * Per-CPU, by ifindex of a device with VLANs: which copy of which packet it
 * was handed last, by what ingress writes into the packet's metadata, which is
 * in all of its copies. Element 0: what it has written last.
 */
struct xmgm_trunk {
	__u32 set;
	__u32 packet;
	__u32 copy;
	__u32 pad;
};

/*
 * The interfaces where sockets of this machine have joined a group one by one:
 * the key of `locals`.
 */
struct xmgm_local_place {
	__u8 group[4];
	__u32 place; /* 0 and up, without gaps */
};

/* For people who follow a dump of `mfc`; counters are about a second old. */
struct xmgm_oif {
	char name[XMGM_IFNAME_LEN];
	__u64 packets; /* copies meant for this oif by routes of this set */
	__u64 bytes;
};

enum xmgm_egress_flag {
	XMGM_EGRESS_FILLED = 1,
	/* Sends with the router MAC and has no TTL threshold: its entries in
	 * oif sets have no program. */
	XMGM_EGRESS_PLAIN = 2,
	/* A device with VLANs: its copies carry metadata. */
	XMGM_EGRESS_TRUNK = 4,
};

/* What a copy gets on its way out, by ifid: see xmgm_egress_slot. */
struct xmgm_egress {
	__u8 mac[6];
	__u8 ttl_threshold; /* a copy needs at least this TTL; 0 is as 1 */
	__u8 flags;	    /* enum xmgm_egress_flag */
};

/* Per-CPU, by ifid: what really left. */
struct xmgm_egress_stats {
	__u64 packets;
	__u64 bytes;   /* IP bytes */
	__u64 ttl_low; /* copies below the threshold */
	/* Of a device: copies, also for its VLANs, that the egress program has
	 * dropped. */
	__u64 dropped;
};

/* The same for an ifid that is not in `egress`: shared, atomic. */
struct xmgm_egress_far {
	struct xmgm_egress egress;
	struct xmgm_egress_stats stats;
};

/* The place of an ifid in `egress`; XMGM_EGRESS_SLOTS: in `egress_far`. */
static inline __attribute__((always_inline)) __u32 xmgm_egress_slot(__u32 ifid)
{
	if (ifid < XMGM_EGRESS_MAX)
		return ifid;
	if (ifid - XMGM_IFID_VLAN < XMGM_EGRESS_VLANS)
		return ifid - XMGM_IFID_VLAN + XMGM_EGRESS_MAX;
	return XMGM_EGRESS_SLOTS;
}

/*
 * By ifid, written by user space about once a second: copies that routes meant
 * for it, counted from their sets.
 */
struct xmgm_copies {
	__u64 packets;
	__u64 bytes;	     /* IP bytes */
	__u64 plain_packets; /* of these, while it had no egress program */
	__u64 plain_bytes;
};

/*
 * By ifindex: frames that devmaps have handed to a device, also others' of
 * this network namespace, and what its driver has made of them. Those that the
 * egress program has dropped are among the dropped ones.
 */
struct xmgm_xmit {
	__u64 sent;
	__u64 dropped;
};

/* The dropped ones by what the driver has said; the value counts them. */
struct xmgm_xmit_error {
	__u32 ifindex;
	__s32 error; /* negative errno; 0: it took a part of them */
};

/* By oif set. A set does not change while a route names it. */
struct xmgm_set_info {
	__u32 oifs;	  /* of both parts; 0: free */
	__u32 references; /* routes that name it, for people */
	__u32 mtu;	  /* the smallest of its oifs; 0: not known */
	__u32 tags; /* numbered oifs: see xmgm_set_copy; 0: it has no trunk */
};

/* Per-CPU, by oif set: packets handed to the set. */
struct xmgm_set_stats {
	__u64 packets;
	__u64 bytes; /* IP bytes */
};

/*
 * What becomes of the packets of some flows besides being copied. Slot 0 is
 * nobody's. Rates as in struct xmgm_rate; 0: any.
 */
struct xmgm_treatment {
	__u8 ttl;     /* of copies; 0: what arrives, less one */
	__u8 ttl_min; /* of copies, at least; 0: any */
	__u16 pad;
	__u32 rate_kbit; /* a second, as it was written */
	__u64 byte_cost;
	__u64 depth_ns;
};

/*
 * A token bucket of bytes: byte_cost is nanoseconds a byte, times 2^20;
 * depth_ns is how much may come at once. full_at is as in xmgm_bucket.
 */
struct xmgm_rate {
	__u64 full_at;
	__u64 packets; /* refused */
	__u64 bytes;   /* IP bytes of these */
};

/* By ifid: of what arrives there and has oifs. */
struct xmgm_limit {
	__u64 byte_cost;
	__u64 depth_ns;
	struct xmgm_rate rate;
};

/* xmgm_settings.policy: what is there at all, so that nobody asks in vain. */
enum xmgm_policy {
	XMGM_POLICY_TTL = 1,   /* treatments that raise a TTL */
	XMGM_POLICY_LIMIT = 2, /* elements of `limits` */
};

/* The one element of `settings`, mmapped: set before anything is attached. */
struct xmgm_settings {
	/*
	 * CLOCK_MONOTONIC ns, about once a second, of a daemon that has taken
	 * over what it found; 0: it has stopped. Only a packet without a route
	 * looks at it.
	 */
	__u64 heartbeat;
	__u64 hold_bytes_total;
	__u32 hold_packets_total;
	__u32 hold_packets; /* per flow */
	__u32 hold_bytes;   /* per flow */
	__u32 upcall_rate;  /* new flows a second and interface */
	__u32 upcall_burst;
	__u32 wrong_if_rate; /* wrong interface reports a second */
	/* Oifs a multi-buffer frame may have: kernels before 6.3 do not
	 * redirect one at all, later ones do not copy it. */
	__u32 multibuf_oifs;
	__u32 igmp_rate; /* group records a second and interface */
	__u32 igmp_burst;
	/* Bytes of the `igmp` ring kept for each interface with its gate
	 * open: together not more than half of it. */
	__u32 igmp_share;
	/* What ingress writes as source MAC, for plain ports: with the zeros
	 * behind it one aligned word. All zero: not chosen yet. */
	__u8 router_mac[6];
	__u8 router_mac_pad[2];
	__u32 foreign; /* interfaces with XMGM_IF_FOREIGN: 0, and none is asked */
	__u32 fragment_rate; /* copies to be fragmented, a second and iif */
	__u32 trunks; /* devices with XMGM_EGRESS_TRUNK: 0, and no set has tags */
	__u32 policy;	   /* enum xmgm_policy */
	__u64 clock_ticks; /* the kernel's tick when XDP wrote clock_ns */
	__u64 clock_ns;	   /* CLOCK_MONOTONIC */
};

/*
 * The one element of `hold`: packets in user space's hands. XDP adds to `in`,
 * user space to `out`; the difference is what is held now.
 */
struct xmgm_hold {
	__u64 packets_in;
	__u64 bytes_in;
	__u64 packets_out;
	__u64 bytes_out;
	/* Before 6.3 BPF_PROG_RUN spoils the copies of a live frame: then the
	 * replay twin sends to one oif a run. 0: to all of the set. */
	__u32 replay_oif;
	__u32 replay_more; /* 1: the packet was counted in an earlier run */
	__u32 replay_copy; /* of the oif: one more than in xmgm_set_copy */
	__u32 pad;
};

/* Token bucket of an interface, filled by time: one token is 1e9. */
struct xmgm_bucket {
	__u64 full_at; /* CLOCK_MONOTONIC ns when it will be full again */
	__u64 wrong_if_full_at;
	__u64 fragment_full_at;
};

enum xmgm_upcall_type {
	XMGM_UPCALL_MISS = 1,	  /* first packet of a flow without route */
	XMGM_UPCALL_HELD = 2,	  /* a further one */
	XMGM_UPCALL_WRONG_IF = 3, /* not held: for information only */
	XMGM_UPCALL_UNHELD = 4,	  /* first packet of a flow, but dropped */
	XMGM_UPCALL_FRAGMENT = 5, /* a copy, to leave in fragments */
};
#define XMGM_UPCALL_NAMES                                                     \
	[XMGM_UPCALL_MISS] = "miss", [XMGM_UPCALL_HELD] = "held",             \
	[XMGM_UPCALL_WRONG_IF] = "wrong-if", [XMGM_UPCALL_UNHELD] = "unheld", \
	[XMGM_UPCALL_FRAGMENT] = "fragment"

/* xmgm_upcall.flags */
enum xmgm_upcall_flag {
	/* This machine sends it: its checksum may be half done. */
	XMGM_UPCALL_OWN = 1,
};

/* A record of `upcalls`; the frame follows, whole. */
struct xmgm_upcall {
	__u64 time_ns; /* CLOCK_MONOTONIC */
	enum xmgm_upcall_type type;
	__u32 ifid;    /* where it arrived */
	__u32 ifindex; /* the netdev: of a bond its member */
	__u32 length;  /* of the frame */
	struct xmgm_flow flow;
	__u32 l2_len; /* bytes of the frame before its IP header; may be 0 */
	__u32 flags;  /* enum xmgm_upcall_flag */
	/* Of FRAGMENT: the netdev that it leaves by, and, of several datagrams
	 * in one, how much of the payload is one's; else 0. */
	__u32 oif;
	__u32 gso_size;
	/* Whole; of WRONG_IF and UNHELD at most XMGM_UPCALL_SMALL bytes. */
	__u8 frame[];
};

enum xmgm_batch_op {
	XMGM_BATCH_PUT = 1,	/* create, or change in place: counters stay */
	XMGM_BATCH_DEL = 2,	/* the final counters are returned in `mfe` */
	XMGM_BATCH_DRAINED = 3, /* DRAINING becomes FORWARDING */
	XMGM_BATCH_ALONE = 4,	/* one CPU may count in the line again */
};

/* An element of `batch`, the mmapable argument of the routes program. */
struct xmgm_batch_item {
	enum xmgm_batch_op op;
	__s32 result; /* 0 or negative errno */
	struct xmgm_mfe mfe;
};

/* Context of the routes program. */
struct xmgm_batch_ctx {
	__u32 count;   /* of elements of `batch`, XMGM_BATCH at most */
	__u32 failed;  /* out: how many have a result other than 0 */
	__u32 created; /* out: entries that were not there before */
	__u32 deleted; /* out */
};

/*
 * The one element of `abi`: who made these pins. Grows at its end only, and
 * is read in any size.
 */
struct xmgm_abi {
	__u32 version;
	__u32 pad;
	__u64 netns;			  /* inode of the network namespace */
	__u8 boot_id[16];		  /* /proc/sys/kernel/random/boot_id */
	__u32 max_routes;		  /* entries of `mfc` */
	__u32 max_sets;			  /* slots of `oif_sets` */
	__u64 created;			  /* CLOCK_REALTIME ns */
	char instance[XMGM_INSTANCE_LEN]; /* its name */
	__u64 build; /* id of the object that the programs are from */
};

enum xmgm_mode {
	XMGM_MODE_NONE = 0,
	XMGM_MODE_NATIVE = 1,
	XMGM_MODE_GENERIC = 2,
};
#define XMGM_MODE_NAMES                                           \
	[XMGM_MODE_NONE] = "none", [XMGM_MODE_NATIVE] = "native", \
	[XMGM_MODE_GENERIC] = "generic"

/* Value of `attachments`, by ifindex: what detach has to undo. */
struct xmgm_attachment {
	char name[XMGM_IFNAME_LEN];
	enum xmgm_mode mode;
	__u32 prog_id;
	__u8 allmulti_ours; /* 1: we switched ALLMULTI on */
	__u8 rxvlan_ours;   /* 1: we switched the stripping of tags off */
	__u8 dispatched;    /* 1: below libxdp's dispatcher */
	__u8 clones;	    /* 1: the clone path is attached as well */
	__u8 clsact_ours;   /* 1: for it we made the qdisc */
	__u8 own;	    /* 1: what this machine sends there is seen */
	__u8 pad[2];
};

/*
 * What became of an IGMP message on an interface whose gate is not OFF: the
 * index into `igmp_verdicts`, the name in JSON, and the sentence for people.
 * All but DELIVERED are refusals. LOST, LIMITED, CROWDED and HOST_LIMITED are
 * the data plane's own; the user-space reader refuses for the others as well.
 */
#define XMGM_IGMP_REASONS(X)                                                \
	X(DELIVERED, "delivered", "valid: handed to IGMP")                  \
	X(LOST, "lost", "valid, but the igmp ring buffer was full")         \
	X(LIMITED, "limited", "over the interface's IGMP rate: not read")   \
	X(CROWDED, "crowded", "valid, but the interface's room is used up") \
	X(GATE_OFF, "gate-off", "IGMP is off on this interface: not read")  \
	X(FRAGMENT, "fragment", "an IP fragment")                           \
	X(TOO_LONG, "too-long", "longer than a jumbo frame")                \
	X(TRUNCATED, "truncated", "shorter than its type's header")         \
	X(TTL, "ttl", "TTL is not 1")                                       \
	X(CHECKSUM, "checksum", "checksum over the message wrong")          \
	X(TYPE, "type", "no IGMP type that we know")                        \
	X(HOST, "host", "sender is multicast, loopback or broadcast")       \
	X(RECORDS, "records", "more group records or sources than bytes")   \
	X(GROUP, "group", "the group is no multicast address")              \
	X(SOURCE, "source", "a listed source is zero or no unicast")        \
	X(LINK_LOCAL, "link-local", "only groups in 224.0.0.0/24: ignored") \
	X(HOST_LIMITED, "host-limited", "over its host's IGMP rate")

enum xmgm_igmp_reason {
#define XMGM_IGMP_REASON_ENUM(id, name, text) XMGM_IGMP_##id,
	XMGM_IGMP_REASONS(XMGM_IGMP_REASON_ENUM)
#undef XMGM_IGMP_REASON_ENUM
		XMGM_IGMP_REASON_COUNT
};

/* The first byte of an IGMP message. */
enum xmgm_igmp_type {
	XMGM_IGMP_QUERY = 0x11,
	XMGM_IGMP_V1_REPORT = 0x12,
	XMGM_IGMP_V2_REPORT = 0x16,
	XMGM_IGMP_V2_LEAVE = 0x17,
	XMGM_IGMP_V3_REPORT = 0x22,
};

/* A record of `igmp`; the message follows, whole, as it was on the wire. */
struct xmgm_igmp {
	__u64 time_ns;	/* CLOCK_MONOTONIC */
	__u32 ifid;	/* where it arrived */
	__u32 type;	/* enum xmgm_igmp_type */
	__u8 host[4];	/* IP source */
	__u8 target[4]; /* IP destination */
	__u16 version;	/* 1, 2 or 3 */
	__u16 records;	/* group records of a v3 report, else 0 */
	__u32 length;	/* of the message, XMGM_IGMP_BYTES at most */
};

/* What a record with a message of this length takes up in the ring. */
#define XMGM_IGMP_ROOM(length) \
	((8 + sizeof(struct xmgm_igmp) + (length) + 7) & ~7ull)

#define XMGM_SIZE(type, size) \
	_Static_assert(sizeof(struct type) == (size), #type " changed size")

XMGM_SIZE(xmgm_flow, 8);
XMGM_SIZE(xmgm_route, 8);
XMGM_SIZE(xmgm_mfe, 72);
XMGM_SIZE(xmgm_mfe_count, 16);
XMGM_SIZE(xmgm_interface, 24);
XMGM_SIZE(xmgm_ingress, 88);
XMGM_SIZE(xmgm_igmp_host, 8);
XMGM_SIZE(xmgm_igmp_bucket, 16);
XMGM_SIZE(xmgm_port, 8);
XMGM_SIZE(xmgm_pending, 16);
XMGM_SIZE(xmgm_oif_key, 8);
XMGM_SIZE(xmgm_set_place, 8);
XMGM_SIZE(xmgm_set_copy, 12);
XMGM_SIZE(xmgm_oif_place, 12);
XMGM_SIZE(xmgm_trunk, 16);
XMGM_SIZE(xmgm_local_place, 8);
XMGM_SIZE(xmgm_oif, 32);
XMGM_SIZE(xmgm_egress, 8);
XMGM_SIZE(xmgm_egress_stats, 32);
XMGM_SIZE(xmgm_egress_far, 40);
XMGM_SIZE(xmgm_copies, 32);
XMGM_SIZE(xmgm_xmit, 16);
XMGM_SIZE(xmgm_xmit_error, 8);
XMGM_SIZE(xmgm_set_info, 16);
XMGM_SIZE(xmgm_set_stats, 16);
XMGM_SIZE(xmgm_settings, 96);
XMGM_SIZE(xmgm_hold, 48);
XMGM_SIZE(xmgm_bucket, 24);
XMGM_SIZE(xmgm_upcall, 48);
XMGM_SIZE(xmgm_batch_item, 80);
XMGM_SIZE(xmgm_batch_ctx, 16);
XMGM_SIZE(xmgm_abi, 88);
XMGM_SIZE(xmgm_attachment, 32);
XMGM_SIZE(xmgm_igmp, 32);

#endif /* XMGM_ABI_H */
