// SPDX-License-Identifier: GPL-2.0-or-later
/* Goal: no bytes in a flow log or a CSV of addresses make their reader misbehave. */
#include <stdint.h>

#include "userspace/flow/replay.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct diagnostics diagnostics = {0};
	struct replay replay = {0};
	FILE *file = size ? fmemopen((void *)(uintptr_t)data, size, "r") : NULL;

	if (!file)
		return 0;
	replay_read(file, "fuzz", &replay, &diagnostics);
	fclose(file);
	replay_free(&replay);
	diagnostics_free(&diagnostics);
	return 0;
}
