/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Random numbers that a seed repeats. */
#ifndef GABELOU_TESTS_UNIT_RANDOM_H
#define GABELOU_TESTS_UNIT_RANDOM_H

#include <stdbool.h>
#include <stdint.h>

static uint64_t random_state = 1;

/* xorshift64* (Vigna, 2016) */
static inline uint64_t random_next(void)
{
	random_state ^= random_state >> 12;
	random_state ^= random_state << 25;
	random_state ^= random_state >> 27;
	return random_state * 0x2545f4914f6cdd1dull;
}

static inline void random_seed(uint64_t seed)
{
	random_state = (seed + 1) * 0x9e3779b97f4a7c15ull;
}

/* True @of times in 16. */
static inline bool random_chance(unsigned of)
{
	return random_next() % 16 < of;
}

#endif
