// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * From the servers of the data to a new generation:
 *
 *   fetch beside the old files -> read and compile -> within the bound? -> put in place -> apply
 *
 * Until the files are put in place nothing has changed, neither on disk nor in the kernel.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "userspace/cli/cli.h"
#include "userspace/cli/enforce.h"
#include "userspace/cli/enforced.h"
#include "userspace/cli/page.h"
#include "userspace/cli/plan.h"
#include "userspace/cli/progress.h"
#include "userspace/fetch/stage.h"
#include "userspace/kernel/kernel.h"
#include "userspace/table/bound.h"

#define CHANGE_MOST "2%"

struct update {
	char *file;                    /* the policy's, absolute */
	struct policy_sources sources; /* the enforced policy, where none was named; else empty */
	bool enforced;                 /* is there something to be replaced? */
	struct pipeline policy;
	struct stage stage;
	unsigned share; /* see table/bound.h */
	bool json;
};

static int no_memory(struct diagnostics *diagnostics)
{
	return diagnostics_error(diagnostics, ENOMEM, (struct location){0}, "out of memory");
}

/* What is enforced in this namespace; where no policy was named, it is the one. */
static int find_enforced(struct update *update, struct diagnostics *diagnostics)
{
	struct manifest *manifest = NULL;
	int error = enforced_manifest(&manifest, diagnostics);

	if (error == -ENOENT && update->file)
		return 0;
	if (error == -ENOENT)
		return diagnostics_error(diagnostics, ENOENT, (struct location){0},
					 "nothing is enforced here; name a policy: gabelou update "
					 "POLICY");
	if (error)
		return error;
	update->enforced = true;
	if (!update->file) {
		update->file = strdup(manifest->policy_file);
		error = policy_sources_copy(&manifest->sources, &update->sources);
		error = update->file && !error ? 0 : no_memory(diagnostics);
	}
	manifest_free(manifest);
	return error;
}

static int read_policy(const struct update *update, struct pipeline *pipeline,
		       struct diagnostics *diagnostics)
{
	return update->sources.count
		       ? pipeline_read_sources(pipeline, &update->sources, diagnostics)
		       : pipeline_read(pipeline, update->file, diagnostics);
}

/* The policy on the new files. */
static int build_after(const struct update *update, struct pipeline *pipeline,
		       struct diagnostics *diagnostics)
{
	int error = read_policy(update, pipeline, diagnostics);

	if (!error && stage_point(&update->stage, &pipeline->policy->data))
		error = no_memory(diagnostics);
	if (!error)
		error = pipeline_survey(pipeline, diagnostics);
	if (!error)
		error = pipeline_compile(pipeline, diagnostics);
	return error;
}

/* Shows what the new files would change, and says whether that is to be expected. */
static int compare(const struct update *update, struct plan *plan, struct diagnostics *diagnostics)
{
	int error = plan_enforced(plan, diagnostics);

	if (error)
		return error;
	if (!update->json)
		plan_print(stdout, plan);
	if (!bound_exceeded(&plan->comparison, plan->before.pipeline.policy, update->share,
			    diagnostics))
		return 0;
	return diagnostics_error(diagnostics, ECANCELED, (struct location){0},
				 "so nothing was changed; if it is meant, update with a larger "
				 "--max-change");
}

static int try_files(const struct update *update, struct diagnostics *diagnostics)
{
	struct plan plan = {0};
	int error = build_after(update, &plan.after, diagnostics);

	if (!error && update->enforced)
		error = compare(update, &plan, diagnostics);
	plan_free(&plan);
	return error;
}

/* The first error since @from, for the record; NULL: there is none. */
static const char *first_error(const struct diagnostics *diagnostics, size_t from)
{
	for (size_t i = from; i < diagnostics->count; i++)
		if (diagnostics->items[i].severity == SEVERITY_ERROR)
			return diagnostics->items[i].text;
	return NULL;
}

static const char *plural(size_t count)
{
	return count == 1 ? "" : "s";
}

static void print_fetched(const struct stage *stage)
{
	char line[256];

	snprintf(line, sizeof(line), "%zu file%s fetched, %zu unchanged, %zu failed",
		 stage_count(stage, STAGE_FETCHED), plural(stage_count(stage, STAGE_FETCHED)),
		 stage_count(stage, STAGE_UNCHANGED), stage_count(stage, STAGE_FAILED));
	page_wrap(stdout, 0, 2, line);
}

static int apply(const struct update *update, struct diagnostics *diagnostics)
{
	const struct enforcement enforcement = {.quiet = update->json, .force = true};
	struct pipeline pipeline = {.into_maps = true};
	enum cli_exit code;
	int error = read_policy(update, &pipeline, diagnostics);

	if (!error)
		error = pipeline_survey(&pipeline, diagnostics);
	if (!error)
		error = pipeline_compile(&pipeline, diagnostics);
	if (!error) {
		code = enforce(&pipeline, &enforcement, diagnostics);
		error = code == CLI_DONE ? 0 : code == CLI_NO ? -EINVAL : -EPERM;
	}
	pipeline_free(&pipeline);
	return error;
}

