/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Everything that can be said about one address under one policy. */
#ifndef GABELOU_CLI_EXPLANATION_H
#define GABELOU_CLI_EXPLANATION_H

#include <jansson.h>
#include <stdio.h>

#include "userspace/agent/manifest.h"
#include "userspace/atlas/atlas.h"
#include "userspace/policy/policy.h"
#include "userspace/table/table.h"

/* What addresses are explained by: borrowed. */
struct explainer {
	const struct policy *policy;
	const struct table *table;       /* where the verdict comes from */
	const struct atlas *atlas;       /* NULL: the data is gone; the manifest must do */
	const struct manifest *manifest; /* NULL: a policy file, not what is enforced */
};

struct explanation {
	const char *target; /* as it was asked: an address or a name */
	struct address address;
	struct address judged; /* the IPv4 address inside, for an embedded one; else address */
	struct place place;
	const struct asn_operator *asn_operator; /* NULL: not known */
	struct reach reach;
	enum owner_basis basis;
	struct decision decision;
};

struct explanation explanation_of(const struct explainer *explainer, const char *target,
				  struct address address);

/* One condition of a rule, and whether the address meets it. */
#define CONDITION_TEXT_SIZE 160
#define CONDITIONS_MOST     4
struct condition {
	const char *on; /* "soil", "owner", "asn", "to" */
	bool met;
	char wanted[CONDITION_TEXT_SIZE]; /* as the policy has it: "FR, EU" */
	char why[CONDITION_TEXT_SIZE];    /* why not; "" if it is met */
};
/* Returns how many; *matched says whether the rule as a whole matches. */
size_t explanation_conditions(const struct explainer *explainer,
			      const struct explanation *explanation, const struct rule *rule,
			      struct condition *conditions, bool *matched);

/* What is worth a sentence: two jurisdictions, anycast, an address inside another. Writes them
 * into @notes, of @most strings of NOTE_SIZE; returns how many. */
#define NOTE_SIZE  320
#define NOTES_MOST 4
size_t explanation_notes(const struct explanation *explanation, char notes[][NOTE_SIZE]);

#define EXPLANATION_DISCLAIMER                                                              \
	"Owner means the owner of the network that announces the address, not its tenant; " \
	"this is not legal advice."

void explanation_print(FILE *out, const struct explainer *explainer,
		       const struct explanation *explanation);
/* The keys of design.md; a new reference. */
json_t *explanation_json(const struct explainer *explainer, const struct explanation *explanation);

#endif
