// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "userspace/agent/user.h"
#include "userspace/base/clock.h"
#include "userspace/cli/cli.h"
#include "userspace/cli/duration.h"
#include "userspace/cli/page.h"
#include "userspace/flow/text.h"
#include "userspace/kernel/kernel.h"

static json_t *now_json(void)
{
	char text[TIME_TEXT_SIZE];

	return json_string(text_time((int64_t)time(NULL) * SECOND_NS, text));
}

/* The note first: what cannot be put on record is not done. */
static int pause_for(struct kernel *kernel, uint64_t seconds, const char *why,
		     struct diagnostics *diagnostics)
{
	json_t *note = json_pack("{s:o, s:I, s:o, s:o}", "since", now_json(), "seconds",
				 (json_int_t)seconds, "why", text_json(why), "user", user_json());
	json_t *before = kernel_noted(kernel, KERNEL_NOTE_PAUSE);
	int error = kernel_note(kernel, KERNEL_NOTE_PAUSE, note, diagnostics);

	if (!error)
		error = kernel_pause(kernel, seconds, diagnostics);
	if (error && before)
		kernel_note(kernel, KERNEL_NOTE_PAUSE, before, diagnostics);
	json_decref(before);
	json_decref(note);
	return error;
}

static int end(struct kernel *kernel, struct diagnostics *diagnostics)
{
	json_t *note;
	uint64_t left = 0;
	int error = kernel_paused(kernel, &left, diagnostics);

	if (!error && !left)
		return diagnostics_error(diagnostics, ENOENT, (struct location){0},
					 "nothing is paused here; 'gabelou status' says what is "
					 "enforced");
	if (!error)
		error = kernel_resume(kernel, diagnostics);
	if (error)
		return error;
	note = kernel_noted(kernel, KERNEL_NOTE_PAUSE);
	json_object_set_new(note, "ended",
			    json_pack("{s:o, s:o}", "time", now_json(), "user", user_json()));
	/* It has ended, whether that can be written down or not. */
	if (note && kernel_note(kernel, KERNEL_NOTE_PAUSE, note, diagnostics))
		error = -EIO;
	json_decref(note);
	return error;
}

static void print_paused(uint64_t seconds, const char *text)
{
	time_t until = time(NULL) + (time_t)seconds;
	char when[16], *line = NULL;
	struct tm local;

	strftime(when, sizeof(when), "%H:%M:%S", localtime_r(&until, &local));
	if (asprintf(&line,
		     "paused for %s, until %s: what is denied passes, counted and logged; the "
		     "kernel ends it, 'gabelou pause --end' does so earlier",
		     text, when) > 0)
		page_wrap(stdout, 0, 2, line);
	free(line);
}

struct request {
	const char *time, *why;
	bool end, json;
	uint64_t seconds;
};

/* 0, or -EINVAL with a message. */
static int check(struct request *request, struct diagnostics *diagnostics)
{
	uint64_t time_ns;

	if (request->end && (request->time || request->why))
		return diagnostics_error(diagnostics, EINVAL, (struct location){0},
					 "--end takes neither --for nor --why");
	if (request->end)
		return 0;
	if (!request->time || !request->why || !*request->why)
		return diagnostics_error(diagnostics, EINVAL, (struct location){0},
					 "a pause has a length and a reason; write --for 30m --why "
					 "'CHG-1234 vendor on site'");
	if (!duration_parse(request->time, &time_ns) || time_ns / SECOND_NS > KERNEL_PAUSE_MOST_S)
		return diagnostics_error(
			diagnostics, EINVAL, (struct location){0},
			"--for %s: not a time; write 10s, 30m or 2h, a day at most", request->time);
	request->seconds = time_ns / SECOND_NS;
	return 0;
}

static int perform(struct kernel *kernel, const struct request *request,
		   struct diagnostics *diagnostics)
{
	int error = request->end ? end(kernel, diagnostics)
				 : pause_for(kernel, request->seconds, request->why, diagnostics);

	if (error)
		return error;
	if (request->json)
		cli_print_json(json_pack("{s:o, s:o}", "paused",
					 request->end ? json_null()
						      : json_integer((json_int_t)request->seconds),
					 "errors", cli_errors(diagnostics)));
	else if (request->end)
		printf("the pause is over\n");
	else
		print_paused(request->seconds, request->time);
	return 0;
}

int pause_main(int argc, char **argv)
{
	struct request request = {0};
	struct cli_operands operands;
	const struct cli_verb verb = {
		.name = "pause",
		.operands = "",
		.text = "Lets pass what is denied, for a time, on the record. The kernel ends it "
			"by "
			"itself, whatever else runs.",
		.options = {{"for", "TIME", NULL, &request.time, "so long: 10s, 30m, 2h"},
			    {"why", "TEXT", NULL, &request.why, "the reason, which is kept"},
			    {"end", NULL, &request.end, NULL, "end it now"}},
	};
	struct diagnostics diagnostics = {0};
	struct kernel *kernel = NULL;
	int code = cli_parse(argc, argv, &verb, &operands);

	if (code >= 0)
		return code;
	request.json = operands.json;
	if (check(&request, &diagnostics))
		return cli_finish(&diagnostics, operands.json, CLI_USAGE);
	int error = kernel_open(KERNEL_CHANGE, &kernel, &diagnostics);

	code = CLI_SYSTEM;
	if (!error) {
		error = perform(kernel, &request, &diagnostics);
		code = error ? error == -ENOENT ? CLI_NO : CLI_SYSTEM : CLI_DONE;
	}
	kernel_close(kernel);
	return cli_finish(&diagnostics, operands.json, code);
}
