/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Inside user/plane only: the parts of the BPF plane and what they share.
 *   bpffs.c   a BPF file system to pin in
 *   netns.c   whether a network namespace still exists
 *   load.c    an instance: its pins, made or found
 *   device.c  the settings of an interface that attaching changes
 *   reclaim.c descriptors that libxdp loses
 *   programs.c the XDP programs of an interface
 *   whose.c   whose a program is
 *   attach.c  ours onto interfaces, and off
 *   ports.c   ports: what was told of them, and what left there
 *   treat.c   treatments of flows, rate limits of interfaces
 *   vlans.c   VLANs as ports, and their trunks
 *   sets.c    interned oif sets, their pool, grace periods
 *   tags.c    VLANs in sets
 *   routes.c  routes by the batch
 *   hold.c    packets waiting for their route
 *   fragments.c copies too long for their oif
 *   narrow.c  which routes may have such
 *   ingress.c interfaces' shares of the igmp ring, and its reader
 *   bpf.c     the table of functions that puts them together
 */
#ifndef XMGM_PLANE_BPF_H
#define XMGM_PLANE_BPF_H

#include <stdarg.h>
#include <pthread.h>
#include <sys/queue.h>

#include "lib/hash.h"
#include "ops.h"

struct ring_buffer;

/* Every pinned map; `abi` last, because its pin says that all are there. */
#define PLANE_MAPS(X)    \
	X(interfaces)    \
	X(ingress)       \
	X(igmp_hosts)    \
	X(ports)         \
	X(attachments)   \
	X(mfc)           \
	X(mfc_shared)    \
	X(pending)       \
	X(treatments)    \
	X(rates)         \
	X(limits)        \
	X(oif_sets)      \
	X(sets)          \
	X(set_stats)     \
	X(oifs)          \
	X(set_list)      \
	X(locals)        \
	X(set_tags)      \
	X(trunks)        \
	X(egress)        \
	X(egress_stats)  \
	X(egress_far)    \
	X(copies)        \
	X(xmit)          \
	X(xmit_errors)   \
	X(verdicts)      \
	X(igmp_verdicts) \
	X(settings)      \
	X(hold)          \
	X(buckets)       \
	X(igmp)          \
	X(upcalls)       \
	X(batch)         \
	X(abi)

enum plane_map {
#define PLANE_MAP_ENUM(name) MAP_##name,
	PLANE_MAPS(PLANE_MAP_ENUM)
#undef PLANE_MAP_ENUM
		MAP_COUNT
};

enum plane_prog { PROG_EGRESS, PROG_REPLAY, PROG_ROUTES, PROG_COUNT };

#define PLANE_PATH_LEN 128
#define MAX_CPUS       1024 /* whose counters are summed up */

/* An instance: descriptors of what is pinned. */
struct instance {
	char name[XMGM_INSTANCE_LEN];
	char dir[64];
	int map[MAP_COUNT];
	int prog[PROG_COUNT];
	int clone, own; /* of the clone path; -1: not loaded so far */
	struct xmgm_abi abi;
	bool made;    /* by this opening, not found */
	bool renewed; /* found, with the programs of another build */
	bool watched; /* see xmit_watch */
};

/* bpffs.c: 0, or -errno with *error set. */
int bpffs_prepare(const char **error);
/*
 * load.c: nobody else makes, attaches, detaches or destroys until the result,
 * a descriptor, is closed.
 */
int instances_lock(const char **error);
/* 0, or -ESTALE: what is pinned by this name now are other maps, or none. */
int instance_still_pinned(const struct instance *in, const char **error);
/*
 * netns.c: whether a name in /run/netns or a process has this namespace, and
 * a path by which it is entered.
 */
#define NETNS_PATH_LEN 300
bool netns_find(uint64_t inode, char path[NETNS_PATH_LEN]);

/* load.c */
const char *plane_error(const char *format, ...)
	__attribute__((format(printf, 1, 2)));
