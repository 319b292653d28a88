/* SPDX-License-Identifier: LGPL-2.1-or-later OR BSD-2-Clause */
/*
 * Alerts: from a notification to the client's callback. What is not known is
 * not for this version of libmgm and is dropped; what is known but wrong ends
 * the connection, since its client would go on with half of the truth.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "libmgm/codec.h"
#include "libmgm/conn.h"

/* What alerts are made of; each has some of these. */
struct content {
	struct json_object *params;
	struct mgm_sg sg;
	uint64_t token;
	uint32_t ifid, arrival, iif, epoch;
	bool bad;
};

static uint32_t number_of(struct content *c, const char *name)
{
	uint64_t number = 0;

	if (codec_read_number(json_object_object_get(c->params, name),
			      UINT32_MAX, &number))
		c->bad = true;
	return (uint32_t)number;
}

static void read_flow(struct content *c)
{
	if (codec_read_sg(c->params, &c->sg))
		c->bad = true;
}

static void read_token(struct content *c)
{
	if (codec_read_token(json_object_object_get(c->params, "token"),
			     &c->token))
		c->bad = true;
}

static void read_packet(struct content *c, uint8_t packet[MGM_PACKET_COPY],
			size_t *len)
{
	struct json_object *text = json_object_object_get(c->params, "packet");

	*len = MGM_PACKET_COPY;
	if (!text)
		*len = 0;
	else if (codec_read_bytes(text, packet, len))
		c->bad = true;
}

static int on_rpf(const struct registration *r, struct content *c)
{
	uint8_t packet[MGM_PACKET_COPY];
	struct mgm_rpf rpf = {
		.size = sizeof(rpf),
		.arrival = number_of(c, "arrival"),
		.iif = number_of(c, "iif"),
	};

	read_flow(c);
	read_token(c);
	rpf.flow = c->sg;
	if (codec_read_address(json_object_object_get(c->params, "upstream"),
			       &rpf.upstream))
		c->bad = true;
	read_packet(c, packet, &rpf.packet_len);
	rpf.packet = rpf.packet_len ? packet : NULL;
	if (!c->bad)
		r->callbacks.rpf(r->arg, c->token, &rpf);
	return c->bad ? -EPROTO : 0;
}

static int read_oif(struct json_object *row, struct mgm_creation_oif *oif)
{
	struct content c = {.params = row};
	struct json_object *igmp, *enabled;

	if (!json_object_is_type(row, json_type_object))
		return -EPROTO;
	igmp = json_object_object_get(row, "igmp");
	enabled = json_object_object_get(row, "enabled");
	oif->ifid = number_of(&c, "ifid");
	oif->igmp = json_object_get_boolean(igmp);
	oif->enabled = json_object_get_boolean(enabled);
	return c.bad ? -EPROTO : 0;
}

static int on_creation(const struct registration *r, struct content *c)
{
	struct json_object *rows = json_object_object_get(c->params, "oifs");
	struct mgm_creation_oif *oifs;
	size_t i, count;

	if (!json_object_is_type(rows, json_type_array))
		return -EPROTO;
	read_flow(c);
	read_token(c);
	c->iif = number_of(c, "iif");
	count = json_object_array_length(rows);
	oifs = calloc(count + 1, sizeof(*oifs));
	if (!oifs)
		return -ENOMEM;
	for (i = 0; i < count; i++)
		if (read_oif(json_object_array_get_idx(rows, i), &oifs[i]))
			c->bad = true;
	if (!c->bad)
		r->callbacks.creation(r->arg, c->token, c->sg, c->iif, oifs,
				      count);
	free(oifs);
	return c->bad ? -EPROTO : 0;
}

static unsigned int word_of(struct content *c, const char *name,
			    enum codec_names names)
{
	unsigned int number = 0;

	if (codec_read_word(json_object_object_get(c->params, name), names,
			    &number))
		c->bad = true;
	return number;
}

static int with_cause(const struct registration *r, struct content *c,
		      void (*fn)(void *arg, struct mgm_sg sg, uint32_t ifid,
				 enum mgm_cause cause))
{
	unsigned int cause = word_of(c, "cause", CODEC_CAUSE);

	read_flow(c);
	c->ifid = number_of(c, "ifid");
	if (!c->bad)
		fn(r->arg, c->sg, c->ifid, (enum mgm_cause)cause);
	return c->bad ? -EPROTO : 0;
}

static int on_join(const struct registration *r, struct content *c)
{
	return with_cause(r, c, r->callbacks.join);
}

static int on_prune(const struct registration *r, struct content *c)
{
	return with_cause(r, c, r->callbacks.prune);
}

static int with_flow(const struct registration *r, struct content *c,
		     void (*fn)(void *arg, struct mgm_sg sg, uint32_t ifid))
{
	read_flow(c);
	c->ifid = number_of(c, "ifid");
	if (!c->bad)
		fn(r->arg, c->sg, c->ifid);
	return c->bad ? -EPROTO : 0;
}

static int on_local_join(const struct registration *r, struct content *c)
{
	return with_flow(r, c, r->callbacks.local_join);
}

