/* build.js - Build the face yourself: weights that one can drag.
 * SPDX-License-Identifier: MIT */

/** @typedef {import("./app.js").Page} Page */

/**
 * Build the face yourself: weights that one can drag.
 * @param {Page} page
 * @returns {HTMLElement|null}
 */
export function buildSection(page) {
    return page ? null : null;
}
