#include "clean_text.h"

#include <stddef.h>

/* Whether the second byte may follow the first: no detours, no surrogates, nothing above U+10FFFF. */
static int second_fits(unsigned char first, unsigned char second)
{
    unsigned char lo = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
    unsigned char hi = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;

    return second >= lo && second <= hi;
}

/* Bytes of the character that begins here; 0: none does. */
static size_t length_of(const unsigned char *p)
{
    size_t n = p[0] < 0x80 ? 1 : p[0] < 0xC2 ? 0 : p[0] < 0xE0 ? 2 : p[0] < 0xF0 ? 3 : p[0] < 0xF5 ? 4 : 0;

    if (n > 1 && !second_fits(p[0], p[1]))
        return 0;
    for (size_t i = 2; i < n; i++)
        if (p[i] < 0x80 || p[i] > 0xBF)
            return 0;
    return n;
}

void clean_text(char *text)
{
    unsigned char *p = (unsigned char *)text;

    while (*p) {
        size_t n = length_of(p);

        if (!n)
            *p = '?';
        p += n ? n : 1;
    }
}
