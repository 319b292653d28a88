/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * xmgm-dvmrpd: its options, its connection to xmgmd, and the loop. When xmgmd
 * goes, the protocol ends, and begins anew when it is back; what it owned is
 * kept for it meanwhile, for its grace time.
 */
#include "dvmrpd.h"

#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lib/cmdline.h"
#include "lib/log.h"
#include "xmgmd/lock.h"

#define CONFIG_PATH "/etc/xmgm/xmgmd.conf"
#define RUN_DIR	    "/run/xmgm"
#define RETRY_MS    500
#define LEAVE_MS    5000 /* to give interfaces back, at the end */
#define TICK_MS	    1000 /* at the latest */

uint64_t dvmrpd_now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* --- the connection --------------------------------------------------------- */

static void configure(struct dvmrpd *d)
{
	static const struct proto_config nothing;

	if (d->leave_ms) {
		struct proto_config none = nothing;

		none.blocks[0] = d->file->config.blocks[0];
		dvmrpd_proto()->configure(d->self, &none, dvmrpd_now_ms());
	} else {
		dvmrpd_proto()->configure(d->self, &d->file->config,
					  dvmrpd_now_ms());
	}
	d->woken = true;
}

static void on_handle_closed(uv_handle_t *handle)
{
	free(handle);
}

static void disconnect(struct dvmrpd *d)
{
	if (d->self)
		dvmrpd_proto()->stop(d->self);
	d->self = NULL;
	if (d->poll) {
		uv_poll_stop(d->poll);
		uv_close((uv_handle_t *)d->poll, on_handle_closed);
	}
	d->poll = NULL;
	if (d->mgm && !d->lost)
		mgm_deregister(d->mgm, d->ear);
	mgm_close(d->mgm);
	d->mgm = NULL;
	d->ear = NULL;
	d->lost = false;
	links_free(d);
}

static void on_readable(uv_poll_t *poll, int status, int events)
{
	struct dvmrpd *d = poll->data;

	(void)events;
	if (!d->mgm || d->lost)
		return;
	if (status < 0 || mgm_dispatch(d->mgm))
		d->lost = true;
	d->woken = true;
}

static int watch(struct dvmrpd *d)
{
	int err;

	d->poll = calloc(1, sizeof(*d->poll));
	if (!d->poll)
		return -ENOMEM;
	err = uv_poll_init(&d->loop, d->poll, mgm_fd(d->mgm));
	if (err) {
		free(d->poll);
		d->poll = NULL;
		return err;
	}
	d->poll->data = d;
	return uv_poll_start(d->poll, UV_READABLE, on_readable);
}

/* The same steps as in the daemon, where they are router_start's. */
static int start(struct dvmrpd *d)
{
	int err = links_listen(d);

	if (err) {
		log_error("xmgmd does not take this process: %s",
			  mgm_why(d->mgm));
		return err;
	}
	services_make(d);
	err = dvmrpd_proto()->start(&d->services, dvmrpd_now_ms(), &d->self);
	if (err)
		return err;
	links_announce(d);
	configure(d);
	links_announce(d);
	return watch(d);
}

static void connect_now(struct dvmrpd *d)
{
	int err = mgm_open(d->socket_path, &d->mgm);

	if (!err) {
		err = start(d);
		if (err)
			disconnect(d);
		else
			log_info("connected to xmgmd at %s", d->socket_path);
	} else if (!d->said) {
		log_warn("xmgmd does not answer at %s: %s; it is tried again",
			 d->socket_path, strerror(-err));
	}
	d->said = err;
}

static void on_retry(uv_timer_t *timer)
{
	struct dvmrpd *d = timer->data;

	connect_now(d);
	if (!d->mgm)
		uv_timer_start(timer, on_retry, RETRY_MS, 0);
}

/* --- time --------------------------------------------------------------------
 */

static bool owns(struct dvmrpd *d)
{
	uint32_t protocol, component;

	for (const struct link *l = d->links; l; l = l->next)
		if (!mgm_interface_owner(d->mgm, l->ifid, &protocol,
					 &component) &&
		    protocol == MGM_PROTOCOL_DVMRP)
			return true;
	return false;
}

static void on_tick(uv_timer_t *timer)
{
	struct dvmrpd *d = timer->data;
	uint64_t now = dvmrpd_now_ms(), next = now + TICK_MS;

	if (d->lost) {
		log_warn("the connection to xmgmd has ended: it is tried "
			 "again");
		disconnect(d);
		if (!d->leave_ms)
			uv_timer_start(&d->retry, on_retry, RETRY_MS, 0);
	}
	d->woken = false;
	if (d->self)
		next = dvmrpd_proto()->tick(d->self, now);
	if (d->leave_ms &&
	    (!d->self || d->lost || now >= d->leave_ms || !owns(d))) {
		uv_stop(&d->loop);
		return;
	}
	next = next > now ? next - now : 0;
	if (d->leave_ms && next > 10)
		next = 10;
	uv_timer_start(timer, on_tick, next < TICK_MS ? next : TICK_MS, 0);
}

static void on_prepare(uv_prepare_t *prepare)
{
	struct dvmrpd *d = prepare->data;

	if (d->woken)
		uv_timer_start(&d->tick, on_tick, 0, 0);
	d->woken = false;
}

static void on_signal(uv_signal_t *handle, int number)
{
	struct dvmrpd *d = handle->data;
	struct file *file;

	if (number == SIGHUP) {
		file = file_read(d->config_path);
		if (!file) {
			log_error("the configuration stays as it was");
			return;
		}
		file_free(d->file);
		d->file = file;
		if (d->self && !d->leave_ms)
			configure(d);
		return;
	}
	if (d->leave_ms || !d->self) {
		uv_stop(&d->loop);
		return;
	}
	dvmrpd_proto()->farewell(d->self);
	d->leave_ms = dvmrpd_now_ms() + LEAVE_MS;
	configure(d);
}

