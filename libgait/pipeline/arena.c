#include "pipeline/arena.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int arena_init(uint64_t entries, struct arena *ret_arena)
{
    struct arena a = {.chunks = (uint32_t)((entries + ARENA_CHUNK - 1) / ARENA_CHUNK)};

    a.next = malloc(a.chunks * sizeof *a.next);
    a.entry = calloc((size_t)a.chunks * ARENA_CHUNK, sizeof *a.entry);
    if (!a.next || !a.entry) {
        arena_done(&a);
        return -ENOMEM;
    }
    arena_reset(&a);
    *ret_arena = a;
    return 0;
}

void arena_done(struct arena *arena)
{
    free(arena->next);
    free(arena->entry);
    memset(arena, 0, sizeof *arena);
}

void arena_reset(struct arena *arena)
{
    for (uint32_t i = 0; i < arena->chunks; i++)
        arena->next[i] = i + 1 < arena->chunks ? i + 1 : ARENA_END;
    arena->free = 0;
}

int arena_add(struct arena *arena, struct arena_chain *chain, uint32_t cell, float p_kPa)
{
    if (chain->used == ARENA_CHUNK) {
        const uint32_t fresh = arena->free;

        if (fresh == ARENA_END)
            return -ENOSPC;
        arena->free = arena->next[fresh];
        arena->next[fresh] = ARENA_END;
        if (chain->tail == ARENA_END)
            chain->head = fresh;
        else
            arena->next[chain->tail] = fresh;
        chain->tail = fresh;
        chain->used = 0;
    }
    arena->entry[(size_t)chain->tail * ARENA_CHUNK + chain->used++] = (struct arena_entry){cell, p_kPa};
    chain->entries++;
    return 0;
}

void arena_release(struct arena *arena, struct arena_chain *chain)
{
    if (chain->tail != ARENA_END) {
        arena->next[chain->tail] = arena->free;
        arena->free = chain->head;
    }
    arena_chain_init(chain);
}

void arena_read(const struct arena *arena, struct arena_cursor *cursor, uint32_t n, uint32_t *ret_cell,
                float *ret_p_kPa)
{
    for (uint32_t i = 0; i < n; i++) {
        const struct arena_entry *e;

        if (cursor->at == ARENA_CHUNK)
            *cursor = (struct arena_cursor){.chunk = arena->next[cursor->chunk]};
        e = &arena->entry[(size_t)cursor->chunk * ARENA_CHUNK + cursor->at++];
        ret_cell[i] = e->cell;
        ret_p_kPa[i] = e->p_kPa;
    }
}
