// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>

#include "userspace/cli/explanation.h"
#include "userspace/cli/page.h"
#include "userspace/flow/text.h"

/* "US (United States)" */
struct country_words {
	char text[80];
};

static struct country_words country_words(country_t country)
{
	const char *name = country_name(country);
	struct country_words words;
	char code[3];

	snprintf(words.text, sizeof(words.text), "%s%s%s%s", country_format(country, code),
		 name ? " (" : "", name ? name : "", name ? ")" : "");
	return words;
}

/* How the sources voted. */
struct tally {
	size_t sources, given, same; /* same: those that say what was decided */
	char words[128];             /* "FR 2, US 1": room for ATLAS_VOTES_MOST */
};

/* Second words stand behind those of the sources (struct place): they count in @words alone. */
static struct tally count_votes(const struct atlas *atlas, const struct place *place)
{
	struct tally tally = {.sources = atlas_soil_source_count(atlas)};
	size_t length = 0;
	char code[3];

	for (size_t i = 0; i < ATLAS_VOTES_MOST; i++) {
		country_t country = place->votes[i];
		size_t before = 0, votes = 0;

		if (!country)
			continue;
		for (size_t j = 0; j < ATLAS_VOTES_MOST; j++) {
			votes += place->votes[j] == country;
			before += j < i && place->votes[j] == country;
		}
		tally.given += i < tally.sources;
		tally.same += i < tally.sources && country == place->soil;
		if (!before)
			length += (size_t)snprintf(
				tally.words + length, sizeof(tally.words) - length, "%s%s %zu",
				length ? ", " : "", country_format(country, code), votes);
	}
	return tally;
}

static void print_agreed(FILE *out, const struct explainer *explainer, const struct place *place)
{
	struct country_words soil = country_words(place->soil);

	if (!explainer->atlas) {
		page_field(out, "soil", "%s", soil.text);
		return;
	}
	struct tally tally = count_votes(explainer->atlas, place);

	if (tally.given == 1)
		page_field(out, "soil", "%s: one source, so nobody to contradict it", soil.text);
	else if (tally.same == tally.given)
		page_field(out, "soil", "%s: all %zu sources agree", soil.text, tally.given);
	else
		page_field(out, "soil", "%s: %zu of %zu sources say so (agree: %s)", soil.text,
			   tally.same, tally.given, explanation_agree(explainer));
}

/* Where a feed counts, it beats the sources. */
static void print_fed(FILE *out, const struct place *place)
{
	const char *whose = place->provider ? "its provider's" : "its network's";
	char code[3], other[3];

	if (place->state == SOIL_AGREED)
		page_field(out, "soil", "%s: by %s own word, which beats the sources",
			   country_words(place->soil).text, whose);
	else if (place->state == SOIL_CONTESTED)
		page_field(out, "soil", "contested: %s own words are %s and %s", whose,
			   country_format(place->feed_soil, code),
			   country_format(place->feed_other, other));
	else
		page_field(out, "soil", "unknown: %s own word is no country", whose);
}

static void print_unknown(FILE *out, const struct explainer *explainer, const struct place *place)
{
	struct tally tally = {0};

	if (explainer->atlas)
		tally = count_votes(explainer->atlas, place);
	if (tally.given)
		page_field(out, "soil", "unknown: %s, and min-sources is %u", tally.words,
			   atlas_min_sources(explainer->atlas));
	else
		page_field(out, "soil", "unknown: no source knows it");
}

static void print_soil_line(FILE *out, const struct explainer *explainer, const struct place *place)
{
	char code[3];

	switch (place->state) {
	case SOIL_AGREED:
		print_agreed(out, explainer, place);
		break;
	case SOIL_CONTESTED:
		if (explainer->atlas)
			page_field(out, "soil", "contested: %s (agree: %s)",
				   count_votes(explainer->atlas, place).words,
				   explanation_agree(explainer));
		else
			page_field(out, "soil", "contested");
		break;
	case SOIL_SPECIAL:
		page_field(out, "soil", "none: %s", explanation_special(place->special));
		break;
	case SOIL_ANYCAST:
		page_field(out, "soil", "anycast: no one soil (the sources say %s)",
			   country_format(place->soil, code));
		break;
	default:
		print_unknown(out, explainer, place);
	}
}

