// SPDX-License-Identifier: GPL-2.0-or-later
#include "userspace/cli/explanation.h"
#include "userspace/flow/text.h"

static json_t *soil_part(const struct explainer *explainer, const struct explanation *explanation)
{
	const struct place *place = &explanation->place;
	const struct atlas *atlas = explainer->atlas;
	json_t *sources = json_array();

	for (size_t i = 0; atlas && i < atlas_soil_source_count(atlas); i++) {
		const struct source *source = atlas_source(atlas, i);

		json_array_append_new(sources,
				      json_pack("{s:o, s:o, s:o}", "name", text_json(source->name),
						"country", text_json_country(place->votes[i]),
						"date", text_json(source->date)));
	}
	return json_pack("{s:o, s:s, s:o}", "country", text_json_country(place->soil), "state",
			 soil_state_name(place->state), "sources", sources);
}

static json_t *asn_part(const struct explanation *explanation)
{
	uint32_t asn = explanation->place.asn;

	return json_pack(
		"{s:o, s:o}", "number", asn ? json_integer(asn) : json_null(), "name",
		text_json(explanation->asn_operator ? explanation->asn_operator->name : NULL));
}

static json_t *owner_part(const struct explanation *explanation)
{
	static const struct asn_operator nobody;
	const struct asn_operator *listed = explanation->asn_operator;

	/* Without an owner, the source says why there is none: that is among the notes. */
	if (!listed || listed->basis == OWNER_UNKNOWN)
		listed = &nobody;
	return json_pack("{s:o, s:o, s:o, s:o, s:s, s:o, s:o}", "parent", text_json(listed->parent),
			 "parent_country", text_json_country(listed->parent_country), "seat",
			 text_json_country(listed->seat), "reach",
			 text_json_reach(&explanation->reach), "basis",
			 owner_basis_name(explanation->basis), "source", text_json(listed->source),
			 "organisation", text_json(listed->organisation));
}

static json_t *deciding_rule(const struct explainer *explainer, uint16_t number)
{
	const struct policy *policy = explainer->policy;
	char name[24];

	if (number >= policy->rule_count)
		return json_null();
	const struct rule *rule = &policy->rules[number];

	return json_pack("{s:i, s:s, s:o}", "index", (int)rule->index, "name",
			 rule_name(rule, name), "why", text_json(rule->why));
}

static json_t *rules_tried(const struct explainer *explainer, const struct explanation *explanation)
{
	const struct policy *policy = explainer->policy;
	json_t *rules = json_array();

	for (size_t i = 0; i < policy->rule_count; i++) {
		struct condition conditions[CONDITIONS_MOST];
		json_t *list = json_array();
		bool matched;
		size_t count = explanation_conditions(explainer, explanation, &policy->rules[i],
						      conditions, &matched);
		char name[24];

		for (size_t j = 0; j < count; j++)
			json_array_append_new(list, json_pack("{s:s, s:o, s:b, s:o}", "on",
							      conditions[j].on, "wanted",
							      text_json(conditions[j].wanted),
							      "matched", conditions[j].met, "why",
							      text_json(conditions[j].why)));
		json_array_append_new(rules, json_pack("{s:s, s:b, s:o}", "name",
						       rule_name(&policy->rules[i], name),
						       "matched", matched, "conditions", list));
	}
	return rules;
}

json_t *explanation_json(const struct explainer *explainer, const struct explanation *explanation)
{
	const struct decision *decision = &explanation->decision;
	char address[ADDRESS_TEXT_SIZE], notes[NOTES_MOST][NOTE_SIZE];
	size_t count = explanation_notes(explanation, notes);
	json_t *note_list = json_array();

	for (size_t i = 0; i < count; i++)
		json_array_append_new(note_list, text_json(notes[i]));
	return json_pack(
		"{s:s, s:o, s:o, s:o, s:s, s:s, s:o, s:o, s:o, s:o, s:o}", "address",
		address_format(explanation->address, address), "soil",
		soil_part(explainer, explanation), "asn", asn_part(explanation), "owner",
		owner_part(explanation), "verdict",
		decision->verdict == VERDICT_ALLOW ? "allow" : "deny", "reason",
		reason_name(decision->reason), "rule", deciding_rule(explainer, decision->rule),
		"target", text_json(explanation->target), "notes", note_list, "rules",
		rules_tried(explainer, explanation), "generation",
		explainer->manifest ? json_integer(explainer->manifest->generation) : json_null());
}
