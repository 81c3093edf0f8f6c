/* The cells of open contacts, frame after frame: chains of chunks out of one block taken at the start. */
#ifndef PIPELINE_ARENA_H
#define PIPELINE_ARENA_H

#include <stdint.h>

enum { ARENA_CHUNK = 256, ARENA_END = UINT32_MAX };

struct arena_entry {
    uint32_t cell;
    float p_kPa;
};

struct arena {
    uint32_t chunks, free;     /* head of the free chunks */
    uint32_t *next;            /* [chunks] */
    struct arena_entry *entry; /* [chunks * ARENA_CHUNK] */
};

struct arena_chain {
    uint32_t head, tail;
    uint32_t used; /* of the tail */
    uint32_t entries;
};

/** Room for at least `entries`. Owner: arena_done(). Returns 0; -ENOMEM. */
int arena_init(uint64_t entries, struct arena *ret_arena);
void arena_done(struct arena *arena);

/** All chunks free. */
void arena_reset(struct arena *arena);

static inline void arena_chain_init(struct arena_chain *chain)
{
    *chain = (struct arena_chain){.head = ARENA_END, .tail = ARENA_END, .used = ARENA_CHUNK};
}

/** Add one entry. Returns 0; -ENOSPC the arena is full. */
int arena_add(struct arena *arena, struct arena_chain *chain, uint32_t cell, float p_kPa);

/** Give all chunks of a chain back. */
void arena_release(struct arena *arena, struct arena_chain *chain);

/* Reads a chain from its start. */
struct arena_cursor {
    uint32_t chunk, at;
};

static inline struct arena_cursor arena_begin(const struct arena_chain *chain)
{
    return (struct arena_cursor){.chunk = chain->head};
}

/** Copy the next n entries, which must be there. Shape: ret_cell, ret_p_kPa [n]. */
void arena_read(const struct arena *arena, struct arena_cursor *cursor, uint32_t n, uint32_t *ret_cell,
                float *ret_p_kPa);

#endif
