// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "userspace/cli/enforce.h"
#include "userspace/cli/status.h"

static void find_trial(struct status *status)
{
	const struct kernel_pending *pending = &status->pending;
	char before[64] = "nothing is enforced";

	if (!status->on_trial)
		return;
	if (pending->previous)
		snprintf(before, sizeof(before), "generation %u comes back", pending->previous);
	if (*pending->failed)
		status_add_problem(
			status,
			"generation %u was not confirmed in time and could not be taken "
			"back (%s); 'gabelou confirm' keeps it, 'gabelou apply' replaces "
			"it",
			pending->generation, pending->failed);
	else
		status_add_problem(status,
				   "on trial: 'gabelou confirm' within %lld s keeps generation %u, "
				   "else %s",
				   kernel_pending_seconds(pending), pending->generation, before);
}

/* Who came in anew after being cut off wants to know. */
static void find_rollback(struct status *status)
{
	const json_t *rollback = json_object_get(status->enforced.manifest->json, "rollback");
	const char *why = json_string_value(json_object_get(rollback, "why"));

	if (!why || strcmp(why, "not-confirmed") != 0)
		return;
	status_add_problem(status,
			   "generation %lld was not confirmed in time, so generation %lld came "
			   "back; apply what you mean",
			   json_integer_value(json_object_get(rollback, "from")),
			   json_integer_value(json_object_get(rollback, "to")));
}

static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "?";
}

static void find_pause(struct status *status)
{
	if (status->paused)
		status_add_problem(
			status,
			"paused: what is denied passes for another %llu s, by %s since %s (%s); "
			"'gabelou pause --end' ends it",
			(unsigned long long)status->paused,
			text_of(json_object_get(status->pause, "user"), "login"),
			text_of(status->pause, "since"), text_of(status->pause, "why"));
}

json_t *status_paused(const struct status *status)
{
	if (!status->paused)
		return json_null();
	return json_pack("{s:I, s:O?, s:O?, s:O?}", "seconds_left", (json_int_t)status->paused,
			 "since", json_object_get(status->pause, "since"), "why",
			 json_object_get(status->pause, "why"), "user",
			 json_object_get(status->pause, "user"));
}

void status_find_changes(struct status *status)
{
	find_pause(status);
	find_trial(status);
	find_rollback(status);
}

json_t *status_trial(const struct status *status)
{
	return status->on_trial ? enforce_trial_json(&status->pending) : json_null();
}

json_t *status_rolled_back(const struct status *status)
{
	json_t *rollback = json_object_get(status->enforced.manifest->json, "rollback");

	return rollback ? json_incref(rollback) : json_null();
}
