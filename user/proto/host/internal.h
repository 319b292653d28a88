/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of the protocol `host` share; nobody else includes it. */
#ifndef XMGM_PROTO_HOST_INTERNAL_H
#define XMGM_PROTO_HOST_INTERNAL_H

#include <sys/queue.h>

#include "config.h"
#include "lib/hash.h"
#include "machine.h"
#include "proto/filter.h"
#include "proto/proto.h"

struct host;

/* What one protocol, or the configuration, wants of a group. */
struct host_want {
	struct hash_node node; /* by group */
	struct in_addr group;
	size_t who; /* place in the registry; our own: the configuration */
	bool keep;  /* the configuration has it still */
	enum mgm_filter filter;
	struct in_addr *sources;
	size_t source_count;
};

/* An interface that is there, or that the configuration names. */
struct host_interface {
	struct host_interface *next;	   /* by name */
	LIST_ENTRY(host_interface) active; /* while it has a machine */
	struct hash_node by_id;		   /* while it is there */
	struct host *host;
	char name[XMGM_IFNAME_LEN];
	uint32_t ifid; /* 0: not there */
	struct machine_interface is;
	bool configured;
	struct host_config config;
	struct hash wants;
	struct machine *machine; /* while something is wanted, or unsaid */
	bool hears;		 /* messages are wanted of the plane */
	uint32_t drawn;		 /* random numbers so far */
};

struct host {
	struct proto_services services;
	size_t place; /* in the registry */
	struct host_interface *interfaces;
	struct hash by_id;
	LIST_HEAD(, host_interface) active;
	struct filter_merge merge;
	struct in_addr *list; /* working memory */
	size_t list_room;
	uint64_t queries_bad;
};

/*
 * want.c. What `who` wants of a group from now on; INCLUDE without sources is
 * nothing. -EINVAL, -ENOMEM.
 */
int host_want(struct host_interface *in, size_t who, struct in_addr group,
	      enum mgm_filter filter, const struct in_addr *sources,
	      size_t count, uint64_t now_ms);
/* The joins of the configuration, which is in->config. */
void host_want_configured(struct host_interface *in, uint64_t now_ms);
/* All of it to a machine that was not there. */
void host_want_again(struct host_interface *in, uint64_t now_ms);
void host_want_free(struct host_interface *in);

/* host.c: makes or frees its machine, as it is needed now. -ENOMEM */
int host_refresh(struct host_interface *in, uint64_t now_ms);

/* status.c */
int host_status(struct host *h, uint64_t now_ms, const char *interface,
		struct proto_cursor *cursor, const struct proto_row *row);

#endif /* XMGM_PROTO_HOST_INTERNAL_H */
