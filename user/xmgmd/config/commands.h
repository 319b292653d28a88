/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What commands say, kept in a journal (lib/journal.h), a line for each
 * statement (said_line.c): written before the command is answered, so that
 * kill -9 takes nothing back, and on the disk a second later. When most of
 * the lines are history, those that count go into a fresh file, a piece in
 * each turn of the loop. The journal also says which interfaces the
 * configuration has attached, so that the next process can detach those that
 * are in no file any more, and which numbers the names of protocols have
 * (protocol_names.h).
 */
#ifndef XMGM_XMGMD_CONFIG_COMMANDS_H
#define XMGM_XMGMD_CONFIG_COMMANDS_H

#include <limits.h>
#include <uv.h>

#include "lib/journal.h"
#include "said.h"

struct daemon;

#define COMMANDS_WHY (JOURNAL_PATH + 192)

/* An interface that the configuration of the run before had attached. */
struct attached {
	struct attached *next;
	char name[XMGM_IFNAME_LEN];
};

/* What another thread does for us, one at a time. */
struct commands_sync {
	uv_work_t work;
	bool busy;
	bool fresh; /* of the file to come: it takes over at the end */
	int fd, directory;
	int error;
};

struct commands {
	struct journal journal;
	bool open;		  /* what is said is written at once */
	char usual[JOURNAL_PATH]; /* where it is if nothing is configured */
	char stale[PATH_MAX];	  /* the journal of another directory */
	struct attached *attached;
	uv_idle_t writer; /* active while a fresh file is written */
	struct commands_sync sync;
	struct said_key at; /* the last one in the fresh file */
	bool begun;	    /* at is one */
	bool written;	    /* all of it, not yet synced */
	uint64_t patience;  /* lines at the last failure: wait for twice */
	int failed;	    /* what has been told */
	char why[COMMANDS_WHY];
};

/* usual: the path where nothing else is configured. */
void commands_init(struct daemon *d, const char *usual);
/* Nothing is said any more; the loop has to end, then close. */
void commands_stop(struct daemon *d);
void commands_close(struct daemon *d);

/* At start: what was said before, in this and in the usual place. */
void commands_load(struct daemon *d);
/* At the end of the start: everything anew, synced, in its place. */
void commands_begin(struct daemon *d);
/* The file has been read again: everything anew, soon. */
void commands_renew(struct daemon *d);
/* Once a second. */
void commands_second(struct daemon *d);

/*
 * Before a command does anything: what it will say can be kept. request: its
 * length. 0, or a negative errno with a sentence in *why. To be released when
 * it has ended.
 */
int commands_reserve(struct daemon *d, size_t request, const char **why);
void commands_release(struct daemon *d, size_t request);

/*
 * A command has done this, NULL: removed it (said_command); it is kept on
 * return. After commands_reserve an error is a disk that fails or a lack of
 * memory: it is done, but the next process will not know.
 */
int commands_say(struct daemon *d, const struct said_key *key,
		 const struct said_value *value, const char **why);
/* The same where nobody waits for an answer: an error is logged. */
void commands_note(struct daemon *d, const struct said_key *key,
		   const struct said_value *value);

/* One more line of what is no command's: it outlives the process, or an error
 * is returned and has been logged. What it says is to be known already. */
int commands_keep(struct daemon *d, const char *line);

/* Had the configuration of the run before attached it, or a VLAN of it? Only at
 * start. */
bool commands_attached(const struct daemon *d, const char *name);
void commands_attached_free(struct daemon *d);

/* Is the state-directory one, or can it be made? Else a sentence in why. */
int commands_check_directory(const char *directory, char why[COMMANDS_WHY]);

#endif /* XMGM_XMGMD_CONFIG_COMMANDS_H */
