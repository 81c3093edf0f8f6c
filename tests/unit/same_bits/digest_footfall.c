/* One number for all bits of many records: same_bits.sh compares it between compilers and options. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "synthetic_foot.h"

static uint64_t mix(uint64_t hash, const void *bytes, size_t n)
{
    const unsigned char *p = bytes;

    for (size_t i = 0; i < n; i++)
        hash = (hash ^ p[i]) * 1099511628211u;
    return hash;
}

static uint64_t record(uint64_t hash, const struct gait_footfall *f)
{
    hash = mix(hash, f->value, sizeof(f->value));
    hash = mix(hash, f->reason, sizeof(f->reason));
    hash = mix(hash, f->region, sizeof(f->region));
    hash = mix(hash, f->curve, sizeof(f->curve));
    hash = mix(hash, &f->flags, sizeof(f->flags));
    hash = mix(hash, &f->ic_mat_ns, sizeof(f->ic_mat_ns));
    hash = mix(hash, &f->cpei_width, sizeof(f->cpei_width));
    return mix(hash, f->picture_mean_kPa, sizeof(float) * f->rows * f->cols);
}

int main(void)
{
    static const double rate[] = {25, 50, 100, 200};
    uint64_t hash = 14695981039346656037u;

    for (int i = 0; i < 40; i++) {
        struct pose pose = {160 - 4 * (i - 20), 60 + 0.7 * i, 2 * (i - 20), i & 1, 0.4 + 0.03 * i};
        struct synthetic_foot foot;
        struct contact_maker m;
        struct gait_footfall *f;

        if (i & 2)
            synthetic_normal(&foot);
        else
            synthetic_slow(&foot);
        contact_maker_init(&m, 80, 64, 5, 5 + (i & 4) * 0.25, rate[i % 4], i % 5 ? 10 : 0);
        m.state.subject.mass_kg = 70;
        synthetic_walk_over(&foot, &pose, &m);
        f = contact_maker_measure(&m);
        if (!f)
            return 1;
        hash = record(hash, f);
        gait_footfall_free(f);
        contact_maker_done(&m);
    }
    printf("%016" PRIx64 "\n", hash);
    return 0;
}
