/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The plane that forwards: puts instance, sets, routes and held packets
 * together behind the table of ops.h. One descriptor, an epoll of the ring
 * buffers and of the worker's eventfd, tells when plane_poll has work.
 */
#include "bpf.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "lib/descriptors.h"
#include "lib/log.h"

#define POLL_BUDGET 4096 /* records handled before other work gets a turn */

static struct plane_bpf *self(struct plane *plane)
{
	return (struct plane_bpf *)plane;
}

static int op_attach(struct plane *plane, uint32_t ifindex,
		     enum plane_mode mode, const char **error)
{
	struct instance *in = &self(plane)->in;
	int err, lock = instances_lock(error);

	if (lock < 0)
		return lock;
	err = instance_still_pinned(in, error);
	if (!err)
		err = attach_port(in, ifindex, mode, error);
	close(lock);
	return err;
}

static int op_detach(struct plane *plane, uint32_t ifindex, const char **error)
{
	int err, lock = instances_lock(error);

	if (lock < 0)
		return lock;
	err = detach_port(&self(plane)->in, ifindex, error);
	close(lock);
	return err;
}

static int op_interface_set(struct plane *plane, uint32_t ifid,
			    const struct xmgm_interface *state)
{
	struct plane_bpf *p = self(plane);
	struct port *port = port_get(p, ifid);
	struct xmgm_interface value = *state;
	struct xmgm_bucket bucket = {0};
	int err;

	if (!port)
		return -ENOMEM;
	err = ingress_set(p, port, &value);
	if (err)
		return err;
	value.flags = port->told.flags |
		      clones_flag(&p->in, port->told.ifindex);
	bpf_map_update_elem(p->in.map[MAP_buckets], &ifid, &bucket,
			    BPF_NOEXIST);
	return bpf_map_update_elem(p->in.map[MAP_interfaces], &ifid, &value,
				   BPF_ANY);
}

static int op_interface_get(struct plane *plane, uint32_t ifid,
			    struct xmgm_interface *state)
{
	return bpf_map_lookup_elem(self(plane)->in.map[MAP_interfaces], &ifid,
				   state);
}

static void op_interface_del(struct plane *plane, uint32_t ifid)
{
	struct plane_bpf *p = self(plane);
	struct port *port = port_find(p, ifid);

	bpf_map_delete_elem(p->in.map[MAP_interfaces], &ifid);
	bpf_map_delete_elem(p->in.map[MAP_buckets], &ifid);
	if (port)
		ingress_del(p, port);
}

static void op_oif_lose(struct plane *plane, uint32_t ifid)
{
	sets_oif_lose(self(plane), ifid);
}

/* The next key is asked for first: behind a deleted one the map begins anew. */
static void op_interface_walk(struct plane *plane,
			      void (*each)(void *arg, uint32_t ifid), void *arg)
{
	int map = self(plane)->in.map[MAP_interfaces];
	uint32_t ifid, next;
	bool more = !bpf_map_get_next_key(map, NULL, &next);

	while (more) {
		ifid = next;
		more = !bpf_map_get_next_key(map, &ifid, &next);
		each(arg, ifid);
	}
}

static int op_set_get(struct plane *plane, const uint32_t *oifs, size_t count,
		      uint32_t *set)
{
	return sets_get(self(plane), oifs, count, set);
}

static void op_set_put(struct plane *plane, uint32_t set)
{
	sets_put(self(plane), set);
}

static int op_set_read(struct plane *plane, uint32_t set, uint64_t *packets,
		       uint64_t *bytes)
{
	return sets_read(self(plane), set, packets, bytes);
}

/*
 * Held packets of a flow on the clone path come by XDP a second time if that is
 * generic, as the kernel takes them for its own then: they would be held again
 * while the flow is drained. Newer ones may overtake them there.
 */
static bool is_drained(struct plane_bpf *p, const struct port *iif,
		       const struct xmgm_mfe *mfe)
{
	struct xmgm_attachment a;

	if (!hold_has(p, mfe->flow))
		return false;
	return !(mfe->flags & XMGM_MFE_CLONE) || !iif ||
	       bpf_map_lookup_elem(p->in.map[MAP_attachments],
				   &iif->told.ifindex, &a) ||
	       a.mode != XMGM_MODE_GENERIC;
}

