/* What a mat, a cable and a kernel can do wrong, one scenario a process: usb_faults NAME. */
#include <stdio.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "rig.h"
#include "scenario.h"

enum { SILENCE_MS = 400 };

struct run {
    struct rig rig;
    struct rig_mat mat;
    struct mat_model *model;
    struct umock_mat *plug;
};

static void begin(struct run *run, const struct rig_options *options, uint64_t frames)
{
    rig_begin(&run->rig, options);
    run->model = rig_model("A1", 64, 64, 1, frames, INFINITY);
    run->plug = umock_plug(run->rig.bed, run->model, "1-1", 0);
}

static void end(struct run *run)
{
    rig_close(&run->mat);
    assert_int_equal(umock_counts(run->plug).in_flight, 0);
    rig_end(&run->rig);
    mat_model_free(run->model);
}

/* 200 frames with a fault in them; all but those that it cost arrive, and the gap is told. */
static struct mat_transport_status with_fault(enum mat_fault_kind kind, uint32_t count, uint64_t lost)
{
    struct mat_transport_status s;
    struct run run;

    begin(&run, NULL, 200);
    rig_fault(&run.rig, run.model, kind, 50, count);
    rig_run(&run.rig, &run.mat);
    rig_until(&run.mat, run.mat.next_frame == 200);
    s = rig_status(&run.mat);
    assert_int_equal(run.mat.frames, 200 - lost);
    assert_int_equal(run.mat.gap_device, lost);
    assert_int_equal(run.mat.reconnects, 0);
    end(&run);
    return s;
}

/* Mended because it was told, not because it fell silent; a stalled transfer is not sent again until then. */
static void stall(void **state)
{
    (void)state;
    struct mat_transport_status s;
    struct run run;

    begin(&run, NULL, 200);
    rig_fault(&run.rig, run.model, MAT_FAULT_STALL, 50, 1);
    rig_run(&run.rig, &run.mat);
    rig_until(&run.mat, run.mat.next_frame == 200);
    s = rig_status(&run.mat);
    assert_int_equal(run.mat.frames, 199);
    assert_int_equal(run.mat.gap_device, 1);
    assert_true(s.stalls >= 1 && s.stalls <= 16);
    assert_int_equal(s.clear_halts, 1);
    assert_int_equal(s.resets, 0);
    assert_non_null(strstr(rig_event_text(&run.mat, MAT_EVENT_TROUBLE), "the mat stalled"));
    end(&run);
}

static void short_transfers(void **state)
{
    (void)state;
    with_fault(MAT_FAULT_SHORT, 5, 0);
}

static void overflow(void **state)
{
    (void)state;
    assert_int_equal(with_fault(MAT_FAULT_OVERFLOW, 3, 3).overflows, 3);
}

static void babble(void **state)
{
    (void)state;
    assert_int_equal(with_fault(MAT_FAULT_BABBLE, 1, 1).overflows, 1);
}

static void protocol_error(void **state)
{
    (void)state;
    assert_int_equal(with_fault(MAT_FAULT_PROTOCOL, 3, 3).errors, 3);
}

static void bit_flips(void **state)
{
    (void)state;
    assert_true(with_fault(MAT_FAULT_BIT_FLIP, 4, 4).verdict[MAT_BAD_CHECKSUM] >= 1); /* a run of them is told once */
}

static void truncated(void **state)
{
    (void)state;
    struct run run;

    begin(&run, NULL, 200);
    rig_fault(&run.rig, run.model, MAT_FAULT_TRUNCATE, 50, 1);
    rig_run(&run.rig, &run.mat);
    rig_until(&run.mat, run.mat.next_frame == 200);
    assert_int_equal(run.mat.frames, 199);
    assert_int_equal(run.mat.gap_device, 1);
    end(&run);
}

static void sequence_gap(void **state)
{
    (void)state;
    struct run run;

    begin(&run, NULL, 200);
    rig_fault(&run.rig, run.model, MAT_FAULT_SEQUENCE_GAP, 50, 9);
    rig_run(&run.rig, &run.mat);
    rig_until(&run.mat, run.mat.frames == 200);
    assert_int_equal(run.mat.gap_device, 9);
    end(&run);
}

/* --- the ladder ------------------------------------------------------------------------------------- */

static uint64_t rescues(const struct run *run)
{
    struct mat_transport_status s = rig_status(&run->mat);

    return s.clear_halts + s.resets + s.reopens;
}

