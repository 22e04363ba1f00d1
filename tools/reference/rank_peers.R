#!/usr/bin/Rscript
# rank_peers.R - what two R packages say about the number of components of a matrix.
# SPDX-License-Identifier: MIT
#
#   Rscript rank_peers.R cv X.csv LOW HIGH SEED           lines "rank,repetition,error"
#   Rscript rank_peers.R cophenetic X.csv LOW HIGH RUNS SEED   lines "rank,cophenetic,of shares"
#   Rscript rank_peers.R cophcor C.csv...                 a line a consensus matrix
#   Rscript rank_peers.R versions                         lines "name,version"
#
# X.csv holds an observation a row and no heading.
#
# cv is the cross-validation of RcppML (crossValidate() of its versions from 0.5 on; Debian has
# 0.3.7, which lacks it), done with the package's own masked nmf(): three repetitions, in each a
# speckled mask that hides 5 % of the entries, nmf() with its defaults, the mean squared error of the
# hidden entries. mask_zeros takes the zeros of a sparse matrix as missing, so hidden entries are
# left out of it and zeros of the data are stored as 1e-12.
# cophenetic is NMF's nmfEstimateRank(), method brunet. NMF takes the component with the largest
# coefficient as an observation's own, whatever the scale of its basis; "of shares" is the same of
# the same fits by the component that explains most, coefficient times sum of the basis.

suppressPackageStartupMessages({
    library(Matrix)
})
words <- commandArgs(TRUE)
verb <- words[1]

read_matrix <- function(path) {
    X <- as.matrix(read.csv(path, header = FALSE))
    dimnames(X) <- NULL
    X
}

cross_validate <- function(X, ranks, seed, repetitions = 3, share = 0.05) {
    RcppML::setRcppMLthreads(1)
    for (repetition in seq_len(repetitions)) {
        set.seed(1000 * seed + repetition)
        hidden <- matrix(runif(length(X)) < share, nrow(X))
        kept <- which(!hidden, arr.ind = TRUE)
        A <- sparseMatrix(kept[, 1], kept[, 2], x = pmax(X[!hidden], 1e-12), dims = dim(X))
        for (rank in ranks) {
            model <- RcppML::nmf(A, rank, seed = 1000 * seed + repetition, mask_zeros = TRUE, verbose = FALSE)
            Y <- model$w %*% (model$d * model$h)
            cat(sprintf("%d,%d,%.9g\n", rank, repetition, mean((X[hidden] - Y[hidden])^2)))
        }
    }
}

# Which two observations go together, by the component that explains most.
by_share <- function(fit) {
    own <- apply(coef(fit) * colSums(basis(fit)), 2, which.max)
    1 * outer(own, own, "==")
}

if (verb == "cv") {
    cross_validate(t(read_matrix(words[2])), as.integer(words[3]):as.integer(words[4]), as.integer(words[5]))
} else if (verb == "cophenetic") {
    suppressMessages(suppressPackageStartupMessages(library(NMF)))
    X <- t(read_matrix(words[2]))
    X <- X[rowSums(X) > 0, colSums(X) > 0]
    ranks <- as.integer(words[3]):as.integer(words[4])
    found <- nmfEstimateRank(X, ranks, method = "brunet", nrun = as.integer(words[5]),
                             seed = as.integer(words[6]), .options = "k-p")
    for (i in seq_along(ranks)) {
        C <- Reduce(`+`, lapply(found$fit[[i]], by_share)) / length(found$fit[[i]])
        cat(sprintf("%d,%.9g,%.9g\n", ranks[i], found$measures$cophenetic[i], cophcor(C, linkage = "average")))
    }
} else if (verb == "cophcor") {
    suppressMessages(suppressPackageStartupMessages(library(NMF)))
    for (path in words[-1]) cat(sprintf("%.15g\n", cophcor(read_matrix(path), linkage = "average")))
} else if (verb == "versions") {
    cat(sprintf("R,%s\n", getRversion()))
    for (package in c("RcppML", "NMF")) cat(sprintf("%s,%s\n", package, packageVersion(package)))
} else {
    stop("cv, cophenetic, cophcor or versions")
}
