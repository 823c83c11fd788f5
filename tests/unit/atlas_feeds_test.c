// SPDX-License-Identifier: GPL-2.0-or-later
/* Goal: the providers' JSON files give each prefix the country of its region and nothing that the
 * table does not know; a file that is cut off or wrong is refused with line and column. */
#include "tests/unit/reading.h"

static struct regions regions;
static struct reading reading;

static int load_regions(void **state)
{
	struct diagnostics diagnostics = {0};
	struct reader reader;

	(void)state;
	if (reader_open(&reader, "data/regions.csv", &diagnostics))
		return -1;
	int error = regions_csv_read(&reader, &regions);
	reader_close(&reader);
	return error;
}

static int drop_regions(void **state)
{
	(void)state;
	regions_free(&regions);
	return 0;
}

static int start(void **state)
{
	(void)state;
	memset(&reading, 0, sizeof(reading));
	reading.role = DATA_FEEDS;
	reading.regions = &regions;
	return 0;
}

static int end(void **state)
{
	(void)state;
	reading_free(&reading);
	return 0;
}

static const char aws[] =
	"{\n"
	"  \"syncToken\": \"1767225600\",\n"
	"  \"createDate\": \"2026-01-01-10-11-12\",\n"
	"  \"prefixes\": [\n"
	"    {\"ip_prefix\": \"5.0.0.0/16\", \"region\": \"eu-west-3\", \"service\": \"AMAZON\", "
	"\"network_border_group\": \"eu-west-3\"},\n"
	"    {\"ip_prefix\": \"5.0.0.0/16\", \"region\": \"eu-west-3\", \"service\": \"EC2\", "
	"\"network_border_group\": \"eu-west-3\"},\n"
	"    {\"ip_prefix\": \"5.1.0.0/16\", \"region\": \"us-east-1\", \"service\": \"EC2\", "
	"\"network_border_group\": \"us-east-1-bue-1\"},\n"
	"    {\"ip_prefix\": \"5.2.0.0/16\", \"region\": \"us-east-1\", \"service\": \"EC2\", "
	"\"network_border_group\": \"us-east-1-new-1\"},\n"
	"    {\"ip_prefix\": \"5.3.0.0/16\", \"region\": \"GLOBAL\", \"service\": \"CLOUDFRONT\", "
	"\"network_border_group\": \"GLOBAL\"},\n"
	"    {\"ip_prefix\": \"5.4.0.0/16\", \"region\": \"eusc-de-east-1\", \"service\": "
	"\"EC2\"},\n"
	"    {\"ip_prefix\": \"5.5.0.0/16\", \"region\": \"xx-nowhere-9\", \"service\": \"EC2\", "
	"\"network_border_group\": \"xx-nowhere-9\"}\n"
	"  ],\n"
	"  \"ipv6_prefixes\": [\n"
	"    {\"ipv6_prefix\": \"2a05:d000::/36\", \"region\": \"eu-central-1\", \"service\": "
	"\"EC2\", \"network_border_group\": \"eu-central-1-waw-1\"}\n"
	"  ]\n"
	"}\n";

static void aws_is_asked_by_border_group(void **state)
{
	(void)state;
	reads(&reading, aws, strlen(aws));
	expect_country(&reading, "4.255.255.255", "??");
	expect_country(&reading, "5.0.0.0", "FR");
	expect_country(&reading, "5.1.0.0", "AR");     /* not US */
	expect_country(&reading, "5.2.0.0", "silent"); /* nor is this */
	expect_country(&reading, "5.3.0.0", "silent");
	expect_country(&reading, "5.4.0.0", "DE");
	expect_country(&reading, "5.5.0.0", "silent");
	expect_country(&reading, "5.6.0.0", "??");
	expect_country(&reading, "2a05:d000::", "PL");
	assert_string_equal(reading.reader.date, "2026-01-01");
	assert_string_equal(reading.reader.name, "AWS ip-ranges");
	assert_int_equal(reading.reader.rows, 8);
	assert_true(reading.feed.provider);
	assert_true(reading.feed.asn_count > 2);
	assert_int_equal(reading.feed.asns[0], 16509);
	assert_int_equal(reading.feed.asns[1], 14618);
}