static void print_soil(FILE *out, const struct explainer *explainer,
		       const struct explanation *explanation)
{
	const struct atlas *atlas = explainer->atlas;
	const struct place *place = &explanation->place;
	char code[3];

	if (place->feed && place->state != SOIL_ANYCAST && place->state != SOIL_SPECIAL)
		print_fed(out, place);
	else
		print_soil_line(out, explainer, place);
	if (!atlas || place->state == SOIL_SPECIAL)
		return;
	for (size_t i = 0; i < atlas_soil_source_count(atlas); i++) {
		const struct source *source = atlas_source(atlas, i);

		page_item(out, "", "%s: %s, %s",
			  place->votes[i] ? country_format(place->votes[i], code) : "no word",
			  source->name, source->date);
	}
	if (place->feed)
		page_item(out, "", "%s: %s, %s (feed)",
			  place->feed_soil ? country_format(place->feed_soil, code) : "no country",
			  atlas_feed(atlas, place->feed)->name,
			  atlas_feed(atlas, place->feed)->date);
}

static void print_network(FILE *out, const struct explainer *explainer,
			  const struct explanation *explanation)
{
	uint32_t asn = explanation->place.asn;

	if (!explainer->atlas)
		page_field(out, "network", "not known without the data");
	else if (!asn && explanation->place.provider)
		page_field(out, "network", "none announces it: it is in the feed of AS%u",
			   explanation->place.provider);
	else if (!asn)
		page_field(out, "network", "none: no network announces it");
	else
		page_field(out, "network", "AS%u%s%s", asn, explanation->asn_operator ? " " : "",
			   explanation->asn_operator ? explanation->asn_operator->name : "");
}

static const char *basis_words(enum owner_basis basis)
{
	switch (basis) {
	case OWNER_ASSERTED:
		return "asserted, no page behind it";
	case OWNER_LOCAL:
		return "local, from an owner file of your own";
	case OWNER_FEED:
		return "feed, it is the provider's by its own list";
	default:
		return owner_basis_name(basis);
	}
}

static void print_listed_owner(FILE *out, const struct asn_operator *holder)
{
	page_field(out, "owner", "%s", holder->organisation);
	page_field(out, "parent", "%s, %s%s%s", holder->parent,
		   country_words(holder->parent_country).text, *holder->since ? ", since " : "",
		   holder->since);
	if (holder->seat)
		page_field(out, "seat", "%s%s", country_words(holder->seat).text,
			   holder->seat_inferred ? ", inferred from where its space is registered"
						 : "");
}

static void print_unlisted_owner(FILE *out, const struct explanation *explanation)
{
	const struct asn_operator *holder = explanation->owner;
	country_t registry = holder ? holder->registry : COUNTRY_NONE;

	if (explanation->reach.inferred)
		page_field(out, "owner", "in no owner table; inferred from its registry: %s",
			   country_words(registry).text);
	else if (!explanation->place.asn)
		return;
	else if (!registry || holder->doubtful)
		page_field(out, "owner", "unknown: in no owner table");
	else
		page_field(out, "owner",
			   "unknown: in no owner table; its registry, %s, counts under "
			   "\"unlisted: registry\" alone",
			   country_words(registry).text);
}

static void print_owner(FILE *out, const struct explanation *explanation)
{
	const struct asn_operator *holder = explanation->owner;
	char reach[REACH_TEXT_SIZE];

	bool listed = holder && holder->basis != OWNER_UNKNOWN;

	if (listed)
		print_listed_owner(out, holder);
	else
		print_unlisted_owner(out, explanation);
	text_reach(&explanation->reach, reach);
	if (explanation->reach.count)
		page_field(out, "reach", "%s", reach);
	if (listed)
		page_field(out, "basis", "%s: %s", basis_words(explanation->basis),
			   *holder->source ? holder->source : "no citation");
}

