/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The memory of sections that lie in maps (kernel_table_memory of kernel.h). */
#ifndef GABELOU_KERNEL_MEMORY_H
#define GABELOU_KERNEL_MEMORY_H

#include <stddef.h>

/* From now on nobody writes to the map, neither here nor by a system call. The bytes stay where
 * they are. 0 or -errno. */
int memory_seal(int map, void *bytes, size_t size);

#endif
