/* check_choice.js - a chosen image, and how it is put together: what the page paints is what mien computed.
 * SPDX-License-Identifier: MIT */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { addressSays, check, pixelsOf } from "./harness.js";
import { assertShows, namesOf, orderOf, readModel, sumOf, weightsOf } from "./model.js";
import { root } from "./pages.js";

const methods = ["nmf", "kmeans", "pca", "ica"];

/**
 * The range of x that the page's pictures have.
 * @param {import("playwright-core").Page} page
 */
export function rangeOf(page) {
    return page.evaluate(() => {
        const { low, high } = JSON.parse(document.getElementById("mien-data")?.textContent || "null").data;
        return { low: Number(low), high: Number(high) };
    });
}

check("a chosen image: every reconstruction is weights x basis", "faces", { still: true, hash: "#palette=gray" }, async ({ page, folder }) => {
    const range = await rangeOf(page);
    for (const face of [17, 1, 400]) {
        await page.locator(`#figure [role=option][data-face="${face}"]`).click();
        await addressSays(page, `face=${face}`);
        for (const name of methods) {
            const model = readModel(folder, name);
            const canvas = await pixelsOf(page, `#figure canvas[data-canvas="reconstruction"][data-method="${name}"]`);
            assertShows(canvas, sumOf(model, weightsOf(model, face - 1)), range, `${name}, image ${face}`);
        }
    }
});

check("a chosen image: the untouched one is its file", "faces", { still: true, hash: "#face=23" }, async ({ page, folder }) => {
    const file = readFileSync(join(root, "assets/faces", namesOf(folder)[22]));
    const canvas = await pixelsOf(page, '#figure canvas[data-canvas="untouched"]');
    const pixels = file.subarray(file.length - canvas.width * canvas.height);
    assertShows(canvas, Array.from(pixels), { low: 0, high: 255 }, "untouched");
});

check("images are found by name, by arrow keys and at random", "faces", { still: true }, async ({ page, folder }) => {
    const names = namesOf(folder);
    const search = page.locator("#face-search");
    await search.fill(names[57]);
    await search.press("Enter");
    await addressSays(page, "face=58");
    assert.equal(await page.locator("#figure .chosen strong").innerText(), names[57]);
    await search.fill("");
    await page.locator('#figure [role=option][data-face="58"]').focus();
    await page.keyboard.press("ArrowRight");
    await addressSays(page, "face=59");
    const name = page.locator("#figure .chosen strong");
    const seen = new Set([await name.innerText()]);
    for (let i = 0; i < 3; i++) {
        await page.locator("#face-random").click();
        seen.add(await name.innerText());
    }
    assert.ok(seen.size > 2, `at random: ${[...seen].join(" ")}`);
});

check("the first screen: the sum so far is the sum of the largest parts", "faces", { still: true, hash: "#palette=gray&face=17" }, async ({ page, folder }) => {
    const range = await rangeOf(page);
    for (const parts of [0, 1, 12, 49]) {
        await page.locator("#parts").fill(String(parts));
        for (const name of ["nmf", "pca"]) {
            const model = readModel(folder, name);
            const w = weightsOf(model, 16);
            const canvas = await pixelsOf(page, `#hero canvas[data-canvas="sum"][data-method="${name}"]`);
            assertShows(canvas, sumOf(model, w, orderOf(model, w).slice(0, parts)), range, `${name}, ${parts} parts`);
        }
    }
});

check("the first screen teaches without being touched, and rests where it began", "swimmer", {}, async ({ page }) => {
    const slider = page.locator("#parts");
    const whole = await slider.getAttribute("max");
    const seen = new Set();
    for (let i = 0; i < 40 && seen.size < 3; i++) {
        seen.add(await slider.inputValue());
        await page.waitForTimeout(100);
    }
    assert.ok(seen.size >= 3, "it plays by itself");
    await page.locator("#play").click();
    const halted = await slider.inputValue();
    await page.waitForTimeout(1000);
    assert.equal(await slider.inputValue(), halted, "a press on play stops it");
    await slider.fill(String(whole));
    assert.equal(await slider.inputValue(), whole);
});

check("who asked for less motion sees none", "swimmer", { still: true }, async ({ page }) => {
    const before = await page.locator("#parts").inputValue();
    await page.waitForTimeout(1000);
    assert.equal(await page.locator("#parts").inputValue(), before);
});
