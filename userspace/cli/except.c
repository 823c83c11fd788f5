// SPDX-License-Identifier: GPL-2.0-or-later
#include "userspace/cli/except.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "userspace/agent/manifest.h"
#include "userspace/cli/enforced.h"
#include "userspace/cli/page.h"
#include "userspace/flow/text.h"
#include "userspace/kernel/kernel.h"

#define DAY_SECONDS  86400
#define HOUR_SECONDS 3600

/* "67 days left", "5 hours left", "over: lets nothing pass". */
static const char *left(int64_t until, time_t now, char text[32])
{
	long long seconds = until - now;
	long long count = seconds >= DAY_SECONDS ? seconds / DAY_SECONDS : seconds / HOUR_SECONDS;

	if (seconds <= 0)
		return "over: it lets nothing pass";
	snprintf(text, 32, "%lld %s%s left", count, seconds >= DAY_SECONDS ? "day" : "hour",
		 count == 1 ? "" : "s");
	return text;
}

/* Its last day, as the policy has it. */
static const char *last_day(int64_t until, char text[16])
{
	time_t last = (time_t)until - 1;
	struct tm utc;

	strftime(text, 16, "%Y-%m-%d", gmtime_r(&last, &utc));
	return text;
}

static void print_targets(FILE *out, const struct rule *rule)
{
	char text[PREFIX_TEXT_SIZE];

	for (size_t i = 0; i < rule->to_count; i++)
		fprintf(out, "%s%s", i ? ", " : "to ", prefix_format(&rule->to[i], text));
	for (size_t i = 0; i < rule->asn_count; i++)
		fprintf(out, "%sAS%u", i ? ", " : rule->to_count ? " in " : "to ", rule->asns[i]);
	for (size_t i = 0; i < rule->service_count; i++)
		fprintf(out, "%s%s", i ? ", " : ", ", service_format(&rule->services[i], text));
}

static void print_one(const struct policy *policy, const struct rule *rule, time_t now)
{
	struct location place = rule_place(policy, rule);
	char name[RULE_NAME_SIZE], time_left[32], day[16], *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return;
	print_targets(out, rule);
	fprintf(out, "; until %s (%s); %s; %s:%u", last_day(rule->until, day),
		left(rule->until, now, time_left), rule->why, place.file, place.line);
	if (rule->by || rule->added)
		fprintf(out, ", by %s, %s", rule->by ? rule->by : "?",
			rule->added ? rule->added : "?");
	fclose(out);
	page_field(stdout, rule_name(rule, name), "%s", text);
	free(text);
}

static json_t *targets_json(const struct rule *rule)
{
	json_t *array = json_array();
	char text[PREFIX_TEXT_SIZE];

	for (size_t i = 0; i < rule->to_count; i++)
		json_array_append_new(array, json_string(prefix_format(&rule->to[i], text)));
	return array;
}

static json_t *one_json(const struct policy *policy, const struct rule *rule, time_t now)
{
	struct location place = rule_place(policy, rule);
	json_t *asns = json_array(), *ports = json_array();
	char name[RULE_NAME_SIZE], day[16], text[24];

	for (size_t i = 0; i < rule->asn_count; i++)
		json_array_append_new(asns, json_integer(rule->asns[i]));
	for (size_t i = 0; i < rule->service_count; i++)
		json_array_append_new(ports, json_string(service_format(&rule->services[i], text)));
	return json_pack("{s:s, s:o, s:o, s:o, s:s, s:I, s:b, s:o, s:o, s:o, s:o, s:I, s:I}",
			 "name", rule_name(rule, name), "to", targets_json(rule), "asn", asns,
			 "port", ports, "until", last_day(rule->until, day), "seconds_left",
			 (json_int_t)(rule->until > now ? rule->until - now : 0), "over",
			 rule->until <= now, "why", text_json(rule->why), "by", text_json(rule->by),
			 "added", text_json(rule->added), "file", text_json(place.file), "line",
			 (json_int_t)place.line, "column", (json_int_t)place.column);
}

static void print_list(const struct except_request *request, const struct policy *policy)
{
	char digest[DIGEST_TEXT_SIZE];
	bool in_force = request->enforced &&
			strcmp(digest_format(&policy->digest, digest), request->in_force) == 0;
	json_t *array = json_array();
	time_t now = time(NULL);
	bool any = false;

	for (size_t i = 0; i < policy->rule_count; i++) {
		if (policy->rules[i].kind != RULE_EXCEPT)
			continue;
		any = true;
		if (request->json)
			json_array_append_new(array, one_json(policy, &policy->rules[i], now));
		else
			print_one(policy, &policy->rules[i], now);
	}
	if (request->json) {
		cli_print_json(json_pack("{s:o, s:b, s:o}", "policy", text_json(request->policy),
					 "in_force", in_force, "exceptions", array));
		return;
	}
	json_decref(array);
	if (!any)
		printf("no exceptions in %s and its drop-ins\n", request->policy);
	if (!in_force && request->enforced)
		page_wrap(stdout, 0, 0,
			  "What is in force was made of other words than these files have now; "
			  "'gabelou plan' shows the difference, 'gabelou apply' makes it.");
}

