// worker.js - mien's own C, compiled to WebAssembly, at work away from the page.
// SPDX-License-Identifier: MIT
//
// A worker reads pictures, prepares them and learns, one thing after the other. Methods that shall
// learn beside each other get a worker each: one of them reads the pictures and hands out a `store`,
// which the others take. While a worker learns it hears nothing: to end it early, terminate() it
// (the last frame is what the page has then), or let `seconds` end it with a whole result.
//
// The file has neither imports nor exports: its text, in a Blob, is the worker
// (`new Worker(URL.createObjectURL(new Blob([text], {type: "text/javascript"})))`). The page hands
// it the module: compiled once, a WebAssembly.Module goes to any number of workers.
//
// The page says (ArrayBuffers may be transferred), in this order; every message may carry an `id`,
// which all answers to it repeat:
//
//   {type: "module", module}          a WebAssembly.Module, or its bytes
//     -> {type: "ready", version, methods: MethodInfo[]}
//   {type: "images", images: ({name, bytes} | {name, width, height, rgba})[], options?: ReadOptions}
//     bytes: an ArrayBuffer of PBM, PGM or PPM, read by mien; rgba: what a canvas gives. Any size.
//     -> {type: "progress", stage: "reading", done, total} now and then, then {type: "data", ...}
//   {type: "draw", what: "faces" | "swimmer", options?: ReadOptions}    drawn by the module itself
//     -> {type: "data", ...}
//   {type: "store", store}            what another worker read
//     -> {type: "data", ...}
//   {type: "learn", method: "nmf" | "kmeans" | "pca" | "ica", options?: LearnOptions, every?: 16}
//     every: milliseconds between two frames, at least; 0: a frame for every iteration
//     -> {type: "frame", ...}*, then {type: "done", ...}; the data stay for the next one
//
// and to any of them, in place of the answer:
//     -> {type: "error", of: <the message's type>, message, status}    the words are mien's own
//
// Images that cannot be used are no error but are listed in data.refused, unless fewer than two are
// left.
"use strict";

/**
 * What the data set becomes: as mien's options of the same names. Left out: mien's defaults (the
 * size most images have, the middle cut out of others, ink by the pixels, lee-seung for grey).
 * @typedef {object} ReadOptions
 * @property {number} [width] both or none, pixels
 * @property {number} [height]
 * @property {"crop" | "pad" | "stretch" | "reject"} [fit] for images of another size
 * @property {"auto" | "dark" | "light"} [ink]
 * @property {"auto" | "lee-seung" | "unit" | "max" | "none"} [normalize]
 * @property {boolean} [color]
 */

/**
 * Left out: mien's defaults. Options of the method itself by their names on the command line
 * (objective, solver, init, ...); those of other methods are refused.
 * @typedef {object} LearnOptions
 * @property {number} [components] default: 49, or fewer on small data
 * @property {number} [iterations] at most; default 500
 * @property {number} [tolerance] default: the method's own; 0: never ends before `iterations`
 * @property {number} [restarts] starts, the best is kept; default: by the size of the data
 * @property {number} [seed] default 0
 * @property {boolean} [snapshots] keep the basis of iterations 1, 2, 3, 5, 8, ...; default true
 * @property {number} [seconds] end after so many, with a whole result; default: never
 */

/**
 * @typedef {object} MethodInfo
 * @property {string} name "nmf"
 * @property {string} title "NMF"
 * @property {string} motto "adds parts"
 * @property {string} longTitle
 * @property {boolean} signed basis and weights carry both signs
 * @property {boolean} memberships rows of W, scaled, are shares of components
 * @property {number} tolerance
 * @property {{key: string, choices: string[] | null, initial: number | string, min: number,
 *             max: number, help: string}[]} options
 */

/**
 * The data set. Image i is, in float32,
 *   x[j] = clamp(gain[i] * (values[i * p + j] - center[i]) + offset[i], lower, upper)
 * and x = values where gain is null. With dark ink x = 1 is black.
 * @typedef {object} Data
 * @property {"data"} type
 * @property {number} n
 * @property {number} p width * height * channels, channels interleaved
 * @property {number} width
 * @property {number} height
 * @property {number} channels
 * @property {string[]} names n
 * @property {{name: string, reason: string}[]} refused
 * @property {"dark" | "light"} ink as decided
 * @property {number} blackBorder share of border pixels that are black; NaN: not asked
 * @property {string} normalize as decided
 * @property {Uint8Array | Uint16Array} values n x p, as read and resized
 * @property {number} white what stands for white among the values, the largest where they differ
 * @property {Float32Array | null} gain n
 * @property {Float32Array | null} center n
 * @property {Float32Array | null} offset n
 * @property {number} lower
 * @property {number} upper
 * @property {number} components what is learned when nobody says how many
 * @property {Object<string, number>} most how many components each method can have
 * @property {ArrayBuffer} store for {type: "store"}: copy it to all but the last worker
 */

/**
 * The basis of an iteration under way. Components stand in the order of the descent; those of
 * `done` are in order of importance.
 * @typedef {object} Frame
 * @property {"frame"} type
 * @property {string} method
 * @property {number} iteration of this start; frames may leave some out
 * @property {number} done iterations of all starts so far
 * @property {number} total iterations of all starts, at most
 * @property {number} loss NaN: not known
 * @property {number} run 1 .. runs
 * @property {number} runs
 * @property {number} seconds since the fit began
 * @property {Uint8Array} basis r x p; 0 to 255, or where `signed` 128 + (-127 to 127)
 * @property {Float32Array} scale r: what 255, or 127 above 128, stands for
 * @property {boolean} signed
 */

/**
 * @typedef {object} Done
 * @property {"done"} type
 * @property {string} method
 * @property {number} n
 * @property {number} p
 * @property {number} r
 * @property {Float32Array} W n x r, the weights
 * @property {Float32Array} H r x p, the basis
 * @property {Float32Array | null} mu p, the mean image of a method that centres
 * @property {string} lossName
 * @property {number} loss
 * @property {number} penalty
 * @property {number} relativeError
 * @property {number} explainedVariance
 * @property {number} sparseness
 * @property {number} weightsSparseness
 * @property {number} localisation NaN: not measured
 * @property {number} overlap
 * @property {number} cancellation
 * @property {number} iterations
 * @property {"converged" | "iterations" | "interrupted" | "stalled"} stop
 * @property {number} seconds
 * @property {number} seed of the start that was kept
 * @property {string} note "" or what the reader should know
 * @property {{iteration: Uint32Array, seconds: Float64Array, loss: Float64Array}} trace
 * @property {{iteration: Uint32Array, values: Uint8Array, scale: Float32Array, signed: boolean}
 *            | null} snapshots count x r x p and count x r, in the order of H
 * @property {{share: Float32Array, dominant: Int32Array} | null} memberships n x r, rows sum to 1;
 *           dominant: n, the component with the largest share, -1: none explains the image
 * @property {ArrayBuffer} basisFile H as the bytes of a .npy file, r x h x w (x c)
 * @property {ArrayBuffer} weightsFile W as the bytes of a .npy file, n x r
 */
