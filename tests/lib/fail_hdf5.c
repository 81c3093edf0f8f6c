/*
 * For LD_PRELOAD: a call into HDF5 fails, without having done anything.
 *
 *     GAIT_FAIL_HDF5=N         the Nth call counted fails (from 1); unset: none
 *     GAIT_FAIL_FOR_EVER=1     and every one after it
 *     GAIT_TRACE_HDF5=F        at exit a line "SITE NAME" for each call counted goes there: the place it was called from, and the function
 *     GAIT_COUNT_HDF5=FD       at exit their number is written to this descriptor, and on stderr which call failed
 *
 * Calls that the library's own parts make into each other are not counted. All arguments of these functions are integers and pointers, at most
 * eight, and so one shape fits them all where the first eight words of a call are passed alike whatever their type: x86-64 and AArch64.
 */
#include <dlfcn.h>
#include <link.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#pragma GCC visibility push(default)

static atomic_long calls;
static long fail_at;
static const char *failed_name;
static struct {
    uintptr_t from, to;
} library[8]; /* where HDF5's code lies */
static size_t n_libraries;

enum { CALLS_MAX = 1 << 18 };
static struct {
    uint32_t site; /* the low half of the return address: enough to tell places apart */
    const char *name;
} * trace;

static int find_library(struct dl_phdr_info *info, size_t size, void *user)
{
    (void)size;
    (void)user;
    for (int i = 0; strstr(info->dlpi_name, "libhdf5") && i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *part = &info->dlpi_phdr[i];

        if (part->p_type != PT_LOAD || !(part->p_flags & PF_X) || n_libraries == sizeof(library) / sizeof(*library))
            continue;
        library[n_libraries].from = info->dlpi_addr + part->p_vaddr;
        library[n_libraries++].to = info->dlpi_addr + part->p_vaddr + part->p_memsz;
    }
    return 0;
}

static int is_own(const void *caller)
{
    for (size_t i = 0; i < n_libraries; i++)
        if ((uintptr_t)caller >= library[i].from && (uintptr_t)caller < library[i].to)
            return 1;
    return 0;
}

__attribute__((constructor)) static void read_orders(void)
{
    const char *at = getenv("GAIT_FAIL_HDF5");

    dl_iterate_phdr(find_library, NULL);
    fail_at = at ? atol(at) : 0;
    if (getenv("GAIT_TRACE_HDF5"))
        trace = calloc(CALLS_MAX, sizeof(*trace));
}

__attribute__((destructor)) static void tell_count(void)
{
    const char *fd = getenv("GAIT_COUNT_HDF5");
    FILE *file = trace ? fopen(getenv("GAIT_TRACE_HDF5"), "w") : NULL;

    for (long i = 0; file && i < calls && i < CALLS_MAX; i++)
        fprintf(file, "%x %s\n", trace[i].site, trace[i].name);
    if (file)
        fclose(file);
    if (fd)
        dprintf(atoi(fd), "%ld %s\n", atomic_load(&calls), failed_name ? failed_name : "-");
}

static int fails(const char *name, const void *caller)
{
    long now = is_own(caller) ? 0 : atomic_fetch_add(&calls, 1) + 1;

    if (trace && now > 0 && now <= CALLS_MAX) {
        trace[now - 1].site = (uint32_t)(uintptr_t)caller;
        trace[now - 1].name = name;
    }
    if (now == 0 || fail_at == 0 || now < fail_at || (now > fail_at && !getenv("GAIT_FAIL_FOR_EVER")))
        return 0;
    if (!failed_name)
        failed_name = name;
    return 1;
}

typedef long call(long, long, long, long, long, long, long, long);

#define FAILING(name, failure)                                                                       \
    call name;                                                                                       \
    long name(long a, long b, long c, long d, long e, long f, long g, long h)                        \
    {                                                                                                \
        static call *real;                                                                           \
                                                                                                     \
        if (!real)                                                                                   \
            *(void **)&real = dlsym(RTLD_NEXT, #name);                                               \
        return fails(#name, __builtin_return_address(0)) ? (failure) : real(a, b, c, d, e, f, g, h); \
    }

FAILING(H5Aclose, -1)
FAILING(H5Acreate2, -1)
FAILING(H5Adelete, -1)
FAILING(H5Adelete_by_name, -1)
FAILING(H5Aexists, -1)
FAILING(H5Aget_name, -1)
FAILING(H5Aget_space, -1)
FAILING(H5Aget_type, -1)
FAILING(H5Aiterate2, -1)
FAILING(H5Aopen, -1)
FAILING(H5Aread, -1)
FAILING(H5Awrite, -1)
FAILING(H5DSattach_scale, -1)
FAILING(H5DSget_num_scales, -1)
FAILING(H5DSget_scale_name, -1)
FAILING(H5DSis_scale, -1)
FAILING(H5DSiterate_scales, -1)
FAILING(H5DSset_scale, -1)
FAILING(H5Dcreate2, -1)
FAILING(H5Dget_chunk_info, -1)
FAILING(H5Dget_create_plist, -1)
FAILING(H5Dget_num_chunks, -1)
FAILING(H5Dget_space, -1)
FAILING(H5Dget_storage_size, 0)
FAILING(H5Dget_type, -1)
FAILING(H5Dopen2, -1)
FAILING(H5Dread, -1)
FAILING(H5Dread_chunk, -1)
FAILING(H5Dvlen_reclaim, -1)
FAILING(H5Dwrite, -1)
FAILING(H5Dwrite_chunk, -1)
FAILING(H5Fclose, -1)
FAILING(H5Fcreate, -1)
FAILING(H5Fflush, -1)
FAILING(H5Fget_filesize, -1)
FAILING(H5Fopen, -1)
FAILING(H5Gcreate2, -1)
FAILING(H5Gopen2, -1)
FAILING(H5Idec_ref, -1)
FAILING(H5Iget_type, -1)
FAILING(H5Iis_valid, -1)
FAILING(H5Lexists, -1)
FAILING(H5Literate, -1)
FAILING(H5Oget_info2, -1)
FAILING(H5Oopen, -1)
FAILING(H5Ovisit2, -1)
FAILING(H5Ovisit_by_name2, -1)
FAILING(H5Pcreate, -1)
FAILING(H5Pget_chunk, -1)
FAILING(H5Pget_layout, -1)
FAILING(H5Pset_attr_creation_order, -1)
FAILING(H5Pset_attr_phase_change, -1)
FAILING(H5Pset_chunk, -1)
FAILING(H5Pset_deflate, -1)
FAILING(H5Pset_fclose_degree, -1)
FAILING(H5Pset_file_locking, -1)
FAILING(H5Pset_libver_bounds, -1)
FAILING(H5Pset_link_creation_order, -1)
FAILING(H5Pset_obj_track_times, -1)
FAILING(H5Pset_shuffle, -1)
FAILING(H5Screate, -1)
FAILING(H5Screate_simple, -1)
FAILING(H5Sget_simple_extent_dims, -1)
FAILING(H5Sget_simple_extent_ndims, -1)
FAILING(H5Sget_simple_extent_npoints, -1)
FAILING(H5Sselect_hyperslab, -1)
FAILING(H5Tclose, -1)
FAILING(H5Tcopy, -1)
FAILING(H5Tdetect_class, -1)
FAILING(H5Tequal, -1)
FAILING(H5Tget_class, -1)
FAILING(H5Tget_size, 0)
FAILING(H5Tis_variable_str, -1)
FAILING(H5Tset_cset, -1)
FAILING(H5Tset_size, -1)
