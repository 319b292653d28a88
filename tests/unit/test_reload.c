/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a reload decides: which file is used and which is not, what is told,
 * and what becomes of what commands have said.
 */
#include "config_room.h"

/* A file, what the reload of it says, and how many interfaces there are. */
static const struct {
	const char *what, *text;
	const char *said; /* NULL: only that it was read again */
	bool used;
	size_t interfaces;
} cases[] = {
	{"the same", "interface \"a\" { }\n", NULL, true, 1},
	{"more", "interface \"a\" { }\ninterface \"b\" { }\n", NULL, true, 2},
	{"another", "interface \"b\" { }\n", NULL, true, 1},
	{"broken", "interface \"a\" {\n", "was not changed", false, 1},
	{"wrong", "interface \"a\" { mode = fast }\n", "was not changed", false,
	 1},
	{"empty for a moment", "", "names no interface any more", false, 1},
	{"empty, and meant so", "interfaces = none\n", NULL, true, 0},
	{"empty but for options", "on-stop = keep\n",
	 "names no interface any more", false, 1},
	{"limits", "interface \"a\" { }\nlimits { negative = 100 }\n",
	 "the limits section has changed", true, 1},
	{"sizes of maps", "interface \"a\" { }\nlimits { routes = 200000 }\n",
	 "until it follows", true, 1},
	{"another directory",
	 "interface \"a\" { }\nstate-directory = \"/tmp\"\n",
	 "state-directory has changed", true, 1},
	{"a directory that is none",
	 "interface \"a\" { }\nstate-directory = \"/dev/null\"\n",
	 "is not a directory", false, 1},
	{"a directory in none",
	 "interface \"a\" { }\nstate-directory = \"/tmp/no/where\"\n",
	 "make it first", false, 1},
	{"a directory from nowhere",
	 "interface \"a\" { }\nstate-directory = \"tmp\"\n",
	 "write it from the root", false, 1},
};

static void test_which_file_is_used(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		write_file("interface \"a\" { }\n");
		start();
		room->configured = 0;
		room->log[0] = '\0';
		write_file(cases[i].text);
		reload(&room->d);
		if (room->configured != cases[i].used)
			print_error("case '%s'\n", cases[i].what);
		assert_int_equal(room->configured, cases[i].used);
		assert_int_equal(logged("was read again"), cases[i].used);
		if (cases[i].said)
			assert_true(logged(cases[i].said));
		else
			assert_false(logged("has changed"));
		assert_int_equal(room->d.config->proto.interface_count,
				 cases[i].interfaces);
		stop();
	}
}

/* A file that is gone is refused; the first one has to be there, too. */
static void test_a_file_that_is_gone(void **state)
{
	(void)state;
	start();
	unlink(room->file);
	reload(&room->d);
	assert_int_equal(room->configured, 0);
	assert_true(logged("cannot read the configuration"));
	stop();
}

/* Without -f a missing file means the defaults, which name no interface. */
static void test_without_a_file_the_defaults(void **state)
{
	struct daemon d = {.config_path = "/nowhere/xmgmd.conf"};

	(void)state;
	assert_int_equal(reload_first(&d), 0);
	assert_int_equal(d.config->proto.interface_count, 0);
	assert_string_equal(d.config->state_directory, "/run/xmgm");
	assert_string_equal(room->log, "");
	config_free(d.config);
	d.config = NULL;
	d.config_given = true;
	assert_int_not_equal(reload_first(&d), 0);
	assert_true(logged("cannot read the configuration"));
}

/* At a start a file without interfaces is used, with a warning. */
static void test_an_empty_file_at_start(void **state)
{
	(void)state;
	write_file("");
	start();
	assert_true(logged("names no interface"));
	stop();
	room->log[0] = '\0';
	write_file("interfaces = none\n");
	start();
	assert_string_equal(room->log, "");
	stop();
}

/* One that needs more descriptors than there are changes nothing. */
static void test_too_few_descriptors(void **state)
{
	(void)state;
	start();
	write_file("interface \"b\" { }\n");
	room->descriptors = -EMFILE;
	reload(&room->d);
	assert_int_equal(room->configured, 0);
	assert_string_equal(room->d.config->proto.interfaces[0].name, "a");
	room->descriptors = 0;
	reload(&room->d);
	assert_string_equal(room->d.config->proto.interfaces[0].name, "b");
	stop();
}

/* Routes are looked up again where legs have become equal. */
static void test_rpf_is_asked_again(void **state)
{
	(void)state;
	start();
	reload(&room->d);
	assert_false(room->d.router.rib_dirty);
	write_file("interface \"a\" { }\nrpf { any-leg = true }\n");
	reload(&room->d);
	assert_true(room->d.router.rib_dirty);
	stop();
}

#define JOIN "join { interface = \"a\" group = \"239.1.1.2\" }\n"

/* What a file says anew is the file's, after kill -9 as well. */
static void test_the_file_speaks_last(void **state)
{
	(void)state;
	start();
	assert_int_equal(say_join(1, true), 0);
	assert_int_equal(say_join(2, true), 0);
	write_file("interface \"a\" { }\n" JOIN);
	reload(&room->d);
	assert_false(joined(1)); /* by the file now */
	assert_true(joined(2));
	assert_int_equal(say_join(1, false), 0);
	room->log[0] = '\0';
	reload(&room->d);
	assert_true(joined(1)); /* that it is removed */
	assert_true(logged("1 statements of the configuration do not hold"));
	kill_daemon();
	room->log[0] = '\0';
	start();
	assert_true(joined(1) && joined(2));
	reload_say_overridden(&room->d);
	assert_true(logged("1 statements of the configuration do not hold"));
	write_file("interface \"a\" { }\n");
	reload(&room->d);
	assert_false(joined(1));
	assert_true(joined(2));
	stop();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_which_file_is_used),
		T(test_a_file_that_is_gone),
		T(test_without_a_file_the_defaults),
		T(test_an_empty_file_at_start),
		T(test_too_few_descriptors),
		T(test_rpf_is_asked_again),
		T(test_the_file_speaks_last),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
