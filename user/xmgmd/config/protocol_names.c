/* SPDX-License-Identifier: GPL-2.0-only */
/* See protocol_names.h. */
#include "xmgmd/daemon.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lib/log.h"

#define WORD "protocol "

/* --- the table ------------------------------------------------------ */

static uint32_t name_hash(const char *name)
{
	return hash_bytes(name, strlen(name));
}

static uint32_t number_hash(uint32_t number)
{
	return hash_bytes(&number, sizeof(number));
}

static struct protocol_name *find(const struct protocol_names *names,
				  const char *name)
{
	struct hash_node *n = hash_first(&names->by_name, name_hash(name));
	struct protocol_name *p;

	for (; n; n = hash_next(n)) {
		p = hash_entry(n, struct protocol_name, by_name);
		if (!strcmp(p->name, name))
			return p;
	}
	return NULL;
}

const struct protocol_name *
protocol_names_by_number(const struct protocol_names *names, uint32_t number)
{
	struct hash_node *n =
		hash_first(&names->by_number, number_hash(number));
	const struct protocol_name *p;

	for (; n; n = hash_next(n)) {
		p = hash_entry(n, struct protocol_name, by_number);
		if (p->number == number)
			return p;
	}
	return NULL;
}

static int insert(struct protocol_names *names, struct protocol_name *p)
{
	int err = hash_insert(&names->by_name, &p->by_name, name_hash(p->name));

	if (err)
		return err;
	err = hash_insert(&names->by_number, &p->by_number,
			  number_hash(p->number));
	if (err)
		hash_remove(&names->by_name, &p->by_name);
	return err;
}

int protocol_names_add(struct protocol_names *names, const char *name,
		       uint32_t number)
{
	const struct protocol_name *there;
	struct protocol_name *p;
	int err;

	if (!mgm_name_ok(name) || number < MGM_PROTOCOL_REMOTE)
		return -EINVAL;
	there = find(names, name);
	if (there && there->number == number)
		return 0;
	if (there || protocol_names_by_number(names, number))
		return -EEXIST;
	p = calloc(1, sizeof(*p));
	if (!p)
		return -ENOMEM;
	p->number = number;
	strcpy(p->name, name);
	err = insert(names, p);
	if (err)
		free(p);
	else if (number > names->highest)
		names->highest = number;
	return err;
}

/* The highest stays: what has been given once is not given again. */
void protocol_names_drop(struct protocol_names *names, const char *name)
{
	struct protocol_name *p = find(names, name);

	if (!p)
		return;
	hash_remove(&names->by_name, &p->by_name);
	hash_remove(&names->by_number, &p->by_number);
	free(p);
}

uint32_t protocol_names_next(const struct protocol_names *names)
{
	uint32_t number = MGM_PROTOCOL_REMOTE;

	if (names->highest >= number && names->highest < UINT32_MAX)
		return names->highest + 1;
	/* Somebody has brought the last number there is. */
	while (protocol_names_by_number(names, number))
		number++;
	return number;
}

void protocol_names_clear(struct protocol_names *names)
{
	hash_clear(&names->by_number);
	hash_free(&names->by_name, struct protocol_name, by_name);
	names->highest = 0;
}

/* --- lines ---------------------------------------------------------- */

void protocol_names_write(const struct protocol_name *name,
			  char line[PROTOCOL_NAME_LINE])
{
	snprintf(line, PROTOCOL_NAME_LINE, WORD "%" PRIu32 " %s", name->number,
		 name->name);
}

bool protocol_names_line(const char *line)
{
	return !strncmp(line, WORD, strlen(WORD));
}

int protocol_names_read(struct protocol_names *names, const char *line)
{
	unsigned long number;
	char *end;

	if (!protocol_names_line(line))
		return -EINVAL;
	line += strlen(WORD);
	if (*line < '0' || *line > '9')
		return -EINVAL;
	errno = 0;
	number = strtoul(line, &end, 10);
	if (errno || *end != ' ' || number > UINT32_MAX)
		return -EINVAL;
	return protocol_names_add(names, end + 1, (uint32_t)number);
}

/* --- of the daemon -------------------------------------------------- */

static bool is_inside(const char *name)
{
	const struct proto *proto;
	size_t i;

	proto_for_each(i, proto)
		if (!strcmp(proto->name, name))
			return true;
	return false;
}

static int claim_new(struct daemon *d, const char *name, uint32_t number)
{
	struct protocol_names *names = &d->protocol_names;
	int err;

	if (is_inside(name))
		return -EEXIST;
	if (names->by_name.count >= d->config->protocol_names) {
		if (!names->refused++)
			log_warn("protocol %s gets no number: as many names as "
				 "limits { protocol-names } allows, %u, have "
				 "one: raise it",
				 name, d->config->protocol_names);
		return -ENOSPC;
	}
	names->before = names->highest;
	err = protocol_names_add(names, name, number);
	names->claimed = !err;
	return err;
}

int protocol_claim(struct daemon *d, const char *name, uint32_t *number)
{
	const struct protocol_name *there;
	uint32_t wanted = *number;
	int err;

	d->protocol_names.claimed = false;
	if (!mgm_name_ok(name))
		return -EINVAL;
	if (wanted && wanted < MGM_PROTOCOL_REMOTE)
		return 0;
	there = find(&d->protocol_names, name);
	if (there && wanted && there->number != wanted)
		return -EEXIST;
	if (there) {
		*number = there->number;
		return 0;
	}
	if (!wanted)
		wanted = protocol_names_next(&d->protocol_names);
	err = claim_new(d, name, wanted);
	if (!err)
		*number = wanted;
	return err;
}

int protocol_keep(struct daemon *d, const char *name)
{
	struct protocol_names *names = &d->protocol_names;
	char line[PROTOCOL_NAME_LINE];

	if (!names->claimed)
		return 0;
	names->claimed = false;
	protocol_names_write(find(names, name), line);
	if (!commands_keep(d, line))
		return 0;
	protocol_names_drop(names, name);
	return -ENOSPC;
}

void protocol_forget(struct daemon *d, const char *name)
{
	struct protocol_names *names = &d->protocol_names;

	if (!names->claimed)
		return;
	names->claimed = false;
	protocol_names_drop(names, name);
	names->highest = names->before;
}

const char *protocol_name(const struct daemon *d, uint32_t number)
{
	const struct protocol_name *p =
		protocol_names_by_number(&d->protocol_names, number);

	return p ? p->name : NULL;
}
