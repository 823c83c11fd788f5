// SPDX-License-Identifier: GPL-2.0-or-later
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "userspace/cli/ages.h"
#include "userspace/cli/status.h"
#include "userspace/fetch/stage.h"

#define add_problem status_add_problem

void status_add_problem(struct status *status, const char *format, ...)
{
	va_list arguments;
	char *text;

	va_start(arguments, format);
	int length = vasprintf(&text, format, arguments);
	va_end(arguments);
	if (length < 0)
		return;
	json_array_append_new(status->problems, text_json(text));
	free(text);
}

static void find_unguarded(struct status *status)
{
	for (size_t i = 0; i < status->enforced.interface_count; i++) {
		const struct kernel_interface *interface = &status->enforced.interfaces[i];

		if (!enforced_is_exit(interface) || interface->guarded ||
		    strcmp(interface->role, "guest") == 0)
			continue;
		if (hook_is_gateway(interface->hook))
			add_problem(status,
				    "%s is inside and has no gateway: what comes in there is not "
				    "judged before it leaves; apply the policy again",
				    interface->name);
		else
			add_problem(status,
				    "%s has no guard: %s; apply the policy again, or name it under "
				    "interfaces.guard",
				    interface->name,
				    status->backstop ? "the backstop lets nothing out there"
						     : "what leaves there is not judged");
	}
}

static void find_weakly_guarded(struct status *status)
{
	for (size_t i = 0; i < status->enforced.interface_count; i++) {
		const struct kernel_interface *interface = &status->enforced.interfaces[i];

		if (interface->guarded && interface->hook == HOOK_CLSACT)
			add_problem(status,
				    "%s is guarded through clsact, which a tc command can remove "
				    "(TCX came with Linux 6.6)",
				    interface->name);
		if (interface->guarded && interface->hook == HOOK_XDP_GENERIC)
			add_problem(status,
				    "%s has its gateway in generic XDP, since its driver refused "
				    "native XDP: slower, the same verdicts",
				    interface->name);
	}
}

static void find_unnoted(struct status *status)
{
	for (size_t i = 0; i < status->enforced.interface_count; i++)
		if (status->enforced.interfaces[i].unnoted)
			add_problem(status,
				    "%s does not note what comes in, so answers to it are judged "
				    "(replies); apply the policy again",
				    status->enforced.interfaces[i].name);
}

static void find_foreign(struct status *status)
{
	for (size_t i = 0; i < status->foreign_count; i++) {
		const struct kernel_foreign *one = &status->foreign[i];

		if (one->in_front)
			add_problem(
				status,
				"%s: another program (\"%s\", id %u) runs in front of the guard: "
				"what it redirects is not judged; detach and apply puts the guard "
				"first again",
				one->interface, one->name, one->program);
	}
}

/* In monitor mode nothing is closed. */
static void find_open_births(struct status *status)
{
	const json_t *kernel = json_object_get(status->enforced.manifest->json, "kernel");

	if (status->enforced.manifest->monitor || status->backstop)
		return;
	add_problem(status,
		    "no backstop: an interface that appears is open until its guard is on it, %s; "
		    "%s",
		    status->agent_running ? "some milliseconds" : "by the next apply",
		    json_is_false(json_object_get(kernel, "backstop"))
			    ? "the policy leaves it out (interfaces: {backstop: off})"
			    : "apply the policy again (the backstop needs Linux 6.16)");
}

static void find_old_data(struct status *status)
{
	json_t *json = status->enforced.manifest->json, *item;
	json_t *data = json_object_get(json, "data"), *limits = json_object_get(json, "max_age");
	unsigned warn = (unsigned)json_integer_value(json_object_get(limits, "warn"));
	unsigned stale = (unsigned)json_integer_value(json_object_get(limits, "stale"));
	struct aged *items = calloc(json_array_size(data) + 1, sizeof(*items));
	size_t i, count = 0;

	json_array_foreach (data, i, item) {
		const char *name = json_string_value(json_object_get(item, "name"));
		const char *date = json_string_value(json_object_get(item, "date"));

		if (items && name && date)
			items[count++] = (struct aged){name, date};
	}
	if (!items)
		return;
	char *old = ages_message(items, count, warn, stale, time(NULL));
	if (old)
		add_problem(status, "%s; " AGES_REMEDY ", and apply again", old);
	free(old);
	free(items);
}

/* The first source that failed, or NULL. */
static json_t *failed_source(const struct status *status, size_t *failed)
{
	json_t *item, *first = NULL;
	size_t i;

	*failed = 0;
	json_array_foreach (json_object_get(status->update, "files"), i, item) {
		const char *outcome = json_string_value(json_object_get(item, "outcome"));

		if (!outcome || strcmp(outcome, "failed") != 0)
			continue;
		first = first ? first : item;
		++*failed;
	}
	return first;
}

bool status_update_failed(const struct status *status)
{
	const char *outcome = json_string_value(json_object_get(status->update, "outcome"));
	size_t failed;

	return failed_source(status, &failed) ||
	       (outcome && (strcmp(outcome, "failed") == 0 || strcmp(outcome, "refused") == 0));
}

