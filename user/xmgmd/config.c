/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reads a configuration by libconfuse and checks what it means. Every value
 * is taken as text and converted here by tables, so that each complaint can
 * say what is allowed. libconfuse's callbacks carry no argument: the reader
 * at work is a static pointer, set only while config_parse runs.
 */
#include "config.h"

#include <confuse.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "config_text.h"

#define MAX_UNKNOWN	100 /* unknown names reported before we stop looking */
#define DEFAULT_ROUTES	131072u
#define ADOPT_LEAST_MS	15000u
#define ADOPT_MARGIN_MS 5000u
#define MAX_SECTION	32 /* options of one kind of section */

/* Where an option was given. */
struct mark {
	const cfg_t *section;
	const char *name;
	int line;
};

struct reader {
	const char *file;
	char *text;
	struct config_errors *errors;
	struct config *config;
	struct mark *marks;
	size_t mark_count, mark_room;
	bool syntax;  /* a syntax error has been reported */
	bool unknown; /* the parse stopped at an unknown name: go on */
};

static struct reader *reading;

enum kind { NUMBER32, NUMBER64, NUMBER8, SECONDS, BOOLEAN, MODE };

struct spec {
	const char *name;
	enum kind kind;
	uint64_t min, max;
	size_t offset;
};

#define INTERFACE(name, kind, min, max, field)                                 \
	{                                                                      \
		name, kind, min, max, offsetof(struct config_interface, field) \
	}
#define IGMP(name, kind, min, max, field)                         \
	{                                                         \
		name, kind, min, max,                             \
			offsetof(struct proto_igmp_config, field) \
	}
#define TOP(name, kind, min, max, field)                             \
	{                                                            \
		name, kind, min, max, offsetof(struct config, field) \
	}

static const struct spec interface_specs[] = {
	INTERFACE("mode", MODE, 0, 0, mode),
	INTERFACE("ttl-threshold", NUMBER8, 1, 255, ttl_threshold),
	INTERFACE("wrong-if-reports", BOOLEAN, 0, 0, wrong_if_reports),
	{0},
};

static const struct spec igmp_specs[] = {
	IGMP("enabled", BOOLEAN, 0, 0, enabled),
	IGMP("version", NUMBER32, 2, 3, version),
	IGMP("robustness", NUMBER32, 1, 7, robustness),
	IGMP("query-interval", SECONDS, 1, 31744, query_interval_ms),
	IGMP("query-response-interval", SECONDS, 1, 3174, query_response_ms),
	IGMP("last-member-query-interval", SECONDS, 1, 3174, last_member_ms),
	IGMP("last-member-query-count", NUMBER32, 1, 255, last_member_count),
	IGMP("startup-query-interval", SECONDS, 1, 31744, startup_query_ms),
	IGMP("startup-query-count", NUMBER32, 1, 255, startup_query_count),
	IGMP("max-groups", NUMBER32, 1, 1048576, max_groups),
	IGMP("max-groups-per-host", NUMBER32, 1, 1048576, max_host_groups),
	IGMP("max-sources", NUMBER32, 1, 65535, max_sources),
	{0},
};

