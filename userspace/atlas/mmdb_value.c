// SPDX-License-Identifier: GPL-2.0-or-later
/* What a record of a MaxMind DB says: of each publisher's form, the field that a role asks for. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "userspace/atlas/mmdb.h"

struct candidate {
	unsigned roles; /* mask of 1 << enum data_role */
	const char *path[MMDB_KEYS_MOST + 1];
};

#define SOIL     (1u << DATA_SOIL)
#define REGISTRY (1u << DATA_REGISTRY)
#define ASN      (1u << DATA_ASN)

/*
 * In the order in which they are tried; the first one that a record has is that of the whole file.
 * "registered_country" is where MaxMind saw the block registered: that is not soil, so where a
 * record has no "country", its soil is not known. IPinfo's "country" is a code in some of its
 * files and a name in others, which have "country_code" as well.
 */
static const struct candidate candidates[] = {
	{REGISTRY, {"registered_country", "iso_code"}}, /* MaxMind */
	{SOIL, {"country", "iso_code"}},                /* MaxMind, DB-IP */
	{SOIL | REGISTRY, {"country_code"}},            /* ip-location-db, IPinfo Lite */
	{SOIL, {"country"}},                            /* IPinfo */
	{ASN, {"autonomous_system_number"}},            /* MaxMind, DB-IP, ip-location-db */
	{ASN, {"asn"}},                                 /* IPinfo: "AS123" */
	{ASN, {"traits", "autonomous_system_number"}},  /* MaxMind's larger files */
};

#define CANDIDATES (sizeof(candidates) / sizeof(candidates[0]))

static const char *const names[][3] = {
	{"autonomous_system_organization"},
	{"as_name"},
	{"name"},
	{"traits", "autonomous_system_organization"},
};

int mmdb_take_field(struct mmdb *mmdb)
{
	const struct data_file *file = mmdb->context->file;
	size_t count = 0;
	char *rest;

	if (!file || !file->field)
		return 0;
	mmdb->field = rest = strdup(file->field);
	if (!rest)
		return reader_no_memory(mmdb->reader);
	while (rest) {
		const char *key = strsep(&rest, ".");

		if (!*key || count == MMDB_KEYS_MOST)
			return reader_fault(mmdb->reader, EINVAL, NULL,
					    "\"%.80s\" names no field; write up to %d keys with "
					    "dots between them, as in country.iso_code",
					    file->field, MMDB_KEYS_MOST);
		mmdb->path[count++] = key;
	}
	return 0;
}

int mmdb_silent(struct mmdb *mmdb)
{
	const struct data_file *file = mmdb->context->file;
	bool asn = mmdb->context->kind == LAYER_ASN;

	return reader_fault(mmdb->reader, ENODATA, NULL,
			    "no record of this %.60s has %s; write `field:` with the place of one, "
			    "as in %s",
			    mmdb->db.metadata.database_type ? mmdb->db.metadata.database_type
							    : "database",
			    file && file->field ? file->field
			    : asn               ? "an ASN where one is known to stand"
						: "a country code where one is known to stand",
			    asn ? "autonomous_system_number" : "country.iso_code");
}

/* Where in the file it lies: behind the tree and 16 bytes of zeros. */
static size_t record_byte(const struct mmdb *mmdb, const MMDB_entry_s *entry)
{
	const MMDB_metadata_s *metadata = &mmdb->db.metadata;

	return (size_t)metadata->node_count * metadata->record_size / 4 + 16 + entry->offset;
}

static int bad_record(struct mmdb *mmdb, const MMDB_entry_s *entry, const char *fault)
{
	return reader_fault(mmdb->reader, EBADMSG, NULL,
			    "the record at byte %zu is broken: %s; fetch the file again",
			    record_byte(mmdb, entry), fault);
}

/* 1: *data is what stands at @path; 0: nothing does; -errno. */
static int look_up(struct mmdb *mmdb, MMDB_entry_s *entry, const char *const *path,
		   MMDB_entry_data_s *data)
{
	int status = MMDB_aget_value(entry, data, path);

	if (status == MMDB_LOOKUP_PATH_DOES_NOT_MATCH_DATA_ERROR)
		return 0;
	if (status == MMDB_OUT_OF_MEMORY_ERROR)
		return reader_no_memory(mmdb->reader);
	if (status != MMDB_SUCCESS)
		return bad_record(mmdb, entry, MMDB_strerror(status));
	return data->has_data;
}

static bool is_number(const MMDB_entry_data_s *data, uint64_t *number)
{
	switch (data->type) {
	case MMDB_DATA_TYPE_UINT16:
		*number = data->uint16;
		return true;
	case MMDB_DATA_TYPE_UINT32:
		*number = data->uint32;
		return true;
	case MMDB_DATA_TYPE_UINT64:
		*number = data->uint64;
		return true;
	default:
		return false;
	}
}

/* Is it what the guess is about? A country's name is none. */
static bool fits(const struct mmdb *mmdb, const MMDB_entry_data_s *data)
{
	uint64_t number;

	if (mmdb->context->kind == LAYER_ASN)
		return is_number(data, &number) || data->type == MMDB_DATA_TYPE_UTF8_STRING;
	return data->type == MMDB_DATA_TYPE_UTF8_STRING && data->data_size == 2;
}

