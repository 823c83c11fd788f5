/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A small writer of MaxMind DBs (https://maxmind.github.io/MaxMind-DB/), for fixtures. */
#ifndef GABELOU_TESTS_UNIT_MMDB_WRITER_H
#define GABELOU_TESTS_UNIT_MMDB_WRITER_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "userspace/base/address.h"

#define MMDB_NODES_MOST 1024
#define MMDB_BYTES_MOST 65536

enum {
	MMDB_POINTER = 1,
	MMDB_UTF8,
	MMDB_UINT16 = 5,
	MMDB_UINT32,
	MMDB_MAP,
	MMDB_UINT64 = 9,
	MMDB_ARRAY = 11
};

struct mmdb_bytes {
	uint8_t bytes[MMDB_BYTES_MOST];
	size_t size;
};

struct mmdb_writer {
	unsigned ip_version, record_size;
	const char *type; /* NULL: "Test-Country" */
	/* 0: empty; positive: a node; negative: data at -(record) - 1. */
	int64_t nodes[MMDB_NODES_MOST][2];
	size_t count;
	struct mmdb_bytes data;
};

static inline void mmdb_byte(struct mmdb_bytes *out, unsigned byte)
{
	if (out->size == MMDB_BYTES_MOST)
		abort();
	out->bytes[out->size++] = (uint8_t)byte;
}

static inline void mmdb_control(struct mmdb_bytes *out, unsigned type, size_t size)
{
	bool large = size > 28; /* the size goes on in a second byte */

	if (size > 28 + 256)
		abort();
	mmdb_byte(out, (type > 7 ? 0 : type << 5) | (large ? 29 : (unsigned)size));
	if (type > 7)
		mmdb_byte(out, type - 7);
	if (large)
		mmdb_byte(out, (unsigned)size - 29);
}

static inline void mmdb_text(struct mmdb_bytes *out, const char *text)
{
	mmdb_control(out, MMDB_UTF8, strlen(text));
	for (; *text; text++)
		mmdb_byte(out, (unsigned char)*text);
}

static inline void mmdb_number(struct mmdb_bytes *out, unsigned type, uint64_t number)
{
	size_t size = 0;

	while (size < 8 && number >> (8 * size))
		size++;
	mmdb_control(out, type, size);
	while (size--)
		mmdb_byte(out, (number >> (8 * size)) & 0xff);
}

static inline void mmdb_map(struct mmdb_bytes *out, size_t pairs)
{
	mmdb_control(out, MMDB_MAP, pairs);
}

static inline void mmdb_start(struct mmdb_writer *writer, unsigned ip_version, unsigned record_size)
{
	memset(writer, 0, sizeof(*writer));
	writer->ip_version = ip_version;
	writer->record_size = record_size;
	writer->count = 1;
}

static inline u128 mmdb_bits(const struct mmdb_writer *writer, const char *text, unsigned *length)
{
	struct prefix prefix;

	if (prefix_parse(text, strlen(text), &prefix) != PREFIX_OK)
		abort();
	*length = prefix.length;
	if (prefix.family == FAMILY_V6)
		return prefix.value;
	if (writer->ip_version == 4)
		return prefix.value << 96;
	*length += 96;
	return prefix.value;
}

/* Where the record of the network stands; nodes on the way are made. */
static inline int64_t *mmdb_record(struct mmdb_writer *writer, const char *text)
{
	unsigned length;
	u128 bits = mmdb_bits(writer, text, &length);
	size_t node = 0;

	for (unsigned depth = 0;; depth++) {
		int64_t *record = &writer->nodes[node][(bits >> (127 - depth)) & 1];

		if (depth + 1 == length)
			return record;
		if (*record <= 0) {
			int64_t above = *record;

			if (writer->count == MMDB_NODES_MOST)
				abort();
			*record = (int64_t)writer->count++;
			writer->nodes[*record][0] = writer->nodes[*record][1] = above;
		}
		node = (size_t)*record;
	}
}

/* @offset: where in writer->data the record begins. */
static inline void mmdb_put(struct mmdb_writer *writer, const char *text, size_t offset)
{
	*mmdb_record(writer, text) = -(int64_t)offset - 1;
}

static inline void mmdb_metadata(const struct mmdb_writer *writer, struct mmdb_bytes *out)
{
	static const char marker[] = "\xab\xcd\xefMaxMind.com";

	for (size_t i = 0; i + 1 < sizeof(marker); i++)
		mmdb_byte(out, (unsigned char)marker[i]);
	mmdb_map(out, 9);
	mmdb_text(out, "binary_format_major_version");
	mmdb_number(out, MMDB_UINT16, 2);
	mmdb_text(out, "binary_format_minor_version");
	mmdb_number(out, MMDB_UINT16, 0);
	mmdb_text(out, "build_epoch");
	mmdb_number(out, MMDB_UINT64, 1767225600); /* 2026-01-01 */
	mmdb_text(out, "languages");
	mmdb_control(out, MMDB_ARRAY, 0);
	mmdb_text(out, "description");
	mmdb_map(out, 0);
	mmdb_text(out, "database_type");
	mmdb_text(out, writer->type ? writer->type : "Test-Country");
	mmdb_text(out, "ip_version");
	mmdb_number(out, MMDB_UINT16, writer->ip_version);
	mmdb_text(out, "node_count");
	mmdb_number(out, MMDB_UINT32, writer->count);
	mmdb_text(out, "record_size");
	mmdb_number(out, MMDB_UINT16, writer->record_size);
}

static inline void mmdb_node(const struct mmdb_writer *writer, size_t node, struct mmdb_bytes *out)
{
	uint64_t raw[2];

	for (size_t i = 0; i < 2; i++) {
		int64_t record = writer->nodes[node][i];

		raw[i] = record > 0    ? (uint64_t)record
			 : record == 0 ? writer->count
				       : writer->count + 16 + (uint64_t)(-record - 1);
	}
	if (writer->record_size == 28) {
		for (int shift = 16; shift >= 0; shift -= 8)
			mmdb_byte(out, (raw[0] >> shift) & 0xff);
		mmdb_byte(out, (raw[0] >> 24 & 15) << 4 | (raw[1] >> 24 & 15));
		for (int shift = 16; shift >= 0; shift -= 8)
			mmdb_byte(out, (raw[1] >> shift) & 0xff);
		return;
	}
	for (size_t i = 0; i < 2; i++)
		for (int shift = (int)writer->record_size - 8; shift >= 0; shift -= 8)
			mmdb_byte(out, (raw[i] >> shift) & 0xff);
}

static inline void mmdb_finish(const struct mmdb_writer *writer, struct mmdb_bytes *out)
{
	out->size = 0;
	for (size_t i = 0; i < writer->count; i++)
		mmdb_node(writer, i, out);
	for (size_t i = 0; i < 16; i++)
		mmdb_byte(out, 0);
	for (size_t i = 0; i < writer->data.size; i++)
		mmdb_byte(out, writer->data.bytes[i]);
	mmdb_metadata(writer, out);
}

#endif
