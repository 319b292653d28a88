/* SPDX-License-Identifier: LGPL-2.1-or-later OR BSD-2-Clause */
/* See grown.h. */
#include "lib/grown.h"

#include <errno.h>
#include <string.h>

static size_t size_of(const void *sized)
{
	size_t size;

	memcpy(&size, sized, sizeof(size));
	return size;
}

int grown_take(void *own, size_t size, const void *from)
{
	const size_t theirs = size_of(from);
	const char *bytes = from;

	if (theirs < sizeof(size))
		return -EINVAL;
	for (size_t i = size; i < theirs; i++) {
		if (bytes[i])
			return -E2BIG;
	}
	memset(own, 0, size);
	memcpy(own, from, theirs < size ? theirs : size);
	memcpy(own, &size, sizeof(size));
	return 0;
}

int grown_ask(void *own, size_t size, const void *to)
{
	const size_t theirs = size_of(to);

	if (theirs < sizeof(size))
		return -EINVAL;
	memset(own, 0, size);
	memcpy(own, to, theirs < size ? theirs : size);
	return 0;
}

int grown_give(void *to, const void *own, size_t size)
{
	const size_t theirs = size_of(to);

	if (theirs < sizeof(size))
		return -EINVAL;
	memset(to, 0, theirs);
	memcpy(to, own, theirs < size ? theirs : size);
	memcpy(to, &theirs, sizeof(theirs));
	return 0;
}

bool grown_array_ok(const void *first, size_t align)
{
	size_t step = size_of(first);

	return step >= sizeof(step) && !(step % align);
}

int grown_give_at(void *first, size_t step, size_t i, const void *own,
		  size_t size)
{
	char *at = (char *)first + i * step;

	memcpy(at, &step, sizeof(step));
	return grown_give(at, own, size);
}
