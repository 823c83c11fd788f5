// SPDX-License-Identifier: GPL-2.0-or-later
/* "data:": the files of the atlas, how they vote, how old they may be. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "userspace/policy/parse.h"

#define DAYS_MOST 3650

/* A relative path starts from the policy's folder, not from where the command was typed. */
static char *resolve(struct reader *reader, const char *path)
{
	const char *slash = strrchr(reader->file, '/');
	char *result = NULL;
	int length;

	if (path[0] == '/' || !slash)
		length = asprintf(&result, "%s", path);
	else
		length = asprintf(&result, "%.*s/%s", (int)(slash - reader->file), reader->file,
				  path);
	if (length < 0) {
		reader->out_of_memory = true;
		return NULL;
	}
	return result;
}

static void add_file(struct reader *reader, const struct node *node, struct names *names)
{
	char *line = policy_line_read(reader, node, "file");
	char *path = line ? resolve(reader, line) : NULL;

	free(line);
	if (!path)
		return;
	for (size_t i = 0; i < names->count; i++)
		if (strcmp(names->items[i], path) == 0) {
			policy_fault(reader, node,
				     "`%s` stands in this list twice and would count twice; "
				     "remove one",
				     policy_quote(node).text);
			free(path);
			return;
		}
	names->items[names->count++] = path;
}

static void read_file(struct reader *reader, const struct node *node, void *target)
{
	add_file(reader, node, target);
}

static const struct key file_keys[] = {
	{"file", read_file, NULL},
	{"format", NULL, NULL},
	{"name", NULL, NULL},
};

/* Names are compared each with each: far more than the atlas takes, far less than takes long. */
#define FILES_MOST 256

static void read_files(struct reader *reader, const struct node *node, struct names *names)
{
	if (!policy_list_check(reader, node, "files", "[/usr/share/gabelou/soil.csv.zst]"))
		return;
	if (node->count > FILES_MOST) {
		policy_fault(reader, node, "%zu files; name at most %d", node->count, FILES_MOST);
		return;
	}
	names->items = policy_alloc(reader, node->count, sizeof(*names->items));
	for (size_t i = 0; names->items && i < node->count; i++) {
		const struct node *item = &node->children[i];

		if (item->kind == NODE_TEXT)
			add_file(reader, item, names);
		else
			policy_map_read(reader, item, "a source", file_keys,
					sizeof(file_keys) / sizeof(*file_keys), names);
	}
}

static void read_soil(struct reader *reader, const struct node *node, void *target)
{
	(void)target;
	read_files(reader, node, &reader->policy->soil);
}

static void read_asn(struct reader *reader, const struct node *node, void *target)
{
	(void)target;
	read_files(reader, node, &reader->policy->asn);
}

static void read_owner(struct reader *reader, const struct node *node, void *target)
{
	(void)target;
	read_files(reader, node, &reader->policy->owner);
}

static void read_agree(struct reader *reader, const struct node *node, void *target)
{
	static const char *const names[] = {[POLICY_AGREE_FIRST] = "first",
					    [POLICY_AGREE_MAJORITY] = "majority",
					    [POLICY_AGREE_ALL] = "all"};
	int choice = policy_choice_read(reader, node, "agree", names, 3);

	(void)target;
	if (choice >= 0)
		reader->policy->agree = (enum policy_agree)choice;
}

/* 45d. */
static void read_days(struct reader *reader, const struct node *node, void *target)
{
	const char *text = node->kind == NODE_TEXT ? node->text : "";
	unsigned *days = target, number = 0;
	size_t i = 0;

	for (; text[i] >= '0' && text[i] <= '9' && number <= DAYS_MOST; i++)
		number = number * 10 + (unsigned)(text[i] - '0');
	if (i && text[i] == '\0' && number && number <= DAYS_MOST)
		policy_fault(reader, node, "`%s` has no unit; write %ud", text, number);
	else if (!i || strcmp(text + i, "d") != 0 || !number || number > DAYS_MOST)
		policy_fault(reader, node, "`%s` is not a number of days; write 1d to %dd",
			     policy_quote(node).text, DAYS_MOST);
	else
		*days = number;
}

static void read_warn(struct reader *reader, const struct node *node, void *target)
{
	(void)target;
	read_days(reader, node, &reader->policy->warn_days);
}

static void read_stale(struct reader *reader, const struct node *node, void *target)
{
	(void)target;
	read_days(reader, node, &reader->policy->stale_days);
}

static const struct key age_keys[] = {
	{"warn", read_warn, NULL},
	{"stale", read_stale, NULL},
};

static void read_max_age(struct reader *reader, const struct node *node, void *target)
{
	const struct policy *policy = reader->policy;

	policy_map_read(reader, node, "`max-age:`", age_keys, sizeof(age_keys) / sizeof(*age_keys),
			target);
	if (policy->warn_days > policy->stale_days)
		policy_fault(reader, node,
			     "data would be stale (%ud) before a warning (%ud); write warn below "
			     "stale, as in {warn: 45d, stale: 120d}",
			     policy->stale_days, policy->warn_days);
}

static const struct key data_keys[] = {
	{"soil", read_soil, NULL},   {"asn", read_asn, NULL},         {"owner", read_owner, NULL},
	{"agree", read_agree, NULL}, {"max-age", read_max_age, NULL}, {"feeds", NULL, "[]"},
	{"min-sources", NULL, NULL},
};

void policy_data_read(struct reader *reader, const struct node *node, void *target)
{
	policy_map_read(reader, node, "`data:`", data_keys, sizeof(data_keys) / sizeof(*data_keys),
			target);
}
