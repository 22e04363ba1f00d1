/* mien_study.h - what fits are worth: parts or wholes, uniqueness, stability, new images, r.
 * SPDX-License-Identifier: MIT
 *
 * The rules of mien.h hold here, too. */
#ifndef MIEN_STUDY_H
#define MIEN_STUDY_H

#include "mien.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---------------------------------------------------------------- parts or wholes */

/* How much like parts the components of a fit are. Components that are zero everywhere do not
 * count; the mean image of a method that centres is left out of all scores. */
typedef struct mien_parts {
    double sparseness, weights_sparseness; /* as in the fit */
    /* 1 - spread / spread of a uniform image of that shape, mean over basis images. The spread is
     * the root mean square distance of |H[k,:]| from its centre of mass. 1: a single pixel; 0: as
     * wide as the picture; below 0: along its rim. NaN for images one pixel high (tables). */
    double localisation;
    /* Cosine between two absolute basis images, mean over all pairs. 0: no pixel is shared; 1: all
     * are alike. NaN when there is no pair. */
    double overlap;
    /* sum (sum_k |w h| - |sum_k w h|) / sum sum_k |w h| over all entries of W H: the share of what
     * the components bring that they take away from each other. 0 where nothing is negative. */
    double cancellation;
} mien_parts;

/* Measure a fit to images of `shape`; threads as in mien_options. One pass over the images, without
 * an n x p copy of them. The same bytes for any number of threads. MIEN_ERR_SHAPE when `shape` is
 * not that of p values, MIEN_ERR_NOMEM. */
MIEN_API mien_status mien_parts_measure(const mien_fit *fit, mien_shape shape, unsigned threads,
                                        mien_parts *out, mien_error *err);

/* ---------------------------------------------------------------- uniqueness */

/* Whether the factors of W H are the only ones, part by part. A statement about W H, not about the
 * data, and about its neighbourhood: a second factorisation far away is not excluded. */
typedef enum mien_uniqueness {
    MIEN_UNIQUE_NOT_KNOWN,
    MIEN_UNIQUE_PROVEN, /* to first order no factorisation of W H near this one has another part, or
                         * other weights of it, but for scale */
    MIEN_UNIQUE_FREE /* another part added to it, or taken from it, gives another factorisation */
} mien_uniqueness;

enum { MIEN_UNIQUENESSES = 3 };

/* "not known", "proven", "free". */
MIEN_API const char *mien_uniqueness_name(mien_uniqueness uniqueness);

/* A part is free when one move turns it to a cosine below this. */
#define MIEN_FREE_COSINE (1 - 1e-6)

/* Weights, or parts, have full rank when the smallest singular value is this share of the largest,
 * the columns of W (the rows of H) having length 1. Faces: 0.03 to 0.1. Swimmers with their 16
 * limbs, whose weights have rank 13: 1e-8 to 3e-6. */
#define MIEN_RANK_TOLERANCE 1e-3

/* Seconds after which what is not proven is "not known". */
#define MIEN_CERTIFICATE_SECONDS 10

typedef struct mien_part_certificate {
    mien_uniqueness unique;
    size_t by;     /* the part that turns it the farthest, and */
    double cosine; /* of the part with what it is turned into; 1 where no single part turns it */
} mien_part_certificate;

typedef struct mien_certificate {
    size_t r;
    mien_part_certificate *parts; /* r */
    size_t counts[MIEN_UNIQUENESSES];
    size_t rank_weights, rank_basis; /* by MIEN_RANK_TOLERANCE */
    const char *reason;              /* why parts are not known, a constant; NULL: there are none */
    double seconds;
} mien_certificate;

/* Can the parts of a fit be turned into others without changing W H?
 *   seconds   after so many nothing more is proven
 *   progress  may be NULL; what is not proven when it asks for an end is "not known"
 * Only exact zeros count: they alone hold a part. Of methods that do not factorise into what is not
 * negative nothing is known. MIEN_OK or MIEN_ERR_NOMEM. Donoho & Stodden 2003; Gillis & Rajko,
 * "Partial identifiability for nonnegative matrix factorization" (2023); Krone & Kubjas, SIMAX 42
 * (2021). */
MIEN_API mien_status mien_certificate_make(const mien_fit *fit, double seconds,
                                           mien_progress_fn progress, void *user,
                                           mien_certificate *out, mien_error *err);
MIEN_API void mien_certificate_free(mien_certificate *certificate);

/* ---------------------------------------------------------------- stability */

