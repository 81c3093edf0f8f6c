/* A fault as a person writes it: "stall@500x3". */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "virtual/model.h"

static const struct {
    const char *name;
    enum mat_fault_kind kind;
} kinds[] = {
    {"stall", MAT_FAULT_STALL},
    {"short", MAT_FAULT_SHORT},
    {"overflow", MAT_FAULT_OVERFLOW},
    {"protocol", MAT_FAULT_PROTOCOL},
    {"babble", MAT_FAULT_BABBLE},
    {"bit-flip", MAT_FAULT_BIT_FLIP},
    {"truncate", MAT_FAULT_TRUNCATE},
    {"gap", MAT_FAULT_SEQUENCE_GAP},
    {"silence", MAT_FAULT_SILENCE},
    {"unplug", MAT_FAULT_UNPLUG},
    {"hostile", MAT_FAULT_HOSTILE_DESCRIPTOR},
    {"same-serial", MAT_FAULT_DUPLICATE_SERIAL},
    {"half", MAT_FAULT_HALF},
};

static bool digits(const char **at, uint64_t max, uint64_t *ret)
{
    char *end;
    unsigned long long v;

    if (**at < '0' || **at > '9')
        return false;
    errno = 0;
    v = strtoull(*at, &end, 10);
    *at = end;
    *ret = v;
    return errno == 0 && v <= max;
}

int mat_fault_parse(const char *text, uint64_t seed, struct mat_fault *ret_fault, struct gait_error *err)
{
    size_t n = strcspn(text, "@x ");
    uint64_t frame = 0, count = 1;
    bool good = false;
    const char *at;

    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strlen(kinds[i].name) == n && strncmp(kinds[i].name, text, n) == 0) {
            ret_fault->kind = kinds[i].kind;
            good = true;
        }
    if (!good)
        return gait_error_set(err, -EINVAL,
                              "fault \"%.40s\": there is no such kind; stall short overflow protocol babble bit-flip "
                              "truncate gap silence unplug half same-serial hostile",
                              text);
    at = text + n;
    if (*at == '@' && (at++, !digits(&at, UINT64_MAX, &frame)))
        good = false;
    at += strspn(at, " ");
    if (good && *at == 'x' && (at++, !digits(&at, UINT32_MAX, &count)))
        good = false;
    if (!good || *at)
        return gait_error_set(err, -EINVAL, "fault \"%.40s\": write it like stall@500 or bit-flip@500x3", text);
    ret_fault->after_frames = frame;
    ret_fault->count = (uint32_t)count;
    ret_fault->seed = ret_fault->kind == MAT_FAULT_HOSTILE_DESCRIPTOR ? count : seed;
    return 0;
}
