/* check_layout.js - every page at every width, in light and in dark, on paper: nothing sticks out, nothing covers, no barrier.
 * SPDX-License-Identifier: MIT */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { barriersOf, check, invalidOf, overlapsOf, print, sidewaysOf } from "./harness.js";
import { outcome } from "./pages.js";

/** Fold out what is folded. @param {import("playwright-core").Page} page */
const unfold = (page) => page.evaluate(() => document.querySelectorAll("details").forEach((each) => { each.open = true; }));

for (const which of /** @type {const} */ (["faces", "swimmer", "table", "hostile"]))
    check(`${which}: at every width nothing sticks out and nothing covers`, which, { still: true }, async ({ page }) => {
        for (const folded of [true, false]) {
            if (!folded) await unfold(page);
            for (const [width, height] of [[390, 844], [1280, 800], [1920, 1080]]) {
                await page.setViewportSize({ width, height });
                const what = `${width} wide${folded ? "" : ", unfolded"}`;
                assert.deepEqual(await sidewaysOf(page), [], what);
                assert.deepEqual(await overlapsOf(page), [], what);
            }
        }
    });

for (const which of /** @type {const} */ (["faces", "table"]))
    check(`${which}: no barrier and valid HTML, in light and in dark`, which, { still: true }, async ({ page, folder }) => {
        assert.deepEqual(await invalidOf(readFileSync(join(folder, "report.html"), "utf8")), [], "the file");
        assert.deepEqual(await invalidOf(await page.content()), [], "what the script made of it");
        await unfold(page);
        assert.deepEqual(await barriersOf(page), [], "light");
        await page.emulateMedia({ colorScheme: "dark" });
        assert.deepEqual(await barriersOf(page), [], "dark");
    });

check("the demo prints on at most six pages", "faces", { still: true }, async ({ page }) => {
    const pages = await print(page, join(outcome, "faces.pdf"));
    assert.ok(pages >= 2 && pages <= 6, `${pages} pages, see ${join(outcome, "faces.pdf")}`);
});
