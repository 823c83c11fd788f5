/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One source of ranges, read: a word for every address of both families.
 *
 * Each format of files has a reader of its own, a file in this folder and a line in format.c. A
 * reader hands its rows to layer_row(); what they mean together is decided in one place.
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
	/* As LAYER_COUNTRY, but "in the feed, and no country is known" is a word too:
	 * LAYER_FEED_SILENT, which any country beats. */
	LAYER_FEED,
};

#define LAYER_ASN_CLASH   UINT32_MAX
#define LAYER_FEED_SILENT ((uint32_t)COUNTRY('?', '?'))

static inline country_t layer_first_country(uint32_t value)
{
	return (country_t)value;
}

static inline country_t layer_second_country(uint32_t value)
{
	return (country_t)(value >> 16);
}

/* What a reader is told, and where it puts what are not rows of the layer. */
struct layer_context {
	enum layer_kind kind;
	enum data_role role;
	const struct data_file *file; /* NULL: an embedded file, of which nothing is said */
	struct operators *operators;  /* where ASNs and their names go; NULL but for LAYER_ASN */
	struct rows *asns; /* where ASNs are registered: ranges of them, with a country each; NULL:
			    * ignored */
	struct arena *arena;
	struct rows *anycast; /* one of each family: prefixes that a source flags; NULL: ignored */
	struct feed *feed;    /* whose word a feed is; NULL but for LAYER_FEED */
	const struct regions *regions; /* of providers, see regions.h; NULL but for LAYER_FEED */
	const char *data_dir;          /* of the embedded files */
};

/* The networks whose own word a feed is. */
struct feed {
	uint32_t *asns; /* the main one first */
	size_t asn_count;
	/* A provider's list of its own space: its word counts also where BGP shows nobody, and in
	 * every network of the main one's parent. Else it is an operator's geofeed: only in asns.
	 * Set by the reader.
	 */
	bool provider;
};

/* Rows on their way into a layer. */
struct layer_rows {
	struct rows rows[FAMILIES];
	struct layer *layer; /* for a reader that makes the changes itself, and adds no rows */
};

/* Reads by the format that the context's file names, or that the content shows. */
int layer_read(struct reader *reader, const struct layer_context *context, struct layer *layer);
/* The same in two steps, for several files that make one layer: what all of them say is in @rows.
 * After an error the rows are for layer_rows_free. */
int layer_rows_read(struct reader *reader, const struct layer_context *context,
		    struct layer_rows *rows);
/* Frees the rows. 0 or -ENOMEM. */
int layer_resolve(struct layer_rows *rows, enum layer_kind kind);
void layer_rows_free(struct layer_rows *rows);
void layer_free(struct layer *layer);

/* A reader: the first row of a text is read. Reads to the end of the file. */
typedef int (*layer_reader)(struct reader *reader, const struct layer_context *context,
			    struct layer_rows *rows);

/* Everything from @start to @last has @value. */
int layer_row(struct reader *reader, struct layer_rows *rows, struct address start, u128 last,
	      uint32_t value);
/* The value of a row whose word is in @field. */
int layer_value(struct reader *reader, const struct layer_context *context,
		const struct field *field, uint32_t *value);
/* The value of an ASN: its operator is added. @field is where messages point, or NULL. */
int layer_asn(struct reader *reader, const struct layer_context *context, uint32_t asn,
	      const struct field *field, uint32_t *value);
rows_clash layer_clash(enum layer_kind kind);

struct format {
	layer_reader read;
	bool bytes;     /* reads reader->file.bytes as a whole: there are no lines */
	unsigned roles; /* mask of 1 << enum data_role */
};
/* Indexed by enum data_format; read is NULL of DATA_GUESSED. */
extern const struct format formats[DATA_FORMATS];

/* What the content is; DATA_GUESSED if the first row must tell. */
enum data_format format_of_bytes(const struct file *file);
/* By the first row, and where that can be read in two ways by the role; DATA_GUESSED with a message
 * if it is none that can be read. */
enum data_format format_of_row(struct reader *reader, enum data_role role);

int ranges_read(struct reader *reader, const struct layer_context *context,
		struct layer_rows *rows);
int changes_read(struct reader *reader, const struct layer_context *context,
		 struct layer_rows *rows);
int prefixes_read(struct reader *reader, const struct layer_context *context,
		  struct layer_rows *rows);
int delegated_read(struct reader *reader, const struct layer_context *context,
		   struct layer_rows *rows);
int asn_country_read(struct reader *reader, const struct layer_context *context,
		     struct layer_rows *rows);
int mmdb_read(struct reader *reader, const struct layer_context *context, struct layer_rows *rows);
int location_read(struct reader *reader, const struct layer_context *context,
		  struct layer_rows *rows);
int aws_read(struct reader *reader, const struct layer_context *context, struct layer_rows *rows);
int gcp_read(struct reader *reader, const struct layer_context *context, struct layer_rows *rows);
int azure_read(struct reader *reader, const struct layer_context *context, struct layer_rows *rows);
int oci_read(struct reader *reader, const struct layer_context *context, struct layer_rows *rows);
int geofeed_json_read(struct reader *reader, const struct layer_context *context,
		      struct layer_rows *rows);

#endif
