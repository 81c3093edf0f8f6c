/*
 * When a frame was taken. Two times come out for every frame, each computed once:
 *
 * t_mat_ns   the mat's own time, what the metrics use: its tick; else its counter times the nominal period; else the fit of arrivals.
 * t_ns       the same instant on CLOCK_MONOTONIC, by a delay-locked loop on the arrivals: transfers come late and in batches, the mat's clock does not.
 *
 * Neither ever goes backwards. The loop is of second order with bandwidth narrowing from fast to slow, as in Adriaensen (2005), "Using a DLL to filter time".
 */
#ifndef MAT_FRAME_TIME_H
#define MAT_FRAME_TIME_H

#include <stdbool.h>
#include <stdint.h>

#include "driver.h"

struct mat_frame_time {
    double period_ns; /* nominal */
    bool started;
    uint64_t base_mat_ns; /* added to the mat's time so that it goes on after a jump */
    uint64_t last_own_ns; /* the mat's time as it said it, newest frame */
    uint64_t last_mat_ns, last_ns, last_arrival_ns;
    double offset_ns;     /* filtered t_ns - t_mat_ns */
    double drift;         /* of the offset, ns a ns of mat time */
    double locked_s;      /* mat time since the loop was started */
    uint32_t late_frames; /* in a row that came far later than the loop says */
    uint32_t jumps;       /* times that the mat's clock was found to have leapt */
};

/** Begin for a mat of a nominal rate. */
void mat_frame_time_init(struct mat_frame_time *t, double rate_hz);

/**
 * Stamp one decoded frame: t_mat_ns, t_ns, t_arrival_ns, and by time, with GAIT_FRAME_GAP_ESTIMATED, the gap_device of a mat that has neither counter nor
 * tick, or whose counter cannot say it: behind a restart, and where it went back.
 *
 * Unit     now_ns CLOCK_MONOTONIC at completion of the transfer that ended the frame.
 * Thread   usb.  No allocation.
 */
void mat_frame_time_stamp(struct mat_frame_time *t, const struct mat_decoded *decoded, uint64_t now_ns,
                          struct gait_frame_meta *meta);

/** The bytes stopped and begin again (reconnect): the mat's clock may start over; times go on. */
void mat_frame_time_restart(struct mat_frame_time *t);

#endif
