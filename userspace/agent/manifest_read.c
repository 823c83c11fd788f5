// SPDX-License-Identifier: GPL-2.0-or-later
/* Reading a manifest back: it comes from the disk, so nothing in it is taken on trust. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "userspace/agent/manifest.h"
#include "userspace/flow/text.h"

static bool parse_reach(const char *text, struct reach *reach)
{
	*reach = (struct reach){0};
	while (text && *text) {
		country_t country = country_parse(text, strcspn(text, "+"));

		if (!country || reach->count == REACH_MOST)
			return false;
		reach->countries[reach->count++] = country;
		text += 2;
		text += *text == '+';
	}
	return true;
}

static bool parse_reason(const char *name, uint8_t *reason)
{
	for (int i = 0; i < REASON_COUNT; i++)
		if (strcmp(name, reason_name(i)) == 0) {
			*reason = (uint8_t)i;
			return true;
		}
	return false;
}

static bool parse_state(const char *name, uint8_t *state)
{
	for (int i = SOIL_UNKNOWN; i <= SOIL_ANYCAST; i++)
		if (strcmp(name, soil_state_name(i)) == 0) {
			*state = (uint8_t)i;
			return true;
		}
	return false;
}

/* [soil, state, special, reach, inferred, local, routed, act, reason, rule] */
static bool parse_row(json_t *json, struct manifest_row *row)
{
	const char *soil, *state, *reach, *reason;
	json_t *soil_or_null, *reach_or_null;
	int special, inferred, local, routed, act, rule;

	*row = (struct manifest_row){0};
	if (json_unpack(json, "[o,s,i,o,i,i,i,i,s,i]", &soil_or_null, &state, &special,
			&reach_or_null, &inferred, &local, &routed, &act, &reason, &rule) != 0)
		return false;
	soil = json_string_value(soil_or_null);
	reach = json_string_value(reach_or_null);
	row->info.soil = soil ? country_parse(soil, strlen(soil)) : COUNTRY_NONE;
	row->info.special = (uint8_t)special;
	if (!parse_reach(reach, &row->info.reach))
		return false;
	row->info.reach.inferred = inferred != 0;
	row->info.local = local != 0;
	row->info.routed = routed != 0;
	row->act = (uint8_t)act;
	row->rule = rule < 0 ? RULE_NONE : (uint16_t)rule;
	return (!soil || row->info.soil) && parse_state(state, &row->info.state) &&
	       parse_reason(reason, &row->reason);
}

/* [row, verdict, reason, rule] */
static bool parse_entry(json_t *json, size_t rows, struct manifest_entry *entry)
{
	const char *reason;
	int row, verdict, rule;

	if (json_unpack(json, "[i,i,s,i]", &row, &verdict, &reason, &rule) != 0 || row < 0 ||
	    (size_t)row >= rows)
		return false;
	entry->row = (uint32_t)row;
	entry->verdict = verdict == VERDICT_ALLOW ? VERDICT_ALLOW : VERDICT_DENY;
	entry->rule = rule < 0 ? RULE_NONE : (uint16_t)rule;
	return parse_reason(reason, &entry->reason);
}

static bool parse_rows(struct manifest *manifest)
{
	json_t *rows = json_object_get(manifest->json, "rows");
	json_t *entries = json_object_get(manifest->json, "entries");

	manifest->row_count = json_array_size(rows);
	manifest->entry_count = json_array_size(entries);
	manifest->rows = calloc(manifest->row_count + 1, sizeof(*manifest->rows));
	manifest->entries = calloc(manifest->entry_count + 1, sizeof(*manifest->entries));
	if (!manifest->rows || !manifest->entries)
		return false;
	for (size_t i = 0; i < manifest->row_count; i++)
		if (!parse_row(json_array_get(rows, i), &manifest->rows[i]))
			return false;
	for (size_t i = 0; i < manifest->entry_count; i++)
		if (!parse_entry(json_array_get(entries, i), manifest->row_count,
				 &manifest->entries[i]))
			return false;
	/* They are most of the manifest, and stand in arrays of their own now. */
	json_object_del(manifest->json, "rows");
	json_object_del(manifest->json, "entries");
	return true;
}

