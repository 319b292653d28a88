/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * See event_log.h. A list of chunks, each with the number of readers that
 * stand in it; what lies before the first reader is freed. No line crosses
 * the end of a chunk, so what is read is whole lines.
 */
#include "xmgmd/control/event_log.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK 65536u

struct event_chunk {
	TAILQ_ENTRY(event_chunk) link;
	size_t readers;
	size_t filled, room;
	char text[];
};

static void chunk_free(struct event_log *log, struct event_chunk *chunk)
{
	TAILQ_REMOVE(&log->chunks, chunk, link);
	log->room -= sizeof(*chunk) + chunk->room;
	free(chunk);
}

/* What everybody has read; every reader stands in some chunk. */
static void log_trim(struct event_log *log)
{
	struct event_chunk *chunk;

	while ((chunk = TAILQ_FIRST(&log->chunks)) && !chunk->readers)
		chunk_free(log, chunk);
}

static struct event_chunk *chunk_new(struct event_log *log, size_t len)
{
	size_t room = len > CHUNK ? len : CHUNK;
	struct event_chunk *chunk = malloc(sizeof(*chunk) + room);

	if (!chunk)
		return NULL;
	chunk->readers = 0;
	chunk->filled = 0;
	chunk->room = room;
	log->room += sizeof(*chunk) + room;
	TAILQ_INSERT_TAIL(&log->chunks, chunk, link);
	return chunk;
}

int event_log_join(struct event_log *log, struct event_reader *reader)
{
	struct event_chunk *last = TAILQ_LAST(&log->chunks, event_chunks);

	if (!last)
		last = chunk_new(log, 0);
	if (!last)
		return -ENOMEM;
	*reader = (struct event_reader){last, last->filled, log->end};
	last->readers++;
	log->readers++;
	return 0;
}

void event_log_leave(struct event_log *log, struct event_reader *reader)
{
	reader->chunk->readers--;
	*reader = (struct event_reader){0};
	log->readers--;
	log_trim(log);
}

int event_log_write(struct event_log *log, const char *line, size_t len)
{
	struct event_chunk *last = TAILQ_LAST(&log->chunks, event_chunks);

	if (!log->readers)
		return 0;
	if (last->room - last->filled < len + 1)
		last = chunk_new(log, len + 1);
	if (!last)
		return -ENOMEM;
	memcpy(last->text + last->filled, line, len);
	last->text[last->filled + len] = '\n';
	last->filled += len + 1;
	log->end += len + 1;
	return 0;
}

/* On to the next chunk, if this one has been read and will not grow. */
static void reader_step(struct event_log *log, struct event_reader *reader)
{
	struct event_chunk *next = TAILQ_NEXT(reader->chunk, link);

	if (!next || reader->offset < reader->chunk->filled)
		return;
	reader->chunk->readers--;
	reader->chunk = next;
	reader->offset = 0;
	next->readers++;
	log_trim(log);
}

size_t event_log_read(struct event_log *log, struct event_reader *reader,
		      const char **text)
{
	reader_step(log, reader);
	*text = reader->chunk->text + reader->offset;
	return reader->chunk->filled - reader->offset;
}

void event_log_done(struct event_log *log, struct event_reader *reader,
		    size_t len)
{
	reader->offset += len;
	reader->at += len;
	reader_step(log, reader);
}

uint64_t event_log_behind(const struct event_log *log,
			  const struct event_reader *reader)
{
	return log->end - reader->at;
}
