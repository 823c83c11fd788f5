// SPDX-License-Identifier: GPL-2.0-or-later
/* Goal: the table of regions is well formed, each line with its source, and knows what it should;
 * one that is not is refused at the line. */
#include "tests/unit/reading.h"

static struct diagnostics diagnostics;
static struct regions regions;

static int read_text(const char *text)
{
	struct file file = {.path = strdup("fixture"), .size = strlen(text)};
	struct reader reader;

	file.bytes = malloc(file.size);
	assert_non_null(file.bytes);
	memcpy(file.bytes, text, file.size);
	int error = reader_take(&reader, &file, &diagnostics);
	if (!error)
		error = regions_csv_read(&reader, &regions);
	reader_close(&reader);
	return error;
}

static int end(void **state)
{
	(void)state;
	regions_free(&regions);
	diagnostics_free(&diagnostics);
	return 0;
}

static void refused(const char *text, const char *message)
{
	char said[400] = "";

	assert_true(read_text(text) < 0);
	assert_int_equal(diagnostics.count, 1);
	assert_string_equal(diagnostic_format(&diagnostics.items[0], said, sizeof(said)), message);
	end(NULL);
}

static void expect(enum data_format provider, const char *name, const char *country)
{
	char code[3];

	assert_string_equal(country_format(regions_find(&regions, provider, name), code), country);
}

static void a_region_is_found_by_provider_and_name(void **state)
{
	(void)state;
	assert_int_equal(read_text("# comment\nprovider,region,country,source\n"
				   "oci,us-one-1,US,a page\naws,us-one-1,FR,a page\n"
				   "aws,eu-one-1,DE,\"a page, another\"\n"),
			 0);
	assert_int_equal(regions.count, 3);
	expect(DATA_AWS, "us-one-1", "FR");
	expect(DATA_OCI, "us-one-1", "US");
	expect(DATA_AWS, "eu-one-1", "DE");
	expect(DATA_AWS, "eu-one-11", "??");
	expect(DATA_GCP, "us-one-1", "??");
	expect(DATA_AWS, "", "??");
	expect(DATA_AWS, "a-name-that-is-longer-than-any-name-of-a-region-can-ever-be-in-here",
	       "??");
	assert_int_equal(regions_find(NULL, DATA_AWS, "us-one-1"), COUNTRY_NONE);
}

static void lines_of_a_wrong_form_are_refused(void **state)
{
	(void)state;
	refused("aws,eu-one-1,DE\n",
		"fixture:1: a field is missing; write provider,region,country,source");
	refused("aws,eu-one-1,DE,\n",
		"fixture:1: a field is missing; write provider,region,country,source");
	refused("ovh,gra,FR,a page\n",
		"fixture:1:1: \"ovh\" is no provider with a feed; write aws, gcp, azure or oci");
	refused("aws,EU-one-1,DE,a page\n",
		"fixture:1:5: \"EU-one-1\" is no name of a region; write small letters, digits and "
		"dashes");
	refused("aws,,DE,a page\n",
		"fixture:1:5: \"\" is no name of a region; write small letters, "
		"digits and dashes");
	refused("aws,eu-one-1,EU,a page\n", "fixture:1:14: \"EU\" is not a country code; write two "
					    "letters, as in ISO 3166-1");
	refused("aws,a,DE,a page\naws,b,DE,a page\naws,a,FR,a page\n",
		"fixture:3: region a of aws stands on line 1 already; keep one of them");
	refused("aws,a,DE,a page\naws,b", "fixture:2: the file ends in the middle of a line; fetch "
					  "it again");
}

static void the_embedded_table_is_whole(void **state)
{
	struct reader reader;

	(void)state;
	assert_int_equal(reader_open(&reader, "data/regions.csv", &diagnostics), 0);
	assert_int_equal(regions_csv_read(&reader, &regions), 0);
	assert_string_equal(reader.name, "gabelou regions");
	assert_int_equal(strlen(reader.date), 10);
	reader_close(&reader);
	assert_int_equal(diagnostics.count, 0);
	assert_true(regions.count >= 300);
	expect(DATA_AWS, "eu-west-3", "FR");
	expect(DATA_AWS, "eusc-de-east-1", "DE");
	expect(DATA_AWS, "us-east-1-bue-1", "AR");
	expect(DATA_AWS, "us-east-1-qro-1", "MX");
	expect(DATA_AWS, "eu-central-1-waw-1", "PL");
	expect(DATA_AWS, "me-south-1-mct-1", "OM");
	expect(DATA_AWS, "GLOBAL", "??");
	expect(DATA_GCP, "europe-west9", "FR");
	expect(DATA_GCP, "europe-west1", "BE");
	expect(DATA_GCP, "global", "??");
	expect(DATA_AZURE, "centralfrance", "FR");
	expect(DATA_AZURE, "francecentral", "??"); /* no tag has this name */
	expect(DATA_AZURE, "northeurope", "IE");
	expect(DATA_OCI, "eu-marseille-1", "FR");
	expect(DATA_OCI, "eu-jovanovac-1", "RS");
}

#define REGIONS(test) cmocka_unit_test_setup_teardown(test, NULL, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		REGIONS(a_region_is_found_by_provider_and_name),
		REGIONS(lines_of_a_wrong_form_are_refused),
		REGIONS(the_embedded_table_is_whole),
	};

	return cmocka_run_group_tests_name("atlas_regions", tests, NULL, NULL);
}
