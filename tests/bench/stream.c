/* SPDX-License-Identifier: GPL-2.0-only */
#include "stream.h"

#include <time.h>

#include "bench.h"
#include "gen.h"

int stream_begin(struct probe_sender *s, const struct xmgm_flow *flows)
{
	const struct timespec settle = {.tv_nsec = 500000000};
	int err = 0;

	for (int i = 0; i < STREAM_FLOWS && !err; i++)
		err = probe_send(s, &flows[i]);
	nanosleep(&settle, NULL);
	return err;
}

int stream_run(struct probe_sender *s, const struct xmgm_flow *flows,
	       int (*step)(void *arg, int packet), void *arg, uint64_t *lost)
{
	const struct timespec settle = {.tv_nsec = 200000000};
	uint64_t start = bench_now_ns();
	uint32_t first = s->next;
	int err = 0;

	for (int i = 0; i < STREAM_PACKETS && !err; i++) {
		probe_wait_until(start +
				 i * (1000000000ull / STREAM_PACKETS_PER_S));
		err = probe_send(s, &flows[i % STREAM_FLOWS]);
		if (!err && step)
			err = step(arg, i);
	}
	nanosleep(&settle, NULL);
	*lost = 0;
	for (uint32_t i = first; i < s->next; i++)
		*lost += !s->lab->arrivals[i].copies;
	return err;
}
