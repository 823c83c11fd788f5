// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>

#include "userspace/kernel/alive.h"
#include "userspace/kernel/backstop.h"
#include "userspace/kernel/fault.h"
#include "userspace/kernel/generation.h"
#include "userspace/kernel/message.h"
#include "userspace/kernel/pending.h"

/* An agent that keeps it (-EPERM) removes it as soon as nothing is in force; until then it closes
 * only what never had a guard. */
static void open_the_rest(struct kernel *kernel, struct diagnostics *diagnostics)
{
	struct diagnostics heard = {0};

	backstop_follow(&kernel->backstop, NULL, &heard);
	diagnostics_move_as_warnings(&heard, diagnostics);
}

/*
 * Killed before "current" is removed, it enforces again as soon as anybody opens for change, since
 * what is needed for that is still pinned; killed after that, whoever opens next removes the rest.
 * It works from what the kernel has, so that lost pins or a damaged record do not keep a guard
 * alive.
 */
int kernel_detach(struct kernel *kernel, struct diagnostics *diagnostics)
{
	struct diagnostics unheard = {0};
	uint32_t current;
	size_t removed = 0;

	if (kernel->access != KERNEL_CHANGE)
		return message(diagnostics, -EPERM, "opened for reading only");
	int known = record_current(kernel, &current, &unheard);
	diagnostics_free(&unheard);
	open_the_rest(kernel, diagnostics);
	int error = attach_remove_all(kernel, &removed, diagnostics);
	if (error)
		return error;
	error = record_set_current(kernel, NULL, diagnostics);
	if (error)
		return error;
	FAULT("detach.current");
	pending_remove(kernel);
	removed += generation_retire_others(kernel, 0, diagnostics);
	FAULT("detach.retired");
	shared_unpin(kernel, NULL);
	FAULT("detach.shared");
	alive_unmark(kernel);
	return known == -ENOENT && !removed ? -ENOENT : 0;
}