/* 0: not known. */
uint32_t map_id(int map);
/* What to do about -ENOMEM, for the end of a sentence. */
const char *memory_hint(void);
/* What a library says, under its topic; for its print function. */
int library_trace(const char *format, va_list args)
	__attribute__((format(printf, 1, 0)));
bool kernel_is_at_least(unsigned int major, unsigned int minor);
/* The names of pins. */
const char *map_pin(enum plane_map map);
const char *prog_pin(enum plane_prog prog);
/* Makes all maps and programs and pins them in in->dir. */
int instance_create(const struct instance *in,
		    const struct plane_options *given, const char **error);
/* Opens what is pinned there. */
int instance_get(struct instance *in, const char **error);
void remove_pins(const struct instance *in);
int instance_open(struct instance *in, const struct plane_options *options,
		  const char **error);
void instance_close(struct instance *in);
/* Its opening has failed further on: removes the pins it has made. */
void instance_unmake(const struct instance *in);
void instance_path(const struct instance *in, const char *name,
		   char path[PLANE_PATH_LEN]);

/* upgrade.c */
/* Of the programs that we carry: pins with another one get ours. */
uint64_t build_id(void);
/*
 * Our programs in the place of those of another build, on the same maps, and
 * nothing is lost meanwhile. -errno: what was there forwards on.
 */
int instance_renew(struct instance *in, const char **error);
/* Every set in use: into the slots of `to`, with this egress program. */
int renew_sets(const struct instance *from, const struct instance *to,
	       int egress);
/* Every device that is recorded. */
int renew_devices(struct instance *in, const char **error);

/* carry.c */
/* Its directory of an instance begins so; none is called like that. */
#define UNFINISHED '~'
void unfinished_remove(const struct instance *in);
/* An older ABI whose pins can become ours? */
bool abi_is_carried(uint32_t version);
/* Does it; in->abi is what was found, and is to be read again after that. */
int instance_carry(struct instance *in, const char **error);

/* device.c */
int device_mac(const char *name, uint8_t mac[6]);
/*
 * The device a->name receives all groups, tags included. What had to be changed
 * for that is added to what *a says is ours to restore.
 */
void device_prepare(uint32_t ifindex, struct xmgm_attachment *a);
void device_restore(uint32_t ifindex, const struct xmgm_attachment *a);

/* reclaim.c: programs opened between the two and not closed are closed. */
struct reclaim {
	bool known; /* what was open at the beginning */
	size_t words;
	unsigned long *open; /* by descriptor, one bit each */
};
void reclaim_begin(struct reclaim *r);
void reclaim_end(struct reclaim *r);

/* query.c: the device's own program, maybe a dispatcher; 0: none. */
uint32_t program_of_device(uint32_t ifindex, enum xmgm_mode *mode);

/* programs.c: by the ids that the kernel gives them. */
/* And those below it if it is one; how many. */
#define PROGRAMS_MAX 16
uint32_t programs_of_device(uint32_t ifindex, uint32_t ids[PROGRAMS_MAX]);
/* By itself or below a dispatcher; *mode is the device's in any case. */
bool program_is_on(uint32_t ifindex, uint32_t prog_id, enum xmgm_mode *mode);
/*
 * The program of this name of an object that is open, not loaded, beside what
 * is there if the kernel can. A descriptor of it, or negative errno. To be
 * called between reclaim_begin and the end of the object.
 */
struct bpf_object;
int program_attach(uint32_t ifindex, enum xmgm_mode mode,
		   struct bpf_object *object, const char *name);
/* A loaded program in the place of the device's own one, at once. */
int program_replace(uint32_t ifindex, enum xmgm_mode mode, uint32_t old_id,
		    int prog);
/* 0 if it is not there. */
int program_detach(uint32_t ifindex, uint32_t prog_id);

/* whose.c */
#define INGRESS_NAME	 "xmgm_ingress"
#define PROGRAM_NAME_LEN 16

