/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Public-key signatures, by OpenSSL's libcrypto. */
#ifndef GABELOU_BASE_SIGNATURE_H
#define GABELOU_BASE_SIGNATURE_H

#include <stdbool.h>
#include <stddef.h>

/* What is signed: several pieces one after another. */
struct signed_part {
	const void *bytes;
	size_t size;
};

/* Whether @signature is one of @parts by the owner of the public key in the PEM file @path, with
 * the digest that is usual for its kind (ECDSA: SHA-256). 0: it is; -EKEYREJECTED: it is not;
 * -EINVAL: no public key in the file; another -errno: the file cannot be read. */
int signature_verify(const char *path, const struct signed_part *parts, size_t count,
		     const void *signature, size_t size);

#endif