/* How often two images have the same dominant component, over several runs (Brunet et al., PNAS
 * 101, 2004). Image i's dominant component has the largest W[i,k] sum_j H[k,j] (absolute values
 * for signed methods); an image that no component explains shares with no other. */
typedef struct mien_consensus {
    size_t n;       /* images compared: all, or MIEN_CONSENSUS_MAX spread evenly over X */
    size_t *images; /* n, their places in X, ascending; owned */
    size_t runs;
    unsigned count_nbytes; /* 1, 2 or 4: the smallest type that counts to `runs` */
    void *counts;          /* n x n, symmetric; owned. Read with mien_consensus_share() */
    size_t *order;         /* n, places in `images` as the leaves of the tree; owned */
    double cophenetic;     /* Pearson correlation of 1 - C with the heights at which average linkage
                            * joins two images (Brunet 2004); NaN where it is undefined */
    double dispersion;     /* 4 mean (C - 1/2)^2 (Kim & Park, Bioinformatics 23, 2007); NaN too */
    const char *undefined; /* why they are NaN; NULL when they are not */
} mien_consensus;

enum { MIEN_CONSENSUS_MAX = 4000 };

/* The share of runs, 0 to 1, in which images a and b, both below n, go together. */
MIEN_API double mien_consensus_share(const mien_consensus *consensus, size_t a, size_t b);

/* What the runs show. That they agree is no proof that the answer is unique: mien_certificate. */
typedef enum mien_verdict {
    MIEN_VERDICT_STABLE,   /* found again: median >= 0.9, and four of five other runs find it */
    MIEN_VERDICT_DRIFTS,   /* neither found again nor absent */
    MIEN_VERDICT_ABSENT,   /* fewer than half of the other runs find it */
    MIEN_VERDICT_COPY,     /* the same part as another component of the best run, judged there */
    MIEN_VERDICT_UNDEFINED /* fewer than MIEN_MIN_RUNS are judged, or it is zero everywhere */
} mien_verdict;

enum { MIEN_VERDICTS = 5 };

/* So many runs have to be judged, the best one among them, before there is any verdict. */
enum { MIEN_MIN_RUNS = 5 };

/* The thresholds of the verdicts. A run finds a component when its twin has a cosine of 0.8 or more
 * and is at most half as far (1 - cosine) as the nearest other part of the best run: the centroids
 * of k-means on faces all have cosines of 0.95 with each other, which is no twin yet. The worst
 * twin has no say in the verdict: the more runs, the worse it is.
 * Two components of the best run are one part when their cosine is above 0.95 and still is when
 * what all components have in common, the direction of their mean, is taken out of both: centroids
 * of faces are not copies of each other. Components of signed methods are never copies: they are
 * orthogonal or uncorrelated by construction. */
#define MIEN_STABLE_MEDIAN 0.9
#define MIEN_STABLE_FOUND  0.8 /* share of the other runs */
#define MIEN_FOUND_COSINE  0.8
#define MIEN_ABSENT_FOUND  0.5
#define MIEN_COPY_COSINE   0.95

/* A run whose objective is above the smallest by more than a tenth of it, and by more than a
 * thousandth of what is lost when every image is replaced by the mean image, did not arrive: it
 * ended in a local minimum, a worse answer, and has no part in what is judged. The second measure
 * is for losses near 0, which are not far apart when one is ten times the other. */
#define MIEN_WORSE_ABOVE_MIN 0.1
#define MIEN_WORSE_OF_MEAN   0.001

/* For programs: "stable", "drifts", "absent", "copy", "undefined". */
MIEN_API const char *mien_verdict_name(mien_verdict verdict);

/* A component of the best run, beside its twins in the other runs that are judged. NaN where there
 * is none. A copy's twins are what the part's own component leaves: its numbers tell whether other
 * runs have the part twice as well. */
typedef struct mien_component {
    double median, worst; /* cosine with its twins */
    double found;         /* share of the other judged runs that find it */
    double neighbour;     /* largest cosine with another part of the best run; 0 when it is alone */
    double needed;        /* a run finds it when its twin has this cosine */
    size_t same_as;       /* the first component that is the same part; its own number if none */
    mien_verdict verdict;
} mien_component;

typedef struct mien_outcome {
    uint64_t seed;
    double loss;
    double objective; /* loss + penalty: runs are compared by it */
    double first; /* the objective that its trace begins with; starts that differ differ in it */
    size_t iterations;
    mien_stop stop;
    bool worse;     /* a local minimum above the smallest */
    size_t same_as; /* the first run with that start and basis, byte for byte; its own number if
                     * there is none */
    bool judged;    /* neither worse nor the same as a run before it */
} mien_outcome;

