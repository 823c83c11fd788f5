// SPDX-License-Identifier: GPL-2.0-or-later
#include "userspace/base/digest.h"
#include "userspace/cli/explanation.h"

static void write_word(struct writer *writer, bool further, const struct source *source,
		       country_t country)
{
	writer_raw(writer, further ? ",{\"name\":" : "{\"name\":");
	writer_text(writer, source->name);
	writer_raw(writer, ",\"country\":");
	writer_country(writer, country);
	writer_raw(writer, ",\"date\":");
	writer_text(writer, source->date);
	writer_raw(writer, "}");
}

static void write_soil(struct writer *writer, const struct explainer *explainer,
		       const struct place *place)
{
	const struct atlas *atlas = explainer->atlas;
	const struct source *feed = atlas && place->feed ? atlas_feed(atlas, place->feed) : NULL;
	size_t sources = atlas ? atlas_soil_source_count(atlas) : 0;

	writer_raw(writer, "{\"country\":");
	writer_country(writer, place->soil);
	writer_raw(writer, ",\"state\":");
	writer_text(writer, soil_state_name(place->state));
	writer_raw(writer, ",\"sources\":[");
	for (size_t i = 0; i < sources; i++)
		write_word(writer, i > 0, atlas_source(atlas, i), place->votes[i]);
	if (feed)
		write_word(writer, sources > 0, feed, place->feed_soil);
	writer_raw(writer, "],\"agree\":");
	writer_text(writer, explanation_agree(explainer));
	writer_raw(writer, ",\"special\":");
	writer_text(writer,
		    place->state == SOIL_SPECIAL ? explanation_special(place->special) : NULL);
	writer_raw(writer, ",\"feed\":");
	writer_text(writer, feed ? feed->name : NULL);
	writer_raw(writer, "}");
}

static void write_asn(struct writer *writer, const struct explanation *explanation)
{
	const struct asn_operator *holder = explanation->asn_operator;

	writer_raw(writer, "{\"number\":");
	if (explanation->place.asn)
		writer_number(writer, explanation->place.asn);
	else
		writer_raw(writer, "null");
	writer_raw(writer, ",\"name\":");
	writer_text(writer, holder ? holder->name : NULL);
	writer_raw(writer, ",\"registry\":");
	writer_country(writer, holder ? holder->registry : COUNTRY_NONE);
	writer_raw(writer, "}");
}

static void write_owner(struct writer *writer, const struct explanation *explanation)
{
	static const struct asn_operator nobody;
	const struct asn_operator *listed = explanation->owner;

	/* Without an owner, the source says why there is none: that is among the notes. */
	if (!listed || listed->basis == OWNER_UNKNOWN)
		listed = &nobody;
	writer_raw(writer, "{\"parent\":");
	writer_text(writer, listed->parent);
	writer_raw(writer, ",\"parent_country\":");
	writer_country(writer, listed->parent_country);
	writer_raw(writer, ",\"seat\":");
	writer_country(writer, listed->seat);
	writer_raw(writer, ",\"reach\":[");
	for (unsigned i = 0; i < explanation->reach.count; i++) {
		writer_raw(writer, i ? "," : "");
		writer_country(writer, explanation->reach.countries[i]);
	}
	writer_raw(writer, "],\"basis\":");
	writer_text(writer, owner_basis_name(explanation->basis));
	writer_raw(writer, ",\"source\":");
	writer_text(writer, listed->source);
	writer_raw(writer, ",\"organisation\":");
	writer_text(writer, listed->organisation);
	writer_raw(writer, ",\"seat_inferred\":");
	writer_bool(writer, listed->seat_inferred);
	writer_raw(writer, ",\"since\":");
	writer_text(writer, listed->since);
	writer_raw(writer, "}");
}

static void write_deciding_rule(struct writer *writer, const struct policy *policy, uint16_t number)
{
	char name[RULE_NAME_SIZE], until[EXPLANATION_DATE_SIZE];

	if (number >= policy->rule_count) {
		writer_raw(writer, "null");
		return;
	}
	const struct rule *rule = &policy->rules[number];

	writer_raw(writer, "{\"index\":");
	writer_number(writer, rule->index);
	writer_raw(writer, ",\"name\":");
	writer_text(writer, rule_name(rule, name));
	writer_raw(writer, ",\"why\":");
	writer_text(writer, rule->why);
	writer_raw(writer, ",\"until\":");
	writer_text(writer, explanation_until(rule, until));
	writer_raw(writer, "}");
}

