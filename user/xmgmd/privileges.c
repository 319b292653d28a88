/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What stays of root: interfaces and routes (NET_ADMIN), IGMP (NET_RAW), maps
 * and programs (BPF, PERFMON), and SYS_ADMIN, because the kernel asks for it
 * when a BPF object is opened by its id, as libxdp and inner maps need. The
 * rest is gone for good, or the daemon does not run: no_new_privs keeps it
 * from coming back where the bounding set must stay, for want of SETPCAP.
 */
#include "daemon.h"

#include <cap-ng.h>
#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>

#include "lib/log.h"

static const unsigned int wanted[] = {
	CAP_NET_ADMIN, CAP_NET_RAW, CAP_BPF, CAP_PERFMON, CAP_SYS_ADMIN,
};
#define WANTED (sizeof(wanted) / sizeof(wanted[0]))

/* Those of the wanted ones that we have; more cannot be asked for. */
static int choose(void)
{
	bool have[WANTED];
	size_t i;

	if (capng_get_caps_process())
		return -1;
	for (i = 0; i < WANTED; i++)
		have[i] = capng_have_capability(CAPNG_PERMITTED, wanted[i]);
	capng_clear(CAPNG_SELECT_BOTH);
	for (i = 0; i < WANTED; i++)
		if (have[i] && capng_update(CAPNG_ADD,
					    CAPNG_EFFECTIVE | CAPNG_PERMITTED |
						    CAPNG_BOUNDING_SET,
					    wanted[i]))
			return -1;
	return 0;
}

int privileges_drop(void)
{
	bool bounds;

	errno = 0;
	if (capng_get_caps_process())
		goto failed;
	bounds = capng_have_capability(CAPNG_EFFECTIVE, CAP_SETPCAP);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || choose() ||
	    capng_apply(bounds ? CAPNG_SELECT_BOTH : CAPNG_SELECT_CAPS))
		goto failed;
	return 0;
failed:
	log_error("privileges that are not needed cannot be given up (%s), and "
		  "xmgmd does not run with them: allow prctl and capset, or "
		  "start it with CAP_NET_ADMIN, CAP_NET_RAW, CAP_BPF, "
		  "CAP_PERFMON and CAP_SYS_ADMIN alone",
		  errno ? strerror(errno) : "no reason given");
	return -EPERM;
}
