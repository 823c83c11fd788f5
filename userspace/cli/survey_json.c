// SPDX-License-Identifier: GPL-2.0-or-later
#include "userspace/cli/survey.h"
#include "userspace/flow/text.h"

static json_t *number(uint64_t value)
{
	return json_integer((json_int_t)value);
}

/* "2026-11-24T08:22:51Z" */
static json_t *moment(const char *time)
{
	return *time ? json_sprintf("%sZ", time) : json_null();
}

/* "NL+US" to ["NL","US"] */
static json_t *reach_part(const char *reach)
{
	json_t *array = json_array();

	for (; *reach; reach += 2 + (reach[2] == '+'))
		json_array_append_new(array, json_stringn(reach, 2));
	return array;
}

static json_t *operator_part(const struct survey_item *item)
{
	return json_pack("{s:o, s:o, s:o, s:o}", "asn",
			 item->asn ? json_integer(item->asn) : json_null(), "name",
			 text_json(item->operator_name), "parent", text_json(item->parent), "reach",
			 reach_part(item->reach));
}

static json_t *addresses_part(const struct survey_page *page, const struct survey_group *group)
{
	json_t *array = json_array();
	char address[ADDRESS_TEXT_SIZE];

	for (size_t i = 0; i < group->count; i++) {
		const struct survey_item *item = group->items[i];

		if (!item->has_address)
			continue;
		json_array_append_new(
			array, json_pack("{s:s, s:o, s:o, s:s, s:o, s:o, s:o}", "address",
					 address_format(item->address, address), "name",
					 text_json(survey_name(page, item)), "soil",
					 text_json(item->country), "reason", item->reason, "rule",
					 text_json(item->rule), "flows", number(item->flows),
					 "packets", number(item->packets)));
	}
	return array;
}

static json_t *group_part(const struct survey_page *page, const struct survey_group *group)
{
	char service[SURVEY_SERVICE_SIZE];
	const struct survey_item *sample = group->sample;

	return json_pack("{s:o, s:o, s:o, s:o, s:s, s:s, s:b, s:b, s:o, s:o, s:o, s:o, s:o, s:o}",
			 "process", text_json(sample->process), "unit", text_json(sample->unit),
			 "operator", operator_part(sample), "addresses",
			 addresses_part(page, group), "port", survey_service(sample, service),
			 "reason", sample->reason, "explained", group->explained, "can_except",
			 group->excepting, "flows", number(group->flows), "cut", number(group->cut),
			 "packets", number(group->packets), "bytes", number(group->bytes), "first",
			 moment(group->first), "last", moment(group->last));
}

static json_t *exception_part(const struct survey_page *page,
			      const struct survey_exception *exception)
{
	const struct survey_item *found[SURVEY_SENDERS_MOST];
	json_t *to = json_array(), *ports = json_array(), *senders = json_array();
	size_t count = survey_senders(exception, found, SURVEY_SENDERS_MOST);
	char text[PREFIX_TEXT_SIZE], service[SURVEY_SERVICE_SIZE];

	for (size_t i = 0; i < exception->to_count && !exception->whole; i++)
		json_array_append_new(to, json_string(prefix_format(&exception->to[i], text)));
	for (size_t i = 0; i < exception->count; i++)
		json_array_append_new(ports, json_string(survey_service(
						     exception->ports[i].items[0].item, service)));
	for (size_t i = 0; i < count; i++)
		json_array_append_new(senders, json_pack("{s:o, s:o}", "process",
							 text_json(found[i]->process), "unit",
							 text_json(found[i]->unit)));
	return json_pack("{s:o, s:o, s:o, s:s, s:o, s:o}", "to", to, "asn",
			 exception->whole ? json_pack("[I]", (json_int_t)exception->asn)
					  : json_array(),
			 "port", ports, "until", page->until, "senders", senders, "flows",
			 number(exception->flows));
}

json_t *survey_json(const struct survey_page *page)
{
	const struct survey *survey = page->survey;
	const struct survey_report *report = page->report;
	json_t *groups = json_array(), *exceptions = json_array();

	for (size_t i = 0; i < report->group_count; i++)
		json_array_append_new(groups, group_part(page, &report->groups[i]));
	for (size_t i = 0; i < report->exception_count; i++)
		json_array_append_new(exceptions, exception_part(page, &report->exceptions[i]));
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
			 "since", moment(survey->since), "first", moment(survey->first), "last",
			 moment(survey->last), "flows", number(survey->flows), "cut",
			 number(survey->cut), "packets", number(survey->packets), "bytes",
			 number(survey->bytes), "lines", number(survey->lines), "lost_events",
			 number(survey->lost), "broken_lines", number(survey->broken),
			 "uncounted_flows", number(survey->overflow), "groups", groups,
			 "exceptions", exceptions);
}
