// A real nginx in front of a console, with the settings that make it answer in the console's place: it waits eight seconds and says 504,
// and says 502 where there is no console.

import { spawn, spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const program = ['/usr/sbin/nginx', 'nginx'].find((name) => spawnSync(name, ['-v']).status === 0);

// A port that is free, and that no connection and no listener without a port of its own gets meanwhile: it lies below those that the
// system hands out (32,768 and up).
export async function freePort() {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 12_000);
    const server = createServer();
    const is = await new Promise((resolve) => server.once('error', () => resolve(false)).listen(port, '127.0.0.1', () => resolve(true)));
    if (!is) continue;
    await new Promise((resolve) => server.close(resolve));
    return port;
  }
}

// A configuration that keeps everything in `dir`, with what belongs into its `http`.
export const frame = (dir, http) => `
worker_processes 1;
daemon off;
pid ${dir}/pid;
error_log ${dir}/error.log;
events { worker_connections 64; }
http {
  access_log off;
  client_body_temp_path ${dir}/body;
  proxy_temp_path ${dir}/proxy;
  fastcgi_temp_path ${dir}/fastcgi;
  uwsgi_temp_path ${dir}/uwsgi;
  scgi_temp_path ${dir}/scgi;
${http}
}
`;

const configuration = (dir, port, target, upstream = target) => frame(dir, `
  # The console takes forms from its own origin only, and for a browser that is the address of this proxy.
  map $http_origin $origin { "" ""; default "http://${target}"; }
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass http://${upstream};
      proxy_set_header Host ${target};
      proxy_set_header Origin $origin;
      proxy_read_timeout 8s;
      proxy_connect_timeout 8s;
    }
  }
`);

// Starts it in front of `origin`. Its own origin is where a browser goes.
export async function startNginx(origin) {
  if (!program) throw new Error('nginx is not installed: run scripts/test browser');
  const dir = await mkdtemp(path.join(tmpdir(), 'ingam-nginx-'));
  const port = await freePort();
  const file = path.join(dir, 'nginx.conf');
  const target = new URL(origin).host;
  await writeFile(file, configuration(dir, port, target));
  let child;
  const start = async () => {
    child = spawn(program, ['-e', path.join(dir, 'error.log'), '-p', dir, '-c', file], { stdio: 'ignore' });
    for (let tries = 0; tries < 600; tries += 1) {
      if (await answers(port)) return;
      await sleep(50);
    }
    throw new Error('nginx did not start');
  };
  const stop = async () => {
    if (!child) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGTERM');
    await ended;
    child = undefined;
  };
  // Gives it another console to ask. It is begun again: one that only reads its configuration anew goes on serving open connections with
  // the old one for a while.
  const ask = async (upstream) => {
    await stop();
    await writeFile(file, configuration(dir, port, target, upstream));
    await start();
  };
  await start();
  return {
    origin: `http://127.0.0.1:${port}`,
    start,
    stop,
    // There is no console behind it, until `restore`.
    refuse: () => ask('127.0.0.1:1'),
    restore: () => ask(target),
    async close() {
      await stop();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

const answers = (port) =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => (socket.destroy(), resolve(true)));
    socket.once('error', () => resolve(false));
  });
