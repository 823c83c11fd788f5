// SPDX-License-Identifier: GPL-2.0-or-later
/* Goal: no MaxMind DB, however broken, makes its reader crash, leak or hang; what is read is well
 * formed, and what is refused comes with exactly one message. The first three bytes choose the
 * role, whether the field is set, and what metadata stand behind the tree and the records, if any.
 */
#include "tests/fuzz/whole_file.h"
#include "tests/unit/mmdb_writer.h"

#define PARAMETERS 3

static void append_metadata(struct mmdb_bytes *bytes, uint8_t form, uint8_t nodes)
{
	static const unsigned sizes[] = {24, 28, 32, 28};
	struct mmdb_writer writer = {
		.ip_version = form & 4 ? 4 : 6,
		.record_size = sizes[form & 3],
		.count = nodes,
	};

	if (!(form & 0x80))
		mmdb_metadata(&writer, bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const enum data_role roles[] = {DATA_SOIL, DATA_REGISTRY, DATA_ASN};
	static struct mmdb_bytes bytes;
	struct data_file file = {.format = DATA_MMDB};

	if (size <= PARAMETERS || size > MMDB_BYTES_MOST / 2)
		return 0;
	if (*data & 0x80)
		file.field = (char[]){"country.0.iso_code"};
	bytes.size = size - PARAMETERS;
	memcpy(bytes.bytes, data + PARAMETERS, bytes.size);
	append_metadata(&bytes, data[1], data[2]);
	struct fuzzed_file fuzzed = {.file = &file, .role = roles[*data % 3]};
	fuzz_whole_file(&fuzzed, bytes.bytes, bytes.size, layer_read);
	return 0;
}
