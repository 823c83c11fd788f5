// SPDX-License-Identifier: GPL-2.0-or-later
#include "userspace/base/intern.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void intern_init(struct intern *intern, size_t key_size)
{
	*intern = (struct intern){.key_size = key_size};
}

uint64_t intern_hash(const void *bytes, size_t size)
{
	const uint8_t *key = bytes;
	uint64_t h = 0x9e3779b97f4a7c15u ^ size;

	while (size) {
		size_t part = size < 8 ? size : 8;
		uint64_t word = 0;

		memcpy(&word, key, part);
		h = (h ^ word) * 0xff51afd7ed558ccdu;
		h ^= h >> 32;
		key += part;
		size -= part;
	}
	return h;
}

static uint32_t find_slot(const struct intern *intern, const void *key)
{
	uint32_t slot = (uint32_t)intern_hash(key, intern->key_size) & intern->mask;

	while (intern->slots[slot] &&
	       memcmp(intern_key(intern, intern->slots[slot] - 1), key, intern->key_size) != 0)
		slot = (slot + 1) & intern->mask;
	return slot;
}

/* Twice the room, at most half of the slots in use. */
static int grow(struct intern *intern)
{
	uint32_t capacity = intern->capacity ? intern->capacity * 2 : 256;
	uint8_t *keys = reallocarray(intern->keys, capacity, intern->key_size);
	uint32_t *slots = calloc(capacity, 2 * sizeof(*slots));

	if (keys)
		intern->keys = keys;
	if (!keys || !slots) {
		free(slots);
		return -ENOMEM;
	}
	free(intern->slots);
	intern->slots = slots;
	intern->capacity = capacity;
	intern->mask = 2 * capacity - 1;
	for (uint32_t i = 0; i < intern->count; i++)
		slots[find_slot(intern, intern_key(intern, i))] = i + 1;
	return 0;
}

int64_t intern_add(struct intern *intern, const void *key)
{
	if (intern->count == intern->capacity && grow(intern))
		return -ENOMEM;
	uint32_t slot = find_slot(intern, key);
	if (!intern->slots[slot]) {
		memcpy(intern->keys + intern->count * intern->key_size, key, intern->key_size);
		intern->slots[slot] = ++intern->count;
	}
	return intern->slots[slot] - 1;
}

const void *intern_key(const struct intern *intern, uint32_t number)
{
	return intern->keys + (size_t)number * intern->key_size;
}

void intern_free(struct intern *intern)
{
	free(intern->keys);
	free(intern->slots);
	intern_init(intern, intern->key_size);
}
