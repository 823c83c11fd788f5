// SPDX-License-Identifier: GPL-2.0-or-later
/* The cases where looking at one axis, or at one half of the owner, gets it wrong, in words. */
#include <stdarg.h>
#include <string.h>

#include "maps/tunnel.h"
#include "userspace/cli/explanation.h"

struct notes {
	char (*items)[NOTE_SIZE];
	size_t count;
};

static void note(struct notes *notes, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void note(struct notes *notes, const char *format, ...)
{
	va_list arguments;

	if (notes->count == NOTES_MOST)
		return;
	va_start(arguments, format);
	vsnprintf(notes->items[notes->count++], NOTE_SIZE, format, arguments);
	va_end(arguments);
}

/* "NL", "the US" */
struct words {
	char text[8];
};

static struct words in_words(country_t country)
{
	struct words words;
	char code[3];

	snprintf(words.text, sizeof(words.text), "%s%s", country == COUNTRY('U', 'S') ? "the " : "",
		 country_format(country, code));
	return words;
}

static void note_embedded(struct notes *notes, const struct explanation *explanation)
{
	char text[ADDRESS_TEXT_SIZE];

	if (explanation->judged.family == explanation->address.family)
		return;
	note(notes, "it holds the IPv4 address %s, and is judged by that",
	     address_format(explanation->judged, text));
	if (explanation->decision.reason == REASON_SPECIAL &&
	    explanation->place.special == SPECIAL_PRIVATE)
		note(notes, "behind a translation, private space is not known to be our own: it is "
			    "not local");
}

/* Beside the verdict, which is about everything else that is sent there. */
static void note_tunnels(struct notes *notes, const struct policy *policy, struct address address)
{
	static const char *const names[] = {
#define TUNNEL(identifier, name, text) name,
		TUNNELS(TUNNEL)
#undef TUNNEL
	};
	char kinds[64] = "";

	for (size_t i = 0; i < policy->tunnel_count; i++)
		for (size_t j = 0; j < policy->tunnels[i].to_count; j++)
			for (unsigned k = 0; prefix_contains(&policy->tunnels[i].to[j], address) &&
					     k < TUNNEL_COUNT;
			     k++)
				if (policy->tunnels[i].kinds & 1u << k && !strstr(kinds, names[k]))
					snprintf(kinds + strlen(kinds),
						 sizeof(kinds) - strlen(kinds), "%s%s",
						 *kinds ? ", " : "", names[k]);
	if (*kinds)
		note(notes, "an endpoint of tunnels (%s): in these, the destination inside decides",
		     kinds);
}

static bool listed(const struct explanation *explanation)
{
	return explanation->owner && explanation->owner->basis != OWNER_UNKNOWN;
}

/* Seat and parent under two laws. */
static bool note_two_laws(struct notes *notes, const struct explanation *explanation)
{
	const struct asn_operator *holder = explanation->owner;

	if (!listed(explanation) || !holder->seat || !holder->parent_country ||
	    country_state(holder->seat) == country_state(holder->parent_country))
		return false;
	note(notes, "registered in %s%s, controlled from %s: %s", in_words(holder->seat).text,
	     holder->seat_inferred ? " by its address space" : "",
	     in_words(holder->parent_country).text, holder->parent);
	return true;
}

/* Soil under one law, the owner under another. */
static void note_foreign_owner(struct notes *notes, const struct explanation *explanation)
{
	const struct place *place = &explanation->place;
	const struct reach *reach = &explanation->reach;
	char code[3];

	if (place->state != SOIL_AGREED)
		return;
	for (unsigned i = 0; i < reach->count; i++)
		if (reach->countries[i] != country_state(place->soil)) {
			note(notes, "on %s soil, but %s can compel its owner%s%s",
			     country_format(place->soil, code), in_words(reach->countries[i]).text,
			     listed(explanation) ? ": " : "",
			     listed(explanation) ? explanation->owner->parent : "");
			return;
		}
}

static void note_owner(struct notes *notes, const struct explanation *explanation)
{
	const struct asn_operator *holder = explanation->owner;

	if (holder && holder->doubtful)
		note(notes, "on the doubtful list, so it gets no owner by inference: %s",
		     holder->source);
	else if (!note_two_laws(notes, explanation))
		note_foreign_owner(notes, explanation);
}

/* The second words stand behind the sources' own, without a name (struct place). */
static void note_self_contradiction(struct notes *notes, const struct explainer *explainer,
				    const struct place *place)
{
	size_t sources =
		explainer->atlas ? atlas_soil_source_count(explainer->atlas) : ATLAS_VOTES_MOST;

	for (size_t i = sources; i < ATLAS_VOTES_MOST; i++)
		if (place->votes[i])
			note(notes,
			     "a source contradicts itself, and so agrees with none: it also "
			     "says %s",
			     in_words(place->votes[i]).text);
}

/* Likewise: only through some interfaces, and one of them may be its way. */
static void note_local(struct notes *notes, const struct policy *policy, struct address address)
{
	char names[120];

	for (size_t i = 0; i < policy->local_count; i++) {
		const struct policy_local_net *local = &policy->locals[i];
		bool within = false;
		size_t used = 0;

		for (size_t j = 0; j < local->to_count; j++)
			within = within || prefix_contains(&local->to[j], address);
		if (!within || policy_local_any(local))
			continue;
		names[0] = '\0';
		for (size_t j = 0; j < local->interfaces.count && used < sizeof(names); j++)
			used += (size_t)snprintf(names + used, sizeof(names) - used, "%s%s",
						 j ? ", " : "", local->interfaces.items[j]);
		note(notes,
		     "it passes without being judged through %s (%s); the verdict is that "
		     "through others",
		     names, local->why);
	}
}

size_t explanation_notes(const struct explainer *explainer, const struct explanation *explanation,
			 char items[][NOTE_SIZE])
{
	struct notes notes = {items, 0};

	note_embedded(&notes, explanation);
	if (explainer->policy)
		note_tunnels(&notes, explainer->policy, explanation->address);
	if (explainer->policy)
		note_local(&notes, explainer->policy, explanation->address);
	note_owner(&notes, explanation);
	if (explanation->place.state == SOIL_ANYCAST)
		note(&notes, "anycast: announced from many places at once, so its soil means "
			     "nothing; its owner decides");
	note_self_contradiction(&notes, explainer, &explanation->place);
	return notes.count;
}
