/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A cgroup of the test's own, with the test in it: the only one that a test may hook. */
#ifndef GABELOU_TESTS_PROG_CGROUP_H
#define GABELOU_TESTS_PROG_CGROUP_H

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/prog/namespace.h"
#include "userspace/kernel/cgroup.h"

#define CGROUP_INNER "inner" /* below it */

static char cgroup_own[PATH_SIZE + 64];  /* its folder */
static char cgroup_home[PATH_SIZE + 64]; /* where this process was before */

static inline bool cgroup_move(const char *folder)
{
	char file[sizeof(cgroup_own) + 16], text[16];

	snprintf(file, sizeof(file), "%s/cgroup.procs", folder);
	snprintf(text, sizeof(text), "%d", getpid());
	int procs = open(file, O_WRONLY | O_CLOEXEC);
	if (procs < 0)
		return false;
	bool moved = write(procs, text, strlen(text)) > 0;
	close(procs);
	return moved;
}

/* "0::/path" of this process (cgroups(7)). */
static inline void cgroup_find_home(const char *root)
{
	char line[PATH_SIZE];
	FILE *file = fopen("/proc/self/cgroup", "re");

	snprintf(cgroup_home, sizeof(cgroup_home), "%s", root);
	while (file && fgets(line, sizeof(line), file))
		if (strncmp(line, "0::/", 4) == 0)
			snprintf(cgroup_home, sizeof(cgroup_home), "%s%.*s", root,
				 (int)strcspn(line + 3, "\n"), line + 3);
	if (file)
		fclose(file);
}

/* False where there is no cgroup2 to be had. */
static inline bool cgroup_make(void)
{
	char root[PATH_SIZE];

	if (cgroup_root(root))
		return false;
	cgroup_find_home(root);
	snprintf(cgroup_own, sizeof(cgroup_own), "%s/gabelou-test-%d", root, getpid());
	return mkdir(cgroup_own, 0755) == 0 && cgroup_move(cgroup_own);
}

static inline void cgroup_clean(void)
{
	char inner[sizeof(cgroup_own) + 16];

	cgroup_move(cgroup_home);
	snprintf(inner, sizeof(inner), "%s/" CGROUP_INNER, cgroup_own);
	rmdir(inner); /* of a test that failed */
	/* Its last processes may still be on their way out. */
	for (int i = 0; i < 1500 && rmdir(cgroup_own) && errno == EBUSY; i++)
		usleep(20000);
}

#endif
