#include "driver.h"

#include <string.h>

#include "mats/profile_driver.h"
#include "sensel/sensel.h"
#include "soundplane/soundplane.h"

/* One line a driver. */
static const struct mat_driver *const table[] = {
    &mat_profile_driver, &mat_open_driver, &mat_sensel_driver, &mat_soundplane_driver, NULL,
};

const struct mat_driver *const *mat_registry(void)
{
    return table;
}

const struct mat_driver *mat_driver_find(const char *name)
{
    for (const struct mat_driver *const *d = table; name && *d; d++)
        if ((*d)->abi == MAT_DRIVER_ABI && strcmp((*d)->name, name) == 0)
            return *d;
    return NULL;
}
