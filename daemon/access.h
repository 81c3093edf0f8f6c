/* Who may connect: the run folder, its two socket folders, the lock, and the sockets bound under the right mode. */
#ifndef GAITD_ACCESS_H
#define GAITD_ACCESS_H

#include <gait/error.h>

struct config;
struct peers;

/** Limits of every socket of ours: no lingering, finite queues and messages, an XPUB that asks about each subscription. Returns 0; -1 with zmq_errno(). */
int access_limit(void *socket, int type, int hwm);

/**
 * Make the folders where they are missing and take the lock, before anything is bound: a second bind of a live socket would succeed and steal it.
 *
 * Owner    *ret_lock stays open as long as the daemon lives.
 * Returns  0; -EBUSY another daemon is running there; negative errno with err.
 */
int access_lock(const struct config *config, char ret_run_dir[512], int *ret_lock, struct gait_error *err);

/**
 * Take a folder of recordings for this daemon alone, when it is there. What cannot be locked (a file system without locks) is no reason to refuse.
 *
 * Owner    *ret_lock stays as it is (-1: none) or stays open as long as the daemon writes there.
 * Returns  0; -EBUSY another daemon records there.
 */
int access_lock_data(const char *path, int *ret_lock, struct gait_error *err);

/**
 * A socket of a type, its peers watched, bound to ipc://FOLDER/NAME: connecting needs write permission, so it is made under umask 0007 and the folder's group decides.
 *
 * Thread   main, before threads start (the umask is the process's).
 * Returns  0; negative errno with err.
 */
int access_bind(void *zmq, int type, const char *folder, const char *name, int hwm, struct peers *ret_peers,
                void **ret_socket, struct gait_error *err);

#endif
