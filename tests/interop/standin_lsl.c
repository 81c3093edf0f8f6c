/*
 * A STAND-IN for liblsl, for tests only: the real one is in no registry that could be reached. It has the functions of liblsl's C interface that gait-lsl
 * calls and writes each call as a line of text into $STANDIN_LSL_LOG. It shows what gait-lsl hands over, not what liblsl makes of it.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct stream {
    char name[200];
    int32_t channels;
};

#define EXPORT __attribute__((visibility("default")))

EXPORT int32_t lsl_library_version(void);
EXPORT void *lsl_create_streaminfo(const char *name, const char *type, int32_t n, double rate, int format,
                                   const char *id);
EXPORT void *lsl_get_desc(void *info);
EXPORT void *lsl_append_child(void *element, const char *name);
EXPORT void *lsl_append_child_value(void *element, const char *name, const char *value);
EXPORT void *lsl_create_outlet(void *info, int32_t chunk, int32_t buffered);
EXPORT void lsl_destroy_outlet(void *outlet);
EXPORT void lsl_destroy_streaminfo(void *info);
EXPORT int32_t lsl_push_sample_dt(void *outlet, const double *sample, double t);
EXPORT int32_t lsl_push_sample_ft(void *outlet, const float *sample, double t);
EXPORT int32_t lsl_push_sample_strt(void *outlet, const char **sample, double t);
EXPORT double lsl_local_clock(void);

static FILE *out(void)
{
    static FILE *file;

    if (!file) {
        file = fopen(getenv("STANDIN_LSL_LOG"), "w");
        if (!file)
            abort();
    }
    return file;
}

int32_t lsl_library_version(void)
{
    return 116;
}

void *lsl_create_streaminfo(const char *name, const char *type, int32_t n, double rate, int format, const char *id)
{
    struct stream *s = calloc(1, sizeof *s);

    snprintf(s->name, sizeof s->name, "%s", name);
    s->channels = n;
    fprintf(out(), "info\t%s\t%s\t%d\t%.17g\t%d\t%s\n", name, type, n, rate, format, id);
    return s;
}

void *lsl_get_desc(void *info)
{
    return info;
}

void *lsl_append_child(void *element, const char *name)
{
    fprintf(out(), "child\t%s\t%s\n", ((struct stream *)element)->name, name);
    return element;
}

void *lsl_append_child_value(void *element, const char *name, const char *value)
{
    fprintf(out(), "value\t%s\t%s\t%s\n", ((struct stream *)element)->name, name, value);
    return element;
}

void *lsl_create_outlet(void *info, int32_t chunk, int32_t buffered)
{
    struct stream *s = malloc(sizeof *s);

    memcpy(s, info, sizeof *s);
    fprintf(out(), "outlet\t%s\t%d\t%d\n", s->name, chunk, buffered);
    return s;
}

void lsl_destroy_outlet(void *outlet)
{
    fprintf(out(), "destroy\t%s\n", ((struct stream *)outlet)->name);
    fflush(out());
    free(outlet);
}

void lsl_destroy_streaminfo(void *info)
{
    free(info);
}

int32_t lsl_push_sample_dt(void *outlet, const double *sample, double t)
{
    const struct stream *s = outlet;

    fprintf(out(), "push\t%s\t%.17g", s->name, t);
    for (int32_t i = 0; i < s->channels; i++)
        fprintf(out(), "\t%.17g", sample[i]);
    fputc('\n', out());
    fflush(out());
    return 0;
}

int32_t lsl_push_sample_ft(void *outlet, const float *sample, double t)
{
    const struct stream *s = outlet;
    double sum = 0;

    for (int32_t i = 0; i < s->channels; i++)
        sum += sample[i] == sample[i] ? (double)sample[i] : 0;
    fprintf(out(), "frame\t%s\t%.17g\t%d\t%.17g\n", s->name, t, s->channels, sum);
    return 0;
}

int32_t lsl_push_sample_strt(void *outlet, const char **sample, double t)
{
    fprintf(out(), "marker\t%s\t%.17g\t%s\n", ((const struct stream *)outlet)->name, t, sample[0]);
    fflush(out());
    return 0;
}

double lsl_local_clock(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}
