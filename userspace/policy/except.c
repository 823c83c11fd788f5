// SPDX-License-Identifier: GPL-2.0-or-later
/* One item of "except:": narrow, justified, temporary; the only thing that beats a deny. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "userspace/policy/parse.h"

#define DAY_SECONDS 86400

/* The day's end, in UTC: a date lasts until the midnight that ends it. */
static void read_until(struct reader *reader, const struct node *node, void *target)
{
	const char *text = node->kind == NODE_TEXT ? node->text : "";
	struct rule *rule = target;
	struct tm date = {0}, given;
	int end = 0;

	if (strlen(text) == 10 &&
	    sscanf(text, "%4d-%2d-%2d%n", &date.tm_year, &date.tm_mon, &date.tm_mday, &end) == 3 &&
	    end == 10) {
		date.tm_year -= 1900;
		date.tm_mon -= 1;
		given = date;
		rule->until = (int64_t)timegm(&date) + DAY_SECONDS;
		/* The 31st of April would have become the 1st of May. */
		if (given.tm_mday == date.tm_mday && given.tm_mon == date.tm_mon &&
		    rule->until > DAY_SECONDS)
			return;
	}
	policy_fault(reader, node, "`%s` is not a date; write one like 2027-01-31",
		     policy_quote(node).text);
	rule->until = INT64_MAX; /* one message is enough */
}

static void read_why(struct reader *reader, const struct node *node, void *target)
{
	struct rule *rule = target;

	rule->why = policy_line_read(reader, node, "why");
}

/* Who asked for it, and when: for people. */
static void read_by(struct reader *reader, const struct node *node, void *target)
{
	struct rule *rule = target;

	rule->by = policy_line_read(reader, node, "by");
}

static void read_added(struct reader *reader, const struct node *node, void *target)
{
	struct rule *rule = target;

	rule->added = policy_line_read(reader, node, "added");
}

static const struct key except_keys[] = {
	{"to", policy_to_read, NULL},     {"asn", policy_asn_read, NULL},
	{"port", policy_port_read, NULL}, {"until", read_until, NULL},
	{"why", read_why, NULL},          {"by", read_by, NULL},
	{"added", read_added, NULL},
};

void policy_except_read(struct reader *reader, const struct node *node, struct rule *rule)
{
	size_t errors = reader->diagnostics->errors;

	policy_map_read(reader, node, "an exception", except_keys,
			sizeof(except_keys) / sizeof(*except_keys), rule);
	if (reader->diagnostics->errors > errors || reader->out_of_memory)
		return;
	if (!rule->to_count && !rule->asn_count)
		policy_fault(reader, node,
			     "an exception to everything; write where to, as in "
			     "to: [203.0.113.0/24]");
	if (!rule->why)
		policy_fault(reader, node,
			     "an exception without a reason; write "
			     "why: CHG-1234 security updates");
	if (!rule->until)
		policy_fault(reader, node,
			     "an exception without an end; write the last day of it, "
			     "as in until: 2027-01-31");
	if (rule->asn_count && !rule->service_count)
		policy_fault(reader, node,
			     "an exception for a whole network, which many share; "
			     "write port: [443/tcp]");
}
