// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "userspace/cli/cli.h"
#include "userspace/cli/explanation.h"
#include "userspace/cli/page.h"
#include "userspace/cli/progress.h"
#include "userspace/kernel/kernel.h"

#define TARGETS_MOST 100000

/* An address to explain, under the name it was asked by. */
struct target {
	const char *text;
	struct address address;
};

struct targets {
	struct target *items;
	size_t count;
};

static bool targets_add(struct targets *targets, const char *text, struct address address)
{
	struct target *items = reallocarray(targets->items, targets->count + 1, sizeof(*items));

	if (!items)
		return false;
	targets->items = items;
	items[targets->count++] = (struct target){text, address};
	return true;
}

/* The resolver also takes the likes of "10.1" and "0x7f": those are slips, not names. */
static bool looks_like_number(const char *text)
{
	return strpbrk(text, ":/") || text[strspn(text, "0123456789.")] == '\0' ||
	       strncmp(text, "0x", 2) == 0;
}

static void resolve(struct targets *targets, const char *name, struct diagnostics *diagnostics)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *found;
	int fault = getaddrinfo(name, NULL, &hints, &found);

	if (fault) {
		diagnostics_error(diagnostics, ENOENT, (struct location){0},
				  "%s: cannot be resolved: %s; give an address", name,
				  gai_strerror(fault));
		return;
	}
	for (struct addrinfo *item = found; item; item = item->ai_next) {
		const void *bytes =
			item->ai_family == AF_INET6
				? (const void *)&((struct sockaddr_in6 *)item->ai_addr)->sin6_addr
				: (const void *)&((struct sockaddr_in *)item->ai_addr)->sin_addr;

		targets_add(targets, name,
			    address_from_bytes(item->ai_family == AF_INET6 ? FAMILY_V6 : FAMILY_V4,
					       bytes));
	}
	freeaddrinfo(found);
}

/* Before the kernel side is opened: it may change the mount namespace, and with it resolv.conf. */
static struct targets targets_of(const struct cli_operands *operands,
				 struct diagnostics *diagnostics)
{
	struct targets targets = {0};
	struct address address;

	for (size_t i = 0; i < operands->count; i++) {
		const char *text = operands->items[i];

		if (address_parse(text, strlen(text), &address) == 0)
			targets_add(&targets, text, address);
		else if (looks_like_number(text))
			diagnostics_error(diagnostics, EINVAL, (struct location){0},
					  "\"%s\" is not an address; write it whole, without a "
					  "prefix length or a port",
					  text);
		else
			resolve(&targets, text, diagnostics);
	}
	return targets;
}

static void explain(const struct explainer *explainer, const struct targets *targets, bool json)
{
	for (size_t i = 0; i < targets->count; i++) {
		struct explanation explanation = explanation_of(explainer, targets->items[i].text,
								targets->items[i].address);

		if (json)
			cli_print_json(explanation_json(explainer, &explanation));
		else
			explanation_print(stdout, explainer, &explanation);
	}
	if (!json && targets->count)
		page_wrap(stdout, 0, 0, EXPLANATION_DISCLAIMER);
}

/* By a policy file, with no kernel. */
static enum cli_exit explain_offline(const char *policy, const struct targets *targets, bool json,
				     struct diagnostics *diagnostics)
{
	struct pipeline pipeline = {0};
	progress_begin("reading and compiling");
	int error = pipeline_build(&pipeline, policy, diagnostics);
	progress_end();

	if (!error) {
		struct explainer explainer = {pipeline.policy, pipeline.table, pipeline.atlas,
					      NULL};

		explain(&explainer, targets, json);
	}
	pipeline_free(&pipeline);
	return cli_exit_of(error);
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

static enum cli_exit explain_manifest(struct kernel *kernel, json_t *record,
				      const struct targets *targets, bool json,
				      struct diagnostics *diagnostics)
{
	struct manifest *manifest = NULL;
	struct pipeline pipeline = {0};
	int error = manifest_read(record, &manifest, diagnostics);

	if (!error)
		error = kernel_table(kernel, &pipeline.table, diagnostics);
	if (!error)
		error = pipeline_read_text(&pipeline, manifest->policy_file, manifest->policy_text,
					   diagnostics);
	if (!error) {
		pipeline.atlas = enforced_atlas(manifest, diagnostics);
		struct explainer explainer = {pipeline.policy, pipeline.table, pipeline.atlas,
					      manifest};

		explain(&explainer, targets, json);
	}
	pipeline_free(&pipeline);
	manifest_free(manifest);
	return error ? CLI_SYSTEM : CLI_DONE;
}

/* By what is enforced: the verdict is read from the kernel's own table. */
static enum cli_exit explain_enforced(const struct targets *targets, bool json,
				      struct diagnostics *diagnostics)
{
	enum cli_exit code = CLI_SYSTEM;
	struct kernel *kernel = NULL;
	json_t *record = NULL;
	int error = kernel_open(KERNEL_READ, &kernel, diagnostics);

	if (!error)
		error = kernel_record(kernel, &record, diagnostics);
	if (!error)
		code = explain_manifest(kernel, record, targets, json, diagnostics);
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
	return code;
}

int explain_main(int argc, char **argv)
{
	const char *policy = NULL;
	struct cli_operands operands;
	const struct cli_verb verb = {
		.name = "explain",
		.operands = "TARGET...",
		.text = "Says of each address (of a name, each of its addresses) its soil, ASN and "
			"owner, each source's word, the rules tried, and the "
			"verdict. " EXPLANATION_DISCLAIMER,
		.least = 1,
		.most = TARGETS_MOST,
		.options = {{"policy", "FILE", NULL, &policy,
			     "by this policy; without it, by what is enforced"}},
	};
	struct diagnostics diagnostics = {0};
	int code = cli_parse(argc, argv, &verb, &operands);

	if (code >= 0)
		return code;
	struct targets targets = targets_of(&operands, &diagnostics);
	bool unresolved = diagnostics.errors > 0;

	code = CLI_NO;
	if (targets.count && policy)
		code = explain_offline(policy, &targets, operands.json, &diagnostics);
	else if (targets.count)
		code = explain_enforced(&targets, operands.json, &diagnostics);
	if (unresolved && code == CLI_DONE)
		code = CLI_NO;
	free(targets.items);
	return cli_finish(&diagnostics, operands.json, code);
}
