// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A drop-in more, or less: the policy as it will be is read, compiled and compared with what is in
 * force before anything is written, and what cannot be applied is not left on the disk either.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "userspace/base/file.h"
#include "userspace/cli/enforce.h"
#include "userspace/cli/except.h"
#include "userspace/cli/page.h"
#include "userspace/cli/plan.h"
#include "userspace/cli/progress.h"

#define DROP_IN_MODE 0644
#define FOLDER_MODE  0755

static int out_of_memory(struct diagnostics *diagnostics)
{
	return diagnostics_error(diagnostics, ENOMEM, (struct location){0}, "out of memory");
}

unsigned except_number(const char *file)
{
	const char *slash = strrchr(file, '/');
	unsigned number;
	int end = 0;

	if (sscanf(slash ? slash + 1 : file, "except-%u.yaml%n", &number, &end) != 1 || !end)
		return 0;
	return (slash ? slash + 1 : file)[end] ? 0 : number;
}

/* The path of the drop-in of that number. NULL: out of memory. */
static char *path_of(const struct except_request *request, unsigned number)
{
	char *folder = policy_sources_folder(request->policy), *path = NULL;

	if (!folder || asprintf(&path, "%s/except-%03u.yaml", folder, number) < 0)
		path = NULL;
	free(folder);
	return path;
}

/* Behind those that there are: what was removed last may come back under its own number. */
static unsigned next_number(const struct policy_sources *sources)
{
	unsigned last = 0;

	for (size_t i = 1; i < sources->count; i++) {
		unsigned number = except_number(sources->items[i].file);

		last = number > last ? number : last;
	}
	return last + 1;
}

/* Never over a file that is there: somebody else may be adding too. */
static int write_new(const char *path, const char *text, struct diagnostics *diagnostics)
{
	char *folder = strndup(path, (size_t)(strrchr(path, '/') - path));
	int error = folder ? 0 : -ENOMEM;

	if (!error && mkdir(folder, FOLDER_MODE) && errno != EEXIST)
		error = -errno;
	free(folder);
	int file = error ? -1
			 : open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW,
				DROP_IN_MODE);
	if (!error && file < 0)
		error = -errno;
	if (file >= 0) {
		error = file_write(file, text, strlen(text));
		if (!error && fsync(file))
			error = -errno;
		close(file);
		if (!error)
			error = file_sync_folder(path);
		if (error)
			unlink(path);
	}
	if (!error)
		return 0;
	return diagnostics_error(diagnostics, -error, (struct location){.file = path},
				 "the drop-in cannot be written: %s; nothing was changed",
				 strerror(-error));
}

/* The one rule of that file. */
static const struct rule *rule_of(const struct policy *policy, const char *file)
{
	for (size_t i = 0; i < policy->rule_count; i++)
		if (policy->rules[i].file && strcmp(policy->rules[i].file, file) == 0)
			return &policy->rules[i];
	return NULL;
}

/* What is over before it begins is a slip. */
static int check_until(const struct except_request *request, const struct policy *policy,
		       const char *file, struct diagnostics *diagnostics)
{
	const struct rule *rule = rule_of(policy, file);

	if (!rule || rule->until > time(NULL))
		return 0;
	return diagnostics_error(diagnostics, EINVAL, (struct location){0},
				 "--until %s is over; write its last day, which is to come",
				 request->until);
}

/* Compares with what is in force, shows it, and applies. */
static enum cli_exit plan_and_apply(const struct except_request *request, struct plan *plan,
				    struct diagnostics *diagnostics)
{
	const struct enforcement enforcement = {
		.strict = request->strict, .force = request->force, .quiet = request->json};
	int error = plan_enforced(plan, diagnostics);

	if (error)
		return cli_exit_of(error);
	if (!request->json)
		plan_print(stdout, plan);
	return enforce(&plan->after, &enforcement, diagnostics);
}

static int compile(struct plan *plan, struct diagnostics *diagnostics)
{
	progress_begin("reading and compiling");
	int error = pipeline_survey(&plan->after, diagnostics);

	if (!error)
		error = pipeline_compile(&plan->after, diagnostics);
	progress_end();
	return error;
}

static void say_not_applied(const struct except_request *request, const char *what,
			    const char *path)
{
	char *line = NULL;

	if (request->json ||
	    asprintf(&line, "%s %s, not applied%s; 'gabelou apply %s' does", what, path,
		     request->no_apply ? "" : ": this policy is not in force here",
		     request->policy) < 0)
		return;
	page_wrap(stdout, 0, 2, line);
	free(line);
}

static void print_json(const char *what, const char *path, bool applied,
		       const struct diagnostics *diagnostics)
{
	cli_print_json(json_pack("{s:s, s:b, s:o}", what, path, "applied", applied, "errors",
				 cli_errors(diagnostics)));
}

