/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An instance: its maps and programs, pinned under one directory. They are
 * found there, or made: filled first, pinned then, the ABI record last, so
 * that a directory without it is the remains of a failure and is made anew.
 * Used by the daemon and by the CLI when no daemon runs.
 */
#include "bpf.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "lib/log.h"
#include "xmgm.skel.h"

/* Epoll, rings, eventfd, and loading a program that is being attached. */
#define OTHER_DESCRIPTORS 96

static const char *const map_names[MAP_COUNT] = {
#define PLANE_MAP_NAME(name) #name,
	PLANE_MAPS(PLANE_MAP_NAME)
#undef PLANE_MAP_NAME
};

static const char *const prog_pins[PROG_COUNT] = {
	[PROG_EGRESS] = XMGM_PIN_EGRESS,
	[PROG_REPLAY] = XMGM_PIN_REPLAY,
	[PROG_ROUTES] = XMGM_PIN_ROUTES,
};

const char *map_pin(enum plane_map map)
{
	return map_names[map];
}

const char *prog_pin(enum plane_prog prog)
{
	return prog_pins[prog];
}

const char *plane_error(const char *format, ...)
{
	static char text[512];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	return text;
}

void instance_path(const struct instance *in, const char *name,
		   char path[PLANE_PATH_LEN])
{
	snprintf(path, PLANE_PATH_LEN, "%s/%s", in->dir, name);
}

int library_trace(const char *format, va_list args)
{
	char line[512];

	if (!log_on(LOG_LIBBPF))
		return 0;
	vsnprintf(line, sizeof(line), format, args);
	line[strcspn(line, "\n")] = 0;
	log_trace(LOG_LIBBPF, "%s", line);
	return 0;
}

/* A verifier's log in full; libbpf's other words by their topic. */
static int print_libbpf(enum libbpf_print_level level, const char *format,
			va_list args)
{
	(void)level;
	if (strstr(format, "PROG LOAD LOG"))
		return vfprintf(stderr, format, args);
	return library_trace(format, args);
}

static int read_boot_id(__u8 id[16])
{
	FILE *f = fopen("/proc/sys/kernel/random/boot_id", "re");
	unsigned int byte;
	int n = 0;

	if (!f)
		return -errno;
	while (n < 16 && (fscanf(f, "-"), fscanf(f, "%2x", &byte) == 1))
		id[n++] = byte;
	fclose(f);
	return n == 16 ? 0 : -EIO;
}

static int abi_describe(struct xmgm_abi *abi)
{
	struct timespec now;
	struct stat ns;

	if (stat("/proc/self/ns/net", &ns))
		return -errno;
	clock_gettime(CLOCK_REALTIME, &now);
	abi->version = XMGM_ABI_VERSION;
	abi->netns = ns.st_ino;
	abi->created = now.tv_sec * 1000000000ull + now.tv_nsec;
	return read_boot_id(abi->boot_id);
}

/* Overlays what the options say; 0 says nothing. */
static void settings_apply(struct xmgm_settings *s,
			   const struct plane_options *o)
{
#define APPLY(field)  \
	if (o->field) \
		s->field = o->field;
	APPLY(hold_bytes_total)
	APPLY(hold_packets_total)
	APPLY(hold_packets)
	APPLY(hold_bytes)
	APPLY(upcall_rate)
	APPLY(upcall_burst)
	APPLY(wrong_if_rate)
	APPLY(fragment_rate)
	APPLY(igmp_rate)
	APPLY(igmp_burst)
#undef APPLY
}

static struct plane_options with_defaults(const struct plane_options *o)
{
	struct plane_options d = *o;

#define DEFAULT(field, value) \
	if (!d.field)         \
		d.field = (value);
	DEFAULT(max_routes, 131072)
	DEFAULT(max_sets, 4096)
	DEFAULT(hold_packets, 512)
	DEFAULT(hold_bytes, 1 << 20)
	DEFAULT(hold_packets_total, 65536)
	DEFAULT(hold_bytes_total, 64 << 20)
	DEFAULT(upcall_rate, 20000)
	DEFAULT(upcall_burst, 20000)
	DEFAULT(wrong_if_rate, 100)
	DEFAULT(fragment_rate, 1000)
	DEFAULT(igmp_rate, PLANE_IGMP_RATE)
	DEFAULT(igmp_burst, PLANE_IGMP_BURST)
#undef DEFAULT
	return d;
}

bool kernel_is_at_least(unsigned int major, unsigned int minor)
{
	unsigned int have_major, have_minor;
	struct utsname u;

	if (uname(&u) ||
	    sscanf(u.release, "%u.%u", &have_major, &have_minor) != 2)
		return false;
	return have_major > major ||
	       (have_major == major && have_minor >= minor);
}

