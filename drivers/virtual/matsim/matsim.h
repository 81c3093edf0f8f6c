/* matsim: a virtual mat for any Linux. What its files share. */
#ifndef MATSIM_H
#define MATSIM_H

#include <stdbool.h>
#include <stdint.h>

#include <gait/error.h>

#include "virtual/usbip.h"

enum { MATSIM_FAULTS_MAX = 16, EXIT_USAGE = 2, EXIT_BAD_INPUT = 3 };

struct options {
    const char *walker, *recording, *profile, *serial;
    double rate_hz; /* 0: the source's */
    uint8_t parts;
    bool once, attach;
    uint64_t seed;
    struct mat_fault fault[MATSIM_FAULTS_MAX];
    unsigned faults;
    const char *functionfs; /* folder; NULL: none */
    const char *listen;
    uint16_t port;
    char busid[USBIP_BUSID_BYTES];
};

/* options.c: ends the program on --help and on what cannot be understood. */
void options_read(int argc, char **argv, struct options *ret_options);

/* mat.c. Returns 0; negative errno with err. *ret_profile is the caller's, NULL when none is asked for. */
int profile_read(const struct options *options, struct mat_profile **ret_profile, struct gait_error *err);

/* Power on: a mat that counts from 0. The profile outlives it. */
int mat_make(const struct options *options, const struct mat_profile *profile, struct mat_model **ret_model,
             struct gait_error *err);

/* vhci.c: hand one end of a TCP connection to the kernel, as if usbip had attached it. *ret_fd is our end. Root. */
int vhci_attach(uint32_t devid, uint32_t speed, int *ret_fd, int *ret_port, struct gait_error *err);

#endif
