/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * show config: what the daemon runs with, defaults and routes made by command
 * included, in the language of xmgmd.conf(5), so that it can be kept as a
 * file. What is no configuration, as where a route came from, is a comment.
 */
#include "xmgm/cli.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Arrays of the answer whose elements are sections. */
static const struct {
	const char *array;
	const char *section;
	const char *title; /* the member that stands before the brace */
} sections[] = {
	{"interfaces", "interface", "name"},
	{"mroutes", "mroute", NULL},
	{"joins", "join", NULL},
	{"rpf_routes", "rpf-route", NULL},
	{"flows", "flow", NULL},
};

/* Members that say something about the configuration. */
static const char *const remarks[] = {"file", "instance", "origin",
				      "waiting_for", "overridden"};

static bool is_remark(const char *key)
{
	size_t i;

	for (i = 0; i < sizeof(remarks) / sizeof(remarks[0]); i++) {
		if (!strcmp(remarks[i], key))
			return true;
	}
	return false;
}

/* Text in quotes, everything else as in JSON. */
static void put_scalar(struct printbuf *out, struct json_object *value)
{
	const char *text = json_object_get_string(value);

	if (!json_object_is_type(value, json_type_string)) {
		sprintbuf(out, "%s", text);
		return;
	}
	sprintbuf(out, "\"");
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			sprintbuf(out, "\\");
		printbuf_memappend(out, text, 1);
	}
	sprintbuf(out, "\"");
}

static void put_option(struct printbuf *out, const char *key,
		       struct json_object *value)
{
	size_t i;

	sprintbuf(out, "%s = ", key);
	if (!json_object_is_type(value, json_type_array)) {
		put_scalar(out, value);
		return;
	}
	sprintbuf(out, "{");
	for (i = 0; i < json_object_array_length(value); i++) {
		sprintbuf(out, "%s", i ? ", " : "");
		put_scalar(out, json_object_array_get_idx(value, i));
	}
	sprintbuf(out, "}");
}

static void put_indent(struct printbuf *out, int depth)
{
	while (depth-- > 0)
		sprintbuf(out, "\t");
}

static void put_members(struct printbuf *out, struct json_object *object,
			const char *title, int depth);

static void put_section(struct printbuf *out, const char *name,
			const char *title, struct json_object *object,
			int depth)
{
	struct json_object *value = title ? output_member(object, title) : NULL;

	put_indent(out, depth);
	sprintbuf(out, "%s ", name);
	if (value) {
		put_scalar(out, value);
		sprintbuf(out, " ");
	}
	sprintbuf(out, "{\n");
	put_members(out, object, title, depth + 1);
	put_indent(out, depth);
	sprintbuf(out, "}\n");
}

/* True if the member is an array of sections: they are printed then; an array
 * of values can be one of none. */
static bool put_sections(struct printbuf *out, const char *key,
			 struct json_object *list)
{
	size_t i, j;

	for (i = 0; i < sizeof(sections) / sizeof(sections[0]); i++) {
		if (!strcmp(sections[i].array, key) &&
		    json_object_is_type(list, json_type_array))
			break;
	}
	if (i == sizeof(sections) / sizeof(sections[0]))
		return false;
	for (j = 0; j < json_object_array_length(list); j++)
		put_section(out, sections[i].section, sections[i].title,
			    json_object_array_get_idx(list, j), 0);
	return true;
}

static void put_members(struct printbuf *out, struct json_object *object,
			const char *title, int depth)
{
	if (!json_object_is_type(object, json_type_object))
		return;
	json_object_object_foreach(object, key, value)
	{
		if (!value || (title && !strcmp(key, title)) ||
		    put_sections(out, key, value))
			continue;
		if (json_object_is_type(value, json_type_object)) {
			put_section(out, key, NULL, value, depth);
			continue;
		}
		put_indent(out, depth);
		if (is_remark(key)) {
			sprintbuf(out, "# %s: ", key);
			output_put_value(out, value);
		} else {
			put_option(out, key, value);
		}
		sprintbuf(out, "\n");
	}
}

int show_config_run(struct cli *cli, const char *const *args, size_t count)
{
	struct json_object *config = NULL;
	struct printbuf *text;
	int err = 0;

	(void)args;
	(void)count;
	err = cli_call(cli, "show.config", NULL, &config);
	if (err)
		return err;
	text = printbuf_new();
	if (cli->out.json) {
		err = output_json(&cli->out, config);
	} else if (text) {
		put_members(text, config, NULL, 0);
		err = fputs(text->buf, cli->out.file) < 0 ? -EIO : 0;
	} else {
		err = -ENOMEM;
	}
	printbuf_free(text);
	json_object_put(config);
	return cli_written(cli, err);
}
