// SPDX-License-Identifier: GPL-2.0-or-later
#include "userspace/table/bound.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define DECIMALS      4
#define PER_PERCENT   (BOUND_WHOLE / 100)
#define PERCENTS_MOST 100
#define SMALL         1000 /* what has less than one of so many parts may come and go */
#define NAMED_MOST    5    /* countries, and owners, that are listed in full */
#define AMOUNT_SIZE   96
#define UNIT_BITS     80 /* of a /48 */

bool bound_parse(const char *text, unsigned *share)
{
	unsigned value = 0, scale = PER_PERCENT;
	size_t whole = strspn(text, "0123456789");

	if (whole == 0 || whole > 3)
		return false;
	for (size_t i = 0; i < whole; i++)
		value = value * 10 + (unsigned)(text[i] - '0');
	value *= PER_PERCENT;
	text += whole;
	if (*text == '.') {
		size_t decimals = strspn(++text, "0123456789");

		if (decimals == 0 || decimals > DECIMALS)
			return false;
		for (size_t i = 0; i < decimals; i++)
			value += (unsigned)(text[i] - '0') * (scale /= 10);
		text += decimals;
	}
	if (strcmp(text, "%") != 0 || value > PERCENTS_MOST * PER_PERCENT)
		return false;
	*share = value;
	return true;
}

/* "5234567 of 84000000 addresses, 6.23 %" */
static const char *amount(enum family family, u128 part, u128 whole, char *text)
{
	const char *unit = family == FAMILY_V4 ? "addresses" : "/48s";
	double one = family == FAMILY_V4 ? 1 : (double)((u128)1 << UNIT_BITS);

	if (whole)
		snprintf(text, AMOUNT_SIZE, "%.10g of %.10g %s, %.4g %%", (double)part / one,
			 (double)whole / one, unit, 100 * (double)part / (double)whole);
	else
		snprintf(text, AMOUNT_SIZE, "%.10g %s, and there are none now", (double)part / one,
			 unit);
	return text;
}

static const char *family_name(enum family family)
{
	return family == FAMILY_V4 ? "IPv4" : "IPv6";
}

static bool is_over(u128 part, u128 whole, unsigned share)
{
	if (whole == 0)
		return part > 0;
	return (double)part / (double)whole * BOUND_WHOLE > share;
}

static bool is_gutted(const struct compare_space *space)
{
	return space->lost > space->before - space->lost;
}

static size_t check_family(const struct comparison *comparison, enum family family, unsigned share,
			   struct diagnostics *diagnostics)
{
	const struct compare_space *space = &comparison->judged[family];
	const struct compare_space *local = &comparison->local[family];
	double percent = 100.0 * share / BOUND_WHOLE;
	char text[AMOUNT_SIZE];
	size_t count = 0;

	if (is_over(space->lost, space->before, share) && ++count)
		diagnostics_error(diagnostics, ERANGE, (struct location){0},
				  "over %g %% of the %s space that is allowed now would be cut "
				  "(%s)",
				  percent, family_name(family),
				  amount(family, space->lost, space->before, text));
	if (is_over(space->gained, space->before, share) && ++count)
		diagnostics_error(diagnostics, ERANGE, (struct location){0},
				  "over %g %% would be added to the %s space that is allowed now "
				  "(%s)",
				  percent, family_name(family),
				  amount(family, space->gained, space->before, text));
	if (is_gutted(local) && ++count)
		diagnostics_error(diagnostics, ERANGE, (struct location){0},
				  "over half of the %s space that passes unjudged (local:) would "
				  "be cut (%s)",
				  family_name(family),
				  amount(family, local->lost, local->before, text));
	return count;
}

static bool is_named(const struct policy *policy, country_t country)
{
	if (!policy)
		return true;
	for (size_t i = 0; i < policy->rule_count; i++)
		if (policy->rules[i].kind == RULE_ALLOW && policy->rules[i].has_soil &&
		    country_set_has(&policy->rules[i].soil, country))
			return true;
	return false;
}

/* "FR soil (France)", "OVH Groupe SAS (FR)" */
static void describe(const struct compared *item, bool country, char *text, size_t size)
{
	const char *name = country_name(item->country);
	char code[3];

	country_format(item->country, code);
	if (country && !item->country)
		snprintf(text, size, "space without agreed soil");
	else if (country)
		snprintf(text, size, "%s soil%s%s%s", code, name ? " (" : "", name ? name : "",
			 name ? ")" : "");
	else if (item->owner == COMPARE_LISTED)
		snprintf(text, size, "%s (%s)", item->parent, code);
	else
		snprintf(text, size, "%s",
			 item->owner == COMPARE_UNLISTED ? "operators in no owner table"
							 : "what nobody announces");
}

/* Countries or owners of which over half is lost. */
static size_t check_list(const struct comparison *comparison, const struct compare_list *list,
			 const struct policy *before, struct diagnostics *diagnostics)
{
	bool countries = list == &comparison->countries;
	size_t count = 0;

	for (size_t i = 0; i < list->changed; i++)
		for (enum family family = 0; family < FAMILIES; family++) {
			const struct compared *item = &list->items[i];
			const struct compare_space *space = &item->space[family];
			bool large = space->before &&
				     space->before >= comparison->judged[family].before / SMALL;
			char text[AMOUNT_SIZE], what[128];

			if (!is_gutted(space) || !(large || (countries && item->country &&
							     is_named(before, item->country))))
				continue;
			if (count++ >= NAMED_MOST)
				continue;
			describe(item, countries, what, sizeof(what));
			diagnostics_error(diagnostics, ERANGE, (struct location){0},
					  "%s would lose over half of its %s space that is allowed "
					  "now (%s)",
					  what, family_name(family),
					  amount(family, space->lost, space->before, text));
		}
	if (count > NAMED_MOST)
		diagnostics_error(diagnostics, ERANGE, (struct location){0}, "and %zu more %s",
				  count - NAMED_MOST, countries ? "countries" : "owners");
	return count;
}

size_t bound_exceeded(const struct comparison *comparison, const struct policy *before,
		      unsigned share, struct diagnostics *diagnostics)
{
	size_t count = 0;

	for (enum family family = 0; family < FAMILIES; family++)
		count += check_family(comparison, family, share, diagnostics);
	count += check_list(comparison, &comparison->countries, before, diagnostics);
	count += check_list(comparison, &comparison->owners, before, diagnostics);
	return count;
}
