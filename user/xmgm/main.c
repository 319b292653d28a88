/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * xmgm, the command line: options, the command's table row, its function, and
 * the exit status: 0 done, 1 failed, 2 used wrongly.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/cmdline.h"
#include "xmgm/args.h"
#include "xmgm/cli.h"

#define MAIN_SOCKET   "/run/xmgm/%s.sock"
#define SHORT_OPTIONS ":i:s:jhV"

enum { OPT_MODE = 256, OPT_ALL };

static const struct option options[] = {
	{"instance", required_argument, NULL, 'i'},
	{"socket", required_argument, NULL, 's'},
	{"json", no_argument, NULL, 'j'},
	{"help", no_argument, NULL, 'h'},
	{"version", no_argument, NULL, 'V'},
	{"mode", required_argument, NULL, OPT_MODE},
	{"all", no_argument, NULL, OPT_ALL},
	{NULL, 0, NULL, 0},
};

static const char *const modes[] = {PLANE_MODE_NAMES};

struct request {
	bool help;
	bool version;
};

static void print_usage(FILE *file)
{
	const struct command *c;
	char line[80];
	size_t i;

	fputs("usage: xmgm [-i INSTANCE] [-j] [-s SOCKET] COMMAND\n\n", file);
	for (i = 0; (c = command_nth(i)); i++) {
		snprintf(line, sizeof(line), "%s%s%s %s", c->words[0],
			 c->words[1] ? " " : "", c->words[1] ? c->words[1] : "",
			 c->args);
		if (strlen(line) > 30)
			fprintf(file, "  %s\n  %-30s  %s\n", line, "",
				c->summary);
		else
			fprintf(file, "  %-30s  %s\n", line, c->summary);
	}
	fputs("\n"
	      "  -i, --instance NAME  the router to talk to (main)\n"
	      "  -j, --json           print JSON\n"
	      "  -s, --socket PATH    its control socket "
	      "(/run/xmgm/INSTANCE.sock)\n"
	      "  -h, --help           this, or help on a command\n"
	      "  -V, --version        the version\n"
	      "\n"
	      "Words may be shortened: `xmgm sh mr` is `xmgm show mroute`.\n",
	      file);
}

static void print_help(const struct command *c)
{
	const char *line, *end;

	printf("usage: xmgm [-i INSTANCE] [-j] %s%s%s %s\n\n%s\n", c->words[0],
	       c->words[1] ? " " : "", c->words[1] ? c->words[1] : "", c->args,
	       c->summary);
	if (*c->help)
		printf("\n%s", c->help);
	printf("\nExamples:\n");
	for (line = c->examples; *line; line = end + 1) {
		end = strchr(line, '\n');
		printf("  %.*s\n", (int)(end - line), line);
	}
}

static int set_mode(struct cli *cli, const char *word)
{
	size_t i;

	for (i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		if (!strcmp(modes[i], word)) {
			cli->mode = (enum plane_mode)i;
			cli->options |= CLI_OPTION_MODE;
			return 0;
		}
	}
	return cli_misused(
		cli, "unknown mode '%s': it is native, generic or auto", word);
}

static int set_instance(struct cli *cli, const char *name)
{
	struct args_why why;

	if (args_check_instance(name, &why))
		return cli_misused(cli, "%s", why.text);
	cli->instance = name;
	return 0;
}

static int get_option(struct cli *cli, struct request *request, int option)
{
	switch (option) {
	case 'i':
		return set_instance(cli, optarg);
	case 's':
		cli->socket = optarg;
		return 0;
	case 'j':
		cli->out.json = true;
		return 0;
	case 'h':
		request->help = true;
		return 0;
	case 'V':
		request->version = true;
		return 0;
	case OPT_MODE:
		return set_mode(cli, optarg);
	case OPT_ALL:
		cli->all = true;
		cli->options |= CLI_OPTION_ALL;
		return 0;
	default:
		return -EINVAL;
	}
}

