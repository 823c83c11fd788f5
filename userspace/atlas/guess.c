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
	MAGIC("\xff\xfe", "UTF-16 text; convert it to UTF-8"),
	MAGIC("\xfe\xff", "UTF-16 text; convert it to UTF-8"),
};

const char *guess_bytes(const struct file *file)
{
	for (size_t i = 0; i < sizeof(magics) / sizeof(magics[0]); i++)
		if (file->size >= magics[i].size &&
		    memcmp(file->bytes, magics[i].bytes, magics[i].size) == 0)
			return magics[i].text;
	return NULL;
}

const char *guess_text(const char *first_row)
{
	while (*first_row == ' ' || *first_row == '\t')
		first_row++;
	if (*first_row == '<')
		return "an HTML or XML page, not data (the login page of a proxy?); fetch the "
		       "file again";
	if (*first_row == '{' || *first_row == '[')
		return "JSON of no form that is read here; give a CSV of start,end,value";
	return NULL;
}
