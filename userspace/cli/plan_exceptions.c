// SPDX-License-Identifier: GPL-2.0-or-later
/* The exceptions of a plan, as text and as JSON. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "userspace/cli/page.h"
#include "userspace/cli/plan.h"
#include "userspace/flow/text.h"

#define EXCEPTIONS_SHOWN 20
#define LABEL_WIDTH      8

/* "2027-01-31" of the moment when that day ends. */
static const char *last_day(int64_t until, char date[16])
{
	time_t last = (time_t)until - 1;
	struct tm parts;

	if (!gmtime_r(&last, &parts) || !strftime(date, 16, "%Y-%m-%d", &parts))
		strcpy(date, "?");
	return date;
}

static json_t *targets_part(const struct rule *rule)
{
	json_t *to = json_array();
	char text[PREFIX_TEXT_SIZE];

	for (size_t i = 0; i < rule->to_count; i++)
		json_array_append_new(to, json_string(prefix_format(&rule->to[i], text)));
	return to;
}

static json_t *exception_part(const struct compared_exception *item)
{
	const struct rule *rule = item->rule;
	json_t *asns = json_array(), *ports = json_array();
	char text[24], until[16], before[16];

	for (size_t i = 0; i < rule->asn_count; i++)
		json_array_append_new(asns, json_integer(rule->asns[i]));
	for (size_t i = 0; i < rule->service_count; i++)
		json_array_append_new(ports, json_string(service_format(&rule->services[i], text)));
	return json_pack("{s:s, s:s, s:o, s:o, s:o, s:s, s:o, s:o}", "change",
			 exception_change_name(item->change), "name", rule_name(rule, text), "to",
			 targets_part(rule), "asn", asns, "port", ports, "until",
			 last_day(rule->until, until), "until_before",
			 item->until_before ? json_string(last_day(item->until_before, before))
					    : json_null(),
			 "why", text_json(rule->why));
}

json_t *plan_exceptions_json(const struct plan *plan)
{
	json_t *array = json_array();

	for (size_t i = 0; i < plan->exceptions.count; i++)
		json_array_append_new(array, exception_part(&plan->exceptions.items[i]));
	return array;
}

static void print_targets(FILE *out, const struct rule *rule)
{
	char text[PREFIX_TEXT_SIZE];
	const char *lead = "";

	for (size_t i = 0; i < rule->asn_count; i++, lead = ", ")
		fprintf(out, "%sAS%u", lead, rule->asns[i]);
	if (rule->asn_count && rule->to_count)
		lead = " in ";
	for (size_t i = 0; i < rule->to_count; i++, lead = ", ")
		fprintf(out, "%s%s", lead, prefix_format(&rule->to[i], text));
	lead = "; ";
	for (size_t i = 0; i < rule->service_count; i++, lead = ", ")
		fprintf(out, "%s%s", lead, service_format(&rule->services[i], text));
	if (!rule->service_count)
		fputs("; all ports", out);
}

static void print_exception(FILE *out, const struct compared_exception *item)
{
	const char *label = exception_change_name(item->change);
	char until[16], name[RULE_NAME_SIZE], *text;
	size_t size;
	FILE *words = open_memstream(&text, &size);

	if (!words)
		return;
	print_targets(words, item->rule);
	fprintf(words, "; until %s", last_day(item->rule->until, until));
	if (item->until_before)
		fprintf(words, ", not %s", last_day(item->until_before, until));
	fprintf(words, "; %s: %s", rule_name(item->rule, name), item->rule->why);
	if (fclose(words) == 0) {
		fprintf(out, "%-*s", LABEL_WIDTH, label);
		page_wrap(out, LABEL_WIDTH, LABEL_WIDTH, page_clean(text, text));
	}
	free(text);
}

void plan_print_exceptions(FILE *out, const struct plan *plan)
{
	const struct compared_exceptions *exceptions = &plan->exceptions;
	char count[PAGE_COUNT_SIZE];
	size_t counts[EXCEPTION_CHANGES] = {0};

	if (!exceptions->count && !exceptions->kept)
		return;
	for (size_t i = 0; i < exceptions->count; i++)
		counts[exceptions->items[i].change]++;
	fprintf(out, "\nexceptions (not in the numbers above): ");
	for (int change = 0; change < EXCEPTION_CHANGES; change++)
		if (counts[change])
			fprintf(out, "%s %s, ", page_count(counts[change], count),
				exception_change_name((enum exception_change)change));
	fprintf(out, "%s unchanged\n", page_count(exceptions->kept, count));
	for (size_t i = 0; i < exceptions->count && i < EXCEPTIONS_SHOWN; i++)
		print_exception(out, &exceptions->items[i]);
	if (exceptions->count > EXCEPTIONS_SHOWN)
		fprintf(out, "and %s more: see --json\n",
			page_count(exceptions->count - EXCEPTIONS_SHOWN, count));
	if (plan->before.manifest && !plan->before.pipeline.policy)
		page_wrap(out, 0, 0,
			  "What is enforced was written for another version, so its exceptions are "
			  "not known.");
}
