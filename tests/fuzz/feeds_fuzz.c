// SPDX-License-Identifier: GPL-2.0-or-later
/* Goal: no JSON, however broken, makes a reader of feeds crash, leak or hang; what is read is well
 * formed, and what is refused comes with exactly one message. The first byte chooses the format,
 * and whether what follows is a whole file or what stands inside of one. */
#include "tests/fuzz/whole_file.h"

#define TEXT_MOST 8192

static struct region known[] = {
	{DATA_AWS, "eu-west-3", COUNTRY('F', 'R'), 1},
	{DATA_GCP, "europe-west9", COUNTRY('F', 'R'), 2},
	{DATA_AZURE, "centralfrance", COUNTRY('F', 'R'), 3},
	{DATA_OCI, "eu-paris-1", COUNTRY('F', 'R'), 4},
};

static const struct {
	const char *before, *after;
} frames[] = {
	{"{\"createDate\":\"2026-01-01\",\"prefixes\":[{\"region\":\"eu-west-3\",\"ip_prefix\":",
	 "}],\"ipv6_prefixes\":[]}"},
	{"{\"creationTime\":\"2026-01-01\",\"prefixes\":[{\"scope\":\"europe-west9\",", "}]}"},
	{"{\"changeNumber\":1,\"cloud\":\"Public\",\"values\":[{\"name\":\"AzureCloud.a\","
	 "\"properties\":{\"region\":\"centralfrance\",\"addressPrefixes\":[",
	 "]}}]}"},
	{"{\"last_updated_timestamp\":\"\",\"regions\":[{\"region\":\"eu-paris-1\",\"cidrs\":[",
	 "]}]}"},
	{"{\"asn\":64500,\"subnets\":[{\"alpha2code\":\"FR\",\"ip_prefix\":", "}]}"},
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct regions regions = {known, 4, 4};
	static char text[TEXT_MOST + 512];
	struct data_file file = {0};

	if (size < 2 || size > TEXT_MOST)
		return 0;
	size_t number = *data % 5, before = strlen(frames[number].before),
	       after = strlen(frames[number].after);
	file.format = DATA_AWS + number;
	struct fuzzed_file fuzzed = {.file = &file, .role = DATA_FEEDS, .regions = &regions};
	if (*data & 0x80) {
		fuzz_whole_file(&fuzzed, data + 1, size - 1, layer_read);
		return 0;
	}
	memcpy(text, frames[number].before, before);
	memcpy(text + before, data + 1, size - 1);
	memcpy(text + before + size - 1, frames[number].after, after);
	fuzz_whole_file(&fuzzed, (uint8_t *)text, before + size - 1 + after, layer_read);
	return 0;
}
