/*
 * Vendor recordings from raw bytes: whatever opens must give as many frames as it said, twice the same, in order; whatever does not must say one line.
 */
#include <gait/formats_in.h>

#include <stdbool.h>
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

/* Whatever opens gives its frames, twice; whatever does not says one line. */
static void play_twice(struct gait_frame_source *source)
{
    struct gait_error err = {0};
    float *raw;

    MUST(gait_geometry_check(&gait_source_info(source)->geometry) == 0);
    raw = malloc(gait_geometry_frame_bytes(&gait_source_info(source)->geometry));
    MUST(raw);
    MUST(play(source, raw) == gait_source_info(source)->frames);
    MUST(gait_source_rewind(source, &err) == 0);
    MUST(play(source, raw) == gait_source_info(source)->frames);
    MUST(gait_formats_device_tolerance(source) >= 0);
    free(raw);
    gait_source_free(source);
}

/* A recording, a layout of its insole and forces, each begun by a line "%%". Returns false: there is no such line. */
static bool try_insole(const uint8_t *data, size_t size)
{
    const uint8_t *at = data, *end = data + size, *mark;
    struct gait_formats_text text[3] = {{"fuzz", data, size}, {"layout", NULL, 0}, {"forces", NULL, 0}};
    size_t n = 1;

    for (; n < 3 && (mark = memmem(at, (size_t)(end - at), "%%\n", 3)); n++) {
        text[n - 1].length = (size_t)(mark - at);
        text[n].bytes = at = mark + 3;
        text[n].length = (size_t)(end - at);
    }
    for (int right = 0; n > 1 && right < 2; right++) {
        struct gait_frame_source *source = NULL;
        struct gait_error err = {0};

        if (gait_formats_in_open_insole_bytes(&text[0], &text[1], n > 2 ? &text[2] : NULL, right, &source, &err) < 0)
            MUST(!source && err.text[0] && !strchr(err.text, '\n'));
        else
            play_twice(source);
    }
    return n > 1;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct gait_frame_source *source = NULL;
    struct gait_error err = {0};

    if (try_insole(data, size))
        return 0;
    if (gait_formats_in_open_bytes("fuzz", data, size, &source, &err) < 0)
        MUST(!source && err.text[0] && !strchr(err.text, '\n'));
    else
        play_twice(source);
    return 0;
}
