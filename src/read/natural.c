/* natural.c - the order of names: runs of digits by value.
 * SPDX-License-Identifier: MIT */
#include "read/folder.h"

#include <string.h>

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Two runs of digits by value; both ends move behind them. */
static int compare_numbers(const char **a, const char **b)
{
    while (**a == '0')
        ++*a;
    while (**b == '0')
        ++*b;
    const char *x = *a, *y = *b;
    while (is_digit(**a))
        ++*a;
    while (is_digit(**b))
        ++*b;
    size_t length_x = (size_t)(*a - x), length_y = (size_t)(*b - y);
    if (length_x != length_y)
        return length_x < length_y ? -1 : 1;
    return memcmp(x, y, length_x);
}

/* Of a byte; a folder's name ends at a slash, and what is shorter comes first. */
static int rank(char c)
{
    return c == '/' ? 0 : (unsigned char)c;
}

int mien_name_compare(const char *a, const char *b)
{
    const char *x = a, *y = b;
    while (*x && *y) {
        if (is_digit(*x) && is_digit(*y)) {
            int order = compare_numbers(&x, &y);
            if (order)
                return order;
        } else if (*x != *y) {
            return rank(*x) < rank(*y) ? -1 : 1;
        } else {
            x++;
            y++;
        }
    }
    if (*x || *y)
        return *x ? 1 : -1;
    return strcmp(a, b);
}
