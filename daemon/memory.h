/*
 * No memory. Where nothing could be told or kept any more the daemon ends at once, with a line: what is recorded is on the disk, and its next start recovers it. An answer
 * that is half made, an action that was obeyed and is in no journal, a session.json without a trial's row would be worse. Whatever can be refused is refused: opening a session, starting a trial.
 */
#ifndef GAITD_MEMORY_H
#define GAITD_MEMORY_H

#include <stddef.h>

/** Say so and abort. Thread: any. */
_Noreturn void memory_gone(void);

/** Zeroed memory, or the end. Owner: free(). */
void *memory_new(size_t n, size_t size);

/** Every JSON object of this process is whole, or it ends. Before the first one is made. */
void memory_for_json(void);

#endif
