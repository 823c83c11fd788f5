// SPDX-License-Identifier: GPL-2.0-or-later
#include "userspace/base/digest.h"

#include <openssl/evp.h>
#include <openssl/sha.h>
#include <stdio.h>

struct digest digest_of(const void *data, size_t size)
{
	struct digest digest;

	SHA256(data, size, digest.bytes);
	return digest;
}

struct digest_state *digest_start(void)
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();

	if (context)
		EVP_DigestInit_ex(context, EVP_sha256(), NULL);
	return (struct digest_state *)context;
}

void digest_add(struct digest_state *state, const void *data, size_t size)
{
	EVP_DigestUpdate((EVP_MD_CTX *)state, data, size);
}

struct digest digest_end(struct digest_state *state)
{
	struct digest digest;

	EVP_DigestFinal_ex((EVP_MD_CTX *)state, digest.bytes, NULL);
	EVP_MD_CTX_free((EVP_MD_CTX *)state);
	return digest;
}

const char *digest_format(const struct digest *digest, char *text)
{
	for (size_t i = 0; i < DIGEST_SIZE; i++)
		snprintf(text + 2 * i, 3, "%02x", digest->bytes[i]);
	return text;
}
