/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The descriptors that the daemon may come to need are there, or it does not
 * start: one that has run out of them forwards on and hears nobody.
 */
#include "lib/descriptors.h"

#include <errno.h>

#include "daemon.h"
#include "lib/log.h"

/* Log, locks, loop, netlink, files that are written, the places that clients of
 * root have beside the limit, and some room. */
#define OWN_DESCRIPTORS 64

int descriptors_check(uint32_t plane, const struct config *config)
{
	uint64_t allowed = descriptors_raise();
	uint64_t needed = (uint64_t)OWN_DESCRIPTORS + plane + config->clients;

	if (allowed >= needed)
		return 0;
	log_error("%llu file descriptors are needed (%u for the data plane, "
		  "most of them for oif sets, %u for clients, %u others) and "
		  "%llu allowed: raise LimitNOFILE= of the service or `ulimit "
		  "-Hn`, or lower oif-sets or clients in limits",
		  (unsigned long long)needed, plane, config->clients,
		  OWN_DESCRIPTORS, (unsigned long long)allowed);
	return -EMFILE;
}
