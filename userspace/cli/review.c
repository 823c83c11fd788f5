// SPDX-License-Identifier: GPL-2.0-or-later
#include "userspace/cli/review.h"

#include <fnmatch.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>

#include "userspace/cli/ages.h"
#include "userspace/flow/text.h"

void review_ages(const struct pipeline *pipeline, struct diagnostics *diagnostics)
{
	const struct policy *policy = pipeline->policy;
	size_t count = atlas_source_count(pipeline->atlas);
	struct aged *items = calloc(count + 1, sizeof(*items));

	if (!items)
		return;
	for (size_t i = 0; i < count; i++) {
		const struct source *source = atlas_source(pipeline->atlas, i);

		items[i] = (struct aged){source->name, source->date};
	}
	char *message =
		ages_message(items, count, policy->warn_days, policy->stale_days, time(NULL));
	if (message)
		diagnostics_warn(diagnostics, (struct location){0}, "%s; " AGES_REMEDY, message);
	free(message);
	free(items);
}

static size_t matches(const char *glob, const struct if_nameindex *interfaces)
{
	size_t count = 0;

	for (; interfaces->if_index; interfaces++)
		count += strcmp(interfaces->if_name, "lo") != 0 &&
			 fnmatch(glob, interfaces->if_name, 0) == 0;
	return count;
}

size_t review_interfaces(const struct policy *policy, struct diagnostics *diagnostics)
{
	struct if_nameindex *interfaces = if_nameindex();
	size_t guarded = 0;

	if (!interfaces)
		return 0;
	if (policy->guard_auto)
		guarded = matches("*", interfaces);
	for (size_t i = 0; !policy->guard_auto && i < policy->guard.count; i++) {
		size_t found = matches(policy->guard.items[i], interfaces);

		if (!found)
			diagnostics_warn(diagnostics,
					 (struct location){policy->file, policy->guard_line,
							   policy->guard_column},
					 "\"%s\" matches no interface here (loopback is never "
					 "guarded); write the name of one ('ip link' lists them), "
					 "or `guard: auto`",
					 policy->guard.items[i]);
		guarded += found;
	}
	if_freenameindex(interfaces);
	return guarded;
}

size_t review_strictly(struct diagnostics *diagnostics)
{
	for (size_t i = 0; i < diagnostics->count; i++)
		diagnostics->items[i].severity = SEVERITY_ERROR;
	diagnostics->errors = diagnostics->count;
	return diagnostics->errors;
}

json_t *review_data(const struct atlas *atlas)
{
	json_t *data = json_array();

	for (size_t i = 0; i < atlas_source_count(atlas); i++) {
		const struct source *source = atlas_source(atlas, i);
		int days = age_days(source->date, time(NULL));
		char digest[DIGEST_TEXT_SIZE];

		json_array_append_new(data,
				      json_pack("{s:o, s:s, s:o, s:o, s:s}", "name",
						text_json(source->name), "role",
						source_role_name(source->role), "date",
						text_json(source->date), "age_days",
						days < 0 ? json_null() : json_integer(days),
						"sha256", digest_format(&source->digest, digest)));
	}
	return data;
}
