// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>

#include "userspace/cli/page.h"
#include "userspace/cli/plan.h"
#include "userspace/flow/text.h"

#define ROWS_SHOWN       10 /* the rest is in --json */
#define UNLISTED_SHOWN   5
#define NAME_WIDTH       29
#define NAME_SIZE        256
#define DESTINATION_LEFT 31 /* columns before the destination of a flow */

/* "1,234", "0.25", "12.3 M": at most 9 columns; "-" for nothing. */
static const char *blocks_text(u128 addresses, char *text)
{
	static const char units[] = {'M', 'G', 'T'};
	double blocks = plan_blocks(addresses);
	size_t unit = 0;

	if (!addresses)
		return strcpy(text, "-");
	if (blocks < 0.01)
		return strcpy(text, "<0.01");
	if (blocks < 10) {
		snprintf(text, PAGE_COUNT_SIZE, "%.3g", blocks);
		return text;
	}
	if (blocks < 9999999.5)
		return page_count((uint64_t)(blocks + 0.5), text);
	for (blocks /= 1e6; blocks >= 999.95 && unit + 1 < sizeof(units); blocks /= 1000)
		unit++;
	snprintf(text, PAGE_COUNT_SIZE, "%.1f %c", blocks, units[unit]);
	return text;
}

static const char *space_text(enum family family, u128 addresses, char *text)
{
	if (family == FAMILY_V6)
		return blocks_text(addresses, text);
	return addresses ? page_count((uint64_t)addresses, text) : strcpy(text, "-");
}

static const char *percent_text(u128 part, u128 whole, char *text)
{
	double percent = whole ? 100 * (double)part / (double)whole : 0;

	*text = '\0';
	if (part && whole && percent < 0.01)
		strcpy(text, "<0.01 %");
	else if (part && whole && percent < 1000)
		snprintf(text, PAGE_COUNT_SIZE, percent < 10 ? "%.2f %%" : "%.1f %%", percent);
	return text;
}

static const char *mode_name(bool monitor)
{
	return monitor ? "monitor" : "enforce";
}

static void print_head(FILE *out, const struct plan *plan)
{
	const struct manifest *manifest = plan->before.manifest;
	const struct policy *from = plan->before.pipeline.policy, *to = plan->after.policy;
	json_t *changed = plan_changed_sources(plan);

	if (manifest)
		page_field(out, "from", "what is enforced: %s (%s), generation %u since %s",
			   manifest->policy_name, mode_name(manifest->monitor),
			   manifest->generation, manifest->since);
	else
		page_field(out, "from", "%s (%s), %s", from->name,
			   mode_name(from->mode == POLICY_MONITOR), from->file);
	page_field(out, "to", "%s (%s), %s", to->name, mode_name(to->mode == POLICY_MONITOR),
		   to->file);
	if (!json_array_size(changed))
		page_field(out, "data", "the same");
	for (size_t i = 0; i < json_array_size(changed); i++)
		page_item(out, i ? "" : "new data", "%s",
			  json_string_value(json_array_get(changed, i)));
	if (manifest && !plan->before.atlas)
		page_field(out, "",
			   "(the data that was applied is gone: what is lost stands "
			   "under the owners of the new data)");
	json_decref(changed);
}

/* One line of both families, with their shares of @wholes. */
static void print_line(FILE *out, const char *label, u128 v4, u128 v6, const u128 *wholes)
{
	char number[PAGE_COUNT_SIZE], share[PAGE_COUNT_SIZE] = "";

	if (wholes)
		percent_text(v4, wholes[FAMILY_V4], share);
	fprintf(out, "%-30s %14s %8s", label, space_text(FAMILY_V4, v4, number), share);
	if (wholes)
		percent_text(v6, wholes[FAMILY_V6], share);
	fprintf(out, " %14s%s%s\n", space_text(FAMILY_V6, v6, number), *share ? "  " : "", share);
}

static void print_count(FILE *out, const char *label, uint64_t v4, uint64_t v6)
{
	char number[PAGE_COUNT_SIZE];

	fprintf(out, "%-30s %14s", label, page_count(v4, number));
	fprintf(out, " %8s %14s\n", "", page_count(v6, number));
}

