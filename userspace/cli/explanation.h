/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Everything that can be said about one address under one policy. */
#ifndef GABELOU_CLI_EXPLANATION_H
#define GABELOU_CLI_EXPLANATION_H

#include <stdio.h>

#include "userspace/agent/manifest.h"
#include "userspace/atlas/atlas.h"
#include "userspace/cli/writer.h"
#include "userspace/policy/policy.h"
#include "userspace/table/table.h"

/* What addresses are explained by: borrowed. */
struct explainer {
	const struct policy *policy;
	const struct table *table;       /* where the verdict comes from */
	const struct atlas *atlas;       /* NULL: the data is gone; the manifest must do */
	const struct manifest *manifest; /* NULL: a policy file, not what is enforced */
	unsigned scope;                  /* the sender's */
};

/* The rules that are tried: of the sender's scope; for the strictest, those of all. How many from
 * number *first of the policy on. */
size_t explanation_rules(const struct explainer *explainer, size_t *first);

struct explanation {
	const char *target; /* as it was asked: an address or a name */
	struct address address;
	/* What was looked at: the IPv4 address inside an embedding one, unless a deny rule caught
	 * the outer one; else address. */
	struct address judged;
	struct decision decision;
	bool has_service; /* what is sent there was asked for, not only where to */
	struct service service;
	uint32_t place_number; /* of the atlas; 0 without one */
	/* From here on by explanation_complete(). */
	struct place place;
	const struct asn_operator *asn_operator; /* of the network; NULL: not known */
	const struct asn_operator *owner;        /* whose line in the owner tables tells; or NULL */
	struct reach reach;
	enum owner_basis basis;
};

/* Finds what decides: all that follows is the same for addresses of one family that were judged as
 * themselves, of one place and class, and inside the same prefixes of the policy. @service: one
 * port; NULL: what holds of whatever is sent there. */
struct explanation explanation_begin(const struct explainer *explainer, const char *target,
				     struct address address, const struct service *service);
void explanation_complete(const struct explainer *explainer, struct explanation *explanation);
/* Both. */
struct explanation explanation_of(const struct explainer *explainer, const char *target,
				  struct address address, const struct service *service);

/* One condition of a rule, and whether the address meets it. */
#define CONDITION_TEXT_SIZE 160
#define CONDITIONS_MOST     7
struct condition {
	const char *on; /* "soil", "owner", "asn", "to" */
	bool met;
	char wanted[CONDITION_TEXT_SIZE]; /* as the policy has it: "FR, EU" */
	char why[CONDITION_TEXT_SIZE];    /* why it is met or not */
};
/* Returns how many; *matched says whether the rule as a whole matches. */
size_t explanation_conditions(const struct explainer *explainer,
			      const struct explanation *explanation, const struct rule *rule,
			      struct condition *conditions, bool *matched);

/* What is worth a sentence: where one axis alone gets it wrong, anycast, an address inside another.
 * Writes them into @notes, of NOTES_MOST strings; returns how many. */
#define NOTE_SIZE  320
#define NOTES_MOST 12 /* one for each soil source, and four more */
size_t explanation_notes(const struct explainer *explainer, const struct explanation *explanation,
			 char notes[][NOTE_SIZE]);

#define EXPLANATION_DATE_SIZE 16
/* The last day of an exception, "2027-01-31"; NULL for another rule. Returns @date. */
const char *explanation_until(const struct rule *rule, char date[EXPLANATION_DATE_SIZE]);

/* "private space (RFC 1918, RFC 4193, RFC 6598)" */
const char *explanation_special(enum special special);
/* How many words must agree, as the policy has it: "majority"; NULL without an atlas. */
const char *explanation_agree(const struct explainer *explainer);

#define EXPLANATION_DISCLAIMER                                                              \
	"Owner means the owner of the network that announces the address, not its tenant; " \
	"this is not legal advice."

void explanation_print(FILE *out, const struct explainer *explainer,
		       const struct explanation *explanation);

/*
 * As JSON, with the keys of docs/gabelou.8, one object in four parts:
 *   {"address":"192.0.2.1" FACTS ,"target":"192.0.2.1" REASONS ENDING
 * FACTS and REASONS hold neither the address nor the target, unless one address is inside another;
 * ENDING is the same for every address.
 */
void explanation_write_facts(struct writer *writer, const struct explainer *explainer,
			     const struct explanation *explanation);
void explanation_write_reasons(struct writer *writer, const struct explainer *explainer,
			       const struct explanation *explanation);
void explanation_write_ending(struct writer *writer, const struct explainer *explainer);

/*
 * Lines of JSON for any number of addresses. What was composed for one address is kept for the next
 * one of its kind: of at most @kinds, and in some 64 MB.
 */
#define EXPLANATION_KINDS 16384
struct explanation_lines;
/* NULL: out of memory. */
struct explanation_lines *explanation_lines_open(const struct explainer *explainer, size_t kinds);
/* One line to @out. 0 or -ENOMEM: then nothing was written. Errors of @out are left to ferror(). */
int explanation_lines_print(struct explanation_lines *lines, FILE *out, const char *target,
			    struct address address, const struct service *service);
void explanation_lines_close(struct explanation_lines *lines);

#endif
