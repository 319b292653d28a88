/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The manager's hooks of a fixture that has a function for each, called on_ and
 * the hook's name. event and set_read may be left out: who has them adds them.
 */
#ifndef XMGM_TESTS_HOOKS_H
#define XMGM_TESTS_HOOKS_H

#include "mgm/core.h"

#define FIXTURE_HOOKS(fixture)                     \
	((struct mgm_hooks){                       \
		.arg = (fixture),                  \
		.interface_set = on_interface_set, \
		.interface_del = on_interface_del, \
		.set_get = on_set_get,             \
		.set_put = on_set_put,             \
		.mfe_put = on_mfe_put,             \
		.mfe_del = on_mfe_del,             \
		.flow_release = on_flow_release,   \
		.commit = on_commit,               \
		.mfe_read = on_mfe_read,           \
		.rib_lookup = on_rib_lookup,       \
	})

#endif /* XMGM_TESTS_HOOKS_H */
