// SPDX-License-Identifier: GPL-2.0-or-later
/* An atlas, built from its sources, or taken from where it is kept. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "userspace/atlas/cache.h"

static int no_memory(struct diagnostics *diagnostics)
{
	return diagnostics_error(diagnostics, ENOMEM, (struct location){0}, "out of memory");
}

int atlas_build(const struct atlas_config *config, struct atlas **atlas,
		struct diagnostics *diagnostics)
{
	struct merge_input input = {0};
	struct atlas *result = calloc(1, sizeof(*result));

	if (!result)
		return no_memory(diagnostics);
	result->voting = voting_of(&config->data);
	int error = merge_input_read(config, &input, result, diagnostics);
	if (!error && (merge_layers(&input, result) ||
		       registered_apply(&input.registered, &result->operators)))
		error = no_memory(diagnostics);
	merge_input_free(&input);
	if (error) {
		atlas_free(result);
		return error;
	}
	operators_infer_seats(&result->operators);
	*atlas = result;
	return 0;
}

int atlas_open(const struct atlas_config *config, const char *folder, struct atlas **atlas,
	       struct diagnostics *diagnostics)
{
	size_t said = diagnostics->count;
	struct digest key, again;

	if (cache_key(config, &key))
		return atlas_build(config, atlas, diagnostics);
	if (cache_load(folder, &key, atlas) == 0) {
		(*atlas)->voting = voting_of(&config->data);
		return 0;
	}
	int error = atlas_build(config, atlas, diagnostics);
	/* What was warned of must be warned of again, so it is built again. A source that changed
	 * meanwhile belongs to another key. A cache that cannot be written costs time, not truth.
	 */
	if (!error && diagnostics->count == said && !cache_key(config, &again) &&
	    memcmp(&key, &again, sizeof(key)) == 0)
		cache_save(folder, &key, *atlas);
	return error;
}
