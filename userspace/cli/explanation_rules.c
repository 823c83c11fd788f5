// SPDX-License-Identifier: GPL-2.0-or-later
/* Why a rule matches or does not, condition by condition. */
#include <stdarg.h>
#include <string.h>
#include <time.h>

#include "userspace/cli/explanation.h"
#include "userspace/table/match.h"

static void say(struct condition *condition, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void say(struct condition *condition, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(condition->why, sizeof(condition->why), format, arguments);
	va_end(arguments);
}

/* Appends to a list; ends it with "..." where it no longer fits. */
static void add(char *text, size_t size, const char *separator, const char *item)
{
	size_t length = strlen(text);

	if (length + strlen(separator) + strlen(item) + sizeof(", ...") > size) {
		if (length < 3 || strcmp(text + length - 3, "...") != 0)
			snprintf(text + length, size - length, "%s...", separator);
		return;
	}
	snprintf(text + length, size - length, "%s%s", length ? separator : "", item);
}

/* To a deny rule one voice suffices: whose? */
static void explain_denied_soil(const struct explainer *explainer, const struct place *place,
				const struct rule *rule, struct condition *condition)
{
	size_t sources = explainer->atlas ? atlas_soil_source_count(explainer->atlas) : 0;
	const country_t fed[] = {place->feed_soil, place->feed_other};
	char code[3];

	if (!condition->met) {
		say(condition, "no source places it there");
		return;
	}
	for (size_t i = 0; i < 2; i++)
		if (fed[i] && country_set_has(&rule->soil, fed[i])) {
			say(condition, "%s says %s",
			    i || !explainer->atlas
				    ? "a feed"
				    : atlas_feed(explainer->atlas, place->feed)->name,
			    country_format(fed[i], code));
			return;
		}
	for (size_t i = 0; i < ATLAS_VOTES_MOST; i++)
		if (place->votes[i] && country_set_has(&rule->soil, place->votes[i])) {
			say(condition, "%s says %s",
			    i < sources ? atlas_source(explainer->atlas, i)->name : "a source",
			    country_format(place->votes[i], code));
			return;
		}
	say(condition, "it is on %s soil", country_format(place->soil, code));
}

static void explain_soil(const struct explainer *explainer, const struct place *place,
			 const struct rule *rule, struct condition *condition)
{
	char code[3];

	snprintf(condition->wanted, sizeof(condition->wanted), "%s", rule->soil_text);
	if (rule->kind == RULE_DENY) {
		explain_denied_soil(explainer, place, rule, condition);
		return;
	}
	switch (place->state) {
	case SOIL_AGREED:
		say(condition, "it is on %s soil", country_format(place->soil, code));
		break;
	case SOIL_ANYCAST:
		if (condition->met)
			say(condition, "anycast, which the policy allows: the sources say %s",
			    country_format(place->soil, code));
		else
			say(condition, "anycast has no one soil%s",
			    country_set_has(&rule->soil, place->soil)
				    ? ", and the rule lacks \"anycast: allow\""
				    : "");
		break;
	case SOIL_CONTESTED:
		say(condition, "the sources contradict each other");
		break;
	case SOIL_SPECIAL:
		say(condition, "special-use space has no soil");
		break;
	default:
		say(condition, "its soil is not known");
	}
}

/* The members of the reach that are in the rule's list, or those that are not: "NL and US". */
static unsigned members(const struct reach *reach, const struct rule *rule, bool listed, char *text,
			size_t size)
{
	unsigned count = 0;
	char code[3];

	*text = '\0';
	for (unsigned i = 0; i < reach->count; i++)
		if (country_set_has(&rule->owner, reach->countries[i]) == listed) {
			add(text, size, " and ", country_format(reach->countries[i], code));
			count++;
		}
	return count;
}

static void explain_owner(const struct explanation *explanation, const struct rule *rule,
			  struct condition *condition)
{
	const struct reach *reach = &explanation->reach;
	bool allow = rule->kind == RULE_ALLOW;
	char text[64];

	snprintf(condition->wanted, sizeof(condition->wanted), "%s", rule->owner_text);
	if (!explanation->place.asn && !explanation->place.provider && !reach->count) {
		say(condition, "no network announces it, so it has no owner");
	} else if (!reach->count) {
		say(condition, "its operator is in no owner table");
	} else {
		unsigned count = members(reach, rule, condition->met, text, sizeof(text));

		if (allow && condition->met)
			say(condition, "only %s can compel its owner", text);
		else if (allow)
			say(condition, "%s can compel its owner and %s not in it", text,
			    count > 1 ? "are" : "is");
		else
			say(condition, "%s can compel its owner", text);
	}
}

static void explain_asn(const struct explainer *explainer, const struct explanation *explanation,
			const struct rule *rule, struct condition *condition)
{
	char text[16];

	for (size_t i = 0; i < rule->asn_count; i++) {
		snprintf(text, sizeof(text), "%u", rule->asns[i]);
		add(condition->wanted, sizeof(condition->wanted), ", ", text);
	}
	if (explainer->manifest && !explainer->atlas) {
		const struct policy *policy = explainer->policy;
		uint16_t number = explanation->decision.rule;

		condition->met = number < policy->rule_count && &policy->rules[number] == rule;
		say(condition, "%s",
		    condition->met ? "this rule decided" : "its ASN went with the data");
	} else if (explanation->place.asn) {
		say(condition, "it is in AS%u", explanation->place.asn);
	} else {
		say(condition, "no network announces it");
	}
}

static void explain_to(const struct explanation *explanation, const struct rule *rule,
		       struct condition *condition)
{
	char text[PREFIX_TEXT_SIZE];

	condition->met = false;
	for (size_t i = 0; i < rule->to_count; i++) {
		prefix_format(&rule->to[i], text);
		add(condition->wanted, sizeof(condition->wanted), ", ", text);
		if (!condition->met && prefix_contains(&rule->to[i], explanation->judged)) {
			condition->met = true;
			say(condition, "it is in %s", text);
		}
	}
	if (!condition->met)
		say(condition, rule->to_count > 1 ? "it is in none of them" : "it is outside");
}

static struct condition *begin(struct condition *condition, const char *on)
{
	*condition = (struct condition){.on = on};
	return condition;
}

static void explain_port(const struct explanation *explanation, const struct rule *rule,
			 struct condition *condition)
{
	const struct service *asked = &explanation->service;
	char text[24];

	for (size_t i = 0; i < rule->service_count; i++)
		add(condition->wanted, sizeof(condition->wanted), ", ",
		    service_format(&rule->services[i], text));
	if (!explanation->has_service) {
		say(condition, "that depends on what is sent, and only an address was asked for");
		return;
	}
	for (size_t i = 0; i < rule->service_count && !condition->met; i++)
		condition->met = rule->services[i].protocol == asked->protocol &&
				 rule->services[i].low <= asked->low &&
				 asked->low <= rule->services[i].high;
	say(condition, "it is %s%s", condition->met ? "" : "for ", service_format(asked, text));
}

const char *explanation_until(const struct rule *rule, char date[EXPLANATION_DATE_SIZE])
{
	time_t last = (time_t)rule->until - 1;
	struct tm parts;

	if (rule->kind != RULE_EXCEPT || !gmtime_r(&last, &parts) ||
	    !strftime(date, EXPLANATION_DATE_SIZE, "%Y-%m-%d", &parts))
		return NULL;
	return date;
}

static void explain_until(const struct rule *rule, struct condition *condition)
{
	char date[EXPLANATION_DATE_SIZE];

	if (explanation_until(rule, date))
		add(condition->wanted, sizeof(condition->wanted), "", date);
	condition->met = time(NULL) < rule->until;
	say(condition, "%s", condition->met ? "it still holds" : "it is over");
}

/* Of an exception, beside where to. */
static size_t explain_exception(const struct explanation *explanation, const struct rule *rule,
				struct condition *conditions)
{
	size_t count = 0;

	if (rule->service_count)
		explain_port(explanation, rule, begin(&conditions[count++], "port"));
	explain_until(rule, begin(&conditions[count++], "until"));
	if (explanation->decision.verdict == VERDICT_ALLOW &&
	    explanation->decision.reason != REASON_RULE_EXCEPT) {
		struct condition *denied = begin(&conditions[count++], "denied");

		snprintf(denied->wanted, sizeof(denied->wanted), "without it");
		say(denied, "it is allowed anyway");
	}
	return count;
}

/* Each condition is asked of match_place alone, so that what is printed is what decides. */
size_t explanation_conditions(const struct explainer *explainer,
			      const struct explanation *explanation, const struct rule *rule,
			      struct condition *conditions, bool *matched)
{
	const struct policy *policy = explainer->policy;
	const struct place *place = &explanation->place;
	const struct reach *reach = &explanation->reach;
	const struct rule only_soil = {
		.kind = rule->kind, .has_soil = true, .soil = rule->soil, .anycast = rule->anycast};
	const struct rule only_owner = {
		.kind = rule->kind, .has_owner = true, .owner = rule->owner};
	const struct rule only_asn = {
		.kind = rule->kind, .asns = rule->asns, .asn_count = rule->asn_count};
	size_t count = 0;

	if (rule->has_soil) {
		struct condition *soil = begin(&conditions[count++], "soil");

		soil->met = match_place(policy, &only_soil, place, reach);
		explain_soil(explainer, place, rule, soil);
	}
	if (rule->has_owner) {
		struct condition *owner = begin(&conditions[count++], "owner");

		owner->met = match_place(policy, &only_owner, place, reach);
		explain_owner(explanation, rule, owner);
	}
	if (rule->asn_count) {
		struct condition *asn = begin(&conditions[count++], "asn");

		asn->met = match_place(policy, &only_asn, place, reach);
		explain_asn(explainer, explanation, rule, asn);
	}
	if (rule->to_count)
		explain_to(explanation, rule, begin(&conditions[count++], "to"));
	if (rule->kind == RULE_EXCEPT)
		count += explain_exception(explanation, rule, &conditions[count]);
	*matched = true;
	for (size_t i = 0; i < count; i++)
		*matched = *matched && conditions[i].met;
	return count;
}
