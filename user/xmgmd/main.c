/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * xmgmd: the options, the one instance of a name, the order in which things
 * are opened and closed, and the loop. Forwarding does not depend on this
 * process: what is attached goes on when it ends.
 */
#include "daemon.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "xmgmd/control/control.h"
#include "lib/cmdline.h"
#include "lib/log.h"
#include "lib/pool.h"
#include "lock.h"
#include "xmgmd/remote/remote.h"
#include "trace.h"

#define RUN_DIR	   "/run/xmgm"
#define SOCKET_LEN 108 /* of struct sockaddr_un.sun_path */

struct options {
	const char *config;
	const char *instance;
	const char *socket;
	bool check_only;
	bool fake_plane;
};

uint64_t daemon_now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* --- loop ----------------------------------------------------------- */

static void on_second(uv_timer_t *timer)
{
	struct daemon *d = timer->data;

	router_second(&d->router);
	commands_second(d);
}

/* Before the loop waits. */
static void on_prepare(uv_prepare_t *prepare)
{
	struct daemon *d = prepare->data;

	router_round(&d->router);
}

static void on_signal(uv_signal_t *handle, int signal_number)
{
	struct daemon *d = handle->data;

	if (signal_number == SIGHUP) {
		reload(d);
		return;
	}
	uv_stop(&d->loop);
}

/* --- opening -------------------------------------------------------- */

/* -EBUSY: somebody has it, which has been said. */
static int take_lock(const struct daemon *d, const char *path, int *lock)
{
	char text[16] = "unknown";
	pid_t owner;

	*lock = lock_take(path, &owner);
	if (owner)
		snprintf(text, sizeof(text), "%d", (int)owner);
	if (*lock == -EBUSY)
		log_error("another xmgmd (pid %s) runs for instance %s or with "
			  "the socket %s: stop it, or choose another instance "
			  "with -i",
			  text, d->instance, d->socket_path);
	return *lock < 0 ? *lock : 0;
}

/* Whoever is in the socket's group has to get to it, whatever the umask. */
static int make_run_dir(const char *socket_path)
{
	char path[512], *dir;

	snprintf(path, sizeof(path), "%s", socket_path);
	dir = dirname(path);
	if (mkdir(dir, 0755))
		return errno == EEXIST ? 0 : -errno;
	return chmod(dir, 0755) ? -errno : 0;
}

/*
 * One daemon a socket and one an instance: a lock beside the socket, and one
 * at the place where the socket of the instance is by default.
 */
static int open_locks(const struct daemon *d, bool fake, int locks[2])
{
	char beside[300], instance[300];
	int err = make_run_dir(d->socket_path);

	snprintf(beside, sizeof(beside), "%s.lock", d->socket_path);
	snprintf(instance, sizeof(instance), RUN_DIR "/%s.sock.lock",
		 d->instance);
	if (!err)
		err = take_lock(d, beside, &locks[0]);
	if (!err && !fake && strcmp(beside, instance)) {
		err = make_run_dir(instance);
		if (!err)
			err = take_lock(d, instance, &locks[1]);
	}
	if (err && err != -EBUSY)
		log_error("%s: %s%s", d->socket_path, strerror(-err),
			  err == -EACCES || err == -EPERM
				  ? ": start xmgmd as root"
				  : "");
	return err;
}

static void start_signals(struct daemon *d)
{
	static const int numbers[] = {SIGTERM, SIGINT, SIGHUP};
	size_t i;

	for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		uv_signal_init(&d->loop, &d->signals[i]);
		d->signals[i].data = d;
		uv_signal_start(&d->signals[i], on_signal, numbers[i]);
	}
	signal(SIGPIPE, SIG_IGN);
}

static void start_timers(struct daemon *d)
{
	uv_timer_init(&d->loop, &d->second);
	d->second.data = d;
	uv_prepare_init(&d->loop, &d->prepare);
	d->prepare.data = d;
	uv_prepare_start(&d->prepare, on_prepare);
	uv_timer_start(&d->second, on_second, 1000, 1000);
}

/* What a router has attached is kept before it goes on, as at a reload. */
static int start_router(struct daemon *d)
{
	int err;

	commands_load(d);
	said_configure(&d->said, d->config);
	remote_configure(d);
	err = router_start(&d->router, rpc_done);
	if (err)
		return err;
	commands_begin(d);
	err = router_configure(&d->router);
	if (!err)
		reload_say_overridden(d);
	return err;
}

/* A router without a data plane does not touch what the instance's one has. */
static void init_commands(struct daemon *d, bool fake)
{
	char path[JOURNAL_PATH];

	if (fake)
		snprintf(path, sizeof(path), "%s.commands", d->socket_path);
	else
		journal_path(d->instance, path);
	commands_init(d, path);
}

static int open_all(struct daemon *d, bool fake)
{
	int err;

	init_commands(d, fake);
	links_init(&d->links);
	announce_listen(&d->router);
	start_timers(d);
	start_signals(d);
	err = control_open(d);
	if (!err)
		err = router_prepare(&d->router);
	if (!err)
		err = link_io_open(d);
	if (!err && !fake)
		err = privileges_drop();
	if (!err)
		err = start_router(d);
	if (err)
		log_error("xmgmd cannot start: %s", strerror(-err));
	return err;
}

static void close_handle(uv_handle_t *handle, void *arg)
{
	(void)arg;
	if (!uv_is_closing(handle))
		uv_close(handle, NULL);
}

