#include "device_usb.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mats/open_mat.h"
#include "news.h"
#include "transport/usb.h"
#include "transport/usb_tile.h"

enum { FOUND_MAX = 32, FAULTS_MAX = 8, NS_PER_MS = 1000000, RETRY_MS = 5000 };

struct device_usb {
    struct mat_usb_context *context;
    struct mat_profile *profile[LANES_MAX]; /* of each seat that wants a mat */
    bool waiting[LANES_MAX];
    uint64_t due_ns[LANES_MAX];                /* try again, whatever is plugged in; UINT64_MAX: no need */
    char told[LANES_MAX][GAIT_ERROR_TEXT_MAX]; /* the last thing said about it: said once */
};

static void wake_device(void *user)
{
    wake(((struct device *)user)->box.fd);
}

static int begin(struct device *self, struct gait_error *err)
{
    const struct mat_usb_config config = {.clock = self->clock, .wake = wake_device, .user = self};
    struct device_usb *usb;
    int r;

    if (self->usb)
        return 0;
    usb = calloc(1, sizeof *usb);
    if (!usb)
        return gait_error_set(err, -ENOMEM, "no memory for USB");
    r = mat_usb_context_new(&config, &usb->context, err);
    if (r < 0) {
        free(usb);
        return r;
    }
    self->usb = usb;
    return 0;
}

/* --- profiles ------------------------------------------------------------------------------------------------ */

/* A path, or the name of a file beside gaitd.yaml or in the folders that are installed. */
static int find_profile(const struct config *config, const char *name, char ret_path[CONFIG_PATH_MAX])
{
    const char *slash = strrchr(config->file, '/');
    const char *const folders[] = {"/etc/gaitd/mats", GAIT_MATS_DIR};
    FILE *f;

    if (strchr(name, '/')) {
        snprintf(ret_path, CONFIG_PATH_MAX, "%s", name);
        return 0;
    }
    for (int i = -1; i < 2; i++) {
        if (i < 0 && slash)
            snprintf(ret_path, CONFIG_PATH_MAX, "%.*s/mats/%.200s.yaml", (int)(slash - config->file), config->file,
                     name);
        else if (i >= 0)
            snprintf(ret_path, CONFIG_PATH_MAX, "%s/%.200s.yaml", folders[i], name);
        else
            continue;
        f = fopen(ret_path, "re");
        if (f) {
            fclose(f);
            return 0;
        }
    }
    return -ENOENT;
}

static int read_profile(const char *path, struct mat_profile **ret_profile, struct gait_error *err)
{
    struct mat_profile_fault fault[FAULTS_MAX];
    size_t n = 0;
    int r = mat_profile_read(path, ret_profile, fault, FAULTS_MAX, &n, err);

    if (r == -EINVAL && n > 0)
        return gait_error_set(err, r, "%s:%u:%u: %s: %s (gait profile check lists all %zu)", path, fault[0].line,
                              fault[0].column, fault[0].path, fault[0].text, n);
    return r;
}

/* No name, or "open-mat": our own protocol, which says itself what the mat is. */
static int load_profile(const struct config *config, const char *name, struct mat_profile **ret_profile,
                        struct gait_error *err)
{
    char path[CONFIG_PATH_MAX];

    if (name[0] && strcmp(name, "open-mat") != 0) {
        if (find_profile(config, name, path) < 0)
            return gait_error_set(
                err, -ENOENT, "there is no profile \"%s\": write its file's path, or a name in /etc/gaitd/mats or %s",
                name, GAIT_MATS_DIR);
        return read_profile(path, ret_profile, err);
    }
    *ret_profile = calloc(1, sizeof **ret_profile);
    if (!*ret_profile)
        return gait_error_set(err, -ENOMEM, "no memory for a profile");
    mat_open_profile_unasked(*ret_profile);
    return 0;
}

int device_usb_check_profile(const struct config *config, const char *name, struct gait_error *err)
{
    struct mat_profile *profile = NULL;
    int r = load_profile(config, name, &profile, err);

    mat_profile_free(profile);
    return r;
}

/* --- taking a mat ---------------------------------------------------------------------------------------------- */

static void tell(struct device *self, unsigned mat, enum news_kind kind, int code, const struct gait_error *err)
{
    struct news *news = news_new(kind, mat);

    news->code = code;
    news->err = *err;
    mailbox_post(self->main, &news->letter);
}

