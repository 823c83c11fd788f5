// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>

#include "userspace/cli/page.h"
#include "userspace/cli/survey.h"
#include "userspace/table/table.h"

#define INDENT          10 /* columns of "    40,320 " */
#define ADDRESSES_SHOWN 6

const char *survey_sender(const struct survey_item *item, char text[SURVEY_SENDER_SIZE])
{
	bool both = *item->process && *item->unit;

	snprintf(text, SURVEY_SENDER_SIZE, "%s%s%s%s", *item->process ? item->process : "",
		 both ? " (" : "", item->unit, both ? ")" : "");
	if (!*text)
		strcpy(text, "an unknown sender");
	return page_clean(text, text);
}

const char *survey_operator(const struct survey_item *item, char text[SURVEY_OPERATOR_SIZE])
{
	size_t used = 0;

	if (item->asn)
		used = (size_t)snprintf(text, SURVEY_OPERATOR_SIZE, "%s%sAS%u%s",
					item->operator_name, *item->operator_name ? " (" : "",
					item->asn, *item->operator_name ? ")" : "");
	else
		used = (size_t)snprintf(text, SURVEY_OPERATOR_SIZE,
					"a network that nobody "
					"announces");
	if (*item->reach)
		used += (size_t)snprintf(text + used, SURVEY_OPERATOR_SIZE - used, ", owner %s",
					 item->reach);
	if (*item->country)
		snprintf(text + used, SURVEY_OPERATOR_SIZE - used, ", soil %s", item->country);
	return page_clean(text, text);
}

const char *survey_name(const struct survey_page *page, const struct survey_item *item)
{
	if (*item->domain)
		return item->domain;
	return item->has_address ? hosts_find(page->hosts, item->address) : NULL;
}

static const char *reason_words(const char *name)
{
	for (int reason = 0; reason < REASON_COUNT; reason++)
		if (strcmp(reason_name((enum reason)reason), name) == 0)
			return reason_text((enum reason)reason);
	return *name ? name : "the log does not say";
}

static void put_day(char *text, size_t size, const char *time)
{
	snprintf(text, size, "%.10s %.5s", time, time + 11);
}

static void print_line(FILE *out, const char *text)
{
	char *clean = strdup(text);

	if (!clean)
		return;
	fprintf(out, "%*s", INDENT, "");
	page_wrap(out, INDENT, INDENT + 2, page_clean(clean, clean));
	free(clean);
}

static void print_addresses(FILE *out, const struct survey_page *page,
			    const struct survey_group *group)
{
	char text[2048], address[ADDRESS_TEXT_SIZE], service[SURVEY_SERVICE_SIZE];
	size_t shown = 0, distinct = 0;
	const struct survey_item *last = NULL;
	int used = snprintf(text, sizeof(text), "%s to", survey_service(group->sample, service));

	for (size_t i = 0; i < group->count; i++) {
		const struct survey_item *item = group->items[i];
		const char *name = survey_name(page, item);

		if (!item->has_address || (last && last->address.family == item->address.family &&
					   last->address.value == item->address.value))
			continue;
		last = item;
		if (distinct++ >= ADDRESSES_SHOWN)
			continue;
		used += snprintf(text + used, sizeof(text) - (size_t)used, "%s %s%s%.100s%s",
				 shown++ ? "," : "", address_format(item->address, address),
				 name ? " (" : "", name ? name : "", name ? ")" : "");
	}
	if (!distinct)
		snprintf(text + used, sizeof(text) - (size_t)used,
			 " more addresses than there is "
			 "room for");
	else if (distinct > shown)
		snprintf(text + used, sizeof(text) - (size_t)used, " and %zu more",
			 distinct - shown);
	print_line(out, text);
}

/* Frames without an IP destination have no operator either. */
static bool has_destination(const struct survey_group *group)
{
	return group->items[0]->has_address || group->sample->asn;
}

static void print_group(FILE *out, const struct survey_page *page, const struct survey_group *group)
{
	char sender[SURVEY_SENDER_SIZE], text[SURVEY_SENDER_SIZE + 64], count[PAGE_COUNT_SIZE];
	char first[20], last[20], operator_text[SURVEY_OPERATOR_SIZE];

	put_day(first, sizeof(first), group->first);
	put_day(last, sizeof(last), group->last);
	fprintf(out, "%*s ", INDENT - 1, page_count(group->flows, count));
	snprintf(text, sizeof(text), "%s", survey_sender(group->sample, sender));
	page_wrap(out, INDENT, INDENT + 2, text);
	if (has_destination(group)) {
		print_line(out, survey_operator(group->sample, operator_text));
		print_addresses(out, page, group);
	}
	snprintf(text, sizeof(text), "%s; since %s, last %s", reason_words(group->sample->reason),
		 first, last);
	print_line(out, text);
}

