/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One router that runs DVMRP on LANs whose other routers are forged: a test
 * says what they send and looks at what the router sends and knows. Time is
 * moved by hand.
 *
 * Interface n is "en", has ifid n, and 10.n.0.5/24; neighbours there are
 * 10.n.0.host.
 */
#ifndef XMGM_TESTS_DVMRP_LAB_H
#define XMGM_TESTS_DVMRP_LAB_H

#include "mgm_fixture.h"
#include "proto/dvmrp/internal.h"

#define LAB_PORTS 4
#define LAB_SENT  4096
#define LAB_US	  5u

struct lab_sent {
	unsigned int port;
	uint64_t at_ms;
	struct in_addr target;
	uint8_t ttl;
	size_t len; /* of the message */
	uint8_t message[DVMRP_BYTES];
};

struct lab {
	struct fix *f;
	struct dvmrp *d;
	struct proto_services services;
	struct dvmrp_interface_config port[LAB_PORTS + 1];
	bool configured[LAB_PORTS + 1];
	struct dvmrp_config config;
	struct lab_sent sent[LAB_SENT];
	size_t count;
	int send_result;
	char last[256]; /* line that was said */
	bool woken;
	bool member[LAB_PORTS + 1]; /* of 224.0.0.4 */
	uint8_t version[2];	    /* major, minor of what lab_* sends */
	uint8_t caps;
};

/* With DVMRP running on so many interfaces, and their first probes sent. */
struct lab *lab_new(unsigned int ports);
void lab_free(struct lab *l);
void lab_configure(struct lab *l);
/* Its link goes up or down; gets this address (0: none), its prefix length. */
void lab_turn(struct lab *l, unsigned int port, bool up);
void lab_address(struct lab *l, unsigned int port, const char *address,
		 unsigned int length);

void lab_run(struct lab *l, uint64_t ms);

struct in_addr lab_host(unsigned int port, unsigned int host);
struct dvmrp_interface *lab_port(struct lab *l, unsigned int port);
struct dvmrp_neighbor *lab_neighbor(struct lab *l, unsigned int port,
				    unsigned int host);
/* "10.20.0.0/16" */
struct dvmrp_prefix lab_prefix(const char *text);
struct dvmrp_route *lab_route(struct lab *l, const char *prefix);

/* A message of a neighbour, to 224.0.0.4: code and body. */
void lab_message(struct lab *l, unsigned int port, unsigned int host,
		 uint8_t code, const void *body, size_t len);
/* The same as it arrives, whatever that is. */
void lab_packet(struct lab *l, const struct proto_packet *packet);
/* A probe; lists: it has heard us. */
void lab_probe(struct lab *l, unsigned int port, unsigned int host,
	       uint32_t genid, bool lists);
/* Two-way at once. */
void lab_peer(struct lab *l, unsigned int port, unsigned int host);
/* "10.20.0.0/16 3, 0.0.0.0/0 34": a report of these. */
void lab_report(struct lab *l, unsigned int port, unsigned int host,
		const char *routes);

/* What has been sent from here on. */
void lab_clear(struct lab *l);
/* How many messages of this code went out there. */
unsigned int lab_sent(struct lab *l, unsigned int port, enum dvmrp_code code);
/* The metric that was said last of a prefix there; 0: nothing. */
unsigned int lab_said(struct lab *l, unsigned int port, const char *prefix);
uint64_t lab_count(struct lab *l, enum dvmrp_counter which);

int lab_setup(void **state); /* three interfaces */
int lab_teardown(void **state);
#define lab_test(fn) \
	cmocka_unit_test_setup_teardown(fn, lab_setup, lab_teardown)

#endif /* XMGM_TESTS_DVMRP_LAB_H */
