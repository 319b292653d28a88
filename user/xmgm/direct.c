/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is pinned, read without the daemon and turned into the rows that the
 * daemon would have given, as far as the maps know.
 */
#include "xmgm/cli.h"

#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <arpa/inet.h>

#include "lib/journal.h"

static const char *const owners[] = {XMGM_OWNER_NAMES};

static const char *const gates[] = {XMGM_GATE_NAMES};

static const char *const states[] = {XMGM_STATE_NAMES};

static const char *const modes[] = {XMGM_MODE_NAMES};

/* A name from a table, "?" for a value that is none of ours. */
#define NAME_OF(table, value) \
	name_of(table, sizeof(table) / sizeof((table)[0]), (size_t)(value))

static struct json_object *name_of(const char *const *table, size_t count,
				   size_t value)
{
	if (value >= count)
		return json_object_new_string("?");
	return table[value] ? json_object_new_string(table[value]) : NULL;
}

static struct json_object *owner_name(uint32_t owner)
{
	if (owner >= XMGM_OWNER_REMOTE)
		return json_object_new_string("remote");
	return NAME_OF(owners, owner);
}

static void on_upcall(void *arg, const struct xmgm_upcall *upcall,
		      size_t ip_off)
{
	(void)arg;
	(void)upcall;
	(void)ip_off;
}

static void on_igmp(void *arg, const void *record, size_t len)
{
	(void)arg;
	(void)record;
	(void)len;
}

static int is_pinned(struct cli *cli)
{
	if (plane_exists_bpf(cli->instance))
		return 0;
	/* With the dot: may we look into it, too? */
	if (access(XMGM_PIN_ROOT "/.", F_OK) &&
	    (errno == EACCES || errno == EPERM))
		return cli_fail(cli, -EACCES,
				"no permission to read %s: run xmgm as root",
				XMGM_PIN_ROOT);
	return -ENOENT;
}

int direct_open(struct cli *cli, bool load, struct plane **plane)
{
	const struct plane_options options = {.instance = cli->instance};
	const struct plane_listener listener = {.upcall = on_upcall,
						.igmp = on_igmp};
	const char *error = NULL;
	int err;

	err = load ? 0 : is_pinned(cli);
	if (err)
		return err;
	err = plane_open_bpf(&options, &listener, plane, &error);
	if (!err)
		return 0;
	return cli_fail(cli, err == -ENOENT ? -EIO : err, "%s",
			error ? error : strerror(-err));
}

int direct_destroy(struct cli *cli)
{
	const char *error = NULL;
	char path[JOURNAL_PATH];
	int err;

	err = is_pinned(cli);
	if (err == -EACCES)
		return err;
	/* What a failed start has left is removed as well. */
	err = plane_destroy_bpf(cli->instance, &error);
	if (err && err != -ENOENT)
		return cli_fail(cli, err, "%s", error ? error : strerror(-err));
	if (err)
		cli_note("%s", error ? error : "nothing is attached");
	journal_path(cli->instance, path);
	err = journal_forget(path);
	return err ? cli_fail(cli, err,
			      "%s cannot be removed, so what commands have "
			      "said is still known: %s",
			      path, strerror(-err))
		   : 0;
}

/* A VLAN without a netdev, whose name is made of its trunk's. */
struct vlan {
	uint32_t ifid;
	char name[IF_NAMESIZE + sizeof(".4294967295")]; /* "": not found */
};

static void look_for_vlan(void *arg, const struct xmgm_port *at, uint32_t ifid)
{
	struct vlan *vlan = arg;
	char trunk[IF_NAMESIZE];

	if (ifid == vlan->ifid && if_indextoname(at->ifindex, trunk))
		snprintf(vlan->name, sizeof(vlan->name), "%s.%u", trunk,
			 at->vlan & ~XMGM_PORT_AD);
}

/* An interface that has no name any more is shown by its number. */
static struct json_object *ifid_name(struct plane *plane, uint32_t ifid)
{
	struct vlan vlan = {.ifid = ifid};
	char name[IF_NAMESIZE];

	if (ifid < XMGM_IFID_VLAN && if_indextoname(ifid, name))
		return json_object_new_string(name);
	plane_vlan_walk(plane, look_for_vlan, &vlan);
	if (!*vlan.name)
		snprintf(vlan.name, sizeof(vlan.name), "%u", ifid);
	return json_object_new_string(vlan.name);
}

static struct json_object *interface_row(struct plane *plane, uint32_t ifid,
					 const struct plane_port_info *port,
					 const struct xmgm_interface *state)
{
	struct json_object *row = json_object_new_object();

	json_object_object_add(row, "name", ifid_name(plane, ifid));
	json_object_object_add(row, "ifid", json_object_new_int64(ifid));
	json_object_object_add(row, "owner", owner_name(state->owner));
	json_object_object_add(row, "gate", NAME_OF(gates, state->gate));
	json_object_object_add(row, "epoch",
			       json_object_new_int64(state->epoch));
	json_object_object_add(row, "xdp", NAME_OF(modes, port->mode));
	json_object_object_add(row, "querier", NULL);
	json_object_object_add(row, "groups", NULL);
	json_object_object_add(row, "ttl_threshold",
			       json_object_new_int(port->ttl_threshold));
	json_object_object_add(row, "packets_out",
			       json_object_new_uint64(port->packets_out));
	json_object_object_add(row, "problems", json_object_new_array());
	return row;
}

