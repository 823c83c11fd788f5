// SPDX-License-Identifier: GPL-2.0-or-later
/* From bytes to a tree of nodes, by libyaml's events. */
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "userspace/policy/parse.h"

#define DEPTH_MOST 16 /* the deepest policy has 5 */

struct builder {
	yaml_parser_t parser;
	yaml_event_t event; /* the current one */
	const char *file;
	const char *bytes;
	size_t size;
	struct diagnostics *diagnostics;
};

static struct location at(const struct builder *builder, yaml_mark_t mark)
{
	return (struct location){builder->file, (unsigned)mark.line + 1, (unsigned)mark.column + 1};
}

/* Bytes of the UTF-8 character at @text (RFC 3629), or 0: not one, or a control character that has
 * no place in a text file. */
static size_t character_size(const unsigned char *text, size_t size)
{
	static const struct {
		unsigned char mask, lead;
		uint32_t least;
	} forms[] = {
		{0x80, 0x00, 0}, {0xe0, 0xc0, 0x80}, {0xf0, 0xe0, 0x800}, {0xf8, 0xf0, 0x10000}};

	for (size_t i = 0; i < 4; i++) {
		uint32_t value = text[0] & (unsigned char)~forms[i].mask;

		if ((text[0] & forms[i].mask) != forms[i].lead || i + 1 > size)
			continue;
		for (size_t j = 1; j <= i; j++) {
			if ((text[j] & 0xc0) != 0x80)
				return 0;
			value = value << 6 | (text[j] & 0x3f);
		}
		if (value < forms[i].least || value > 0x10ffff || value >> 11 == 0xd800 >> 11)
			return 0;
		if (i == 0 && (value < 0x20 || value == 0x7f) && !strchr("\t\n\r", (int)value))
			return 0;
		if (value == 0 || (value >= 0x80 && value < 0xa0))
			return 0;
		return i + 1;
	}
	return 0;
}

static int check_text(const struct builder *builder)
{
	const unsigned char *bytes = (const unsigned char *)builder->bytes;
	struct location where = {builder->file, 1, 1};
	size_t first = 0;

	while (first < builder->size && memchr(" \t\r\n", bytes[first], 4))
		first++;
	if (first < builder->size && bytes[first] == '<')
		return diagnostics_error(builder->diagnostics, EINVAL, where,
					 "this is a web page, not a policy; write YAML that "
					 "begins with `gabelou: 1`");
	for (size_t i = 0, step; i < builder->size; i += step, where.column++) {
		step = character_size(bytes + i, builder->size - i);
		if (!step)
			return diagnostics_error(
				builder->diagnostics, EINVAL, where,
				"byte 0x%02x is not UTF-8 text; save the file as plain UTF-8",
				bytes[i]);
		if (bytes[i] == '\n') {
			where.line++;
			where.column = 0;
		}
	}
	return 0;
}

/* Does the line (from 0) begin with a tab among its white space? */
static bool indented_by_tab(const struct builder *builder, size_t line)
{
	const char *text = builder->bytes, *end = text + builder->size;

	while (line-- && text)
		if ((text = memchr(text, '\n', (size_t)(end - text))))
			text++;
	for (; text && text < end && (*text == ' ' || *text == '\t'); text++)
		if (*text == '\t')
			return true;
	return false;
}

static const char *remedy(const struct builder *builder)
{
	static const struct {
		const char *problem, *write;
	} remedies[] = {
		{"unexpected ':'", "put a value that holds a : in quotes, as in \"2001:db8::\""},
		{"mapping values are not allowed",
		 "check the indentation, or put a value that holds `: ` in quotes"},
		{"expected key", "check the indentation"},
		{"expected '-'", "check the indentation; each item of a list begins with `- `"},
		{"expected ','", "separate with , and close the list with ] or the map with }"},
		{"alphabetic or numeric", "put a value that begins with * or & in quotes"},
		{"cannot start any token", "put the value in quotes"},
		{"end of stream", "close the quote"},
		{"document start", "check the indentation"},
		{"could not find expected ':'", "write `key: value`"},
	};
	const char *problem = builder->parser.problem;

	if (indented_by_tab(builder, builder->parser.problem_mark.line))
		return "indent with spaces, not tabs";
	for (size_t i = 0; problem && i < sizeof(remedies) / sizeof(remedies[0]); i++)
		if (strstr(problem, remedies[i].problem))
			return remedies[i].write;
	return "write plain YAML";
}

static int syntax_fault(const struct builder *builder)
{
	const yaml_parser_t *parser = &builder->parser;

	if (parser->error == YAML_MEMORY_ERROR)
		return diagnostics_error(builder->diagnostics, ENOMEM,
					 (struct location){.file = builder->file}, "out of memory");
	return diagnostics_error(builder->diagnostics, EINVAL, at(builder, parser->problem_mark),
				 "not YAML: %s%s%s; %s",
				 parser->problem ? parser->problem : "broken",
				 parser->context ? " " : "", parser->context ? parser->context : "",
				 remedy(builder));
}

