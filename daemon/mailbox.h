/*
 * Letters from any thread to one thread that may take a lock (not the pipeline or usb thread). A letter is a struct that begins with struct letter; whoever
 * takes it owns it.
 */
#ifndef GAITD_MAILBOX_H
#define GAITD_MAILBOX_H

#include <pthread.h>

struct letter {
    struct letter *next;
};

struct mailbox {
    pthread_mutex_t lock;
    struct letter *first, **last;
    int fd; /* eventfd: readable when there may be letters; also the thread's wake-up for everything else */
};

/** Returns 0 or negative errno. */
int mailbox_init(struct mailbox *box);
void mailbox_done(struct mailbox *box);

/** Hand a letter over and wake the thread. Thread: any that may take a lock. */
void mailbox_post(struct mailbox *box, struct letter *letter);

/** The oldest letter, or NULL. Thread: the owner. */
struct letter *mailbox_take(struct mailbox *box);

/** Wake a thread through its eventfd; never blocks, takes no lock. Thread: any. */
void wake(int fd);
/** Reset an eventfd after waking up. */
void wake_reset(int fd);

#endif
