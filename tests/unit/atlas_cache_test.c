// SPDX-License-Identifier: GPL-2.0-or-later
/* A cached atlas says what the built one says, and whatever could be wrong with it is no answer. */
#include "tests/unit/atlas_world.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>

#include "userspace/atlas/cache.h"

#define FOLDER world_path("cache")

/* At a time when the files that were just written are no longer new. */
static struct atlas_config settled_config(void)
{
	struct atlas_config config = world_config();

	config.now = time(NULL) + 60;
	return config;
}

static struct digest key_of(const struct atlas_config *config)
{
	struct digest key;

	assert_int_equal(cache_key(config, &key), 0);
	return key;
}

/* Builds and saves; the path of the file. */
static char *save(const struct atlas_config *config, struct digest *key)
{
	static char path[256];
	char text[DIGEST_TEXT_SIZE];

	*key = key_of(config);
	assert_int_equal(atlas_build(config, &world_atlas, &world_diagnostics), 0);
	assert_int_equal(cache_save(FOLDER, key, world_atlas), 0);
	snprintf(path, sizeof(path), "%s/atlas-%s", FOLDER, digest_format(key, text));
	return path;
}

static void assert_same_operator(const struct asn_operator *a, const struct asn_operator *b)
{
	assert_non_null(a);
	assert_non_null(b);
	assert_int_equal(a->asn, b->asn);
	assert_string_equal(a->name, b->name);
	assert_string_equal(a->organisation, b->organisation);
	assert_string_equal(a->parent, b->parent);
	assert_string_equal(a->since, b->since);
	assert_string_equal(a->source, b->source);
	assert_int_equal(a->parent_country, b->parent_country);
	assert_int_equal(a->seat, b->seat);
	assert_int_equal(a->basis, b->basis);
	assert_int_equal(a->doubtful, b->doubtful);
}

static void the_cached_atlas_says_what_the_built_one_says(void **state)
{
	static const uint32_t asns[] = {100, 200, 300, 900};
	struct atlas_config config = settled_config();
	struct atlas *cached;
	struct digest key;

	(void)state;
	save(&config, &key);
	assert_int_equal(cache_load(FOLDER, &key, &cached), 0);
	for (enum family family = 0; family < FAMILIES; family++) {
		struct atlas_ranges built = atlas_ranges(world_atlas, family);
		struct atlas_ranges found = atlas_ranges(cached, family);

		assert_int_equal(found.count, built.count);
		assert_memory_equal(found.starts, built.starts, built.count * sizeof(u128));
		assert_memory_equal(found.places, built.places, built.count * sizeof(uint32_t));
	}
	assert_int_equal(atlas_place_count(cached), atlas_place_count(world_atlas));
	for (uint32_t i = 0; i < atlas_place_count(cached); i++)
		assert_memory_equal(atlas_place(cached, i), atlas_place(world_atlas, i),
				    sizeof(struct place));
	for (size_t i = 0; i < sizeof(asns) / sizeof(asns[0]); i++)
		assert_same_operator(atlas_operator(cached, asns[i]),
				     atlas_operator(world_atlas, asns[i]));
	assert_null(atlas_operator(cached, 12345));
	assert_int_equal(atlas_source_count(cached), atlas_source_count(world_atlas));
	for (size_t i = 0; i < atlas_source_count(cached); i++)
		assert_string_equal(atlas_source(cached, i)->name,
				    atlas_source(world_atlas, i)->name);
	assert_int_equal(atlas_soil_source_count(cached), 1);
	atlas_free(cached);
}

/* Its place can be taken only once. */
static void a_second_one_lies_elsewhere(void **state)
{
	struct atlas_config config = settled_config();
	struct atlas *first, *second;
	struct digest key;

	(void)state;
	save(&config, &key);
	assert_int_equal(cache_load(FOLDER, &key, &first), 0);
	assert_int_equal(cache_load(FOLDER, &key, &second), 0);
	assert_int_equal((uintptr_t)first->mapped, CACHE_BASE);
	assert_ptr_not_equal(first->mapped, second->mapped);
	for (uint32_t asn = 100; asn <= 900; asn += 100)
		if (atlas_operator(world_atlas, asn)) {
			assert_same_operator(atlas_operator(first, asn),
					     atlas_operator(world_atlas, asn));
			assert_same_operator(atlas_operator(second, asn),
					     atlas_operator(world_atlas, asn));
		}
	assert_string_equal(atlas_source(second, 0)->path, atlas_source(world_atlas, 0)->path);
	atlas_free(first);
	atlas_free(second);
}

