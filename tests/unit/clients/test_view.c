/* What gait view knows: a footfall that comes twice, with the snapshot and on the stream, is one. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <jansson.h>

#include "gait/view/model.h"

static void come(struct model *model, int trial, int footfall, const char *side)
{
    json_t *header = json_pack("{s:s, s:s, s:i, s:i, s:i, s:s}", "mat", "m", "instance", "i", "trial", trial,
                               "footfall", footfall, "ic_ns", 1000 * trial + footfall, "side", side);

    model_footfall(model, header, NULL, 0);
    json_decref(header);
}

static void a_footfall_is_there_once(void **state)
{
    struct model model = {0};

    (void)state;
    come(&model, 1, 1, "left");
    come(&model, 1, 2, "right");
    come(&model, 1, 1, "right"); /* taken for the other foot meanwhile */
    come(&model, 2, 1, "left");
    assert_int_equal(model.footfalls, 3);
    assert_string_equal(json_string_value(json_object_get(model.footfall[0], "side")), "right");
    model_footfall(&model, model.footfall[2], NULL, 0);
    assert_int_equal(model.footfalls, 3);
    for (int i = 1; i <= MODEL_FOOTFALLS; i++)
        come(&model, 3, i, "left");
    assert_int_equal(model.footfalls, MODEL_FOOTFALLS);
    assert_int_equal(json_integer_value(json_object_get(model.footfall[0], "footfall")), 1);
    model_done(&model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_footfall_is_there_once)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
