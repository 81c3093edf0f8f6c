/* What a file of gait baseline calls itself. */
#ifndef BASELINE_FILE_H
#define BASELINE_FILE_H

#define BASELINE_FORMAT "gait baseline 1"

#endif
