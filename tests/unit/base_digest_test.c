// SPDX-License-Identifier: GPL-2.0-or-later
/* Goal: SHA-256 as FIPS 180-4 has it, in one piece and in several. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "userspace/base/digest.h"

static const char empty[] = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
static const char abc[] = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

static void known_answers(void **state)
{
	char text[DIGEST_TEXT_SIZE];
	struct digest digest = digest_of("", 0);

	(void)state;
	assert_string_equal(digest_format(&digest, text), empty);
	digest = digest_of("abc", 3);
	assert_string_equal(digest_format(&digest, text), abc);
}

static void pieces_make_the_whole(void **state)
{
	char text[DIGEST_TEXT_SIZE];
	struct digest_state *pieces = digest_start();
	struct digest digest;

	(void)state;
	assert_non_null(pieces);
	digest_add(pieces, "a", 1);
	digest_add(pieces, "", 0);
	digest_add(pieces, "bc", 2);
	digest = digest_end(pieces);
	assert_string_equal(digest_format(&digest, text), abc);
	pieces = digest_start();
	digest = digest_end(pieces);
	assert_string_equal(digest_format(&digest, text), empty);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_answers),
		cmocka_unit_test(pieces_make_the_whole),
	};

	return cmocka_run_group_tests_name("digest", tests, NULL, NULL);
}
