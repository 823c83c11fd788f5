// SPDX-License-Identifier: GPL-2.0-or-later
/* Goal: a signature holds for the bytes and the key that it was made with, and for no others. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include "userspace/base/signature.h"

static char key_path[] = "/tmp/gabelou-key-XXXXXX";
static unsigned char signature[256];
static size_t signature_size = sizeof(signature);

static void write_key(EVP_PKEY *key)
{
	FILE *file = fopen(key_path, "w");

	assert_non_null(file);
	assert_int_equal(PEM_write_PUBKEY(file, key), 1);
	assert_int_equal(fclose(file), 0);
}

static int start(void **state)
{
	EVP_PKEY *key = EVP_EC_gen("P-521");
	EVP_MD_CTX *signing = EVP_MD_CTX_new();
	int fd = mkstemp(key_path);

	(void)state;
	assert_true(fd >= 0);
	close(fd);
	write_key(key);
	assert_int_equal(EVP_DigestSignInit(signing, NULL, NULL, NULL, key), 1);
	assert_int_equal(EVP_DigestSign(signing, signature, &signature_size,
					(const unsigned char *)"one, two", 8),
			 1);
	EVP_MD_CTX_free(signing);
	EVP_PKEY_free(key);
	return 0;
}

static int end(void **state)
{
	(void)state;
	return unlink(key_path);
}

static int verify(const char *first, const char *second)
{
	const struct signed_part parts[] = {{first, strlen(first)}, {second, strlen(second)}};

	return signature_verify(key_path, parts, 2, signature, signature_size);
}

static void it_holds_for_its_bytes_alone(void **state)
{
	(void)state;
	assert_int_equal(verify("one, two", ""), 0);
	assert_int_equal(verify("one", ", two"), 0);
	assert_int_equal(verify("one", ", Two"), -EKEYREJECTED);
	assert_int_equal(verify("", ""), -EKEYREJECTED);
	signature[9] ^= 1;
	assert_int_equal(verify("one, two", ""), -EKEYREJECTED);
	signature[9] ^= 1;
	signature[0] ^= 1; /* no ASN.1 any more */
	assert_int_equal(verify("one, two", ""), -EKEYREJECTED);
	signature[0] ^= 1;
	assert_int_equal(verify("one, two", ""), 0);
}

static void it_holds_for_its_key_alone(void **state)
{
	EVP_PKEY *other = EVP_EC_gen("P-521");
	FILE *file;

	(void)state;
	write_key(other);
	EVP_PKEY_free(other);
	assert_int_equal(verify("one, two", ""), -EKEYREJECTED);
	file = fopen(key_path, "w");
	assert_non_null(file);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(verify("one, two", ""), -EINVAL);
	assert_int_equal(signature_verify("/tmp/gabelou-no-key", NULL, 0, signature, 1), -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_holds_for_its_bytes_alone),
		cmocka_unit_test(it_holds_for_its_key_alone),
	};

	return cmocka_run_group_tests_name("base_signature", tests, start, end);
}
