/* check_state.js - links, reloads, colours, light and dark.
 * SPDX-License-Identifier: MIT */
import assert from "node:assert/strict";
import { addressSays, check, pixelsOf, whole } from "./harness.js";

/** @typedef {import("playwright-core").Page} Page */

/** @param {Page} page */
const paperOf = (page) => page.evaluate(() => getComputedStyle(document.body).backgroundColor);

check("a deep link chooses image, method, parts and colours; a reload keeps them", "faces",
    { still: true, hash: "#face=17&method=pca&parts=12&palette=diverging" }, async ({ page }) => {
        for (const turn of ["opened", "reloaded"]) {
            assert.equal(await page.locator("#parts").inputValue(), "12", turn);
            assert.equal(await page.locator("#palette").inputValue(), "diverging", turn);
            assert.equal(await page.locator('#figure [role=option][data-face="17"]').getAttribute("aria-selected"), "true", turn);
            await page.reload();
            await whole(page);
        }
        await page.evaluate(() => { location.hash = "#face=18&parts=3"; });
        await page.waitForFunction(() => /** @type {HTMLInputElement} */ (document.getElementById("parts")).value === "3");
        assert.equal(await page.locator("#palette").inputValue(), "esl", "what a new link does not say is as it was at first");
    });

check("a link that says nonsense opens the page as it is", "swimmer", { still: true, hash: "" }, async ({ page }) => {
    const before = await page.locator("#parts").inputValue();
    for (const hash of ["#face=99999&parts=-1", "#face=1e9&method=<img src=x onerror=alert(1)>", "#parts=NaN&palette=__proto__&theme=%00", "#%%%&face=", "#moment=77&part=1000"]) {
        await page.evaluate((to) => { location.hash = to; }, hash);
        await page.waitForTimeout(20);
        assert.equal(await page.locator("#parts").inputValue(), before, hash);
    }
    assert.equal(await page.locator("main img[src='x']").count(), 0);
});

check("palettes change colours, not what is shown", "faces", { still: true }, async ({ page }) => {
    const canvas = '#figure canvas[data-canvas="reconstruction"][data-method="ica"]';
    const seen = [];
    for (const palette of ["esl", "diverging", "gray"]) {
        await page.locator("#palette").selectOption(palette);
        const { data } = await pixelsOf(page, canvas);
        seen.push(data.join());
        const isGrey = data.every((_, i) => i % 4 !== 0 || (data[i] === data[i + 1] && data[i] === data[i + 2]));
        if (palette === "gray") assert.ok(isGrey, "grey is grey");
        assert.ok(new Set(data).size > 8, `${palette}: there is something on it`);
    }
    assert.equal(new Set(seen).size, 3, "three palettes, three pictures");
});

check("light and dark: as the system, or as chosen", "swimmer", { still: true, dark: true }, async ({ page }) => {
    const dark = await paperOf(page);
    await page.emulateMedia({ colorScheme: "light" });
    const light = await paperOf(page);
    assert.notEqual(dark, light);
    const seen = [];
    for (let i = 0; i < 3; i++) {
        await page.locator("#theme").click();
        seen.push(await paperOf(page));
    }
    assert.ok(seen.includes(dark) && seen.includes(light), seen.join(" "));
    while ((await paperOf(page)) !== dark) await page.locator("#theme").click();
    await addressSays(page, "theme=dark");
    await page.reload();
    await whole(page);
    assert.equal(await paperOf(page), dark, "a reload keeps it");
});
