/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The smallest protocol: it owns the interfaces whose section names it and
 * says what it is told. A test copies this folder to user/proto/ and adds its
 * line to the registry; doc/adding.md explains it.
 */
#include "proto/proto.h"

#include "lib/address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DVMRP_TYPE 0x13

const struct proto *logger_proto(void);

struct logger {
	struct proto_services services;
	struct mgm_client *client;
	char (*names)[XMGM_IFNAME_LEN]; /* of the interfaces it shall own */
	size_t count;
};

struct logger_config {
	char word[16]; /* said when the interface is taken */
};

static void say(struct logger *l, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void say(struct logger *l, const char *format, ...)
{
	char line[200];
	va_list args;

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	l->services.say(l->services.arg, PROTO_INFO, line);
}

static void say_sg(struct logger *l, const char *what, struct mgm_sg sg,
		   uint32_t ifid)
{
	char source[ADDRESS_TEXT], group[ADDRESS_TEXT];
	const char *name = l->services.name(l->services.arg, ifid);

	say(l, "logger: %s (%s, %s) %s", what,
	    address_name(&sg.source.address, source),
	    address_name(&sg.group.address, group), name ? name : "-");
}

static void on_join(void *arg, struct mgm_sg sg, uint32_t ifid,
		    enum mgm_cause cause)
{
	say_sg(arg, cause == MGM_CAUSE_MFE ? "join-mfe" : "join", sg, ifid);
}

static void on_prune(void *arg, struct mgm_sg sg, uint32_t ifid,
		     enum mgm_cause cause)
{
	say_sg(arg, cause == MGM_CAUSE_MFE ? "prune-mfe" : "prune", sg, ifid);
}

static void on_local_join(void *arg, struct mgm_sg sg, uint32_t ifid)
{
	say_sg(arg, "local-join", sg, ifid);
}

static void on_local_leave(void *arg, struct mgm_sg sg, uint32_t ifid)
{
	say_sg(arg, "local-leave", sg, ifid);
}

static void on_ownership(void *arg, uint32_t ifid, uint32_t epoch, int result)
{
	struct logger *l = arg;
	const char *name = l->services.name(l->services.arg, ifid);

	(void)epoch;
	say(l, "logger: ownership %s %d", name ? name : "-", result);
}

static const struct mgm_callbacks callbacks = {
	.size = sizeof(callbacks),
	.join = on_join,
	.prune = on_prune,
	.local_join = on_local_join,
	.local_leave = on_local_leave,
	.ownership = on_ownership,
};

static int logger_start(const struct proto_services *services, uint64_t now_ms,
			void **self)
{
	struct mgm_registration r = {
		.size = sizeof(r),
		.protocol = 200,
		.name = "logger",
		.callbacks = &callbacks,
	};
	struct logger *l = calloc(1, sizeof(*l));
	int err;

	(void)now_ms;
	if (!l)
		return -ENOMEM;
	l->services = *services;
	r.arg = l;
	err = mgm_register(services->mgm, &r, &l->client);
	if (!err)
		err = services->listen(services->arg, logger_proto(),
				       IPPROTO_IGMP, DVMRP_TYPE);
	if (err) {
		free(l);
		return err;
	}
	*self = l;
	return 0;
}

static void logger_stop(void *self)
{
	struct logger *l = self;

	free(l->names);
	free(l);
}

static void logger_configure(void *self, const struct proto_config *config,
			     uint64_t now_ms)
{
	size_t i, at = proto_index(logger_proto());
	struct logger *l = self;

	(void)now_ms;
	free(l->names);
	l->names = calloc(config->interface_count + 1, sizeof(*l->names));
	l->count = 0;
	for (i = 0; l->names && i < config->interface_count; i++) {
		const struct proto_block *block =
			&config->interfaces[i].blocks[at];
		const struct logger_config *own = block->options;

		if (!block->enabled)
			continue;
		memcpy(l->names[l->count++], config->interfaces[i].name,
		       XMGM_IFNAME_LEN);
		say(l, "logger: wants %s %s", config->interfaces[i].name,
		    own->word);
	}
}

static void logger_interface(void *self, const struct proto_interface *in,
			     uint64_t now_ms)
{
	const struct mgm_address routers = /* DVMRP's */
		mgm_address_v4((struct in_addr){htonl(0xe0000004)});
	struct logger *l = self;
	size_t i;
	int err;

	(void)now_ms;
	for (i = 0; i < l->count; i++) {
		if (strcmp(l->names[i], in->name))
			continue;
		err = mgm_interface_take(l->services.mgm, l->client, in->ifid);
		l->services.member(l->services.arg, in->ifid, &routers, true);
		if (err != -EEXIST)
			say(l, "logger: take %s %d", in->name, err);
	}
}

static void tell_packet(const void *about, const struct proto_row *row)
{
	const struct proto_packet *packet = about;

	row->address(row->arg, "source", &packet->source);
	row->number(row->arg, "length", packet->len);
}

static void logger_packet(void *self, const struct proto_packet *packet,
			  uint64_t now_ms)
{
	char source[ADDRESS_TEXT];
	struct logger *l = self;

	(void)now_ms;
	address_text(&packet->source, source);
	say(l, "logger: packet %u from %s type 0x%02x length %zu%s",
	    packet->ip_protocol, source, packet->len ? packet->payload[0] : 0,
	    packet->len, packet->fragmented ? " in pieces" : "");
	l->services.event(l->services.arg, "logger-packet", packet->ifid,
			  tell_packet, packet);
}

/* Its one table: the interfaces it shall own, by name. */
static int next_name(void *self, uint64_t now_ms, struct proto_cursor *cursor,
		     const struct proto_row *row)
{
	const struct logger *l = self;
	const char *next = NULL;
	size_t i;

	(void)now_ms;
	for (i = 0; i < l->count; i++)
		if (strcmp(l->names[i], cursor->interface) > 0 &&
		    (!next || strcmp(l->names[i], next) < 0))
			next = l->names[i];
	if (!next)
		return -ENOENT;
	memcpy(cursor->interface, next, sizeof(cursor->interface));
	row->text(row->arg, "interface", next);
	row->number(row->arg, "there", l->services.ifid(l->services.arg, next));
	return 0;
}

static const struct proto_options *logger_options(void)
{
	static const struct conf_option table[] = {
		{"word", OPTION_TEXT, 1, 15, 0, 0,
		 offsetof(struct logger_config, word), NULL},
		{0},
	};
	static const struct proto_options options = {
		.interface = table,
		.interface_size = sizeof(struct logger_config),
	};

	return &options;
}

static const struct proto_table *logger_tables(void)
{
	static const struct proto_table tables[] = {
		{"names", next_name},
		{0},
	};

	return tables;
}

const struct proto *logger_proto(void)
{
	static const struct proto proto = {
		.name = "logger",
		.id = 200,
		.tables = logger_tables,
		.options = logger_options,
		.start = logger_start,
		.stop = logger_stop,
		.configure = logger_configure,
		.interface_changed = logger_interface,
		.packet = logger_packet,
	};

	return &proto;
}
