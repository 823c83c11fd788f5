// SPDX-License-Identifier: GPL-2.0-or-later
#include "userspace/cli/plan.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include "userspace/cli/cli.h"
#include "userspace/cli/progress.h"
#include "userspace/cli/review.h"
#include "userspace/flow/text.h"
#include "userspace/kernel/kernel.h"

#define BLOCK_BITS 80 /* a /48 has 2^80 addresses */

struct plan_options {
	const char *policy;
	const char *from;  /* NULL: what is enforced */
	const char *flows; /* NULL: none; "-": standard input */
};

double plan_blocks(u128 addresses)
{
	return (double)addresses / (double)((u128)1 << BLOCK_BITS);
}

struct plan_destination plan_destination(const struct plan *plan, struct address address)
{
	const struct atlas *atlas = plan->after.atlas;
	struct address judged =
		special_inner(plan->after.policy->nat64, plan->after.policy->nat64_count, address);
	const struct place *place = atlas_place(atlas, atlas_lookup(atlas, judged));

	return (struct plan_destination){
		.soil = place->state == SOIL_AGREED ? place->soil : COUNTRY_NONE,
		.asn_operator = atlas_operator(atlas, place->asn),
		.reach = atlas_reach(atlas, place,
				     plan->after.policy->unlisted == POLICY_UNLISTED_REGISTRY),
	};
}

/* Was a source of these very bytes read for the side before? */
static bool was_read(const struct baseline *before, const struct source *source)
{
	json_t *data = before->manifest ? json_object_get(before->manifest->json, "data") : NULL;
	char digest[DIGEST_TEXT_SIZE];
	json_t *item;
	size_t i;

	digest_format(&source->digest, digest);
	json_array_foreach (data, i, item) {
		const char *text = json_string_value(json_object_get(item, "sha256"));

		if (text && strcmp(text, digest) == 0)
			return true;
	}
	for (i = 0; !data && i < atlas_source_count(before->atlas); i++)
		if (memcmp(&atlas_source(before->atlas, i)->digest, &source->digest,
			   sizeof(source->digest)) == 0)
			return true;
	return false;
}

json_t *plan_changed_sources(const struct plan *plan)
{
	json_t *names = json_array();

	for (size_t i = 0; i < atlas_source_count(plan->after.atlas); i++) {
		const struct source *source = atlas_source(plan->after.atlas, i);

		if (!was_read(&plan->before, source))
			json_array_append_new(names, text_json(source->name));
	}
	return names;
}

/* Before the kernel side is opened: it may change the working directory. */
static int read_flows(struct plan *plan, const struct plan_options *options,
		      struct diagnostics *diagnostics)
{
	bool standard_input = options->flows && strcmp(options->flows, "-") == 0;
	FILE *file;
	int error;

	if (!options->flows)
		return 0;
	plan->flows_name = standard_input ? "standard input" : options->flows;
	file = standard_input ? stdin : fopen(options->flows, "re");
	if (!file)
		return diagnostics_error(
			diagnostics, errno, (struct location){.file = options->flows},
			"cannot be read: %s; check its path and permissions", strerror(errno));
	progress_begin("reading flows");
	error = replay_read(file, plan->flows_name, &plan->flows, diagnostics);
	progress_end();
	if (!standard_input)
		fclose(file);
	return error;
}

static int find_enforced(struct plan *plan, struct diagnostics *diagnostics)
{
	struct kernel *kernel = NULL;
	size_t errors = diagnostics->errors;
	int error = kernel_open(KERNEL_READ, &kernel, diagnostics);

	if (!error)
		error = baseline_enforced(kernel, &plan->after, &plan->before, diagnostics);
	kernel_close(kernel);
	if (error == -ENOENT && diagnostics->errors == errors)
		diagnostics_error(diagnostics, ENOENT, (struct location){0},
				  "nothing is enforced here; name a policy to compare with: --from "
				  "FILE");
	else if (error)
		diagnostics_error(diagnostics, -error, (struct location){0},
				  "what is enforced cannot be read; name a policy to compare with, "
				  "which needs no privileges: --from FILE");
	return error;
}

/* The new policy, but for its "unlisted:". */
static int compile_other(const struct plan *plan, struct table **table,
			 struct diagnostics *diagnostics)
{
	struct policy other = *plan->after.policy;
	const struct table_context context = {.connected = plan->after.connected,
					      .connected_count = plan->after.connected_count};

	other.unlisted = other.unlisted == POLICY_UNLISTED_DENY ? POLICY_UNLISTED_REGISTRY
								: POLICY_UNLISTED_DENY;
	return table_compile(&other, plan->after.atlas, &context, table, diagnostics);
}

