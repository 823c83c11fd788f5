// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <string.h>

#include "userspace/kernel/backstop.h"
#include "userspace/kernel/generation.h"
#include "userspace/kernel/message.h"

/* Records above the current one are of applies that ended before they put anything in force. */
static void remove_unborn(const struct kernel *kernel, uint32_t current)
{
	for (uint32_t last = record_last(kernel); last > current; last = record_last(kernel)) {
		record_remove(kernel, last);
		if (record_last(kernel) == last)
			return;
	}
}

/* An apply says what it cannot do. */
static void follow(const struct kernel *kernel, const struct kernel_options *options)
{
	struct diagnostics unheard = {0};

	backstop_follow(kernel->backstop, options, &unheard);
	diagnostics_free(&unheard);
}

static int roll_to(struct kernel *kernel, const json_t *current, struct diagnostics *diagnostics)
{
	struct kernel_options options;
	struct programs programs;
	int error = record_options(current, &options);

	if (error)
		return error;
	error = generation_programs(kernel, record_generation(current), &programs);
	if (!error) {
		error = attach_roll(kernel, &programs, &options, diagnostics);
		programs_close(&programs);
		/* Also after a failure: what did get its guard may send. */
		follow(kernel, &options);
	}
	record_options_free(&options);
	return error;
}

/* Errors of a recovery must not stop a detach, nor the apply that would put things right. */
static void as_warnings(const struct diagnostics *from, struct diagnostics *to)
{
	for (size_t i = 0; i < from->count; i++)
		message_warn(to, "%s", from->items[i].text ? from->items[i].text : "");
}

void generation_recover(struct kernel *kernel, struct diagnostics *diagnostics)
{
	struct diagnostics heard = {0};
	uint32_t generation = 0;
	json_t *current;
	int error = record_read_current(kernel, &current, &heard);

	/* Without a current generation what is attached stays: the next apply swaps it. */
	if (error == -ENOENT)
		return;
	if (!error) {
		generation = record_generation(current);
		error = roll_to(kernel, current, &heard);
		json_decref(current);
	}
	if (!error) {
		generation_retire_others(kernel, generation, &heard);
		remove_unborn(kernel, generation);
	} else {
		message_warn(&heard,
			     "generation %u cannot be put on every interface (%s); apply the "
			     "policy again",
			     generation, strerror(-error));
		as_warnings(&heard, diagnostics);
	}
	diagnostics_free(&heard);
}