/* The mat says nothing, and so much time passes that it must be mended once more. Time stands still again before it can. */
static void pass_until_rescued(struct run *run, uint64_t times)
{
    for (unsigned turns = 0; rescues(run) < times; turns++) {
        assert_true(turns < 6000);
        rig_pass(&run->rig, SILENCE_MS + 1);
        rig_turn(&run->rig, &run->mat, 1);
    }
    assert_int_equal(rescues(run), times);
}

static void silence(uint32_t depth, uint64_t clear_halts, uint64_t resets, uint64_t reopens)
{
    struct run run;

    begin(&run, &(struct rig_options){.silence_ms = SILENCE_MS}, 0);
    rig_fault(&run.rig, run.model, MAT_FAULT_SILENCE, 50, depth);
    rig_run(&run.rig, &run.mat);
    rig_until(&run.mat, run.mat.frames == 49); /* the fiftieth is made and stays in it */
    for (uint64_t i = 1; i <= depth; i++)
        pass_until_rescued(&run, i);
    rig_until(&run.mat, run.mat.frames > 80);
    struct mat_transport_status s = rig_status(&run.mat);
    assert_int_equal(s.clear_halts, clear_halts);
    assert_int_equal(s.resets, resets);
    assert_int_equal(s.reopens, reopens);
    assert_int_equal(run.mat.reconnects, reopens);
    assert_true(rig_events(&run.mat, MAT_EVENT_TROUBLE) == clear_halts + resets + reopens);
    assert_non_null(strstr(rig_event_text(&run.mat, MAT_EVENT_TROUBLE), "silent"));
    assert_int_equal(umock_counts(run.plug).resets, resets);
    end(&run);
}

static void silence_clear_halt(void **state)
{
    (void)state;
    silence(1, 1, 0, 0);
}

static void silence_reset(void **state)
{
    (void)state;
    silence(2, 1, 1, 0);
}

/* A host that stalls takes the mat for silent. What its cancelled transfers had brought by then is not lost. */
static void false_alarm(void **state)
{
    (void)state;
    struct run run;

    begin(&run, &(struct rig_options){.silence_ms = SILENCE_MS}, 0);
    rig_run(&run.rig, &run.mat);
    rig_until(&run.mat, run.mat.frames > 20);
    umock_hold(run.plug, true);
    pass_until_rescued(&run, 1);
    umock_hold(run.plug, false);
    rig_until(&run.mat, run.mat.frames > 80);
    assert_int_equal(run.mat.gap_device, 0);
    end(&run);
}

/* Reset runs the start steps too, so what only a start mends is mended there. */
static void silence_for_ever(void **state)
{
    (void)state;
    struct run run;

    begin(&run, &(struct rig_options){.silence_ms = SILENCE_MS}, 100);
    rig_run(&run.rig, &run.mat);
    rig_until(&run.mat, run.mat.frames == 100);
    for (uint64_t i = 1; i <= 3; i++)
        pass_until_rescued(&run, i);
    assert_int_equal(rig_events(&run.mat, MAT_EVENT_LOST), 0);
    rig_pass(&run.rig, SILENCE_MS + 1);
    rig_until(&run.mat, rig_events(&run.mat, MAT_EVENT_LOST) == 1);
    struct mat_transport_status s = rig_status(&run.mat);
    assert_int_equal(run.mat.frames, 100);
    assert_true(s.clear_halts == 1 && s.resets == 1 && s.reopens == 1);
    assert_int_equal(rig_events(&run.mat, MAT_EVENT_TROUBLE), s.clear_halts + s.resets + s.reopens);
    assert_non_null(strstr(rig_event_text(&run.mat, MAT_EVENT_LOST), "given up"));
    end(&run);
}

static void errors_for_ever(void **state)
{
    (void)state;
    struct run run;

    begin(&run, NULL, 0);
    rig_run(&run.rig, &run.mat);
    rig_until(&run.mat, run.mat.frames > 20);
    umock_fail_urb(run.plug, -EPROTO, UINT32_MAX, 0);
    rig_until(&run.mat, rig_events(&run.mat, MAT_EVENT_LOST) == 1);
    assert_true(rig_status(&run.mat).errors >= 8);
    assert_non_null(strstr(rig_event_text(&run.mat, MAT_EVENT_LOST), "transfer error"));
    end(&run);
}

/* --- submits that fail -------------------------------------------------------------------------------- */

