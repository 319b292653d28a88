/* SPDX-License-Identifier: LGPL-2.1-or-later OR BSD-2-Clause */
/* Memberships: one by one, and up to MGM_BATCH of them in one message. */
#include <errno.h>

#include "libmgm/codec.h"
#include "libmgm/conn.h"

#define ALL_FLAGS (MGM_JOIN_STATE | MGM_FORWARD_STATE)

static int refuse_flags(struct mgm *m, unsigned int flags)
{
	return conn_refuse(m, -EINVAL,
			   "membership: no such flags, or none: %#x", flags);
}

/* In words; JOIN alone, which is the default, is left out. */
static void request_flags(struct request *q, const char *name,
			  unsigned int flags)
{
	unsigned int bit;

	if (flags == MGM_JOIN_STATE)
		return;
	request_open(q, name, '[');
	for (bit = 0; flags >> bit; bit++)
		if (flags >> bit & 1)
			request_item_text(q, codec_name(CODEC_MEMBERSHIP_FLAG,
							bit));
	request_close(q, ']');
}

static int change(struct mgm *m, struct mgm_client *client, const char *method,
		  uint32_t ifid, const struct mgm_sg *sg, unsigned int flags)
{
	struct request *q = conn_ask_as(m, client, method);

	if (!q)
		return -EINVAL;
	if (!flags || flags & ~(unsigned int)ALL_FLAGS)
		return refuse_flags(m, flags);
	request_number(q, "ifid", ifid);
	request_sg(q, sg);
	request_flags(q, "flags", flags);
	return conn_done(m);
}

int mgm_membership_add(struct mgm *m, struct mgm_client *client, uint32_t ifid,
		       struct mgm_sg sg, unsigned int flags)
{
	return change(m, client, "membership_add", ifid, &sg, flags);
}

int mgm_membership_del(struct mgm *m, struct mgm_client *client, uint32_t ifid,
		       struct mgm_sg sg, unsigned int flags)
{
	return change(m, client, "membership_del", ifid, &sg, flags);
}

static void request_sources(struct request *q, const char *name,
			    const struct mgm_address *sources, size_t count)
{
	size_t i;

	request_open(q, name, '[');
	for (i = 0; i < count; i++)
		request_item_address(q, &sources[i]);
	request_close(q, ']');
}

int mgm_membership_set(struct mgm *m, struct mgm_client *client, uint32_t ifid,
		       const struct mgm_address *group, enum mgm_filter filter,
		       const struct mgm_address *sources, size_t count)
{
	struct request *q = conn_ask_as(m, client, "membership_set");
	const char *word = codec_name(CODEC_FILTER, filter);

	if (!q)
		return -EINVAL;
	if (!word)
		return conn_refuse(m, -EINVAL, "membership_set: no filter %u",
				   (unsigned int)filter);
	request_number(q, "ifid", ifid);
	request_address(q, "group", group);
	request_text(q, "filter", word);
	request_sources(q, "sources", sources, count);
	return conn_done(m);
}

/* --- batches ------------------------------------------------------------ */

static const char *change_word(enum mgm_change what)
{
	switch (what) {
	case MGM_CHANGE_ADD:
		return "add";
	case MGM_CHANGE_DEL:
		return "del";
	case MGM_CHANGE_SET:
		return "set";
	}
	return NULL;
}

/* What is written otherwise than it is meant; the rest the daemon judges. */
static bool change_valid(const struct mgm_membership_change *c)
{
	if (c->what == MGM_CHANGE_SET)
		return codec_name(CODEC_FILTER, c->filter);
	return change_word(c->what) && c->flags &&
	       !(c->flags & ~(unsigned int)ALL_FLAGS);
}

static void request_change(struct request *q,
			   const struct mgm_membership_change *c)
{
	request_open(q, NULL, '[');
	request_item_text(q, change_word(c->what));
	request_item_number(q, c->ifid);
	if (c->what == MGM_CHANGE_SET) {
		request_item_prefix(q, &c->sg.group);
		request_item_text(q, codec_name(CODEC_FILTER, c->filter));
		request_sources(q, NULL, c->sources, c->count);
	} else {
		request_item_prefix(q, &c->sg.source);
		request_item_prefix(q, &c->sg.group);
		request_flags(q, NULL, c->flags);
	}
	request_close(q, ']');
}

/* [[place, name], ...], of those that failed. */
static int read_errors(struct json_object *result,
		       struct mgm_membership_change *changes, size_t count)
{
	struct json_object *errors = json_object_object_get(result, "errors");
	size_t i;

	if (!json_object_is_type(errors, json_type_array))
		return -EPROTO;
	for (i = 0; i < json_object_array_length(errors); i++) {
		struct json_object *row = json_object_array_get_idx(errors, i);
		struct json_object *name;
		uint64_t place;

		if (!json_object_is_type(row, json_type_array) ||
		    codec_read_number(json_object_array_get_idx(row, 0),
				      UINT32_MAX, &place) ||
		    place >= count)
			return -EPROTO;
		name = json_object_array_get_idx(row, 1);
		if (!json_object_is_type(name, json_type_string))
			return -EPROTO;
		changes[place].result =
			codec_error(json_object_get_string(name));
	}
	return 0;
}

static int first_error(struct mgm *m,
		       const struct mgm_membership_change *changes,
		       size_t count)
{
	const char *name;
	size_t i;

	for (i = 0; i < count && !changes[i].result;)
		i++;
	if (i == count)
		return 0;
	name = mgm_error_name(changes[i].result);
	return conn_refuse(m, changes[i].result,
			   "membership_batch: of %zu changes the one at place "
			   "%zu is the first that failed, with %s: make it by "
			   "itself to hear why",
			   count, i, name ? name : "another error");
}

int mgm_membership_batch(struct mgm *m, struct mgm_client *client,
			 struct mgm_membership_change *changes, size_t count)
{
	struct request *q = conn_ask_as(m, client, "membership_batch");
	struct json_object *result;
	size_t i;
	int err;

	if (!q)
		return -EINVAL;
	if (count > MGM_BATCH)
		return conn_refuse(m, -EINVAL,
				   "membership_batch: more than %u changes",
				   MGM_BATCH);
	request_open(q, "changes", '[');
	for (i = 0; i < count; i++) {
		if (change_valid(&changes[i]))
			request_change(q, &changes[i]);
		else
			request_item(q, "[]"); /* has its place, and fails */
	}
	request_close(q, ']');
	err = conn_call(m, &result);
	for (i = 0; !err && i < count; i++)
		changes[i].result = 0;
	if (!err && read_errors(result, changes, count))
		err = conn_nonsense(m);
	json_object_put(result);
	return conn_leave(m, err ? err : first_error(m, changes, count));
}
