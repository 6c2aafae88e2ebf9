// A page in Chromium, at three widths and in both colour schemes: what axe-core finds, whether it loads anything or is wider than the screen. Pictures for
// whoever looks. Run: node axe.mjs FOLDER-OF-NODE-MODULES PAGE FOLDER-FOR-PICTURES; ends with 1 when anything is wrong.
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const [modules, file, pictures] = process.argv.slice(2).map(path => resolve(path));
const require = createRequire(join(modules, 'index.js'));
const { chromium } = require('playwright-core');
const axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox'] });
for (const colorScheme of ['light', 'dark']) {
  for (const width of [360, 768, 1280]) {
    // Without the page's own policy, which lets no script in, axe's neither.
    const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme, bypassCSP: true });
    const page = await context.newPage();
    const wrong = [];
    page.on('request', request => request.url().startsWith('file:') || wrong.push(`loads ${request.url()}`));
    page.on('console', message => message.type() === 'error' && wrong.push(message.text()));
    await page.goto(`file://${file}`);
    if (await page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth)) wrong.push('is wider than the screen');
    await page.screenshot({ path: join(pictures, `${colorScheme}-${width}.png`), fullPage: true });
    await page.evaluate(axe);
    for (const { id, nodes } of (await page.evaluate(() => axe.run(document))).violations) wrong.push(`${id}: ${nodes[0].html}`);
    console.log(`${colorScheme}, ${width}: ${wrong.join('; ') || 'fine'}`);
    if (wrong.length) process.exitCode = 1;
    await context.close();
  }
}
await browser.close();
