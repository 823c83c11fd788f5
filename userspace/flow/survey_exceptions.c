// SPDX-License-Identifier: GPL-2.0-or-later
/* From what was cut to the exceptions that would let it pass. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "userspace/flow/survey_groups.h"

static int compare_numbers(uint64_t left, uint64_t right)
{
	return left < right ? -1 : left > right;
}

static int compare_services(const struct survey_item *left, const struct survey_item *right)
{
	int order = strcmp(left->transport, right->transport);

	return order ? order : left->port - right->port;
}

static int compare_pairs(const void *a, const void *b)
{
	const struct survey_chosen *left = a, *right = b;
	int order = survey_compare_addresses(left->item, right->item);

	if (!order)
		order = compare_services(left->item, right->item);
	return order ? order : compare_numbers(right->item->flows, left->item->flows);
}

static int compare_chosen(const void *a, const void *b)
{
	const struct survey_chosen *left = a, *right = b;
	int order = compare_numbers(left->asn, right->asn);

	if (!order)
		order = compare_services(left->item, right->item);
	return order ? order : compare_pairs(a, b);
}

/* The items of what is explained and can be excepted. New data may have moved an address to another
 * operator meanwhile: each counts under the one with the most flows. */
static int choose(struct survey_report *report, size_t *count)
{
	struct survey_chosen *chosen = calloc(report->survey->count + 1, sizeof(*chosen));

	report->chosen = chosen;
	*count = 0;
	if (!chosen)
		return -ENOMEM;
	for (size_t i = 0; i < report->group_count; i++) {
		const struct survey_group *group = &report->groups[i];

		for (size_t j = 0; group->explained && group->excepting && j < group->count; j++)
			chosen[(*count)++] =
				(struct survey_chosen){group->items[j], group->items[j]->asn};
	}
	qsort(chosen, *count, sizeof(*chosen), compare_pairs);
	for (size_t i = 1; i < *count; i++)
		if (survey_compare_addresses(chosen[i - 1].item, chosen[i].item) == 0)
			chosen[i].asn = chosen[i - 1].asn;
	qsort(chosen, *count, sizeof(*chosen), compare_chosen);
	return 0;
}

static bool same_address(const struct survey_port *port, size_t left, size_t right)
{
	return survey_compare_addresses(port->items[left].item, port->items[right].item) == 0;
}

/* The first item of the next address. */
static size_t next_address(const struct survey_port *port, size_t at)
{
	size_t next = at + 1;

	while (next < port->count && same_address(port, at, next))
		next++;
	return next;
}

/* Operator and addresses: ports that are alike in them make one exception. */
static int compare_targets(const struct survey_port *left, const struct survey_port *right)
{
	int order = compare_numbers(left->items[0].asn, right->items[0].asn);
	size_t i = 0, j = 0;

	while (!order && i < left->count && j < right->count) {
		order = survey_compare_addresses(left->items[i].item, right->items[j].item);
		i = next_address(left, i);
		j = next_address(right, j);
	}
	return order ? order : (i < left->count) - (j < right->count);
}

static int compare_ports(const void *a, const void *b)
{
	const struct survey_port *left = a, *right = b;
	int order = compare_targets(left, right);

	return order ? order : compare_services(left->items[0].item, right->items[0].item);
}

static int make_ports(struct survey_report *report, size_t chosen, size_t *count)
{
	report->ports = calloc(chosen + 1, sizeof(*report->ports));
	*count = 0;
	if (!report->ports)
		return -ENOMEM;
	for (size_t i = 0; i < chosen; i++) {
		const struct survey_chosen *one = &report->chosen[i];

		if (!i || one->asn != one[-1].asn || compare_services(one->item, one[-1].item) != 0)
			report->ports[(*count)++].items = one;
		report->ports[*count - 1].count++;
	}
	qsort(report->ports, *count, sizeof(*report->ports), compare_ports);
	return 0;
}

/* How many addresses are there in a row, from that of items[@at] on. */
static u128 run_from(const struct survey_port *port, size_t at)
{
	struct address start = port->items[at].item->address;
	u128 run = 1;

	for (at = next_address(port, at); at < port->count; at = next_address(port, at)) {
		struct address next = port->items[at].item->address;

		if (next.family != start.family || next.value != start.value + run)
			break;
		run++;
	}
	return run;
}

