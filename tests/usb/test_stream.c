/* Streams through the real libusb. Each scenario is a process of its own: test_stream NAME. */
#include "rig.h"
#include "scenario.h"

static void stream_plain(void **state)
{
    (void)state;
    struct rig rig;
    struct rig_mat mat;

    rig_begin(&rig, NULL);
    struct mat_model *model = rig_model("A1", 64, 64, 1, 300, INFINITY);
    struct umock_mat *plug = umock_plug(rig.bed, model, "1-1", 0);

    rig_run(&rig, &mat);
    mat.whole = true;
    assert_string_equal(mat_usb_id(mat.transport), "A1");
    rig_until(&mat, mat.frames == 300);
    rig_until(&mat, rig_events(&mat, MAT_EVENT_STREAMING) == 1);
    assert_int_equal(rig_status(&mat).frames, 300);
    assert_int_equal(rig_status(&mat).gap_device, 0);
    assert_true(umock_counts(plug).most_in_flight >= 8);
    rig_close(&mat);
    assert_int_equal(umock_counts(plug).in_flight, 0);
    assert_int_equal(umock_counts(plug).releases, 1);
    rig_end(&rig);
    mat_model_free(model);
}

int main(int argc, char **argv)
{
    static const struct scenario scenarios[] = {
        SCENARIO(stream_plain),
    };

    return scenario_main(argc, argv, scenarios, sizeof scenarios / sizeof scenarios[0]);
}
