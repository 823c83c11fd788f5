// SPDX-License-Identifier: GPL-2.0-or-later
#include "userspace/agent/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOG_MODE 0640

int log_reopen(struct log *log)
{
	int fd;

	if (!log->path)
		return 0;
	fd = openat(log->folder, log->name, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY,
		    LOG_MODE);
	if (fd < 0)
		return -errno;
	if (log->fd >= 0)
		close(log->fd);
	log->fd = fd;
	return 0;
}

static int open_folder(struct log *log)
{
	const char *slash = strrchr(log->path, '/');
	char *folder = slash == log->path ? strdup("/")
		       : slash            ? strndup(log->path, (size_t)(slash - log->path))
					  : strdup(".");

	log->name = strdup(slash ? slash + 1 : log->path);
	if (!folder || !log->name) {
		free(folder);
		return -ENOMEM;
	}
	log->folder = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
	int error = log->folder < 0 ? -errno : 0;
	free(folder);
	return error;
}

int log_open(struct log *log, const char *path, struct diagnostics *diagnostics)
{
	int error;

	*log = (struct log){.path = path, .folder = -1, .fd = -1};
	if (!path) {
		log->fd = STDOUT_FILENO;
		return 0;
	}
	error = open_folder(log);
	if (!error)
		error = log_reopen(log);
	if (!error)
		return 0;
	log_close(log);
	return diagnostics_error(diagnostics, -error, (struct location){.file = path},
				 "the log cannot be opened: %s; name a file in a folder that is "
				 "there",
				 strerror(-error));
}

int log_write(const struct log *log, const char *lines, size_t size)
{
	struct stat before;
	bool file = fstat(log->fd, &before) == 0 && S_ISREG(before.st_mode);
	size_t done = 0;

	while (done < size) {
		ssize_t wrote = write(log->fd, lines + done, size - done);

		if (wrote < 0 && errno == EINTR)
			continue;
		if (wrote <= 0) {
			int error = wrote < 0 ? -errno : -EIO;

			/* Half a line would spoil the next one too. */
			if (done && file && ftruncate(log->fd, before.st_size) != 0)
				return -errno;
			return error;
		}
		done += (size_t)wrote;
	}
	return 0;
}

void log_close(struct log *log)
{
	if (log->path && log->fd >= 0)
		close(log->fd);
	if (log->folder >= 0)
		close(log->folder);
	free(log->name);
	log->fd = log->folder = -1;
	log->name = NULL;
}
