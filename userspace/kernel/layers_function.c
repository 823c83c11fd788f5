// SPDX-License-Identifier: GPL-2.0-or-later
#include "userspace/kernel/layers_function.h"

#include <linux/btf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "userspace/base/file.h"

#define TYPES      "/sys/kernel/btf/vmlinux"
#define TYPES_MOST ((size_t)64 << 20)

/* The two sections of the file, within its bounds. */
struct types {
	const char *types, *names;
	size_t types_size, names_size;
};

static bool open_types(const struct file *file, struct types *types)
{
	struct btf_header head;

	if (file->size < sizeof(head))
		return false;
	memcpy(&head, file->bytes, sizeof(head));
	uint64_t end_of_types = (uint64_t)head.hdr_len + head.type_off + head.type_len;
	uint64_t end_of_names = (uint64_t)head.hdr_len + head.str_off + head.str_len;
	if (head.magic != BTF_MAGIC || end_of_types > file->size || end_of_names > file->size)
		return false;
	*types = (struct types){
		.types = (const char *)file->bytes + head.hdr_len + head.type_off,
		.names = (const char *)file->bytes + head.hdr_len + head.str_off,
		.types_size = head.type_len,
		.names_size = head.str_len,
	};
	return true;
}

/* Where the name is, with the NUL of the one before and its own; 0 (which is the empty name): it is
 * nowhere. */
static uint32_t find_name(const struct types *types, const char *name)
{
	char want[128] = "";
	size_t length = strlen(name);

	if (length + 2 > sizeof(want))
		return 0;
	memcpy(want + 1, name, length);
	const char *at = memmem(types->names, types->names_size, want, length + 2);
	return at ? (uint32_t)(at + 1 - types->names) : 0;
}

/* Bytes that follow a type, by its kind. SIZE_MAX: a kind of later kernels, of unknown size. */
static size_t size_behind(const struct btf_type *type)
{
	size_t count = BTF_INFO_VLEN(type->info);

	switch (BTF_INFO_KIND(type->info)) {
	case BTF_KIND_PTR:
	case BTF_KIND_FWD:
	case BTF_KIND_TYPEDEF:
	case BTF_KIND_VOLATILE:
	case BTF_KIND_CONST:
	case BTF_KIND_RESTRICT:
	case BTF_KIND_FUNC:
	case BTF_KIND_FLOAT:
	case BTF_KIND_TYPE_TAG:
		return 0;
	case BTF_KIND_INT:
		return sizeof(uint32_t);
	case BTF_KIND_VAR:
		return sizeof(struct btf_var);
	case BTF_KIND_DECL_TAG:
		return sizeof(struct btf_decl_tag);
	case BTF_KIND_ARRAY:
		return sizeof(struct btf_array);
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		return count * sizeof(struct btf_member);
	case BTF_KIND_ENUM:
		return count * sizeof(struct btf_enum);
	case BTF_KIND_ENUM64:
		return count * sizeof(struct btf_enum64);
	case BTF_KIND_FUNC_PROTO:
		return count * sizeof(struct btf_param);
	case BTF_KIND_DATASEC:
		return count * sizeof(struct btf_var_secinfo);
	default:
		return SIZE_MAX;
	}
}

static int find_function(const struct types *types, uint32_t name)
{
	struct btf_type type;
	size_t at = 0;

	for (int number = 1; name && types->types_size - at >= sizeof(type); number++) {
		memcpy(&type, types->types + at, sizeof(type));
		if (type.name_off == name && BTF_INFO_KIND(type.info) == BTF_KIND_FUNC)
			return number;
		size_t behind = size_behind(&type);
		if (behind > types->types_size - at - sizeof(type))
			break;
		at += sizeof(type) + behind;
	}
	return 0;
}

int layers_function(const char *name)
{
	struct diagnostics unheard = {0};
	struct types types;
	struct file file;
	int number = 0;

	if (file_read(TYPES, TYPES_MOST, &file, &unheard) == 0) {
		if (open_types(&file, &types))
			number = find_function(&types, find_name(&types, name));
		file_free(&file);
	}
	diagnostics_free(&unheard);
	return number;
}