static void close_all(struct daemon *d)
{
	router_hush(&d->router);
	commands_stop(d);
	if (d->control)
		control_close(d);
	uv_walk(&d->loop, close_handle, NULL);
	uv_run(&d->loop, UV_RUN_DEFAULT);
	uv_loop_close(&d->loop);
	link_io_close(d);
	router_stop(&d->router);
	control_free(d);
	links_free(&d->links);
	kernel_mfc_free(&d->kernel_mfc);
	commands_close(d);
	said_clear(&d->said);
	protocol_names_clear(&d->protocol_names);
	router_close(&d->router);
}

static int run(struct daemon *d, bool fake)
{
	int err, locks[2] = {-1, -1};

	err = listen_check(d->socket_path);
	if (!err)
		err = open_locks(d, fake, locks);
	umask(077); /* what is kept is nobody else's */
	if (!err)
		err = router_open(&d->router, d, fake);
	if (!err) {
		uv_loop_init(&d->loop);
		err = open_all(d, fake);
		if (!err) {
			log_info("xmgmd %s, instance %s, control socket %s",
				 XMGM_VERSION, d->instance, d->socket_path);
			uv_run(&d->loop, UV_RUN_DEFAULT);
		}
		close_all(d);
	}
	if (locks[0] >= 0)
		close(locks[0]);
	if (locks[1] >= 0)
		close(locks[1]);
	return err;
}

/* --- options -------------------------------------------------------- */

static void usage(FILE *file)
{
	fputs("usage: xmgmd [-f FILE] [-i INSTANCE] [-s SOCKET] [-d TOPICS] "
	      "[-n] [-v]\n"
	      "  -d TOPICS    trace these, as mgm,net; `xmgm debug` lists "
	      "all\n"
	      "  -f FILE      configuration (default " CONFIG_PATH
	      ", if it is there)\n"
	      "  -i INSTANCE  name of this router (default main)\n"
	      "  -s SOCKET    control socket (default " RUN_DIR
	      "/INSTANCE.sock)\n"
	      "  -n           check the configuration and exit\n"
	      "  -v           say more\n"
	      "  -V           print the version and exit\n",
	      file);
}

/* -EINVAL: the sentence has been said. */
static int trace_options(const char *topics)
{
	char why[LOG_WHY];
	int err = log_topics_set(topics, true, why);

	if (err)
		fprintf(stderr, "xmgmd: -d: %s\n", why);
	return err;
}

/* Returns -1 to go on, otherwise the exit status. */
static int no_arguments(int argc, char **argv)
{
	if (optind == argc)
		return -1;
	fprintf(stderr, "xmgmd: unexpected argument '%s'\n", argv[optind]);
	usage(stderr);
	return 2;
}

/* Returns -1 to go on, otherwise the exit status. */
static int parse_options(int argc, char **argv, struct options *o)
{
	static const struct option words[] = {
		{"fake-plane", no_argument, NULL, 'F'},
		{"help", no_argument, NULL, 'h'},
		{"version", no_argument, NULL, 'V'},
		{0},
	};
	const char *unknown = cmdline_unknown_option(argv, words);
	int c;

	if (unknown) {
		fprintf(stderr, "xmgmd: unknown option '%s'\n", unknown);
		usage(stderr);
		return 2;
	}
	while ((c = getopt_long(argc, argv, "d:f:i:s:nvVh", words, NULL)) >=
	       0) {
		switch (c) {
		case 'd':
			if (trace_options(optarg))
				return 2;
			break;
		case 'f':
			o->config = optarg;
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
		case 'F':
			o->fake_plane = true;
			break;
		case 'V':
			puts("xmgmd " XMGM_VERSION);
			return 0;
		case 'h':
			usage(stdout);
			return 0;
		default:
			usage(stderr);
			return 2;
		}
	}
	return no_arguments(argc, argv);
}

static bool valid_instance(const char *name)
{
	static const char allowed[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
		"0123456789_-";
	size_t len = strlen(name);

	return len && len < XMGM_INSTANCE_LEN && strspn(name, allowed) == len;
}

/* For sentences that propose a command: it must reach this router. */
static void describe_command(struct daemon *d, const char *socket_path)
{
	bool is_main = !strcmp(d->instance, "main");

	snprintf(d->command, sizeof(d->command), "xmgm%s%s%s%s",
		 is_main ? "" : " -i ", is_main ? "" : d->instance,
		 socket_path ? " -s " : "", socket_path ? socket_path : "");
}

int main(int argc, char **argv)
{
	struct options o = {.config = CONFIG_PATH, .instance = "main"};
	char socket_path[256];
	static struct daemon d;
	int status;

	trace_init();
	pool_prepare();
	status = parse_options(argc, argv, &o);
	if (status >= 0)
		return status;
	if (!valid_instance(o.instance)) {
		log_error("instance '%s': use 1 to %d letters, digits, - and _",
			  o.instance, XMGM_INSTANCE_LEN - 1);
		return 2;
	}
	snprintf(socket_path, sizeof(socket_path), RUN_DIR "/%s.sock",
		 o.instance);
	if (o.socket && !*o.socket) {
		log_error("-s wants a path, not nothing");
		return 2;
	}
	if (o.socket && strlen(o.socket) >= SOCKET_LEN) {
		log_error("the name of the socket is longer than %d "
			  "characters: give a shorter one with -s",
			  SOCKET_LEN - 1);
		return 2;
	}
	d.instance = o.instance;
	d.socket_path = o.socket ? o.socket : socket_path;
	describe_command(&d, o.socket);
	d.config_path = o.config;
	d.config_given = strcmp(o.config, CONFIG_PATH) != 0;
	log_set_timestamps(!o.check_only);
	if (reload_first(&d))
		return 1;
	if (!o.check_only)
		status = run(&d, o.fake_plane) ? 1 : 0;
	else
		status = 0;
	config_free(d.config);
	return status;
}
