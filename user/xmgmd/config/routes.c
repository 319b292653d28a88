/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Static routes and memberships: sections mroute, join and rpf-route. Whoever
 * administers them gets them as struct proto_config.
 */
#include "internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/address.h"
#include "xmgmd/check.h"

/* The options a section may have; `to` alone is a list. */
struct fields {
	const struct conf_item *source, *group, *from, *to, *interface;
	const struct conf_item *prefix, *via, *dev, *distance;
};

struct field {
	const char *name;
	size_t offset;
};

#define FIELD(name)                                  \
	{                                            \
#name, offsetof(struct fields, name) \
	}

static const struct field route_fields[] = {
	FIELD(source), FIELD(group), FIELD(from), FIELD(to), {0},
};

static const struct field join_fields[] = {
	FIELD(interface),
	FIELD(group),
	FIELD(source),
	{0},
};

static const struct field rpf_fields[] = {
	FIELD(prefix), FIELD(via), FIELD(dev), FIELD(distance), {0},
};

static const struct field *field_find(const struct field *table,
				      const char *name)
{
	for (; table->name; table++)
		if (!strcmp(table->name, name))
			return table;
	return NULL;
}

static void know_fields(struct config_known *known, const struct field *table)
{
	for (; table->name; table++)
		config_know(known, table->name);
}

/* The last one counts, where an option is given twice. */
static void find_fields(struct config_reader *r,
			const struct conf_item *section,
			const struct field *table, struct fields *fields)
{
	const struct conf_item *item;
	const struct field *field;

	for (item = section->items; item; item = item->next) {
		struct config_known known = {0};

		field = field_find(table, item->name);
		if (!field) {
			know_fields(&known, table);
			config_unknown(r, item, &known);
			continue;
		}
		if (!item->assigned ||
		    (item->count != 1 && strcmp(item->name, "to"))) {
			conf_complain_at(r->errors, &item->place,
					 "%s is an option with one value: "
					 "write %s = \"...\"",
					 item->name, item->name);
			continue;
		}
		*(const struct conf_item **)(void *)((char *)fields +
						     field->offset) = item;
	}
}

/* Its text; NULL after a complaint. */
static const char *need(struct config_reader *r,
			const struct conf_item *section,
			const struct conf_item *item, const char *name)
{
	if (item)
		return item->values[0].text;
	conf_complain_at(r->errors, &section->place,
			 "%s has no %s: add %s = \"...\"", section->name, name,
			 name);
	return NULL;
}

/* Both, to complain where the one that is wrong stands. */
static bool read_routed(struct config_reader *r, const struct conf_item *source,
			const struct conf_item *group, struct mgm_sg *sg)
{
	const char *any = "*", *all = "224.0.0.0/4";
	const struct conf_value *s = source ? source->values : NULL;
	const struct conf_value *g = group ? group->values : NULL;
	char why[CHECK_WHY];
	bool good = true;

	if (s && check_routed(s->text, all, sg, why)) {
		conf_complain_at(r->errors, &s->place, "%s", why);
		good = false;
	}
	if (g && check_routed(good && s ? s->text : any, g->text, sg, why)) {
		conf_complain_at(r->errors, &g->place, "%s", why);
		good = false;
	}
	return good;
}

static bool read_name(struct config_reader *r, const struct conf_value *value,
		      char name[XMGM_IFNAME_LEN])
{
	char why[CHECK_WHY];

	if (check_name(value->text, why)) {
		conf_complain_at(r->errors, &value->place, "%s", why);
		return false;
	}
	snprintf(name, XMGM_IFNAME_LEN, "%s", value->text);
	return true;
}

/* `to` may come in parts: to = {...}, then to += {...}. The first of them. */
static const struct conf_item *to_first(const struct conf_item *section)
{
	const struct conf_item *item, *first = section->items;

	for (item = section->items; item; item = item->next)
		if (!strcmp(item->name, "to") && !item->append)
			first = item;
	return first;
}

static int read_to(struct config_reader *r, const struct conf_item *section,
		   struct proto_route_config *route, bool *good)
{
	const struct conf_item *item;
	char(*to)[XMGM_IFNAME_LEN];
	size_t i, count = 0, n = 0;

