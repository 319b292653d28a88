/* SPDX-License-Identifier: GPL-2.0-only */
/* See mgm_model_stage.h. */
#include "mgm_model_stage.h"
#include "v4.h"
#include "hooks.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <cmocka.h>

struct play *playing;

void difference(const char *format, ...)
{
	const struct play *p = playing;
	char text[400];
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	print_error(
		"%s\nMODEL_SEED=%u XMGM_MODEL_STEPS=%u, at %llu ms, after\n",
		text, p->start, p->step + 1,
		(unsigned long long)(p->w.now - START_MS));
	for (uint32_t i = p->calls < LAST ? 0 : p->calls - LAST; i < p->calls;
	     i++) {
		const struct call *c = &p->call[i % LAST];

		print_error("  %6u client %d %s %u %u %u %u: %d\n", c->step,
			    c->who, c->name, c->a, c->b, c->c, c->d, c->result);
	}
	for (uint32_t i = 1; i <= IFS; i++) {
		const struct model_port *port = &p->w.port[i];

		print_error("  interface %u: owner %d igmp %d stage %d "
			    "change %d to %d epoch %u%s\n",
			    i, port->owner, port->igmp, port->stage, port->by,
			    port->to, port->epoch, port->up ? "" : " down");
	}
	for (uint32_t i = 0; i < SOURCES * GROUPS; i++) {
		const struct model_flow *f = &p->w.flow[i / GROUPS][i % GROUPS];
		const struct entry *e = &p->entry[i / GROUPS][i % GROUPS];

		if (f->phase)
			print_error("  (%u,%u): phase %d iif %u route %d%s\n",
				    i / GROUPS, i % GROUPS, f->phase, f->iif,
				    f->route, f->eager ? " derived" : "");
		if (e->there)
			print_error("  (%u,%u) in the plane: %u: %#x\n",
				    i / GROUPS, i % GROUPS, e->iif, e->oifs);
	}
	for (int i = 0; i < MAX_REQUEST; i++) {
		const struct model_request *r = &p->w.request[i];

		if (r->open)
			print_error("  client %d is asked about (%u,%u)%s\n",
				    r->who, r->source, r->group,
				    r->rpf ? ", the iif" : "");
	}
	for (uint32_t s = 1; s < SOURCES; s++)
		print_error("  source %u is behind %u, the kernel says %u\n", s,
			    p->w.rib[s], p->w.kernel[s]);
	abort();
}

void model_fail(const char *what)
{
	difference("%s", what);
}

/* --- the plane and the RIB ------------------------------------------- */

struct in_addr source_ip(uint32_t s)
{
	return (struct in_addr){s ? htonl(0x0a000000u + s) : 0};
}

struct in_addr group_ip(uint32_t g)
{
	return (struct in_addr){g ? htonl(0xef000000u + g) : 0};
}

struct mgm_sg flow_sg(uint32_t s, uint32_t g)
{
	return mgm_sg_v4(source_ip(s), group_ip(g));
}

struct mgm_sg prefix_sg(uint32_t prefix)
{
	struct model_key key = model_key(prefix);
	struct mgm_sg sg = mgm_sg_v4((struct in_addr){htonl(key.source)},
				     (struct in_addr){htonl(key.group)});

	sg.source.length = (uint8_t)key.source_bits;
	sg.group.length = (uint8_t)key.group_bits;
	return sg;
}

uint32_t number(struct in_addr a)
{
	return ntohl(a.s_addr) & 0xff;
}

static struct entry *entry_of(struct play *p, struct xmgm_flow flow)
{
	return &p->entry[flow.source[3]][flow.group[3]];
}

static int on_interface_set(void *arg, uint32_t ifid, uint32_t owner,
			    enum mgm_gate gate, uint32_t epoch)
{
	struct play *p = arg;

	p->interface[ifid] = (struct interface){owner, epoch, gate};
	return 0;
}

