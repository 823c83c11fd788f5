/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Work that is done beside the caller's, by a thread of its own. */
#ifndef GABELOU_BASE_ASIDE_H
#define GABELOU_BASE_ASIDE_H

#include <pthread.h>
#include <stdbool.h>

/* All zero: nothing was begun. */
struct aside {
	void (*work)(void *argument);
	void *argument;
	pthread_t thread;
	bool running;
};

/* Calls @work beside the caller; at once, where no thread is to be had. @aside and @argument stay
 * where they are until aside_end. */
void aside_begin(struct aside *aside, void (*work)(void *argument), void *argument);

/* Waits until the work is done. What it wrote is seen from then on. */
void aside_end(struct aside *aside);

#endif