static void resubmit_no_memory(void **state)
{
    (void)state;
    struct run run;

    begin(&run, NULL, 0);
    rig_run(&run.rig, &run.mat);
    rig_until(&run.mat, run.mat.frames > 20);
    umock_fail_submit(run.plug, ENOMEM, 1);
    rig_until(&run.mat, rig_events(&run.mat, MAT_EVENT_TROUBLE) >= 1);
    assert_non_null(strstr(rig_event_text(&run.mat, MAT_EVENT_TROUBLE), "no USB memory"));
    uint64_t before = run.mat.frames;
    rig_until(&run.mat, run.mat.frames > before + 50);
    assert_int_equal(rig_events(&run.mat, MAT_EVENT_LOST), 0);
    end(&run);
}

static void resubmit_fails_once(void **state)
{
    (void)state;
    struct run run;

    begin(&run, NULL, 0);
    rig_run(&run.rig, &run.mat);
    rig_until(&run.mat, run.mat.frames > 20);
    umock_fail_submit(run.plug, EIO, 1);
    rig_until(&run.mat, rig_events(&run.mat, MAT_EVENT_TROUBLE) == 1);
    uint64_t before = run.mat.frames;
    rig_until(&run.mat, run.mat.frames > before + 50);
    assert_int_equal(rig_status(&run.mat).clear_halts, 1);
    end(&run);
}

static void first_submit_no_memory(void **state)
{
    (void)state;
    struct mat_usb_found found;
    struct gait_error err = {0};
    struct run run;

    begin(&run, NULL, 0);
    rig_scan(&run.rig, NULL, &found, 1);
    assert_int_equal(rig_open(&run.rig, &found, &run.mat, &err), 0);
    umock_fail_submit(run.plug, ENOMEM, UINT32_MAX);
    assert_int_equal(run.mat.transport->ops->start(run.mat.transport, &err), -ENOMEM);
    assert_non_null(strstr(err.text, "echo 128 >"));
    umock_fail_submit(run.plug, 0, 0);
    rig_start(&run.mat);
    rig_until(&run.mat, run.mat.frames > 20);
    end(&run);
}

/* --- usbfs memory ----------------------------------------------------------------------------------------- */

static void memory_limit(void **state)
{
    (void)state;
    static const char path[] = "usbfs_memory_mb.test";
    struct mat_usb_found found;
    struct gait_error err = {0};
    struct run run;

    FILE *f = fopen(path, "w");
    fputs("1\n", f);
    fclose(f);
    begin(&run, &(struct rig_options){.usbfs_memory_path = path}, 0);
    rig_scan(&run.rig, NULL, &found, 1);
    assert_int_equal(rig_open(&run.rig, &found, &run.mat, &err), 0);
    assert_int_equal(run.mat.transport->ops->start(run.mat.transport, &err), -ENOMEM);
    assert_non_null(strstr(err.text, "usbfs may hold 1 MB for all programs together"));
    f = fopen(path, "w");
    fputs("0\n", f);
    fclose(f);
    rig_start(&run.mat);
    rig_until(&run.mat, run.mat.frames > 20);
    end(&run);
    unlink(path);
}

/* --- who may open it ---------------------------------------------------------------------------------------- */

static void become_nobody(void)
{
    if (geteuid() == 0 && (setegid(65534) < 0 || seteuid(65534) < 0 || chdir("/tmp") < 0))
        fail();
}

/* The leak checker looks at its own process with ptrace. */
static void become_root_again(void)
{
    if (getuid() == 0 && (seteuid(0) < 0 || setegid(0) < 0 || prctl(PR_SET_DUMPABLE, 1) < 0))
        fail();
}

static void denied(void **state)
{
    (void)state;
    struct mat_usb_found found;
    struct gait_error err = {0};
    struct rig_mat mat;
    struct rig rig;

    become_nobody();
    rig_begin(&rig, &(struct rig_options){.access_ms = 120});
    struct mat_model *model = rig_model("A1", 16, 16, 1, 0, INFINITY);
    struct umock_mat *plug = umock_plug(rig.bed, model, "1-1", UMOCK_DENIED);
    rig_scan(&rig, NULL, &found, 1);
    assert_int_equal(rig_open(&rig, &found, &mat, &err), -EACCES);
    assert_non_null(strstr(err.text, "udev rule"));
    umock_allow(plug);
    assert_int_equal(rig_open(&rig, &found, &mat, &err), 0);
    rig_start(&mat);
    rig_until(&mat, mat.frames > 5);
    rig_close(&mat);
    rig_end(&rig);
    mat_model_free(model);
    become_root_again();
}

