/*
 * The way of a frame from libusb into the ring, beside a bare libusb reader that submits the same transfers and looks at nothing; both before the same emulated mat, in
 * turns. CPU is the whole process's, emulation included: the difference is what decoding and the ring cost. Needs umockdev: LD_PRELOAD=libumockdev-preload.so.0.
 */
#include <libusb.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench.h"
#include "rig.h"

enum { ROUNDS = 15, FRAMES = 600, TRANSFERS = 16, RING_BYTES = 1 << 20 };

static const uint32_t shapes[][2] = {{64, 64}, {96, 88}, {360, 64}};

/* --- bare -------------------------------------------------------------------------------------------- */

struct bare {
    libusb_device_handle *handle;
    struct libusb_transfer *transfer[TRANSFERS];
    uint64_t bytes, wanted;
    int in_flight;
};

static void LIBUSB_CALL bare_done(struct libusb_transfer *t)
{
    struct bare *b = t->user_data;

    b->bytes += (uint64_t)t->actual_length;
    if (t->status != LIBUSB_TRANSFER_COMPLETED || b->bytes >= b->wanted || libusb_submit_transfer(t) < 0)
        b->in_flight--;
}

static double cpu_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

/* Time and CPU of a frame, ns. */
struct cost {
    double wall, cpu;
};

static struct cost bare_round(size_t frame_bytes, size_t transfer_bytes, unsigned transfers)
{
    libusb_context *usb;
    struct bare b = {.wanted = (uint64_t)FRAMES * frame_bytes};
    struct cost cost;
    libusb_init(&usb);
    b.handle = libusb_open_device_with_vid_pid(usb, 0x1209, 1);
    if (!b.handle)
        abort();
    libusb_claim_interface(b.handle, 0);
    libusb_control_transfer(b.handle, 0x40, MAT_OPEN_START, 0, 0, NULL, 0, 1000);
    cost = (struct cost){(double)bench_now_ns(), cpu_ns()};
    for (unsigned i = 0; i < transfers; i++) {
        b.transfer[i] = libusb_alloc_transfer(0);
        libusb_fill_bulk_transfer(b.transfer[i], b.handle, 0x81, malloc(transfer_bytes), (int)transfer_bytes, bare_done,
                                  &b, 0);
        b.in_flight += libusb_submit_transfer(b.transfer[i]) == 0;
    }
    while (b.bytes < b.wanted)
        libusb_handle_events(usb);
    cost = (struct cost){((double)bench_now_ns() - cost.wall) / FRAMES, (cpu_ns() - cost.cpu) / FRAMES};
    for (unsigned i = 0; i < transfers; i++)
        libusb_cancel_transfer(b.transfer[i]);
    while (b.in_flight > 0)
        libusb_handle_events(usb);
    libusb_control_transfer(b.handle, 0x40, MAT_OPEN_STOP, 0, 0, NULL, 0, 1000);
    for (unsigned i = 0; i < transfers; i++) {
        free(b.transfer[i]->buffer);
        libusb_free_transfer(b.transfer[i]);
    }
    libusb_release_interface(b.handle, 0);
    libusb_close(b.handle);
    libusb_exit(usb);
    return cost;
}

/* --- ours ----------------------------------------------------------------------------------------------- */

/* The reader keeps the ring empty and looks at no cell: that is the pipeline's work, not the transport's. */
static void empty(struct rig_mat *mat)
{
    while (gait_ring_peek(mat->ring, GAIT_STAGE_PIPELINE)) {
        gait_ring_advance(mat->ring, GAIT_STAGE_PIPELINE);
        if (gait_ring_peek(mat->ring, GAIT_STAGE_RECORDER))
            gait_ring_advance(mat->ring, GAIT_STAGE_RECORDER);
    }
    (void)gait_ring_release(mat->ring, gait_ring_cursor(mat->ring, GAIT_STAGE_RECORDER));
}

/* Frames until `head`. The first round of the ring is not timed: memory is touched for the first time then, which a bare reader's nine buffers are over with at once. */
static uint64_t until(struct rig_mat *mat, uint64_t head)
{
    const struct timespec nap = {.tv_nsec = 2000000};
    uint64_t due, now;

    while ((now = gait_ring_head(mat->ring)) < head) {
        mat_usb_service(mat->rig->context, &due);
        empty(mat);
        nanosleep(&nap, NULL);
    }
    return now;
}

static struct cost our_round(struct rig *rig, size_t frame_bytes)
{
    struct mat_usb_found found;
    struct rig_mat mat;
    struct cost cost;
    uint64_t warm, frames;

    rig_scan(rig, NULL, &found, 1);
    if (rig_open(rig, &found, &mat, NULL) < 0)
        abort();
    rig_start(&mat);
    warm = until(&mat, 2 * RING_BYTES / frame_bytes);
    cost = (struct cost){(double)bench_now_ns(), cpu_ns()};
    frames = until(&mat, warm + FRAMES) - warm;
    cost = (struct cost){((double)bench_now_ns() - cost.wall) / (double)frames, (cpu_ns() - cost.cpu) / (double)frames};
    rig_close(&mat);
    return cost;
}

static void one_shape(uint32_t rows, uint32_t cols)
{
    double bare[ROUNDS], ours[ROUNDS], ratio[ROUNDS], cpu[ROUNDS];
    size_t frame_bytes = 28 + 2 * (size_t)rows * cols, transfer = (frame_bytes + 511) / 512 * 512;
    char name[32];
    struct rig rig;

    rig_begin(&rig, NULL);
    rig.ring_bytes = RING_BYTES;
    struct mat_model *model = rig_model("A1", rows, cols, 1, 0, INFINITY);
    umock_plug(rig.bed, model, "1-1", 0);
    for (unsigned r = 0; r < ROUNDS; r++) {
        struct cost b = bare_round(frame_bytes, transfer, 9), o = our_round(&rig, frame_bytes);

        bare[r] = b.wall;
        ours[r] = o.wall;
        ratio[r] = o.wall / b.wall;
        cpu[r] = o.cpu - b.cpu;
    }
    snprintf(name, sizeof name, "%ux%u", rows, cols);
    bench_value("usb", name, "bare libusb", bench_median(bare, ROUNDS), "ns/frame");
    bench_value("usb", name, "into the ring", bench_median(ours, ROUNDS), "ns/frame");
    bench_value("usb", name, "ratio", bench_median(ratio, ROUNDS), "1");
    bench_value("usb", name, "CPU beyond bare", bench_median(cpu, ROUNDS), "ns/frame");
    rig_end(&rig);
    mat_model_free(model);
}

int main(void)
{
    for (size_t s = 0; s < sizeof shapes / sizeof shapes[0]; s++)
        one_shape(shapes[s][0], shapes[s][1]);
    return 0;
}