static int op_mfe_put(struct plane *plane, struct xmgm_flow flow, uint32_t iif,
		      uint32_t set, uint32_t flags)
{
	struct plane_bpf *p = self(plane);
	struct port *port = port_get(p, iif);
	struct timespec t;
	struct xmgm_mfe mfe = {
		.route = {.iif = iif, .set = set},
		.flow = flow,
		.flags = flags,
		.state = XMGM_STATE_FORWARDING,
	};

	if (port && port->told.flags & XMGM_IF_PARTIAL_CSUM)
		mfe.flags |= XMGM_MFE_PARTIAL_CSUM;
	mfe.flags |= route_flags(p, &mfe);
	if (set == XMGM_SET_NEGATIVE)
		mfe.state = XMGM_STATE_NEGATIVE;
	else if (is_drained(p, port, &mfe))
		mfe.state = XMGM_STATE_DRAINING;
	else if (set == XMGM_SET_KERNEL)
		mfe.state = XMGM_STATE_KERNEL;
	clock_gettime(CLOCK_MONOTONIC, &t);
	mfe.created = t.tv_sec * 1000000000ull + t.tv_nsec;
	return routes_put(p, &mfe);
}

static int op_mfe_del(struct plane *plane, struct xmgm_flow flow)
{
	return routes_del(self(plane), flow);
}

static int op_commit(struct plane *plane)
{
	struct plane_bpf *p = self(plane);
	int err = routes_flush(p);

	/* Sets left behind may be emptied a grace period from here. */
	if (!TAILQ_EMPTY(&p->sets.dying))
		sets_work(p);
	return err;
}

static int op_mfe_read(struct plane *plane, struct xmgm_flow flow,
		       struct xmgm_mfe *mfe)
{
	return mfe_read(self(plane), flow, mfe);
}

static void wake_self(struct plane_bpf *p)
{
	uint64_t one = 1;

	if (write(p->sets.worker.event_fd, &one, sizeof(one)) < 0)
		log_debug("eventfd: %s", strerror(errno));
}

static void op_flow_release(struct plane *plane, struct xmgm_flow flow)
{
	struct plane_bpf *p = self(plane);

	hold_release(p, flow);
	if (!TAILQ_EMPTY(&p->hold.released) && !p->polling)
		wake_self(p);
}

struct walk {
	struct plane_bpf *p;
	int (*each)(void *arg, const struct xmgm_mfe *mfe, const uint32_t *oifs,
		    size_t count);
	void *arg;
};

static int walk_one(void *arg, const struct xmgm_mfe *mfe)
{
	struct walk *w = arg;
	const struct set *set = sets_find(w->p, mfe->route.set);

	return w->each(w->arg, mfe, set ? set->oifs : NULL,
		       set ? set->count : 0);
}

static int op_mfe_walk(struct plane *plane,
		       int (*each)(void *arg, const struct xmgm_mfe *mfe,
				   const uint32_t *oifs, size_t count),
		       void *arg)
{
	struct walk walk = {self(plane), each, arg};

	return routes_walk(walk.p, walk_one, &walk);
}

/* A new flow without a held packet is to the manager as any other. */
static void report_unheld(struct plane_bpf *p, const struct xmgm_upcall *u)
{
	union {
		struct xmgm_upcall head;
		uint8_t bytes[sizeof(*u) + XMGM_UPCALL_SMALL];
	} copy;

	memcpy(&copy, u, sizeof(copy));
	copy.head.type = XMGM_UPCALL_MISS;
	p->listener.upcall(p->listener.arg, &copy.head, u->l2_len);
}

static int on_upcall(void *arg, void *data, size_t len)
{
	struct plane_bpf *p = arg;
	const struct xmgm_upcall *u = data;

	if (len < sizeof(*u) + XMGM_UPCALL_SMALL)
		return 0;
	switch (u->type) {
	case XMGM_UPCALL_MISS:
		p->misses++;
		hold_add(p, u);
		p->listener.upcall(p->listener.arg, u, u->l2_len);
		break;
	case XMGM_UPCALL_UNHELD:
		p->misses++;
		report_unheld(p, u);
		break;
	case XMGM_UPCALL_HELD:
		p->helds++;
		hold_add(p, u);
		break;
	case XMGM_UPCALL_WRONG_IF:
		p->wrong_ifs++;
		p->listener.upcall(p->listener.arg, u, u->l2_len);
		break;
	case XMGM_UPCALL_FRAGMENT:
		fragments_send(p, u, len - sizeof(*u));
		break;
	}
	return --p->budget ? 0 : -EAGAIN;
}

static int epoll_add(int epoll_fd, int fd)
{
	struct epoll_event ev = {.events = EPOLLIN, .data.fd = fd};

	return epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &ev) ? -errno : 0;
}

/* Consuming the rings makes this process their reader: only the daemon. */
static int open_rings(struct plane_bpf *p)
{
	int err;

	if (p->upcall_ring)
		return 0;
	p->upcall_ring =
		ring_buffer__new(p->in.map[MAP_upcalls], on_upcall, p, NULL);
	if (!p->upcall_ring)
		return -errno;
	err = ingress_open_ring(p);
	if (err)
		return err;
	hold_reset(p);
	locals_reset(p);
	sets_fill_pool(p);
	err = epoll_add(p->epoll_fd, ring_buffer__epoll_fd(p->upcall_ring));
	if (!err)
		err = epoll_add(p->epoll_fd,
				ring_buffer__epoll_fd(p->ingress.ring));
	return err;
}

