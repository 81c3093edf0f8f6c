#include "text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Bytes of a character by its first one; 0: no character begins so. */
static size_t bytes_of(unsigned char first)
{
    return first < 0x80 ? 1 : first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
}

/* How many of the n bytes of a character are there. */
static size_t there(const unsigned char *s, size_t n)
{
    size_t i = 1;

    while (i < n && (s[i] & 0xc0) == 0x80)
        i++;
    return i;
}

/* Not longer than need be, no half of a UTF-16 pair, not beyond the last code point. */
static bool is_allowed(const unsigned char *s, size_t n)
{
    return !(n == 3 && ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] >= 0xa0))) &&
           !(n == 4 && ((s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] >= 0x90)));
}

char *text_whole(char *text)
{
    unsigned char *from = (unsigned char *)text, *to = from;

    while (*from) {
        size_t n = bytes_of(*from), have = n ? there(from, n) : 1;

        if (n && have == n && is_allowed(from, n)) {
            memmove(to, from, n);
            to += n;
        } else if (!(n && have < n && !from[have])) {
            *to++ = '?';
        }
        from += have;
    }
    *to = '\0';
    return text;
}
