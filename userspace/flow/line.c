// SPDX-License-Identifier: GPL-2.0-or-later
#include "userspace/flow/line.h"

#include <stdio.h>
#include <string.h>

/* Where reading stands in a line. */
struct cursor {
	const char *at, *end;
	bool failed; /* the line is not as flow_ecs() writes it */
};

/* Steps over @text if it is what comes next. */
static inline bool skip(struct cursor *cursor, const char *text, size_t length)
{
	if ((size_t)(cursor->end - cursor->at) < length || memcmp(cursor->at, text, length) != 0)
		return false;
	cursor->at += length;
	return true;
}

#define SKIP(cursor, text) skip(cursor, text, sizeof(text) - 1)

/* Steps behind the next @text, wherever it is. */
static bool seek(struct cursor *cursor, const char *text, size_t length)
{
	const char *found = memmem(cursor->at, (size_t)(cursor->end - cursor->at), text, length);

	if (!found)
		return false;
	cursor->at = found + length;
	return true;
}

#define SEEK(cursor, text) seek(cursor, text, sizeof(text) - 1)

/* Must come next, or at least later. */
#define NEED(cursor, text)                                      \
	do {                                                    \
		if (!SKIP(cursor, text) && !SEEK(cursor, text)) \
			(cursor)->failed = true;                \
	} while (0)

/* The rest of a string and its quote. An escape is left to the JSON parser. */
static struct slice take_text(struct cursor *cursor)
{
	const char *start = cursor->at;
	const char *quote = memchr(start, '"', (size_t)(cursor->end - start));

	if (!quote || memchr(start, '\\', (size_t)(quote - start))) {
		cursor->failed = true;
		return (struct slice){0};
	}
	cursor->at = quote + 1;
	return (struct slice){start, (size_t)(quote - start)};
}

static uint64_t take_number(struct cursor *cursor)
{
	const char *start = cursor->at;
	uint64_t number = 0;

	while (cursor->at < cursor->end && *cursor->at >= '0' && *cursor->at <= '9')
		number = 10 * number + (uint64_t)(*cursor->at++ - '0');
	if (cursor->at == start || cursor->at - start > 18)
		cursor->failed = true;
	return number;
}

/* Behind the next of a closing mark that @text follows. A mark inside of a string is followed by
 * something else; nothing found: the cursor stays. */
static bool close_before(struct cursor *cursor, char mark, const char *text, size_t length)
{
	const char *at = cursor->at;

	while ((at = memchr(at, mark, (size_t)(cursor->end - at)))) {
		at++;
		if ((size_t)(cursor->end - at) >= length && memcmp(at, text, length) == 0) {
			cursor->at = at + length;
			return true;
		}
	}
	return false;
}

#define CLOSE_BEFORE(cursor, mark, text) close_before(cursor, mark, text, sizeof(text) - 1)

static void read_event(struct cursor *cursor, struct flow_line *line)
{
	struct slice type;

	if (!SKIP(cursor, ",\"ecs\":{\"version\":\"9.0.0\"},\"event\":{\"kind\":\"event\","
			  "\"category\":[\"network\"],\"type\":[\"connection\",\""))
		NEED(cursor, "\"type\":[\"connection\",\"");
	type = take_text(cursor);
	line->monitor = type.length == 7 && memcmp(type.text, "allowed", 7) == 0;
}

static void read_network(struct cursor *cursor, struct flow_line *line)
{
	const char *brace = memchr(cursor->at, '{', (size_t)(cursor->end - cursor->at));

	/* No text that comes before has a brace, unless something was added. */
	if (brace && brace - cursor->at > 10 && memcmp(brace - 10, "\"network\":", 10) == 0)
		cursor->at = brace + 1;
	else
		NEED(cursor, "\"network\":{");
	if (!SKIP(cursor, "\"direction\":\"egress\",\"packets\":"))
		NEED(cursor, "\"packets\":");
	line->packets = take_number(cursor);
	NEED(cursor, ",\"bytes\":");
	line->bytes = take_number(cursor);
	if (SKIP(cursor, ",\"type\":\"ipv4\"") || SKIP(cursor, ",\"type\":\"ipv6\"")) {
		if (SKIP(cursor, ",\"transport\":\""))
			line->transport = take_text(cursor);
		else if (SKIP(cursor, ",\"iana_number\":\""))
			line->transport = take_text(cursor);
	}
}

