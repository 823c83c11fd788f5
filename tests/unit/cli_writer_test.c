// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The goal: the writer's JSON is jansson's, byte for byte, whatever the text: quotes, control
 * characters, what is not UTF-8.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/unit/random.h"
#include "userspace/cli/writer.c"

static struct writer writer;

static void expect(const char *text)
{
	json_t *string = text_json(text);
	char *wanted = json_dumps(string, JSON_ENCODE_ANY);

	writer_clear(&writer);
	writer_text(&writer, text);
	assert_false(writer.failed);
	assert_int_equal(writer.length, strlen(wanted));
	assert_memory_equal(writer.bytes, wanted, writer.length);
	free(wanted);
	json_decref(string);
}

static void test_odd_text(void **state)
{
	static const char *const texts[] = {
		"plain",
		"",
		"a \"quoted\" word",
		"back\\slash",
		"slash/",
		"\"",
		"\\",
		"line\nbreak\ttab\rreturn\bback\fform",
		"\x01\x02\x1b[31m\x1f",
		"delete \x7f",
		"Soci\xc3\xa9t\xc3\xa9 Fran\xc3\xa7"
		"aise",                             /* UTF-8 */
		"Soci\xe9t\xe9",                    /* Latin-1 */
		"\xf0\x9f\x87\xab\xf0\x9f\x87\xb7", /* beyond the first plane */
		"\xc0\xaf",                         /* overlong */
		"\xed\xa0\x80",                     /* a surrogate */
		"\xf4\x90\x80\x80",                 /* over U+10FFFF */
		"cut off \xe2\x82",
		"\xff\xfe",
		"\xef\xbb\xbfmark",
		"</script><!--",
		"\xe2\x80\xa8", /* U+2028 */
	};

	(void)state;
	expect(NULL);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		expect(texts[i]);
}

static void test_every_byte(void **state)
{
	(void)state;
	for (int byte = 1; byte < 256; byte++) {
		expect((char[]){(char)byte, '\0'});
		expect((char[]){'a', (char)byte, 'b', '\0'});
	}
}

static void test_random_bytes(void **state)
{
	/* Near enough to UTF-8 to be it now and then. */
	static const char near[] = "\xc3\xa9"
				   "a\"\\\x01";
	char text[40];

	(void)state;
	random_seed(1);
	for (int i = 0; i < 20000; i++) {
		size_t length = random_next() % sizeof(text);

		for (size_t j = 0; j < length; j++)
			if (i % 2)
				text[j] = (char)(1 + random_next() % 255);
			else
				text[j] = near[random_next() % (sizeof(near) - 1)];
		text[length] = '\0';
		expect(text);
	}
}

static void test_long_text_and_numbers(void **state)
{
	static char text[200000];

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	expect(text);
	text[100000] = '"';
	expect(text);
	writer_clear(&writer);
	writer_number(&writer, 0);
	writer_raw(&writer, ",");
	writer_number(&writer, UINT32_MAX);
	writer_raw(&writer, ",");
	writer_bool(&writer, true);
	writer_bool(&writer, false);
	writer_country(&writer, COUNTRY('F', 'R'));
	writer_country(&writer, COUNTRY_NONE);
	writer_raw(&writer, "");
	static const char wanted[] = "0,4294967295,truefalse\"FR\"null";
	assert_int_equal(writer.length, strlen(wanted));
	assert_memory_equal(writer.bytes, wanted, writer.length);
	writer_free(&writer);
	assert_null(writer.bytes);
	writer_bytes(&writer, NULL, 0);
	assert_int_equal(writer.length, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_odd_text),
		cmocka_unit_test(test_every_byte),
		cmocka_unit_test(test_random_bytes),
		cmocka_unit_test(test_long_text_and_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
