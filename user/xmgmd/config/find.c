/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Finding what a configuration says about one route or join: by index arrays
 * that are sorted once, when it has been read.
 */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int compare_joins(const struct proto_join_config *a,
			 const struct proto_join_config *b)
{
	int order = strcmp(a->interface, b->interface);

	return order ? order : memcmp(&a->sg, &b->sg, sizeof(a->sg));
}

/* Equal ones stay in the order of the file. */
static int route_order(const void *a, const void *b, void *arg)
{
	const struct proto_config *proto = arg;
	const size_t *x = a, *y = b;
	int order = memcmp(&proto->routes[*x].sg, &proto->routes[*y].sg,
			   sizeof(struct mgm_sg));

	return order ? order : (*x > *y) - (*x < *y);
}

static int join_order(const void *a, const void *b, void *arg)
{
	const struct proto_config *proto = arg;
	const size_t *x = a, *y = b;
	int order = compare_joins(&proto->joins[*x], &proto->joins[*y]);

	return order ? order : (*x > *y) - (*x < *y);
}

static int rpf_order(const void *a, const void *b, void *arg)
{
	const struct proto_config *proto = arg;
	const size_t *x = a, *y = b;
	int order = memcmp(&proto->rpfs[*x].prefix, &proto->rpfs[*y].prefix,
			   sizeof(struct mgm_prefix));

	return order ? order : (*x > *y) - (*x < *y);
}

static size_t *sorted(struct proto_config *proto, size_t count,
		      int (*order)(const void *a, const void *b, void *arg))
{
	size_t i, *list = calloc(count + 1, sizeof(*list));

	if (!list)
		return NULL;
	for (i = 0; i < count; i++)
		list[i] = i;
	qsort_r(list, count, sizeof(*list), order, proto);
	return list;
}

int config_index(struct config *config)
{
	struct proto_config *proto = &config->proto;

	config->route_order = sorted(proto, proto->route_count, route_order);
	config->join_order = sorted(proto, proto->join_count, join_order);
	config->rpf_order = sorted(proto, proto->rpf_count, rpf_order);
	return config->route_order && config->join_order && config->rpf_order
		       ? 0
		       : -ENOMEM;
}

const struct proto_route_config *config_route(const struct config *config,
					      struct mgm_sg sg)
{
	size_t low = 0, high = config->proto.route_count, middle;
	const struct proto_route_config *route;
	int order;

	while (low < high) {
		middle = low + (high - low) / 2;
		route = &config->proto.routes[config->route_order[middle]];
		order = memcmp(&sg, &route->sg, sizeof(sg));
		if (!order)
			return route;
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

const struct proto_rpf_config *config_rpf(const struct config *config,
					  const struct mgm_prefix *prefix)
{
	size_t low = 0, high = config->proto.rpf_count, middle;
	const struct proto_rpf_config *rpf;
	int order;

	while (low < high) {
		middle = low + (high - low) / 2;
		rpf = &config->proto.rpfs[config->rpf_order[middle]];
		order = memcmp(prefix, &rpf->prefix, sizeof(*prefix));
		if (!order)
			return rpf;
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

bool config_join(const struct config *config,
		 const struct proto_join_config *join)
{
	size_t low = 0, high = config->proto.join_count, middle;
	const struct proto_join_config *found;
	int order;

	while (low < high) {
		middle = low + (high - low) / 2;
		found = &config->proto.joins[config->join_order[middle]];
		order = compare_joins(join, found);
		if (!order)
			return true;
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return false;
}

const struct config_interface *config_interface(const struct config *config,
						const char *name)
{
	size_t i;

	for (i = 0; i < config->proto.interface_count; i++)
		if (!strcmp(config->proto.interfaces[i].name, name))
			return &config->interfaces[i];
	return NULL;
}