static const struct spec limits_specs[] = {
	TOP("routes", NUMBER32, 16, 4194304, plane.max_routes),
	TOP("oif-sets", NUMBER32, 16, 1048576, plane.max_sets),
	TOP("pool-low", NUMBER32, 1, 1024, plane.pool_low),
	TOP("hold-packets", NUMBER32, 1, 65536, plane.hold_packets),
	TOP("hold-bytes", NUMBER32, 1500, 1u << 30, plane.hold_bytes),
	TOP("hold-packets-total", NUMBER32, 1, 1u << 24,
	    plane.hold_packets_total),
	TOP("hold-bytes-total", NUMBER64, 1500, 1ull << 34,
	    plane.hold_bytes_total),
	TOP("upcall-rate", NUMBER32, 1, 10000000, plane.upcall_rate),
	TOP("upcall-burst", NUMBER32, 1, 10000000, plane.upcall_burst),
	TOP("wrong-if-rate", NUMBER32, 1, 1000000, plane.wrong_if_rate),
	TOP("igmp-rate", NUMBER32, 1, 10000000, plane.igmp_rate),
	TOP("igmp-burst", NUMBER32, 1200, 100000000, plane.igmp_burst),
	TOP("negative", NUMBER32, 1, 4194304, mgm.negative),
	TOP("negative-life", SECONDS, 1, 86400, mgm.negative_ms),
	TOP("mfe-idle", SECONDS, 1, 86400, mgm.mfe_idle_ms),
	TOP("memberships", NUMBER32, 1, 16777216, mgm.memberships),
	TOP("oifs", NUMBER32, 1, XMGM_SET_OIFS, mgm.oifs),
	TOP("protocols", NUMBER32, 1, 256, mgm.clients),
	TOP("clients", NUMBER32, 1, 4096, clients),
	{0},
};

static const struct spec rpf_specs[] = {
	TOP("any-leg", BOOLEAN, 0, 0, rpf_any_leg),
	{0},
};

void config_complain(struct config_errors *errors, const char *format, ...)
{
	char **lines, *line = NULL;
	va_list args;

	va_start(args, format);
	if (vasprintf(&line, format, args) < 0)
		line = NULL;
	va_end(args);
	lines = realloc(errors->lines, (errors->count + 1) * sizeof(*lines));
	if (lines)
		errors->lines = lines;
	if (!line || !lines) {
		free(line);
		return;
	}
	errors->lines[errors->count++] = line;
}

void config_errors_free(struct config_errors *errors)
{
	size_t i;

	for (i = 0; i < errors->count; i++)
		free(errors->lines[i]);
	free(errors->lines);
	memset(errors, 0, sizeof(*errors));
}

static void on_error(cfg_t *cfg, const char *format, va_list args)
{
	static const char unknown[] = "no such option '";
	char message[256], *quote;
	int line = cfg ? cfg->line : 0;

	vsnprintf(message, sizeof(message), format, args);
	if (reading->syntax)
		return;
	if (strncmp(message, unknown, strlen(unknown))) {
		config_complain(reading->errors, "%s:%d: %s%s", reading->file,
				line, message,
				strstr(message, "duplicate title")
					? ": put both sections into one"
					: "");
		reading->syntax = true;
		return;
	}
	config_complain(reading->errors,
			"%s:%d: %s: see xmgmd.conf(5) for what may stand here",
			reading->file, line, message);
	quote = message + strlen(unknown);
	quote[strcspn(quote, "'")] = '\0';
	reading->unknown = config_text_blank(reading->text, line, quote);
	reading->syntax = !reading->unknown;
}

static int on_option(cfg_t *cfg, cfg_opt_t *opt)
{
	struct reader *r = reading;
	struct mark *marks;

	if (r->mark_count == r->mark_room) {
		r->mark_room = r->mark_room ? r->mark_room * 2 : 64;
		marks = realloc(r->marks, r->mark_room * sizeof(*marks));
		if (!marks)
			return -1;
		r->marks = marks;
	}
	r->marks[r->mark_count++] = (struct mark){cfg, opt->name, cfg->line};
	return 0;
}

/* The line of an option; without one, or if not found, of its section. */
static int line_of(const struct reader *r, const cfg_t *section,
		   const char *name)
{
	int line = 0;
	size_t i;

	for (i = 0; i < r->mark_count; i++) {
		if (r->marks[i].section != section)
			continue;
		if (!line)
			line = r->marks[i].line;
		if (name && !strcmp(r->marks[i].name, name))
			return r->marks[i].line;
	}
	return line ? line : section->line;
}

static void complain_at(const struct reader *r, const cfg_t *section,
			const char *name, const char *what)
{
	config_complain(r->errors, "%s:%d: %s", r->file,
			line_of(r, section, name), what);
}

