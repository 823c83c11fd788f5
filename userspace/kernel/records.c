// SPDX-License-Identifier: GPL-2.0-or-later
/* Records as others ask for them. */
#include <errno.h>

#include "userspace/kernel/generation.h"
#include "userspace/kernel/message.h"

int kernel_record_of(struct kernel *kernel, uint32_t generation, json_t **record,
		     struct diagnostics *diagnostics)
{
	return record_read(kernel, generation, record, diagnostics);
}

int kernel_record(struct kernel *kernel, json_t **record, struct diagnostics *diagnostics)
{
	uint32_t generation;
	int error = record_current(kernel, &generation, diagnostics);

	return error ? error : record_read(kernel, generation, record, diagnostics);
}

int kernel_last_record(struct kernel *kernel, json_t **record, bool *whole,
		       struct diagnostics *diagnostics)
{
	struct diagnostics unheard = {0};
	json_t *last, *current = NULL;
	int error = record_read_any_boot(kernel, &last, diagnostics);

	if (error)
		return error;
	error = record_read(kernel, record_generation(last), record, diagnostics);
	json_decref(last);
	*whole = !error && kernel->whole && record_read_current(kernel, &current, &unheard) == 0 &&
		 record_abi_fits(current) && record_programs_fit(current);
	json_decref(current);
	diagnostics_free(&unheard);
	return error;
}

int record_check_abi(const struct kernel *kernel, struct diagnostics *diagnostics)
{
	json_t *current;
	int error = record_read_current(kernel, &current, diagnostics);

	if (error)
		return error;
	if (!record_abi_fits(current))
		error = message(diagnostics, -EPROTO,
				"generation %u was put in force by another version of gabelou, and "
				"this one cannot read its counters and events; it goes on judging, "
				"and 'gabelou apply --again' replaces it without a gap",
				record_generation(current));
	json_decref(current);
	return error;
}
