/* Other ways than bulk: isochronous, interrupt, serial chips, profiles with questions and answers. usb_kinds NAME. */
#include <stdio.h>

#include "rig.h"
#include "scenario.h"

struct run {
    struct rig rig;
    struct rig_mat mat;
    struct mat_profile profile;
    struct mat_model *model;
    struct umock_mat *plug;
};

/* AA 55, number u16, tick u32 of 10 ms, 16 x 16 u8, sum. */
static struct mat_profile profile_of(enum mat_transfer_kind kind, enum mat_bridge_kind bridge)
{
    return (struct mat_profile){
        .name = "test",
        .driver = "profile",
        .matches = 1,
        .match = {{.vid = 0xcafe, .pid = 0x0001, .bcd_device = -1, .generic_bridge = bridge != MAT_BRIDGE_NONE}},
        .usb = {.kind = kind, .bridge = bridge, .endpoints = 1},
        .line = {.baud = 921600, .data_bits = 8, .stop_bits = 1, .parity = 'N', .dtr = true},
        .identity = {.kind = MAT_IDENTITY_SERIAL},
        .framing = {.kind = MAT_FRAMING_FIXED, .header = {0xaa, 0x55}, .header_length = 2, .length = 8 + 256 + 1},
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
        .calibration = {.kPa_per_count = NAN, .power = 1, .saturation_count = NAN, .rate_hz = RIG_HZ},
    };
}

static struct mat_steps request(uint8_t type, uint8_t number)
{
    return (struct mat_steps){
        .count = 1, .step = {{.kind = MAT_STEP_CONTROL, .request_type = type, .request = number, .timeout_ms = 300}}};
}

static void begin(struct run *run, uint64_t frames)
{
    uint32_t rows = run->profile.layout.rows, cols = run->profile.layout.cols;
    struct mat_model_config config = {.profile = &run->profile,
                                      .source = pattern_source(rows, cols, GAIT_U8, RIG_HZ, frames),
                                      .serial = "K7",
                                      .rate_hz = INFINITY};

    rig_begin(&run->rig, NULL);
    assert_int_equal(mat_model_new(&config, &run->model, NULL), 0);
    run->plug = umock_plug(run->rig.bed, run->model, "1-1", 0);
}

static int open_it(struct run *run, struct gait_error *err)
{
    struct mat_usb_found found;

    rig_scan(&run->rig, &run->profile, &found, 1);
    return rig_open(&run->rig, &found, &run->mat, err);
}

static void start(struct run *run)
{
    struct gait_error err = {0};

    if (open_it(run, &err) < 0)
        fail_msg("%s", err.text);
    rig_start(&run->mat);
}

static void end(struct run *run)
{
    rig_close(&run->mat);
    rig_end(&run->rig);
    mat_model_free(run->model);
}

static void whole(enum mat_transfer_kind kind, enum mat_bridge_kind bridge)
{
    struct run run = {.profile = profile_of(kind, bridge)};

    begin(&run, 300);
    start(&run);
    run.mat.whole = true;
    rig_until(&run.mat, run.mat.frames == 300);
    assert_int_equal(rig_status(&run.mat).errors, 0);
    assert_int_equal(run.mat.gap_device, 0);
    end(&run);
}

static void bulk(void **state)
{
    (void)state;
    whole(MAT_TRANSFER_BULK, MAT_BRIDGE_NONE);
}

static void interrupt(void **state)
{
    (void)state;
    whole(MAT_TRANSFER_INTERRUPT, MAT_BRIDGE_NONE);
}

static void cdc_acm(void **state)
{
    (void)state;
    whole(MAT_TRANSFER_BULK, MAT_BRIDGE_CDC_ACM);
}

static void ftdi(void **state)
{
    (void)state;
    whole(MAT_TRANSFER_BULK, MAT_BRIDGE_FTDI);
}

static void cp210x(void **state)
{
    (void)state;
    whole(MAT_TRANSFER_BULK, MAT_BRIDGE_CP210X);
}

static void ch340(void **state)
{
    (void)state;
    whole(MAT_TRANSFER_BULK, MAT_BRIDGE_CH340);
}

static void pl2303(void **state)
{
    (void)state;
    whole(MAT_TRANSFER_BULK, MAT_BRIDGE_PL2303);
}

