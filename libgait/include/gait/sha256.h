/*
 * SHA-256: what names a file or a text for ever in reports and protocols, and what is kept of secrets.
 */
#ifndef GAIT_SHA256_H
#define GAIT_SHA256_H

#include <stddef.h>
#include <stdint.h>

#include <gait/api.h>

enum { GAIT_SHA256_BYTES = 32, GAIT_SHA256_TEXT = 64 };

/* A sum on its way. */
struct gait_sha256 {
    uint32_t state[8];
    uint64_t bytes;
    uint8_t block[64]; /* of bytes that do not fill one yet */
};

/**
 * Begin, add bytes as they come, end: the digest of all of them.
 *
 * Thread   any, one sum at a time.  No allocation.
 * Source   FIPS 180-4.
 */
GAIT_API void gait_sha256_begin(struct gait_sha256 *ret_sum);
GAIT_API void gait_sha256_add(struct gait_sha256 *sum, const void *bytes, size_t n);
GAIT_API void gait_sha256_end(struct gait_sha256 *sum, uint8_t ret_digest[GAIT_SHA256_BYTES]);

/** The digest of bytes that are all there. */
GAIT_API void gait_sha256(const void *bytes, size_t n, uint8_t ret_digest[GAIT_SHA256_BYTES]);

/** A digest as 64 hexadecimal digits, as sha256sum(1) prints it. */
GAIT_API void gait_sha256_text(const uint8_t digest[GAIT_SHA256_BYTES], char ret_text[GAIT_SHA256_TEXT + 1]);

#endif