static int op_poll_fd(struct plane *plane)
{
	struct plane_bpf *p = self(plane);
	int err = open_rings(p);

	return err ? err : p->epoll_fd;
}

static void consume_upcalls(struct plane_bpf *p)
{
	int n;

	p->budget = POLL_BUDGET;
	n = ring_buffer__consume(p->upcall_ring);
	if (n < 0 && n != -EAGAIN)
		log_warn("reading the upcalls ring buffer: %s", strerror(-n));
}

static int op_poll(struct plane *plane)
{
	struct plane_bpf *p = self(plane);
	uint64_t count;

	if (!p->upcall_ring)
		return 0;
	if (read(p->sets.worker.event_fd, &count, sizeof(count)) > 0)
		sets_work(p);
	p->polling = true;
	ingress_drain(p, 0);
	do {
		consume_upcalls(p);
	} while (hold_drain(p) && p->budget);
	p->polling = false;
	if (!TAILQ_EMPTY(&p->hold.released))
		wake_self(p);
	return 0;
}

static uint64_t op_igmp_told(struct plane *plane, uint64_t now_ns)
{
	return ingress_drain(self(plane), now_ns);
}

static int op_igmp_host_rate(struct plane *plane, uint32_t ifid, uint32_t rate)
{
	return ingress_host_rate(self(plane), ifid, rate);
}

static int op_ingress_get(struct plane *plane, uint32_t ifid,
			  struct plane_ingress *out)
{
	return ingress_read(self(plane), ifid, out);
}

static void op_beat(struct plane *plane, uint64_t now_ns)
{
	struct xmgm_settings *s = self(plane)->ingress.settings;

	__atomic_store_n(&s->heartbeat, now_ns, __ATOMIC_RELAXED);
}

static void op_tick(struct plane *plane, uint64_t now_ns)
{
	struct plane_bpf *p = self(plane);

	/* Sets die only when it is known which ones routes need. */
	if (!routes_adopt(p))
		worker_start(p);
	sets_work(p);
	if (now_ns - p->refreshed_ns < 900000000ull)
		return;
	p->refreshed_ns = now_ns;
	sets_refresh(p);
	ports_count_lost(p);
	ingress_second(p);
	hold_expire(p, now_ns);
	if (!TAILQ_EMPTY(&p->hold.released))
		wake_self(p);
}

/* Sums a per-CPU array of counters. */
static void sum_counters(int fd, uint64_t *out, uint32_t count)
{
	static uint64_t cpu[MAX_CPUS];
	int cpus = libbpf_num_possible_cpus();

	for (uint32_t key = 0; key < count; key++) {
		out[key] = 0;
		if (cpus > MAX_CPUS || bpf_map_lookup_elem(fd, &key, cpu))
			continue;
		for (int i = 0; i < cpus; i++)
			out[key] += cpu[i];
	}
}

static void op_verdicts(struct plane *plane, uint64_t out[XMGM_REASON_COUNT])
{
	sum_counters(self(plane)->in.map[MAP_verdicts], out, XMGM_REASON_COUNT);
}

static void op_igmp_verdicts(struct plane *plane,
			     uint64_t out[XMGM_IGMP_REASON_COUNT])
{
	sum_counters(self(plane)->in.map[MAP_igmp_verdicts], out,
		     XMGM_IGMP_REASON_COUNT);
}

static void op_counters(struct plane *plane, struct plane_counters *c)
{
	struct plane_bpf *p = self(plane);
	uint32_t sets_free = 0;

	for (int i = 0; i < SET_CLASSES; i++)
		sets_free += p->sets.free_count[i];
	*c = (struct plane_counters){
		.upcalls_miss = p->misses,
		.upcalls_held = p->helds,
		.upcalls_wrong_if = p->wrong_ifs,
		.hold_dropped = p->hold.dropped,
		.replayed = p->hold.replayed,
		.replay_failed = p->hold.failed,
		.sets_in_use = p->sets.used,
		.sets_free = sets_free,
		.sets_refused = p->sets.refused,
		.pool_empty = p->sets.pool_empty,
		.routes = p->routes.in_cache,
		.routes_refused = p->routes.refused,
		.fragments = p->fragments.sent,
		.fragment_failed = p->fragments.failed,
		.egress_lost = p->egress_lost,
		.descriptors =
			MAP_COUNT + PROG_COUNT + 4 + sets_free + p->sets.used,
	};
}

