/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * show config: the configuration the daemon runs with, printed as an outline
 * of names and values, or as the JSON it is.
 */
#include "xmgm/cli.h"

#include <stdio.h>

static void print_value(FILE *file, struct json_object *value)
{
	struct printbuf *text = printbuf_new();

	if (!text)
		return;
	if (json_object_is_type(value, json_type_array))
		output_put_words(text, value);
	else
		output_put_value(text, value);
	fprintf(file, " %s\n", text->buf);
	printbuf_free(text);
}

static bool holds_objects(struct json_object *value)
{
	return json_object_is_type(value, json_type_array) &&
	       json_object_array_length(value) &&
	       json_object_is_type(json_object_array_get_idx(value, 0),
				   json_type_object);
}

static void print_object(FILE *file, struct json_object *object, int depth)
{
	size_t i;

	json_object_object_foreach(object, key, value)
	{
		fprintf(file, "%*s%s", depth * 4, "", key);
		if (json_object_is_type(value, json_type_object)) {
			fputc('\n', file);
			print_object(file, value, depth + 1);
		} else if (holds_objects(value)) {
			for (i = 0; i < json_object_array_length(value); i++) {
				if (i)
					fprintf(file, "%*s%s", depth * 4, "",
						key);
				fputc('\n', file);
				print_object(file,
					     json_object_array_get_idx(value,
								       i),
					     depth + 1);
			}
		} else {
			print_value(file, value);
		}
	}
}

int show_config_run(struct cli *cli, const char *const *args, size_t count)
{
	struct json_object *config = NULL;
	int err = 0;

	(void)args;
	(void)count;
	err = cli_call(cli, "show.config", NULL, &config);
	if (err)
		return err;
	if (cli->out.json || !json_object_is_type(config, json_type_object))
		err = output_json(&cli->out, config);
	else
		print_object(cli->out.file, config, 0);
	json_object_put(config);
	return cli_written(cli, err);
}
