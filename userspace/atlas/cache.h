/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A built atlas on disk, used in place by mmap.
 *
 * The file's name is its key: a digest of all that the atlas is made of (every source, the
 * configuration, the day, this program's version and layout). So a cached atlas is never stale: a
 * changed source asks for another file. A source is known by its path, device, inode, size and
 * times: whatever writes to a file or puts another in its place gives it a new time of change
 * (ctime), which nobody can choose. The bytes are not read again: what the atlas says of them,
 * digests included, is what was true when it was built. A file that is not whole, not ours, or open
 * to others is no answer, and is built anew.
 */
#ifndef GABELOU_ATLAS_CACHE_H
#define GABELOU_ATLAS_CACHE_H

#include "userspace/atlas/merge.h"

#define CACHE_FILES_MOST 4 /* the latest ones stay */

/* 0, or -errno (no message: who builds the atlas will say it). -EAGAIN: a source changed a moment
 * before config->now, and what is built of it is not to be kept. */
int cache_key(const struct atlas_config *config, struct digest *key);

/* -ENOENT: there is none that can be used. */
int cache_load(const char *folder, const struct digest *key, struct atlas **atlas);

/* Makes the folder (mode 0700), writes the file (0600), removes older ones. Whole or not at all;
 * not synced, since a file that a power cut left half written is no answer. 0 or -errno. */
int cache_save(const char *folder, const struct digest *key, const struct atlas *atlas);

/*
 * The file: this header, then the parts, each an array at a multiple of 64 bytes. Numbers are in
 * host byte order. Pointers to strings are right where the file is mapped at CACHE_BASE; where
 * something else is there, they are moved along.
 */
enum cache_part {
	CACHE_STARTS_V4, /* u128 */
	CACHE_STARTS_V6,
	CACHE_VALUES_V4, /* __u32 */
	CACHE_VALUES_V6,
	CACHE_PLACES,    /* struct place */
	CACHE_OPERATORS, /* struct operator_entry */
	CACHE_SLOTS,     /* struct operator_slot */
	CACHE_SOURCES,   /* struct source */
	CACHE_STRINGS,   /* text and NUL, one after another; the first is "" */
	CACHE_PARTS
};

/* Far from where the kernel puts anything by itself. */
#define CACHE_BASE ((uintptr_t)0x200000000000)

#define CACHE_MAGIC "gabelou atlas 5" /* raise the number with any change of layout or meaning */

struct cache_header {
	char magic[16];
	uint64_t checksum; /* of all that follows it */
	uint64_t size;     /* of the file */
	struct digest key; /* as in the name, which others could give it */
	struct {
		uint64_t offset, count;
	} parts[CACHE_PARTS];
	uint64_t soil_count, feed_count;
};

#define CACHE_SUMMED_FROM offsetof(struct cache_header, size)

/* Against accidents: who may write the file is kept by its owner and mode. A cryptographic digest
 * of some 40 MB would cost more than all that the cache saves. */
uint64_t cache_checksum(const void *bytes, size_t size);

extern const size_t cache_part_sizes[CACHE_PARTS]; /* bytes of one of it */

#endif
