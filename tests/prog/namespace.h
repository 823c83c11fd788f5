/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A network namespace of the test's own: the only place where a test may attach a guard. */
#ifndef GABELOU_TESTS_PROG_NAMESPACE_H
#define GABELOU_TESTS_PROG_NAMESPACE_H

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>

#include "userspace/kernel/kernel.h"
#include "userspace/kernel/place.h"

/* What the code under test said, beside the TAP output: a failed test should tell why. */
static inline void namespace_say(const struct diagnostics *diagnostics)
{
	char line[2048];

	for (size_t i = 0; i < diagnostics->count; i++)
		fprintf(stderr, "# %s\n",
			diagnostic_format(&diagnostics->items[i], line, sizeof(line)));
}

/* Ends the test program where it could touch the machine's own interfaces. */
static inline void namespace_require_private(void)
{
	if (!kernel_in_initial_namespace())
		return;
	fprintf(stderr, "this test attaches programs and is in the machine's own network "
			"namespace: refused\n");
	exit(1);
}

/* Moves this process into a new network namespace with lo, two veth pairs (gone0-far0,
 * gone1-far1, all up) and a tun device without a link header (tun0). It vanishes with the
 * process. */
static inline void namespace_make(void)
{
	if (unshare(CLONE_NEWNET)) {
		perror("unshare");
		exit(1);
	}
	namespace_require_private();
	if (system("ip link set lo up && "
		   "ip link add gone0 type veth peer name far0 && "
		   "ip link add gone1 type veth peer name far1 && "
		   "for link in gone0 far0 gone1 far1; do ip link set $link up; done && "
		   "ip tuntap add tun0 mode tun && ip link set tun0 up")) {
		fprintf(stderr, "the test's links cannot be made\n");
		exit(1);
	}
}

/* Removes what an apply left: links, pins, records. */
static inline void namespace_clean(void)
{
	struct diagnostics diagnostics = {0};
	struct kernel *kernel;

	namespace_require_private();
	if (kernel_open(KERNEL_CHANGE, &kernel, &diagnostics) == 0) {
		kernel_detach(kernel, &diagnostics);
		directory_remove(kernel->state);
		kernel_close(kernel);
	}
	diagnostics_free(&diagnostics);
}

#endif
