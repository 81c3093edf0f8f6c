#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <gait/cleanup.h>

#include "config_yaml.h"

enum { FILE_BYTES_MAX = 1 << 20 };

static int set_id(void *at, const char *text, const char **ret_problem)
{
    char id[GAIT_ID_MAX + 1];

    (void)at;
    if (gait_mat_id(text, id) == 0 && strcmp(id, text) == 0)
        return 0;
    *ret_problem = "is no mat id: 1 to 64 letters, digits, '.', '_' or '-'";
    return -EINVAL;
}

static int set_absolute(void *at, const char *text, const char **ret_problem)
{
    (void)at;
    if (*text == '/' || *text == '\0')
        return 0;
    *ret_problem = "is no absolute path";
    return -EINVAL;
}

static int set_folder(void *at, const char *text, const char **ret_problem)
{
    (void)at;
    if (*text == '/')
        return 0;
    *ret_problem = "is no absolute path";
    return -EINVAL;
}

/* Below it come a session's folder and its files, each whole path in CONFIG_PATH_MAX bytes. */
static int set_data(void *at, const char *text, const char **ret_problem)
{
    if (strlen(text) > CONFIG_DATA_PATH_MAX) {
        *ret_problem = "is longer than 350 bytes";
        return -EINVAL;
    }
    return set_absolute(at, text, ret_problem);
}

static int set_sessions(void *at, const char *text, const char **ret_problem)
{
    int r = set_data(at, text, ret_problem);

    return r < 0 ? r : set_folder(at, text, ret_problem);
}

static int set_kind(struct source_config *source, enum source_kind kind, const char **ret_problem)
{
    if (source->kind != SOURCE_NONE && source->kind != kind) {
        *ret_problem = "is a second source: write one of usb, walker, replay";
        return -EINVAL;
    }
    source->kind = kind;
    return 0;
}

static int set_session_name(void *at, const char *text, const char **ret_problem)
{
    (void)at;
    *ret_problem = session_name_check(text);
    return *ret_problem ? -EINVAL : 0;
}