static void parse_since(struct manifest *manifest)
{
	json_t *since = json_object_get(manifest->json, "since");

	if (json_is_string(since))
		snprintf(manifest->since, sizeof(manifest->since), "%s", json_string_value(since));
	else if (json_is_integer(since))
		text_time(json_integer_value(since) * 1000000000, manifest->since);
}

/* What older versions wrote has none. */
static bool parse_nat64(struct manifest *manifest)
{
	json_t *list = json_object_get(manifest->json, "nat64");
	size_t count = json_array_size(list);

	manifest->nat64 = calloc(count + 1, sizeof(*manifest->nat64));
	for (size_t i = 0; manifest->nat64 && i < count; i++) {
		const char *text = json_string_value(json_array_get(list, i));

		if (!text || prefix_parse(text, strlen(text), &manifest->nat64[i]) != PREFIX_OK)
			return false;
		manifest->nat64_count++;
	}
	return manifest->nat64 != NULL;
}

static bool parse_source(struct manifest *manifest, json_t *part)
{
	const char *file, *text;

	return json_unpack(part, "{s:s, s:s}", "file", &file, "text", &text) == 0 &&
	       policy_sources_add(&manifest->sources, file, text, strlen(text)) == 0;
}

/* Older versions knew no drop-ins. */
static bool parse_sources(struct manifest *manifest, json_t *policy)
{
	json_t *drop_ins = json_object_get(policy, "drop_ins");
	bool whole = parse_source(manifest, policy);

	for (size_t i = 0; whole && i < json_array_size(drop_ins); i++)
		whole = parse_source(manifest, json_array_get(drop_ins, i));
	return whole;
}

static bool parse(struct manifest *manifest)
{
	const char *mode, *unlisted;
	json_t *name, *policy;
	int generation;

	if (json_unpack(manifest->json, "{s:{s:o, s:s, s:s}, s:o, s:s, s:s, s:i}", "policy", "name",
			&name, "file", &manifest->policy_file, "sha256", &manifest->policy_sha256,
			"policy", &policy, "mode", &mode, "unlisted", &unlisted, "generation",
			&generation) != 0 ||
	    !parse_sources(manifest, policy))
		return false;
	manifest->policy_name = json_is_string(name) ? json_string_value(name) : "";
	manifest->generation = (uint32_t)generation;
	manifest->monitor = strcmp(mode, "monitor") == 0;
	manifest->reject =
		json_is_true(json_object_get(json_object_get(manifest->json, "kernel"), "reject"));
	manifest->registry = strcmp(unlisted, "registry") == 0;
	parse_since(manifest);
	return parse_nat64(manifest) && parse_rows(manifest);
}

int manifest_read(json_t *json, struct manifest **manifest, struct diagnostics *diagnostics)
{
	struct manifest *result = calloc(1, sizeof(*result));

	if (!result) {
		json_decref(json);
		return -ENOMEM;
	}
	result->json = json;
	if (!parse(result)) {
		manifest_free(result);
		return diagnostics_error(diagnostics, EINVAL, (struct location){0},
					 "the record of what is enforced cannot be read: another "
					 "version wrote it, or it is damaged; apply the policy "
					 "again");
	}
	*manifest = result;
	return 0;
}

void manifest_free(struct manifest *manifest)
{
	if (!manifest)
		return;
	json_decref(manifest->json);
	policy_sources_free(&manifest->sources);
	free(manifest->nat64);
	free(manifest->rows);
	free(manifest->entries);
	free(manifest);
}

static const char *rule_member(const struct manifest *manifest, uint16_t rule, const char *member)
{
	json_t *rules = json_object_get(manifest->json, "rules");

	if (rule == RULE_NONE)
		return NULL;
	return json_string_value(json_object_get(json_array_get(rules, rule), member));
}

const char *manifest_rule_name(const struct manifest *manifest, uint16_t rule)
{
	return rule_member(manifest, rule, "name");
}

const char *manifest_rule_why(const struct manifest *manifest, uint16_t rule)
{
	return rule_member(manifest, rule, "why");
}