const char *memory_hint(void)
{
	return "give its cgroup more (MemoryMax= of the service, memory.max), "
	       "or the machine";
}

static int load_failed(int err, const char **error)
{
	struct utsname u = {0};

	uname(&u);
	if (err == -ENOMEM)
		*error = plane_error("loading the XDP programs: not enough "
				     "memory: %s",
				     memory_hint());
	else if (err == -EMFILE || err == -ENFILE)
		*error = plane_error("loading the XDP programs: %s: raise "
				     "`ulimit -Hn`",
				     strerror(-err));
	else if (err == -EPERM || err == -EACCES)
		*error = plane_error("loading the XDP programs: no permission; "
				     "run as root, or give CAP_BPF, "
				     "CAP_NET_ADMIN and CAP_PERFMON");
	else
		*error = plane_error("kernel %s does not load the XDP "
				     "programs: %s; Linux 6.1 or newer with "
				     "CONFIG_BPF_SYSCALL and CONFIG_BPF_JIT is "
				     "needed",
				     u.release, strerror(-err));
	return err;
}

void remove_pins(const struct instance *in)
{
	DIR *dir = opendir(in->dir);
	char path[PLANE_PATH_LEN + 256];
	struct dirent *e;

	if (!dir)
		return;
	while ((e = readdir(dir))) {
		snprintf(path, sizeof(path), "%s/%s", in->dir, e->d_name);
		unlink(path);
	}
	closedir(dir);
}

static int pin_all(const struct instance *in, struct xmgm_bpf *skel)
{
	const struct bpf_program *progs[PROG_COUNT] = {
		[PROG_EGRESS] = skel->progs.xmgm_egress,
		[PROG_REPLAY] = skel->progs.xmgm_replay,
		[PROG_ROUTES] = skel->progs.xmgm_routes,
	};
	char path[PLANE_PATH_LEN];
	int err = 0;

	for (int i = 0; i < PROG_COUNT && !err; i++) {
		instance_path(in, prog_pins[i], path);
		err = bpf_obj_pin(bpf_program__fd(progs[i]), path);
	}
	for (int i = 0; i < MAP_COUNT && !err; i++) {
		struct bpf_map *map =
			bpf_object__find_map_by_name(skel->obj, map_names[i]);

		instance_path(in, map_names[i], path);
		err = map ? bpf_obj_pin(bpf_map__fd(map), path) : -ENOENT;
	}
	return err;
}

static void size_maps(struct xmgm_bpf *skel, const struct plane_options *o)
{
	bpf_map__set_max_entries(skel->maps.mfc, o->max_routes);
	bpf_map__set_max_entries(skel->maps.oif_sets, o->max_sets);
	bpf_map__set_max_entries(skel->maps.sets, o->max_sets);
	bpf_map__set_max_entries(skel->maps.set_stats, o->max_sets);
	bpf_program__set_autoload(skel->progs.xmgm_ingress, false);
}

static int fill_maps(const struct instance *in, struct xmgm_bpf *skel,
		     const struct plane_options *o)
{
	struct xmgm_settings settings = {0};
	struct xmgm_abi abi = {
		.max_routes = o->max_routes,
		.max_sets = o->max_sets,
		.build = build_id(),
	};
	__u32 zero = 0;
	int err = abi_describe(&abi);

	strcpy(abi.instance, in->name);
	settings_apply(&settings, o);
	settings.multibuf_oifs = kernel_is_at_least(6, 3);
	settings.igmp_share = XMGM_IGMP_RING / 2;
	if (!err)
		err = bpf_map_update_elem(bpf_map__fd(skel->maps.settings),
					  &zero, &settings, BPF_ANY);
	if (!err)
		err = bpf_map_update_elem(bpf_map__fd(skel->maps.abi), &zero,
					  &abi, BPF_ANY);
	return err;
}

/* What the kernel takes for a map when it is made, more or less. */
static uint64_t map_bytes(const struct bpf_map *map)
{
	uint64_t entries = bpf_map__max_entries(map);
	uint64_t value = (bpf_map__value_size(map) + 7u) / 8 * 8;
	const uint64_t bucket = 16, head = 48; /* of an element of a hash */

	switch (bpf_map__type(map)) {
	case BPF_MAP_TYPE_RINGBUF:
		return entries;
	case BPF_MAP_TYPE_PERCPU_ARRAY:
		return entries * value * (uint64_t)libbpf_num_possible_cpus();
	case BPF_MAP_TYPE_HASH:
	case BPF_MAP_TYPE_LRU_HASH:
	case BPF_MAP_TYPE_PERCPU_HASH:
		if (bpf_map__map_flags(map) & BPF_F_NO_PREALLOC)
			return entries * bucket;
		return entries *
		       (value + bpf_map__key_size(map) + head + bucket);
	default:
		return entries * value;
	}
}