static int compare_unlisted(struct plan *plan, struct diagnostics *diagnostics)
{
	const struct policy *policy = plan->after.policy;
	struct table *other = NULL;
	int error;

	for (size_t i = 0; i < policy->rule_count; i++)
		plan->unlisted_matters |= policy->rules[i].has_owner;
	if (!plan->unlisted_matters)
		return 0;
	error = compile_other(plan, &other, diagnostics);
	if (error)
		return error;
	bool registry = policy->unlisted == POLICY_UNLISTED_REGISTRY;
	const struct compare_side deny = {registry ? other : plan->after.table, plan->after.atlas};
	const struct compare_side inferred = {registry ? plan->after.table : other,
					      plan->after.atlas};

	error = compare_tables(&deny, &inferred, &plan->unlisted);
	if (!error)
		error = replay_judge(&plan->flows, deny.table, inferred.table,
				     &plan->unlisted_verdicts);
	table_free(other);
	return error;
}

static int make_plan(struct plan *plan, const struct plan_options *options,
		     struct diagnostics *diagnostics)
{
	int error = read_flows(plan, options, diagnostics);

	progress_begin("reading, compiling and comparing");
	if (!error)
		error = pipeline_build(&plan->after, options->policy, diagnostics);
	if (!error)
		error = options->from ? baseline_file(options->from, &plan->before, diagnostics)
				      : find_enforced(plan, diagnostics);
	if (!error)
		error = baseline_compare(&plan->before, &plan->after, &plan->comparison,
					 diagnostics);
	if (!error)
		error = compare_exceptions(plan->before.pipeline.policy, plan->after.policy,
					   time(NULL), &plan->exceptions);
	if (!error)
		error = replay_judge(&plan->flows, plan->before.pipeline.table, plan->after.table,
				     &plan->verdicts);
	if (!error)
		error = compare_unlisted(plan, diagnostics);
	progress_end();
	if (error && !diagnostics->errors)
		diagnostics_error(diagnostics, -error, (struct location){0}, "%s",
				  strerror(-error));
	return error;
}

int plan_enforced(struct plan *plan, struct diagnostics *diagnostics)
{
	struct kernel *kernel = NULL;
	int error = kernel_open(KERNEL_READ, &kernel, diagnostics);

	if (!error)
		error = baseline_enforced(kernel, &plan->after, &plan->before, diagnostics);
	kernel_close(kernel);
	return error ? error
		     : baseline_compare(&plan->before, &plan->after, &plan->comparison,
					diagnostics);
}

void plan_free(struct plan *plan)
{
	comparison_free(&plan->comparison);
	comparison_free(&plan->unlisted);
	compared_exceptions_free(&plan->exceptions);
	replay_free(&plan->flows);
	replay_verdicts_free(&plan->verdicts);
	replay_verdicts_free(&plan->unlisted_verdicts);
	baseline_free(&plan->before);
	pipeline_free(&plan->after);
}

int plan_main(int argc, char **argv)
{
	struct plan_options options = {0};
	struct cli_operands operands;
	const struct cli_verb verb = {
		.name = "plan",
		.operands = "POLICY",
		.text = "Says what would change if this policy were applied, with the data as it "
			"is now, in place of what is enforced: address space lost and gained by "
			"country, owner and ASN, and recorded flows that would newly be cut or "
			"let out. Changes nothing.",
		.least = 1,
		.most = 1,
		.options = {{"from", "FILE", NULL, &options.from,
			     "compare with this policy, not with what is enforced"},
			    {"flows", "FILE", NULL, &options.flows,
			     "the agent's log, or CSV: address[,packets[,bytes]]"}},
	};
	struct diagnostics diagnostics = {0};
	struct plan plan = {0};
	int code = cli_parse(argc, argv, &verb, &operands);

	if (code >= 0)
		return code;
	options.policy = operands.items[0];
	code = cli_exit_of(make_plan(&plan, &options, &diagnostics));
	if (code == CLI_DONE) {
		review_ages(&plan.after, &diagnostics);
		review_exceptions(plan.after.policy, &diagnostics);
		review_planned(plan.before.pipeline.policy, plan.after.policy, &diagnostics);
	}
	if (code == CLI_DONE && operands.json)
		cli_print_json(plan_json(&plan));
	else if (code == CLI_DONE)
		plan_print(stdout, &plan);
	plan_free(&plan);
	return cli_finish(&diagnostics, operands.json, code);
}
