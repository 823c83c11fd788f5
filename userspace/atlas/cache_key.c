// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "userspace/atlas/cache.h"
#include "userspace/atlas/tables.h"

#define DAY_SECONDS 86400

/* Two changes of a file within a tick of its file system's clock leave the same times, and the
 * coarsest clock ticks every two seconds (FAT): a change that is no older may not be the last. */
#define TICK_SECONDS_MOST 2

static void add_text(struct digest_state *state, const char *text)
{
	digest_add(state, text, strlen(text) + 1);
}

/* Its path too, for it is in the atlas. */
static int add_file(struct digest_state *state, const struct atlas_config *config, const char *path)
{
	struct stat status;

	if (stat(path, &status))
		return -errno;
	if (status.st_ctim.tv_sec + TICK_SECONDS_MOST >= config->now)
		return -EAGAIN;
	add_text(state, path);
	digest_add(state, &status.st_dev, sizeof(status.st_dev));
	digest_add(state, &status.st_ino, sizeof(status.st_ino));
	digest_add(state, &status.st_size, sizeof(status.st_size));
	digest_add(state, &status.st_mtim, sizeof(status.st_mtim));
	digest_add(state, &status.st_ctim, sizeof(status.st_ctim));
	return 0;
}

static int add_embedded(struct digest_state *state, const struct atlas_config *config,
			const char *name)
{
	char path[PATH_MAX];

	if ((size_t)snprintf(path, sizeof(path), "%s/%s", config->data_dir, name) >= sizeof(path))
		return -ENAMETOOLONG;
	return add_file(state, config, path);
}

/* All that a policy says of a file; NULL is not the empty text. */
static void add_settings(struct digest_state *state, const struct data_file *file)
{
	const char *texts[] = {file->name, file->field};

	digest_add(state, &file->format, sizeof(file->format));
	digest_add(state, &file->country, sizeof(file->country));
	digest_add(state, &file->asn_count, sizeof(file->asn_count));
	digest_add(state, file->asns, file->asn_count * sizeof(*file->asns));
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		add_text(state, texts[i] ? texts[i] : "\n");
}

/* The files of a role, or the embedded one. */
static int add_role(struct digest_state *state, const struct atlas_config *config,
		    enum data_role role, const char *embedded)
{
	const struct data_files *files = &config->data.files[role];
	int error = files->count || !embedded ? 0 : add_embedded(state, config, embedded);

	digest_add(state, &files->count, sizeof(files->count));
	for (size_t i = 0; i < files->count && !error; i++) {
		add_settings(state, &files->items[i]);
		error = add_file(state, config, files->items[i].path);
	}
	return error;
}

static int add_sources(struct digest_state *state, const struct atlas_config *config)
{
	static const char *const defaults[DATA_ROLES] = {
		[DATA_SOIL] = EMBEDDED_SOIL,
		[DATA_REGISTRY] = EMBEDDED_REGISTRY,
		[DATA_ASN] = EMBEDDED_ASN,
		[DATA_OWNER] = EMBEDDED_OWNERS,
	};
	int error = 0;

	for (enum data_role role = 0; role < DATA_ROLES && !error; role++)
		error = add_role(state, config, role, defaults[role]);
	if (!error)
		error = add_embedded(state, config, EMBEDDED_ANYCAST);
	if (!error && config->data.files[DATA_FEEDS].count)
		error = add_embedded(state, config, EMBEDDED_REGIONS);
	if (!error)
		error = add_embedded(state, config, EMBEDDED_ASN_NAMES);
	return error ? error : add_embedded(state, config, EMBEDDED_DOUBTFUL);
}

int cache_key(const struct atlas_config *config, struct digest *key)
{
	time_t day = config->now / DAY_SECONDS; /* an owner line comes into force on its day */
	struct digest_state *state = digest_start();

	if (!state)
		return -ENOMEM;
	add_text(state, CACHE_MAGIC " " GABELOU_VERSION);
	digest_add(state, cache_part_sizes, CACHE_PARTS * sizeof(cache_part_sizes[0]));
	digest_add(state, &config->data.agree, sizeof(config->data.agree));
	digest_add(state, &config->data.min_sources, sizeof(config->data.min_sources));
	digest_add(state, &day, sizeof(day));
	add_text(state, config->data_dir);
	int error = add_sources(state, config);
	struct digest digest = digest_end(state);
	if (!error)
		*key = digest;
	return error;
}
