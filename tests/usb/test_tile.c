/* Two pads, each a device of its own, as one mat. usb_tile NAME. */
#include <stdio.h>

#include "rig.h"
#include "scenario.h"
#include "transport/usb_tile.h"

enum { PAD_CELLS = 16 * 16, BEHIND_MAX = 4000 };

struct run {
    struct rig rig;
    struct rig_mat mat;
    struct mat_profile profile;
    struct mat_model *model[2];
    struct umock_mat *plug[2];
    uint64_t frames, whole, second_missing, reconnected, second_frame, last_t_ns;
    uint32_t connection;
};

/* 16 x 16 bytes a pad behind a serial chip, pad B2 behind A1 on the walkway; A1 sets the pace. */
static struct mat_profile two_pads(void)
{
    return (struct mat_profile){
        .name = "two-pads",
        .driver = "profile",
        .matches = 1,
        .match = {{.vid = 0xcafe, .pid = 0x0001, .bcd_device = -1, .generic_bridge = true}},
        .usb = {.kind = MAT_TRANSFER_BULK, .bridge = MAT_BRIDGE_CDC_ACM, .endpoints = 1},
        .line = {.baud = 921600, .data_bits = 8, .stop_bits = 1, .parity = 'N', .dtr = true},
        .identity = {.kind = MAT_IDENTITY_COMMAND,
                     .command = "AT\r\n",
                     .command_length = 4,
                     .before = "Unique ID:",
                     .after = " "},
        .framing = {.kind = MAT_FRAMING_FIXED, .header = {0xaa, 0x55}, .header_length = 2, .length = 8 + PAD_CELLS + 1},
        .fields = {.sequence = {.offset = 2, .width = 2},
                   .tick = {.offset = 4, .width = 4},
                   .sequence_step = 1,
                   .tick_us = 10000,
                   .payload_offset = 8},
        .integrity = {.kind = MAT_INTEGRITY_SUM8,
                      .field = {.offset = 1, .width = 1},
                      .from_end = true,
                      .range_to_end = 1},
        .samples = {.kind = MAT_SAMPLE_U8, .missing = -1, .full_scale = 255},
        .layout = {.rows = 16, .cols = 16, .pitch_x_mm = 5, .pitch_y_mm = 5},
        .tiling = {.count = 2, .rows = 32, .cols = 16, .pad = {{.id = "A1", .clock = true}, {.id = "B2", .y_mm = 80}}},
        .calibration = {.kPa_per_count = NAN, .power = 1, .saturation_count = NAN, .rate_hz = RIG_HZ},
    };
}

static struct mat_model *pad_model(struct run *run, const char *answer)
{
    struct mat_model_config config = {
        .profile = &run->profile, .source = pattern_source(16, 16, GAIT_U8, RIG_HZ, 0), .rate_hz = 200};
    struct mat_model *model;

    snprintf(config.answer, sizeof config.answer, "%s", answer);
    assert_int_equal(mat_model_new(&config, &model, NULL), 0);
    return model;
}

static void begin(struct run *run)
{
    *run = (struct run){.profile = two_pads()};
    rig_begin(&run->rig, NULL);
    run->model[0] = pad_model(run, "A1");
    run->model[1] = pad_model(run, "B2");
}

static int open_tiled(struct run *run, size_t devices, struct gait_error *err)
{
    struct gait_ring_config config = {.seconds = 10, .memory_bytes = 64 << 20};
    struct mat_usb_found found[4];
    struct mat_sink sink;
    int r;

    rig_scan(&run->rig, &run->profile, found, devices);
    r = mat_usb_tile_new(run->rig.context, &run->profile, found, devices, &run->mat.transport, err);
    if (r < 0)
        return r;
    config.geometry = *mat_usb_tile_geometry(run->mat.transport);
    assert_int_equal(gait_ring_new(&config, &run->mat.ring), 0);
    sink = rig_sink(&run->rig, &run->mat);
    assert_int_equal(mat_usb_tile_bind(run->mat.transport, &sink), 0);
    return 0;
}

