/* The keys of a protocol: names, ranges, defaults, and a line on each for docs/PROTOCOL-KEYS.md. */
#include "protocol/protocol_keys.h"

#define AT(type, member) .name = #member, .offset = offsetof(struct type, member)
#define UINT(type, member, from, to, unless, text)                                                         \
    {                                                                                                      \
        AT(type, member), .kind = YAML_UINT, .least = from, .most = to, .otherwise = unless, .about = text \
    }
#define REAL(type, member, from, to, unless, text)                                                         \
    {                                                                                                      \
        AT(type, member), .kind = YAML_REAL, .least = from, .most = to, .otherwise = unless, .about = text \
    }
#define BOOL(type, member, unless, text)                                        \
    {                                                                           \
        AT(type, member), .kind = YAML_BOOL, .otherwise = unless, .about = text \
    }
#define TEXT(type, member, most_characters, text)                                               \
    {                                                                                           \
        AT(type, member), .kind = YAML_TEXT, .least = 1, .most = most_characters, .about = text \
    }
#define NEEDED(type, member, most_characters, text)                                                             \
    {                                                                                                           \
        AT(type, member), .kind = YAML_TEXT, .needed = true, .least = 1, .most = most_characters, .about = text \
    }
#define WORD(type, member, list, unless, text)                                                 \
    {                                                                                          \
        AT(type, member), .kind = YAML_WORD, .words = list, .otherwise = unless, .about = text \
    }
#define CHOICE(type, member, list, text)                                                  \
    {                                                                                     \
        AT(type, member), .kind = YAML_WORD, .needed = true, .words = list, .about = text \
    }
