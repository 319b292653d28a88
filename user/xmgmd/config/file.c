/* SPDX-License-Identifier: GPL-2.0-only */
/* The configuration's file; what it says is config.c's business. */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/conf_file.h"

int config_load(const char *file, struct config **config,
		struct conf_errors *errors)
{
	struct conf_reading reading = {NULL};
	const struct conf_source source = {&reading, conf_file_include};
	char *text = conf_file_read(file);
	int err;

	if (!text) {
		err = -errno;
		conf_complain(errors, "cannot read the configuration %s: %s%s",
			      file, strerror(-err),
			      err == -ENOENT ? ": name another with -f" : "");
		return err;
	}
	err = config_parse(file, text, &source, config, errors);
	free(text);
	if (err)
		free(reading.empty);
	else
		(*config)->empty = reading.empty;
	return err;
}
