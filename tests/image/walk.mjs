// What the first owner of a new console does, over HTTP, as their browser and the proxy before the console would send it: sets the
// account up by the printed link, signs in, and makes a change that is sealed by a one-time code.
//
//   node walk.mjs SETUP-LINK network    adds a network to the list
//   node walk.mjs SETUP-LINK job        runs the job "answers" and waits for its end

import assert from 'node:assert/strict';
import { request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { base32, begins, nextStep, totp } from '../browser/codes.mjs';

const [link, change] = process.argv.slice(2);
const { origin, host, pathname: setup } = new URL(link);
const EMAIL = 'first.owner@ingam.test';
const PASSWORD = 'four sleepy otters float';
// An address of a person, from an allowed network, as the trusted proxy reports it.
const CLIENT = '10.20.0.7';

// --- a browser, as far as it is needed ---------------------------------------------------------------------------------

const cookies = new Map();

async function send(method, path, form) {
  const body = form && new URLSearchParams(form).toString();
  const headers = { host, 'x-forwarded-for': CLIENT, cookie: [...cookies].map((pair) => pair.join('=')).join('; ') };
  if (body !== undefined) {
    Object.assign(headers, { origin, 'content-type': 'application/x-www-form-urlencoded', 'sec-fetch-site': 'same-origin' });
  }
  const answer = await new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port: 8080, method, path, headers, timeout: 30_000 }, (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (part) => (text += part));
      answer.on('end', () => resolve({ status: answer.statusCode, headers: answer.headers, text }));
    });
    sent.on('timeout', () => sent.destroy(new Error(`${method} ${path}: no answer`)));
    sent.on('error', reject);
    sent.end(body);
  });
  for (const cookie of answer.headers['set-cookie'] ?? []) {
    const [name, value] = cookie.split(';')[0].split(/=(.*)/s);
    assert.match(cookie, /; Secure/, 'a cookie that a browser would send in the clear');
    cookies.set(name, value);
  }
  return { ...answer, path };
}

async function open(path) {
  const page = await send('GET', path);
  assert.equal(page.status, 200, `GET ${path}: ${page.status}\n${page.text}`);
  return page;
}

const plain = (text) => text.replaceAll('&#38;', '&').replaceAll('&amp;', '&').replaceAll('&#39;', "'").replaceAll('&quot;', '"');

// The first form of the page that posts to `action`, with what is hidden in it.
function formOf(page, action) {
  const forms = page.text.match(/<form[\s\S]*?<\/form>/g) ?? [];
  const form = forms.find((form) => plain(/action="([^"]*)"/.exec(form)?.[1] ?? '').split('?')[0] === action);
  assert.ok(form, `no form on ${page.path} posts to ${action}\n${page.text}`);
  const hidden = [...form.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)"/g)];
  return Object.fromEntries(hidden.map(([, name, value]) => [name, plain(value)]));
}

// Fills the form in and sends it; a browser follows where the answer leads.
async function post(page, action, fields) {
  const answer = await send('POST', action, { ...formOf(page, action), ...fields });
  assert.ok([200, 303].includes(answer.status), `POST ${action}: ${answer.status}\n${answer.text}`);
  return answer;
}

// --- the person ----------------------------------------------------------------------------------------------------------

let key;
let spent = 0;

async function code() {
  spent = nextStep(spent, Date.now() / 1000);
  await sleep(Math.max(0, begins(spent) - Date.now()));
  return totp(key, spent);
}

async function setUp() {
  const page = await open(setup);
  key = base32(/<code class="secret">([^<]*)</.exec(page.text)[1]);
  const done = await post(page, setup, { password: PASSWORD, password_again: PASSWORD, code: await code() });
  const codes = done.status === 303 ? (await open(done.headers.location)).text : done.text;
  assert.match(codes, /class="codes"/, `no recovery codes were shown\n${codes}`);
}

async function signIn() {
  cookies.clear();
  const asked = await post(await open('/login'), '/login', { email: EMAIL, password: PASSWORD });
  assert.equal(asked.status, 303, `the password was not taken\n${asked.text}`);
  const signed = await post(await open(asked.headers.location), '/login/code', { code: await code() });
  assert.equal(signed.status, 303, `the code was not taken\n${signed.text}`);
  await open('/');
}

// The page of a change shows the receipt: the number of its row in the log, which has a page of its own.
async function receipt(answer) {
  assert.equal(answer.status, 303, `the change was not made\n${answer.text}`);
  const page = await open(answer.headers.location);
  const row = /href="(\/audit\/\d+)"/.exec(page.text)?.[1];
  assert.ok(row, `no receipt is shown\n${page.text}`);
  return row;
}

async function addNetwork() {
  const answer = await post(await open('/networks?panel=add'), '/networks', {
    net: '10.30.40.0/24',
    note: 'The branch in Busan',
    expires_at: '',
    reason: 'The branch in Busan opens today.',
    code: await code(),
  });
  await receipt(answer);
  assert.match((await open('/networks')).text, /10\.30\.40\.0\/24/);
  console.log('a network was added to the list, sealed by a code');
}

// The launcher of jobs starts the program a second time: also that needs nothing but the image.
async function runJob() {
  const page = await open('/batches/answers?panel=run');
  const answer = await post(page, '/batches/answers/runs', {
    version: formOf(page, '/batches/answers/runs').version,
    reason: 'Whether jobs run in the image.',
    code: await code(),
  });
  assert.equal(answer.status, 303, `the job was not started\n${answer.text}`);
  const run = answer.headers.location.split('?')[0];
  const until = Date.now() + 30_000;
  // Each line of the log begins with its time.
  const said = async () => (await send('GET', `${run}/log`)).text;
  while (!/\bok$/m.test(await said()) && Date.now() < until) await sleep(250);
  assert.match(await said(), /\bok$/m, `the job did not say ok\n${(await open(run)).text}`);
  console.log('a job was run, sealed by a code');
}

await setUp();
await signIn();
console.log('the first owner set up their account and signed in');
await { network: addNetwork, job: runJob }[change]();
