/* model.js - what mien computed, from the files beside the page, and the grey of a number: a second opinion.
 * SPDX-License-Identifier: MIT */
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { readNpy } from "./npy.js";

/** @typedef {import("./npy.js").Npy} Npy */

/**
 * @typedef {object} Model
 * @property {string} name
 * @property {number} r
 * @property {number} p
 * @property {ArrayLike<number>} W N x r
 * @property {ArrayLike<number>} H r x p
 * @property {ArrayLike<number>|null} mean p
 */

/**
 * @param {string} folder of a run
 * @param {string} name of a method
 * @returns {Model}
 */
export function readModel(folder, name) {
    const W = readNpy(join(folder, name, "weights.npy")), H = readNpy(join(folder, name, "basis.npy"));
    const mean = join(folder, name, "mean.npy");
    const r = W.shape[1];
    return { name, r, p: H.values.length / r, W: W.values, H: H.values, mean: existsSync(mean) ? readNpy(mean).values : null };
}

/**
 * Names of images, in the order of X: images.csv of a run whose names need no quotes.
 * @param {string} folder
 */
export function namesOf(folder) {
    const [head, ...rows] = readFileSync(join(folder, "images.csv"), "utf8").trim().split("\n");
    const at = head.split(",").indexOf("path");
    return rows.map((row) => row.split(",")[at]);
}

/**
 * The weights of image i.
 * @param {Model} model
 * @param {number} i
 */
export function weightsOf(model, i) {
    return Array.from({ length: model.r }, (_, k) => model.W[i * model.r + k]);
}

/**
 * mean + the sum of w[k] times basis image k, over `parts`.
 * @param {Model} model
 * @param {number[]} w
 * @param {number[]} [parts] all
 */
export function sumOf({ H, mean, p, r }, w, parts = Array.from({ length: r }, (_, k) => k)) {
    return Array.from({ length: p }, (_, j) =>
        parts.reduce((sum, k) => sum + w[k] * H[k * p + j], mean ? mean[j] : 0));
}

/**
 * Components by what they bring to an image: |w| times the size of the basis image, its sum where
 * nothing is negative, else its norm.
 * @param {Model} model
 * @param {number[]} w
 */
export function orderOf({ H, p, r }, w) {
    const isSigned = Array.from(H).some((h) => h < 0);
    const size = w.map((weight, k) => {
        let sum = 0;
        for (let j = 0; j < p; j++) sum += isSigned ? H[k * p + j] ** 2 : H[k * p + j];
        return Math.abs(weight) * (isSigned ? Math.sqrt(sum) : sum);
    });
    return Array.from({ length: r }, (_, k) => k).sort((a, b) => size[b] - size[a]);
}

/**
 * That a canvas of the grey palette shows these numbers, black low and white high, within 1/255.
 * @param {{data: number[]}} canvas
 * @param {number[]} values
 * @param {{low: number, high: number}} range
 * @param {string} what
 */
export function assertShows(canvas, values, { low, high }, what) {
    assert.equal(canvas.data.length, 4 * values.length, `${what}: pixels`);
    values.forEach((value, j) => {
        const grey = 255 * Math.min(Math.max((value - low) / (high - low), 0), 1);
        const [r, g, b, a] = canvas.data.slice(4 * j, 4 * j + 4);
        assert.ok(r === g && g === b && a === 255, `${what}: pixel ${j} is no grey: ${r}, ${g}, ${b}, ${a}`);
        assert.ok(Math.abs(g - grey) <= 1, `${what}: pixel ${j} is ${g}, not ${grey}`);
    });
}
