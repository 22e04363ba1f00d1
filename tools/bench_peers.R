# bench_peers.R - R's packages for tools/bench.
# SPDX-License-Identifier: MIT
#
#   Rscript bench_peers.R TASK FOLDER N P R ITERATIONS
#
# FOLDER holds X.raw (p x N), W.raw (r x N) and H.raw (p x r): float64, column after column. Writes W_out.raw
# and H_out.raw of the same shapes there and prints a line of JSON. R calls our basis w and our weights h.

words <- commandArgs(trailingOnly = TRUE)
folder <- words[2]
sizes <- as.integer(words[3:6])
n <- sizes[1]; p <- sizes[2]; r <- sizes[3]; iterations <- sizes[4]

read <- function(name, rows, columns)
    matrix(readBin(file.path(folder, name), "double", rows * columns), rows, columns)
write_out <- function(values, name) writeBin(as.double(values), file.path(folder, name))

tasks <- list(
    # Alternating least squares (DeBruine 2021). Takes no start: it begins at a random one of its own.
    "rcppml" = function(X) {
        library(RcppML)
        setRcppMLthreads(2)
        seconds <- system.time(model <- RcppML::nmf(X, r, tol = 1e-15, maxit = iterations, seed = 1, verbose = FALSE))
        list(W = model$d * model$h, H = model$w, seconds = seconds[["elapsed"]])
    },
    # Multiplicative updates for KL in C++ (Brunet 2004), from our start. Its stopping rule cannot act before 400.
    "r-nmf" = function(X) {
        suppressMessages(library(NMF))
        start <- nmfModel(W = read("H.raw", p, r), H = read("W.raw", r, n))
        seconds <- system.time(model <- NMF::nmf(X, r, "brunet", seed = start, maxIter = iterations))
        list(W = coef(model), H = basis(model), seconds = seconds[["elapsed"]])
    })

result <- tasks[[words[1]]](read("X.raw", p, n))
write_out(result$W, "W_out.raw")
write_out(result$H, "H_out.raw")
cat(sprintf('{"seconds": %.6f}\n', result$seconds))
