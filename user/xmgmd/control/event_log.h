/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The text of events on its way to monitors: written once, read by each at its
 * own pace, and kept until the slowest has read it. So a hundred monitors cost
 * what one does; how far one may fall behind is the caller's business.
 */
#ifndef XMGM_XMGMD_CONTROL_EVENT_LOG_H
#define XMGM_XMGMD_CONTROL_EVENT_LOG_H

#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

struct event_chunk;

/* All zero but for TAILQ_INIT of chunks. */
struct event_log {
	TAILQ_HEAD(event_chunks, event_chunk) chunks;
	uint64_t end;	/* bytes ever written */
	size_t room;	/* bytes allocated */
	size_t readers; /* without any, nothing is kept */
};

struct event_reader {
	struct event_chunk *chunk;
	size_t offset; /* in chunk */
	uint64_t at;   /* of all bytes ever written */
};

/* A reader begins with what is written from now on. 0 or -ENOMEM. */
int event_log_join(struct event_log *log, struct event_reader *reader);
void event_log_leave(struct event_log *log, struct event_reader *reader);

/* A line; its newline is added. -ENOMEM: nothing has been written. */
int event_log_write(struct event_log *log, const char *line, size_t len);

/*
 * What can be read now, in whole lines; 0 bytes: nothing. It stays where it is
 * until it is done.
 */
size_t event_log_read(struct event_log *log, struct event_reader *reader,
		      const char **text);
void event_log_done(struct event_log *log, struct event_reader *reader,
		    size_t len);

/* How many bytes it is behind. */
uint64_t event_log_behind(const struct event_log *log,
			  const struct event_reader *reader);

#endif /* XMGM_XMGMD_CONTROL_EVENT_LOG_H */