/* A chip that anybody's device may have is not claimed, not opened, not asked, unless gaitd.yaml names it. */
static void generic_chip_untouched(void **state)
{
    (void)state;
    struct run run = {.profile = profile_of(MAT_TRANSFER_BULK, MAT_BRIDGE_CH340)};
    const struct mat_profile *profiles[] = {&run.profile};
    struct mat_usb_found found;
    size_t n = 0;

    begin(&run, 0);
    rig_scan(&run.rig, &run.profile, &found, 1);
    assert_int_equal(mat_usb_scan(run.rig.context, profiles, 1, NULL, NULL, &found, 1, &n, NULL), 0);
    assert_int_equal(n, 0);
    assert_int_equal(umock_counts(run.plug).control + umock_counts(run.plug).claims, 0);
    rig_end(&run.rig);
    mat_model_free(run.model);
}

static void isochronous(void **state)
{
    (void)state;
    struct run run = {.profile = profile_of(MAT_TRANSFER_ISOCHRONOUS, MAT_BRIDGE_NONE)};

    run.profile.usb.alternate = 1;
    run.profile.framing.kind = MAT_FRAMING_PACKET;
    begin(&run, 600);
    start(&run);
    run.mat.whole = true;
    rig_until(&run.mat, run.mat.frames == 600);
    assert_int_equal(rig_status(&run.mat).errors, 0);
    end(&run);
}

/* Every seventh packet is lost: each is counted, each is a gap in the mat's numbers, the others arrive whole. */
static void isochronous_loss(void **state)
{
    (void)state;
    struct run run = {.profile = profile_of(MAT_TRANSFER_ISOCHRONOUS, MAT_BRIDGE_NONE)};

    run.profile.usb.alternate = 1;
    run.profile.framing.kind = MAT_FRAMING_PACKET;
    begin(&run, 700);
    umock_lose_packets(run.plug, 7);
    start(&run);
    rig_until(&run.mat, run.mat.next_frame == 699);
    assert_int_equal(run.mat.frames, 600);
    assert_int_equal(run.mat.gap_device, 99);
    assert_int_equal(rig_status(&run.mat).errors, 100);
    assert_int_equal(rig_events(&run.mat, MAT_EVENT_TROUBLE), 0);
    end(&run);
}

/* The Soundplane A: 8 x 64 values of 12 bits, two isochronous endpoints, a driver in code. */
static void begin_soundplane(struct run *run, uint64_t frames)
{
    struct mat_model_config config = {
        .profile = &run->profile, .source = pattern_source(8, 64, GAIT_U16, RIG_HZ, frames), .rate_hz = INFINITY};

    run->profile = profile_of(MAT_TRANSFER_ISOCHRONOUS, MAT_BRIDGE_NONE);
    run->profile.usb.alternate = 1;
    run->profile.usb.endpoints = 2;
    memcpy(run->profile.driver, "soundplane", sizeof "soundplane");
    run->profile.fields = (struct mat_header_fields){.sequence = {.offset = 384, .width = 2}, .sequence_step = 1};
    run->profile.start = request(0x40, 1);
    rig_begin(&run->rig, NULL);
    assert_int_equal(mat_model_new(&config, &run->model, NULL), 0);
    run->plug = umock_plug(run->rig.bed, run->model, "1-1", 0);
}

static void soundplane(void **state)
{
    (void)state;
    struct run run = {0};

    begin_soundplane(&run, 600);
    start(&run);
    run.mat.whole = run.mat.numbered = true;
    rig_until(&run.mat, run.mat.frames == 600);
    assert_int_equal(rig_status(&run.mat).errors + run.mat.gap_device, 0);
    end(&run);
}

/*
 * Every seventh packet of either endpoint is lost. Its other half must pair with nothing: each frame that arrives is right in all cells, each that does not is a gap in
 * the numbers.
 */
static void soundplane_loss(void **state)
{
    (void)state;
    struct run run = {0};

    begin_soundplane(&run, 700);
    umock_lose_packets(run.plug, 7);
    start(&run);
    run.mat.numbered = true;
    rig_until(&run.mat, rig_status(&run.mat).errors == 200 && run.mat.next_frame >= 690);
    assert_true(run.mat.frames >= 500 && run.mat.frames <= 600);
    assert_true(run.mat.next_frame - run.mat.frames - run.mat.gap_device <= 2); /* before the first frame */
    assert_int_equal(rig_events(&run.mat, MAT_EVENT_TROUBLE), 0);
    end(&run);
}

