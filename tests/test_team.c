/* test_team.c - ranks: what they add, gather and agree on is the same in all, and what one process
 * alone would have, however many they are. Here a rank is a thread, and a message a copy.
 * SPDX-License-Identifier: MIT */
#define _XOPEN_SOURCE 700 /* mkdtemp */
#include "support/cmocka_plus.h"

#include "support/tree_sums.h"

#include "base/status.h"
#include "base/team.h"
#include "data/npy.h"
#include "data/source.h"
#include "methods/weights_file.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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
    bool right, filed;
};

static bool first_filed; /* what the first rank of the last team said */

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
    first_filed = ranks[0].filed;
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

/* Rows that stand by one tiling come to where another wants them, and to no other rank. */
static void move_rows(struct rank *self)
{
    static const size_t numbers[] = {17, 100, 1000, 3333, 70000};
    const mien_team *team = mien_pool_team(self->pool);
    unsigned size = mien_team_size(team);
    for (size_t at = 0; at < sizeof numbers / sizeof *numbers; at++) {
        size_t n = numbers[at], end, beyond;
        mien_tiling from = mien_tiling_plan(n, 1, 1), to = mien_tiling_with_rows(&from, 24);
        uint32_t *rows = calloc(n, sizeof *rows);
        size_t first = mien_pass_own(self->pool, &from, &end);
        for (size_t i = first; i < end; i++)
            rows[i] = (uint32_t)i + 1;
        mien_pass_move(self->pool, &from, &to, rows, sizeof *rows);
        size_t wanted = mien_pass_own(self->pool, &to, &beyond);
        for (size_t i = 0; i < n; i++) {
            bool here = (i >= first && i < end) || (i >= wanted && i < beyond);
            self->right = self->right && rows[i] == (here ? (uint32_t)i + 1 : 0);
        }
        free(rows);
    }
    self->right = self->right && (size == 1 || team->size == size);
}

static void rows_move_between_tilings(void **state)
{
    (void)state;
    for (size_t at = 0; at < TRIED; at++)
        if (!run_team(sizes_tried[at], 1, move_rows))
            fail_msg("%u ranks have other rows", sizes_tried[at]);
}

/* A sum of rounded numbers, which is another in any other order. */
struct running {
    double sum;
    unsigned rank;
};

static void add_own(void *context)
{
    struct running *running = context;
    for (unsigned i = 0; i < 100; i++)
        running->sum += 1.0 / (100 * running->rank + i + 3);
}

static void add_in_turn(struct rank *self)
{
    const mien_team *team = mien_pool_team(self->pool);
    struct running alone = {0}, running = {.rank = self->index};
    for (; alone.rank < mien_team_size(team); alone.rank++)
        add_own(&alone);
    mien_team_in_turn(team, &running.sum, sizeof running.sum, add_own, &running);
    self->right = self->right && running.sum == alone.sum;
}

static void sums_in_turn_are_those_of_one_process(void **state)
{
    (void)state;
    for (size_t at = 0; at < TRIED; at++)
        if (!run_team(sizes_tried[at], 1, add_in_turn))
            fail_msg("%u ranks add in another order", sizes_tried[at]);
}

/* ---------------------------------------------------------------- weights in one file */

enum { SETTLED = 700, PARTS = 3 };
static const char *weights_file; /* where the first rank says */

/* Each rank has its own rows of W, and writes them; the first has all of them then. */
static void settle(struct rank *self)
{
    static const mien_source X = {.n = SETTLED, .p = 1};
    mien_options options = {.weights_file = self->index ? "" : weights_file};
    mien_run run = {.X = &X,
                    .options = &options,
                    .pool = self->pool,
                    .tiling = mien_tiling_plan(SETTLED, 1, PARTS),
                    .apart = true};
    mien_fit fit = {
        .n = SETTLED, .r = PARTS, .W = mien_alloc_array(SETTLED * PARTS, sizeof(float))};
    size_t end, first = mien_run_own(&run, &end);
    for (size_t at = first * PARTS; at < end * PARTS; at++)
        fit.W[at] = (float)at;
    mien_weights_settle(&run, &fit);
    mien_weights_settle(&run, &fit); /* once more changes nothing */
    self->right = self->right && (self->index == 0) == (fit.W != NULL);
    for (size_t at = 0; at < SETTLED * PARTS && self->index == 0; at++)
        self->right = self->right && fit.W[at] == (float)at;
    mien_npy npy = {0};
    bool there = self->index == 0 && mien_npy_read_floats(weights_file, 2, &npy, NULL) == MIEN_OK;
    if (self->index == 0)
        self->right = self->right && there == (fit.W_file != NULL);
    for (size_t at = 0; at < SETTLED * PARTS && there; at++)
        self->right = self->right && ((float *)npy.values)[at] == (float)at;
    mien_npy_free(&npy);
    self->filed = fit.W_file != NULL;
    mien_fit_free(&fit);
}

static void all_write_weights_into_one_file(void **state)
{
    (void)state;
    char folder[] = "team-XXXXXX", parent[32], path[64];
    assert_non_null(mkdtemp(folder));
    snprintf(parent, sizeof parent, "%s/nmf", folder); /* is made */
    snprintf(path, sizeof path, "%s/weights.npy", parent);
    weights_file = path;
    for (size_t at = 1; at < TRIED; at++) {
        if (!run_team(sizes_tried[at], 1, settle) || !first_filed)
            fail_msg("%u ranks write other weights", sizes_tried[at]);
        assert_int_equal(remove(path), 0);
    }
    /* where there can be no file, the rows come to the first rank */
    weights_file = "no-such-folder/nmf/weights.npy";
    for (size_t at = 1; at < TRIED; at++)
        if (!run_team(sizes_tried[at], 1, settle) || first_filed)
            fail_msg("%u ranks lose weights that no file takes", sizes_tried[at]);
    assert_int_equal(rmdir(parent), 0);
    assert_int_equal(rmdir(folder), 0);
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

/* The lowest rank that failed is the one that all name. */
static void fail_alike(struct rank *self)
{
    const mien_team *team = mien_pool_team(self->pool);
    unsigned size = mien_team_size(team);
    mien_error err = {.status = MIEN_OK};
    self->right = self->right && mien_team_fail_alike(team, MIEN_OK, &err) == MIEN_OK;
    for (unsigned bad = 0; bad < size; bad++) {
        mien_status st =
            self->index >= bad ? mien_fail(&err, MIEN_ERR_IO, "no %u", self->index) : MIEN_OK;
        char words[32];
        snprintf(words, sizeof words, bad ? "rank %u: no %u" : "no %u", bad, bad);
        st = mien_team_fail_alike(team, st, &err);
        self->right = self->right && st == MIEN_ERR_IO && strcmp(err.message, words) == 0;
    }
}

static void failures_are_alike(void **state)
{
    (void)state;
    for (size_t at = 0; at < TRIED; at++)
        if (!run_team(sizes_tried[at], 1, fail_alike))
            fail_msg("%u ranks fail differently", sizes_tried[at]);
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
        cmocka_unit_test(rows_move_between_tilings),
        cmocka_unit_test(sums_in_turn_are_those_of_one_process),
        cmocka_unit_test(all_write_weights_into_one_file),
        cmocka_unit_test(failures_are_alike),
        cmocka_unit_test(ranks_agree),
        cmocka_unit_test(shares_leave_nothing_out),
        cmocka_unit_test(alone_nothing_is_sent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