enum program_owner {
	PROGRAM_STRANGE, /* none of xmgm's */
	PROGRAM_OTHERS,	 /* another instance's */
	PROGRAM_OURS,	 /* pinned now, or its pins have been removed */
};

struct program_facts {
	char name[PROGRAM_NAME_LEN];
	char instance[XMGM_INSTANCE_LEN];  /* "": not known, or strange */
	bool pinned;			   /* the maps of this instance are */
	struct xmgm_attachment attachment; /* all 0: not known */
};

/* in->name counts, its maps may be closed. */
enum program_owner program_whose(const struct instance *in, uint32_t ifindex,
				 uint32_t prog_id, struct program_facts *facts);
/* An attached program keeps the maps by which it is known later. */
int program_bind(const struct instance *in, int prog);

/* attach.c */
struct xmgm_bpf;
/* An open object takes its maps, those that have a name of ours, from here. */
int instance_maps(const struct instance *in, const struct bpf_object *object);
/*
 * Our object on the maps of the instance, open, to be loaded: the ingress
 * program alone, or all others.
 */
int instance_programs(const struct instance *in, bool ingress,
		      struct xmgm_bpf **out);
/*
 * Our program in the place of this instance's on that device: each packet is
 * seen by one of them at least. 0 too if there is none.
 */
int attach_renew(struct instance *in, uint32_t ifindex, const char **error);
int attach_port(struct instance *in, uint32_t ifindex, enum plane_mode mode,
		const char **error);
int detach_port(struct instance *in, uint32_t ifindex, const char **error);
/*
 * Takes programs of this instance whose pins have been removed off every
 * interface of this network namespace; from how many.
 */
uint32_t detach_lost(const struct instance *in);
/* 0 with *attachment filled; -ENOLINK: it is recorded, but somebody else has
 * taken the program off; -ENOENT: not attached. */
int attach_query(struct instance *in, uint32_t ifindex,
		 struct xmgm_attachment *attachment);
/* What egress knows of an ifid: `egress`, or `egress_far`. */
int egress_read(const struct instance *in, uint32_t ifid,
		struct xmgm_egress *e);
int egress_write(const struct instance *in, uint32_t ifid,
		 const struct xmgm_egress *e);

/* What the plane remembers of a port. */
struct port {
	struct hash_node node;
	struct plane_port told;
	struct xmgm_copies copies;
	bool counted; /* more than the map has */
	bool unsure;  /* sets of an earlier run may lack it: see sets_adopt */
	bool plain;   /* no program in its entries of sets: see plain.c */
	bool mixed;   /* it may have one in some sets and none in others */
	bool trunk;   /* of a netdev: it has, or has had, VLANs: see vlans.c */
	bool renewing;
	bool has_slot, gate_open;
	uint32_t slot;	    /* of `ingress` */
	uint32_t host_rate; /* see plane_igmp_host_rate */
	uint64_t igmp_seen; /* igmp_in at the last ingress_second */
};

/* sets.c */
#define SET_CLASSES 11	/* sizes 1, 2, 4 … XMGM_SET_OIFS */
#define POOL_LOW    64	/* empty sets per class to keep, by default */
#define POOL_BATCH  128 /* sets made at once, at most */

enum set_state { SET_FREE, SET_USED, SET_DYING };

/* An oif of a set with a trunk: see tags.c. */
struct set_tag {
	uint32_t ifindex, copy; /* as in xmgm_set_copy */
	uint32_t ifid;
	bool lost; /* taken out; its entry of the devmap stays */
};

struct set {
	struct hash_node node; /* while USED or DYING, by its oifs */
	TAILQ_ENTRY(set) link; /* free list of its class, or dying list */
	enum set_state state;
	bool listed;  /* on the dying or waiting list */
	bool revived; /* used again since it was put there */
	bool stale;   /* has lost a device: not to be found by its oifs */
	uint32_t id;  /* slot */
	uint32_t size_class;
	uint32_t references;
	uint32_t seen_references;   /* written to `sets` */
	struct xmgm_set_stats seen; /* at the last refresh */
	int fd;			    /* the devmap */
	uint32_t count;
	uint32_t *oifs;
	uint32_t tag_count; /* 0: it has no trunk */
	struct set_tag *tags;
	uint32_t mtu; /* as in its xmgm_set_info */
};
TAILQ_HEAD(set_list, set);

