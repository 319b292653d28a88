/* SPDX-License-Identifier: LGPL-2.1-or-later OR BSD-2-Clause */
/*
 * See request.h. Requests are short and of few kinds, so they are written as
 * text at once; what comes back is json-c's to read.
 */
#include "libmgm/request.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "libmgm/codec.h"

#define REQUEST_MAX 65536u /* bytes, its newline included */

static void put(struct request *r, const char *text, size_t length)
{
	size_t room = r->room ? r->room : 512;
	char *grown;

	while (room < r->length + length)
		room *= 2;
	if (room != r->room) {
		grown = realloc(r->text, room);
		if (!grown) {
			r->failed = true;
			return;
		}
		r->text = grown;
		r->room = room;
	}
	memcpy(r->text + r->length, text, length);
	r->length += length;
}

static void put_text(struct request *r, const char *text)
{
	put(r, text, strlen(text));
}

static void put_char(struct request *r, char c)
{
	put(r, &c, 1);
}

static void put_number(struct request *r, uint64_t value)
{
	char digits[24];

	put(r, digits, (size_t)sprintf(digits, "%" PRIu64, value));
}

/* RFC 8259 section 7 */
static void put_quoted(struct request *r, const char *text)
{
	char escape[8];

	put_char(r, '"');
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			put_char(r, '\\');
		if ((unsigned char)*text >= 0x20) {
			put_char(r, *text);
			continue;
		}
		sprintf(escape, "\\u%04x", (unsigned char)*text);
		put_text(r, escape);
	}
	put_char(r, '"');
}

static void put_comma(struct request *r)
{
	if (!r->first)
		put_char(r, ',');
	r->first = false;
}

static void put_name(struct request *r, const char *name)
{
	put_comma(r);
	put_char(r, '"');
	put_text(r, name);
	put_text(r, "\":");
}

void request_begin(struct request *r, uint64_t id, const char *method)
{
	r->length = 0;
	r->failed = false;
	put_text(r, "{\"jsonrpc\":\"2.0\",\"id\":");
	put_number(r, id);
	put_text(r, ",\"method\":\"mgm.");
	put_text(r, method);
	put_text(r, "\",\"params\":{");
	r->first = true;
}

int request_end(struct request *r)
{
	put_text(r, "}}\n");
	if (r->failed)
		return -ENOMEM;
	return r->length > REQUEST_MAX ? -ENOSPC : 0;
}

void request_free(struct request *r)
{
	free(r->text);
	*r = (struct request){0};
}

void request_number(struct request *r, const char *name, uint64_t value)
{
	put_name(r, name);
	put_number(r, value);
}

void request_flag(struct request *r, const char *name, bool value)
{
	put_name(r, name);
	put_text(r, value ? "true" : "false");
}

void request_text(struct request *r, const char *name, const char *value)
{
	put_name(r, name);
	put_quoted(r, value);
}

void request_token(struct request *r, const char *name, uint64_t value)
{
	put_name(r, name);
	put_char(r, '"');
	put_number(r, value);
	put_char(r, '"');
}

static bool is_any(const struct mgm_address *address)
{
	static const struct mgm_address v6;
	const struct mgm_address v4 = MGM_ADDRESS_V4_ANY;

	return mgm_address_equal(address, &v4) ||
	       mgm_address_equal(address, &v6);
}

void request_address(struct request *r, const char *name,
		     const struct mgm_address *address)
{
	char text[CODEC_ADDRESS_TEXT];

	if (address && !is_any(address))
		request_text(r, name, codec_address_text(address, text));
}

void request_prefix(struct request *r, const char *name,
		    const struct mgm_prefix *prefix)
{
	char text[CODEC_PREFIX_TEXT];

	request_text(r, name, codec_prefix_text(prefix, text));
}

void request_sg(struct request *r, const struct mgm_sg *sg)
{
	if (sg->source.length)
		request_prefix(r, "source", &sg->source);
	if (sg->group.length)
		request_prefix(r, "group", &sg->group);
}

void request_open(struct request *r, const char *name, char bracket)
{
	if (name)
		put_name(r, name);
	else
		put_comma(r);
	put_char(r, bracket);
	r->first = true;
}

void request_close(struct request *r, char bracket)
{
	put_char(r, bracket);
	r->first = false;
}

void request_item(struct request *r, const char *text)
{
	put_comma(r);
	put_text(r, text);
}

void request_item_number(struct request *r, uint64_t value)
{
	put_comma(r);
	put_number(r, value);
}

void request_item_text(struct request *r, const char *value)
{
	put_comma(r);
	put_quoted(r, value);
}

void request_item_address(struct request *r, const struct mgm_address *address)
{
	char text[CODEC_ADDRESS_TEXT];

	request_item_text(r, codec_address_text(address, text));
}

void request_item_prefix(struct request *r, const struct mgm_prefix *prefix)
{
	char text[CODEC_PREFIX_TEXT];

	if (prefix->length)
		request_item_text(r, codec_prefix_text(prefix, text));
	else
		request_item(r, "null");
}