static const char gcp[] =
	"{\"syncToken\": \"1\", \"creationTime\": \"2026-01-29T12:12:51.194698\", \"prefixes\": [\n"
	"{\"ipv4Prefix\": \"34.155.0.0/16\", \"service\": \"Google Cloud\", \"scope\": "
	"\"europe-west9\"},\n"
	"{\"ipv6Prefix\": \"2600:1900::/35\", \"service\": \"Google Cloud\", \"scope\": "
	"\"us-central1\"},\n"
	"{\"ipv4Prefix\": \"34.1.0.0/24\", \"service\": \"Google Cloud\", \"scope\": \"global\"}]}";

static void gcp_is_read(void **state)
{
	(void)state;
	reads(&reading, gcp, strlen(gcp));
	expect_country(&reading, "34.155.255.255", "FR");
	expect_country(&reading, "2600:1900::", "US");
	expect_country(&reading, "34.1.0.0", "silent");
	assert_string_equal(reading.reader.date, "2026-01-29");
	assert_int_equal(reading.feed.asns[0], 396982);
	assert_int_equal(reading.feed.asns[1], 15169);
	assert_true(reading.feed.provider);
}

static const char azure[] =
	"{\"changeNumber\": 360, \"cloud\": \"Public\", \"values\": [\n"
	"{\"name\": \"Storage.WestUS\", \"properties\": {\"region\": \"westus\", "
	"\"addressPrefixes\": [\"9.0.0.0/8\"]}},\n"
	"{\"name\": \"AzureCloud.centralfrance\", \"properties\": {\"region\": \"centralfrance\", "
	"\"addressPrefixes\": [\"20.74.0.0/17\", \"2603:1020:800::/47\"]}},\n"
	"{\"name\": \"AzureCloud.germanywc\", \"properties\": {\"region\": \"germanywc\", "
	"\"addressPrefixes\": [\"20.52.64.0/18\"]}},\n"
	"{\"name\": \"AzureCloudOther\", \"properties\": {\"region\": \"\", "
	"\"addressPrefixes\": [\"9.0.0.0/8\"]}},\n"
	"{\"name\": \"AzureCloud\", \"properties\": {\"region\": \"\", \"addressPrefixes\": "
	"[\"20.74.0.0/17\", \"20.52.64.0/18\", \"13.87.124.160/27\"]}}]}";

static void azure_is_read_by_its_tags(void **state)
{
	uint32_t other[] = {58593};
	char china[sizeof(azure) + 16];

	(void)state;
	reads(&reading, azure, strlen(azure));
	expect_country(&reading, "20.74.0.0", "FR");
	expect_country(&reading, "2603:1020:800::", "FR");
	expect_country(&reading, "20.52.64.0", "DE");
	expect_country(&reading, "13.87.124.160", "silent"); /* in no region */
	expect_country(&reading, "9.0.0.0", "??");           /* of a service */
	assert_string_equal(reading.reader.name, "Azure Public, change 360");
	assert_string_equal(reading.reader.date, "");
	assert_int_equal(reading.feed.asns[0], 8075);
	/* Another company runs it. */
	snprintf(china, sizeof(china), "{\"changeNumber\": 1, \"cloud\": \"AzureChinaCloud\"%s",
		 strstr(azure, ", \"values\""));
	refuses(&reading, china, strlen(china),
		"fixture:1:30: the networks of the cloud \"AzureChinaCloud\" are not known; write "
		"`asns:` with those whose list it is");
	reading.file.asns = other;
	reading.file.asn_count = 1;
	reads(&reading, china, strlen(china));
	assert_int_equal(reading.feed.asn_count, 1);
	assert_int_equal(reading.feed.asns[0], 58593);
}

static const char oci[] =
	"{\"last_updated_timestamp\": \"2026-01-16T09:22:47.074571\", \"regions\": [\n"
	"{\"region\": \"eu-paris-1\", \"cidrs\": [{\"cidr\": \"129.151.0.0/16\", \"tags\": "
	"[\"OCI\"]}]},\n"
	"{\"region\": \"xx-moon-1\", \"cidrs\": [{\"cidr\": \"129.152.0.0/16\", \"tags\": []}]}]}";

