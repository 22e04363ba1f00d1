/* test_team.c - ranks: what they add, gather and agree on is the same in all, and what one process
 * alone would have, however many they are. Here a rank is a thread, and a message a copy.
 * SPDX-License-Identifier: MIT */
#include "support/cmocka_plus.h"

#include "support/tree_sums.h"

#include "base/team.h"
#include "data/source.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { RANKS_MOST = 16 };
static const unsigned sizes_tried[] = {1, 2, 3, 5, 7, 8, 16};
enum { TRIED = sizeof sizes_tried / sizeof *sizes_tried };

/* ---------------------------------------------------------------- a transport of threads */

/* What is on its way from one rank to another, in order. */
struct message {
    struct message *next;
    size_t count;
    char bytes[];
};

struct wire {
    struct message *first, **last;
};

static struct post {
    pthread_mutex_t mutex;
    pthread_cond_t arrived;
    struct wire wires[RANKS_MOST][RANKS_MOST]; /* from, to */
    size_t messages;
} post = {.mutex = PTHREAD_MUTEX_INITIALIZER, .arrived = PTHREAD_COND_INITIALIZER};

static void exchange(void *transport, int to, const void *out, size_t n_out, int from, void *in,
                     size_t n_in)
{
    unsigned self = *(const unsigned *)transport;
    pthread_mutex_lock(&post.mutex);
    if (to != MIEN_NO_RANK) {
        struct wire *wire = &post.wires[self][to];
        struct message *message = malloc(sizeof *message + n_out);
        message->next = NULL;
        message->count = n_out;
        memcpy(message->bytes, out, n_out);
        *(wire->first ? wire->last : &wire->first) = message;
        wire->last = &message->next;
        post.messages++;
        pthread_cond_broadcast(&post.arrived);
    }
    if (from != MIEN_NO_RANK) {
        struct wire *wire = &post.wires[from][self];
        while (!wire->first)
            pthread_cond_wait(&post.arrived, &post.mutex);
        struct message *message = wire->first;
        wire->first = message->next;
        if (message->count != n_in)
            abort(); /* who sends and who receives disagree */
        memcpy(in, message->bytes, n_in);
        free(message);
    }
    pthread_mutex_unlock(&post.mutex);
}

/* ---------------------------------------------------------------- ranks */

struct rank {
    unsigned index;
    mien_team team;
    mien_pool *pool;
    void (*work)(struct rank *self);
    bool right;
};

static void *run_rank(void *argument)
{
    struct rank *self = argument;
    self->right = true;
    self->work(self);
    return NULL;
}

/* All ranks of a team of `size` do `work`; whether all of them found it right. */
static bool run_team(unsigned size, unsigned threads, void (*work)(struct rank *self))
{
    static struct rank ranks[RANKS_MOST];
    pthread_t handles[RANKS_MOST];
    bool right = true;
    for (unsigned k = 0; k < size; k++) {
        struct rank *r = &ranks[k];
        *r = (struct rank){.index = k, .work = work};
        r->team =
            (mien_team){.rank = k, .size = size, .exchange = exchange, .transport = &r->index};
        mien_team_set(size > 1 ? &r->team : NULL); /* a pool keeps that of its creation */
        assert_int_equal(mien_pool_create(threads, &r->pool), MIEN_OK);
        mien_team_set(NULL);
    }
    for (unsigned k = 0; k < size; k++)
        assert_int_equal(pthread_create(&handles[k], NULL, run_rank, &ranks[k]), 0);
    for (unsigned k = 0; k < size; k++) {
        pthread_join(handles[k], NULL);
        mien_pool_free(ranks[k].pool);
        right = right && ranks[k].right;
    }
    return right;
}

/* ---------------------------------------------------------------- sums */

static void add_up(struct rank *self)
{
    static const size_t shapes[][2] = {{3, 0}, {0, 5}, {1, 9001}, {700, 40000}};
    for (size_t leaves = 1; leaves <= 256; leaves *= 2)
        for (size_t at = 0; at < sizeof shapes / sizeof *shapes; at++) {
            mien_arena arena = {0};
            mien_sums s = mien_sums_alloc(&arena, self->pool, leaves, shapes[at][0], shapes[at][1]);
            for (int twice = 0; twice < 2; twice++) { /* what the first left is of no consequence */
                mien_reduce(self->pool, &s, tree_fill, &s);
                self->right = self->right && tree_is_right(&s);
            }
            mien_arena_free(&arena);
        }
}

static void sums_are_those_of_the_tree(void **state)
{
    (void)state;
    for (size_t at = 0; at < TRIED; at++)
        for (unsigned threads = 1; threads <= 2; threads++)
            if (!run_team(sizes_tried[at], threads, add_up))
                fail_msg("%u ranks of %u threads add other sums", sizes_tried[at], threads);
}

/* ---------------------------------------------------------------- rows */

/* Every image is visited by one rank, and what was written comes to all. */
static void visit(void *context, const mien_tile *tile)
{
    float *rows = context;
    for (size_t i = 0; i < tile->count; i++)
        rows[tile->first + i] += tile->x[i] + 1;
}

struct share {
    const mien_tiling *tiling;
    unsigned size;
};

