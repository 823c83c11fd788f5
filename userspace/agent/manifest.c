// SPDX-License-Identifier: GPL-2.0-or-later
/* Writing a manifest: see manifest.h for its shape. */
#include "userspace/agent/manifest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "userspace/agent/user.h"
#include "userspace/flow/text.h"

static json_t *drop_ins_part(const struct pipeline *pipeline)
{
	json_t *list = json_array();
	char digest[DIGEST_TEXT_SIZE];

	for (size_t i = 1; i < pipeline->sources.count; i++) {
		char *path = pipeline_absolute(pipeline->sources.items[i].file);

		json_array_append_new(
			list, json_pack("{s:o, s:s, s:o}", "file", text_json(path), "sha256",
					digest_format(&pipeline->policy->files[i].digest, digest),
					"text", text_json(pipeline->sources.items[i].bytes)));
		free(path);
	}
	return list;
}

static json_t *policy_part(const struct pipeline *pipeline)
{
	char digest[DIGEST_TEXT_SIZE];

	return json_pack("{s:o, s:o, s:s, s:o, s:o}", "name", text_json(pipeline->policy->name),
			 "file", text_json(pipeline->policy_path), "sha256",
			 digest_format(&pipeline->policy->digest, digest), "text",
			 text_json(pipeline->sources.items[0].bytes), "drop_ins",
			 drop_ins_part(pipeline));
}

/* Absolute, since whoever reads the record has another working directory. */
static json_t *absolute(const char *path)
{
	char *real = realpath(path, NULL);
	json_t *text = text_json(real ? real : path);

	free(real);
	return text;
}

static json_t *asns_part(const struct data_file *file)
{
	json_t *asns = json_array();

	for (size_t i = 0; i < file->asn_count; i++)
		json_array_append_new(asns, json_integer(file->asns[i]));
	return asns;
}

/* What was not said of a file is not in it, but for its path. */
static json_t *file_part(const struct data_file *file)
{
	json_t *part = json_pack("{s:o}", "file", absolute(file->path));
	char code[3];

	if (file->format)
		json_object_set_new(part, "format", json_string(data_format_name(file->format)));
	if (file->name)
		json_object_set_new(part, "name", text_json(file->name));
	if (file->field)
		json_object_set_new(part, "field", text_json(file->field));
	if (file->country)
		json_object_set_new(part, "country",
				    json_string(country_format(file->country, code)));
	if (file->asn_count)
		json_object_set_new(part, "asn", asns_part(file));
	if (file->url)
		json_object_set_new(part, "url", text_json(file->url));
	return part;
}

static json_t *files_part(const struct data_config *data)
{
	json_t *roles = json_object();

	for (enum data_role role = 0; role < DATA_ROLES; role++) {
		const struct data_files *files = &data->files[role];
		json_t *list = json_array();

		for (size_t i = 0; i < files->count; i++)
			json_array_append_new(list, file_part(&files->items[i]));
		json_object_set_new(roles, data_role_name(role), list);
	}
	return roles;
}

static json_t *data_part(const struct atlas *atlas)
{
	json_t *data = json_array();

	for (size_t i = 0; i < atlas_source_count(atlas); i++) {
		const struct source *source = atlas_source(atlas, i);
		char digest[DIGEST_TEXT_SIZE];

		json_array_append_new(data, json_pack("{s:o, s:s, s:o, s:o, s:s}", "name",
						      text_json(source->name), "role",
						      source_role_name(source->role), "path",
						      absolute(source->path), "date",
						      text_json(source->date), "sha256",
						      digest_format(&source->digest, digest)));
	}
	return data;
}