/* The largest prefix that begins at items[@at] and of which every address is there. Returns the
 * first item behind it. */
static size_t cover(const struct survey_port *port, size_t at, struct prefix *prefix)
{
	struct address start = port->items[at].item->address;
	unsigned bits = family_bits(start.family);
	u128 run = run_from(port, at);

	*prefix = (struct prefix){start.family, (uint8_t)bits, start.value};
	for (unsigned host = 1; host < 32; host++) {
		u128 size = (u128)1 << host;

		if (size > run || (start.value & (size - 1)))
			break;
		prefix->length = (uint8_t)(bits - host);
	}
	while (at < port->count && prefix_contains(prefix, port->items[at].item->address))
		at++;
	return at;
}

static int begin_exception(struct survey_exception *exception, const struct survey_port *port)
{
	*exception = (struct survey_exception){.ports = port, .asn = port->items[0].asn};
	exception->to = calloc(port->count, sizeof(*exception->to));
	if (!exception->to)
		return -ENOMEM;
	for (size_t i = 0; i < port->count; i = next_address(port, i))
		exception->addresses++;
	for (size_t i = 0; i < port->count;)
		i = cover(port, i, &exception->to[exception->to_count++]);
	exception->whole = exception->asn && exception->to_count > SURVEY_TO_MOST;
	return 0;
}

static void add_port(struct survey_exception *exception, const struct survey_port *port)
{
	exception->count++;
	for (size_t i = 0; i < port->count; i++) {
		const struct survey_item *item = port->items[i].item;

		exception->flows += item->flows;
		if (!exception->first || strcmp(item->first, exception->first) < 0)
			exception->first = item->first;
	}
}

static int compare_exceptions(const void *a, const void *b)
{
	const struct survey_exception *left = a, *right = b;
	int order = compare_numbers(right->flows, left->flows);

	return order ? order : compare_ports(left->ports, right->ports);
}

int survey_exceptions_make(struct survey_report *report)
{
	struct survey_exception *exception = NULL;
	size_t chosen, ports = 0;
	int error = choose(report, &chosen);

	if (!error)
		error = make_ports(report, chosen, &ports);
	report->exceptions = calloc(ports + 1, sizeof(*report->exceptions));
	if (!report->exceptions)
		return -ENOMEM;
	for (size_t i = 0; i < ports && !error; i++) {
		const struct survey_port *port = &report->ports[i];

		if (!exception || compare_targets(exception->ports, port) != 0) {
			exception = &report->exceptions[report->exception_count++];
			error = begin_exception(exception, port);
		}
		add_port(exception, port);
	}
	qsort(report->exceptions, report->exception_count, sizeof(*report->exceptions),
	      compare_exceptions);
	return error;
}

/* One sender, and what it sent in all. */
struct sender {
	const struct survey_item *item;
	uint64_t flows;
};

static int compare_senders(const void *a, const void *b)
{
	const struct sender *left = a, *right = b;

	return compare_numbers(right->flows, left->flows);
}

static void add_sender(struct sender *senders, size_t *count, const struct survey_item *item)
{
	size_t i = 0;

	while (i < *count && (strcmp(senders[i].item->process, item->process) != 0 ||
			      strcmp(senders[i].item->unit, item->unit) != 0))
		i++;
	if (i == SURVEY_SENDERS_MOST)
		return;
	if (i == *count)
		senders[(*count)++] = (struct sender){item, 0};
	senders[i].flows += item->flows;
}

size_t survey_senders(const struct survey_exception *exception, const struct survey_item **senders,
		      size_t most)
{
	struct sender all[SURVEY_SENDERS_MOST] = {0};
	size_t count = 0;

	for (size_t i = 0; i < exception->count; i++)
		for (size_t j = 0; j < exception->ports[i].count; j++)
			add_sender(all, &count, exception->ports[i].items[j].item);
	qsort(all, count, sizeof(*all), compare_senders);
	for (size_t i = 0; i < count && i < most; i++)
		senders[i] = all[i].item;
	return count;
}
