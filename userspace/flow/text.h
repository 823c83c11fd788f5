/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Text from data files, packets and the system, made fit for JSON. */
#ifndef GABELOU_FLOW_TEXT_H
#define GABELOU_FLOW_TEXT_H

#include <jansson.h>
#include <stdint.h>

#include "userspace/base/country.h"
#include "userspace/table/table.h"

/* A JSON string; json null for NULL and "". What is not UTF-8 loses its bytes over 0x7f to '?', so
 * that one odd name in a data file costs no event. NULL: out of memory. */
json_t *text_json(const char *text);
/* "FR"; json null for COUNTRY_NONE. */
json_t *text_json_country(country_t country);
/* ["NL","US"]; an empty array where there is no owner. */
json_t *text_json_reach(const struct reach *reach);

#define TIME_TEXT_SIZE 32
/* RFC 3339 in UTC, to the microsecond: "2026-11-24T08:22:51.000001Z". Returns @text. */
const char *text_time(int64_t realtime_ns, char *text);

#define REACH_TEXT_SIZE (3 * REACH_MOST + 1)
/* "NL+US"; "" where there is no owner. Returns @text. */
const char *text_reach(const struct reach *reach, char *text);

#endif
