/* SPDX-License-Identifier: LGPL-2.1-or-later OR BSD-2-Clause */
/*
 * The text of a request, as it grows: one JSON-RPC object a line, its members
 * one by one. Memory that is short is remembered and said at the end.
 */
#ifndef XMGM_LIBMGM_REQUEST_H
#define XMGM_LIBMGM_REQUEST_H

#include "xmgm/mgm.h"

struct request {
	char *text;
	size_t length, room;
	bool failed; /* no memory */
	bool first;  /* no member has been written so far */
};

void request_begin(struct request *r, uint64_t id, const char *method);
/* 0, -ENOMEM, -ENOSPC: longer than the daemon takes. */
int request_end(struct request *r);
void request_free(struct request *r);

void request_number(struct request *r, const char *name, uint64_t value);
void request_flag(struct request *r, const char *name, bool value);
/* Any text: it is escaped. */
void request_text(struct request *r, const char *name, const char *value);
void request_token(struct request *r, const char *name, uint64_t value);
/* What is any, or NULL, is left out. */
void request_address(struct request *r, const char *name,
		     const struct mgm_address *address);
void request_prefix(struct request *r, const char *name,
		    const struct mgm_prefix *prefix);
/* "source" and "group" */
void request_sg(struct request *r, const struct mgm_sg *sg);

/* Members and elements that are arrays or objects: open and close them. */
void request_open(struct request *r, const char *name, char bracket);
void request_close(struct request *r, char bracket);
/* Elements of an array. */
void request_item(struct request *r, const char *text); /* as it is */
void request_item_number(struct request *r, uint64_t value);
void request_item_text(struct request *r, const char *value); /* quoted */
void request_item_address(struct request *r, const struct mgm_address *address);
void request_item_prefix(struct request *r, const struct mgm_prefix *prefix);

#endif /* XMGM_LIBMGM_REQUEST_H */
