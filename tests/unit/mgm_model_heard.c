/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Compares what the clients of a step have heard with what the model has them
 * hear.
 */
#include "mgm_model_play.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <cmocka.h>

static int alert_compare(const void *a, const void *b)
{
	const struct model_alert *x = a, *y = b;
	const int64_t differ[] = {
		(int64_t)x->type - y->type,	(int64_t)x->who - y->who,
		(int64_t)x->source - y->source, (int64_t)x->group - y->group,
		(int64_t)x->prefix - y->prefix, (int64_t)x->ifid - y->ifid,
		(int64_t)x->mfe - y->mfe,	(int64_t)x->epoch - y->epoch,
		(int64_t)x->result - y->result,
	};

	for (size_t i = 0; i < sizeof(differ) / sizeof(differ[0]); i++) {
		if (differ[i])
			return differ[i] < 0 ? -1 : 1;
	}
	return 0;
}

const char *alert_text(const struct model_alert *a)
{
	static const char *const names[] = {
		"local-join", "join",		"prune",       "local-leave",
		"ownership",  "disable",	"enable",      "rpf",
		"creation",   "wrong-if",	"local-block", "local-unblock",
		"interface",  "interface gone", "made",	       "deleted"};
	static char text[120];

	snprintf(text, sizeof(text), "client %d %s (%u,%u) /%u on %u%s %u %d",
		 a->who, names[a->type], a->source, a->group, a->prefix,
		 a->ifid, a->mfe ? " mfe" : "", a->epoch, a->result);
	return text;
}

static struct model_request *request_of(struct model_request *list,
					const struct model_alert *a)
{
	for (int i = 0; i < MAX_REQUEST; i++) {
		struct model_request *r = &list[i];

		if (r->open && r->who == a->who && r->source == a->source &&
		    r->group == a->group && r->rpf == (a->type == SAY_RPF))
			return r;
	}
	return NULL;
}

bool request_seen(struct play *p, const struct model_alert *a, uint64_t token)
{
	struct model_request *r = request_of(p->w.request, a);

	if (r && token)
		r->token = token;
	return r;
}

/* In order of the classes; the tokens of requests are known from here. */
static void alerts_order(struct play *p)
{
	/* Which are as the first of them; the others come last. */
	static const enum model_type classes[] = {
		[SAY_LOCAL_JOIN] = SAY_LOCAL_JOIN,
		[SAY_LOCAL_UNBLOCK] = SAY_LOCAL_JOIN,
		[SAY_JOIN] = SAY_JOIN,
		[SAY_PRUNE] = SAY_PRUNE,
		[SAY_LOCAL_LEAVE] = SAY_LOCAL_LEAVE,
		[SAY_LOCAL_BLOCK] = SAY_LOCAL_LEAVE,
		[SAY_OWNERSHIP] = SAY_OWNERSHIP,
		[SAY_INTERFACE] = SAY_INTERFACE,
		[SAY_INTERFACE_GONE] = SAY_INTERFACE,
		[SAY_MADE] = SAY_MADE,
		[SAY_DELETED] = SAY_MADE,
		[SAY_DISABLE] = SAY_REQUEST,
		[SAY_ENABLE] = SAY_REQUEST,
		[SAY_RPF] = SAY_REQUEST,
		[SAY_CREATION] = SAY_REQUEST,
		[SAY_WRONG_IF] = SAY_REQUEST,
	};
	enum model_type last = SAY_LOCAL_JOIN;

	for (unsigned int i = 0; i < p->alerts; i++) {
		const struct model_alert *a = &p->alert[i];
		enum model_type class = classes[a->type];

		if (class < last && !p->insides && !p->sliced)
			difference("not in order: %s", alert_text(a));
		last = class;
		if (a->type == SAY_RPF || a->type == SAY_CREATION)
			request_seen(p, a, p->token[i]);
	}
}

static bool told_before(const struct model_alert *a,
			const struct model_alert *list, unsigned int count)
{
	for (unsigned int i = 0; i < count; i++) {
		if (!alert_compare(a, &list[i]))
			return true;
	}
	return false;
}

bool told_of_open(const struct play *p, const struct model_alert *a)
{
	const bool mfe = a->mfe || a->type == SAY_MADE ||
			 a->type == SAY_DELETED || a->type == SAY_RPF ||
			 a->type == SAY_CREATION;

	return mfe && p->open[a->source][a->group];
}

