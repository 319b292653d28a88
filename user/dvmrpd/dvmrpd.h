/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * xmgm-dvmrpd: DVMRP in a process of its own. It is the protocol of
 * user/proto/dvmrp, hook by hook and object by object, on libmgm instead of
 * the manager itself; what the daemon is to it there, these files are here.
 */
#ifndef XMGM_DVMRPD_DVMRPD_H
#define XMGM_DVMRPD_DVMRPD_H

#include <uv.h>

#include "proto/proto.h"
#include "xmgm/libmgm.h"
#include "xmgmd/net/packet_io.h"

#define SOCKET_LEN 108 /* of struct sockaddr_un.sun_path */

/* An interface that the manager has told of. */
struct link {
	struct link *next;
	uint32_t ifid, ifindex;
	char name[XMGM_IFNAME_LEN];
	struct proto_address *addresses;
	size_t address_count;
};

/* What the configuration says of DVMRP: sections remote "dvmrp". */
struct file {
	struct proto_config config;
	struct proto_interface_config *interfaces;
};

struct control;

struct dvmrpd {
	uv_loop_t loop;
	const char *config_path;
	char socket_path[SOCKET_LEN]; /* of xmgmd */
	char own_path[SOCKET_LEN];
	struct file *file;
	struct mgm *mgm;	/* NULL: not connected */
	struct mgm_client *ear; /* hears of interfaces */
	uv_poll_t *poll;	/* of the connection */
	bool lost;		/* it has ended, which is to be dealt with */
	bool said;		/* that nobody answers */
	struct packet_io *io;
	struct proto_services services;
	void *self; /* the protocol; NULL: not started */
	struct link *links;
	uv_timer_t tick, retry;
	uv_prepare_t prepare;
	uv_signal_t signals[3];
	bool woken;
	uint64_t leave_ms; /* all is given back until then; 0: it runs */
	struct control *control;
};

uint64_t dvmrpd_now_ms(void);
/* The only protocol of this registry (registry.c). */
const struct proto *dvmrpd_proto(void);

/* config.c. NULL: complaints have been logged. */
struct file *file_read(const char *path);
void file_free(struct file *file);

/* links.c: tells the protocol of interfaces. */
int links_listen(struct dvmrpd *d);
void links_announce(struct dvmrpd *d);
void links_free(struct dvmrpd *d);
const struct link *links_by_id(const struct dvmrpd *d, uint32_t ifid);
const struct link *links_by_index(const struct dvmrpd *d, uint32_t ifindex);
const struct link *links_by_name(const struct dvmrpd *d, const char *name);

/* services.c: what the protocol asks for, and packets for it. */
void services_make(struct dvmrpd *d);
void services_packet(void *arg, size_t who, uint32_t ifindex,
		     struct proto_packet *packet);

/* control.c: answers `xmgm show dvmrp`. 0 or a negative errno. */
int control_open(struct dvmrpd *d);
void control_close(struct dvmrpd *d);
void control_free(struct dvmrpd *d);

#endif /* XMGM_DVMRPD_DVMRPD_H */
