/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Flows that we forward and that the kernel's own multicast router has an entry
 * for as well: it gets none of their packets, and whoever made that entry does
 * not know.
 */
#include "daemon.h"

#include <stdio.h>
#include <string.h>

#include "check.h"

/* The interface where packets of this flow are taken by us; 0: nowhere. */
static uint32_t taken_on(struct router *r, struct mgm_sg sg)
{
	struct mgm_mfe_info info = {.size = sizeof(info)};

	if (mgm_mfe_get(r->mgm, sg, &info) ||
	    info.state != MGM_STATE_FORWARDING)
		return 0;
	return info.iif;
}

static void survey_one(struct router *r, const struct kernel_mfe *e)
{
	const struct mgm_sg any = mgm_sg_of(NULL, &e->sg.group.address);
	uint32_t iif = taken_on(r, e->sg);
	struct link *link;

	if (!iif && e->sg.source.length)
		iif = taken_on(r, any);
	link = iif ? ports_link(r, iif) : NULL;
	if (!link)
		return;
	if (!link->kernel_flows++ ||
	    memcmp(&e->sg, &link->kernel_flow, sizeof(e->sg)) < 0)
		link->kernel_flow = e->sg;
}

void kernel_flows_survey(struct router *r)
{
	struct hash_node *n, *tmp;
	uint32_t i;

	hash_for_each_safe(&r->d->links.table, n, tmp, i)
		hash_entry(n, struct link, node)->kernel_flows = 0;
	hash_for_each_safe(&r->d->kernel_mfc.table, n, tmp, i)
		survey_one(r, hash_entry(n, struct kernel_mfe, node));
}

void kernel_flows_changed(struct router *r)
{
	if (r->d->kernel_mfc.table.count)
		router_settle(r);
}

bool kernel_flows_why(const struct link *link, char why[KERNEL_FLOWS_WHY])
{
	char sg[CHECK_SG], more[40] = "";

	if (!link->kernel_flows)
		return false;
	if (link->kernel_flows > 1)
		snprintf(more, sizeof(more), " and %u more",
			 link->kernel_flows - 1);
	snprintf(why, KERNEL_FLOWS_WHY,
		 "%s%s: xmgm forwards it from here, and the kernel's multicast "
		 "router has an entry for it as well, which gets no packet: "
		 "take it out of one of them (`ip mroute` shows the kernel's)",
		 check_sg_name(link->kernel_flow, sg), more);
	return true;
}
