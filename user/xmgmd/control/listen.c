/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The control socket as an object in the file system, and its places. Only a
 * socket on which nobody listens is ever removed; the locks that the daemon
 * holds by then keep a second one from doing the same at the same time.
 */
#include "xmgmd/control/control.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/log.h"
#include "xmgmd/remote/remote.h"

/* --- the path ------------------------------------------------------- */

static struct sockaddr_un address_of(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	strncpy(address.sun_path, path, sizeof(address.sun_path) - 1);
	return address;
}

int listen_check(const char *path)
{
	struct stat st;

	if (lstat(path, &st)) {
		if (errno == ENOENT)
			return 0;
		log_error("the control socket %s cannot be made: %s", path,
			  strerror(errno));
		return -errno;
	}
	if (S_ISSOCK(st.st_mode))
		return 0;
	if (S_ISREG(st.st_mode))
		log_error("the control socket %s cannot be made: there is a "
			  "file of that name, which stays: give another path "
			  "with -s; a configuration is named with -f",
			  path);
	else if (S_ISDIR(st.st_mode))
		log_error("the control socket %s cannot be made: that is a "
			  "directory: name a path in it, as in -s "
			  "%s/xmgmd.sock",
			  path, path);
	else
		log_error("the control socket %s cannot be made: what is "
			  "there is no socket, and stays: give another path "
			  "with -s",
			  path);
	return -EEXIST;
}

/* 0: nobody listens there any more; -EADDRINUSE: somebody does. */
static int socket_dead(const char *path)
{
	struct sockaddr_un address = address_of(path);
	int err = 0, fd;

	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	if (!connect(fd, (struct sockaddr *)&address, sizeof(address)))
		err = -EADDRINUSE;
	else if (errno == EAGAIN || errno == EPROTOTYPE)
		err = -EADDRINUSE; /* its queue is full; another kind */
	else if (errno != ECONNREFUSED && errno != ENOENT)
		err = -errno;
	close(fd);
	return err;
}

/* Makes the name free, if it is a leftover's. */
static int clear_path(const char *path)
{
	int err = listen_check(path);

	if (err)
		return err;
	err = socket_dead(path);
	if (!err && unlink(path) && errno != ENOENT)
		err = -errno;
	if (err == -EADDRINUSE)
		log_error("the control socket %s cannot be made: another "
			  "process listens there: stop it, or give another "
			  "path with -s",
			  path);
	else if (err)
		log_error("the control socket %s, a leftover, cannot be "
			  "removed: %s",
			  path, strerror(-err));
	return err;
}

/* A bound socket, or a negative errno. libuv would unlink the name itself,
 * whosever it is by then. */
static int socket_bind(struct control *control, const char *path)
{
	struct sockaddr_un address = address_of(path);
	struct stat st;
	int err = 0, fd;
	mode_t mask;

	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	mask = umask(0117);
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)))
		err = -errno;
	umask(mask);
	if (err) {
		close(fd);
		return err;
	}
	if (!lstat(path, &st)) {
		control->socket_dev = st.st_dev;
		control->socket_ino = st.st_ino;
	}
	control->listening = true;
	return fd;
}

/* --- places --------------------------------------------------------- */

static void refuse(struct conn *conn, int err, const char *sentence)
{
	char answer[320];
	uv_buf_t buf;
	int len;

	len = snprintf(answer, sizeof(answer),
		       "{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":"
		       "%d,\"message\":\"%s\",\"data\":{\"error\":\"%s\"}}}"
		       "\n",
		       err, sentence, err == -EACCES ? "EACCES" : "ENOSPC");
	buf = uv_buf_init(answer, (unsigned int)len);
	conn->d->control->stats.clients_refused++;
	uv_try_write((uv_stream_t *)&conn->pipe, &buf, 1);
	conn_close(conn);
}

