/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Two changes to the text of a configuration before libconfuse sees it. Both
 * keep every line where it was. Pure.
 */
#ifndef XMGM_XMGMD_CONFIG_TEXT_H
#define XMGM_XMGMD_CONFIG_TEXT_H

#include <stdbool.h>

/*
 * Comments become spaces: libconfuse 3.3 counts their lines wrongly. One that
 * never ends stays, for config_text_unclosed to find.
 */
void config_text_strip(char *text);
/*
 * The line of a brace, a string or a comment without its end, 0: none; *begin
 * and *end are its marks. The text has been stripped.
 */
int config_text_unclosed(const char *text, const char **begin,
			 const char **end);
/*
 * Makes spaces of the option or section `name` that begins on this line, with
 * its value, so that the rest can be read after an unknown name. False: it is
 * not there.
 */
bool config_text_blank(char *text, int line, const char *name);

#endif /* XMGM_XMGMD_CONFIG_TEXT_H */
