/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The manifest of a generation: what was enforced, by whom, on which data. Written by apply, kept
 * beside the generation by the kernel side (which adds "generation", "since" and "table"), and read
 * by whoever must know later what a row of that generation stood for.
 *
 * As JSON:
 *   policy     {name, file, sha256, text, drop_ins: [{file, sha256, text}]}; its sha256 is of all
 * of them (policy_sources_digest) mode, unlisted, agree, min_sources, max_age {warn, stale} in days
 *   data_dir, files {soil, feeds, registry, asn, owner}: lists of {file, format, name, field,
 *              country, asn, url}, what the atlas was built from; paths are absolute
 *   data       [{name, role, path, date, sha256}]: every source that was read
 *   rules      [{name, why, until, file, line, column}] in the order of their numbers; until: of an
 *              exception, when it ends, in seconds since 1970, UTC
 *   rows       [[soil, state, special, reach, inferred, local, routed, act, reason, rule]]
 *   entries    [[row, verdict, reason, rule]]
 *   classes: how many
 *   table: the digest of the table's sections
 *   version, host, user {uid, login}
 */
#ifndef GABELOU_AGENT_MANIFEST_H
#define GABELOU_AGENT_MANIFEST_H

#include <jansson.h>

#include "userspace/agent/pipeline.h"

/* What a row of the verdict table stands for and does. */
struct manifest_row {
	struct class_info info; /* info.rules and info.reach.feed are not kept */
	uint8_t act;            /* enum row_act */
	uint8_t reason;         /* enum reason */
	uint16_t rule;          /* RULE_NONE */
};

struct manifest_entry {
	uint32_t row;
	uint8_t verdict;
	uint8_t reason;
	uint16_t rule;
};

/* Strings are owned by json. */
struct manifest {
	json_t *json;
	uint32_t generation;
	char since[32]; /* RFC 3339 */
	bool monitor;
	bool reject;   /* "on-deny: reject" */
	bool registry; /* "unlisted: registry" */
	const char *policy_name, *policy_file, *policy_sha256;
	struct policy_sources sources; /* the policy, whole; owned here */
	struct prefix *nat64;          /* of the policy */
	size_t nat64_count;
	struct manifest_row *rows;
	size_t row_count;
	struct manifest_entry *entries;
	size_t entry_count;
};

/* Of a pipeline that was compiled. A new reference; NULL: out of memory. */
json_t *manifest_make(const struct pipeline *pipeline);

/* Takes the reference. 0; -EINVAL with a message if a part is missing or of a wrong kind;
 * -ENOMEM. *manifest is untouched on failure. */
int manifest_read(json_t *json, struct manifest **manifest, struct diagnostics *diagnostics);
void manifest_free(struct manifest *manifest);

/* NULL if no rule has that number. */
const char *manifest_rule_name(const struct manifest *manifest, uint16_t rule);
const char *manifest_rule_why(const struct manifest *manifest, uint16_t rule);

/* Is everything that @atlas read what this generation was judged by? If not, the names of the
 * sources that changed, ", " between them, into @changed. */
bool manifest_same_data(const struct manifest *manifest, const struct atlas *atlas, char *changed,
			size_t size);

/* The atlas of a manifest, from its files as they are now. */
int manifest_atlas(const struct manifest *manifest, struct atlas **atlas,
		   struct diagnostics *diagnostics);

#endif
