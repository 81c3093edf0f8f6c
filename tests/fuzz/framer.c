/*
 * Raw bytes to frames, for every shipped profile. The first byte chooses the profile, the second the cut; whatever comes out must come out the same at another
 * cut, and every call makes progress.
 */
#include "mats/framer.h"

#include <stdint.h>

#include "../unit/mats/mats.h"

#define MUST(condition)   \
    do {                  \
        if (!(condition)) \
            abort();      \
    } while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint64_t mix(uint64_t hash, const uint8_t *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++)
        hash = (hash ^ bytes[i]) * UINT64_C(1099511628211);
    return hash;
}

/* A hash of all frames, their numbers and gaps. */
static uint64_t run(const struct mat_profile *profile, const uint8_t *data, size_t size, size_t chunk)
{
    struct mat_framer *f = NULL;
    uint64_t hash = UINT64_C(14695981039346656037);

    MUST(mat_framer_new(profile, &f) == 0);
    size_t bytes = gait_geometry_frame_bytes(mat_framer_geometry(f)), calls = 0;
    uint8_t *raw = calloc(1, bytes);
    MUST(raw);
    for (size_t at = 0; at < size;) {
        size_t n = chunk < size - at ? chunk : size - at, used = 0;
        uint8_t *exact = malloc(n); /* so that ASan sees a read beyond */
        struct mat_decoded d;

        MUST(exact);
        memcpy(exact, data + at, n);
        do {
            mat_framer_decode(f, exact + used, n - used, raw, &d);
            MUST(d.used <= n - used && d.verdict < MAT_VERDICT_COUNT);
            used += d.used;
            if (d.verdict == MAT_FRAME || d.verdict == MAT_PARTIAL) {
                hash = mix(hash, raw, bytes);
                hash = mix(hash, (const uint8_t *)&d.seq, sizeof d.seq);
                hash = mix(hash, (const uint8_t *)&d.gap_device, sizeof d.gap_device);
            }
            MUST(++calls < 8 * size + 64);
        } while (d.verdict || used < n);
        free(exact);
        at += n;
    }
    free(raw);
    mat_framer_free(f);
    return hash;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct mat_profile *profile[MATS_MAX];
    static size_t profiles;

    if (!profiles)
        profiles = mats_read(profile);
    if (size < 3 || !profiles)
        return 0;
    const struct mat_profile *p = profile[data[0] % profiles];
    uint64_t whole = run(p, data + 2, size - 2, size);
    if (p->framing.kind != MAT_FRAMING_PACKET)
        MUST(run(p, data + 2, size - 2, 1u + data[1]) == whole);
    return 0;
}