static json_t *rules_part(const struct policy *policy)
{
	json_t *rules = json_array();
	char name[RULE_NAME_SIZE];

	for (size_t i = 0; i < policy->rule_count; i++) {
		const struct rule *rule = &policy->rules[i];
		struct location place = rule_place(policy, rule);
		char *path = pipeline_absolute(place.file);
		json_t *part =
			json_pack("{s:s, s:o, s:o, s:I, s:I}", "name", rule_name(rule, name), "why",
				  text_json(rule->why), "file", text_json(path), "line",
				  (json_int_t)place.line, "column", (json_int_t)place.column);

		free(path);
		if (rule->kind == RULE_EXCEPT)
			json_object_set_new(part, "until", json_integer(rule->until));
		json_array_append_new(rules, part);
	}
	return rules;
}

static json_t *nat64_part(const struct policy *policy)
{
	json_t *list = json_array();
	char text[PREFIX_TEXT_SIZE];

	for (size_t i = 0; i < policy->nat64_count; i++)
		json_array_append_new(list, json_string(prefix_format(&policy->nat64[i], text)));
	return list;
}

static json_t *rows_part(const struct table *table)
{
	const struct class_row *rows = table->sections[TABLE_ROWS].bytes;
	json_t *array = json_array();

	for (uint32_t i = 0; i < table->row_count; i++) {
		const struct class_info *info = &table->classes[i % table->class_count];
		char reach[REACH_TEXT_SIZE];

		json_array_append_new(
			array, json_pack("[o,s,i,o,i,i,i,i,s,i]", text_json_country(info->soil),
					 soil_state_name(info->state), info->special,
					 text_json(text_reach(&info->reach, reach)),
					 info->reach.inferred, info->local, info->routed,
					 rows[i].act, reason_name(rows[i].reason),
					 rows[i].rule == RULE_NONE ? -1 : rows[i].rule));
	}
	return array;
}

static json_t *entries_part(const struct table *table)
{
	const struct class_row *rows = table->sections[TABLE_ROWS].bytes;
	const struct class_entry *entries = table->sections[TABLE_ENTRIES].bytes;
	uint32_t *row_of = calloc(table->entry_count + 1, sizeof(*row_of));
	json_t *array = json_array();

	for (uint32_t i = 0; row_of && i < table->row_count; i++)
		for (uint32_t j = 0; j < ROW_ENTRIES_COUNT(rows[i].entries); j++)
			row_of[ROW_ENTRIES_FIRST(rows[i].entries) + j] = i;
	for (uint32_t i = 0; row_of && i < table->entry_count; i++)
		json_array_append_new(
			array, json_pack("[I,i,s,i]", (json_int_t)row_of[i], entries[i].verdict,
					 reason_name(entries[i].reason),
					 entries[i].rule == RULE_NONE ? -1 : entries[i].rule));
	free(row_of);
	return array;
}

static json_t *host_part(void)
{
	char name[256] = "";

	gethostname(name, sizeof(name) - 1);
	return text_json(name);
}

json_t *manifest_make(const struct pipeline *pipeline)
{
	const struct policy *policy = pipeline->policy;

	return json_pack(
		"{s:o, s:s, s:s, s:s, s:i, s:{s:i, s:i}, s:o, s:o, s:o, s:o, s:o, s:o, s:I, "
		"s:s, s:o, s:o, s:o}",
		"policy", policy_part(pipeline), "mode",
		policy->mode == POLICY_MONITOR ? "monitor" : "enforce", "unlisted",
		policy->unlisted == POLICY_UNLISTED_REGISTRY ? "registry" : "deny", "agree",
		data_agree_name(policy->data.agree), "min_sources", (int)policy->data.min_sources,
		"max_age", "warn", (int)policy->warn_days, "stale", (int)policy->stale_days,
		"data_dir", text_json(pipeline->data_dir), "files", files_part(&policy->data),
		"data", data_part(pipeline->atlas), "rules", rules_part(policy), "rows",
		rows_part(pipeline->table), "entries", entries_part(pipeline->table), "classes",
		(json_int_t)pipeline->table->class_count, "version", GABELOU_VERSION, "host",
		host_part(), "user", user_json(), "nat64", nat64_part(policy));
}
