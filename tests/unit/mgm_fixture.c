/* SPDX-License-Identifier: GPL-2.0-only */
/* See mgm_fixture.h. */
#include "mgm_fixture.h"
#include "lib/address.h"
#include "v4.h"
#include "hooks.h"
#include "text_log.h"

/* Zeroed; not by the functions test_mgm_memory lets fail. */
static void *fix_alloc(size_t size)
{
	void *p = reallocarray(NULL, 1, size);

	assert_non_null(p);
	return memset(p, 0, size);
}

struct in_addr src_ip(uint32_t number)
{
	return (struct in_addr){number ? htonl(0x0a000000u + number) : 0};
}

struct in_addr grp_ip(uint32_t number)
{
	return (struct in_addr){number ? htonl(0xef000000u + number) : 0};
}

struct mgm_sg sg(uint32_t source, uint32_t group)
{
	return mgm_sg_v4(src_ip(source), grp_ip(group));
}

static void say(struct fix *f, unsigned int what, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static void say(struct fix *f, unsigned int what, const char *format, ...)
{
	va_list ap;

	if (!(f->what & what))
		return;
	va_start(ap, format);
	text_log(f->log, FIX_LOG - 1, &f->log_len, format, ap);
	va_end(ap);
	f->log[f->log_len++] = '\n';
	f->log[f->log_len] = '\0';
}

/* "7", "*", or a prefix with all its numbers. */
static const char *prefix_text(const struct mgm_prefix *p)
{
	static char text[4][ADDRESS_PREFIX_TEXT];
	static unsigned int at;
	char *out = text[at++ % 4];
	uint32_t number = ntohl(v4_of(p).s_addr) & 0xffffff;

	if (p->length && p->length < address_bits(&p->address))
		address_prefix_text(&p->address, p->length, out);
	else
		snprintf(out, ADDRESS_PREFIX_TEXT, number ? "%u" : "*", number);
	return out;
}

const char *fix_sg_text(struct mgm_sg flow)
{
	static char text[4][2 * ADDRESS_PREFIX_TEXT + 4];
	static unsigned int at;
	char *out = text[at++ % 4];

	snprintf(out, sizeof(text[0]), "(%s,%s)", prefix_text(&flow.source),
		 prefix_text(&flow.group));
	return out;
}

static const char *owner_text(uint32_t protocol)
{
	static const char *const names[] = {"nobody", "igmp", "static", "dvmrp",
					    "pim"};
	static char number[16];

	if (protocol < 5)
		return names[protocol];
	snprintf(number, sizeof(number), "%u", protocol);
	return number;
}

/* The plane. */

static const char *const gates[] = {"off", "on", "held"};

static int on_interface_set(void *arg, uint32_t ifid, uint32_t owner,
			    enum mgm_gate gate, uint32_t epoch)
{
	struct fix *f = arg;

	if (f->fail_interface)
		return f->fail_interface;
	say(f, FIX_LOG_PLANE, "write %u %s %s %u", ifid, owner_text(owner),
	    gates[gate], epoch);
	return 0;
}

/* It is in no set any more. */
static void on_interface_del(void *arg, uint32_t ifid)
{
	struct fix *f = arg;

	say(f, FIX_LOG_PLANE, "gone %u", ifid);
	for (uint32_t i = XMGM_SET_FIRST; i < FIX_SETS; i++) {
		struct fix_set *set = &f->set[i];
		size_t kept = 0;

		for (size_t k = 0; k < set->count; k++) {
			if (set->oifs[k] != ifid)
				set->oifs[kept++] = set->oifs[k];
		}
		set->lost |= kept != set->count;
		set->count = kept;
	}
}

static bool set_is(const struct fix_set *set, const uint32_t *oifs,
		   size_t count)
{
	return set->refs && !set->lost && set->count == count &&
	       !memcmp(set->oifs, oifs, count * sizeof(*oifs));
}

static int on_set_get(void *arg, const uint32_t *oifs, size_t count,
		      uint32_t *set)
{
	struct fix *f = arg;
	uint32_t i, free_slot = 0;

	if (f->fail_set && count)
		return f->fail_set;
	*set = XMGM_SET_NEGATIVE;
	for (size_t k = 1; k < count; k++)
		assert_true(oifs[k - 1] < oifs[k]);
	for (i = FIX_SETS - 1; count && i >= XMGM_SET_FIRST; i--) {
		if (set_is(&f->set[i], oifs, count))
			break;
		if (!f->set[i].refs)
			free_slot = i;
	}
	if (count && i >= XMGM_SET_FIRST)
		*set = i;
	else if (count)
		*set = free_slot;
	assert_true(*set != 0);
	if (count && !f->set[*set].refs) {
		f->set[*set].oifs = fix_alloc(count * sizeof(*oifs));
		memcpy(f->set[*set].oifs, oifs, count * sizeof(*oifs));
		f->set[*set].count = count;
	}
	f->set[*set].refs++;
	return 0;
}

static void on_set_put(void *arg, uint32_t set)
{
	struct fix *f = arg;

	assert_true(f->set[set].refs > 0);
	if (--f->set[set].refs || set < XMGM_SET_FIRST)
		return;
	free(f->set[set].oifs);
	f->set[set] = (struct fix_set){0};
}

struct fix_route *fix_line(struct fix *f, struct mgm_sg flow)
{
	struct xmgm_flow key = v4_flow(&flow);
	uint32_t hash = hash_bytes(&key, sizeof(key));
	struct hash_node *n = hash_first(&f->routes, hash);

	for (; n; n = hash_next(n)) {
		struct fix_route *r = hash_entry(n, struct fix_route, node);

		if (!memcmp(&r->flow, &key, sizeof(key)))
			return r;
	}
	return NULL;
}

static const char *oif_text(struct fix *f, uint32_t set)
{
	static char text[512];
	size_t n = 0;

	strcpy(text, set == XMGM_SET_KERNEL ? "kernel" : "none");
	for (size_t i = 0; i < f->set[set].count; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%u",
				      i ? "," : "", f->set[set].oifs[i]);
	return text;
}

static const char *flag_text(uint32_t flags)
{
	if (flags & XMGM_MFE_DERIVED)
		return " derived";
	return flags & XMGM_MFE_STATIC ? " static" : "";
}

static int on_mfe_put(void *arg, const struct mgm_sg *sg, uint32_t iif,
		      uint32_t set, uint32_t flags)
{
	struct xmgm_flow flow = v4_flow(sg);
	struct fix *f = arg;
	struct fix_route *r = fix_line(f, v4_sg(&flow));

	f->puts++;
	if (f->fail_put)
		return f->fail_put;
	assert_true(iif != 0);
	assert_true(set == XMGM_SET_KERNEL || f->set[set].refs > 0);
	if (!r) {
		r = fix_alloc(sizeof(*r));
		r->flow = flow;
		hash_insert(&f->routes, &r->node,
			    hash_bytes(&flow, sizeof(flow)));
	}
	r->iif = iif;
	r->set = set;
	r->flags = flags;
	f->uncommitted++;
	say(f, FIX_LOG_PLANE, "put %s %u: %s%s", fix_sg_text(v4_sg(&flow)), iif,
	    oif_text(f, set), flag_text(flags));
	return 0;
}

static int on_mfe_del(void *arg, const struct mgm_sg *sg)
{
	struct xmgm_flow flow = v4_flow(sg);
	struct fix *f = arg;
	struct fix_route *r = fix_line(f, v4_sg(&flow));

	assert_non_null(r);
	hash_remove(&f->routes, &r->node);
	free(r);
	f->uncommitted++;
	say(f, FIX_LOG_PLANE, "del %s", fix_sg_text(v4_sg(&flow)));
	return 0;
}

static int on_set_read(void *arg, uint32_t set, struct mgm_set_counts *counts)
{
	struct fix *f = arg;
	struct hash_node *n, *tmp;
	uint32_t i;

	hash_for_each_safe(&f->routes, n, tmp, i) {
		const struct fix_route *r =
			hash_entry(n, struct fix_route, node);

		if (r->set != set)
			continue;
		counts->packets += r->packets;
		counts->bytes += r->packets * 100;
	}
	return 0;
}

static void on_flow_release(void *arg, const struct mgm_sg *sg)
{
	struct xmgm_flow flow = v4_flow(sg);
	struct fix *f = arg;

	assert_true(!fix_line(f, v4_sg(&flow)) || !f->uncommitted);
	say(f, FIX_LOG_PLANE, "release %s%s", fix_sg_text(v4_sg(&flow)),
	    fix_line(f, v4_sg(&flow)) ? "" : " dropped");
}

static int on_commit(void *arg)
{
	struct fix *f = arg;

	f->uncommitted = 0;
	f->commits++;
	say(f, FIX_LOG_PLANE, "commit");
	return 0;
}

static int on_mfe_read(void *arg, const struct mgm_sg *sg,
		       struct mgm_mfe_counts *counts)
{
	struct xmgm_flow flow = v4_flow(sg);
	struct fix_route *r = fix_line(arg, v4_sg(&flow));

	if (!r)
		return -ENOENT;
	counts->packets = r->packets;
	counts->bytes = r->packets * 100;
	counts->last_used_ms = r->last_used_ms;
	return 0;
}

static int on_rib_lookup(void *arg, const struct mgm_address *source,
			 uint32_t arrival, struct mgm_rib_answer *answer)
{
	struct fix *f = arg;
	uint32_t number = v4_number(source) & 0xff;
	uint32_t leg = f->leg[number];

	f->lookups++;
	answer->iif = f->rib[number];
	answer->length = f->rib_length[number];
	answer->connected = f->connected[number];
	if (f->behind[number])
		answer->upstream = mgm_address_v4(src_ip(254));
	if (leg && arrival == leg)
		answer->iif = leg;
	answer->by_arrival = leg && arrival != leg && arrival != f->rib[number];
	return answer->iif ? 0 : -ENETUNREACH;
}

static void on_event(void *arg, const struct mgm_event *e)
{
	static const char *const names[] = {
		"",
		"igmp-disable",
		"owner",
		"igmp-enable",
		"replay-complete",
		"join",
		"leave",
		"mfe-add",
		"mfe-change",
		"mfe-del",
		"wrong-if",
		"igmp-silent",
		"client-add",
		"client-lost",
		"client-back",
		"client-del",
		"vain",
	};

	say(arg, FIX_LOG_EVENTS, "event %s %u %s %s %d", names[e->type],
	    e->ifid, fix_sg_text(e->sg), owner_text(e->protocol), e->result);
}

/* The clients. */

static void on_rpf(void *arg, uint64_t token, const struct mgm_rpf *rpf)
{
	struct fix_client *c = arg;

	c->token = token;
	say(c->f, FIX_LOG_ALERTS, "%s rpf %s from %u iif %u", c->name,
	    fix_sg_text(rpf->flow), rpf->arrival, rpf->iif);
}

static void on_creation(void *arg, uint64_t token, struct mgm_sg flow,
			uint32_t iif, const struct mgm_creation_oif *oifs,
			size_t count)
{
	struct fix_client *c = arg;
	char list[128] = "";
	int n = 0;

	c->token = token;
	for (size_t i = 0; i < count; i++)
		n += snprintf(list + n, sizeof(list) - (size_t)n, " %u%s",
			      oifs[i].ifid, oifs[i].igmp ? "i" : "");
	say(c->f, FIX_LOG_ALERTS, "%s creation %s iif %u oifs%s", c->name,
	    fix_sg_text(flow), iif, list);
}

static const char *cause_text(enum mgm_cause cause)
{
	return cause == MGM_CAUSE_MFE ? "mfe" : "member";
}

static void on_join(void *arg, struct mgm_sg flow, uint32_t ifid,
		    enum mgm_cause cause)
{
	struct fix_client *c = arg;

	say(c->f, FIX_LOG_ALERTS, "%s join %s %u %s", c->name,
	    fix_sg_text(flow), ifid, cause_text(cause));
	if (c->kill)
		mgm_client_dead(c->f->m, c->kill->handle);
	c->kill = NULL;
	if (c->heir)
		fix_client(c->f, c->heir, XMGM_OWNER_REMOTE, 0);
	c->heir = NULL;
}

static void on_prune(void *arg, struct mgm_sg flow, uint32_t ifid,
		     enum mgm_cause cause)
{
	struct fix_client *c = arg;

	if (cause == MGM_CAUSE_MFE && c->prune_timeout_ms)
		c->inside = mgm_mfe_set_timeout(c->f->m, c->handle, flow,
						c->prune_timeout_ms);
	say(c->f, FIX_LOG_ALERTS, "%s prune %s %u %s", c->name,
	    fix_sg_text(flow), ifid, cause_text(cause));
}

static void on_local_join(void *arg, struct mgm_sg flow, uint32_t ifid)
{
	struct fix_client *c = arg;

	say(c->f, FIX_LOG_ALERTS, "%s local-join %s %u", c->name,
	    fix_sg_text(flow), ifid);
}

static void on_local_leave(void *arg, struct mgm_sg flow, uint32_t ifid)
{
	struct fix_client *c = arg;

	say(c->f, FIX_LOG_ALERTS, "%s local-leave %s %u", c->name,
	    fix_sg_text(flow), ifid);
}

static void on_wrong_if(void *arg, struct mgm_sg flow, uint32_t arrival,
			uint32_t iif, const uint8_t *packet, size_t len)
{
	struct fix_client *c = arg;

	(void)packet;
	say(c->f, FIX_LOG_ALERTS, "%s wrong-if %s on %u not %u, %zu bytes",
	    c->name, fix_sg_text(flow), arrival, iif, len);
}

static void on_disable(void *arg, uint32_t ifid, uint32_t epoch)
{
	struct fix_client *c = arg;

	c->epoch = epoch;
	say(c->f, FIX_LOG_ALERTS, "%s disable %u %u", c->name, ifid, epoch);
	if (c->ack_inside)
		c->inside = mgm_igmp_disabled(c->f->m, c->handle, ifid, epoch);
}

static void on_enable(void *arg, uint32_t ifid, uint32_t epoch)
{
	struct fix_client *c = arg;

	c->epoch = epoch;
	say(c->f, FIX_LOG_ALERTS, "%s enable %u %u", c->name, ifid, epoch);
	if (!c->replay.group.length)
		return;
	c->inside = mgm_membership_add(c->f->m, c->handle, ifid, c->replay,
				       MGM_JOIN_STATE);
	if (!c->inside)
		c->inside =
			mgm_replay_complete(c->f->m, c->handle, ifid, epoch);
}

static void on_ownership(void *arg, uint32_t ifid, uint32_t epoch, int result)
{
	struct fix_client *c = arg;

	say(c->f, FIX_LOG_ALERTS, "%s ownership %u %u %d", c->name, ifid, epoch,
	    result);
}

static const struct mgm_callbacks callbacks_all = {
	.size = sizeof(callbacks_all),
	.rpf = on_rpf,
	.creation = on_creation,
	.join = on_join,
	.prune = on_prune,
	.local_join = on_local_join,
	.local_leave = on_local_leave,
	.wrong_if = on_wrong_if,
	.ownership = on_ownership,
};

/* Answers no requests: the defaults hold at once. */
static const struct mgm_callbacks callbacks_quick = {
	.size = sizeof(callbacks_quick),
	.join = on_join,
	.prune = on_prune,
	.local_join = on_local_join,
	.local_leave = on_local_leave,
	.wrong_if = on_wrong_if,
	.ownership = on_ownership,
};

static const struct mgm_callbacks callbacks_igmp = {
	.size = sizeof(callbacks_igmp),
	.join = on_join,
	.disable_igmp = on_disable,
	.enable_igmp = on_enable,
	.ownership = on_ownership,
};

static struct fix_client *client_add(struct fix *f, const char *name,
				     const struct mgm_registration *r)
{
	struct mgm_registration own = *r;
	struct fix_client *c = f->client;

	while (c->handle)
		c++;
	assert_true(c < f->client + FIX_CLIENTS);
	c->f = f;
	c->name = name;
	c->protocol = r->protocol;
	c->component = r->component;
	own.name = name;
	own.arg = c;
	own.grace_ms = f->grace_ms;
	c->registration = own;
	assert_int_equal(mgm_register(f->m, &own, &c->handle), 0);
	return c;
}

struct mgm_client *fix_hearer(struct fix *f, uint32_t component,
			      const struct mgm_callbacks *callbacks, void *arg)
{
	const struct mgm_registration r = {
		.size = sizeof(r),
		.protocol = MGM_PROTOCOL_REMOTE,
		.component = component,
		.name = "hearer",
		.callbacks = callbacks,
		.arg = arg,
	};
	struct mgm_client *handle;

	assert_int_equal(mgm_register(f->m, &r, &handle), 0);
	return handle;
}

void fix_expect_heard(char *log, const char *text, const char *file, int line)
{
	if (strcmp(log, text))
		fail_msg("%s:%d: heard \"%s\", not \"%s\"", file, line, log,
			 text);
	*log = '\0';
}

void fix_lost(struct fix_client *c)
{
	mgm_client_lost(c->f->m, c->f->now, c->handle);
}

int fix_back(struct fix_client *c)
{
	return mgm_register(c->f->m, &c->registration, &c->handle);
}

struct fix_client *fix_client(struct fix *f, const char *name,
			      uint32_t protocol, uint32_t component)
{
	const struct mgm_registration r = {
		.size = sizeof(r),
		.protocol = protocol,
		.component = component,
		.callbacks = strstr(name, "-ask") ? &callbacks_all
						  : &callbacks_quick,
		.flags = MGM_ACCEPTS_TRANSFERS,
	};

	return client_add(f, name, &r);
}

struct fix_client *fix_igmp(struct fix *f)
{
	const struct mgm_registration r = {
		.size = sizeof(r),
		.protocol = XMGM_OWNER_IGMP,
		.role = MGM_ROLE_IGMP,
		.callbacks = &callbacks_igmp,
	};

	return client_add(f, "igmp", &r);
}

struct fix *fix_new(const struct mgm_limits *limits)
{
	struct fix *f = fix_alloc(sizeof(*f));
	struct hash_node first;

	f->hooks = FIXTURE_HOOKS(f);
	f->hooks.set_read = on_set_read;
	f->hooks.event = on_event;
	f->now = FIX_START;
	f->what = FIX_LOG_ALERTS;
	/* The table has its buckets: inserting cannot fail any more. */
	assert_int_equal(hash_insert(&f->routes, &first, 0), 0);
	hash_remove(&f->routes, &first);
	f->m = mgm_new(&f->hooks, limits, f->now);
	assert_non_null(f->m);
	return f;
}

void fix_free(struct fix *f)
{
	struct hash_node *n, *tmp;
	uint32_t i;

	mgm_free(f->m);
	hash_for_each_safe(&f->routes, n, tmp, i)
		free(hash_entry(n, struct fix_route, node));
	hash_clear(&f->routes);
	for (i = XMGM_SET_FIRST; i < FIX_SETS; i++) {
		if (f->set[i].oifs)
			free(f->set[i].oifs);
	}
	free(f);
}

int fix_setup(void **state)
{
	*state = fix_new(NULL);
	return 0;
}

int fix_teardown(void **state)
{
	fix_check(*state);
	fix_free(*state);
	return 0;
}

void fix_clear(struct fix *f)
{
	f->log_len = 0;
	f->log[0] = '\0';
}

void fix_expect_at(struct fix *f, const char *text, const char *file, int line)
{
	if (strcmp(f->log, text)) {
		print_error("%s:%d: the log is\n%sbut has to be\n%s", file,
			    line, f->log, text);
		_fail(file, line);
	}
	fix_clear(f);
}

void fix_tick(struct fix *f, uint64_t ms)
{
	f->now += ms;
	mgm_tick(f->m, f->now);
}

unsigned int fix_drain(struct fix *f)
{
	unsigned int ticks = 0;

	for (; mgm_deadline(f->m) <= f->now; ticks++)
		fix_tick(f, 0);
	return ticks;
}

void fix_upcall(struct fix *f, uint32_t s, uint32_t g, uint32_t arrival)
{
	static const uint8_t packet[28] = {0x45};

	mgm_upcall(f->m, f->now, sg(s, g), arrival, packet, sizeof(packet));
}

const char *fix_route(struct fix *f, uint32_t s, uint32_t g)
{
	static char text[600];
	const struct fix_route *r = fix_line(f, sg(s, g));

	if (!r)
		return "-";
	snprintf(text, sizeof(text), "%u: %s%s", r->iif, oif_text(f, r->set),
		 flag_text(r->flags));
	return text;
}

void fix_check(struct fix *f)
{
	static uint32_t held[FIX_SETS];
	struct hash_node *n, *tmp;
	uint32_t i;

	memset(held, 0, sizeof(held));
	assert_int_equal(f->uncommitted, 0);
	hash_for_each_safe(&f->routes, n, tmp, i)
		held[hash_entry(n, struct fix_route, node)->set]++;
	held[XMGM_SET_KERNEL] = 0; /* needs no holding */
	for (i = 0; i < FIX_SETS; i++)
		assert_int_equal(held[i], f->set[i].refs);
}

int fix_add(struct fix_client *c, uint32_t ifid, uint32_t s, uint32_t g)
{
	return mgm_membership_add(c->f->m, c->handle, ifid, sg(s, g),
				  MGM_JOIN_STATE);
}

int fix_del(struct fix_client *c, uint32_t ifid, uint32_t s, uint32_t g)
{
	return mgm_membership_del(c->f->m, c->handle, ifid, sg(s, g),
				  MGM_JOIN_STATE);
}

int fix_set(struct fix_client *c, uint32_t ifid, uint32_t g,
	    enum mgm_filter filter, size_t count, ...)
{
	struct in_addr sources[16];
	va_list ap;

	assert_true(count <= 16);
	va_start(ap, count);
	for (size_t i = 0; i < count; i++)
		sources[i] = src_ip(va_arg(ap, unsigned int));
	va_end(ap);
	return v4_membership_set(c->f->m, c->handle, ifid, grp_ip(g), filter,
				 sources, count);
}

int fix_take(struct fix_client *c, uint32_t ifid)
{
	return mgm_interface_take(c->f->m, c->handle, ifid);
}

int fix_transfer(struct fix_client *c, uint32_t ifid,
		 const struct fix_client *to)
{
	return mgm_interface_transfer(c->f->m, c->handle, ifid, to->protocol,
				      to->component);
}

int fix_release(struct fix_client *c, uint32_t ifid)
{
	return mgm_interface_release(c->f->m, c->handle, ifid);
}

int fix_ack(struct fix_client *c, uint32_t ifid)
{
	return mgm_igmp_disabled(c->f->m, c->handle, ifid, c->epoch);
}

int fix_done(struct fix_client *c, uint32_t ifid)
{
	return mgm_replay_complete(c->f->m, c->handle, ifid, c->epoch);
}

void fix_take_shared(struct fix_client *p, struct fix_client *igmp,
		     uint32_t ifid)
{
	if (fix_take(p, ifid) == 0)
		return;
	assert_int_equal(fix_ack(igmp, ifid), 0);
	assert_int_equal(fix_done(igmp, ifid), 0);
}