static void print_rule(FILE *out, const struct explainer *explainer,
		       const struct explanation *explanation, const struct rule *rule,
		       const char *label)
{
	struct condition conditions[CONDITIONS_MOST];
	bool matched;
	size_t count = explanation_conditions(explainer, explanation, rule, conditions, &matched);
	char name[RULE_NAME_SIZE];

	page_field(out, label, "%s: %s%s%s%s", matched ? "match" : "no match",
		   rule_name(rule, name), rule->why ? " (" : "", rule->why ? rule->why : "",
		   rule->why ? ")" : "");
	for (size_t i = 0; i < count; i++)
		page_item(out, "", "%s %s: %s, %s", conditions[i].on, conditions[i].wanted,
			  conditions[i].met ? "yes" : "no", conditions[i].why);
}

static void print_rules(FILE *out, const struct explainer *explainer,
			const struct explanation *explanation)
{
	const struct policy *policy = explainer->policy;
	size_t first, count = explanation_rules(explainer, &first), tried = count;

	if (explanation->decision.reason == REASON_LIFELINE) {
		page_field(out, "rules", "not asked: the lifeline passes under every policy");
		return;
	}
	if (explanation->decision.reason == REASON_LOCAL) {
		page_field(out, "rules", "not asked: local traffic is not judged");
		return;
	}
	if (explainer->scope <= policy->scope_count && explanation->decision.rule >= first &&
	    explanation->decision.rule < first + count)
		tried = explanation->decision.rule + 1u - first;
	for (size_t i = 0; i < tried; i++)
		print_rule(out, explainer, explanation, &policy->rules[first + i],
			   i ? "" : "rules");
	if (!count)
		page_field(out, "rules", "none: this scope allows nothing");
	if (tried < count)
		page_field(out, "", "the first match decides: %zu more not tried", count - tried);
}

static void print_verdict(FILE *out, const struct explainer *explainer,
			  const struct decision *decision)
{
	const struct policy *policy = explainer->policy;
	const struct manifest *manifest = explainer->manifest;
	bool denied = decision->verdict == VERDICT_DENY;
	char name[RULE_NAME_SIZE], date[EXPLANATION_DATE_SIZE];

	page_field(out, "verdict", "%s: %s (%s)%s", denied ? "DENY" : "ALLOW",
		   reason_text(decision->reason), reason_name(decision->reason),
		   denied && policy->mode == POLICY_MONITOR
			   ? "; let pass all the same, in monitor mode"
			   : "");
	if (decision->rule < policy->rule_count) {
		const struct rule *rule = &policy->rules[decision->rule];
		const char *until = explanation_until(rule, date);

		page_field(out, "", "by rule %s%s%s", rule_name(rule, name),
			   until ? ", until the end of " : "", until ? until : "");
	}
	if (policy->scope_count)
		page_field(out, "scope", "%s%s", policy_scope_name(policy, explainer->scope),
			   explainer->scope > policy->scope_count
				   ? ": its sender may be in several, so each has to allow it"
				   : "");
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
	char address[ADDRESS_TEXT_SIZE], notes[NOTES_MOST][NOTE_SIZE];
	size_t count = explanation_notes(explainer, explanation, notes);
	bool other = strcmp(address_format(explanation->address, address), explanation->target);

	page_field(out, "address", "%s%s%s%s", address, other ? " (" : "",
		   other ? explanation->target : "", other ? ")" : "");
	print_verdict(out, explainer, &explanation->decision);
	print_soil(out, explainer, explanation);
	print_network(out, explainer, explanation);
	print_owner(out, explanation);
	for (size_t i = 0; i < count; i++)
		page_field(out, i ? "" : "note", "%s", notes[i]);
	print_rules(out, explainer, explanation);
	fputc('\n', out);
}