static void on_interface_del(void *arg, uint32_t ifid)
{
	struct play *p = arg;
	struct entry *entry = &p->entry[0][0];

	p->interface[ifid] = (struct interface){0};
	for (size_t i = 0; i < sizeof(p->entry) / sizeof(*entry); i++)
		entry[i].oifs &= ~(1u << ifid);
}

static int on_set_get(void *arg, const uint32_t *oifs, size_t count,
		      uint32_t *set)
{
	struct play *p = arg;
	uint32_t mask = 0;

	for (size_t i = 0; i < count; i++)
		mask |= 1u << oifs[i];
	*set = count ? XMGM_SET_FIRST + mask : XMGM_SET_NEGATIVE;
	p->refs[*set]++;
	return 0;
}

static void on_set_put(void *arg, uint32_t set)
{
	struct play *p = arg;

	if (!p->refs[set]--)
		difference("set %u is put back once too often", set);
}

static int on_mfe_put(void *arg, const struct mgm_sg *sg, uint32_t iif,
		      uint32_t set, uint32_t flags)
{
	struct xmgm_flow flow = v4_flow(sg);
	struct play *p = arg;
	uint32_t oifs = set < XMGM_SET_FIRST ? 0 : set - XMGM_SET_FIRST;

	*entry_of(p, flow) =
		(struct entry){true, iif, oifs, flags, set == XMGM_SET_KERNEL};
	p->uncommitted = true;
	return 0;
}

static int on_mfe_del(void *arg, const struct mgm_sg *sg)
{
	struct xmgm_flow flow = v4_flow(sg);
	struct play *p = arg;

	if (!entry_of(p, flow)->there)
		difference("an entry is deleted that is not there");
	*entry_of(p, flow) = (struct entry){0};
	p->uncommitted = true;
	return 0;
}

static void on_flow_release(void *arg, const struct mgm_sg *sg)
{
	struct xmgm_flow flow = v4_flow(sg);
	struct play *p = arg;

	if (entry_of(p, flow)->there && p->uncommitted)
		difference("packets are let go before their entry is there");
	p->held[flow.source[3]][flow.group[3]] = false;
}

static int on_commit(void *arg)
{
	struct play *p = arg;

	p->uncommitted = false;
	return 0;
}

static int on_mfe_read(void *arg, const struct mgm_sg *sg,
		       struct mgm_mfe_counts *counts)
{
	struct xmgm_flow flow = v4_flow(sg);
	(void)arg;
	(void)flow;
	(void)counts;
	return -ENOENT;
}

static int on_rib_lookup(void *arg, const struct mgm_address *source,
			 uint32_t arrival, struct mgm_rib_answer *answer)
{
	struct play *p = arg;

	(void)arrival;
	answer->iif = p->w.kernel[number(v4_address(source))];
	answer->upstream = MGM_ADDRESS_V4_ANY;
	answer->length = MODEL_KERNEL_LENGTH;
	answer->connected = number(v4_address(source)) == MODEL_CONNECTED;
	return answer->iif ? 0 : -ENETUNREACH;
}

/* Which of the model's prefixes it is; 0: none of them. */
uint32_t prefix_of(const struct mgm_sg *sg)
{
	for (uint32_t k = 1; k < PREFIXES; k++) {
		struct mgm_sg is = prefix_sg(k);

		if (mgm_sg_equal(&is, sg))
			return k;
	}
	return 0;
}

/* --- the clients ----------------------------------------------------- */

static struct model_alert *hear(struct person *who, enum model_type type,
				struct mgm_sg sg, uint32_t ifid, uint64_t token)
{
	struct play *p = who->play;

	if (p->alerts == MAX_ALERTS)
		difference("too many alerts");
	if (!p->w.alive[who->id] || p->w.lost[who->id])
		difference("an alert for the dead client %d", who->id);
	p->token[p->alerts] = token;
	p->alert[p->alerts] = (struct model_alert){
		.type = type,
		.who = who->id,
		.prefix = prefix_of(&sg),
		.ifid = ifid,
	};
	if (!p->alert[p->alerts].prefix) {
		p->alert[p->alerts].source = number(v4_of(&sg.source));
		p->alert[p->alerts].group = number(v4_of(&sg.group));
	}
	return &p->alert[p->alerts++];
}

