/* Pulling the plug at every moment, in every way that a kernel tells it, and putting it back. usb_unplug NAME. */
#include <stdio.h>
#include <unistd.h>

#include "rig.h"
#include "scenario.h"

struct run {
    struct rig rig;
    struct rig_mat mat;
    struct mat_model *model;
    struct umock_mat *plug;
};

static void begin(struct run *run, unsigned flags, double rate_hz)
{
    rig_begin(&run->rig, NULL);
    run->model = rig_model("A1", 64, 64, 1, 0, rate_hz);
    run->plug = umock_plug(run->rig.bed, run->model, "1-1", flags);
}

static void end(struct run *run)
{
    rig_close(&run->mat);
    rig_end(&run->rig);
    mat_model_free(run->model);
}

static void replug(struct run *run, const char *port)
{
    umock_lock(run->rig.bed);
    mat_model_reset(run->model);
    umock_unlock(run->rig.bed);
    run->plug = umock_plug(run->rig.bed, run->model, port, 0);
}

/* Streams, goes, is said to be gone, comes back on another port, goes on with the next connection number. */
static void unplug_and_back(int status, unsigned flags)
{
    struct run run;

    begin(&run, flags, 500);
    rig_run(&run.rig, &run.mat);
    rig_until(&run.mat, run.mat.frames > 30);
    umock_unplug(run.plug, status);
    rig_until(&run.mat, rig_events(&run.mat, MAT_EVENT_LOST) == 1);
    assert_int_equal(umock_counts(run.plug).in_flight, 0);
    assert_non_null(strstr(rig_event_text(&run.mat, MAT_EVENT_LOST), "unplugged"));
    assert_false(rig_status(&run.mat).streaming);
    assert_string_equal(rig_status(&run.mat).text, "unplugged");
    replug(&run, "1-3");
    rig_until(&run.mat, rig_events(&run.mat, MAT_EVENT_BACK) == 1);
    uint64_t before = run.mat.frames;
    rig_until(&run.mat, run.mat.frames > before + 30);
    assert_int_equal(run.mat.connection, 1);
    assert_int_equal(run.mat.reconnects, 1);
    assert_true(run.mat.gap_device > 0); /* judged by time: this mat did not count while it was away */
    assert_int_equal(rig_status(&run.mat).reconnects, 1);
    assert_string_equal(mat_usb_id(run.mat.transport), "A1");
    end(&run);
}

static void eshutdown(void **state)
{
    (void)state;
    unplug_and_back(-ESHUTDOWN, 0);
}

/* libusb 1.0.26 calls these COMPLETED with 0 bytes; only the resubmit fails. */
static void enoent(void **state)
{
    (void)state;
    unplug_and_back(-ENOENT, 0);
}

static void eproto(void **state)
{
    (void)state;
    unplug_and_back(-EPROTO, 0);
}

/* The node itself hangs up: libusb's own way of noticing. */
static void pollerr(void **state)
{
    (void)state;
    struct run run;

    begin(&run, UMOCK_PTY, 500);
    rig_run(&run.rig, &run.mat);
    rig_until(&run.mat, run.mat.frames > 30);
    umock_pull(run.plug, -ESHUTDOWN);
    rig_until(&run.mat, rig_events(&run.mat, MAT_EVENT_LOST) == 1);
    assert_int_equal(umock_counts(run.plug).in_flight, 0);
    umock_announce_gone(run.plug);
    replug(&run, "1-1");
    rig_until(&run.mat, rig_events(&run.mat, MAT_EVENT_BACK) == 1);
    end(&run);
}

/* Errors first; the news that it left comes much later. Whoever tries to mend finds it gone. */
static void error_before_left(void **state)
{
    (void)state;
    struct run run;

    begin(&run, 0, 500);
    rig_run(&run.rig, &run.mat);
    rig_until(&run.mat, run.mat.frames > 30);
    umock_fail_urb(run.plug, -EPROTO, UINT32_MAX, 0);
    while (rig_status(&run.mat).errors == 0)
        usleep(1000);
    umock_fail_submit(run.plug, ENODEV, UINT32_MAX);
    rig_until(&run.mat, rig_events(&run.mat, MAT_EVENT_LOST) == 1);
    assert_non_null(strstr(rig_event_text(&run.mat, MAT_EVENT_LOST), "first failed transfer: transfer error"));
    umock_unplug(run.plug, -ESHUTDOWN);
    replug(&run, "1-1");
    rig_until(&run.mat, rig_events(&run.mat, MAT_EVENT_BACK) == 1);
    assert_int_equal(rig_events(&run.mat, MAT_EVENT_LOST), 1);
    end(&run);
}

static void between_scan_and_open(void **state)
{
    (void)state;
    struct mat_usb_found found;
    struct gait_error err = {0};
    struct run run;

    begin(&run, 0, 500);
    rig_scan(&run.rig, NULL, &found, 1);
    umock_unplug(run.plug, -ESHUTDOWN);
    int r = rig_open(&run.rig, &found, &run.mat, &err);
    assert_int_equal(r, -ENODEV);
    assert_true(err.text[0] != 0);
    replug(&run, "1-1");
    rig_run(&run.rig, &run.mat);
    rig_until(&run.mat, run.mat.frames > 5);
    end(&run);
}

