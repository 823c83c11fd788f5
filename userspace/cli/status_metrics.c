// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Status as metrics, in Prometheus' text format 0.0.4: for a node exporter's textfile collector.
 * Counters begin anew with each generation, which Prometheus takes for a restart. Never an address
 * as a label.
 */
#include <stdlib.h>
#include <string.h>

#include "userspace/cli/ages.h"
#include "userspace/cli/status.h"

/* A label's value: backslash, quote and newline are escaped. */
static void print_value(FILE *out, const char *text)
{
	fputc('"', out);
	for (; *text; text++) {
		if (*text == '\n') {
			fputs("\\n", out);
			continue;
		}
		if (*text == '"' || *text == '\\')
			fputc('\\', out);
		fputc(*text, out);
	}
	fputc('"', out);
}

static void print_label(FILE *out, const char *before, const char *name, const char *value)
{
	fprintf(out, "%s%s=", before, name);
	print_value(out, value ? value : "");
}

static void print_help(FILE *out, const char *name, const char *type, const char *help)
{
	fprintf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static const char *verdict_label(enum verdict verdict)
{
	return verdict == VERDICT_ALLOW ? "allow" : "deny";
}

static void print_reasons(FILE *out, const struct totals *totals, const char *name, bool bytes)
{
	print_help(out, name, "counter", "What this generation judged, by reason.");
	for (int reason = 0; reason < REASON_COUNT; reason++) {
		const struct counter *counter = &totals->reasons[reason];

		fputs(name, out);
		print_label(out, "{", "verdict", verdict_label(reason_verdict(reason)));
		print_label(out, ",", "reason", reason_name(reason));
		fprintf(out, "} %llu\n",
			(unsigned long long)(bytes ? counter->bytes : counter->packets));
	}
}

static void print_soils(FILE *out, const struct totals *totals)
{
	char code[3];

	print_help(out, "gabelou_soil_bytes_total", "counter",
		   "What this generation judged, by soil and owner.");
	for (size_t i = 0; i < totals->count; i++) {
		const struct total *total = &totals->items[i];

		fputs("gabelou_soil_bytes_total", out);
		print_label(out, "{", "soil", total->soil ? country_format(total->soil, code) : "");
		print_label(out, ",", "owner", total->owner);
		print_label(out, ",", "verdict", verdict_label(total->verdict));
		if (total->reply)
			print_label(out, ",", "reply", "yes");
		fprintf(out, "} %llu\n", (unsigned long long)total->counter.bytes);
	}
}

static void print_data(FILE *out, const struct manifest *manifest)
{
	json_t *item;
	size_t i;

	print_help(out, "gabelou_data_age_seconds", "gauge", "How old a source is.");
	json_array_foreach (json_object_get(manifest->json, "data"), i, item) {
		const char *date = json_string_value(json_object_get(item, "date"));
		int days = date ? age_days(date, time(NULL)) : -1;

		if (days < 0)
			continue;
		fputs("gabelou_data_age_seconds", out);
		print_label(out, "{", "source", json_string_value(json_object_get(item, "name")));
		print_label(out, ",", "role", json_string_value(json_object_get(item, "role")));
		fprintf(out, "} %lld\n", days * 86400ll);
	}
}

static void print_update(FILE *out, const struct status *status)
{
	json_t *item;
	size_t i;

	if (!status->update)
		return;
	print_help(out, "gabelou_update_succeeded", "gauge",
		   "Whether the last update of data went through (1) or was refused or failed.");
	fprintf(out, "gabelou_update_succeeded %d\n", !status_update_failed(status));
	print_help(out, "gabelou_update_source_failed", "gauge",
		   "Whether a source could not be fetched by the last update.");
	json_array_foreach (json_object_get(status->update, "files"), i, item) {
		const char *outcome = json_string_value(json_object_get(item, "outcome"));

		fputs("gabelou_update_source_failed", out);
		print_label(out, "{", "file", json_string_value(json_object_get(item, "file")));
		fprintf(out, "} %d\n", outcome && strcmp(outcome, "failed") == 0);
	}
}

/* An interface that is gone, and one that has its name now, are one series. */
static bool name_is_new(const struct status *status, size_t at)
{
	for (size_t i = 0; i < at; i++)
		if (strcmp(status->books[i].interface, status->books[at].interface) == 0)
			return false;
	return true;
}

static unsigned long long bypassed_on(const struct status *status, const char *interface)
{
	unsigned long long packets = 0;

	for (size_t i = 0; i < status->book_count; i++)
		if (strcmp(status->books[i].interface, interface) == 0)
			packets += status->books[i].bypassed;
	return packets;
}

static bool is_checked(const struct status *status, const char *interface)
{
	bool checked = status->agent_running;

	for (size_t i = 0; i < status->book_count; i++)
		if (status->books[i].why && strcmp(status->books[i].interface, interface) == 0)
			checked = false;
	return checked;
}

static void print_book(FILE *out, const char *name, const char *interface, unsigned long long value)
{
	fputs(name, out);
	print_label(out, "{", "interface", interface);
	fprintf(out, "} %llu\n", value);
}

static void print_books(FILE *out, const struct status *status)
{
	static const char *const bypass = "gabelou_bypass_packets_total";
	static const char *const checked = "gabelou_books_checked";

	print_help(out, bypass, "counter",
		   "Packets that went past the guard, at least: sent beyond what was let pass.");
	for (size_t i = 0; i < status->book_count; i++)
		if (name_is_new(status, i))
			print_book(out, bypass, status->books[i].interface,
				   bypassed_on(status, status->books[i].interface));
	print_help(out, checked, "gauge",
		   "Whether what an interface sends can be compared with what was let pass.");
	for (size_t i = 0; i < status->book_count; i++)
		if (name_is_new(status, i))
			print_book(out, checked, status->books[i].interface,
				   is_checked(status, status->books[i].interface));
}

static size_t guarded_interfaces(const struct enforced *enforced)
{
	size_t count = 0;

	for (size_t i = 0; i < enforced->interface_count; i++)
		count += enforced->interfaces[i].guarded;
	return count;
}

void status_metrics(FILE *out, const struct status *status)
{
	const struct manifest *manifest = status->enforced.manifest;

	print_help(out, "gabelou_build_info", "gauge", "The version of gabelou.");
	fputs("gabelou_build_info", out);
	print_label(out, "{", "version", GABELOU_VERSION);
	fputs("} 1\n", out);
	print_help(out, "gabelou_generation_info", "gauge", "What is enforced.");
	fputs("gabelou_generation_info", out);
	print_label(out, "{", "policy", manifest->policy_name);
	print_label(out, ",", "sha256", manifest->policy_sha256);
	print_label(out, ",", "mode", manifest->monitor ? "monitor" : "enforce");
	fputs("} 1\n", out);
	print_help(out, "gabelou_guarded_interfaces", "gauge", "Interfaces with a guard.");
	fprintf(out, "gabelou_guarded_interfaces %zu\n", guarded_interfaces(&status->enforced));
	print_help(out, "gabelou_problems", "gauge", "What status calls a problem.");
	fprintf(out, "gabelou_problems %zu\n", json_array_size(status->problems));
	print_help(out, "gabelou_paused_seconds", "gauge",
		   "Until what is denied is denied again; 0: it is.");
	fprintf(out, "gabelou_paused_seconds %llu\n", (unsigned long long)status->paused);
	print_help(out, "gabelou_on_trial", "gauge",
		   "Whether what is enforced is to be confirmed.");
	fprintf(out, "gabelou_on_trial %d\n", status->on_trial);
	print_reasons(out, &status->totals, "gabelou_packets_total", false);
	print_reasons(out, &status->totals, "gabelou_bytes_total", true);
	print_soils(out, &status->totals);
	print_help(out, "gabelou_events_lost_total", "counter", "Flow events that were lost.");
	fprintf(out, "gabelou_events_lost_total %llu\n", (unsigned long long)status->events_lost);
	print_books(out, status);
	print_help(out, "gabelou_rejections_total", "counter",
		   "Denied packets by what their sender was told (on-deny: reject).");
	for (enum answer answer = 0; answer < ANSWERS; answer++) {
		fputs("gabelou_rejections_total", out);
		print_label(out, "{", "outcome", answer_name(answer));
		fprintf(out, "} %llu\n", (unsigned long long)status->answers[answer]);
	}
	print_data(out, manifest);
	print_update(out, status);
}
