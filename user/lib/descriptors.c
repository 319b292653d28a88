/* SPDX-License-Identifier: GPL-2.0-only */
/* See descriptors.h. */
#include "descriptors.h"

#include <sys/resource.h>

uint64_t descriptors_raise(void)
{
	struct rlimit limit, raised;

	if (getrlimit(RLIMIT_NOFILE, &limit))
		return UINT64_MAX;
	raised = (struct rlimit){limit.rlim_max, limit.rlim_max};
	if (!setrlimit(RLIMIT_NOFILE, &raised))
		limit = raised;
	return limit.rlim_cur == RLIM_INFINITY ? UINT64_MAX : limit.rlim_cur;
}
