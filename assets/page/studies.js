/* studies.js - Results of stability, rank and transform beside the run.
 * SPDX-License-Identifier: MIT */

/** @typedef {import("./app.js").Page} Page */

/**
 * Results of stability, rank and transform beside the run.
 * @param {Page} page
 * @returns {HTMLElement|null}
 */
export function studiesSection(page) {
    return page ? null : null;
}
