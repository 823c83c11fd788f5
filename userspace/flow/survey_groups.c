// SPDX-License-Identifier: GPL-2.0-or-later
#include "userspace/flow/survey_groups.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "userspace/table/table.h"

static int compare_numbers(uint64_t left, uint64_t right)
{
	return left < right ? -1 : left > right;
}

int survey_compare_addresses(const struct survey_item *left, const struct survey_item *right)
{
	if (left->has_address != right->has_address)
		return left->has_address ? -1 : 1;
	if (left->address.family != right->address.family)
		return left->address.family < right->address.family ? -1 : 1;
	if (left->address.value != right->address.value)
		return left->address.value < right->address.value ? -1 : 1;
	return 0;
}

/* An exception beats what a rule, or the lack of one, decided; not what cannot be understood. */
static bool is_excepting(const struct survey_item *item)
{
	static const char *const transports[] = {"tcp", "udp", "icmp", "ipv6-icmp"};
	bool named = false;

	for (size_t i = 0; i < sizeof(transports) / sizeof(*transports); i++)
		named = named || strcmp(item->transport, transports[i]) == 0;
	if (!item->has_address || !named)
		return false;
	for (int reason = REASON_RULE_DENY; reason < REASON_COUNT; reason++)
		if (reason_verdict((enum reason)reason) == VERDICT_DENY &&
		    strcmp(item->reason, reason_name((enum reason)reason)) == 0)
			return true;
	return false;
}

static int compare_senders(const struct survey_item *left, const struct survey_item *right)
{
	int order = strcmp(left->process, right->process);

	if (!order)
		order = strcmp(left->unit, right->unit);
	if (!order)
		order = compare_numbers(left->asn, right->asn);
	if (!order)
		order = strcmp(left->operator_name, right->operator_name);
	if (!order)
		order = strcmp(left->reach, right->reach);
	return order ? order : (int)is_excepting(right) - (int)is_excepting(left);
}

static int compare_group_keys(const struct survey_item *left, const struct survey_item *right)
{
	int order = compare_senders(left, right);

	if (!order)
		order = strcmp(left->transport, right->transport);
	return order ? order : left->port - right->port;
}

static int compare_items(const void *a, const void *b)
{
	const struct survey_item *left = *(const struct survey_item *const *)a;
	const struct survey_item *right = *(const struct survey_item *const *)b;
	int order = compare_group_keys(left, right);

	if (!order)
		order = survey_compare_addresses(left, right);
	return order ? order : compare_numbers(right->flows, left->flows);
}

static bool is_explained(const struct survey_item *item, const struct hosts *hosts)
{
	return *item->process || *item->unit || *item->domain ||
	       (item->has_address && hosts_find(hosts, item->address));
}

static void add_item(struct survey_group *group, const struct survey_item *item)
{
	if (!group->count || item->flows > group->sample->flows)
		group->sample = item;
	if (!group->count || strcmp(item->first, group->first) < 0)
		group->first = item->first;
	if (!group->count || strcmp(item->last, group->last) > 0)
		group->last = item->last;
	group->excepting = is_excepting(item);
	group->flows += item->flows;
	group->cut += item->monitor ? 0 : item->flows;
	group->packets += item->packets;
	group->bytes += item->bytes;
	group->count++;
}

static int compare_groups(const void *a, const void *b)
{
	const struct survey_group *left = a, *right = b;
	int order = compare_numbers(right->flows, left->flows);

	if (!order)
		order = compare_numbers(right->packets, left->packets);
	return order ? order : compare_group_keys(left->sample, right->sample);
}

/* What is explained first: a name explains its own address and not its neighbours. Returns how many
 * are. */
static size_t sort_items(const struct survey *survey, const struct hosts *hosts,
			 const struct survey_item **sorted)
{
	size_t explained = 0, rest = survey->count;

	for (size_t i = 0; i < survey->count; i++)
		if (is_explained(&survey->items[i], hosts))
			sorted[explained++] = &survey->items[i];
		else
			sorted[--rest] = &survey->items[i];
	qsort(sorted, explained, sizeof(*sorted), compare_items);
	qsort(sorted + explained, survey->count - explained, sizeof(*sorted), compare_items);
	return explained;
}

static int make_groups(struct survey_report *report, const struct hosts *hosts)
{
	const struct survey *survey = report->survey;
	struct survey_group *group = NULL;
	size_t explained;

	report->sorted = calloc(survey->count + 1, sizeof(*report->sorted));
	report->groups = calloc(survey->count + 1, sizeof(*report->groups));
	if (!report->sorted || !report->groups)
		return -ENOMEM;
	explained = sort_items(survey, hosts, report->sorted);
	for (size_t i = 0; i < survey->count; i++) {
		if (!group || i == explained ||
		    compare_group_keys(group->items[0], report->sorted[i]) != 0) {
			group = &report->groups[report->group_count++];
			group->items = &report->sorted[i];
			group->explained = i < explained;
		}
		add_item(group, report->sorted[i]);
	}
	qsort(report->groups, report->group_count, sizeof(*report->groups), compare_groups);
	return 0;
}

int survey_report_make(const struct survey *survey, const struct hosts *hosts,
		       struct survey_report *report)
{
	*report = (struct survey_report){.survey = survey};
	int error = make_groups(report, hosts);

	return error ? error : survey_exceptions_make(report);
}

void survey_report_free(struct survey_report *report)
{
	for (size_t i = 0; report->exceptions && i < report->exception_count; i++)
		free(report->exceptions[i].to);
	free(report->exceptions);
	free(report->groups);
	free(report->sorted);
	free(report->chosen);
	free(report->ports);
	*report = (struct survey_report){0};
}

const char *survey_service(const struct survey_item *item, char text[SURVEY_SERVICE_SIZE])
{
	bool icmp6 = strcmp(item->transport, "ipv6-icmp") == 0;
	const char *name = icmp6 ? "icmpv6" : *item->transport ? item->transport : "no transport";
	bool number = *name >= '0' && *name <= '9';

	if (item->port >= 0)
		snprintf(text, SURVEY_SERVICE_SIZE, "%u/%.16s", (unsigned)item->port & 0xffff,
			 name);
	else
		snprintf(text, SURVEY_SERVICE_SIZE, "%s%.16s", number ? "protocol " : "", name);
	return text;
}
