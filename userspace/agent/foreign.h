/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Programs of others that appear beside the guard while the agent runs. */
#ifndef GABELOU_AGENT_FOREIGN_H
#define GABELOU_AGENT_FOREIGN_H

#include "userspace/kernel/kernel.h"

struct foreign {
	struct kernel_foreign *known;
	size_t count;
	bool begun; /* what is there at first is not news */
};

/* Calls @news for each that was not there at the last look. 0 or -errno: as if it had not looked.
 */
int foreign_look(struct foreign *foreign,
		 void (*news)(const struct kernel_foreign *one, void *context), void *context);
void foreign_free(struct foreign *foreign);

#endif
