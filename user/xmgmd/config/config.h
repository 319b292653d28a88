/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The configuration: read from a file and those it includes, checked, and
 * then constant. A reload reads a second one; what differs is found by those
 * who use it. What protocols may be told stands in their own tables.
 */
#ifndef XMGM_XMGMD_CONFIG_CONFIG_H
#define XMGM_XMGMD_CONFIG_CONFIG_H

#include <sys/types.h>

#include "lib/conf.h"
#include "lib/option.h"
#include "mgm/core.h"
#include "plane/plane.h"
#include "proto/proto.h"
#include "xmgmd/net/links.h"

#define CONFIG_PATH	       "/etc/xmgm/xmgmd.conf"
#define CONFIG_STATE_DIRECTORY "/run/xmgm"
#define CONFIG_DIRECTORY       250 /* characters of its name, at most */

/* What becomes of flows that we have no use for; auto: passed while the
 * kernel's multicast router has the interface as well. */
enum config_foreign { FOREIGN_AUTO, FOREIGN_PASS, FOREIGN_DROP };

/* With which source MAC copies leave. */
enum config_source_mac { SOURCE_MAC_OWN, SOURCE_MAC_ROUTER };

#define CONFIG_BOUNDARIES 32 /* prefixes of one option */
#define CONFIG_FILTERS	  64
#define CONFIG_RULES	  (3 * CONFIG_BOUNDARIES + CONFIG_FILTERS)

struct config_boundaries {
	uint32_t count; /* as OPTION_LIST_OF */
	struct mgm_prefix item[CONFIG_BOUNDARIES];
};

/* Index by index beside proto.interfaces. */
struct config_interface {
	int mode;	       /* enum plane_mode */
	uint8_t ttl_threshold; /* 1 to 255 */
	bool wrong_if_reports;
	int source_mac; /* enum config_source_mac */
	int foreign;	/* enum config_foreign */
	struct config_boundaries boundary, boundary_in, boundary_out;
	OPTION_LIST_OF(struct mgm_rule, CONFIG_FILTERS) filter;
	/* Of a VLAN without a netdev. */
	OPTION_LIST_OF(struct proto_address, LINK_WANTED) addresses;
	uint32_t rate_kbit; /* of what arrives; 0: any */
	bool declared;	    /* by an interface section; else a route names it */
};

#define CONFIG_FLOWS	 100	    /* sections of flows */
#define CONFIG_FLOW_TEXT 43	    /* characters of an address or a prefix */
#define CONFIG_RATE_MAX	 100000000u /* kilobits a second: 100 Gbit/s */

/* What becomes of some flows besides; 0: as it is. */
struct config_flow {
	struct mgm_sg sg; /* as read from the texts */
	char source[CONFIG_FLOW_TEXT + 1], group[CONFIG_FLOW_TEXT + 1];
	uint8_t ttl, ttl_min;
	uint32_t rate_kbit;
};

#define CONFIG_USER 32 /* characters of the name of a user, at most */

/* Who may register a protocol of this name from another process. */
struct config_client {
	char name[16];
	char user[CONFIG_USER + 1];  /* or its number; "": none */
	char group[CONFIG_USER + 1]; /* the same */
	uint32_t protocol; /* its number; 0: any that no built-in one has */
	bool igmp;	   /* in the role of IGMP as well */
	/* Looked up when the configuration is used; -1: there is none. */
	uid_t uid;
	gid_t gid;
};

/* What becomes of the interfaces at a clean stop. */
enum config_on_stop { ON_STOP_KEEP, ON_STOP_RELEASE };

struct config {
	struct proto_config proto; /* its arrays belong to this struct */
	size_t *route_order;	   /* indexes, sorted: find.c */
	size_t *join_order;
	size_t *rpf_order;
	struct config_interface *interfaces;
	struct config_flow *flows;
	size_t flow_count;
	struct config_client *allowed;
	size_t allowed_count;
	struct plane_options plane; /* instance is not set here */
	struct mgm_limits mgm;
	uint32_t clients;	 /* of the control socket */
	uint32_t protocol_names; /* that have a number */
	bool rpf_any_leg;
	bool rpf_longest;    /* between clients of the manager */
	int on_stop;	     /* enum config_on_stop */
	uint64_t router_mac; /* as OPTION_MAC; 0: the router chooses */
	bool no_interfaces;  /* `interfaces = none`: it is meant so */
	char *empty;	     /* the first included file of no bytes, or NULL */
	char state_directory[CONFIG_DIRECTORY + 1];
};

/*
 * Reads and checks. Returns 0, or -EINVAL with a complaint for each error, in
 * the order of the text: syntax and meaning alike. text is NUL-terminated,
 * file only a name for the complaints; source as in lib/conf.h.
 */
int config_parse(const char *file, const char *text,
		 const struct conf_source *source, struct config **config,
		 struct conf_errors *errors);
/* The same from a file; one that cannot be read is a complaint as well. */
int config_load(const char *file, struct config **config,
		struct conf_errors *errors);
/* Nothing but defaults; NULL: no memory. */
struct config *config_default(void);
void config_free(struct config *config);

/* Once all is read: makes it searchable. 0 or -ENOMEM. */
int config_index(struct config *config);
/* What the file says about this route, or NULL. */
const struct proto_route_config *config_route(const struct config *config,
					      struct mgm_sg sg);
/* Its route to sources in exactly this prefix, or NULL. */
const struct proto_rpf_config *config_rpf(const struct config *config,
					  const struct mgm_prefix *prefix);
/* Does it have this join? */
bool config_join(const struct config *config,
		 const struct proto_join_config *join);
/* The interface of this name, or NULL. */
const struct config_interface *config_interface(const struct config *config,
						const char *name);

/* rules.c: what may pass an interface, in order; NULL has none. Returns how
 * many. */
size_t config_rules(const struct config_interface *config,
		    struct mgm_rule rules[CONFIG_RULES]);
/* As it would be written. Returns buffer. */
const char *config_rule_text(const struct mgm_rule *rule,
			     char buffer[OPTION_TEXT_MAX]);
/* How they are written: as struct option_list has it. */
int config_boundary_read(const char *text, void *item, char why[OPTION_WHY]);
void config_boundary_write(const void *item, char buffer[OPTION_TEXT_MAX]);
int config_filter_read(const char *text, void *item, char why[OPTION_WHY]);
void config_filter_write(const void *item, char buffer[OPTION_TEXT_MAX]);
int config_address_read(const char *text, void *item, char why[OPTION_WHY]);
void config_address_write(const void *item, char buffer[OPTION_TEXT_MAX]);

/* The tables of the daemon's own options, to be read and to be shown. */
const struct conf_option *config_interface_options(void); /* config_interface */
const struct conf_option *config_limit_options(void);	  /* config */
const struct conf_option *config_rpf_options(void);
const struct conf_option *config_flow_options(void); /* config_flow */
/* Those outside of any section. */
const struct conf_option *config_top_options(void); /* config */

#endif /* XMGM_XMGMD_CONFIG_CONFIG_H */
