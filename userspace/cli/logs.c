// SPDX-License-Identifier: GPL-2.0-or-later
#include "userspace/cli/logs.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int read_file(struct survey *survey, const char *path, struct diagnostics *diagnostics)
{
	bool standard_input = strcmp(path, "-") == 0;
	int file = standard_input ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);

	if (file < 0)
		return diagnostics_error(diagnostics, errno, (struct location){.file = path},
					 "cannot be read: %s; check its path and permissions",
					 strerror(errno));
	int error =
		survey_read(survey, file, standard_input ? "standard input" : path, diagnostics);

	if (!standard_input)
		close(file);
	return error;
}

static bool is_older(const char *path, int64_t since)
{
	struct stat status;

	return stat(path, &status) == 0 && status.st_mtime < since;
}

static int read_default(struct survey *survey, int64_t since, struct diagnostics *diagnostics)
{
	glob_t found;
	int error = glob(LOGS_DEFAULT "*", 0, NULL, &found);

	if (error)
		return diagnostics_error(
			diagnostics, ENOENT, (struct location){.file = LOGS_DEFAULT},
			"there is no such log; name the one that 'gabelou agent --log' writes, or "
			"pipe it in: journalctl -o cat -u gabelou-agent | gabelou survey -");
	for (size_t i = 0; i < found.gl_pathc && !error; i++)
		if (!is_older(found.gl_pathv[i], since))
			error = read_file(survey, found.gl_pathv[i], diagnostics);
	globfree(&found);
	return error;
}

int logs_read(struct survey *survey, char *const *files, size_t count, int64_t since,
	      struct diagnostics *diagnostics)
{
	int error = 0;

	if (!count)
		return read_default(survey, since, diagnostics);
	for (size_t i = 0; i < count && !error; i++)
		error = read_file(survey, files[i], diagnostics);
	return error;
}
