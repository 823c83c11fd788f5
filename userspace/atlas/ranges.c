// SPDX-License-Identifier: GPL-2.0-or-later
#include "userspace/atlas/ranges.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define CAPACITY_FIRST 1024

/* Doubles one array of a structure of arrays; the old one stays valid on failure. */
static int grow(void **array, size_t capacity, size_t size)
{
	void *larger = reallocarray(*array, capacity, size);

	if (!larger)
		return -ENOMEM;
	*array = larger;
	return 0;
}

int changes_append(struct changes *changes, u128 start, uint32_t value)
{
	if (changes->count && changes->starts[changes->count - 1] == start)
		changes->count--;
	if (changes->count && changes->values[changes->count - 1] == value)
		return 0;
	if (changes->count == changes->capacity) {
		size_t capacity = changes->capacity ? 2 * changes->capacity : CAPACITY_FIRST;

		if (grow((void **)&changes->starts, capacity, sizeof(*changes->starts)) ||
		    grow((void **)&changes->values, capacity, sizeof(*changes->values)))
			return -ENOMEM;
		changes->capacity = capacity;
	}
	changes->starts[changes->count] = start;
	changes->values[changes->count++] = value;
	return 0;
}

void changes_trim(struct changes *changes)
{
	/* Shrinking may fail; then the larger array stays. */
	if (changes->count && changes->count < changes->capacity &&
	    !grow((void **)&changes->starts, changes->count, sizeof(*changes->starts)) &&
	    !grow((void **)&changes->values, changes->count, sizeof(*changes->values)))
		changes->capacity = changes->count;
}

void changes_free(struct changes *changes)
{
	free(changes->starts);
	free(changes->values);
	*changes = (struct changes){0};
}

int rows_append(struct rows *rows, u128 start, u128 last, uint32_t value)
{
	if (rows->count == rows->capacity) {
		size_t capacity = rows->capacity ? 2 * rows->capacity : CAPACITY_FIRST;

		if (grow((void **)&rows->starts, capacity, sizeof(*rows->starts)) ||
		    grow((void **)&rows->lasts, capacity, sizeof(*rows->lasts)) ||
		    grow((void **)&rows->values, capacity, sizeof(*rows->values)))
			return -ENOMEM;
		rows->capacity = capacity;
	}
	rows->starts[rows->count] = start;
	rows->lasts[rows->count] = last;
	rows->values[rows->count++] = value;
	return 0;
}

void rows_free(struct rows *rows)
{
	free(rows->starts);
	free(rows->lasts);
	free(rows->values);
	*rows = (struct rows){0};
}

/* Sorted and disjoint rows, as most sources have them. */
static int copy_disjoint(const struct rows *rows, u128 end, struct changes *changes)
{
	int error = changes_append(changes, 0, 0);

	for (size_t i = 0; i < rows->count && !error; i++) {
		error = changes_append(changes, rows->starts[i], rows->values[i]);
		if (!error && rows->lasts[i] != end)
			error = changes_append(changes, rows->lasts[i] + 1, 0);
	}
	return error;
}

static bool rows_disjoint(const struct rows *rows)
{
	for (size_t i = 1; i < rows->count; i++)
		if (rows->starts[i] <= rows->lasts[i - 1])
			return false;
	return true;
}

struct row {
	u128 start, last;
	uint32_t value;
};

static u128 row_size(const struct row *row)
{
	return row->last - row->start;
}

static int compare_rows(const void *a, const void *b)
{
	const struct row *left = a, *right = b;

	return left->start < right->start ? -1 : left->start > right->start;
}

/* The rows that cover the sweep's position: a heap with the smallest on top, and of the smallest
 * the one that ends first. */
struct heap {
	const struct row **rows;
	size_t count;
};

static bool row_before(const struct row *left, const struct row *right)
{
	if (row_size(left) != row_size(right))
		return row_size(left) < row_size(right);
	return left->last < right->last;
}

static void heap_push(struct heap *heap, const struct row *row)
{
	size_t at = heap->count++;

	while (at && row_before(row, heap->rows[(at - 1) / 2])) {
		heap->rows[at] = heap->rows[(at - 1) / 2];
		at = (at - 1) / 2;
	}
	heap->rows[at] = row;
}

static void heap_pop(struct heap *heap)
{
	const struct row *row = heap->rows[--heap->count];
	size_t at = 0;

	for (;;) {
		size_t child = 2 * at + 1;

		if (child >= heap->count)
			break;
		if (child + 1 < heap->count && row_before(heap->rows[child + 1], heap->rows[child]))
			child++;
		if (row_before(row, heap->rows[child]))
			break;
		heap->rows[at] = heap->rows[child];
		at = child;
	}
	heap->rows[at] = row;
}

/* What the smallest rows say: usually one row, else few of the same size, which lie together
 * under the top. Walks that part of the heap only. */
static uint32_t heap_value(const struct heap *heap, size_t node, rows_clash clash)
{
	uint32_t value = heap->rows[node]->value;

	for (size_t child = 2 * node + 1; child <= 2 * node + 2 && child < heap->count; child++)
		if (row_size(heap->rows[child]) == row_size(heap->rows[0]))
			value = clash(value, heap_value(heap, child, clash));
	return value;
}

/* Where the value can change next: the start of a row, or the end of the top one. */
static int sweep(const struct row *rows, size_t count, struct heap *heap, u128 end,
		 rows_clash clash, struct changes *changes)
{
	int error = changes_append(changes, 0, 0);
	size_t next = 0;
	u128 at = 0;

	while (!error && (next < count || heap->count)) {
		if (!heap->count)
			at = rows[next].start;
		while (next < count && rows[next].start == at)
			heap_push(heap, &rows[next++]);
		while (heap->count && heap->rows[0]->last < at)
			heap_pop(heap);
		if (!heap->count) {
			error = changes_append(changes, at, 0);
			continue;
		}
		error = changes_append(changes, at, heap_value(heap, 0, clash));
		u128 last = heap->rows[0]->last;
		if (next < count && rows[next].start <= last)
			at = rows[next].start;
		else if (last == end)
			break;
		else
			at = last + 1;
	}
	return error;
}

static int resolve_overlaps(const struct rows *rows, u128 end, rows_clash clash,
			    struct changes *changes)
{
	struct row *sorted = calloc(rows->count, sizeof(*sorted));
	struct heap heap = {.rows = calloc(rows->count, sizeof(*heap.rows))};
	int error = -ENOMEM;

	if (sorted && heap.rows) {
		for (size_t i = 0; i < rows->count; i++)
			sorted[i] = (struct row){rows->starts[i], rows->lasts[i], rows->values[i]};
		qsort(sorted, rows->count, sizeof(*sorted), compare_rows);
		error = sweep(sorted, rows->count, &heap, end, clash, changes);
	}
	free(heap.rows);
	free(sorted);
	return error;
}

int rows_resolve(const struct rows *rows, u128 end, rows_clash clash, struct changes *changes)
{
	return rows_disjoint(rows) ? copy_disjoint(rows, end, changes)
				   : resolve_overlaps(rows, end, clash, changes);
}
