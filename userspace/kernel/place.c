// SPDX-License-Identifier: GPL-2.0-or-later
#include "userspace/kernel/place.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/magic.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "userspace/kernel/message.h"

#define PRIVATE 0700 /* uid 0 without capabilities can open any pin that it can reach */

int path_join(char path[PATH_SIZE], const char *directory, const char *format, ...)
{
	va_list arguments;
	int length = snprintf(path, PATH_SIZE, "%s/", directory);

	if (length < 0 || length >= PATH_SIZE)
		return -ENAMETOOLONG;
	va_start(arguments, format);
	int more = vsnprintf(path + length, (size_t)(PATH_SIZE - length), format, arguments);
	va_end(arguments);
	return more < 0 || more >= PATH_SIZE - length ? -ENAMETOOLONG : 0;
}

int place_cookie(uint64_t *cookie, struct diagnostics *diagnostics)
{
	socklen_t size = sizeof(*cookie);
	int any = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int error = 0;

	if (any < 0 || getsockopt(any, SOL_SOCKET, SO_NETNS_COOKIE, cookie, &size))
		error = -errno;
	if (any >= 0)
		close(any);
	if (error)
		return message(diagnostics, -ENOTSUP,
			       "the network namespace has no cookie (%s); Linux 5.14 or later is "
			       "needed",
			       strerror(-error));
	return 0;
}

static int mount_bpffs(struct diagnostics *diagnostics)
{
	struct statfs status;

	if (statfs(PLACE_BPFFS, &status) == 0 && status.f_type == BPF_FS_MAGIC)
		return 0;
	if (mount("bpf", PLACE_BPFFS, "bpf", MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=0700") == 0)
		return 0;
	return message(diagnostics, errno == EPERM || errno == EACCES ? -EPERM : -ENOTSUP,
		       "no BPF file system at %s and none can be mounted (%s); run as root: "
		       "mount -t bpf bpf %s",
		       PLACE_BPFFS, strerror(errno), PLACE_BPFFS);
}

static int make_directory(const char *path, struct diagnostics *diagnostics)
{
	struct stat status;

	if (mkdir(path, PRIVATE) && errno != EEXIST)
		return message(diagnostics, errno == EACCES ? -EPERM : -errno,
			       "%s: cannot be made: %s", path, strerror(errno));
	if (lstat(path, &status))
		return message(diagnostics, -errno, "%s: %s", path, strerror(errno));
	if (!S_ISDIR(status.st_mode) || status.st_uid != geteuid())
		return message(diagnostics, -EPERM,
			       "%s: not a directory of user %u; remove it and apply again", path,
			       geteuid());
	if ((status.st_mode & 0777) != PRIVATE && chmod(path, PRIVATE))
		return message(diagnostics, -errno, "%s: cannot be made private: %s", path,
			       strerror(errno));
	return 0;
}

int place_make(struct kernel *kernel, struct diagnostics *diagnostics)
{
	const char *const paths[] = {PLACE_PINS, kernel->pins, PLACE_STATE, kernel->state};
	int error = mount_bpffs(diagnostics);

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]) && !error; i++)
		error = make_directory(paths[i], diagnostics);
	return error;
}

int directory_remove(const char *path)
{
	DIR *directory = opendir(path);
	struct dirent *entry;
	int error = 0;

	if (!directory)
		return errno == ENOENT ? 0 : -errno;
	while ((entry = readdir(directory))) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		if (unlinkat(dirfd(directory), entry->d_name, 0) && errno != ENOENT)
			error = -errno;
	}
	closedir(directory);
	if (!error && rmdir(path) && errno != ENOENT)
		error = -errno;
	return error;
}
