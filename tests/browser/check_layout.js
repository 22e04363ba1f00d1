/* check_layout.js - every page at every width, in light and in dark: nothing sticks out, nothing covers, no barrier.
 * SPDX-License-Identifier: MIT */
import assert from "node:assert/strict";
import { join } from "node:path";
import { barriersOf, check, overlapsOf, print, sidewaysOf } from "./harness.js";
import { outcome } from "./pages.js";

for (const which of /** @type {const} */ (["faces", "table", "hostile"]))
    for (const width of [390, 1280, 1920])
        check(`${which}, ${width} pixels wide: nothing sticks out or covers`, which, { width, height: width < 500 ? 844 : 900 }, async ({ page }) => {
            assert.deepEqual(await sidewaysOf(page), []);
            assert.deepEqual(await overlapsOf(page), []);
        });

for (const which of /** @type {const} */ (["faces", "table"]))
    for (const dark of [false, true])
        check(`${which}, ${dark ? "dark" : "light"}: no barrier`, which, { dark }, async ({ page }) => {
            assert.deepEqual(await barriersOf(page), []);
        });

check("the demo prints on at most six pages", "faces", {}, async ({ page }) => {
    const pages = await print(page, join(outcome, "faces.pdf"));
    assert.ok(pages >= 2 && pages <= 6, `${pages} pages`);
});
