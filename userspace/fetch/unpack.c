// SPDX-License-Identifier: GPL-2.0-or-later
#include "userspace/fetch/unpack.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "userspace/base/file.h"

#define GZIP_WINDOW (16 + MAX_WBITS) /* zlib.h: a gzip header is expected */
#define PIECE_SIZE  ((size_t)64 << 10)

struct unpack {
	int fd;
	size_t most, written;
	unsigned char head[2]; /* the first bytes, until it is known what they begin */
	size_t head_size;
	bool begun, packed, ended;
	z_stream stream;
	unsigned char piece[PIECE_SIZE];
};

struct unpack *unpack_start(int fd, size_t most)
{
	struct unpack *unpack = calloc(1, sizeof(*unpack));

	if (!unpack)
		return NULL;
	unpack->fd = fd;
	unpack->most = most;
	if (inflateInit2(&unpack->stream, GZIP_WINDOW) == Z_OK)
		return unpack;
	free(unpack);
	return NULL;
}

static int put(struct unpack *unpack, const void *bytes, size_t size, const char **detail)
{
	if (size > unpack->most - unpack->written)
		return -EFBIG;
	int error = file_write(unpack->fd, bytes, size);

	unpack->written += size;
	if (error)
		*detail = strerror(-error);
	return error;
}

static int inflate_all(struct unpack *unpack, const void *bytes, size_t size, const char **detail)
{
	z_stream *stream = &unpack->stream;
	bool full = false;
	int error = 0;

	stream->next_in = (unsigned char *)bytes;
	stream->avail_in = (unsigned)size;
	while (!error && (stream->avail_in || (full && !unpack->ended))) {
		if (unpack->ended) /* another member follows */
			inflateReset(stream);
		stream->next_out = unpack->piece;
		stream->avail_out = PIECE_SIZE;
		int code = inflate(stream, Z_NO_FLUSH);

		if (code != Z_OK && code != Z_STREAM_END && code != Z_BUF_ERROR) {
			*detail = "broken gzip data; try again later";
			return -EBADMSG;
		}
		unpack->ended = code == Z_STREAM_END;
		full = stream->avail_out == 0;
		error = put(unpack, unpack->piece, PIECE_SIZE - stream->avail_out, detail);
	}
	return error;
}

static int add(struct unpack *unpack, const void *bytes, size_t size, const char **detail)
{
	return unpack->packed ? inflate_all(unpack, bytes, size, detail)
			      : put(unpack, bytes, size, detail);
}

static int begin(struct unpack *unpack, const char **detail)
{
	unpack->begun = true;
	unpack->packed =
		unpack->head_size == 2 && unpack->head[0] == 0x1f && unpack->head[1] == 0x8b;
	return add(unpack, unpack->head, unpack->head_size, detail);
}

int unpack_add(struct unpack *unpack, const void *bytes, size_t size, const char **detail)
{
	const unsigned char *rest = bytes;
	int error = 0;

	for (; !unpack->begun && size; rest++, size--) {
		unpack->head[unpack->head_size++] = *rest;
		if (unpack->head_size == 2)
			error = begin(unpack, detail);
	}
	return error || !size ? error : add(unpack, rest, size, detail);
}

int unpack_end(struct unpack *unpack, size_t *written, const char **detail)
{
	int error = unpack->begun ? 0 : begin(unpack, detail);

	if (!error && unpack->packed && !unpack->ended) {
		*detail = "the gzip data ends early; try again later";
		error = -EBADMSG;
	}
	*written = unpack->written;
	return error;
}

void unpack_free(struct unpack *unpack)
{
	if (!unpack)
		return;
	inflateEnd(&unpack->stream);
	free(unpack);
}
