/* test_table.c - .csv tables as programs write them, and as they should not.
 * SPDX-License-Identifier: MIT */
#include "support/files.h"

#include "data/table.h"

#include <fcntl.h>
#include <locale.h>

static mien_status read_table(const char *path, const mien_table_choice *choice, mien_table *out,
                              mien_error *err)
{
    mien_bytes bytes = {0};
    mien_status st = mien_input_slurp(AT_FDCWD, path, SIZE_MAX / 4, &bytes, err);
    if (!st)
        st = mien_table_parse(path, &bytes, choice, out, err);
    mien_bytes_free(&bytes);
    return st;
}

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
        {"1;2,5;3\n4;5;60\n", NULL, NULL},               /* a spreadsheet where it is German */
        {"a\tb\tc\n1\t2,5\t3\n4,0\t5\t60\n", NULL, "c"}, /* the same as text with tabs */
        {"1 2,5 3\n4 5 60\n", NULL, NULL},               /* R with dec = "," */
        {"1.0e+00 2.5e+00 3.0e+00\n4.0e+00 5.0e+00 6.0e+01\n", NULL, NULL}, /* numpy.savetxt */
        {"# a b c\n1.0 2.5 3.0\n4.0 5.0 60.0\n# the end\n", NULL, "c"},     /* header, footer */
        {"   1   2.5    3 \n   4   5     60\n", NULL, NULL},
        {"\"V1\" \"V2\" \"V3\"\n\"1\" 1 2.5 3\n\"b c\" 4 5 60\n", "b c", "V3"}, /* R write.table */
        {"0,1,2\n1,2.5,3\n4,5,60\n", NULL, "2"}, /* pandas, index=False */
        {"0,1,2\n1.0,2.5,3.0\n4.0,5.0,60.0\n", NULL, "2"},
        {"a,b,c,\n1,2.5,3,\n4,5,60,\n", NULL, "c"}, /* trailing commas */
        {"a,b,c\n1,2.5,3,\n4,5,60,\n", NULL, "c"},
        {"1,2.5,3,,\n4,5,60,,\n", NULL, NULL},
        {"a,b,c\n1,2.5,3\n,,\n4,5,60\n,,\n,,\n", NULL, "c"}, /* empty rows */
        {"sep=;\r\na;b;c\r\n1;2,5;3\r\n4;5;60\r\n", NULL, "c"},
        {"a|b|c\n1|2.5|3\n4|5|60\n", NULL, "c"},
        {"#id\ta\tb\tc\np\t1\t2.5\t3\nq\t4\t5\t60\n", "q", "c"},
        {"% by hand\n1,2.5,3\n4,5,60\n", NULL, NULL},
    };
    static const float expected[] = {1, 2.5f, 3, 4, 5, 60};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        mien_table t;
        mien_error err;
        if (read_table(put_text(*state, "t.csv", cases[i].text), NULL, &t, &err))
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
        {"n,a,b\np,1,nan\nq,1,1\n", MIEN_ERR_DOMAIN, "row 1 (line 2), column 3 (b): nan"},
        {"1,2\n3,inf\n", MIEN_ERR_DOMAIN, "too large"},
        {"1,2\n3,-Infinity\n", MIEN_ERR_DOMAIN, "too large"},
        {"1,2\n3,1e39\n", MIEN_ERR_DOMAIN, "too large"},
        {"1,2\n3,1e999999999999\n", MIEN_ERR_DOMAIN, "too large"},
        {"1,2\n3,\n", MIEN_ERR_DOMAIN, "column 2: empty"},
        {"1,2\nNA,1\n", MIEN_ERR_DOMAIN, "row 2 (line 2), column 1: NA"},
        {"1,2\n3,4,5\n", MIEN_ERR_FORMAT, "row 2 (line 2) has 3 entries, expected 2"},
        {"1,2,3\n\n4,5,6\n7,8\n", MIEN_ERR_FORMAT, "row 3 (line 4) has 2 entries, expected 3"},
        {"a,b\n1,2\n3,x4\n", MIEN_ERR_FORMAT, "row 2 (line 3), column 2 (b): 'x4' is not a number"},
        {"1;2,5\n3;4.5\n", MIEN_ERR_FORMAT, "are written with a comma"},
        {"1;2.5\n3;4,5\n", MIEN_ERR_FORMAT, "are written with a point"},
        {"a,b\n1,\"2,500\"\n3,4\n", MIEN_ERR_FORMAT, "no separated thousands"},
        {"a,b\n1,25%\n3,4%\n", MIEN_ERR_FORMAT, "in place of percentages"},
        {"a,b\n25%,1\n4.5 %,3\n", MIEN_ERR_FORMAT, "in place of percentages"}, /* no ids */
        {"a;b\n1.234,5;1\n2.000,1;3\n", MIEN_ERR_FORMAT, "no separated thousands"},
        {"a,b\n\"-1,234\",1\n\"2,000\",3\n", MIEN_ERR_FORMAT, "no separated thousands"},
        {"a,b,c\n1,2\n3,4\n", MIEN_ERR_FORMAT, "line 1 has 3 entries, and line 2 below it has 2"},
        {"My title\n1,2\n3,4\n", MIEN_ERR_FORMAT,
         "line 1 has 1 entries, and line 2 below it has 2"}, /* not R's header */
        {"Title\na,b\n1,2\n3,4\n", MIEN_ERR_FORMAT, "row 1 (line 1), column 1: 'Title'"},
        /* a column of text: say what it is */
        {"subject,group,age\ns1,ADHD,7\ns2,ASD,8\n", MIEN_ERR_FORMAT,
         "row 1 (line 2), column 2 (group): 'ADHD' is not a number"},
        {"s,my group,age\ns1,ADHD,7\ns2,ASD,8\n", MIEN_ERR_FORMAT, "--label 'my group'"},
        {"1,2,setosa\n3,4,virginica\n", MIEN_ERR_FORMAT, "row 1 (line 1), column 3: 'setosa'"},
        {"group,a\nx,1\ny,2\nx,3\n", MIEN_ERR_FORMAT, "'x' stands in several rows"},
        {"5.1,3.x,1.4\n4.9,3.0,1.4\n", MIEN_ERR_FORMAT, "row 1 (line 1), column 2: '3.x'"},
        {",2.5,1.5\n4,5,6\n", MIEN_ERR_DOMAIN, "row 1 (line 1), column 1: empty"},
        {"a,b\n1,#N/A\n2,3\n", MIEN_ERR_DOMAIN, "--ignore b"},
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
        mien_status st = read_table(path, NULL, &t, &err);
        if (st != cases[i].status || !strstr(err.message, cases[i].word))
            fail_msg("'%s': %d '%s', expected '%s'", cases[i].text, st, err.message, cases[i].word);
    }
    mien_table t;
    mien_error err;
    assert_int_equal(read_table(put_file(*state, "t.csv", "1,\0\n", 4), NULL, &t, &err),
                     MIEN_ERR_FORMAT);
    assert_int_equal(read_table(in_folder(*state, "none"), NULL, &t, &err), MIEN_ERR_IO);
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
        if (read_table(put_text(*state, "t.csv", line), NULL, &t, &err))
            fail_msg("%s", err.message);
        assert_near(t.values[0], (float)strtod(texts[i], NULL), 0);
        mien_table_free(&t);
    }
}

