/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From the first packet of a flow to its MFE: the requests to owners, and
 * what is kept of their answers (flow.c).
 */
#ifndef XMGM_MGM_FLOW_H
#define XMGM_MGM_FLOW_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "lib/hash.h"
#include "xmgm/mgm.h"

#define REQUEST_DEADLINE_MS 200u /* of RPF and creation together */
#define RPF_DEADLINE_MS	    100u /* of a new flow: the rest is creation's */
#define WRONG_IF_MS	    1000u

struct client;
struct iface;
struct mfe;
struct mgm;
struct named;

TAILQ_HEAD(request_list, request);

/* Until when reports of an MFE's packets on an interface are dropped. */
struct wrong_ifs {
	uint32_t count;
	struct wrong_if {
		uint32_t ifid;
		uint64_t until_ms;
	} list[];
};

/* Candidate oifs of a new MFE, and who has been asked about each. */
struct offers {
	uint32_t count;
	struct offer {
		uint32_t ifid;
		uint32_t life; /* client_life */
	} list[];
};

/* An RPF or creation request that waits for its answer. */
struct request {
	struct hash_node node; /* by token */
	TAILQ_ENTRY(request) by_deadline;
	LIST_ENTRY(request) in_mfe;
	uint64_t token;
	uint64_t deadline_ms;
	struct client *client;
	struct mfe *mfe;
	bool rpf;
};

/* flow.c: RPF and creation. */
void flow_rpf(struct mgm *m, struct mfe *mfe, const uint8_t *packet,
	      size_t len);
void flow_unhold(struct mgm *m, struct mgm_sg flow);
void flow_forget_offers(struct mfe *mfe);
void flow_asked(struct mgm *m, struct mfe *mfe);
/* Is some client being asked about it? */
bool flow_asking(const struct mfe *mfe);
void flow_forget_requests(struct mgm *m, struct mfe *mfe);
struct iface *flow_rpf_iface(const struct mgm *m, const struct named *n);
void request_free(struct mgm *m, struct request *r);
void request_client_gone(struct mgm *m, const struct client *c);
/* Who let a deadline pass is silent, before anything comes of that. */
void request_late(struct mgm *m);
void request_tick(struct mgm *m);

#endif /* XMGM_MGM_FLOW_H */
