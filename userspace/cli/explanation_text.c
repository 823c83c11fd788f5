// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "userspace/cli/explanation.h"
#include "userspace/cli/page.h"
#include "userspace/flow/text.h"

static const char *special_words(enum special special)
{
	switch (special) {
	case SPECIAL_PRIVATE:
		return "private space (RFC 1918, RFC 4193, RFC 6598)";
	case SPECIAL_LINK:
		return "link-local space";
	case SPECIAL_LINK_MULTICAST:
		return "multicast or broadcast on the link";
	case SPECIAL_MULTICAST:
		return "multicast";
	case SPECIAL_LOOPBACK:
		return "loopback";
	case SPECIAL_RESERVED:
		return "reserved or unassigned space";
	default:
		return "special-use space";
	}
}

/* How many sources gave a word, and how many of them this one. */
static unsigned votes_for(const struct place *place, country_t country, unsigned *given)
{
	unsigned same = 0;

	*given = 0;
	for (size_t i = 0; i < ATLAS_SOIL_SOURCES_MOST; i++) {
		*given += place->votes[i] != COUNTRY_NONE;
		same += place->votes[i] != COUNTRY_NONE && place->votes[i] == country;
	}
	return same;
}

static void print_soil_line(FILE *out, const struct explanation *explanation, bool has_atlas)
{
	const struct place *place = &explanation->place;
	const char *name = country_name(place->soil);
	unsigned given, same = votes_for(place, place->soil, &given);
	char code[3], vote[64] = "";

	if (has_atlas && given == 1)
		strcpy(vote, ": one source, so nobody to contradict it");
	else if (has_atlas && same < given)
		snprintf(vote, sizeof(vote), ": %u of %u sources", same, given);
	else if (has_atlas)
		snprintf(vote, sizeof(vote), ": all %u sources", given);
	switch (place->state) {
	case SOIL_AGREED:
		page_field(out, "soil", "%s (%s), agreed%s", country_format(place->soil, code),
			   name ? name : "?", vote);
		break;
	case SOIL_CONTESTED:
		page_field(out, "soil", "contested: the sources contradict each other");
		break;
	case SOIL_SPECIAL:
		page_field(out, "soil", "none: %s", special_words(place->special));
		break;
	case SOIL_ANYCAST:
		page_field(out, "soil", "anycast: no one soil (the sources say %s)",
			   country_format(place->soil, code));
		break;
	default:
		page_field(out, "soil", "unknown: no source knows it");
	}
}

static void print_soil(FILE *out, const struct explainer *explainer,
		       const struct explanation *explanation)
{
	const struct atlas *atlas = explainer->atlas;
	const struct place *place = &explanation->place;
	char code[3];

	print_soil_line(out, explanation, atlas != NULL);
	for (size_t i = 0;
	     atlas && place->state != SOIL_SPECIAL && i < atlas_soil_source_count(atlas); i++) {
		const struct source *source = atlas_source(atlas, i);

		page_field(out, "", "%s: %s, %s",
			   place->votes[i] ? country_format(place->votes[i], code) : "--",
			   source->name, source->date);
	}
}

static void print_network(FILE *out, const struct explainer *explainer,
			  const struct explanation *explanation)
{
	uint32_t asn = explanation->place.asn;

	if (!explainer->atlas)
		page_field(out, "network", "not known without the data");
	else if (!asn)
		page_field(out, "network", "none: no network announces it");
	else
		page_field(out, "network", "AS%u%s%s", asn, explanation->asn_operator ? " " : "",
			   explanation->asn_operator ? explanation->asn_operator->name : "");
}

static void print_listed_owner(FILE *out, const struct explanation *explanation)
{
	const struct asn_operator *asn_operator = explanation->asn_operator;
	char parent[3], seat[3];

	page_field(out, "owner", "%s", asn_operator->organisation);
	page_field(out, "", "parent %s (%s)", asn_operator->parent,
		   country_format(asn_operator->parent_country, parent));
	if (asn_operator->seat)
		page_field(out, "", "seat %s%s", country_format(asn_operator->seat, seat),
			   asn_operator->seat_inferred
				   ? ", inferred from where its space is registered"
				   : "");
	page_field(out, "", "%s%s%s: %s", owner_basis_name(explanation->basis),
		   *asn_operator->since ? ", since " : "", asn_operator->since,
		   *asn_operator->source ? asn_operator->source : "no citation");
}

