/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files that read a configuration share; nobody else includes it. */
#ifndef XMGM_XMGMD_CONFIG_INTERNAL_H
#define XMGM_XMGMD_CONFIG_INTERNAL_H

#include "config.h"

struct config_reader {
	struct config *config;
	struct conf_errors *errors;
	struct conf_place *places; /* of the routes, index by index */
	struct conf_place *rpf_places;
};

/* The index of the interface of this name, made if it is new. -ENOMEM */
int config_interface_index(struct config *config, const char *name,
			   size_t *index);
struct proto_interface_config *config_proto_interface(struct config *config,
						      size_t index);

/* Names that may stand somewhere, to find the one that was meant. */
struct config_known {
	const char *names[96];
	size_t count, at;
};
void config_know(struct config_known *known, const char *name);
void config_know_table(struct config_known *known,
		       const struct conf_option *table);
/* Nothing is known by this name: says so, with the nearest that is. */
void config_unknown(struct config_reader *r, const struct conf_item *item,
		    struct config_known *known);

/* routes.c: sections mroute, join and rpf-route. 0 or -ENOMEM. */
int config_read_route(struct config_reader *r, const struct conf_item *section);
int config_read_join(struct config_reader *r, const struct conf_item *section);
int config_read_rpf_route(struct config_reader *r,
			  const struct conf_item *section);
/* flows.c: section flow. 0 or -ENOMEM. */
int config_read_flow(struct config_reader *r, const struct conf_item *section);
/* clients.c: section client. 0 or -ENOMEM. */
int config_read_client(struct config_reader *r,
		       const struct conf_item *section);
/* Of a section that is nothing but a table. */
void config_read_table(struct config_reader *r, const struct conf_item *section,
		       const struct conf_option *table, void *base);
/* When they have been indexed: is one there twice? */
void config_check_routes(struct config_reader *r);

/* blocks.c: sections of protocols. */
int config_blocks_new(struct proto_block *blocks, bool global);
void config_blocks_free(struct proto_block *blocks);
/* -ENOENT: the section is no protocol's. */
int config_read_block(struct config_reader *r, const struct conf_item *section,
		      struct proto_block *blocks, bool global);
void config_know_blocks(struct config_known *known, bool global);
/* Without a section, too, what follows from other options is filled in. */
void config_blocks_finish(struct proto_block *blocks);
/* Sections of several interfaces, judged together. */
void config_check_blocks(struct config_reader *r, const struct conf *conf);
/* The longest time any protocol asks for; 0: none. */
uint32_t config_adopt_ms(const struct proto_config *config);

/* vlans.c: the sections of VLANs, when nothing else is wrong. */
void config_check_vlans(struct config_reader *r, const struct conf *conf);

#endif /* XMGM_XMGMD_CONFIG_INTERNAL_H */
