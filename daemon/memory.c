#include "memory.h"

#include <stdlib.h>
#include <unistd.h>

#include <jansson.h>

void memory_gone(void)
{
    static const char line[] = "gaitd: no memory: it ends here; what was recorded is recovered at the next start\n";

    (void)!write(STDERR_FILENO, line, sizeof line - 1);
    abort();
}

void *memory_new(size_t n, size_t size)
{
    void *p = calloc(n, size);

    if (!p)
        memory_gone();
    return p;
}

static void *for_json(size_t size)
{
    void *p = malloc(size);

    if (!p)
        memory_gone();
    return p;
}

void memory_for_json(void)
{
    json_set_alloc_funcs(for_json, free);
}