/* As look_up, by the path of the file; the first record with a word shows which one it is. */
static int find_word(struct mmdb *mmdb, MMDB_entry_s *entry, MMDB_entry_data_s *data)
{
	if (mmdb->path[0])
		return look_up(mmdb, entry, mmdb->path, data);
	for (size_t i = 0; i < CANDIDATES; i++) {
		if (!(candidates[i].roles & 1u << mmdb->context->role))
			continue;
		int found = look_up(mmdb, entry, candidates[i].path, data);
		if (found < 0)
			return found;
		if (found && fits(mmdb, data)) {
			memcpy(mmdb->path, candidates[i].path, sizeof(mmdb->path));
			return 1;
		}
	}
	return 0;
}

static int wrong_type(struct mmdb *mmdb, const MMDB_entry_s *entry, const char *wanted)
{
	return reader_fault(mmdb->reader, EBADMSG, NULL,
			    "what the record at byte %zu has there is no %s; write `field:` with "
			    "where one stands, as in %s",
			    record_byte(mmdb, entry), wanted,
			    mmdb->context->kind == LAYER_ASN ? "autonomous_system_number"
							     : "country.iso_code");
}

static int take_country(struct mmdb *mmdb, const MMDB_entry_s *entry, const MMDB_entry_data_s *data,
			uint32_t *value)
{
	char text[3] = "";
	struct field field = {.text = text, .length = data->data_size};

	if (data->type != MMDB_DATA_TYPE_UTF8_STRING || data->data_size > 2)
		return wrong_type(mmdb, entry, "country code");
	memcpy(text, data->utf8_string, data->data_size);
	return layer_value(mmdb->reader, mmdb->context, &field, value);
}

static int take_asn_text(struct mmdb *mmdb, const MMDB_entry_s *entry,
			 const MMDB_entry_data_s *data, uint32_t *value)
{
	size_t prefix = data->data_size > 2 && !strncasecmp(data->utf8_string, "AS", 2) ? 2 : 0;
	uint32_t asn = 0;

	if (data->data_size &&
	    text_number(data->utf8_string + prefix, data->data_size - prefix, &asn))
		return wrong_type(mmdb, entry, "ASN");
	return layer_asn(mmdb->reader, mmdb->context, asn, NULL, value);
}

/* The name of the operator @value, if this record is the first to tell. */
static int take_name(struct mmdb *mmdb, MMDB_entry_s *entry, uint32_t value)
{
	const struct layer_context *context = mmdb->context;
	struct asn_operator *holder = &context->operators->entries[value - 1].known;
	MMDB_entry_data_s data;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]) && !*holder->name; i++) {
		int found = look_up(mmdb, entry, names[i], &data);

		if (found < 0)
			return found;
		if (!found || data.type != MMDB_DATA_TYPE_UTF8_STRING || !data.data_size)
			continue;
		holder->name = arena_text(context->arena, data.utf8_string, data.data_size);
		if (!holder->name) {
			holder->name = "";
			return reader_no_memory(mmdb->reader);
		}
	}
	return 0;
}

static int take_asn(struct mmdb *mmdb, MMDB_entry_s *entry, const MMDB_entry_data_s *data,
		    uint32_t *value)
{
	uint64_t number;
	int error;

	if (is_number(data, &number) && number <= UINT32_MAX)
		error = layer_asn(mmdb->reader, mmdb->context, (uint32_t)number, NULL, value);
	else if (data->type == MMDB_DATA_TYPE_UTF8_STRING)
		error = take_asn_text(mmdb, entry, data, value);
	else
		error = wrong_type(mmdb, entry, "ASN");
	return error || !*value ? error : take_name(mmdb, entry, *value);
}

static int read_record(struct mmdb *mmdb, MMDB_entry_s *entry, uint32_t *value)
{
	MMDB_entry_data_s data;
	int found = find_word(mmdb, entry, &data);

	*value = 0;
	if (found <= 0)
		return found;
	return mmdb->context->kind == LAYER_ASN ? take_asn(mmdb, entry, &data, value)
						: take_country(mmdb, entry, &data, value);
}

int mmdb_value(struct mmdb *mmdb, MMDB_entry_s *entry, uint32_t *value)
{
	uint32_t offset = entry->offset, known = mmdb->records.count;
	int64_t number = intern_add(&mmdb->records, &offset);

	if (number >= 0 && number < known) {
		*value = mmdb->values[number];
		return 0;
	}
	if (number >= 0 && known == mmdb->capacity) {
		uint32_t capacity = known ? 2 * known : 1024;
		uint32_t *values = reallocarray(mmdb->values, capacity, sizeof(*values));

		if (values) {
			mmdb->values = values;
			mmdb->capacity = capacity;
		}
	}
	if (number < 0 || known == mmdb->capacity)
		return reader_no_memory(mmdb->reader);
	int error = read_record(mmdb, entry, &mmdb->values[number]);
	if (!error)
		*value = mmdb->values[number];
	return error;
}
