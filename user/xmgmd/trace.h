/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is traced while a topic of lib/log.h is on, one line each with its
 * facts. These are called where something enters or leaves the pure parts; each
 * does nothing while its topic is off.
 */
#ifndef XMGM_XMGMD_TRACE_H
#define XMGM_XMGMD_TRACE_H

#include "daemon.h"

/* A topic for each protocol of the registry; before options are read. */
void trace_init(void);
/* The topic of the protocol at this place in the registry. */
unsigned int trace_topic(size_t index);

/* mgm */
void trace_event(struct router *r, const struct mgm_event *event);

/* A protocol's own topic; index: its place in the registry. */
void trace_record(struct router *r, size_t index, const void *record,
		  size_t len);
void trace_packet(struct router *r, size_t index,
		  const struct proto_packet *packet);
/* A whole IP packet; err: of sending it. */
void trace_sent(struct router *r, size_t index, uint32_t ifid,
		const uint8_t *packet, size_t len, int err);
/* A command it was given; interface and sg may be NULL. */
void trace_asked(size_t index, const char *what, const char *interface,
		 const struct mgm_sg *sg, int err);
void trace_querier(struct router *r, size_t index, uint32_t ifid,
		   const struct proto_querier *querier);

/* plane */
void trace_upcall(struct router *r, const struct xmgm_upcall *upcall);

/* net */
void trace_link(const struct link *link, const char *what);
/* err: of the question itself. */
void trace_rpf(struct router *r, struct in_addr source,
	       const struct rib_route *route,
	       const struct mgm_rib_answer *answer, int err);

#endif /* XMGM_XMGMD_TRACE_H */
