// SPDX-License-Identifier: GPL-2.0-or-later
#include "userspace/base/signature.h"

#include <errno.h>
#include <stdio.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

static bool is_valid(EVP_MD_CTX *state, EVP_PKEY *key, const struct signed_part *parts,
		     size_t count, const void *signature, size_t size)
{
	bool valid = EVP_DigestVerifyInit(state, NULL, NULL, NULL, key) == 1;

	for (size_t i = 0; i < count && valid; i++)
		valid = EVP_DigestVerifyUpdate(state, parts[i].bytes, parts[i].size) == 1;
	return valid && EVP_DigestVerifyFinal(state, signature, size) == 1;
}

int signature_verify(const char *path, const struct signed_part *parts, size_t count,
		     const void *signature, size_t size)
{
	FILE *file = fopen(path, "re");

	if (!file)
		return -errno;
	EVP_PKEY *key = PEM_read_PUBKEY(file, NULL, NULL, NULL);
	EVP_MD_CTX *state = EVP_MD_CTX_new();
	int error = !state ? -ENOMEM : !key ? -EINVAL : 0;

	fclose(file);
	if (!error && !is_valid(state, key, parts, count, signature, size))
		error = -EKEYREJECTED;
	EVP_MD_CTX_free(state);
	EVP_PKEY_free(key);
	/* What libcrypto noted of a refusal is said by the caller. */
	ERR_clear_error();
	return error;
}
