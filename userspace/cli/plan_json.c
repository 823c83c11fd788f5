// SPDX-License-Identifier: GPL-2.0-or-later
#include "userspace/cli/plan.h"
#include "userspace/flow/text.h"

static const char *mode_name(bool monitor)
{
	return monitor ? "monitor" : "enforce";
}

static json_t *policy_part(const struct pipeline *pipeline)
{
	char digest[DIGEST_TEXT_SIZE];

	return json_pack("{s:o, s:o, s:s}", "name", text_json(pipeline->policy->name), "file",
			 text_json(pipeline->policy_path), "sha256",
			 digest_format(&pipeline->policy->digest, digest));
}

static json_t *side_part(const struct pipeline *pipeline)
{
	return json_pack("{s:b, s:n, s:n, s:o, s:s}", "enforced", 0, "generation", "since",
			 "policy", policy_part(pipeline), "mode",
			 mode_name(pipeline->policy->mode == POLICY_MONITOR));
}

static json_t *from_part(const struct baseline *baseline)
{
	const struct manifest *manifest = baseline->manifest;

	if (!manifest)
		return side_part(&baseline->pipeline);
	return json_pack("{s:b, s:I, s:o, s:{s:o, s:o, s:o}, s:s}", "enforced", 1, "generation",
			 (json_int_t)manifest->generation, "since", text_json(manifest->since),
			 "policy", "name", text_json(manifest->policy_name), "file",
			 text_json(manifest->policy_file), "sha256",
			 text_json(manifest->policy_sha256), "mode", mode_name(manifest->monitor));
}

/* IPv4 in addresses; IPv6 in /48s, with a fraction. */
static json_t *amount(enum family family, u128 addresses)
{
	return family == FAMILY_V4 ? json_integer((json_int_t)addresses)
				   : json_real(plan_blocks(addresses));
}

static json_t *space_part(enum family family, const struct compare_space *space)
{
	return json_pack("{s:o, s:o, s:o, s:o, s:I, s:I}", "before", amount(family, space->before),
			 "after", amount(family, space->after), "lost", amount(family, space->lost),
			 "gained", amount(family, space->gained), "lost_prefixes",
			 (json_int_t)space->lost_prefixes, "gained_prefixes",
			 (json_int_t)space->gained_prefixes);
}

/* Adds both families to an object. */
static json_t *with_spaces(json_t *object, const struct compare_space *spaces)
{
	json_object_set_new(object, "ipv4_addresses", space_part(FAMILY_V4, &spaces[FAMILY_V4]));
	json_object_set_new(object, "ipv6_48s", space_part(FAMILY_V6, &spaces[FAMILY_V6]));
	return object;
}

static const char *owner_state(const struct compared *item)
{
	return item->owner == COMPARE_LISTED     ? "listed"
	       : item->owner == COMPARE_UNLISTED ? "unlisted"
						 : "unrouted";
}

static json_t *country_part(const struct compared *item)
{
	return json_pack("{s:o, s:o}", "country", text_json_country(item->country), "name",
			 text_json(country_name(item->country)));
}

static json_t *owner_part(const struct compared *item)
{
	return json_pack("{s:o, s:o, s:s}", "parent", text_json(item->parent), "parent_country",
			 text_json_country(item->country), "state", owner_state(item));
}

static json_t *asn_part(const struct compared *item)
{
	return json_pack("{s:o, s:o, s:o}", "number",
			 item->asn ? json_integer(item->asn) : json_null(), "name",
			 text_json(item->name), "owner", owner_part(item));
}

static json_t *reason_part(const struct compared *item)
{
	return json_pack("{s:s}", "reason", reason_name(item->reason));
}

static json_t *list_part(const struct compare_list *list,
			 json_t *(*describe)(const struct compared *item))
{
	json_t *array = json_array();

	for (size_t i = 0; i < list->changed; i++)
		json_array_append_new(array,
				      with_spaces(describe(&list->items[i]), list->items[i].space));
	return array;
}