/* An empty set to be made: where, and how large. */
struct set_order {
	uint32_t slot, size_class;
};

struct set_worker {
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	bool running, stop;
	bool job_grace; /* wait for a grace period */
	bool done_grace;
	struct set_order job_fill[POOL_BATCH];
	uint32_t job_fill_count;
	struct set_list done_fill;
	int event_fd; /* written when something is done */
};

struct sets {
	struct hash by_oifs;
	struct set **by_slot; /* abi.max_sets of them */
	struct set_list free[SET_CLASSES];
	uint32_t free_count[SET_CLASSES];
	struct set_list dying;	 /* not yet handed to the worker */
	struct set_list waiting; /* a grace period is being waited for */
	struct set_worker worker;
	uint32_t next_slot;
	uint32_t refresh_at; /* slot where the next refresh begins */
	uint32_t used, refused, pool_empty;
};

struct plane_bpf;
int sets_init(struct plane_bpf *p);
void sets_free(struct plane_bpf *p);
int sets_get(struct plane_bpf *p, const uint32_t *oifs, size_t count,
	     uint32_t *id);
void sets_put(struct plane_bpf *p, uint32_t id);
int sets_read(struct plane_bpf *p, uint32_t id, uint64_t *packets,
	      uint64_t *bytes);
/* One more reference, for a route that names it already; false: no set. */
bool sets_hold(struct plane_bpf *p, uint32_t id);
/* A device is gone, and with it its place in every devmap. */
void sets_port_gone(struct plane_bpf *p, uint32_t ifid);
void sets_oif_lose(struct plane_bpf *p, uint32_t ifid);
/* The port's device is a trunk from here on: sets number their oifs. */
int sets_port_trunk(struct plane_bpf *p, uint32_t ifid);
/* The port leaves by another path or device: every devmap follows. */
int sets_port_moved(struct plane_bpf *p, const struct port *port);
bool set_has_oif(const struct set *set, uint32_t ifid);
/* NULL: no set has this number. */
struct set *sets_find(struct plane_bpf *p, uint32_t id);
/* Adopts a set found in the maps: references start at 0. */
int sets_adopt(struct plane_bpf *p);
/* Fills the pool and waits for it: before the first route is made. */
void sets_fill_pool(struct plane_bpf *p);
/* Starts what the worker has to do, takes what it has done. */
void sets_work(struct plane_bpf *p);
/* What people read of it. */
int set_write_info(struct plane_bpf *p, struct set *set);

/* tags.c */
struct xmgm_oif_place port_place(const struct plane_port *told);
/* Has it a trunk in its devmap? */
bool tags_wanted(struct plane_bpf *p, const struct set *set);
/* Numbers its oifs as they are now, if it has or had a trunk. */
int tags_write(struct plane_bpf *p, struct set *set);
void tags_clear(struct plane_bpf *p, struct set *set);
/* An oif gets no copies any more; true: its entry of the devmap must stay. */
bool tags_lose(struct plane_bpf *p, struct set *set, uint32_t ifid);
/* Has it lost one so? */
bool tags_lost(const struct set *set);
/* Which copy the oif gets, from 1; 0: they are not numbered. */
uint32_t tags_copy(const struct set *set, uint32_t ifid);
/* Numbers what was found; oifs that were lost go. */
int tags_adopt(struct plane_bpf *p, struct set *set);

/* vlans.c: the port was `before`, and is as told from here on. */
int vlan_set(struct plane_bpf *p, const struct plane_port *before,
	     const struct plane_port *told);
void vlan_gone(struct plane_bpf *p, const struct port *port);
int vlans_adopt(struct plane_bpf *p);

