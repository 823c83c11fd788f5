// SPDX-License-Identifier: GPL-2.0-or-later
/* What verbs leave beside the records for whoever asks later. */
#include <errno.h>
#include <unistd.h>

#include "userspace/kernel/message.h"
#include "userspace/kernel/record.h"

int kernel_note(struct kernel *kernel, const char *name, const json_t *note,
		struct diagnostics *diagnostics)
{
	char path[PATH_SIZE];
	int error = path_join(path, kernel->state, "%s.note", name);

	if (!error && kernel->access != KERNEL_CHANGE)
		error = message(diagnostics, -EPERM, "opened for reading only");
	return error ? error : record_write_json(path, note, diagnostics);
}

json_t *kernel_noted(const struct kernel *kernel, const char *name)
{
	struct diagnostics unheard = {0};
	char path[PATH_SIZE];
	json_t *note = NULL;

	if (path_join(path, kernel->state, "%s.note", name) == 0)
		record_read_json(path, &note, &unheard);
	diagnostics_free(&unheard);
	return note;
}
