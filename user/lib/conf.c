/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * See conf.h. Recursive descent. After an error the rest of the line is left
 * out and what follows is read, so that one run names every error. Without
 * memory everything stops and nothing is returned.
 */
#include "lib/conf.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/conf_lex.h"

struct parser {
	struct conf_lexer x;
	struct conf *conf;
	const struct conf_source *source;
	struct conf_item ***tail; /* where the next item of the file goes */
	unsigned int depth;	  /* of sections */
	unsigned int includes;
	int err; /* -ENOMEM */
};

static void complain(struct conf_errors *errors, const char *before,
		     const char *format, va_list args)
{
	char **lines, *what = NULL, *line = NULL;

	if (errors->count > CONF_ERRORS)
		return;
	if (errors->count == CONF_ERRORS) {
		line = strdup("there are more errors: mend these first");
	} else {
		if (vasprintf(&what, format, args) < 0)
			what = NULL;
		if (!what || asprintf(&line, "%s%s", before, what) < 0)
			line = NULL;
		free(what);
	}
	lines = realloc(errors->lines, (errors->count + 1) * sizeof(*lines));
	if (lines)
		errors->lines = lines;
	if (!line || !lines) {
		free(line);
		return;
	}
	errors->lines[errors->count++] = line;
}

void conf_complain(struct conf_errors *errors, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	complain(errors, "", format, args);
	va_end(args);
}

void conf_complain_at(struct conf_errors *errors,
		      const struct conf_place *place, const char *format, ...)
{
	char before[4200];
	va_list args;

	snprintf(before, sizeof(before), "%s:%u:%u: ", place->file, place->line,
		 place->column);
	va_start(args, format);
	complain(errors, before, format, args);
	va_end(args);
}

void conf_errors_free(struct conf_errors *errors)
{
	size_t i;

	for (i = 0; i < errors->count; i++)
		free(errors->lines[i]);
	free(errors->lines);
	memset(errors, 0, sizeof(*errors));
}

/* To the next thing that may begin an item. */
static void recover(struct parser *p)
{
	do
		conf_next(&p->x);
	while (p->x.token != CONF_END && p->x.token != CONF_CLOSE &&
	       !(p->x.first &&
		 (p->x.token == CONF_WORD || p->x.token == CONF_STRING)));
}

static void expected(struct parser *p, const char *what)
{
	char name[64];

	if (p->x.cut) /* which has been said */
		return;
	conf_complain_at(p->x.errors, &p->x.place,
			 "%s is not expected here: %s",
			 conf_token_name(&p->x, name), what);
}

static bool is_value(const struct conf_lexer *x)
{
	return x->token == CONF_WORD || x->token == CONF_STRING;
}

static void add_value(struct parser *p, struct conf_item *item)
{
	struct conf_value *values =
		realloc(item->values, (item->count + 1) * sizeof(*values));
	char *text = strdup(p->x.text);

	if (values)
		item->values = values;
	if (!values || !text || p->x.no_memory) {
		free(text);
		p->err = -ENOMEM;
		return;
	}
	values[item->count++] = (struct conf_value){text, p->x.place};
	conf_next(&p->x);
}

/* Behind the } of a list that is wrong, or to the next line's first word. */
static void skip_list(struct parser *p)
{
	unsigned int depth = 1;

	while (depth && p->x.token != CONF_END &&
	       !(p->x.first && is_value(&p->x))) {
		depth += p->x.token == CONF_OPEN;
		depth -= p->x.token == CONF_CLOSE;
		conf_next(&p->x);
	}
}

/* { value, ... } */
static bool parse_list(struct parser *p, struct conf_item *item)
{
	conf_next(&p->x);
	while (is_value(&p->x) && !p->err) {
		add_value(p, item);
		if (p->x.token == CONF_COMMA)
			conf_next(&p->x);
		else if (p->x.token != CONF_CLOSE)
			break;
	}
	if (p->x.token == CONF_CLOSE) {
		conf_next(&p->x);
		return true;
	}
	expected(p, "a list is {a, b, c}");
	skip_list(p);
	return false;
}

static bool parse_option(struct parser *p, struct conf_item *item)
{
	item->assigned = true;
	item->append = p->x.token == CONF_APPEND;
	conf_next(&p->x);
	if (p->x.token == CONF_OPEN)
		return parse_list(p, item);
	if (!is_value(&p->x)) {
		expected(p, "an option is name = value");
		return false;
	}
	add_value(p, item);
	return true;
}

static void parse_items(struct parser *p, struct conf_item **tail);

static bool parse_section(struct parser *p, struct conf_item *item)
{
	item->section = true;
	if (p->depth == CONF_DEPTH) {
		conf_complain_at(p->x.errors, &p->x.place,
				 "sections are nested more than %d deep",
				 CONF_DEPTH);
		return false;
	}
	p->depth++;
	conf_next(&p->x);
	parse_items(p, &item->items);
	p->depth--;
	if (p->x.token == CONF_CLOSE) {
		conf_next(&p->x);
		return true;
	}
	if (!p->err && !p->x.cut)
		conf_complain_at(p->x.errors, &item->place,
				 "section %s is never closed: add a }",
				 item->name);
	return false;
}

static struct conf_item *item_new(struct parser *p)
{
	struct conf_item *item = calloc(1, sizeof(*item));

