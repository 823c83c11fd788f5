// SPDX-License-Identifier: GPL-2.0-or-later
/* Sections that are compiled right into the maps of the next generation. */
#include <bpf/bpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "userspace/kernel/load.h"
#include "userspace/kernel/memory.h"

static int allocate(enum table_section section, size_t size, void **bytes, int *map)
{
	LIBBPF_OPTS(bpf_map_create_opts, options, .map_flags = BPF_F_MMAPABLE);
	char name[BPF_OBJ_NAME_LEN];

	snprintf(name, sizeof(name), "%s", section_map_names[section]);
	int created =
		bpf_map_create(BPF_MAP_TYPE_ARRAY, name, sizeof(__u32), (__u32)size, 1, &options);
	if (created < 0)
		return created;
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, created, 0);
	if (memory == MAP_FAILED) {
		int error = -errno;

		close(created);
		return error;
	}
	*bytes = memory;
	*map = created;
	return 0;
}

const struct table_memory kernel_table_memory = {.allocate = allocate};

int memory_seal(int map, void *bytes, size_t size)
{
	/* In one step, so that the bytes stay readable; a map with a writable mapping cannot be
	 * frozen. */
	if (mmap(bytes, size, PROT_READ, MAP_SHARED | MAP_FIXED, map, 0) == MAP_FAILED)
		return -errno;
	return bpf_map_freeze(map);
}
