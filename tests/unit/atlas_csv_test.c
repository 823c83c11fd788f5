// SPDX-License-Identifier: GPL-2.0-or-later
/* Goal: fields are cut as RFC 4180 says, and addresses and numbers are read as strictly as in base.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/random.h"
#include "userspace/atlas/csv.h"

static const char *split(const char *text, struct csv *csv, unsigned *column)
{
	static char copy[512];

	snprintf(copy, sizeof(copy), "%s", text);
	return csv_split(&(struct line){copy, strlen(copy), 7}, csv, column);
}

static void check(const char *text, size_t count, const char *const *fields)
{
	struct csv csv;
	unsigned column;

	assert_null(split(text, &csv, &column));
	assert_int_equal(csv.count, count);
	assert_int_equal(csv.line, 7);
	for (size_t i = 0; i < count; i++) {
		assert_string_equal(csv.fields[i].text, fields[i]);
		assert_int_equal(csv.fields[i].length, strlen(fields[i]));
	}
}

static void fields_are_cut_and_unquoted(void **state)
{
	(void)state;
	check("a,b,c", 3, (const char *[]){"a", "b", "c"});
	check("", 1, (const char *[]){""});
	check(",", 2, (const char *[]){"", ""});
	check(" a , b\t", 2, (const char *[]){"a", "b"});
	check("\"a,b\",c", 2, (const char *[]){"a,b", "c"});
	check("1, \"a \"\"b\"\"\" ,c", 3, (const char *[]){"1", "a \"b\"", "c"});
	check("\"\",\"\"\"\"", 2, (const char *[]){"", "\""});
	check("a\"b,c", 2, (const char *[]){"a\"b", "c"});
}

static void columns_point_into_the_line(void **state)
{
	struct csv csv;
	unsigned column;

	(void)state;
	assert_null(split("ab, \"c,d\",  e", &csv, &column));
	assert_int_equal(csv.fields[0].column, 1);
	assert_int_equal(csv.fields[1].column, 5);
	assert_int_equal(csv.fields[2].column, 13);
}

static void broken_quotes_and_endless_rows_are_refused(void **state)
{
	char commas[64];
	struct csv csv;
	unsigned column;

	(void)state;
	assert_string_equal(split("a,\"b", &csv, &column), "a quote is opened and not closed");
	assert_int_equal(column, 3);
	assert_string_equal(split("\"a\"b,c", &csv, &column), "text after a closing quote");
	memset(commas, ',', sizeof(commas));
	commas[CSV_FIELDS_MOST - 1] = '\0';
	assert_null(split(commas, &csv, &column));
	assert_int_equal(csv.count, CSV_FIELDS_MOST);
	commas[CSV_FIELDS_MOST - 1] = ',';
	commas[CSV_FIELDS_MOST] = '\0';
	assert_non_null(split(commas, &csv, &column));
}

static void numbers_are_decimal_and_fit(void **state)
{
	static const char *const bad[] = {"",    "-1",         "+1",          " 1", "1 ",
					  "0x1", "4294967296", "99999999999", "1.0"};
	uint32_t number;

	(void)state;
	assert_int_equal(text_number("4294967295", 10, &number), 0);
	assert_int_equal(number, UINT32_MAX);
	assert_int_equal(text_number("0", 1, &number), 0);
	assert_int_equal(number, 0);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_true(text_number(bad[i], strlen(bad[i]), &number) < 0);
}

/* Written digit by digit, and read back. */
static void integers_are_read_up_to_128_bits(void **state)
{
	u128 value = 0, most = ~(u128)0;

	(void)state;
	for (unsigned i = 0; i < 50000; i++) {
		u128 number = (u128)random_next() << 64 | random_next(), left;
		char text[48], *digit = text + sizeof(text);

		number >>= random_next() % 128;
		left = number;
		do {
			*--digit = (char)('0' + (unsigned)(left % 10));
			left /= 10;
		} while (left);
		assert_int_equal(text_integer(digit, (size_t)(text + sizeof(text) - digit), &value),
				 0);
		assert_true(value == number);
	}
	assert_int_equal(text_integer("340282366920938463463374607431768211455", 39, &value), 0);
	assert_true(value == most);
	assert_int_equal(text_integer("340282366920938463463374607431768211456", 39, &value),
			 -ERANGE);
	assert_int_equal(text_integer("0000340282366920938463463374607431768211455", 43, &value),
			 0);
	assert_int_equal(text_integer("9999999999999999999999999999999999999999999999", 46, &value),
			 -ERANGE);
	assert_int_equal(text_integer("", 0, &value), -EINVAL);
	assert_int_equal(text_integer("-1", 2, &value), -EINVAL);
	assert_int_equal(text_integer("1x", 2, &value), -EINVAL);
	assert_int_equal(text_integer("999999999999999999999999999999999999999999999x", 46, &value),
			 -EINVAL);
}

