#include "transport/frame_time.h"

#include <math.h>

enum { NS_PER_S = 1000000000 };

/* A mat whose clock runs this much ahead of ours between two frames has leapt. Behind is what a stalled host looks like, unless it stays so. */
static const double leap_ns = 1.0 * NS_PER_S;
static const uint32_t late_frames_max = 32;
/* Loop bandwidth: starts at 1 Hz, ends at 0.02 Hz: a jitter of 1 ms then moves a time by a few us. */
static const double bandwidth_first_hz = 1.0, bandwidth_last_hz = 0.02;

void mat_frame_time_init(struct mat_frame_time *t, double rate_hz)
{
    *t = (struct mat_frame_time){.period_ns = NS_PER_S / rate_hz};
}

void mat_frame_time_restart(struct mat_frame_time *t)
{
    t->started = false;
}

/* The mat's time as the mat itself would say it; false: it says nothing. */
static bool own_time(const struct mat_frame_time *t, const struct mat_decoded *d, uint64_t *ret_ns)
{
    if (d->has_tick)
        *ret_ns = d->tick_us * 1000u;
    else if (d->has_seq)
        *ret_ns = (uint64_t)((double)d->seq * t->period_ns + 0.5);
    else
        return false;
    return true;
}

/* First frame, or the first after a leap: mat time goes on, the loop begins anew. */
static void begin(struct mat_frame_time *t, uint64_t own_ns, uint64_t now_ns)
{
    bool first = !t->last_ns;

    if (first) {
        t->base_mat_ns = 0;
    } else { /* modulo 2^64: own may be smaller than what is added */
        uint64_t passed = now_ns > t->last_arrival_ns ? now_ns - t->last_arrival_ns : 1;

        t->base_mat_ns = t->last_mat_ns + passed - own_ns;
    }
    t->offset_ns = (double)(int64_t)(now_ns - (own_ns + t->base_mat_ns));
    t->drift = 0;
    t->locked_s = 0;
    t->started = true;
}

static bool leapt(const struct mat_frame_time *t, uint64_t own_ns, uint64_t now_ns)
{
    double own_step = (double)(int64_t)(own_ns - t->last_own_ns), step = (double)(int64_t)(now_ns - t->last_arrival_ns);

    return own_step <= 0 || own_step - step > leap_ns;
}

/* Offset of the two clocks, filtered; the step is in mat time, so that batches and gaps need no rule of their own. */
static void follow(struct mat_frame_time *t, uint64_t mat_ns, uint64_t now_ns)
{
    double step_s = (double)(mat_ns - t->last_mat_ns) / NS_PER_S;
    double predicted = t->offset_ns + t->drift * step_s * NS_PER_S;
    double error = (double)(int64_t)(now_ns - mat_ns) - predicted;

    t->late_frames = error > leap_ns ? t->late_frames + 1 : 0;
    if (t->late_frames >
        late_frames_max) { /* the mat's counter began anew: its time goes on, its place in ours is found anew */
        t->offset_ns = predicted + error;
        t->drift = 0;
        t->locked_s = 0;
        t->jumps++;
        return;
    }
    if (error > leap_ns) {
        t->offset_ns = predicted;
        return;
    }
    double hz = bandwidth_first_hz / (1 + t->locked_s);
    double w = 2 * 3.14159265358979323846 * (hz > bandwidth_last_hz ? hz : bandwidth_last_hz) * step_s;

    if (w > 0.5)
        w = 0.5;
    t->offset_ns = predicted + 1.4142135623730951 * w * error;
    if (step_s > 0)
        t->drift += w * w * error / (step_s * NS_PER_S);
    t->locked_s += step_s;
}

static void estimate_gap(struct gait_frame_meta *meta, double missing)
{
    meta->gap_device = missing < UINT32_MAX ? (uint32_t)missing : UINT32_MAX;
    meta->flags |= GAIT_FRAME_GAP_ESTIMATED;
}

/*
 * A mat that says nothing of itself: frames are taken to come one period apart, those that were refused in between too; what is clearly later is a gap, judged.
 */
static uint64_t arrival_time(struct mat_frame_time *t, uint64_t now_ns, struct gait_frame_meta *meta)
{
    double since = (double)(int64_t)(now_ns - t->last_arrival_ns);
    double late = (double)(int64_t)(now_ns - t->last_own_ns) - t->period_ns;
    double missing = late / t->period_ns + 0.5;

    if (since > 2.5 * t->period_ns && late > 1.5 * t->period_ns && missing >= meta->gap_device + 1.0)
        estimate_gap(meta, missing);
    late -= meta->gap_device * t->period_ns;
    double next = (meta->gap_device + 1.0) * t->period_ns + 0.05 * late; /* follows the true rate within some frames */
    return t->last_own_ns + (next > 1 ? (uint64_t)next : 1);
}

/*
 * Behind a reconnect, and where the counter went back. A mat that went on counting has said what is missing; one that began anew has not, and a counter of
 * one byte cannot tell the two apart: the time that passed must.
 */
static void judge_gap(const struct mat_frame_time *t, uint64_t now_ns, struct gait_frame_meta *meta)
{
    double passed = now_ns > t->last_arrival_ns ? (double)(now_ns - t->last_arrival_ns) / t->period_ns : 0;

    if (!meta->gap_device && passed >= 1.5)
        estimate_gap(meta, passed - 0.5);
}

void mat_frame_time_stamp(struct mat_frame_time *t, const struct mat_decoded *d, uint64_t now_ns,
                          struct gait_frame_meta *meta)
{
    uint64_t own_ns;
    bool says = own_time(t, d, &own_ns);

    meta->t_arrival_ns = now_ns;
    meta->gap_device = d->gap_device;
    if (t->last_ns && (!t->started || d->counter_unsure))
        judge_gap(t, now_ns, meta);
    if (!says)
        own_ns = t->started ? arrival_time(t, now_ns, meta) : now_ns;
    bool leap = t->started && says && (leapt(t, own_ns, now_ns) || (d->counter_unsure && !d->has_tick));
    if (!t->started || leap)
        begin(t, own_ns, now_ns);
    else
        follow(t, own_ns + t->base_mat_ns, now_ns);
    t->jumps += leap;
    uint64_t mat_ns = own_ns + t->base_mat_ns;
    uint64_t placed = mat_ns + (uint64_t)(int64_t)llrint(t->offset_ns);
    meta->t_mat_ns = mat_ns;
    meta->t_ns = placed > t->last_ns ? placed : t->last_ns + 1;
    t->last_own_ns = own_ns;
    t->last_mat_ns = mat_ns;
    t->last_ns = meta->t_ns;
    t->last_arrival_ns = now_ns;
}