static void oci_is_read(void **state)
{
	(void)state;
	reads(&reading, oci, strlen(oci));
	expect_country(&reading, "129.151.0.0", "FR");
	expect_country(&reading, "129.152.0.0", "silent");
	assert_string_equal(reading.reader.date, "2026-01-16");
	assert_int_equal(reading.feed.asns[0], 31898);
}

static const char vultr[] =
	"{\"description\": \"Example geofeed\", \"asn\": 64500, \"updated\": "
	"\"2026-01-29T17:37:45-05:00\", \"subnets\": [\n"
	"{\"ip_prefix\": \"43.224.32.0/22\", \"alpha2code\": \"JP\", \"region\": \"JP-13\"},\n"
	"{\"ip_prefix\": \"43.224.36.0/22\", \"alpha2code\": \"EU\"},\n"
	"{\"ip_prefix\": \"2001:19f0::/38\", \"alpha2code\": \"\"}]}";

static void a_geofeed_speaks_for_its_asn(void **state)
{
	uint32_t other[] = {64501, 64502};
	const char nobody[] = "{\"subnets\": [{\"ip_prefix\": \"43.224.32.0/22\", "
			      "\"alpha2code\": \"JP\"}]}";

	(void)state;
	reads(&reading, vultr, strlen(vultr));
	expect_country(&reading, "43.224.32.0", "JP");
	expect_country(&reading, "43.224.36.0", "silent");
	expect_country(&reading, "2001:19f0::", "silent");
	assert_string_equal(reading.reader.date, "2026-01-29");
	assert_string_equal(reading.reader.name, "Example geofeed");
	assert_int_equal(reading.feed.asn_count, 1);
	assert_int_equal(reading.feed.asns[0], 64500);
	assert_false(reading.feed.provider);
	refuses(&reading, nobody, strlen(nobody),
		"fixture: the file does not say whose word it is; write `asns:` with the networks "
		"of the operator");
	reading.file.asns = other;
	reading.file.asn_count = 2;
	reads(&reading, nobody, strlen(nobody));
	assert_int_equal(reading.feed.asn_count, 2);
	assert_int_equal(reading.feed.asns[1], 64502);
	reads(&reading, vultr, strlen(vultr));
	assert_int_equal(reading.feed.asns[0], 64501);
}

static void files_that_are_cut_off_are_refused(void **state)
{
	static const struct {
		const char *text;
		enum data_format format;
	} files[] = {{aws, DATA_AWS},
		     {gcp, DATA_GCP},
		     {azure, DATA_AZURE},
		     {oci, DATA_OCI},
		     {vultr, DATA_GEOFEED_JSON}};

	(void)state;
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		reading.file.format = DATA_GUESSED;
		refuses_when_cut(&reading, files[i].text, strlen(files[i].text));
		reading.file.format = files[i].format;
		refuses_when_cut(&reading, files[i].text, strlen(files[i].text));
		refuses(&reading, "\n <!DOCTYPE html>", 17,
			"fixture: this is an HTML or XML page, not data (the login page of a "
			"proxy?); fetch the file again");
		/* A NUL byte behind the end. */
		read_bytes(&reading, files[i].text, strlen(files[i].text) + 1);
		assert_true(reading.error < 0);
		refuses(&reading, "[]", 2, "fixture: not a JSON object; fetch the file again");
		refuses(&reading, "{\n \"a\": 1,\n \"a\": 2}", 19,
			"fixture:3:4: not JSON: duplicate object key near '\"a\"'; fetch the file "
			"again");
		refuses(&reading, "\0", 1,
			"fixture:1:1: not JSON: '[' or '{' expected near end of file; fetch "
			"the file again");
	}
}

static void refused_as(enum data_format format, const char *text, const char *message)
{
	reading.file.format = format;
	refuses(&reading, text, strlen(text), message);
}

