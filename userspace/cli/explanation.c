// SPDX-License-Identifier: GPL-2.0-or-later
#include "userspace/cli/explanation.h"

#include <stdarg.h>
#include <string.h>

#include "userspace/flow/text.h"
#include "userspace/table/match.h"

/* Without an atlas, the row of the enforced table is what is left: no ASN, no source's word. */
static void fill_from_manifest(const struct manifest *manifest, struct explanation *explanation)
{
	uint16_t class = explanation->decision.class;

	if (!manifest || class >= manifest->row_count)
		return;
	const struct class_info *info = &manifest->rows[class].info;

	explanation->place.soil = info->soil;
	explanation->place.state = info->state;
	explanation->place.special = info->special;
	explanation->reach = info->reach;
}

struct explanation explanation_of(const struct explainer *explainer, const char *target,
				  struct address address)
{
	const struct atlas *atlas = explainer->atlas;
	struct explanation explanation = {
		.target = target,
		.address = address,
		.judged = address,
		.decision = table_judge(explainer->table, address),
	};
	enum special special = special_of(address);

	if (special >= SPECIAL_EMBEDDED_LOW)
		explanation.judged = special_embedded(special, address);
	if (!atlas) {
		fill_from_manifest(explainer->manifest, &explanation);
		return explanation;
	}
	explanation.place = *atlas_place(atlas, atlas_lookup(atlas, explanation.judged));
	explanation.asn_operator = atlas_operator(atlas, explanation.place.asn);
	explanation.reach = atlas_reach(atlas, &explanation.place,
					explainer->policy->unlisted == POLICY_UNLISTED_REGISTRY);
	explanation.basis =
		owner_basis_of(atlas_owner(atlas, &explanation.place), &explanation.reach);
	return explanation;
}

