// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "userspace/atlas/cache.h"
#include "userspace/base/aside.h"

const size_t cache_part_sizes[CACHE_PARTS] = {
	[CACHE_STARTS_V4] = sizeof(u128),
	[CACHE_STARTS_V6] = sizeof(u128),
	[CACHE_VALUES_V4] = sizeof(uint32_t),
	[CACHE_VALUES_V6] = sizeof(uint32_t),
	[CACHE_PLACES] = sizeof(struct place),
	[CACHE_OPERATORS] = sizeof(struct operator_entry),
	[CACHE_SLOTS] = sizeof(struct operator_slot),
	[CACHE_SOURCES] = sizeof(struct source),
	[CACHE_STRINGS] = 1,
};

#define PRIME 0x9e3779b97f4a7c15u /* odd, so that a product can be undone */

/* Four chains of multiply and rotate over words, side by side; the end of the bytes as zeros, and
 * their number. Any single word that differs changes the sum, since each step can be undone. */
static uint64_t sum_up(const void *bytes, size_t size)
{
	uint64_t chains[4] = {1, 2, 3, 4}, sum = size;
	const char *at = bytes;

	for (; size; at += sizeof(chains)) {
		size_t part = size < sizeof(chains) ? size : sizeof(chains);
		uint64_t words[4] = {0};

		memcpy(words, at, part);
		for (int i = 0; i < 4; i++) {
			chains[i] = (chains[i] ^ words[i]) * PRIME;
			chains[i] = chains[i] << 31 | chains[i] >> 33;
		}
		size -= part;
	}
	for (int i = 0; i < 4; i++)
		sum = (sum ^ chains[i]) * PRIME;
	return sum;
}

struct half {
	const char *bytes;
	size_t size;
	uint64_t sum;
};

static void sum_half(void *argument)
{
	struct half *half = argument;

	half->sum = sum_up(half->bytes, half->size);
}

/* Of each half, at the same time. */
uint64_t cache_checksum(const void *bytes, size_t size)
{
	struct half second = {(const char *)bytes + size / 2, size - size / 2, 0};
	struct aside aside;

	aside_begin(&aside, sum_half, &second);
	uint64_t first = sum_up(bytes, size / 2);
	aside_end(&aside);
	return first * PRIME ^ second.sum;
}

/* Only we may have written it. */
static bool is_ours(const struct stat *status)
{
	return S_ISREG(status->st_mode) && status->st_uid == geteuid() &&
	       (status->st_mode & (S_IRWXG | S_IRWXO)) == 0 &&
	       (size_t)status->st_size > sizeof(struct cache_header);
}

static bool is_whole(const struct cache_header *header, size_t size, const struct digest *key)
{
	if (memcmp(header->magic, CACHE_MAGIC, sizeof(header->magic)) != 0 ||
	    header->size != size || memcmp(&header->key, key, sizeof(*key)) != 0)
		return false;
	for (int i = 0; i < CACHE_PARTS; i++)
		if (header->parts[i].offset > size ||
		    header->parts[i].count > (size - header->parts[i].offset) / cache_part_sizes[i])
			return false;
	return header->checksum ==
	       cache_checksum((const char *)header + CACHE_SUMMED_FROM, size - CACHE_SUMMED_FROM);
}

static void *part(const struct cache_header *header, enum cache_part number)
{
	return (char *)header + header->parts[number].offset;
}

/* From where the file was to be mapped to where it is. */
static void relocate(const struct cache_header *header, const char **text)
{
	*text = (const char *)header + ((uintptr_t)*text - CACHE_BASE);
}

static void relocate_all(const struct cache_header *header)
{
	struct operator_entry *entries = part(header, CACHE_OPERATORS);
	struct source *sources = part(header, CACHE_SOURCES);

	for (uint64_t i = 0; i < header->parts[CACHE_OPERATORS].count; i++) {
		struct asn_operator *known = &entries[i].known;

		relocate(header, &known->name);
		relocate(header, &known->organisation);
		relocate(header, &known->parent);
		relocate(header, &known->since);
		relocate(header, &known->source);
	}
	for (uint64_t i = 0; i < header->parts[CACHE_SOURCES].count; i++) {
		relocate(header, &sources[i].name);
		relocate(header, &sources[i].path);
		relocate(header, &sources[i].date);
	}
}

static void point_into(const struct cache_header *header, struct atlas *atlas)
{
	for (enum family family = 0; family < FAMILIES; family++)
		atlas->ranges[family] = (struct changes){
			.count = header->parts[CACHE_STARTS_V4 + family].count,
			.starts = part(header, CACHE_STARTS_V4 + family),
			.values = part(header, CACHE_VALUES_V4 + family),
		};
	intern_init(&atlas->places, sizeof(struct place));
	atlas->places.keys = part(header, CACHE_PLACES);
	atlas->places.count = (uint32_t)header->parts[CACHE_PLACES].count;
	atlas->operators = (struct operators){
		.entries = part(header, CACHE_OPERATORS),
		.count = (uint32_t)header->parts[CACHE_OPERATORS].count,
		.slots = part(header, CACHE_SLOTS),
		.mask = (uint32_t)header->parts[CACHE_SLOTS].count - 1,
	};
	atlas->sources = part(header, CACHE_SOURCES);
	atlas->source_count = header->parts[CACHE_SOURCES].count;
	atlas->soil_count = header->soil_count;
	atlas->feed_count = header->feed_count;
}

/* At its place, or else anywhere. The pages stay the file's, shared by all who map it, but for
 * those that hold pointers where these have to be moved. */
static void *map_bytes(int fd, size_t size)
{
	void *bytes =
		mmap((void *)CACHE_BASE, size, PROT_READ, MAP_PRIVATE | MAP_FIXED_NOREPLACE, fd, 0);

	if (bytes == (void *)CACHE_BASE)
		return bytes;
	if (bytes != MAP_FAILED)
		munmap(bytes, size);
	return mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
}

static struct cache_header *map_file(int fd, const struct digest *key, size_t *size)
{
	struct stat status;
	struct cache_header *header;

	if (fstat(fd, &status) || !is_ours(&status))
		return NULL;
	*size = (size_t)status.st_size;
	header = map_bytes(fd, *size);
	if (header == MAP_FAILED)
		return NULL;
	if (is_whole(header, *size, key)) {
		/* Who only looks up a few addresses need not keep in memory what was summed up. */
		madvise(header, *size, MADV_DONTNEED);
		return header;
	}
	munmap(header, *size);
	return NULL;
}

int cache_load(const char *folder, const struct digest *key, struct atlas **atlas)
{
	char text[DIGEST_TEXT_SIZE], *path;
	struct cache_header *header;
	struct atlas *loaded;
	size_t size;

	if (asprintf(&path, "%s/atlas-%s", folder, digest_format(key, text)) < 0)
		return -ENOMEM;
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	free(path);
	if (fd < 0)
		return -ENOENT;
	header = map_file(fd, key, &size);
	close(fd);
	if (!header)
		return -ENOENT;
	loaded = calloc(1, sizeof(*loaded));
	if (!loaded) {
		munmap(header, size);
		return -ENOMEM;
	}
	if ((uintptr_t)header != CACHE_BASE)
		relocate_all(header);
	point_into(header, loaded);
	loaded->mapped = header;
	loaded->mapped_size = size;
	*atlas = loaded;
	return 0;
}
