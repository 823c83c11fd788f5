/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Steps at which a test may kill the process: FAULT("name") after each step that changes what the
 * machine holds (a pin, a record, a link). In the product it is nothing at all.
 *
 * Compiled with GABELOU_FAULTS, the names stand in the section "gabelou_faults" of the binary, each
 * ended by a NUL, so that a test can walk all of them and forget none; and $GABELOU_FAULT names the
 * step that is the process's last: "name", or "name:2" for the second time that it comes there.
 */
#ifndef GABELOU_KERNEL_FAULT_H
#define GABELOU_KERNEL_FAULT_H

#ifdef GABELOU_FAULTS

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static inline void fault_reached(const char *name, int *times)
{
	const char *wanted = getenv("GABELOU_FAULT");
	size_t length = strlen(name);

	if (!wanted || strncmp(wanted, name, length) != 0)
		return;
	if (wanted[length] == ':' ? ++*times == atoi(wanted + length + 1) : !wanted[length])
		kill(getpid(), SIGKILL);
}

#define FAULT(name)                                                                          \
	do {                                                                                 \
		static const char fault_name[]                                               \
			__attribute__((section("gabelou_faults"), used, aligned(1))) = name; \
		static int fault_times;                                                      \
		fault_reached(fault_name, &fault_times);                                     \
	} while (0)

#else

#define FAULT(name) ((void)0)

#endif

#endif
