/* fit.js - the arithmetic of a model: image ~ mean + sum of weight x basis image.
 * SPDX-License-Identifier: MIT */

/** @typedef {import("./data.js").Fit} Fit */

/**
 * The weights of an image of the page: r numbers, not to be changed.
 * @param {Fit} fit
 * @param {number} face
 */
export function weightsOf(fit, face) {
    return fit.W.subarray(face * fit.r, (face + 1) * fit.r);
}

/**
 * out <- mean + the sum of w[k] times basis image k, of all k or of those listed.
 * @param {Fit} fit
 * @param {ArrayLike<number>} w
 * @param {Float32Array} out p
 * @param {ArrayLike<number>} [parts]
 */
export function reconstruct(fit, w, out, parts) {
    if (fit.mean) out.set(fit.mean);
    else out.fill(0);
    addParts(fit, w, out, parts);
    return out;
}

/**
 * out <- out + the sum of w[k] times basis image k.
 * @param {Fit} fit
 * @param {ArrayLike<number>} w
 * @param {Float32Array} out
 * @param {ArrayLike<number>} [parts]
 */
export function addParts(fit, w, out, parts) {
    const p = out.length;
    const count = parts ? parts.length : fit.r;
    for (let at = 0; at < count; at++) {
        const k = parts ? parts[at] : at;
        const weight = w[k];
        if (weight === 0) continue;
        const h = fit.H.subarray(k * p, (k + 1) * p);
        for (let j = 0; j < p; j++) out[j] += weight * h[j];
    }
}

/**
 * What each component brings to an image: |w| times the size of its basis image, the sum where
 * nothing is negative, as in steps.png.
 * @param {Fit} fit
 * @param {ArrayLike<number>} w
 */
export function contributions(fit, w) {
    const p = fit.H.length / fit.r;
    return Array.from({ length: fit.r }, (_, k) => {
        const h = fit.H.subarray(k * p, (k + 1) * p);
        let sum = 0;
        if (fit.signed) {
            for (const value of h) sum += value * value;
            sum = Math.sqrt(sum);
        } else for (const value of h) sum += value;
        return Math.abs(w[k]) * sum;
    });
}

/**
 * Components by what they bring to an image, the largest first.
 * @param {Fit} fit
 * @param {ArrayLike<number>} w
 */
export function orderOf(fit, w) {
    const size = contributions(fit, w);
    return size.map((_, k) => k).sort((a, b) => size[b] - size[a] || a - b);
}

/**
 * How much an image differs from its reconstruction, as a part of the image: |x - y| / |x|.
 * @param {Float32Array} x
 * @param {Float32Array} y
 */
export function differenceOf(x, y) {
    let apart = 0, whole = 0;
    for (let j = 0; j < x.length; j++) {
        apart += (x[j] - y[j]) ** 2;
        whole += x[j] ** 2;
    }
    return whole > 0 ? Math.sqrt(apart / whole) : 0;
}

/**
 * How much of a part basis image k is: Hoyer's sparseness, to the fourth as in emerge.png, times
 * how much of it lies in the middle of the image, where eyes go.
 * @param {Fit} fit
 * @param {number} k
 * @param {{p: number, width: number, height: number, channels: number}} shape
 */
function partness(fit, k, { p, width, height, channels }) {
    let sum = 0, squares = 0, middle = 0;
    for (let j = 0; j < p; j++) {
        const size = Math.abs(fit.H[k * p + j]);
        const x = Math.floor(j / channels) % width, y = Math.floor(j / channels / width);
        sum += size;
        squares += size ** 2;
        if (Math.abs(2 * x + 1 - width) <= width / 2 + 1 && Math.abs(2 * y + 1 - height) <= height / 2 + 1) middle += size;
    }
    if (p < 2 || squares === 0) return 0;
    return ((Math.sqrt(p) - sum / Math.sqrt(squares)) / (Math.sqrt(p) - 1)) ** 4 * (middle / sum);
}

/**
 * The step at which to rest while an image is put together: among those whose sum is no longer a
 * sketch and not yet the whole (it lacks from 45 to 20 % of it), the one that adds most of a part.
 * @param {Fit} fit
 * @param {ArrayLike<number>} w
 * @param {{p: number, width: number, height: number, channels: number}} shape
 */
export function tellingStep(fit, w, shape) {
    const order = orderOf(fit, w), size = contributions(fit, w);
    const whole = reconstruct(fit, w, new Float32Array(shape.p));
    const now = reconstruct(fit, w, new Float32Array(shape.p), []);
    let best = Math.ceil(fit.r / 2), most = 0;
    for (let step = 1; step <= fit.r; step++) {
        const k = order[step - 1];
        addParts(fit, w, now, [k]);
        const lacks = differenceOf(whole, now);
        if (lacks > 0.45 || lacks < 0.2) continue;
        const score = size[k] * partness(fit, k, shape);
        if (score <= most) continue;
        most = score;
        best = step;
    }
    return best;
}

/**
 * Shares of the components in an image: what each brings of the whole; null where there are none.
 * @param {Fit} fit
 * @param {ArrayLike<number>} w
 */
export function sharesOf(fit, w) {
    if (!fit.memberships) return null;
    const size = contributions(fit, w);
    const sum = size.reduce((a, b) => a + b, 0);
    return sum > 0 ? size.map((s) => s / sum) : size;
}

/**
 * The loss of one image, what the method minimises summed over its pixels (src/methods/loss.c).
 * @param {Fit} fit
 * @param {Float32Array} x
 * @param {Float32Array} y its reconstruction
 */
export function lossOf(fit, x, y) {
    let sum = 0;
    if (fit.objective === "kl") {
        for (let j = 0; j < x.length; j++) {
            const v = Math.max(y[j], 1e-30);
            sum += (x[j] > 0 ? x[j] * Math.log(x[j] / v) - x[j] : 0) + v;
        }
        return sum;
    }
    for (let j = 0; j < x.length; j++) sum += (x[j] - y[j]) ** 2;
    return fit.objective === "half-squares" ? sum / 2 : sum;
}