/* What YAML has and a policy must not: it would make the text say other than what one reads. */
static int refuse_features(const struct builder *builder)
{
	const yaml_event_t *event = &builder->event;
	const yaml_char_t *anchor = NULL, *tag = NULL;

	switch (event->type) {
	case YAML_ALIAS_EVENT:
		return diagnostics_error(builder->diagnostics, EINVAL,
					 at(builder, event->start_mark),
					 "aliases are not supported; write the value out, or put "
					 "it in quotes if it is to begin with *");
	case YAML_SCALAR_EVENT:
		anchor = event->data.scalar.anchor;
		tag = event->data.scalar.tag;
		break;
	case YAML_SEQUENCE_START_EVENT:
		anchor = event->data.sequence_start.anchor;
		tag = event->data.sequence_start.tag;
		break;
	case YAML_MAPPING_START_EVENT:
		anchor = event->data.mapping_start.anchor;
		tag = event->data.mapping_start.tag;
		break;
	default:
		break;
	}
	if (!anchor && !tag)
		return 0;
	return diagnostics_error(builder->diagnostics, EINVAL, at(builder, event->start_mark),
				 "%s are not supported; write the plain value",
				 anchor ? "anchors (&name)" : "tags (!name)");
}

static int next_event(struct builder *builder)
{
	yaml_event_delete(&builder->event);
	if (!yaml_parser_parse(&builder->parser, &builder->event))
		return syntax_fault(builder);
	return refuse_features(builder);
}

/* Escapes ("\x1b") can smuggle in what check_text keeps out; names end up in terminals and logs. */
static int take_text(const struct builder *builder, struct node *node)
{
	const unsigned char *text = builder->event.data.scalar.value;
	size_t size = builder->event.data.scalar.length, step;

	for (size_t i = 0; i < size; i += step) {
		step = character_size(text + i, size - i);
		if (!step)
			return diagnostics_error(builder->diagnostics, EINVAL,
						 at(builder, builder->event.start_mark),
						 "the value holds a control character; write it "
						 "without");
	}
	node->text = malloc(size + 1);
	if (!node->text)
		return -ENOMEM;
	memcpy(node->text, text, size);
	node->text[size] = '\0';
	return 0;
}

/* Room doubles whenever the count is a power of two. */
static struct node *add_child(struct node *node)
{
	if ((node->count & (node->count - 1)) == 0) {
		size_t room = node->count ? 2 * node->count : 1;
		struct node *children = reallocarray(node->children, room, sizeof(*children));

		if (!children)
			return NULL;
		node->children = children;
	}
	node->children[node->count] = (struct node){0};
	return &node->children[node->count++];
}

/* The node that the current event begins. */
static int build(struct builder *builder, struct node *node, unsigned depth)
{
	yaml_event_type_t type = builder->event.type;
	struct location where = at(builder, builder->event.start_mark);
	yaml_event_type_t end =
		type == YAML_MAPPING_START_EVENT ? YAML_MAPPING_END_EVENT : YAML_SEQUENCE_END_EVENT;

	node->file = builder->file;
	node->line = where.line;
	node->column = where.column;
	if (type == YAML_SCALAR_EVENT)
		return take_text(builder, node);
	if (depth == DEPTH_MOST)
		return diagnostics_error(builder->diagnostics, EINVAL, where,
					 "nested over %d levels deep; a policy has no use for that",
					 DEPTH_MOST);
	node->kind = type == YAML_MAPPING_START_EVENT ? NODE_MAP : NODE_LIST;
	for (;;) {
		int error = next_event(builder);
		if (error || builder->event.type == end)
			return error;
		struct node *child = add_child(node);
		error = child ? build(builder, child, depth + 1) : -ENOMEM;
		if (error)
			return error;
	}
}

static int build_document(struct builder *builder, struct node *root)
{
	struct location top = {builder->file, 1, 1};
	int error = next_event(builder); /* stream start */

	if (!error)
		error = next_event(builder);
	if (!error && builder->event.type == YAML_STREAM_END_EVENT)
		return diagnostics_error(builder->diagnostics, EINVAL, top,
					 "there is no policy in this file; begin with "
					 "`gabelou: 1`");
	if (!error)
		error = next_event(builder);
	if (!error)
		error = build(builder, root, 0);
	if (!error)
		error = next_event(builder); /* document end */
	if (!error)
		error = next_event(builder);
	if (!error && builder->event.type != YAML_STREAM_END_EVENT)
		return diagnostics_error(builder->diagnostics, EINVAL,
					 at(builder, builder->event.start_mark),
					 "a second document begins; write one policy per file");
	return error;
}

int policy_tree_read(const char *file, const char *bytes, size_t size, struct node *root,
		     struct diagnostics *diagnostics)
{
	/* A byte order mark says nothing in UTF-8 and would shift the first line's columns. */
	if (size >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0) {
		bytes += 3;
		size -= 3;
	}
	struct builder builder = {
		.file = file, .bytes = bytes, .size = size, .diagnostics = diagnostics};
	int error = check_text(&builder);

	*root = (struct node){0};
	if (error)
		return error;
	if (!yaml_parser_initialize(&builder.parser))
		return -ENOMEM;
	yaml_parser_set_encoding(&builder.parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&builder.parser, (const unsigned char *)bytes, size);
	error = build_document(&builder, root);
	yaml_event_delete(&builder.event);
	yaml_parser_delete(&builder.parser);
	return error;
}

void policy_tree_free(struct node *node)
{
	for (size_t i = 0; i < node->count; i++)
		policy_tree_free(&node->children[i]);
	free(node->children);
	free(node->text);
}
