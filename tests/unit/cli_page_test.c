// SPDX-License-Identifier: GPL-2.0-or-later
/* The goal: what people read fits 80 columns and carries nothing that drives their terminal. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "userspace/cli/page.c"

static char *wrapped(size_t column, size_t indent, const char *text)
{
	char *buffer;
	size_t size;
	FILE *out = open_memstream(&buffer, &size);

	page_wrap(out, column, indent, text);
	fclose(out);
	return buffer;
}

static void test_clean(void **state)
{
	char clean[32];

	(void)state;
	assert_string_equal(page_clean("a\x1b[2Jb\nc\x7f", clean), "a?[2Jb?c?");
	assert_string_equal(page_clean("a\xc2\x9b"
				       "2J",
				       clean),
			    "a?2J");
	assert_string_equal(page_clean("Réunion €", clean), "Réunion €");
	/* Not UTF-8: a C1 control as one byte, Latin-1, a character cut short. */
	assert_string_equal(page_clean("a\x9b"
				       "2J",
				       clean),
			    "a?2J");
	assert_string_equal(page_clean("R\xe9union", clean), "R?union");
	assert_string_equal(page_clean("caf\xe2\x82", clean), "caf?");
	assert_string_equal(page_clean("\xff\xf0\x9f\x98", clean), "??");
}

static void test_wrap_keeps_the_width(void **state)
{
	char text[2000] = "", *page, *line, *rest;

	(void)state;
	for (int i = 0; i < 200; i++)
		strcat(text, i % 7 ? "wörd " : "longer-word ");
	page = wrapped(11, 11, text);
	rest = page;
	line = strsep(&rest, "\n");
	assert_true(page_columns(line) <= PAGE_WIDTH - 11);
	for (int lines = 0; (line = strsep(&rest, "\n")) && *line; lines++) {
		assert_true(page_columns(line) <= PAGE_WIDTH);
		assert_true(page_columns(line) > PAGE_WIDTH - 13 || !rest || !*rest);
		assert_memory_equal(line, "           ", 11);
		assert_true(line[11] != ' ');
	}
	free(page);
}

static void test_wrap_exact_fit(void **state)
{
	char text[PAGE_WIDTH + 10], *page;

	(void)state;
	memset(text, 'x', PAGE_WIDTH - 3);
	strcpy(text + PAGE_WIDTH - 3, " yy");
	page = wrapped(0, 2, text);
	assert_int_equal(strlen(page), PAGE_WIDTH + 1);
	free(page);
	strcpy(text + PAGE_WIDTH - 3, " yyy");
	page = wrapped(0, 2, text);
	assert_non_null(strstr(page, "x\n  yyy\n"));
	free(page);
}

static void test_wrap_keeps_a_long_word_whole(void **state)
{
	char word[200], *page;

	(void)state;
	memset(word, 'x', sizeof(word) - 1);
	word[sizeof(word) - 1] = '\0';
	page = wrapped(0, 4, word);
	assert_non_null(strstr(page, word));
	free(page);
}

static void test_numbers(void **state)
{
	char text[PAGE_COUNT_SIZE];

	(void)state;
	assert_string_equal(page_count(0, text), "0");
	assert_string_equal(page_count(999, text), "999");
	assert_string_equal(page_count(1000, text), "1,000");
	assert_string_equal(page_count(UINT64_MAX, text), "18,446,744,073,709,551,615");
	assert_string_equal(page_bytes(999, text), "999 B");
	assert_string_equal(page_bytes(1000, text), "1.0 kB");
	assert_string_equal(page_bytes(999949, text), "999.9 kB");
	assert_string_equal(page_bytes(999999, text), "1.0 MB");
	assert_string_equal(page_bytes(UINT64_MAX, text), "18.4 EB");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_clean),
		cmocka_unit_test(test_wrap_keeps_the_width),
		cmocka_unit_test(test_wrap_exact_fit),
		cmocka_unit_test(test_wrap_keeps_a_long_word_whole),
		cmocka_unit_test(test_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
