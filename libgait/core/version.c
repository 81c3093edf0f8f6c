#include "gait/version.h"

const char *gait_version(void)
{
    return GAIT_VERSION_STRING;
}
