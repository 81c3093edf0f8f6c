/* Which profile a device is. */
#include <string.h>

#include "driver.h"
#include "mats/profile.h"

enum { SCORE_ID = 50, SCORE_BCD = 10, SCORE_CLASS = 5, SCORE_STRING = 20 };

static int row_score(const struct mat_match *row, const struct mat_device *device, bool named)
{
    int score = SCORE_ID;

    if (row->vid != device->vid || row->pid != device->pid || (row->generic_bridge && !named))
        return 0;
    if (row->bcd_device >= 0) {
        if (row->bcd_device != device->bcd_device)
            return 0;
        score += SCORE_BCD;
    }
    if (row->device_class) {
        if (row->device_class != device->device_class)
            return 0;
        score += SCORE_CLASS;
    }
    if (row->product[0]) {
        if (strcmp(row->product, device->product) != 0)
            return 0;
        score += SCORE_STRING;
    }
    if (row->manufacturer[0]) {
        if (strcmp(row->manufacturer, device->manufacturer) != 0)
            return 0;
        score += SCORE_STRING;
    }
    return score;
}

int mat_profile_score(const struct mat_profile *profile, const struct mat_device *device, bool named)
{
    int best = 0;

    for (unsigned i = 0; i < profile->matches && i < MAT_MATCH_MAX; i++) {
        int score = row_score(&profile->match[i], device, named);

        if (score > best)
            best = score;
    }
    return best;
}
