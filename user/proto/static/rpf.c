/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Static routes to sources: put into the manager's RIB while the interface is
 * there that they name, or in whose subnet their next hop is. Others wait.
 * They take no interface: whose it is does not matter to them.
 */
#include "internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/address.h"

static uint32_t prefix_hash(const struct mgm_prefix *prefix)
{
	return hash_bytes(prefix, sizeof(*prefix));
}

static struct static_rpf *rpf_find(const struct static_protocol *s,
				   const struct mgm_prefix *prefix)
{
	struct hash_node *n = hash_first(&s->rpfs, prefix_hash(prefix));

	for (; n; n = hash_next(n)) {
		struct static_rpf *r = hash_entry(n, struct static_rpf, node);

		if (!memcmp(&r->config.prefix, prefix, sizeof(*prefix)))
			return r;
	}
	return NULL;
}

/* The interface it goes through now; 0: none. */
static uint32_t rpf_ifid(const struct static_protocol *s,
			 const struct proto_rpf_config *config)
{
	const struct proto_services *services = s->services;

	if (*config->dev)
		return services->ifid(services->arg, config->dev);
	return services->toward(services->arg, &config->via);
}

static int rpf_put(struct static_protocol *s,
		   const struct proto_rpf_config *config, uint32_t ifid)
{
	const struct mgm_rib_route route = {
		.size = sizeof(route),
		.prefix = config->prefix,
		.upstream = config->via,
		.ifid = ifid,
		.distance = config->distance,
	};

	return mgm_rib_put(s->services->mgm, s->client, &route);
}

/* Brings the manager in line with where it goes now. */
static void rpf_apply(struct static_protocol *s, struct static_rpf *r)
{
	uint32_t ifid = rpf_ifid(s, &r->config);
	char text[ADDRESS_PREFIX_TEXT];
	int err;

	if (r->ifid && !ifid)
		mgm_rib_del(s->services->mgm, s->client, &r->config.prefix);
	r->ifid = 0;
	if (!ifid)
		return;
	err = rpf_put(s, &r->config, ifid);
	if (!err) {
		r->ifid = ifid;
		r->failed = false;
		return;
	}
	s->failed = true; /* it is tried again */
	if (!r->failed)
		static_say(s, PROTO_WARN,
			   "static: no route to sources in %s: %s; it is tried "
			   "again",
			   address_prefix_text(&r->config.prefix.address,
					       r->config.prefix.length, text),
			   strerror(-err));
	r->failed = true;
}

static struct static_rpf *rpf_get(struct static_protocol *s,
				  const struct proto_rpf_config *config)
{
	struct static_rpf *r = rpf_find(s, &config->prefix);

	if (r)
		return r;
	r = calloc(1, sizeof(*r));
	if (!r)
		return NULL;
	r->config.prefix = config->prefix;
	if (!hash_insert(&s->rpfs, &r->node, prefix_hash(&config->prefix)))
		return r;
	free(r);
	return NULL;
}

static void rpf_drop(struct static_protocol *s, struct static_rpf *r)
{
	if (r->ifid)
		mgm_rib_del(s->services->mgm, s->client, &r->config.prefix);
	hash_remove(&s->rpfs, &r->node);
	free(r);
}

int static_rpf_add(struct static_protocol *s,
		   const struct proto_rpf_config *config)
{
	uint32_t ifid = rpf_ifid(s, config);
	struct static_rpf *r = rpf_find(s, &config->prefix);
	bool fresh = !r;
	int err;

	if (!ifid)
		return *config->dev ? -ENODEV : -ENETUNREACH;
	r = rpf_get(s, config);
	if (!r)
		return -ENOMEM;
	err = rpf_put(s, config, ifid);
	if (!err) {
		r->config = *config;
		r->ifid = ifid;
	} else if (fresh) {
		rpf_drop(s, r);
	}
	return err;
}

int static_rpf_del(struct static_protocol *s, const struct mgm_prefix *prefix)
{
	struct static_rpf *r = rpf_find(s, prefix);

	if (!r)
		return -ENOENT;
	rpf_drop(s, r);
	return 0;
}

