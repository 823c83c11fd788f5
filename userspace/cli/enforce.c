// SPDX-License-Identifier: GPL-2.0-or-later
#include "userspace/cli/enforce.h"
#include "userspace/base/aside.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "userspace/agent/baseline.h"
#include "userspace/agent/watchdog.h"
#include "userspace/cli/cli.h"
#include "userspace/cli/enforced.h"
#include "userspace/cli/listeners.h"
#include "userspace/cli/page.h"
#include "userspace/cli/peer.h"
#include "userspace/cli/review.h"
#include "userspace/cli/rollback.h"
#include "userspace/table/bound.h"

int enforce_read_bound(const char *max_change, unsigned *share, struct diagnostics *diagnostics)
{
	if (bound_parse(max_change, share))
		return 0;
	return diagnostics_error(
		diagnostics, EINVAL, (struct location){0},
		"--max-change %s: not a share; write it like 2%% or 0.5%%, from 0%% "
		"to 100%%",
		max_change);
}

static struct kernel_options options_of(const struct policy *policy)
{
	struct kernel_options options = {
		.monitor = policy->mode == POLICY_MONITOR,
		.last_word = policy->chain == POLICY_CHAIN_LAST_WORD,
		.reject = policy->reject,
		.control = policy->control,
		.guard = policy->guard_auto ? NULL : policy->guard.items,
		.guard_count = policy->guard_auto ? 0 : policy->guard.count,
		.inside = policy->inside.items,
		.inside_count = policy->inside.count,
		.without_sockets = policy->sockets_off,
		.without_backstop = policy->backstop_off,
		.without_books = policy->books_off,
		.cgroup = policy->sockets_cgroup,
		.locals = policy->locals,
		.local_count = policy->local_count,
		.lifeline = policy->lifeline,
		.lifeline_count = policy->lifeline_count,
		.roles = policy->roles,
		.role_count = policy->role_count,
		.scopes = policy->scopes,
		.scope_count = policy->scope_count,
	};

	options.tunnel_count = table_tunnels(policy, options.tunnels);
	options.reply_count = (uint8_t)policy->reply_count;
	for (size_t i = 0; i < policy->reply_count; i++)
		options.replies[i] = (struct reply_service){
			.protocol = policy->replies[i].on.protocol,
			.low = policy->replies[i].on.low,
			.high = policy->replies[i].on.high,
		};
	return options;
}

int enforce_options(const struct policy *policy, struct kernel_options *options,
		    struct diagnostics *diagnostics)
{
	*options = options_of(policy);
	/* GABELOU_WITHOUT=tcx: as if the kernel lacked it, to try what older kernels would do. */
	return layers_parse(getenv("GABELOU_WITHOUT"), &options->without, diagnostics);
}

static int review(const struct pipeline *pipeline, const struct enforcement *enforcement,
		  struct diagnostics *diagnostics)
{
	const struct policy *policy = pipeline->policy;

	review_ages(pipeline, diagnostics);
	review_exceptions(pipeline->policy, diagnostics);
	review_scopes(policy, diagnostics);
	if (review_interfaces(policy, diagnostics) == 0 && !enforcement->early)
		return diagnostics_error(
			diagnostics, ENODEV,
			(struct location){policy->guard_file ? policy->guard_file : policy->file,
					  policy->guard_line, policy->guard_column},
			"there is no interface to guard, so nothing was applied; name one that is "
			"there, or write `guard: auto` (which leaves out what is inside)");
	int error = listeners_review(policy, enforcement->ask, diagnostics);
	if (!error)
		error = peer_review(pipeline, enforcement->force, diagnostics);
	if (error)
		return error;
	return enforcement->strict && review_strictly(diagnostics) ? -EINVAL : 0;
}

/* What is in force must be able to come back, and somebody must see to it, before it goes. Returns
 * the watchdog, or -errno with a message. */
static int begin_trial(struct kernel *kernel, struct diagnostics *diagnostics)
{
	size_t errors = diagnostics->errors;
	int error = kernel_keep_table(kernel, diagnostics);

	if (error && error != -ENOENT)
		return diagnostics->errors > errors
			       ? error
			       : diagnostics_error(diagnostics, -error, (struct location){0},
						   "what is in force cannot be kept to come back: "
						   "%s; apply without --confirm",
						   strerror(-error));
	int watchdog = watchdog_start();
	if (watchdog < 0)
		return diagnostics_error(diagnostics, -watchdog, (struct location){0},
					 "nobody would see to the rollback: %s; apply without "
					 "--confirm",
					 strerror(-watchdog));
	return watchdog;
}

static int change(struct kernel *kernel, const struct pipeline *pipeline,
		  const struct enforcement *enforcement, json_t *manifest,
		  struct diagnostics *diagnostics)
{
	struct kernel_options options;
	uint32_t generation;
	int watchdog = -1;
	int error = enforce_options(pipeline->policy, &options, diagnostics);

