/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From files to a verdict table: policy file -> groups -> policy -> atlas -> table. The same steps
 * for check, explain and apply.
 */
#ifndef GABELOU_AGENT_PIPELINE_H
#define GABELOU_AGENT_PIPELINE_H

#include "userspace/atlas/atlas.h"
#include "userspace/policy/policy.h"
#include "userspace/table/table.h"

/* All zero is empty; pipeline_free frees whatever is there. */
struct pipeline {
	char *data_dir; /* absolute */
	struct groups *groups;
	struct policy *policy;
	char *policy_path;             /* absolute */
	struct policy_sources sources; /* the bytes that were parsed */
	struct atlas *atlas;
	bool into_maps; /* set before: the table is to be applied, so compile it right into maps */
	struct table *table;
	struct prefix *connected; /* read only under "local: connected" */
	size_t connected_count;
};

/*
 * The folder of the embedded data: $GABELOU_DATA; else, for a binary in the build/ of a checkout,
 * the data/ beside it; else PREFIX/share/gabelou. NULL with a message if it is not there. The
 * caller frees it.
 */
char *pipeline_data_dir(struct diagnostics *diagnostics);

/* Reads the policy file, its drop-ins and its groups. 0, or -errno with messages. */
int pipeline_read(struct pipeline *pipeline, const char *policy_path,
		  struct diagnostics *diagnostics);
/* The same of what was read before, which is copied: from a record, or before it is written. */
int pipeline_read_sources(struct pipeline *pipeline, const struct policy_sources *sources,
			  struct diagnostics *diagnostics);
/* Then the data that the policy names, into the atlas. */
int pipeline_survey(struct pipeline *pipeline, struct diagnostics *diagnostics);
/* Then policy and atlas into the table. */
int pipeline_compile(struct pipeline *pipeline, struct diagnostics *diagnostics);
/* All three. */
int pipeline_build(struct pipeline *pipeline, const char *policy_path,
		   struct diagnostics *diagnostics);
void pipeline_free(struct pipeline *pipeline);

/* The path of a file from the root on. Links in its folder's path are resolved, the file itself may
 * be one: what lies beside it does so where it was named. The caller frees; NULL: out of memory. */
char *pipeline_absolute(const char *path);

#endif
