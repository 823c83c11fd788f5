// SPDX-License-Identifier: GPL-2.0-or-later
#include "userspace/cli/progress.h"

#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#define TICK_US 500000

static const char *volatile subject;
static volatile sig_atomic_t ticks;

/* Only what is safe in a signal handler; a terminal that refuses is no reason to stop. */
static void say(const char *text)
{
	if (write(STDERR_FILENO, text, strlen(text)) < 0)
		return;
}

static void on_tick(int number)
{
	(void)number;
	if (ticks++ == 0)
		say(subject);
	say(".");
}

static void set_timer(long microseconds)
{
	const struct timeval every = {.tv_usec = microseconds};
	const struct itimerval timer = {every, every};

	setitimer(ITIMER_REAL, &timer, NULL);
}

void progress_begin(const char *what)
{
	const struct sigaction action = {.sa_handler = on_tick, .sa_flags = SA_RESTART};

	subject = NULL;
	if (!isatty(STDERR_FILENO) || sigaction(SIGALRM, &action, NULL))
		return;
	subject = what;
	ticks = 0;
	set_timer(TICK_US);
}

void progress_end(void)
{
	if (!subject)
		return;
	set_timer(0);
	signal(SIGALRM, SIG_DFL);
	if (ticks)
		say("\r\033[K");
	subject = NULL;
}
