/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Source-specific multicast: where nothing may ask for any source (RFC 4604
 * section 2.2), and the static table that gives hosts sources which cannot
 * name them.
 */
#ifndef XMGM_PROTO_IGMP_SSM_H
#define XMGM_PROTO_IGMP_SSM_H

#include <netinet/in.h>

#include "lib/option.h"
#include "prefix.h"

#define IGMP_SSM_RANGES	  16
#define IGMP_SSM_MAPPINGS 1024

struct igmp_record;
struct igmp_interface;

struct igmp_mapping {
	struct igmp_prefix groups;
	struct in_addr source;
};

/* IGMP's section of the file. */
struct igmp_global {
	OPTION_LIST_OF(struct igmp_prefix, IGMP_SSM_RANGES) ssm_range;
	OPTION_LIST_OF(struct igmp_mapping, IGMP_SSM_MAPPINGS) ssm_map;
};

/* How ranges and mappings are written: as option_list has it. */
int igmp_ssm_read_range(const char *text, void *item, char why[OPTION_WHY]);
void igmp_ssm_write_range(const void *item, char buffer[OPTION_TEXT_MAX]);
int igmp_ssm_read_mapping(const char *text, void *item, char why[OPTION_WHY]);
void igmp_ssm_write_mapping(const void *item, char buffer[OPTION_TEXT_MAX]);

/* Is a group one of those that hosts join by source here? */
bool igmp_ssm(const struct igmp_interface *in, struct in_addr group);

/* And has the table sources for it? */
bool igmp_ssm_mapped(const struct igmp_interface *in, struct in_addr group);

/*
 * Makes of a record about such a group, of this type and without sources, one
 * that names those which the table has for it; they lie in the router's
 * memory until the next call. False: it has none.
 */
bool igmp_ssm_map(struct igmp_interface *in, struct igmp_record *record);

#endif /* XMGM_PROTO_IGMP_SSM_H */
