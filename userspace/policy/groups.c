// SPDX-License-Identifier: GPL-2.0-or-later
/* Groups of countries from groups.csv: "group,member,since,source". */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "userspace/base/file.h"
#include "userspace/policy/parse.h"

#define GROUPS_SIZE_MOST (1u << 20)

struct group {
	char name[GROUP_NAME_MOST + 1];
	struct country_set members;
};

struct groups {
	struct group *items;
	size_t count;
};

enum { FIELD_GROUP, FIELD_MEMBER, FIELD_SINCE, FIELD_SOURCE, FIELDS };

struct field {
	const char *text;
	size_t length;
};

size_t groups_count(const struct groups *groups)
{
	return groups ? groups->count : 0;
}

const char *groups_name(const struct groups *groups, size_t number)
{
	return groups->items[number].name;
}

static struct group *find(const struct groups *groups, const char *name, size_t length)
{
	for (size_t i = 0; i < groups_count(groups); i++)
		if (strlen(groups->items[i].name) == length &&
		    memcmp(groups->items[i].name, name, length) == 0)
			return &groups->items[i];
	return NULL;
}

const struct country_set *groups_find(const struct groups *groups, const char *name, size_t length)
{
	const struct group *group = find(groups, name, length);

	return group ? &group->members : NULL;
}

void groups_free(struct groups *groups)
{
	if (!groups)
		return;
	free(groups->items);
	free(groups);
}

