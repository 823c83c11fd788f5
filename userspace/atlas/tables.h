/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The readers of tables about ASNs, and of anycast prefixes. Each reads to the end of the file. */
#ifndef GABELOU_ATLAS_TABLES_H
#define GABELOU_ATLAS_TABLES_H

#include "userspace/atlas/layer.h"

/* The files of the data folder. */
#define EMBEDDED_SOIL      "soil.csv.zst"
#define EMBEDDED_REGISTRY  "registry.csv.zst"
#define EMBEDDED_ANYCAST   "anycast.csv"
#define EMBEDDED_ASN       "asn.csv.zst"
#define EMBEDDED_ASN_NAMES "asn-names.csv.zst"
#define EMBEDDED_OWNERS    "owners.csv"
#define EMBEDDED_DOUBTFUL  "doubtful.csv"
#define EMBEDDED_REGIONS   "regions.csv"

/* asn,name. A name that is known already stays. */
int names_csv_read(struct reader *reader, struct operators *operators, struct arena *arena);

struct owner_file {
	unsigned number; /* from 1; a later file's line in force replaces an earlier file's */
	bool local;      /* the user's own */
	time_t now;
};
/* asn,organisation,parent,jurisdiction[,seat[,since[,source]]] */
int owners_csv_read(struct reader *reader, const struct owner_file *file,
		    struct operators *operators, struct arena *arena);

/* asn,name,candidate_parent,reason[,...] */
int doubtful_csv_read(struct reader *reader, struct operators *operators, struct arena *arena);

/* prefix,operator,source. Adds to the rows of each family; their value is 1. */
int anycast_csv_read(struct reader *reader, struct rows *rows);

/* What the tables of ASNs share: the entry of the ASN in the first field, added if it is new. */
int table_entry(struct reader *reader, struct operators *operators, struct operator_entry **entry);
/* The text of a field, "" if the row has none. */
int table_text(struct reader *reader, struct arena *arena, size_t number, const char **text);

#endif