static void between_open_and_start(void **state)
{
    (void)state;
    struct mat_usb_found found;
    struct gait_error err = {0};
    struct run run;

    begin(&run, 0, 500);
    rig_scan(&run.rig, NULL, &found, 1);
    assert_int_equal(rig_open(&run.rig, &found, &run.mat, &err), 0);
    umock_unplug(run.plug, -ESHUTDOWN);
    assert_true(run.mat.transport->ops->start(run.mat.transport, &err) < 0);
    assert_true(err.text[0] != 0);
    end(&run);
}

static void while_stopped(void **state)
{
    (void)state;
    struct run run;

    begin(&run, 0, 500);
    rig_run(&run.rig, &run.mat);
    rig_until(&run.mat, run.mat.frames > 5);
    run.mat.transport->ops->stop(run.mat.transport);
    umock_unplug(run.plug, -ESHUTDOWN);
    rig_turn(&run.rig, &run.mat, 1);
    end(&run);
}

/* Gone in the middle of being mended. */
static void during_rescue(void **state)
{
    (void)state;
    struct run run;

    begin(&run, 0, 500);
    rig_fault(&run.rig, run.model, MAT_FAULT_STALL, 30, 1);
    rig_run(&run.rig, &run.mat);
    rig_until(&run.mat, rig_status(&run.mat).stalls > 0);
    umock_unplug(run.plug, -ESHUTDOWN);
    rig_until(&run.mat, rig_events(&run.mat, MAT_EVENT_LOST) == 1);
    replug(&run, "1-1");
    rig_until(&run.mat, rig_events(&run.mat, MAT_EVENT_BACK) == 1);
    end(&run);
}

static void then_freed(void **state)
{
    (void)state;
    struct run run;

    begin(&run, 0, 500);
    rig_run(&run.rig, &run.mat);
    rig_until(&run.mat, run.mat.frames > 5);
    umock_unplug(run.plug, -ESHUTDOWN);
    end(&run); /* nobody served the news */
}

static void storm(void **state)
{
    (void)state;
    static const int status[] = {-ESHUTDOWN, -ENOENT, -EPROTO};
    struct run run;

    begin(&run, 0, 1000);
    rig_run(&run.rig, &run.mat);
    for (unsigned i = 1; i <= 6; i++) {
        uint64_t before = run.mat.frames;

        rig_until(&run.mat, run.mat.frames > before + 3 * i);
        umock_unplug(run.plug, status[i % 3]);
        replug(&run, i % 2 ? "1-2" : "1-1"); /* back before anybody looked */
        rig_until(&run.mat, rig_events(&run.mat, MAT_EVENT_BACK) == i);
    }
    assert_int_equal(run.mat.connection, 6);
    assert_int_equal(rig_events(&run.mat, MAT_EVENT_LOST), 6);
    end(&run);
}

static void other_geometry_refused(void **state)
{
    (void)state;
    struct run run;

    begin(&run, 0, 500);
    rig_run(&run.rig, &run.mat);
    rig_until(&run.mat, run.mat.frames > 5);
    umock_unplug(run.plug, -ESHUTDOWN);
    struct mat_model *other = rig_model("A1", 32, 64, 1, 0, 500);
    run.plug = umock_plug(run.rig.bed, other, "1-1", 0);
    rig_until(&run.mat, rig_events(&run.mat, MAT_EVENT_TROUBLE) == 1);
    assert_non_null(strstr(rig_event_text(&run.mat, MAT_EVENT_TROUBLE), "32x64 cells, not 64x64"));
    assert_int_equal(rig_events(&run.mat, MAT_EVENT_BACK), 0);
    umock_unplug(run.plug, -ESHUTDOWN);
    replug(&run, "1-1");
    rig_until(&run.mat, rig_events(&run.mat, MAT_EVENT_BACK) == 1);
    end(&run);
    mat_model_free(other);
}

/* Another mat in the same socket is not this one. */
static void other_serial_is_another_mat(void **state)
{
    (void)state;
    struct run run;

    begin(&run, 0, 500);
    rig_run(&run.rig, &run.mat);
    rig_until(&run.mat, run.mat.frames > 5);
    umock_unplug(run.plug, -ESHUTDOWN);
    struct mat_model *other = rig_model("B2", 64, 64, 1, 0, 500);
    struct umock_mat *plug = umock_plug(run.rig.bed, other, "1-1", 0);
    rig_until(&run.mat, run.rig.new_devices >= 2);
    for (unsigned i = 0; i < 10; i++)
        rig_turn(&run.rig, &run.mat, 1);
    assert_int_equal(umock_counts(plug).claims, 0);
    assert_int_equal(rig_events(&run.mat, MAT_EVENT_BACK), 0);
    end(&run);
    mat_model_free(other);
}

int main(int argc, char **argv)
{
    static const struct scenario scenarios[] = {
        SCENARIO(eshutdown),
        SCENARIO(enoent),
        SCENARIO(eproto),
        SCENARIO(pollerr),
        SCENARIO(error_before_left),
        SCENARIO(between_scan_and_open),
        SCENARIO(between_open_and_start),
        SCENARIO(while_stopped),
        SCENARIO(during_rescue),
        SCENARIO(then_freed),
        SCENARIO(storm),
        SCENARIO(other_geometry_refused),
        SCENARIO(other_serial_is_another_mat),
    };

    return scenario_main(argc, argv, scenarios, sizeof scenarios / sizeof scenarios[0]);
}
