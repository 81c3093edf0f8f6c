/* Every shipped profile that the framer serves, read. */
#ifndef MATS_H
#define MATS_H

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mats/profile.h"

enum { MATS_MAX = 64 };

/* Sorted by name; what cannot be read ends the program: tests/replay/profiles says why. */
static inline size_t mats_read(struct mat_profile *ret_profile[MATS_MAX])
{
    char folder[4096], path[8192];
    const char *root = getenv("GAIT_SOURCE_DIR");
    struct dirent **entry;
    size_t n = 0;

    snprintf(folder, sizeof folder, "%s/config/mats", root ? root : ".");
    int entries = scandir(folder, &entry, NULL, alphasort);
    for (int i = 0; i < entries; i++) {
        struct mat_profile_fault fault[4];
        struct gait_error err = {0};
        size_t faults = 0;

        snprintf(path, sizeof path, "%s/%s", folder, entry[i]->d_name);
        if (n < MATS_MAX && strstr(entry[i]->d_name, ".yaml")) {
            if (mat_profile_read(path, &ret_profile[n], fault, 4, &faults, &err) < 0) {
                fprintf(stderr, "%s\n", err.text);
                exit(1);
            }
            if (strcmp(ret_profile[n]->driver, "profile") == 0)
                n++;
            else
                mat_profile_free(ret_profile[n]);
        }
        free(entry[i]);
    }
    free(entries >= 0 ? entry : NULL);
    return n;
}

#endif