static void write_rule(struct writer *writer, const struct explainer *explainer,
		       const struct explanation *explanation, const struct rule *rule)
{
	struct condition conditions[CONDITIONS_MOST];
	bool matched;
	size_t count = explanation_conditions(explainer, explanation, rule, conditions, &matched);
	char name[RULE_NAME_SIZE];

	writer_raw(writer, "{\"name\":");
	writer_text(writer, rule_name(rule, name));
	writer_raw(writer, ",\"matched\":");
	writer_bool(writer, matched);
	writer_raw(writer, ",\"conditions\":[");
	for (size_t i = 0; i < count; i++) {
		writer_raw(writer, i ? ",{\"on\":" : "{\"on\":");
		writer_text(writer, conditions[i].on);
		writer_raw(writer, ",\"wanted\":");
		writer_text(writer, conditions[i].wanted);
		writer_raw(writer, ",\"matched\":");
		writer_bool(writer, conditions[i].met);
		writer_raw(writer, ",\"why\":");
		writer_text(writer, conditions[i].why);
		writer_raw(writer, "}");
	}
	writer_raw(writer, "]}");
}

void explanation_write_facts(struct writer *writer, const struct explainer *explainer,
			     const struct explanation *explanation)
{
	const struct decision *decision = &explanation->decision;

	writer_raw(writer, ",\"soil\":");
	write_soil(writer, explainer, &explanation->place);
	writer_raw(writer, ",\"asn\":");
	write_asn(writer, explanation);
	writer_raw(writer, ",\"owner\":");
	write_owner(writer, explanation);
	writer_raw(writer, ",\"verdict\":");
	writer_text(writer, decision->verdict == VERDICT_ALLOW ? "allow" : "deny");
	writer_raw(writer, ",\"reason\":");
	writer_text(writer, reason_name(decision->reason));
	writer_raw(writer, ",\"rule\":");
	write_deciding_rule(writer, explainer->policy, decision->rule);
}

void explanation_write_reasons(struct writer *writer, const struct explainer *explainer,
			       const struct explanation *explanation)
{
	char notes[NOTES_MOST][NOTE_SIZE], judged[ADDRESS_TEXT_SIZE] = "", port[24];
	size_t count = explanation_notes(explainer, explanation, notes), first;
	size_t rules = explanation_rules(explainer, &first);

	if (explanation->judged.family != explanation->address.family)
		address_format(explanation->judged, judged);
	writer_raw(writer, ",\"port\":");
	writer_text(writer,
		    explanation->has_service ? service_format(&explanation->service, port) : NULL);
	writer_raw(writer, ",\"judged\":");
	writer_text(writer, judged);
	writer_raw(writer, ",\"notes\":[");
	for (size_t i = 0; i < count; i++) {
		writer_raw(writer, i ? "," : "");
		writer_text(writer, notes[i]);
	}
	writer_raw(writer, "],\"rules\":[");
	for (size_t i = 0; i < rules; i++) {
		writer_raw(writer, i ? "," : "");
		write_rule(writer, explainer, explanation, &explainer->policy->rules[first + i]);
	}
	writer_raw(writer, "]");
}

void explanation_write_ending(struct writer *writer, const struct explainer *explainer)
{
	const struct policy *policy = explainer->policy;
	char digest[DIGEST_TEXT_SIZE];

	writer_raw(writer, ",\"scope\":");
	writer_text(writer, policy_scope_name(policy, explainer->scope));
	writer_raw(writer, ",\"generation\":");
	if (explainer->manifest)
		writer_number(writer, explainer->manifest->generation);
	else
		writer_raw(writer, "null");
	writer_raw(writer, ",\"policy\":{\"name\":");
	writer_text(writer, policy->name);
	writer_raw(writer, ",\"file\":");
	writer_text(writer, policy->file);
	writer_raw(writer, ",\"sha256\":");
	writer_text(writer, digest_format(&policy->digest, digest));
	writer_raw(writer, "}}\n");
}