static void print_change(FILE *out, const struct compare_space *spaces, const char *lost,
			 const char *gained)
{
	const struct compare_space *v4 = &spaces[FAMILY_V4], *v6 = &spaces[FAMILY_V6];
	const u128 wholes[FAMILIES] = {v4->before, v6->before};

	if (v4->lost || v6->lost) {
		print_line(out, lost, v4->lost, v6->lost, wholes);
		print_count(out, "    as prefixes", v4->lost_prefixes, v6->lost_prefixes);
	}
	if (v4->gained || v6->gained) {
		print_line(out, gained, v4->gained, v6->gained, wholes);
		print_count(out, "    as prefixes", v4->gained_prefixes, v6->gained_prefixes);
	}
}

static void print_title(FILE *out, const char *title)
{
	fprintf(out, "\n%-30s %14s %8s %14s\n", title, "IPv4 addresses", "", "IPv6 /48s");
}

static bool has_changed(const struct compare_space *spaces)
{
	return spaces[FAMILY_V4].lost || spaces[FAMILY_V4].gained || spaces[FAMILY_V6].lost ||
	       spaces[FAMILY_V6].gained;
}

static void print_totals(FILE *out, const struct comparison *comparison)
{
	const struct compare_space *judged = comparison->judged, *local = comparison->local;

	print_title(out, "address space");
	print_line(out, "allowed before", judged[FAMILY_V4].before, judged[FAMILY_V6].before, NULL);
	print_line(out, "allowed after", judged[FAMILY_V4].after, judged[FAMILY_V6].after, NULL);
	if (!has_changed(judged))
		fprintf(out, "  no change\n");
	print_change(out, judged, "  lost", "  gained");
	if (!has_changed(local))
		return;
	print_line(out, "not judged before", local[FAMILY_V4].before, local[FAMILY_V6].before,
		   NULL);
	print_change(out, local, "  lost", "  gained");
}

static void describe_country(const struct compared *item, char *text)
{
	const char *name = country_name(item->country);
	char code[3];

	if (item->country)
		snprintf(text, NAME_SIZE, "%s %s", country_format(item->country, code),
			 name ? name : "");
	else
		strcpy(text, "-- no agreed soil");
}

static void describe_owner(const struct compared *item, char *text)
{
	char code[3];

	if (item->owner == COMPARE_LISTED)
		snprintf(text, NAME_SIZE, "%s %s", country_format(item->country, code),
			 item->parent);
	else
		strcpy(text, item->owner == COMPARE_UNLISTED ? "-- in no owner table"
							     : "-- announced by nobody");
}

static void describe_asn(const struct compared *item, char *text)
{
	if (item->asn)
		snprintf(text, NAME_SIZE, "AS%u %s", item->asn, item->name);
	else
		strcpy(text, "-- announced by nobody");
}

static void describe_reason(const struct compared *item, char *text)
{
	strcpy(text, reason_name(item->reason));
}

/* @text in exactly NAME_WIDTH columns. */
static void print_name(FILE *out, char *text)
{
	size_t columns = page_columns(page_clean(text, text)), bytes = 0, kept = 0;

	if (columns > NAME_WIDTH) {
		while (text[bytes] && (kept < NAME_WIDTH - 2 || ((text[bytes] & 0xc0) == 0x80))) {
			bytes++;
			kept += (text[bytes] & 0xc0) != 0x80;
		}
		strcpy(text + bytes, "..");
		columns = NAME_WIDTH;
	}
	fprintf(out, "%s%*s", text, (int)(NAME_WIDTH - columns), "");
}

static void print_row(FILE *out, const struct compared *item, char *name)
{
	char number[PAGE_COUNT_SIZE];

	print_name(out, name);
	for (enum family family = 0; family < FAMILIES; family++)
		fprintf(out, " %*s", family == FAMILY_V4 ? 14 : 9,
			space_text(family, item->space[family].lost, number));
	for (enum family family = 0; family < FAMILIES; family++)
		fprintf(out, " %*s", family == FAMILY_V4 ? 13 : 9,
			space_text(family, item->space[family].gained, number));
	fputc('\n', out);
}

static void print_list(FILE *out, const char *title, const struct compare_list *list, size_t most,
		       void (*describe)(const struct compared *item, char *text))
{
	char name[NAME_SIZE], number[PAGE_COUNT_SIZE];

	if (!list->changed)
		return;
	fprintf(out, "\n%-*s %14s %9s %13s %9s\n", NAME_WIDTH, title, "lost IPv4", "/48s",
		"gained IPv4", "/48s");
	for (size_t i = 0; i < list->changed && i < most; i++) {
		describe(&list->items[i], name);
		print_row(out, &list->items[i], name);
	}
	if (list->changed > most)
		fprintf(out, "and %s more: see --json\n", page_count(list->changed - most, number));
}

