/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Whose an XDP program is that is on an interface. A program of xmgm is known
 * by its name and by its maps: those of an instance that is pinned are that
 * instance's. If nobody has pinned them (somebody has removed the pins, the
 * program forwards on) the record `abi`, which is bound to each attached
 * program, tells the name of the instance and its network namespace, and
 * `attachments`, bound as well, what is to be undone on the device.
 */
#include "bpf.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <bpf/bpf.h>

#define MAPS_OF_PROGRAM 64

/* What the maps of one program say. */
struct evidence {
	uint32_t interfaces; /* id of this map */
	struct xmgm_abi abi;
	struct xmgm_attachment attachment;
};

int program_bind(const struct instance *in, int prog)
{
	int err = bpf_prog_bind_map(prog, in->map[MAP_abi], NULL);

	if (!err)
		err = bpf_prog_bind_map(prog, in->map[MAP_attachments], NULL);
	return err;
}

/* value is zero if the map has none, or one of another size. */
static void read_value(int map, const struct bpf_map_info *info, uint32_t key,
		       void *value, size_t size)
{
	if (info->key_size != sizeof(key) || info->value_size != size ||
	    bpf_map_lookup_elem(map, &key, value))
		memset(value, 0, size);
}

static void read_map(struct evidence *e, uint32_t id, uint32_t ifindex)
{
	struct bpf_map_info info = {0};
	__u32 len = sizeof(info);
	int map = bpf_map_get_fd_by_id(id);

	if (map < 0)
		return;
	if (bpf_obj_get_info_by_fd(map, &info, &len))
		info.name[0] = '\0';
	if (!strcmp(info.name, "interfaces"))
		e->interfaces = id;
	else if (!strcmp(info.name, "abi"))
		read_value(map, &info, 0, &e->abi, sizeof(e->abi));
	else if (!strcmp(info.name, "attachments"))
		read_value(map, &info, ifindex, &e->attachment,
			   sizeof(e->attachment));
	close(map);
}

/* False: no program of xmgm. */
static bool gather(uint32_t prog_id, uint32_t ifindex, struct evidence *e,
		   char name[PROGRAM_NAME_LEN])
{
	__u32 ids[MAPS_OF_PROGRAM];
	struct bpf_prog_info info = {
		.nr_map_ids = MAPS_OF_PROGRAM,
		.map_ids = (uintptr_t)ids,
	};
	__u32 len = sizeof(info);
	int err, prog = bpf_prog_get_fd_by_id(prog_id);

	if (prog < 0)
		return false;
	err = bpf_obj_get_info_by_fd(prog, &info, &len);
	close(prog);
	if (err)
		return false;
	memcpy(name, info.name, PROGRAM_NAME_LEN);
	if (strcmp(name, INGRESS_NAME))
		return false;
	for (__u32 i = 0; i < info.nr_map_ids && i < MAPS_OF_PROGRAM; i++)
		read_map(e, ids[i], ifindex);
	return true;
}

static uint32_t pinned_map(const char *instance)
{
	char path[PLANE_PATH_LEN + 256];
	uint32_t id;
	int map;

	snprintf(path, sizeof(path), XMGM_PIN_ROOT "/%s/interfaces", instance);
	map = bpf_obj_get(path);
	if (map < 0)
		return 0;
	id = map_id(map);
	close(map);
	return id;
}

/* The instance whose pins have this map; false: none has. */
static bool find_pinned(uint32_t map, char instance[XMGM_INSTANCE_LEN])
{
	DIR *root = map ? opendir(XMGM_PIN_ROOT) : NULL;
	bool found = false;
	struct dirent *e;

	while (root && !found && (e = readdir(root))) {
		if (e->d_name[0] == '.' || e->d_name[0] == UNFINISHED ||
		    strlen(e->d_name) >= XMGM_INSTANCE_LEN)
			continue;
		found = pinned_map(e->d_name) == map;
		if (found)
			strcpy(instance, e->d_name);
	}
	if (root)
		closedir(root);
	return found;
}

/* A namespace that is gone, or ours: nobody else can look after the program. */
static bool netns_is_ours(uint64_t inode)
{
	char path[NETNS_PATH_LEN];
	struct stat ns;

	return (!stat("/proc/self/ns/net", &ns) && ns.st_ino == inode) ||
	       !netns_find(inode, path);
}

enum program_owner program_whose(const struct instance *in, uint32_t ifindex,
				 uint32_t prog_id, struct program_facts *facts)
{
	struct evidence e = {0};

	*facts = (struct program_facts){0};
	if (!gather(prog_id, ifindex, &e, facts->name))
		return PROGRAM_STRANGE;
	facts->attachment = e.attachment;
	facts->pinned = find_pinned(e.interfaces, facts->instance);
	if (!facts->pinned)
		memcpy(facts->instance, e.abi.instance,
		       sizeof(facts->instance) - 1);
	if (strcmp(facts->instance, in->name) ||
	    (!facts->pinned && !netns_is_ours(e.abi.netns)))
		return PROGRAM_OTHERS;
	return PROGRAM_OURS;
}
