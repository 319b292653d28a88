/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * SIGHUP: the configuration is read again. With an error in it nothing
 * changes. What is sized when the plane and the manager are made cannot be
 * changed under them and is named in the log; the rest is handed to those
 * whose business it is, who touch only what differs.
 */
#include "xmgmd/daemon.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "lib/log.h"
#include "xmgmd/remote/remote.h"

static void warn_limits(const struct daemon *d, const struct config *old,
			const struct config *new)
{
	if (memcmp(&old->plane, &new->plane, sizeof(old->plane)) ||
	    memcmp(&old->mgm, &new->mgm, sizeof(old->mgm)))
		log_warn("the limits section has changed: it takes effect when "
			 "xmgmd is started again");
	if (old->plane.max_routes != new->plane.max_routes ||
	    old->plane.max_sets != new->plane.max_sets)
		log_warn("routes and oif-sets keep their sizes at a start, "
			 "until it follows `%s detach --all`, which ends "
			 "forwarding",
			 d->command);
	if (strcmp(old->state_directory, new->state_directory))
		log_warn("state-directory has changed: it takes effect when "
			 "xmgmd is started again");
}

/* Without -f a missing file means the defaults. */
static int load(const struct daemon *d, struct config **config)
{
	struct conf_errors errors = {0};
	char why[COMMANDS_WHY];
	size_t i;
	int err;

	if (!d->config_given && access(d->config_path, F_OK)) {
		*config = config_default();
		return *config ? 0 : -ENOMEM;
	}
	err = config_load(d->config_path, config, &errors);
	for (i = 0; i < errors.count; i++)
		log_error("%s", errors.lines[i]);
	conf_errors_free(&errors);
	if (err)
		return err;
	err = commands_check_directory((*config)->state_directory, why);
	if (err) {
		log_error("%s", why);
		config_free(*config);
		*config = NULL;
	}
	return err;
}

int reload_first(struct daemon *d)
{
	int err = load(d, &d->config);

	if (!err && !d->config->proto.interface_count &&
	    !d->config->no_interfaces && !access(d->config_path, F_OK))
		log_warn("the configuration %s names no interface, so none is "
			 "attached by it: add sections, or `interfaces = none` "
			 "if that is meant",
			 d->config_path);
	return err;
}

/*
 * Editors and scripts that write a file in place leave it empty for a moment.
 * Who wants nothing attached says so.
 */
static bool shrinks_to_nothing(const struct daemon *d,
			       const struct config *config)
{
	if (config->proto.interface_count || config->no_interfaces ||
	    !d->config->proto.interface_count)
		return false;
	log_error("the configuration %s names no interface any more: it was "
		  "not used, and the %zu there are stay as they are: correct "
		  "it, or write `interfaces = none` into it if that is meant, "
		  "and reload again",
		  d->config_path, d->config->proto.interface_count);
	return true;
}

static size_t statements(const struct config *config)
{
	const struct proto_config *p = &config->proto;

	return p->interface_count + p->route_count + p->join_count;
}

/* The same with one of the files that are included. */
static bool shrinks_by_an_empty_file(const struct daemon *d,
				     const struct config *config)
{
	if (!config->empty || statements(config) >= statements(d->config))
		return false;
	log_error("%s, which the configuration %s includes, is empty, and less "
		  "is configured without it: it was not used, and all stays as "
		  "it is: correct it, or remove it or write a comment into it "
		  "if that is meant, and reload again",
		  config->empty, d->config_path);
	return true;
}

void reload_say_overridden(const struct daemon *d)
{
	struct hash_node *n, *tmp;
	size_t count = 0;
	uint32_t i;

	hash_for_each_safe(&d->said, n, tmp, i)
		count += said_overrides(hash_entry(n, struct said, node));
	if (count)
		log_info("%zu statements of the configuration do not hold: "
			 "commands have changed or removed what they name, "
			 "until they change as well; `xmgm show config` lists "
			 "them",
			 count);
}

static uint32_t plane_descriptors(struct daemon *d)
{
	const struct router *r;
	uint32_t count = 0;

	router_for_each(d, r)
		count += r->plane_descriptors;
	return count;
}

/* The journal names what is attached by it, so that comes first. */
static void apply(struct daemon *d, const struct config *old)
{
	struct router *r;

	router_for_each(d, r) {
		if (old->rpf_any_leg != d->config->rpf_any_leg)
			r->rib_dirty = true;
		attaching_configure(r);
		ports_configure(r);
		announce_manager(r);
	}
	commands_renew(d);
	router_for_each(d, r) {
		glue_configure(r);
		router_settle(r);
	}
	remote_configure(d);
}

void reload(struct daemon *d)
{
	struct config *config = NULL, *old = d->config;

	if (load(d, &config)) {
		log_error("the configuration was not changed: correct it and "
			  "reload again");
		return;
	}
	if (shrinks_to_nothing(d, config) ||
	    shrinks_by_an_empty_file(d, config)) {
		config_free(config);
		return;
	}
	if (descriptors_check(plane_descriptors(d), config)) {
		log_error("the configuration was not changed");
		config_free(config);
		return;
	}
	config->plane.instance = d->instance;
	warn_limits(d, old, config);
	d->config = config;
	said_configure(&d->said, config);
	apply(d, old);
	config_free(old);
	log_info("the configuration %s was read again", d->config_path);
	reload_say_overridden(d);
}
