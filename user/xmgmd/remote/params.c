/* SPDX-License-Identifier: GPL-2.0-only */
/* What a client's call is given; see internal.h. */
#include "internal.h"

struct json_object *param_get(struct call *call, const char *name)
{
	struct json_object *value = NULL;

	if (call->params)
		json_object_object_get_ex(call->params, name, &value);
	return value;
}

static int number_from(struct call *call, const char *name,
		       struct json_object *value, uint32_t *number)
{
	uint64_t wide;

	if (codec_read_number(value, UINT32_MAX, &wide))
		return call_refuse(call, -EINVAL,
				   "parameter %s must be a whole number from 0 "
				   "to 4294967295",
				   name);
	*number = (uint32_t)wide;
	return 0;
}

int param_number(struct call *call, const char *name, uint32_t *number)
{
	struct json_object *value = param_get(call, name);

	if (!value)
		return call_refuse(call, -EINVAL, "parameter %s is missing",
				   name);
	return number_from(call, name, value, number);
}

int param_number_or(struct call *call, const char *name, uint32_t otherwise,
		    uint32_t *number)
{
	struct json_object *value = param_get(call, name);

	*number = otherwise;
	return value ? number_from(call, name, value, number) : 0;
}

int param_flag(struct call *call, const char *name, bool *flag)
{
	struct json_object *value = param_get(call, name);

	if (!json_object_is_type(value, json_type_boolean))
		return call_refuse(call, -EINVAL,
				   "parameter %s must be true or false", name);
	*flag = json_object_get_boolean(value);
	return 0;
}

int param_flag_or(struct call *call, const char *name, bool otherwise,
		  bool *flag)
{
	*flag = otherwise;
	return param_get(call, name) ? param_flag(call, name, flag) : 0;
}

int param_array(struct call *call, const char *name, struct json_object **array)
{
	*array = param_get(call, name);
	if (*array && !json_object_is_type(*array, json_type_array))
		return call_refuse(call, -EINVAL,
				   "parameter %s must be an array", name);
	return 0;
}

int param_client(struct call *call, struct remote_client **client)
{
	struct session *session = call->conn->session;
	uint32_t number;
	int err = param_number(call, "client", &number);

	if (err)
		return err;
	TAILQ_FOREACH(*client, &session->clients, link)
		if ((*client)->number == number)
			return 0;
	return call_refuse(call, -EINVAL,
			   "client %u is not registered on this connection: "
			   "mgm.register gives the number",
			   number);
}

int param_token(struct call *call, uint64_t *token)
{
	if (codec_read_token(param_get(call, "token"), token))
		return call_refuse(call, -EINVAL,
				   "parameter token must be the text of the "
				   "request that is answered");
	return 0;
}

int param_sg(struct call *call, struct mgm_sg *sg)
{
	if (codec_read_flow(param_get(call, "source"), param_get(call, "group"),
			    sg))
		return call_refuse(call, -EINVAL,
				   "source and group must be addresses or "
				   "prefixes, as \"239.1.1.1\" or "
				   "\"10.0.0.0/8\"");
	return 0;
}

int param_address(struct call *call, const char *name,
		  struct mgm_address *address)
{
	if (codec_read_address(param_get(call, name), address))
		return call_refuse(call, -EINVAL,
				   "parameter %s must be an address, as "
				   "\"10.0.0.1\"",
				   name);
	return 0;
}

int param_prefix(struct call *call, const char *name, struct mgm_prefix *prefix)
{
	struct json_object *value = param_get(call, name);

	if (!value || codec_read_prefix(value, prefix))
		return call_refuse(call, -EINVAL,
				   "parameter %s must be a prefix, as "
				   "\"10.0.0.0/8\"",
				   name);
	return 0;
}

static int word_from(struct call *call, const char *name,
		     struct json_object *value, enum codec_names names,
		     unsigned int *number)
{
	if (codec_read_word(value, names, number))
		return call_refuse(call, -EINVAL,
				   "parameter %s: %.32s is none of the words "
				   "that may stand there: doc/protocol.md has "
				   "them",
				   name, json_object_to_json_string(value));
	return 0;
}

int param_name(struct call *call, const char *name, enum codec_names names,
	       unsigned int otherwise, unsigned int *number)
{
	struct json_object *value = param_get(call, name);

	*number = otherwise;
	return value ? word_from(call, name, value, names, number) : 0;
}

int param_bits(struct call *call, const char *name, enum codec_names names,
	       uint32_t otherwise, uint32_t *bits)
{
	struct json_object *array;
	unsigned int number;
	size_t i;
	int err = param_array(call, name, &array);

	*bits = array ? 0 : otherwise;
	for (i = 0; !err && array && i < json_object_array_length(array); i++) {
		err = word_from(call, name, json_object_array_get_idx(array, i),
				names, &number);
		if (!err)
			*bits |= 1u << number;
	}
	return err;
}

int param_ifids(struct call *call, const char *name, uint32_t ifids[MGM_OIFS],
		size_t *count)
{
	struct json_object *array;
	uint64_t ifid;
	size_t i;
	int err = param_array(call, name, &array);

	*count = 0;
	if (err)
		return err;
	if (array && json_object_array_length(array) > MGM_OIFS)
		return call_refuse(call, -EINVAL,
				   "parameter %s has more than %u elements",
				   name, MGM_OIFS);
	for (i = 0; array && i < json_object_array_length(array); i++) {
		if (codec_read_number(json_object_array_get_idx(array, i),
				      UINT32_MAX, &ifid) ||
		    !ifid)
			return call_refuse(call, -EINVAL,
					   "parameter %s must be numbers of "
					   "interfaces: mgm.interface_next has "
					   "them",
					   name);
		ifids[(*count)++] = (uint32_t)ifid;
	}
	return 0;
}
