/* What the profile verbs share. */
#ifndef PROFILE_TOOLS_H
#define PROFILE_TOOLS_H

#include "client.h"
#include "mats/profile.h"

/** Read a profile; mistakes are listed on stdout. Returns CLIENT_OK, or the exit status after saying why. Owner: the caller, mat_profile_free. */
int profile_tools_read(const struct client *client, const char *path, struct mat_profile **ret_profile);

#endif
