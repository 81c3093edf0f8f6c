#include "protocol/field.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mats/yaml_scalar.h"

#define NPRS(name, text)                         \
    {                                            \
        name, FIELD_COUNT, "", 0, 10, NULL, text \
    }
#define SIDES(stem, ending, kind, unit, from, to, text)                  \
    {stem "_left" ending, kind, unit, from, to, NULL, text ", left"},    \
    {                                                                    \
        stem "_right" ending, kind, unit, from, to, NULL, text ", right" \
    }
/* Mean of three, as a check that the treatment did something. */
#define LUNGE(knee, when)                                                                                             \
    SIDES("lunge", "_" knee "_" when "_deg", FIELD_REAL, "deg", 0, 80, "weight-bearing lunge, " knee " knee, " when), \
        SIDES("lunge", "_" knee "_" when "_cm", FIELD_REAL, "cm", 0, 30, "the same as toe-to-wall distance")
#define YES(name, text)                        \
    {                                          \
        name, FIELD_BOOL, "", 0, 1, NULL, text \
    }

/* clang-format off */
const struct field subject_fields[] = {
    {"age_years", FIELD_COUNT, "years", 2, 120, NULL, "age, whole years"},
    {"sex", FIELD_WORD, "", 0, 0, "female male other", "sex"},
    {"dominant_side", FIELD_WORD, "", 0, 0, "left right both", "foot that kicks a ball"},
    {"affected_side", FIELD_WORD, "", 0, 0, "left right both none", "side with the complaint"},
    NPRS("pain_first_step_pre_nprs", "first-step pain before, 0 none to 10 worst imaginable"),
    NPRS("pain_first_step_post_nprs", "first-step pain after"),
    NPRS("pain_walking_pre_nprs", "walking pain before"),
    NPRS("pain_walking_post_nprs", "walking pain after"),
    LUNGE("straight", "pre"),
    LUNGE("bent", "pre"),
    LUNGE("straight", "post"),
    LUNGE("bent", "post"),
    SIDES("fpi6", "", FIELD_COUNT, "", -12, 12, "Foot Posture Index, six items"),
    SIDES("navicular_drop", "_mm", FIELD_REAL, "mm", -10, 40, "navicular drop"),
    SIDES("heel_rises", "", FIELD_COUNT, "", 0, 200, "single-leg heel rises"),
    {"footwear", FIELD_CODE, "", 1, 40, NULL, "none, socks, own, or the lab's code of a shoe"},
    {"shoe_size_eu", FIELD_REAL, "", 15, 60, NULL, "shoe size, EU"},
    {"consent_version", FIELD_CODE, "", 1, 40, NULL, "version of the consent form"},
    {"consent_date", FIELD_DATE, "", 0, 0, NULL, "when it was signed"},
    {"consent_scope", FIELD_TEXT, "", 1, 200, NULL, "what it covers"},
    {"consent_withdrawn_date", FIELD_DATE, "", 0, 0, NULL, "when it was withdrawn: then gait session purge"},
    YES("contra_dvt_risk", "contraindication: risk of deep vein thrombosis"),
    YES("contra_anticoagulants", "contraindication: anticoagulants"),
    YES("contra_skin_lesion", "contraindication: skin lesion"),
    YES("contra_fracture", "contraindication: fracture"),
    YES("contra_neuropathy", "contraindication: neuropathy"),
    {"training_48h_min", FIELD_COUNT, "min", 0, 2880, NULL, "minutes of training in the last 48 h"},
    {"training_48h", FIELD_TEXT, "", 1, 200, NULL, "which training"},
    YES("analgesics_48h", "pain killers in the last 48 h"),
    {"analgesics_48h_which", FIELD_TEXT, "", 1, 200, NULL, "which, and how much"},
    {"time_of_day", FIELD_TIME, "", 0, 0, NULL, "hours and minutes, local"},
    {"massage_intensity_nrs", FIELD_COUNT, "", 0, 10, NULL, "how hard it felt, 0 to 10"},
    {"expectation_nrs", FIELD_COUNT, "", 0, 10, NULL, "how much good is expected of it, 0 to 10, asked before"},
    {"adverse_events", FIELD_TEXT, "", 1, FIELD_TEXT_MAX, NULL, "what went wrong; none"},
    YES("oil_removed", "feet were wiped after the treatment; asked anew after each"),
    {"therapist", FIELD_CODE, "", 1, 32, NULL, "pseudonym of who treats"},
    {"assessor", FIELD_CODE, "", 1, 32, NULL, "pseudonym of who measures"},
    {"arm", FIELD_CODE, "", 1, 32, NULL, "what was given; a protocol sets it"},
    {"treated", FIELD_WORD, "", 0, 0, "left right both none", "which side was treated; a protocol sets it"},
    {NULL, 0, NULL, 0, 0, NULL, NULL},
};
/* clang-format on */

const struct field *field_find(const char *name)
{
    for (const struct field *f = subject_fields; f->name; f++)
        if (strcmp(f->name, name) == 0)
            return f;
    return NULL;
}

bool field_is_personal(const char *name)
{
    static const char *const personal[] = {"name",     "surname",  "birth",  "address", "phone",     "email",
                                           "street",   "postcode", "e_mail", "mobile",  "insurance", "dob",
                                           "fullname", "patient",  "iban",   "passport"};

    for (size_t i = 0; i < sizeof personal / sizeof *personal; i++)
        if (strcasestr(name, personal[i]))
            return true;
    return false;
}

