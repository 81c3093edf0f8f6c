/* Drawing: every block holds each arm equally often; another key gives another order; a person keeps what was drawn. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "allocation.h"

static void test_sha256(void **state)
{
    char hex[ALLOCATION_SHA_TEXT + 1];

    (void)state; /* FIPS 180-2, appendix B */
    allocation_sha256("abc", 3, hex);
    assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

/* With blocks of one length, every stretch of that length is balanced. */
static void test_blocks(void **state)
{
    const uint32_t block[] = {8};
    uint8_t key[ALLOCATION_KEY_BYTES] = {1, 2, 3};

    (void)state;
    for (unsigned b = 0; b < 50; b++) {
        unsigned count[4] = {0};

        for (unsigned i = 0; i < 8; i++)
            count[allocation_draw(key, "study", "", block, 1, 4, 8 * b + i)]++;
        for (int a = 0; a < 4; a++)
            assert_int_equal(count[a], 2);
    }
}

static void test_balance_of_usual_blocks(void **state)
{
    uint8_t key[ALLOCATION_KEY_BYTES] = {9};
    int difference = 0;

    (void)state;
    for (unsigned i = 0; i < 1000; i++) {
        difference += allocation_draw(key, "study", "", NULL, 0, 2, i) ? 1 : -1;
        assert_true(abs(difference) <= 3); /* half a block of six */
    }
}

/* All six orders of a block of 4 with 2 arms come, about equally often; nothing of it follows from study or subject alone. */
static void test_orders(void **state)
{
    const uint32_t block[] = {4};
    unsigned seen[16] = {0}, orders = 0, same = 0;
    uint8_t key[ALLOCATION_KEY_BYTES] = {0}, other[ALLOCATION_KEY_BYTES] = {0};

    (void)state;
    other[31] = 1;
    for (unsigned b = 0; b < 200; b++) {
        unsigned word = 0, word2 = 0;

        for (unsigned i = 0; i < 4; i++) {
            word = word << 1 | allocation_draw(key, "s", "", block, 1, 2, 4 * b + i);
            word2 = word2 << 1 | allocation_draw(other, "s", "", block, 1, 2, 4 * b + i);
        }
        seen[word]++;
        same += word == word2;
    }
    for (unsigned w = 0; w < 16; w++) {
        orders += seen[w] > 0;
        assert_true(seen[w] == 0 || (seen[w] > 12 && seen[w] < 56)); /* 33 expected, SD 5.3 */
    }
    assert_int_equal(orders, 6);
    assert_true(same > 12 && same < 56); /* a sixth by chance: another key says nothing */
}

static void test_letters(void **state)
{
    unsigned first[4] = {0};

    (void)state;
    for (unsigned k = 0; k < 64; k++) {
        uint8_t key[ALLOCATION_KEY_BYTES] = {(uint8_t)k};
        unsigned seen = 0;

        for (unsigned a = 0; a < 4; a++)
            seen |= 1u << (allocation_letter(key, "s", 4, a) - 'A');
        assert_int_equal(seen, 15);
        first[allocation_letter(key, "s", 4, 0) - 'A']++;
    }
    for (int l = 0; l < 4; l++)
        assert_true(first[l] > 0);
}

/* --- in a folder ------------------------------------------------------------------------------------------- */

static void remove_all(const char *folder)
{
    char command[200];

    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    assert_int_equal(system(command), 0);
}

static void make_folder(char folder[64], char sessions[96])
{
    snprintf(folder, 64, "/tmp/gait-alloc.XXXXXX");
    assert_non_null(mkdtemp(folder));
    snprintf(sessions, 96, "%s/sessions", folder);
}

static void test_key_and_list(void **state)
{
    struct allocation a = {0}, again = {0};
    struct gait_error err = {0};
    char folder[64], sessions[96], path[160];
    unsigned index = 99;
    struct stat st;

    (void)state;
    make_folder(folder, sessions);
    assert_int_equal(allocation_open(sessions, &a, &err), -ENOKEY); /* only who draws makes one */
    assert_int_equal(allocation_open_to_draw(sessions, &a, &err), 0);
    assert_int_equal(allocation_open(sessions, &again, &err), 0);
    assert_memory_equal(a.key, again.key, sizeof a.key);
    snprintf(path, sizeof path, "%s/allocation/key", folder);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(allocation_index(&a, "s", "", "S01", "sha", false, &index, &err), 0);
    assert_int_equal(index, 0);
    assert_int_equal(allocation_index(&a, "s", "", "S02", "sha", false, &index, &err), 0);
    assert_int_equal(index, 1);
    assert_int_equal(allocation_index(&a, "s", "", "S01", "sha", false, &index, &err), 0);
    assert_int_equal(index, 0);
    assert_int_equal(allocation_index(&a, "s", "women", "S03", "sha", false, &index, &err), 0);
    assert_int_equal(index, 0); /* a stratum of its own */
    assert_int_equal(allocation_index(&a, "s", "", "S04", "other", false, &index, &err), -EEXIST);
    assert_int_equal(allocation_index(&a, "s", "", "S04", "other", true, &index, &err), 0);
    assert_int_equal(index, 2);
    assert_int_equal(chmod(path, 0644), 0);
    assert_int_equal(allocation_open(sessions, &again, &err), -EPERM);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(allocation_open(sessions, &again, &err), -ENOKEY); /* lost in mid-study: nobody makes another */
    assert_int_equal(allocation_open_to_draw(sessions, &again, &err), -ENOKEY);
    assert_non_null(strstr(err.text, "s.jsonl"));
    assert_non_null(strstr(err.text, "put the key back"));
    assert_int_equal(access(path, F_OK), -1);
    snprintf(path, sizeof path, "%s/allocation/s.jsonl", folder);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(allocation_open_to_draw(sessions, &again, &err), 0);
    remove_all(folder);
}

