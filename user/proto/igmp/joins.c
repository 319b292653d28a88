/* SPDX-License-Identifier: GPL-2.0-only */
/* See joins.h. */
#include "joins.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

static int compare_joins(const void *a, const void *b)
{
	const struct proto_join_config *x = a, *y = b;
	int order = strcmp(x->interface, y->interface);

	return order ? order : memcmp(&x->sg, &y->sg, sizeof(x->sg));
}

/* The joins of a configuration, sorted. */
struct join_list {
	struct proto_join_config *joins;
	size_t count;
};

/* A static group of before that the configuration does not name. */
static void drop_join(void *arg, struct igmp_interface *in, struct mgm_sg sg,
		      unsigned int has)
{
	const struct join_list *list = arg;
	struct proto_join_config key = {.sg = sg};

	memcpy(key.interface, in->name, sizeof(key.interface));
	if (list->count &&
	    bsearch(&key, list->joins, list->count, sizeof(key), compare_joins))
		return;
	if (has & IGMP_BY_CONFIG)
		igmp_static_del(in, sg, IGMP_BY_CONFIG);
	if (has & IGMP_BY_COMMAND)
		igmp_static_del(in, sg, IGMP_BY_COMMAND);
}

int igmp_joins_drop(struct igmp_router *r, const struct proto_config *config)
{
	size_t bytes = config->join_count * sizeof(struct proto_join_config);
	struct join_list list = {malloc(bytes + 1), config->join_count};
	struct igmp_interface *in;

	if (!list.joins)
		return -ENOMEM;
	if (bytes) {
		memcpy(list.joins, config->joins, bytes);
		qsort(list.joins, list.count, sizeof(*list.joins),
		      compare_joins);
	}
	for (size_t i = 0; (in = igmp_interface_at(r, i)); i++)
		igmp_static_walk(in, IGMP_BY_CONFIG | IGMP_BY_COMMAND,
				 drop_join, &list);
	free(list.joins);
	return 0;
}