bool field_is_own(const char *name)
{
    size_t n = strlen(name);

    return strncmp(name, "x_", 2) == 0 && n > 2 && n <= FIELD_NAME_MAX &&
           strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_") == n;
}

/* What a session knows beside the fields, under the same verbs. */
static const char *const beside[] = {"mass_kg",   "stature_m", "foot_length_left_mm", "foot_length_right_mm",
                                     "condition", "timepoint"};

/* A part of a name counts too: "lunge_left" means one of the lunges. */
const char *field_nearest(const char *name)
{
    const char *best = NULL;
    unsigned least = 4;

    for (size_t i = 0; i < sizeof beside / sizeof *beside; i++) {
        unsigned d = yaml_distance(name, beside[i]);

        if (d < least && d < strlen(beside[i])) {
            least = d;
            best = beside[i];
        }
    }

    for (const struct field *f = subject_fields; f->name; f++) {
        unsigned d = yaml_distance(name, f->name);

        if (d < least && d < strlen(f->name)) {
            least = d;
            best = f->name;
        }
    }
    for (const struct field *f = subject_fields; !best && f->name; f++)
        if (strlen(name) >= 3 && strstr(f->name, name))
            best = f->name;
    return best;
}

const char *field_kind_name(enum field_kind kind)
{
    static const char *const names[] = {"", "number", "count", "true or false", "word", "text", "date", "time", "code"};

    return names[kind];
}

static int expected(char ret_why[200], const char *format, ...) __attribute__((format(printf, 2, 3)));

static int expected(char ret_why[200], const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(ret_why, 200, format, args);
    va_end(args);
    return -1;
}

static int judge_number(const struct field *f, const char *text, double *ret_number, char ret_why[200])
{
    char *end;
    double v;

    errno = 0;
    v = strtod(text, &end);
    if (end == text || *end || errno || !isfinite(v) || isspace((unsigned char)*text) || strpbrk(text, "xX") ||
        v < f->min || v > f->max || (f->kind == FIELD_COUNT && v != floor(v)))
        return expected(ret_why, "expected a %snumber from %g to %g%s%s", f->kind == FIELD_COUNT ? "whole " : "",
                        f->min, f->max, *f->unit ? " " : "", f->unit);
    *ret_number = v;
    return 1;
}

static int judge_bool(const char *text, double *ret_number, char ret_why[200])
{
    bool yes = strcmp(text, "true") == 0 || strcmp(text, "yes") == 0;

    if (!yes && strcmp(text, "false") != 0 && strcmp(text, "no") != 0)
        return expected(ret_why, "expected true or false");
    *ret_number = yes;
    return 2;
}

static int judge_word(const struct field *f, const char *text, char ret_why[200])
{
    size_t n = strlen(text);

    for (const char *v = f->values; *v; v += *v == ' ') {
        size_t k = strcspn(v, " ");

        if (k == n && strncmp(v, text, n) == 0)
            return 0;
        v += k;
    }
    return expected(ret_why, "expected one of: %s", f->values);
}

/* Digits where the pattern has 0; all else as it stands there. */
static bool looks_like(const char *text, const char *pattern)
{
    for (; *pattern; pattern++, text++)
        if (*pattern == '0' ? !isdigit((unsigned char)*text) : *text != *pattern)
            return false;
    return !*text;
}

static int judge_date(const char *text, char ret_why[200])
{
    static const int days[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int year, month, day;

    if (!looks_like(text, "0000-00-00") || sscanf(text, "%d-%d-%d", &year, &month, &day) != 3 || year < 1900 ||
        month < 1 || month > 12 || day < 1 || day > days[month - 1] ||
        (month == 2 && day == 29 && (year % 4 || (year % 100 == 0 && year % 400))))
        return expected(ret_why, "expected a date as in 2026-03-01");
    return 0;
}

static int judge_time(const char *text, char ret_why[200])
{
    if (!looks_like(text, "00:00") || strncmp(text, "23:59", 5) > 0 || text[3] > '5')
        return expected(ret_why, "expected a time as in 14:05");
    return 0;
}

static int judge_text(const struct field *f, const char *text, char ret_why[200])
{
    static const char code[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";

    if (f->kind == FIELD_CODE && (strspn(text, code) != strlen(text) || strlen(text) > (size_t)f->max))
        return expected(ret_why, "expected one word of letters, digits, '.', '_', '-', at most %g", f->max);
    if (strlen(text) > (size_t)f->max)
        return expected(ret_why, "expected a text of at most %g bytes", f->max);
    for (const char *c = text; *c; c++)
        if ((unsigned char)*c < 0x20)
            return expected(ret_why, "expected one line of text");
    return 0;
}

int field_judge(const struct field *f, const char *text, double *ret_number, char ret_why[200])
{
    switch (f->kind) {
    case FIELD_REAL:
    case FIELD_COUNT:
        return judge_number(f, text, ret_number, ret_why);
    case FIELD_BOOL:
        return judge_bool(text, ret_number, ret_why);
    case FIELD_WORD:
        return judge_word(f, text, ret_why);
    case FIELD_DATE:
        return judge_date(text, ret_why);
    case FIELD_TIME:
        return judge_time(text, ret_why);
    default:
        return judge_text(f, text, ret_why);
    }
}
