/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of this room share; nobody else includes it. */
#ifndef XMGM_XMGMD_REMOTE_INTERNAL_H
#define XMGM_XMGMD_REMOTE_INTERNAL_H

#include "libmgm/codec.h"
#include "xmgmd/control/control.h"
#include "xmgmd/remote/remote.h"

#define REMOTE_VERSION	1u
#define REMOTE_GRACE_MS 10000u	    /* if a registration does not say */
#define REMOTE_CLIENTS	16u	    /* registrations of a connection */
#define REMOTE_ROWS	500u	    /* of an answer */
#define REMOTE_PIECE	(64u << 10) /* bytes of rows, about */

/* One registration. */
struct remote_client {
	TAILQ_ENTRY(remote_client) link;
	struct session *session;
	struct router *r;
	struct mgm_client *client;
	uint32_t number; /* on this connection; the handle of the wire */
	uint32_t protocol, component;
	char name[16];
};

/* What a connection has become by mgm.hello. */
struct session {
	struct conn *conn;
	TAILQ_HEAD(, remote_client) clients;
	uint32_t count, last_number;
};

/* --- session.c -------------------------------------------------------- */

int remote_hello(struct call *call);
int remote_register(struct call *call);
int remote_deregister(struct call *call);

/* --- allow.c ----------------------------------------------------------- */

/*
 * -EACCES with a sentence: the configuration does not let this user. Protocol
 * 0 becomes the number of the section, if it has one.
 */
int remote_allow(struct call *call, const char *name, uint32_t *protocol,
		 enum mgm_role role);

/* --- alerts.c --------------------------------------------------------- */

/* Bits of enum codec_callback: the rest stays NULL. */
struct mgm_callbacks remote_callbacks(uint32_t wanted);

/* --- params.c: what a call is given. -EINVAL with a sentence. ---------- */

/* Which of the registrations of this connection. */
int param_client(struct call *call, struct remote_client **client);
struct json_object *param_get(struct call *call, const char *name);
int param_number(struct call *call, const char *name, uint32_t *number);
/* The same, or what it is when it is left out. */
int param_number_or(struct call *call, const char *name, uint32_t otherwise,
		    uint32_t *number);
int param_flag(struct call *call, const char *name, bool *flag);
int param_flag_or(struct call *call, const char *name, bool otherwise,
		  bool *flag);
/* An array; NULL: left out. */
int param_array(struct call *call, const char *name,
		struct json_object **array);
/* Interfaces, none if it is left out. */
int param_ifids(struct call *call, const char *name, uint32_t ifids[MGM_OIFS],
		size_t *count);
int param_token(struct call *call, uint64_t *token);
int param_sg(struct call *call, struct mgm_sg *sg);
int param_address(struct call *call, const char *name,
		  struct mgm_address *address);
int param_prefix(struct call *call, const char *name,
		 struct mgm_prefix *prefix);
/* The bits of names in an array, by number: of enum codec_callback bit 0 is
 * the first one. */
int param_bits(struct call *call, const char *name, enum codec_names names,
	       uint32_t otherwise, uint32_t *bits);
int param_name(struct call *call, const char *name, enum codec_names names,
	       unsigned int otherwise, unsigned int *number);
/* --- reason.c: how the end of a call of the manager is said -------------- */

/* What an error is about, and what it means. */
int remote_result(struct call *call, int err, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/*
 * The same of an interface: who has it and what helps. what: about what there,
 * "" or with a space behind; otherwise: what EINVAL means if the interface is
 * the client's, or NULL.
 */
int remote_interface_result(struct call *call, const struct remote_client *c,
			    int err, uint32_t ifid, const char *otherwise,
			    const char *what);
int remote_transfer_result(struct call *call, const struct remote_client *c,
			   int err, uint32_t ifid, uint32_t protocol,
			   uint32_t component);

/* A static route, as it was asked for; of one that is deleted, its sg alone. */
struct remote_route {
	struct mgm_sg sg;
	uint32_t iif, flags;
	uint32_t oifs[MGM_OIFS];
	size_t count;
};

int remote_route_result(struct call *call, const struct remote_client *c,
			int err, const struct remote_route *route);
/* What the owner of its iif says of an MFE. */
int remote_mfe_result(struct call *call, int err, const struct mgm_sg *sg);
int remote_rib_result(struct call *call, int err,
		      const struct mgm_prefix *prefix);
/* An answer to a request; iif: of an RPF request. */
int remote_reply_result(struct call *call, const struct remote_client *c,
			int err, uint64_t token, uint32_t iif);
int remote_deregister_result(struct call *call, const struct remote_client *c,
			     int err);
/* Who has registered as that, or why nobody can. */
int remote_register_result(struct call *call, int err,
			   const struct mgm_registration *r);

/* --- the methods ------------------------------------------------------- */

/* calls.c: interfaces, routes, answers to requests */
int remote_take(struct call *call);
int remote_release(struct call *call);
int remote_transfer(struct call *call);
int remote_owner(struct call *call);
int remote_wrong_if_alerts(struct call *call);
int remote_forward(struct call *call);
int remote_igmp_disabled(struct call *call);
int remote_replay_complete(struct call *call);
int remote_settled(struct call *call);
int remote_route_put(struct call *call);
int remote_route_del(struct call *call);
int remote_rpf_reply(struct call *call);
int remote_rpf_again(struct call *call);
int remote_creation_reply(struct call *call);
int remote_rib_put(struct call *call);
int remote_rib_del(struct call *call);
int remote_set_upstream(struct call *call);
int remote_set_timeout(struct call *call);

/* member.c */
int remote_add(struct call *call);
int remote_del(struct call *call);
int remote_set(struct call *call);
int remote_batch(struct call *call);

/* read.c */
int remote_mfe_get(struct call *call);
int remote_mfe_next(struct call *call);
int remote_membership_next(struct call *call);
int remote_client_next(struct call *call);
int remote_rib_get(struct call *call);
int remote_interface_get(struct call *call);
int remote_interface_next(struct call *call);

#endif /* XMGM_XMGMD_REMOTE_INTERNAL_H */