/* Each text once, or the log would fill while nothing changes. */
static void tell_waiting(struct device *self, unsigned mat, const struct gait_error *err)
{
    char *told = self->usb->told[mat];

    if (strcmp(told, err->text) == 0)
        return;
    memcpy(told, err->text, sizeof err->text);
    tell(self, mat, NEWS_WAITING, err->code, err);
}

/* With no mats in the configuration its one mat stands for whatever is plugged in, if that is one. */
static bool takes_any(const struct config *config)
{
    return config->n_mats == 1 && strcmp(config->mat[0].id, "mat-1") == 0;
}

/* A mat that says its id only when asked can be named by nothing else: gaitd.yaml then names its kind, and each is asked. */
static bool asks(const struct mat_config *mat, const struct mat_profile *profile)
{
    return profile->identity.kind == MAT_IDENTITY_COMMAND && strncmp(mat->id, "port-", 5) != 0 &&
           strcmp(mat->id, "mat-1") != 0;
}

/* The pads of a tiled mat are named in its profile; those that must be asked, by their kind. */
static bool names_pad(const struct mat_profile *profile, const char *id)
{
    for (unsigned i = 0; i < profile->tiling.count; i++)
        if (strcmp(profile->tiling.pad[i].id, id) == 0)
            return true;
    return profile->tiling.count && profile->identity.kind == MAT_IDENTITY_COMMAND;
}

static bool named(void *user, const char *id, const struct mat_profile *profile)
{
    const struct mat_config *mat = user;

    return strcmp(id, mat->id) == 0 || names_pad(profile, id) || asks(mat, profile);
}

static int choose(const struct config *config, unsigned mat, const struct mat_usb_found *found, size_t n,
                  struct gait_error *err)
{
    char ids[200] = "";

    for (size_t i = 0; i < n; i++) {
        if (strcmp(found[i].id, config->mat[mat].id) == 0)
            return (int)i;
        snprintf(ids + strlen(ids), sizeof ids - strlen(ids), "%s%s", i ? ", " : "", found[i].id);
    }
    if (n == 1 && takes_any(config))
        return 0;
    if (n == 0)
        return gait_error_set(err, -ENODEV, "waiting for a mat: plug it in");
    return gait_error_set(err, -ENODEV, "waiting for mat %s; plugged in: %s (name it under mats: id: in gaitd.yaml)",
                          config->mat[mat].id, ids);
}

/* Open; and where gaitd.yaml says what it must answer, and it answers something else, close it again. */
static int open_right(struct device *self, unsigned mat, const struct mat_usb_found *found,
                      struct mat_transport **ret_transport, struct gait_error *err)
{
    const struct mat_config *says = &self->config->mat[mat];
    struct mat_transport *transport;
    int r = mat_usb_new(self->usb->context, found, &transport, err);

    if (r < 0)
        return r;
    if (asks(says, found->profile) && strcmp(found->id, says->id) != 0 &&
        strcmp(mat_usb_id(transport), says->id) != 0) {
        r = gait_error_set(err, mat_usb_answers(transport) ? -ENODEV : -ETIMEDOUT,
                           "waiting for mat %s; at port %s is %s%s%s", says->id, found->device.port,
                           mat_usb_id(transport), mat_usb_note(transport)[0] ? ": " : "", mat_usb_note(transport));
        transport->ops->free(transport);
        return r;
    }
    *ret_transport = transport;
    return 0;
}

/* A transport that is open gets its lane and begins; it is freed where that fails. */
static int seat_it(struct device *self, unsigned mat, struct mat_transport *transport,
                   const struct gait_geometry *geometry, const struct gait_calibration *calibration,
                   int (*bind)(struct mat_transport *transport, const struct mat_sink *sink), struct gait_error *err)
{
    struct seat *seat = &self->seat[mat];
    struct gait_source_info info = {.geometry = *geometry};
    int r;

    if (calibration)
        info.calibration = *calibration;
    else
        gait_calibration_identity(&info.calibration);
    r = device_take(self, mat, transport, &info, err);
    if (r == 0 && bind(transport, &seat->sink) < 0)
        r = gait_error_set(err, -EINVAL, "%s: its ring is made for another matrix", self->config->mat[mat].id);
    if (r == 0)
        r = transport->ops->start(transport, err);
    if (r < 0) {
        seat->transport = NULL;
        transport->ops->free(transport);
    }
    return r;
}

static int open_found(struct device *self, unsigned mat, const struct mat_usb_found *found, struct gait_error *err)
{
    struct mat_transport *transport = NULL;
    int r = open_right(self, mat, found, &transport, err);

    if (r < 0)
        return r;
    snprintf(self->seat[mat].text, sizeof self->seat[mat].text, "usb %s at port %s%s%.80s", mat_usb_id(transport),
             found->device.port, mat_usb_note(transport)[0] ? ": " : "", mat_usb_note(transport));
    return seat_it(self, mat, transport, mat_usb_geometry(transport), mat_usb_calibration(transport), mat_usb_bind,
                   err);
}