/* A transfer in the middle of a frame is lost, and no checksum is there to tell: what remains must not be joined with what comes. */
static void lost_middle(void **state)
{
    (void)state;
    struct run run = {.profile = profile_of(MAT_TRANSFER_BULK, MAT_BRIDGE_NONE)};

    run.profile.layout.rows = run.profile.layout.cols = 64;
    run.profile.framing.length = 8 + 4096;
    run.profile.integrity = (struct mat_integrity){.kind = MAT_INTEGRITY_NONE};
    run.profile.usb.transfer_bytes = 512;
    begin(&run, 0);
    start(&run);
    rig_until(&run.mat, run.mat.frames > 20);
    for (unsigned i = 1; i <= 3; i++) {
        uint64_t before = run.mat.frames;

        umock_fail_urb(run.plug, -EPROTO, 1, 512);
        rig_until(&run.mat, rig_status(&run.mat).errors == i && run.mat.frames > before + 5);
    }
    run.mat.transport->ops->stop(run.mat.transport);
    rig_turn(&run.rig, &run.mat, 1);
    assert_true(run.mat.gap_device >= 1 && run.mat.gap_device <= 6);
    assert_int_equal(run.mat.frames + run.mat.gap_device, run.mat.next_frame);
    end(&run);
}

/* --- steps --------------------------------------------------------------------------------------------- */

/* The model knows the steps of its own profile only. */
static void init_refused(void **state)
{
    (void)state;
    struct run run = {.profile = profile_of(MAT_TRANSFER_BULK, MAT_BRIDGE_NONE)};
    struct mat_profile theirs = run.profile;
    struct mat_usb_found found;
    struct gait_error err = {0};

    theirs.init = request(0x40, 0x99);
    begin(&run, 0);
    rig_scan(&run.rig, &theirs, &found, 1);
    assert_int_equal(rig_open(&run.rig, &found, &run.mat, &err), -EPIPE);
    assert_non_null(strstr(err.text, "init step 1 (control request) of profile test: refused"));
    assert_int_equal(umock_counts(run.plug).releases, 1);
    rig_end(&run.rig);
    mat_model_free(run.model);
}

static void no_answer(void **state)
{
    (void)state;
    struct run run = {.profile = profile_of(MAT_TRANSFER_BULK, MAT_BRIDGE_NONE)};
    struct gait_error err = {0};

    run.profile.start = request(0x40, 0x10); /* silent until started */
    begin(&run, 0);
    struct mat_profile theirs = run.profile;
    theirs.init = (struct mat_steps){
        .count = 2,
        .step = {
            {.kind = MAT_STEP_WRITE, .length = 4, .bytes = "AT\r\n"},
            {.kind = MAT_STEP_EXPECT, .length = 2, .bytes = "OK", .mask = {255, 255}, .timeout_ms = 60, .retries = 2}}};
    struct mat_usb_found found;
    rig_scan(&run.rig, &theirs, &found, 1);
    assert_int_equal(rig_open(&run.rig, &found, &run.mat, &err), -ETIMEDOUT);
    assert_non_null(strstr(err.text, "init step 2 (expected answer) of profile test: no answer"));
    /* asked three times: write and read each */
    assert_int_equal(umock_counts(run.plug).submitted, 6);
    rig_end(&run.rig);
    mat_model_free(run.model);
}

/* The answer stands somewhere in what the mat says, here its own frames' header. */
static void answer_found(void **state)
{
    (void)state;
    struct run run = {.profile = profile_of(MAT_TRANSFER_BULK, MAT_BRIDGE_NONE)};

    run.profile.start = (struct mat_steps){.count = 2,
                                           .step = {{.kind = MAT_STEP_WRITE, .length = 5, .bytes = "start"},
                                                    {.kind = MAT_STEP_EXPECT,
                                                     .length = 3,
                                                     .bytes = {0xaa, 0x55, 0x00},
                                                     .mask = {255, 255, 0},
                                                     .timeout_ms = 500}}};
    begin(&run, 100);
    start(&run);
    rig_until(&run.mat, run.mat.next_frame == 100);
    assert_true(run.mat.frames >= 98);
    end(&run);
}

static void keep_alive(void **state)
{
    (void)state;
    struct run run = {.profile = profile_of(MAT_TRANSFER_BULK, MAT_BRIDGE_NONE)};

    run.profile.keep_alive = request(0x40, 0x33);
    run.profile.keep_alive_ms = 30;
    begin(&run, 0);
    start(&run);
    uint64_t before = umock_counts(run.plug).control;
    rig_until(&run.mat, umock_counts(run.plug).control >= before + 5);
    end(&run);
}

/* One frame an asking. */
static void poll_each_frame(void **state)
{
    (void)state;
    struct run run = {.profile = profile_of(MAT_TRANSFER_BULK, MAT_BRIDGE_NONE)};

    run.profile.poll = (struct mat_steps){.count = 1, .step = {{.kind = MAT_STEP_WRITE, .length = 1, .bytes = "?"}}};
    run.profile.poll_each_frame = true;
    begin(&run, 0);
    start(&run);
    run.mat.whole = true;
    rig_until(&run.mat, run.mat.frames >= 400);
    end(&run);
}

