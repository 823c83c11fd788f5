// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <string.h>

#include "userspace/kernel/alive.h"
#include "userspace/kernel/backstop.h"
#include "userspace/kernel/fault.h"
#include "userspace/kernel/generation.h"
#include "userspace/kernel/message.h"

/* An apply says what it cannot do. */
static void follow(struct kernel *kernel, const struct kernel_options *options)
{
	struct diagnostics unheard = {0};

	backstop_follow(&kernel->backstop, options, &unheard);
	diagnostics_free(&unheard);
}

static int roll_to(struct kernel *kernel, const json_t *current, struct diagnostics *diagnostics)
{
	struct kernel_options options;
	struct programs programs;
	int error = record_options(current, &options);

	if (error)
		return error;
	options.early = true;
	error = generation_programs(kernel, record_generation(current), &programs);
	if (!error) {
		error = attach_roll(kernel, &programs, &options, diagnostics);
		FAULT("recover.rolled");
		programs_close(&programs);
		/* Also after a failure: what did get its guard may send. */
		follow(kernel, &options);
	}
	record_options_free(&options);
	return error;
}

/* Nothing is in force. What is attached nevertheless stays, for the next apply to swap it; what no
 * interface runs is of a detach or of a first apply that was killed. */
static void remove_leftovers(struct kernel *kernel, struct diagnostics *diagnostics)
{
	if (attach_any())
		return;
	link_unpin_all(kernel, false);
	sockets_remove_all(kernel, diagnostics);
	FAULT("recover.links");
	generation_retire_others(kernel, 0, diagnostics);
	shared_unpin(kernel, NULL);
	FAULT("recover.shared");
	alive_unmark(kernel);
}

void generation_recover(struct kernel *kernel, struct diagnostics *diagnostics)
{
	struct diagnostics heard = {0};
	uint32_t generation = 0;
	json_t *current;
	int error = record_read_current(kernel, &current, &heard);

	kernel->whole = false;
	if (error == -ENOENT) {
		remove_leftovers(kernel, diagnostics);
		diagnostics_free(&heard);
		return;
	}
	if (!error) {
		generation = record_generation(current);
		error = roll_to(kernel, current, &heard);
		json_decref(current);
	}
	if (!error) {
		generation_retire_others(kernel, generation, &heard);
		record_give_up_above(kernel, generation);
		kernel->whole = true;
	} else {
		message_warn(&heard,
			     "generation %u cannot be put on every interface (%s); apply the "
			     "policy again",
			     generation, strerror(-error));
		/* They must not stop a detach, nor the apply that would put things right. */
		diagnostics_move_as_warnings(&heard, diagnostics);
	}
	diagnostics_free(&heard);
}
