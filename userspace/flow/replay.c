// SPDX-License-Identifier: GPL-2.0-or-later
#include "userspace/flow/replay.h"

#include <ctype.h>
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "userspace/atlas/csv.h"

#define CAPACITY_FIRST 1024
#define WARNINGS_MOST  5

struct reading {
	struct replay *replay;
	struct location where;
	struct diagnostics *diagnostics;
	uint64_t rows; /* lines that say something */
	enum { KIND_UNKNOWN, KIND_LOG, KIND_CSV } kind;
	bool header; /* the CSV's first row was one */
};

static int no_memory(const struct reading *reading)
{
	return diagnostics_error(reading->diagnostics, ENOMEM, reading->where, "out of memory");
}

static int add(struct reading *reading, struct address address, uint64_t flows, uint64_t packets,
	       uint64_t bytes)
{
	struct replay *replay = reading->replay;
	struct address key;

	memset(&key, 0, sizeof(key)); /* padding */
	key.family = address.family;
	key.value = address.value;
	int64_t number = intern_add(&replay->addresses, &key);
	if (number < 0)
		return no_memory(reading);
	if ((size_t)number == replay->capacity) {
		size_t capacity = replay->capacity ? 2 * replay->capacity : CAPACITY_FIRST;
		struct replay_target *targets =
			reallocarray(replay->targets, capacity, sizeof(*targets));

		if (!targets)
			return no_memory(reading);
		replay->targets = targets;
		replay->capacity = capacity;
	}
	if ((size_t)number == replay->count) {
		if (replay->count == REPLAY_ADDRESS_MOST)
			return diagnostics_error(reading->diagnostics, EFBIG, reading->where,
						 "over %u different addresses; give a shorter part "
						 "of it",
						 REPLAY_ADDRESS_MOST);
		replay->targets[replay->count++] = (struct replay_target){.address = address};
	}
	replay->targets[number].flows += flows;
	replay->targets[number].packets += packets;
	replay->targets[number].bytes += bytes;
	replay->flows += flows;
	return 0;
}

/* A field that is not there counts as @missing. */
static bool csv_count(const struct csv *csv, size_t number, uint64_t missing, uint64_t *count)
{
	char *end;

	*count = missing;
	if (number >= csv->count || csv->fields[number].length == 0)
		return true;
	if (!isdigit((unsigned char)csv->fields[number].text[0]))
		return false;
	errno = 0;
	*count = strtoull(csv->fields[number].text, &end, 10);
	return *end == '\0' && errno == 0 && *count <= INT64_MAX;
}

static int csv_fault(struct reading *reading, unsigned column, const char *text)
{
	reading->where.column = column;
	return diagnostics_error(reading->diagnostics, EBADMSG, reading->where,
				 "%s; write address[,packets[,bytes]]", text);
}

static int read_csv(struct reading *reading, char *text, size_t length)
{
	struct line line = {text, length, reading->where.line};
	struct address address;
	uint64_t packets, bytes;
	struct csv csv;
	unsigned column = 0;
	const char *fault = csv_split(&line, &csv, &column);
	char message[160];

	if (fault)
		return csv_fault(reading, column, fault);
	const struct field *first = &csv.fields[0];
	if (address_parse(first->text, first->length, &address) != 0) {
		/* "address", "dst_ip": a word without the marks of an address */
		if (reading->rows == 0 && !reading->header && !strpbrk(first->text, ".:") &&
		    isalpha((unsigned char)first->text[0])) {
			reading->header = true;
			return 0;
		}
		snprintf(message, sizeof(message), "\"%.64s\" is not an address", first->text);
		return csv_fault(reading, first->column, message);
	}
	if (!csv_count(&csv, 1, 1, &packets))
		return csv_fault(reading, csv.fields[1].column, "packets is not a whole number");
	if (!csv_count(&csv, 2, 0, &bytes))
		return csv_fault(reading, csv.fields[2].column, "bytes is not a whole number");
	reading->rows++;
	return add(reading, address, 1, packets, bytes);
}

/* Left out, and said so: a line that a full disk cut is no reason to refuse the others. */
static int skip_broken(struct reading *reading, const char *why)
{
	if (reading->replay->broken++ < WARNINGS_MOST)
		diagnostics_warn(reading->diagnostics, reading->where, "%s: left out", why);
	return 0;
}

static uint64_t number_of(json_t *object, const char *key)
{
	json_t *value = json_object_get(object, key);
	json_int_t number = json_is_integer(value) ? json_integer_value(value) : 0;

	return number > 0 ? (uint64_t)number : 0;
}

