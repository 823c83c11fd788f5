/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Country codes: ISO 3166-1 alpha-2, upper case, packed into 16 bits.
 *
 * A packed code is its two letters, the first in the high byte: FR is 0x4652. 0 is no country.
 * EU, AP, UK, XK, ZZ and the like are not ISO codes: in a source they mean "unknown".
 */
#ifndef GABELOU_BASE_COUNTRY_H
#define GABELOU_BASE_COUNTRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint16_t country_t;

#define COUNTRY_NONE  ((country_t)0)
#define COUNTRY(a, b) ((country_t)((a) << 8 | (b)))

/* Two upper-case letters that ISO 3166-1 assigns; else COUNTRY_NONE. */
country_t country_parse(const char *text, size_t length);

/* Two letters and a NUL into @text (3 bytes); "??" for COUNTRY_NONE. Returns @text. */
const char *country_format(country_t country, char *text);

/* The English short name, "France"; NULL if not assigned. */
const char *country_name(country_t country);

/* The state whose law holds in a territory: RE -> FR, PR -> US, AX -> FI; itself for a state.
 * Source: ISO 3166-1, which lists these as territories of the state named; see country.c. */
country_t country_state(country_t country);

/* Every assigned code in order, ended by COUNTRY_NONE. */
const country_t *country_all(void);

/* A set of packed codes. All zero is the empty set. */
struct country_set {
	uint64_t bits[11]; /* 26 * 26 pairs of letters */
};
void country_set_add(struct country_set *set, country_t country);
bool country_set_has(const struct country_set *set, country_t country);
void country_set_merge(struct country_set *set, const struct country_set *other);
bool country_set_empty(const struct country_set *set);

#endif
