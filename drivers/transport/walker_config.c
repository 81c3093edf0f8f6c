#include "walker_config.h"

#include <errno.h>
#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

enum { KEY_MAX = 32, VALUE_MAX = 48 };

enum kind { DOUBLE, U64, U32, I32, BOOL, WORD };

struct word {
    const char *word;
    int value;
};

static const struct word preset_words[] = {
    {"normal", MAT_WALKER_NORMAL}, {"slow", MAT_WALKER_SLOW}, {"run", MAT_WALKER_RUN}, {0}};
static const struct word strike_words[] = {{"heel", MAT_WALKER_HEEL}, {"fore", MAT_WALKER_FORE}, {0}};
static const struct word dtype_words[] = {
    {"u8", GAIT_U8}, {"u16", GAIT_U16}, {"i16", GAIT_I16}, {"f32", GAIT_F32}, {0}};
static const struct word side_words[] = {
    {"auto", GAIT_SIDE_UNKNOWN}, {"left", GAIT_SIDE_LEFT}, {"right", GAIT_SIDE_RIGHT}, {0}};
static const struct word direction_words[] = {
    {"up", MAT_WALKER_UP}, {"down", MAT_WALKER_DOWN}, {"alternate", MAT_WALKER_ALTERNATE}, {0}};

/* One row a key; what a row allows is what mat_walker_new() allows too. */
static const struct field {
    const char *key;
    enum kind kind;
    size_t offset;
    double low, high;
    const struct word *words;
} fields[] = {
#define AT(member) offsetof(struct mat_walker_config, member)
    {"seed", U64, AT(seed), 0, 0x1p64, NULL},
    {"pass", U32, AT(pass), 1, 1e9, NULL},
    {"preset", WORD, AT(preset), 0, 0, preset_words},
    {"rows", U32, AT(rows), 1, GAIT_ROWS_MAX, NULL},
    {"cols", U32, AT(cols), 1, GAIT_COLS_MAX, NULL},
    {"pitch_x_mm", DOUBLE, AT(pitch_x_mm), 0.5, 100, NULL},
    {"pitch_y_mm", DOUBLE, AT(pitch_y_mm), 0.5, 100, NULL},
    {"rate", DOUBLE, AT(rate_hz), 1, 10000, NULL},
    {"dtype", WORD, AT(dtype), 0, 0, dtype_words},
    {"kPa_per_count", DOUBLE, AT(kPa_per_count), 0, 1000, NULL},
    {"mass", DOUBLE, AT(mass_kg), 5, 300, NULL},
    {"foot_length_mm", DOUBLE, AT(foot_length_mm), 80, 400, NULL},
    {"arch_kPa", DOUBLE, AT(arch_kPa), 0, 1000, NULL},
    {"arch_width", DOUBLE, AT(arch_width), 1, 50, NULL},
    {"collapse", DOUBLE, AT(collapse), 0, 3, NULL},
    {"toe_out_deg", DOUBLE, AT(toe_out_deg), -60, 60, NULL},
    {"heel", DOUBLE, AT(heel_scale), 0, 10, NULL},
    {"asymmetry_pct", DOUBLE, AT(asymmetry_pct), -150, 150, NULL},
    {"strike", WORD, AT(strike), 0, 0, strike_words},
    {"drag_mm", DOUBLE, AT(drag_mm), 0, 1000, NULL},
    {"stance_s", DOUBLE, AT(stance_s), 0.05, 60, NULL},
    {"step_time_s", DOUBLE, AT(step_time_s), 0.05, 60, NULL},
    {"step_length_mm", DOUBLE, AT(step_length_mm), 20, 3000, NULL},
    {"step_width_mm", DOUBLE, AT(step_width_mm), 0, 600, NULL},
    {"variation", DOUBLE, AT(variation), 0, 3, NULL},
    {"first", WORD, AT(first_side), 0, 0, side_words},
    {"direction", WORD, AT(direction), 0, 0, direction_words},
    {"steps", U32, AT(steps), 0, 4096, NULL},
    {"shift_mm", DOUBLE, AT(shift_mm), -1e5, 1e5, NULL},
    {"start_mm", DOUBLE, AT(start_mm), -1000, 1e6, NULL},
    {"lead_s", DOUBLE, AT(lead_s), 0, 600, NULL},
    {"tail_s", DOUBLE, AT(tail_s), 0, 600, NULL},
    {"noise", DOUBLE, AT(noise_counts), 0, 1000, NULL},
    {"offset", DOUBLE, AT(offset_counts), 0, 60000, NULL},
    {"drift", DOUBLE, AT(drift_per_s), -1000, 1000, NULL},
    {"saturation", DOUBLE, AT(saturation_kPa), 0, 1e6, NULL},
    {"dead_row", I32, AT(dead_row), -1, GAIT_ROWS_MAX, NULL},
    {"dead_rows", U32, AT(dead_rows), 0, GAIT_ROWS_MAX, NULL},
    {"dead_known", BOOL, AT(dead_known), 0, 1, NULL},
    {"drop", DOUBLE, AT(drop_pct), 0, 100, NULL},
    {"drop_from", U32, AT(drop_from), 0, 1e9, NULL},
    {"drop_count", U32, AT(drop_count), 0, 1e6, NULL},
#undef AT
};