static void print_owner(FILE *out, const struct explanation *explanation)
{
	const struct asn_operator *asn_operator = explanation->asn_operator;
	char reach[REACH_TEXT_SIZE], code[3];

	if (asn_operator && asn_operator->basis != OWNER_UNKNOWN)
		print_listed_owner(out, explanation);
	else if (explanation->reach.inferred)
		page_field(
			out, "owner", "not listed; %s by inference, from its registry",
			country_format(asn_operator ? asn_operator->registry : COUNTRY_NONE, code));
	else if (explanation->place.asn)
		page_field(out, "owner", "unknown: in no owner table");
	text_reach(&explanation->reach, reach);
	if (explanation->reach.count)
		page_field(out, "reach", "%s", reach);
}

static void print_rules(FILE *out, const struct explainer *explainer,
			const struct explanation *explanation)
{
	const struct policy *policy = explainer->policy;
	const char *label = "rules";
	char name[24];

	if (explanation->decision.reason == REASON_LOCAL) {
		page_field(out, label, "not asked: local traffic is not judged");
		return;
	}
	for (size_t i = 0; i < policy->rule_count; i++, label = "") {
		const struct rule *rule = &policy->rules[i];
		struct condition conditions[CONDITIONS_MOST];
		bool matched;
		size_t count =
			explanation_conditions(explainer, explanation, rule, conditions, &matched);

		page_field(out, label, "%s %s%s%s%s", rule_name(rule, name),
			   matched ? "matches" : "does not match", rule->why ? " (" : "",
			   rule->why ? rule->why : "", rule->why ? ")" : "");
		for (size_t j = 0; j < count; j++)
			page_item(out, "", "%s %s: %s%s", conditions[j].on, conditions[j].wanted,
				  conditions[j].met ? "yes" : "no, ", conditions[j].why);
		if (i == explanation->decision.rule)
			return; /* the first match decides; the rest is not tried */
	}
}

static void print_policy(FILE *out, const struct explainer *explainer)
{
	const struct policy *policy = explainer->policy;
	const struct manifest *manifest = explainer->manifest;

	if (manifest)
		page_field(out, "policy", "%s, %s as generation %u since %s", policy->name,
			   manifest->monitor ? "monitored" : "enforced", manifest->generation,
			   manifest->since);
	else
		page_field(out, "policy", "%s, from %s", policy->name, policy->file);
}

void explanation_print(FILE *out, const struct explainer *explainer,
		       const struct explanation *explanation)
{
	const struct decision *decision = &explanation->decision;
	bool monitor = explainer->policy->mode == POLICY_MONITOR;
	char address[ADDRESS_TEXT_SIZE], notes[NOTES_MOST][NOTE_SIZE], name[24];
	size_t count = explanation_notes(explanation, notes);

	address_format(explanation->address, address);
	page_field(out, "address", "%s%s%s%s", address,
		   strcmp(address, explanation->target) ? " (" : "",
		   strcmp(address, explanation->target) ? explanation->target : "",
		   strcmp(address, explanation->target) ? ")" : "");
	page_field(out, "verdict", "%s: %s (%s)%s",
		   decision->verdict == VERDICT_ALLOW ? "ALLOW" : "DENY",
		   reason_text(decision->reason), reason_name(decision->reason),
		   decision->verdict == VERDICT_DENY && monitor
			   ? "; let pass all the same, in monitor mode"
			   : "");
	if (decision->rule < explainer->policy->rule_count)
		page_field(out, "", "by rule %s",
			   rule_name(&explainer->policy->rules[decision->rule], name));
	print_policy(out, explainer);
	print_soil(out, explainer, explanation);
	print_network(out, explainer, explanation);
	print_owner(out, explanation);
	for (size_t i = 0; i < count; i++)
		page_field(out, i ? "" : "note", "%s", notes[i]);
	print_rules(out, explainer, explanation);
	fputc('\n', out);
}