/* The pad `first` at port 1-1, then the other at 1-2. */
static void start(struct run *run, unsigned first)
{
    struct gait_error err = {0};

    run->plug[first] = umock_plug(run->rig.bed, run->model[first], "1-1", 0);
    run->plug[!first] = umock_plug(run->rig.bed, run->model[!first], "1-2", 0);
    if (open_tiled(run, 2, &err) < 0)
        fail_msg("%s", err.text);
    rig_start(&run->mat);
}

static void end(struct run *run)
{
    if (run->mat.transport)
        rig_close(&run->mat);
    rig_end(&run->rig);
    mat_model_free(run->model[0]);
    mat_model_free(run->model[1]);
}

/* --- the reader -------------------------------------------------------------------------------------------- */

static bool is_frame(const float *cells, uint64_t frame)
{
    for (uint32_t i = 0; i < PAD_CELLS; i++)
        if (cells[i] != (float)(pattern_count(frame, i) & 0xffu))
            return false;
    return true;
}

static void check(struct run *run, const struct gait_slot *slot)
{
    const float *raw = slot->raw, *second = raw + PAD_CELLS;

    assert_true(slot->meta.t_ns > run->last_t_ns);
    run->last_t_ns = slot->meta.t_ns;
    if (slot->meta.tick && !is_frame(raw, slot->meta.tick / (1000000 / RIG_HZ)))
        fail_msg("the clock pad's cells are not those of its frame %llu", (unsigned long long)slot->meta.seq);
    assert_true((slot->meta.connection > run->connection) == ((slot->meta.flags & GAIT_FRAME_RECONNECT) != 0));
    run->connection = slot->meta.connection;
    run->reconnected += (slot->meta.flags & GAIT_FRAME_RECONNECT) != 0;
    run->frames++;
    assert_int_equal(slot->meta.pads.n, 2);
    assert_int_equal(slot->meta.pads.age_us[0], 0); /* the clock's own */
    assert_true((slot->meta.pads.age_us[1] == GAIT_PAD_MISSING) == ((slot->meta.flags & GAIT_FRAME_PAD_MISSING) != 0));
    if (slot->meta.flags & GAIT_FRAME_PAD_MISSING) {
        for (uint32_t i = 0; i < PAD_CELLS; i++)
            assert_true(isnan(second[i]));
        run->second_missing++;
        return;
    }
    for (uint64_t f = run->second_frame; f < run->second_frame + BEHIND_MAX; f++)
        if (is_frame(second, f)) {
            run->second_frame = f;
            run->whole++;
            return;
        }
    fail_msg("the second pad's cells are no frame of it from %llu on", (unsigned long long)run->second_frame);
}

static void turn(struct run *run)
{
    struct gait_slot *slot;

    rig_turn(&run->rig, &run->mat, 0);
    while ((slot = gait_ring_peek(run->mat.ring, GAIT_STAGE_PIPELINE))) {
        check(run, slot);
        gait_ring_advance(run->mat.ring, GAIT_STAGE_PIPELINE);
        if (gait_ring_peek(run->mat.ring, GAIT_STAGE_RECORDER))
            gait_ring_advance(run->mat.ring, GAIT_STAGE_RECORDER);
        (void)gait_ring_release(run->mat.ring, gait_ring_cursor(run->mat.ring, GAIT_STAGE_RECORDER));
    }
}

