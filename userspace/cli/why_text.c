// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "userspace/cli/page.h"
#include "userspace/cli/survey.h"
#include "userspace/cli/why.h"
#include "userspace/flow/text.h"

#define EVIDENCE_SHOWN 10
#define INDENT         10

static int compare_recent(const void *a, const void *b)
{
	const struct survey_item *left = *(const struct survey_item *const *)a;
	const struct survey_item *right = *(const struct survey_item *const *)b;
	int order = strcmp(right->last, left->last);

	if (!order && left->monitor != right->monitor)
		return left->monitor ? 1 : -1;
	return order ? order : (left->flows < right->flows) - (left->flows > right->flows);
}

static size_t count_items(const struct survey *survey)
{
	return survey->items ? survey->count : 0;
}

/* Is a flow that the kernel holds in the log already? */
static bool is_logged(const struct why *why, const struct survey_item *live)
{
	for (size_t i = 0; i < count_items(&why->log); i++) {
		const struct survey_item *item = &why->log.items[i];

		if (item->has_address == live->has_address &&
		    item->address.family == live->address.family &&
		    item->address.value == live->address.value && item->port == live->port &&
		    item->monitor == live->monitor &&
		    strcmp(item->transport, live->transport) == 0 &&
		    strcmp(item->reason, live->reason) == 0)
			return true;
	}
	return false;
}

/* Everything there is, each flow once. */
static void each_item(const struct why *why,
		      void (*take)(const struct survey_item *item, void *context), void *context)
{
	for (size_t i = 0; i < count_items(&why->log); i++)
		take(&why->log.items[i], context);
	for (size_t i = 0; i < count_items(&why->live); i++)
		if (!is_logged(why, &why->live.items[i]))
			take(&why->live.items[i], context);
}

struct collected {
	const struct survey_item **items;
	size_t count;
};

static void collect(const struct survey_item *item, void *context)
{
	struct collected *collected = context;

	collected->items[collected->count++] = item;
}

size_t why_evidence(const struct why *why, const struct survey_item **items, size_t most)
{
	size_t all = count_items(&why->log) + count_items(&why->live);
	struct collected collected = {calloc(all + 1, sizeof(*collected.items)), 0};

	if (!collected.items)
		return 0;
	each_item(why, collect, &collected);
	qsort(collected.items, collected.count, sizeof(*collected.items), compare_recent);
	for (size_t i = 0; i < most && i < collected.count; i++)
		items[i] = collected.items[i];
	free(collected.items);
	return collected.count;
}

/* Of one kind: the most recent, and how many flows. */
struct kind {
	bool monitor;
	const struct survey_item *latest;
	uint64_t flows;
};

static void add_to_kind(const struct survey_item *item, void *context)
{
	struct kind *kind = context;

	if (item->monitor != kind->monitor)
		return;
	kind->flows += item->flows;
	if (!kind->latest || compare_recent(&item, &kind->latest) < 0)
		kind->latest = item;
}

static struct kind kind_of(const struct why *why, bool monitor)
{
	struct kind kind = {.monitor = monitor};

	each_item(why, add_to_kind, &kind);
	return kind;
}

bool why_answer(const struct why *why)
{
	return kind_of(why, false).latest != NULL;
}

static enum reason reason_of(const char *name)
{
	int reason = 0;

	while (reason < REASON_COUNT && strcmp(reason_name((enum reason)reason), name) != 0)
		reason++;
	return (enum reason)reason;
}

