/* emerge.js - Watch parts appear: the basis along the iterations.
 * SPDX-License-Identifier: MIT */

/** @typedef {import("./app.js").Page} Page */

/**
 * Watch parts appear: the basis along the iterations.
 * @param {Page} page
 * @returns {HTMLElement|null}
 */
export function emergeSection(page) {
    return page ? null : null;
}
