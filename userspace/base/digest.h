/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SHA-256 (FIPS 180-4), by OpenSSL's libcrypto. */
#ifndef GABELOU_BASE_DIGEST_H
#define GABELOU_BASE_DIGEST_H

#include <stddef.h>
#include <stdint.h>

#define DIGEST_SIZE      32
#define DIGEST_TEXT_SIZE 65

struct digest {
	uint8_t bytes[DIGEST_SIZE];
};

struct digest digest_of(const void *data, size_t size);

/* The digest of several pieces one after another: start, add any number, end. */
struct digest_state;
struct digest_state *digest_start(void); /* NULL: out of memory */
void digest_add(struct digest_state *state, const void *data, size_t size);
struct digest digest_end(struct digest_state *state); /* frees state */

/* Lower-case hexadecimal into @text (DIGEST_TEXT_SIZE bytes). Returns @text. */
const char *digest_format(const struct digest *digest, char *text);

#endif
