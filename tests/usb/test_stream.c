/* Streams through the real libusb. Each scenario is a process of its own: usb_stream NAME. */
#include "rig.h"
#include "scenario.h"

static void run_whole(uint32_t rows, uint32_t cols, uint8_t parts, uint64_t frames, unsigned flags,
                      struct umock_counts *ret)
{
    struct rig rig;
    struct rig_mat mat;

    rig_begin(&rig, NULL);
    struct mat_model *model = rig_model("A1", rows, cols, parts, frames, INFINITY);
    struct umock_mat *plug = umock_plug(rig.bed, model, "1-1", flags);

    rig_run(&rig, &mat);
    mat.whole = true;
    assert_string_equal(mat_usb_id(mat.transport), "A1");
    rig_until(&mat, mat.frames == frames);
    rig_until(&mat, rig_events(&mat, MAT_EVENT_STREAMING) == 1);
    assert_int_equal(rig_status(&mat).frames, frames);
    assert_int_equal(rig_status(&mat).gap_device, 0);
    assert_int_equal(rig_status(&mat).errors, 0);
    rig_close(&mat);
    *ret = umock_counts(plug);
    assert_int_equal(ret->in_flight, 0);
    assert_int_equal(ret->claims, 1);
    assert_int_equal(ret->releases, 1);
    rig_end(&rig);
    mat_model_free(model);
}

static void plain(void **state)
{
    (void)state;
    struct umock_counts c;

    run_whole(64, 64, 1, 300, 0, &c);
    assert_true(c.most_in_flight >= 8);
}

static void parts(void **state)
{
    (void)state;
    struct umock_counts c;

    run_whole(64, 64, 4, 200, 0, &c);
}

/* Frames of 65564 bytes in transfers of 64 KiB, which a kernel without scatter-gather takes as URBs of 16 KiB. */
static void split_64k(void **state)
{
    (void)state;
    struct umock_counts whole, split;

    run_whole(256, 128, 1, 60, UMOCK_NO_SCATTER, &split);
    (void)whole;
    assert_true(split.submitted > 60 * 5);
}

static void kernel_driver(void **state)
{
    (void)state;
    struct umock_counts c;

    run_whole(16, 16, 1, 20, UMOCK_KERNEL_DRIVER, &c);
    assert_int_equal(c.detached, 1);
    assert_int_equal(c.attached, 1);
}

/* Each keeps its own frames, counters and end; one stalls, the other does not feel it. */
static void two_mats(void **state)
{
    (void)state;
    struct rig rig;
    struct rig_mat mat[2];
    struct mat_usb_found found[2];

    rig_begin(&rig, NULL);
    struct mat_model *a = rig_model("A1", 64, 64, 1, 200, INFINITY), *b = rig_model("B2", 32, 48, 3, 300, INFINITY);
    rig_fault(&rig, a, MAT_FAULT_STALL, 50, 1);
    umock_plug(rig.bed, a, "1-1", 0);
    umock_plug(rig.bed, b, "1-2", 0);
    rig_scan(&rig, NULL, found, 2);
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(rig_open(&rig, &found[i], &mat[i], NULL), 0);
        rig_start(&mat[i]);
    }
    unsigned b_at = strcmp(found[1].id, "B2") == 0;
    mat[b_at].whole = true;
    rig_until_of(&rig, mat, 2, mat[b_at].frames == 300 && mat[!b_at].next_frame == 200);
    assert_int_equal(rig_status(&mat[b_at]).stalls, 0);
    assert_true(rig_status(&mat[!b_at]).stalls >= 1);
    assert_string_equal(found[b_at].device.port, "1-2");
    rig_close(&mat[0]);
    rig_close(&mat[1]);
    rig_end(&rig);
    mat_model_free(a);
    mat_model_free(b);
}

