/* Text for people that was cut to a length. */
#ifndef GAITD_TEXT_H
#define GAITD_TEXT_H

/** Make it UTF-8, which JSON asks for: half a character at the end goes, other bytes that are none become "?". Returns text. */
char *text_whole(char *text);

#endif
