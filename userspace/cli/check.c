// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>

#include "userspace/agent/pipeline.h"
#include "userspace/cli/cli.h"
#include "userspace/cli/page.h"
#include "userspace/cli/progress.h"
#include "userspace/cli/review.h"
#include "userspace/flow/text.h"

static const char *mode_name(const struct policy *policy)
{
	return policy->mode == POLICY_MONITOR ? "monitor" : "enforce";
}

static void print_text(const struct pipeline *pipeline)
{
	const struct policy *policy = pipeline->policy;
	char count[PAGE_COUNT_SIZE];

	page_field(stdout, "policy", "%s (%s)", policy->name, policy->file);
	for (size_t i = 0; policy->file_count > 1 && i < policy->file_count; i++)
		page_item(stdout, i ? "" : "says", "%s: %s", policy->files[i].file,
			  *policy->files[i].says ? policy->files[i].says : "nothing");
	page_field(stdout, "mode", "%s", mode_name(policy));
	page_field(stdout, "rules", "%zu, in %s classes", policy->rule_count,
		   page_count(pipeline->table->class_count, count));
	for (size_t i = 0; i < atlas_source_count(pipeline->atlas); i++) {
		const struct source *source = atlas_source(pipeline->atlas, i);

		page_field(stdout, i ? "" : "data", "%s: %s, %s, %s row%s",
			   source_role_name(source->role), source->name, source->date,
			   page_count(source->rows, count), source->rows == 1 ? "" : "s");
	}
}

static json_t *files_part(const struct policy *policy)
{
	json_t *files = json_array();
	char digest[DIGEST_TEXT_SIZE];

	for (size_t i = 0; i < policy->file_count; i++) {
		const struct policy_file *file = &policy->files[i];

		json_array_append_new(files,
				      json_pack("{s:o, s:s, s:o}", "file", text_json(file->file),
						"sha256", digest_format(&file->digest, digest),
						"says", text_json(file->says)));
	}
	return files;
}

static void print_json(const struct pipeline *pipeline, const struct diagnostics *diagnostics)
{
	const struct policy *policy = pipeline->policy;
	char digest[DIGEST_TEXT_SIZE];

	cli_print_json(json_pack(
		"{s:b, s:{s:o, s:o, s:s, s:o}, s:s, s:i, s:i, s:o, s:o}", "valid", 1, "policy",
		"name", text_json(policy->name), "file", text_json(pipeline->policy_path), "sha256",
		digest_format(&policy->digest, digest), "files", files_part(policy), "mode",
		mode_name(policy), "rules", (int)policy->rule_count, "classes",
		(int)pipeline->table->class_count, "data", review_data(pipeline->atlas), "errors",
		cli_errors(diagnostics)));
}

int check_main(int argc, char **argv)
{
	bool strict = false;
	struct cli_operands operands;
	const struct cli_verb verb = {
		.name = "check",
		.operands = "POLICY",
		.text = "Reads a policy and all the data it names, compiles them, and says what is "
			"wrong. Enforces nothing, and needs no privileges.",
		.least = 1,
		.most = 1,
		.options = {{"strict", NULL, &strict, NULL, "a warning is an error"}},
	};
	struct diagnostics diagnostics = {0};
	struct pipeline pipeline = {0};
	int code = cli_parse(argc, argv, &verb, &operands);

	if (code >= 0)
		return code;
	progress_begin("reading and compiling");
	int error = pipeline_build(&pipeline, operands.items[0], &diagnostics);
	progress_end();

	code = cli_exit_of(error);
	if (!error) {
		review_ages(&pipeline, &diagnostics);
		review_exceptions(pipeline.policy, &diagnostics);
		review_interfaces(pipeline.policy, &diagnostics);
		review_scopes(pipeline.policy, &diagnostics);
	}
	if (strict && review_strictly(&diagnostics) && code == CLI_DONE)
		code = CLI_NO;
	if (code == CLI_DONE && operands.json)
		print_json(&pipeline, &diagnostics);
	else if (code == CLI_DONE)
		print_text(&pipeline);
	pipeline_free(&pipeline);
	return cli_finish(&diagnostics, operands.json, code);
}