/* Why getopt_long has answered ':' or '?'. */
static int refuse_option(struct cli *cli, int answer, const char *given)
{
	if (answer == ':')
		return cli_misused(cli, "option '%s' needs a value", given);
	if (optopt < OPT_MODE && !strchr(SHORT_OPTIONS, optopt))
		return cli_misused(cli,
				   "unknown option '-%c'; `xmgm -h` lists them",
				   optopt);
	return cli_misused(cli, "option '%.*s' takes no value",
			   (int)strcspn(given, "="), given);
}

static int refuse_unknown(struct cli *cli, char *const *argv)
{
	const char *unknown = cmdline_unknown_option(argv, options);

	if (!unknown)
		return 0;
	return cli_misused(cli, "unknown option '%s'; `xmgm -h` lists them",
			   unknown);
}

/* Options are read first, so that a refusal is JSON if -j asks for it. */
static int get_options(struct cli *cli, struct request *request, int argc,
		       char **argv)
{
	int option, err;

	opterr = 0;
	while ((option = getopt_long(argc, argv, SHORT_OPTIONS, options,
				     NULL)) != -1) {
		if (option == ':' || option == '?') {
			err = refuse_unknown(cli, argv);
			return err ? err
				   : refuse_option(cli, option,
						   argv[optind - 1]);
		}
		err = get_option(cli, request, option);
		if (err)
			return err;
	}
	return refuse_unknown(cli, argv);
}

/* Options and number of words fit the command. */
static int check_use(struct cli *cli, size_t count)
{
	const struct command *c = cli->command;
	const char *second = c->words[1] ? c->words[1] : "";
	const char *space = c->words[1] ? " " : "";

	if (cli->options & ~c->options)
		return cli_misused(cli, "'%s%s%s' takes no %s", c->words[0],
				   space, second,
				   cli->options & ~c->options & CLI_OPTION_MODE
					   ? "--mode"
					   : "--all");
	if (count < c->min_args)
		return cli_misused(cli, "'%s%s%s' needs more words: %s",
				   c->words[0], space, second, c->args);
	if (count > c->max_args && !*c->args)
		return cli_misused(cli, "'%s%s%s' takes no further words",
				   c->words[0], space, second);
	if (count > c->max_args)
		return cli_misused(cli, "'%s%s%s' takes fewer words: %s",
				   c->words[0], space, second, c->args);
	return 0;
}

static int run(struct cli *cli, const struct request *request,
	       const char *const *words, size_t count)
{
	char why[256] = "";
	size_t used;
	int err;

	if (request->version) {
		printf("xmgm %s\n", XMGM_VERSION);
		return 0;
	}
	if (!count) {
		print_usage(request->help ? stdout : stderr);
		cli->status = CLI_USAGE;
		return request->help ? 0 : -EINVAL;
	}
	if (command_find(words, count, &cli->command, &used, why))
		return cli_misused(cli, "%s", why);
	if (request->help) {
		print_help(cli->command);
		return 0;
	}
	err = check_use(cli, count - used);
	if (err)
		return err;
	return cli->command->run(cli, words + used, count - used);
}

int main(int argc, char **argv)
{
	struct cli cli = {.instance = "main", .mode = PLANE_AUTO};
	struct request request = {.help = false};
	char path[sizeof(MAIN_SOCKET) + XMGM_INSTANCE_LEN];
	int err;

	output_init(&cli.out, stdout, false);
	err = get_options(&cli, &request, argc, argv);
	if (!cli.socket)
		cli.socket = getenv("XMGM_SOCKET");
	if (!cli.socket || !*cli.socket) {
		snprintf(path, sizeof(path), MAIN_SOCKET, cli.instance);
		cli.socket = path;
	}
	if (!err)
		err = run(&cli, &request, (const char *const *)argv + optind,
			  (size_t)(argc - optind));
	rpc_client_close(cli.rpc);
	if (!err && fflush(stdout))
		err = cli_fail(&cli, -EIO, "standard output: %s",
			       strerror(errno));
	return err ? (int)cli.status : CLI_OK;
}
