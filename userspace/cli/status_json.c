// SPDX-License-Identifier: GPL-2.0-or-later
#include "userspace/cli/ages.h"
#include "userspace/cli/status.h"

static const char *verdict_name(enum verdict verdict)
{
	return verdict == VERDICT_ALLOW ? "allow" : "deny";
}

static json_t *not_judged(const struct totals *totals)
{
	json_t *array = json_array();

	for (int reason = 0; reason < REASON_COUNT; reason++)
		if (totals_not_judged(reason))
			json_array_append_new(
				array,
				json_pack("{s:s, s:I, s:I}", "reason", reason_name(reason),
					  "packets", (json_int_t)totals->reasons[reason].packets,
					  "bytes", (json_int_t)totals->reasons[reason].bytes));
	return array;
}

static json_t *counters(const struct totals *totals)
{
	json_t *array = json_array();

	for (size_t i = 0; i < totals->count; i++) {
		const struct total *total = &totals->items[i];

		json_array_append_new(array,
				      json_pack("{s:o, s:o, s:s, s:b, s:I, s:I}", "soil",
						text_json_country(total->soil), "owner",
						text_json(total->owner), "verdict",
						verdict_name(total->verdict), "reply", total->reply,
						"packets", (json_int_t)total->counter.packets,
						"bytes", (json_int_t)total->counter.bytes));
	}
	return array;
}

static json_t *reasons(const struct totals *totals)
{
	json_t *array = json_array();

	for (int reason = 0; reason < REASON_COUNT; reason++) {
		const struct counter *counter = &totals->reasons[reason];

		if (counter->packets)
			json_array_append_new(array,
					      json_pack("{s:s, s:s, s:I, s:I}", "reason",
							reason_name(reason), "verdict",
							verdict_name(reason_verdict(reason)),
							"packets", (json_int_t)counter->packets,
							"bytes", (json_int_t)counter->bytes));
	}
	return array;
}

static json_t *data(const struct manifest *manifest)
{
	json_t *array = json_array(), *item;
	size_t i;

	json_array_foreach (json_object_get(manifest->json, "data"), i, item) {
		const char *date = json_string_value(json_object_get(item, "date"));
		int days = age_days(date, time(NULL));

		json_array_append_new(array, json_pack("{s:O, s:O, s:O, s:o, s:O}", "name",
						       json_object_get(item, "name"), "role",
						       json_object_get(item, "role"), "date",
						       json_object_get(item, "date"), "age_days",
						       days < 0 ? json_null() : json_integer(days),
						       "sha256", json_object_get(item, "sha256")));
	}
	return array;
}

static json_t *foreign(const struct status *status)
{
	json_t *array = json_array();

	for (size_t i = 0; i < status->foreign_count; i++) {
		const struct kernel_foreign *one = &status->foreign[i];

		json_array_append_new(array,
				      json_pack("{s:o, s:s, s:I, s:o, s:b}", "interface",
						text_json(one->interface), "hook", one->hook,
						"program", (json_int_t)one->program, "name",
						text_json(one->name), "in_front", one->in_front));
	}
	return array;
}

static json_t *rejections(const struct status *status)
{
	json_t *object = json_object();

	for (enum answer answer = 0; answer < ANSWERS; answer++)
		json_object_set_new(object, answer_name(answer),
				    json_integer((json_int_t)status->answers[answer]));
	return object;
}

json_t *status_json(const struct status *status)
{
	const struct manifest *manifest = status->enforced.manifest;

	json_t *json = json_pack(
		"{s:s, s:o, s:I, s:s, s:o, s:o, s:o, s:o, s:{s:I, s:I}, s:o, s:O, s:O?, s:b, s:o, "
		"s:{s:o, s:o}, s:b, s:o, s:o, s:s, s:o}",
		"mode", manifest->monitor ? "monitor" : "enforce", "policy",
		enforced_policy(&status->enforced), "generation", (json_int_t)manifest->generation,
		"since", manifest->since, "interfaces", enforced_interfaces(&status->enforced),
		"not_judged", not_judged(&status->totals), "counters", counters(&status->totals),
		"reasons", reasons(&status->totals), "events", "delivered",
		(json_int_t)status->agent.delivered, "lost", (json_int_t)status->events_lost,
		"data", data(manifest), "problems", status->problems, "update", status->update,
		"agent", status->agent_running, "kernel", layers_json(status->layers), "sockets",
		"cgroup", text_json(status->sockets_why ? NULL : status->cgroup), "why_not",
		text_json(status->sockets_why), "backstop", status->backstop, "foreign",
		foreign(status), "books", status_books_json(status), "on_deny",
		manifest->reject ? "reject" : "drop", "rejections", rejections(status));

	json_object_set_new(json, "paused", status_paused(status));
	json_object_set_new(json, "trial", status_trial(status));
	json_object_set_new(json, "rolled_back", status_rolled_back(status));
	return json;
}
