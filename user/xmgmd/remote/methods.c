/* SPDX-License-Identifier: GPL-2.0-only */
/* The manager's methods: what each is called, and what it may be given. */
#include "internal.h"

#define METHOD(called, fn, ...)                                            \
	{                                                                  \
		.name = "mgm." called, .run = fn, .params = {__VA_ARGS__}, \
	}
static const struct method methods[] = {
	METHOD("membership_add", remote_add, "client", "ifid", "source",
	       "group", "flags"),
	METHOD("membership_del", remote_del, "client", "ifid", "source",
	       "group", "flags"),
	METHOD("membership_set", remote_set, "client", "ifid", "group",
	       "filter", "sources"),
	METHOD("membership_batch", remote_batch, "client", "changes"),
	METHOD("rpf_reply", remote_rpf_reply, "client", "token", "iif",
	       "upstream"),
	METHOD("rpf_again", remote_rpf_again, "client", "ifid"),
	METHOD("creation_reply", remote_creation_reply, "client", "token",
	       "oifs"),
	METHOD("interface_take", remote_take, "client", "ifid"),
	METHOD("interface_release", remote_release, "client", "ifid"),
	METHOD("interface_transfer", remote_transfer, "client", "ifid",
	       "protocol", "component"),
	METHOD("interface_owner", remote_owner, "ifid"),
	METHOD("interface_forward", remote_forward, "client", "ifid", "on"),
	METHOD("wrong_if_alerts", remote_wrong_if_alerts, "client", "ifid",
	       "on"),
	METHOD("igmp_disabled", remote_igmp_disabled, "client", "ifid",
	       "epoch"),
	METHOD("replay_complete", remote_replay_complete, "client", "ifid",
	       "epoch"),
	METHOD("route_put", remote_route_put, "client", "source", "group",
	       "iif", "oifs", "flags"),
	METHOD("route_del", remote_route_del, "client", "source", "group"),
	METHOD("rib_put", remote_rib_put, "client", "prefix", "ifid",
	       "upstream", "metric", "distance"),
	METHOD("rib_del", remote_rib_del, "client", "prefix"),
	METHOD("rib_get", remote_rib_get, "source", "count"),
	METHOD("mfe_get", remote_mfe_get, "source", "group"),
	METHOD("mfe_next", remote_mfe_next, "after", "count"),
	METHOD("mfe_set_upstream", remote_set_upstream, "client", "source",
	       "group", "upstream"),
	METHOD("mfe_set_timeout", remote_set_timeout, "client", "source",
	       "group", "timeout_ms"),
	METHOD("membership_next", remote_membership_next, "after", "filter",
	       "count"),
	METHOD("interface_get", remote_interface_get, "ifid"),
	METHOD("interface_next", remote_interface_next, "after", "count"),
	METHOD("client_next", remote_client_next, "after", "count"),
	METHOD("client_settled", remote_settled, "client"),
	METHOD("register", remote_register, "protocol", "component", "name",
	       "role", "router", "accepts_transfers", "grace_ms", "callbacks"),
	METHOD("deregister", remote_deregister, "client"),
	METHOD("hello", remote_hello, "version"),
};
#undef METHOD

const struct method *remote_methods(size_t *count)
{
	*count = sizeof(methods) / sizeof(methods[0]);
	return methods;
}
