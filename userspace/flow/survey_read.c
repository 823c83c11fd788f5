// SPDX-License-Identifier: GPL-2.0-or-later
/* Lines out of files, pipes and gzip, each part of a large file by a thread of its own. */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "userspace/base/aside.h"
#include "userspace/flow/survey.h"

#define BUFFER_SIZE   (256u << 10) /* stays in the second cache */
#define PARTS_MOST    16
#define PART_LEAST    (8 << 20) /* bytes; less is not worth a thread */
#define STEP          (4 << 20) /* bytes; of so many, one line is looked at */
#define WARNINGS_MOST 5

/* Some lines of a file, read by one thread. */
struct part {
	struct survey survey;
	struct survey *into; /* where its lines go: survey, or the whole's own */
	int file;
	gzFile unpacked; /* not NULL: read from it instead */
	off_t at, end;   /* lines that begin here; end < 0: to the end */
	bool positioned; /* by offset; else as it comes */
	bool skip_first; /* the line in which it begins belongs to the part before */
	int error;
	struct { /* what went wrong with the first ones */
		uint64_t line;
		unsigned column;
		char why[200];
	} broken[WARNINGS_MOST];
	uint64_t line; /* within this part */
	char *buffer;
};

static ssize_t fill(struct part *part, char *to, size_t room)
{
	ssize_t got;

	if (part->unpacked) {
		int fault = 0;

		got = gzread(part->unpacked, to, (unsigned)room);
		gzerror(part->unpacked, &fault); /* a file that ends early is one at its end */
		return got < 0 || (got == 0 && fault < 0) ? -EBADMSG : got;
	}
	do
		got = part->positioned ? pread(part->file, to, room, part->at)
				       : read(part->file, to, room);
	while (got < 0 && errno == EINTR);
	if (got > 0)
		part->at += got;
	return got < 0 ? -errno : got;
}

static void note_broken(struct part *part, const char *why, unsigned column)
{
	uint64_t number = part->into->broken++;

	if (number >= WARNINGS_MOST)
		return;
	part->broken[number].line = part->line;
	part->broken[number].column = column;
	strncpy(part->broken[number].why, why, sizeof(part->broken[number].why) - 1);
}

static int take(struct part *part, char *text, size_t length)
{
	struct flow_line line;
	unsigned column = 0;
	const char *why;
	int error = 0;

	part->line++;
	while (length && isspace((unsigned char)text[length - 1]))
		length--;
	if (!length)
		return 0;
	why = flow_line_read(text, length, &line, &column);
	if (why)
		note_broken(part, why, column);
	else
		error = survey_add(part->into, &line);
	if (line.json)
		flow_line_release(&line);
	return error;
}

/* All whole lines of the buffer, which begins at @offset of the file. The bytes that are left. */
static size_t take_lines(struct part *part, size_t size, off_t offset, bool *done)
{
	char *at = part->buffer, *end = part->buffer + size, *newline;

	while (!part->error && (newline = memchr(at, '\n', (size_t)(end - at)))) {
		if (part->end >= 0 && offset + (at - part->buffer) >= part->end) {
			*done = true;
			return 0;
		}
		if (part->skip_first)
			part->skip_first = false;
		else
			part->error = take(part, at, (size_t)(newline - at));
		at = newline + 1;
	}
	*done = part->end >= 0 && offset + (at - part->buffer) >= part->end;
	memmove(part->buffer, at, (size_t)(end - at));
	return (size_t)(end - at);
}

static void read_part(void *argument)
{
	struct part *part = argument;
	size_t size = 0;
	bool done = false;

	part->buffer = malloc(BUFFER_SIZE);
	part->error = part->buffer ? 0 : -ENOMEM;
	while (!part->error && !done) {
		ssize_t got = fill(part, part->buffer + size, BUFFER_SIZE - size);

		if (got < 0) {
			part->error = (int)got;
		} else if (got == 0) {
			if (size && !part->skip_first)
				part->error = take(part, part->buffer, size);
			break;
		} else {
			size += (size_t)got;
			size = take_lines(part, size, part->at - (off_t)size, &done);
			if (size == BUFFER_SIZE && !part->error) {
				note_broken(part, "a line that does not end", 0);
				size = 0;
				part->skip_first = true;
			}
		}
	}
	free(part->buffer);
	part->buffer = NULL;
}

static void complain(const struct part *part, const char *name, bool numbered,
		     struct diagnostics *diagnostics)
{
	for (size_t i = 0; i < part->into->broken && i < WARNINGS_MOST; i++)
		diagnostics_warn(diagnostics,
				 (struct location){name,
						   numbered ? (unsigned)part->broken[i].line : 0,
						   numbered ? part->broken[i].column : 0},
				 "%s: left out", part->broken[i].why);
}

static int read_all(struct part *parts, size_t count)
{
	struct aside asides[PARTS_MOST] = {0};
	int error = 0;

	for (size_t i = 1; i < count; i++)
		aside_begin(&asides[i], read_part, &parts[i]);
	read_part(&parts[0]);
	for (size_t i = 1; i < count; i++)
		aside_end(&asides[i]);
	for (size_t i = 0; i < count && !error; i++)
		error = parts[i].error;
	return error;
}

/* Where reading begins: at a step before which all lines are older than they need be. */
static off_t beginning(int file, off_t size, const struct survey *survey)
{
	char text[SURVEY_LINE_MOST], *newline;
	off_t at = *survey->skip ? size - size % STEP : 0;
	static const char start[] = "{\"@timestamp\":\"";

	for (; at > 0; at -= STEP) {
		ssize_t got = pread(file, text, sizeof(text), at);

		newline = got > 0 ? memchr(text, '\n', (size_t)got) : NULL;
		if (!newline || text + got - newline < (ssize_t)sizeof(start) + LINE_SECONDS)
			continue;
		if (memcmp(newline + 1, start, sizeof(start) - 1) == 0 &&
		    memcmp(newline + sizeof(start), survey->skip, LINE_SECONDS) < 0)
			break;
	}
	return at;
}