/* Decimal seconds, with a fraction of up to three digits, as milliseconds. */
static int parse_seconds(const char *text, const struct spec *spec,
			 uint64_t *value)
{
	uint64_t scale = 1000;
	char whole[24];
	size_t len = strcspn(text, ".");
	int err;

	if (len >= sizeof(whole))
		return -EINVAL;
	memcpy(whole, text, len);
	whole[len] = '\0';
	err = check_number(whole, 0, spec->max, value);
	if (err)
		return err;
	*value *= 1000;
	if (text[len] == '.')
		for (text += len + 1; *text; text++) {
			if (*text < '0' || *text > '9' || scale == 1)
				return -EINVAL;
			scale /= 10;
			*value += (uint64_t)(*text - '0') * scale;
		}
	if (*value < spec->min * 1000 || *value > spec->max * 1000)
		return -ERANGE;
	return 0;
}

static int parse_mode(const char *text, uint64_t *value)
{
	static const char *const names[] = {
		[PLANE_AUTO] = "auto",
		[PLANE_NATIVE] = "native",
		[PLANE_GENERIC] = "generic",
	};

	for (*value = 0; *value < sizeof(names) / sizeof(names[0]); ++*value)
		if (!strcmp(names[*value], text))
			return 0;
	return -EINVAL;
}

static int parse_value(const struct spec *spec, const char *text,
		       uint64_t *value)
{
	bool flag = false;
	int err;

	switch (spec->kind) {
	case BOOLEAN:
		err = check_bool(text, &flag);
		*value = flag;
		return err;
	case MODE:
		return parse_mode(text, value);
	case SECONDS:
		return parse_seconds(text, spec, value);
	default:
		return check_number(text, spec->min, spec->max, value);
	}
}

static void store_value(const struct spec *spec, uint64_t value, void *base)
{
	void *at = (char *)base + spec->offset;

	switch (spec->kind) {
	case BOOLEAN:
		*(bool *)at = value;
		break;
	case NUMBER8:
		*(uint8_t *)at = (uint8_t)value;
		break;
	case NUMBER64:
		*(uint64_t *)at = value;
		break;
	case MODE:
		*(enum plane_mode *)at = (enum plane_mode)value;
		break;
	default:
		*(uint32_t *)at = (uint32_t)value;
		break;
	}
}

static void complain_value(const struct reader *r, cfg_t *section,
			   const struct spec *spec, const char *text)
{
	int line = line_of(r, section, spec->name);

	if (spec->kind == BOOLEAN)
		config_complain(r->errors,
				"%s:%d: %s is '%s': write true or false",
				r->file, line, spec->name, text);
	else if (spec->kind == MODE)
		config_complain(r->errors,
				"%s:%d: mode is '%s': write auto, native or "
				"generic",
				r->file, line, text);
	else
		config_complain(r->errors,
				"%s:%d: %s is '%s': write %s from %llu to %llu",
				r->file, line, spec->name, text,
				spec->kind == SECONDS ? "seconds" : "a number",
				(unsigned long long)spec->min,
				(unsigned long long)spec->max);
}

static void read_specs(struct reader *r, cfg_t *section,
		       const struct spec *spec, void *base)
{
	const char *text;
	uint64_t value;

	for (; spec->name; spec++) {
		if (!cfg_size(section, spec->name))
			continue;
		text = cfg_getstr(section, spec->name);
		if (parse_value(spec, text ? text : "", &value))
			complain_value(r, section, spec, text ? text : "");
		else
			store_value(spec, value, base);
	}
}

static void igmp_defaults(struct proto_igmp_config *igmp)
{
	*igmp = (struct proto_igmp_config){
		.version = 3,
		.robustness = 2,
		.query_interval_ms = 125000,
		.query_response_ms = 10000,
		.last_member_ms = 1000,
		.max_groups = 16384,
		.max_sources = 512,
	};
}

