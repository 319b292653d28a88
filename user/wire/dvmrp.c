/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * See dvmrp.h. Reading: dvmrp_message_get walks the whole body once by the
 * same functions that hand out its parts later, so these cannot fail then.
 */
#include "wire/dvmrp.h"

#include <string.h>

#include "wire/reader.h"

#define BODY	  (IGMP_IP_BYTES + DVMRP_HEADER)
#define LAST	  0x80u /* of a metric: its list ends */
#define INTERFACE 8u	/* of neighbors2, without its neighbours */

/* --- masks ---------------------------------------------------------------- */

struct in_addr dvmrp_mask(unsigned int length)
{
	const uint32_t mask = length ? UINT32_MAX << (32 - length) : 0;

	return (struct in_addr){htonl(mask)};
}

bool dvmrp_mask_length(struct in_addr mask, uint8_t *length)
{
	const uint32_t holes = ~ntohl(mask.s_addr);

	if (holes & (holes + 1))
		return false;
	*length = (uint8_t)(32 - __builtin_popcount(holes));
	return true;
}

bool dvmrp_prefix_holds(const struct dvmrp_prefix *prefix, struct in_addr a)
{
	return (a.s_addr & dvmrp_mask(prefix->length).s_addr) ==
	       prefix->net.s_addr;
}

bool dvmrp_sayable(unsigned int length)
{
	return !length || (length >= 8 && length <= 32);
}

/* How many bytes of a network a list with this mask has. */
static size_t width(unsigned int length)
{
	return length <= 8 ? 1 : (length + 7) / 8;
}

/* --- reading -------------------------------------------------------------- */

bool dvmrp_has_genid(uint8_t major, uint8_t minor)
{
	return (major == DVMRP_MAJOR && minor >= 3) ||
	       (major > DVMRP_MAJOR && major <= 9);
}

static void probe_get(struct reader *r, struct dvmrp_message *m)
{
	if (dvmrp_has_genid(m->major, m->minor))
		m->genid = ntohl(reader_addr(r).s_addr);
	m->neighbors.count = r->left / 4;
	m->neighbors.bytes = reader_bytes(r, 4 * m->neighbors.count);
	if (r->left)
		r->failed = true;
}

/* What is behind the mask, or where it would be, is nobody's. */
static void sg_get(struct reader *r, struct dvmrp_message *m)
{
	m->source = reader_addr(r);
	m->group = reader_addr(r);
	if (m->code == DVMRP_PRUNE)
		m->lifetime_s = ntohl(reader_addr(r).s_addr);
	m->length = 32;
	if (r->left >= 4 && !dvmrp_mask_length(reader_addr(r), &m->length))
		r->failed = true;
}

/* One more route; the reader fails if it is not whole. */
static void route_get(struct reader *r, struct dvmrp_report_cursor *c,
		      struct dvmrp_report_route *route)
{
	const uint8_t *bytes;
	struct in_addr mask;
	uint8_t metric;

	if (!c->listing) {
		bytes = reader_bytes(r, 3);
		c->mask[0] = 255;
		if (bytes)
			memcpy(c->mask + 1, bytes, 3);
	}
	memcpy(&mask, c->mask, sizeof(mask));
	if (!dvmrp_mask_length(mask, &route->prefix.length)) {
		r->failed = true;
		return;
	}
	route->prefix.net.s_addr = 0;
	bytes = reader_bytes(r, width(route->prefix.length));
	if (bytes)
		memcpy(&route->prefix.net, bytes, width(route->prefix.length));
	if (route->prefix.length == 8 && bytes && !bytes[0])
		route->prefix.length = 0;
	metric = reader_u8(r);
	route->metric = metric & (uint8_t)~LAST;
	c->listing = !(metric & LAST);
	if (c->listing && !r->left)
		r->failed = true; /* a list without an end */
}

bool dvmrp_report_next(const struct dvmrp_message *m,
		       struct dvmrp_report_cursor *cursor,
		       struct dvmrp_report_route *route)
{
	struct reader r;

	if (cursor->offset >= m->body_len)
		return false;
	reader_init(&r, m->body + cursor->offset, m->body_len - cursor->offset);
	route_get(&r, cursor, route);
	if (r.failed)
		return false;
	cursor->offset = m->body_len - r.left;
	return true;
}

bool dvmrp_report_route_ok(const struct dvmrp_report_route *route)
{
	const struct dvmrp_prefix *p = &route->prefix;

	if (!route->metric || route->metric >= 2 * DVMRP_INFINITY)
		return false;
	if (!p->length)
		return true;
	return !(p->net.s_addr & ~dvmrp_mask(p->length).s_addr) &&
	       igmp_is_unicast(p->net);
}

static bool report_ok(const struct dvmrp_message *m)
{
	struct dvmrp_report_cursor cursor = {0};
	struct dvmrp_report_route route;

	while (dvmrp_report_next(m, &cursor, &route))
		;
	return cursor.offset == m->body_len;
}

bool dvmrp_neighbors2_next(const struct dvmrp_message *m, size_t *offset,
			   struct dvmrp_neighbors2 *interface)
{
	struct reader r;

	if (*offset >= m->body_len)
		return false;
	reader_init(&r, m->body + *offset, m->body_len - *offset);
	interface->local = reader_addr(&r);
	interface->metric = reader_u8(&r);
	interface->threshold = reader_u8(&r);
	interface->flags = reader_u8(&r);
	interface->neighbors.count = reader_u8(&r);
	interface->neighbors.bytes =
		reader_bytes(&r, 4 * interface->neighbors.count);
	if (r.failed)
		return false;
	*offset = m->body_len - r.left;
	return true;
}

