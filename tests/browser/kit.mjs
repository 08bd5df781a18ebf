// A console of its own for every test file, people who sign in to it with real codes, and a Chromium to do it with.

import { execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { chromium } from 'playwright-core';
import { base32, begins, nextStep, stepAt, totp } from './codes.mjs';

const root = fileURLToPath(new URL('../../', import.meta.url));
export const binary =
  process.env.INGAM_BINARY ?? path.join(path.resolve(root, process.env.CARGO_TARGET_DIR ?? 'target'), 'debug', 'ingam');

// --- the console ------------------------------------------------------------------------------------------------------

// Starts `ingam demo` with data of its own on a free port. Tests end it with `close`. With `settings`, such as
// INGAM_SESSION_IDLE_MINUTES, the same data is served by `ingam serve`, which takes them from its environment. `jobs` is the text of a
// configuration file, in which "DATA" is put for the directory of the data.
export async function startConsole({ users = 300, settings, jobs } = {}) {
  if (!existsSync(binary)) throw new Error(`${binary} is not there: run cargo build first`);
  const dir = await mkdtemp(path.join(tmpdir(), 'ingam-browser-'));
  const data = path.join(dir, 'data');
  let running = await start(dir, ['demo', '--listen', '127.0.0.1:0', '--data', data, '--users', String(users)]);
  const config = path.join(dir, 'ingam.toml');
  const configured = jobs ? ['--config', config] : [];
  let env = {};
  if (settings) {
    await running.stop();
    if (jobs) await writeFile(config, jobs.replaceAll('"DATA"', JSON.stringify(data)));
    env = {
      INGAM_PROFILE: 'local',
      INGAM_LISTEN: '127.0.0.1:0',
      INGAM_ALLOWED_NETWORKS: '127.0.0.0/8',
      DATABASE_URL: `sqlite://${path.join(data, 'ingam.db')}`,
      INGAM_SECRET_KEY: (await readFile(path.join(data, 'secret-key'), 'utf8')).trim(),
      ...settings,
    };
    running = await start(dir, ['serve', ...configured], env);
  }
  const staff = JSON.parse(await readFile(path.join(data, 'staff.json'), 'utf8'));
  const spent = new Map();
  const person = (who) => {
    const found = staff.find(({ email }) => email === who || email.startsWith(`${who}@`));
    if (!found) throw new Error(`the demo has no ${who}`);
    return found;
  };
  return {
    get origin() {
      return running.origin;
    },
    // The directory of its data.
    data,
    person,
    // Runs a command of the same binary on this console's data, as a person with a shell on the machine would.
    async run(...args) {
      const { stdout } = await promisify(execFile)(binary, [...args, '--data', data], { cwd: dir });
      return stdout;
    },
    // Runs a command of the same binary with the settings of this console, and says how it ended and what it printed.
    async command(...args) {
      const run = promisify(execFile)(binary, [...args, ...configured], { cwd: dir, env: { ...process.env, ...env } });
      const { code = 0, stdout, stderr } = await run.catch((error) => error);
      return { status: code, said: `${stdout}${stderr}` };
    },
    // A person who has just set up their account or replaced their authenticator: from now on they give codes like the others.
    joined(somebody) {
      const before = staff.findIndex(({ email }) => email === somebody.email);
      staff.splice(before < 0 ? staff.length : before, 1, somebody);
    },
    // A code that this person has not used yet; waits for the next step when there is none. One that has to last, for a minute, is always
    // that of the next step.
    async code(who, { lasting = false } = {}) {
      const { email, totp_secret } = person(who);
      const next = nextStep(spent.get(email) ?? 0, Date.now() / 1000);
      const step = lasting ? Math.max(next, stepAt(Date.now()) + 1) : next;
      spent.set(email, step);
      await sleep(Math.max(0, begins(step) - Date.now()));
      return totp(base32(totp_secret), step);
    },
    // A code that is surely not among those accepted now.
    wrongCode(who) {
      const key = base32(person(who).totp_secret);
      const now = stepAt(Date.now());
      const right = [-2, -1, 0, 1, 2].map((offset) => totp(key, now + offset));
      return ['000000', '111111', '222222', '333333', '444444', '555555'].find((code) => !right.includes(code));
    },
    // Holds the process still, as a machine without memory or with a full disk does, until `resume`.
    pause: () => running.child.kill('SIGSTOP'),
    resume: () => running.child.kill('SIGCONT'),
    // Ends it as the system does that has no memory left.
    kill: () => running.child.kill('SIGKILL'),
    // Ends one that was given settings in order, waits for what is done to its data, and serves that at another address.
    async restart(meanwhile) {
      await running.stop();
      await meanwhile();
      running = await start(dir, ['serve', ...configured], env);
    },
    // Ends it as a service manager would, and says how it ended: 0 when it went in order.
    async close() {
      const status = await running.stop();
      await rm(dir, { recursive: true, force: true });
      return status;
    },
  };
}

// A process of the console that answers.
async function start(dir, args, settings = {}) {
  const env = { ...process.env, ...settings };
  const child = spawn(binary, args, { cwd: dir, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill);
  const ended = new Promise((resolve) => {
    child.once('error', () => resolve(null));
    child.once('close', resolve);
  });

  let printed = '';
  const listening = new Promise((resolve) => {
    const read = (chunk) => {
      printed += chunk;
      const found = /listening on (http:\/\/[\w.:]+)/.exec(printed);
      if (found) resolve(found[1]);
    };
    child.stdout.setEncoding('utf8').on('data', read);
    child.stderr.setEncoding('utf8').on('data', read);
  });
  const origin = await Promise.race([listening, ended.then(() => undefined), sleep(120_000, undefined, { ref: false })]);
  if (!origin) {
    kill();
    throw new Error(`ingam ${args[0]} did not start listening. It printed:\n${printed}`);
  }
  const stop = async () => {
    child.kill('SIGTERM');
    const status = await Promise.race([ended, sleep(60_000, 'hung', { ref: false })]);
    kill();
    process.removeListener('exit', kill);
    return status;
  };
  return { child, origin, stop };
}

// --- the browser ------------------------------------------------------------------------------------------------------

export async function openBrowser(options = {}) {
  const found = [process.env.INGAM_CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
  const executablePath = found.find((file) => file && existsSync(file));
  if (!executablePath) throw new Error('no Chromium here: install it, or say where it is in INGAM_CHROMIUM');
  return chromium.launch({
    executablePath,
    // Its sandbox does not start as root, and it opens no page but ours.
    chromiumSandbox: false,
    // Otherwise it looks for its maker's hosts at every start, in vain where there is no way out.
    args: [
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
    ...options,
  });
}

// A separate window: cookies of its own, a language and a size. Colours and sizes must not be measured half-way
// through a transition, so it asks for no motion.
export async function openWindow(browser, console, { width = 1440, lang = 'en', ...options } = {}) {
  const context = await browser.newContext({
    baseURL: console.origin,
    locale: lang === 'ko' ? 'ko-KR' : 'en-US',
    viewport: { width, height: width < 720 ? 844 : 900 },
    reducedMotion: 'reduce',
    ...options,
  });
  // Longer than a busy machine takes.
  context.setDefaultTimeout(45_000);
  return context;
}

// The button that sends a form, whether or not a script does the sending.
export const sendButton = (form) => form.locator('button:is([type=submit], :not([type])), input[type=submit]').first();

export async function givePassword(page, console, who) {
  const { email, password } = console.person(who);
  await page.goto('/login');
  const form = page.locator('form:has(input[name=password])');
  await form.locator('input[name=email]').fill(email);
  await form.locator('input[name=password]').fill(password);
  await sendButton(form).click();
  await page.waitForURL('**/login/code*');
}

// Signs a person in as they would themselves: password, then the code on their telephone.
export async function signIn(page, console, who) {
  await givePassword(page, console, who);
  const form = page.locator('form:has(input[name=code])');
  await form.locator('input[name=code]').fill(await console.code(who));
  await sendButton(form).click();
  await page.waitForURL((url) => !url.pathname.startsWith('/login'));
}

// Sets the language a person has chosen for themselves, on their account page.
export async function speak(page, lang) {
  await page.goto('/account');
  const form = page.locator('main form:has([name=lang])').first();
  const choice = form.locator('select[name=lang]');
  if (await choice.count()) await choice.selectOption(lang);
  else await form.locator(`input[name=lang][value=${lang}]`).check({ force: true });
  await sendButton(form).click();
  await page.locator(`html[lang=${lang}]`).waitFor();
}

// The page of a listed customer who can be rung at a Korean number.
export async function anyCustomer(page) {
  await page.goto('/users');
  const row = page.locator('main tr:has-text("010-")').first();
  const href = await row.locator('a[href^="/users/"]').first().getAttribute('href');
  return new URL(href, page.url()).pathname;
}

// Types a term into the search of the list of customers.
export async function search(page, term) {
  await page.goto('/users');
  const box = page.locator('main form[action="/users/searches"] input[name=q]').first();
  await box.fill(term);
  await box.press('Enter');
}

// Goes to a customer's page with the panel whose form posts to `action` ("/contact", "/status" …) open.
export async function openPanel(page, customer, action) {
  await page.goto(customer);
  const form = page.locator(`form[action$="${action}"]`);
  const panels = await page.locator('a[href*="panel="]').evaluateAll((links) => links.map((link) => link.href));
  for (const panel of panels) {
    if (await form.count()) break;
    await page.goto(panel);
  }
  await form.first().waitFor();
  return form.first();
}

// The number a customer can be rung at, which a list does not show: revealing it wants a reason.
export async function revealPhone(page, customer) {
  const form = await openPanel(page, customer, '/contact');
  await form.locator('[name=reason]').fill('The customer asked us to call back.');
  await sendButton(form).click();
  const shown = page.getByText(/010-\d{4}-\d{4}/).first();
  await shown.waitFor();
  return /010-\d{4}-\d{4}/.exec(await shown.innerText())[0];
}

export async function fillPoints(form, { direction = 'add', amount, reason, code }) {
  await form.locator(`input[name=direction][value=${direction}]`).check({ force: true });
  await form.locator('input[name=amount]').fill(String(amount));
  const kind = form.locator('select[name=reason_kind]');
  if (await kind.count()) await kind.selectOption('goodwill');
  else await form.locator('input[name=reason_kind][value=goodwill]').check({ force: true });
  await form.locator('[name=reason]').fill(reason);
  await form.locator('input[name=code]').fill(code);
}

// Waits for the panel that says that a change was sealed. The new balance alone says nothing: a script shows it while one
// is still typing.
export const sealed = (page) => page.locator('#panel .signed').waitFor();

export const grouped = (number) => number.toLocaleString('en-US');

// The balance as the customer's page shows it.
export async function balance(page) {
  const shown = await page.locator('.stats .v').first().innerText();
  return Number(/[\d,]+/.exec(shown)[0].replaceAll(',', ''));
}

// Where INGAM_SCREENSHOTS names a folder, keeps what the page looks like.
export async function screenshot(page, name) {
  const folder = process.env.INGAM_SCREENSHOTS;
  if (!folder) return;
  await mkdir(folder, { recursive: true });
  const file = name.replace(/[^\p{L}\p{N}]+/gu, '-').replace(/^-|-$/g, '');
  await page.screenshot({ path: path.join(folder, `${file}.png`), fullPage: true });
}
