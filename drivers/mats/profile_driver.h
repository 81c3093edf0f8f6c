/* The driver of every mat that a profile describes whole: the framer behind the driver's interface. */
#ifndef MAT_PROFILE_DRIVER_H
#define MAT_PROFILE_DRIVER_H

#include "driver.h"

/* open() takes a struct mat_profile, which must outlive the instance. Also serves "open-mat", whose profile the mat itself gave. */
extern const struct mat_driver mat_profile_driver;
extern const struct mat_driver mat_open_driver;

#endif
