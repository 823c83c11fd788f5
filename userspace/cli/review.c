// SPDX-License-Identifier: GPL-2.0-or-later
#include "userspace/cli/review.h"

#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

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

void review_exceptions(const struct policy *policy, struct diagnostics *diagnostics)
{
	time_t now = time(NULL);
	char name[RULE_NAME_SIZE];

	for (size_t i = 0; i < policy->rule_count; i++) {
		const struct rule *rule = &policy->rules[i];

		if (rule->kind == RULE_EXCEPT && rule->until <= now)
			diagnostics_warn(diagnostics, rule_place(policy, rule),
					 "%s is over and lets nothing pass; remove it, or write "
					 "another until:",
					 rule_name(rule, name));
	}
	if (now < TABLE_CLOCK_FLOOR)
		diagnostics_warn(diagnostics, (struct location){0},
				 "the clock is wrong (it is before this version was made), so no "
				 "exception holds; set it");
}

static bool is_guarded(const struct policy *policy, const char *name)
{
	if (strcmp(name, "lo") == 0)
		return false;
	return policy->guard_auto ? !names_match(&policy->inside, name)
				  : names_match(&policy->guard, name);
}

static void warn_of_unmatched(const struct names *globs, const struct if_nameindex *interfaces,
			      struct location at, const char *remedy,
			      struct diagnostics *diagnostics)
{
	for (size_t i = 0; i < globs->count; i++) {
		const struct names one = {globs->items + i, 1};
		bool found = false;

		for (size_t j = 0; interfaces[j].if_index && !found; j++)
			found = strcmp(interfaces[j].if_name, "lo") != 0 &&
				names_match(&one, interfaces[j].if_name);
		if (!found)
			diagnostics_warn(diagnostics, at,
					 "\"%s\" matches no interface here (loopback is never "
					 "guarded); write the name of one ('ip link' lists them)%s",
					 globs->items[i], remedy);
	}
}

size_t review_interfaces(const struct policy *policy, struct diagnostics *diagnostics)
{
	struct if_nameindex *interfaces = if_nameindex();
	size_t guarded = 0;

	if (!interfaces)
		return 0;
	warn_of_unmatched(
		&policy->guard, interfaces,
		(struct location){policy->guard_file, policy->guard_line, policy->guard_column},
		", or `guard: auto`", diagnostics);
	warn_of_unmatched(
		&policy->inside, interfaces,
		(struct location){policy->inside_file, policy->inside_line, policy->inside_column},
		"", diagnostics);
	for (size_t i = 0; interfaces[i].if_index; i++)
		guarded += is_guarded(policy, interfaces[i].if_name);
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
