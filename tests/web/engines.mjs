// Browsers that playwright does not drive as their makers ship them: Debian's Firefox by WebDriver BiDi, and WebKit by WebDriver.
// Both give pages with the same few methods, which is all that a fan's way needs.

import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import puppeteer from 'puppeteer-core';

const wait_ms = 20_000;

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Until `look` gives something true; that is returned. */
async function until(look, what) {
  const end = Date.now() + wait_ms;
  for (;;) {
    const found = await look();
    if (found) return found;
    if (Date.now() > end) throw new Error(`${what}: not within ${wait_ms / 1000} s`);
    await pause(30);
  }
}

/** What both pages do by what only one of them can: `evaluate`, `click` and `keys`. */
class Page {
  /** Until a function in the page gives something true. */
  sees(look, ...words) {
    return until(() => this.evaluate(look, ...words).catch(() => null), `${look} ${words.join(' ')}`);
  }

  find(selector) {
    return this.sees((one) => document.querySelector(one) !== null, selector);
  }

  text(selector) {
    return this.evaluate((one) => document.querySelector(one)?.textContent ?? null, selector);
  }

  count(selector) {
    return this.evaluate((one) => document.querySelectorAll(one).length, selector);
  }

  /** Presses what is there and can be pressed. */
  async press(selector) {
    await this.sees((one) => document.querySelector(one)?.matches(':not(:disabled)'), selector);
    await this.click(selector);
  }

  async fill(selector, words) {
    await this.find(selector);
    await this.evaluate((one) => document.querySelector(one).focus(), selector);
    await this.keys(...words);
  }

  /** By the keyboard alone: Tab until the focus is there. */
  async tabTo(selector) {
    for (let step = 0; step < 80; step++) {
      if (await this.evaluate((one) => document.activeElement?.matches(one) ?? false, selector)) return;
      await this.keys('Tab');
    }
    throw new Error(`80 times Tab do not lead to ${selector}`);
  }
}

class FirefoxPage extends Page {
  constructor(page) {
    super();
    this.page = page;
    this.errors = [];
    page.on('pageerror', (error) => this.errors.push(String(error)));
  }

  goto(url) {
    return this.page.goto(url, { waitUntil: 'domcontentloaded' });
  }

  evaluate(look, ...words) {
    return this.page.evaluate(look, ...words);
  }

  async click(selector) {
    const element = await this.page.$(selector);
    await element.evaluate((one) => one.scrollIntoView({ block: 'center' }));
    await element.click();
  }

  async keys(...names) {
    for (const name of names) await this.page.keyboard.press(name);
  }

  picture(path) {
    return this.page.screenshot({ path });
  }
}

