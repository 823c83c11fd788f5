/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a new policy, or new data, is compared with: what is enforced, or another policy file. */
#ifndef GABELOU_AGENT_BASELINE_H
#define GABELOU_AGENT_BASELINE_H

#include "userspace/agent/manifest.h"
#include "userspace/agent/pipeline.h"
#include "userspace/table/compare.h"

struct kernel;

/* All zero is empty; baseline_free frees whatever is there. */
struct baseline {
	struct pipeline pipeline;  /* policy NULL: what was enforced cannot be parsed any more */
	struct manifest *manifest; /* NULL: a policy file */
	const struct atlas *atlas; /* of the pipeline or of what it is compared with; NULL: gone */
};

/* What is enforced now. The table is the kernel's own, its classes are the record's. -ENOENT
 * without a message if nothing is; else -errno with messages. @after: what is to be compared. */
int baseline_enforced(struct kernel *kernel, const struct pipeline *after,
		      struct baseline *baseline, struct diagnostics *diagnostics);
/* A policy file, on the data as it is now. 0, or -errno with messages. */
int baseline_file(const char *policy_path, struct baseline *baseline,
		  struct diagnostics *diagnostics);
void baseline_free(struct baseline *baseline);

/* What changes from @baseline to @after. 0, or -errno with a message. */
int baseline_compare(const struct baseline *baseline, const struct pipeline *after,
		     struct comparison *comparison, struct diagnostics *diagnostics);

/*
 * For whoever is about to apply @after: is the change from what is enforced within @share (see
 * table/bound.h)? -ECANCELED with a message for each way in which it is not, and the remedy; other
 * -errno with messages. 0 where nothing is enforced: there is nothing to be surprised at.
 */
int baseline_bound(struct kernel *kernel, const struct pipeline *after, unsigned share,
		   struct diagnostics *diagnostics);

#endif
