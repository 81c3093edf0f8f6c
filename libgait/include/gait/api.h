#ifndef GAIT_API_H
#define GAIT_API_H

/* Marks a call as public: everything else is built with hidden visibility. */
#define GAIT_API                  __attribute__((visibility("default")))

/* Lets the compiler check printf-like arguments: which argument is the format, which the first value; from 1. */
#define GAIT_PRINTF(which, first) __attribute__((format(printf, which, first)))

#endif