static void add_bytes(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_APPEND);

    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
}

static void cut_bytes(const char *path, off_t bytes)
{
    struct stat st;

    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(truncate(path, st.st_size - bytes), 0);
}

/* A list that cannot be read whole is not a shorter one: a place would be given twice. */
static void test_bad_list(void **state)
{
    struct allocation a = {0};
    struct gait_error err = {0};
    char folder[64], sessions[96], path[160];
    unsigned index = 99;

    (void)state;
    make_folder(folder, sessions);
    assert_int_equal(allocation_open_to_draw(sessions, &a, &err), 0);
    assert_int_equal(allocation_index(&a, "s", "", "S01", "sha", false, &index, &err), 0);
    snprintf(path, sizeof path, "%s/allocation/s.jsonl", folder);
    cut_bytes(path, 1); /* an editor, or a crash, took the line's end only */
    assert_int_equal(allocation_index(&a, "s", "", "S02", "sha", false, &index, &err), 0);
    assert_int_equal(index, 1);
    assert_int_equal(allocation_index(&a, "s", "", "S01", "sha", false, &index, &err), 0);
    assert_int_equal(index, 0);
    add_bytes(path, "{\"subject\": \"S03\"\n");
    assert_int_equal(allocation_index(&a, "s", "", "S04", "sha", false, &index, &err), -EBADMSG);
    assert_non_null(strstr(err.text, "s.jsonl: line 3"));
    assert_int_equal(index, 0);
    snprintf(path, sizeof path, "%s/allocation/t.jsonl", folder);
    assert_int_equal(mkdir(path, 0700), 0);
    assert_int_equal(allocation_index(&a, "t", "", "S04", "sha", false, &index, &err), -EIO);
    remove_all(folder);
}

/* A line that a crash tore does not take the next one with it. */
static void test_torn_list(void **state)
{
    struct allocation a = {0};
    struct gait_error err = {0};
    char folder[64], sessions[96], path[160];
    unsigned index = 99;

    (void)state;
    make_folder(folder, sessions);
    assert_int_equal(allocation_open_to_draw(sessions, &a, &err), 0);
    assert_int_equal(allocation_index(&a, "s", "", "S01", "sha", false, &index, &err), 0);
    snprintf(path, sizeof path, "%s/allocation/s.jsonl", folder);
    add_bytes(path, "{\"subject\": \"S0");
    assert_int_equal(allocation_index(&a, "s", "", "S02", "sha", false, &index, &err), 0);
    assert_int_equal(index, 1);
    assert_int_equal(allocation_index(&a, "s", "", "S03", "sha", false, &index, &err), 0);
    assert_int_equal(index, 2);
    remove_all(folder);
}

static void test_seal(void **state)
{
    struct allocation a = {.key = {7}}, other = {.key = {8}};
    json_t *value = json_pack("{s:s, s:s}", "arm", "massage", "letter", "B");
    json_t *sealed = allocation_seal(&a, value), *again = allocation_seal(&a, value), *opened;
    char broken[500];

    (void)state;
    assert_null(strstr(json_string_value(sealed), "massage"));
    assert_string_not_equal(json_string_value(sealed), json_string_value(again)); /* equal arms do not look equal */
    opened = allocation_unseal(&a, json_string_value(sealed));
    assert_true(json_equal(opened, value));
    assert_null(allocation_unseal(&other, json_string_value(sealed)));
    snprintf(broken, sizeof broken, "%s", json_string_value(sealed));
    broken[10] = broken[10] == 'A' ? 'B' : 'A';
    assert_null(allocation_unseal(&a, broken));
    assert_null(allocation_unseal(&a, "AAAA"));
    assert_null(allocation_unseal(&a, "not base64 !"));
    json_decref(value);
    json_decref(sealed);
    json_decref(again);
    json_decref(opened);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sha256),
        cmocka_unit_test(test_blocks),
        cmocka_unit_test(test_balance_of_usual_blocks),
        cmocka_unit_test(test_orders),
        cmocka_unit_test(test_letters),
        cmocka_unit_test(test_key_and_list),
        cmocka_unit_test(test_torn_list),
        cmocka_unit_test(test_bad_list),
        cmocka_unit_test(test_seal),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
