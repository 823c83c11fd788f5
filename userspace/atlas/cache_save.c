// SPDX-License-Identifier: GPL-2.0-or-later
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "userspace/atlas/cache.h"

#define PART_ALIGNMENT 64

/* The file while it is put together: only its size at first, then its bytes. */
struct image {
	char *bytes; /* NULL: only counting */
	size_t size;
};

static void *put(struct image *image, const void *bytes, size_t size)
{
	char *at = image->bytes ? image->bytes + image->size : NULL;

	if (at && size)
		memcpy(at, bytes, size);
	image->size += size;
	return at;
}

static void *put_part(struct image *image, struct cache_header *header, enum cache_part number,
		      const void *items, uint64_t count)
{
	image->size = (image->size + PART_ALIGNMENT - 1) / PART_ALIGNMENT * PART_ALIGNMENT;
	header->parts[number].offset = image->size;
	header->parts[number].count = count;
	return put(image, items, count * cache_part_sizes[number]);
}

/* Appends the string. The pointer to it that will be right. */
static const char *put_string(struct image *image, uint64_t none, const char *text)
{
	uint64_t offset = *text ? image->size : none;

	if (*text)
		put(image, text, strlen(text) + 1);
	return (const char *)(CACHE_BASE + offset);
}

/* The copies in the image get new pointers; the texts come from the originals. */
static void put_strings(struct image *image, struct cache_header *header, const struct atlas *atlas,
			struct operator_entry *entries, struct source *sources)
{
	struct asn_operator no_operator = {0}; /* while only counting */
	struct source no_source = {0};

	put_part(image, header, CACHE_STRINGS, "", 1);
	uint64_t none = header->parts[CACHE_STRINGS].offset;

	for (uint32_t i = 0; i < atlas->operators.count; i++) {
		const struct asn_operator *from = &atlas->operators.entries[i].known;
		struct asn_operator *to = image->bytes ? &entries[i].known : &no_operator;

		to->name = put_string(image, none, from->name);
		to->organisation = put_string(image, none, from->organisation);
		to->parent = put_string(image, none, from->parent);
		to->since = put_string(image, none, from->since);
		to->source = put_string(image, none, from->source);
	}
	for (size_t i = 0; i < atlas->source_count; i++) {
		const struct source *from = &atlas->sources[i];
		struct source *to = image->bytes ? &sources[i] : &no_source;

		to->name = put_string(image, none, from->name);
		to->path = put_string(image, none, from->path);
		to->date = put_string(image, none, from->date);
	}
	header->parts[CACHE_STRINGS].count = image->size - none;
}

static void compose(struct image *image, struct cache_header *header, const struct atlas *atlas)
{
	const struct operators *operators = &atlas->operators;

	image->size = sizeof(*header);
	for (enum family family = 0; family < FAMILIES; family++) {
		const struct changes *ranges = &atlas->ranges[family];

		put_part(image, header, CACHE_STARTS_V4 + family, ranges->starts, ranges->count);
		put_part(image, header, CACHE_VALUES_V4 + family, ranges->values, ranges->count);
	}
	put_part(image, header, CACHE_PLACES, atlas->places.keys, atlas->places.count);
	put_part(image, header, CACHE_SLOTS, operators->slots,
		 operators->count ? (uint64_t)operators->mask + 1 : 0);
	struct operator_entry *entries =
		put_part(image, header, CACHE_OPERATORS, operators->entries, operators->count);
	struct source *sources =
		put_part(image, header, CACHE_SOURCES, atlas->sources, atlas->source_count);
	put_strings(image, header, atlas, entries, sources);
	header->size = image->size;
	header->soil_count = atlas->soil_count;
	header->feed_count = atlas->feed_count;
}

static int write_whole(int folder, const char *name, const void *bytes, size_t size)
{
	char temporary[] = "atlas-new";

	unlinkat(folder, temporary, 0);
	int fd = openat(folder, temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	int error = file_write(fd, bytes, size);
	if (close(fd) && !error)
		error = -errno;
	if (!error && renameat(folder, temporary, folder, name))
		error = -errno;
	if (error)
		unlinkat(folder, temporary, 0);
	return error;
}

/* Removes the oldest file, if there are more than may stay. True if one went. */
static bool prune_one(int folder)
{
	int copy = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *listing = copy < 0 ? NULL : fdopendir(copy);
	char oldest[NAME_MAX + 1] = "";
	struct timespec age = {0};
	unsigned count = 0;

	if (!listing)
		return false;
	for (struct dirent *entry; (entry = readdir(listing));) {
		struct stat status;

		if (strncmp(entry->d_name, "atlas-", 6) != 0 ||
		    fstatat(folder, entry->d_name, &status, AT_SYMLINK_NOFOLLOW))
			continue;
		if (!count++ || status.st_mtim.tv_sec < age.tv_sec ||
		    (status.st_mtim.tv_sec == age.tv_sec && status.st_mtim.tv_nsec < age.tv_nsec)) {
			age = status.st_mtim;
			strcpy(oldest, entry->d_name);
		}
	}
	closedir(listing);
	return count > CACHE_FILES_MOST && unlinkat(folder, oldest, 0) == 0;
}

static int save_image(const char *folder, const struct digest *key, const struct image *image)
{
	char name[sizeof("atlas-") + DIGEST_TEXT_SIZE] = "atlas-";

	if (mkdir(folder, 0700) && errno != EEXIST)
		return -errno;
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	digest_format(key, name + strlen(name));
	int error = write_whole(fd, name, image->bytes, image->size);
	while (!error && prune_one(fd))
		;
	close(fd);
	return error;
}

int cache_save(const char *folder, const struct digest *key, const struct atlas *atlas)
{
	struct cache_header header = {.magic = CACHE_MAGIC, .key = *key};
	struct image image = {0};

	compose(&image, &header, atlas);
	image.bytes = calloc(1, image.size);
	if (!image.bytes)
		return -ENOMEM;
	compose(&image, &header, atlas);
	memcpy(image.bytes, &header, sizeof(header));
	((struct cache_header *)image.bytes)->checksum =
		cache_checksum(image.bytes + CACHE_SUMMED_FROM, image.size - CACHE_SUMMED_FROM);
	int error = save_image(folder, key, &image);
	free(image.bytes);
	return error;
}
