/* Base64 of RFC 4648, section 4, with padding. Internal. */
#ifndef GAIT_STREAM_BASE64_H
#define GAIT_STREAM_BASE64_H

#include <stddef.h>

static inline size_t base64_length(size_t bytes)
{
    return (bytes + 2) / 3 * 4;
}

/* Writes base64_length(bytes) characters, no terminator. */
void base64_encode(const void *data, size_t bytes, char *ret_text);
/* Writes at most length / 4 * 3 bytes; returns how many, or -EBADMSG on anything that base64_encode() would not have written. */
long base64_decode(const char *text, size_t length, void *ret_data);

#endif