	for (item = section->items; item; item = item->next)
		count += strcmp(item->name, "to") ? 0 : item->count;
	to = calloc(count + 1, sizeof(*to));
	if (!to)
		return -ENOMEM;
	route->to = (const char(*)[XMGM_IFNAME_LEN])to;
	for (item = to_first(section); item; item = item->next) {
		if (strcmp(item->name, "to"))
			continue;
		for (i = 0; i < item->count; i++)
			*good &= read_name(r, &item->values[i], to[n++]);
	}
	route->to_count = n;
	return 0;
}

/* Interfaces that are only named are there, with defaults. */
static int name_interfaces(struct config *config,
			   const struct proto_route_config *route)
{
	size_t i, index;

	for (i = 0; i < route->to_count; i++)
		if (config_interface_index(config, route->to[i], &index))
			return -ENOMEM;
	return config_interface_index(config, route->from, &index);
}

/* Room for one more, cleared; NULL: no memory. The array doubles. */
static void *grow(const void **array, size_t *count, size_t size)
{
	void *bigger = (void *)(uintptr_t)*array;

	if (!(*count & (*count - 1))) {
		bigger = realloc(bigger, (*count ? *count * 2 : 1) * size);
		if (!bigger)
			return NULL;
		*array = bigger;
	}
	return memset((char *)bigger + (*count)++ * size, 0, size);
}

static struct proto_route_config *route_new(struct config_reader *r,
					    const struct conf_item *section)
{
	struct proto_config *proto = &r->config->proto;
	const void *routes = proto->routes, *places = r->places;
	size_t count = proto->route_count;
	struct conf_place *place = grow(&places, &count, sizeof(*place));
	struct proto_route_config *route;

	r->places = (struct conf_place *)(uintptr_t)places;
	if (!place)
		return NULL;
	*place = section->place;
	route = grow(&routes, &proto->route_count, sizeof(*route));
	proto->routes = routes;
	return route;
}

static void complain_twice(struct config_reader *r, size_t first, size_t again)
{
	const struct proto_route_config *routes = r->config->proto.routes;
	const struct conf_place *place = &r->places[first];
	char sg[CHECK_SG];

	conf_complain_at(r->errors, &r->places[again],
			 "route %s is already there in %s:%u: put their "
			 "interfaces into one",
			 check_sg_name(routes[again].sg, sg), place->file,
			 place->line);
}

static void check_rpf_routes(struct config_reader *r)
{
	const struct proto_config *proto = &r->config->proto;
	const size_t *order = r->config->rpf_order;
	const struct conf_place *place;
	char text[ADDRESS_PREFIX_TEXT];
	size_t i;

	for (i = 1; i < proto->rpf_count; i++) {
		const struct mgm_prefix *a = &proto->rpfs[order[i - 1]].prefix;

		if (memcmp(a, &proto->rpfs[order[i]].prefix, sizeof(*a)) ||
		    address_is_multicast(&a->address))
			continue;
		place = &r->rpf_places[order[i - 1]];
		conf_complain_at(r->errors, &r->rpf_places[order[i]],
				 "route to sources in %s is already there in "
				 "%s:%u: remove one of them",
				 address_prefix_text(&a->address, a->length,
						     text),
				 place->file, place->line);
	}
}

void config_check_routes(struct config_reader *r)
{
	const struct proto_config *proto = &r->config->proto;
	const size_t *order = r->config->route_order;
	size_t i;

	check_rpf_routes(r);
	for (i = 1; i < proto->route_count; i++)
		if (proto->routes[order[i]].sg.group.length &&
		    !memcmp(&proto->routes[order[i - 1]].sg,
			    &proto->routes[order[i]].sg, sizeof(struct mgm_sg)))
			complain_twice(r, order[i - 1], order[i]);
}

int config_read_route(struct config_reader *r, const struct conf_item *section)
{
	struct proto_route_config *route = route_new(r, section);
	size_t before = r->errors->count;
	struct fields f = {0};
	char why[CHECK_WHY];
	bool good = true;

	if (!route)
		return -ENOMEM;
	route->sg = MGM_SG_ANY;
	find_fields(r, section, route_fields, &f);
	need(r, section, f.source, "source");
	need(r, section, f.group, "group");
	good &= read_routed(r, f.source, f.group, &route->sg);
	if (need(r, section, f.from, "from"))
		good &= read_name(r, f.from->values, route->from);
	if (read_to(r, section, route, &good))
		return -ENOMEM;
	if (f.source && f.group && f.from && check_route(route, why))
		conf_complain_at(r->errors,
				 f.to ? &f.to->place : &section->place, "%s",
				 why);
	if (!good || r->errors->count != before)
		return 0;
	return name_interfaces(r->config, route);
}

