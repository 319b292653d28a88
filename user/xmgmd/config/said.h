/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What commands have said about routes, joins, owners and attachments, beside
 * what the configuration's file says. Whoever has spoken last about an object
 * is obeyed; the file speaks about an object when its statement is new or
 * differs from the one before. So
 *  - what a command has added stays until a command removes it;
 *  - what a command has changed or removed holds until the file's own
 *    statement about that object changes or goes;
 *  - what the file states anew is the file's, whatever commands had said.
 * A restart is like a reload: a statement knows over which one of the file's
 * it was made. Pure: the lines are commands.c's to keep.
 */
#ifndef XMGM_XMGMD_CONFIG_SAID_H
#define XMGM_XMGMD_CONFIG_SAID_H

#include <stdio.h>

#include "config.h"
#include "lib/hash.h"

enum said_kind {
	SAID_ROUTE,
	SAID_JOIN,
	SAID_OWNER,
	SAID_ATTACH,
	SAID_RPF,
	SAID_KINDS
};

/* What it is about. Members that a kind does not use are zero or any. */
struct said_key {
	enum said_kind kind;
	char interface[XMGM_IFNAME_LEN]; /* not SAID_ROUTE, _RPF */
	struct mgm_sg sg;		 /* SAID_ROUTE and SAID_JOIN;
					  * of SAID_RPF the source: prefix */
};

#define SAID_PROTOCOL 16

/* What is said of it; each kind has its own member. */
struct said_value {
	struct proto_route_config route; /* SAID_ROUTE */
	char protocol[SAID_PROTOCOL];	 /* SAID_OWNER */
	enum plane_mode mode;		 /* SAID_ATTACH */
	struct proto_rpf_config rpf;	 /* SAID_RPF */
};

/* A statement as it is kept. There may be one for each of a million routes. */
struct said {
	struct hash_node node; /* by key */
	uint64_t over; /* digest of the file's statement then; 0: none */
	uint8_t kind;  /* enum said_kind */
	uint8_t mode;  /* enum plane_mode, of SAID_ATTACH */
	bool removed;  /* by a command */
	/*
	 * Its (S,G), packed, and then words. Of a route its iif and oifs; of
	 * others the interface, and of SAID_OWNER the protocol; of SAID_RPF
	 * via, dev ("-": none) and the distance. Each with its end, an empty
	 * one last.
	 */
	uint8_t rest[];
};

struct said_key said_key_of(const struct said *said);
struct mgm_sg said_sg(const struct said *said);
/* The i-th of its words; "" behind the last. */
const char *said_word(const struct said *said, size_t i);
/* The one behind it, which is not empty. */
const char *said_next_word(const char *word);
/* A digest of what it says; 0: removed. */
uint64_t said_digest(const struct said *said);

enum said_origin {
	SAID_BY_FILE,
	SAID_BY_COMMAND, /* alone, or other than the file says */
	SAID_BY_BOTH,
};

struct said_key said_route_key(struct mgm_sg sg);
struct said_key said_join_key(const char *interface, struct mgm_sg sg);
struct said_key said_owner_key(const char *interface);
struct said_key said_attach_key(const char *interface);
struct said_key said_rpf_key(const struct mgm_prefix *prefix);

struct said *said_find(const struct hash *table, const struct said_key *key);
enum said_origin said_origin(const struct hash *table,
			     const struct said_key *key);

/*
 * The one behind this key, which need not be there any more, in an order that
 * no change of the table changes; behind NULL the first one. Or NULL.
 */
struct said *said_after(const struct hash *table,
			const struct said_key *behind);

/* Does the file say otherwise? */
bool said_overrides(const struct said *said);

/*
 * A command has set it to *value, which is copied, or with NULL removed it.
 * config: in force. A command that restores what the file says takes back
 * only what commands said. 0 or -ENOMEM.
 */
int said_command(struct hash *table, const struct config *config,
		 const struct said_key *key, const struct said_value *value);
/*
 * The file is read: drops what no longer holds. To be called with every
 * configuration before it is used, the first included.
 */
void said_configure(struct hash *table, const struct config *config);
void said_drop(struct hash *table, struct said *said);
void said_clear(struct hash *table);

/*
 * What protocols have to do: the file's routes, joins and so on with what
 * commands said laid over them. The arrays of *out are new, to be freed by
 * said_overlay_free; what they point to is theirs or config's. -ENOMEM
 */
int said_overlay(const struct hash *table, const struct config *config,
		 struct proto_config *out);
void said_overlay_free(struct proto_config *out);

/*
 * One statement as a line without its end, appended to *file; the statement
 * of this key, or that there is none any more.
 */
void said_write(FILE *file, const struct hash *table,
		const struct said_key *key);
/* Reads such a line, which it changes, into the table. -EINVAL, -ENOMEM */
int said_read(struct hash *table, char *line);

/* "mroute (10.0.0.1, 239.1.1.1)" and the like. Returns buffer. */
#define SAID_NAME 80
const char *said_name(const struct said_key *key, char buffer[SAID_NAME]);

#endif /* XMGM_XMGMD_CONFIG_SAID_H */