static void feeds_and_voting_are_kept(void **state)
{
	uint32_t asns[] = {100};
	struct data_file feed = {.path = world_path("feed.csv"), .asns = asns, .asn_count = 1};
	struct atlas_config config = settled_config();
	struct atlas *cached;

	(void)state;
	world_write("feed.csv", "# name: Feed\n5.0.0.0,5.0.0.255,NL\n");
	config.data.files[DATA_FEEDS] = (struct data_files){&feed, 1};
	config.data.min_sources = 2;
	config.data.agree = DATA_AGREE_ALL;
	assert_int_equal(atlas_open(&config, FOLDER, &cached, &world_diagnostics), 0);
	assert_null(cached->mapped);
	atlas_free(cached);
	assert_int_equal(atlas_open(&config, FOLDER, &world_atlas, &world_diagnostics), 0);
	assert_non_null(world_atlas->mapped);
	assert_int_equal(atlas_min_sources(world_atlas), 2);
	assert_int_equal(atlas_agree(world_atlas), DATA_AGREE_ALL);
	assert_int_equal(atlas_feed_count(world_atlas), 1);
	world_expect("5.0.0.1", "NL", SOIL_AGREED, 100);
	world_expect("5.0.1.1", "??", SOIL_UNKNOWN, 100);
	assert_int_equal(world_place("5.0.0.1")->provider, 100);
	assert_string_equal(atlas_feed(world_atlas, world_place("5.0.0.1")->feed)->name, "Feed");
}

static void whatever_changes_the_atlas_changes_the_key(void **state)
{
	struct atlas_config config = settled_config(), other = config;
	struct digest key = key_of(&config), changed, again;
	uint32_t asns[] = {100, 200};
	struct data_file feed = {
		.path = world_path("data/soil.csv.zst"), .asns = asns, .asn_count = 1};
	struct data_file soil[] = {{.path = world_path("data/soil.csv.zst")}};

	(void)state;
	changed = key_of(&config);
	assert_memory_equal(&key, &changed, sizeof(key));
	other.data.agree = DATA_AGREE_ALL;
	changed = key_of(&other);
	assert_memory_not_equal(&key, &changed, sizeof(key));
	other = config;
	other.data.min_sources = 2;
	changed = key_of(&other);
	assert_memory_not_equal(&key, &changed, sizeof(key));
	other = config;
	other.data.files[DATA_FEEDS] = (struct data_files){&feed, 1};
	changed = key_of(&other);
	assert_memory_not_equal(&key, &changed, sizeof(key));
	feed.asns = asns + 1;
	again = key_of(&other);
	assert_memory_not_equal(&again, &changed, sizeof(key));
	other = config;
	other.now += 86400;
	changed = key_of(&other);
	assert_memory_not_equal(&key, &changed, sizeof(key));
	other = config;
	other.data.files[DATA_SOIL] = (struct data_files){soil, 1};
	changed = key_of(&other);
	assert_memory_not_equal(&key, &changed, sizeof(key));
	world_write("data/doubtful.csv", "asn,name,candidate_parent,reason\n901,Nine,,unclear\n");
	changed = key_of(&config);
	assert_memory_not_equal(&key, &changed, sizeof(key));
	assert_int_equal(unlink(world_path("data/anycast.csv")), 0);
	assert_true(cache_key(&config, &changed) < 0);
}

static void what_changed_a_moment_ago_is_not_kept(void **state)
{
	struct atlas_config config = settled_config();
	struct atlas *again;
	struct digest key;
	struct stat status;

	(void)state;
	assert_int_equal(stat(world_path("data/anycast.csv"), &status), 0);
	config.now = status.st_ctim.tv_sec + 1;
	assert_int_equal(cache_key(&config, &key), -EAGAIN);
	assert_int_equal(atlas_open(&config, FOLDER, &world_atlas, &world_diagnostics), 0);
	assert_int_equal(atlas_open(&config, FOLDER, &again, &world_diagnostics), 0);
	assert_null(again->mapped);
	atlas_free(again);
}

/* The same size and time of modification: the kernel's time of change tells. */
static void a_change_that_hides_is_seen(void **state)
{
	struct atlas_config config = settled_config();
	struct digest key = key_of(&config), changed;
	struct timespec times[2];
	struct stat status;

	(void)state;
	assert_int_equal(stat(world_path("data/anycast.csv"), &status), 0);
	times[0] = status.st_atim;
	times[1] = status.st_mtim;
	usleep(20000); /* a tick of the kernel's clock */
	world_write("data/anycast.csv", "prefix,operator,source\n5.0.65.0/24,One,one.example\n");
	assert_int_equal(utimensat(AT_FDCWD, world_path("data/anycast.csv"), times, 0), 0);
	changed = key_of(&config);
	assert_memory_not_equal(&key, &changed, sizeof(key));
}

static void assert_refused(const struct digest *key)
{
	struct atlas *cached = NULL;

	assert_int_equal(cache_load(FOLDER, key, &cached), -ENOENT);
	assert_null(cached);
}

static void a_damaged_file_is_no_answer(void **state)
{
	struct atlas_config config = settled_config();
	struct digest key;
	char *path = save(&config, &key);
	struct stat status;

	(void)state;
	assert_int_equal(stat(path, &status), 0);
	for (off_t at = 0; at < status.st_size; at += at < 512 ? 13 : 1 + status.st_size / 97) {
		FILE *file = fopen(path, "r+");
		int byte;

		assert_non_null(file);
		fseek(file, at, SEEK_SET);
		byte = fgetc(file);
		fseek(file, at, SEEK_SET);
		fputc(byte ^ 1, file);
		fflush(file);
		assert_refused(&key);
		fseek(file, at, SEEK_SET);
		fputc(byte, file);
		fclose(file);
	}
	assert_int_equal(truncate(path, status.st_size - 1), 0);
	assert_refused(&key);
	assert_int_equal(truncate(path, 100), 0);
	assert_refused(&key);
	assert_int_equal(truncate(path, 0), 0);
	assert_refused(&key);
}

