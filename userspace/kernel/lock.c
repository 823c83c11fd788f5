// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "userspace/kernel/message.h"
#include "userspace/kernel/place.h"

#define RETRY_MS 50

static long long now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000ll + now.tv_nsec / 1000000;
}

/* flock has no timeout of its own. 0, -EWOULDBLOCK after @wait_ms, or -errno. */
static int wait_for(int lock, int wait_ms)
{
	const struct timespec pause = {.tv_nsec = RETRY_MS * 1000000l};
	long long end = now_ms() + wait_ms;

	for (;;) {
		if (flock(lock, LOCK_EX | LOCK_NB) == 0)
			return 0;
		if (errno == EINTR)
			continue;
		if (errno != EWOULDBLOCK || now_ms() >= end)
			return -errno;
		nanosleep(&pause, NULL);
	}
}

/* The pid that the holder left; 0: it has not written it yet. */
static long holder(int lock)
{
	char text[16] = "";

	return pread(lock, text, sizeof(text) - 1, 0) > 0 ? strtol(text, NULL, 10) : 0;
}

static void sign(int lock)
{
	char text[16];
	int length = snprintf(text, sizeof(text), "%d\n", getpid());

	/* Only for the message to others: a failure changes nothing. */
	if (ftruncate(lock, 0) || pwrite(lock, text, (size_t)length, 0) < 0)
		return;
}

int lock_take(const struct kernel *kernel, const char *name, int wait_ms, const char *who,
	      struct diagnostics *diagnostics)
{
	char path[PATH_SIZE];
	int error = path_join(path, kernel->state, "%s", name);

	if (error)
		return error;
	int lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (lock < 0)
		return message(diagnostics, errno == EACCES ? -EPERM : -errno,
			       "%s: cannot be opened: %s", path, strerror(errno));
	error = wait_for(lock, wait_ms);
	if (!error) {
		sign(lock);
		return lock;
	}
	long pid = holder(lock);
	close(lock);
	if (error == -EWOULDBLOCK)
		return message(diagnostics, -EBUSY,
			       "%s is at work (pid %ld); wait for it to end and try again", who,
			       pid);
	return message(diagnostics, error, "%s: cannot be locked: %s", path, strerror(-error));
}