static int no_memory(const struct xmgm_bpf *skel, const struct plane_options *o,
		     const char **error)
{
	const struct bpf_map *map;
	uint64_t bytes = 0;

	bpf_object__for_each_map(map, skel->obj)
		bytes += map_bytes(map);
	*error = plane_error("not enough memory: the maps alone take about "
			     "%llu MB with %u routes and %u oif sets: %s; or "
			     "lower routes and oif-sets in limits",
			     (unsigned long long)(bytes >> 20) + 1,
			     o->max_routes, o->max_sets, memory_hint());
	return -ENOMEM;
}

int instance_create(const struct instance *in,
		    const struct plane_options *given, const char **error)
{
	const struct plane_options options = with_defaults(given);
	struct xmgm_bpf *skel = xmgm_bpf__open();
	int err;

	if (!skel)
		return load_failed(-errno, error);
	size_maps(skel, &options);
	err = xmgm_bpf__load(skel);
	if (err == -ENOMEM)
		err = no_memory(skel, &options, error);
	else if (err)
		err = load_failed(err, error);
	if (err)
		goto out;
	err = fill_maps(in, skel, &options);
	if (!err)
		err = pin_all(in, skel);
	if (err) {
		*error = plane_error("cannot pin maps and programs in %s: %s",
				     in->dir, strerror(-err));
		remove_pins(in);
	}
out:
	xmgm_bpf__destroy(skel);
	return err;
}

int instance_get(struct instance *in, const char **error)
{
	char path[PLANE_PATH_LEN];

	for (int i = 0; i < MAP_COUNT; i++) {
		instance_path(in, map_names[i], path);
		in->map[i] = bpf_obj_get(path);
		if (in->map[i] < 0)
			goto missing;
	}
	for (int i = 0; i < PROG_COUNT; i++) {
		instance_path(in, prog_pins[i], path);
		in->prog[i] = bpf_obj_get(path);
		if (in->prog[i] < 0)
			goto missing;
	}
	return 0;
missing:
	*error = plane_error("%s: %s; xmgm -i %s detach --all removes what is "
			     "left of this instance",
			     path, strerror(errno), in->name);
	return -errno;
}

static uint32_t value_size(int map)
{
	struct bpf_map_info info = {0};
	__u32 len = sizeof(info);

	return bpf_obj_get_info_by_fd(map, &info, &len) ? 0 : info.value_size;
}

/*
 * The record of any version: its value may have another size, but begins
 * with version, pad and netns.
 */
static int abi_read(const struct instance *in, struct xmgm_abi *abi)
{
	char path[PLANE_PATH_LEN];
	uint32_t size;
	__u32 zero = 0;
	void *value;
	int fd, err;

	instance_path(in, "abi", path);
	fd = bpf_obj_get(path);
	if (fd < 0)
		return -errno;
	size = value_size(fd);
	value = calloc(1, size > sizeof(*abi) ? size : sizeof(*abi));
	err = value ? bpf_map_lookup_elem(fd, &zero, value) : -ENOMEM;
	if (!err)
		memcpy(abi, value, sizeof(*abi));
	free(value);
	close(fd);
	return err;
}

/* An ifindex of another network namespace means another device here. */
static int other_netns(const struct instance *in, uint64_t netns,
		       const char **error)
{
	char path[NETNS_PATH_LEN];

	if (netns_find(netns, path))
		*error = plane_error("instance %s belongs to another network "
				     "namespace: choose a name of its own for "
				     "this one with -i, or go there: nsenter "
				     "--net=%s",
				     in->name, path);
	else
		*error = plane_error("instance %s belongs to a network "
				     "namespace that is gone (inode %llu); "
				     "xmgm -i %s detach --all removes what it "
				     "has left",
				     in->name, (unsigned long long)netns,
				     in->name);
	return -EXDEV;
}

/* Pins outlive programs and configurations: are these ours? */
static int abi_check(struct instance *in, const char **error)
{
	struct xmgm_abi now = {0};
	int err = abi_read(in, &in->abi);

	if (!err)
		err = abi_describe(&now);
	if (!err && in->abi.version != now.version &&
	    !abi_is_carried(in->abi.version)) {
		*error = plane_error("%s was made by an xmgm with ABI %u, this "
				     "one has %u; xmgm -i %s detach --all "
				     "removes it, which ends its forwarding "
				     "and loses its routes",
				     in->dir, in->abi.version, now.version,
				     in->name);
		return -EPROTO;
	}
	if (!err && in->abi.netns != now.netns)
		return other_netns(in, in->abi.netns, error);
	return err;
}