/* What a column is, by name and by number; X is 1 2 / 3 4 / 5 6. */
static void test_columns_have_roles(void **state)
{
    static const char *const ignore_age[] = {"age"}, *const ignore_two[] = {"4,age"};
    static const struct {
        const char *text;
        mien_table_choice choice;
        const char *id, *label; /* of the second row */
    } cases[] = {
        {"subject,group,l,r\ns1,ADHD,1,2\ns2,ASD,3,4\ns3,ASD,5,6\n",
         {.label = "group"},
         "s2",
         "ASD"},
        {"subject,group,l,r\ns1,ADHD,1,2\ns2,ASD,3,4\ns3,ASD,5,6\n",
         {.id = "1", .label = "2"},
         "s2",
         "ASD"},
        {"l,r,who\n1,2,7\n3,4,8\n5,6,9\n", {.id = "who"}, "8", NULL},
        {"l,r,who,age\n1,2,7,30\n3,4,8,31\n5,6,9,32\n",
         {.id = "who", .ignore = ignore_age, .n_ignore = 1},
         "8",
         NULL},
        {"l,age,r,x\n1,9,2,a\n3,9,4,b\n5,9,6,c\n",
         {.ignore = ignore_two, .n_ignore = 1},
         NULL,
         NULL},
        {"3,a\n1,x\n", {0}, NULL, NULL}, /* see below */
        {",who,l,r\n0,p,1,2\n1,q,3,4\n2,s,5,6\n", {.id = "who"}, "q", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        mien_table t;
        mien_error err;
        mien_status st =
            read_table(put_text(*state, "t.csv", cases[i].text), &cases[i].choice, &t, &err);
        if (i == 5) { /* text without a role, and only that */
            assert_int_equal(st, MIEN_ERR_FORMAT);
            continue;
        }
        if (st)
            fail_msg("%s: %s", cases[i].text, err.message);
        if (t.n != 3 || t.p != 2)
            fail_msg("%s: %zu x %zu", cases[i].text, t.n, t.p);
        for (size_t k = 0; k < 6; k++)
            assert_near(t.values[k], k + 1, 0);
        assert_int_equal(t.names != NULL, cases[i].id != NULL);
        assert_int_equal(t.labels != NULL, cases[i].label != NULL);
        if (t.names)
            assert_string_equal(t.names[1], cases[i].id);
        if (t.labels)
            assert_string_equal(t.labels[1], cases[i].label);
        mien_table_free(&t);
    }
    mien_table t;
    mien_error err;
    const char *path = put_text(*state, "t.csv", "a,b\n1,2\n3,4\n");
    mien_table_choice wrong = {.label = "grp"}, twice = {.id = "a", .label = "1"};
    assert_int_equal(read_table(path, &wrong, &t, &err), MIEN_ERR_ARG);
    assert_non_null(strstr(err.message, "there are a, b"));
    assert_int_equal(read_table(path, &twice, &t, &err), MIEN_ERR_ARG);
    wrong.expected = 2; /* new data for a model need not have it */
    assert_int_equal(read_table(path, &wrong, &t, &err), MIEN_OK);
    mien_table_free(&t);
}

/* Columns that may be no measurements are named, and others are not. */
static void test_suspects(void **state)
{
    static const struct {
        const char *text, *word; /* NULL: no remark */
    } cases[] = {
        {"a,b,c\n1.5,2,3\n4,5,6\n7,8,9\n", NULL},
        {"x,b,c\n0,2.5,3\n1,5,6\n2,8,9\n", "column 1 (x) counts 0, 1, 2"},
        {"x,b,c\n2,1,3\n4,2,3\n5,3,2\n", "column 2 (b) counts 1, 2, 3"},
        {"Label,b,c\n2,7,3\n4,5,6\n5,8,9\n", "column 1 (Label) is named"},
        {"a,subject_id,c\n2,7,3\n4,5,6\n5,8,9\n", "--id subject_id"},
        {"Unnamed: 0,b,c\n2,7,3\n4,5,6\n5,8,9\n", "--ignore 'Unnamed: 0'"},
        {"a,b,c\n1,1001,3\n2.5,1002,6\n3,1003,9\n", "column 2 (b) holds 99 %"},
        {"1,1001,3\n2.5,1002,6\n3,1003,9\n", "--ignore 2"},
        {"0,1,2\n5,3.5,1\n4,3,1\n2,2,2\n", "0, 1, .., is taken for names of columns"},
        {"a,1999,2000,2001\np,1.5,2.5,3.5\nq,4.5,5.5,60.5\nr,1.5,70.5,9.5\n",
         "1999, 2000, .., is taken for names of columns"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        mien_table t;
        mien_error err;
        if (read_table(put_text(*state, "t.csv", cases[i].text), NULL, &t, &err))
            fail_msg("%s: %s", cases[i].text, err.message);
        if (t.n_remarks != (cases[i].word != NULL))
            fail_msg("%s: %zu remarks", cases[i].text, t.n_remarks);
        if (cases[i].word && !strstr(t.remarks[0], cases[i].word))
            fail_msg("%s: %s", cases[i].text, t.remarks[0]);
        mien_table_free(&t);
    }
}

/* First rows of numbers that are data. */
static void test_numbers_are_no_header(void **state)
{
    static const char *const texts[] = {"0,1\n1,0\n1,1\n", "0,1,2\n3,4,5\n6,7,8\n",
                                        "1,2,3\n4,5,6\n7,8,9\n", "0,1,3\n2,3,4\n5,5,5\n",
                                        "0,1,2\n1,2,3\n2,3,4\n"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        mien_table t;
        mien_error err;
        assert_int_equal(read_table(put_text(*state, "t.csv", texts[i]), NULL, &t, &err), MIEN_OK);
        if (t.n != 3 || t.columns)
            fail_msg("%s: %zu rows", texts[i], t.n);
        mien_table_free(&t);
    }
}

static void test_the_first_negative_is_told(void **state)
{
    mien_table t;
    const char *path = put_text(*state, "t.csv", "a,b\n1,2\n-3e-9,4\n5,-6\n");
    assert_int_equal(read_table(path, NULL, &t, NULL), MIEN_OK);
    assert_string_equal(t.negative, "row 2 (line 3), column 1 (a): -3e-9");
    mien_table_free(&t);
}

/* A spreadsheet's "Unicode text": UTF-16 with its byte order mark. */
static void test_utf16(void **state)
{
    static const char plain[] = "n\ta\nG\xC3\xB6z\xF0\x9F\x98\x80\t1,5\nx\t2\n";
    static const unsigned char units[] = {'n', 0, '\t', 0,    'a',  0,    '\n', 0, 'G', 0, 0xF6, 0,
                                          'z', 0, 0x3D, 0xD8, 0x00, 0xDE, '\t', 0, '1', 0, ',',  0,
                                          '5', 0, '\n', 0,    'x',  0,    '\t', 0, '2', 0, '\n', 0};
    unsigned char file[2 + sizeof units];
    for (int big = 0; big < 2; big++) {
        file[0] = big ? 0xFE : 0xFF;
        file[1] = big ? 0xFF : 0xFE;
        for (size_t k = 0; k < sizeof units; k++)
            file[2 + k] = units[big ? k ^ 1 : k];
        mien_table t, same;
        mien_error err;
        if (read_table(put_file(*state, "t.txt", file, sizeof file), NULL, &t, &err))
            fail_msg("%s", err.message);
        assert_int_equal(read_table(put_text(*state, "s.txt", plain), NULL, &same, &err), MIEN_OK);
        assert_string_equal(t.names[0], same.names[0]);
        assert_near(t.values[0], 1.5, 0);
        mien_table_free(&t);
        mien_table_free(&same);
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
    assert_int_equal(read_table(in_folder(*state, "t.csv"), NULL, &t, NULL), MIEN_OK);
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
        if (!read_table(put_file(*state, "t.csv", text, cut), NULL, &t, &err))
            mien_table_free(&t);
    }
}

static void test_out_of_memory(void **state)
{
    const char *path = put_text(*state, "t.csv", "n,a,b,g\np,1,-2,x\nq,3,4,x\nr,5,6,y\n");
    mien_table_choice choice = {.label = "g"};
    for (long k = 0;; k = failing_next(k)) {
        mien_table t;
        failing_countdown = k;
        mien_set_allocator(failing_malloc, failing_free);
        mien_status st = read_table(path, &choice, &t, NULL);
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
        IN_FOLDER(test_columns_have_roles),
        IN_FOLDER(test_suspects),
        IN_FOLDER(test_numbers_are_no_header),
        IN_FOLDER(test_the_first_negative_is_told),
        IN_FOLDER(test_utf16),
        IN_FOLDER(test_many_rows_and_columns),
        IN_FOLDER(test_cut_tables_do_not_crash),
        IN_FOLDER(test_out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
