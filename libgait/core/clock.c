#include "gait/clock.h"

#include <time.h>

static uint64_t system_now_ns(const struct gait_clock *clock, enum gait_clock_id id)
{
    struct timespec t;
    clockid_t which = CLOCK_MONOTONIC;

    (void)clock;
    if (id == GAIT_CLOCK_BOOTTIME)
        which = CLOCK_BOOTTIME;
    else if (id == GAIT_CLOCK_REALTIME)
        which = CLOCK_REALTIME;
    clock_gettime(which, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

const struct gait_clock *gait_clock_system(void)
{
    static const struct gait_clock system = {.now_ns = system_now_ns};

    return &system;
}

struct gait_clock_triple gait_clock_read(const struct gait_clock *clock)
{
    struct gait_clock_triple triple;
    uint64_t first = clock->now_ns(clock, GAIT_CLOCK_MONOTONIC);
    uint64_t last;

    triple.boottime_ns = clock->now_ns(clock, GAIT_CLOCK_BOOTTIME);
    triple.realtime_ns = clock->now_ns(clock, GAIT_CLOCK_REALTIME);
    last = clock->now_ns(clock, GAIT_CLOCK_MONOTONIC);
    triple.monotonic_ns = first + (last - first) / 2;
    return triple;
}