/* How many threads a file of this size is worth. */
static size_t parts_of(off_t size)
{
	long processors = sysconf(_SC_NPROCESSORS_ONLN);
	size_t count = processors > 0 ? (size_t)processors : 1;

	if (count > PARTS_MOST)
		count = PARTS_MOST;
	if (count > (size_t)(size / PART_LEAST) + 1)
		count = (size_t)(size / PART_LEAST) + 1;
	return count;
}

static int begin_like(struct survey *part, const struct survey *survey)
{
	int error = survey_begin(part, 0);

	memcpy(part->since, survey->since, sizeof(survey->since));
	part->wanted = survey->wanted;
	part->context = survey->context;
	return error;
}

/* @size bytes from @begin on. */
static int begin_parts(struct part *parts, size_t count, int file, off_t begin, off_t size,
		       const struct survey *survey)
{
	int error = 0;

	for (size_t i = 0; i < count && !error; i++) {
		off_t start = begin + size / (off_t)count * (off_t)i;

		error = begin_like(&parts[i].survey, survey);
		parts[i].into = &parts[i].survey;
		parts[i].file = file;
		parts[i].positioned = true;
		/* A byte earlier: a part that begins with a line is not to lose it. */
		parts[i].at = start ? start - 1 : 0;
		parts[i].skip_first = start != 0;
		parts[i].end = i + 1 < count ? begin + size / (off_t)count * (off_t)(i + 1) : -1;
	}
	return error;
}

static int read_parts(struct survey *survey, int file, off_t size, const char *name,
		      struct diagnostics *diagnostics)
{
	off_t begin = beginning(file, size, survey);
	size_t count = parts_of(size - begin);
	struct part *parts = calloc(count, sizeof(*parts));
	int error = parts ? begin_parts(parts, count, file, begin, size - begin, survey) : -ENOMEM;

	if (!error)
		error = read_all(parts, count);
	for (size_t i = 0; parts && i < count; i++) {
		if (!error)
			complain(&parts[i], name, i == 0 && begin == 0, diagnostics);
		if (!error)
			error = survey_merge(survey, &parts[i].survey);
		survey_free(&parts[i].survey);
	}
	free(parts);
	return error;
}

static int read_stream(struct survey *survey, int file, bool compressed, const char *name,
		       struct diagnostics *diagnostics)
{
	struct part *part = calloc(1, sizeof(*part));
	int error = part ? begin_like(&part->survey, survey) : -ENOMEM;

	if (!error) {
		part->into = &part->survey;
		part->file = file;
		part->end = -1;
		part->unpacked = compressed ? gzdopen(dup(file), "rb") : NULL;
		if (compressed && !part->unpacked)
			error = -ENOMEM;
	}
	if (!error) {
		read_part(part);
		error = part->error;
	}
	if (part && part->unpacked)
		gzclose(part->unpacked);
	if (!error) {
		complain(part, name, true, diagnostics);
		error = survey_merge(survey, &part->survey);
	}
	if (part)
		survey_free(&part->survey);
	free(part);
	return error;
}

static int check(const struct survey *survey, const struct survey *before, const char *name,
		 struct diagnostics *diagnostics)
{
	uint64_t broken = survey->broken - before->broken;
	bool read = survey->lines + survey->before > before->lines + before->before;
	struct location where = {.file = name};

	if (broken && !read)
		return diagnostics_error(diagnostics, EBADMSG, where,
					 "no line of it is an event; give the log of 'gabelou "
					 "agent --log', or of the journal: journalctl -o cat -u "
					 "gabelou-agent | gabelou survey -");
	if (broken > WARNINGS_MOST)
		diagnostics_warn(diagnostics, where, "%llu lines in all were left out",
				 (unsigned long long)broken);
	return 0;
}

/* gzip (RFC 1952), zstd (RFC 8878). 0, or -EBADMSG with a message. */
static int look(int file, const char *name, bool *compressed, struct diagnostics *diagnostics)
{
	unsigned char magic[4] = {0};
	ssize_t got = pread(file, magic, sizeof(magic), 0);

	*compressed = got >= 2 && magic[0] == 0x1f && magic[1] == 0x8b;
	if (got == 4 && memcmp(magic, "\x28\xb5\x2f\xfd", 4) == 0)
		return diagnostics_error(diagnostics, EBADMSG, (struct location){.file = name},
					 "compressed by zstd; pipe it in: zstdcat %s | gabelou "
					 "survey -",
					 name);
	return 0;
}

int survey_read(struct survey *survey, int file, const char *name, struct diagnostics *diagnostics)
{
	struct survey before = *survey;
	size_t errors = diagnostics->errors;
	struct stat status;
	bool compressed = false;
	int error = fstat(file, &status) ? -errno : 0;
	bool regular = !error && S_ISREG(status.st_mode);

	if (regular)
		error = look(file, name, &compressed, diagnostics);
	if (!error && regular && !compressed)
		error = read_parts(survey, file, status.st_size, name, diagnostics);
	else if (!error)
		error = read_stream(survey, file, compressed, name, diagnostics);
	if (!error)
		error = check(survey, &before, name, diagnostics);
	if (error && diagnostics->errors == errors)
		diagnostics_error(diagnostics, -error, (struct location){.file = name},
				  "cannot be read: %s%s", strerror(-error),
				  compressed ? "; it is not whole: try gzip -t" : "");
	return error;
}