static json_t *flow_part(const struct plan *plan, const struct replay_change *change)
{
	struct plan_destination destination = plan_destination(plan, change->target.address);
	const struct asn_operator *asn_operator = destination.asn_operator;
	char address[ADDRESS_TEXT_SIZE];

	return json_pack(
		"{s:s, s:I, s:I, s:I, s:o, s:{s:o, s:o}, s:{s:o, s:o, s:o}, s:{s:s, s:s}, s:{s:s, "
		"s:s}}",
		"address", address_format(change->target.address, address), "packets",
		(json_int_t)change->target.packets, "bytes", (json_int_t)change->target.bytes,
		"flows", (json_int_t)change->target.flows, "soil",
		text_json_country(destination.soil), "asn", "number",
		asn_operator ? json_integer(asn_operator->asn) : json_null(), "name",
		text_json(asn_operator ? asn_operator->name : NULL), "owner", "parent",
		text_json(asn_operator ? asn_operator->parent : NULL), "parent_country",
		text_json_country(asn_operator ? asn_operator->parent_country : COUNTRY_NONE),
		"reach", text_json_reach(&destination.reach), "before", "verdict",
		change->before.verdict == VERDICT_ALLOW ? "allow" : "deny", "reason",
		reason_name(change->before.reason), "after", "verdict",
		change->after.verdict == VERDICT_ALLOW ? "allow" : "deny", "reason",
		reason_name(change->after.reason));
}

static json_t *flow_list(const struct plan *plan, const struct replay_list *list)
{
	json_t *array = json_array();

	for (size_t i = 0; i < list->count; i++)
		json_array_append_new(array, flow_part(plan, &list->items[i]));
	return json_pack("{s:I, s:I, s:I, s:o}", "flows", (json_int_t)list->flows, "packets",
			 (json_int_t)list->packets, "bytes", (json_int_t)list->bytes,
			 "destinations", array);
}

static json_t *flows_part(const struct plan *plan)
{
	if (!plan->flows_name)
		return json_null();
	return json_pack("{s:s, s:I, s:I, s:I, s:I, s:I, s:o, s:o}", "file", plan->flows_name,
			 "flows", (json_int_t)plan->flows.flows, "destinations",
			 (json_int_t)plan->flows.count, "lost_events", (json_int_t)plan->flows.lost,
			 "without_destination", (json_int_t)plan->flows.elsewhere, "broken_lines",
			 (json_int_t)plan->flows.broken, "cut",
			 flow_list(plan, &plan->verdicts.cut), "let_out",
			 flow_list(plan, &plan->verdicts.let_out));
}

static json_t *unlisted_part(const struct plan *plan)
{
	const struct replay_verdicts *verdicts = &plan->unlisted_verdicts;
	json_t *part = json_pack(
		"{s:s, s:b, s:o, s:o, s:o}", "setting",
		plan->after.policy->unlisted == POLICY_UNLISTED_REGISTRY ? "registry" : "deny",
		"matters", plan->unlisted_matters, "asns",
		list_part(&plan->unlisted.asns, asn_part), "cut",
		plan->flows_name ? flow_list(plan, &verdicts->cut) : json_null(), "let_out",
		plan->flows_name ? flow_list(plan, &verdicts->let_out) : json_null());

	return with_spaces(part, plan->unlisted.judged);
}

json_t *plan_json(const struct plan *plan)
{
	const struct comparison *comparison = &plan->comparison;

	return json_pack("{s:o, s:o, s:o, s:b, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:I}",
			 "from", from_part(&plan->before), "to", side_part(&plan->after),
			 "changed_sources", plan_changed_sources(plan), "data_at_hand",
			 plan->before.atlas != NULL, "allowed",
			 with_spaces(json_object(), comparison->judged), "not_judged",
			 with_spaces(json_object(), comparison->local), "reasons",
			 list_part(&comparison->reasons, reason_part), "countries",
			 list_part(&comparison->countries, country_part), "owners",
			 list_part(&comparison->owners, owner_part), "asns",
			 list_part(&comparison->asns, asn_part), "unlisted", unlisted_part(plan),
			 "flows", flows_part(plan), "exceptions", plan_exceptions_json(plan),
			 "exceptions_kept", (json_int_t)plan->exceptions.kept);
}
