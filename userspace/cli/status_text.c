// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>

#include "userspace/cli/ages.h"
#include "userspace/cli/page.h"
#include "userspace/cli/status.h"

#define TOTALS_SHOWN 20 /* the rest is in --json */

/* What is not there to be guarded, and whose programs run beside the guard. */
static void print_others(FILE *out, const struct status *status)
{
	bool any = false;

	for (size_t i = 0; i < status->enforced.interface_count; i++) {
		const struct kernel_interface *interface = &status->enforced.interfaces[i];

		if (strcmp(interface->role, "upper") == 0 || strcmp(interface->role, "guest") == 0)
			page_item(out, any ? "" : "roles", "%s: %s", interface->name,
				  interface->role);
		else
			continue;
		any = true;
	}
	for (size_t i = 0; i < status->foreign_count; i++)
		page_item(out, i ? "" : "beside us", "%s: program \"%s\" (id %u), %s",
			  status->foreign[i].interface, status->foreign[i].name,
			  status->foreign[i].program, status->foreign[i].hook);
}

/* What of it is no more than a promise is said with it. */
static void print_answers(FILE *out, const struct status *status)
{
	char count[PAGE_COUNT_SIZE];

	for (enum answer answer = 0; answer < ANSWERS; answer++)
		if (answer == ANSWER_SENT || status->answers[answer])
			page_item(out, answer == ANSWER_SENT ? "on deny" : "", "%s%s packets %s",
				  answer == ANSWER_SENT ? "reject: " : "",
				  page_count(status->answers[answer], count), answer_text(answer));
}

static void print_head(FILE *out, const struct status *status)
{
	const struct manifest *manifest = status->enforced.manifest;
	char *where = enforced_where(&status->enforced);
	json_t *problem;
	size_t i;

	page_field(out, manifest->monitor ? "monitoring" : "enforcing",
		   "%s, generation %u since %s", manifest->policy_name, manifest->generation,
		   manifest->since);
	page_field(out, "policy", "%s", manifest->policy_file);
	for (i = 1; i < manifest->sources.count; i++)
		page_item(out, "", "%s", manifest->sources.items[i].file);
	page_field(out, "sha256", "%s", manifest->policy_sha256);
	page_field(out, "on", "%s", where ? where : "?");
	if (status->sockets_why)
		page_field(out, "sockets", "not hooked: %s", status->sockets_why);
	else
		page_field(out, "sockets", "%s on cgroup %s",
			   manifest->monitor ? "senders are named" : "refused at once",
			   status->cgroup);
	if (manifest->reject)
		print_answers(out, status);
	json_array_foreach (status->problems, i, problem)
		page_item(out, i ? "" : "problems", "%s", json_string_value(problem));
	if (!json_array_size(status->problems))
		page_field(out, "problems", "none");
	status_print_books(out, status);
	print_others(out, status);
	free(where);
}

static void print_row(FILE *out, const char *label, const struct counter *counter)
{
	char packets[PAGE_COUNT_SIZE], bytes[PAGE_COUNT_SIZE];

	fprintf(out, "  %-32s %15s %12s\n", label, page_count(counter->packets, packets),
		page_bytes(counter->bytes, bytes));
}

static void print_title(FILE *out, const char *title)
{
	fprintf(out, "\n%-34s %15s %12s\n", title, "packets", "bytes");
}

static void print_totals(FILE *out, const struct totals *totals)
{
	char label[64], code[3];

	print_title(out, "not judged");
	for (int reason = 0; reason < REASON_COUNT; reason++)
		if (totals_not_judged(reason) &&
		    (totals->reasons[reason].packets ||
		     (reason != REASON_LIFELINE && reason != REASON_GATEWAY)))
			print_row(out, reason_name(reason), &totals->reasons[reason]);
	print_title(out, "judged: verdict, soil, owner");
	for (size_t i = 0; i < totals->count && i < TOTALS_SHOWN; i++) {
		const struct total *total = &totals->items[i];

		snprintf(label, sizeof(label), "%-6s %-4s %s",
			 total->reply                      ? "reply"
			 : total->verdict == VERDICT_ALLOW ? "allow"
							   : "DENY",
			 total->soil ? country_format(total->soil, code) : "-",
			 *total->owner ? total->owner : "-");
		print_row(out, label, &total->counter);
	}
	if (totals->count > TOTALS_SHOWN)
		fprintf(out, "  and %zu more: see --json\n", totals->count - TOTALS_SHOWN);
	if (!totals->count)
		fprintf(out, "  none yet\n");
}

static void print_denials(FILE *out, const struct totals *totals)
{
	bool any = false;

	for (int reason = 0; reason < REASON_COUNT; reason++) {
		if (reason_verdict(reason) != VERDICT_DENY || !totals->reasons[reason].packets)
			continue;
		if (!any)
			print_title(out, "denied, by reason");
		any = true;
		print_row(out, reason_name(reason), &totals->reasons[reason]);
	}
}

static void print_data(FILE *out, const struct manifest *manifest)
{
	json_t *item;
	size_t i;

	json_array_foreach (json_object_get(manifest->json, "data"), i, item) {
		const char *name = json_string_value(json_object_get(item, "name"));
		const char *role = json_string_value(json_object_get(item, "role"));
		const char *date = json_string_value(json_object_get(item, "date"));

		page_field(out, i ? "" : "data", "%s: %s, %s, %d days old", role ? role : "?",
			   name ? name : "?", date ? date : "no date", age_days(date, time(NULL)));
	}
}

void status_print(FILE *out, const struct status *status)
{
	char delivered[PAGE_COUNT_SIZE], lost[PAGE_COUNT_SIZE];

	print_head(out, status);
	print_totals(out, &status->totals);
	print_denials(out, &status->totals);
	fputc('\n', out);
	page_field(out, "events", "%s delivered to the log, %s lost",
		   page_count(status->agent.delivered, delivered),
		   page_count(status->events_lost, lost));
	print_data(out, status->enforced.manifest);
	status_print_kernel(out, status);
}
