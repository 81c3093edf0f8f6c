#include "stream/base64.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void base64_encode(const void *data, size_t bytes, char *ret_text)
{
    const uint8_t *in = data;

    for (size_t i = 0; i < bytes; i += 3) {
        size_t left = bytes - i;
        uint32_t three = (uint32_t)in[i] << 16;

        if (left > 1)
            three |= (uint32_t)in[i + 1] << 8;
        if (left > 2)
            three |= in[i + 2];
        *ret_text++ = alphabet[three >> 18];
        *ret_text++ = alphabet[three >> 12 & 63];
        *ret_text++ = left > 1 ? alphabet[three >> 6 & 63] : '=';
        *ret_text++ = left > 2 ? alphabet[three & 63] : '=';
    }
}

static int value_of(char c)
{
    const char *at = c ? strchr(alphabet, c) : NULL;

    return at ? (int)(at - alphabet) : -1;
}

/* Four characters to `n` bytes (3, or 1..2 before padding). */
static int quad(const char *c, int n, uint8_t *ret)
{
    uint32_t three = 0;

    for (int i = 0; i < 4; i++) {
        int v = i <= n ? value_of(c[i]) : 0;

        if (v < 0)
            return -EBADMSG;
        three = three << 6 | (uint32_t)v;
    }
    for (int i = 0; i < n; i++)
        ret[i] = (uint8_t)(three >> (16 - 8 * i));
    return (n < 3 && (three & (n == 1 ? 0xffffu : 0xffu))) ? -EBADMSG : 0;
}

long base64_decode(const char *text, size_t length, void *ret_data)
{
    uint8_t *out = ret_data;

    if (length % 4)
        return -EBADMSG;
    for (size_t i = 0; i < length; i += 4) {
        int n = 3;

        if (i + 4 == length && text[i + 3] == '=')
            n = text[i + 2] == '=' ? 1 : 2;
        if (quad(text + i, n, out) < 0)
            return -EBADMSG;
        out += n;
    }
    return out - (uint8_t *)ret_data;
}
