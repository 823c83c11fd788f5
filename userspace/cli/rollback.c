// SPDX-License-Identifier: GPL-2.0-or-later
#include "userspace/cli/rollback.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "userspace/agent/manifest.h"
#include "userspace/agent/state.h"
#include "userspace/agent/user.h"
#include "userspace/cli/cli.h"
#include "userspace/cli/enforce.h"
#include "userspace/cli/page.h"
#include "userspace/flow/text.h"

static uint32_t current_of(struct kernel *kernel)
{
	struct diagnostics unheard = {0};
	json_t *record = NULL;
	uint32_t generation = 0;

	if (kernel_record(kernel, &record, &unheard) == 0)
		generation = (uint32_t)json_integer_value(json_object_get(record, "generation"));
	json_decref(record);
	diagnostics_free(&unheard);
	return generation;
}

/* What the new generation's record says: as that of the old one, and what it is. */
static void complete_record(json_t *record, uint32_t from, uint32_t to, const char *why)
{
	json_object_del(record, "counters");
	json_object_set_new(record, "user", user_json());
	json_object_set_new(record, "version", json_string(GABELOU_VERSION));
	json_object_set_new(record, "rollback",
			    json_pack("{s:I, s:I, s:s}", "to", (json_int_t)to, "from",
				      (json_int_t)from, "why", why));
}

/* The policy, only for the options that it asks of the kernel side. */
static int read_policy(struct kernel *kernel, uint32_t to, struct pipeline *pipeline,
		       struct diagnostics *diagnostics)
{
	struct manifest *manifest = NULL;
	json_t *record = NULL;
	int error = kernel_record_of(kernel, to, &record, diagnostics);

	if (!error)
		error = manifest_read(record, &manifest, diagnostics);
	if (!error)
		error = pipeline_read_sources(pipeline, &manifest->sources, diagnostics);
	manifest_free(manifest);
	return error;
}

int rollback_prepare(struct kernel *kernel, uint32_t to, struct rollback *rollback,
		     struct diagnostics *diagnostics)
{
	int error = 0;

	rollback->to = to;
	if (!to)
		return 0;
	error = read_policy(kernel, to, &rollback->pipeline, diagnostics);
	if (!error)
		error = kernel_kept_table(kernel, to, &rollback->pipeline.table, diagnostics);
	if (!error)
		error = kernel_record_of(kernel, to, &rollback->record, diagnostics);
	if (error)
		rollback_free(rollback);
	return error;
}

void rollback_free(struct rollback *rollback)
{
	pipeline_free(&rollback->pipeline);
	json_decref(rollback->record);
	*rollback = (struct rollback){0};
}

int rollback_perform(struct kernel *kernel, struct rollback *rollback, const char *why,
		     struct diagnostics *diagnostics)
{
	struct kernel_options options;
	uint32_t generation;

	if (!rollback->to) {
		int error = kernel_detach(kernel, diagnostics);

		agent_state_remove();
		return error == -ENOENT ? 0 : error;
	}
	int error = enforce_options(rollback->pipeline.policy, &options, diagnostics);
	if (error)
		return error;
	options.early = true;
	complete_record(rollback->record, current_of(kernel), rollback->to, why);
	return kernel_apply(kernel, rollback->pipeline.table, &options, rollback->record,
			    &generation, diagnostics);
}

/* So that one can come back to it, too. Without it, one goes back to what it was made from. */
static void keep_table(struct kernel *kernel)
{
	struct diagnostics unheard = {0};

	kernel_keep_table(kernel, &unheard);
	diagnostics_free(&unheard);
}

int rollback_if_due(struct kernel *kernel, struct rollback *prepared,
		    struct diagnostics *diagnostics)
{
	struct rollback own = {0};
	struct kernel_pending pending;
	int error = 0;

	if (!kernel_pending(kernel, &pending) || pending.left_ns || *pending.failed)
		return 0;
	if (!prepared || !prepared->record || prepared->to != pending.previous) {
		prepared = &own;
		error = rollback_prepare(kernel, pending.previous, &own, diagnostics);
	}
	if (!error)
		error = rollback_perform(kernel, prepared, "not-confirmed", diagnostics);
	rollback_free(&own);
	if (error)
		return error;
	kernel_retire(kernel, diagnostics);
	keep_table(kernel);
	diagnostics_warn(diagnostics, (struct location){0},
			 "generation %u was not confirmed in time and was taken back",
			 pending.generation);
	return 0;
}