/* The index of the interface of this name, made if it is new. */
static int interface_index(struct config *config, const char *name,
			   size_t *index)
{
	struct proto_interface_config *protos;
	struct config_interface *interfaces;
	size_t i, count = config->proto.interface_count;

	for (i = 0; i < count; i++)
		if (!strcmp(config->proto.interfaces[i].name, name)) {
			*index = i;
			return 0;
		}
	protos = realloc((void *)(uintptr_t)config->proto.interfaces,
			 (count + 1) * sizeof(*protos));
	if (!protos)
		return -ENOMEM;
	config->proto.interfaces = protos;
	interfaces =
		realloc(config->interfaces, (count + 1) * sizeof(*interfaces));
	if (!interfaces)
		return -ENOMEM;
	config->interfaces = interfaces;
	memset(&protos[count], 0, sizeof(*protos));
	snprintf(protos[count].name, sizeof(protos[count].name), "%s", name);
	igmp_defaults(&protos[count].igmp);
	interfaces[count] = (struct config_interface){
		.mode = PLANE_AUTO,
		.ttl_threshold = 1,
		.wrong_if_reports = true,
	};
	config->proto.interface_count++;
	*index = count;
	return 0;
}

static int read_interface(struct reader *r, cfg_t *section)
{
	struct proto_interface_config unnamed_proto = {0}, *proto;
	struct config_interface unnamed = {0}, *interface = &unnamed;
	const char *text, *option;
	char why[CHECK_WHY];
	cfg_t *igmp;
	size_t i;

	/* Without a name its options are read all the same, to be judged. */
	proto = &unnamed_proto;
	igmp_defaults(&proto->igmp);
	if (check_name(cfg_title(section), why)) {
		complain_at(r, section, NULL, why);
	} else if (interface_index(r->config, cfg_title(section), &i)) {
		return -ENOMEM;
	} else {
		interface = &r->config->interfaces[i];
		proto = (struct proto_interface_config *)(uintptr_t)
				r->config->proto.interfaces +
			i;
	}
	interface->declared = true;
	read_specs(r, section, interface_specs, interface);
	igmp = cfg_size(section, "igmp") ? cfg_getsec(section, "igmp") : NULL;
	if (igmp) {
		proto->igmp.enabled = true;
		read_specs(r, igmp, igmp_specs, &proto->igmp);
		for (i = 0; (text = check_igmp(&proto->igmp, &i, &option));)
			complain_at(r, igmp, option, text);
	}
	return 0;
}

/* A text option that must be there; NULL after a complaint. */
static const char *need(struct reader *r, cfg_t *section, const char *name)
{
	char what[CHECK_WHY];

	if (cfg_size(section, name) && cfg_getstr(section, name))
		return cfg_getstr(section, name);
	snprintf(what, sizeof(what), "%s has no %s: add %s = \"...\"",
		 cfg_name(section), name, name);
	complain_at(r, section, NULL, what);
	return NULL;
}

/* source (may be missing if it is optional) and group into *sg. */
static bool read_sg(struct reader *r, cfg_t *section, bool optional,
		    struct mgm_sg *sg)
{
	char why[CHECK_WHY];
	const char *text;
	bool good = true;

	sg->source.s_addr = 0;
	if (!optional || cfg_size(section, "source")) {
		text = need(r, section, "source");
		good = text && !check_source(text, &sg->source, why);
		if (text && !good)
			complain_at(r, section, "source", why);
	}
	text = need(r, section, "group");
	if (!text)
		return false;
	if (check_group(text, &sg->group, why)) {
		complain_at(r, section, "group", why);
		return false;
	}
	return good;
}

static bool read_name(struct reader *r, cfg_t *section, const char *option,
		      const char *text, char name[XMGM_IFNAME_LEN])
{
	char why[CHECK_WHY];

	if (!text)
		return false;
	if (check_name(text, why)) {
		complain_at(r, section, option, why);
		return false;
	}
	snprintf(name, XMGM_IFNAME_LEN, "%s", text);
	return true;
}

