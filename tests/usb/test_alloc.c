/*
 * Nothing of ours allocates while frames come. Every malloc of the process passes here; one is ours when the return address lies in this program (drivers, libgait
 * and the test are linked into it), not in libusb, which takes memory at each submit, and not in the emulation.
 */
#include <dlfcn.h>
#include <stdatomic.h>
#include <stdio.h>

#include "rig.h"
#include "scenario.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)

static void streaming(void **state)
{
    (void)state;
    printf("skipped: the sanitizers have an allocator of their own\n");
    exit(77);
}

#else

extern char __executable_start, etext;

static _Atomic bool armed;
static _Atomic uint64_t ours, theirs;
static _Atomic uintptr_t first;

static void look(const void *caller)
{
    uintptr_t at = (uintptr_t)caller, none = 0;

    if (!atomic_load_explicit(&armed, memory_order_relaxed))
        return;
    if (at < (uintptr_t)&__executable_start || at >= (uintptr_t)&etext) {
        atomic_fetch_add(&theirs, 1);
        return;
    }
    atomic_fetch_add(&ours, 1);
    atomic_compare_exchange_strong(&first, &none, at - (uintptr_t)&__executable_start);
}

/* Seen by the libraries too, and never inlined: the caller is what matters. */
#define TRAP __attribute__((visibility("default"), noinline))

/* glibc's own names of the functions that stand behind. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t size);
void *__libc_memalign(size_t alignment, size_t size);

TRAP void *malloc(size_t size)
{
    look(__builtin_return_address(0));
    return __libc_malloc(size);
}

TRAP void *calloc(size_t n, size_t size)
{
    look(__builtin_return_address(0));
    return __libc_calloc(n, size);
}

TRAP void *realloc(void *p, size_t size)
{
    look(__builtin_return_address(0));
    return __libc_realloc(p, size);
}

TRAP void *aligned_alloc(size_t alignment, size_t size)
{
    look(__builtin_return_address(0));
    return __libc_memalign(alignment, size);
}

static void streaming(void **state)
{
    (void)state;
    static const uint8_t parts[] = {1, 4};

    for (unsigned i = 0; i < 2; i++) {
        struct rig rig;
        struct rig_mat mat;

        rig_begin(&rig, NULL);
        struct mat_model *model = rig_model("A1", 64, 64, parts[i], 0, 2000);
        umock_plug(rig.bed, model, "1-1", 0);
        rig_fault(&rig, model, MAT_FAULT_OVERFLOW, 300, 3);
        rig_fault(&rig, model, MAT_FAULT_BIT_FLIP, 400, 3);
        rig_run(&rig, &mat);
        rig_until(&mat, mat.frames > 100);
        atomic_store(&armed, true);
        /* the trap itself can fail: this one is ours, and libusb's are seen */
        void *volatile one = malloc(1);
        free(one);
        assert_int_equal(atomic_exchange(&ours, 0), 1);
        atomic_store(&first, 0);
        rig_until(&mat, mat.frames > 1000);
        atomic_store(&armed, false);
        if (atomic_load(&ours))
            fail_msg("%llu allocations of ours while streaming, the first one at +0x%llx (addr2line)",
                     (unsigned long long)atomic_load(&ours), (unsigned long long)atomic_load(&first));
        assert_true(atomic_load(&theirs) > 900);
        rig_close(&mat);
        rig_end(&rig);
        mat_model_free(model);
    }
}

#endif

int main(int argc, char **argv)
{
    static const struct scenario scenarios[] = {SCENARIO(streaming)};

    return scenario_main(argc, argv, scenarios, sizeof scenarios / sizeof scenarios[0]);
}
