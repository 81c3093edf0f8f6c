/* A mat profile from raw bytes: either a profile that the framer takes, or mistakes that each have a place and one line. */
#include "mats/profile.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "mats/framer.h"

#define MUST(condition)   \
    do {                  \
        if (!(condition)) \
            abort();      \
    } while (0)

enum { FAULTS = 50 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void judge_faults(const struct mat_profile_fault *fault, size_t count)
{
    for (size_t i = 0; i < count && i < FAULTS; i++) {
        MUST(fault[i].line >= 1 && fault[i].column >= 1);
        MUST(fault[i].text[0] && !strpbrk(fault[i].text, "\n\r"));
        if (i)
            MUST(fault[i].line >= fault[i - 1].line);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct mat_profile_fault fault[FAULTS];
    struct mat_profile *profile = NULL;
    struct mat_framer *framer = NULL;
    struct gait_error err = {0};
    size_t count = 0;
    int r = mat_profile_read_bytes((const char *)data, size, &profile, fault, FAULTS, &count, &err);

    if (r < 0) {
        MUST(!profile && err.text[0]);
        MUST(r == -ENOMEM || (r == -EINVAL && count));
        judge_faults(fault, count);
        return 0;
    }
    MUST(profile && !count);
    if (!strcmp(profile->driver, "profile")) {
        MUST(mat_framer_new(profile, &framer) == 0);
        mat_framer_free(framer);
    }
    mat_profile_free(profile);
    return 0;
}
