/* meaning.js - What the components are: exemplars, memberships, labels, what is known.
 * SPDX-License-Identifier: MIT */

/** @typedef {import("./app.js").Page} Page */

/**
 * What the components are: exemplars, memberships, labels, what is known.
 * @param {Page} page
 * @returns {HTMLElement|null}
 */
export function meaningSection(page) {
    return page ? null : null;
}
