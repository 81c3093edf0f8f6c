/*
 * The few calls of liblsl that are used, found when the program runs: nothing of it is needed to build. Names and signatures are those of liblsl's
 * public C interface (1.13 and later).
 */
#ifndef LSL_API_H
#define LSL_API_H

#include <stdint.h>

#include <gait/error.h>

enum lsl_format { LSL_FLOAT32 = 1, LSL_DOUBLE64 = 2, LSL_STRING = 3 };

struct lsl_api {
    void *library;
    int32_t (*library_version)(void);
    void *(*create_streaminfo)(const char *name, const char *type, int32_t channels, double rate_hz, int format,
                               const char *source_id);
    void *(*get_desc)(void *info);
    void *(*append_child)(void *element, const char *name);
    void *(*append_child_value)(void *element, const char *name, const char *value);
    void *(*create_outlet)(void *info, int32_t chunk, int32_t buffered_s);
    void (*destroy_outlet)(void *outlet);
    void (*destroy_streaminfo)(void *info);
    int32_t (*push_double)(void *outlet, const double *sample, double t_s);
    int32_t (*push_float)(void *outlet, const float *sample, double t_s);
    int32_t (*push_string)(void *outlet, const char **sample, double t_s);
    double (*local_clock)(void);
};

/**
 * Load liblsl: path, or NULL: what ld.so finds.
 *
 * Returns  0; -ENOENT it is not there, or not liblsl; err says what to do.
 */
int lsl_api_load(const char *path, struct lsl_api *ret_api, struct gait_error *err);

#endif