#define LIST(type, member, is_needed, from, to, table, of, text)                                                    \
    {                                                                                                               \
        AT(type, member), .kind = YAML_LIST, .count_offset = offsetof(struct type, n_##member),                     \
                          .size = sizeof(struct of), .needed = is_needed, .least = from, .most = to, .keys = table, \
                          .about = text                                                                             \
    }

static const struct yaml_word designs[] = {{"single_group", PROTOCOL_SINGLE_GROUP},
                                           {"parallel", PROTOCOL_PARALLEL},
                                           {"crossover", PROTOCOL_CROSSOVER},
                                           {"side_randomised", PROTOCOL_SIDE_RANDOMISED},
                                           {0}};
static const struct yaml_word kinds[] = {
    {"familiarisation", PROTOCOL_FAMILIARISATION}, {"pre", PROTOCOL_PRE}, {"post", PROTOCOL_POST}, {0}};
static const struct yaml_word mat_modes[] = {{"multi", PROTOCOL_MULTI}, {"single", PROTOCOL_SINGLE}, {0}};
static const struct yaml_word approaches[] = {
    {"midgait", PROTOCOL_MIDGAIT}, {"two_step", PROTOCOL_TWO_STEP}, {"three_step", PROTOCOL_THREE_STEP}, {0}};
static const struct yaml_word orders[] = {{"LRLR", PROTOCOL_LRLR}, {"ABBA", PROTOCOL_ABBA}, {0}};
static const struct yaml_word speeds[] = {{"mat", PROTOCOL_SPEED_MAT},
                                          {"stance", PROTOCOL_SPEED_STANCE},
                                          {"timing_gates", PROTOCOL_SPEED_GATES},
                                          {"treadmill", PROTOCOL_SPEED_TREADMILL},
                                          {0}};
static const struct yaml_word treated[] = {{"left", PROTOCOL_LEFT},     {"right", PROTOCOL_RIGHT},
                                           {"both", PROTOCOL_BOTH},     {"affected", PROTOCOL_AFFECTED},
                                           {"random", PROTOCOL_RANDOM}, {0}};
static const struct yaml_word indexes[] = {{"left", PROTOCOL_LEFT},       {"right", PROTOCOL_RIGHT},
                                           {"both", PROTOCOL_BOTH},       {"affected", PROTOCOL_AFFECTED},
                                           {"treated", PROTOCOL_TREATED}, {0}};
static const struct yaml_word directions[] = {
    {"either", PROTOCOL_EITHER}, {"increase", PROTOCOL_INCREASE}, {"decrease", PROTOCOL_DECREASE}, {0}};

static const struct yaml_key arm_keys[] = {
    NEEDED(protocol_arm, name, 31, "a-z, 0-9, '_' and '-': massage, sham, rest, stretching, ..."),
    TEXT(protocol_arm, technique, 120, "what is done, for whoever treats"),
    REAL(protocol_arm, dose_min, 0, 240, "0", "planned minutes; 0: not fixed"),
    TEXT(protocol_arm, about, 250, "anything else whoever treats must know"),
    {0},
};
static const struct yaml_key timepoint_keys[] = {
    NEEDED(protocol_timepoint, name, 31, "a-z, 0-9 and '_': pre1, pre2, post0, post10, ..."),
    CHOICE(protocol_timepoint, kind, kinds, "familiarisation is walked and never compared"),
    REAL(protocol_timepoint, after_treatment_min, 0, 100000, "0",
         "post: minutes from the treatment's end to its first pass"),
    REAL(protocol_timepoint, early_min, 0, 1440, "1", "post: it may begin that much earlier"),
    REAL(protocol_timepoint, late_min, 0, 10080, "5", "post: a first pass that much later is flagged as late"),
    UINT(protocol_timepoint, passes, 0, 200, "0", "passes of each condition; 0: the protocol's"),
    {0},
};
static const struct yaml_key condition_keys[] = {
    NEEDED(protocol_condition, name, 31, "a-z, 0-9, '_' and '-': barefoot, shod, ..."),
    TEXT(protocol_condition, about, 120, "for people"),
    {0},
};
static const struct yaml_key primary_keys[] = {
    NEEDED(protocol_primary, metric, 63, "name of a metric (docs/METRICS.md)"),
    WORD(protocol_primary, foot, indexes, "both", "whose; both: the mean of left and right"),
    WORD(protocol_primary, direction, directions, "either", "what is expected, registered before"),
    REAL(protocol_primary, swc, 0, 1e9, "0", "smallest worthwhile change, in the metric's unit; 0: none registered"),
    {0},
};
static const struct yaml_key allocation_keys[] = {
    {.name = "blocks",
     .kind = YAML_NUMBERS,
     .offset = offsetof(struct protocol_allocation, block),
     .count_offset = offsetof(struct protocol_allocation, blocks),
     .least = 1,
     .most = 8,
     .about = "lengths of blocks, each a multiple of the arms; several: which one comes is drawn too"},
    TEXT(protocol_allocation, stratify_by, 31,
         "a subject's field of few values (gait session fields): each has its own blocks"),
    {0},
};

const struct yaml_key protocol_keys[] = {
    {AT(protocol, version), .kind = YAML_UINT, .needed = true, .least = 1, .most = 1, .about = "of this format: 1"},
    NEEDED(protocol, name, 47, "a-z, 0-9, '_' and '-'; the file's name without .yaml"),
    TEXT(protocol, study, 47,
         "a-z, 0-9, '_' and '-': subjects of one study share its order of arms; not written: the name"),
    TEXT(protocol, title, 120, "for people"),
    TEXT(protocol, note, 2000, "for whoever runs it"),
    CHOICE(protocol, design, designs, "what is compared with what"),
    WORD(protocol, mat_mode, mat_modes, "multi", "single: one pass is one footfall (mats of 0.4 to 0.7 m)"),
    WORD(protocol, approach, approaches, "midgait",
         "midgait: 3 steps or more before the mat, 2 after; fixed for a study"),
    WORD(protocol, foot_order, orders, "LRLR", "single: left, right, left, right; or left, right, right, left"),
    WORD(protocol, speed_source, speeds, "mat",
         "what the window of speed is told by; mat: speed, or stance time where there is none"),
    REAL(protocol, window_percent, 0.5, 50, "5", "half width of the window around the baseline's median"),
    REAL(protocol, balance_s, 1, 3600, "60", "left and right further apart in time than that: a warning"),
    WORD(protocol, treated, treated, "both", "which side is treated; random: drawn for each person"),
    WORD(protocol, index_foot, indexes, "both", "whose numbers answer the question"),
    BOOL(protocol, blind, "false", "hide arm, timepoints and numbers from operators until the session is locked"),
    BOOL(protocol, oil_removed, "false", "post trials wait for gait session set oil_removed=true"),
    UINT(protocol, passes, 1, 200, "10", "passes of each condition and timepoint; single: of each foot"),
    UINT(protocol, min_steps, 5, 100, "5", "valid full steps a foot that are needed, whatever the passes"),
    UINT(protocol, warm_up_min, 0, 120, "0", "minutes of walking before the first pass; said to the operator"),
    REAL(protocol, washout_days, 0, 365, "0", "crossover: days between the two treatments, 7 or more"),
    LIST(protocol, arms, true, 1, PROTOCOL_ARMS_MAX, arm_keys, protocol_arm, "what is given"),
    LIST(protocol, timepoints, true, 2, PROTOCOL_TIMEPOINTS_MAX, timepoint_keys, protocol_timepoint,
         "when is walked, in order"),
    LIST(protocol, conditions, true, 1, PROTOCOL_CONDITIONS_MAX, condition_keys, protocol_condition,
         "how is walked; all of them at every timepoint, in this order"),
    LIST(protocol, primary, true, 1, PROTOCOL_PRIMARY_MAX, primary_keys, protocol_primary,
         "the metrics that get a verdict, named in advance"),
    {AT(protocol, allocation), .kind = YAML_MAP, .keys = allocation_keys, .size = sizeof(struct protocol_allocation),
     .about = "how arms, orders or sides are drawn; not written: blocks of two and three times the arms"},
    {0},
};

void protocol_print_keys(FILE *out)
{
    yaml_print_markdown(out, protocol_keys);
}

static const char *word_of(const struct yaml_word *words, int value)
{
    for (; words->word; words++)
        if (words->value == value)
            return words->word;
    return "";
}

const char *protocol_design_name(int design)
{
    return word_of(designs, design);
}

const char *protocol_kind_name(int kind)
{
    return word_of(kinds, kind);
}

const char *protocol_foot_name(int foot)
{
    return foot == PROTOCOL_TREATED ? "treated" : word_of(treated, foot);
}

const char *protocol_mat_mode_name(int mode)
{
    return word_of(mat_modes, mode);
}

const char *protocol_approach_name(int approach)
{
    return word_of(approaches, approach);
}

const char *protocol_order_name(int order)
{
    return word_of(orders, order);
}

const char *protocol_speed_name(int source)
{
    return word_of(speeds, source);
}

const char *protocol_direction_name(int direction)
{
    return word_of(directions, direction);
}
