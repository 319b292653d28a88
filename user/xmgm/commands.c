/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The table of commands: their words, what they take, what `-h` says about
 * them. A new command is a row here and a function in a file of its family.
 */
#include "xmgm/cli.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "xmgm/words.h"

static const struct command commands[] = {
	{
		.words = {"attach"},
		.args = "IFACE... [--mode native|generic|auto]",
		.summary = "attach XDP to interfaces",
		.help = "Loads the programs, pins them and their maps below\n"
			"/sys/fs/bpf/xmgm/INSTANCE and attaches the ingress\n"
			"program to each IFACE. Works with and without xmgmd;\n"
			"attaching twice is no error. auto asks the driver\n"
			"for native XDP and falls back to generic loudly.\n",
		.examples = "xmgm attach eth0 eth1\n"
			    "xmgm attach eth0 --mode native\n",
		.run = attach_run,
		.min_args = 1,
		.max_args = CLI_ANY,
		.options = CLI_OPTION_MODE,
	},
	{
		.words = {"detach"},
		.args = "IFACE... | --all",
		.summary = "detach XDP from interfaces",
		.help = "Takes the ingress program off each IFACE, or off\n"
			"every interface of the instance, and clears ALLMULTI\n"
			"where attach had set it. Works without xmgmd.\n",
		.examples = "xmgm detach eth1\n"
			    "xmgm detach --all\n",
		.run = detach_run,
		.max_args = CLI_ANY,
		.options = CLI_OPTION_ALL,
	},
	{
		.words = {"show", "interfaces"},
		.args = "[detail]",
		.summary = "interfaces, their owners, gates and problems",
		.help = "Without xmgmd: what the maps say. detail: the\n"
			"device or trunk, VLAN, path of copies and the XDP\n"
			"features of the driver.\n",
		.max_args = 1,
		.examples = "xmgm show interfaces\n"
			    "xmgm show interfaces detail\n"
			    "xmgm -j show interfaces | jq '.[].problems'\n",
		.run = show_interfaces_run,
	},
	{
		.words = {"show", "groups"},
		.args = "[detail]",
		.summary = "who listens to what, on which interface",
		.help = "Memberships from IGMP and static ones. A source\n"
			"marked with '-' is one that is not forwarded. "
			"detail:\n"
			"with timers, and the hosts that listen.\n",
		.examples = "xmgm show groups\n"
			    "xmgm show groups detail\n",
		.run = show_groups_run,
		.max_args = 1,
	},
	{
		.words = {"show", "igmp"},
		.args = "[IFACE]",
		.summary = "IGMP's querier, timers, values and counters",
		.help = "All interfaces with IGMP, or one. A value is\n"
			"configured, or adopted from the querier. With -j\n"
			"counters that are 0 are there as well.\n",
		.examples = "xmgm show igmp eth1\n"
			    "xmgm -j show igmp | jq '.[].counters.refused'\n",
		.run = show_igmp_run,
		.max_args = 1,
	},
	{
		.words = {"show", "proxy"},
		.args = "[IFACE]",
		.summary =
			"upstreams of the IGMP proxy and what is asked there",
		.help = "All upstreams, or one: its state, the groups it is\n"
			"configured for and serves now, the querier there and\n"
			"the version spoken to it, and each group that is\n"
			"reported, the first 1000.\n",
		.examples = "xmgm show proxy\n"
			    "xmgm -j show proxy eth0 | jq '.[].host.groups'\n",
		.run = show_proxy_run,
		.max_args = 1,
	},
	{
		.words = {"show", "dvmrp"},
		.args = "neighbors|routes|prunes|interfaces",
		.summary = "what DVMRP knows",
		.help = "neighbors: the routers heard; routes: where sources\n"
			"are, who forwards on each interface (an address: not\n"
			"this router) and how many depend on it there;\n"
			"prunes: source networks and groups, with what was\n"
			"pruned upstream and by whom downstream; interfaces:\n"
			"where it runs, with -j its counters as well.\n",
		.examples = "xmgm show dvmrp neighbors\n"
			    "xmgm -j show dvmrp interfaces | "
			    "jq '.[].counters'\n",
		.run = show_dvmrp_run,
		.min_args = 1,
		.max_args = 1,
	},
	{
		.words = {"show", "mroute"},
		.args = "[SOURCE GROUP]",
		.summary = "the forwarding cache with its counters",
		.help = "One line for each (S,G); SOURCE '*' names a (*,G)\n"
			"line. Without xmgmd: what the maps say.\n",
		.examples = "xmgm show mroute\n"
			    "xmgm show mroute 10.0.0.1 239.1.1.1\n"
			    "xmgm -j show mroute '*' 239.2.2.2\n",
		.run = show_mroute_run,
		.max_args = 2,
	},
	{
		.words = {"show", "rpf"},
		.args = "SOURCE",
		.summary = "by which route SOURCE has to come, and why",
		.help = "The best route first, then those that lost, and by\n"
			"what: their distance, the number of their protocol,\n"
			"their prefix, or because the interface is down.\n",
		.examples = "xmgm show rpf 10.0.0.1\n"
			    "xmgm -j show rpf 10.0.0.1 | jq '.[0].interface'\n",
		.run = show_rpf_run,
		.min_args = 1,
		.max_args = 1,
	},
	{
		.words = {"show", "protocols"},
		.args = "",
		.summary = "clients of the manager and what they own",
		.help = "",
		.examples = "xmgm show protocols\n",
		.run = show_protocols_run,
	},
	{
		.words = {"show", "stats"},
		.args = "",
		.summary = "why packets were treated as they were",
		.help = "A counter for each verdict of the XDP programs, and\n"
			"those of the daemon. Without xmgmd: what the maps\n"
			"say.\n",
		.examples = "xmgm show stats\n"
			    "xmgm -j show stats | jq .verdicts.forwarded\n",
		.run = show_stats_run,
	},
	{
		.words = {"show", "config"},
		.args = "",
		.summary = "the configuration the daemon runs with",
		.help = "",
		.examples = "xmgm show config\n",
		.run = show_config_run,
	},
	{
		.words = {"mroute", "add"},
		.args = "SOURCE GROUP from IFACE to IFACE...",
		.summary = "add or change a static route",
		.help = "SOURCE may be '*': any source that has no line of\n"
			"its own. Both may be prefixes: each flow in them "
			"gets\n"
			"a line with its first packet, by the longest prefix\n"
			"of groups, then of sources. Changing a route loses no "
			"packet and keeps\n"
			"its counters. The route lives until `mroute del`;\n"
			"put it into xmgmd.conf to keep it.\n",
		.examples = "xmgm mroute add 10.0.0.1 239.1.1.1 "
			    "from eth0 to eth1 eth2\n"
			    "xmgm mroute add '*' 239.2.2.2 from eth0 to eth1\n"
			    "xmgm mroute add 10.0.0.0/8 239.3.0.0/16 "
			    "from eth0 to eth1\n",
		.run = mroute_add_run,
		.min_args = 2,
		.max_args = CLI_ANY,
	},
	{
		.words = {"mroute", "del"},
		.args = "SOURCE GROUP",
		.summary = "remove a static route",
		.help = "",
		.examples = "xmgm mroute del 10.0.0.1 239.1.1.1\n"
			    "xmgm mroute del 10.0.0.0/8 239.3.0.0/16\n",
		.run = mroute_del_run,
		.min_args = 2,
		.max_args = 2,
	},
	{
		.words = {"rpf", "add"},
		.args = "PREFIX [via ADDRESS] [dev IFACE] [distance N]",
		.summary = "add or change a static route to sources",
		.help = "Packets of sources in PREFIX have to come from the\n"
			"next hop ADDRESS, or directly from IFACE. Without\n"
			"dev: by the interface whose subnet has ADDRESS. Of\n"
			"several protocols the lowest distance counts: 1 for\n"
			"static routes, 200 for the kernel's, 0 for what is\n"
			"connected.\n",
		.examples = "xmgm rpf add 10.0.0.0/8 via 10.1.0.9\n"
			    "xmgm rpf add 10.9.0.0/16 dev eth0 distance 210\n",
		.run = rpf_add_run,
		.min_args = 3,
		.max_args = 7,
	},
	{
		.words = {"rpf", "del"},
		.args = "PREFIX",
		.summary = "remove a static route to sources",
		.help = "",
		.examples = "xmgm rpf del 10.0.0.0/8\n",
		.run = rpf_del_run,
		.min_args = 1,
		.max_args = 1,
	},
	{
		.words = {"join"},
		.args = "IFACE GROUP [SOURCE]",
		.summary = "forward GROUP to IFACE although nobody asked",
		.help = "A static membership. With SOURCE only that sender.\n"
			"One of both may be a prefix; GROUP '*' is any.\n",
		.examples = "xmgm join eth1 239.1.1.1\n"
			    "xmgm join eth1 232.1.1.1 10.0.0.1\n"
			    "xmgm join eth1 239.1.0.0/16\n",
		.run = join_run,
		.min_args = 2,
		.max_args = 3,
	},
	{
		.words = {"leave"},
		.args = "IFACE GROUP [SOURCE]",
		.summary = "take a static membership back",
		.help = "Hosts that joined by IGMP go on receiving.\n",
		.examples = "xmgm leave eth1 239.1.1.1\n"
			    "xmgm leave eth1 239.1.0.0/16\n",
		.run = leave_run,
		.min_args = 2,
		.max_args = 3,
	},
	{
		.words = {"clear", "groups"},
		.args = "[IFACE]",
		.summary = "forget what hosts have reported, ask them anew",
		.help = "Until they answer, their groups are not forwarded.\n"
			"Static memberships stay.\n",
		.examples = "xmgm clear groups\n"
			    "xmgm clear groups eth1\n",
		.run = clear_groups_run,
		.max_args = 1,
	},
	{
		.words = {"owner", "take"},
		.args = "IFACE PROTOCOL",
		.summary = "make PROTOCOL the owner of IFACE",
		.help = "Where IGMP runs, this is the handshake: IGMP is\n"
			"disabled, the owner changes, IGMP is enabled. The\n"
			"command returns when it has ended.\n",
		.examples = "xmgm owner take eth1 static\n",
		.run = owner_take_run,
		.min_args = 2,
		.max_args = 2,
	},
	{
		.words = {"owner", "release"},
		.args = "IFACE PROTOCOL",
		.summary = "let PROTOCOL give IFACE back",
		.help = "What only PROTOCOL wanted is no longer forwarded\n"
			"there; what hosts asked for by IGMP goes on.\n",
		.examples = "xmgm owner release eth1 static\n",
		.run = owner_release_run,
		.min_args = 2,
		.max_args = 2,
	},
	{
		.words = {"monitor"},
		.args = "",
		.summary = "events as they happen, until ^C",
		.help = "Owners, gates, joins and leaves, routes, links and\n"
			"problems; one line each, with -j one object each.\n",
		.examples = "xmgm monitor\n"
			    "xmgm -j monitor | jq -c "
			    "'select(.event == \"owner\")'\n",
		.run = monitor_run,
	},
	{
		.words = {"doctor"},
		.args = "[IFACE...]",
		.summary = "what is wrong with this machine, and its remedy",
		.help = "Looks at the kernel, other multicast routers, and\n"
			"each IFACE (those that the router has, without a\n"
			"router all but loopback), and changes nothing. Exit\n"
			"status: 0 all is well, 3 there are warnings, 4 there\n"
			"are errors.\n",
		.examples = "xmgm doctor\n"
			    "xmgm doctor eth0 eth1\n",
		.run = doctor_run,
		.max_args = CLI_ANY,
	},
	{
		.words = {"debug"},
		.args = "[TOPIC[,TOPIC...] on|off]",
		.summary = "what the daemon traces in its log",
		.help = "Without words: the topics, and which are on. One "
			"line\n"
			"for each event, packet, request and so on of a topic\n"
			"comes in the daemon's log until it is switched off.\n",
		.examples = "xmgm debug\n"
			    "xmgm debug igmp,mgm on\n"
			    "xmgm debug igmp off\n",
		.run = debug_run,
		.max_args = 2,
	},
};

