// SPDX-License-Identifier: GPL-2.0-or-later
/* The lists of files under "data:". An item is a path, or a map that says more of the file. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "userspace/policy/parse.h"

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

static void read_file(struct reader *reader, const struct node *node, void *target)
{
	struct data_file *file = target;
	char *line = policy_line_read(reader, node, "file");

	if (!line)
		return;
	free(file->path);
	file->path = resolve(reader, line);
	file->line = node->line;
	file->column = node->column;
	free(line);
}

static void read_format(struct reader *reader, const struct node *node, void *target)
{
	const char *names[DATA_FORMATS];
	struct data_file *file = target;

	for (enum data_format format = 0; format < DATA_FORMATS; format++)
		names[format] = data_format_name(format);
	int choice = policy_choice_read(reader, node, "format", names, DATA_FORMATS);
	if (choice >= 0)
		file->format = (enum data_format)choice;
}

static void replace_text(char **text, char *with)
{
	free(*text);
	*text = with;
}

static void read_name(struct reader *reader, const struct node *node, void *target)
{
	struct data_file *file = target;

	replace_text(&file->name, policy_line_read(reader, node, "name"));
}

static void read_field(struct reader *reader, const struct node *node, void *target)
{
	struct data_file *file = target;

	replace_text(&file->field, policy_line_read(reader, node, "field"));
}

static void read_country(struct reader *reader, const struct node *node, void *target)
{
	struct data_file *file = target;
	const char *text = node->kind == NODE_TEXT ? node->text : "";

	file->country = country_parse(text, strlen(text));
	if (!file->country)
		policy_fault(reader, node,
			     "`%s` is not a country code of ISO 3166-1; write two letters, as in "
			     "FR",
			     policy_quote(node).text);
}

static void read_asns(struct reader *reader, const struct node *node, void *target)
{
	struct data_file *file = target;

	if (!policy_list_check(reader, node, "AS numbers", "[64500]"))
		return;
	free(file->asns);
	file->asn_count = 0;
	file->asns = policy_alloc(reader, node->count, sizeof(*file->asns));
	for (size_t i = 0; file->asns && i < node->count; i++) {
		uint32_t asn = policy_asn_number(reader, &node->children[i]);

		if (asn)
			file->asns[file->asn_count++] = asn;
	}
}

/* What is fetched decides what passes: nobody on the way may choose it. */
static char *read_address(struct reader *reader, const struct node *node, const char *key)
{
	char *url = policy_line_read(reader, node, key);

	if (url && strncmp(url, "https://", 8) != 0) {
		policy_fault(reader, node, "`%s` is not an https address; write https://...",
			     policy_quote(node).text);
		free(url);
		return NULL;
	}
	return url;
}

static void read_url(struct reader *reader, const struct node *node, void *target)
{
	struct data_file *file = target;

	replace_text(&file->url, read_address(reader, node, "url"));
}

static void read_checksum(struct reader *reader, const struct node *node, void *target)
{
	struct data_file *file = target;

	replace_text(&file->checksum, read_address(reader, node, "checksum"));
}

static const struct key file_keys[] = {
	{"file", read_file, NULL},   {"format", read_format, NULL},     {"name", read_name, NULL},
	{"field", read_field, NULL}, {"country", read_country, NULL},   {"asn", read_asns, NULL},
	{"url", read_url, NULL},     {"checksum", read_checksum, NULL},
};

static void check_file(struct reader *reader, const struct node *node, const struct data_file *file,
		       const struct data_files *before)
{
	if (!file->path)
		return;
	if (file->checksum && !file->url)
		policy_fault(reader, node,
			     "`checksum:` without `url:`: nothing is fetched; remove it, or say "
			     "where the file comes from");
	for (size_t i = 0; i < before->count; i++)
		if (before->items[i].path && strcmp(before->items[i].path, file->path) == 0)
			diagnostics_error(reader->diagnostics, EINVAL,
					  (struct location){node->file, file->line, file->column},
					  "`%s` stands in this list twice and would count twice; "
					  "remove one",
					  file->path);
}

/* Names are compared each with each: far more than the atlas takes, far less than takes long. */
#define FILES_MOST 256

static void read_files(struct reader *reader, const struct node *node, enum data_role role,
		       const char *example)
{
	struct data_files *files = &reader->policy->data.files[role];

	if (!policy_list_check(reader, node, "files", example))
		return;
	if (node->count > FILES_MOST) {
		policy_fault(reader, node, "%zu files; name at most %d", node->count, FILES_MOST);
		return;
	}
	files->items = policy_alloc(reader, node->count, sizeof(*files->items));
	for (size_t i = 0; files->items && i < node->count; i++) {
		const struct node *item = &node->children[i];
		struct data_file *file = &files->items[i];
		size_t errors = reader->diagnostics->errors;

		if (item->kind == NODE_TEXT)
			read_file(reader, item, file);
		else
			policy_map_read(reader, item, "a source", file_keys,
					sizeof(file_keys) / sizeof(*file_keys), file);
		if (!file->path && reader->diagnostics->errors == errors && !reader->out_of_memory)
			policy_fault(reader, item, "a source without a file; write {file: PATH}");
		check_file(reader, item, file, files);
		files->count++;
	}
}

void policy_soil_files_read(struct reader *reader, const struct node *node, void *target)
{
	(void)target;
	read_files(reader, node, DATA_SOIL, "[/usr/share/gabelou/soil.csv.zst]");
}

void policy_feeds_read(struct reader *reader, const struct node *node, void *target)
{
	(void)target;
	if (node->kind == NODE_LIST && node->count == 0)
		return; /* none, as by default */
	read_files(reader, node, DATA_FEEDS, "[/var/lib/gabelou/ip-ranges.json]");
}

void policy_registry_files_read(struct reader *reader, const struct node *node, void *target)
{
	(void)target;
	read_files(reader, node, DATA_REGISTRY, "[/usr/share/gabelou/registry.csv.zst]");
}

void policy_asn_files_read(struct reader *reader, const struct node *node, void *target)
{
	(void)target;
	read_files(reader, node, DATA_ASN, "[/usr/share/gabelou/asn.csv.zst]");
}

void policy_owner_files_read(struct reader *reader, const struct node *node, void *target)
{
	(void)target;
	read_files(reader, node, DATA_OWNER, "[/usr/share/gabelou/owners.csv]");
}