enum cli_exit except_list(const struct except_request *request, struct diagnostics *diagnostics)
{
	struct pipeline pipeline = {0};
	int error = pipeline_read(&pipeline, request->policy, diagnostics);

	if (!error)
		print_list(request, pipeline.policy);
	pipeline_free(&pipeline);
	return cli_exit_of(error);
}

/* What is in force here, and where no policy was named, its file. */
static int find_enforced(struct except_request *request, struct diagnostics *diagnostics)
{
	struct manifest *manifest = NULL;
	int error = enforced_manifest(&manifest, diagnostics);

	if (!error) {
		if (!request->policy)
			request->policy = strdup(manifest->policy_file);
		request->enforced =
			request->policy && strcmp(request->policy, manifest->policy_file) == 0;
		snprintf(request->in_force, sizeof(request->in_force), "%s",
			 manifest->policy_sha256);
	}
	manifest_free(manifest);
	return error;
}

static int find_policy(struct except_request *request, const char *named,
		       struct diagnostics *diagnostics)
{
	struct diagnostics unheard = {0};

	if (!named) {
		int error = find_enforced(request, diagnostics);

		if (error == -ENOENT && !diagnostics->errors)
			diagnostics_error(diagnostics, ENOENT, (struct location){0},
					  "nothing is enforced here; name a policy: --policy FILE");
		return error;
	}
	request->policy = pipeline_absolute(named);
	/* Without privileges it is not known, and nothing can be applied. */
	find_enforced(request, &unheard);
	diagnostics_free(&unheard);
	return request->policy ? 0 : -ENOMEM;
}

static const char usage[] = "write 'gabelou except add TARGET... --until DATE --why TEXT [--port "
			    "443/tcp]', 'gabelou except list' or 'gabelou except remove NAME'";

/* What is missing or too much on the command line; NULL: nothing. */
static const char *find_fault(const char *what, const struct except_request *request)
{
	if (strcmp(what, "list") == 0)
		return request->operand_count ? "list takes nothing more" : NULL;
	if (strcmp(what, "remove") == 0)
		return request->operand_count == 1 ? NULL : "remove takes the name of one";
	if (strcmp(what, "add") != 0)
		return "add, list or remove?";
	if (!request->operand_count)
		return "where to?";
	if (!request->why || !*request->why)
		return "an exception needs a reason: --why 'CHG-1234 security updates'";
	if (!request->until || !*request->until)
		return "an exception needs an end: --until with its last day, as in 2027-01-31";
	return NULL;
}

int except_main(int argc, char **argv)
{
	struct except_request request = {0};
	const char *policy = NULL;
	struct cli_operands operands;
	const struct cli_verb verb = {
		.name = "except",
		.operands = "add TARGET... | list | remove NAME",
		.text = "Exceptions as drop-ins of the policy in force: add writes one with who, "
			"when and why, shows the plan and applies it. A target is an address, a "
			"prefix, AS64496, or a name, which stands for the addresses it has now.",
		.least = 1,
		.most = SIZE_MAX,
		.options = {{"why", "TEXT", NULL, &request.why, "the reason, which is kept"},
			    {"until", "DATE", NULL, &request.until, "its last day: 2027-01-31"},
			    {"port", "PORTS", NULL, &request.port,
			     "443/tcp,1000-2000/udp; needed for names and whole networks"},
			    {"policy", "FILE", NULL, &policy, "of this policy"},
			    {"no-apply", NULL, &request.no_apply, NULL, "change the files only"},
			    {"force", NULL, &request.force, NULL,
			     "even if it cuts the SSH connection that you come by"},
			    {"strict", NULL, &request.strict, NULL, "a warning is an error"}},
	};
	struct diagnostics diagnostics = {0};
	int code = cli_parse(argc, argv, &verb, &operands);

	if (code >= 0)
		return code;
	const char *what = operands.items[0];
	request.json = operands.json;
	request.operands = operands.items + 1;
	request.operand_count = operands.count - 1;
	const char *fault = find_fault(what, &request);
	if (fault) {
		diagnostics_error(&diagnostics, EINVAL, (struct location){0}, "%s; %s", fault,
				  usage);
		return cli_finish(&diagnostics, operands.json, CLI_USAGE);
	}
	int error = find_policy(&request, policy, &diagnostics);
	if (error)
		code = cli_exit_of(error);
	else if (strcmp(what, "list") == 0)
		code = (int)except_list(&request, &diagnostics);
	else
		code = (int)(strcmp(what, "add") == 0 ? except_add(&request, &diagnostics)
						      : except_remove(&request, &diagnostics));
	free(request.policy);
	return cli_finish(&diagnostics, operands.json, code);
}
