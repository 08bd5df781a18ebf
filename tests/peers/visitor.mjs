// A person without a browser: signs in to a console and sends its forms, as a browser without scripts would.

import assert from 'node:assert/strict';

export class Visitor {
  #console;
  #cookies = new Map();

  // A person of the demo who has signed in with password and code.
  static async signedIn(console, who) {
    const visitor = new Visitor();
    visitor.#console = console;
    const { email, password } = console.person(who);
    await visitor.send('/login', 'password', { email, password });
    const { status, location } = await visitor.send('/login/code', 'code', { code: await console.code(who) });
    assert.equal(status, 303, `${who} could not sign in`);
    assert.notEqual(location, '/login', `${who} could not sign in`);
    return visitor;
  }

  async get(path) {
    return this.#ask(path, {});
  }

  // The bytes of a file.
  async take(path) {
    const answer = await this.#fetch(path, {});
    assert.equal(answer.status, 200, `${path} answered ${answer.status}`);
    return Buffer.from(await answer.arrayBuffer());
  }

  // Sends the form of a page that has this field or goes to this address, with what it holds already and what is filled in.
  async send(path, mark, filled) {
    const { body } = await this.get(path);
    const forms = [...body.matchAll(/<form[^>]*?action="([^"]*)"[^>]*>(.*?)<\/form>/gs)];
    const form = forms.find(([, action, inside]) => action === mark || inside.includes(`name="${mark}"`));
    assert.ok(form, `${path} has no form ${mark}`);
    const fields = new Map();
    for (const [tag] of form[2].matchAll(/<input[^>]*>/g)) {
      const name = /name="([^"]*)"/.exec(tag)?.[1];
      if (name && !/type="(checkbox|radio)"/.test(tag)) fields.set(name, /value="([^"]*)"/.exec(tag)?.[1] ?? '');
    }
    for (const [, name, inside] of form[2].matchAll(/<select[^>]*?name="([^"]*)"[^>]*>(.*?)<\/select>/gs)) {
      fields.set(name, /value="([^"]*)"[^>]* selected/.exec(inside)?.[1] ?? /value="([^"]*)"/.exec(inside)?.[1] ?? '');
    }
    for (const [, name] of form[2].matchAll(/<textarea[^>]*?name="([^"]*)"/g)) fields.set(name, '');
    for (const [name, value] of Object.entries(filled)) fields.set(name, value);
    return this.#ask(form[1], { method: 'POST', body: new URLSearchParams([...fields]) });
  }

  async #ask(path, options) {
    const answer = await this.#fetch(path, options);
    return { status: answer.status, location: answer.headers.get('location'), body: await answer.text() };
  }

  async #fetch(path, options) {
    const headers = { cookie: [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; '), origin: this.#console.origin, 'accept-language': 'en' };
    const answer = await fetch(`${this.#console.origin}${path}`, { ...options, headers, redirect: 'manual' });
    for (const line of answer.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line);
      this.#cookies.set(name, value);
    }
    return answer;
  }
}
