/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the manager tells and asks a client, as notifications. They are written
 * when they are called, so they stand on the wire in the manager's order, and
 * before the answer of the call that has caused them.
 */
#include "internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* --- writing ----------------------------------------------------------- */

static void add(struct remote_client *c, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Numbers, addresses and words of ours: nothing needs to be escaped. */
static void add(struct remote_client *c, const char *format, ...)
{
	char text[256];
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (len > 0 && (size_t)len < sizeof(text))
		conn_put(c->session->conn, text, (size_t)len);
}

static void begin(struct remote_client *c, const char *name)
{
	add(c,
	    "{\"jsonrpc\":\"2.0\",\"method\":\"mgm.%s\",\"params\":"
	    "{\"client\":%u",
	    name, c->number);
}

static void end(struct remote_client *c)
{
	conn_put(c->session->conn, "}}\n", 3);
}

static void add_number(struct remote_client *c, const char *name,
		       uint32_t number)
{
	add(c, ",\"%s\":%u", name, number);
}

static void add_prefix(struct remote_client *c, const char *name,
		       const struct mgm_prefix *prefix)
{
	char text[CODEC_PREFIX_TEXT];

	add(c, ",\"%s\":\"%s\"", name, codec_prefix_text(prefix, text));
}

static void add_sg(struct remote_client *c, const struct mgm_sg *sg)
{
	if (sg->source.length)
		add_prefix(c, "source", &sg->source);
	if (sg->group.length)
		add_prefix(c, "group", &sg->group);
}

static void add_packet(struct remote_client *c, const uint8_t *packet,
		       size_t len)
{
	struct json_object *bytes = packet ? codec_bytes(packet, len) : NULL;

	if (bytes)
		add(c, ",\"packet\":\"");
	if (bytes) {
		conn_put(c->session->conn, json_object_get_string(bytes),
			 (size_t)json_object_get_string_len(bytes));
		add(c, "\"");
	}
	json_object_put(bytes);
}

/* --- requests ------------------------------------------------------------ */

static void add_token(struct remote_client *c, uint64_t token)
{
	add(c, ",\"token\":\"%llu\"", (unsigned long long)token);
}

static void on_rpf(void *arg, uint64_t token, const struct mgm_rpf *rpf)
{
	const struct mgm_prefix upstream = mgm_prefix_of(&rpf->upstream);
	struct remote_client *c = arg;

	begin(c, "rpf");
	add_token(c, token);
	add_sg(c, &rpf->flow);
	add_number(c, "arrival", rpf->arrival);
	add_number(c, "iif", rpf->iif);
	if (rpf->iif)
		add_prefix(c, "upstream", &upstream);
	add_packet(c, rpf->packet, rpf->packet_len);
	end(c);
}

static void on_creation(void *arg, uint64_t token, struct mgm_sg flow,
			uint32_t iif, const struct mgm_creation_oif *oifs,
			size_t count)
{
	struct remote_client *c = arg;
	size_t i;

	begin(c, "creation");
	add_token(c, token);
	add_sg(c, &flow);
	add_number(c, "iif", iif);
	add(c, ",\"oifs\":[");
	for (i = 0; i < count; i++)
		add(c, "%s{\"ifid\":%u,\"igmp\":%s,\"enabled\":%s}",
		    i ? "," : "", oifs[i].ifid, oifs[i].igmp ? "true" : "false",
		    oifs[i].enabled ? "true" : "false");
	add(c, "]");
	end(c);
}

/* --- alerts -------------------------------------------------------------- */

static void joined(struct remote_client *c, const char *name,
		   const struct mgm_sg *sg, uint32_t ifid, enum mgm_cause cause)
{
	begin(c, name);
	add_sg(c, sg);
	add_number(c, "ifid", ifid);
	add(c, ",\"cause\":\"%s\"", codec_name(CODEC_CAUSE, cause));
	end(c);
}

static void on_join(void *arg, struct mgm_sg sg, uint32_t ifid,
		    enum mgm_cause cause)
{
	joined(arg, "join", &sg, ifid, cause);
}

static void on_prune(void *arg, struct mgm_sg sg, uint32_t ifid,
		     enum mgm_cause cause)
{
	joined(arg, "prune", &sg, ifid, cause);
}

static void on_interface_sg(struct remote_client *c, const char *name,
			    const struct mgm_sg *sg, uint32_t ifid)
{
	begin(c, name);
	add_sg(c, sg);
	add_number(c, "ifid", ifid);
	end(c);
}

static void on_local_join(void *arg, struct mgm_sg sg, uint32_t ifid)
{
	on_interface_sg(arg, "local_join", &sg, ifid);
}

static void on_local_leave(void *arg, struct mgm_sg sg, uint32_t ifid)
{
	on_interface_sg(arg, "local_leave", &sg, ifid);
}

static void on_wrong_if(void *arg, struct mgm_sg flow, uint32_t arrival,
			uint32_t iif, const uint8_t *packet, size_t len)
{
	struct remote_client *c = arg;

	begin(c, "wrong_if");
	add_sg(c, &flow);
	add_number(c, "arrival", arrival);
	add_number(c, "iif", iif);
	add_packet(c, packet, len);
	end(c);
}

static void on_epoch(struct remote_client *c, const char *name, uint32_t ifid,
		     uint32_t epoch)
{
	begin(c, name);
	add_number(c, "ifid", ifid);
	add_number(c, "epoch", epoch);
}

static void on_disable_igmp(void *arg, uint32_t ifid, uint32_t epoch)
{
	on_epoch(arg, "disable_igmp", ifid, epoch);
	end(arg);
}

static void on_enable_igmp(void *arg, uint32_t ifid, uint32_t epoch)
{
	on_epoch(arg, "enable_igmp", ifid, epoch);
	end(arg);
}

static void on_ownership(void *arg, uint32_t ifid, uint32_t epoch, int result)
{
	const char *name = mgm_error_name(result);
	struct remote_client *c = arg;

	on_epoch(c, "ownership", ifid, epoch);
	if (name)
		add(c, ",\"result\":\"%s\"", name);
	else
		add(c, ",\"result\":null");
	end(c);
}

static void on_rib_changed(void *arg, const struct mgm_prefix *prefix)
{
	struct remote_client *c = arg;

	begin(c, "rib_changed");
	add_prefix(c, "prefix", prefix);
	end(c);
}

static void on_link(struct remote_client *c, const char *name, uint32_t ifid)
{
	begin(c, name);
	add_number(c, "ifid", ifid);
	end(c);
}

static void on_interface_changed(void *arg, uint32_t ifid)
{
	on_link(arg, "interface_changed", ifid);
}

static void on_interface_gone(void *arg, uint32_t ifid)
{
	on_link(arg, "interface_gone", ifid);
}

static void on_mfe_made(void *arg, struct mgm_sg flow, uint32_t iif)
{
	struct remote_client *c = arg;

	begin(c, "mfe_made");
	add_sg(c, &flow);
	add_number(c, "iif", iif);
	end(c);
}

static void on_mfe_deleted(void *arg, struct mgm_sg flow, uint32_t iif,
			   enum mgm_deletion why)
{
	struct remote_client *c = arg;

	begin(c, "mfe_deleted");
	add_sg(c, &flow);
	add_number(c, "iif", iif);
	add(c, ",\"why\":\"%s\"", codec_name(CODEC_DELETION, why));
	end(c);
}

static void on_local_block(void *arg, struct mgm_sg sg, uint32_t ifid)
{
	on_interface_sg(arg, "local_block", &sg, ifid);
}

static void on_local_unblock(void *arg, struct mgm_sg sg, uint32_t ifid)
{
	on_interface_sg(arg, "local_unblock", &sg, ifid);
}

static void on_membership_changed(void *arg, struct mgm_sg sg, uint32_t ifid)
{
	on_interface_sg(arg, "membership_changed", &sg, ifid);
}

struct mgm_callbacks remote_callbacks(uint32_t wanted)
{
	struct mgm_callbacks callbacks = {.size = sizeof(callbacks)};

#define CALLBACK(name)                      \
	if (wanted & 1u << CODEC_ON_##name) \
		callbacks.name = on_##name;
	CODEC_CALLBACKS(CALLBACK)
#undef CALLBACK
	return callbacks;
}