/* It comes back before udev has set its permissions. */
static void denied_for_a_moment(void **state)
{
    (void)state;
    struct rig_mat mat;
    struct rig rig;

    become_nobody();
    rig_begin(&rig, NULL);
    struct mat_model *model = rig_model("A1", 16, 16, 1, 0, 500);
    struct umock_mat *plug = umock_plug(rig.bed, model, "1-1", 0);
    rig_run(&rig, &mat);
    rig_until(&mat, mat.frames > 5);
    umock_unplug(plug, -ESHUTDOWN);
    rig_until(&mat, rig_events(&mat, MAT_EVENT_LOST) == 1);
    plug = umock_plug(rig.bed, model, "1-1", UMOCK_DENIED);
    for (unsigned i = 0; i < 20; i++)
        rig_turn(&rig, &mat, 1);
    assert_int_equal(rig_events(&mat, MAT_EVENT_BACK), 0);
    umock_allow(plug);
    rig_until(&mat, rig_events(&mat, MAT_EVENT_BACK) == 1);
    assert_int_equal(rig_events(&mat, MAT_EVENT_TROUBLE), 0);
    rig_close(&mat);
    rig_end(&rig);
    mat_model_free(model);
    become_root_again();
}

/* It comes back, and may be opened only long after: that is said once, and it is tried again until it may. */
static void denied_for_long(void **state)
{
    (void)state;
    struct rig_mat mat;
    struct rig rig;

    become_nobody();
    rig_begin(&rig, &(struct rig_options){.access_ms = 150, .retry_ms = 100});
    struct mat_model *model = rig_model("A1", 16, 16, 1, 0, 500);
    struct umock_mat *plug = umock_plug(rig.bed, model, "1-1", 0);
    rig_run(&rig, &mat);
    rig_until(&mat, mat.frames > 5);
    umock_unplug(plug, -ESHUTDOWN);
    rig_until(&mat, rig_events(&mat, MAT_EVENT_LOST) == 1);
    plug = umock_plug(rig.bed, model, "1-1", UMOCK_DENIED);
    rig_until(&mat, rig_events(&mat, MAT_EVENT_TROUBLE) == 1);
    assert_non_null(strstr(rig_event_text(&mat, MAT_EVENT_TROUBLE), "udev rule"));
    assert_string_equal(rig_status(&mat).text, "it is back and cannot be opened: gait logs");
    for (unsigned i = 0; i < 40; i++)
        rig_turn(&rig, &mat, 1);
    umock_allow(plug);
    rig_until(&mat, rig_events(&mat, MAT_EVENT_BACK) == 1);
    assert_int_equal(rig_events(&mat, MAT_EVENT_TROUBLE), 1);
    rig_close(&mat);
    rig_end(&rig);
    mat_model_free(model);
    become_root_again();
}

static void busy(void **state)
{
    (void)state;
    struct mat_usb_found found;
    struct gait_error err = {0};
    struct rig_mat mat;
    struct rig rig;

    rig_begin(&rig, NULL);
    struct mat_model *model = rig_model("A1", 16, 16, 1, 0, INFINITY);
    umock_plug(rig.bed, model, "1-1", UMOCK_BUSY);
    rig_scan(&rig, NULL, &found, 1);
    assert_int_equal(rig_open(&rig, &found, &mat, &err), -EBUSY);
    assert_non_null(strstr(err.text, "in use by another program"));
    rig_end(&rig);
    mat_model_free(model);
}

/* --- who is who ------------------------------------------------------------------------------------------------ */

static void no_serial(void **state)
{
    (void)state;
    struct mat_usb_found found;
    struct rig rig;

    rig_begin(&rig, NULL);
    struct mat_model *model = rig_model("", 16, 16, 1, 0, INFINITY);
    umock_plug(rig.bed, model, "1-12", 0);
    rig_scan(&rig, NULL, &found, 1);
    assert_string_equal(found.id, "port-1-12");
    assert_true(found.by_port);
    assert_non_null(strstr(found.note, "no serial number"));
    rig_end(&rig);
    mat_model_free(model);
}

