// SeaweedFS on loopback, which keeps everything in a directory that the caller removes.

import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { ACCESS, SECRET } from './bucket.mjs';
import { freePort, start } from './kit.mjs';

const root = fileURLToPath(new URL('../../', import.meta.url));
const target = path.resolve(root, process.env.CARGO_TARGET_DIR ?? 'target');
// Made by scripts/test from bucket-requirements.txt.
const weed = path.join(process.env.INGAM_BUCKET_PEER ?? path.join(target, 'bucket-peer'), 'bin', 'weed');

export const name = 'SeaweedFS';
export const skip = !existsSync(weed) && 'the server is not here';

// Starts it, with an administrator.
export async function startServer(dir) {
  const identity = { name: 'admin', credentials: [{ accessKey: ACCESS, secretKey: SECRET }], actions: ['Admin', 'Read', 'Write', 'List'] };
  await writeFile(path.join(dir, 's3.json'), JSON.stringify({ identities: [identity] }));
  const ports = [];
  for (const name of ['master', 'volume', 'filer', 's3']) ports.push(`-${name}.port=${await freePort()}`, `-${name}.port.grpc=${await freePort()}`);
  const endpoint = `http://127.0.0.1:${ports.find((port) => port.startsWith('-s3.port=')).split('=')[1]}`;
  const args = ['server', `-dir=${dir}`, '-ip=127.0.0.1', '-filer', '-s3', '-s3.port.iceberg=0', '-s3.port.lance=0', `-s3.config=${path.join(dir, 's3.json')}`, '-volume.max=4', ...ports];
  return { endpoint, ...(await start(weed, args, `${endpoint}/healthz`)) };
}
