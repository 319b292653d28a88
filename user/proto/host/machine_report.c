/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Records into reports. What does not fit any more begins the next report; a
 * list that fits into none is split, or cut where it says what is blocked
 * (RFC 9776 section 4.2.16): the rest of that is let through.
 */
#include "machine_internal.h"

static void transmit(struct machine *m, struct in_addr target,
		     const uint8_t *packet, size_t len)
{
	m->counters.reports++;
	if (m->hooks.send(m->hooks.arg, target, packet, len))
		m->counters.reports_failed++;
}

void machine_flush(struct machine *m)
{
	const struct in_addr target = {IGMP_ALL_V3_ROUTERS};
	size_t len;

	if (!m->out.records)
		return;
	len = report_end(&m->out, m->is.address);
	transmit(m, target, m->out.packet, len);
	m->out.records = 0;
}

void machine_say(struct machine *m, enum igmp_record_type type,
		 struct in_addr group, const struct in_addr *sources,
		 uint32_t count)
{
	bool whole = type == IGMP_IS_EX || type == IGMP_TO_EX;
	uint32_t room;

	if (!m->out.records)
		report_begin(&m->out, m->is.mtu);
	if (report_room(&m->out) < (long)count) {
		machine_flush(m);
		report_begin(&m->out, m->is.mtu);
	}
	room = (uint32_t)report_room(&m->out);
	if (whole && count > room) {
		m->counters.sources_cut++;
		count = room;
	}
	while (count > room) {
		report_add(&m->out, type, group, sources, room);
		sources += room;
		count -= room;
		machine_flush(m);
		report_begin(&m->out, m->is.mtu);
	}
	report_add(&m->out, type, group, sources, count);
}

void machine_say_old(struct machine *m, enum xmgm_igmp_type type,
		     struct in_addr group)
{
	uint8_t packet[REPORT_OLD_BYTES];
	size_t len = report_old_put(type, m->is.address, group, packet);

	transmit(m, report_old_target(type, group), packet, len);
}
