// The console behind real proxies, with the configurations of docs/deploy.md as they are written there. Each has a client of an allowed
// network and one of another, who claim in every way that clients and gateways do to be somebody else.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { startConsole } from '../browser/kit.mjs';
import { freePort, frame } from '../browser/nginx.mjs';

const STAFF = '127.0.0.9';
const STRANGER = '127.0.0.8';
// The address from which all proxies connect to the console.
const PROXY = '127.0.0.1/32';
const docs = readFileSync(new URL('../../docs/deploy.md', import.meta.url), 'utf8');

let console;
before(async () => {
  console = await startConsole({
    users: 50,
    settings: { INGAM_ALLOWED_NETWORKS: `${STAFF}/32`, INGAM_TRUSTED_PROXIES: PROXY },
  });
});
after(async () => assert.equal(await console?.close(), 0, 'the console did not end in order'));

// The block of the document in this language, with the addresses of this run.
function documented(language, port) {
  const block = new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, 'm').exec(docs)?.[1];
  assert.ok(block, `docs/deploy.md has no block for ${language}`);
  assert.ok(block.includes('127.0.0.1:8080') && block.includes('8443'), block);
  return block.replaceAll('127.0.0.1:8080', new URL(console.origin).host).replaceAll('8443', String(port));
}

// What a client at `from` gets that sends these lines of X-Forwarded-For.
function ask(port, from, lines = []) {
  return new Promise((resolve, reject) => {
    const headers = { 'x-forwarded-for': lines, connection: 'close' };
    const asked = request({ host: '127.0.0.1', port, path: '/login', localAddress: from, headers: lines.length ? headers : {} });
    asked.once('error', reject);
    asked.once('response', (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (chunk) => (body += chunk));
      response.once('end', () => resolve({ status: response.statusCode, body }));
    });
    asked.end();
  });
}

const modules = ['mpm_event', 'authz_core', 'proxy', 'proxy_http'];
const proxies = {
  nginx: {
    language: 'nginx',
    file: (block, dir) => frame(dir, block),
    start: (file, dir) => ['/usr/sbin/nginx', ['-e', `${dir}/error.log`, '-p', dir, '-c', file]],
  },
  haproxy: { language: 'haproxy', file: (block) => block, start: (file) => ['/usr/sbin/haproxy', ['-db', '-f', file]] },
  apache: {
    language: 'apache',
    file: (block, dir) => `
ServerName localhost
PidFile ${dir}/pid
ErrorLog ${dir}/error.log
DefaultRuntimeDir ${dir}
${modules.map((name) => `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so`).join('\n')}
${block}`,
    start: (file) => ['/usr/sbin/apache2', ['-X', '-f', file]],
  },
  caddy: {
    language: 'caddyfile',
    file: (block) => `{\n\tadmin off\n}\n${block}`,
    start: (file) => ['/usr/bin/caddy', ['run', '--adapter', 'caddyfile', '--config', file]],
  },
};

for (const [name, proxy] of Object.entries(proxies)) {
  describe(name, () => {
    let dir, child, port;
    before(async () => {
      dir = await mkdtemp(path.join(tmpdir(), `ingam-${name}-`));
      port = await freePort();
      const file = path.join(dir, 'configuration');
      await writeFile(file, proxy.file(documented(proxy.language, port), dir));
      const [program, args] = proxy.start(file, dir);
      let said = '';
      child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, HOME: dir } });
      for (const from of [child.stdout, child.stderr]) from.on('data', (chunk) => (said += chunk));
      child.once('error', (error) => (said += error));
      for (let tries = 0; ; tries += 1) {
        const answer = await ask(port, STAFF).catch(() => undefined);
        if (answer && answer.status < 500) return;
        assert.ok(tries < 100 && child.exitCode === null, `${name} does not answer: ${answer?.status} ${said}`);
        await sleep(100);
      }
    });
    after(async () => {
      child?.kill('SIGTERM');
      await rm(dir, { recursive: true, force: true });
    });

    const claims = [
      [],
      [''],
      ['unknown'],
      ['1.2.3.4'],
      ['1.2.3.4:4711'],
      ['[2001:db8::7]:4711'],
      ['1.2.3.4,'],
      [' , '],
      ['_hidden', '"1.2.3.4"'],
      ['not an address'],
      ['127.0.0.1'],
      [STAFF],
      [STRANGER],
      [`${STAFF}, 127.0.0.1`],
      ['1.2.3.4, '.repeat(300)],
    ];

    test('a client of an allowed network gets in with each of the headers it may send along', async () => {
      for (const lines of claims) {
        const { status, body } = await ask(port, STAFF, lines);
        assert.equal(status, 200, `${JSON.stringify(lines).slice(0, 80)}: ${body.slice(0, 500)}`);
        assert.match(body, new RegExp(STAFF), 'the page says which address is recorded');
      }
    });

    test('a client of another network does not, with any of them', async () => {
      for (const lines of claims) {
        const { status, body } = await ask(port, STRANGER, lines);
        assert.equal(status, 403, `${JSON.stringify(lines).slice(0, 80)}: ${body.slice(0, 500)}`);
        assert.match(body, new RegExp(STRANGER));
      }
    });
  });
}
