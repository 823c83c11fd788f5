// SPDX-License-Identifier: GPL-2.0-or-later
/* Exceptions to paste, as a policy has them. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "userspace/cli/page.h"
#include "userspace/cli/survey.h"

#define SENDERS_SHOWN 3

static int last_day(int year, int month)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return month == 1 && leap ? 29 : days[month];
}

void survey_until(int64_t now, char until[16])
{
	time_t seconds = (time_t)now;
	struct tm date;

	gmtime_r(&seconds, &date);
	date.tm_mon += SURVEY_UNTIL_MONTHS;
	date.tm_year += date.tm_mon / 12;
	date.tm_mon %= 12;
	int last = last_day(date.tm_year + 1900, date.tm_mon);

	if (date.tm_mday > last)
		date.tm_mday = last;
	strftime(until, 16, "%Y-%m-%d", &date);
}

/* Items of a YAML list in brackets, wrapped. */
struct list {
	FILE *out;
	size_t column, indent, count;
};

static struct list list_begin(FILE *out, const char *lead)
{
	fprintf(out, "%s[", lead);
	return (struct list){out, strlen(lead) + 1, strlen(lead) + 1, 0};
}

static void list_add(struct list *list, const char *text)
{
	size_t length = strlen(text);

	if (list->count++) {
		fputc(',', list->out);
		list->column++;
		if (list->column + 1 + length + 1 > PAGE_WIDTH) {
			fprintf(list->out, "\n%*s", (int)list->indent, "");
			list->column = list->indent;
		} else {
			fputc(' ', list->out);
			list->column++;
		}
	}
	fputs(text, list->out);
	list->column += length;
}

static void list_end(const struct list *list)
{
	fputs("]\n", list->out);
}

static void print_to(FILE *out, const struct survey_exception *exception)
{
	char text[PREFIX_TEXT_SIZE], quoted[PREFIX_TEXT_SIZE + 2];
	struct list list;

	if (exception->whole) {
		fprintf(out, "  - asn: [%u]\n", exception->asn);
		return;
	}
	list = list_begin(out, "  - to: ");
	for (size_t i = 0; i < exception->to_count; i++) {
		const struct prefix *prefix = &exception->to[i];

		prefix_format(prefix, text);
		/* A colon would make it a map. */
		snprintf(quoted, sizeof(quoted), "%s%s%s", prefix->family == FAMILY_V6 ? "\"" : "",
			 text, prefix->family == FAMILY_V6 ? "\"" : "");
		list_add(&list, quoted);
	}
	list_end(&list);
}

static void print_ports(FILE *out, const struct survey_exception *exception)
{
	struct list list = list_begin(out, "    port: ");
	char service[SURVEY_SERVICE_SIZE];

	for (size_t i = 0; i < exception->count; i++)
		list_add(&list, survey_service(exception->ports[i].items[0].item, service));
	list_end(&list);
}

/* Under "#", wrapped. @text is taken for a format nowhere. */
static void print_comment(FILE *out, const char *text)
{
	char *copy = strdup(text), *rest = copy, *word;
	size_t column = 0;

	while (copy && (word = strsep(&rest, " "))) {
		size_t length = page_columns(word);

		if (column && column + 1 + length > PAGE_WIDTH) {
			fputc('\n', out);
			column = 0;
		}
		column += (size_t)fprintf(out, "%s", column ? " " : "  # ");
		fputs(word, out);
		column += length;
	}
	fputc('\n', out);
	free(copy);
}

/* Adds to a list of words in @text; false, with "...", where there is no room. */
static bool add_word(char *text, size_t size, const char *separator, const char *word)
{
	size_t used = strlen(text);

	if (used + strlen(separator) + strlen(word) + sizeof(", ...") > size) {
		strcpy(text + used, ", ...");
		return false;
	}
	snprintf(text + used, size - used, "%s%s", separator, word);
	return true;
}

static void print_names(FILE *out, const struct survey_page *page,
			const struct survey_exception *exception)
{
	const struct survey_port *port = exception->ports;
	const char *last = "", *lead = "called ";
	char text[600] = "";

	for (size_t i = 0; i < port->count; i++) {
		const char *name = survey_name(page, port->items[i].item);

		if (!name || strcmp(name, last) == 0)
			continue;
		if (!add_word(text, sizeof(text), lead, name))
			break;
		lead = ", ";
		last = name;
	}
	if (*text)
		print_comment(out, page_clean(text, text));
}

static void print_senders(FILE *out, const struct survey_exception *exception)
{
	const struct survey_item *senders[SENDERS_SHOWN];
	size_t count = survey_senders(exception, senders, SENDERS_SHOWN);
	char text[SENDERS_SHOWN * SURVEY_SENDER_SIZE] = "", sender[SURVEY_SENDER_SIZE];

	for (size_t i = 0; i < count && i < SENDERS_SHOWN; i++)
		add_word(text, sizeof(text), i ? ", " : "from ", survey_sender(senders[i], sender));
	if (count > SENDERS_SHOWN) {
		snprintf(sender, sizeof(sender), " and %zu more", count - SENDERS_SHOWN);
		add_word(text, sizeof(text), "", sender);
	}
	print_comment(out, text);
}

static void print_exception(FILE *out, const struct survey_page *page,
			    const struct survey_exception *exception)
{
	char operator_text[SURVEY_OPERATOR_SIZE], count[PAGE_COUNT_SIZE];
	char text[SURVEY_OPERATOR_SIZE + 200];

	snprintf(text, sizeof(text), "%s %s since %.10s, to %s",
		 page_count(exception->flows, count), exception->flows == 1 ? "flow" : "flows",
		 exception->first,
		 survey_operator(exception->ports[0].items[0].item, operator_text));
	print_comment(out, text);
	print_senders(out, exception);
	print_names(out, page, exception);
	if (exception->whole) {
		snprintf(text, sizeof(text),
			 "%zu addresses are too many to list: this opens the whole network on that "
			 "port; an allow rule may say better what is meant",
			 exception->addresses);
		print_comment(out, text);
	}
	print_to(out, exception);
	print_ports(out, exception);
	fprintf(out, "    until: %s\n    why:    # who needs it, and the ticket\n", page->until);
}

void survey_print_exceptions(FILE *out, const struct survey_page *page, size_t most)
{
	const struct survey_report *report = page->report;
	size_t count = report->exception_count;

	if (!count)
		return;
	fputs("except:\n", out);
	for (size_t i = 0; i < count && (!most || i < most); i++)
		print_exception(out, page, &report->exceptions[i]);
}

void survey_print_drop_in(FILE *out, const struct survey_page *page)
{
	fprintf(out, "gabelou: 1%s\n", page->report->exception_count ? "" : " # nothing to except");
	survey_print_exceptions(out, page, 0);
}
