#ifndef GAIT_VERSION_H
#define GAIT_VERSION_H

#include "gait/api.h"

/* The version of the libraries and programs; the build reads it from here. */
#define GAIT_VERSION_STRING "0.1.0"

/**
 * The version of the library that is running, "major.minor.patch".
 *
 * Owner    static text.
 * Thread   any.
 */
GAIT_API const char *gait_version(void);

#endif
