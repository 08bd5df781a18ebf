// What the tests with real peers have in common: a program on loopback that is ended with the test, and waiting for what it says.

import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export { freePort } from '../browser/nginx.mjs';

export const deploy = new URL('../../deploy/', import.meta.url);

// A directory that is gone after the test.
export async function directory(t) {
  const dir = await mkdtemp(path.join(tmpdir(), 'ingam-peers-'));
  t.after(() => rm(dir, { recursive: true, force: true }));
  return dir;
}

export const isThere = (program, ...args) => spawnSync(program, args).error === undefined;

// Runs a command to its end and says what it printed; what it thinks of its input is its exit code.
export function ran(program, args, { input, cwd } = {}) {
  const { status, error, stdout, stderr } = spawnSync(program, args, { input, cwd, encoding: 'utf8' });
  assert.equal(error, undefined, `${program}: ${error}`);
  return { status, said: `${stdout}${stderr}` };
}

// The interpreter of an environment of its own with these packages, which is made once.
export function python(...packages) {
  const dir = path.join(tmpdir(), `ingam-python-${packages.join('-').replaceAll(/[^a-z0-9.-]/gi, '-')}`);
  const interpreter = path.join(dir, 'bin', 'python');
  if (!existsSync(path.join(dir, 'complete'))) {
    for (const [program, ...args] of [
      ['python3', '-m', 'venv', '--clear', dir],
      [interpreter, '-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...packages],
    ]) {
      const { status, said } = ran(program, args);
      assert.equal(status, 0, said);
    }
    writeFileSync(path.join(dir, 'complete'), '');
  }
  return interpreter;
}

// Starts a program that goes on until `stop`, and waits until `ready`: an address that answers, or what is asked.
export async function start(program, args, ready) {
  let said = '';
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  for (const from of [child.stdout, child.stderr]) from.setEncoding('utf8').on('data', (text) => (said += text));
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill);
  const ended = new Promise((resolve) => {
    child.once('error', (error) => resolve((said += error)));
    child.once('close', resolve);
  });
  const answers = typeof ready === 'function' ? ready : async () => (await fetch(ready).catch(() => undefined))?.ok;
  await until(() => (child.exitCode === null ? answers() : assert.fail(`${program} ended: ${said}`)), 30, () => `${program} does not answer: ${said}`);
  return {
    said: () => said,
    async stop() {
      child.kill('SIGTERM');
      await Promise.race([ended, sleep(10_000, undefined, { ref: false })]);
      kill();
      process.removeListener('exit', kill);
    },
  };
}

// Asks again until something comes of it, and gives that.
export async function until(ask, seconds, why = () => 'it never came') {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    const found = await ask();
    if (found) return found;
    if (Date.now() > end) assert.fail(typeof why === 'function' ? await why() : why);
    await sleep(100);
  }
}