static int read_event(struct reading *reading, json_t *json)
{
	json_t *destination = json_object_get(json, "destination");
	json_t *network = json_object_get(json, "network");
	json_t *gabelou = json_object_get(json, "gabelou");
	const char *ip = json_string_value(json_object_get(destination, "ip"));
	const char *event = json_string_value(json_object_get(gabelou, "event"));
	struct address address;

	bool known = ip && address_parse(ip, strlen(ip), &address) == 0;

	if (!json_is_object(json))
		return skip_broken(reading, "not a JSON object");
	if (ip && !known)
		return skip_broken(reading, "destination.ip is not an address");
	reading->rows++;
	reading->replay->lost += number_of(json_object_get(gabelou, "lost"), "events");
	if (!known) {
		reading->replay->elsewhere++;
		return 0;
	}
	/* A summary tells more of a flow that was counted when it began. */
	bool summary = event && strcmp(event, "summary") == 0;
	return add(reading, address, !summary, number_of(network, "packets"),
		   number_of(network, "bytes"));
}

static int read_log(struct reading *reading, const char *text, size_t length)
{
	json_error_t fault;
	json_t *json = json_loadb(text, length, 0, &fault);
	char message[sizeof(fault.text) + 32];
	int error;

	if (!json) {
		reading->where.column = fault.column > 0 ? (unsigned)fault.column : 0;
		snprintf(message, sizeof(message), "not JSON (%s)", fault.text);
		error = skip_broken(reading, message);
		reading->where.column = 0;
		return error;
	}
	error = read_event(reading, json);
	json_decref(json);
	return error;
}

/* gzip (RFC 1952), zstd (RFC 8878) */
static bool is_compressed(const char *text)
{
	return strncmp(text, "\x1f\x8b", 2) == 0 || strncmp(text, "\x28\xb5\x2f\xfd", 4) == 0;
}

static int read_line(struct reading *reading, char *text, size_t length)
{
	while (length && strchr("\r\n \t", text[length - 1]))
		text[--length] = '\0';
	if (length == 0 || text[0] == '#')
		return 0;
	if (reading->kind == KIND_UNKNOWN)
		reading->kind = text[0] == '{' ? KIND_LOG : KIND_CSV;
	return reading->kind == KIND_LOG ? read_log(reading, text, length)
					 : read_csv(reading, text, length);
}

/* What is wrong with the whole, once it was read. */
static int check(const struct reading *reading, FILE *file)
{
	const struct replay *replay = reading->replay;
	struct location where = {.file = reading->where.file};

	if (ferror(file))
		return diagnostics_error(reading->diagnostics, errno ? errno : EIO, where,
					 "cannot be read: %s", strerror(errno ? errno : EIO));
	if (replay->broken && !reading->rows)
		return diagnostics_error(reading->diagnostics, EBADMSG, where,
					 "no line of it is a flow; give the log of 'gabelou "
					 "agent', or CSV: address[,packets[,bytes]]");
	if (!reading->rows)
		return diagnostics_error(reading->diagnostics, ENODATA, where,
					 "there is no flow in it; give the log of 'gabelou agent', "
					 "or CSV: address[,packets[,bytes]]");
	if (replay->broken > WARNINGS_MOST)
		diagnostics_warn(reading->diagnostics, where, "and %llu more lines were left out",
				 (unsigned long long)(replay->broken - WARNINGS_MOST));
	if (replay->lost)
		diagnostics_warn(reading->diagnostics, where,
				 "the log says that it lacks %llu events: flows may be missing",
				 (unsigned long long)replay->lost);
	return 0;
}

int replay_read(FILE *file, const char *name, struct replay *replay,
		struct diagnostics *diagnostics)
{
	struct reading reading = {
		.replay = replay, .where = {name, 0, 0}, .diagnostics = diagnostics};
	char *text = malloc(REPLAY_LINE_MOST + 2);
	int error = text ? 0 : no_memory(&reading);

	intern_init(&replay->addresses, sizeof(struct address));
	errno = 0;
	while (!error && fgets(text, REPLAY_LINE_MOST + 2, file)) {
		size_t length = strlen(text);
		bool whole = length && text[length - 1] == '\n';

		reading.where.line++;
		reading.where.column = 0;
		if (reading.where.line == 1 && is_compressed(text))
			error = diagnostics_error(diagnostics, EBADMSG, reading.where,
						  "a compressed file; unpack it first, or give '-' "
						  "and pipe it in");
		else if (!whole && (length > REPLAY_LINE_MOST || !feof(file)))
			error = diagnostics_error(diagnostics, EBADMSG, reading.where,
						  "a NUL byte, or a line of over %u bytes: this is "
						  "neither a flow log nor CSV",
						  REPLAY_LINE_MOST);
		else
			error = read_line(&reading, text, length);
	}
	free(text);
	return error ? error : check(&reading, file);
}

void replay_free(struct replay *replay)
{
	intern_free(&replay->addresses);
	free(replay->targets);
	*replay = (struct replay){0};
}