	options.early = enforcement->early;
	options.confirm_ns = enforcement->confirm_ns;
	if (!error)
		error = rollback_check_trial(kernel, diagnostics);
	if (!error && enforcement->bound)
		error = baseline_bound(kernel, pipeline, *enforcement->bound, diagnostics);
	if (!error && enforcement->confirm_ns) {
		watchdog = begin_trial(kernel, diagnostics);
		error = watchdog < 0 ? watchdog : 0;
	}
	if (!error)
		error = kernel_apply(kernel, pipeline->table, &options, manifest, &generation,
				     diagnostics);
	if (watchdog >= 0)
		close(watchdog);
	return error;
}

/* The manifest first, since it names files: opening the kernel side may change the mount
 * namespace, and with it what a path means. The bound is asked under the lock. */
static int swap(const struct pipeline *pipeline, const struct enforcement *enforcement,
		struct kernel **kernel, struct diagnostics *diagnostics)
{
	json_t *manifest = manifest_make(pipeline);

	if (!manifest)
		return diagnostics_error(diagnostics, ENOMEM, (struct location){0},
					 "out of memory");
	int error = kernel_open(KERNEL_CHANGE, kernel, diagnostics);
	if (!error)
		error = change(*kernel, pipeline, enforcement, manifest, diagnostics);
	json_decref(manifest);
	return error;
}

static void print_text(const struct enforced *enforced)
{
	const struct manifest *manifest = enforced->manifest;
	char *where = enforced_where(enforced), *line = NULL;

	if (where &&
	    asprintf(&line, "%s %s on %s since %s, generation %u",
		     manifest->monitor ? "monitoring (nothing is dropped)" : "enforcing",
		     manifest->policy_name, where, manifest->since, manifest->generation) > 0)
		page_wrap(stdout, 0, 2, line);
	free(where);
	free(line);
}

json_t *enforce_trial_json(const struct kernel_pending *pending)
{
	return json_pack("{s:I, s:o, s:I, s:o}", "generation", (json_int_t)pending->generation,
			 "previous",
			 pending->previous ? json_integer(pending->previous) : json_null(),
			 "seconds_left", (json_int_t)kernel_pending_seconds(pending), "failed",
			 *pending->failed ? json_string(pending->failed) : json_null());
}

static void print_json(const struct kernel *kernel, const struct enforced *enforced,
		       const struct diagnostics *diagnostics)
{
	const struct manifest *manifest = enforced->manifest;
	struct kernel_pending pending;

	cli_print_json(json_pack(
		"{s:o, s:s, s:o, s:I, s:s, s:o, s:O, s:o}", "trial",
		kernel_pending(kernel, &pending) ? enforce_trial_json(&pending) : json_null(),
		"mode", manifest->monitor ? "monitor" : "enforce", "policy",
		enforced_policy(enforced), "generation", (json_int_t)manifest->generation, "since",
		manifest->since, "interfaces", enforced_interfaces(enforced), "table",
		json_object_get(manifest->json, "table"), "errors", cli_errors(diagnostics)));
}

/* As it is read back, which goes on while the last packet leaves what was in force before. */
int enforce_show(struct kernel *kernel, const struct enforcement *enforcement,
		 struct diagnostics *diagnostics)
{
	struct enforced enforced = {0};
	int error = enforced_read(kernel, &enforced, diagnostics);

	kernel_retire(kernel, diagnostics);
	if (!error && enforcement->json)
		print_json(kernel, &enforced, diagnostics);
	else if (!error && !enforcement->quiet)
		print_text(&enforced);
	enforced_free(&enforced);
	return error;
}

static void print_trial(const struct kernel *kernel)
{
	struct kernel_pending pending;
	char *line = NULL, before[48] = "nothing is enforced";

	if (!kernel_pending(kernel, &pending))
		return;
	if (pending.previous)
		snprintf(before, sizeof(before), "generation %u comes back", pending.previous);
	if (asprintf(&line, "on trial: 'gabelou confirm' within %lld s keeps it, else %s",
		     kernel_pending_seconds(&pending), before) > 0)
		page_wrap(stdout, 0, 2, line);
	free(line);
}

/* For a rollback. It is in force in any case. */
struct keeping {
	struct kernel *kernel;
	struct diagnostics heard;
};

static void keep_table(void *argument)
{
	struct keeping *keeping = argument;

	kernel_keep_table(keeping->kernel, &keeping->heard);
}

enum cli_exit enforce(struct pipeline *pipeline, const struct enforcement *enforcement,
		      struct diagnostics *diagnostics)
{
	struct kernel *kernel = NULL;
	struct keeping keeping = {0};
	struct aside keeps = {0};
	int error = review(pipeline, enforcement, diagnostics);

	if (error)
		return cli_exit_of(error);
	error = swap(pipeline, enforcement, &kernel, diagnostics);
	keeping.kernel = kernel;
	if (!error)
		aside_begin(&keeps, keep_table, &keeping);
	pipeline_free(pipeline); /* which takes its time, while the last packet leaves */
	if (!error)
		error = enforce_show(kernel, enforcement, diagnostics);
	if (!error && enforcement->confirm_ns && !enforcement->json)
		print_trial(kernel);
	fflush(stdout);
	aside_end(&keeps);
	diagnostics_move_as_warnings(&keeping.heard, diagnostics);
	kernel_close(kernel);
	return !error ? CLI_DONE : error == -ECANCELED ? CLI_NO : CLI_SYSTEM;
}
