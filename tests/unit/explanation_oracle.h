/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An explanation as jansson prints it: what each line of JSON must be, byte for byte. */
#ifndef GABELOU_TESTS_UNIT_EXPLANATION_ORACLE_H
#define GABELOU_TESTS_UNIT_EXPLANATION_ORACLE_H

#include "userspace/cli/explanation.h"
#include "userspace/flow/text.h"

static inline json_t *oracle_word(const struct source *source, country_t country)
{
	return json_pack("{s:o, s:o, s:o}", "name", text_json(source->name), "country",
			 text_json_country(country), "date", text_json(source->date));
}

static inline json_t *oracle_soil(const struct explainer *explainer,
				  const struct explanation *explanation)
{
	const struct place *place = &explanation->place;
	const struct atlas *atlas = explainer->atlas;
	const struct source *feed = atlas && place->feed ? atlas_feed(atlas, place->feed) : NULL;
	json_t *sources = json_array();

	for (size_t i = 0; atlas && i < atlas_soil_source_count(atlas); i++)
		json_array_append_new(sources,
				      oracle_word(atlas_source(atlas, i), place->votes[i]));
	if (feed)
		json_array_append_new(sources, oracle_word(feed, place->feed_soil));
	return json_pack(
		"{s:o, s:s, s:o, s:o, s:o, s:o}", "country", text_json_country(place->soil),
		"state", soil_state_name(place->state), "sources", sources, "agree",
		text_json(explanation_agree(explainer)), "special",
		text_json(place->state == SOIL_SPECIAL ? explanation_special(place->special)
						       : NULL),
		"feed", text_json(feed ? feed->name : NULL));
}

static inline json_t *oracle_asn(const struct explanation *explanation)
{
	const struct asn_operator *holder = explanation->asn_operator;
	uint32_t asn = explanation->place.asn;

	return json_pack("{s:o, s:o, s:o}", "number", asn ? json_integer(asn) : json_null(), "name",
			 text_json(holder ? holder->name : NULL), "registry",
			 text_json_country(holder ? holder->registry : COUNTRY_NONE));
}

static inline json_t *oracle_owner(const struct explanation *explanation)
{
	static const struct asn_operator nobody;
	const struct asn_operator *listed = explanation->owner;

	if (!listed || listed->basis == OWNER_UNKNOWN)
		listed = &nobody;
	return json_pack("{s:o, s:o, s:o, s:o, s:s, s:o, s:o, s:b, s:o}", "parent",
			 text_json(listed->parent), "parent_country",
			 text_json_country(listed->parent_country), "seat",
			 text_json_country(listed->seat), "reach",
			 text_json_reach(&explanation->reach), "basis",
			 owner_basis_name(explanation->basis), "source", text_json(listed->source),
			 "organisation", text_json(listed->organisation), "seat_inferred",
			 listed->seat_inferred, "since", text_json(listed->since));
}

static inline json_t *oracle_deciding_rule(const struct policy *policy, uint16_t number)
{
	char name[RULE_NAME_SIZE], until[EXPLANATION_DATE_SIZE];

	if (number >= policy->rule_count)
		return json_null();
	const struct rule *rule = &policy->rules[number];

	return json_pack("{s:i, s:s, s:o, s:o}", "index", (int)rule->index, "name",
			 rule_name(rule, name), "why", text_json(rule->why), "until",
			 text_json(explanation_until(rule, until)));
}

static inline json_t *oracle_rules(const struct explainer *explainer,
				   const struct explanation *explanation)
{
	const struct policy *policy = explainer->policy;
	json_t *rules = json_array();

	for (size_t i = 0; i < policy->rule_count; i++) {
		struct condition conditions[CONDITIONS_MOST];
		json_t *list = json_array();
		bool matched;
		size_t count = explanation_conditions(explainer, explanation, &policy->rules[i],
						      conditions, &matched);
		char name[RULE_NAME_SIZE];

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

static inline json_t *oracle_policy(const struct policy *policy)
{
	char digest[DIGEST_TEXT_SIZE];

	return json_pack("{s:o, s:o, s:s}", "name", text_json(policy->name), "file",
			 text_json(policy->file), "sha256", digest_format(&policy->digest, digest));
}

static inline json_t *oracle_notes(const struct explainer *explainer,
				   const struct explanation *explanation)
{
	char notes[NOTES_MOST][NOTE_SIZE];
	size_t count = explanation_notes(explainer, explanation, notes);
	json_t *list = json_array();

	for (size_t i = 0; i < count; i++)
		json_array_append_new(list, text_json(notes[i]));
	return list;
}

/* With its newline; the caller frees it. */
static inline char *oracle_line(const struct explainer *explainer,
				const struct explanation *explanation)
{
	const struct decision *decision = &explanation->decision;
	char address[ADDRESS_TEXT_SIZE], judged[ADDRESS_TEXT_SIZE] = "", *dumped, *line;
	char port[24];

	if (explanation->judged.family != explanation->address.family)
		address_format(explanation->judged, judged);
	json_t *object = json_pack(
		"{s:s, s:o, s:o, s:o, s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:s, s:o, s:o}",
		"address", address_format(explanation->address, address), "soil",
		oracle_soil(explainer, explanation), "asn", oracle_asn(explanation), "owner",
		oracle_owner(explanation), "verdict",
		decision->verdict == VERDICT_ALLOW ? "allow" : "deny", "reason",
		reason_name(decision->reason), "rule",
		oracle_deciding_rule(explainer->policy, decision->rule), "target",
		text_json(explanation->target), "port",
		text_json(explanation->has_service ? service_format(&explanation->service, port)
						   : NULL),
		"judged", text_json(judged), "notes", oracle_notes(explainer, explanation), "rules",
		oracle_rules(explainer, explanation), "scope", "default", "generation",
		explainer->manifest ? json_integer(explainer->manifest->generation) : json_null(),
		"policy", oracle_policy(explainer->policy));
	dumped = json_dumps(object, JSON_COMPACT);
	if (!dumped || asprintf(&line, "%s\n", dumped) < 0)
		line = NULL;
	free(dumped);
	json_decref(object);
	return line;
}

#endif
