// Looking a page over: what Chromium complains about, what axe finds, what sticks out, and which pages there are.

import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { readFile } from 'node:fs/promises';
import { screenshot } from './kit.mjs';

const axeSource = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const AXE_TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

// Collects everything Chromium holds against the pages opened from now on. `take` hands it over and starts afresh.
export async function watch(page) {
  let complaints = [];
  await page.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', (event) => {
      console.error(`policy violated: ${event.effectiveDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`);
    });
  });
  page.on('console', (message) => {
    if (!['error', 'warning'].includes(message.type())) return;
    // A page that is itself an answer with an error status is reported as a resource that failed to load.
    if (message.location().url === page.url() && /Failed to load resource/.test(message.text())) return;
    complaints.push(`${message.type()}: ${message.text()}`);
  });
  page.on('pageerror', (error) => complaints.push(`uncaught: ${error.message}`));
  page.on('requestfailed', (request) => {
    // Leaving a page ends what it was still fetching; that is no fault.
    if (request.failure()?.errorText !== 'net::ERR_ABORTED') complaints.push(`failed: ${request.url()}`);
  });
  page.on('response', (response) => {
    if (response.status() >= 400 && !response.request().isNavigationRequest()) {
      complaints.push(`${response.status()}: ${response.request().method()} ${response.url()}`);
    }
  });
  return {
    take() {
      const taken = complaints;
      complaints = [];
      return taken;
    },
  };
}

// What axe-core finds against WCAG 2.2 AA and good practice, one line each.
async function axe(page, { colourOnly = false } = {}) {
  if (!(await page.evaluate(() => 'axe' in globalThis))) await page.evaluate(axeSource);
  const violations = await page.evaluate(async ({ tags, colourOnly }) => {
    const coloured = globalThis.axe.getRules(['cat.color']);
    const runOnly = colourOnly
      ? { type: 'rule', values: coloured.filter((rule) => rule.tags.some((tag) => tags.includes(tag))).map((rule) => rule.ruleId) }
      : { type: 'tag', values: tags };
    const found = await globalThis.axe.run(document, { runOnly, resultTypes: ['violations'] });
    return found.violations.map(({ id, help, nodes }) => ({
      id,
      help,
      nodes: nodes.map(({ target, failureSummary }) => `${target.join(' ')} (${failureSummary.split('\n').at(-1).trim()})`),
    }));
  }, { tags: AXE_TAGS, colourOnly });
  return violations.map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.slice(0, 3).join('; ')} (${nodes.length} in all)`);
}

const WIDTHS = [320, 360, 390, 768, 1024, 1440];

// Looks one page over in both schemes and at every width, and says what is wrong where. In the other scheme a page is the
// same document in other colours, so only the rules about colour can find anything new in it.
export async function look(page, label) {
  const found = [];
  for (const scheme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' });
    for (const width of [1440, 390]) {
      await page.setViewportSize({ width, height: 844 });
      // What has scrolled half under the header is no small target.
      await page.evaluate(() => scrollTo({ top: 0, behavior: 'instant' }));
      found.push(...at(`${label}, ${scheme}, at ${width}`, await axe(page, { colourOnly: scheme === 'dark' })));
      await screenshot(page, `${label}-${scheme}-${width}`);
    }
  }
  for (const width of WIDTHS) {
    await page.setViewportSize({ width, height: 844 });
    found.push(...at(`${label} at ${width}`, await overflow(page)));
  }
  return found;
}

export const at = (where, whats) => whats.map((what) => ({ where, what }));

// Fails with what was found, each thing once with the places it was found at.
export function report(found) {
  const places = new Map();
  for (const { where, what } of found) places.set(what, [...(places.get(what) ?? []), where]);
  const lines = [...places].map(([what, where]) => `${what}\n    at ${where.slice(0, 6).join(', ')} (${where.length} in all)`);
  if (lines.length) assert.fail(`\n${lines.join('\n')}`);
}

// What makes the page scroll sideways; empty when it does not.
async function overflow(page) {
  return page.evaluate(() => {
    const edge = document.documentElement.clientWidth;
    if (document.documentElement.scrollWidth <= edge) return [];
    // A box that scrolls by itself holds what is in it.
    const held = (element) => {
      for (let box = element.parentElement; box && box !== document.body; box = box.parentElement) {
        if (getComputedStyle(box).overflowX !== 'visible') return true;
      }
      return false;
    };
    const name = (element) => {
      const box = element.getBoundingClientRect();
      return `<${element.localName} class="${element.getAttribute('class') ?? ''}"> ends at ${Math.ceil(box.right)} of ${edge}`;
    };
    const out = [...document.body.querySelectorAll('*')].filter(
      (element) => element.getBoundingClientRect().right > edge + 0.5 && !held(element),
    );
    return out.length ? out.slice(0, 4).map(name) : [`it is ${document.documentElement.scrollWidth} wide, of ${edge}`];
  });
}

// Two addresses of the same shape show the same page with other data. A word in these parameters chooses what is shown.
const CHOOSING = new Set(['panel', 'with', 'tab']);
function shape(url) {
  const query = [...url.searchParams]
    .filter(([, value]) => value !== '')
    .map(([key, value]) => (CHOOSING.has(key) ? `${key}=${value}` : key));
  return `${url.pathname.replace(/\/[^/]*\d[^/]*/g, '/#')}?${[...new Set(query)].sort().join('&')}`;
}

// Every page that links lead to from `start`, one of each shape, with the status it answered.
export async function reachable(page, start = ['/'], most = 160) {
  const origin = new URL(page.url()).origin;
  const queue = start.map((path) => new URL(path, origin));
  const seen = new Set(queue.map(shape));
  const pages = [];
  for (let url = queue.shift(); url; url = queue.shift()) {
    const answer = await page.goto(url.href);
    pages.push({ path: url.pathname + url.search, status: answer.status() });
    if (pages.length > most) throw new Error(`more than ${most} shapes of pages: ${[...seen].join(' ')}`);
    const links = await page
      .locator('a[href]:not([download])')
      .evaluateAll((all) => all.map((link) => link.href));
    for (const link of links.map((href) => new URL(href))) {
      if (link.origin !== origin || link.pathname.startsWith('/static/') || seen.has(shape(link))) continue;
      seen.add(shape(link));
      queue.push(link);
    }
  }
  return pages;
}