static int open_tiled(struct device *self, unsigned mat, const struct mat_usb_found *found, size_t n,
                      struct gait_error *err)
{
    const struct mat_profile *profile = self->usb->profile[mat];
    struct mat_transport *transport = NULL;
    int r = mat_usb_tile_new(self->usb->context, profile, found, n, &transport, err);

    if (r < 0)
        return r;
    snprintf(self->seat[mat].text, sizeof self->seat[mat].text, "usb %s: %u pads", profile->name,
             profile->tiling.count);
    return seat_it(self, mat, transport, mat_usb_tile_geometry(transport), mat_usb_tile_calibration(transport),
                   mat_usb_tile_bind, err);
}

/* None is known by this id: ask those that are free. */
static int ask_all(struct device *self, unsigned mat, const struct mat_usb_found *found, size_t n,
                   struct gait_error *err)
{
    int r = -ENODEV;

    for (size_t i = 0; i < n && r < 0; i++)
        if (!found[i].open)
            r = open_found(self, mat, &found[i], err);
    return r;
}

/* What is there and cannot be opened may be let go, allowed or mended without being plugged in anew. */
static void try_later(struct device *self, unsigned mat, int r)
{
    bool needs_plugging = r == -ENODEV || r == -EINVAL;

    self->usb->due_ns[mat] = needs_plugging ? UINT64_MAX : gait_now_ns(self->clock) + (uint64_t)RETRY_MS * NS_PER_MS;
}

static void try_seat(struct device *self, unsigned mat, bool plugged)
{
    const struct mat_profile *profile = self->usb->profile[mat];
    struct mat_usb_found found[FOUND_MAX];
    struct gait_error err = {0};
    size_t n = 0;
    int r = mat_usb_scan(self->usb->context, &profile, 1, named, (void *)(uintptr_t)&self->config->mat[mat], found,
                         FOUND_MAX, &n, &err);

    n = n < FOUND_MAX ? n : FOUND_MAX;
    for (size_t i = 0; i < n; i++)
        found[i].again = !plugged;
    if (r == 0 && profile->tiling.count)
        r = open_tiled(self, mat, found, n, &err);
    else if (r == 0 && (r = choose(self->config, mat, found, n, &err)) >= 0)
        r = open_found(self, mat, &found[r], &err);
    else if (n > 0 && asks(&self->config->mat[mat], profile))
        r = ask_all(self, mat, found, n, &err);
    if (r < 0) {
        tell_waiting(self, mat, &err);
        try_later(self, mat, r);
        return;
    }
    self->usb->waiting[mat] = false;
    tell(self, mat, NEWS_SOURCE, 0, &err);
}

/* --- for the device thread ---------------------------------------------------------------------------------------- */

int device_usb_want(struct device *self, unsigned mat, struct gait_error *err)
{
    int r = begin(self, err);

    if (r < 0 || self->usb->profile[mat])
        return r;
    r = load_profile(self->config, self->config->mat[mat].profile, &self->usb->profile[mat], err);
    if (r < 0)
        return r;
    self->usb->waiting[mat] = true;
    try_seat(self, mat, true);
    return 0;
}

int device_usb_serve(struct device *self)
{
    uint64_t due_ns, now_ns;
    bool plugged;

    if (!self->usb)
        return -1;
    plugged = mat_usb_service(self->usb->context, &due_ns) > 0;
    for (unsigned i = 0; i < LANES_MAX; i++) {
        if (self->usb->waiting[i] && (plugged || self->usb->due_ns[i] <= gait_now_ns(self->clock)))
            try_seat(self, i, plugged);
        if (self->usb->waiting[i] && self->usb->due_ns[i] < due_ns)
            due_ns = self->usb->due_ns[i];
    }
    if (due_ns == UINT64_MAX)
        return -1;
    now_ns = gait_now_ns(self->clock);
    return due_ns <= now_ns ? 0 : (int)((due_ns - now_ns) / NS_PER_MS) + 1;
}

void device_usb_done(struct device *self)
{
    if (!self->usb)
        return;
    mat_usb_context_free(self->usb->context);
    for (unsigned i = 0; i < LANES_MAX; i++)
        mat_profile_free(self->usb->profile[i]);
    free(self->usb);
    self->usb = NULL;
}
