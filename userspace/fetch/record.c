// SPDX-License-Identifier: GPL-2.0-or-later
/* What an update came to, on disk. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "userspace/base/file.h"
#include "userspace/fetch/stage.h"

static const char *outcome_name(enum stage_outcome outcome)
{
	static const char *const names[] = {
		[STAGE_UNCHANGED] = "unchanged",
		[STAGE_FETCHED] = "fetched",
		[STAGE_FAILED] = "failed",
	};

	return names[outcome];
}

static json_t *text_or_null(const char *text)
{
	json_t *json = text ? json_string(text) : NULL;

	return json ? json : json_null();
}

static void format_now(char text[32])
{
	time_t now = time(NULL);
	struct tm broken_down;

	if (!gmtime_r(&now, &broken_down) ||
	    !strftime(text, 32, "%Y-%m-%dT%H:%M:%SZ", &broken_down))
		text[0] = '\0';
}

/* Of a file whose new version was not put in place, the validators would hide that version. */
static json_t *file_part(const struct staged *staged, const char *now)
{
	const struct fetch_validators *validators = &staged->validators;
	struct stat status = {0};

	stat(staged->file->path, &status);
	bool kept = staged->outcome == STAGE_UNCHANGED ||
		    (staged->outcome == STAGE_FETCHED && (size_t)status.st_size == staged->size);
	return json_pack("{s:o, s:o, s:s, s:o, s:s, s:o, s:o, s:I, s:I}", "file",
			 text_or_null(staged->file->path), "url", text_or_null(staged->file->url),
			 "outcome", outcome_name(staged->outcome), "message",
			 text_or_null(staged->message), "checked", now, "etag",
			 text_or_null(kept ? validators->etag : ""), "modified",
			 text_or_null(kept ? validators->modified : ""), "size",
			 (json_int_t)status.st_size, "mtime", (json_int_t)status.st_mtime);
}

int stage_record(const struct stage *stage, const char *outcome, const char *message,
		 struct diagnostics *diagnostics)
{
	json_t *files = json_array();
	char now[32];

	format_now(now);
	for (size_t i = 0; i < stage->count; i++)
		json_array_append_new(files, file_part(&stage->items[i], now));
	json_t *json = json_pack("{s:s, s:s, s:o, s:o}", "time", now, "outcome", outcome, "message",
				 text_or_null(message), "files", files);
	char *text = json ? json_dumps(json, JSON_INDENT(1)) : NULL;
	int error = text ? file_replace(FETCH_RECORD, text, strlen(text), 0600, diagnostics)
			 : diagnostics_error(diagnostics, ENOMEM, (struct location){0},
					     "out of memory");
	free(text);
	json_decref(json);
	return error;
}

json_t *stage_last(void)
{
	return json_load_file(FETCH_RECORD, 0, NULL);
}