static void add(char *text, size_t size, const char *separator, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* Appends to a list; ends it with "..." where it no longer fits. */
static void add(char *text, size_t size, const char *separator, const char *format, ...)
{
	size_t length = strlen(text);
	char item[64];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(item, sizeof(item), format, arguments);
	va_end(arguments);
	if (length + strlen(separator) + strlen(item) + sizeof(", ...") > size) {
		if (length < 3 || strcmp(text + length - 3, "...") != 0)
			snprintf(text + length, size - length, "%s...", separator);
		return;
	}
	snprintf(text + length, size - length, "%s%s", length ? separator : "", item);
}

static void explain_soil(const struct explanation *explanation, const struct rule *rule,
			 struct condition *condition)
{
	const struct place *place = &explanation->place;
	char code[3];

	snprintf(condition->wanted, sizeof(condition->wanted), "%s", rule->soil_text);
	if (condition->met)
		return;
	if (rule->kind == RULE_DENY)
		strcpy(condition->why, "no source places it there");
	else if (place->state == SOIL_CONTESTED)
		strcpy(condition->why, "the sources contradict each other");
	else if (place->state == SOIL_UNKNOWN)
		strcpy(condition->why, "no source knows its soil");
	else if (place->state == SOIL_SPECIAL)
		strcpy(condition->why, "special-use space has no soil");
	else if (place->state == SOIL_ANYCAST && !country_set_has(&rule->soil, place->soil))
		strcpy(condition->why, "anycast has no one soil");
	else if (place->state == SOIL_ANYCAST)
		strcpy(condition->why,
		       "anycast has no one soil, and the rule lacks \"anycast: allow\"");
	else
		snprintf(condition->why, sizeof(condition->why), "it is on %s soil",
			 country_format(place->soil, code));
}

static void explain_owner(const struct explanation *explanation, const struct rule *rule,
			  struct condition *condition)
{
	const struct reach *reach = &explanation->reach;
	char code[3], missing[64] = "";
	unsigned count = 0;

	snprintf(condition->wanted, sizeof(condition->wanted), "%s", rule->owner_text);
	if (condition->met)
		return;
	for (unsigned i = 0; i < reach->count; i++)
		if (!country_set_has(&rule->owner, reach->countries[i])) {
			add(missing, sizeof(missing), " and ", "%s",
			    country_format(reach->countries[i], code));
			count++;
		}
	if (!explanation->place.asn && !reach->count)
		strcpy(condition->why, "no network announces it, so it has no owner");
	else if (!reach->count)
		strcpy(condition->why, "its operator is in no owner table");
	else if (rule->kind == RULE_DENY)
		snprintf(condition->why, sizeof(condition->why), "its reach is %s", missing);
	else
		snprintf(condition->why, sizeof(condition->why),
			 "%s can compel its owner and %s not in it", missing,
			 count > 1 ? "are" : "is");
}

static void explain_asn(const struct explanation *explanation, const struct rule *rule,
			struct condition *condition)
{
	for (size_t i = 0; i < rule->asn_count; i++)
		add(condition->wanted, sizeof(condition->wanted), ", ", "%u", rule->asns[i]);
	if (condition->met)
		return;
	if (explanation->place.asn)
		snprintf(condition->why, sizeof(condition->why), "it is in AS%u",
			 explanation->place.asn);
	else
		strcpy(condition->why, "no network announces it");
}

static void explain_to(const struct explanation *explanation, const struct rule *rule,
		       struct condition *condition)
{
	char text[PREFIX_TEXT_SIZE];

	condition->met = false;
	for (size_t i = 0; i < rule->to_count; i++) {
		add(condition->wanted, sizeof(condition->wanted), ", ", "%s",
		    prefix_format(&rule->to[i], text));
		if (prefix_contains(&rule->to[i], explanation->judged))
			condition->met = true;
	}
	if (!condition->met)
		strcpy(condition->why,
		       rule->to_count > 1 ? "it is in none of them" : "it is outside");
}

/* Each condition is asked of match_place alone, so that what is printed is what decides. */
size_t explanation_conditions(const struct explainer *explainer,
			      const struct explanation *explanation, const struct rule *rule,
			      struct condition *conditions, bool *matched)
{
	const struct policy *policy = explainer->policy;
	const struct place *place = &explanation->place;
	const struct reach *reach = &explanation->reach;
	struct rule only_soil = {
		.kind = rule->kind, .has_soil = true, .soil = rule->soil, .anycast = rule->anycast};
	struct rule only_owner = {.kind = rule->kind, .has_owner = true, .owner = rule->owner};
	struct rule only_asn = {
		.kind = rule->kind, .asns = rule->asns, .asn_count = rule->asn_count};
	size_t count = 0;

	memset(conditions, 0, CONDITIONS_MOST * sizeof(*conditions));
	if (rule->has_soil) {
		conditions[count].on = "soil";
		conditions[count].met = match_place(policy, &only_soil, place, reach);
		explain_soil(explanation, rule, &conditions[count++]);
	}
	if (rule->has_owner) {
		conditions[count].on = "owner";
		conditions[count].met = match_place(policy, &only_owner, place, reach);
		explain_owner(explanation, rule, &conditions[count++]);
	}
	if (rule->asn_count) {
		conditions[count].on = "asn";
		conditions[count].met = match_place(policy, &only_asn, place, reach);
		explain_asn(explanation, rule, &conditions[count++]);
	}
	if (rule->asn_count && explainer->manifest && !explainer->atlas) {
		bool decided = explanation->decision.rule < policy->rule_count &&
			       &policy->rules[explanation->decision.rule] == rule;

		conditions[count - 1].met = decided;
		strcpy(conditions[count - 1].why, decided ? "" : "its ASN went with the data");
	}
	if (rule->to_count) {
		conditions[count].on = "to";
		explain_to(explanation, rule, &conditions[count++]);
	}
	*matched = true;
	for (size_t i = 0; i < count; i++)
		*matched = *matched && conditions[i].met;
	return count;
}

/* "US (United States)" */
static const char *country_words(country_t country, char *text, size_t size)
{
	const char *name = country_name(country);
	char code[3];

	snprintf(text, size, "%s%s%s%s", country_format(country, code), name ? " (" : "",
		 name ? name : "", name ? ")" : "");
	return text;
}

/* The cases where looking at one axis, or one half of the owner, gets it wrong. */
static size_t note_owner(const struct asn_operator *asn_operator, char *note)
{
	char seat[64], parent[64];

	if (asn_operator->doubtful) {
		snprintf(note, NOTE_SIZE,
			 "on the doubtful list, so it gets no owner by inference: %s",
			 asn_operator->source);
		return 1;
	}
	if (!asn_operator->seat || !asn_operator->parent_country ||
	    country_state(asn_operator->seat) == country_state(asn_operator->parent_country))
		return 0;
	country_words(asn_operator->seat, seat, sizeof(seat));
	country_words(asn_operator->parent_country, parent, sizeof(parent));
	if (asn_operator->seat_inferred)
		snprintf(note, NOTE_SIZE, "registered in %s, controlled from %s: %s", seat, parent,
			 asn_operator->parent);
	else
		snprintf(note, NOTE_SIZE, "a legal person of %s with a parent in %s: %s", seat,
			 parent, asn_operator->parent);
	return 1;
}

size_t explanation_notes(const struct explanation *explanation, char notes[][NOTE_SIZE])
{
	char text[ADDRESS_TEXT_SIZE];
	size_t count = 0;

	if (explanation->judged.family != explanation->address.family)
		snprintf(notes[count++], NOTE_SIZE,
			 "it holds the IPv4 address %s, and is judged by that",
			 address_format(explanation->judged, text));
	if (explanation->asn_operator)
		count += note_owner(explanation->asn_operator, notes[count]);
	if (explanation->place.state == SOIL_ANYCAST)
		strcpy(notes[count++], "anycast: announced from many places at once, so its soil "
				       "means nothing; its owner decides");
	return count;
}