static int set_tcp(void *at, const char *text, const char **ret_problem)
{
    const char *colon = strrchr(text, ':');
    unsigned port = 0;
    char rest;

    (void)at;
    if (colon > text && sscanf(colon, ":%5u%c", &port, &rest) == 1 && port >= 1 && port <= 65535 &&
        strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-:[]*") == strlen(text))
        return 0;
    *ret_problem = "is no ADDRESS:PORT, such as 192.168.1.5:7471 or 0.0.0.0:7471";
    return -EINVAL;
}

static int set_usb(void *at, const char *text, const char **ret_problem)
{
    struct source_config *source = at;

    if (strcmp(text, "true") != 0) {
        *ret_problem = "must be true";
        return -EINVAL;
    }
    return set_kind(source, SOURCE_USB, ret_problem);
}

static int set_walker(void *at, const char *text, const char **ret_problem)
{
    (void)text;
    return set_kind(at, SOURCE_WALKER, ret_problem);
}

static int set_replay_path(void *at, const char *text, const char **ret_problem)
{
    int r = set_kind(at, SOURCE_REPLAY, ret_problem);

    return r < 0 ? r : set_folder(at, text, ret_problem);
}

/* clang-format off: tables */
static const struct key_word levels[] = {
    {"error", GAIT_LOG_ERROR}, {"warning", GAIT_LOG_WARNING}, {"notice", GAIT_LOG_NOTICE},
    {"info", GAIT_LOG_INFO},   {"debug", GAIT_LOG_DEBUG},     {0},
};
static const struct key_word mat_modes[] = {{"multi", GAIT_MAT_MULTI}, {"single", GAIT_MAT_SINGLE}, {0}};
static const struct key_word surfaces[] = {{"overground", GAIT_OVERGROUND}, {"treadmill", GAIT_TREADMILL}, {0}};
static const struct key_word approaches[] = {
    {"unknown", GAIT_APPROACH_UNKNOWN},
    {"midgait", GAIT_APPROACH_MIDGAIT},
    {"two-step", GAIT_APPROACH_TWO_STEP},
    {"three-step", GAIT_APPROACH_THREE_STEP},
    {0},
};

#define AT(type, member) .offset = offsetof(struct type, member)
#define TEXT(name_, type_, member, ...)                                                                              \
    {                                                                                                                \
        .name = name_, .type = KEY_TEXT, AT(type_, member), .size = sizeof(((struct type_ *)0)->member), __VA_ARGS__ \
    }
#define REAL(name_, type_, member, min_, max_)                                       \
    {                                                                                \
        .name = name_, .type = KEY_REAL, AT(type_, member), .min = min_, .max = max_ \
    }
#define COUNT(name_, type_, member, min_, max_)                                       \
    {                                                                                 \
        .name = name_, .type = KEY_COUNT, AT(type_, member), .min = min_, .max = max_ \
    }
#define BOOL(name_, type_, member)                         \
    {                                                      \
        .name = name_, .type = KEY_BOOL, AT(type_, member) \
    }
#define WORD(name_, type_, member, words_)                                  \
    {                                                                       \
        .name = name_, .type = KEY_WORD, AT(type_, member), .words = words_ \
    }
#define MAP(name_, below_)                              \
    {                                                   \
        .name = name_, .type = KEY_MAP, .below = below_ \
    }

static const struct key replay_keys[] = {
    TEXT("path", source_config, path, .set = set_replay_path),
    REAL("speed", source_config, speed, 0, 1000),
    {0},
};
/* `usb: true` needs no room: it is kept as the kind. Its text lands in `walker`, which a usb source does not use. */
static const struct key source_keys[] = {
    TEXT("usb", source_config, walker, .set = set_usb),
    TEXT("walker", source_config, walker, .set = set_walker),
    MAP("replay", replay_keys),
    REAL("speed", source_config, speed, 0, 1000),
    BOOL("free_run", source_config, free_run),
    {0},
};
static const struct key mat_keys[] = {
    TEXT("id", mat_config, id, .set = set_id),
    TEXT("profile", mat_config, profile),
    TEXT("calibration", mat_config, calibration, .set = set_absolute),
    {.name = "source", .type = KEY_MAP, AT(mat_config, source), .below = source_keys},
    {0},
};
static const struct key ring_keys[] = {
    REAL("memory_MiB", config, ring_memory_MiB, 1, 65536),
    REAL("seconds", config, ring_seconds, 1, 600),
    {0},
};
static const struct key recording_keys[] = {
    TEXT("path", config, path, .set = set_sessions),
    TEXT("second_path", config, second_path, .set = set_data),
    TEXT("session_name", config, session_name, .set = set_session_name),
    REAL("floor_min", config, floor_min, 0, 1440),
    REAL("pre_trigger_s", config, pre_trigger_s, 0, 60),
    BOOL("pressure", config, pressure),
    REAL("max_trial_s", config, max_trial_s, 1, 86400),
    REAL("seal_timeout_s", config, seal_timeout_s, 1, 86400),
    {0},
};
static const struct key pipeline_keys[] = {
    REAL("p_on_kPa", gait_parameters, p_on_kPa, 0, 1000),
    REAL("p_off_kPa", gait_parameters, p_off_kPa, 0, 1000),
    REAL("event_force_N", gait_parameters, event_force_N, 0, 1000),
    REAL("cop_force_N", gait_parameters, cop_force_N, 0, 1000),
    REAL("blob_gap_s", gait_parameters, blob_gap_s, 0, 1),
    REAL("closing_gap_s", gait_parameters, closing_gap_s, 0, 1),
    REAL("min_force_N", gait_parameters, min_force_N, 0, 10000),
    REAL("min_force_BW", gait_parameters, min_force_BW, 0, 2),
    REAL("min_area_cm2", gait_parameters, min_area_cm2, 0, 1000),
    REAL("standing_s", gait_parameters, standing_s, 0.1, 60),
    WORD("mat_mode", gait_parameters, mat_mode, mat_modes),
    WORD("surface", gait_parameters, surface, surfaces),
    WORD("approach", gait_parameters, approach, approaches),
    REAL("belt_speed_m_per_s", gait_parameters, belt_speed_m_per_s, 0, 10),
    {0},
};
static const struct key stream_keys[] = {
    TEXT("ipc", config, stream_ipc, .set = set_folder),
    COUNT("high_water_mark", config, stream_hwm, 10, 100000),
    COUNT("memory_MiB", config, stream_memory_MiB, 8, 65536),
    TEXT("tcp", config, stream_tcp, .set = set_tcp),
    {0},
};
static const struct key control_keys[] = {
    TEXT("ipc", config, control_ipc, .set = set_folder),
    TEXT("tcp", config, control_tcp, .set = set_tcp),
    {0},
};
static const struct key access_keys[] = {
    TEXT("keys", config, keys, .set = set_absolute),
    TEXT("audit", config, audit, .set = set_absolute),
    {0},
};
static const struct key realtime_keys[] = {COUNT("priority", config, priority, 0, 90), {0}};
static const struct key log_keys[] = {WORD("level", config, log_level, levels), {0}};
static const struct key top_keys[] = {
    COUNT("version", config, version, 1, 1),
    {.name = "mats",
     .type = KEY_LIST,
     AT(config, mat),
     .size = sizeof(struct mat_config),
     .count_offset = offsetof(struct config, n_mats),
     .max = CONFIG_MATS_MAX,
     .below = mat_keys},
    {.name = "source", .type = KEY_MAP, AT(config, source), .below = source_keys},
    MAP("ring", ring_keys),
    MAP("recording", recording_keys),
    {.name = "pipeline", .type = KEY_MAP, AT(config, parameters), .below = pipeline_keys},
    MAP("stream", stream_keys),
    MAP("control", control_keys),
    MAP("access", access_keys),
    MAP("realtime", realtime_keys),
    MAP("log", log_keys),
    {0},
};
/* clang-format on */

const struct key *config_table(void)
{
    return top_keys;
}

void config_audit(const struct config *config, char ret[CONFIG_AUDIT_MAX])
{
    const char *slash = strrchr(config->path, '/');

    if (config->audit[0])
        snprintf(ret, CONFIG_AUDIT_MAX, "%s", config->audit);
    else
        snprintf(ret, CONFIG_AUDIT_MAX, "%.*s/audit.log", slash ? (int)(slash - config->path) : 0, config->path);
}

static int place(char *ret, const char *folder, const char *rest, struct gait_error *err)
{
    int n = snprintf(ret, CONFIG_PATH_MAX, "%s%s", folder, rest);

    return n > 0 && n < CONFIG_PATH_MAX ? 0 : gait_error_set(err, -ENAMETOOLONG, "%s: path too long", folder);
}

static int user_run(struct config *c, struct gait_error *err)
{
    const char *run = getenv("XDG_RUNTIME_DIR");
    int r;

    if (!run || *run != '/')
        return gait_error_set(err, -EINVAL, "XDG_RUNTIME_DIR is not set: log in properly, or name a folder with --run");
    r = place(c->stream_ipc, run, "/gaitd/view", err);
    return r < 0 ? r : place(c->control_ipc, run, "/gaitd/control", err);
}

static int user_sessions(struct config *c, struct gait_error *err)
{
    const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");

    if (state && *state == '/')
        return place(c->path, state, "/gaitd/sessions", err);
    if (home && *home == '/')
        return place(c->path, home, "/.local/state/gaitd/sessions", err);
    return gait_error_set(err, -EINVAL, "neither XDG_STATE_HOME nor HOME is set: name a folder with --data");
}

int config_default(bool own_run, bool own_sessions, struct config *ret_config, struct gait_error *err)
{
    struct config c = {
        .version = 1,
        .source = {.speed = 1},
        .ring_memory_MiB = 512,
        .ring_seconds = 10,
        .path = "/var/lib/gaitd/sessions",
        .session_name = "{subject}-{date}",
        .floor_min = 10,
        .pre_trigger_s = 2,
        .max_trial_s = 600,
        .seal_timeout_s = 600,
        .stream_ipc = "/run/gaitd/view",
        .control_ipc = "/run/gaitd/control",
        .stream_hwm = 1000,
        .stream_memory_MiB = 128,
        .priority = 20,
        .log_level = GAIT_LOG_INFO,
    };
    int r;

    gait_parameters_default(&c.parameters);
    c.parameters.p_off_kPa = (double)NAN; /* half of p_on_kPa, once that is known */
    for (int i = 0; i < CONFIG_MATS_MAX; i++)
        c.mat[i].source.speed = 1;
    r = own_run ? user_run(&c, err) : 0;
    if (r == 0 && own_sessions)
        r = user_sessions(&c, err);
    if (r < 0)
        return r;
    *ret_config = c;
    return 0;
}

static void check_mats(struct yaml_check *check, yaml_node_t *root, struct config *c)
{
    if (c->n_mats == 0 && c->source.kind != SOURCE_NONE) {
        snprintf(c->mat[0].id, sizeof c->mat[0].id, "mat-1");
        c->n_mats = 1;
    }
    for (uint32_t i = 0; i < c->n_mats; i++) {
        const yaml_mark_t mark = yaml_mark_of_entry(check, root, "mats", i, "id");

        if (c->mat[i].source.kind == SOURCE_NONE)
            c->mat[i].source = c->source;
        if (!c->mat[i].id[0])
            yaml_mistake(check, &mark, "mats: entry %u has no id", i + 1);
        for (uint32_t k = 0; k < i; k++)
            if (strcmp(c->mat[k].id, c->mat[i].id) == 0)
                yaml_mistake(check, &mark, "mats: two have the id %s", c->mat[i].id);
    }
}

static void check_tcp(struct yaml_check *check, yaml_node_t *root, const char *of, const struct config *c)
{
    const yaml_mark_t mark = yaml_mark_of(check, root, of, "tcp");

    if (!c->keys[0])
        yaml_mistake(check, &mark,
                     "tcp: a TCP socket is opened only for known keys: set access.keys to their folder (gait key new)");
}

/* What no single key can say. */
static void check_whole(struct yaml_check *check, yaml_node_t *root, struct config *c)
{
    const yaml_mark_t pipeline = yaml_mark_of(check, root, "pipeline", "p_off_kPa");

    if (isnan(c->parameters.p_off_kPa))
        c->parameters.p_off_kPa = 0.5 * c->parameters.p_on_kPa;
    if (gait_parameters_check(&c->parameters) < 0)
        yaml_mistake(check, &pipeline, "pipeline: these values contradict each other (p_off_kPa is at most p_on_kPa)");
    if (c->control_tcp[0])
        check_tcp(check, root, "control", c);
    if (c->stream_tcp[0])
        check_tcp(check, root, "stream", c);
    check_mats(check, root, c);
}

/* libyaml names every problem but that there is no memory, which it does not always set as its error either. */
static const char *problem_of(const yaml_parser_t *parser)
{
    return parser->problem ? parser->problem : "no memory";
}

static void refuse_second(struct yaml_check *check, yaml_parser_t *parser)
{
    yaml_document_t document;
    yaml_node_t *root;

    if (!yaml_parser_load(parser, &document)) {
        yaml_mistake(check, &parser->problem_mark, "%s", problem_of(parser));
        return;
    }
    root = yaml_document_get_root_node(&document);
    if (root)
        yaml_mistake(check, &root->start_mark, "a second document begins here (after \"---\"): write one");
    yaml_document_delete(&document);
}

static void parse_document(struct yaml_check *check, yaml_parser_t *parser, struct config *c)
{
    yaml_document_t document;
    yaml_node_t *root;

    if (!yaml_parser_load(parser, &document)) {
        yaml_mistake(check, &parser->problem_mark, "%s", problem_of(parser));
        return;
    }
    check->document = &document;
    root = yaml_document_get_root_node(&document);
    if (root)
        yaml_read(check, root, top_keys, c);
    if (!check->mistakes)
        check_whole(check, root, c);
    yaml_document_delete(&document);
    refuse_second(check, parser);
}

int config_parse(const char *name, const char *text, size_t length, struct config *config,
                 void (*report)(void *user, const char *line), void *user)
{
    struct yaml_check check = {.name = name, .report = report, .user = user};
    struct config c = *config;
    yaml_parser_t parser;

    if (!yaml_parser_initialize(&parser))
        return -ENOMEM;
    yaml_parser_set_input_string(&parser, (const unsigned char *)text, length);
    parse_document(&check, &parser, &c);
    yaml_parser_delete(&parser);
    if (check.mistakes)
        return -EINVAL;
    *config = c;
    return 0;
}

static int read_whole(const char *file, char **ret_text, size_t *ret_length)
{
    _cleanup_close_ int fd = open(file, O_RDONLY | O_CLOEXEC);
    _cleanup_free_ char *text = NULL;
    size_t n = 0;
    ssize_t got;

    if (fd < 0)
        return -errno;
    text = malloc(FILE_BYTES_MAX);
    if (!text)
        return -ENOMEM;
    while ((got = read(fd, text + n, FILE_BYTES_MAX - n)) > 0)
        n += (size_t)got;
    if (got < 0)
        return -errno;
    if (n == FILE_BYTES_MAX)
        return -EFBIG;
    *ret_text = gait_steal(&text);
    *ret_length = n;
    return 0;
}

int config_load(const char *file, struct config *config, void (*report)(void *user, const char *line), void *user)
{
    _cleanup_free_ char *text = NULL;
    size_t length = 0;
    char line[CONFIG_PATH_MAX + 200];
    int r = read_whole(file, &text, &length);
    bool whole = r == 0;

    if (whole)
        r = config_parse(file, text, length, config, report, user);
    if (r < 0 && (!whole || r == -ENOMEM)) { /* mistakes have had their lines */
        snprintf(line, sizeof line, "%s: cannot be read: %s", file, strerror(-r));
        report(user, line);
    }
    if (r == 0) {
        _cleanup_free_ char *whole_path = *file == '/' ? NULL : realpath(file, NULL);

        /* what lies beside it is looked for by clients too, which stand elsewhere */
        snprintf(config->file, sizeof config->file, "%s", whole_path ? whole_path : file);
    }
    return r;
}
