#include "lsl_api.h"

#include <dlfcn.h>
#include <errno.h>
#include <stddef.h>
#include <string.h>

static const struct {
    const char *name;
    size_t at;
} calls[] = {
    {"lsl_library_version", offsetof(struct lsl_api, library_version)},
    {"lsl_create_streaminfo", offsetof(struct lsl_api, create_streaminfo)},
    {"lsl_get_desc", offsetof(struct lsl_api, get_desc)},
    {"lsl_append_child", offsetof(struct lsl_api, append_child)},
    {"lsl_append_child_value", offsetof(struct lsl_api, append_child_value)},
    {"lsl_create_outlet", offsetof(struct lsl_api, create_outlet)},
    {"lsl_destroy_outlet", offsetof(struct lsl_api, destroy_outlet)},
    {"lsl_destroy_streaminfo", offsetof(struct lsl_api, destroy_streaminfo)},
    {"lsl_push_sample_dt", offsetof(struct lsl_api, push_double)},
    {"lsl_push_sample_ft", offsetof(struct lsl_api, push_float)},
    {"lsl_push_sample_strt", offsetof(struct lsl_api, push_string)},
    {"lsl_local_clock", offsetof(struct lsl_api, local_clock)},
};

static void *open_library(const char *path)
{
    static const char *const names[] = {"liblsl.so.2", "liblsl.so.1", "liblsl.so"};
    void *library = path ? dlopen(path, RTLD_NOW | RTLD_LOCAL) : NULL;

    for (size_t i = 0; !path && !library && i < sizeof names / sizeof *names; i++)
        library = dlopen(names[i], RTLD_NOW | RTLD_LOCAL);
    return library;
}

int lsl_api_load(const char *path, struct lsl_api *ret_api, struct gait_error *err)
{
    struct lsl_api api = {.library = open_library(path)};

    if (!api.library)
        return gait_error_set(
            err, -ENOENT,
            "liblsl is not here (%s): install it (https://github.com/sccn/liblsl/releases), or name the "
            "library with --liblsl FILE",
            dlerror());
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
        void *call = dlsym(api.library, calls[i].name);

        if (!call) {
            dlclose(api.library);
            return gait_error_set(err, -ENOENT, "%s has no %s: is it liblsl 1.13 or later?", path ? path : "liblsl",
                                  calls[i].name);
        }
        memcpy((char *)&api + calls[i].at, &call, sizeof call); /* a function's address, as POSIX has dlsym give it */
    }
    *ret_api = api;
    return 0;
}
