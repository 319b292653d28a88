/* SPDX-License-Identifier: GPL-2.0-only */
/* What a client says of memberships, one at a time or many. */
#include "internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int member_result(struct call *call, const struct remote_client *c,
			 int err, uint32_t ifid)
{
	struct json_object *group = param_get(call, "group");
	char what[64];

	if (!err)
		return 0;
	snprintf(what, sizeof(what), "group %.48s on ",
		 group ? json_object_get_string(group) : "*");
	return remote_interface_result(
		call, c, err, ifid,
		"groups are those of 224.0.0.0/4 without 224.0.0.0/24, sources "
		"are unicast, and one of both may be a prefix",
		what);
}

static int member(struct call *call,
		  int (*fn)(struct mgm *m, struct mgm_client *client,
			    uint32_t ifid, struct mgm_sg sg,
			    unsigned int flags))
{
	struct remote_client *c;
	struct mgm_sg sg;
	uint32_t ifid, flags;
	int err = param_client(call, &c);

	if (!err)
		err = param_number(call, "ifid", &ifid);
	if (!err)
		err = param_sg(call, &sg);
	if (!err)
		err = param_bits(call, "flags", CODEC_MEMBERSHIP_FLAG,
				 MGM_JOIN_STATE, &flags);
	if (err)
		return err;
	return member_result(call, c, fn(c->r->mgm, c->client, ifid, sg, flags),
			     ifid);
}

int remote_add(struct call *call)
{
	return member(call, mgm_membership_add);
}

int remote_del(struct call *call)
{
	return member(call, mgm_membership_del);
}

/* An array of addresses; *sources is allocated. -EINVAL, -ENOMEM */
static int read_sources(struct json_object *array, struct mgm_address **sources,
			size_t *count)
{
	struct json_object *value;
	size_t i;

	*sources = NULL;
	*count = 0;
	if (!array)
		return 0;
	if (!json_object_is_type(array, json_type_array))
		return -EINVAL;
	*count = json_object_array_length(array);
	*sources = calloc(*count + 1, sizeof(**sources));
	if (!*sources)
		return -ENOMEM;
	for (i = 0; i < *count; i++) {
		value = json_object_array_get_idx(array, i);
		if (!value || codec_read_address(value, &(*sources)[i]))
			return -EINVAL;
	}
	return 0;
}

int remote_set(struct call *call)
{
	struct mgm_address group, *sources = NULL;
	struct remote_client *c;
	unsigned int filter;
	uint32_t ifid;
	size_t count;
	int err = param_client(call, &c);

	if (!err)
		err = param_number(call, "ifid", &ifid);
	if (!err)
		err = param_address(call, "group", &group);
	if (!err)
		err = param_name(call, "filter", CODEC_FILTER, 0, &filter);
	if (err)
		return err;
	err = read_sources(param_get(call, "sources"), &sources, &count);
	if (err)
		call_refuse(call, err,
			    "parameter sources must be an array of addresses");
	else
		err = member_result(call, c,
				    mgm_membership_set(c->r->mgm, c->client,
						       ifid, &group,
						       (enum mgm_filter)filter,
						       sources, count),
				    ifid);
	free(sources);
	return err;
}

/* --- many ------------------------------------------------------------------ */

/* What a batch was written as, and where a change of it stands there. */
struct batch {
	struct mgm_membership_change changes[MGM_BATCH];
	int errors[MGM_BATCH]; /* of how it is written */
	uint32_t place[MGM_BATCH];
	size_t written, count;
};

/* ["set", ifid, group, filter, sources] */
static int read_set(struct json_object *array,
		    struct mgm_membership_change *change)
{
	struct json_object *group = json_object_array_get_idx(array, 2);
	struct json_object *filter = json_object_array_get_idx(array, 3);
	struct mgm_address address, *sources;
	unsigned int number;
	int err;

	if (!group || codec_read_address(group, &address) ||
	    codec_read_word(filter, CODEC_FILTER, &number))
		return -EINVAL;
	err = read_sources(json_object_array_get_idx(array, 4), &sources,
			   &change->count);
	change->what = MGM_CHANGE_SET;
	change->sg = mgm_sg_of(NULL, &address);
	change->filter = (enum mgm_filter)number;
	change->sources = sources;
	return err;
}