/* Transfers smaller than a frame: half a frame is in the pipe at stop and leads the next start. */
static void stop_and_start(void **state)
{
    (void)state;
    struct rig rig;
    struct rig_mat mat;

    rig_begin(&rig, NULL);
    struct mat_model *model = rig_model("A1", 256, 160, 1, 0, 200);
    struct umock_mat *plug = umock_plug(rig.bed, model, "1-1", 0);
    rig_run(&rig, &mat);
    for (unsigned round = 1; round <= 5; round++) {
        uint64_t before = mat.frames;

        rig_until(&mat, mat.frames >= before + 10);
        mat.transport->ops->stop(mat.transport);
        assert_int_equal(umock_counts(plug).in_flight, 0);
        rig_start(&mat);
    }
    assert_int_equal(mat.reconnects, 0);
    assert_int_equal(rig_status(&mat).verdict[MAT_BAD_CHECKSUM], 0);
    rig_close(&mat);
    rig_end(&rig);
    mat_model_free(model);
}

/* Half a frame that stayed in the pipe leads the next stream: passed over and counted, no frame is lost or made of it. */
static void stale_half(void **state)
{
    (void)state;
    struct rig rig;
    struct rig_mat mat;

    rig_begin(&rig, NULL);
    struct mat_model *model = rig_model("A1", 64, 64, 1, 0, 200);
    umock_plug(rig.bed, model, "1-1", 0);
    rig_run(&rig, &mat);
    rig_until(&mat, mat.frames >= 10);
    rig_fault(&rig, model, MAT_FAULT_HALF, 0, 1);
    mat.transport->ops->stop(mat.transport);
    rig_start(&mat);
    rig_until(&mat, mat.frames >= 40);
    assert_int_equal(rig_status(&mat).verdict[MAT_BAD_CHECKSUM], 1);
    assert_int_equal(mat.reconnects, 0);
    rig_close(&mat);
    rig_end(&rig);
    mat_model_free(model);
}

/* Freed in the middle of a paced stream: everything comes home, the mat was told to stop. */
static void shutdown(void **state)
{
    (void)state;
    for (unsigned round = 0; round < 3; round++) {
        struct rig rig;
        struct rig_mat mat;

        rig_begin(&rig, NULL);
        struct mat_model *model = rig_model("A1", 64, 64, 1, 0, 500);
        struct umock_mat *plug = umock_plug(rig.bed, model, "1-1", 0);
        rig_run(&rig, &mat);
        rig_until(&mat, mat.frames >= 3 + 7 * round);
        umock_hold(plug, true);
        rig_until(&mat, umock_counts(plug).in_flight >= 8);
        rig_close(&mat);
        assert_int_equal(umock_counts(plug).in_flight, 0);
        assert_true(umock_counts(plug).discarded > 0);
        rig_end(&rig);
        mat_model_free(model);
    }
}

/* Nobody reads: the newest frames are not taken, counted, and told by the next frame that is. */
static void ring_full(void **state)
{
    (void)state;
    struct rig rig;
    struct rig_mat mat;
    uint64_t due;

    rig_begin(&rig, NULL);
    struct mat_model *model = rig_model("A1", 16, 16, 1, 3000, INFINITY);
    umock_plug(rig.bed, model, "1-1", 0);
    rig_run(&rig, &mat);
    while (rig_status(&mat).frames < 3000)
        mat_usb_service(rig.context, &due);
    struct gait_ring_stats stats;
    gait_ring_stats(mat.ring, &stats);
    assert_int_equal(stats.taken + stats.spilled, 3000);
    assert_true(stats.spilled > 0);
    rig_until(&mat, mat.frames == stats.taken);
    rig_close(&mat);
    rig_end(&rig);
    mat_model_free(model);
}

int main(int argc, char **argv)
{
    static const struct scenario scenarios[] = {
        SCENARIO(plain),         SCENARIO(parts),    SCENARIO(split_64k),
        SCENARIO(kernel_driver), SCENARIO(two_mats), SCENARIO(stop_and_start),
        SCENARIO(stale_half),    SCENARIO(shutdown), SCENARIO(ring_full),
    };

    return scenario_main(argc, argv, scenarios, sizeof scenarios / sizeof scenarios[0]);
}
