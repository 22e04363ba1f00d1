/* test_text.c - escapes, base64, UTF-8 and numbers that no locale changes.
 * SPDX-License-Identifier: MIT */
#include "support/cmocka_plus.h"

#include "base/text.h"

#include <locale.h>
#include <stdio.h>
#include <string.h>

static void assert_text(mien_text *text, const char *expected)
{
    assert_false(text->failed);
    assert_string_equal(text->bytes, expected);
    assert_int_equal(text->length, strlen(expected));
    mien_text_free(text);
    assert_null(text->bytes);
}

static void test_html_is_escaped(void **state)
{
    (void)state;
    static const struct {
        const char *in, *out;
    } cases[] = {
        {"plain", "plain"},
        {"<script>alert('x' & \"y\")</script>",
         "&lt;script&gt;alert(&#39;x&#39; &amp; &quot;y&quot;)&lt;/script&gt;"},
        {"Gr\xc3\xbc\xc3\x9f"
         "e \xe2\x82\xac \xf0\x9f\x98\x80",
         "Gr\xc3\xbc\xc3\x9f"
         "e \xe2\x82\xac \xf0\x9f\x98\x80"},
        {"a\x80"
         "b\xff",
         "a&#xFFFD;b&#xFFFD;"},
        {"cut \xe2\x82", "cut &#xFFFD;&#xFFFD;"},
        {"\x01\n\x7f", "[U+0001][U+000A][U+007F]"},
        {"evil\xe2\x80\xaegnp.exe", "evil[U+202E]gnp.exe"},
        {"\xc2\x85\xef\xbb\xbf\xe2\x80\x8b", "[U+0085][U+FEFF][U+200B]"},
    };
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        mien_text text = {0};
        mien_text_add_html(&text, cases[c].in);
        assert_text(&text, cases[c].out);
    }
}

/* RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF. */
static void test_utf8_length(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t length;
    } cases[] = {
        {"", 0},
        {"a", 1},
        {"\x7f", 1},
        {"\xc2\x80", 2},
        {"\xdf\xbf", 2},
        {"\xe0\xa0\x80", 3},
        {"\xed\x9f\xbf", 3},
        {"\xee\x80\x80", 3},
        {"\xf0\x90\x80\x80", 4},
        {"\xf4\x8f\xbf\xbf", 4},
        {"\x80", 0},
        {"\xbf", 0},
        {"\xc0\x80", 0},
        {"\xc1\xbf", 0},
        {"\xe0\x9f\xbf", 0},
        {"\xed\xa0\x80", 0},
        {"\xf0\x8f\xbf\xbf", 0},
        {"\xf4\x90\x80\x80", 0},
        {"\xf5\x80\x80\x80", 0},
        {"\xff", 0},
        {"\xc3", 0},
        {"\xe2\x82", 0},
        {"\xf0\x9f\x98", 0},
        {"\xc3(", 0},
        {"\xf0\x9f(\x80", 0},
    };
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++)
        if (mien_utf8_length(cases[c].bytes) != cases[c].length)
            fail_msg("case %zu: %zu, expected %zu", c, mien_utf8_length(cases[c].bytes),
                     cases[c].length);
}

/* RFC 4180. */
static void test_csv_is_quoted_where_it_must(void **state)
{
    (void)state;
    static const struct {
        const char *in, *out;
    } cases[] = {
        {"", ""},
        {"s1/1.pgm", "s1/1.pgm"},
        {"a b;c", "a b;c"},
        {"a,b", "\"a,b\""},
        {"say \"hi\"", "\"say \"\"hi\"\"\""},
        {"two\nlines", "\"two\nlines\""},
        {"cr\r", "\"cr\r\""},
        {"\"", "\"\"\"\""},
        /* controls are not written raw, and there is a way back */
        {"a\x1b[31m", "a\\x1b[31m"},
        {"a\\x1b[31m", "a\\\\x1b[31m"},
        {"a\\b\\\\", "a\\b\\\\\\"},
        {"\x7f", "\\x7f"},
        {"\xc2\x9b", "\\xc2\\x9b"},
        {"\x9b\xff", "\\x9b\xff"}, /* the name's own bytes, but for C1 */
        {"\xe2\x80\xae,", "\"\\u202e,\""},
        {"\xc3\xa4\t", "\xc3\xa4\t"},
        {"=1+1", "=1+1"}, /* documented: what a spreadsheet makes of it is its own matter */
    };
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        mien_text text = {0};
        mien_text_add(&text, "");
        mien_text_add_csv(&text, cases[c].in);
        assert_text(&text, cases[c].out);
    }
}