/* copies.c: brings `oifs`, `copies` and the ports' own up to date, in slices. */
void sets_refresh(struct plane_bpf *p);
void set_refresh(struct plane_bpf *p, struct set *set);
/* The set is to be emptied; it was found in the maps. */
void set_hand_over(struct plane_bpf *p, struct set *set);
void set_adopt_counts(struct plane_bpf *p, struct set *set);

/* clones.c: the clone path's programs, beside the attachment *a. They are
 * loaded for the first device and kept for others. */
void clones_attach(struct instance *in, uint32_t ifindex,
		   struct xmgm_attachment *a);
void clones_detach(uint32_t ifindex, const struct xmgm_attachment *a);
/* XMGM_IF_CLONES where it is attached. */
uint32_t clones_flag(const struct instance *in, uint32_t ifindex);

/* locals.c: does it take the clone path, for an oif or a socket, and are its
 * oifs narrow? enum xmgm_mfe_flag. */
uint32_t route_flags(struct plane_bpf *p, const struct xmgm_mfe *mfe);
/* A port's path has changed: routes follow. */
int routes_reflag(struct plane_bpf *p);
/* treat.c */
int treatment_set(struct plane *plane, uint8_t slot,
		  const struct plane_treatment *told);
int treatment_get(struct plane *plane, uint8_t slot,
		  struct plane_treatment *told);
int limit_set(struct plane *plane, uint32_t ifid, uint32_t kbit);
int limit_read(struct plane *plane, uint32_t ifid, struct xmgm_rate *rate);
int flow_rate_read(struct plane *plane, struct xmgm_flow flow,
		   struct xmgm_rate *rate);
int locals_set(struct plane *plane, const struct plane_local *locals,
	       size_t count);
/* At the start: nobody has said what sockets have joined. */
void locals_reset(struct plane_bpf *p);

/* narrow.c: the smallest MTU of its oifs; 0: not known. */
uint32_t set_least_mtu(struct plane_bpf *p, const struct set *set);
/* Is it smaller than its iif's? */
bool route_is_narrow(struct plane_bpf *p, const struct xmgm_mfe *mfe);
/* The port had another MTU before: sets and routes follow. */
int port_narrowed(struct plane_bpf *p, const struct port *port,
		  uint32_t before);

/* fragments.c: a copy that is too long for its oif, of which so much is here. */
void fragments_send(struct plane_bpf *p, const struct xmgm_upcall *u,
		    size_t len);
void fragments_free(struct plane_bpf *p);

/* xmit.c: counts what drivers make of the copies from here on, unless the
 * kernel has no BPF on tracepoints. */
void xmit_watch(struct instance *in);
void xmit_add(const struct instance *in, uint32_t ifindex);
void xmit_forget(const struct instance *in, uint32_t ifindex);
void xmit_read(struct plane_bpf *p, uint32_t ifindex,
	       struct plane_port_info *out);
void xmit_walk(struct plane *plane,
	       void (*each)(void *arg, const struct plane_refusal *r),
	       void *arg);

/*
 * devmaps.c: a devmap for an oif set, empty or with the entries of another,
 * each with the program whose descriptor `program` says (0: none; old_id is
 * what it had). Its descriptor, or negative errno.
 */
typedef int devmap_program(void *arg, uint32_t ifid, uint32_t old_id);
int devmap_make(uint32_t max_entries);
int devmap_copy(int old, uint32_t max_entries, devmap_program *program,
		void *arg);
/* Waits for one grace period: packets see the old one or the new one. */
int devmaps_put(const struct instance *in, const uint32_t *slots,
		const int *fds, uint32_t count);