struct rows {
	struct plane *plane;
	struct json_object *rows;
};

/* If it is any of ours. */
static void add_interface(struct rows *r, uint32_t ifid)
{
	struct xmgm_interface state = {.owner = XMGM_OWNER_NONE};
	struct plane_port_info port = {.mode = XMGM_MODE_NONE};
	bool known = !plane_interface_get(r->plane, ifid, &state);

	if (!known)
		memset(&state, 0, sizeof(state));
	if (plane_port_get(r->plane, ifid, &port))
		memset(&port, 0, sizeof(port));
	if (known || port.mode != XMGM_MODE_NONE)
		json_object_array_add(r->rows, interface_row(r->plane, ifid,
							     &port, &state));
}

static void add_vlan(void *arg, const struct xmgm_port *at, uint32_t ifid)
{
	char name[IF_NAMESIZE];

	(void)at;
	if (!if_indextoname(ifid, name))
		add_interface(arg, ifid);
}

int direct_interfaces(struct plane *plane, struct json_object **rows)
{
	struct if_nameindex *netdevs = if_nameindex(), *n;
	struct rows r = {.plane = plane};

	if (!netdevs)
		return -errno;
	r.rows = json_object_new_array();
	for (n = netdevs; n->if_index; n++)
		add_interface(&r, n->if_index);
	plane_vlan_walk(plane, add_vlan, &r);
	if_freenameindex(netdevs);
	*rows = r.rows;
	return 0;
}

static struct json_object *address(const __u8 bytes[4])
{
	static const __u8 any[4];
	char text[INET_ADDRSTRLEN];

	if (!memcmp(bytes, any, sizeof(any)))
		return json_object_new_string("*");
	inet_ntop(AF_INET, bytes, text, sizeof(text));
	return json_object_new_string(text);
}

struct walk {
	struct plane *plane;
	struct json_object *rows;
	uint64_t now_ns;
};

static void add_counts(struct json_object *row, const struct xmgm_mfe *mfe,
		       uint64_t now_ns)
{
	uint64_t age = now_ns > mfe->created ? now_ns - mfe->created : 0;

	json_object_object_add(row, "packets",
			       json_object_new_uint64(mfe->packets));
	json_object_object_add(row, "bytes",
			       json_object_new_uint64(mfe->bytes));
	json_object_object_add(row, "wrong_if",
			       json_object_new_uint64(mfe->wrong_if));
	json_object_object_add(row, "uptime_s",
			       json_object_new_uint64(age / 1000000000));
	json_object_object_add(row, "expires_s", NULL);
}

static int add_route(void *arg, const struct xmgm_mfe *mfe,
		     const uint32_t *oifs, size_t count)
{
	struct json_object *row = json_object_new_object();
	struct json_object *names = json_object_new_array();
	struct xmgm_interface iif = {.owner = XMGM_OWNER_NONE};
	struct walk *walk = arg;
	size_t i;

	for (i = 0; i < count; i++)
		json_object_array_add(names, ifid_name(walk->plane, oifs[i]));
	json_object_object_add(row, "source", address(mfe->flow.source));
	json_object_object_add(row, "group", address(mfe->flow.group));
	json_object_object_add(row, "iif",
			       ifid_name(walk->plane, mfe->route.iif));
	json_object_object_add(row, "oifs", names);
	add_counts(row, mfe, walk->now_ns);
	if (plane_interface_get(walk->plane, mfe->route.iif, &iif))
		iif.owner = XMGM_OWNER_NONE;
	json_object_object_add(row, "owner", owner_name(iif.owner));
	json_object_object_add(row, "state", NAME_OF(states, mfe->state));
	json_object_array_add(walk->rows, row);
	return 0;
}

int direct_routes(struct plane *plane, struct json_object **rows)
{
	struct walk walk = {.plane = plane};
	struct timespec now;
	int err;

	clock_gettime(CLOCK_MONOTONIC, &now);
	walk.now_ns = (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
	walk.rows = json_object_new_array();
	err = plane_mfe_walk(plane, add_route, &walk);
	if (err) {
		json_object_put(walk.rows);
		return err;
	}
	*rows = walk.rows;
	return 0;
}

static const char *const verdict_names[] = {
#define DIRECT_NAME(id, name, text) name,
	XMGM_REASONS(DIRECT_NAME)};
static const char *const igmp_names[] = {XMGM_IGMP_REASONS(DIRECT_NAME)};
#undef DIRECT_NAME

static struct json_object *counters(const char *const *names,
				    const uint64_t *values, size_t count)
{
	struct json_object *list = json_object_new_object();
	size_t i;

	for (i = 0; i < count; i++)
		json_object_object_add(list, names[i],
				       json_object_new_uint64(values[i]));
	return list;
}

int direct_stats(struct plane *plane, struct json_object **stats)
{
	uint64_t verdicts[XMGM_REASON_COUNT];
	uint64_t igmp[XMGM_IGMP_REASON_COUNT];

	plane_verdicts(plane, verdicts);
	plane_igmp_verdicts(plane, igmp);
	*stats = json_object_new_object();
	json_object_object_add(*stats, "verdicts",
			       counters(verdict_names, verdicts,
					XMGM_REASON_COUNT));
	json_object_object_add(*stats, "igmp",
			       counters(igmp_names, igmp,
					XMGM_IGMP_REASON_COUNT));
	/* Counted by the daemon, which does not run. */
	json_object_object_add(*stats, "upcalls", json_object_new_object());
	return 0;
}