static void a_file_that_others_may_write_is_no_answer(void **state)
{
	struct atlas_config config = settled_config();
	struct atlas *cached;
	struct digest key;
	char *path = save(&config, &key);

	(void)state;
	assert_int_equal(chmod(path, 0660), 0);
	assert_refused(&key);
	assert_int_equal(chmod(path, 0600), 0);
	assert_int_equal(cache_load(FOLDER, &key, &cached), 0);
	atlas_free(cached);
	assert_int_equal(rename(path, world_path("elsewhere")), 0);
	assert_int_equal(symlink(world_path("elsewhere"), path), 0);
	assert_refused(&key);
}

static void a_file_of_another_owner_is_no_answer(void **state)
{
	struct atlas_config config = settled_config();
	struct digest key;
	char *path = save(&config, &key);

	(void)state;
	if (geteuid() != 0)
		skip();
	assert_int_equal(chown(path, 65534, 65534), 0);
	assert_refused(&key);
}

static void a_file_under_the_name_of_another_is_no_answer(void **state)
{
	struct atlas_config config = settled_config();
	char text[DIGEST_TEXT_SIZE], other[256];
	struct digest key;
	char *path = save(&config, &key);

	(void)state;
	config.now += 86400;
	key = key_of(&config);
	snprintf(other, sizeof(other), "%s/atlas-%s", FOLDER, digest_format(&key, text));
	assert_int_equal(rename(path, other), 0);
	assert_refused(&key);
}

static void a_warning_is_given_each_time(void **state)
{
	struct atlas_config config = settled_config();
	struct atlas *again;

	(void)state;
	world_write("data/doubtful.csv", "# date: June\nasn,name,candidate_parent,reason\n"
					 "901,Nine,,unclear\n");
	assert_int_equal(atlas_open(&config, FOLDER, &world_atlas, &world_diagnostics), 0);
	assert_int_equal(world_diagnostics.count, 1);
	assert_int_equal(atlas_open(&config, FOLDER, &again, &world_diagnostics), 0);
	atlas_free(again);
	assert_int_equal(world_diagnostics.count, 2);
}

static void the_latest_files_stay(void **state)
{
	struct atlas_config config = settled_config();
	unsigned count = 0;
	struct digest key;
	struct atlas *cached;

	(void)state;
	for (unsigned day = 0; day < CACHE_FILES_MOST + 3; day++, config.now += 86400) {
		atlas_free(world_atlas);
		save(&config, &key);
	}
	DIR *listing = opendir(FOLDER);
	assert_non_null(listing);
	for (struct dirent *entry; (entry = readdir(listing));)
		count += entry->d_name[0] != '.';
	closedir(listing);
	assert_int_equal(count, CACHE_FILES_MOST);
	assert_int_equal(cache_load(FOLDER, &key, &cached), 0);
	atlas_free(cached);
}

static void opening_builds_once(void **state)
{
	struct atlas_config config = settled_config();
	struct digest key = key_of(&config);
	struct atlas *cached;

	(void)state;
	assert_refused(&key);
	assert_int_equal(atlas_open(&config, FOLDER, &world_atlas, &world_diagnostics), 0);
	assert_null(world_atlas->mapped);
	assert_int_equal(atlas_open(&config, FOLDER, &cached, &world_diagnostics), 0);
	assert_non_null(cached->mapped);
	atlas_free(cached);
	/* Where nothing can be kept, it is built each time. */
	assert_int_equal(atlas_open(&config, "/proc/none", &cached, &world_diagnostics), 0);
	assert_null(cached->mapped);
	atlas_free(cached);
	world_write("data/soil.csv.zst", "<html>\n");
	assert_true(atlas_open(&config, FOLDER, &cached, &world_diagnostics) < 0);
	assert_int_equal(world_diagnostics.errors, 1);
}

#define WORLD_TEST(test) cmocka_unit_test_setup_teardown(test, world_start, world_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD_TEST(the_cached_atlas_says_what_the_built_one_says),
		WORLD_TEST(a_second_one_lies_elsewhere),
		WORLD_TEST(what_changed_a_moment_ago_is_not_kept),
		WORLD_TEST(a_change_that_hides_is_seen),
		WORLD_TEST(feeds_and_voting_are_kept),
		WORLD_TEST(whatever_changes_the_atlas_changes_the_key),
		WORLD_TEST(a_damaged_file_is_no_answer),
		WORLD_TEST(a_file_that_others_may_write_is_no_answer),
		WORLD_TEST(a_file_of_another_owner_is_no_answer),
		WORLD_TEST(a_file_under_the_name_of_another_is_no_answer),
		WORLD_TEST(a_warning_is_given_each_time),
		WORLD_TEST(the_latest_files_stay),
		WORLD_TEST(opening_builds_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
