/*
 * A mat's bytes in rags, to its profile's framer: replay_mutants PROFILE BYTES FRAMES COUNT TOTAL SEED. BYTES is what the mat sends for COUNT frames; FRAMES has
 * their cells as u16 LE. The bytes are wounded anew, cut anew and given on until there were TOTAL of them. Prints as JSON what came of it; ends with 1 when a call
 * makes no progress. `raw` is exact, so that ASan sees a cell too many.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mats/framer.h"
#include "noise.h"

struct whole {
    uint8_t *at;
    size_t n;
};

struct state {
    struct mat_framer *framer;
    void *raw;
    const uint16_t *frames;
    size_t cells, count;
    enum gait_dtype dtype;
    unsigned long long whole, partial, invented;
};

static struct whole read_whole(const char *path)
{
    struct whole w = {0};
    FILE *f = fopen(path, "rb");

    if (!f || fseek(f, 0, SEEK_END) < 0)
        exit(2);
    w.n = (size_t)ftell(f);
    rewind(f);
    w.at = malloc(w.n + 1);
    if (!w.at || fread(w.at, 1, w.n, f) != w.n)
        exit(2);
    fclose(f);
    return w;
}

static unsigned cell(const struct state *s, size_t i)
{
    return s->dtype == GAIT_U8    ? ((const uint8_t *)s->raw)[i]
           : s->dtype == GAIT_I16 ? (unsigned)((const int16_t *)s->raw)[i]
                                  : ((const uint16_t *)s->raw)[i];
}

static bool was_sent(const struct state *s)
{
    for (size_t k = 0; k < s->count; k++) {
        size_t i = 0;

        while (i < s->cells && cell(s, i) == s->frames[k * s->cells + i])
            i++;
        if (i == s->cells)
            return true;
    }
    return false;
}

static void feed(struct state *s, const uint8_t *bytes, size_t n)
{
    size_t used = 0, calls = 0;
    struct mat_decoded d;

    do {
        mat_framer_decode(s->framer, bytes + used, n - used, s->raw, &d);
        used += d.used;
        s->partial += d.verdict == MAT_PARTIAL;
        s->whole += d.verdict == MAT_FRAME;
        s->invented += d.verdict == MAT_FRAME && !was_sent(s);
        if (used > n || ++calls > 4 * n + 100000) {
            fprintf(stderr, "no progress: %zu of %zu bytes in %zu calls\n", used, n, calls);
            exit(1);
        }
    } while (d.verdict || used < n);
}

static void feed_cut(struct state *s, const uint8_t *bytes, size_t n, uint64_t *seed)
{
    const size_t most = (size_t)1 << noise_next(seed) % 17;

    for (size_t at = 0, len; at < n; at += len) {
        len = 1 + noise_next(seed) % most;
        len = len < n - at ? len : n - at;
        feed(s, bytes + at, len);
    }
}

/* The mat's bytes, up to four wounds a frame in them. */
static size_t hurt(const struct state *s, const struct whole *bytes, uint8_t *to, uint64_t *seed,
                   unsigned long long *wounds)
{
    size_t n = bytes->n;

    memcpy(to, bytes->at, n);
    for (unsigned k = (unsigned)(noise_next(seed) % (4 * s->count)); k > 0; k--, ++*wounds)
        n = noise_wound(to, n, 2 * bytes->n, seed);
    return n;
}

static void give(struct state *s, const struct whole *bytes, size_t total, uint64_t seed)
{
    unsigned long long sent = 0, wounds = 0;
    uint8_t *rags = malloc(2 * bytes->n);
    size_t fed = 0;

    if (!rags)
        exit(2);
    for (; fed < total; sent += s->count) {
        size_t n = hurt(s, bytes, rags, &seed, &wounds);

        feed_cut(s, rags, n, &seed);
        fed += n;
    }
    free(rags);
    printf("{\"bytes\": %zu, \"sent\": %llu, \"wounds\": %llu, \"whole\": %llu, \"partial\": %llu, \"invented\": "
           "%llu}\n",
           fed, sent, wounds, s->whole, s->partial, s->invented);
}

int main(int argc, char **argv)
{
    struct mat_profile *profile;
    struct gait_error err = {0};
    struct state s = {0};
    size_t faults = 0;

    if (argc != 7)
        return 2;
    if (mat_profile_read(argv[1], &profile, NULL, 0, &faults, &err) < 0 || mat_framer_new(profile, &s.framer) < 0) {
        fprintf(stderr, "%s: %s\n", argv[1], err.text);
        return 2;
    }
    const struct whole bytes = read_whole(argv[2]), frames = read_whole(argv[3]);
    const struct gait_geometry *g = mat_framer_geometry(s.framer);
    s.cells = gait_geometry_cells(g);
    s.count = strtoull(argv[4], NULL, 10);
    s.frames = (const uint16_t *)(const void *)frames.at;
    s.dtype = g->dtype;
    s.raw = malloc(gait_geometry_frame_bytes(g));
    if (!s.raw || !s.count || frames.n != 2 * s.cells * s.count)
        return 2;
    give(&s, &bytes, strtoull(argv[5], NULL, 10), strtoull(argv[6], NULL, 10) * 2654435761u + 1);
    free(s.raw);
    free(bytes.at);
    free(frames.at);
    mat_framer_free(s.framer);
    mat_profile_free(profile);
    return 0;
}