static enum cli_exit add(const struct except_request *request, const char *path, const char *text,
			 struct plan *plan, struct diagnostics *diagnostics)
{
	bool apply = request->enforced && !request->no_apply;
	enum cli_exit code = CLI_DONE;
	int error = check_until(request, plan->after.policy, path, diagnostics);

	if (!error && apply)
		error = compile(plan, diagnostics);
	if (!error)
		error = write_new(path, text, diagnostics);
	if (error)
		return cli_exit_of(error);
	if (!request->json)
		fputs(text, stdout);
	if (apply) {
		code = plan_and_apply(request, plan, diagnostics);
		if (code != CLI_DONE && unlink(path) == 0)
			diagnostics_error(diagnostics, ECANCELED, (struct location){.file = path},
					  "it was not applied, so it was removed again");
	} else {
		say_not_applied(request, "written to", path);
	}
	if (code == CLI_DONE && request->json)
		print_json("added", path, apply, diagnostics);
	else if (code == CLI_DONE && apply)
		printf("%s\n", path);
	return code;
}

enum cli_exit except_add(const struct except_request *request, struct diagnostics *diagnostics)
{
	char *text = except_compose(request, time(NULL), diagnostics), *path = NULL;
	struct policy_sources sources = {0};
	struct plan plan = {.after.into_maps = true};
	enum cli_exit code = CLI_NO;
	int error = text ? policy_sources_read(request->policy, &sources, diagnostics) : -EINVAL;

	if (!error) {
		path = path_of(request, next_number(&sources));
		if (!path || policy_sources_put(&sources, path, text))
			error = out_of_memory(diagnostics);
	}
	if (!error)
		error = pipeline_read_sources(&plan.after, &sources, diagnostics);
	if (!error)
		code = add(request, path, text, &plan, diagnostics);
	else if (path)
		diagnostics_error(diagnostics, ECANCELED, (struct location){0},
				  "so %s was not written", path);
	plan_free(&plan);
	policy_sources_free(&sources);
	free(path);
	free(text);
	return code;
}

/* "except-12", "12", or the path of one. */
static unsigned named(const char *operand)
{
	unsigned number;
	char more;

	if (sscanf(operand, "except-%u%c", &number, &more) == 1 ||
	    sscanf(operand, "%u%c", &number, &more) == 1)
		return number;
	return except_number(operand);
}

static int refuse_unknown(const struct policy_sources *sources, const char *operand,
			  struct diagnostics *diagnostics)
{
	char there[256] = "";

	for (size_t i = 1; i < sources->count; i++) {
		unsigned number = except_number(sources->items[i].file);
		size_t length = strlen(there);

		if (number)
			snprintf(there + length, sizeof(there) - length, "%sexcept-%03u",
				 length ? ", " : "", number);
	}
	return diagnostics_error(diagnostics, ENOENT, (struct location){0},
				 "%s: no drop-in that 'gabelou except add' wrote%s%s; others are "
				 "yours to edit, 'gabelou except list' shows where they are",
				 operand, *there ? "; there are " : ", of which there are none",
				 there);
}

static enum cli_exit take_away(const struct except_request *request, const char *path,
			       const struct policy_sources *sources,
			       struct diagnostics *diagnostics)
{
	bool apply = request->enforced && !request->no_apply;
	struct plan plan = {.after.into_maps = true};
	enum cli_exit code = CLI_DONE;
	int error = pipeline_read_sources(&plan.after, sources, diagnostics);

	if (!error && apply)
		error = compile(&plan, diagnostics);
	if (error)
		code = cli_exit_of(error);
	else if (apply)
		code = plan_and_apply(request, &plan, diagnostics);
	plan_free(&plan);
	if (code != CLI_DONE)
		return code;
	if (unlink(path) || file_sync_folder(path)) {
		diagnostics_error(diagnostics, errno, (struct location){.file = path},
				  "cannot be removed: %s; remove it, lest the next apply bring it "
				  "back",
				  strerror(errno));
		return CLI_SYSTEM;
	}
	if (request->json)
		print_json("removed", path, apply, diagnostics);
	else if (apply)
		printf("removed %s\n", path);
	else
		say_not_applied(request, "removed", path);
	return CLI_DONE;
}

enum cli_exit except_remove(const struct except_request *request, struct diagnostics *diagnostics)
{
	struct policy_sources sources = {0};
	unsigned number = named(request->operands[0]);
	enum cli_exit code = CLI_NO;
	char *path = NULL;
	int error = policy_sources_read(request->policy, &sources, diagnostics);

	for (size_t i = 1; !error && number && !path && i < sources.count; i++)
		if (except_number(sources.items[i].file) == number)
			path = strdup(sources.items[i].file);
	if (!error && !path)
		error = refuse_unknown(&sources, request->operands[0], diagnostics);
	if (!error) {
		policy_sources_drop(&sources, path);
		code = take_away(request, path, &sources, diagnostics);
	}
	policy_sources_free(&sources);
	free(path);
	return code;
}
