// SPDX-License-Identifier: GPL-2.0-or-later
#include "userspace/base/data_file.h"

#include <stdlib.h>

const char *data_role_name(enum data_role role)
{
	static const char *const names[DATA_ROLES] = {
		[DATA_SOIL] = "soil", [DATA_FEEDS] = "feeds", [DATA_REGISTRY] = "registry",
		[DATA_ASN] = "asn",   [DATA_OWNER] = "owner",
	};

	return names[role];
}

const char *data_format_name(enum data_format format)
{
	static const char *const names[DATA_FORMATS] = {
		[DATA_GUESSED] = "auto",
		[DATA_RANGES] = "ranges",
		[DATA_CHANGES] = "changes",
		[DATA_PREFIXES] = "prefixes",
		[DATA_DELEGATED] = "delegated",
		[DATA_ASN_COUNTRY] = "asn-country",
		[DATA_MMDB] = "mmdb",
		[DATA_LOCATION] = "location",
		[DATA_AWS] = "aws",
		[DATA_GCP] = "gcp",
		[DATA_AZURE] = "azure",
		[DATA_OCI] = "oci",
		[DATA_GEOFEED_JSON] = "geofeed-json",
	};

	return names[format];
}

const char *data_agree_name(enum data_agree agree)
{
	static const char *const names[] = {[DATA_AGREE_FIRST] = "first",
					    [DATA_AGREE_MAJORITY] = "majority",
					    [DATA_AGREE_ALL] = "all"};

	return names[agree];
}

void data_config_free(struct data_config *config)
{
	for (enum data_role role = 0; role < DATA_ROLES; role++) {
		struct data_files *files = &config->files[role];

		for (size_t i = 0; i < files->count; i++) {
			struct data_file *file = &files->items[i];

			free(file->path);
			free(file->name);
			free(file->field);
			free(file->asns);
			free(file->url);
			free(file->checksum);
		}
		free(files->items);
		*files = (struct data_files){0};
	}
}