#define until(run, condition)                                                  \
    do {                                                                       \
        for (unsigned turns = 0; !(condition); turns++) {                      \
            if (turns > 4000)                                                  \
                fail_msg("never: %s (%s:%d)", #condition, __FILE__, __LINE__); \
            turn(run);                                                         \
        }                                                                      \
    } while (0)

/* --- scenarios ------------------------------------------------------------------------------------------------ */

static void merged(void **state)
{
    (void)state;
    struct run run;

    begin(&run);
    start(&run, 0);
    until(&run, run.whole >= 100);
    assert_int_equal(run.connection, 0);
    assert_string_equal(rig_event_text(&run.mat, MAT_EVENT_STREAMING), "pad 1 (A1): A1 streams from port 1-1");
    assert_int_equal(rig_events(&run.mat, MAT_EVENT_STREAMING), 1);
    assert_string_equal(rig_status(&run.mat).text, "streaming");
    end(&run);
}

/* The second pad leaves and comes back at another port: frames go on, its cells are missing in between, and it is said. */
static void pad_unplugged(void **state)
{
    (void)state;
    struct run run;

    begin(&run);
    start(&run, 1); /* the places come from the answers, not from the order */
    until(&run, run.whole >= 50);
    assert_string_equal(rig_event_text(&run.mat, MAT_EVENT_STREAMING), "pad 1 (A1): A1 streams from port 1-2");
    umock_unplug(run.plug[1], -ESHUTDOWN);
    until(&run, rig_events(&run.mat, MAT_EVENT_TROUBLE) == 1);
    turn(&run); /* frames from before it was told */
    uint64_t whole = run.whole;

    until(&run, run.second_missing >= 50);
    assert_int_equal(run.whole, whole); /* at once, not when its last frame has become too old */
    assert_string_equal(rig_status(&run.mat).text, "streaming, 1 of 2 pads missing");
    assert_non_null(strstr(rig_event_text(&run.mat, MAT_EVENT_TROUBLE), "pad 2 (B2): unplugged"));
    assert_non_null(strstr(rig_event_text(&run.mat, MAT_EVENT_TROUBLE), "its cells are missing until it is back"));
    assert_int_equal(rig_events(&run.mat, MAT_EVENT_LOST), 0);
    umock_plug(run.rig.bed, run.model[1], "1-3", 0);
    until(&run, run.whole >= whole + 50);
    assert_string_equal(rig_event_text(&run.mat, MAT_EVENT_TROUBLE), "pad 2 (B2): B2 is back at port 1-3");
    assert_string_equal(rig_status(&run.mat).text, "streaming");
    assert_int_equal(run.connection, 0);
    end(&run);
}

/* Without the pad that sets the pace there are no frames: the mat is lost and comes back as any other. */
static void clock_unplugged(void **state)
{
    (void)state;
    struct run run;

    begin(&run);
    start(&run, 1);
    until(&run, run.whole >= 50);
    umock_unplug(run.plug[0], -ESHUTDOWN);
    until(&run, rig_events(&run.mat, MAT_EVENT_LOST) == 1);
    assert_non_null(strstr(rig_event_text(&run.mat, MAT_EVENT_LOST), "it sets the pace"));
    turn(&run);
    uint64_t before = run.frames;

    for (unsigned i = 0; i < 10; i++)
        turn(&run);
    assert_int_equal(run.frames, before);
    umock_plug(run.rig.bed, run.model[0], "1-2", 0);
    until(&run, run.frames >= before + 50 && rig_events(&run.mat, MAT_EVENT_BACK) == 1);
    assert_int_equal(run.reconnected, 1);
    end(&run);
}

/* A pad that is not there is named; what was opened is given back. */
static void pad_absent(void **state)
{
    (void)state;
    struct run run;
    struct gait_error err = {0};

    begin(&run);
    run.plug[0] = umock_plug(run.rig.bed, run.model[0], "1-1", 0);
    assert_int_equal(open_tiled(&run, 1, &err), -ENODEV);
    assert_non_null(strstr(err.text, "waiting for pad 2 (B2) of 2 of profile two-pads"));
    assert_true(umock_counts(run.plug[0]).releases >= 1);
    end(&run);
}

int main(int argc, char **argv)
{
    static const struct scenario scenarios[] = {
        SCENARIO(merged),
        SCENARIO(pad_unplugged),
        SCENARIO(clock_unplugged),
        SCENARIO(pad_absent),
    };

    return scenario_main(argc, argv, scenarios, sizeof scenarios / sizeof scenarios[0]);
}
