// SPDX-License-Identifier: GPL-2.0-or-later
#include "userspace/atlas/arena.h"

#include <stdlib.h>
#include <string.h>

#define CHUNK_SIZE ((size_t)256 << 10)

struct arena_chunk {
	struct arena_chunk *older;
	size_t size;
	char bytes[];
};

const char *arena_text(struct arena *arena, const char *text, size_t length)
{
	if (!length)
		return "";
	if (arena->left < length + 1) {
		size_t size = length + 1 > CHUNK_SIZE ? length + 1 : CHUNK_SIZE;
		struct arena_chunk *chunk = malloc(sizeof(*chunk) + size);

		if (!chunk)
			return NULL;
		chunk->older = arena->chunks;
		chunk->size = size;
		arena->chunks = chunk;
		arena->left = size;
	}
	char *copy = arena->chunks->bytes + arena->chunks->size - arena->left;

	memcpy(copy, text, length);
	copy[length] = '\0';
	arena->left -= length + 1;
	return copy;
}

void arena_free(struct arena *arena)
{
	while (arena->chunks) {
		struct arena_chunk *older = arena->chunks->older;

		free(arena->chunks);
		arena->chunks = older;
	}
	arena->left = 0;
}
