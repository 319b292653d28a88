/* SPDX-License-Identifier: GPL-2.0-only */
/* See conf_lex.h; the syntax is described in conf.h. */
#include "lib/conf_lex.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char specials[] = "\"'#={}(),";

static bool is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static void step(struct conf_lexer *x)
{
	if (*x->at == '\n') {
		x->next.line++;
		x->next.column = 0;
	}
	x->next.column++;
	x->at++;
}

static void add(struct conf_lexer *x, char c)
{
	size_t room = x->room ? x->room * 2 : 64;
	char *text;

	if (x->len + 1 >= x->room) {
		text = realloc(x->text, room);
		if (!text) {
			x->no_memory = true;
			return;
		}
		x->text = text;
		x->room = room;
	}
	x->text[x->len++] = c;
	x->text[x->len] = '\0';
}

static bool comment_begins(const char *at)
{
	return *at == '#' || (*at == '/' && (at[1] == '/' || at[1] == '*'));
}

static void skip_comment(struct conf_lexer *x)
{
	struct conf_place place = x->next;
	bool block = *x->at == '/' && x->at[1] == '*';

	if (!block) {
		while (*x->at && *x->at != '\n')
			step(x);
		return;
	}
	step(x);
	step(x);
	while (*x->at && !(*x->at == '*' && x->at[1] == '/'))
		step(x);
	if (!*x->at) {
		conf_complain_at(x->errors, &place,
				 "this comment is never closed: add a */");
		return;
	}
	step(x);
	step(x);
}

/* White space and comments. Was there the end of a line? */
static bool skip_blank(struct conf_lexer *x)
{
	bool ended = false;

	while (is_space(*x->at) || comment_begins(x->at)) {
		ended |= *x->at == '\n';
		if (is_space(*x->at))
			step(x);
		else
			skip_comment(x);
	}
	return ended;
}

/* *x->at is a backslash. */
static void lex_escape(struct conf_lexer *x, char quote)
{
	static const char from[] = "ntr\"'\\", to[] = "\n\t\r\"'\\";
	struct conf_place place = x->next;
	const char *found;

	step(x);
	if (!*x->at)
		return;
	if (quote == '\'' && *x->at != '\'' && *x->at != '\\') {
		add(x, '\\');
		return;
	}
	found = strchr(from, *x->at);
	if (found)
		add(x, to[found - from]);
	else if (*x->at != '\n')
		conf_complain_at(x->errors, &place,
				 "a string has no \\%c: write \\\\ for a "
				 "backslash",
				 *x->at);
	step(x);
}

static void lex_string(struct conf_lexer *x)
{
	char quote = *x->at;

	x->token = CONF_STRING;
	step(x);
	while (*x->at && *x->at != quote) {
		if (*x->at == '\\') {
			lex_escape(x, quote);
			continue;
		}
		add(x, *x->at);
		step(x);
	}
	if (*x->at) {
		step(x);
		return;
	}
	x->cut = true;
	x->token = CONF_END;
	conf_complain_at(x->errors, &x->place,
			 "this string is never closed: add a %c", quote);
}

static bool word_goes_on(const char *at)
{
	return *at && !is_space(*at) && !strchr(specials, *at) &&
	       !comment_begins(at) && !(*at == '+' && at[1] == '=');
}

static void lex_mark(struct conf_lexer *x)
{
	static const struct {
		char mark;
		enum conf_token token;
	} marks[] = {{'{', CONF_OPEN},
		     {'}', CONF_CLOSE},
		     {'=', CONF_ASSIGN},
		     {',', CONF_COMMA},
		     {'+', CONF_APPEND}};
	size_t i;

	x->token = CONF_STRAY;
	for (i = 0; i < sizeof(marks) / sizeof(marks[0]); i++)
		if (*x->at == marks[i].mark)
			x->token = marks[i].token;
	add(x, *x->at);
	step(x);
	if (x->token == CONF_APPEND)
		step(x);
}

void conf_next(struct conf_lexer *x)
{
	bool start = x->next.line == 1 && x->next.column == 1;

	x->first = skip_blank(x) || start;
	x->place = x->next;
	x->len = 0;
	if (!x->text)
		add(x, '\0');
	x->len = 0;
	if (!x->text) {
		x->token = CONF_END;
		return;
	}
	x->text[0] = '\0';
	if (!*x->at) {
		x->token = CONF_END;
	} else if (*x->at == '"' || *x->at == '\'') {
		lex_string(x);
	} else if (word_goes_on(x->at)) {
		x->token = CONF_WORD;
		while (word_goes_on(x->at)) {
			add(x, *x->at);
			step(x);
		}
	} else {
		lex_mark(x);
	}
}

const char *conf_token_name(const struct conf_lexer *x, char buffer[64])
{
	switch (x->token) {
	case CONF_END:
		return "the end of the file";
	case CONF_WORD:
		snprintf(buffer, 64, "'%.40s'", x->text);
		return buffer;
	case CONF_STRING:
		snprintf(buffer, 64, "\"%.40s\"", x->text);
		return buffer;
	case CONF_APPEND:
		return "'+='";
	default:
		snprintf(buffer, 64, "'%c'", x->text[0]);
		return buffer;
	}
}