static void on_rpf(void *arg, uint64_t token, const struct mgm_rpf *rpf)
{
	hear(arg, SAY_RPF, rpf->flow, rpf->arrival, token)->epoch = rpf->iif;
}

static void on_creation(void *arg, uint64_t token, struct mgm_sg flow,
			uint32_t iif, const struct mgm_creation_oif *oifs,
			size_t count)
{
	struct model_alert *a = hear(arg, SAY_CREATION, flow, iif, token);

	for (size_t i = 0; i < count; i++) {
		a->epoch |= 1u << oifs[i].ifid;
		if (oifs[i].igmp)
			a->result |= 1 << oifs[i].ifid;
	}
}

static void on_join(void *arg, struct mgm_sg sg, uint32_t ifid,
		    enum mgm_cause cause)
{
	bool mfe = cause == MGM_CAUSE_MFE;

	hear(arg, SAY_JOIN, sg, mfe ? ifid : 0, 0)->mfe = mfe;
}

static void on_prune(void *arg, struct mgm_sg sg, uint32_t ifid,
		     enum mgm_cause cause)
{
	struct person *who = arg;
	bool mfe = cause == MGM_CAUSE_MFE;

	hear(who, SAY_PRUNE, sg, mfe ? ifid : 0, 0)->mfe = mfe;
	/* Refused if it is not the iif's owner any more. It would be a call:
	 * who is asked is silent until he makes one, so he lets it be. */
	if (mfe && who->id % CLIENTS < 4)
		mgm_mfe_set_timeout(who->play->m, who->handle, sg, FOREVER);
}

static void on_local_join(void *arg, struct mgm_sg sg, uint32_t ifid)
{
	hear(arg, SAY_LOCAL_JOIN, sg, ifid, 0);
}

static void on_local_leave(void *arg, struct mgm_sg sg, uint32_t ifid)
{
	hear(arg, SAY_LOCAL_LEAVE, sg, ifid, 0);
}

static void on_wrong_if(void *arg, struct mgm_sg flow, uint32_t arrival,
			uint32_t iif, const uint8_t *packet, size_t len)
{
	(void)packet;
	(void)len;
	hear(arg, SAY_WRONG_IF, flow, arrival, 0)->epoch = iif;
}

static void hear_of(void *arg, enum model_type type, uint32_t ifid,
		    uint32_t epoch, int result)
{
	struct model_alert *a = hear(arg, type, flow_sg(0, 0), ifid, 0);

	a->epoch = epoch;
	a->result = result;
}

/* One of the two IGMPs answers a handshake at once, in most runs. */
static bool at_once(const struct person *who)
{
	/* In slices that would be in the midst of others' alerts. */
	if (who->play->sliced)
		return false;
	return who->id % CLIENTS == 1 && who->play->start % 4;
}

static void answered(const struct person *who, bool enabled, uint32_t ifid,
		     uint32_t epoch, int result)
{
	struct play *p = who->play;

	if (p->insides == MAX_ALERTS)
		difference("too many calls from inside");
	p->inside[p->insides++] =
		(struct inside){enabled, who->id, result, ifid, epoch};
}

static void on_disable(void *arg, uint32_t ifid, uint32_t epoch)
{
	struct person *who = arg;

	hear_of(who, SAY_DISABLE, ifid, epoch, 0);
	if (at_once(who))
		answered(who, false, ifid, epoch,
			 mgm_igmp_disabled(who->play->m, who->handle, ifid,
					   epoch));
}

static void on_enable(void *arg, uint32_t ifid, uint32_t epoch)
{
	struct person *who = arg;

	hear_of(who, SAY_ENABLE, ifid, epoch, 0);
	if (at_once(who) && epoch % 2)
		mgm_membership_add(who->play->m, who->handle, ifid,
				   flow_sg(0, 1), MGM_JOIN_STATE);
	if (at_once(who))
		answered(who, true, ifid, epoch,
			 mgm_replay_complete(who->play->m, who->handle, ifid,
					     epoch));
}

