/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who may do what over the socket. Root, the daemon's own user, and whoever
 * the mode of the socket would let in without sections `client` may do all
 * there is; those whom a section names may call the manager, and register what
 * it says. With such a section the socket is open to all, and the others are
 * sent away here.
 */
#include "internal.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/log.h"

#define OTHERS 0006u /* may connect, in the socket's mode */

/* --- users and groups ---------------------------------------------------- */

/* A number as it is written; false: a name. */
static bool is_number(const char *text, unsigned long *number)
{
	char *end;

	errno = 0;
	*number = strtoul(text, &end, 10);
	return *text >= '0' && *text <= '9' && !*end && !errno &&
	       *number < UINT32_MAX;
}

static void find_user(struct config_client *client)
{
	const struct passwd *user;
	unsigned long number;

	client->uid = (uid_t)-1;
	if (!*client->user)
		return;
	user = getpwnam(client->user);
	if (user)
		client->uid = user->pw_uid;
	else if (is_number(client->user, &number))
		client->uid = (uid_t)number;
	else
		log_warn("client %s: there is no user %s: make it and reload",
			 client->name, client->user);
}

static void find_group(struct config_client *client)
{
	const struct group *group;
	unsigned long number;

	client->gid = (gid_t)-1;
	if (!*client->group)
		return;
	group = getgrnam(client->group);
	if (group)
		client->gid = group->gr_gid;
	else if (is_number(client->group, &number))
		client->gid = (gid_t)number;
	else
		log_warn("client %s: there is no group %s: make it and reload",
			 client->name, client->group);
}

/* Its own group, or one of the others it is in. */
static bool in_group(const struct conn *conn, gid_t gid)
{
	gid_t groups[256];
	socklen_t len = sizeof(groups);
	uv_os_fd_t fd;
	size_t i;

	if (conn->gid == gid)
		return true;
	if (uv_fileno((const uv_handle_t *)&conn->pipe, &fd) ||
	    getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &len))
		return false;
	for (i = 0; i < len / sizeof(groups[0]); i++)
		if (groups[i] == gid)
			return true;
	return false;
}

static bool is_meant(const struct config_client *client,
		     const struct conn *conn)
{
	return (client->uid != (uid_t)-1 && client->uid == conn->uid) ||
	       (client->gid != (gid_t)-1 && in_group(conn, client->gid));
}

/* --- who may connect ------------------------------------------------------ */

static bool is_root(const struct conn *conn)
{
	return !conn->uid || conn->uid == geteuid();
}

/* By its owner and group, as if it were not open to all. */
static bool socket_lets(const struct conn *conn)
{
	struct stat st;

	return !lstat(conn->d->socket_path, &st) &&
	       (conn->uid == st.st_uid ||
		(st.st_mode & S_IWGRP && in_group(conn, st.st_gid)));
}

bool remote_lets_in(struct conn *conn)
{
	const struct config *config = conn->d->config;
	size_t i;

	if (!config->allowed_count || is_root(conn) || socket_lets(conn))
		return true;
	conn->restricted = true;
	for (i = 0; i < config->allowed_count; i++)
		if (is_meant(&config->allowed[i], conn))
			return true;
	return false;
}

static void set_mode(struct daemon *d)
{
	bool open = d->config->allowed_count;
	struct stat st;
	mode_t mode;

	if (lstat(d->socket_path, &st) || !S_ISSOCK(st.st_mode))
		return;
	mode = st.st_mode & 07777;
	if (open == d->control->open_to_all)
		return;
	mode = open ? mode | OTHERS : mode & ~OTHERS;
	if (chmod(d->socket_path, mode))
		log_error("clients of the configuration cannot connect: the "
			  "mode of %s cannot be changed: %s",
			  d->socket_path, strerror(errno));
	else
		d->control->open_to_all = open;
}

void remote_configure(struct daemon *d)
{
	size_t i;

	for (i = 0; i < d->config->allowed_count; i++) {
		find_user(&d->config->allowed[i]);
		find_group(&d->config->allowed[i]);
	}
	set_mode(d);
}

/* --- who may register what -------------------------------------------------- */

static int allow_wish(struct call *call, const struct config_client *client,
		      uint32_t *wanted, enum mgm_role role)
{
	bool built_in = *wanted && *wanted < MGM_PROTOCOL_REMOTE;
	uint32_t protocol = *wanted ? *wanted : client->protocol;

	if (role == MGM_ROLE_IGMP && !client->igmp)
		return call_refuse(call, -EACCES,
				   "%s may not be registered as IGMP: put "
				   "igmp = yes into its section client",
				   client->name);
	if (client->protocol ? protocol != client->protocol
			     : built_in && role != MGM_ROLE_IGMP)
		return call_refuse(call, -EACCES,
				   "%s may not be registered as protocol %u: "
				   "put protocol = %u into its section client",
				   client->name, protocol, protocol);
	*wanted = protocol;
	return 0;
}

int remote_allow(struct call *call, const char *name, uint32_t *protocol,
		 enum mgm_role role)
{
	const struct config *config = call->d->config;
	const struct conn *conn = call->conn;
	size_t i;

	if (is_root(conn))
		return 0;
	for (i = 0; i < config->allowed_count; i++)
		if (!strcmp(config->allowed[i].name, name) &&
		    is_meant(&config->allowed[i], conn))
			return allow_wish(call, &config->allowed[i], protocol,
					  role);
	return call_refuse(call, -EACCES,
			   "user %u may not register %.32s: the configuration "
			   "needs a section client %.32s { user = \"%u\" }",
			   (unsigned int)conn->uid, name, name,
			   (unsigned int)conn->uid);
}
