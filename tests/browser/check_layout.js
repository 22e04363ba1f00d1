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
        const found = [];
        for (const folded of [true, false]) {
            if (!folded) await unfold(page);
            for (const [width, height] of [[390, 844], [1280, 800], [1920, 1080]]) {
                await page.setViewportSize({ width, height });
                for (const fault of [...await sidewaysOf(page), ...await overlapsOf(page)])
                    found.push(`${width} wide${folded ? "" : ", unfolded"}: ${fault}`);
            }
        }
        assert.deepEqual(found, []);
    });

for (const which of /** @type {const} */ (["faces", "table"]))
    check(`${which}: no barrier and valid HTML, in light and in dark`, which, { still: true }, async ({ page, folder }) => {
        await unfold(page);
        const light = await barriersOf(page);
        await page.emulateMedia({ colorScheme: "dark" });
        assert.deepEqual({
            "the file": await invalidOf(readFileSync(join(folder, "report.html"), "utf8")),
            "what the script made of it": await invalidOf(await page.content()),
            light,
            dark: await barriersOf(page),
        }, { "the file": [], "what the script made of it": [], light: [], dark: [] });
    });

check("the demo prints on at most six pages", "faces", { still: true }, async ({ page }) => {
    const pages = await print(page, join(outcome, "faces.pdf"));
    assert.ok(pages >= 2 && pages <= 6, `${pages} pages, see ${join(outcome, "faces.pdf")}`);
});
