/* One number for all bits that trials give, frames, live feet and records: same_bits.sh compares it between compilers and options. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "gait/formats_in.h"
#include "scene.h"

static struct scene_result result;

static uint64_t walk(uint32_t rows, uint32_t cols, double pitch_mm, double rate_hz, enum gait_dtype dtype,
                     double step_mm)
{
    struct scene *s = scene_new(rows, cols, pitch_mm, rate_hz, dtype);
    const double end_s =
        scene_add_walk(s, (struct scene_walk){cols * pitch_mm / 2, 50, 0.2, step_mm, step_mm < 300 ? 6 : 90, 0.55, 0.66,
                                              0.1, GAIT_SIDE_LEFT, (uint32_t)((rows * pitch_mm - 340) / step_mm) + 1});

    scene_run(s, NULL, end_s + 0.3, NULL, NULL, &result);
    scene_free(s);
    return result.digest + result.footfalls;
}

static void take(struct gait_pipeline *p, uint64_t *digest)
{
    struct gait_footfall *f;

    while ((f = gait_pipeline_closed(p)) != NULL) {
        scene_digest(digest, f->value, sizeof f->value);
        scene_digest(digest, f->region, sizeof f->region);
        scene_digest(digest, f->curve, sizeof f->curve);
        gait_pipeline_release(p, f);
    }
}

/* A recording that is there or not. */
static uint64_t recording(const char *path)
{
    struct gait_frame_source *source = NULL;
    struct gait_slot slot = {0};
    struct gait_trial_state state;
    struct gait_pipeline *p;
    uint64_t digest = 1;

    if (gait_formats_in_open(path, &source, NULL) < 0)
        return 0;
    if (gait_trial_state_init(&state, &gait_source_info(source)->geometry, &gait_source_info(source)->calibration) < 0)
        exit(1);
    slot.raw = malloc(gait_geometry_frame_bytes(&state.geometry));
    if (!slot.raw || gait_pipeline_new(&state.geometry, NULL, NULL, &p) < 0 || gait_pipeline_start(p, &state) < 0)
        exit(1);
    while (gait_source_next(source, slot.raw, &slot.meta, NULL) == 1) {
        gait_pipeline_frame(p, &slot);
        scene_digest(&digest, &slot.numbers, sizeof slot.numbers);
        scene_digest(&digest, &slot.live, sizeof slot.live);
        take(p, &digest);
    }
    gait_pipeline_finish(p, GAIT_FOOTFALL_CUT);
    take(p, &digest);
    gait_pipeline_free(p);
    gait_trial_state_done(&state);
    gait_source_free(source);
    free(slot.raw);
    return digest;
}

int main(int argc, char **argv)
{
    printf("%016" PRIx64 " %016" PRIx64 " %016" PRIx64 " %016" PRIx64 "\n", walk(240, 64, 5, 100, GAIT_U16, 500),
           walk(240, 48, 5, 100, GAIT_U8, 272), walk(120, 41, 7.5, 200, GAIT_F32, 560),
           argc > 1 ? recording(argv[1]) : 0);
    return 0;
}
