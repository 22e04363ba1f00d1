/* test_table.c - .csv tables as programs write them, and as they should not.
 * SPDX-License-Identifier: MIT */
#include "support/files.h"

#include "data/table.h"

#include <locale.h>

static void test_layouts(void **state)
{
    /* all of them are the 2 x 3 table 1 2.5 3 / 4 5 60 */
    static const struct {
        const char *text;
        const char *name;   /* of the second row, or NULL */
        const char *column; /* third, or NULL */
    } cases[] = {
        {"1,2.5,3\n4,5,60\n", NULL, NULL},
        {"1,2.5,3\r\n4,5,60", NULL, NULL},
        {"1,2.5,3\r4,5,60\r", NULL, NULL},
        {"1;2.5;3\n4;5;6e1\n", NULL, NULL},
        {"1\t2.5\t3\n4\t5\t60\n", NULL, NULL},
        {" 1 , 2.5,\t3 \n\n \n4,5,+60.\n\n", NULL, NULL},
        {"\xEF\xBB\xBF"
         "1,2.5,3\n4,5,60\n",
         NULL, NULL},
        {"# by numpy\n#\n\n1,2.5,3\n4,5,60\n", NULL, NULL},
        {"\"1\",\"2.5\",3\n4,5,\"60\"\n", NULL, NULL},
        {"a,b,c\n1,2.5,3\n4,5,60\n", NULL, "c"},
        {"a,b,\"c, \"\"d\"\"\ne\"\n1,2.5,3\n4,5,60\n", NULL, "c, \"d\"\ne"},
        {"x1,x2,3\n1,2.5,3\n4,5,60\n", NULL, "3"},
        {"p,1,2.5,3\nq,4,5,60\n", "q", NULL},
        {"name,a,b,c\np,1,2.5,3\nq,4,5,60\n", "q", "c"},
        {",0,1,2\n0,1,2.5,3\n1,4,5,60\n", "1", "2"},                             /* pandas */
        {"\"\",\"V1\",\"V2\",\"V3\"\n\"1\",1,2.5,3\n\"2\",4,5,60\n", "2", "V3"}, /* R write.csv */
        {"V1\tV2\tV3\n1\t1\t2.5\t3\nb\t4\t5\t60\n", "b", "V3"},                  /* R write.table */
        {"n;a;b;c\n\"p;q\";1;2.5;3\nr;.4e1;5E+0;0.06e+3\n", "r", "c"},
    };
    static const float expected[] = {1, 2.5f, 3, 4, 5, 60};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        mien_table t;
        mien_error err;
        if (mien_table_read(put_text(*state, "t.csv", cases[i].text), &t, &err))
            fail_msg("%s: %s", cases[i].text, err.message);
        if (t.n != 2 || t.p != 3)
            fail_msg("%s: %zu x %zu", cases[i].text, t.n, t.p);
        for (size_t k = 0; k < 6; k++)
            assert_near(t.values[k], expected[k], 0);
        assert_int_equal(t.names != NULL, cases[i].name != NULL);
        assert_int_equal(t.columns != NULL, cases[i].column != NULL);
        if (t.names)
            assert_string_equal(t.names[1], cases[i].name);
        if (t.columns)
            assert_string_equal(t.columns[2], cases[i].column);
        mien_table_free(&t);
    }
}

