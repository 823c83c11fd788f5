/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One source of ranges, read: a word for every address of both families. Two forms of file:
 * range CSV (start,end,value[,name]) and changes (start,value), told apart by the first row.
 */
#ifndef GABELOU_ATLAS_LAYER_H
#define GABELOU_ATLAS_LAYER_H

#include "userspace/atlas/operators.h"
#include "userspace/atlas/ranges.h"
#include "userspace/atlas/reader.h"

/* Indexed by enum family. */
struct layer {
	struct changes changes[FAMILIES];
};

/* What the values of a layer mean. */
enum layer_kind {
	/* A country in the low 16 bits. Where a source contradicts itself, the two lowest codes of
	 * its words, the higher one in the high 16 bits. */
	LAYER_COUNTRY,
	/* The number of the operator plus one; LAYER_ASN_CLASH where a source contradicts
	 * itself. */
	LAYER_ASN,
};

#define LAYER_ASN_CLASH UINT32_MAX

static inline country_t layer_first_country(uint32_t value)
{
	return (country_t)value;
}

static inline country_t layer_second_country(uint32_t value)
{
	return (country_t)(value >> 16);
}

/* Where ASNs and their names go; not used for countries. */
struct layer_context {
	enum layer_kind kind;
	struct operators *operators;
	struct arena *arena;
};

int layer_read(struct reader *reader, const struct layer_context *context, struct layer *layer);
void layer_free(struct layer *layer);

/* What the readers of the two forms share: the value of a row, whose word is in @field. */
int layer_value(struct reader *reader, const struct layer_context *context,
		const struct field *field, uint32_t *value);
rows_clash layer_clash(enum layer_kind kind);

/* The two forms; the first row is read. */
int range_csv_read(struct reader *reader, const struct layer_context *context, struct layer *layer);
int change_csv_read(struct reader *reader, const struct layer_context *context,
		    struct layer *layer);

#endif
