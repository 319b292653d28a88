/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the commands of xmgm share: the table they stand in, the options, the
 * connection to the daemon, and the one way to say that something failed.
 */
#ifndef XMGM_CLI_CLI_H
#define XMGM_CLI_CLI_H

#include <stdbool.h>
#include <stddef.h>
#include <json-c/json.h>

#include "lib/output.h"
#include "lib/rpc_client.h"
#include "plane/plane.h"

enum cli_status {
	CLI_OK = 0,
	CLI_FAILED = 1,
	CLI_USAGE = 2,
	/* Of doctor: the worst that it has found. */
	CLI_WARNING = 3,
	CLI_ERROR = 4,
};

/* Options that belong to single commands. */
enum cli_option {
	CLI_OPTION_MODE = 1,
	CLI_OPTION_ALL = 2,
};

struct cli {
	const char *instance;
	const char *socket; /* path of the control socket */
	struct output out;
	enum plane_mode mode;
	bool all;
	unsigned int options; /* enum cli_option: the ones given */
	const struct command *command;
	struct rpc_client *rpc; /* NULL until connected */
	enum cli_status status; /* what main returns after a failure */
};

/*
 * A command. run gets the words after the command's own and returns 0, or a
 * negative errno after cli_fail or cli_misused.
 */
struct command {
	const char *words[2]; /* the second may be NULL */
	const char *args;     /* as in the usage line, "" for none */
	const char *summary;  /* one line */
	const char *help;     /* more lines, each with its newline */
	const char *examples; /* likewise */
	int (*run)(struct cli *cli, const char *const *args, size_t count);
	size_t min_args, max_args;
	unsigned int options; /* enum cli_option: the ones it takes */
};

#define CLI_ANY ((size_t)-1)

/* The commands in the order in which help lists them; NULL at the end. */
const struct command *command_nth(size_t n);

/*
 * The command that the first words name. 0 with *used words consumed; else
 * the reason is in why: -ENOENT unknown, -ENOTUNIQ ambiguous, -ENODATA the
 * second word is missing.
 */
int command_find(const char *const *words, size_t count,
		 const struct command **found, size_t *used, char why[256]);

/*
 * Says why on stderr, and with -j also as JSON on stdout. Both return code,
 * a negative errno; misused makes the exit status 2.
 */
int cli_fail(struct cli *cli, int code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
int cli_misused(struct cli *cli, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* Says something on stderr that is no failure. */
void cli_note(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* The failure of writing the output itself; 0 stays 0. */
int cli_written(struct cli *cli, int err);

/*
 * Connects unless connected. 0; -ENOTCONN no daemon runs for the instance,
 * nothing has been said; otherwise it has.
 */
int cli_connect(struct cli *cli);
/* Says that no daemon runs and how to start one. Returns -ENOTCONN. */
int cli_no_daemon(struct cli *cli);
/* Connects and calls; failures have been said. params are given away. */
int cli_call(struct cli *cli, const char *method, struct json_object *params,
	     struct json_object **result);
/* The same where only success counts: prints the result only with -j. */
int cli_do(struct cli *cli, const char *method, struct json_object *params);

/* {"key": "value", ...}: pairs end with NULL; a NULL value is left out. */
struct json_object *cli_params(const char *key, ...) __attribute__((sentinel));
struct json_object *cli_list(const char *const *words, size_t count);

/*
 * What is pinned, without a daemon. open: 0 and *plane; -ENOENT nothing is
 * pinned and load is false, nothing said; otherwise it has been.
 */
int direct_open(struct cli *cli, bool load, struct plane **plane);
/* Detaches everything and removes the pins. Nothing there is no failure. */
int direct_destroy(struct cli *cli);
int direct_interfaces(struct plane *plane, struct json_object **rows);
int direct_routes(struct plane *plane, struct json_object **rows);
int direct_stats(struct plane *plane, struct json_object **stats);

int attach_run(struct cli *cli, const char *const *args, size_t count);
int detach_run(struct cli *cli, const char *const *args, size_t count);
int show_interfaces_run(struct cli *cli, const char *const *args, size_t count);
int show_groups_detail(struct cli *cli);
int show_groups_run(struct cli *cli, const char *const *args, size_t count);
int show_igmp_run(struct cli *cli, const char *const *args, size_t count);
int show_dvmrp_run(struct cli *cli, const char *const *args, size_t count);
int show_proxy_run(struct cli *cli, const char *const *args, size_t count);
int show_mroute_run(struct cli *cli, const char *const *args, size_t count);
int show_rpf_run(struct cli *cli, const char *const *args, size_t count);
int show_protocols_run(struct cli *cli, const char *const *args, size_t count);
int show_stats_run(struct cli *cli, const char *const *args, size_t count);
int show_config_run(struct cli *cli, const char *const *args, size_t count);
int mroute_add_run(struct cli *cli, const char *const *args, size_t count);
int mroute_del_run(struct cli *cli, const char *const *args, size_t count);
int rpf_add_run(struct cli *cli, const char *const *args, size_t count);
int rpf_del_run(struct cli *cli, const char *const *args, size_t count);
int clear_groups_run(struct cli *cli, const char *const *args, size_t count);
int join_run(struct cli *cli, const char *const *args, size_t count);
int leave_run(struct cli *cli, const char *const *args, size_t count);
int owner_take_run(struct cli *cli, const char *const *args, size_t count);
int owner_release_run(struct cli *cli, const char *const *args, size_t count);
int doctor_run(struct cli *cli, const char *const *args, size_t count);
int debug_run(struct cli *cli, const char *const *args, size_t count);
int monitor_run(struct cli *cli, const char *const *args, size_t count);

#endif /* XMGM_CLI_CLI_H */