/* Of what is work in slices, or in the order in which routes came. */
static bool deletion_loose(const struct play *p, const struct model_alert *a)
{
	return a->type == SAY_DELETED &&
	       (p->sliced || p->w.been[a->source][a->group].loose);
}

bool deletion_told(const struct model_alert *a, const struct model_alert *list,
		   unsigned int count)
{
	for (unsigned int i = 0; i < count; i++) {
		if (list[i].type == SAY_DELETED && list[i].who == a->who &&
		    list[i].source == a->source && list[i].group == a->group)
			return true;
	}
	return false;
}

/*
 * An entry that is deleted later may have lost oifs before, whose owners are
 * then not told, and its interfaces may have got others, who are.
 */
static void deletions_check(struct play *p)
{
	for (unsigned int i = 0; i < p->alerts; i++) {
		const struct model_alert *a = &p->alert[i];

		if (!deletion_loose(p, a))
			continue;
		if (!model_deletion_may(&p->w, a))
			difference("must not be: %s", alert_text(a));
		if (deletion_told(a, p->alert, i))
			difference("twice: %s", alert_text(a));
	}
	for (unsigned int i = 0; i < p->w.alerts; i++) {
		const struct model_alert *a = &p->w.alert[i];

		if (deletion_loose(p, a) && !told_of_open(p, a) &&
		    model_deletion_must(&p->w, a) &&
		    !deletion_told(a, p->alert, p->alerts))
			difference("missing: %s", alert_text(a));
	}
}

static bool asked(const struct play *p, const struct model_alert *a)
{
	for (unsigned int i = 0; i < p->alerts; i++) {
		const struct model_alert *b = &p->alert[i];

		if (b->type == a->type && b->who == a->who &&
		    b->source == a->source && b->group == a->group)
			return true;
	}
	return false;
}

/*
 * A route went elsewhere and came back before slices had come to it: nobody is
 * asked, or is asked still what he was before.
 */
static void request_drop(struct play *p, const struct model_alert *a)
{
	struct model_request *is = request_of(p->w.request, a);
	const struct model_request *was = request_of(p->was_request, a);

	if (!p->sliced || !is || a->type != SAY_RPF || asked(p, a) ||
	    p->w.rib[a->source] != p->was_rib[a->source])
		return;
	if (was)
		*is = *was;
	else
		is->open = false;
}

/*
 * In slices an RPF question may be put, or not, before what it was about has
 * changed once more.
 */
static bool told_of_slices(struct play *p, const struct model_alert *a,
			   const struct model_alert *before, unsigned int count)
{
	bool again = told_before(a, before, count);

	switch (a->type) {
	case SAY_RPF:
		return again || !request_seen(p, a, 0);
	case SAY_INTERFACE:
		return again;
	default:
		return false;
	}
}

static unsigned int alerts_tidy(struct play *p, struct model_alert *list,
				unsigned int count)
{
	unsigned int kept = 0;

	for (unsigned int i = 0; i < count; i++) {
		if (told_of_open(p, &list[i]) || deletion_loose(p, &list[i]) ||
		    (p->sliced && told_of_slices(p, &list[i], list, kept)))
			continue;
		list[kept++] = list[i];
	}
	return kept;
}

void alerts_print(const char *title, const struct model_alert *list,
		  unsigned int count)
{
	for (unsigned int i = 0; i < count; i++)
		print_error("  %s %s\n", title, alert_text(&list[i]));
}

void check_alerts(struct play *p)
{
	struct model_alert *want = p->w.alert, *got = p->alert;

	alerts_order(p);
	for (unsigned int i = 0; i < p->w.alerts; i++)
		request_drop(p, &want[i]);
	if (p->burst) {
		check_burst(p);
		return;
	}
	deletions_check(p);
	p->w.alerts = alerts_tidy(p, want, p->w.alerts);
	p->alerts = alerts_tidy(p, got, p->alerts);
	qsort(want, p->w.alerts, sizeof(*want), alert_compare);
	qsort(got, p->alerts, sizeof(*got), alert_compare);
	for (unsigned int i = 0; i < p->w.alerts || i < p->alerts; i++) {
		int order;

		if (i == p->w.alerts)
			order = 1;
		else if (i == p->alerts)
			order = -1;
		else
			order = alert_compare(&want[i], &got[i]);
		if (order) {
			alerts_print("wanted:", want, p->w.alerts);
			alerts_print("heard:", got, p->alerts);
		}
		if (order < 0)
			difference("missing: %s", alert_text(&want[i]));
		if (order > 0)
			difference("unexpected: %s", alert_text(&got[i]));
	}
}