static bool has_digest(json_t *data, const struct source *source)
{
	char text[DIGEST_TEXT_SIZE];
	json_t *item;
	size_t i;

	digest_format(&source->digest, text);
	json_array_foreach (data, i, item) {
		const char *digest = json_string_value(json_object_get(item, "sha256"));

		if (digest && strcmp(digest, text) == 0)
			return true;
	}
	return false;
}

bool manifest_same_data(const struct manifest *manifest, const struct atlas *atlas, char *changed,
			size_t size)
{
	json_t *data = json_object_get(manifest->json, "data");
	bool same = json_array_size(data) == atlas_source_count(atlas);
	size_t length = 0;

	*changed = '\0';
	for (size_t i = 0; i < atlas_source_count(atlas); i++) {
		const struct source *source = atlas_source(atlas, i);

		if (has_digest(data, source))
			continue;
		same = false;
		if (length < size)
			length += snprintf(changed + length, size - length, "%s%s",
					   length ? ", " : "", source->name);
	}
	return same;
}

static char *copy_member(json_t *item, const char *member)
{
	const char *text = json_string_value(json_object_get(item, member));

	return text ? strdup(text) : NULL;
}

static int read_format(const char *text)
{
	for (enum data_format format = 0; text && format < DATA_FORMATS; format++)
		if (strcmp(text, data_format_name(format)) == 0)
			return format;
	return DATA_GUESSED;
}

static void read_file(json_t *item, struct data_file *file)
{
	json_t *asns = json_object_get(item, "asn");
	const char *country = json_string_value(json_object_get(item, "country"));

	*file = (struct data_file){
		.path = copy_member(item, "file"),
		.format = read_format(json_string_value(json_object_get(item, "format"))),
		.name = copy_member(item, "name"),
		.field = copy_member(item, "field"),
		.country = country ? country_parse(country, strlen(country)) : COUNTRY_NONE,
		.asns = calloc(json_array_size(asns) + 1, sizeof(*file->asns)),
	};
	for (size_t i = 0; file->asns && i < json_array_size(asns); i++)
		file->asns[file->asn_count++] =
			(uint32_t)json_integer_value(json_array_get(asns, i));
}

/* False: it is not there, not whole, or out of memory. */
static bool read_files(json_t *list, struct data_files *files)
{
	size_t count = json_array_size(list);

	files->items = calloc(count + 1, sizeof(*files->items));
	if (!files->items || !json_is_array(list))
		return false;
	for (; files->count < count; files->count++) {
		struct data_file *file = &files->items[files->count];

		read_file(json_array_get(list, files->count), file);
		if (!file->path || !file->asns) {
			files->count++; /* what there is of it is to be freed */
			return false;
		}
	}
	return true;
}

static enum data_agree read_agree(const char *text)
{
	for (enum data_agree agree = 0; text && agree <= DATA_AGREE_ALL; agree++)
		if (strcmp(text, data_agree_name(agree)) == 0)
			return agree;
	return DATA_AGREE_MAJORITY;
}

int manifest_atlas(const struct manifest *manifest, struct atlas **atlas,
		   struct diagnostics *diagnostics)
{
	json_t *json = manifest->json, *files = json_object_get(json, "files");
	struct atlas_config config = {
		.data_dir = json_string_value(json_object_get(json, "data_dir")),
		.data.agree = read_agree(json_string_value(json_object_get(json, "agree"))),
		.data.min_sources =
			(unsigned)json_integer_value(json_object_get(json, "min_sources")),
		.now = time(NULL),
	};
	bool whole = config.data_dir != NULL;
	int error = -EINVAL;

	for (enum data_role role = 0; role < DATA_ROLES && whole; role++)
		whole = read_files(json_object_get(files, data_role_name(role)),
				   &config.data.files[role]);
	if (whole)
		error = atlas_open(&config, ATLAS_CACHE_FOLDER, atlas, diagnostics);
	else
		diagnostics_error(diagnostics, EINVAL, (struct location){0},
				  "the record does not say which files; another version wrote it");
	data_config_free(&config.data);
	return error;
}