enum { FIELDS = sizeof fields / sizeof fields[0] };

void mat_walker_preset(struct mat_walker_config *config, enum mat_walker_preset preset)
{
    static const struct {
        double arch_kPa, arch_width, stance_s, step_time_s, step_length_mm;
    } of[] = {[MAT_WALKER_NORMAL] = {18, 10, 0.63, 0.51, 620},
              [MAT_WALKER_SLOW] = {60, 12, 0.69, 0.56, 560},
              [MAT_WALKER_RUN] = {60, 12, 0.24, 0.36, 1000}};

    config->preset = preset;
    config->arch_kPa = of[preset].arch_kPa;
    config->arch_width = of[preset].arch_width;
    config->stance_s = of[preset].stance_s;
    config->step_time_s = of[preset].step_time_s;
    config->step_length_mm = of[preset].step_length_mm;
}

void mat_walker_default(struct mat_walker_config *ret_config)
{
    *ret_config = (struct mat_walker_config){
        .seed = 1,
        .pass = 1,
        .rows = 360,
        .cols = 64,
        .pitch_x_mm = 5,
        .pitch_y_mm = 5,
        .rate_hz = 100,
        .dtype = GAIT_U16,
        .mass_kg = 70,
        .foot_length_mm = 250,
        .toe_out_deg = 6,
        .heel_scale = 1,
        .strike = MAT_WALKER_HEEL,
        .step_width_mm = 90,
        .variation = 1,
        .direction = MAT_WALKER_UP,
        .start_mm = NAN,
        .lead_s = 0.5,
        .tail_s = 0.5,
        .dead_row = -1,
        .dead_rows = 1,
    };
    mat_walker_preset(ret_config, MAT_WALKER_NORMAL);
}

double walker_config_kPa_per_count(const struct mat_walker_config *config)
{
    if (config->kPa_per_count > 0)
        return config->kPa_per_count;
    if (config->dtype == GAIT_F32)
        return 1;
    return config->dtype == GAIT_U8 ? 2 : 0.1;
}

/* --- check ----------------------------------------------------------------------------------- */

static double number_at(const struct mat_walker_config *config, const struct field *field)
{
    const void *at = (const char *)config + field->offset;
    double d;
    uint64_t u64;
    uint32_t u32;
    int32_t i32;
    bool b;

    switch (field->kind) {
    case DOUBLE:
        return memcpy(&d, at, sizeof d), d;
    case U64:
        return memcpy(&u64, at, sizeof u64), (double)u64;
    case U32:
        return memcpy(&u32, at, sizeof u32), (double)u32;
    case I32:
        return memcpy(&i32, at, sizeof i32), (double)i32;
    case BOOL:
        return memcpy(&b, at, sizeof b), (double)b;
    case WORD:
        break;
    }
    return 0;
}

static bool word_known(const struct mat_walker_config *config, const struct field *field)
{
    int value;

    memcpy(&value, (const char *)config + field->offset, sizeof value);
    for (const struct word *w = field->words; w->word; w++)
        if (w->value == value)
            return true;
    return false;
}

