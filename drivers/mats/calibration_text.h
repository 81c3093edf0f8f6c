/* What the writer and the reader of calibration files must agree on. */
#ifndef MAT_CALIBRATION_TEXT_H
#define MAT_CALIBRATION_TEXT_H

#include "mats/calibration_file.h"

enum { CALIBRATION_FORMAT = 1 };

#define CALIBRATION_SUFFIX ".calibration.yaml"

#endif
