#ifndef GAIT_CLEANUP_H
#define GAIT_CLEANUP_H

/*
 * Cleanup at the end of a scope, in three macros that leave errno as it was:
 *
 *     _cleanup_free_ char *line = NULL;             free()
 *     _cleanup_close_ int fd = -1;                  close() when not negative
 *     _cleanup_(gait_ring_freep) struct gait_ring *ring = NULL;
 *
 * The third takes a function of a pointer to the variable; GAIT_DEFINE_CLEANUP makes one out of a free
 * function. gait_steal(&ptr) hands a pointer out of the scope.
 */

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#define _cleanup_(fn)   __attribute__((cleanup(fn)))
#define _cleanup_free_  _cleanup_(gait_cleanup_freep)
#define _cleanup_close_ _cleanup_(gait_cleanup_closep)

static inline void gait_cleanup_freep(void *p)
{
    int saved = errno;

    free(*(void **)p);
    errno = saved;
}

static inline void gait_cleanup_closep(const int *fd)
{
    int saved = errno;

    if (*fd >= 0)
        close(*fd);
    errno = saved;
}

/* GAIT_DEFINE_CLEANUP(struct gait_ring *, gait_ring_free) makes gait_ring_freep(), to be used as
 * _cleanup_(gait_ring_freep). */
#define GAIT_DEFINE_CLEANUP(type, name)                         \
    __attribute__((unused)) static inline void name##p(type *p) \
    {                                                           \
        int gait_saved_errno = errno;                           \
                                                                \
        if (*p)                                                 \
            name(*p);                                           \
        errno = gait_saved_errno;                               \
    }

/* The value of the pointer, which is set to NULL: it leaves the scope that would have freed it. */
#define gait_steal(p)                        \
    ({                                       \
        __typeof__(*(p)) gait_stolen = *(p); \
        *(p) = NULL;                         \
        gait_stolen;                         \
    })

#endif
