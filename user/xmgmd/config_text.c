/* SPDX-License-Identifier: GPL-2.0-only */
/* See config_text.h. */
#include "config_text.h"

#include <ctype.h>
#include <stdint.h>
#include <string.h>

static void blank(char *from, const char *to)
{
	for (; from < to; from++)
		if (*from != '\n')
			*from = ' ';
}

/* The quote that ends the string which begins at p, or the end of the text. */
static char *string_end(char *p)
{
	char quote = *p++;

	while (*p && *p != quote)
		p += *p == '\\' && p[1] ? 2 : 1;
	return p;
}

/* The character after the string that begins at p. */
static char *skip_string(char *p)
{
	p = string_end(p);
	return *p ? p + 1 : p;
}

void config_text_strip(char *text)
{
	char *p = text, *end;

	while (*p) {
		if (*p == '"' || *p == '\'') {
			p = skip_string(p);
			continue;
		}
		end = NULL;
		if (*p == '#' || (*p == '/' && p[1] == '/')) {
			end = p + strcspn(p, "\n");
		} else if (*p == '/' && p[1] == '*') {
			end = strstr(p + 2, "*/");
			if (!end)
				return;
			end += 2;
		}
		if (end)
			blank(p, end);
		p = end ? end : p + 1;
	}
}

static const struct {
	const char *begin, *end;
} pairs[] = {{"{", "}"}, {"\"", "\""}, {"'", "'"}, {"/*", "*/"}};

int config_text_unclosed(const char *text, const char **begin, const char **end)
{
	char *p = (char *)(uintptr_t)text, *next;
	int line = 1, depth = 0, open = 0;
	size_t pair = 0;

	for (; *p && !pair; p = next) {
		next = p + 1;
		if (*p == '"' || *p == '\'') {
			next = skip_string(p);
			if (!*string_end(p))
				pair = *p == '"' ? 1 : 2;
		} else if (*p == '/' && p[1] == '*') {
			pair = 3; /* the others have been taken out */
		} else if (*p == '{' && !depth++) {
			open = line;
		} else if (*p == '}' && depth) {
			depth--;
		}
		for (const char *c = p; c < next && !pair; c++)
			line += *c == '\n';
	}
	*begin = pairs[pair].begin;
	*end = pairs[pair].end;
	if (pair)
		return line;
	return depth ? open : 0;
}

static char *skip_space(char *p)
{
	while (isspace((unsigned char)*p))
		p++;
	return p;
}

static bool is_word(char c)
{
	return c && !isspace((unsigned char)c) && !strchr("\"'={}(),+", c);
}

/* A string, a word, or braces with all that is in them. */
static char *skip_value(char *p)
{
	int depth = 0;

	p = skip_space(p);
	if (*p == '"' || *p == '\'')
		return skip_string(p);
	if (*p != '{') {
		while (is_word(*p))
			p++;
		return p;
	}
	do {
		if (*p == '"' || *p == '\'') {
			p = skip_string(p);
			continue;
		}
		depth += (*p == '{') - (*p == '}');
		p++;
	} while (*p && depth > 0);
	return p;
}

static char *line_start(char *text, int line)
{
	while (--line > 0 && text) {
		text = strchr(text, '\n');
		if (text)
			text++;
	}
	return text;
}

static char *find_word(char *text, const char *name)
{
	size_t len = strlen(name);
	char *p = text;

	while (*p && *p != '\n') {
		if (*p == '"' || *p == '\'') {
			p = skip_string(p);
		} else if (!strncmp(p, name, len) && !is_word(p[len])) {
			return p;
		} else if (is_word(*p)) {
			while (is_word(*p))
				p++;
		} else {
			p++;
		}
	}
	return NULL;
}

bool config_text_blank(char *text, int line, const char *name)
{
	char *from = line_start(text, line);
	char *p;

	from = from && *name ? find_word(from, name) : NULL;
	if (!from)
		return false;
	p = skip_space(from + strlen(name));
	if (*p == '+')
		p++;
	if (*p == '=') {
		p = skip_value(p + 1);
	} else {
		if (*p != '{')
			p = skip_space(skip_value(p)); /* a title */
		if (*p == '{')
			p = skip_value(p);
	}
	blank(from, p);
	return true;
}