typedef struct mien_stability {
    const mien_method *method;
    size_t n, p, r;
    size_t asked, runs;     /* runs asked for, and those that were finished */
    size_t judged;          /* those of them that arrived, each start once */
    size_t worse, repeated; /* the others: local minima, and runs that are another's repetition */
    double mean_loss;       /* the loss of the mean image in every image's place */
    bool random_start;      /* false: the method has none, all runs are the same */
    bool identical;         /* several runs, and all are repetitions of the first */
    mien_fit best;          /* the run of smallest objective, whole */
    size_t best_run;        /* its place among the runs */
    mien_outcome *outcomes; /* runs */
    float *basis;           /* runs x r x p, every run's H */
    size_t *twins;          /* runs x r: run a's component that goes with the best run's k */
    double *similarity;     /* runs x r: their cosine (absolute for signed methods) */
    mien_component *components; /* r */
    size_t verdicts[MIEN_VERDICTS];
    double mean_similarity; /* over components and other judged runs; NaN when there is none */
    float *deviation; /* r x p: standard deviation over judged runs of component k, of maximum 1 in
                       * each run; NULL when one is judged */
    mien_consensus consensus;     /* of the judged runs */
    mien_certificate certificate; /* of the best run */
    double seconds;
    bool interrupted; /* asked to end before all runs were finished */
} mien_stability;

/* Run a method from many starts and compare what they found: is the answer unique?
 *   options  as for mien_fit_run(); restarts is the number of runs, 0 for 20; run a has the seed
 *            seed + a and is the same, byte for byte, as a run of its own with restarts = 1.
 * Runs go side by side, as many as have up to 64 million values together, and larger data is
 * learned by all threads one run after another; the results do not depend on that. When progress
 * asks for an end, the runs that are finished are kept; if there is none, the best of those that
 * are not. One run is allowed: what needs two is NaN then. A start of the options' own is refused,
 * as it is the same every time. Errors: as mien_fit_run(). */
MIEN_API mien_status mien_stability_run(const mien_method *method, const mien_source *X,
                                        const mien_options *options, mien_stability *out,
                                        mien_error *err);
MIEN_API void mien_stability_free(mien_stability *stability);

/* A verdict for people: "found again" where files say "stable". */
MIEN_API const char *mien_stability_verdict_words(mien_verdict verdict);

/* What a study is told in, for people; room for 512 bytes. Why there are no verdicts and what to do
 * ("" where there are); and what the certificate says ("" where the method has none). */
MIEN_API void mien_stability_advice(const mien_stability *study, char *text, size_t size);
MIEN_API void mien_stability_unique_words(const mien_stability *study, char *text, size_t size);

/* ---------------------------------------------------------------- outliers */

/* Images whose relative error is unusually large: beyond Tukey's far-out fence (1977), upper
 * quartile + 3 (upper quartile - lower quartile) of training images as unseen ones. */
typedef struct mien_outliers {
    bool known;    /* false: those errors are unknown, and nothing is said of any image */
    size_t *index; /* count places in X, the largest error first; owned */
    size_t count;
    double fence;   /* NaN: unknown */
    char rule[160]; /* the same in words; "" */
    /* the new images as a whole, against the 95th percentile of the same errors */
    size_t beyond;   /* images above it; 1 in 20 would be usual */
    double p95;      /* NaN: unknown */
    double allowed;  /* the share above it that does not set the images apart */
    double chance;   /* of so many or more, if each were above it with that chance */
    bool apart;      /* chance below MIEN_APART_LEVEL: the images as a whole are of another kind */
    char whole[320]; /* the same in words; "" when unknown */
} mien_outliers;

/* Of new images of the training's kind 1 in 20 lies above the percentile. Up to 1 in 10 is put down
 * to small differences between two folders, or more where the percentile was measured on fewer than
 * some 350 images: up to what it may really be, at the same level (Wilson's bound, JASA 22 (1927)).
 */
#define MIEN_APART_SHARE 0.1
#define MIEN_APART_LEVEL 0.001

/* held_out: of the model's fit. MIEN_ERR_NOMEM. */
MIEN_API mien_status mien_outliers_find(const mien_quantiles *held_out,
                                        const mien_encoding *encoding, mien_outliers *out,
                                        mien_error *err);
MIEN_API void mien_outliers_free(mien_outliers *outliers);

/* ---------------------------------------------------------------- the cone */

/* NMF with r = 2 in two dimensions, where one can see that it is not unique (ESL p. 556; Donoho &
 * Stodden 2003). Angles are in radians, counted from the first axis to the second. */

