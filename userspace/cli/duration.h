/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef GABELOU_CLI_DURATION_H
#define GABELOU_CLI_DURATION_H

#include <stdbool.h>
#include <stdint.h>

/* "10s", "5m", "1h", "14d": a whole number over 0 and its unit, up to a year. @duration_ns is
 * untouched if it is something else. */
bool duration_parse(const char *text, uint64_t *duration_ns);

#endif
