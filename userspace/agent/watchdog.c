// SPDX-License-Identifier: GPL-2.0-or-later
#include "userspace/agent/watchdog.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* A session of systemd's, or a unit, is ended by its cgroup: out of it. Where that is refused, what
 * it costs is that the next to come does the work. */
static void leave_cgroup(void)
{
	static const char *const roots[] = {
		"/sys/fs/cgroup/cgroup.procs",
		"/sys/fs/cgroup/systemd/cgroup.procs",
		"/sys/fs/cgroup/unified/cgroup.procs",
	};

	for (size_t i = 0; i < sizeof(roots) / sizeof(roots[0]); i++) {
		int file = open(roots[i], O_WRONLY | O_CLOEXEC);

		if (file < 0)
			continue;
		/* 0: who writes it. */
		if (write(file, "0", 1) == 1) {
			close(file);
			return;
		}
		close(file);
	}
}

static void forget_signals(void)
{
	struct sigaction standard = {.sa_handler = SIG_DFL};
	sigset_t none;

	for (int signal_number = 1; signal_number < NSIG; signal_number++)
		sigaction(signal_number, &standard, NULL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/* @report is closed by the exec, or gets the errno of what failed. */
static _Noreturn void become(int until, int report)
{
	char *const arguments[] = {"gabelou", "rollback", "--when-due", NULL};
	int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);

	leave_cgroup();
	forget_signals();
	if (nothing >= 0 && dup2(until, STDIN_FILENO) >= 0 && dup2(nothing, STDOUT_FILENO) >= 0 &&
	    dup2(nothing, STDERR_FILENO) >= 0 && chdir("/") == 0 &&
	    close_range(STDERR_FILENO + 1, ~0u, CLOSE_RANGE_CLOEXEC) == 0)
		execve("/proc/self/exe", arguments, environ);
	if (write(report, &errno, sizeof(errno)) < 0)
		_exit(126);
	_exit(127);
}

/* The folder of the data by its whole path, since the working directory will be another. */
static void settle_environment(void)
{
	const char *named = getenv("GABELOU_DATA");
	char *whole = named && *named && *named != '/' ? realpath(named, NULL) : NULL;

	if (whole)
		setenv("GABELOU_DATA", whole, 1);
	free(whole);
}

/* A session of its own: no terminal to hang up. And nobody's child: nobody waits for it. */
static _Noreturn void detach(int until, int report)
{
	pid_t grandchild = setsid() < 0 ? -1 : fork();

	if (grandchild == 0)
		become(until, report);
	if (grandchild < 0 && write(report, &errno, sizeof(errno)) < 0)
		_exit(126);
	_exit(0);
}

/* Until it has become what it is to be: before that it shares our memory, and a map that it could
 * write to cannot be frozen. 0 or -errno. */
static int await(pid_t child, int report)
{
	int error = 0;
	ssize_t got;

	while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
		;
	do
		got = read(report, &error, sizeof(error));
	while (got < 0 && errno == EINTR);
	return got == 0 ? 0 : got == sizeof(error) && error ? -error : -EIO;
}

int watchdog_start(void)
{
	int until[2], report[2];

	settle_environment();
	if (pipe2(until, O_CLOEXEC))
		return -errno;
	if (pipe2(report, O_CLOEXEC)) {
		int error = -errno;

		close(until[0]);
		close(until[1]);
		return error;
	}
	pid_t child = fork();
	if (child == 0) {
		close(until[1]);
		detach(until[0], report[1]);
	}
	int error = child < 0 ? -errno : 0;
	close(until[0]);
	close(report[1]);
	if (!error)
		error = await(child, report[0]);
	close(report[0]);
	if (!error)
		return until[1];
	close(until[1]);
	return error;
}
