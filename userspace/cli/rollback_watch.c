// SPDX-License-Identifier: GPL-2.0-or-later
/* Who waits for the end of a trial. It lives on when the terminal, apply and the agent are gone. */
#include <errno.h>
#include <poll.h>
#include <sys/resource.h>
#include <unistd.h>

#include "userspace/cli/cli.h"
#include "userspace/cli/rollback.h"

#define LOOK_MS     100
#define RETRY_MS    200
#define TRIES       3
#define MILLISECOND 1000000ll
#define EARLY_NS    (2000 * MILLISECOND) /* what comes back is read so long before it is due */
#define NICE        (-10)                /* on a busy machine, too, it is to be in time */

struct watcher {
	struct kernel *kernel;
	int lock;   /* -1: another one waits */
	bool ended; /* standard input: whoever started us is done */
	int tries;
	struct rollback prepared;
	bool prepared_once; /* else a table that is damaged would be read again and again */
};

/* A moment, at most until it is due. */
static void wait_a_moment(struct watcher *watcher, const struct kernel_pending *pending)
{
	struct pollfd input = {.fd = watcher->ended ? -1 : STDIN_FILENO, .events = POLLIN};
	int64_t left = pending && pending->left_ns ? pending->left_ns / MILLISECOND + 1 : LOOK_MS;
	char byte;

	if (poll(&input, 1, left < LOOK_MS ? (int)left : LOOK_MS) > 0 && read(0, &byte, 1) <= 0)
		watcher->ended = true;
}

/* The first error, for whoever asks why. */
static const char *first_error(const struct diagnostics *diagnostics)
{
	for (size_t i = 0; i < diagnostics->count; i++)
		if (diagnostics->items[i].severity == SEVERITY_ERROR && diagnostics->items[i].text)
			return diagnostics->items[i].text;
	return "unknown";
}

/* It may have been confirmed while we waited for the lock. */
static void take_back(struct watcher *watcher)
{
	struct diagnostics messages = {0};
	struct kernel *kernel = NULL;
	int error = kernel_open(KERNEL_CHANGE, &kernel, &messages);

	if (!error)
		error = rollback_if_due(kernel, &watcher->prepared, &messages);
	rollback_free(&watcher->prepared);
	if (error && error != -EBUSY && ++watcher->tries == TRIES && kernel)
		kernel_pending_failed(kernel, first_error(&messages));
	kernel_close(kernel);
	if (error)
		usleep(RETRY_MS * 1000);
	diagnostics_free(&messages);
}

static void prepare(struct watcher *watcher, const struct kernel_pending *pending)
{
	struct diagnostics unheard = {0};

	if (watcher->prepared_once || watcher->lock < 0 || pending->left_ns > EARLY_NS)
		return;
	watcher->prepared_once = true;
	rollback_prepare(watcher->kernel, pending->previous, &watcher->prepared, &unheard);
	diagnostics_free(&unheard);
}

int rollback_watch(struct diagnostics *diagnostics)
{
	struct watcher watcher = {.lock = -1};
	struct kernel_pending pending;

	if (kernel_open(KERNEL_READ, &watcher.kernel, diagnostics))
		return CLI_SYSTEM;
	setpriority(PRIO_PROCESS, 0, NICE);
	for (;;) {
		bool on_trial = kernel_pending(watcher.kernel, &pending) && !*pending.failed;
		struct diagnostics unheard = {0};

		if (!on_trial && watcher.ended)
			break;
		if (watcher.lock < 0)
			watcher.lock = kernel_pending_watch(watcher.kernel, &unheard);
		diagnostics_free(&unheard);
		if (on_trial)
			prepare(&watcher, &pending);
		if (on_trial && !pending.left_ns && watcher.lock >= 0)
			take_back(&watcher);
		else
			wait_a_moment(&watcher, on_trial ? &pending : NULL);
	}
	rollback_free(&watcher.prepared);
	if (watcher.lock >= 0)
		close(watcher.lock);
	kernel_close(watcher.kernel);
	return CLI_DONE;
}