static void test_terminals_get_nothing_that_steers_them(void **state)
{
    (void)state;
    static const struct {
        const char *in, *visible, *json;
    } cases[] = {
        {"plain \xc3\xa4\xe2\x82\xac", "plain \xc3\xa4\xe2\x82\xac", "plain \xc3\xa4\xe2\x82\xac"},
        {"\x7f", "\\x7f", "\\u007f"},
        {"\xc2\x9b", "\\xc2\\x9b", "\\u009b"},
        {"\xe2\x80\xae", "\\u202e", "\\u202e"},
        {"\xe2\x80\xa8\xe2\x80\x8b", "\\u2028\\u200b", "\\u2028\\u200b"},
        {"\xf3\xa0\x81\x81", "\\U000e0041", "\\udb40\\udc41"},
        {"\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80"},
        {"\xff", "\\xff", "\\ufffd"},
    };
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        mien_text text = {0}, json = {0};
        mien_text_add_visible(&text, cases[c].in);
        assert_text(&text, cases[c].visible);
        mien_text_add_json(&json, cases[c].in);
        assert_text(&json, cases[c].json);
    }
    mien_text lines = {0}, layout = {0};
    mien_text_add_visible(&lines, "a\nb\x1b");
    assert_text(&lines, "a\\x0ab\\x1b");
    mien_text_add_json(&layout, "{\n  \"a\": 1\n}"); /* jansson escapes what is below a blank */
    assert_text(&layout, "{\n  \"a\": 1\n}");
}

/* RFC 4648, section 10, and every byte. */
static void test_base64_known_answers(void **state)
{
    (void)state;
    static const struct {
        const char *in, *out;
    } cases[] = {
        {"", ""},
        {"f", "Zg=="},
        {"fo", "Zm8="},
        {"foo", "Zm9v"},
        {"foob", "Zm9vYg=="},
        {"fooba", "Zm9vYmE="},
        {"foobar", "Zm9vYmFy"},
    };
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        mien_text text = {0};
        mien_text_add_base64(&text, (const unsigned char *)cases[c].in, strlen(cases[c].in));
        assert_text(&text, cases[c].out);
    }
    static const unsigned char high[] = {0xff, 0xef, 0xbe, 0xfb, 0xf0, 0x00};
    mien_text text = {0};
    mien_text_add(&text, "data:");
    mien_text_add_base64(&text, high, sizeof high);
    assert_text(&text, "data:/++++/AA");
}

static void test_numbers_in_any_locale(void **state)
{
    (void)state;
    static const char *const names[] = {"de_DE.UTF-8", "de_DE.utf8", "de_DE", "fr_FR.UTF-8"};
    const char *found = NULL;
    for (size_t c = 0; c < sizeof names / sizeof *names && !found; c++)
        found = setlocale(LC_ALL, names[c]);
    if (!found)
        fprintf(stderr, "test_text: no locale with a decimal comma is installed; C only\n");
    char plain[32], ours[32];
    snprintf(plain, sizeof plain, "%.2f", 1.5);
    mien_format(ours, sizeof ours, "%.2f", 1.5);
    mien_text text = {0};
    mien_text_printf(&text, "%g;%s", 0.25, "x");
    setlocale(LC_ALL, "C");
    assert_string_equal(plain, found ? "1,50" : "1.50");
    assert_string_equal(ours, "1.50");
    assert_text(&text, "0.25;x");
}

static void test_text_grows(void **state)
{
    (void)state;
    mien_text text = {0};
    char expected[4096] = "", long_word[700];
    memset(long_word, 'w', sizeof long_word - 1);
    long_word[sizeof long_word - 1] = '\0';
    for (int i = 0; i < 5; i++) { /* longer than printf's own buffer */
        mien_text_printf(&text, "%d%s|", i, long_word);
        size_t used = strlen(expected);
        snprintf(expected + used, sizeof expected - used, "%d%s|", i, long_word);
    }
    mien_text_add_bytes(&text, "ab\0cd", 2);
    strcat(expected, "ab");
    assert_text(&text, expected);
}

/* A failure is remembered, and nothing is written after it. */
static void test_text_out_of_memory(void **state)
{
    (void)state;
    mien_set_allocator(failing_malloc, failing_free);
    bool whole = false;
    size_t failures = 0;
    for (long k = 0; !whole; k = failing_next(k)) {
        failing_countdown = k;
        mien_text text = {0};
        for (int i = 0; i < 40; i++) {
            mien_text_add(&text, "some words ");
            mien_text_printf(&text, "%0300d", i);
            mien_text_add_html(&text, "<&>");
            mien_text_add_csv(&text, "a,b");
            mien_text_add_base64(&text, (const unsigned char *)"foob", 4);
        }
        whole = !text.failed;
        failures += text.failed;
        assert_int_equal(text.length, text.bytes ? strlen(text.bytes) : 0);
        mien_text_free(&text);
        assert_int_equal(failing_alive, 0);
    }
    mien_set_allocator(NULL, NULL);
    assert_true(failures > 5);
}

/* Lines are as wide as they may be, in characters; a word that is wider stands alone. */
static void test_words_are_wrapped(void **state)
{
    (void)state;
    static const char *const words[] = {"ab", "c\u00e9", "de", "longer-than-that", "f"};
    mien_text text = {0};
    size_t column = 0;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        mien_text_add_wrapped(&text, &column, 5, words[i], strlen(words[i]));
    assert_string_equal(text.bytes, "ab c\u00e9\nde\nlonger-than-that\nf");
    assert_int_equal(column, 1);
    mien_text_free(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_html_is_escaped),
        cmocka_unit_test(test_utf8_length),
        cmocka_unit_test(test_csv_is_quoted_where_it_must),
        cmocka_unit_test(test_terminals_get_nothing_that_steers_them),
        cmocka_unit_test(test_base64_known_answers),
        cmocka_unit_test(test_numbers_in_any_locale),
        cmocka_unit_test(test_text_grows),
        cmocka_unit_test(test_words_are_wrapped),
        cmocka_unit_test(test_text_out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
