/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sections client: which users may register which protocols from other
 * processes. Who they are by number is asked when it is used, not here.
 */
#include "internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct conf_option *client_options(void)
{
	static const struct conf_option table[] = {
		{"user", OPTION_TEXT, 1, CONFIG_USER, 0, 0,
		 offsetof(struct config_client, user), NULL},
		{"group", OPTION_TEXT, 1, CONFIG_USER, 0, 0,
		 offsetof(struct config_client, group), NULL},
		{"protocol", OPTION_U32, 1, UINT32_MAX, 0, 0,
		 offsetof(struct config_client, protocol), NULL},
		{"igmp", OPTION_BOOL, 0, 0, false, 0,
		 offsetof(struct config_client, igmp), NULL},
		{0},
	};

	return table;
}

/* As mgm_register wants it. */
static bool good_name(const char *name)
{
	size_t len = strlen(name);

	return len && len < sizeof(((struct config_client *)0)->name) &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") == len;
}

static void check_client(struct config_reader *r,
			 const struct conf_item *section,
			 const struct config_client *client)
{
	const struct config *config = r->config;
	size_t i;

	for (i = 0; i < config->allowed_count; i++)
		if (!strcmp(config->allowed[i].name, client->name))
			conf_complain_at(r->errors, &section->place,
					 "client %s has a section already: put "
					 "both into one",
					 client->name);
	if (!*client->user && !*client->group)
		conf_complain_at(r->errors, &section->place,
				 "client %s has neither user nor group: add "
				 "who may register it",
				 client->name);
}

int config_read_client(struct config_reader *r, const struct conf_item *section)
{
	const char *name = section->count ? section->values[0].text : "";
	struct config *config = r->config;
	struct config_client client, *more;

	option_defaults(client_options(), &client);
	config_read_table(r, section, client_options(), &client);
	if (!good_name(name)) {
		conf_complain_at(r->errors, &section->place,
				 "'%s' is no name of a client: write 1 to 15 "
				 "of a-z, 0-9 and -",
				 name);
		return 0;
	}
	snprintf(client.name, sizeof(client.name), "%s", name);
	check_client(r, section, &client);
	more = realloc(config->allowed,
		       (config->allowed_count + 1) * sizeof(*more));
	if (!more)
		return -ENOMEM;
	config->allowed = more;
	config->allowed[config->allowed_count++] = client;
	return 0;
}
