/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Interning: equal keys of a fixed size become one small number, counted from 0 in the order in
 * which they were first seen. Keys are compared as bytes: zero their padding.
 */
#ifndef GABELOU_BASE_INTERN_H
#define GABELOU_BASE_INTERN_H

#include <stddef.h>
#include <stdint.h>

/* Of bytes, not against an adversary: it has no secret. */
uint64_t intern_hash(const void *bytes, size_t size);

struct intern {
	size_t key_size;
	uint32_t count;  /* distinct keys */
	uint8_t *keys;   /* count keys, one after another: keys + number * key_size */
	uint32_t *slots; /* open addressing; number + 1, or 0 for an empty slot */
	uint32_t mask;   /* slots - 1 */
	uint32_t capacity;
};

void intern_init(struct intern *intern, size_t key_size);
/* The number of @key, added if it is new; -ENOMEM. */
int64_t intern_add(struct intern *intern, const void *key);
const void *intern_key(const struct intern *intern, uint32_t number);
void intern_free(struct intern *intern);

#endif