static void find_failed_update(struct status *status)
{
	const char *when = json_string_value(json_object_get(status->update, "time"));
	const char *message = json_string_value(json_object_get(status->update, "message"));
	size_t failed;
	json_t *source = failed_source(status, &failed);

	if (message)
		add_problem(status, "the update of %s changed nothing: %s", when ? when : "?",
			    message);
	if (!source)
		return;
	const char *file = json_string_value(json_object_get(source, "file"));
	const char *why = json_string_value(json_object_get(source, "message"));
	add_problem(status, "the update of %s could not fetch %s (%s)%s", when ? when : "?",
		    file ? file : "?", why ? why : "?",
		    failed > 1 ? ", nor others: see --json" : "");
}

#define DAY_SECONDS 86400
#define SOON_DAYS   7

/* Exceptions that end soon, or are over. */
static void find_ending_exceptions(struct status *status)
{
	json_t *rules = json_object_get(status->enforced.manifest->json, "rules"), *rule;
	time_t now = time(NULL);
	size_t i;

	json_array_foreach (rules, i, rule) {
		time_t until = (time_t)json_integer_value(json_object_get(rule, "until"));
		const char *name = json_string_value(json_object_get(rule, "name"));
		const char *why = json_string_value(json_object_get(rule, "why"));
		const char *file = json_string_value(json_object_get(rule, "file"));
		int days = (int)((until - now) / DAY_SECONDS);
		char place[PATH_MAX] = "";

		if (file)
			snprintf(place, sizeof(place), ", at %s:%lld", file,
				 (long long)json_integer_value(json_object_get(rule, "line")));
		if (!until || until - now > SOON_DAYS * DAY_SECONDS)
			continue;
		if (until <= now)
			add_problem(status, "%s (%s) is over and lets nothing pass%s", name, why,
				    place);
		else if (days)
			add_problem(status, "%s (%s) ends in %d day%s%s", name, why, days,
				    days == 1 ? "" : "s", place);
		else
			add_problem(status, "%s (%s) ends within a day%s", name, why, place);
	}
}

/* Without a cgroup there was none to be had, or none was wanted. */
static void find_unhooked(struct status *status)
{
	if (status->sockets_why && *status->cgroup)
		add_problem(status, "sockets on cgroup %s are not hooked: %s", status->cgroup,
			    status->sockets_why);
}

static void find_bypasses(struct status *status)
{
	for (size_t i = 0; i < status->book_count; i++) {
		char *text = status_books_problem(&status->books[i]);

		if (text)
			add_problem(status, "%s", text);
		free(text);
	}
}

static void find_problems(struct status *status)
{
	status_find_changes(status);
	find_bypasses(status);
	find_unguarded(status);
	find_unhooked(status);
	if (status->enforced.manifest->monitor)
		add_problem(status, "monitor mode: what is denied is counted and logged, and let "
				    "pass");
	find_weakly_guarded(status);
	find_unnoted(status);
	find_foreign(status);
	find_open_births(status);
	if (status->events_lost)
		add_problem(status,
			    "events lost: %llu; the flow log is not complete, the counters "
			    "are",
			    (unsigned long long)status->events_lost);
	if (!status->agent_running)
		add_problem(status, "no agent runs: blocked flows are counted but not logged; "
				    "start gabelou agent");
	find_ending_exceptions(status);
	find_failed_update(status);
	find_old_data(status);
}

int status_read(struct kernel *kernel, struct status *status, struct diagnostics *diagnostics)
{
	struct counter *counters = NULL;
	uint64_t lost = 0;
	size_t count;
	int error = enforced_read(kernel, &status->enforced, diagnostics);

	if (!error)
		error = kernel_counters(kernel, &counters, &count, diagnostics);
	if (error)
		return error;
	error = totals_of(status->enforced.manifest, counters, count, &status->totals);
	free(counters);
	if (error)
		return diagnostics_error(diagnostics, -error, (struct location){0},
					 "the counters do not fit the record of what is enforced; "
					 "apply the policy again");
	status->problems = json_array();
	status->update = stage_last();
	status->agent = agent_state_read(&status->agent_running);
	status->pause = kernel_noted(kernel, KERNEL_NOTE_PAUSE);
	status->on_trial = kernel_pending(kernel, &status->pending);
	agent_books_read(&status->books, &status->book_count);
	status->backstop = kernel_backstop_stands(kernel);
	error = kernel_foreign(&status->foreign, &status->foreign_count, diagnostics);
	if (error)
		return error;
	if (kernel_paused(kernel, &status->paused, diagnostics) != 0)
		add_problem(status, "whether it is paused cannot be read");
	if (kernel_events_lost(kernel, &lost) != 0)
		add_problem(status, "how many events were lost cannot be read");
	if (kernel_answers(kernel, status->answers) != 0)
		add_problem(status, "how many senders were told of a denial cannot be read");
	if (kernel_sockets(kernel, status->cgroup, &status->sockets_why, diagnostics) != 0)
		status->sockets_why = "the record of what is enforced is damaged";
	status->events_lost = lost + status->agent.log_lost;
	status->layers = status_layers(status->enforced.manifest);
	find_problems(status);
	return 0;
}

void status_free(struct status *status)
{
	enforced_free(&status->enforced);
	json_decref(status->pause);
	free(status->totals.items);
	free(status->foreign);
	free(status->books);
	json_decref(status->update);
	json_decref(status->problems);
	*status = (struct status){0};
}
