// SPDX-License-Identifier: GPL-2.0-or-later
#include "userspace/kernel/sections.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "userspace/kernel/kernel.h"
#include "userspace/kernel/message.h"

const char *const section_map_names[TABLE_SECTION_COUNT] = {
#define SECTION(identifier, name, text) "table_" #identifier,
	TABLE_SECTIONS(SECTION)
#undef SECTION
};

static int create(enum table_section section, size_t size)
{
	LIBBPF_OPTS(bpf_map_create_opts, options, .map_flags = BPF_F_MMAPABLE);
	char name[BPF_OBJ_NAME_LEN];

	snprintf(name, sizeof(name), "%s", section_map_names[section]);
	return bpf_map_create(BPF_MAP_TYPE_ARRAY, name, sizeof(__u32), (__u32)size, 1, &options);
}

static int allocate(enum table_section section, size_t size, void **bytes, int *map)
{
	int created = create(section, size);

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

/* From now on nobody writes to the map, neither here nor by a system call. The bytes stay where
 * they are, in one step: a map with a writable mapping cannot be frozen. */
static int seal(int map, void *bytes, size_t size)
{
	if (mmap(bytes, size, PROT_READ, MAP_SHARED | MAP_FIXED, map, 0) == MAP_FAILED)
		return -errno;
	return bpf_map_freeze(map);
}

static int fill(int map, const void *bytes, size_t size)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, map, 0);

	if (memory == MAP_FAILED)
		return -errno;
	memcpy(memory, bytes, size);
	munmap(memory, size); /* as in seal() */
	return bpf_map_freeze(map);
}

static int compare(int map, const void *bytes, size_t size)
{
	void *memory = mmap(NULL, size, PROT_READ, MAP_SHARED, map, 0);
	int error;

	if (memory == MAP_FAILED)
		return -errno;
	error = memcmp(memory, bytes, size) == 0 ? 0 : -EBADMSG;
	munmap(memory, size);
	return error;
}

/* A file descriptor of the section's map, or -errno. */
static int settle(const struct table *table, enum table_section section)
{
	void *bytes = table->sections[section].bytes;
	size_t size = table->sections[section].size;
	bool ready = table->sections[section].map; /* it was compiled into it */
	int map = ready ? fcntl(table->sections[section].map, F_DUPFD_CLOEXEC, 0)
			: create(section, size);

	if (map < 0)
		return ready ? -errno : map;
	int error = ready ? seal(map, bytes, size) : fill(map, bytes, size);
	if (!error && !ready)
		error = compare(map, bytes, size);
	if (!error)
		return map;
	close(map);
	return error;
}

static bool is_complete(const struct table *table)
{
	for (int i = 0; i < TABLE_SECTION_COUNT; i++)
		if (!table->sections[i].bytes || !table->sections[i].size)
			return false;
	return true;
}

int sections_settle(const struct table *table, struct sections *sections,
		    struct diagnostics *diagnostics)
{
	struct sections settled;
	int error = 0, count = 0;

	if (!is_complete(table))
		return message(diagnostics, -EINVAL, "the verdict table has an empty section");
	for (; count < TABLE_SECTION_COUNT && !error; count += !error) {
		settled.map[count] = settle(table, (enum table_section)count);
		error = settled.map[count] < 0 ? settled.map[count] : 0;
	}
	if (!error) {
		*sections = settled;
		return 0;
	}
	message(diagnostics, error, "the section %s of the verdict table: %s",
		section_map_names[count],
		error == -EBADMSG ? "reads back otherwise than written" : strerror(-error));
	while (count-- > 0)
		close(settled.map[count]);
	return error;
}

void sections_close(struct sections *sections)
{
	for (int i = 0; i < TABLE_SECTION_COUNT; i++)
		close(sections->map[i]);
}