static void print_unlisted(FILE *out, const struct plan *plan)
{
	const struct compare_space *judged = plan->unlisted.judged;
	bool registry = plan->after.policy->unlisted == POLICY_UNLISTED_REGISTRY;
	char cut[PAGE_COUNT_SIZE], let_out[PAGE_COUNT_SIZE];

	if (!plan->unlisted_matters) {
		fputc('\n', out);
		page_field(out, "unlisted", "makes no difference: no rule names an owner");
		return;
	}
	print_title(out, "unlisted: deny, or registry");
	print_line(out, registry ? "allowed under deny" : "allowed under deny (as is)",
		   judged[FAMILY_V4].before, judged[FAMILY_V6].before, NULL);
	print_line(out, registry ? "allowed under registry (as is)" : "allowed under registry",
		   judged[FAMILY_V4].after, judged[FAMILY_V6].after, NULL);
	print_change(out, judged, "  only deny lets out", "  only registry lets out");
	if (plan->flows_name)
		fprintf(out, "recorded destinations: only registry lets out %s, only deny %s\n",
			page_count(plan->unlisted_verdicts.let_out.count, let_out),
			page_count(plan->unlisted_verdicts.cut.count, cut));
	print_list(out, "from deny to registry", &plan->unlisted.asns, UNLISTED_SHOWN,
		   describe_asn);
}

/* One destination: packets, soil, owner, then the rest of the line. */
static void print_flow(FILE *out, const struct plan *plan, const struct replay_change *change)
{
	struct plan_destination destination = plan_destination(plan, change->target.address);
	enum reason reason = change->after.verdict == VERDICT_DENY ? change->after.reason
								   : change->before.reason;
	char packets[PAGE_COUNT_SIZE], code[3], reach[REACH_TEXT_SIZE];
	char address[ADDRESS_TEXT_SIZE], *text;

	text_reach(&destination.reach, reach);
	fprintf(out, "%12s  %-4s  %-11s", page_count(change->target.packets, packets),
		destination.soil ? country_format(destination.soil, code) : "-",
		*reach ? reach : "-");
	if (asprintf(&text, "%s %s%s(%s)", address_format(change->target.address, address),
		     destination.asn_operator ? destination.asn_operator->name : "",
		     destination.asn_operator ? " " : "", reason_name(reason)) < 0)
		return;
	page_wrap(out, DESTINATION_LEFT - 1, DESTINATION_LEFT, page_clean(text, text));
	free(text);
}

static void print_flow_list(FILE *out, const struct plan *plan, const char *what,
			    const struct replay_list *list)
{
	char count[PAGE_COUNT_SIZE], packets[PAGE_COUNT_SIZE], flows[PAGE_COUNT_SIZE];

	if (!list->count) {
		fprintf(out, "\n%s: none\n", what);
		return;
	}
	fprintf(out, "\n%s: %s destination%s, %s packets, %s flows\n", what,
		page_count(list->count, count), list->count == 1 ? "" : "s",
		page_count(list->packets, packets), page_count(list->flows, flows));
	fprintf(out, "%12s  soil  %-11s destination\n", "packets", "owner");
	for (size_t i = 0; i < list->count && i < ROWS_SHOWN; i++)
		print_flow(out, plan, &list->items[i]);
	if (list->count > ROWS_SHOWN)
		fprintf(out, "and %s more: see --json\n",
			page_count(list->count - ROWS_SHOWN, count));
}

void plan_print(FILE *out, const struct plan *plan)
{
	const struct comparison *comparison = &plan->comparison;
	char flows[PAGE_COUNT_SIZE], count[PAGE_COUNT_SIZE];

	print_head(out, plan);
	print_totals(out, comparison);
	print_list(out, "by reason of the denial", &comparison->reasons, ROWS_SHOWN,
		   describe_reason);
	print_list(out, "by country", &comparison->countries, ROWS_SHOWN, describe_country);
	print_list(out, "by owner", &comparison->owners, ROWS_SHOWN, describe_owner);
	print_list(out, "by ASN", &comparison->asns, ROWS_SHOWN, describe_asn);
	plan_print_exceptions(out, plan);
	print_unlisted(out, plan);
	if (!plan->flows_name)
		return;
	fputc('\n', out);
	page_field(out, "flows", "%s to %s destinations, from %s",
		   page_count(plan->flows.flows, flows), page_count(plan->flows.count, count),
		   plan->flows_name);
	print_flow_list(out, plan, "newly cut", &plan->verdicts.cut);
	print_flow_list(out, plan, "newly let out", &plan->verdicts.let_out);
}
