/*
 * Time, injected. Nothing below the daemon asks the system for the time: it is handed a clock.
 */
#ifndef GAIT_CLOCK_H
#define GAIT_CLOCK_H

#include <stdint.h>

#include <gait/api.h>

enum gait_clock_id {
    GAIT_CLOCK_MONOTONIC = 1,
    GAIT_CLOCK_BOOTTIME = 2,
    GAIT_CLOCK_REALTIME = 3,
};

struct gait_clock {
    uint64_t (*now_ns)(const struct gait_clock *clock, enum gait_clock_id id);
    void *user;
};

/* One reading of all clocks: what ties monotonic times to the wall. */
struct gait_clock_triple {
    uint64_t monotonic_ns, boottime_ns, realtime_ns;
};

/** The system's clock; static storage. Thread: any. */
GAIT_API const struct gait_clock *gait_clock_system(void);

/** Read all three, monotonic first and last, and keep the mean of the two. Unit: ns. Thread: any. */
GAIT_API struct gait_clock_triple gait_clock_read(const struct gait_clock *clock);

static inline uint64_t gait_now_ns(const struct gait_clock *clock)
{
    return clock->now_ns(clock, GAIT_CLOCK_MONOTONIC);
}

#endif