int rollback_check_trial(struct kernel *kernel, struct diagnostics *diagnostics)
{
	struct kernel_pending pending;
	int error = rollback_if_due(kernel, NULL, diagnostics);

	if (error || !kernel_pending(kernel, &pending) || *pending.failed)
		return error;
	return diagnostics_error(diagnostics, ECANCELED, (struct location){0},
				 "generation %u is on trial for another %lld s; 'gabelou confirm' "
				 "keeps it, 'gabelou rollback' takes it back; then try again",
				 pending.generation, kernel_pending_seconds(&pending));
}

/* The generation that what is in force was made as: itself, or the one that it brought back. */
static uint32_t origin_of(struct kernel *kernel, uint32_t generation)
{
	struct diagnostics unheard = {0};
	json_t *record = NULL;
	json_int_t to = 0;

	if (kernel_record_of(kernel, generation, &record, &unheard) == 0)
		to = json_integer_value(json_object_get(json_object_get(record, "rollback"), "to"));
	json_decref(record);
	diagnostics_free(&unheard);
	return to ? (uint32_t)to : generation;
}

/* Which are there, for the message; the current one is none to go back to. */
static int refuse(const uint32_t *kept, size_t count, uint32_t current, const char *text,
		  struct diagnostics *diagnostics)
{
	char there[128] = "";

	for (size_t i = 0; i < count; i++) {
		size_t length = strlen(there);

		if (kept[i] != current)
			snprintf(there + length, sizeof(there) - length, "%s%u", length ? ", " : "",
				 kept[i]);
	}
	return diagnostics_error(diagnostics, ENOENT, (struct location){0}, "%s%s%s%s",
				 text ? text : "no earlier generation is kept",
				 text ? ": no generation to go back to" : "",
				 *there ? "; there are " : "; there is none on the disk", there);
}

/* What @text names, or without it the one before what is in force. */
static int find_target(struct kernel *kernel, const char *text, uint32_t *to,
		       struct diagnostics *diagnostics)
{
	uint32_t *kept = NULL, current = current_of(kernel), wanted = 0;
	size_t count = 0;
	char *end = NULL;
	int error = kernel_kept(kernel, &kept, &count);
	unsigned long number = text ? strtoul(text, &end, 10) : 0;
	uint32_t below = text ? 0 : origin_of(kernel, current);

	if (error)
		return diagnostics_error(diagnostics, -error, (struct location){0},
					 "the records cannot be read: %s", strerror(-error));
	for (size_t i = 0; i < count && !wanted; i++)
		if (text ? !*end && kept[i] == number && kept[i] != current : kept[i] < below)
			wanted = kept[i];
	if (!wanted)
		error = refuse(kept, count, current, text, diagnostics);
	free(kept);
	*to = wanted;
	return error;
}

static void print_one(uint32_t generation, uint32_t current, const json_t *record)
{
	const json_t *policy = json_object_get(record, "policy");
	const json_t *again = json_object_get(record, "rollback");
	const char *name = json_string_value(json_object_get(policy, "name"));
	const char *since = json_string_value(json_object_get(record, "since"));
	const char *login =
		json_string_value(json_object_get(json_object_get(record, "user"), "login"));
	char label[16], as[32] = "";

	snprintf(label, sizeof(label), "%u", generation);
	if (again)
		snprintf(as, sizeof(as), ", as %lld was",
			 json_integer_value(json_object_get(again, "to")));
	page_field(stdout, label, "%s%s, since %s, by %s%s%s", name ? name : "?", as,
		   since ? since : "?", login ? login : "?",
		   json_is_string(json_object_get(record, "mode")) &&
				   strcmp(json_string_value(json_object_get(record, "mode")),
					  "monitor") == 0
			   ? ", monitor"
			   : "",
		   generation == current ? "; in force" : "");
}

static json_t *one_json(uint32_t generation, uint32_t current, const json_t *record)
{
	json_t *policy = json_object_get(record, "policy");
	json_t *again = json_object_get(record, "rollback");

	return json_pack("{s:I, s:O?, s:O?, s:{s:O?, s:O?, s:O?}, s:O?, s:O?, s:b}", "generation",
			 (json_int_t)generation, "since", json_object_get(record, "since"), "mode",
			 json_object_get(record, "mode"), "policy", "name",
			 json_object_get(policy, "name"), "file", json_object_get(policy, "file"),
			 "sha256", json_object_get(policy, "sha256"), "user",
			 json_object_get(record, "user"), "rollback", again, "in_force",
			 generation == current);
}

