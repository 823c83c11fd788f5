// SPDX-License-Identifier: GPL-2.0-or-later
/* Goal: no location.db, however broken, makes its reader crash, leak or hang, be it signed or not:
 * the tables are read here without asking for a signature. The first byte chooses the role, and
 * whether what follows is a whole file or the tables behind a header; then come the numbers of
 * nodes and networks. */
#include <arpa/inet.h>

#include "tests/fuzz/whole_file.h"
#include "userspace/atlas/location.h"

#define PARAMETERS  3
#define HEADER_SIZE 4200
#define BYTES_MOST  16384

static int read_unsigned(struct reader *reader, const struct layer_context *context,
			 struct layer *layer)
{
	struct location_db location;
	int error = location_open(reader, context, &location);

	return error ? error : location_rows(&location, layer);
}

static void put_table(uint8_t *bytes, size_t at, size_t offset, size_t size)
{
	uint32_t numbers[2] = {htonl((uint32_t)offset), htonl((uint32_t)size)};

	memcpy(bytes + at, numbers, sizeof(numbers));
}

/* Nodes, networks, ASNs and the pool share what follows. */
static void make_header(uint8_t *bytes, size_t size, size_t nodes, size_t networks)
{
	memset(bytes, 0, HEADER_SIZE);
	memcpy(bytes, "LOCDBXX\1", 8);
	put_table(bytes, 28, HEADER_SIZE, size & ~(size_t)7);
	put_table(bytes, 36, HEADER_SIZE + 12 * nodes, 12 * networks);
	put_table(bytes, 44, HEADER_SIZE, 12 * nodes);
	put_table(bytes, 60, HEADER_SIZE, size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t bytes[HEADER_SIZE + BYTES_MOST];

	if (size <= PARAMETERS || size > BYTES_MOST)
		return 0;
	struct fuzzed_file fuzzed = {.role = *data & 1 ? DATA_ASN : DATA_SOIL};
	size -= PARAMETERS;
	if (*data & 2) {
		fuzz_whole_file(&fuzzed, data + PARAMETERS, size, read_unsigned);
		return 0;
	}
	make_header(bytes, size, data[1], data[2]);
	memcpy(bytes + HEADER_SIZE, data + PARAMETERS, size);
	fuzz_whole_file(&fuzzed, bytes, HEADER_SIZE + size, read_unsigned);
	return 0;
}
