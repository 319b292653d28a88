/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The life of a router: the order in which its parts are opened and closed,
 * and the timers that wake them. It forwards on when it is closed, unless the
 * configuration says otherwise (leave.c).
 */
#include "daemon.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include "adopt.h"
#include "lib/log.h"
#include "xmgmd/net/packet_io.h"
#include "xmgmd/net/tagged.h"

#define SETTLE_MS 50

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/* --- time ----------------------------------------------------------- */

static void on_tick(uv_timer_t *timer)
{
	struct router *r = timer->data;
	uint64_t now = daemon_now_ms();
	uint64_t next = glue_tick(r, now);
	uint64_t delay = next > now ? next - now : 1;

	if (next <= now)
		router_touch(r); /* the next round, after what has come in */
	r->woken = false;
	uv_timer_start(&r->tick, on_tick, delay < 1000 ? delay : 1000, 0);
}

/* Once in each round of the loop, before it waits; see router_round. */
void router_touch(struct router *r)
{
	r->touched = true;
}

static void rearm(struct router *r)
{
	uint64_t now = daemon_now_ms(), at = mgm_deadline(r->mgm);
	uint64_t delay = at > now ? at - now : 0;

	r->touched = false;
	if (r->woken)
		delay = 0;
	r->woken = false;
	uv_update_time(&r->d->loop);
	if (!uv_is_active((uv_handle_t *)&r->tick) ||
	    uv_timer_get_due_in(&r->tick) > delay)
		uv_timer_start(&r->tick, on_tick, delay, 0);
}

static void settle_in(struct router *r, uint64_t ms);

static void on_settle(uv_timer_t *timer)
{
	const struct mgm_prefix all = {.address = MGM_ADDRESS_V4_ANY};
	struct router *r = timer->data;
	uint64_t again, now;

	if (r->rib_dirty) {
		r->rib_dirty = false;
		mgm_rib_changed(r->mgm, daemon_now_ms(), &all);
	}
	ports_settle(r);
	again = problems_refresh(r);
	now = daemon_now_ms();
	if (again != UINT64_MAX)
		settle_in(r, again > now ? again - now : 0);
	router_touch(r);
}

static void settle_in(struct router *r, uint64_t ms)
{
	if (!uv_is_active((uv_handle_t *)&r->settle) ||
	    uv_timer_get_due_in(&r->settle) > ms)
		uv_timer_start(&r->settle, on_settle, ms, 0);
}

void router_settle(struct router *r)
{
	if (r->running)
		settle_in(r, SETTLE_MS);
}

void router_second(struct router *r)
{
	plane_beat(r->plane, now_ns());
	plane_tick(r->plane, now_ns());
	locals_second(r);
	vlan_tags_second(r);
	problems_second(r);
}

/* What was committed in this round is looked after. */
void router_round(struct router *r)
{
	if (r->plane_dirty) {
		r->plane_dirty = false;
		plane_tick(r->plane, now_ns());
	}
	if (r->running && (r->touched || r->woken))
		rearm(r);
}

static void on_plane(uv_poll_t *poll, int status, int events)
{
	struct router *r = poll->data;
	int err;

	(void)events;
	err = status < 0 ? status : plane_poll(r->plane);
	if (err < 0 && err != -EAGAIN && err != -EINTR)
		log_error("reports of the data plane cannot be read: %s",
			  strerror(-err));
}

/* --- opening -------------------------------------------------------- */

int router_open(struct router *r, struct daemon *d, bool fake_plane)
{
	struct plane_options *options = &d->config->plane;
	const char *why = "no reason given";
	int err;

	r->name = ROUTER_MAIN;
	r->d = d;
	glue_listen(r);
	options->instance = d->instance;
	if (!fake_plane)
		r->plane_descriptors = plane_descriptors_bpf(options);
	err = descriptors_check(r->plane_descriptors, d->config);
	if (err)
		return err;
	if (fake_plane)
		err = plane_open_fake(options, &r->plane_listener, &r->plane);
	else
		err = plane_open_bpf(options, &r->plane_listener, &r->plane,
				     &why);
	if (err)
		log_error("%s", fake_plane ? strerror(-err) : why);
	return err;
}

int router_prepare(struct router *r)
{
	uv_timer_init(&r->d->loop, &r->tick);
	uv_timer_init(&r->d->loop, &r->settle);
	r->tick.data = r;
	r->settle.data = r;
	uv_timer_start(&r->tick, on_tick, 1, 0);
	ports_prepare(r);
	return rib_io_open(r);
}

static int start_poll(struct router *r)
{
	int err, fd = plane_poll_fd(r->plane);

	if (fd < 0)
		return 0;
	err = uv_poll_init(&r->d->loop, &r->plane_poll, fd);
	if (err)
		return err;
	r->plane_poll.data = r;
	r->plane_polled = true;
	return uv_poll_start(&r->plane_poll, UV_READABLE, on_plane);
}

/* The manager and the protocols begin with what the cache holds already. */
int router_start(struct router *r,
		 void (*done)(void *arg, uint64_t op, int result))
{
	int err;

	err = glue_start(r);
	if (err)
		return err;
	r->kept = adopt_begin(r);
	glue_services(r, done);
	err = glue_start_protocols(r);
	if (err)
		return err;
	problems_second(r); /* what has been counted so far */
	r->running = true;
	announce_all(r);
	attaching_configure(r);
	ports_configure(r);
	return 0;
}

int router_configure(struct router *r)
{
	int err;

	glue_configure(r);
	announce_all(r);
	glue_take_owners(r);
	adopt_end(r, r->kept);
	router_settle(r);
	err = start_poll(r);
	if (!err)
		plane_beat(r->plane, now_ns());
	return err;
}

/* --- closing -------------------------------------------------------- */

/* What was reported is dealt with. */
void router_hush(struct router *r)
{
	plane_beat(r->plane, 0);
	if (r->plane_polled)
		plane_poll(r->plane);
	r->running = false;
	if (r->d->config->on_stop == ON_STOP_RELEASE)
		glue_farewell(r);
	packet_io_close(r->packet_io);
	tagged_close(r->tagged);
}

void router_stop(struct router *r)
{
	rib_io_close(r);
	glue_stop(r);
	problem_list_free(&r->problems);
	attaching_free(r);
	port_list_free(&r->ports);
}

/* But for on-stop = release, the cache stays as it is. */
void router_close(struct router *r)
{
	leave_plane(r);
	plane_close(r->plane);
}