/* Two that say the same: both by port. One that is open keeps its id, whoever comes later. */
static void duplicate_serial(void **state)
{
    (void)state;
    struct mat_usb_found found[2];
    struct rig_mat mat;
    struct rig rig;

    rig_begin(&rig, NULL);
    struct mat_model *a = rig_model("x", 16, 16, 1, 0, 100), *b = rig_model("y", 16, 16, 1, 0, 100);
    rig_fault(&rig, a, MAT_FAULT_DUPLICATE_SERIAL, 0, 1);
    rig_fault(&rig, b, MAT_FAULT_DUPLICATE_SERIAL, 0, 1);
    umock_plug(rig.bed, a, "1-1", 0);
    rig_run(&rig, &mat);
    assert_string_equal(mat_usb_id(mat.transport), "0123456789");
    struct umock_mat *second = umock_plug(rig.bed, b, "1-2", 0);
    rig_scan(&rig, NULL, found, 2);
    unsigned at = strcmp(found[1].device.port, "1-2") == 0;
    assert_string_equal(found[!at].id, "0123456789");
    assert_string_equal(found[at].id, "port-1-2");
    assert_non_null(strstr(found[at].note, "serial number 0123456789 too"));
    rig_close(&mat);
    rig_scan(&rig, NULL, found, 2);
    assert_true(found[0].by_port && found[1].by_port);
    umock_unplug(second, -ESHUTDOWN);
    rig_scan(&rig, NULL, found, 1);
    assert_string_equal(found[0].id, "0123456789");
    rig_end(&rig);
    mat_model_free(a);
    mat_model_free(b);
}

/* --- descriptors that lie -------------------------------------------------------------------------------------- */

/* Refused with one line, or read where the lie does not matter; never a crash, and the next mat is not hurt. */
static void hostile(void **state)
{
    (void)state;
    struct rig rig;

    rig_begin(&rig, NULL);
    for (unsigned lie = 0; lie < MAT_MODEL_LIES; lie++) {
        struct mat_model *model = rig_model("A1", 16, 16, 1, 50, INFINITY);
        struct mat_usb_found found;
        struct gait_error err = {0};
        struct rig_mat mat;

        mat_model_fault(model, &(struct mat_fault){.kind = MAT_FAULT_HOSTILE_DESCRIPTOR, .seed = lie});
        struct umock_mat *plug = umock_plug(rig.bed, model, "1-1", 0);
        const struct mat_profile *profiles[] = {&rig.open_profile};
        size_t n = 0;
        for (unsigned i = 0; i < 50 && n == 0; i++) {
            rig_turn(&rig, NULL, 0);
            assert_int_equal(mat_usb_scan(rig.context, profiles, 1, NULL, NULL, &found, 1, &n, NULL), 0);
        }
        int r = n ? rig_open(&rig, &found, &mat, &err) : -ENODEV;
        print_message("lie %u: %zu found, open %d %s\n", lie, n, r, err.text);
        if (r == 0) {
            rig_start(&mat);
            rig_until(&mat, mat.frames == 50);
            rig_close(&mat);
        } else if (n) {
            assert_true(err.text[0] != 0);
        }
        umock_unplug(plug, -ESHUTDOWN);
        do {
            rig_turn(&rig, NULL, 0);
            assert_int_equal(mat_usb_scan(rig.context, profiles, 1, NULL, NULL, &found, 1, &n, NULL), 0);
        } while (n);
        mat_model_free(model);
    }
    rig_end(&rig);
}

int main(int argc, char **argv)
{
    static const struct scenario scenarios[] = {
        SCENARIO(stall),
        SCENARIO(short_transfers),
        SCENARIO(overflow),
        SCENARIO(babble),
        SCENARIO(protocol_error),
        SCENARIO(bit_flips),
        SCENARIO(truncated),
        SCENARIO(sequence_gap),
        SCENARIO(silence_clear_halt),
        SCENARIO(silence_reset),
        SCENARIO(silence_for_ever),
        SCENARIO(false_alarm),
        SCENARIO(errors_for_ever),
        SCENARIO(resubmit_no_memory),
        SCENARIO(resubmit_fails_once),
        SCENARIO(first_submit_no_memory),
        SCENARIO(memory_limit),
        SCENARIO(denied),
        SCENARIO(denied_for_a_moment),
        SCENARIO(denied_for_long),
        SCENARIO(busy),
        SCENARIO(no_serial),
        SCENARIO(duplicate_serial),
        SCENARIO(hostile),
    };

    return scenario_main(argc, argv, scenarios, sizeof scenarios / sizeof scenarios[0]);
}
