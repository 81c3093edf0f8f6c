/* SHA-256 (FIPS 180-4) of short texts: what is kept of secrets. */
#ifndef GAIT_WEB_SHA256_H
#define GAIT_WEB_SHA256_H

#include <stddef.h>
#include <stdint.h>

enum { SHA256_BYTES = 32 };

void sha256(const void *bytes, size_t n, uint8_t ret_digest[SHA256_BYTES]);

#endif