static void refuse_full(struct conn *conn, unsigned int limit, bool root)
{
	struct control *control = conn->d->control;
	char sentence[160];

	snprintf(sentence, sizeof(sentence),
		 "too many clients: all %u places are taken%s: close some, or "
		 "raise limits { clients } in the configuration",
		 limit, root ? ", and those kept for root" : "");
	if (!control->full)
		log_warn("a client (process %d) was refused: %s",
			 (int)conn->pid, sentence);
	control->full = true;
	refuse(conn, -ENOSPC, sentence);
}

static void refuse_user(struct conn *conn)
{
	char sentence[160];

	snprintf(sentence, sizeof(sentence),
		 "user %u may not connect: only root, the group of the socket, "
		 "and users whom a section client of the configuration names",
		 (unsigned int)conn->uid);
	refuse(conn, -EACCES, sentence);
}

/* Is there a place for this one, who has been counted already? */
static void find_place(struct conn *conn)
{
	struct control *control = conn->d->control;
	unsigned int limit = conn->d->config->clients;
	struct ucred peer = {.uid = (uid_t)-1, .gid = (gid_t)-1};
	socklen_t len = sizeof(peer);
	uv_os_fd_t fd;

	if (!uv_fileno((uv_handle_t *)&conn->pipe, &fd) &&
	    !getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len))
		conn->pid = peer.pid;
	conn->uid = peer.uid;
	conn->gid = peer.gid;
	if (!remote_lets_in(conn)) {
		refuse_user(conn);
		return;
	}
	if (control->stats.clients <= limit) {
		control->full = false;
		return;
	}
	conn->extra = true;
	if (peer.uid || control->stats.clients > limit + CONTROL_ROOT)
		refuse_full(conn, limit, !peer.uid);
}

static void on_connection(uv_stream_t *server, int status);

static void on_turned_away(uv_handle_t *handle)
{
	struct control *control = handle->data;

	control->turning_away = false;
	if (control->more_to_turn)
		on_connection((uv_stream_t *)&control->server, 0);
}

/* Without memory: the connection must be accepted to be got rid of. */
static void turn_away(struct control *control)
{
	control->more_to_turn = control->turning_away;
	if (control->turning_away)
		return; /* on_turned_away comes back to it */
	uv_pipe_init(&control->d->loop, &control->turned_away, 0);
	control->turned_away.data = control;
	control->turning_away = true;
	if (!uv_accept((uv_stream_t *)&control->server,
		       (uv_stream_t *)&control->turned_away))
		control->stats.clients_refused++;
	uv_close((uv_handle_t *)&control->turned_away, on_turned_away);
}

static void on_connection(uv_stream_t *server, int status)
{
	struct control *control = server->data;
	struct conn *conn;

	if (status < 0 || uv_is_closing((uv_handle_t *)server))
		return;
	conn = conn_new(control);
	if (!conn) {
		turn_away(control);
		return;
	}
	if (uv_accept(server, (uv_stream_t *)&conn->pipe)) {
		conn_close(conn);
		return;
	}
	find_place(conn);
	if (!conn->closing && conn_start(conn))
		conn_close(conn);
}

/* --- open and close ------------------------------------------------- */

int listen_open(struct control *control)
{
	const char *path = control->d->socket_path;
	int err, fd;

	control->server.data = control;
	uv_pipe_init(&control->d->loop, &control->server, 0);
	err = clear_path(path);
	if (err)
		return err;
	fd = socket_bind(control, path);
	err = fd < 0 ? fd : uv_pipe_open(&control->server, fd);
	if (!err)
		err = uv_listen((uv_stream_t *)&control->server, 16,
				on_connection);
	if (err)
		log_error("the control socket %s cannot be opened: %s", path,
			  uv_strerror(err));
	return err;
}

void listen_close(struct control *control)
{
	const char *path = control->d->socket_path;
	struct stat st;

	uv_close((uv_handle_t *)&control->server, NULL);
	if (control->listening && !lstat(path, &st) &&
	    st.st_dev == control->socket_dev &&
	    st.st_ino == control->socket_ino)
		unlink(path);
}
