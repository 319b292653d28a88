/* SPDX-License-Identifier: GPL-2.0-only */
/* Text of a configuration to tokens, for conf.c alone. */
#ifndef XMGM_LIB_CONF_LEX_H
#define XMGM_LIB_CONF_LEX_H

#include "lib/conf.h"

enum conf_token {
	CONF_END,
	CONF_WORD,
	CONF_STRING,
	CONF_OPEN,   /* { */
	CONF_CLOSE,  /* } */
	CONF_ASSIGN, /* = */
	CONF_APPEND, /* += */
	CONF_COMMA,
	CONF_STRAY, /* a character that begins nothing */
};

struct conf_lexer {
	struct conf_errors *errors;
	const char *at;
	struct conf_place next; /* of *at */

	/* The token at hand. */
	enum conf_token token;
	struct conf_place place;
	bool first; /* the first one of its line */
	char *text; /* of a word or string, unescaped */
	size_t len, room;
	bool cut; /* a string that never ends took the rest */
	bool no_memory;
};

/* Goes to the next token; errors inside of it are complained of. */
void conf_next(struct conf_lexer *x);
/* "{", "'word'", "the end of the file": for complaints. */
const char *conf_token_name(const struct conf_lexer *x, char buffer[64]);

#endif /* XMGM_LIB_CONF_LEX_H */
