// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "userspace/cli/cli.h"
#include "userspace/cli/explanation.h"
#include "userspace/cli/page.h"
#include "userspace/cli/progress.h"
#include "userspace/cli/targets.h"
#include "userspace/kernel/kernel.h"

#define OUTPUT_BUFFER (1 << 18) /* bytes */

/* What the command line asks for. */
struct request {
	const struct cli_operands *operands;
	const char *interface, *unit, *from; /* of the sender; NULL: not said */
	bool bad;                            /* some target was none */
	bool explained;                      /* some target was one */
};

/* What is wrong with one target is said where its answer would stand; the others go on. */
static void complain(struct request *request, struct diagnostics *faults)
{
	fflush(stdout);
	cli_complain(faults);
	if (request->operands->json)
		cli_print_json(json_pack("{s:o}", "errors", cli_errors(faults)));
	diagnostics_free(faults);
	request->bad = true;
}

/* @lines NULL: as text. */
static int explain_each(struct request *request, const struct explainer *explainer,
			struct explanation_lines *lines, struct targets *targets)
{
	struct diagnostics faults = {0};
	struct target target;
	int status, error = 0;

	while (!error && !ferror(stdout) && (status = targets_next(targets, &target, &faults))) {
		if (status < 0) {
			complain(request, &faults);
			continue;
		}
		const struct service *service = target.has_service ? &target.service : NULL;

		request->explained = true;
		if (lines) {
			error = explanation_lines_print(lines, stdout, target.text, target.address,
							service);
		} else {
			struct explanation explanation =
				explanation_of(explainer, target.text, target.address, service);

			explanation_print(stdout, explainer, &explanation);
		}
	}
	return error;
}

static enum cli_exit explain(struct request *request, const struct explainer *explainer,
			     struct diagnostics *diagnostics)
{
	bool json = request->operands->json;
	struct targets *targets = malloc(sizeof(*targets));
	struct explanation_lines *lines =
		json ? explanation_lines_open(explainer, EXPLANATION_KINDS) : NULL;
	int error = -ENOMEM;

	/* Warnings about the data first: standard input may never end. */
	cli_complain(diagnostics);
	diagnostics_free(diagnostics);
	if (targets && (lines || !json)) {
		targets_open(targets, request->operands, STDIN_FILENO, stdout);
		setvbuf(stdout, NULL, _IOFBF, OUTPUT_BUFFER);
		error = explain_each(request, explainer, lines, targets);
		targets_close(targets);
	}
	if (error)
		diagnostics_error(diagnostics, ENOMEM, (struct location){0}, "out of memory");
	else if (!json && request->explained)
		page_wrap(stdout, 0, 0, EXPLANATION_DISCLAIMER);
	explanation_lines_close(lines);
	free(targets);
	if (error)
		return CLI_SYSTEM;
	return request->bad ? CLI_NO : CLI_DONE;
}

/* As the programs find it: what is claimed by two scopes falls under the strictest. 0 or -EINVAL
 * with a message. */
static int find_scope(const struct request *request, struct explainer *explainer,
		      struct diagnostics *diagnostics)
{
	const struct kernel_options options = {.scopes = explainer->policy->scopes,
					       .scope_count = explainer->policy->scope_count};
	struct address source;
	unsigned scope = SCOPE_UNCLAIMED, other;

	if (request->interface)
		scope = kernel_scope_of_interface(&options, request->interface);
	if (request->unit) {
		other = kernel_scope_of_cgroup(&options, request->unit);
		scope = SCOPE_JOINED(scope, other);
	}
	if (request->from) {
		if (address_parse(request->from, strlen(request->from), &source))
			return diagnostics_error(diagnostics, EINVAL, (struct location){0},
						 "--from %s: not an address; write one, as in "
						 "--from 10.1.0.7",
						 request->from);
		other = table_source_scope(explainer->table, source);
		scope = SCOPE_JOINED(scope, other);
	}
	if (scope > explainer->policy->scope_count)
		scope = policy_scopes(explainer->policy) - 1;
	explainer->scope = scope;
	return 0;
}

static enum cli_exit explain_sender(struct request *request, struct explainer *explainer,
				    struct diagnostics *diagnostics)
{
	if (find_scope(request, explainer, diagnostics))
		return CLI_USAGE;
	return explain(request, explainer, diagnostics);
}

/* By a policy file, with no kernel. */
static enum cli_exit explain_offline(struct request *request, const char *policy,
				     struct diagnostics *diagnostics)
{
	struct pipeline pipeline = {0};
	enum cli_exit code;

	progress_begin("reading and compiling");
	int error = pipeline_build(&pipeline, policy, diagnostics);
	progress_end();

	code = cli_exit_of(error);
	if (!error) {
		struct explainer explainer = {pipeline.policy, pipeline.table, pipeline.atlas, NULL,
					      SCOPE_DEFAULT};

		code = explain_sender(request, &explainer, diagnostics);
	}
	pipeline_free(&pipeline);
	return code;
}

/* The data that the generation was made of; warns if it is gone or has changed since. */
static struct atlas *enforced_atlas(const struct manifest *manifest,
				    struct diagnostics *diagnostics)
{
	struct diagnostics faults = {0};
	struct atlas *atlas = NULL;
	char changed[256], fault[512];