static void test_bad_tables(void **state)
{
    static const struct {
        const char *text;
        mien_status status;
        const char *word;
    } cases[] = {
        {"1,2\n3,-4\n", MIEN_ERR_DOMAIN, "row 2 (line 2), column 2: -4 is negative"},
        {"a,b\n1,2\n-3e-9,4\n", MIEN_ERR_DOMAIN, "row 2 (line 3), column 1 (a): -3e-9 is negative"},
        {"n,a,b\np,1,nan\nq,1,1\n", MIEN_ERR_DOMAIN, "row 1 (line 2), column 2 (b): nan"},
        {"1,2\n3,inf\n", MIEN_ERR_DOMAIN, "too large"},
        {"1,2\n3,-Infinity\n", MIEN_ERR_DOMAIN, "negative"},
        {"1,2\n3,1e39\n", MIEN_ERR_DOMAIN, "too large"},
        {"1,2\n3,1e999999999999\n", MIEN_ERR_DOMAIN, "too large"},
        {"1,2\n3,\n", MIEN_ERR_DOMAIN, "column 2: empty"},
        {"1,2\nNA,1\n", MIEN_ERR_DOMAIN, "row 2 (line 2), column 1: NA"},
        {"1,2\n3,4,5\n", MIEN_ERR_FORMAT, "row 2 (line 2) has 3 entries, expected 2"},
        {"1,2,3\n\n4,5,6\n7,8\n", MIEN_ERR_FORMAT, "row 3 (line 4) has 2 entries, expected 3"},
        {"a,b\n1,2\n3,x4\n", MIEN_ERR_FORMAT, "row 2 (line 3), column 2 (b): 'x4' is not a number"},
        {"1;2\n3;4,5\n", MIEN_ERR_FORMAT, "with a point"},
        {"1,2\n3,0x10\n", MIEN_ERR_FORMAT, "not a number"},
        {"1,2\n3,1e\n", MIEN_ERR_FORMAT, "not a number"},
        {"1,2\n3,1.2.3\n", MIEN_ERR_FORMAT, "not a number"},
        {"1,2\n3,\"4\n5,6\n", MIEN_ERR_FORMAT, "line 2: a quote is not closed"},
        {"1,2\n3,\"4\"5\n", MIEN_ERR_FORMAT, "follows a closing quote"},
        {"", MIEN_ERR_DATA, "empty"},
        {"\n\n# x\n", MIEN_ERR_DATA, "empty"},
        {"a,b,c\n", MIEN_ERR_DATA, "numbers"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        mien_table t;
        mien_error err = {0};
        const char *path = put_text(*state, "t.csv", cases[i].text);
        mien_status st = mien_table_read(path, &t, &err);
        if (st != cases[i].status || !strstr(err.message, cases[i].word))
            fail_msg("'%s': %d '%s', expected '%s'", cases[i].text, st, err.message, cases[i].word);
    }
    mien_table t;
    mien_error err;
    assert_int_equal(mien_table_read(put_file(*state, "t.csv", "1,\0\n", 4), &t, &err),
                     MIEN_ERR_FORMAT);
    assert_int_equal(mien_table_read(in_folder(*state, "none"), &t, &err), MIEN_ERR_IO);
}

/* Against strtod, which is right in the C locale. */
static void test_numbers(void **state)
{
    static const char *const texts[] = {"0",
                                        "0.1",
                                        "123456789.125",
                                        "3.4028234e38",
                                        "1e-45",
                                        "1.17549435e-38",
                                        "12345678901234567890123456789",
                                        "0.00000000000000000000001234",
                                        "1e-400",
                                        "000000000000000000000000000001.5",
                                        "0.3333333333333333333333333",
                                        "16777217",
                                        "1e-320",
                                        "5e-324",
                                        "100000000000000000000e-20"};
    char line[100];
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        mien_table t;
        mien_error err;
        snprintf(line, sizeof line, "%s\n1\n", texts[i]);
        if (mien_table_read(put_text(*state, "t.csv", line), &t, &err))
            fail_msg("%s", err.message);
        assert_near(t.values[0], (float)strtod(texts[i], NULL), 0);
        mien_table_free(&t);
    }
}

static void test_many_rows_and_columns(void **state)
{
    FILE *file = fopen(in_folder(*state, "t.csv"), "wb");
    for (int i = 0; i < 500; i++)
        for (int j = 0; j < 300; j++)
            fprintf(file, "%d%c", i * 300 + j, j == 299 ? '\n' : ',');
    fclose(file);
    mien_table t;
    assert_int_equal(mien_table_read(in_folder(*state, "t.csv"), &t, NULL), MIEN_OK);
    assert_int_equal(t.n, 500);
    for (size_t k = 0; k < 150000; k++)
        assert_near(t.values[k], k, 0);
    mien_table_free(&t);
}

static void test_cut_tables_do_not_crash(void **state)
{
    static const char text[] = "n,\"a\",b\r\n\"p\"\"q\",1,2e1\r\n\"r\",3,4\r\n";
    for (size_t cut = 0; cut < sizeof text; cut++) {
        mien_table t;
        mien_error err;
        if (!mien_table_read(put_file(*state, "t.csv", text, cut), &t, &err))
            mien_table_free(&t);
    }
}

static void test_out_of_memory(void **state)
{
    const char *path = put_text(*state, "t.csv", "n,a,b\np,1,2\nq,3,4\nr,5,6\n");
    for (long k = 0;; k++) {
        mien_table t;
        failing_countdown = k;
        mien_set_allocator(failing_malloc, failing_free);
        mien_status st = mien_table_read(path, &t, NULL);
        if (!st)
            mien_table_free(&t);
        mien_set_allocator(NULL, NULL);
        assert_int_equal(failing_alive, 0);
        if (!st)
            break;
        assert_int_equal(st, MIEN_ERR_NOMEM);
    }
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(test_layouts),
        IN_FOLDER(test_bad_tables),
        IN_FOLDER(test_numbers),
        IN_FOLDER(test_many_rows_and_columns),
        IN_FOLDER(test_cut_tables_do_not_crash),
        IN_FOLDER(test_out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
