// SPDX-License-Identifier: GPL-2.0-or-later
#include "userspace/cli/survey.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include "userspace/base/clock.h"
#include "userspace/cli/cli.h"
#include "userspace/cli/duration.h"
#include "userspace/cli/logs.h"
#include "userspace/cli/progress.h"

#define SINCE_DEFAULT "14d"
#define HOSTS_DEFAULT "/etc/hosts"

struct survey_options {
	const char *since;
	const char *names; /* NULL: HOSTS_DEFAULT, which may be missing */
	bool yaml;
};

static int read_names(struct hosts *hosts, const char *path, struct diagnostics *diagnostics)
{
	FILE *file = fopen(path ? path : HOSTS_DEFAULT, "re");

	if (!file && !path)
		return 0;
	if (!file)
		return diagnostics_error(diagnostics, errno, (struct location){.file = path},
					 "cannot be read: %s; name a file like /etc/hosts",
					 strerror(errno));
	int error = hosts_read(file, path ? path : HOSTS_DEFAULT, hosts, diagnostics);

	fclose(file);
	return error;
}

static void print(const struct survey_page *page, const struct survey_options *options, bool json)
{
	if (json)
		cli_print_json(survey_json(page));
	else if (options->yaml)
		survey_print_drop_in(stdout, page);
	else if (!page->survey->lines)
		printf("There is nothing in the log since %s UTC.\n", page->survey->since);
	else if (!page->survey->flows && !page->survey->packets)
		printf("Nothing would have been cut.\n");
	else
		survey_print(stdout, page);
}

static int make_survey(const struct survey_options *options, const struct cli_operands *operands,
		       int64_t since, struct diagnostics *diagnostics)
{
	struct survey survey;
	struct survey_report report = {0};
	struct hosts hosts = {0};
	int error = survey_begin(&survey, since);

	progress_begin("reading the log");
	if (!error)
		error = read_names(&hosts, options->names, diagnostics);
	if (!error)
		error = logs_read(&survey, operands->items, operands->count, since, diagnostics);
	if (!error)
		error = survey_end(&survey);
	if (!error)
		error = survey_report_make(&survey, &hosts, &report);
	progress_end();
	if (!error) {
		struct survey_page page = {.survey = &survey, .report = &report, .hosts = &hosts};

		survey_until(time(NULL), page.until);
		print(&page, options, operands->json);
	} else if (!diagnostics->errors) {
		diagnostics_error(diagnostics, -error, (struct location){0}, "%s",
				  strerror(-error));
	}
	survey_report_free(&report);
	survey_free(&survey);
	hosts_free(&hosts);
	return error;
}

int survey_main(int argc, char **argv)
{
	struct survey_options options = {.since = SINCE_DEFAULT};
	struct cli_operands operands;
	const struct cli_verb verb = {
		.name = "survey",
		.operands = "[LOG...]",
		.text = "Says what the policy would have cut while it was in monitor mode (or has "
			"cut), by process, unit, name and operator, how often and since when, "
			"worst "
			"first; proposes exceptions, and says what stays unexplained. Reads the "
			"agent's log (without LOG, " LOGS_DEFAULT
			" and what it was rotated to; \"-\" "
			"is standard input) and nothing else.",
		.most = SIZE_MAX,
		.options = {{"since", "TIME", NULL, &options.since,
			     "so far back: 14d (the default), 12h, 30m"},
			    {"names", "FILE", NULL, &options.names,
			     "names of addresses; without it, /etc/hosts"},
			    {"yaml", NULL, &options.yaml, NULL,
			     "a drop-in with all exceptions, and nothing else"}},
	};
	struct diagnostics diagnostics = {0};
	uint64_t since_ns;
	int code = cli_parse(argc, argv, &verb, &operands);

	if (code >= 0)
		return code;
	if (!duration_parse(options.since, &since_ns)) {
		fprintf(stderr, "gabelou survey: --since %s: not a time; write 14d, 12h or 30m\n",
			options.since);
		return CLI_USAGE;
	}
	int64_t since = (int64_t)time(NULL) - (int64_t)(since_ns / SECOND_NS);

	code = cli_exit_of(make_survey(&options, &operands, since, &diagnostics));
	return cli_finish(&diagnostics, operands.json, code);
}
