/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A folder with a small world of sources in it, to build an atlas from. */
#ifndef GABELOU_TESTS_UNIT_ATLAS_WORLD_H
#define GABELOU_TESTS_UNIT_ATLAS_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "userspace/atlas/atlas.h"

#define WORLD_NOW 1767225600 /* 2026-01-01 */

static char world_folder[64];
static struct atlas *world_atlas;
static struct diagnostics world_diagnostics;

/* The path of a file in the folder; a few at a time. */
static inline char *world_path(const char *name)
{
	static char paths[16][160];
	static unsigned next;
	char *path = paths[next++ % 16];

	snprintf(path, sizeof(paths[0]), "%s/%s", world_folder, name);
	return path;
}

static inline void world_write_bytes(const char *name, const void *bytes, size_t size)
{
	char path[160];

	snprintf(path, sizeof(path), "%s/%s", world_folder, name);
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, size, file), size);
	assert_int_equal(fclose(file), 0);
}

static inline void world_write(const char *name, const char *text)
{
	world_write_bytes(name, text, strlen(text));
}

/* The readers look at content, so plain text serves under the compressed names. */
static inline int world_start(void **state)
{
	(void)state;
	strcpy(world_folder, "/tmp/gabelou-atlas-XXXXXX");
	if (!mkdtemp(world_folder) || mkdir(world_path("data"), 0700))
		return -1;
	world_write("data/soil.csv.zst", "# name: Soil\n# date: 2026-01-02\n"
					 "5.0.0.0,FR\n5.2.0.0,DE\n5.3.0.0,\n2a00::,FR\n2a01::,\n");
	world_write("data/asn.csv.zst",
		    "5.0.0.0,100\n5.1.0.0,200\n5.2.0.0,\n2a00::,300\n2a01::,\n");
	world_write("data/registry.csv.zst", "5.0.0.0,FR\n5.0.128.0,US\n5.0.192.0,FR\n5.1.0.0,US\n"
					     "5.2.0.0,\n2a00::,RE\n2a01::,\n");
	world_write("data/asn-names.csv.zst", "100,One\n200,\"Two, \"\"Inc\"\"\"\n900,Nine\n");
	world_write("data/owners.csv", "asn,organisation,parent,jurisdiction,seat,since,source\n"
				       "100,One,One SA,FR,,,parent: one.example\n");
	world_write("data/doubtful.csv", "asn,name,candidate_parent,reason\n900,Nine,,unclear\n");
	world_write("data/anycast.csv", "prefix,operator,source\n5.0.64.0/24,One,one.example\n");
	world_write("data/regions.csv",
		    "provider,region,country,source\naws,eu-west-3,FR,aws.example\n");
	return 0;
}

static inline int world_end(void **state)
{
	char command[160];

	(void)state;
	atlas_free(world_atlas);
	world_atlas = NULL;
	diagnostics_free(&world_diagnostics);
	snprintf(command, sizeof(command), "rm -rf %s", world_folder);
	return system(command);
}

static inline struct atlas_config world_config(void)
{
	return (struct atlas_config){.data_dir = world_path("data"), .now = WORLD_NOW};
}

static inline void world_build(const struct atlas_config *config)
{
	char text[512] = "";

	atlas_free(world_atlas);
	world_atlas = NULL;
	int error = atlas_build(config, &world_atlas, &world_diagnostics);
	if (world_diagnostics.count)
		diagnostic_format(&world_diagnostics.items[0], text, sizeof(text));
	if (error)
		fail_msg("not built: %s", text);
}

/* The atlas is refused, with one message that ends with @message behind the folder's path. */
static inline void world_refuses(const struct atlas_config *config, const char *message)
{
	struct diagnostics diagnostics = {0};
	struct atlas *atlas = NULL;
	char text[1024] = "";

	int error = atlas_build(config, &atlas, &diagnostics);
	if (diagnostics.count)
		diagnostic_format(&diagnostics.items[diagnostics.count - 1], text, sizeof(text));
	bool here = strncmp(text, world_folder, strlen(world_folder)) == 0;
	assert_string_equal(here ? text + strlen(world_folder) + 1 : text, message);
	assert_true(error < 0);
	assert_null(atlas);
	assert_int_equal(diagnostics.errors, 1);
	diagnostics_free(&diagnostics);
}

static inline struct address world_address(const char *text)
{
	struct address address;

	assert_int_equal(address_parse(text, strlen(text), &address), 0);
	return address;
}

static inline const struct place *world_place(const char *text)
{
	return atlas_place(world_atlas, atlas_lookup(world_atlas, world_address(text)));
}

static inline void world_expect(const char *text, const char *country, enum soil_state state,
				uint32_t asn)
{
	const struct place *place = world_place(text);
	char code[3];

	if (strcmp(country_format(place->soil, code), country) != 0 || place->state != state ||
	    place->asn != asn)
		fail_msg("%s: %s %s AS%u, not %s %s AS%u", text, code,
			 soil_state_name(place->state), place->asn, country, soil_state_name(state),
			 asn);
}

/* Of what the ASN announces, in no feed. */
static inline struct reach world_reach(uint32_t asn, bool registry)
{
	return atlas_reach(world_atlas, &(struct place){.asn = asn}, registry);
}

static inline void world_expect_countries(struct reach reach, const char *countries)
{
	char text[32] = "", code[3];

	for (unsigned i = 0; i < reach.count; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s", i ? " " : "",
			 country_format(reach.countries[i], code));
	assert_string_equal(text, countries);
}

static inline void world_expect_reach(uint32_t asn, bool registry, const char *countries)
{
	world_expect_countries(world_reach(asn, registry), countries);
}

#endif