static void say(char line[WHY_LINE_SIZE], const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void say(char line[WHY_LINE_SIZE], const char *format, ...)
{
	size_t used = strlen(line);
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(line + used, WHY_LINE_SIZE - used, format, arguments);
	va_end(arguments);
}

static void say_reason(char line[WHY_LINE_SIZE], enum reason reason, const char *rule)
{
	say(line, "%s", reason < REASON_COUNT ? reason_text(reason) : "the log does not say why");
	if (rule && *rule)
		say(line, " (%s)", rule);
}

static void say_destination(char line[WHY_LINE_SIZE], const struct survey_item *item)
{
	char address[ADDRESS_TEXT_SIZE], service[SURVEY_SERVICE_SIZE];

	if (item->has_address)
		say(line, "%s, ", address_format(item->address, address));
	say(line, "%s", survey_service(item, service));
}

/* What to do about it. */
static void say_remedy(char line[WHY_LINE_SIZE], const struct why *why, enum reason reason)
{
	if (reason == REASON_RULE_DENY)
		say(line,
		    " Narrow that rule, or except this: 'gabelou survey --since %s' proposes "
		    "how.",
		    why->since);
	else if (reason == REASON_BYPASS)
		say(line, " The program must do without that socket option.");
	else if (reason < REASON_CONTROL)
		say(line, " No exception lets this pass: the sender has to send it otherwise.");
	else
		say(line,
		    " Except it ('gabelou survey --since %s' proposes how), or allow it by a "
		    "rule.",
		    why->since);
}

static void say_flows(char line[WHY_LINE_SIZE], uint64_t flows)
{
	char count[PAGE_COUNT_SIZE];

	if (flows)
		say(line, "%s %s", page_count(flows, count), flows == 1 ? "flow" : "flows");
	else
		say(line, "more of a flow");
}

static void say_now(char line[WHY_LINE_SIZE], const struct why *why)
{
	for (size_t i = 0; i < why->now_count; i++) {
		const struct why_now *now = &why->now[i];

		if (now->decision.verdict != VERDICT_DENY)
			continue;
		say(line, " What is sent to %s now %s denied: ", why->target.address_texts[i],
		    why->manifest->monitor ? "would, if this were enforced, be" : "is");
		say_reason(line, now->decision.reason, now->rule);
		say(line, ".");
		return;
	}
}

/* Why a "no" may be wrong. */
static void say_doubts(char line[WHY_LINE_SIZE], const struct why *why)
{
	if (why->log_read && why->log.lost)
		say(line, " %llu events are missing in the log, so this is not certain.",
		    (unsigned long long)why->log.lost);
	if (!why->log_read)
		say(line, " No log was read: only what the kernel holds, some seconds of it.");
	else if (!why->log.lines && why->manifest)
		say(line, " (The log has no line of that time.)");
}

static void say_yes(char line[WHY_LINE_SIZE], const struct why *why)
{
	struct kind denied = kind_of(why, false);
	const struct survey_item *item = denied.latest;
	enum reason reason = reason_of(item->reason);

	say(line, "yes: ");
	say_flows(line, denied.flows);
	say(line, " of it %s denied, the last at %s UTC to ", denied.flows > 1 ? "were" : "was",
	    item->last + strlen("2026-11-24T"));
	say_destination(line, item);
	say(line, ": ");
	say_reason(line, reason, item->rule);
	say(line, ".");
	say_remedy(line, why, reason);
}

static void say_no(char line[WHY_LINE_SIZE], const struct why *why)
{
	struct kind passing = kind_of(why, true);
	const struct survey_item *item = passing.latest;

	say(line, "no: ");
	if (item) {
		say(line, "the policy only monitors, and all of it went on; enforced, ");
		say_flows(line, passing.flows);
		say(line, " would have been denied, the last to ");
		say_destination(line, item);
		say(line, ": ");
		say_reason(line, reason_of(item->reason), item->rule);
		say(line, ".");
	} else if (why->kernel_read && !why->manifest) {
		say(line, "nothing is enforced here, and nothing of it was denied in the last %s.",
		    why->since);
	} else {
		say(line, "nothing of it was denied in the last %s.", why->since);
		say_now(line, why);
	}
	say_doubts(line, why);
}

void why_line(const struct why *why, char line[WHY_LINE_SIZE])
{
	line[0] = '\0';
	if (why_answer(why))
		say_yes(line, why);
	else
		say_no(line, why);
}

static void print_item(FILE *out, const struct why *why, const struct survey_item *item)
{
	char text[WHY_LINE_SIZE] = "", sender[SURVEY_SENDER_SIZE], count[PAGE_COUNT_SIZE];
	bool live = item >= why->live.items && item < why->live.items + count_items(&why->live);

	fprintf(out, "%.8s  ", item->last + strlen("2026-11-24T"));
	say(text, "%s to ", item->monitor ? "would be denied" : "denied");
	say_destination(text, item);
	say(text, ", by %s: ", survey_sender(item, sender));
	say_reason(text, reason_of(item->reason), item->rule);
	if (live)
		say(text, "; in the kernel now");
	else
		say(text, "; %s packets since %s", page_count(item->packets, count),
		    item->first + strlen("2026-11-24T"));
	page_wrap(out, INDENT, INDENT, page_clean(text, text));
}

static void print_now(FILE *out, const struct why *why)
{
	for (size_t i = 0; i < why->now_count; i++) {
		const struct why_now *now = &why->now[i];
		char text[WHY_LINE_SIZE] = "";

		say(text, "%s: %s: ", why->target.address_texts[i],
		    now->decision.verdict == VERDICT_ALLOW ? "allow" : "deny");
		say_reason(text, now->decision.reason, now->rule);
		fprintf(out, "%-*s", INDENT, i ? "" : "now");
		page_wrap(out, INDENT, INDENT, text);
	}
}

void why_print(FILE *out, const struct why *why)
{
	const struct survey_item *items[EVIDENCE_SHOWN];
	size_t count = why_evidence(why, items, EVIDENCE_SHOWN);
	char line[WHY_LINE_SIZE];

	why_line(why, line);
	page_wrap(out, 0, 0, page_clean(line, line));
	if (count || why->now_count)
		fputc('\n', out);
	for (size_t i = 0; i < count && i < EVIDENCE_SHOWN; i++)
		print_item(out, why, items[i]);
	if (count > EVIDENCE_SHOWN)
		fprintf(out, "%*sand %zu more; --json has all\n", INDENT, "",
			count - EVIDENCE_SHOWN);
	print_now(out, why);
}

static json_t *evidence_part(const struct why *why, const struct survey_item *item)
{
	bool live = item >= why->live.items && item < why->live.items + count_items(&why->live);
	char service[SURVEY_SERVICE_SIZE], address[ADDRESS_TEXT_SIZE];

	return json_pack("{s:s, s:s, s:o, s:s, s:o, s:o, s:s, s:o, s:I, s:I, s:o, s:o}", "from",
			 live ? "kernel" : "log", "verdict", item->monitor ? "would-deny" : "deny",
			 "address",
			 item->has_address ? json_string(address_format(item->address, address))
					   : json_null(),
			 "port", survey_service(item, service), "process", text_json(item->process),
			 "unit", text_json(item->unit), "reason", item->reason, "rule",
			 text_json(item->rule), "flows", (json_int_t)item->flows, "packets",
			 (json_int_t)item->packets, "first", json_sprintf("%sZ", item->first),
			 "last", json_sprintf("%sZ", item->last));
}

static json_t *now_part(const struct why *why)
{
	json_t *array = json_array();

	for (size_t i = 0; i < why->now_count; i++) {
		const struct why_now *now = &why->now[i];

		json_array_append_new(
			array, json_pack("{s:s, s:s, s:s, s:o}", "address",
					 why->target.address_texts[i], "verdict",
					 now->decision.verdict == VERDICT_ALLOW ? "allow" : "deny",
					 "reason", reason_name(now->decision.reason), "rule",
					 text_json(now->rule)));
	}
	return array;
}

json_t *why_json(const struct why *why)
{
	size_t all = count_items(&why->log) + count_items(&why->live), count = 0;
	const struct survey_item **items = calloc(all + 1, sizeof(*items));
	json_t *evidence = json_array();
	char line[WHY_LINE_SIZE];

	if (items)
		count = why_evidence(why, items, all);
	for (size_t i = 0; i < count; i++)
		json_array_append_new(evidence, evidence_part(why, items[i]));
	free(items);
	why_line(why, line);
	return json_pack("{s:s, s:b, s:o, s:s, s:o, s:o, s:{s:b, s:b, s:I}}", "target",
			 why->target.text, "gabelou", why_answer(why), "answer", text_json(line),
			 "since", why->since, "evidence", evidence, "now", now_part(why), "read",
			 "log", why->log_read, "kernel", why->kernel_read, "lost_events",
			 (json_int_t)why->log.lost);
}
