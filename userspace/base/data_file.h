/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which files of data are to be read, and how: what a policy's "data:" says, the manifest of a
 * generation keeps, and the atlas reads.
 */
#ifndef GABELOU_BASE_DATA_FILE_H
#define GABELOU_BASE_DATA_FILE_H

#include <stddef.h>
#include <stdint.h>

#include "userspace/base/country.h"

enum data_role {
	DATA_SOIL,     /* votes on the country of an address */
	DATA_FEEDS,    /* a provider's or an operator's own word on its addresses */
	DATA_REGISTRY, /* where addresses and ASNs are registered */
	DATA_ASN,      /* who announces an address */
	DATA_OWNER,    /* who owns the operator of an ASN */
	DATA_ROLES
};
/* "soil", as the key of a policy. */
const char *data_role_name(enum data_role role);

/* The name of each is the value of `format:`. */
enum data_format {
	DATA_GUESSED,      /* from the content */
	DATA_RANGES,       /* start,end,value[,name]: text or integers; IP2Location, tor's geoip */
	DATA_CHANGES,      /* start,value: the form of the embedded data */
	DATA_PREFIXES,     /* prefix[,value]: a list of CIDRs, or an RFC 8805 geofeed */
	DATA_DELEGATED,    /* a registry's delegated-extended file */
	DATA_ASN_COUNTRY,  /* asn,country */
	DATA_MMDB,         /* MaxMind DB */
	DATA_LOCATION,     /* IPFire's location.db */
	DATA_AWS,          /* ip-ranges.json */
	DATA_GCP,          /* cloud.json */
	DATA_AZURE,        /* ServiceTags_Public.json */
	DATA_OCI,          /* public_ip_ranges.json */
	DATA_GEOFEED_JSON, /* Vultr's form of a geofeed */
	DATA_FORMATS
};
/* "mmdb"; of DATA_GUESSED "auto". */
const char *data_format_name(enum data_format format);

/* Strings are owned; NULL where not given. */
struct data_file {
	char *path;
	enum data_format format;
	char *name;        /* how it is called, instead of what the file says of itself */
	char *field;       /* where the word stands, "country.iso_code"; of CSV a column of the
			    * header; else guessed */
	country_t country; /* a list of prefixes that says no country: all are there */
	uint32_t *asns;    /* a feed: the networks whose own word it is, the main one first */
	size_t asn_count;
	char *url;      /* where it is fetched from */
	char *checksum; /* where the SHA-256 of what is fetched can be fetched from */
	unsigned line;  /* of the policy; 0: not from one */
	unsigned column;
};

struct data_files {
	struct data_file *items;
	size_t count; /* 0: the embedded default, where the role has one */
};

/* Of the soil sources that have a word: the first one's, that of more than half, that of all. */
enum data_agree { DATA_AGREE_FIRST, DATA_AGREE_MAJORITY, DATA_AGREE_ALL };
const char *data_agree_name(enum data_agree agree);

struct data_config {
	struct data_files files[DATA_ROLES];
	enum data_agree agree;
	unsigned min_sources; /* soil sources that must have a word; 0 and 1: any */
};
void data_config_free(struct data_config *config);

#endif
