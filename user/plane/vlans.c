/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * VLANs as ports: which tagged packets are whose, and *trunks*, devices with
 * VLANs, whose copies the egress program asks which of their ports they leave
 * by. A trunk remains one while its netdev is there: sets of routes that are
 * being changed may have VLANs that have gone.
 */
#include "bpf.h"

#include <errno.h>
#include <string.h>

#include <bpf/bpf.h>

static struct xmgm_port key_of(const struct plane_port *told)
{
	return (struct xmgm_port){
		.ifindex = told->ifindex,
		.vlan = told->vlan | (told->service ? XMGM_PORT_AD : 0),
	};
}

static void count_trunks(struct plane_bpf *p, uint32_t count)
{
	p->trunks = count;
	p->ingress.settings->trunks = count;
}

/* Before the first set has a VLAN of it, its own entries have the program, and
 * its own copies are numbered. */
static int trunk_make(struct plane_bpf *p, uint32_t ifindex)
{
	struct port *port = port_get(p, ifindex);
	int err;

	if (!port)
		return -ENOMEM;
	if (port->trunk)
		return 0;
	port->trunk = true;
	count_trunks(p, p->trunks + 1);
	err = plain_settle(p, port);
	if (!err)
		err = sets_port_trunk(p, ifindex);
	return err ? err : port_fill_egress(p, port);
}

static int vlan_forget(struct plane_bpf *p, const struct plane_port *told)
{
	const struct xmgm_port key = key_of(told);
	int err = bpf_map_delete_elem(p->in.map[MAP_ports], &key);

	return err == -ENOENT ? 0 : err;
}

int vlan_set(struct plane_bpf *p, const struct plane_port *before,
	     const struct plane_port *told)
{
	const struct xmgm_port old = key_of(before), key = key_of(told);
	int err = 0;

	if (before->vlan && memcmp(&old, &key, sizeof(key)))
		err = vlan_forget(p, before);
	if (err || !told->vlan)
		return err;
	if (told->path == PLANE_PATH_XDP)
		err = trunk_make(p, told->ifindex);
	if (err)
		return err;
	return bpf_map_update_elem(p->in.map[MAP_ports], &key, &told->ifid,
				   BPF_ANY);
}

void vlan_gone(struct plane_bpf *p, const struct port *port)
{
	if (port->trunk)
		count_trunks(p, p->trunks - 1);
	if (port->told.vlan)
		vlan_forget(p, &port->told);
}

/* What an earlier process has said of VLANs, and what its sets have of them. */
int vlans_adopt(struct plane_bpf *p)
{
	int ports = p->in.map[MAP_ports], tags = p->in.map[MAP_set_tags];
	struct xmgm_set_copy copy, *last_copy = NULL;
	struct xmgm_port key, *last = NULL;
	struct port *port, *trunk;
	uint32_t ifid, count = 0;

	for (; !bpf_map_get_next_key(ports, last, &key); last = &key) {
		if (!key.vlan || bpf_map_lookup_elem(ports, &key, &ifid))
			continue;
		port = port_get(p, ifid);
		trunk = port_get(p, key.ifindex);
		if (!port || !trunk)
			return -ENOMEM;
		port->told.ifindex = key.ifindex;
		port->told.vlan = key.vlan & 0xfff;
		port->told.service = key.vlan & XMGM_PORT_AD;
		count += !trunk->trunk;
		trunk->trunk = true;
	}
	for (; !bpf_map_get_next_key(tags, last_copy, &copy);
	     last_copy = &copy) {
		trunk = port_get(p, copy.ifindex);
		if (!trunk)
			return -ENOMEM;
		count += !trunk->trunk;
		trunk->trunk = true;
	}
	count_trunks(p, count);
	return 0;
}