static void values_of_a_wrong_form_are_refused(void **state)
{
	(void)state;
	refused_as(DATA_AWS, "{}", "fixture: the file has no \"createDate\"; fetch the file again");
	refused_as(DATA_AWS, "{\"createDate\": \"x\", \"prefixes\": {}}",
		   "fixture: the file has no list \"prefixes\"; fetch the file again");
	refused_as(DATA_AWS, "{\"createDate\": \"x\", \"prefixes\": [], \"ipv6_prefixes\": []}",
		   "fixture: no prefixes in it; fetch the file again");
	refused_as(DATA_AWS, "{\"createDate\": \"x\", \"prefixes\": [7]}",
		   "fixture: prefixes[0] has no \"ip_prefix\"; fetch the file again");
	refused_as(DATA_AWS,
		   "{\"createDate\": \"x\", \"prefixes\": [\n"
		   "{\"ip_prefix\": \"5.0.0.0/16\", \"region\": \"eu-west-3\"},\n"
		   "  {\"ip_prefix\": \"5.0.0.1/16\", \"region\": \"eu-west-3\"}]}",
		   "fixture:3:17: 5.0.0.1/16 has bits set beyond its length; write 5.0.0.0/16");
	refused_as(DATA_AWS, "{\"createDate\": \"x\", \"prefixes\": [{\"ip_prefix\": 5}]}",
		   "fixture: \"ip_prefix\" of prefixes[0] is no text; fetch the file again");
	refused_as(DATA_GCP,
		   "{\"creationTime\": \"\", \"prefixes\": [\n {\"ipv4Prefix\": \"1.2.3.0/33\",\n"
		   " \"scope\": \"global\"}]}",
		   "fixture:2:17: \"1.2.3.0/33\" is not a prefix; write one like 192.0.2.0/24");
	refused_as(DATA_GCP, "{\"creationTime\": \"\", \"prefixes\": [{\"scope\": \"global\"}]}",
		   "fixture: prefixes[0] has no \"ipv6Prefix\"; fetch the file again");
	refused_as(DATA_AZURE, "{\"cloud\": \"Public\"}",
		   "fixture: the file has no number \"changeNumber\"; fetch the file again");
	refused_as(DATA_AZURE,
		   "{\"cloud\": \"Public\", \"changeNumber\": 1, \"values\": [{\"name\": "
		   "\"AzureCloud.westus\", \"properties\": {\"region\": \"westus\", "
		   "\"addressPrefixes\": [1]}}]}",
		   "fixture: addressPrefixes[0] of AzureCloud.westus is no text; fetch the file "
		   "again");
	refused_as(
		DATA_OCI,
		"{\"last_updated_timestamp\": \"\", \"regions\": [{\"region\": \"eu-paris-1\"}]}",
		"fixture: regions[0] has no list \"cidrs\"; fetch the file again");
	refused_as(DATA_GEOFEED_JSON, "{\"asn\": -1, \"subnets\": []}",
		   "fixture: \"asn\" is not an ASN; write a number up to 4294967295");
	refused_as(DATA_GEOFEED_JSON,
		   "{\"asn\": 1, \"subnets\": [{\"ip_prefix\": \"5.0.0.0/8\",\n"
		   "\"alpha2code\": \"France\"}]}",
		   "fixture:2:15: \"France\" is not a country code; write two letters, as in "
		   "ISO 3166-1, or nothing where it is not known");
	reading.role = DATA_SOIL;
	refused_as(DATA_GUESSED, aws,
		   "fixture: a file of format aws is no source of `soil:`; name it under `feeds:`");
}

#define READING(test) cmocka_unit_test_setup_teardown(test, start, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		READING(aws_is_asked_by_border_group),
		READING(gcp_is_read),
		READING(azure_is_read_by_its_tags),
		READING(oci_is_read),
		READING(a_geofeed_speaks_for_its_asn),
		READING(files_that_are_cut_off_are_refused),
		READING(values_of_a_wrong_form_are_refused),
	};

	return cmocka_run_group_tests_name("atlas_feeds", tests, load_regions, drop_regions);
}