static bool neighbors2_ok(const struct dvmrp_message *m)
{
	struct dvmrp_neighbors2 interface;
	size_t offset = 0;

	while (dvmrp_neighbors2_next(m, &offset, &interface))
		;
	return offset == m->body_len;
}

static enum dvmrp_error body_get(struct dvmrp_message *m)
{
	struct reader r;
	bool ok = true;

	reader_init(&r, m->body, m->body_len);
	switch (m->code) {
	case DVMRP_PROBE:
		probe_get(&r, m);
		break;
	case DVMRP_PRUNE:
	case DVMRP_GRAFT:
	case DVMRP_GRAFT_ACK:
		sg_get(&r, m);
		break;
	case DVMRP_REPORT:
		ok = report_ok(m);
		break;
	case DVMRP_NEIGHBORS2:
		ok = neighbors2_ok(m);
		break;
	case DVMRP_ASK_NEIGHBORS2:
		break;
	default:
		return DVMRP_IGNORED;
	}
	return ok && !r.failed ? DVMRP_OK : DVMRP_MALFORMED;
}

enum dvmrp_error dvmrp_message_get(const uint8_t *bytes, size_t len,
				   struct dvmrp_message *m)
{
	struct reader r;

	*m = (struct dvmrp_message){0};
	if (len < DVMRP_HEADER)
		return DVMRP_SHORT;
	if (wire_checksum(bytes, len))
		return DVMRP_CHECKSUM;
	reader_init(&r, bytes, len);
	if (reader_u8(&r) != DVMRP_TYPE)
		return DVMRP_NOT_OURS;
	m->code = reader_u8(&r);
	reader_bytes(&r, 3); /* checksum, reserved */
	m->caps = reader_u8(&r);
	m->minor = reader_u8(&r);
	m->major = reader_u8(&r);
	m->body = r.at;
	m->body_len = r.left;
	return body_get(m);
}

/* --- writing -------------------------------------------------------------- */

void dvmrp_begin(struct dvmrp_writer *w, const struct dvmrp_ip *ip,
		 enum dvmrp_code code)
{
	uint8_t *message = w->packet + IGMP_IP_BYTES;

	memset(w, 0, sizeof(*w));
	w->ip = *ip;
	message[0] = DVMRP_TYPE;
	message[1] = (uint8_t)code;
	message[5] = DVMRP_CAPS_OURS;
	message[6] = DVMRP_MINOR;
	message[7] = DVMRP_MAJOR;
	w->len = BODY;
}

size_t dvmrp_end(struct dvmrp_writer *w)
{
	uint8_t *message = w->packet + IGMP_IP_BYTES;

	igmp_ip_put_ttl(w->packet, w->ip.source, w->ip.target, w->len,
			w->ip.ttl ? w->ip.ttl : 1);
	wire_be16_put(message + 2, 0); /* it may be ended twice */
	wire_be16_put(message + 2,
		      wire_checksum(message, w->len - IGMP_IP_BYTES));
	return w->len;
}

/* Room for so many bytes; NULL: there is none. */
static uint8_t *room(struct dvmrp_writer *w, size_t bytes)
{
	uint8_t *at = w->packet + w->len;

	if (bytes > DVMRP_BYTES - w->len)
		return NULL;
	w->len += bytes;
	return at;
}

bool dvmrp_put_address(struct dvmrp_writer *w, struct in_addr address)
{
	uint8_t *at = room(w, 4);

	if (at)
		memcpy(at, &address, 4);
	return at;
}

bool dvmrp_put_u32(struct dvmrp_writer *w, uint32_t value)
{
	return dvmrp_put_address(w, (struct in_addr){htonl(value)});
}

bool dvmrp_put_route(struct dvmrp_writer *w, const struct dvmrp_prefix *prefix,
		     uint8_t metric)
{
	const bool goes_on = w->list && w->list_length == prefix->length;
	const size_t net = width(prefix->length);
	struct in_addr mask;
	uint8_t *at;

	if (!dvmrp_sayable(prefix->length))
		return false;
	mask = dvmrp_mask(prefix->length);
	at = room(w, (goes_on ? 0 : 3) + net + 1);
	if (!at)
		return false;
	if (goes_on) {
		w->packet[w->list] &= (uint8_t)~LAST;
	} else {
		memcpy(at, (const uint8_t *)&mask + 1, 3);
		at += 3;
	}
	memcpy(at, &prefix->net, net);
	at[net] = metric | LAST;
	w->list = (size_t)(at + net - w->packet);
	w->list_length = prefix->length;
	w->routes++;
	return true;
}

bool dvmrp_put_interface(struct dvmrp_writer *w,
			 const struct dvmrp_neighbors2 *interface)
{
	uint8_t *at = room(w, INTERFACE);

	if (!at)
		return false;
	memcpy(at, &interface->local, 4);
	at[4] = interface->metric;
	at[5] = interface->threshold;
	at[6] = interface->flags;
	w->count_at = (size_t)(at + 7 - w->packet);
	return true;
}

bool dvmrp_put_neighbor(struct dvmrp_writer *w, struct in_addr address)
{
	if (!w->count_at || w->packet[w->count_at] == UINT8_MAX ||
	    !dvmrp_put_address(w, address))
		return false;
	w->packet[w->count_at]++;
	return true;
}

size_t dvmrp_sg_put(struct dvmrp_writer *w, const struct dvmrp_ip *ip,
		    enum dvmrp_code code, const struct dvmrp_sg *sg)
{
	dvmrp_begin(w, ip, code);
	dvmrp_put_address(w, sg->source);
	dvmrp_put_address(w, sg->group);
	if (code == DVMRP_PRUNE)
		dvmrp_put_u32(w, sg->lifetime_s);
	if (sg->netmask)
		dvmrp_put_address(w, dvmrp_mask(sg->length));
	return dvmrp_end(w);
}