	if (item)
		item->name = strdup(p->x.text);
	if (!item || !item->name || p->x.no_memory) {
		free(item ? item->name : NULL);
		free(item);
		p->err = -ENOMEM;
		return NULL;
	}
	item->place = p->x.place;
	return item;
}

/* The name has been read. */
static bool parse_rest(struct parser *p, struct conf_item *item)
{
	bool statement = false;

	conf_next(&p->x);
	if (p->x.token == CONF_ASSIGN || p->x.token == CONF_APPEND)
		return parse_option(p, item);
	if (is_value(&p->x) && !p->x.first) {
		add_value(p, item);
		statement = true;
	}
	if (p->x.token == CONF_OPEN)
		return parse_section(p, item);
	if (statement)
		return true;
	conf_complain_at(p->x.errors, &item->place,
			 "'%s' is neither an option nor a section: write %s = "
			 "value or %s { ... }",
			 item->name, item->name, item->name);
	return false;
}

static void items_free(struct conf_item *item)
{
	struct conf_item *next;
	size_t i;

	for (; item; item = next) {
		next = item->next;
		items_free(item->items);
		for (i = 0; i < item->count; i++)
			free(item->values[i].text);
		free(item->values);
		free(item->name);
		free(item);
	}
}

static int parse_file(struct parser *outer, struct conf *conf, const char *file,
		      const char *text, struct conf_item **tail);

struct inclusion {
	struct parser *p;
	struct conf_item **tail;
};

static struct conf_item **last_of(struct conf_item **tail)
{
	while (*tail)
		tail = &(*tail)->next;
	return tail;
}

static int on_include(void *ctx, const char *file, const char *text)
{
	struct inclusion *in = ctx;

	return parse_file(in->p, in->p->conf, file, text, last_of(in->tail));
}

/* The statement gives way to what it names. */
static void include(struct parser *p, struct conf_item *item,
		    struct conf_item **tail)
{
	struct inclusion in = {p, tail};
	int err;

	if (!p->source || p->includes == CONF_INCLUDES ||
	    p->conf->file_count == CONF_FILES) {
		conf_complain_at(p->x.errors, &item->place,
				 p->source ? "files include each other without "
					     "end, or there are too many"
					   : "nothing can be included here");
		return;
	}
	err = p->source->include(p->source->arg, item->place.file,
				 item->values[0].text, on_include, &in);
	if (err == -ENOMEM)
		p->err = err;
	else if (err)
		conf_complain_at(p->x.errors, &item->values[0].place,
				 "cannot include %s: %s", item->values[0].text,
				 strerror(-err));
}

static void parse_item(struct parser *p, struct conf_item **tail)
{
	struct conf_item *item = item_new(p);

	if (!item)
		return;
	if (!parse_rest(p, item)) {
		items_free(item);
		if (!p->err && !p->x.first && p->x.token != CONF_CLOSE)
			recover(p);
		return;
	}
	if (item->section || item->assigned || strcmp(item->name, "include")) {
		*tail = item;
		return;
	}
	include(p, item, tail);
	items_free(item);
}

/* Until a } or the end. */
static void parse_items(struct parser *p, struct conf_item **tail)
{
	while (!p->err && p->x.token != CONF_END && p->x.token != CONF_CLOSE) {
		if (p->x.token == CONF_WORD) {
			parse_item(p, tail);
			tail = last_of(tail);
			continue;
		}
		expected(p, "an option or a section begins with its name");
		recover(p);
	}
	if (p->x.no_memory)
		p->err = -ENOMEM;
}

/* Its name lives as long as the tree. */
static const char *keep_name(struct conf *conf, const char *file)
{
	char **files =
		realloc(conf->files, (conf->file_count + 1) * sizeof(*files));
	char *name = strdup(file);

	if (files)
		conf->files = files;
	if (!files || !name) {
		free(name);
		return NULL;
	}
	return conf->files[conf->file_count++] = name;
}

static int parse_file(struct parser *outer, struct conf *conf, const char *file,
		      const char *text, struct conf_item **tail)
{
	struct parser p = {
		.x = {.errors = outer->x.errors, .at = text},
		.conf = conf,
		.source = outer->source,
		.includes = outer->includes + 1,
	};

	p.x.next = (struct conf_place){keep_name(conf, file), 1, 1};
	if (!p.x.next.file)
		return -ENOMEM;
	conf_next(&p.x);
	while (!p.err && p.x.token != CONF_END) {
		parse_items(&p, last_of(tail));
		if (p.err || p.x.token != CONF_CLOSE)
			continue;
		conf_complain_at(p.x.errors, &p.x.place,
				 "this } closes nothing: take it out");
		conf_next(&p.x);
	}
	free(p.x.text);
	return p.err;
}

int conf_parse(const char *file, const char *text,
	       const struct conf_source *source, struct conf **conf,
	       struct conf_errors *errors)
{
	struct parser top = {.x = {.errors = errors}, .source = source};
	size_t before = errors->count;
	int err;

	*conf = calloc(1, sizeof(**conf));
	if (!*conf)
		return -ENOMEM;
	err = parse_file(&top, *conf, file, text, &(*conf)->items);
	if (err) {
		conf_free(*conf);
		*conf = NULL;
		return err;
	}
	return errors->count > before ? -EINVAL : 0;
}

void conf_free(struct conf *conf)
{
	size_t i;

	if (!conf)
		return;
	items_free(conf->items);
	for (i = 0; i < conf->file_count; i++)
		free(conf->files[i]);
	free(conf->files);
	free(conf);
}
