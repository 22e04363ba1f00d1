/* present.js - full screen, a section at a time, by arrow keys.
 * SPDX-License-Identifier: MIT */

/** @typedef {import("./app.js").Page} Page */

/**
 * Make the page's button and keys present.
 * @param {Page} page
 */
export function enablePresent(page) {
    return page;
}
