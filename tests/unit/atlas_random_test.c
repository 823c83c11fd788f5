// SPDX-License-Identifier: GPL-2.0-or-later
/* Goal: on random sources, feeds, owners and anycast prefixes the sweep gives for every address
 * what the naive scan gives. */
#include "tests/unit/atlas_world.h"
#include "tests/unit/random.h"

#define ROUNDS       300
#define SOILS        ATLAS_SOIL_SOURCES_MOST
#define FEEDS        4
#define FILES        (SOILS + 1 + FEEDS) /* the ASNs are behind the soil */
#define ADDRESSES    600
#define ADDRESSES_V4 300

static char paths[FILES][160];
static struct data_file files[FILES];
static uint32_t feed_asns[FEEDS][2];
static struct address addresses[ADDRESSES];

static char *random_text(void)
{
	static char text[16384];

	*text = '\0';
	return text;
}

/* Rows over a small world, so that they nest, overlap and repeat. */
static void write_ranges(const char *name, const char *const words[6])
{
	char *text = random_text();
	unsigned rows = 1 + random_next() % 24;

	for (unsigned i = 0; i < rows; i++) {
		unsigned start = random_next() % 256, last = start + random_next() % 64;

		if (last > 255)
			last = 255;
		sprintf(text + strlen(text),
			random_chance(8) ? "6.0.0.%u,6.0.0.%u,%s\n" : "2a00::%x,2a00::%x,%s\n",
			start, last, words[random_next() % 6]);
	}
	world_write(name, text);
}

/* @format takes an address and a length, and @words, if there are any. */
static void write_prefixes(const char *name, const char *head, const char *tail,
			   const char *const words[6])
{
	char *text = random_text();
	unsigned rows = 1 + random_next() % 16;

	strcpy(text, head);
	for (unsigned i = 0; i < rows; i++) {
		unsigned free_bits = random_next() % 7;
		unsigned start = random_next() % 256 >> free_bits << free_bits;
		bool v4 = random_chance(8);

		sprintf(text + strlen(text), v4 ? "6.0.0.%u/%u" : "2a00::%x/%u", start,
			(v4 ? 32 : 128) - free_bits);
		sprintf(text + strlen(text), tail, words[random_next() % 6]);
	}
	world_write(name, text);
}

/* Two parents, lines that are not in force yet, and some in a later file. */
static void write_owners(const char *name, unsigned from, unsigned to)
{
	static const char *const parents[] = {"P", "Q", "P", "\"R, Inc\""};
	static const char *const dates[] = {"", "2020", "2025-12-31", "2026-01-02"};
	char *text = random_text();

	strcpy(text, "asn,organisation,parent,jurisdiction,seat,since,source\n");
	for (unsigned asn = from; asn <= to; asn++)
		for (unsigned date = 0; date < 4; date++)
			if (random_chance(6))
				sprintf(text + strlen(text), "%u,A,%s,FR,,%s,x\n", asn,
					parents[random_next() % 4], dates[date]);
	world_write(name, text);
}

static void write_world(size_t feeds)
{
	static const char *const countries[] = {"FR", "DE", "US", "EU", "", "fr"};
	static const char *const asns[] = {"7", "AS8", "9", "", "0", "10"};

	for (unsigned i = 0; i < SOILS + 1; i++)
		write_ranges(strrchr(paths[i], '/') + 1, i < SOILS ? countries : asns);
	for (unsigned i = 0; i < feeds; i++) {
		const char *name = strrchr(paths[SOILS + 1 + i], '/') + 1;

		if (random_chance(8))
			write_prefixes(name, "", ",%s,,\n", countries);
		else
			write_ranges(name, countries);
		files[SOILS + 1 + i].asn_count = 1 + random_next() % 2;
		feed_asns[i][0] = 7 + random_next() % 5;
		feed_asns[i][1] = 7 + random_next() % 5;
	}
	write_prefixes("data/anycast.csv", "prefix,operator,source\n", ",%s,x\n", countries);
	write_owners("data/owners.csv", 7, 11);
	write_owners("mine.csv", 7, 8);
}

/* Equal bytes, so that nothing that an atlas can tell is left out. */
static void compare(const struct atlas_config *config, unsigned states[])
{
	static struct place places[ADDRESSES];

	assert_int_equal(atlas_scan(config, addresses, ADDRESSES, places, &world_diagnostics), 0);
	for (size_t i = 0; i < ADDRESSES; i++) {
		const struct place *place =
			atlas_place(world_atlas, atlas_lookup(world_atlas, addresses[i]));
		char text[ADDRESS_TEXT_SIZE];

		if (memcmp(place, &places[i], sizeof(*place)) != 0)
			fail_msg("%s: state %u feed %u provider %u, by the scan %u, %u and %u",
				 address_format(addresses[i], text), place->state, place->feed,
				 place->provider, places[i].state, places[i].feed,
				 places[i].provider);
		states[place->state]++;
		states[SOIL_ANYCAST + 1] += place->feed && place->feed_other;
		states[SOIL_ANYCAST + 2] += place->feed && !place->feed_soil;
		states[SOIL_ANYCAST + 3] += place->provider && !place->asn;
		states[SOIL_ANYCAST + 4] += place->feed && !place->provider;
	}
}

static void the_sweep_equals_the_scan(void **state)
{
	unsigned states[SOIL_ANYCAST + 5] = {0};
	char ours[160], mine[160];
	struct data_file owners[] = {{.path = ours}, {.path = mine}};

	(void)state;
	snprintf(ours, sizeof(ours), "%s/data/owners.csv", world_folder);
	snprintf(mine, sizeof(mine), "%s/mine.csv", world_folder);
	for (unsigned i = 0; i < FILES; i++) {
		files[i].path = paths[i];
		snprintf(paths[i], sizeof(paths[i]), "%s/r%u", world_folder, i);
	}
	for (unsigned i = 0; i < FEEDS; i++)
		files[SOILS + 1 + i].asns = feed_asns[i];
	for (unsigned i = 0; i < ADDRESSES_V4; i++)
		addresses[i] = (struct address){FAMILY_V4, 0x05ffffec + i};
	for (unsigned i = ADDRESSES_V4; i < ADDRESSES; i++)
		addresses[i] =
			(struct address){FAMILY_V6, ((u128)0x2a00 << 112) - 20 + i - ADDRESSES_V4};
	random_seed(4);
	for (unsigned round = 0; round < ROUNDS; round++) {
		struct atlas_config config = world_config();
		size_t soils = 1 + random_next() % (random_chance(3) ? SOILS : 3),
		       feeds = random_next() % (FEEDS + 1);

		write_world(feeds);
		config.data.files[DATA_SOIL] = (struct data_files){files, soils};
		config.data.files[DATA_ASN] = (struct data_files){files + SOILS, 1};
		config.data.files[DATA_FEEDS] = (struct data_files){files + SOILS + 1, feeds};
		config.data.files[DATA_OWNER] = (struct data_files){owners, random_next() % 3};
		config.data.agree = (enum data_agree)(random_next() % 3);
		config.data.min_sources = random_next() % 4;
		world_build(&config);
		compare(&config, states);
	}
	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
		print_message("# %zu: %u\n", i, states[i]);
		assert_true(states[i] > 100 || i == SOIL_SPECIAL);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_sweep_equals_the_scan, world_start, world_end),
	};

	return cmocka_run_group_tests_name("atlas_random", tests, NULL, NULL);
}