static void on_ownership(void *arg, uint32_t ifid, uint32_t epoch, int result)
{
	hear_of(arg, SAY_OWNERSHIP, ifid, epoch, result);
}

static void on_block(void *arg, struct mgm_sg sg, uint32_t ifid)
{
	hear(arg, SAY_LOCAL_BLOCK, sg, ifid, 0);
}

static void on_unblock(void *arg, struct mgm_sg sg, uint32_t ifid)
{
	hear(arg, SAY_LOCAL_UNBLOCK, sg, ifid, 0);
}

static void on_rib_changed(void *arg, const struct mgm_prefix *prefix)
{
	struct person *who = arg;
	uint32_t bits = v4_number(&prefix->address);

	if (!mgm_address_is_v4(&prefix->address))
		return;
	for (uint32_t s = 1; s < SOURCES; s++) {
		uint32_t differ = bits ^ ntohl(source_ip(s).s_addr);

		if (!prefix->length || !(differ >> (32 - prefix->length)))
			who->heard |= 1u << s;
	}
}

static void on_interface_changed(void *arg, uint32_t ifid)
{
	hear(arg, SAY_INTERFACE, flow_sg(0, 0), ifid, 0);
}

static void on_interface_gone(void *arg, uint32_t ifid)
{
	hear(arg, SAY_INTERFACE_GONE, flow_sg(0, 0), ifid, 0);
}

static void on_made(void *arg, struct mgm_sg flow, uint32_t iif)
{
	hear(arg, SAY_MADE, flow, iif, 0);
}

static void on_deleted(void *arg, struct mgm_sg flow, uint32_t iif,
		       enum mgm_deletion why)
{
	/* A derived entry has two reasons when its route's iif is lost. */
	if (why != MGM_DELETED_ROUTE && why != MGM_DELETED_INTERFACE)
		difference("an entry is deleted for %d", (int)why);
	hear(arg, SAY_DELETED, flow, iif, 0);
}

#define EVERYBODY                                                        \
	.join = on_join, .prune = on_prune, .local_join = on_local_join, \
	.local_leave = on_local_leave, .wrong_if = on_wrong_if,          \
	.disable_igmp = on_disable, .enable_igmp = on_enable,            \
	.ownership = on_ownership, .local_block = on_block,              \
	.local_unblock = on_unblock,                                     \
	.interface_changed = on_interface_changed,                       \
	.interface_gone = on_interface_gone, .mfe_made = on_made,        \
	.mfe_deleted = on_deleted, .rib_changed = on_rib_changed

static const struct mgm_callbacks callbacks = {.size = sizeof(callbacks),
					       EVERYBODY};
static const struct mgm_callbacks callbacks_creation = {
	.size = sizeof(callbacks_creation),
	EVERYBODY,
	.creation = on_creation,
};
static const struct mgm_callbacks callbacks_all = {
	.size = sizeof(callbacks_all),
	EVERYBODY,
	.creation = on_creation,
	.rpf = on_rpf,
};

uint32_t protocol_of(int who)
{
	return who % CLIENTS < 2
		       ? XMGM_OWNER_IGMP
		       : XMGM_OWNER_REMOTE + (uint32_t)(who % CLIENTS);
}

static struct mgm_registration registration(struct play *p, int who)
{
	static const char *const names[CLIENTS] = {"igmp", "igmp-b", "a",
						   "b",	   "ask-a",  "ask-b"};
	int k = who % CLIENTS;
	struct mgm_registration r = {
		.size = sizeof(r),
		.protocol = protocol_of(k),
		.component = (uint32_t)k,
		.role = k < 2 ? MGM_ROLE_IGMP : MGM_ROLE_PROTOCOL,
		.name = names[k],
		.flags = MGM_ACCEPTS_TRANSFERS,
		.grace_ms = model_grace(k),
		.callbacks = k < 4 ? &callbacks : &callbacks_creation,
		.arg = &p->person[who],
	};

