// SPDX-License-Identifier: GPL-2.0-or-later
#include "userspace/agent/state.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define FOLDER     "/run/gabelou"
#define STATE_SIZE 512

int agent_run_path(const char *kind, char path[AGENT_PATH_SIZE])
{
	uint64_t cookie = 0;
	socklen_t size = sizeof(cookie);
	int any = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (any < 0)
		return -errno;
	int error = getsockopt(any, SOL_SOCKET, SO_NETNS_COOKIE, &cookie, &size) ? -errno : 0;

	close(any);
	snprintf(path, AGENT_PATH_SIZE, FOLDER "/%s-%" PRIu64 ".json", kind, cookie);
	return error;
}

static int path_of(char *path)
{
	return agent_run_path("agent", path);
}

static struct agent_state parse(int file)
{
	char text[STATE_SIZE];
	ssize_t size = pread(file, text, sizeof(text), 0);
	json_t *json = size > 0 ? json_loadb(text, (size_t)size, 0, NULL) : NULL;
	json_int_t sequence = 0, delivered = 0, kernel_lost = 0, log_lost = 0, untold = 0;

	json_unpack(json, "{s:I, s:I, s:I, s:I, s:I}", "sequence", &sequence, "delivered",
		    &delivered, "kernel_lost", &kernel_lost, "log_lost", &log_lost, "untold",
		    &untold);
	json_decref(json);
	return (struct agent_state){(uint64_t)sequence, (uint64_t)delivered, (uint64_t)kernel_lost,
				    (uint64_t)log_lost, (uint64_t)untold};
}

int agent_state_take(struct agent_state *state, struct diagnostics *diagnostics)
{
	char path[AGENT_PATH_SIZE] = FOLDER;
	int file = -1, error = 0;

	if (mkdir(FOLDER, 0700) != 0 && errno != EEXIST)
		error = -errno;
	if (!error)
		error = path_of(path);
	if (!error) {
		file = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
		error = file < 0 ? -errno : 0;
	}
	if (!error && flock(file, LOCK_EX | LOCK_NB) != 0)
		error = -errno;
	if (!error) {
		*state = parse(file);
		return file;
	}
	if (file >= 0)
		close(file);
	if (error == -EWOULDBLOCK)
		return diagnostics_error(diagnostics, EBUSY, (struct location){.file = path},
					 "another agent runs in this network namespace; events "
					 "have one reader");
	return diagnostics_error(diagnostics, -error, (struct location){.file = path}, "%s",
				 strerror(-error));
}

void agent_state_write(int file, const struct agent_state *state)
{
	char text[STATE_SIZE];
	int length = snprintf(text, sizeof(text),
			      "{\"sequence\":%" PRIu64 ",\"delivered\":%" PRIu64
			      ",\"kernel_lost\":%" PRIu64 ",\"log_lost\":%" PRIu64
			      ",\"untold\":%" PRIu64 ",\"pid\":%d}\n",
			      state->sequence, state->delivered, state->kernel_lost,
			      state->log_lost, state->untold, getpid());

	/* A status that shows old numbers is all that a failure costs. */
	if (pwrite(file, text, (size_t)length, 0) == length && ftruncate(file, length) != 0)
		return;
}

void agent_state_remove(void)
{
	char path[AGENT_PATH_SIZE];
	int file = path_of(path) == 0 ? open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW) : -1;

	if (file < 0)
		return;
	if (flock(file, LOCK_EX | LOCK_NB) == 0) {
		unlink(path);
		if (agent_run_path("books", path) == 0)
			unlink(path);
	}
	close(file);
}

struct agent_state agent_state_read(bool *running)
{
	struct agent_state state = {0};
	char path[AGENT_PATH_SIZE];

	*running = false;
	if (path_of(path) != 0)
		return state;
	int file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (file < 0)
		return state;
	*running = flock(file, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
	state = parse(file);
	close(file);
	return state;
}
