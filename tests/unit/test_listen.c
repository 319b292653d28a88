/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The control socket itself: which name may be taken for it, and who gets a
 * place.
 */
#include "control_room.h"

/* --- places ----------------------------------------------------------- */

static void test_the_last_places_are_kept_for_root(void **state)
{
	int fds[10], i, late;

	(void)state;
	room->config.clients = 2;
	begin();
	for (i = 0; i < 2; i++)
		fds[i] = asks(CALL("monitor", ""));
	late = attempt();
	expect_error(late, -ENOSPC, "2 places");
	assert_null(answer(late));
	close(late);
	peer_uid = 0;
	for (; i < 2 + (int)CONTROL_ROOT; i++) {
		fds[i] = asks(CALL("echo", "\"text\":\"root\""));
		json_object_put(answer(fds[i]));
	}
	/* Short commands: whoever stays there would lock root out. */
	say(fds[2], CALL("monitor", ""));
	expect_error(fds[2], -ENOSPC, "No space left");
	late = attempt();
	expect_error(late, -ENOSPC, "kept for root");
	close(late);
	assert_int_equal(stats()->clients_refused, 2);
	for (i = 0; i < 2 + (int)CONTROL_ROOT; i++)
		close(fds[i]);
	turns(5);
	peer_uid = 1000;
	late = asks(CALL("echo", "\"text\":\"again\""));
	json_object_put(answer(late));
	close(late);
}

/* A connection for which there is no memory does not stop the next ones. */
static void test_without_memory_for_a_client_the_next_is_served(void **state)
{
	struct json_object *object;
	int lost[2], fd;

	(void)state;
	begin();
	no_memory = 1000;
	lost[0] = dial();
	lost[1] = dial();
	turns(5);
	no_memory = 0;
	assert_null(answer(lost[0]));
	assert_null(answer(lost[1]));
	fd = asks(CALL("echo", "\"text\":\"x\""));
	object = answer(fd);
	assert_non_null(object);
	json_object_put(object);
	close(fd);
	close(lost[0]);
	close(lost[1]);
}

/* --- the name --------------------------------------------------------- */

static int listener_at(const char *path, int type)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, type, 0);

	strcpy(address.sun_path, path);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)),
			 0);
	if (type == SOCK_STREAM)
		assert_int_equal(listen(fd, 0), 0);
	return fd;
}

/* Nothing has changed, and the sentence names object and remedy. */
static void refused(const char *reason)
{
	struct stat before, after;

	assert_int_equal(lstat(room->path, &before), 0);
	assert_true(control_open(&room->d) < 0);
	end();
	assert_non_null(strstr(said, room->path));
	assert_non_null(strstr(said, reason));
	assert_non_null(strstr(said, "-s"));
	assert_int_equal(lstat(room->path, &after), 0);
	assert_int_equal(before.st_ino, after.st_ino);
	assert_int_equal(before.st_size, after.st_size);
}

static void test_a_file_of_that_name_stays(void **state)
{
	FILE *file = fopen(room->path, "w");

	(void)state;
	fputs("interface \"e1\" {}\n", file);
	fclose(file);
	assert_int_equal(listen_check(room->path), -EEXIST);
	refused("configuration is named with -f");
}

static void test_no_other_object_is_taken_for_a_socket(void **state)
{
	(void)state;
	assert_int_equal(mkdir(room->path, 0700), 0);
	refused("directory");
	rmdir(room->path);
	assert_int_equal(mkfifo(room->path, 0600), 0);
	refused("no socket");
	unlink(room->path);
	assert_int_equal(symlink("/nonexistent/socket", room->path), 0);
	refused("no socket");
}

static void test_a_socket_that_lives_stays(void **state)
{
	static const int types[] = {SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET};
	size_t i;
	int fd;

	(void)state;
	for (i = 0; i < 3; i++) {
		fd = listener_at(room->path, types[i]);
		refused("another process listens");
		close(fd);
		unlink(room->path);
	}
	/* Also one whose queue is full. */
	fd = listener_at(room->path, SOCK_STREAM);
	while (1) {
		struct sockaddr_un address = {.sun_family = AF_UNIX};
		int client = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);

		strcpy(address.sun_path, room->path);
		if (connect(client, (struct sockaddr *)&address,
			    sizeof(address))) {
			close(client);
			break;
		}
		/* Left open: it fills the queue. */
	}
	refused("another process listens");
	close(fd);
}

static void test_a_dead_socket_makes_room(void **state)
{
	struct stat st;
	int fd;

	(void)state;
	close(listener_at(room->path, SOCK_STREAM));
	begin();
	fd = asks(CALL("echo", "\"text\":\"x\""));
	json_object_put(answer(fd));
	close(fd);
	assert_int_equal(lstat(room->path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0660);
	end();
	assert_int_equal(lstat(room->path, &st), -1);
}

/* Only what it made itself is removed at the end. */
static void test_another_socket_by_that_name_outlives_us(void **state)
{
	struct stat st;
	int fd;

	(void)state;
	begin();
	unlink(room->path);
	fd = listener_at(room->path, SOCK_STREAM);
	end();
	assert_int_equal(lstat(room->path, &st), 0);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_the_last_places_are_kept_for_root),
		T(test_without_memory_for_a_client_the_next_is_served),
		T(test_a_file_of_that_name_stays),
		T(test_no_other_object_is_taken_for_a_socket),
		T(test_a_socket_that_lives_stays),
		T(test_a_dead_socket_makes_room),
		T(test_another_socket_by_that_name_outlives_us),
	};

	signal(SIGPIPE, SIG_IGN); /* as the daemon does */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
