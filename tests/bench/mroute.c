/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ip_mroute by its socket options: MRT_INIT, one VIF per interface, MFCs.
 */
#include "mroute.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <linux/mroute.h>

#include "lab.h"

static int add_vif(struct mroute *m, vifi_t number, uint32_t ifindex)
{
	struct vifctl vif = {
		.vifc_vifi = number,
		.vifc_flags = VIFF_USE_IFINDEX,
		.vifc_threshold = 1,
		.vifc_lcl_ifindex = ifindex,
	};

	return setsockopt(m->fd, IPPROTO_IP, MRT_ADD_VIF, &vif, sizeof(vif))
		       ? -errno
		       : 0;
}

int mroute_open(struct mroute *m, const struct lab *lab)
{
	int one = 1, err = 0;

	m->fd = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_IGMP);
	if (m->fd < 0 ||
	    setsockopt(m->fd, IPPROTO_IP, MRT_INIT, &one, sizeof(one)))
		err = -errno;
	if (!err)
		err = add_vif(m, 0, lab->in[LAB_MROUTE]);
	for (int i = 0; i < LAB_OIFS && !err; i++)
		err = add_vif(m, i + 1, lab->out[i]);
	if (err)
		fprintf(stderr, "bench: ip_mroute: %s\n", strerror(-err));
	return err;
}

void mroute_close(struct mroute *m)
{
	if (m->fd >= 0)
		close(m->fd);
}

int mroute_add(struct mroute *m, const struct xmgm_flow *flow, uint32_t oifs)
{
	struct mfcctl mfc = {.mfcc_parent = 0};

	memcpy(&mfc.mfcc_origin, flow->source, 4);
	memcpy(&mfc.mfcc_mcastgrp, flow->group, 4);
	for (uint32_t i = 0; i < oifs; i++)
		mfc.mfcc_ttls[i + 1] = 1;
	return setsockopt(m->fd, IPPROTO_IP, MRT_ADD_MFC, &mfc, sizeof(mfc))
		       ? -errno
		       : 0;
}
