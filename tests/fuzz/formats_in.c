/*
 * Vendor recordings from raw bytes: whatever opens must give as many frames as it said, twice the same, in order; whatever does not must say one line.
 */
#include <gait/formats_in.h>

#include <stdlib.h>
#include <string.h>

#define MUST(condition)   \
    do {                  \
        if (!(condition)) \
            abort();      \
    } while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint64_t play(struct gait_frame_source *source, float *raw)
{
    struct gait_frame_meta meta = {0};
    struct gait_error err = {0};
    uint64_t n = 0, t_ns = 0;
    int r;

    for (; (r = gait_source_next(source, raw, &meta, &err)) == 1; n++, t_ns = meta.t_mat_ns)
        MUST(meta.t_mat_ns >= t_ns);
    MUST(r == 0);
    return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct gait_frame_source *source = NULL;
    struct gait_error err = {0};
    float *raw;

    if (gait_formats_in_open_bytes("fuzz", data, size, &source, &err) < 0) {
        MUST(!source && err.text[0] && !strchr(err.text, '\n'));
        return 0;
    }
    MUST(gait_geometry_check(&gait_source_info(source)->geometry) == 0);
    raw = malloc(gait_geometry_frame_bytes(&gait_source_info(source)->geometry));
    MUST(raw);
    MUST(play(source, raw) == gait_source_info(source)->frames);
    MUST(gait_source_rewind(source, &err) == 0);
    MUST(play(source, raw) == gait_source_info(source)->frames);
    free(raw);
    gait_source_free(source);
    return 0;
}
