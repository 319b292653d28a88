/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What mgm.h speaks of, as JSON and back: every value comes back as it was,
 * and what is not one is refused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "libmgm/codec.h"

static struct json_object *value_of(const char *json)
{
	struct json_object *array = json_tokener_parse(json);
	struct json_object *value;

	assert_non_null(array);
	value = json_object_get(json_object_array_get_idx(array, 0));
	json_object_put(array);
	return value;
}

static const struct {
	const char *source, *group; /* JSON; NULL: left out */
	const char *back;	    /* NULL: refused */
} flows[] = {
	{NULL, NULL, "{}"},
	{NULL, "[\"239.1.1.1\"]", "{\"group\":\"239.1.1.1\"}"},
	{"[null]", "[\"239.1.1.1\"]", "{\"group\":\"239.1.1.1\"}"},
	{"[\"10.0.0.1\"]", "[\"239.1.1.1\"]",
	 "{\"source\":\"10.0.0.1\",\"group\":\"239.1.1.1\"}"},
	{"[\"10.0.0.0/8\"]", "[\"239.1.1.1/32\"]",
	 "{\"source\":\"10.0.0.0\\/8\",\"group\":\"239.1.1.1\"}"},
	{"[\"0.0.0.0/0\"]", "[\"239.0.0.0/8\"]",
	 "{\"group\":\"239.0.0.0\\/8\"}"},
	{NULL, "[\"ff3e::1\"]", "{\"group\":\"ff3e::1\"}"},
	{"[\"2001:db8::/32\"]", "[\"ff3e::1\"]",
	 "{\"source\":\"2001:db8::\\/32\",\"group\":\"ff3e::1\"}"},
	{"[\"10.0.0.0/33\"]", NULL, NULL},
	{"[\"10.0.0.0/\"]", NULL, NULL},
	{"[\"10.0.0.0/-1\"]", NULL, NULL},
	{"[\"10.0.0.0/0008\"]", NULL, NULL},
	{"[\"10.0.0.0/8/8\"]", NULL, NULL},
	{"[\"10.0.0\"]", NULL, NULL},
	{"[\"\"]", NULL, NULL},
	{"[\"/8\"]", NULL, NULL},
	{"[10]", NULL, NULL},
	{"[true]", NULL, NULL},
	{NULL, "[{}]", NULL},
	{NULL, "[[]]", NULL},
	{NULL,
	 "[\"ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff/8\"]",
	 NULL},
};

static void test_a_flow_comes_back_as_it_was_or_is_refused(void **state)
{
	struct json_object *object;
	struct mgm_sg sg, again;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(flows) / sizeof(flows[0]); i++) {
		object = json_object_new_object();
		if (flows[i].source)
			json_object_object_add(object, "source",
					       value_of(flows[i].source));
		if (flows[i].group)
			json_object_object_add(object, "group",
					       value_of(flows[i].group));
		assert_int_equal(codec_read_sg(object, &sg),
				 flows[i].back ? 0 : -EINVAL);
		json_object_put(object);
		if (!flows[i].back)
			continue;
		object = json_object_new_object();
		codec_add_sg(object, &sg);
		assert_string_equal(json_object_to_json_string_ext(
					    object, JSON_C_TO_STRING_PLAIN),
				    flows[i].back);
		assert_int_equal(codec_read_sg(object, &again), 0);
		assert_true(mgm_sg_equal(&sg, &again));
		json_object_put(object);
	}
}

/* Of the family of what is named; nothing named is IPv4's. */
static void test_any_is_of_the_family_of_the_other(void **state)
{
	struct json_object *object = value_of("[{\"group\":\"ff3e::1\"}]");
	struct mgm_sg sg;

	(void)state;
	assert_int_equal(codec_read_sg(object, &sg), 0);
	assert_false(mgm_address_is_v4(&sg.source.address));
	json_object_put(object);
	object = json_object_new_object();
	assert_int_equal(codec_read_sg(object, &sg), 0);
	assert_true(mgm_sg_equal(&sg, &MGM_SG_ANY));
	json_object_put(object);
}

static const struct {
	const char *json;
	bool good;
	uint64_t token;
} tokens[] = {
	{"[\"0\"]", true, 0},
	{"[\"18446744073709551615\"]", true, UINT64_MAX},
	{"[\"18446744073709551616\"]", false, 0},
	{"[\"-1\"]", false, 0},
	{"[\" 1\"]", false, 0},
	{"[\"1 \"]", false, 0},
	{"[\"0x1\"]", false, 0},
	{"[\"\"]", false, 0},
	{"[1]", false, 0},
	{"[null]", false, 0},
};

static void test_a_token_is_a_text_of_64_bits(void **state)
{
	struct json_object *value;
	uint64_t token;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(tokens) / sizeof(tokens[0]); i++) {
		value = value_of(tokens[i].json);
		assert_int_equal(codec_read_token(value, &token),
				 tokens[i].good ? 0 : -EINVAL);
		if (tokens[i].good)
			assert_int_equal(token, tokens[i].token);
		json_object_put(value);
	}
}

static const struct {
	const char *json;
	uint64_t max;
	bool good;
} numbers[] = {
	{"[0]", UINT32_MAX, true},
	{"[4294967295]", UINT32_MAX, true},
	{"[4294967296]", UINT32_MAX, false},
	{"[-1]", UINT32_MAX, false},
	{"[1.0]", UINT32_MAX, false},
	{"[\"1\"]", UINT32_MAX, false},
	{"[null]", UINT32_MAX, false},
	{"[true]", UINT32_MAX, false},
	{"[256]", UINT8_MAX, false},
	{"[255]", UINT8_MAX, true},
	{"[1e3]", UINT32_MAX, false},
	{"[18446744073709551615]", UINT64_MAX, true},
};