static int read_route(struct reader *r, cfg_t *section,
		      struct proto_route_config *route)
{
	size_t i, count = cfg_size(section, "to"), index;
	char(*to)[XMGM_IFNAME_LEN];
	char why[CHECK_WHY];
	bool known, good;

	to = calloc(count + 1, sizeof(*to));
	if (!to)
		return -ENOMEM;
	route->to = (const char(*)[XMGM_IFNAME_LEN])to;
	known = read_sg(r, section, false, &route->sg);
	good = read_name(r, section, "from", need(r, section, "from"),
			 route->from);
	for (i = 0; i < count; i++)
		good &= read_name(r, section, "to",
				  cfg_getnstr(section, "to", (unsigned int)i),
				  to[i]);
	route->to_count = count;
	if (good && check_route(route, why))
		complain_at(r, section, count ? "to" : NULL, why);
	if (!known || !good)
		return 0;
	for (i = 0; i < count; i++)
		if (interface_index(r->config, to[i], &index))
			return -ENOMEM;
	return interface_index(r->config, route->from, &index);
}

static int read_join(struct reader *r, cfg_t *section,
		     struct proto_join_config *join)
{
	size_t index;
	bool good;

	good = read_sg(r, section, true, &join->sg);
	good &= read_name(r, section, "interface",
			  need(r, section, "interface"), join->interface);
	if (!good)
		return 0;
	return interface_index(r->config, join->interface, &index);
}

/* Index arrays, sorted by content, find what is written twice. */
static const struct proto_config *sorting;

static int compare_routes(const void *a, const void *b)
{
	const size_t *x = a, *y = b;
	int order = memcmp(&sorting->routes[*x].sg, &sorting->routes[*y].sg,
			   sizeof(struct mgm_sg));

	return order ? order : (*x > *y) - (*x < *y);
}

static int check_duplicates(struct reader *r, cfg_t *top)
{
	const struct proto_config *proto = &r->config->proto;
	size_t i, *order = calloc(proto->route_count + 1, sizeof(*order));
	char what[CHECK_WHY], sg[CHECK_SG];
	cfg_t *one, *two;

	if (!order)
		return -ENOMEM;
	for (i = 0; i < proto->route_count; i++)
		order[i] = i;
	sorting = proto;
	qsort(order, proto->route_count, sizeof(*order), compare_routes);
	for (i = 1; i < proto->route_count; i++) {
		if (!proto->routes[order[i]].sg.group.s_addr ||
		    memcmp(&proto->routes[order[i - 1]].sg,
			   &proto->routes[order[i]].sg, sizeof(struct mgm_sg)))
			continue;
		one = cfg_getnsec(top, "mroute", (unsigned int)order[i - 1]);
		two = cfg_getnsec(top, "mroute", (unsigned int)order[i]);
		snprintf(what, sizeof(what),
			 "route %s is already there in line %d: put their "
			 "interfaces into one",
			 check_sg_name(proto->routes[order[i]].sg, sg),
			 line_of(r, one, "group"));
		complain_at(r, two, "group", what);
	}
	free(order);
	return 0;
}

static int read_routes(struct reader *r, cfg_t *top)
{
	size_t i, count = cfg_size(top, "mroute");
	struct proto_route_config *routes = calloc(count + 1, sizeof(*routes));

	if (!routes)
		return -ENOMEM;
	r->config->proto.routes = routes;
	r->config->proto.route_count = count;
	for (i = 0; i < count; i++)
		if (read_route(r, cfg_getnsec(top, "mroute", (unsigned int)i),
			       &routes[i]))
			return -ENOMEM;
	return check_duplicates(r, top);
}

