/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Treatments: which of them an MFE has. There are few, so a flow is compared
 * with one after the other, what says most of it first, when its MFE is
 * evaluated. What they are is the plane's business.
 */
#include "mgm/internal.h"

static bool covers(const struct mgm_prefix *wide,
		   const struct mgm_prefix *narrow)
{
	return !wide->length ||
	       (wide->length <= narrow->length &&
		address_in_prefix(&narrow->address, &wide->address,
				  wide->length));
}

uint8_t treatment_of(const struct mgm *m, const struct mfe *mfe)
{
	struct mgm_sg sg;

	if (!m->treatment_count)
		return 0;
	sg = mfe_sg(mfe);
	for (size_t i = 0; i < m->treatment_count; i++) {
		const struct mgm_treatment *t = &m->treatments[i];

		if (covers(&t->sg.group, &sg.group) &&
		    covers(&t->sg.source, &sg.source))
			return t->number;
	}
	return 0;
}

bool treatments_of_sources(const struct mgm *m, const struct mgm_prefix *group)
{
	for (size_t i = 0; i < m->treatment_count; i++) {
		const struct mgm_treatment *t = &m->treatments[i];

		if (!covers(&t->sg.group, group))
			continue;
		if (t->per_flow || t->sg.source.length)
			return true;
	}
	return false;
}

static int compare(const void *a, const void *b)
{
	const struct mgm_treatment *x = a, *y = b;
	int more = (int)y->sg.group.length - (int)x->sg.group.length;

	return more ? more
		    : (int)y->sg.source.length - (int)x->sg.source.length;
}

int mgm_treatments_set(struct mgm *m, uint64_t now_ms,
		       const struct mgm_treatment *treatments, size_t count)
{
	struct mgm_treatment *copy = NULL;

	core_enter(m);
	core_time(m, now_ms);
	if (count > MGM_TREATMENTS)
		return core_leave(m, -ENOSPC);
	if (count) {
		copy = malloc(count * sizeof(*copy));
		if (!copy)
			return core_leave(m, -ENOMEM);
		memcpy(copy, treatments, count * sizeof(*copy));
		qsort(copy, count, sizeof(*copy), compare);
	}
	free(m->treatments);
	m->treatments = copy;
	m->treatment_count = count;
	walk_mfes(m);
	return core_leave(m, 0);
}
