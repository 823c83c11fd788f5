// SPDX-License-Identifier: GPL-2.0-or-later
#include "userspace/base/aside.h"

#include <sched.h>

/* Threads share their root and working directory, and a process in which that is so may not change
 * its mount namespace (setns(2)): a thread of ours must not stand in the way, not even while it
 * ends. */
static void *run(void *argument)
{
	struct aside *aside = argument;

	unshare(CLONE_FS);
	aside->work(aside->argument);
	return NULL;
}

void aside_begin(struct aside *aside, void (*work)(void *argument), void *argument)
{
	*aside = (struct aside){.work = work, .argument = argument};
	aside->running = pthread_create(&aside->thread, NULL, run, aside) == 0;
	if (!aside->running)
		work(argument);
}

void aside_end(struct aside *aside)
{
	if (aside->running)
		pthread_join(aside->thread, NULL);
	*aside = (struct aside){0};
}
