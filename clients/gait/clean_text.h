/* Texts of files and of others, for those who refuse what is no UTF-8: cairo and JSON. */
#ifndef CLEAN_TEXT_H
#define CLEAN_TEXT_H

/** Each byte that is part of no UTF-8 character becomes '?': names in other encodings, characters that a buffer's end cut. */
void clean_text(char *text);

#endif