static enum cli_exit list(struct kernel *kernel, bool json, struct diagnostics *diagnostics)
{
	uint32_t *kept = NULL, current = current_of(kernel);
	json_t *array = json_array();
	size_t count = 0;
	int error = kernel_kept(kernel, &kept, &count);

	for (size_t i = 0; i < count; i++) {
		json_t *record = NULL;

		if (kernel_record_of(kernel, kept[i], &record, diagnostics))
			continue;
		if (json)
			json_array_append_new(array, one_json(kept[i], current, record));
		else
			print_one(kept[i], current, record);
		json_decref(record);
	}
	free(kept);
	if (json)
		cli_print_json(json_pack("{s:O}", "generations", array));
	json_decref(array);
	if (error || !count)
		diagnostics_error(diagnostics, ENOENT, (struct location){0},
				  "no generation is kept here; gabelou apply POLICY begins");
	return error || !count ? CLI_NO : CLI_DONE;
}

/* Says what came back, as apply does. */
static enum cli_exit show(struct kernel *kernel, uint32_t from, uint32_t to, bool json,
			  struct diagnostics *diagnostics)
{
	const struct enforcement enforcement = {.json = json};

	if (!to && json)
		cli_print_json(json_pack("{s:I, s:n, s:o}", "rolled_back", (json_int_t)from,
					 "generation", "errors", cli_errors(diagnostics)));
	else if (!to)
		printf("generation %u was taken back: nothing is enforced, as before\n", from);
	if (!to)
		return CLI_DONE;
	if (!json)
		printf("generation %u was taken back; as generation %u was:\n", from, to);
	if (enforce_show(kernel, &enforcement, diagnostics))
		return CLI_SYSTEM;
	fflush(stdout);
	keep_table(kernel);
	return CLI_DONE;
}

static enum cli_exit roll_back(struct kernel *kernel, const char *text, bool json,
			       struct diagnostics *diagnostics)
{
	struct kernel_pending pending = {0};
	struct rollback rollback = {0};
	bool on_trial = kernel_pending(kernel, &pending);
	uint32_t from = current_of(kernel), to = pending.previous;
	int error = 0;

	if (!from && !on_trial && !text) {
		diagnostics_error(diagnostics, ENOENT, (struct location){0},
				  "nothing is enforced here; 'gabelou apply --again' enforces what "
				  "was last, 'gabelou rollback N' what was before it (--list)");
		return CLI_NO;
	}
	if (text || !on_trial)
		error = find_target(kernel, text, &to, diagnostics);
	if (error)
		return CLI_NO;
	error = rollback_prepare(kernel, to, &rollback, diagnostics);
	if (!error)
		error = rollback_perform(kernel, &rollback, "asked", diagnostics);
	rollback_free(&rollback);
	if (error)
		return cli_exit_of(error) == CLI_NO ? CLI_NO : CLI_SYSTEM;
	return show(kernel, from ? from : pending.generation, to, json, diagnostics);
}

int rollback_main(int argc, char **argv)
{
	bool when_due = false, listed = false;
	struct cli_operands operands;
	const struct cli_verb verb = {
		.name = "rollback",
		.operands = "[GENERATION]",
		.text = "Enforces again what an earlier generation was, from the disk, whatever "
			"became of the files that it was made of: the one before what is on trial "
			"or in force, or any of the last five.",
		.most = 1,
		.options = {{"list", NULL, &listed, NULL, "which there are"},
			    {"when-due", NULL, &when_due, NULL,
			     "wait for the end of a trial (apply starts this by itself)"}},
	};
	struct diagnostics diagnostics = {0};
	struct kernel *kernel = NULL;
	int code = cli_parse(argc, argv, &verb, &operands);

	if (code >= 0)
		return code;
	if (when_due)
		return cli_finish(&diagnostics, false, rollback_watch(&diagnostics));
	int error = kernel_open(listed ? KERNEL_READ : KERNEL_CHANGE, &kernel, &diagnostics);
	const char *text = operands.count ? operands.items[0] : NULL;

	code = CLI_SYSTEM;
	if (!error && listed)
		code = (int)list(kernel, operands.json, &diagnostics);
	else if (!error)
		code = (int)roll_back(kernel, text, operands.json, &diagnostics);
	kernel_close(kernel);
	return cli_finish(&diagnostics, operands.json, code);
}