/* Reads, compares, puts in place, applies; *outcome is how far it came. */
static int take_files(struct update *update, const char **outcome, struct diagnostics *diagnostics)
{
	int error = try_files(update, diagnostics);

	*outcome = error == -ECANCELED ? "refused" : "failed";
	if (error)
		return error;
	error = stage_keep(&update->stage, diagnostics);
	if (!error && update->enforced)
		error = apply(update, diagnostics);
	if (!error)
		*outcome = update->enforced ? "applied" : "fetched";
	return error;
}

/* Before files are put in place that could not be applied. */
static int check_trial(struct diagnostics *diagnostics)
{
	struct kernel *kernel = NULL;
	struct kernel_pending pending;
	int error = kernel_open(KERNEL_READ, &kernel, diagnostics);

	if (!error && kernel_pending(kernel, &pending) && !*pending.failed)
		error = diagnostics_error(diagnostics, ECANCELED, (struct location){0},
					  "generation %u is on trial, so nothing was fetched; "
					  "'gabelou confirm' keeps it, 'gabelou rollback' takes it "
					  "back",
					  pending.generation);
	kernel_close(kernel);
	return error;
}

static int run(struct update *update, const struct stage_options *options,
	       struct diagnostics *diagnostics)
{
	const char *outcome = "unchanged";
	int error = find_enforced(update, diagnostics);

	if (!error)
		error = check_trial(diagnostics);
	if (!error)
		error = read_policy(update, &update->policy, diagnostics);
	if (!error)
		error = stage_fetch(&update->policy.policy->data, options, &update->stage,
				    diagnostics);
	if (error)
		return error;
	if (!update->stage.count)
		return diagnostics_error(diagnostics, EINVAL,
					 (struct location){.file = update->file},
					 "no source has a url, so there is nothing to fetch; write "
					 "{file: PATH, url: \"https://...\"} under data:");
	if (!update->json)
		print_fetched(&update->stage);
	size_t said = diagnostics->count;
	if (stage_count(&update->stage, STAGE_FETCHED))
		error = take_files(update, &outcome, diagnostics);
	stage_record(&update->stage, outcome, error ? first_error(diagnostics, said) : NULL,
		     diagnostics);
	if (!error && !update->enforced && !update->json)
		page_wrap(stdout, 0, 2,
			  "nothing is enforced here; gabelou apply POLICY enforces it");
	if (!error && stage_count(&update->stage, STAGE_FAILED))
		error = -EIO;
	return error;
}

/* The record of the update, with what was wrong. */
static bool print_json(const struct diagnostics *diagnostics)
{
	json_t *record = stage_last();

	if (!record)
		return false;
	json_object_set_new(record, "errors", cli_errors(diagnostics));
	cli_print_json(record);
	return true;
}

static int read_options(struct stage_options *options, const char *timeout, const char *change,
			unsigned *share, struct diagnostics *diagnostics)
{
	char *end = NULL;
	long seconds = timeout ? strtol(timeout, &end, 10) : 0;

	if (timeout && (*end || seconds < 1 || seconds > FETCH_SECONDS_MOST))
		return diagnostics_error(diagnostics, EINVAL, (struct location){0},
					 "--timeout %s is no number of seconds; write 1 to %d",
					 timeout, FETCH_SECONDS_MOST);
	options->seconds = (unsigned)seconds;
	return enforce_read_bound(change ? change : CHANGE_MOST, share, diagnostics);
}

static void update_free(struct update *update)
{
	stage_free(&update->stage);
	pipeline_free(&update->policy);
	free(update->file);
	policy_sources_free(&update->sources);
}

int update_main(int argc, char **argv)
{
	const char *timeout = NULL, *change = NULL;
	struct stage_options options = {0};
	struct cli_operands operands;
	const struct cli_verb verb = {
		.name = "update",
		.operands = "[POLICY]",
		.text = "Fetches every source that has a url in the policy (without one, in that "
			"which is enforced), reads what came, and if what it changes is within "
			"the bound puts it in place of the old files and applies it. Whatever "
			"fails, the old files and what is enforced stay.",
		.most = 1,
		.options = {{"max-change", "SHARE", NULL, &change,
			     "refuse if more of the allowed space changes (" CHANGE_MOST ")"},
			    {"any-size", NULL, &options.any_size, NULL,
			     "take files of any size, however large they were before"},
			    {"authorities", "FILE", NULL, &options.authorities,
			     "who may sign the servers' certificates, instead of the system's"},
			    {"timeout", "SECONDS", NULL, &timeout, "for each file"}},
	};
	struct diagnostics diagnostics = {0};
	struct update update = {.stage.lock = -1};
	int code = cli_parse(argc, argv, &verb, &operands);

	if (code >= 0)
		return code;
	if (read_options(&options, timeout, change, &update.share, &diagnostics))
		return cli_finish(&diagnostics, operands.json, CLI_USAGE);
	if (operands.count)
		update.file = pipeline_absolute(operands.items[0]);
	if (operands.count && !update.file)
		diagnostics_error(&diagnostics, errno, (struct location){.file = operands.items[0]},
				  "%s; name a policy file", strerror(errno));
	progress_begin("fetching and reading");
	update.json = operands.json;
	code = CLI_NO;
	if (!diagnostics.errors)
		code = cli_exit_of(run(&update, &options, &diagnostics));
	progress_end();
	bool told = operands.json && update.stage.count && print_json(&diagnostics);
	update_free(&update);
	return cli_finish(&diagnostics, operands.json && !told, code);
}