/* plain.c: the program of the port's entries in sets: a descriptor, or 0. */
int plain_entry_program(struct plane_bpf *p, uint32_t ifid);
/* After a change of the port: every set follows. */
int plain_settle(struct plane_bpf *p, const struct port *port);
/* What a devmap of an earlier run says of a port; then, of all of them. */
void plain_adopt_entry(struct port *port, uint32_t program);
void plain_adopted(struct plane_bpf *p);
int router_mac_set(struct plane *plane, const uint8_t mac[6]);
void router_mac_get(struct plane *plane, uint8_t mac[6]);

/* grace.c: the thread that waits for the kernel. */
int worker_start(struct plane_bpf *p);
void worker_stop(struct plane_bpf *p);
/* Makes empty sets, POOL_BATCH at most, in one grace period. */
int sets_make(struct plane_bpf *p, struct set_list *list,
	      const struct set_order *orders, uint32_t count);

/* counts.c: to what the line says comes what other CPUs have counted. */
void mfe_add_shared(struct plane_bpf *p, struct xmgm_mfe *mfe);
/* 0 or negative errno. */
int mfe_read(struct plane_bpf *p, struct xmgm_flow flow, struct xmgm_mfe *mfe);

/* routes.c */

/* A route of a daemon before us: its set stays until we change the route. */
struct found_route {
	struct hash_node node;
	struct found_route *next; /* of routes.superseded */
	struct xmgm_flow flow;
	uint32_t set;
};

struct routes {
	struct xmgm_batch_item *batch; /* mmapped */
	bool adopted;
	struct hash found;
	struct found_route *superseded; /* once the batch is applied */
	uint32_t queued;
	uint32_t in_cache;
	uint32_t refused;
	int error; /* the first since the last commit */
};
int routes_init(struct plane_bpf *p);
void routes_free(struct plane_bpf *p);
/* Takes over what is in the cache: before the first change or tick. */
int routes_adopt(struct plane_bpf *p);
int routes_put(struct plane_bpf *p, const struct xmgm_mfe *mfe);
int routes_del(struct plane_bpf *p, struct xmgm_flow flow);
/* Nothing is held for it any more. */
void routes_drained(struct plane_bpf *p, struct xmgm_flow flow);
/* With the next flush one CPU may count in the line again. */
void routes_alone(struct plane_bpf *p, struct xmgm_flow flow);
int routes_flush(struct plane_bpf *p);
/* Every route in the cache; each stops by returning non-zero. */
int routes_walk(struct plane_bpf *p,
		int (*each)(void *arg, const struct xmgm_mfe *mfe), void *arg);

/* hold.c */
struct held_packet {
	STAILQ_ENTRY(held_packet) link;
	uint32_t ifid, ifindex;
	uint32_t len;
	uint32_t taken; /* what it counts as: without a tag put in */
	uint8_t frame[];
};

struct held_flow {
	struct hash_node node;
	TAILQ_ENTRY(held_flow) link; /* of hold.waiting or hold.released */
	struct xmgm_flow flow;
	uint64_t since_ns;
	bool released;
	STAILQ_HEAD(, held_packet) packets;
};
TAILQ_HEAD(held_list, held_flow);

struct hold {
	struct hash flows;
	struct held_list waiting;  /* for their route, oldest first */
	struct held_list released; /* to be drained */
	struct xmgm_hold *shared;  /* mmapped */
	bool one_by_one;	   /* replay to one oif a run */
	uint64_t opened_ns;	   /* what is much older is not sent */
	uint64_t dropped, replayed, failed;
};
int hold_init(struct plane_bpf *p);
void hold_free(struct plane_bpf *p);
void hold_reset(struct plane_bpf *p);
bool hold_has(struct plane_bpf *p, struct xmgm_flow flow);
void hold_release(struct plane_bpf *p, struct xmgm_flow flow);
/* A MISS or HELD record: keeps the packet. */
void hold_add(struct plane_bpf *p, const struct xmgm_upcall *upcall);
/* Sends what is released; true if flows are left that need another round. */
bool hold_drain(struct plane_bpf *p);
void hold_expire(struct plane_bpf *p, uint64_t now_ns);

