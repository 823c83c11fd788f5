// SPDX-License-Identifier: GPL-2.0-or-later
#include "userspace/atlas/location.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "userspace/base/signature.h"

#define VERSION_AT     7
#define HEADER_SIZE    4200
#define CREATED_AT     8
#define VENDOR_AT      16
#define ASNS_AT        28 /* each table: its offset in the file, its size */
#define NETWORKS_AT    36
#define NODES_AT       44
#define COUNTRIES_AT   52
#define POOL_AT        60
#define SIGNATURES_AT  68 /* the sizes of both, two bytes each, and then both */
#define SIGNATURE_MOST 2048
#define PADDING_AT     (SIGNATURES_AT + 4 + 2 * SIGNATURE_MOST)

uint32_t location_number(const uint8_t *bytes)
{
	return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 |
	       bytes[3];
}

const char *location_text(const struct location_db *location, uint32_t offset)
{
	const struct location_table *pool = &location->pool;

	if (offset >= pool->size || !memchr(pool->bytes + offset, 0, pool->size - offset))
		return NULL;
	return (const char *)pool->bytes + offset;
}

static int find_table(struct reader *reader, size_t at, struct location_table *table)
{
	const uint8_t *bytes = reader->file.bytes;

	table->offset = location_number(bytes + at);
	table->size = location_number(bytes + at + 4);
	table->bytes = bytes + table->offset;
	if (table->offset <= reader->file.size && table->size <= reader->file.size - table->offset)
		return 0;
	return reader_fault(reader, EBADMSG, NULL,
			    "the table that byte %zu speaks of ends at byte %zu, and the file at "
			    "byte %zu; fetch it again",
			    at, table->offset + table->size, reader->file.size);
}

int location_open(struct reader *reader, const struct layer_context *context,
		  struct location_db *location)
{
	const uint8_t *bytes = reader->file.bytes;
	struct location_table countries;
	int error = reader_refuse_page(reader);

	if (error)
		return error;
	*location = (struct location_db){.reader = reader, .context = context};
	if (reader->file.size < HEADER_SIZE)
		return reader_fault(reader, EBADMSG, NULL,
				    "%zu bytes, and the header of a location.db has %d; fetch the "
				    "file again",
				    reader->file.size, HEADER_SIZE);
	if (memcmp(bytes, "LOCDBXX", VERSION_AT) != 0 || bytes[VERSION_AT] != 1)
		return reader_fault(reader, EBADMSG, NULL,
				    "the first 8 bytes are not those of a location.db of version "
				    "1; fetch one with `location update`");
	if ((error = find_table(reader, ASNS_AT, &location->asns)) ||
	    (error = find_table(reader, NETWORKS_AT, &location->networks)) ||
	    (error = find_table(reader, NODES_AT, &location->nodes)) ||
	    (error = find_table(reader, COUNTRIES_AT, &countries)) ||
	    (error = find_table(reader, POOL_AT, &location->pool)))
		return error;
	location->created = (uint64_t)location_number(bytes + CREATED_AT) << 32 |
			    location_number(bytes + CREATED_AT + 4);
	location->vendor = location_text(location, location_number(bytes + VENDOR_AT));
	return 0;
}

/* Both signatures are of the whole file, with the places where they stand filled with zeros. */
static int verify_one(const struct file *file, const char *path, unsigned number)
{
	static const uint8_t zeros[PADDING_AT - SIGNATURES_AT];
	const uint8_t *bytes = file->bytes, *size = bytes + SIGNATURES_AT + 2 * (size_t)number;
	const struct signed_part parts[] = {
		{bytes, SIGNATURES_AT},
		{zeros, sizeof(zeros)},
		{bytes + PADDING_AT, file->size - PADDING_AT},
	};
	size_t length = (size_t)size[0] << 8 | size[1];

	if (!length || length > SIGNATURE_MOST)
		return -EKEYREJECTED;
	return signature_verify(path, parts, sizeof(parts) / sizeof(parts[0]),
				bytes + SIGNATURES_AT + 4 + (size_t)number * SIGNATURE_MOST,
				length);
}

int location_verify(struct reader *reader, const char *path)
{
	const uint8_t *sizes = (const uint8_t *)reader->file.bytes + SIGNATURES_AT;

	if (!sizes[0] && !sizes[1] && !sizes[2] && !sizes[3])
		return reader_fault(reader, EBADMSG, NULL,
				    "it is not signed; fetch one that is with `location update`");
	int error = verify_one(&reader->file, path, 0);
	if (error == -EKEYREJECTED)
		error = verify_one(&reader->file, path, 1);
	switch (error) {
	case 0:
		return 0;
	case -ENOMEM:
		return reader_no_memory(reader);
	case -EKEYREJECTED:
		return reader_fault(reader, EBADMSG, NULL,
				    "its signature is not that of the key in %s: it was changed or "
				    "cut off on the way; fetch it again with `location update`",
				    path);
	default:
		return reader_fault(reader, -error, NULL,
				    "its signature cannot be verified: %s: %s; restore it from the "
				    "package",
				    path,
				    error == -EINVAL ? "no public key in it" : strerror(-error));
	}
}

int location_read(struct reader *reader, const struct layer_context *context,
		  struct layer_rows *rows)
{
	struct location_db location;
	char key[PATH_MAX];
	int error = location_open(reader, context, &location);

	if (error)
		return error;
	if ((size_t)snprintf(key, sizeof(key), "%s/%s", context->data_dir, LOCATION_KEY) >=
	    sizeof(key))
		return reader_fault(reader, ENAMETOOLONG, NULL,
				    "the path of the data folder is too long; use a shorter one");
	error = location_verify(reader, key);
	return error ? error : location_rows(&location, rows->layer);
}