static void rpf_each(struct static_protocol *s,
		     void (*visit)(struct static_protocol *s,
				   struct static_rpf *r))
{
	struct hash_node *n, *tmp;
	uint32_t i;

	hash_for_each_safe(&s->rpfs, n, tmp, i)
		visit(s, hash_entry(n, struct static_rpf, node));
}

static void rpf_forget(struct static_protocol *s, struct static_rpf *r)
{
	(void)s;
	r->keep = false;
}

static void rpf_sweep(struct static_protocol *s, struct static_rpf *r)
{
	if (!r->keep)
		rpf_drop(s, r);
}

void static_rpf_configure(struct static_protocol *s,
			  const struct proto_rpf_config *configs, size_t count)
{
	struct static_rpf *r;
	size_t i;

	rpf_each(s, rpf_forget);
	for (i = 0; i < count; i++) {
		r = rpf_get(s, &configs[i]);
		if (!r) {
			static_say(s, PROTO_ERROR, "static: no memory");
			return; /* nothing goes */
		}
		r->config = configs[i];
		r->keep = true;
		rpf_apply(s, r);
	}
	rpf_each(s, rpf_sweep);
}

static bool subnet_holds(const struct proto_interface *interface,
			 const struct mgm_address *via)
{
	size_t i;

	for (i = 0; i < interface->address_count; i++)
		if (proto_address_holds(&interface->addresses[i], via))
			return true;
	return false;
}

void static_rpf_interface(struct static_protocol *s,
			  const struct proto_interface *interface)
{
	struct hash_node *n, *tmp;
	uint32_t i;

	hash_for_each_safe(&s->rpfs, n, tmp, i) {
		struct static_rpf *r = hash_entry(n, struct static_rpf, node);

		if (r->ifid == interface->ifid ||
		    !strcmp(r->config.dev, interface->name) ||
		    (!*r->config.dev &&
		     subnet_holds(interface, &r->config.via)))
			rpf_apply(s, r);
	}
}

/* The manager has dropped those through it. */
void static_rpf_interface_gone(struct static_protocol *s, uint32_t ifid)
{
	struct hash_node *n, *tmp;
	uint32_t i;

	hash_for_each_safe(&s->rpfs, n, tmp, i) {
		struct static_rpf *r = hash_entry(n, struct static_rpf, node);

		if (r->ifid != ifid)
			continue;
		r->ifid = 0;
		rpf_apply(s, r);
	}
}

static void rpf_again(struct static_protocol *s, struct static_rpf *r)
{
	if (r->failed)
		rpf_apply(s, r);
}

void static_rpf_retry(struct static_protocol *s)
{
	rpf_each(s, rpf_again);
}

static int rpf_order(struct hash_node *a, struct hash_node *b)
{
	return memcmp(&hash_entry(a, struct static_rpf, node)->config.prefix,
		      &hash_entry(b, struct static_rpf, node)->config.prefix,
		      sizeof(struct mgm_prefix));
}

int static_rpf_list(struct static_protocol *s, struct proto_cursor *cursor,
		    int (*each)(void *arg, const struct proto_rpf *rpf),
		    void *arg)
{
	struct proto_cursor own = {0};
	struct hash_node *n;
	int result = 0;

	if (!cursor)
		cursor = &own;
	while (!result) {
		struct static_rpf last = {.config.prefix = cursor->sg.source};
		const struct static_rpf *r;
		struct proto_rpf row;

		last.node.hash = prefix_hash(&cursor->sg.source);
		n = hash_after(&s->rpfs, cursor->begun ? &last.node : NULL,
			       rpf_order);
		if (!n)
			break;
		r = hash_entry(n, struct static_rpf, node);
		cursor->begun = true;
		cursor->sg.source = r->config.prefix;
		row.rpf = r->config;
		row.waiting = !r->ifid;
		result = each(arg, &row);
	}
	return result;
}

void static_rpf_free_all(struct static_protocol *s)
{
	hash_free(&s->rpfs, struct static_rpf, node);
}
