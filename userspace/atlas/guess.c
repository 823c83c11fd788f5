// SPDX-License-Identifier: GPL-2.0-or-later
/* What a file is that no reader takes, told from its content, so that it can be refused by name. */
#include <string.h>

#include "userspace/atlas/reader.h"

struct magic {
	const char *bytes;
	size_t size;
	const char *text;
};

#define MAGIC(bytes, text)                     \
	{                                      \
		bytes, sizeof(bytes) - 1, text \
	}

static const struct magic magics[] = {
	MAGIC("\x1f\x8b", "compressed by gzip; unpack it, or compress it with zstd"),
	MAGIC("\xfd"
	      "7zXZ",
	      "compressed by xz; unpack it, or compress it with zstd"),
	MAGIC("BZh", "compressed by bzip2; unpack it, or compress it with zstd"),
	MAGIC("PK\x03\x04", "a ZIP archive; unpack it and name the file inside"),
	MAGIC("LOCDBXX", "an IPFire location database, which is not read; give a CSV of "
			 "start,end,value"),
	MAGIC("\xff\xfe", "UTF-16 text; convert it to UTF-8"),
	MAGIC("\xfe\xff", "UTF-16 text; convert it to UTF-8"),
};

/* The metadata of a MaxMind DB lie in its last 128 KiB, behind this marker. */
#define MMDB_MARKER    "\xab\xcd\xefMaxMind.com"
#define MMDB_TAIL_SIZE ((size_t)128 << 10)

const char *guess_bytes(const struct file *file)
{
	const char *bytes = file->bytes;
	size_t tail = file->size < MMDB_TAIL_SIZE ? file->size : MMDB_TAIL_SIZE;

	for (size_t i = 0; i < sizeof(magics) / sizeof(magics[0]); i++)
		if (file->size >= magics[i].size &&
		    memcmp(bytes, magics[i].bytes, magics[i].size) == 0)
			return magics[i].text;
	if (memmem(bytes + file->size - tail, tail, MMDB_MARKER, strlen(MMDB_MARKER)))
		return "a MaxMind DB (MMDB), which is not read; give its CSV of start,end,value";
	return NULL;
}

const char *guess_text(const char *first_row)
{
	static const char *const registries[] = {"|afrinic|", "|apnic|", "|arin|", "|lacnic|",
						 "|ripencc|", "|iana|",  "|nro|"};

	while (*first_row == ' ' || *first_row == '\t')
		first_row++;
	if (*first_row == '<')
		return "an HTML or XML page, not data (the login page of a proxy?); fetch the "
		       "file again";
	if (*first_row == '{' || *first_row == '[')
		return "JSON, which is not read; give a CSV of start,end,value";
	for (size_t i = 0; i < sizeof(registries) / sizeof(registries[0]); i++)
		if (strstr(first_row, registries[i]))
			return "a registry's delegated file, which is not read; give a CSV of "
			       "start,end,value";
	return NULL;
}