static bool in_range(const struct mat_walker_config *config, const struct field *field)
{
    double value = number_at(config, field);

    if (field->kind == WORD)
        return word_known(config, field);
    if (field->offset == offsetof(struct mat_walker_config, start_mm) && isnan(value))
        return true;
    return value >= field->low && value <= field->high;
}

int walker_config_check(const struct mat_walker_config *config, struct gait_error *err)
{
    for (int i = 0; i < FIELDS; i++)
        if (!in_range(config, &fields[i]))
            return gait_error_set(err, -EINVAL, "walker: %s is out of range (%g to %g)", fields[i].key, fields[i].low,
                                  fields[i].high);
    if ((uint64_t)config->rows * config->cols > GAIT_CELLS_MAX)
        return gait_error_set(err, -EINVAL, "walker: rows times cols is beyond %d cells", GAIT_CELLS_MAX);
    return 0;
}

/* --- parse ----------------------------------------------------------------------------------- */

struct pair {
    char key[KEY_MAX], value[VALUE_MAX];
    size_t at; /* byte of the text, from 1 */
};

/* Cut off one "key=value". Returns 1; 0 at the end; -EINVAL with err. */
static int next_pair(const char *text, size_t *at, struct pair *ret_pair, struct gait_error *err)
{
    const char *key = text + *at, *end = key + strcspn(key, ","), *equals = memchr(key, '=', (size_t)(end - key));

    if (!*key)
        return 0;
    ret_pair->at = *at + 1;
    if (!equals || equals == key || equals + 1 == end)
        return gait_error_set(err, -EINVAL, "walker: byte %zu: expected key=value, found \"%.*s\"", ret_pair->at,
                              (int)(end - key), key);
    if (equals - key >= KEY_MAX || end - equals > VALUE_MAX)
        return gait_error_set(err, -EINVAL, "walker: byte %zu: key or value is too long", ret_pair->at);
    memcpy(ret_pair->key, key, (size_t)(equals - key));
    ret_pair->key[equals - key] = '\0';
    memcpy(ret_pair->value, equals + 1, (size_t)(end - equals - 1));
    ret_pair->value[end - equals - 1] = '\0';
    *at = (size_t)(end - text) + (*end == ',');
    return 1;
}

static const struct field *field_of(const char *key)
{
    for (int i = 0; i < FIELDS; i++)
        if (strcmp(fields[i].key, key) == 0)
            return &fields[i];
    return NULL;
}

static int unknown_key(const struct pair *pair, struct gait_error *err)
{
    char known[GAIT_ERROR_TEXT_MAX] = "";
    size_t n = 0;

    for (int i = 0; i < FIELDS && n + KEY_MAX < sizeof known; i++) {
        size_t length = strlen(fields[i].key);

        memcpy(known + n, fields[i].key, length);
        known[n + length] = ' ';
        n += length + 1;
    }
    return gait_error_set(err, -EINVAL, "walker: byte %zu: unknown key \"%s\"; known are: %spitch cadence speed",
                          pair->at, pair->key, known);
}

static int read_number(const struct pair *pair, double low, double high, double *ret_number, struct gait_error *err)
{
    char *end;
    double number = strtod(pair->value, &end);

    if (*end || !isfinite(number))
        return gait_error_set(err, -EINVAL, "walker: byte %zu: %s=%s is no number", pair->at, pair->key, pair->value);
    if (number < low || number > high)
        return gait_error_set(err, -EINVAL, "walker: byte %zu: %s=%s is out of range (%g to %g)", pair->at, pair->key,
                              pair->value, low, high);
    *ret_number = number;
    return 0;
}

static int read_word(const struct pair *pair, const struct word *words, int *ret_value, struct gait_error *err)
{
    char known[96] = "";
    size_t n = 0;

    for (const struct word *w = words; w->word; w++) {
        size_t length = strlen(w->word);

        if (strcmp(w->word, pair->value) == 0) {
            *ret_value = w->value;
            return 0;
        }
        memcpy(known + n, " ", 1);
        memcpy(known + n + 1, w->word, length);
        n += length + 1;
    }
    return gait_error_set(err, -EINVAL, "walker: byte %zu: %s=%s is none of:%s", pair->at, pair->key, pair->value,
                          known);
}

