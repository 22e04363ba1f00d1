/* check_keyboard.js - everything by keys alone, and the focus always to be seen.
 * SPDX-License-Identifier: MIT */
import assert from "node:assert/strict";
import { addressSays, check, pixelsOf } from "./harness.js";

/** What has the focus, and whether one sees that. @param {import("playwright-core").Page} page */
const focused = (page) => page.evaluate(() => {
    const element = document.activeElement;
    if (!element || element === document.body) return null;
    const style = getComputedStyle(element), box = element.getBoundingClientRect();
    return {
        name: element.id || Object.entries(/** @type {HTMLElement} */ (element).dataset).join() || `${element.tagName} ${element.textContent?.slice(0, 30)}`,
        kind: Object.keys(/** @type {HTMLElement} */ (element).dataset).join(),
        isSeen: box.width > 0 && box.height > 0 && (style.outlineStyle !== "none" || style.boxShadow !== "none"),
    };
});

check("the tabulator reaches every control, each seen when it is reached, and none holds it", "swimmer", { still: true }, async ({ page }) => {
    /** @type {NonNullable<Awaited<ReturnType<typeof focused>>>[]} */
    const stops = [];
    for (let i = 0; i < 400; i++) {
        await page.keyboard.press("Tab");
        const now = await focused(page);
        if (!now) break;
        stops.push(now);
    }
    assert.ok(stops.length < 400, "it comes to an end");
    assert.deepEqual(stops.filter((stop) => !stop.isSeen).map((stop) => stop.name), [], "without a visible focus");
    const names = stops.map((stop) => stop.name);
    for (const id of ["palette", "theme", "present", "play", "parts", "face-search", "face-random", "scrub", "download-csv", "download-json", "copy-command"])
        assert.ok(names.includes(id), `#${id} is not reached: ${names.join(", ")}`);
    for (const kind of ["face", "part", "weight"])
        assert.ok(stops.some((stop) => stop.kind.includes(kind)), `no data-${kind} is reached`);
});

check("sliders, lists and buttons obey keys", "swimmer", { still: true }, async ({ page }) => {
    const parts = page.locator("#parts");
    await parts.focus();
    await page.keyboard.press("Home");
    assert.equal(await parts.inputValue(), "0");
    const empty = await pixelsOf(page, '#hero canvas[data-canvas="sum"][data-method="nmf"]');
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("ArrowRight");
    assert.equal(await parts.inputValue(), "2");
    const two = await pixelsOf(page, '#hero canvas[data-canvas="sum"][data-method="nmf"]');
    assert.notDeepEqual(two.data, empty.data, "two parts are seen");
    await page.keyboard.press("End");
    assert.equal(await parts.inputValue(), await parts.getAttribute("max"));
    const scrub = page.locator("#scrub");
    await scrub.focus();
    await page.keyboard.press("Home");
    const first = await pixelsOf(page, "#emerge canvas");
    await page.keyboard.press("ArrowRight");
    assert.notDeepEqual((await pixelsOf(page, "#emerge canvas")).data, first.data, "the next snapshot is another one");
    await page.locator("#palette").focus();
    await page.keyboard.press("ArrowDown");
    assert.notEqual(await page.locator("#palette").inputValue(), "esl");
    const part = page.locator('#figure [data-part="3"][data-method="nmf"]').first();
    await part.focus();
    await page.keyboard.press("Enter");
    await addressSays(page, "part=3");
});

check("present: a screen at a time, arrow keys, escape", "faces", { still: true, width: 1280, height: 720 }, async ({ page }) => {
    /** @returns {Promise<string>} */
    const words = () => page.evaluate(() => document.body.innerText);
    const seen = [await words()];
    await page.locator("#present").focus();
    for (const key of ["Enter", "ArrowRight", "ArrowRight", "PageDown", "ArrowLeft"]) {
        await page.keyboard.press(key);
        await page.waitForFunction((before) => document.body.innerText !== before, seen[seen.length - 1]);
        seen.push(await words());
        assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= document.documentElement.clientWidth), `after ${key}`);
    }
    assert.equal(seen[5], seen[3], "back where it was");
    await page.keyboard.press("Escape");
    await page.locator("#numbers").waitFor();
    await page.locator("#hero").waitFor();
});
