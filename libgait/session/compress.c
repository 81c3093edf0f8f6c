#include <stdlib.h>
#include <string.h>

#include <isa-l/igzip_lib.h>
#include <zlib.h>

#include "session/h5.h"

enum { LEVEL = 1 };

size_t h5_compress_bound(size_t n)
{
    return compressBound(n) + n / 1000 + 1024;
}

void *h5_level_buffer(void)
{
    return malloc(ISAL_DEF_LVL1_DEFAULT);
}

/* Plane k of the result holds byte k of every element; what does not make a whole element follows as it is. */
void h5_shuffle(uint8_t *to, const uint8_t *from, size_t n, size_t element_bytes)
{
    size_t elements = n / element_bytes;

    for (size_t k = 0; k < element_bytes; k++) {
        const uint8_t *p = from + k;

        for (size_t i = 0; i < elements; i++, p += element_bytes)
            *to++ = *p;
    }
    memcpy(to, from + elements * element_bytes, n - elements * element_bytes);
}

/* zlib where ISA-L cannot: a chunk over 4 GiB, or a failure of its own. */
static size_t compress_zlib(uint8_t *to, size_t to_bytes, const uint8_t *from, size_t n)
{
    uLongf size = to_bytes;

    return compress2(to, &size, from, n, LEVEL) == Z_OK ? size : 0;
}

size_t h5_compress(uint8_t *to, size_t to_bytes, const uint8_t *from, size_t n, void *level_buffer)
{
    struct isal_zstream stream;

    if (!level_buffer || n > UINT32_MAX || to_bytes > UINT32_MAX)
        return compress_zlib(to, to_bytes, from, n);
    isal_deflate_stateless_init(&stream);
    stream.next_in = (uint8_t *)(uintptr_t)from;
    stream.avail_in = (uint32_t)n;
    stream.next_out = to;
    stream.avail_out = (uint32_t)to_bytes;
    stream.end_of_stream = 1;
    stream.flush = NO_FLUSH;
    stream.gzip_flag = IGZIP_ZLIB;
    stream.level = LEVEL;
    stream.level_buf = level_buffer;
    stream.level_buf_size = ISAL_DEF_LVL1_DEFAULT;
    if (isal_deflate_stateless(&stream) != COMP_OK)
        return compress_zlib(to, to_bytes, from, n);
    return stream.total_out;
}
