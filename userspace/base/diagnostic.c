// SPDX-License-Identifier: GPL-2.0-or-later
#include "userspace/base/diagnostic.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void append(struct diagnostics *diagnostics, enum severity severity, struct location where,
		   const char *format, va_list arguments)
{
	struct diagnostic *items =
		reallocarray(diagnostics->items, diagnostics->count + 1, sizeof(*items));
	if (!items)
		return;
	diagnostics->items = items;

	struct diagnostic *item = &items[diagnostics->count];
	*item = (struct diagnostic){
		.severity = severity,
		.file = where.file ? strdup(where.file) : NULL,
		.line = where.line,
		.column = where.column,
	};
	if (vasprintf(&item->text, format, arguments) < 0)
		item->text = NULL;
	diagnostics->count++;
}

int diagnostics_error(struct diagnostics *diagnostics, int error, struct location where,
		      const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	append(diagnostics, SEVERITY_ERROR, where, format, arguments);
	va_end(arguments);
	diagnostics->errors++;
	return -error;
}

void diagnostics_warn(struct diagnostics *diagnostics, struct location where, const char *format,
		      ...)
{
	va_list arguments;

	va_start(arguments, format);
	append(diagnostics, SEVERITY_WARNING, where, format, arguments);
	va_end(arguments);
}

const char *diagnostic_format(const struct diagnostic *item, char *buffer, size_t size)
{
	const char *text = item->text ? item->text : "out of memory";

	if (!item->file)
		snprintf(buffer, size, "%s", text);
	else if (!item->line)
		snprintf(buffer, size, "%s: %s", item->file, text);
	else if (!item->column)
		snprintf(buffer, size, "%s:%u: %s", item->file, item->line, text);
	else
		snprintf(buffer, size, "%s:%u:%u: %s", item->file, item->line, item->column, text);
	return buffer;
}

void diagnostics_move(struct diagnostics *from, struct diagnostics *to)
{
	size_t count = to->count + from->count;
	struct diagnostic *items =
		from->count ? reallocarray(to->items, count, sizeof(*items)) : NULL;

	if (items) {
		to->items = items;
		memcpy(items + to->count, from->items, from->count * sizeof(*items));
		to->count = count;
		from->count = 0;
	}
	to->errors += from->errors;
	diagnostics_free(from);
}

void diagnostics_move_as_warnings(struct diagnostics *from, struct diagnostics *to)
{
	for (size_t i = 0; i < from->count; i++)
		from->items[i].severity = SEVERITY_WARNING;
	from->errors = 0;
	diagnostics_move(from, to);
}

void diagnostics_free(struct diagnostics *diagnostics)
{
	for (size_t i = 0; i < diagnostics->count; i++) {
		free(diagnostics->items[i].file);
		free(diagnostics->items[i].text);
	}
	free(diagnostics->items);
	*diagnostics = (struct diagnostics){0};
}
