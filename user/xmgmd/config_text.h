/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Two changes to the text of a configuration before libconfuse sees it. Both
 * keep every line where it was. Pure.
 */
#ifndef XMGM_XMGMD_CONFIG_TEXT_H
#define XMGM_XMGMD_CONFIG_TEXT_H

#include <stdbool.h>

/* Comments become spaces: libconfuse 3.3 counts their lines wrongly. */
void config_text_strip(char *text);
/* The line of a { without its }, 0: none. The text has no comments. */
int config_text_unclosed(const char *text);
/*
 * Makes spaces of the option or section `name` that begins on this line, with
 * its value, so that the rest can be read after an unknown name. False: it is
 * not there.
 */
bool config_text_blank(char *text, int line, const char *name);

#endif /* XMGM_XMGMD_CONFIG_TEXT_H */
