/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What may pass an interface: scope boundaries and filters, as rules in order
 * of which the first that fits decides (core.h). They are asked when an MFE is
 * evaluated, never for a packet: what may not come in is negative, where it
 * may not go out is no oif. A membership whose flows may not go out to it, not
 * one of them, is not pulled for.
 */
#include "mgm/internal.h"

static bool prefix_within(const struct mgm_prefix *wide,
			  const struct mgm_prefix *narrow)
{
	return wide->length <= narrow->length &&
	       address_in_prefix(&narrow->address, &wide->address,
				 wide->length);
}

/* `any` is of either family. */
static bool covers(const struct mgm_prefix *wide,
		   const struct mgm_prefix *narrow)
{
	return !wide->length || prefix_within(wide, narrow);
}

static bool overlaps(const struct mgm_prefix *a, const struct mgm_prefix *b)
{
	return covers(a, b) || covers(b, a);
}

/*
 * Of a flow each rule has all or nothing. Of more than one flow a rule may have
 * a part: if it lets that pass, not all is denied.
 */
bool rule_denies(const struct iface *ifc, unsigned int direction,
		 const struct mgm_sg *sg)
{
	const struct link *link = ifc->link;

	for (uint32_t i = 0; link && i < link->rule_count; i++) {
		const struct mgm_rule *r = &link->rules[i];
		bool deny = r->flags & MGM_RULE_DENY;

		if (!(r->flags & direction) ||
		    !overlaps(&r->sg.group, &sg->group) ||
		    !overlaps(&r->sg.source, &sg->source))
			continue;
		if (!deny)
			return false;
		if (covers(&r->sg.group, &sg->group) &&
		    covers(&r->sg.source, &sg->source))
			return true;
	}
	return false;
}

bool mfe_denied(const struct mfe *mfe, const struct iface *ifc,
		unsigned int direction)
{
	struct mgm_sg sg;

	if (!ifc->link || !ifc->link->rule_count)
		return false;
	sg = mfe_sg(mfe);
	return rule_denies(ifc, direction, &sg);
}

bool rule_chooses(const struct mgm *m, const struct mgm_prefix *group)
{
	const struct iface *ifc;

	TAILQ_FOREACH(ifc, &m->choosy, choosy_link) {
		for (uint32_t i = 0; i < ifc->link->rule_count; i++) {
			const struct mgm_sg *sg = &ifc->link->rules[i].sg;

			if (sg->source.length && overlaps(&sg->group, group))
				return true;
		}
	}
	return false;
}

bool rules_same(const struct link *a, const struct link *b)
{
	return a->rule_count == b->rule_count &&
	       !memcmp(a->rules, b->rules, a->rule_count * sizeof(a->rules[0]));
}

static bool is_choosy(const struct iface *ifc)
{
	for (uint32_t i = 0; ifc->link && i < ifc->link->rule_count; i++) {
		if (ifc->link->rules[i].sg.source.length)
			return true;
	}
	return false;
}

void rules_changed(struct mgm *m, struct iface *ifc)
{
	if (ifc->choosy)
		TAILQ_REMOVE(&m->choosy, ifc, choosy_link);
	ifc->choosy = is_choosy(ifc);
	if (ifc->choosy)
		TAILQ_INSERT_TAIL(&m->choosy, ifc, choosy_link);
	walk_mfes(m);
	iface_mark_alerts(m, ifc);
}
