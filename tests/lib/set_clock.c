/*
 * For LD_PRELOAD: the wall clock stands as many seconds beside the machine's as the file $GAIT_SET_CLOCK says; none while there is no such file. It can be set while the
 * program runs, and no other program notices.
 */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static long shift_s(void)
{
    const char *path = getenv("GAIT_SET_CLOCK");
    FILE *f = path ? fopen(path, "re") : NULL;
    char text[32] = "0";

    if (!f)
        return 0;
    if (!fgets(text, sizeof text, f))
        text[0] = '\0';
    fclose(f);
    return strtol(text, NULL, 10);
}

__attribute__((visibility("default"))) int clock_gettime(clockid_t id, struct timespec *t)
{
    int (*real)(clockid_t, struct timespec *);
    int r;

    *(void **)&real = dlsym(RTLD_NEXT, "clock_gettime");
    r = real(id, t);
    if (r == 0 && id == CLOCK_REALTIME)
        t->tv_sec += shift_s();
    return r;
}
