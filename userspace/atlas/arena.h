/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Strings that live as long as the atlas, many to an allocation. */
#ifndef GABELOU_ATLAS_ARENA_H
#define GABELOU_ATLAS_ARENA_H

#include <stddef.h>

struct arena_chunk;

/* All zero is an empty arena. */
struct arena {
	struct arena_chunk *chunks;
	size_t left; /* free bytes of the newest chunk */
};

/* A copy that ends with NUL; "" for no length. NULL: out of memory. */
const char *arena_text(struct arena *arena, const char *text, size_t length);
void arena_free(struct arena *arena);

#endif
