/*
 * A queue between exactly two threads: no lock, no allocation after spsc_init. What a real-time thread uses to be told things and to hand things on.
 */
#ifndef GAITD_SPSC_H
#define GAITD_SPSC_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct spsc {
    _Alignas(64) _Atomic uint32_t head; /* producer's */
    _Alignas(64) _Atomic uint32_t tail; /* consumer's */
    uint32_t capacity;                  /* a power of two */
    size_t size;                        /* of one element */
    unsigned char *element;
};

/** Room for capacity (a power of two) elements of size bytes. Returns 0; -ENOMEM. */
int spsc_init(struct spsc *q, uint32_t capacity, size_t size);
void spsc_done(struct spsc *q);

/** Copy an element in. Producer's thread. False: full. */
bool spsc_push(struct spsc *q, const void *element);

/** The oldest element, where it lies, or NULL. Consumer's thread; valid until spsc_drop(). */
const void *spsc_peek(struct spsc *q);
void spsc_drop(struct spsc *q);

/** peek, copy, drop. */
bool spsc_take(struct spsc *q, void *ret_element);

#endif
