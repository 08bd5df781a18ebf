// The gateway of Ceph to S3 on loopback: one monitor, one store that is in memory, and the gateway, as Debian has them. They keep
// everything in a directory that the caller removes.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { ACCESS, SECRET } from './bucket.mjs';
import { freePort, isThere, ran, start, until } from './kit.mjs';

export const name = 'Ceph';
export const skip = !['ceph', 'ceph-mon', 'ceph-osd', 'radosgw'].every((program) => isThere(program, '--version')) && 'Ceph is not here';
// Later ones heed If-None-Match, for example.
export const is16 = !skip && / version 16\.2\./.test(ran('radosgw', ['--version']).said);

const configuration = (dir, monitor, gateway) => `[global]
fsid = ${randomUUID()}
mon host = [${monitor}]
public addr = 127.0.0.1
cluster addr = 127.0.0.1
auth cluster required = cephx
auth service required = cephx
auth client required = cephx
keyring = ${dir}/keyring
run dir = ${dir}
crash dir = ${dir}
admin socket = ${dir}/$name.$pid.asok
log file = ${dir}/$name.log
log to stderr = false
mon data = ${dir}/mon
mon data avail crit = 0
osd data = ${dir}/osd
osd objectstore = memstore
rgw data = ${dir}/gateway
rgw frontends = beast endpoint=127.0.0.1:${gateway}
# There is one of each: nothing is copied, and no other is waited for.
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 4
osd crush chooseleaf type = 0
mon allow pool size one = true
paxos propose interval = 0.05
paxos min wait = 0.01
`;

// Starts it, with an administrator.
export async function startServer(dir) {
  const config = path.join(dir, 'ceph.conf');
  // To its end, with the others going on meanwhile.
  const run = (program, ...args) => promisify(execFile)(program, args, { cwd: dir, env: { ...process.env, CEPH_CONF: config }, timeout: 60_000 });
  const port = await freePort();
  const monitor = `v2:127.0.0.1:${await freePort()},v1:127.0.0.1:${await freePort()}`;
  await writeFile(config, configuration(dir, monitor, port));
  const [fsid] = (await readFile(config, 'utf8')).match(/(?<=fsid = ).*/);
  for (const name of ['mon', 'osd', 'gateway']) await mkdir(path.join(dir, name));

  // What is in the first monitor's keyring is known to the cluster.
  await run('ceph-authtool', '--create-keyring', 'keyring', '--gen-key', '-n', 'mon.', '--cap', 'mon', 'allow *');
  await run('ceph-authtool', 'keyring', '--gen-key', '-n', 'client.admin', '--cap', 'mon', 'allow *', '--cap', 'osd', 'allow *');
  await run('ceph-authtool', 'keyring', '--gen-key', '-n', 'osd.0', '--cap', 'mon', 'allow profile osd', '--cap', 'osd', 'allow *');
  await run('monmaptool', '--create', '--addv', 'a', `[${monitor}]`, '--fsid', fsid, 'monmap');
  await run('ceph-mon', '-i', 'a', '--mkfs', '--monmap', 'monmap', '--keyring', 'keyring');

  const running = [];
  const said = async () => {
    const logs = ['mon.a', 'osd.0', 'client.admin'].map((name) => readFile(path.join(dir, `${name}.log`), 'utf8').catch(() => ''));
    return [...running.map((one) => one.said()), ...(await Promise.all(logs)).map((log) => log.slice(-4000))].join('\n');
  };
  const stop = async () => {
    for (const one of running.reverse()) await one.stop();
  };
  const addUser = (name, key, secret) => run('radosgw-admin', 'user', 'create', '--uid', name, '--display-name', name, '--access-key', key, '--secret-key', secret);
  try {
    const keep = async (program, args, answers) => running.push(await start(program, ['--conf', config, ...args, '-f'], answers));
    await keep('ceph-mon', ['-i', 'a'], () => true);
    const store = randomUUID();
    await run('ceph', 'osd', 'new', store);
    await run('ceph-osd', '-i', '0', '--mkfs', '--osd-uuid', store, '--no-mon-config');
    await keep('ceph-osd', ['-i', '0'], () => true);
    await addUser('admin', ACCESS, SECRET);
    await keep('radosgw', ['-n', 'client.admin'], `http://127.0.0.1:${port}/`);
  } catch (error) {
    error.message += `\n${await said()}`;
    await stop();
    throw error;
  }
  return { endpoint: `http://127.0.0.1:${port}`, said, stop, addUser };
}