static void op_close(struct plane *plane)
{
	struct plane_bpf *p = self(plane);
	struct hash_node *node, *next;
	uint32_t i;

	if (p->routes.batch)
		routes_flush(p);
	sets_free(p);
	hold_free(p);
	routes_free(p);
	ring_buffer__free(p->upcall_ring);
	fragments_free(p);
	ingress_free(p);
	if (p->epoll_fd >= 0)
		close(p->epoll_fd);
	if (p->sets.worker.event_fd >= 0)
		close(p->sets.worker.event_fd);
	hash_for_each_safe(&p->ports, node, next, i)
		free(hash_entry(node, struct port, node));
	hash_clear(&p->ports);
	free(p->locals);
	instance_close(&p->in);
	free(p);
}

static const struct plane_ops bpf_ops = {
	.close = op_close,
	.attach = op_attach,
	.detach = op_detach,
	.port_get = port_read,
	.port_set = port_set,
	.router_mac_set = router_mac_set,
	.router_mac_get = router_mac_get,
	.refusal_walk = xmit_walk,
	.treatment_set = treatment_set,
	.treatment_get = treatment_get,
	.limit_set = limit_set,
	.limit_read = limit_read,
	.flow_rate_read = flow_rate_read,
	.locals_set = locals_set,
	.port_gone = port_gone,
	.member_set = member_set,
	.member_walk = member_walk,
	.vlan_walk = vlan_walk,
	.interface_set = op_interface_set,
	.interface_get = op_interface_get,
	.interface_del = op_interface_del,
	.oif_lose = op_oif_lose,
	.interface_walk = op_interface_walk,
	.set_get = op_set_get,
	.set_put = op_set_put,
	.set_read = op_set_read,
	.mfe_put = op_mfe_put,
	.mfe_del = op_mfe_del,
	.commit = op_commit,
	.mfe_read = op_mfe_read,
	.flow_release = op_flow_release,
	.mfe_walk = op_mfe_walk,
	.poll_fd = op_poll_fd,
	.poll = op_poll,
	.igmp_told = op_igmp_told,
	.ingress_get = op_ingress_get,
	.igmp_host_rate = op_igmp_host_rate,
	.beat = op_beat,
	.tick = op_tick,
	.verdicts = op_verdicts,
	.igmp_verdicts = op_igmp_verdicts,
	.counters = op_counters,
};

/* What an earlier process has said of the interfaces. */
static int adopt_interfaces(struct plane_bpf *p)
{
	uint32_t ifid, *last = NULL;

	while (!bpf_map_get_next_key(p->in.map[MAP_interfaces], last, &ifid)) {
		struct port *port = port_get(p, ifid);
		struct xmgm_interface state;

		if (!port)
			return -ENOMEM;
		last = &ifid;
		if (bpf_map_lookup_elem(p->in.map[MAP_interfaces], &ifid,
					&state))
			continue;
		port->told.flags = state.flags;
		p->foreign += !!(state.flags & XMGM_IF_FOREIGN);
		ingress_adopt(p, port, &state);
	}
	p->ingress.settings->foreign = p->foreign;
	return 0;
}

static int open_parts(struct plane_bpf *p)
{
	int err;

	p->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	p->sets.worker.event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (p->epoll_fd < 0 || p->sets.worker.event_fd < 0)
		return -errno;
	err = epoll_add(p->epoll_fd, p->sets.worker.event_fd);
	if (!err)
		err = sets_init(p);
	if (!err)
		err = routes_init(p);
	if (!err)
		err = hold_init(p);
	if (!err)
		err = ingress_init(p);
	if (!err)
		err = vlans_adopt(p);
	if (!err)
		err = adopt_interfaces(p);
	if (!err)
		err = sets_adopt(p);
	return err;
}

int plane_open_bpf(const struct plane_options *options,
		   const struct plane_listener *listener, struct plane **plane,
		   const char **error)
{
	struct plane_bpf *p = calloc(1, sizeof(*p));
	int err;

	if (!p) {
		*error = plane_error("no memory");
		return -ENOMEM;
	}
	p->plane.ops = &bpf_ops;
	p->options = *options;
	if (!p->options.instance)
		p->options.instance = "main";
	if (!p->options.pool_low)
		p->options.pool_low = POOL_LOW;
	p->listener = *listener;
	p->epoll_fd = -1;
	p->sets.worker.event_fd = -1;
	descriptors_raise(); /* every oif set is one */
	err = instance_open(&p->in, &p->options, error);
	if (err) {
		free(p);
		return err;
	}
	xmit_watch(&p->in);
	err = open_parts(p);
	if (err) {
		*error = plane_error("opening instance %s: %s", p->in.name,
				     strerror(-err));
		instance_unmake(&p->in);
		op_close(&p->plane);
		return err;
	}
	*plane = &p->plane;
	return 0;
}