static int read_joins(struct reader *r, cfg_t *top)
{
	size_t i, count = cfg_size(top, "join");
	struct proto_join_config *joins = calloc(count + 1, sizeof(*joins));

	if (!joins)
		return -ENOMEM;
	r->config->proto.joins = joins;
	r->config->proto.join_count = count;
	for (i = 0; i < count; i++)
		if (read_join(r, cfg_getnsec(top, "join", (unsigned int)i),
			      &joins[i]))
			return -ENOMEM;
	return 0;
}

/*
 * A file without any interface may be one that an editor is just writing;
 * this says that it is not.
 */
static void read_interfaces(struct reader *r, cfg_t *top)
{
	const char *text = cfg_size(top, "interfaces")
				   ? cfg_getstr(top, "interfaces")
				   : NULL;

	if (!text)
		return;
	r->config->no_interfaces = !strcmp(text, "none");
	if (!r->config->no_interfaces)
		config_complain(r->errors,
				"%s:%d: interfaces is '%s': write none, or an "
				"interface section for each",
				r->file, line_of(r, top, "interfaces"), text);
	else if (cfg_size(top, "interface") || cfg_size(top, "mroute") ||
		 cfg_size(top, "join"))
		complain_at(r, top, "interfaces",
			    "interfaces = none stands beside sections that "
			    "name some: remove it, or them");
}

/*
 * How long oifs of an earlier run stay unasked for: hosts have to answer our
 * queries first. At least the manager's own default.
 */
static uint32_t adopt_time(const struct proto_config *proto)
{
	uint32_t longest = 0;
	size_t i;

	for (i = 0; i < proto->interface_count; i++) {
		const struct proto_igmp_config *igmp =
			&proto->interfaces[i].igmp;
		uint32_t ms = igmp->query_response_ms + ADOPT_MARGIN_MS;

		if (igmp->enabled && ms > longest)
			longest = ms;
	}
	return longest > ADOPT_LEAST_MS ? longest : 0;
}

static int read_all(struct reader *r, cfg_t *top)
{
	size_t i;

	read_interfaces(r, top);
	for (i = 0; i < cfg_size(top, "interface"); i++)
		if (read_interface(r, cfg_getnsec(top, "interface",
						  (unsigned int)i)))
			return -ENOMEM;
	if (read_routes(r, top) || read_joins(r, top))
		return -ENOMEM;
	if (cfg_size(top, "limits"))
		read_specs(r, cfg_getsec(top, "limits"), limits_specs,
			   r->config);
	if (cfg_size(top, "rpf"))
		read_specs(r, cfg_getsec(top, "rpf"), rpf_specs, r->config);
	if (r->config->plane.max_routes)
		r->config->mgm.mfes = r->config->plane.max_routes;
	if (r->config->mgm.negative > r->config->mgm.mfes)
		complain_at(r, cfg_getsec(top, "limits"), "negative",
			    "negative must not be larger than routes (131072 "
			    "if it is not given)");
	r->config->mgm.adopt_ms = adopt_time(&r->config->proto);
	return 0;
}

static size_t add_specs(cfg_opt_t *opts, const struct spec *spec)
{
	size_t count = 0;

	for (; spec->name; spec++)
		opts[count++] =
			(cfg_opt_t)CFG_STR(spec->name, NULL, CFGF_NODEFAULT);
	opts[count] = (cfg_opt_t)CFG_END();
	return count;
}

static void watch(cfg_t *top, const char *section, const cfg_opt_t *opts)
{
	char path[96];

	for (; opts->name; opts++) {
		snprintf(path, sizeof(path), "%s|%s", section, opts->name);
		cfg_set_validate_func(top, path, on_option);
	}
}