#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

const struct command *command_nth(size_t n)
{
	return n < COMMANDS ? &commands[n] : NULL;
}

/* The first words of all commands, or the second words after `first`. */
static struct words words_after(const char *first)
{
	struct words words = {.count = 0};
	const char *word;
	size_t i;

	for (i = 0; i < COMMANDS; i++) {
		word = commands[i].words[first ? 1 : 0];
		if (first && strcmp(commands[i].words[0], first) != 0)
			continue;
		if (word)
			words_add(&words, word);
	}
	return words;
}

/* Appends "interfaces, groups, ..." to why: the words that begin so. */
static void list_words(const struct words *words, const char *beginning,
		       char why[256])
{
	size_t i, used = strlen(why);
	const char *comma = "";

	for (i = 0; i < words->count && used < 256; i++) {
		if (*beginning && !words_begins(beginning, words->list[i]))
			continue;
		used += (size_t)snprintf(why + used, 256 - used, "%s%s", comma,
					 words->list[i]);
		comma = ", ";
	}
}

/* One word: *found, or why not. first is NULL for a first word. */
static int find_word(const char *first, const char *given, const char **found,
		     char why[256])
{
	struct words words = words_after(first);
	const char *space = first ? " " : "";
	int err;

	first = first ? first : "";
	err = words_find(&words, given, found);
	if (err == -ENOENT)
		snprintf(why, 256,
			 "unknown command '%s%s%.40s': the nearest is "
			 "'%s%s%s'; `xmgm -h` lists them all",
			 first, space, given, first, space, *found);
	if (err == -ENOTUNIQ) {
		snprintf(why, 256,
			 "'%s%s%.40s' could be more than one command: ", first,
			 space, given);
		list_words(&words, given, why);
	}
	return err;
}

static const struct command *command_at(const char *first, const char *second)
{
	const struct command *c;
	size_t i;

	for (i = 0; i < COMMANDS; i++) {
		c = &commands[i];
		if (!strcmp(c->words[0], first) &&
		    (!c->words[1] || (second && !strcmp(c->words[1], second))))
			return c;
	}
	return NULL;
}

int command_find(const char *const *words, size_t count,
		 const struct command **found, size_t *used, char why[256])
{
	const char *first, *second;
	struct words next;
	int err;

	err = find_word(NULL, words[0], &first, why);
	if (err)
		return err;
	*used = 1;
	*found = command_at(first, NULL);
	if (*found)
		return 0;
	if (count < 2) {
		next = words_after(first);
		snprintf(why, 256, "'%s' needs one more word: ", first);
		list_words(&next, "", why);
		return -ENODATA;
	}
	err = find_word(first, words[1], &second, why);
	if (err)
		return err;
	*used = 2;
	*found = command_at(first, second);
	return 0;
}