/* What is joined: (*,G), (S,G), (*,*), or one of both a prefix. */
static bool read_joined(struct config_reader *r, const struct conf_item *group,
			const struct conf_item *source, struct mgm_sg *sg)
{
	const char *text = source ? source->values[0].text : NULL;
	char why[CHECK_WHY];

	if (check_joined_group(group->values[0].text, &sg->group, why)) {
		conf_complain_at(r->errors, &group->values[0].place, "%s", why);
		return false;
	}
	if (!check_joined_source(text, &sg->source, why) &&
	    !check_joined(sg, why))
		return true;
	conf_complain_at(r->errors, &source->values[0].place, "%s", why);
	return false;
}

int config_read_join(struct config_reader *r, const struct conf_item *section)
{
	struct proto_config *proto = &r->config->proto;
	const void *joins = proto->joins;
	struct proto_join_config *join;
	struct fields f = {0};
	size_t index;
	bool good;

	join = grow(&joins, &proto->join_count, sizeof(*join));
	proto->joins = joins;
	if (!join)
		return -ENOMEM;
	join->sg = MGM_SG_ANY;
	find_fields(r, section, join_fields, &f);
	good = need(r, section, f.group, "group") &&
	       read_joined(r, f.group, f.source, &join->sg);
	good &= need(r, section, f.interface, "interface") &&
		read_name(r, f.interface->values, join->interface);
	if (!good)
		return 0;
	return config_interface_index(r->config, join->interface, &index);
}

static struct proto_rpf_config *rpf_new(struct config_reader *r,
					const struct conf_item *section)
{
	struct proto_config *proto = &r->config->proto;
	const void *rpfs = proto->rpfs, *places = r->rpf_places;
	size_t count = proto->rpf_count;
	struct conf_place *place = grow(&places, &count, sizeof(*place));
	struct proto_rpf_config *rpf;

	r->rpf_places = (struct conf_place *)(uintptr_t)places;
	if (!place)
		return NULL;
	*place = section->place;
	rpf = grow(&rpfs, &proto->rpf_count, sizeof(*rpf));
	proto->rpfs = rpfs;
	return rpf;
}

static bool read_distance(struct config_reader *r, const struct conf_item *item,
			  struct proto_rpf_config *rpf)
{
	const char *text = item->values[0].text;
	unsigned long number;
	char *end;

	errno = 0;
	number = strtoul(text, &end, 10);
	if (*text >= '0' && *text <= '9' && !*end && !errno && number <= 255) {
		rpf->distance = (uint8_t)number;
		return true;
	}
	conf_complain_at(r->errors, &item->values[0].place,
			 "distance is '%s': write a number from 0 to 255",
			 text);
	return false;
}

int config_read_rpf_route(struct config_reader *r,
			  const struct conf_item *section)
{
	struct proto_rpf_config *rpf = rpf_new(r, section);
	struct fields f = {0};
	char why[CHECK_WHY];
	bool good;

	if (!rpf)
		return -ENOMEM;
	/* Until it is read: a prefix that none has, so none has it twice. */
	rpf->prefix.address.bytes[0] = 0xff;
	rpf->via = MGM_ADDRESS_V4_ANY;
	rpf->distance = MGM_DISTANCE_STATIC;
	find_fields(r, section, rpf_fields, &f);
	good = need(r, section, f.prefix, "prefix");
	if (good && check_prefix(f.prefix->values[0].text, &rpf->prefix, why)) {
		conf_complain_at(r->errors, &f.prefix->values[0].place, "%s",
				 why);
		rpf->prefix.address.bytes[0] = 0xff;
		good = false;
	}
	if (f.via && check_via(f.via->values[0].text, &rpf->via, why)) {
		conf_complain_at(r->errors, &f.via->values[0].place, "%s", why);
		good = false;
	}
	if (f.dev)
		good &= read_name(r, f.dev->values, rpf->dev);
	if (f.distance)
		good &= read_distance(r, f.distance, rpf);
	if (good && check_rpf(rpf, why))
		conf_complain_at(r->errors, &section->place, "%s", why);
	return 0;
}
