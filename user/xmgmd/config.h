/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The configuration: read from a file, checked, and then constant. A reload
 * reads a second one; what differs is found by those who use it.
 */
#ifndef XMGM_XMGMD_CONFIG_H
#define XMGM_XMGMD_CONFIG_H

#include "mgm/core.h"
#include "plane/plane.h"
#include "proto/proto.h"

#define CONFIG_PATH "/etc/xmgm/xmgmd.conf"

/* Index by index beside proto.interfaces. */
struct config_interface {
	enum plane_mode mode;
	uint8_t ttl_threshold; /* 1 to 255 */
	bool wrong_if_reports;
	bool declared; /* by an interface section; else a route names it */
};

struct config {
	struct proto_config proto; /* its arrays belong to this struct */
	struct config_interface *interfaces;
	struct plane_options plane; /* instance is not set here */
	struct mgm_limits mgm;
	uint32_t clients; /* of the control socket */
	bool rpf_any_leg;
	bool no_interfaces; /* `interfaces = none`: it is meant so */
};

/* Complaints, one sentence each, with file and line. */
struct config_errors {
	char **lines;
	size_t count;
};

/*
 * Reads and checks. Returns 0, or -EINVAL with at least one complaint: the
 * first error of syntax, or every error of meaning. text is NUL-terminated,
 * file only a name for the complaints.
 */
int config_parse(const char *file, const char *text, struct config **config,
		 struct config_errors *errors);
/* The same from a file; one that cannot be read is a complaint as well. */
int config_load(const char *file, struct config **config,
		struct config_errors *errors);
/* Nothing but defaults; NULL: no memory. */
struct config *config_default(void);
void config_free(struct config *config);
void config_errors_free(struct config_errors *errors);
void config_complain(struct config_errors *errors, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* The interface of this name, or NULL. */
const struct config_interface *config_interface(const struct config *config,
						const char *name);

#endif /* XMGM_XMGMD_CONFIG_H */