export async function openFirefox() {
  const program = ['firefox-esr', 'firefox'].map((name) => `/usr/bin/${name}`).find(existsSync);
  if (!program) throw new Error('Firefox is not installed: scripts/setup test');
  const profile = mkdtempSync(join(tmpdir(), 'usher-firefox-'));
  const browser = await puppeteer.launch({
    browser: 'firefox',
    executablePath: program,
    headless: true,
    userDataDir: profile,
    env: { ...process.env, HOME: profile }, // it writes to a home, which root may not own
    extraPrefsFirefox: { 'intl.accept_languages': 'en-GB' },
  });
  return {
    name: 'firefox',
    version: await browser.version(),
    async page(width, height) {
      const page = await browser.newPage();
      await page.setViewport({ width, height });
      return new FirefoxPage(page);
    },
    async close() {
      await browser.close();
      rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

// WebDriver's names of keys (WebDriver, 17.4.2).
const codes = { Tab: '\uE004', Enter: '\uE007', Escape: '\uE00C', ArrowLeft: '\uE012', ArrowRight: '\uE014', ArrowDown: '\uE015' };
const element_key = 'element-6066-11e4-a52e-4f735466cecf'; // WebDriver, 12.2

class WebKitPage extends Page {
  constructor(call) {
    super();
    this.call = call;
    this.errors = [];
  }

  async goto(url) {
    await this.call('POST', 'url', { url });
    await this.evaluate(() => {
      globalThis.pageErrors = [];
      addEventListener('error', ({ message }) => globalThis.pageErrors.push(message));
    });
  }

  evaluate(look, ...args) {
    return this.call('POST', 'execute/sync', { script: `return (${look})(...arguments)`, args });
  }

  async click(selector) {
    await this.evaluate((one) => document.querySelector(one).scrollIntoView({ block: 'center' }), selector);
    const element = await this.call('POST', 'element', { using: 'css selector', value: selector });
    await this.call('POST', `element/${element[element_key]}/click`, {});
  }

  keys(...names) {
    const actions = names.flatMap((name) => {
      const value = codes[name] ?? name;
      return [{ type: 'keyDown', value }, { type: 'keyUp', value }];
    });
    return this.call('POST', 'actions', { actions: [{ type: 'key', id: 'keys', actions }] });
  }

  async picture(path) {
    writeFileSync(path, Buffer.from(await this.call('GET', 'screenshot'), 'base64'));
  }
}

/** A screen in memory; WebKitGTK wants one. */
async function openScreen() {
  const child = spawn('Xvfb', ['-displayfd', '3', '-screen', '0', '1600x1200x24', '-nolisten', 'tcp'], {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
  });
  const number = await new Promise((resolve, reject) => {
    child.once('error', () => reject(new Error('Xvfb is not installed: scripts/setup test')));
    child.once('exit', () => reject(new Error('Xvfb ended')));
    child.stdio[3].once('data', (bytes) => resolve(String(bytes).trim()));
  });
  return { display: `:${number}`, close: () => child.kill() };
}

/** The port on which a process listens. */
function portOf(pid) {
  const lines = execFileSync('ss', ['-Hltnp4'], { encoding: 'utf8' }).split('\n');
  return lines.find((line) => line.includes(`pid=${pid},`))?.match(/127\.0\.0\.1:(\d+)/)?.[1];
}

export async function openWebKit() {
  const libraries = readdirSync('/usr/lib').flatMap((name) => ['4.0', '4.1'].map((version) => `/usr/lib/${name}/webkit2gtk-${version}/MiniBrowser`));
  const program = libraries.find(existsSync);
  if (!program || !existsSync('/usr/bin/WebKitWebDriver')) throw new Error('WebKit is not installed: scripts/setup test');
  const screen = await openScreen();
  const home = mkdtempSync(join(tmpdir(), 'usher-webkit-'));
  const driver = spawn('/usr/bin/WebKitWebDriver', ['--port=0'], {
    stdio: 'ignore',
    env: {
      ...process.env,
      HOME: home,
      DISPLAY: screen.display,
      GDK_BACKEND: 'x11',
      LANG: 'en_GB.UTF-8',
      WEBKIT_DISABLE_COMPOSITING_MODE: '1', // Mesa's OpenGL in software crashes under WebKit's compositor, in one run of three
    },
  });
  const port = await until(() => portOf(driver.pid), 'the port of WebKitWebDriver');
  const ask = async (method, path, body) => {
    const answer = await fetch(`http://127.0.0.1:${port}/${path}`, { method, body: body && JSON.stringify(body) });
    const { value } = await answer.json();
    if (!answer.ok) throw new Error(`${path}: ${value.error}: ${value.message}`);
    return value;
  };
  const options = { binary: program, args: ['--automation'] };
  const session = await ask('POST', 'session', {
    capabilities: { alwaysMatch: { 'webkitgtk:browserOptions': options } },
  });
  const call = (method, path, body) => ask(method, `session/${session.sessionId}/${path}`, body);
  return {
    name: 'webkit',
    version: `${session.capabilities.browserName} ${session.capabilities.browserVersion}`,
    async page(width, height) {
      await call('POST', 'window/rect', { x: 0, y: 0, width, height });
      return new WebKitPage(call);
    },
    async close() {
      await ask('DELETE', `session/${session.sessionId}`).catch(() => {});
      driver.kill();
      screen.close();
      rmSync(home, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}