/* What is configured now takes effect, but for the sizes of maps. */
static int settings_renew(struct instance *in, const struct plane_options *o)
{
	struct xmgm_settings settings;
	__u32 zero = 0;
	int err;

	if ((o->max_routes && o->max_routes != in->abi.max_routes) ||
	    (o->max_sets && o->max_sets != in->abi.max_sets))
		log_warn("instance %s keeps its sizes: %u routes, %u oif sets; "
			 "others take effect at a start after xmgm -i %s "
			 "detach --all, which ends forwarding",
			 in->name, in->abi.max_routes, in->abi.max_sets,
			 in->name);
	err = bpf_map_lookup_elem(in->map[MAP_settings], &zero, &settings);
	if (err)
		return err;
	settings_apply(&settings, o);
	return bpf_map_update_elem(in->map[MAP_settings], &zero, &settings,
				   BPF_ANY);
}

static int instance_name(struct instance *in, const char *name,
			 const char **error)
{
	size_t len = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789"
				  "ABCDEFGHIJKLMNOPQRSTUVWXYZ_-");

	if (!len || name[len] || len >= sizeof(in->name)) {
		*error = plane_error("instance name '%.40s': 1 to %d letters, "
				     "digits, - and _ are allowed",
				     name, XMGM_INSTANCE_LEN - 1);
		return -EINVAL;
	}
	strcpy(in->name, name);
	snprintf(in->dir, sizeof(in->dir), "%s/%s", XMGM_PIN_ROOT, name);
	for (int i = 0; i < MAP_COUNT; i++)
		in->map[i] = -1;
	for (int i = 0; i < PROG_COUNT; i++)
		in->prog[i] = -1;
	in->clone = in->own = -1;
	return 0;
}

int instances_lock(const char **error)
{
	int fd;

	mkdir(XMGM_PIN_ROOT, 0700);
	fd = open(XMGM_PIN_ROOT, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0) {
		*error = plane_error("%s: %s", XMGM_PIN_ROOT, strerror(errno));
		return -errno;
	}
	flock(fd, LOCK_EX);
	return fd;
}

uint32_t map_id(int map)
{
	struct bpf_map_info info = {0};
	__u32 len = sizeof(info);

	return bpf_obj_get_info_by_fd(map, &info, &len) ? 0 : info.id;
}

int instance_still_pinned(const struct instance *in, const char **error)
{
	char path[PLANE_PATH_LEN];
	bool same;
	int fd;

	instance_path(in, "abi", path);
	fd = bpf_obj_get(path);
	if (fd < 0 && errno != ENOENT) {
		*error = plane_error("%s: %s", path, strerror(errno));
		return -errno;
	}
	same = fd >= 0 && map_id(fd) == map_id(in->map[MAP_abi]);
	if (fd >= 0)
		close(fd);
	if (same)
		return 0;
	*error = plane_error("the pins of instance %s have been removed "
			     "meanwhile: try again, or start xmgmd again",
			     in->name);
	return -ESTALE;
}

static int permission_check(const char **error)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts);
	int fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "xmgm_probe", 4, 4, 1,
				&opts);

	if (fd < 0)
		return load_failed(-errno, error);
	close(fd);
	return 0;
}

int instance_open(struct instance *in, const struct plane_options *options,
		  const char **error)
{
	int lock, err = instance_name(in, options->instance, error);

	if (err)
		return err;
	in->made = in->renewed = false;
	libbpf_set_print(print_libbpf);
	err = permission_check(error);
	if (err)
		return err;
	err = bpffs_prepare(error);
	if (err)
		return err;
	lock = instances_lock(error);
	if (lock < 0)
		return lock;
	mkdir(in->dir, 0700);
	*error = NULL;
	err = abi_check(in, error);
	if (!err && in->abi.version != XMGM_ABI_VERSION) {
		err = instance_carry(in, error);
		if (!err)
			err = abi_check(in, error);
	}
	if (err == -ENOENT) {
		in->made = true;
		remove_pins(in);
		err = instance_create(in, options, error);
		if (!err)
			err = abi_check(in, error);
	}
	if (!err)
		err = instance_get(in, error);
	if (!err && in->abi.build != build_id())
		err = instance_renew(in, error);
	if (!err)
		err = settings_renew(in, options);
	if (err && in->made) {
		remove_pins(in);
		rmdir(in->dir);
	}
	close(lock);
	if (!err)
		return 0;
	if (!*error)
		*error = plane_error("opening what is pinned in %s: %s",
				     in->dir, strerror(-err));
	instance_close(in);
	return err;
}