	if (manifest_atlas(manifest, &atlas, &faults) != 0)
		diagnostics_warn(diagnostics, (struct location){0},
				 "the data that was applied can no longer be read (%s); soil and "
				 "owner are from the record, without ASN and sources",
				 faults.count
					 ? diagnostic_format(&faults.items[0], fault, sizeof(fault))
					 : "out of memory");
	else if (!manifest_same_data(manifest, atlas, changed, sizeof(changed)))
		diagnostics_warn(diagnostics, (struct location){0},
				 "data changed on disk since it was applied (%s): the verdict is "
				 "what is enforced, soil and owner are what the files say now; "
				 "apply the policy again",
				 *changed ? changed : "a source is gone");
	diagnostics_free(&faults);
	return atlas;
}

/* Where names are resolved: the caller's /etc/resolv.conf counts, and the kernel side may have left
 * the caller's mount namespace for that of pid 1. @mounts is of the former, or -1. */
static void return_to(int mounts, struct diagnostics *diagnostics)
{
	struct stat before, now;

	if (mounts < 0 || fstat(mounts, &before) || stat("/proc/self/ns/mnt", &now) ||
	    (before.st_dev == now.st_dev && before.st_ino == now.st_ino))
		return;
	if (setns(mounts, CLONE_NEWNS))
		diagnostics_warn(diagnostics, (struct location){0},
				 "names are resolved as pid 1 would: the way back into the mount "
				 "namespace of this process failed (%s)",
				 strerror(errno));
}

static enum cli_exit explain_manifest(struct request *request, struct kernel *kernel,
				      json_t *record, int mounts, struct diagnostics *diagnostics)
{
	struct manifest *manifest = NULL;
	struct pipeline pipeline = {0};
	enum cli_exit code = CLI_SYSTEM;
	int error = manifest_read(record, &manifest, diagnostics);

	if (!error)
		error = kernel_table(kernel, &pipeline.table, diagnostics);
	if (!error)
		error = pipeline_read_sources(&pipeline, &manifest->sources, diagnostics);
	if (!error) {
		pipeline.atlas = enforced_atlas(manifest, diagnostics);
		struct explainer explainer = {pipeline.policy, pipeline.table, pipeline.atlas,
					      manifest, SCOPE_DEFAULT};

		return_to(mounts, diagnostics);
		code = explain_sender(request, &explainer, diagnostics);
	}
	pipeline_free(&pipeline);
	manifest_free(manifest);
	return code;
}

/* By what is enforced: the verdict is read from the kernel's own table. */
static enum cli_exit explain_enforced(struct request *request, struct diagnostics *diagnostics)
{
	enum cli_exit code = CLI_SYSTEM;
	struct kernel *kernel = NULL;
	json_t *record = NULL;
	int mounts = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
	int error = kernel_open(KERNEL_READ, &kernel, diagnostics);

	if (!error)
		error = kernel_record(kernel, &record, diagnostics);
	if (!error)
		code = explain_manifest(request, kernel, record, mounts, diagnostics);
	else if (error == -ENOENT)
		code = CLI_NO;
	if (error == -ENOENT)
		diagnostics_error(diagnostics, ENOENT, (struct location){0},
				  "nothing is enforced here; name a policy with --policy FILE");
	else if (error)
		diagnostics_error(diagnostics, EPERM, (struct location){0},
				  "what is enforced cannot be read; name a policy with --policy "
				  "FILE, which needs no privileges");
	kernel_close(kernel);
	if (mounts >= 0)
		close(mounts);
	return code;
}

int explain_main(int argc, char **argv)
{
	const char *policy = NULL, *interface = NULL, *unit = NULL, *from = NULL;
	struct cli_operands operands;
	const struct cli_verb verb = {
		.name = "explain",
		.operands = "TARGET...",
		.text = "Says of each address (of a name, each of its addresses; of \"-\", each "
			"line of standard input; with a port, as in name:443/tcp or "
			"[2001:db8::1]:443/tcp, of what is sent there) its soil, ASN and owner, "
			"each source's word, the rules "
			"tried, and the verdict. " EXPLANATION_DISCLAIMER,
		.least = 1,
		.most = SIZE_MAX,
		.options = {{"policy", "FILE", NULL, &policy,
			     "by this policy; without it, by what is enforced"},
			    {"interface", "NAME", NULL, &interface,
			     "of what comes in by this interface: under its scope's rules"},
			    {"unit", "UNIT", NULL, &unit,
			     "of what this unit of systemd sends, or this cgroup (a whole path)"},
			    {"from", "ADDRESS", NULL, &from,
			     "of what has this source, as it is before a NAT"}},
	};
	struct diagnostics diagnostics = {0};
	int code = cli_parse(argc, argv, &verb, &operands);

	if (code >= 0)
		return code;
	struct request request = {
		.operands = &operands, .interface = interface, .unit = unit, .from = from};

	if (policy)
		code = explain_offline(&request, policy, &diagnostics);
	else
		code = explain_enforced(&request, &diagnostics);
	/* A bad target had its line. */
	return cli_finish(&diagnostics, operands.json && diagnostics.count, code);
}