/* Which groups a list shows. */
static bool is_proposed(const struct survey_group *group)
{
	return group->explained && group->excepting;
}

static bool is_beyond(const struct survey_group *group)
{
	return !group->excepting;
}

static bool is_unexplained(const struct survey_group *group)
{
	return group->excepting && !group->explained;
}

static void print_groups(FILE *out, const struct survey_page *page, const char *heading,
			 bool (*belongs)(const struct survey_group *group))
{
	const struct survey_report *report = page->report;
	uint64_t flows = 0, rest_flows = 0;
	size_t count = 0;
	char text[PAGE_COUNT_SIZE];

	for (size_t i = 0; i < report->group_count; i++)
		flows += belongs(&report->groups[i]) ? report->groups[i].flows : 0;
	for (size_t i = 0; i < report->group_count; i++) {
		const struct survey_group *group = &report->groups[i];

		if (!belongs(group))
			continue;
		if (count++ == 0) {
			fputc('\n', out);
			page_wrap(out, 0, 0, heading);
			fprintf(out, "%*s\n", INDENT - 1, "flows");
		}
		if (count <= SURVEY_GROUPS_SHOWN)
			print_group(out, page, group);
		else
			rest_flows += group->flows;
	}
	if (count > SURVEY_GROUPS_SHOWN)
		fprintf(out, "%*s in %zu more; --json has all\n", INDENT - 1,
			page_count(rest_flows, text), count - SURVEY_GROUPS_SHOWN);
}

static void print_summary(FILE *out, const struct survey_page *page)
{
	const struct survey *survey = page->survey;
	char flows[PAGE_COUNT_SIZE], packets[PAGE_COUNT_SIZE], cut[PAGE_COUNT_SIZE];
	char first[20], last[20], text[400];
	bool all = survey->cut == survey->flows;

	put_day(first, sizeof(first), survey->first);
	put_day(last, sizeof(last), survey->last);
	snprintf(text, sizeof(text), "From %s to %s UTC, %s flows of %s packets %s.", first, last,
		 page_count(survey->flows, flows), page_count(survey->packets, packets),
		 all ? "were cut" : "would have been cut");
	page_wrap(out, 0, 0, text);
	if (survey->cut && !all) {
		snprintf(text, sizeof(text),
			 "%s of them really were: then the policy was enforced.",
			 page_count(survey->cut, cut));
		page_wrap(out, 0, 0, text);
	}
}

static void print_losses(FILE *out, const struct survey *survey)
{
	char count[PAGE_COUNT_SIZE], text[300];

	if (survey->lost) {
		snprintf(text, sizeof(text),
			 "The log says that it lacks %s events: there may be more than this.",
			 page_count(survey->lost, count));
		page_wrap(out, 0, 0, text);
	}
	if (survey->overflow) {
		snprintf(text, sizeof(text),
			 "%s flows had no room of their own: so many senders and addresses are "
			 "more than a survey tells apart; look at a shorter time (--since).",
			 page_count(survey->overflow, count));
		page_wrap(out, 0, 0, text);
	}
}

void survey_print(FILE *out, const struct survey_page *page)
{
	size_t exceptions = page->report->exception_count;

	print_summary(out, page);
	print_losses(out, page->survey);
	print_groups(out, page, "By sender, operator and port:", is_proposed);
	if (exceptions) {
		fputc('\n', out);
		page_wrap(
			out, 0, 0,
			"To let it pass, paste what is needed under the policy, and say why; what "
			"nobody can give a reason for is best left out:");
		fputc('\n', out);
		survey_print_exceptions(out, page, SURVEY_GROUPS_SHOWN);
		if (exceptions > SURVEY_GROUPS_SHOWN)
			fprintf(out, "  # and %zu more: gabelou survey --yaml\n",
				exceptions - SURVEY_GROUPS_SHOWN);
	}
	print_groups(
		out, page,
		"Not explained: who sent it is not known (it was forwarded, sent by no socket, "
		"or no cgroup is hooked), nor does the destination have a name:",
		is_unexplained);
	print_groups(out, page, "No exception can let this pass:", is_beyond);
}