/* A seed uses all 64 bits, which a double does not hold. */
static int read_seed(const struct pair *pair, uint64_t *ret_seed, struct gait_error *err)
{
    char *end;

    errno = 0;
    *ret_seed = strtoull(pair->value, &end, 10);
    if (*end || errno || pair->value[0] == '-')
        return gait_error_set(err, -EINVAL, "walker: byte %zu: %s=%s is no whole number", pair->at, pair->key,
                              pair->value);
    return 0;
}

static int whole(const struct pair *pair, double number, struct gait_error *err)
{
    if (number != floor(number))
        return gait_error_set(err, -EINVAL, "walker: byte %zu: %s=%s must be a whole number", pair->at, pair->key,
                              pair->value);
    return 0;
}

static int set_field(struct mat_walker_config *config, const struct field *field, const struct pair *pair,
                     struct gait_error *err)
{
    void *at = (char *)config + field->offset;
    double number = 0;
    int word, r;

    if (field->kind == U64)
        return read_seed(pair, at, err);
    if (field->kind == WORD) {
        r = read_word(pair, field->words, &word, err);
        if (r == 0)
            memcpy(at, &word, sizeof word);
        return r;
    }
    r = read_number(pair, field->low, field->high, &number, err);
    if (r == 0 && field->kind != DOUBLE)
        r = whole(pair, number, err);
    if (r < 0)
        return r;
    if (field->kind == DOUBLE)
        memcpy(at, &number, sizeof number);
    else if (field->kind == BOOL)
        memcpy(at, &(bool){number != 0}, sizeof(bool));
    else /* both signs fit: the range was checked */
        memcpy(at, &(int32_t){(int32_t)number}, sizeof(int32_t));
    return 0;
}

/* Keys that set another member. *speed is kept until the step time is known. Returns 1 it was one; 0 not; -EINVAL. */
static int set_derived(struct mat_walker_config *config, const struct pair *pair, double *speed, struct gait_error *err)
{
    double number = 0;
    int r = 0;

    if (strcmp(pair->key, "pitch") == 0) {
        r = read_number(pair, 0.5, 100, &number, err);
        config->pitch_x_mm = config->pitch_y_mm = number;
    } else if (strcmp(pair->key, "cadence") == 0) {
        r = read_number(pair, 1, 1000, &number, err);
        config->step_time_s = 60 / number;
    } else if (strcmp(pair->key, "speed") == 0) {
        r = read_number(pair, 0.05, 12, speed, err);
    } else {
        return 0;
    }
    return r < 0 ? r : 1;
}

static int find_preset(const char *text, struct mat_walker_config *config, struct gait_error *err)
{
    struct pair pair;
    size_t at = 0;
    int r, word;

    while ((r = next_pair(text, &at, &pair, err)) > 0) {
        if (strcmp(pair.key, "preset") != 0)
            continue;
        r = read_word(&pair, preset_words, &word, err);
        if (r < 0)
            return r;
        mat_walker_preset(config, (enum mat_walker_preset)word);
    }
    return r;
}

static int set_pair(struct mat_walker_config *config, const struct pair *pair, double *speed, struct gait_error *err)
{
    const struct field *field = field_of(pair->key);
    int r;

    if (!field) {
        r = set_derived(config, pair, speed, err);
        return r == 0 ? unknown_key(pair, err) : r;
    }
    if (field->offset == offsetof(struct mat_walker_config, step_length_mm))
        *speed = NAN;
    return set_field(config, field, pair, err);
}

int mat_walker_parse(const char *text, struct mat_walker_config *ret_config, struct gait_error *err)
{
    struct mat_walker_config config;
    double speed = NAN;
    struct pair pair;
    size_t at = 0;
    int r;

    mat_walker_default(&config);
    r = find_preset(text, &config, err);
    while (r >= 0 && (r = next_pair(text, &at, &pair, err)) > 0)
        r = set_pair(&config, &pair, &speed, err);
    if (r < 0)
        return r;
    if (!isnan(speed))
        config.step_length_mm = speed * 1000 * config.step_time_s;
    r = walker_config_check(&config, err);
    if (r < 0)
        return r;
    *ret_config = config;
    return 0;
}