	if (k == 4)
		r.callbacks = &callbacks_all;
	return r;
}

static int person_register(struct play *p, int who)
{
	struct mgm_registration r = registration(p, who);

	p->person[who] = (struct person){.play = p, .id = who};
	return mgm_register(p->m, &r, &p->person[who].handle);
}

int play_person(struct play *p, int k, int *who)
{
	*who = k;
	while (*who < PERSONS && p->person[*who].handle)
		*who += CLIENTS;
	if (*who >= PERSONS)
		difference("too many deaths for the model");
	model_registered(&p->w, k, *who);
	return person_register(p, *who);
}

int play_refused(struct play *p, int who, uint32_t why, int *must)
{
	static const int errors[] = {-EEXIST, -ENOENT, -EINVAL,
				     -EINVAL, -EINVAL, -E2BIG};
	struct mgm_registration r = registration(p, who);
	struct mgm_client *client = NULL;

	*must = errors[why];
	switch (why) {
	case 0:
		/* It is there; or it is lost, and was another. */
		if (p->w.lost[who])
			r.role = r.role == MGM_ROLE_IGMP ? MGM_ROLE_PROTOCOL
							 : MGM_ROLE_IGMP;
		break;
	case 1:
		r.router = "blue";
		break;
	case 2:
		r.grace_ms = MGM_GRACE_MAX_MS + 1;
		break;
	case 3:
		r.name = "";
		break;
	case 4:
		r.protocol = MGM_PROTOCOL_NONE;
		break;
	case 5:
		r.flags |= 1u << 30;
		break;
	}
	return mgm_register(p->m, &r, &client);
}

int play_back(struct play *p, int who)
{
	model_grace_back(&p->w, who);
	return person_register(p, who);
}

uint32_t pick(struct play *p, uint32_t n)
{
	p->seed = p->seed * 1664525u + 1013904223u;
	return (p->seed >> 10) % n;
}

int play_pick_change(struct play *p, int who, struct mgm_membership_change *c)
{
	uint32_t ifid = 1 + pick(p, IFS), s = pick(p, SOURCES),
		 g = 1 + pick(p, GROUPS - 1);
	bool none[SOURCES] = {false}, exclude = pick(p, 2);

	*c = (struct mgm_membership_change){
		.what = (enum mgm_change)(1 + pick(p, 3)),
		.ifid = ifid,
		.sg = flow_sg(s, g),
		.flags = MGM_JOIN_STATE,
		.filter = exclude ? MGM_EXCLUDE : MGM_INCLUDE,
	};
	switch (c->what) {
	case MGM_CHANGE_ADD:
		return model_add(&p->w, who, ifid, s, g, MGM_JOIN_STATE);
	case MGM_CHANGE_DEL:
		return model_del(&p->w, who, ifid, s, g, MGM_JOIN_STATE);
	case MGM_CHANGE_SET:
		c->sg = flow_sg(0, g);
		break;
	}
	return model_set(&p->w, who, ifid, g, exclude, none);
}

struct play *play_new(uint32_t seed)
{
	struct mgm_limits limits = {.mfe_idle_ms = FOREVER,
				    .negative_ms = FOREVER};
	struct play *p = calloc(1, sizeof(*p));

	assert_non_null(p);
	p->hooks = FIXTURE_HOOKS(p);
	p->start = seed;
	p->seed = seed * 2654435761u;
	model_init(&p->w, START_MS);
	for (uint32_t s = 1; s < SOURCES; s++)
		p->w.kernel[s] = 1 + pick(p, IFS);
	model_rib(&p->w);
	p->sliced = seed % 2;
	if (p->sliced)
		limits.slice = 1 + seed / 2 % 3;
	p->m = mgm_new(&p->hooks, &limits, START_MS);
	assert_non_null(p->m);
	playing = p;
	return p;
}

void play_free(struct play *p)
{
	mgm_free(p->m);
	free(p);
	playing = NULL;
}
