// SPDX-License-Identifier: GPL-2.0-or-later
#include "userspace/agent/notices.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "userspace/base/digest.h"

#define DAY_SECONDS  86400
#define WEEK_SECONDS (7 * DAY_SECONDS)

enum ending ending_of(int64_t until, time_t now)
{
	int64_t left = until - now;

	return left <= 0              ? ENDING_OVER
	       : left <= DAY_SECONDS  ? ENDING_DAY
	       : left <= WEEK_SECONDS ? ENDING_WEEK
				      : ENDING_FAR;
}

static const char *text_of(const json_t *rule, const char *key)
{
	const char *text = json_string_value(json_object_get(rule, key));

	return text ? text : "?";
}

/* Its number changes with the others; where it stands, its end and its reason make it what it is.
 */
static uint64_t identify(json_t *rule)
{
	char *text = NULL;
	uint64_t number = 0;

	if (asprintf(&text, "%s %lld %s", text_of(rule, "file"),
		     (long long)json_integer_value(json_object_get(rule, "until")),
		     text_of(rule, "why")) < 0)
		return 0;
	struct digest digest = digest_of(text, strlen(text));

	memcpy(&number, digest.bytes, sizeof(number));
	free(text);
	return number;
}

/* NULL: out of memory. */
static struct told *find(struct notices *notices, uint64_t exception, bool *new)
{
	struct told *told;

	*new = false;
	for (size_t i = 0; i < notices->count; i++)
		if (notices->told[i].exception == exception)
			return &notices->told[i];
	told = reallocarray(notices->told, notices->count + 1, sizeof(*told));
	if (!told)
		return NULL;
	notices->told = told;
	told[notices->count] = (struct told){exception, ENDING_FAR};
	*new = true;
	return &told[notices->count++];
}

static void tell_of(json_t *rule, enum ending ending, notices_tell tell, void *context)
{
	static const char *const when[] = {
		[ENDING_WEEK] = "ends within a week",
		[ENDING_DAY] = "ends within a day",
		[ENDING_OVER] = "is over and lets nothing pass",
	};
	char *message = NULL;

	if (asprintf(&message, "%s (%s) %s; %s:%lld", text_of(rule, "name"), text_of(rule, "why"),
		     when[ending], text_of(rule, "file"),
		     (long long)json_integer_value(json_object_get(rule, "line"))) < 0)
		return;
	tell(ending == ENDING_OVER ? "exception-over" : "exception-ends", message, context);
	free(message);
}

void notices_look(struct notices *notices, const struct manifest *manifest, time_t now,
		  notices_tell tell, void *context)
{
	json_t *rule;
	size_t i;

	json_array_foreach (json_object_get(manifest->json, "rules"), i, rule) {
		int64_t until = json_integer_value(json_object_get(rule, "until"));
		enum ending ending = until ? ending_of(until, now) : ENDING_FAR;
		bool new;

		if (!until)
			continue;
		struct told *told = find(notices, identify(rule), &new);
		if (!told || ending <= told->ending)
			continue;
		told->ending = ending;
		/* What was over before is no news. */
		if (!new || ending != ENDING_OVER)
			tell_of(rule, ending, tell, context);
	}
}

static void tell_of_trial(const struct kernel_pending *pending, notices_tell tell, void *context)
{
	char message[128], before[48] = "nothing is enforced";

	if (pending->previous)
		snprintf(before, sizeof(before), "generation %u comes back", pending->previous);
	snprintf(message, sizeof(message), "generation %u is on trial for %lld s, else %s",
		 pending->generation, (long long)(pending->left_ns / 1000000000), before);
	tell("trial-began", message, context);
}

static void tell_of_rollback(const struct manifest *manifest, notices_tell tell, void *context)
{
	json_t *rollback = json_object_get(manifest->json, "rollback");
	json_t *user = json_object_get(manifest->json, "user");
	const char *why = json_string_value(json_object_get(rollback, "why"));
	char message[192];

	if (!rollback)
		return;
	snprintf(message, sizeof(message),
		 "generation %lld was taken back (%s, %s); generation %u is as %lld was",
		 json_integer_value(json_object_get(rollback, "from")),
		 why && strcmp(why, "asked") != 0 ? "not confirmed in time" : "asked",
		 text_of(user, "login"), manifest->generation,
		 json_integer_value(json_object_get(rollback, "to")));
	tell("rolled-back", message, context);
}

void notices_look_at_change(struct notices *notices, const struct manifest *manifest,
			    const struct kernel_pending *pending, notices_tell tell, void *context)
{
	uint32_t trial = pending ? pending->generation : 0;
	char message[64];

	if (trial && trial != notices->trial)
		tell_of_trial(pending, tell, context);
	if (notices->generation && manifest->generation != notices->generation)
		tell_of_rollback(manifest, tell, context);
	if (!trial && notices->trial && manifest->generation == notices->trial) {
		snprintf(message, sizeof(message), "generation %u was confirmed", notices->trial);
		tell("confirmed", message, context);
	}
	notices->generation = manifest->generation;
	notices->trial = trial;
}

void notices_look_at_pause(struct notices *notices, uint64_t seconds, const json_t *note,
			   notices_tell tell, void *context)
{
	const json_t *ended = json_object_get(note, "ended");
	char *message = NULL;
	int length;

	if ((seconds != 0) == notices->paused)
		return;
	notices->paused = seconds != 0;
	if (seconds)
		length = asprintf(&message, "paused for %llu s by %s (%s): what is denied passes",
				  (unsigned long long)seconds,
				  text_of(json_object_get(note, "user"), "login"),
				  text_of(note, "why"));
	else
		length = asprintf(&message, "the pause is over%s%s", ended ? ", ended by " : "",
				  ended ? text_of(json_object_get(ended, "user"), "login") : "");
	if (length < 0)
		return;
	tell(seconds ? "paused" : "pause-over", message, context);
	free(message);
}

void notices_free(struct notices *notices)
{
	free(notices->told);
	*notices = (struct notices){0};
}
