// SPDX-License-Identifier: GPL-2.0-or-later
#include "userspace/agent/foreign.h"

#include <stdlib.h>
#include <string.h>

static bool is_known(const struct foreign *foreign, const struct kernel_foreign *one)
{
	for (size_t i = 0; i < foreign->count; i++)
		if (foreign->known[i].ifindex == one->ifindex &&
		    foreign->known[i].program == one->program &&
		    strcmp(foreign->known[i].hook, one->hook) == 0)
			return true;
	return false;
}

int foreign_look(struct foreign *foreign,
		 void (*news)(const struct kernel_foreign *one, void *context), void *context)
{
	struct diagnostics unheard = {0};
	struct kernel_foreign *found;
	size_t count;
	int error = kernel_foreign(&found, &count, &unheard);

	diagnostics_free(&unheard);
	if (error)
		return error;
	for (size_t i = 0; i < count && foreign->begun; i++)
		if (!is_known(foreign, &found[i]))
			news(&found[i], context);
	free(foreign->known);
	*foreign = (struct foreign){found, count, true};
	return 0;
}

void foreign_free(struct foreign *foreign)
{
	free(foreign->known);
	*foreign = (struct foreign){0};
}