static void read_destination(struct cursor *cursor, struct flow_line *line)
{
	line->destination = take_text(cursor);
	if (SKIP(cursor, ",\"port\":"))
		line->port = (int)take_number(cursor);
	if (SKIP(cursor, ",\"geo\":{\"country_iso_code\":\"")) {
		line->country = take_text(cursor);
		NEED(cursor, "}");
	}
	if (SKIP(cursor, ",\"as\":{\"number\":")) {
		line->asn = (uint32_t)take_number(cursor);
		if (SKIP(cursor, ",\"organization\":{\"name\":\""))
			line->operator_name = take_text(cursor);
	}
}

static void read_addresses(struct cursor *cursor, struct flow_line *line)
{
	struct cursor part = *cursor;

	if (!CLOSE_BEFORE(&part, '}', ",\"rule\":{")) {
		cursor->failed = true;
		return;
	}
	struct cursor within = {cursor->at, part.at, false};
	if (SEEK(&within, ",\"destination\":{\"ip\":\"")) {
		read_destination(&within, line);
		part.failed |= within.failed;
	}
	*cursor = part;
}

static void read_rule(struct cursor *cursor, struct flow_line *line)
{
	const char *start = cursor->at;

	if (!CLOSE_BEFORE(cursor, '}', ",\"observer\":{")) {
		cursor->failed = true;
		return;
	}
	struct cursor within = {start, cursor->at, false};
	if (SEEK(&within, ",\"name\":\"")) {
		line->rule = take_text(&within);
		cursor->failed |= within.failed;
	}
}

static void read_sender(struct cursor *cursor, struct flow_line *line)
{
	const char *start = cursor->at;

	if (!CLOSE_BEFORE(cursor, '}', ",\"gabelou\":{")) {
		cursor->failed = true;
		return;
	}
	struct cursor within = {start, cursor->at, false};
	if (!CLOSE_BEFORE(&within, '}', ",\"process\":{\"pid\":"))
		return;
	line->process = (uint32_t)take_number(&within);
	if (SKIP(&within, ",\"name\":\""))
		line->process_name = take_text(&within);
	cursor->failed |= within.failed;
}

static void read_owner(struct cursor *cursor, struct flow_line *line)
{
	const char *start = cursor->at;
	const char *bracket = memchr(start, ']', (size_t)(cursor->end - start));

	if (!bracket) {
		cursor->failed = true;
		return;
	}
	line->reach = (struct slice){start, (size_t)(bracket - start)};
	cursor->at = bracket + 1;
	if (!SKIP(cursor, ",\"basis\":\""))
		return;
	take_text(cursor);
	if (SKIP(cursor, ",\"country\":\""))
		take_text(cursor);
	if (SKIP(cursor, ",\"parent\":\""))
		line->parent = take_text(cursor);
}

static void read_gabelou(struct cursor *cursor, struct flow_line *line)
{
	struct slice event;

	NEED(cursor, "\"generation\":");
	take_number(cursor);
	NEED(cursor, ",\"reason\":\"");
	line->reason = take_text(cursor);
	NEED(cursor, ",\"event\":\"");
	event = take_text(cursor);
	line->summary = event.length == 7 && memcmp(event.text, "summary", 7) == 0;
	if (SKIP(cursor, ",\"soil\":{\"state\":\"")) {
		take_text(cursor);
		if (SKIP(cursor, "},\"owner\":{\"reach\":["))
			read_owner(cursor, line);
	}
	if (line->port < 0 && SEEK(cursor, ",\"icmp\":{\"type\":"))
		line->port = (int)take_number(cursor);
	if (!SEEK(cursor, ",\"cgroup\":{\"id\":"))
		return;
	take_number(cursor);
	if (SKIP(cursor, ",\"path\":\""))
		line->cgroup = take_text(cursor);
}

bool flow_line_read_own(const char *text, size_t length, struct flow_line *line)
{
	struct cursor cursor = {text, text + length, false};

	*line = (struct flow_line){.port = -1, .flow = true};
	/* A line that was cut ends otherwise, but for one that lacks its last brace alone. */
	if (length < 2 || memcmp(text + length - 2, "}}", 2) != 0 ||
	    !SKIP(&cursor, "{\"@timestamp\":\""))
		return false;
	line->time = take_text(&cursor);
	if (line->time.length < LINE_SECONDS)
		return false;
	read_event(&cursor, line);
	if (!cursor.failed)
		read_network(&cursor, line);
	if (!cursor.failed)
		read_addresses(&cursor, line);
	if (!cursor.failed)
		read_rule(&cursor, line);
	if (!cursor.failed)
		read_sender(&cursor, line);
	if (!cursor.failed)
		read_gabelou(&cursor, line);
	return !cursor.failed;
}

