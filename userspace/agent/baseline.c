// SPDX-License-Identifier: GPL-2.0-or-later
#include "userspace/agent/baseline.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "userspace/kernel/kernel.h"
#include "userspace/table/bound.h"

#define SWAPS_MOST 5 /* between two reads, before giving up */

/* The kernel's table knows classes by number; the record knows what they stand for. */
static int add_classes(const struct manifest *manifest, struct table *table,
		       struct diagnostics *diagnostics)
{
	struct class_info *classes;

	if (manifest->row_count < table->class_count)
		return diagnostics_error(diagnostics, EINVAL, (struct location){0},
					 "the record of what is enforced does not fit its table; "
					 "apply the policy again");
	classes = calloc(table->class_count + 1u, sizeof(*classes));
	if (!classes)
		return diagnostics_error(diagnostics, ENOMEM, (struct location){0},
					 "out of memory");
	for (uint32_t i = 0; i < table->class_count; i++)
		classes[i] = manifest->rows[i].info;
	table->classes = classes;
	return 0;
}

/* The data that was enforced, to name the ASNs: that of @after if it is the same; else read again,
 * and of no use if it changed meanwhile. */
static void find_atlas(const struct pipeline *after, struct baseline *baseline)
{
	struct diagnostics ignored = {0};
	char changed[1];

	if (manifest_same_data(baseline->manifest, after->atlas, changed, sizeof(changed))) {
		baseline->atlas = after->atlas;
		return;
	}
	if (manifest_atlas(baseline->manifest, &baseline->pipeline.atlas, &ignored) == 0 &&
	    manifest_same_data(baseline->manifest, baseline->pipeline.atlas, changed,
			       sizeof(changed)))
		baseline->atlas = baseline->pipeline.atlas;
	diagnostics_free(&ignored);
}

/* Record and table of one generation: a swap may come between the two. */
static int read_enforced(struct kernel *kernel, struct baseline *baseline,
			 struct diagnostics *diagnostics)
{
	json_t *record, *again;
	int error = kernel_record(kernel, &record, diagnostics);
	bool same;

	if (!error)
		error = manifest_read(record, &baseline->manifest, diagnostics);
	if (!error)
		error = kernel_table(kernel, &baseline->pipeline.table, diagnostics);
	if (!error)
		error = kernel_record(kernel, &again, diagnostics);
	if (error)
		return error;
	same = json_integer_value(json_object_get(again, "generation")) ==
	       baseline->manifest->generation;
	json_decref(again);
	return same ? add_classes(baseline->manifest, baseline->pipeline.table, diagnostics)
		    : -EAGAIN;
}

int baseline_enforced(struct kernel *kernel, const struct pipeline *after,
		      struct baseline *baseline, struct diagnostics *diagnostics)
{
	struct diagnostics ignored = {0};
	int error = -EAGAIN;

	for (int i = 0; i < SWAPS_MOST && error == -EAGAIN; i++) {
		baseline_free(baseline);
		error = read_enforced(kernel, baseline, diagnostics);
	}
	if (error == -EAGAIN)
		return diagnostics_error(diagnostics, EAGAIN, (struct location){0},
					 "what is enforced changes all the time; try again");
	if (error)
		return error;
	pipeline_read_sources(&baseline->pipeline, &baseline->manifest->sources, &ignored);
	diagnostics_free(&ignored);
	find_atlas(after, baseline);
	return 0;
}

int baseline_file(const char *policy_path, struct baseline *baseline,
		  struct diagnostics *diagnostics)
{
	int error = pipeline_build(&baseline->pipeline, policy_path, diagnostics);

	baseline->atlas = baseline->pipeline.atlas;
	return error;
}

void baseline_free(struct baseline *baseline)
{
	pipeline_free(&baseline->pipeline);
	manifest_free(baseline->manifest);
	*baseline = (struct baseline){0};
}

int baseline_compare(const struct baseline *baseline, const struct pipeline *after,
		     struct comparison *comparison, struct diagnostics *diagnostics)
{
	const struct compare_side before = {baseline->pipeline.table, baseline->atlas};
	const struct compare_side then = {after->table, after->atlas};
	int error = compare_tables(&before, &then, comparison);

	if (error == -EBADMSG)
		return diagnostics_error(diagnostics, EBADMSG, (struct location){0},
					 "a verdict table is damaged and cannot be compared; apply "
					 "the policy again without --max-change");
	if (error)
		return diagnostics_error(diagnostics, -error, (struct location){0}, "%s",
					 strerror(-error));
	return 0;
}

int baseline_bound(struct kernel *kernel, const struct pipeline *after, unsigned share,
		   struct diagnostics *diagnostics)
{
	struct baseline baseline = {0};
	struct comparison comparison = {0};
	size_t errors = diagnostics->errors;
	int error = baseline_enforced(kernel, after, &baseline, diagnostics);

	if (!error)
		error = baseline_compare(&baseline, after, &comparison, diagnostics);
	if (!error && bound_exceeded(&comparison, baseline.pipeline.policy, share, diagnostics))
		error = diagnostics_error(diagnostics, ECANCELED, (struct location){0},
					  "so nothing was changed; look at it with 'gabelou plan "
					  "%s', and if it is meant, apply it without --max-change",
					  after->policy->file);
	comparison_free(&comparison);
	baseline_free(&baseline);
	return error == -ENOENT && diagnostics->errors == errors ? 0 : error;
}