void instance_close(struct instance *in)
{
	for (int i = 0; i < MAP_COUNT; i++)
		if (in->map[i] >= 0)
			close(in->map[i]);
	for (int i = 0; i < PROG_COUNT; i++)
		if (in->prog[i] >= 0)
			close(in->prog[i]);
	if (in->clone >= 0)
		close(in->clone);
	if (in->own >= 0)
		close(in->own);
}

/* Unless somebody has attached an interface to it meanwhile. */
void instance_unmake(const struct instance *in)
{
	const char *ignored;
	uint32_t ifindex;
	int lock;

	if (!in->made)
		return;
	lock = instances_lock(&ignored);
	if (lock < 0)
		return;
	if (bpf_map_get_next_key(in->map[MAP_attachments], NULL, &ifindex)) {
		remove_pins(in);
		rmdir(in->dir);
	}
	close(lock);
}

uint32_t plane_descriptors_bpf(const struct plane_options *options)
{
	struct plane_options sizes = with_defaults(options);
	struct xmgm_abi abi = {0};
	struct instance in;
	const char *error;

	if (!instance_name(&in, options->instance, &error) &&
	    !bpffs_prepare(&error) && !abi_read(&in, &abi) && abi.max_sets)
		sizes.max_sets = abi.max_sets;
	return MAP_COUNT + PROG_COUNT + sizes.max_sets + OTHER_DESCRIPTORS;
}

bool plane_exists_bpf(const char *instance)
{
	struct instance in;
	const char *error;
	char path[PLANE_PATH_LEN];

	if (instance_name(&in, instance, &error) || bpffs_prepare(&error))
		return false;
	instance_path(&in, "abi", path);
	return access(path, F_OK) == 0;
}

static void detach_every(struct instance *in)
{
	const char *error;
	__u32 key, next, *last = NULL;

	while (!bpf_map_get_next_key(in->map[MAP_attachments], last, &next)) {
		if (detach_port(in, next, &error))
			log_warn("%s", error);
		/* A deleted key restarts the walk at the beginning. */
		if (!bpf_map_lookup_elem(in->map[MAP_attachments], &next,
					 &(struct xmgm_attachment){0})) {
			key = next;
			last = &key;
		}
	}
}

/*
 * 0: detach what is recorded. -ENOENT: only remove the pins, there is no
 * record that we can read, or its network namespace is gone. -EXDEV: leave
 * them, for without them nobody could undo what is attached over there.
 */
static int may_destroy(const struct instance *in, const char **error)
{
	struct xmgm_abi there, here;
	int map = in->map[MAP_attachments];

	char path[NETNS_PATH_LEN];

	if (!abi_read(in, &there) && !abi_describe(&here) &&
	    there.netns != here.netns) {
		if (!netns_find(there.netns, path))
			return -ENOENT;
		*error = plane_error("the interfaces of instance %s are in "
				     "another network namespace: nsenter "
				     "--net=%s xmgm -i %s detach --all",
				     in->name, path, in->name);
		return -EXDEV;
	}
	if (map < 0 || value_size(map) != sizeof(struct xmgm_attachment))
		return -ENOENT;
	return 0;
}

static int destroy_pinned(struct instance *in, const char **error)
{
	char path[PLANE_PATH_LEN];
	int err;

	if (access(in->dir, F_OK)) {
		*error = plane_error("no instance %s: nothing is pinned in %s",
				     in->name, in->dir);
		return -ENOENT;
	}
	instance_path(in, "attachments", path);
	in->map[MAP_attachments] = bpf_obj_get(path);
	err = may_destroy(in, error);
	if (!err)
		detach_every(in);
	if (err == -EXDEV)
		return err;
	unfinished_remove(in);
	remove_pins(in);
	rmdir(in->dir);
	return 0;
}

int plane_destroy_bpf(const char *instance, const char **error)
{
	struct instance in;
	int lock, err = instance_name(&in, instance, error);

	if (err)
		return err;
	libbpf_set_print(print_libbpf);
	err = bpffs_prepare(error);
	if (err)
		return err;
	lock = instances_lock(error);
	if (lock < 0)
		return lock;
	err = destroy_pinned(&in, error);
	if ((!err || err == -ENOENT) && detach_lost(&in))
		err = 0;
	close(lock);
	instance_close(&in);
	return err;
}