static void test_a_number_is_whole_and_fits(void **state)
{
	struct json_object *value;
	uint64_t number;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		value = value_of(numbers[i].json);
		assert_int_equal(codec_read_number(value, numbers[i].max,
						   &number),
				 numbers[i].good ? 0 : -EINVAL);
		json_object_put(value);
	}
}

/* RFC 4648 section 10. */
static const struct {
	const char *bytes, *text;
} bytes_of[] = {
	{"", ""},
	{"f", "Zg=="},
	{"fo", "Zm8="},
	{"foo", "Zm9v"},
	{"foob", "Zm9vYg=="},
	{"fooba", "Zm9vYmE="},
	{"foobar", "Zm9vYmFy"},
};

static void test_bytes_are_those_of_rfc_4648(void **state)
{
	struct json_object *value;
	uint8_t back[16];
	size_t i, len;

	(void)state;
	for (i = 0; i < sizeof(bytes_of) / sizeof(bytes_of[0]); i++) {
		value = codec_bytes((const uint8_t *)bytes_of[i].bytes,
				    strlen(bytes_of[i].bytes));
		assert_string_equal(json_object_get_string(value),
				    bytes_of[i].text);
		len = sizeof(back);
		assert_int_equal(codec_read_bytes(value, back, &len), 0);
		assert_int_equal(len, strlen(bytes_of[i].bytes));
		assert_memory_equal(back, bytes_of[i].bytes, len);
		len = strlen(bytes_of[i].bytes);
		if (len--)
			assert_int_equal(codec_read_bytes(value, back, &len),
					 -EINVAL);
		json_object_put(value);
	}
	value = json_object_new_string("Zm9");
	len = sizeof(back);
	assert_int_equal(codec_read_bytes(value, back, &len), -EINVAL);
	json_object_put(value);
	value = json_object_new_string("Zm9-");
	len = sizeof(back);
	assert_int_equal(codec_read_bytes(value, back, &len), -EINVAL);
	json_object_put(value);
}

static void test_a_struct_comes_back_as_it_was(void **state)
{
	const struct mgm_membership_info info = {
		.size = sizeof(info),
		.sg = mgm_sg_v4((struct in_addr){htonl(0x0a000001)},
				(struct in_addr){htonl(0xef010101)}),
		.ifid = 0x40000001,
		.by_igmp = true,
		.filter = MGM_EXCLUDE,
		.protocol = 300,
		.component = UINT32_MAX,
	};
	struct mgm_membership_info back = {.size = sizeof(back)};
	struct json_object *object = json_object_new_object();

	(void)state;
	codec_write(codec_membership_info(), &info, info.size, object);
	assert_int_equal(codec_read(codec_membership_info(), object, &back,
				    back.size),
			 0);
	assert_true(mgm_sg_equal(&info.sg, &back.sg));
	assert_int_equal(back.ifid, info.ifid);
	assert_int_equal(back.by_igmp, info.by_igmp);
	assert_int_equal(back.filter, info.filter);
	assert_int_equal(back.protocol, info.protocol);
	assert_int_equal(back.component, info.component);
	json_object_object_add(object, "filter", json_object_new_string("no"));
	assert_int_equal(codec_read(codec_membership_info(), object, &back,
				    back.size),
			 -EINVAL);
	json_object_put(object);
}

/* mgm.h: a reader of an older header gets as much as fits. */
static void test_nothing_is_written_behind_the_size(void **state)
{
	struct mgm_membership_info back = {.protocol = 7};
	struct json_object *object =
		value_of("[{\"ifid\":3,\"protocol\":9,\"component\":9}]");

	(void)state;
	assert_int_equal(
		codec_read(codec_membership_info(), object, &back,
			   offsetof(struct mgm_membership_info, protocol)),
		0);
	assert_int_equal(back.ifid, 3);
	assert_int_equal(back.protocol, 7);
	json_object_put(object);
}

static void test_every_name_has_its_number(void **state)
{
	unsigned int number, i, all;

	(void)state;
	for (all = CODEC_ROLE; all <= CODEC_INTERFACE_FLAG; all++)
		for (i = 0; i < 32; i++) {
			if (!codec_name(all, i))
				continue;
			assert_int_equal(codec_number(all, codec_name(all, i),
						      &number),
					 0);
			assert_int_equal(number, i);
		}
	assert_int_equal(codec_number(CODEC_ROLE, "king", &number), -EINVAL);
	assert_int_equal(
		codec_number(CODEC_MEMBERSHIP_FLAG, "forward", &number), 0);
	assert_int_equal(1u << number, MGM_FORWARD_STATE);
	assert_int_equal(
		codec_number(CODEC_INTERFACE_FLAG, "multicast", &number), 0);
	assert_int_equal(1u << number, MGM_INTERFACE_MULTICAST);
	assert_int_equal(codec_error("EEXIST"), -EEXIST);
	assert_int_equal(codec_error("EWHAT"), -EPROTO);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			test_a_flow_comes_back_as_it_was_or_is_refused),
		cmocka_unit_test(test_any_is_of_the_family_of_the_other),
		cmocka_unit_test(test_a_token_is_a_text_of_64_bits),
		cmocka_unit_test(test_a_number_is_whole_and_fits),
		cmocka_unit_test(test_bytes_are_those_of_rfc_4648),
		cmocka_unit_test(test_a_struct_comes_back_as_it_was),
		cmocka_unit_test(test_nothing_is_written_behind_the_size),
		cmocka_unit_test(test_every_name_has_its_number),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