/* --- the id that a mat answers ------------------------------------------------------------------------ */

/* As the JQ pad does: no serial number; it streams unasked and puts its answer between two frames. */
static void begin_jq(struct run *run, const char *answer)
{
    struct mat_model_config config = {
        .profile = &run->profile, .source = pattern_source(16, 16, GAIT_U8, RIG_HZ, 0), .rate_hz = 1000};

    run->profile = profile_of(MAT_TRANSFER_BULK, MAT_BRIDGE_CDC_ACM);
    run->profile.identity = (struct mat_identity){
        .kind = MAT_IDENTITY_COMMAND, .command = "AT\r\n", .command_length = 4, .before = "Unique ID:", .after = " "};
    snprintf(config.answer, sizeof config.answer, "%s", answer);
    rig_begin(&run->rig, NULL);
    assert_int_equal(mat_model_new(&config, &run->model, NULL), 0);
    run->plug = umock_plug(run->rig.bed, run->model, "1-1", 0);
}

static void id_asked(void **state)
{
    (void)state;
    struct run run;

    begin_jq(&run, "39FFD805/4E:43");
    start(&run);
    assert_string_equal(mat_usb_id(run.mat.transport), "39FFD805%2F4E%3A43");
    assert_true(mat_usb_answers(run.mat.transport));
    rig_until(&run.mat, run.mat.frames >= 100);
    end(&run);
}

/* A mat that is mute streams none the less, under its port's name, and that is said. */
static void id_not_answered(void **state)
{
    (void)state;
    struct run run;

    begin_jq(&run, "");
    start(&run);
    assert_string_equal(mat_usb_id(run.mat.transport), "port-1-1");
    assert_false(mat_usb_answers(run.mat.transport));
    assert_string_equal(mat_usb_note(run.mat.transport),
                        "it does not answer when asked for its id: it is known by its port as port-1-1");
    rig_until(&run.mat, run.mat.frames >= 100);
    end(&run);
}

/* Unplugged, and another of its kind put into its place: that one is refused; at another port it is found by its answer. */
static void id_at_another_port(void **state)
{
    (void)state;
    struct run run;
    struct mat_model *stranger;
    struct mat_model_config config = {
        .profile = &run.profile, .source = pattern_source(16, 16, GAIT_U8, RIG_HZ, 0), .rate_hz = 1000, .answer = "B2"};

    begin_jq(&run, "A1");
    start(&run);
    rig_until(&run.mat, run.mat.frames >= 20);
    umock_unplug(run.plug, -ESHUTDOWN);
    rig_until(&run.mat, rig_events(&run.mat, MAT_EVENT_LOST) == 1);
    uint64_t before = run.mat.frames;

    assert_int_equal(mat_model_new(&config, &stranger, NULL), 0);
    struct umock_mat *place = umock_plug(run.rig.bed, stranger, "1-1", 0);
    rig_until(&run.mat, umock_counts(place).releases >= 1);
    rig_turn(&run.rig, &run.mat, 1);
    assert_int_equal(run.mat.frames, before);
    umock_plug(run.rig.bed, run.model, "1-2", 0);
    rig_until(&run.mat, rig_events(&run.mat, MAT_EVENT_BACK) == 1 && run.mat.frames > before + 20);
    assert_string_equal(rig_event_text(&run.mat, MAT_EVENT_BACK), "A1 is back at port 1-2");
    assert_int_equal(run.mat.reconnects, 1);
    end(&run);
    mat_model_free(stranger);
}

int main(int argc, char **argv)
{
    static const struct scenario scenarios[] = {
        SCENARIO(bulk),
        SCENARIO(interrupt),
        SCENARIO(cdc_acm),
        SCENARIO(ftdi),
        SCENARIO(cp210x),
        SCENARIO(ch340),
        SCENARIO(pl2303),
        SCENARIO(generic_chip_untouched),
        SCENARIO(isochronous),
        SCENARIO(isochronous_loss),
        SCENARIO(init_refused),
        SCENARIO(no_answer),
        SCENARIO(answer_found),
        SCENARIO(keep_alive),
        SCENARIO(poll_each_frame),
        SCENARIO(lost_middle),
        SCENARIO(soundplane),
        SCENARIO(soundplane_loss),
        SCENARIO(id_asked),
        SCENARIO(id_not_answered),
        SCENARIO(id_at_another_port),
    };

    return scenario_main(argc, argv, scenarios, sizeof scenarios / sizeof scenarios[0]);
}
