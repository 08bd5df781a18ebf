// The feed of a person's shifts as calendar programs and libraries read it, on machines in three zones, over a change of the clocks.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { startConsole } from '../browser/kit.mjs';
import { directory, python } from './kit.mjs';
import { Visitor } from './visitor.mjs';

const ZONES = ['UTC', 'Asia/Seoul', 'America/New_York'];
const modules = new URL('package.json', import.meta.url).href;

// Each prints a line for each event: its UID, and its two instants in seconds.
const READERS = {
  'ical.js 2.2.1': (file) => node(`
    const { default: ICAL } = await import(resolve('ical.js'));
    const component = new ICAL.Component(ICAL.parse(text));
    for (const one of component.getAllSubcomponents('vevent').map((one) => new ICAL.Event(one)))
      print(one.uid, one.startDate.toUnixTime(), one.endDate.toUnixTime());`, file),
  'node-ical 0.27.2': (file) => node(`
    const { default: ical } = await import(resolve('node-ical'));
    for (const one of Object.values(ical.sync.parseICS(text)).filter((one) => one.type === 'VEVENT'))
      print(one.uid, one.start.getTime() / 1000, one.end.getTime() / 1000);`, file),
  'icalendar 7.3.2': (file) => [python('icalendar==7.3.2'), ['-c', `
import icalendar, sys
for one in icalendar.Calendar.from_ical(open(sys.argv[1], 'rb').read()).walk('VEVENT'):
    print(one['UID'], int(one['DTSTART'].dt.timestamp()), int(one['DTEND'].dt.timestamp()))`, file]],
  'khal 0.14.1': (file) => [path.join(path.dirname(python('khal==0.14.1')), 'khal'), ['--config', path.join(path.dirname(file), 'khal.conf'), 'printics', '--format', '{uid} {start-long} {end-long}', file]],
};

function node(code, file) {
  const script = `import { readFileSync } from 'node:fs'; import { createRequire } from 'node:module'; import { pathToFileURL } from 'node:url';
    const require = createRequire('${modules}'); const resolve = (name) => pathToFileURL(require.resolve(name)).href;
    const text = readFileSync(process.argv[1], 'utf8'); const print = (...parts) => console.log(parts.join(' '));
    ${code}`;
  return [process.execPath, ['--input-type=module', '-e', script, file]];
}

// What a reader makes of a file on a machine in this zone, in order.
function read(reader, file, zone) {
  const [program, args] = READERS[reader](file);
  const said = execFileSync(program, args, { encoding: 'utf8', env: { ...process.env, TZ: zone } });
  const lines = said.split('\n').filter((line) => line.startsWith('rota-'));
  return lines.map((line) => {
    const parts = line.split(' ');
    // khal shows both in UTC, as its configuration says.
    const at = (day, clock) => Date.parse(`${day}T${clock}:00Z`) / 1000;
    return parts.length === 5 ? [parts[0], at(parts[1], parts[2]), at(parts[3], parts[4])].join(' ') : parts.join(' ');
  }).sort();
}

describe('calendar programs', () => {
  let console_, feed;

  before(async () => {
    console_ = await startConsole({ users: 20, settings: {} });
    const jun = await Visitor.signedIn(console_, 'jun');
    const page = await jun.get('/oncall?panel=create');
    const ids = Object.fromEntries([...page.body.matchAll(/<option value="(\d+)"[^>]*>([^<]+)</g)].map(([, id, name]) => [name, id]));
    const [me, other] = [Object.entries(ids).find(([name]) => /Jun|준/.test(name))[1], Object.entries(ids).find(([name]) => !/Jun|준/.test(name))[1]];
    const today = new Date().toISOString().slice(0, 10);
    const made = await jun.send('/oncall?panel=create', '/oncall', {
      title: '뉴욕 당직, 2차; "밤"', name: 'new-york', zone: 'America/New_York', handover: '09:00', every: '1', unit: 'day', starts_on: today,
      'member-1': me, 'member-2': other, reason: 'Agreed in the team', code: await console_.code('jun'),
    });
    assert.equal(made.status, 303, made.body);
    const shown = await jun.send('/oncall?panel=calendar', '/oncall/calendars', { reason: 'For my telephone', code: await console_.code('jun') });
    const link = /value="[^"]*(\/calendars\/[^"]+\.ics)"/.exec(shown.body)[1];
    feed = await (await fetch(`${console_.origin}${link}`)).text();
  });
  after(() => console_?.close());

  test('four readers on machines in three zones see the same shifts', async (t) => {
    const dir = await directory(t);
    const file = path.join(dir, 'shifts.ics');
    await writeFile(file, feed);
    await mkdir(path.join(dir, 'calendar'));
    await writeFile(path.join(dir, 'khal.conf'), `[calendars]\n[[shifts]]\npath = ${path.join(dir, 'calendar')}\n[locale]\ntimeformat = %H:%M\ndateformat = %Y-%m-%d\nlongdateformat = %Y-%m-%d\ndatetimeformat = %Y-%m-%d %H:%M\nlongdatetimeformat = %Y-%m-%d %H:%M\ndefault_timezone = UTC\nlocal_timezone = UTC\n`);
    const expected = read('icalendar 7.3.2', file, 'UTC');
    assert.ok(expected.length > 80, `${expected.length} shifts in half a year of every other day`);
    for (const reader of Object.keys(READERS))
      for (const zone of ZONES) {
        const seen = read(reader, file, zone);
        // khal shows minutes; the first shift begins with the second in which the rota was made.
        const rounded = (lines) => lines.map((line) => line.split(' ').map((part) => (/^\d+$/.test(part) ? part - (part % 60) : part)).join(' '));
        assert.deepEqual(rounded(seen), rounded(expected), `${reader} in ${zone}`);
      }
  });

  test('a shift over a change of the clocks lasts an hour less or more', () => {
    // Those of the other rotas begin by the clock of Seoul.
    const events = feed.replaceAll('\r\n ', '').split('BEGIN:VEVENT').filter((event) => event.includes('/oncall/new-york'));
    const lines = events.map((event) => /DTEND:(\S+)\r\nDTSTAMP:\S+\r\nDTSTART:(\S+)/.exec(event));
    const at = (text) => Date.parse(text.replace(/(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z/, '$1-$2-$3T$4:$5:$6Z'));
    const hours = new Set(lines.slice(1).map(([, until, from]) => (at(until) - at(from)) / 3_600_000));
    assert.ok(hours.has(24) && hours.size <= 2, [...hours].join(' '));
    // By the wall clock each begins at nine, in winter and in summer.
    const clock = (text) => new Intl.DateTimeFormat('en-GB', { timeZone: 'America/New_York', timeStyle: 'short' }).format(at(text));
    assert.deepEqual([...new Set(lines.slice(1).map(([, , from]) => clock(from)))], ['09:00']);
  });
});