bool groups_name_check(const char *name, size_t length)
{
	if (length < 2 || length > GROUP_NAME_MOST || name[0] < 'A' || name[0] > 'Z')
		return false;
	for (size_t i = 0; i < length; i++) {
		char c = name[i];

		if (!(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9') && c != '-')
			return false;
	}
	return true;
}

/* 1993 or 1993-11-01 */
static bool is_date(const struct field *field)
{
	static const char form[] = "0000-00-00";

	if (field->length != 4 && field->length != sizeof(form) - 1)
		return false;
	for (size_t i = 0; i < field->length; i++) {
		bool digit = field->text[i] >= '0' && field->text[i] <= '9';

		if (form[i] == '0' ? !digit : field->text[i] != form[i])
			return false;
	}
	return true;
}

/* The source is last and takes the rest of the line, commas and all. */
static bool split(const struct line *line, struct field fields[FIELDS])
{
	const char *at = line->text, *end = line->text + line->length;

	for (int i = 0; i < FIELD_SOURCE; i++) {
		const char *comma = memchr(at, ',', (size_t)(end - at));

		if (!comma)
			return false;
		fields[i] = (struct field){at, (size_t)(comma - at)};
		at = comma + 1;
	}
	fields[FIELD_SOURCE] = (struct field){at, (size_t)(end - at)};
	return true;
}

static int check_fields(const struct field fields[FIELDS], struct location where,
			struct diagnostics *diagnostics)
{
	const char *line = fields[FIELD_GROUP].text;

	where.column = 1;
	if (!groups_name_check(fields[FIELD_GROUP].text, fields[FIELD_GROUP].length))
		return diagnostics_error(diagnostics, EINVAL, where,
					 "`%.*s` is not the name of a group; write capitals, "
					 "digits and dashes, as in FR-DROM",
					 (int)fields[FIELD_GROUP].length, fields[FIELD_GROUP].text);
	if (country_parse(fields[FIELD_GROUP].text, fields[FIELD_GROUP].length))
		return diagnostics_error(diagnostics, EINVAL, where,
					 "%.2s is a country; give the group another name",
					 fields[FIELD_GROUP].text);
	where.column = (unsigned)(fields[FIELD_MEMBER].text - line) + 1;
	if (!country_parse(fields[FIELD_MEMBER].text, fields[FIELD_MEMBER].length))
		return diagnostics_error(diagnostics, EINVAL, where,
					 "`%.*s` is no country; write an ISO 3166-1 code, as in FR",
					 (int)fields[FIELD_MEMBER].length,
					 fields[FIELD_MEMBER].text);
	where.column = (unsigned)(fields[FIELD_SINCE].text - line) + 1;
	if (!is_date(&fields[FIELD_SINCE]))
		return diagnostics_error(diagnostics, EINVAL, where,
					 "`%.*s` is no date; write 1993 or 1993-11-01",
					 (int)fields[FIELD_SINCE].length, fields[FIELD_SINCE].text);
	where.column = (unsigned)(fields[FIELD_SOURCE].text - line) + 1;
	if (!fields[FIELD_SOURCE].length)
		return diagnostics_error(diagnostics, EINVAL, where,
					 "no source; name the treaty, law or standard");
	return 0;
}

static struct group *add_group(struct groups *groups, const char *name, size_t length)
{
	struct group *items = reallocarray(groups->items, groups->count + 1, sizeof(*items));

	if (!items)
		return NULL;
	groups->items = items;
	struct group *group = &items[groups->count++];
	memset(group, 0, sizeof(*group));
	memcpy(group->name, name, length);
	return group;
}

struct groups *groups_copy(const struct groups *groups)
{
	struct groups *copy = calloc(1, sizeof(*copy));

	for (size_t i = 0; copy && i < groups_count(groups); i++)
		if (groups_add(copy, groups->items[i].name, &groups->items[i].members)) {
			groups_free(copy);
			return NULL;
		}
	return copy;
}

int groups_add(struct groups *groups, const char *name, const struct country_set *members)
{
	struct group *group = add_group(groups, name, strlen(name));

	if (!group)
		return -ENOMEM;
	group->members = *members;
	return 0;
}

static int add_member(struct groups *groups, const struct field fields[FIELDS],
		      struct location where, struct diagnostics *diagnostics)
{
	const struct field *name = &fields[FIELD_GROUP];
	struct group *group = find(groups, name->text, name->length);
	country_t member = country_parse(fields[FIELD_MEMBER].text, fields[FIELD_MEMBER].length);

	if (!group)
		group = add_group(groups, name->text, name->length);
	if (!group)
		return -ENOMEM;
	if (country_set_has(&group->members, member))
		return diagnostics_error(diagnostics, EINVAL, where,
					 "%.2s is in %s already; remove one line",
					 fields[FIELD_MEMBER].text, group->name);
	country_set_add(&group->members, member);
	return 0;
}

static int read_line(struct groups *groups, const struct line *line, bool *header,
		     struct location where, struct diagnostics *diagnostics)
{
	struct field fields[FIELDS];

	if (!line->length || line->text[0] == '#')
		return 0;
	if (!*header) {
		if (strcmp(line->text, "group,member,since,source") != 0)
			return diagnostics_error(diagnostics, EINVAL, where,
						 "not a table of groups; begin it with "
						 "`group,member,since,source`");
		*header = true;
		return 0;
	}
	if (!split(line, fields))
		return diagnostics_error(diagnostics, EINVAL, where,
					 "too few fields; write group,member,since,source");
	int error = check_fields(fields, where, diagnostics);
	return error ? error : add_member(groups, fields, where, diagnostics);
}

static int read_lines(struct groups *groups, const struct file *file,
		      struct diagnostics *diagnostics)
{
	struct lines *lines = lines_open(file);
	bool header = false;
	int error = lines ? 0 : -ENOMEM;
	struct line line;
	int more = 0;

	while (lines && (more = lines_next(lines, &line, diagnostics)) > 0) {
		int fault = read_line(groups, &line, &header,
				      (struct location){file->path, line.number, 1}, diagnostics);
		error = error ? error : fault;
		if (fault == -ENOMEM || !header)
			more = fault;
		if (more < 0)
			break;
	}
	lines_close(lines);
	if (more < 0)
		return more;
	if (!error && !groups->count)
		return diagnostics_error(diagnostics, ENODATA,
					 (struct location){.file = file->path},
					 "no group in it; restore it from its source");
	return error;
}

int groups_read(const char *path, struct groups **groups, struct diagnostics *diagnostics)
{
	struct groups *result;
	struct file file;
	int error = file_read(path, GROUPS_SIZE_MOST, &file, diagnostics);

	if (error)
		return error;
	result = calloc(1, sizeof(*result));
	error = result ? read_lines(result, &file, diagnostics) : -ENOMEM;
	file_free(&file);
	if (error) {
		groups_free(result);
		return error;
	}
	*groups = result;
	return 0;
}