enum { MIEN_CONE_STARTS = 3 };

typedef struct mien_cone_options {
    const size_t *pixels; /* two of X's columns; NULL: chosen by variance */
    bool plane;           /* instead of pixels: the plane of X's first two singular vectors */
    uint64_t seed;        /* of the first start tried */
    unsigned threads;     /* 0: one a processor */
    mien_progress_fn progress;
    void *user;
} mien_cone_options;

typedef struct mien_cone {
    bool plane;
    size_t pixels[2]; /* unless plane */
    size_t n;
    float *points;    /* n x 2, the images in the picture; owned */
    size_t n_zero;    /* points at the origin, which have no direction */
    double edges[2];  /* a basis vector lies between these: the axes; in the plane the edges of the
                       * image of all that is not negative */
    double rays[2];   /* directions of the outermost points */
    double explained; /* share of ||X||^2 that lies in the picture; 1 for pixels */
    double total;     /* sum of what NMF was given: losses are compared with it */
    size_t n_tried;   /* starts; those below are the three that differ most among the best */
    bool exact;       /* every loss below is at most MIEN_CONE_ZERO total */
    struct mien_cone_start {
        uint64_t seed;
        double basis[2]; /* directions of the two basis vectors, lower first */
        double loss;     /* generalised KL divergence */
        size_t iterations;
    } starts[MIEN_CONE_STARTS];
} mien_cone;

/* A loss up to this share of the sum of X counts as 0: what NMF in floats reaches. */
#define MIEN_CONE_ZERO 1e-8

/* Points in the quadrant for the lesson: n x 2 floats, the same for the same seed. The cone they
 * span is well inside of the quadrant. MIEN_ERR_NOMEM. */
MIEN_API mien_status mien_cone_example(uint64_t seed, mien_pixels *out, mien_error *err);

/* Run NMF from many starts and find where its basis vectors may lie and where they do.
 * MIEN_ERR_ARG (pixels beyond X, or one twice), MIEN_ERR_DATA (nothing but zeros, fewer than two
 * pixels), MIEN_ERR_STOPPED (three starts are needed), and the errors of mien_fit_run(). */
MIEN_API mien_status mien_cone_measure(const mien_source *X, const mien_cone_options *options,
                                       mien_cone *out, mien_error *err);
MIEN_API void mien_cone_free(mien_cone *cone);

/* ---------------------------------------------------------------- choosing r */

/* What mien_rank_run() is to do. */
typedef struct mien_rank_options {
    size_t low, high, step; /* r = low, low + step, ... up to high; 0, 0: mien_rank_range() */
    size_t masks;           /* speckled masks, 2 to 100: standard errors need two */
    double hidden;          /* share of the entries that a mask hides, 0.01 to 0.5 */
    size_t starts;          /* for stability, cophenetic correlation; 0: leave them out */
    size_t iterations;      /* of a fit, at most */
    double tolerance; /* a fit ends when its loss fell by less, relatively, in 10 iterations */
    uint64_t seed;
    unsigned threads; /* 0: one a processor */
    mien_progress_fn progress;
    void *user;
} mien_rank_options;

/* A range by the data, 3 masks of a tenth, 10 starts. */
MIEN_API mien_rank_options mien_rank_options_default(void);

/* low and high, when both are 0, for n images of p pixels: from 1 to half of the smaller of the
 * two, at most 60: beyond half, components save little over the data itself. */
MIEN_API void mien_rank_range(mien_rank_options *options, size_t n, size_t p);

/* Which loss, in pairs below. */
enum { MIEN_RANK_KL, MIEN_RANK_FROBENIUS };

/* What was measured at one r. Losses are of one entry, mean; NaN where nothing was measured. */
typedef struct mien_rank_point {
    size_t r;
    double held_out[2];       /* of hidden entries, mean over masks */
    double held_out_error[2]; /* its standard error */
    double steep; /* of the same hidden entries and fits as held_out[MIEN_RANK_KL], half the
                   * deviance of the negative binomial whose size is the mean of X */
    double steep_error;
    double fitted[2]; /* of entries that were fitted, mean over masks */
    double permuted;  /* of fitted entries, KL, when every pixel is permuted over the images */
    double stability; /* mean similarity of a component with its twins from other starts */
    double stability_error;
    double cophenetic;      /* correlation, of the consensus matrix over starts */
    bool permuted_measured; /* else permuted is on a straight line between neighbours that were */
    bool held_out_measured[2]; /* held_out, fitted, and under KL steep, with their errors: else on a
                                * straight line between neighbours that were measured */
    bool alike_measured;       /* the same of stability and cophenetic */
} mien_rank_point;

