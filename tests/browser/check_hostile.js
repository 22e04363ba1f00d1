/* check_hostile.js - names of files, of columns and labels are text, whatever they look like.
 * SPDX-License-Identifier: MIT */
import assert from "node:assert/strict";
import { check } from "./harness.js";
import { hostile } from "./pages.js";

check("hostile names of files are shown, not obeyed", "hostile", { still: true }, async ({ page }) => {
    // the page's own scripts: its data (of which arrays are gone when read) and its code
    assert.equal(await page.locator('script:not([type="application/json"], [type="text/plain"], [type="module"])').count(), 0);
    assert.equal(await page.locator("script[type=module]").count(), 1);
    assert.equal(await page.locator("main img[src=x], main b > b, main iframe").count(), 0);
    const names = /** @type {string[]} */ (await page.evaluate(
        () => JSON.parse(document.getElementById("mien-data")?.textContent || "null").images.names));
    for (const name of hostile) {
        const face = names.findIndex((known) => known === name || known.replace(/^\/+/, "") === name.replace(/\/+/g, "/"));
        assert.ok(face >= 0, `${name} is not among ${names.join(" | ")}`);
        await page.locator(`#figure [role=option][data-face="${face + 1}"]`).click();
        await page.waitForFunction((shown) => document.getElementById("figure")?.textContent?.includes(shown), names[face]);
    }
});

check("hostile columns and labels of a table are shown, not obeyed", "table", { still: true }, async ({ page }) => {
    const text = await page.evaluate(() => document.querySelector("main")?.textContent || "");
    for (const name of ["<b>sugar</b>", "\"rye\" & co", "<i>pancake</i>"])
        assert.ok(text.includes(name), `${name} is not to be read`);
    assert.equal(await page.locator("main b:text-is('sugar'), main i:text-is('pancake')").count(), 0);
});
