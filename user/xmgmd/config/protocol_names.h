/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Numbers of protocols outside of the daemon. A name gets one from
 * MGM_PROTOCOL_REMOTE up when it comes for the first time and keeps it,
 * since the plane and statistics know protocols by number; a number never gets
 * another name. The table is pure: commands.c keeps it in the journal, a line
 * for each name, and the functions at the end know the daemon.
 */
#ifndef XMGM_XMGMD_CONFIG_PROTOCOL_NAMES_H
#define XMGM_XMGMD_CONFIG_PROTOCOL_NAMES_H

#include <stdio.h>

#include "lib/hash.h"
#include "mgm/core.h"

struct daemon;

struct protocol_name {
	struct hash_node by_name, by_number;
	uint32_t number;
	char name[MGM_NAME_LEN];
};

struct protocol_names {
	struct hash by_name, by_number;
	uint32_t highest;
	uint64_t refused; /* over the limit */
	bool claimed;	  /* the newest one has been, and is not kept */
	uint32_t before;  /* `highest`, then */
};

const struct protocol_name *
protocol_names_by_number(const struct protocol_names *names, uint32_t number);
/*
 * From now on this is its number. The same once more is 0. -EEXIST: the name
 * has another, or the number; -EINVAL: it is no name, or below
 * MGM_PROTOCOL_REMOTE; -ENOMEM.
 */
int protocol_names_add(struct protocol_names *names, const char *name,
		       uint32_t number);
/* As if it had never been added. */
void protocol_names_drop(struct protocol_names *names, const char *name);
/* A number that nobody has had. */
uint32_t protocol_names_next(const struct protocol_names *names);
void protocol_names_clear(struct protocol_names *names);

/* "protocol 256 dvmrp": the line without its end. */
#define PROTOCOL_NAME_LINE (24 + MGM_NAME_LEN)
void protocol_names_write(const struct protocol_name *name,
			  char line[PROTOCOL_NAME_LINE]);
/* Is it one of these? It begins like one. */
bool protocol_names_line(const char *line);
/* Reads such a line. As protocol_names_add. */
int protocol_names_read(struct protocol_names *names, const char *line);

/*
 * A number for somebody who wants to register: what it brings, or with 0 the
 * one of its name, a new one if it has none. That is in the table from now on
 * and has to be kept, or forgotten, before the next is claimed. -EINVAL: no
 * name for a registration (mgm.h). -EEXIST: a protocol inside has the name, or
 * the name or the number it brings are another's. -ENOSPC: as many names as
 * limits { protocol-names } allows. -ENOMEM. Numbers below MGM_PROTOCOL_REMOTE
 * have their names already: 0.
 */
int protocol_claim(struct daemon *d, const char *name, uint32_t *number);
/* It has registered: in every run from now on. -ENOSPC: it cannot be kept,
 * which the log says, and is not in the table. */
int protocol_keep(struct daemon *d, const char *name);
/* It has not: the number is for the next. */
void protocol_forget(struct daemon *d, const char *name);
/* The name that was given this number, registered or not; or NULL. */
const char *protocol_name(const struct daemon *d, uint32_t number);

#endif /* XMGM_XMGMD_CONFIG_PROTOCOL_NAMES_H */