static int on_local_leave(const struct registration *r, struct content *c)
{
	return with_flow(r, c, r->callbacks.local_leave);
}

static int on_wrong_if(const struct registration *r, struct content *c)
{
	uint8_t packet[MGM_PACKET_COPY];
	size_t len;

	read_flow(c);
	c->arrival = number_of(c, "arrival");
	c->iif = number_of(c, "iif");
	read_packet(c, packet, &len);
	if (!c->bad)
		r->callbacks.wrong_if(r->arg, c->sg, c->arrival, c->iif,
				      len ? packet : NULL, len);
	return c->bad ? -EPROTO : 0;
}

static int with_epoch(const struct registration *r, struct content *c,
		      void (*fn)(void *arg, uint32_t ifid, uint32_t epoch))
{
	c->ifid = number_of(c, "ifid");
	c->epoch = number_of(c, "epoch");
	if (!c->bad)
		fn(r->arg, c->ifid, c->epoch);
	return c->bad ? -EPROTO : 0;
}

static int on_disable_igmp(const struct registration *r, struct content *c)
{
	return with_epoch(r, c, r->callbacks.disable_igmp);
}

static int on_enable_igmp(const struct registration *r, struct content *c)
{
	return with_epoch(r, c, r->callbacks.enable_igmp);
}

static int on_ownership(const struct registration *r, struct content *c)
{
	struct json_object *result =
		json_object_object_get(c->params, "result");
	int number = 0;

	c->ifid = number_of(c, "ifid");
	c->epoch = number_of(c, "epoch");
	if (result)
		number = codec_error(json_object_get_string(result));
	if (!c->bad)
		r->callbacks.ownership(r->arg, c->ifid, c->epoch, number);
	return c->bad ? -EPROTO : 0;
}

static int on_rib_changed(const struct registration *r, struct content *c)
{
	struct mgm_prefix prefix;

	if (codec_read_prefix(json_object_object_get(c->params, "prefix"),
			      &prefix))
		return -EPROTO;
	r->callbacks.rib_changed(r->arg, &prefix);
	return 0;
}

static int with_interface(const struct registration *r, struct content *c,
			  void (*fn)(void *arg, uint32_t ifid))
{
	c->ifid = number_of(c, "ifid");
	if (!c->bad)
		fn(r->arg, c->ifid);
	return c->bad ? -EPROTO : 0;
}

static int on_interface_changed(const struct registration *r, struct content *c)
{
	return with_interface(r, c, r->callbacks.interface_changed);
}

static int on_interface_gone(const struct registration *r, struct content *c)
{
	return with_interface(r, c, r->callbacks.interface_gone);
}

static int on_mfe_made(const struct registration *r, struct content *c)
{
	read_flow(c);
	c->iif = number_of(c, "iif");
	if (!c->bad)
		r->callbacks.mfe_made(r->arg, c->sg, c->iif);
	return c->bad ? -EPROTO : 0;
}

static int on_mfe_deleted(const struct registration *r, struct content *c)
{
	unsigned int why = word_of(c, "why", CODEC_DELETION);

	read_flow(c);
	c->iif = number_of(c, "iif");
	if (!c->bad)
		r->callbacks.mfe_deleted(r->arg, c->sg, c->iif,
					 (enum mgm_deletion)why);
	return c->bad ? -EPROTO : 0;
}

static int on_local_block(const struct registration *r, struct content *c)
{
	return with_flow(r, c, r->callbacks.local_block);
}

static int on_local_unblock(const struct registration *r, struct content *c)
{
	return with_flow(r, c, r->callbacks.local_unblock);
}

static int on_membership_changed(const struct registration *r,
				 struct content *c)
{
	return with_flow(r, c, r->callbacks.membership_changed);
}

/* Calls it, if the client has one. */
static int call(enum codec_callback kind, const struct registration *r,
		struct content *c)
{
	switch (kind) {
#define ALERT_CASE(name)      \
	case CODEC_ON_##name: \
		return r->callbacks.name ? on_##name(r, c) : 0;
		CODEC_CALLBACKS(ALERT_CASE)
#undef ALERT_CASE
	case CODEC_CALLBACK_COUNT:
		break;
	}
	return 0;
}

static const struct registration *addressee(struct mgm *m, struct content *c)
{
	uint32_t number = number_of(c, "client");
	struct registration *r;

	TAILQ_FOREACH(r, &m->registrations, link)
		if (r->number == number && !c->bad)
			return r;
	return NULL;
}

int alert_deliver(struct mgm *m, struct json_object *notification)
{
	static const char prefix[] = "mgm.";
	struct content c = {0};
	const struct registration *r;
	unsigned int kind;
	const char *method;

	method = json_object_get_string(
		json_object_object_get(notification, "method"));
	if (!method || strncmp(method, prefix, strlen(prefix)) ||
	    codec_number(CODEC_CALLBACK, method + strlen(prefix), &kind))
		return 0;
	if (!json_object_object_get_ex(notification, "params", &c.params) ||
	    !json_object_is_type(c.params, json_type_object))
		return -EPROTO;
	r = addressee(m, &c);
	if (!r)
		return c.bad ? -EPROTO : 0;
	return call((enum codec_callback)kind, r, &c);
}