static size_t first_image(const void *context, unsigned rank)
{
    const struct share *share = context;
    return mien_pass_first(share->tiling, rank, share->size);
}

static void gather_rows(struct rank *self)
{
    static const size_t numbers[] = {1, 2, 3, 15, 17, 100, 1000, 3333};
    for (size_t at = 0; at < sizeof numbers / sizeof *numbers; at++) {
        size_t n = numbers[at], own = 0, end;
        float *x = calloc(n, sizeof *x), *rows = calloc(n, sizeof *rows);
        for (size_t i = 0; i < n; i++)
            x[i] = (float)i;
        mien_float_view view = {x, n, 1};
        mien_source X = mien_float_source(&view);
        mien_tiling tiling = mien_tiling_plan(n, 1, 1);
        float *buffers[2] = {NULL, NULL}; /* the source's own memory is used */
        mien_pass(self->pool, &X, &tiling, buffers, visit, rows, NULL);
        for (size_t i = 0; i < n; i++)
            own += rows[i] > 0;
        size_t first = mien_pass_own(self->pool, &tiling, &end);
        self->right = self->right && own == end - first;
        struct share share = {&tiling, mien_team_size(mien_pool_team(self->pool))};
        mien_team_collect(mien_pool_team(self->pool), rows, sizeof *rows, first_image, &share);
        for (size_t i = 0; i < n; i++) /* the first rank has all, the others what they had */
            self->right = self->right &&
                          rows[i] == (!self->index || (i >= first && i < end) ? (float)i + 1 : 0);
        mien_pass_gather(self->pool, &tiling, rows, sizeof *rows);
        for (size_t i = 0; i < n; i++)
            self->right = self->right && rows[i] == (float)i + 1;
        free(rows);
        free(x);
    }
}

static void rows_come_to_all(void **state)
{
    (void)state;
    for (size_t at = 0; at < TRIED; at++)
        if (!run_team(sizes_tried[at], 2, gather_rows))
            fail_msg("%u ranks miss rows", sizes_tried[at]);
}

/* ---------------------------------------------------------------- words */

static void agree(struct rank *self)
{
    const mien_team *team = mien_pool_team(self->pool);
    unsigned size = mien_team_size(team);
    for (unsigned root = 0; root < size; root++) {
        uint64_t word = self->index == root ? 77 + root : 0;
        mien_team_broadcast(team, root, &word, sizeof word);
        self->right = self->right && word == 77 + root;
    }
    uint64_t many[100], sum = (uint64_t)size * (size - 1) / 2;
    for (size_t i = 0; i < 100; i++)
        many[i] = self->index + i;
    mien_team_agree(team, MIEN_TEAM_SUM, many, 100);
    for (size_t i = 0; i < 100; i++)
        self->right = self->right && many[i] == sum + i * size;
    uint64_t least = UINT64_MAX - self->index;
    mien_team_agree(team, MIEN_TEAM_LEAST, &least, 1);
    self->right = self->right && least == UINT64_MAX - (size - 1);
    self->right = self->right && mien_team_most(team, self->index) == size - 1;
}

static void ranks_agree(void **state)
{
    (void)state;
    for (size_t at = 0; at < TRIED; at++)
        if (!run_team(sizes_tried[at], 1, agree))
            fail_msg("%u ranks do not agree", sizes_tried[at]);
}

static void shares_leave_nothing_out(void **state)
{
    (void)state;
    static const size_t counts[] = {0, 1, 2, 3, 7, 8, 100, 256, 4096, SIZE_MAX / 3};
    for (size_t c = 0; c < sizeof counts / sizeof *counts; c++)
        for (unsigned size = 1; size < 40; size++) {
            size_t count = counts[c];
            assert_int_equal(mien_team_first(count, 0, size), 0);
            assert_int_equal(mien_team_first(count, size, size), count);
            for (unsigned k = 0; k < size; k++) {
                size_t first = mien_team_first(count, k, size);
                size_t has = mien_team_first(count, k + 1, size) - first;
                assert_true(has == count / size || has == count / size + 1);
            }
        }
}

/* A process by itself sends nothing, and a thread that has left its team neither. */
static void alone_nothing_is_sent(void **state)
{
    (void)state;
    unsigned index = 0;
    mien_team team = {.rank = 1, .size = 3, .exchange = exchange, .transport = &index};
    size_t before = post.messages;
    assert_true(run_team(1, 2, add_up));
    assert_true(run_team(1, 2, gather_rows));
    mien_team_set(&team);
    assert_false(mien_team_leads());
    assert_false(mien_team_leave(true));
    assert_null(mien_team_now());
    assert_int_equal(mien_team_worst(5), 5);
    assert_true(mien_team_leave(false));
    assert_ptr_equal(mien_team_now(), &team);
    mien_team_set(NULL);
    assert_true(mien_team_leads());
    assert_int_equal(post.messages, before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sums_are_those_of_the_tree),
        cmocka_unit_test(rows_come_to_all),
        cmocka_unit_test(ranks_agree),
        cmocka_unit_test(shares_leave_nothing_out),
        cmocka_unit_test(alone_nothing_is_sent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