/* ["join", "forward"]; NULL: join */
static int read_flags(struct json_object *array, unsigned int *flags)
{
	unsigned int number;
	size_t i;

	*flags = array ? 0 : MGM_JOIN_STATE;
	if (!array)
		return 0;
	if (!json_object_is_type(array, json_type_array))
		return -EINVAL;
	for (i = 0; i < json_object_array_length(array); i++) {
		if (codec_read_word(json_object_array_get_idx(array, i),
				    CODEC_MEMBERSHIP_FLAG, &number))
			return -EINVAL;
		*flags |= 1u << number;
	}
	return 0;
}

/* ["add", ifid, source, group, flags]; "del" */
static int read_change(struct json_object *array,
		       struct mgm_membership_change *change)
{
	struct json_object *word;
	const char *what;
	uint64_t ifid;
	size_t len;

	*change = (struct mgm_membership_change){.result = -EINVAL};
	if (!json_object_is_type(array, json_type_array))
		return -EINVAL;
	len = json_object_array_length(array);
	word = json_object_array_get_idx(array, 0);
	if (!json_object_is_type(word, json_type_string) ||
	    codec_read_number(json_object_array_get_idx(array, 1), UINT32_MAX,
			      &ifid))
		return -EINVAL;
	what = json_object_get_string(word);
	change->ifid = (uint32_t)ifid;
	if (len < 4 || len > 5)
		return -EINVAL;
	if (!strcmp(what, "set"))
		return read_set(array, change);
	if (strcmp(what, "add") && strcmp(what, "del"))
		return -EINVAL;
	change->what = *what == 'a' ? MGM_CHANGE_ADD : MGM_CHANGE_DEL;
	if (read_flags(json_object_array_get_idx(array, 4), &change->flags))
		return -EINVAL;
	return codec_read_flow(json_object_array_get_idx(array, 2),
			       json_object_array_get_idx(array, 3),
			       &change->sg);
}

static void change_free(struct mgm_membership_change *change)
{
	free((void *)(uintptr_t)change->sources);
	change->sources = NULL;
}

/* Those that are no changes are left out of what the manager is given. */
static void read_batch(struct batch *b, struct json_object *array)
{
	size_t i;

	b->written = json_object_array_length(array);
	b->count = 0;
	for (i = 0; i < b->written; i++) {
		struct mgm_membership_change *change = &b->changes[b->count];

		b->errors[i] = read_change(json_object_array_get_idx(array, i),
					   change);
		if (b->errors[i])
			change_free(change);
		else
			b->place[b->count++] = (uint32_t)i;
	}
}

static void add_error(struct json_object *errors, size_t place, int err)
{
	struct json_object *pair = json_object_new_array_ext(2);
	const char *name = mgm_error_name(err);

	json_object_array_add(pair, json_object_new_int64((int64_t)place));
	json_object_array_add(pair,
			      json_object_new_string(name ? name : "EINVAL"));
	json_object_array_add(errors, pair);
}

static struct json_object *batch_result(struct batch *b)
{
	struct json_object *result = json_object_new_object();
	struct json_object *errors = json_object_new_array();
	size_t i;

	for (i = 0; i < b->count; i++) {
		b->errors[b->place[i]] = b->changes[i].result;
		change_free(&b->changes[i]);
	}
	for (i = 0; i < b->written; i++)
		if (b->errors[i])
			add_error(errors, i, b->errors[i]);
	json_object_object_add(result, "errors", errors);
	return result;
}

/* What failed has its result, so the call itself has done its work. */
int remote_batch(struct call *call)
{
	struct json_object *array;
	struct remote_client *c;
	struct batch *b;
	int err = param_client(call, &c);

	if (!err)
		err = param_array(call, "changes", &array);
	if (err)
		return err;
	if (!array || json_object_array_length(array) > MGM_BATCH)
		return call_refuse(call, array ? -E2BIG : -EINVAL,
				   "parameter changes must be an array of %u "
				   "at most",
				   MGM_BATCH);
	b = malloc(sizeof(*b));
	if (!b)
		return call_refuse(call, -ENOMEM, "no memory for a batch");
	read_batch(b, array);
	mgm_membership_batch(c->r->mgm, c->client, b->changes, b->count);
	call->result = batch_result(b);
	free(b);
	return 0;
}