static struct slice text_at(json_t *object, const char *key)
{
	json_t *value = json_object_get(object, key);

	return (struct slice){json_string_value(value), json_string_length(value)};
}

static uint64_t number_at(json_t *object, const char *key)
{
	json_t *value = json_object_get(object, key);
	json_int_t number = json_is_integer(value) ? json_integer_value(value) : 0;

	return number > 0 ? (uint64_t)number : 0;
}

static int port_at(json_t *object, const char *key)
{
	json_t *value = json_object_get(object, key);
	json_int_t number = json_is_integer(value) ? json_integer_value(value) : -1;

	return number >= 0 && number <= UINT16_MAX ? (int)number : -1;
}

/* As it stands in a line of our own. */
static void join_reach(json_t *reach, struct flow_line *line)
{
	size_t used = 0, i;
	json_t *item;

	json_array_foreach (reach, i, item) {
		const char *code = json_string_value(item);

		if (code && strlen(code) == 2 && used + 6 < sizeof(line->joined))
			used += (size_t)snprintf(line->joined + used, sizeof(line->joined) - used,
						 "%s\"%s\"", used ? "," : "", code);
	}
	if (used)
		line->reach = (struct slice){line->joined, used};
}

static void fill_sender(json_t *json, struct flow_line *line)
{
	json_t *process = json_object_get(json, "process");
	json_t *gabelou = json_object_get(json, "gabelou");

	line->process = (uint32_t)number_at(process, "pid");
	line->process_name = text_at(process, "name");
	line->cgroup = text_at(json_object_get(gabelou, "cgroup"), "path");
}

static void fill_destination(json_t *json, struct flow_line *line)
{
	json_t *destination = json_object_get(json, "destination");
	json_t *network = json_object_get(json, "network");
	json_t *as = json_object_get(destination, "as");

	line->destination = text_at(destination, "ip");
	line->domain = text_at(destination, "domain");
	line->port = port_at(destination, "port");
	line->country = text_at(json_object_get(destination, "geo"), "country_iso_code");
	line->asn = (uint32_t)number_at(as, "number");
	line->operator_name = text_at(json_object_get(as, "organization"), "name");
	line->transport = text_at(network, "transport");
	if (!line->transport.text)
		line->transport = text_at(network, "iana_number");
	line->packets = number_at(network, "packets");
	line->bytes = number_at(network, "bytes");
}

static void fill_verdict(json_t *json, struct flow_line *line)
{
	json_t *gabelou = json_object_get(json, "gabelou");
	json_t *owner = json_object_get(gabelou, "owner");
	json_t *icmp = json_object_get(gabelou, "icmp");
	struct slice event = text_at(gabelou, "event");
	json_t *type = json_object_get(json_object_get(json, "event"), "type");
	const char *outcome = json_string_value(json_array_get(type, 1));

	line->monitor = outcome && strcmp(outcome, "allowed") == 0;
	line->summary = event.text && strcmp(event.text, "summary") == 0;
	line->rule = text_at(json_object_get(json, "rule"), "name");
	line->reason = text_at(gabelou, "reason");
	line->parent = text_at(owner, "parent");
	if (icmp)
		line->port = port_at(icmp, "type");
	join_reach(json_object_get(owner, "reach"), line);
}

const char *flow_line_read(const char *text, size_t length, struct flow_line *line,
			   unsigned *column)
{
	static __thread char message[sizeof(((json_error_t *)0)->text) + 32];
	json_error_t fault;

	if (flow_line_read_own(text, length, line))
		return NULL;
	*line = (struct flow_line){.port = -1};
	*column = 0;
	line->json = json_loadb(text, length, 0, &fault);
	if (!line->json) {
		*column = fault.column > 0 ? (unsigned)fault.column : 0;
		snprintf(message, sizeof(message), "not JSON (%s)", fault.text);
		return message;
	}
	if (!json_is_object(line->json))
		return "not a JSON object";
	line->time = text_at(line->json, "@timestamp");
	if (!line->time.text || line->time.length < LINE_SECONDS)
		return "it has no \"@timestamp\"";
	json_t *gabelou = json_object_get(line->json, "gabelou");
	line->lost = number_at(json_object_get(gabelou, "lost"), "events");
	line->flow = json_object_get(line->json, "network") != NULL;
	if (line->flow) {
		fill_destination(line->json, line);
		fill_sender(line->json, line);
		fill_verdict(line->json, line);
	}
	return NULL;
}

void flow_line_release(struct flow_line *line)
{
	json_decref(line->json);
	line->json = NULL;
}