/* What one criterion says. Strings are constants. */
typedef struct mien_criterion {
    const char *key;    /* for programs: "held-out-kl" */
    const char *name;   /* for people */
    const char *source; /* paper */
    bool own;           /* of NMF's own: held-out entries, relevance */
    bool decides;       /* one of those that the recommendation is made from */
    size_t choice;      /* r; 0: it says nothing, and note tells why */
    bool at_start;      /* the choice is the start of the range, above 1: "or fewer" */
    bool at_end;        /* the choice is the end of the range: "or more" */
    char note[160];
} mien_criterion;

enum { MIEN_RANK_CRITERIA = 16 };

/* How the variance of hidden entries grows with their model: which loss its noise asks for. */
typedef enum mien_rank_noise {
    MIEN_NOISE_UNKNOWN,  /* too little to tell, or between two: both losses decide */
    MIEN_NOISE_CONSTANT, /* squared distance decides */
    MIEN_NOISE_COUNTS,   /* as fast as the model, as of Poisson counts: KL decides */
    MIEN_NOISE_STEEP     /* faster: of hidden entries the negative binomial decides, and KL */
} mien_rank_noise;

typedef struct mien_rank {
    size_t n, p;
    mien_rank_options options;
    mien_rank_point *points; /* n_points, by r */
    size_t n_points;
    mien_criterion criteria[MIEN_RANK_CRITERIA];
    size_t n_criteria;
    size_t recommended; /* 0: no single number */
    size_t min, max;    /* the range of those that decide; 0, 0: none of them says anything */
    bool beyond;        /* some of them are at the end of the range: max is a lower bound */
    bool below;         /* some of them are at its start: min may be an upper bound */
    size_t faint;       /* a component half as strong as the weakest of so many would be lost in the
                         * noise: weaker ones may be there; 0: it would be seen, or that is unknown */
    double growth;      /* exponent of the variance over the model; NaN: not told */
    mien_rank_noise noise;
    char noise_note[128]; /* the same in words */
    char sentence[1024];  /* the same in words */
    char rule[512];       /* how the recommendation was made */
    double relevance_dispersion[2];
    size_t left_out; /* hidden entries, over all masks, of images or pixels that a mask hides whole:
                      * no criterion counts them */
    bool interrupted;          /* the progress callback asked for an end; nothing is chosen then */
    size_t done, known, total; /* fits: finished, of these from the state file, in all */
} mien_rank;

/* Measure and choose.
 *   checkpoint  where finished fits are kept, and from which a run with the same data and options
 *               goes on; NULL: nowhere. What is kept of other data or options is refused
 *               (MIEN_ERR_ARG), since it may be hours of somebody's work.
 * Returns MIEN_OK also when interrupted; MIEN_ERR_ARG (options out of range; high above
 * min(n, p)), MIEN_ERR_IO, MIEN_ERR_DOMAIN, MIEN_ERR_NUMERIC, MIEN_ERR_NOMEM. The same results for
 * any number of threads, in one run or in several. */
MIEN_API mien_status mien_rank_run(const mien_dataset *dataset, const mien_rank_options *options,
                                   mien_checkpoint *checkpoint, mien_rank *out, mien_error *err);
MIEN_API void mien_rank_free(mien_rank *rank);

/* ---------------------------------------------------------------- what a run needs */

/* Bytes of memory that a run is going to take, before it begins: an estimate, from the numbers
 * alone. Its sum is between 0.8 and 2.5 times what is measured (test_plan.c). */
typedef struct mien_plan {
    double data;    /* X as it is stored */
    double images;  /* names, gains and errors of images */
    double weights; /* W of every method, and what the largest descent keeps beside it */
    double levels;  /* smaller pictures to begin with */
    double basis;   /* H, sums of passes, factors in double */
    double threads; /* tiles and buffers */
    double output;  /* figures and the page */
    double program; /* whatever is done */
    double total;   /* all of these */
    double least; /* of them what has to be in memory: not data, weights and levels, which may stand
                   * on the disk (mien_memory_limit()) */
} mien_plan;

/*   options       of the fits; r is set
 *   side_by_side  fits that run at a time, 1 for most commands; each has weights and sums
 *   page_images   images that the page holds, at most */
MIEN_API mien_plan mien_plan_make(const mien_dataset *dataset, const mien_options *options,
                                  const mien_method *const *methods, size_t n_methods,
                                  size_t side_by_side, size_t page_images);

#ifdef __cplusplus
}
#endif

#endif
