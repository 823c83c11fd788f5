// SPDX-License-Identifier: GPL-2.0-or-later
/* An atlas from the cache, or built and kept there. */
#include <string.h>

#include "userspace/atlas/cache.h"

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