/* ingress.c */
struct ingress {
	struct xmgm_ingress *slots;	/* mmapped */
	struct xmgm_settings *settings; /* mmapped */
	uint8_t used[XMGM_INTERFACES / 8];
	uint32_t gates; /* open ones */
	struct ring_buffer *ring;
	uint32_t budget;  /* bytes left in this piece */
	uint64_t told_ns; /* when the last message told had arrived */
	bool emptied;	  /* the ring, since ingress_second */
};
int ingress_init(struct plane_bpf *p);
void ingress_free(struct plane_bpf *p);
int ingress_open_ring(struct plane_bpf *p);
/* Gives the interface its slot, in `state` as well: -ENOSPC. */
int ingress_set(struct plane_bpf *p, struct port *port,
		struct xmgm_interface *state);
/* The slot it has had from an earlier process. */
void ingress_adopt(struct plane_bpf *p, struct port *port,
		   const struct xmgm_interface *state);
void ingress_del(struct plane_bpf *p, struct port *port);
int ingress_host_rate(struct plane_bpf *p, uint32_t ifid, uint32_t rate);
int ingress_read(struct plane_bpf *p, uint32_t ifid, struct plane_ingress *out);
/* Reads a piece: until when has everything been told? now_ns at most. */
uint64_t ingress_drain(struct plane_bpf *p, uint64_t now_ns);
/* About once a second. */
void ingress_second(struct plane_bpf *p);

struct fragments {
	int fd; /* 0: not opened yet */
	uint64_t sent, failed;
	int error; /* said last */
};

struct plane_bpf {
	struct plane plane;
	struct plane_options options;
	struct plane_listener listener;
	struct instance in;
	struct sets sets;
	struct routes routes;
	struct hold hold;
	struct ingress ingress;
	struct hash ports;
	struct plane_local *locals; /* sorted */
	size_t local_count;
	uint32_t foreign;     /* ports with XMGM_IF_FOREIGN */
	uint32_t clone_ports; /* on the clone path; 0: no set is looked at */
	bool reflag;	      /* once what is found has been taken over */
	uint32_t trunks;      /* devices with VLANs; 0: no set is looked at */
	struct ring_buffer *upcall_ring;
	int epoll_fd;
	uint32_t budget; /* records left in this poll */
	bool polling;	 /* inside plane_poll */
	uint64_t refreshed_ns;
	uint64_t misses, helds, wrong_ifs;
	struct fragments fragments;
	uint64_t egress_lost;
};

/* ports.c: the port of an ifid, or NULL. */
struct port *port_find(struct plane_bpf *p, uint32_t ifid);
/* Made if it is not there; NULL: no memory. */
struct port *port_get(struct plane_bpf *p, uint32_t ifid);
/* Nothing arrives for this ifid at other netdevs, or at this one for others. */
void members_forget(const struct instance *in, uint32_t ifid);
/* The functions of ops.h. */
int member_set(struct plane *plane, uint32_t ifindex, uint32_t ifid);
void member_walk(struct plane *plane,
		 void (*each)(void *arg, uint32_t ifindex, uint32_t ifid),
		 void *arg);
void vlan_walk(struct plane *plane,
	       void (*each)(void *arg, const struct xmgm_port *at,
			    uint32_t ifid),
	       void *arg);
int port_read(struct plane *plane, uint32_t ifindex,
	      struct plane_port_info *out);
int port_set(struct plane *plane, const struct plane_port *told);
struct xmgm_egress_stats egress_read_stats(const struct instance *in,
					   uint32_t ifid);
/* What egress has counted there, added to *out. */
void port_read_egress(struct plane_bpf *p, uint32_t ifindex,
		      struct plane_port_info *out);
/* What egress knows of it. */
int port_fill_egress(struct plane_bpf *p, const struct port *port);
void port_gone(struct plane *plane, uint32_t ifid);
/* Brings egress_lost up to date. */
void ports_count_lost(struct plane_bpf *p);

#endif /* XMGM_PLANE_BPF_H */
