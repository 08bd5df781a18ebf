// What the tests of buckets ask the servers as their administrator. The requests are signed here, by code that the console does not share.

import { createHash, createHmac } from 'node:crypto';

export const REGION = 'kr-test-1';
export const [ACCESS, SECRET] = ['ingamkey', 'ingamsecret0123456789'];

const sha256 = (data) => createHash('sha256').update(data).digest('hex');
const mac = (key, text) => createHmac('sha256', key).update(text).digest();

// A request (Signature Version 4).
export async function ask(endpoint, method, where, { query = {}, headers = {}, body = '' } = {}) {
  const time = new Date().toISOString().replace(/[-:]|\.\d+/g, '');
  const scope = `${time.slice(0, 8)}/${REGION}/s3/aws4_request`;
  const sent = { ...headers, host: new URL(endpoint).host, 'x-amz-content-sha256': sha256(body), 'x-amz-date': time };
  const names = Object.keys(sent).sort();
  const asked = Object.keys(query).sort().map((name) => `${name}=${encodeURIComponent(query[name])}`).join('&');
  const canonical = [method, where, asked, names.map((name) => `${name}:${sent[name]}\n`).join(''), names.join(';'), sha256(body)].join('\n');
  const key = scope.split('/').reduce((key, part) => mac(key, part), `AWS4${SECRET}`);
  const signature = mac(key, ['AWS4-HMAC-SHA256', time, scope, sha256(canonical)].join('\n')).toString('hex');
  const authorization = `AWS4-HMAC-SHA256 Credential=${ACCESS}/${scope}, SignedHeaders=${names.join(';')}, Signature=${signature}`;
  const { host, ...rest } = sent;
  const answer = await fetch(`${endpoint}${where}${asked && `?${asked}`}`, { method, headers: { ...rest, authorization }, body: body || undefined });
  return { status: answer.status, headers: answer.headers, body: await answer.text() };
}

// The versions that are there under a prefix, without the notes of removals: their addresses and ids, by address.
export async function versions(endpoint, bucket, prefix) {
  const found = [];
  let next = {};
  do {
    const { status, body } = await ask(endpoint, 'GET', `/${bucket}`, { query: { versions: '', prefix, ...next } });
    if (status !== 200) throw new Error(`the listing: ${status} ${body}`);
    for (const [, name, version] of body.matchAll(/<Version>.*?<Key>(.*?)<\/Key>.*?<VersionId>(.*?)<\/VersionId>/gs)) found.push({ where: `/${bucket}/${name}`, version });
    const said = (name) => body.match(`<${name}>(.*?)</${name}>`)?.[1];
    next = said('IsTruncated') === 'true' && { 'key-marker': said('NextKeyMarker'), 'version-id-marker': said('NextVersionIdMarker') };
  } while (next);
  return found.sort((a, b) => Number(a.where > b.where) - Number(a.where < b.where));
}