/* --- opening
 * ------------------------------------------------------------------ */

static int open_all(struct dvmrpd *d)
{
	static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};

	uv_timer_init(&d->loop, &d->tick);
	uv_timer_init(&d->loop, &d->retry);
	uv_prepare_init(&d->loop, &d->prepare);
	d->tick.data = d->retry.data = d->prepare.data = d;
	uv_prepare_start(&d->prepare, on_prepare);
	for (size_t i = 0; i < 3; i++) {
		uv_signal_init(&d->loop, &d->signals[i]);
		d->signals[i].data = d;
		uv_signal_start(&d->signals[i], on_signal, numbers[i]);
	}
	d->io = packet_io_new(&d->loop, services_packet, d);
	if (!d->io)
		return -ENOMEM;
	return control_open(d);
}

static void on_walk(uv_handle_t *handle, void *arg)
{
	(void)arg;
	if (!uv_is_closing(handle))
		uv_close(handle, NULL);
}

static int run(struct dvmrpd *d)
{
	int err = uv_loop_init(&d->loop);

	if (err)
		return err;
	err = open_all(d);
	if (!err) {
		uv_timer_start(&d->retry, on_retry, 0, 0);
		uv_run(&d->loop, UV_RUN_DEFAULT);
	}
	disconnect(d);
	control_close(d);
	packet_io_close(d->io);
	uv_walk(&d->loop, on_walk, NULL);
	uv_run(&d->loop, UV_RUN_DEFAULT);
	control_free(d);
	packet_io_free(d->io);
	uv_loop_close(&d->loop);
	return err;
}

static void usage(FILE *out)
{
	fputs("usage: xmgm-dvmrpd [-f FILE] [-i INSTANCE] [-s SOCKET] [-nvVh]\n"
	      "DVMRP for a running xmgmd, in a process of its own.\n"
	      "  -f FILE      configuration (" CONFIG_PATH ")\n"
	      "  -i INSTANCE  of xmgmd (main)\n"
	      "  -s SOCKET    its control socket (" RUN_DIR "/INSTANCE.sock)\n"
	      "  -n           check the configuration and exit\n"
	      "  -v           more in the log\n"
	      "  -V, -h       version, this help\n",
	      out);
}

struct options {
	const char *instance, *socket;
	bool check_only;
};

/* Returns -1 to go on, otherwise the exit status. */
static int parse_options(int argc, char **argv, struct dvmrpd *d,
			 struct options *o)
{
	static const struct option words[] = {
		{"help", no_argument, NULL, 'h'},
		{"version", no_argument, NULL, 'V'},
		{0},
	};
	int c;

	while ((c = getopt_long(argc, argv, "f:i:s:nvVh", words, NULL)) >= 0) {
		switch (c) {
		case 'f':
			d->config_path = optarg;
			break;
		case 'i':
			o->instance = optarg;
			break;
		case 's':
			o->socket = optarg;
			break;
		case 'n':
			o->check_only = true;
			break;
		case 'v':
			log_set_level(LOG_LEVEL_DEBUG);
			break;
		case 'V':
			puts("xmgm-dvmrpd " XMGM_VERSION);
			return 0;
		case 'h':
			usage(stdout);
			return 0;
		default:
			usage(stderr);
			return 2;
		}
	}
	if (optind == argc && !cmdline_unknown_option(argv, words))
		return -1;
	usage(stderr);
	return 2;
}

/* -ENAMETOOLONG */
static int name_sockets(struct dvmrpd *d, const struct options *o)
{
	size_t len;
	int got;

	got = o->socket ? snprintf(d->socket_path, SOCKET_LEN, "%s", o->socket)
			: snprintf(d->socket_path, SOCKET_LEN,
				   RUN_DIR "/%s.sock", o->instance);
	len = strlen(d->socket_path);
	if (got >= SOCKET_LEN || len + sizeof(".dvmrp.sock") > SOCKET_LEN) {
		log_error("the name of the socket is too long: give a shorter "
			  "one with -s");
		return -ENAMETOOLONG;
	}
	if (len > 5 && !strcmp(d->socket_path + len - 5, ".sock"))
		len -= 5;
	memcpy(d->own_path, d->socket_path, len);
	strcpy(d->own_path + len, ".dvmrp.sock");
	return 0;
}

static int lock(const struct dvmrpd *d)
{
	char path[SOCKET_LEN + 8];
	pid_t owner;
	int fd;

	snprintf(path, sizeof(path), "%s.lock", d->own_path);
	fd = lock_take(path, &owner);
	if (fd == -EBUSY)
		log_error("another xmgm-dvmrpd (pid %d) runs beside this "
			  "xmgmd: stop it first",
			  (int)owner);
	else if (fd < 0)
		log_error("the lock %s cannot be taken: %s", path,
			  strerror(-fd));
	return fd;
}

int main(int argc, char **argv)
{
	static struct dvmrpd d = {.config_path = CONFIG_PATH};
	struct options o = {.instance = "main"};
	int held, status = parse_options(argc, argv, &d, &o);

	if (status >= 0)
		return status;
	log_set_timestamps(!o.check_only);
	d.file = file_read(d.config_path);
	if (!d.file || name_sockets(&d, &o))
		return 1;
	status = 0;
	if (!o.check_only) {
		held = lock(&d);
		status = held < 0 || run(&d) ? 1 : 0;
		if (held >= 0)
			close(held);
	}
	file_free(d.file);
	return status;
}