static void asns_may_have_their_letters(void **state)
{
	static const char *const bad[] = {"",     "A",  "AS", "ASx", "A1", "AS4294967296",
					  "AS-1", "BS1"};
	uint32_t asn = 0;

	(void)state;
	assert_int_equal(text_asn("AS64500", 7, &asn), 0);
	assert_int_equal(asn, 64500);
	assert_int_equal(text_asn("as1", 3, &asn), 0);
	assert_int_equal(asn, 1);
	assert_int_equal(text_asn("4294967295", 10, &asn), 0);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_true(text_asn(bad[i], strlen(bad[i]), &asn) < 0);
}

static void compare(const char *text)
{
	struct address mine = {0}, theirs = {0};
	int my_error = text_address(text, strlen(text), &mine);
	int their_error = address_parse(text, strlen(text), &theirs);

	if (!my_error != !their_error || mine.family != theirs.family || mine.value != theirs.value)
		fail_msg("\"%s\": %d and %d", text, my_error, their_error);
}

static void ipv6_is_read_as_base_reads_it(void **state)
{
	static const char *const texts[] = {
		"::",
		":",
		":::",
		"::1",
		"1::",
		"1::2",
		"1::2::3",
		"1:2",
		"1:",
		":1",
		"1:2:3:4:5:6:7:8",
		"1:2:3:4:5:6:7:8:9",
		"1:2:3:4:5:6:7::",
		"::2:3:4:5:6:7:8",
		"1:2:3:4::5:6:7:8",
		"1:2:3:4:5:6:7:8::",
		"12345::",
		"g::",
		"1::g",
		"::ffff:1.2.3.4",
		"FFFF::abcd",
		"1::%1",
		"::1 ",
		" ::1",
		"0000:0000::0001",
		"00000::",
		"1:::2",
		"1:2:3:4:5:6:7:",
		"1:2:3:4:5:6:7:8:",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		compare(texts[i]);
}

static void random_ipv6_is_read_as_base_reads_it(void **state)
{
	static const char letters[] = "0123456789abcdefABCDEF::::::::.g ";
	char text[ADDRESS_TEXT_SIZE];

	(void)state;
	random_seed(6);
	for (unsigned i = 0; i < 100000; i++) {
		uint8_t bytes[16];

		for (unsigned j = 0; j < 16; j++)
			bytes[j] = random_chance(8) ? 0 : (uint8_t)random_next();
		compare(address_format(address_from_bytes(FAMILY_V6, bytes), text));
		text[random_next() % strlen(text)] = letters[random_next() % (sizeof(letters) - 1)];
		compare(text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fields_are_cut_and_unquoted),
		cmocka_unit_test(columns_point_into_the_line),
		cmocka_unit_test(broken_quotes_and_endless_rows_are_refused),
		cmocka_unit_test(numbers_are_decimal_and_fit),
		cmocka_unit_test(integers_are_read_up_to_128_bits),
		cmocka_unit_test(asns_may_have_their_letters),
		cmocka_unit_test(ipv6_is_read_as_base_reads_it),
		cmocka_unit_test(random_ipv6_is_read_as_base_reads_it),
	};

	return cmocka_run_group_tests_name("atlas_csv", tests, NULL, NULL);
}