/* One pass of libconfuse over the text; NULL: no memory. */
static cfg_t *parse_once(struct reader *r, int *result)
{
	cfg_opt_t igmp[MAX_SECTION], interface[MAX_SECTION];
	cfg_opt_t limits[MAX_SECTION], rpf[MAX_SECTION];
	cfg_opt_t mroute[] = {
		CFG_STR("source", NULL, CFGF_NODEFAULT),
		CFG_STR("group", NULL, CFGF_NODEFAULT),
		CFG_STR("from", NULL, CFGF_NODEFAULT),
		CFG_STR_LIST("to", NULL, CFGF_NODEFAULT),
		CFG_END(),
	};
	cfg_opt_t join[] = {
		CFG_STR("interface", NULL, CFGF_NODEFAULT),
		CFG_STR("group", NULL, CFGF_NODEFAULT),
		CFG_STR("source", NULL, CFGF_NODEFAULT),
		CFG_END(),
	};
	cfg_opt_t top[] = {
		CFG_SEC("interface", interface,
			CFGF_MULTI | CFGF_TITLE | CFGF_NO_TITLE_DUPES),
		CFG_SEC("mroute", mroute, CFGF_MULTI),
		CFG_SEC("join", join, CFGF_MULTI),
		CFG_STR("interfaces", NULL, CFGF_NODEFAULT),
		CFG_SEC("limits", limits, CFGF_NODEFAULT),
		CFG_SEC("rpf", rpf, CFGF_NODEFAULT),
		CFG_END(),
	};
	size_t count = add_specs(interface, interface_specs);
	cfg_t *cfg;

	add_specs(igmp, igmp_specs);
	add_specs(limits, limits_specs);
	add_specs(rpf, rpf_specs);
	interface[count++] = (cfg_opt_t)CFG_SEC("igmp", igmp, CFGF_NODEFAULT);
	interface[count] = (cfg_opt_t)CFG_END();
	cfg = cfg_init(top, CFGF_NONE);
	if (!cfg)
		return NULL;
	cfg_set_error_function(cfg, on_error);
	watch(cfg, "interface", interface);
	watch(cfg, "interface|igmp", igmp);
	watch(cfg, "mroute", mroute);
	watch(cfg, "join", join);
	watch(cfg, "limits", limits);
	watch(cfg, "rpf", rpf);
	cfg_set_validate_func(cfg, "interfaces", on_option);
	r->mark_count = 0;
	*result = cfg_parse_buf(cfg, r->text);
	return cfg;
}

static int parse_all(struct reader *r)
{
	unsigned int passes = 0;
	const char *begin, *end;
	int err, result, line;
	cfg_t *cfg;

	for (;;) {
		r->unknown = false;
		cfg = parse_once(r, &result);
		if (!cfg)
			return -ENOMEM;
		if (!r->unknown || ++passes > MAX_UNKNOWN)
			break;
		cfg_free(cfg);
	}
	line = config_text_unclosed(r->text, &begin, &end);
	if (result == CFG_SUCCESS && line) {
		config_complain(r->errors,
				"%s:%d: the %s of this line is never closed: "
				"add a %s",
				r->file, line, begin, end);
		result = CFG_PARSE_ERROR;
	}
	if (result != CFG_SUCCESS && !r->errors->count)
		config_complain(r->errors, "%s: cannot be parsed", r->file);
	err = result == CFG_SUCCESS ? read_all(r, cfg) : 0;
	cfg_free(cfg);
	if (err == -ENOMEM)
		config_complain(r->errors, "%s: no memory", r->file);
	return r->errors->count ? -EINVAL : 0;
}

struct config *config_default(void)
{
	struct config *config = calloc(1, sizeof(*config));

	if (!config)
		return NULL;
	config->mgm.mfes = DEFAULT_ROUTES;
	config->clients = 64;
	return config;
}

int config_parse(const char *file, const char *text, struct config **config,
		 struct config_errors *errors)
{
	struct reader r = {.file = file, .errors = errors};
	int err = -ENOMEM;

	r.config = config_default();
	r.text = strdup(text);
	if (r.config && r.text) {
		config_text_strip(r.text);
		reading = &r;
		err = parse_all(&r);
		reading = NULL;
	}
	free(r.marks);
	free(r.text);
	if (err)
		config_free(r.config);
	else
		*config = r.config;
	return err;
}
