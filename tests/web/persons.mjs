// Who proves who they are: asked for where places are counted by person, and shown in one's account.

import assert from 'node:assert/strict';
import { create, holdBest, visit } from './steps.mjs';
import { desktop, phone } from './visitor.mjs';

/** The code of the newest message that the stand-in shows for a telephone. */
async function codeTo(world, telephone) {
  const answer = await fetch(`${world.url}/usher.v1.AuthService/ListPersonServices`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{}',
  });
  const { services } = await answer.json();
  const messages = await (await fetch(services[0].messagesUrl)).json();
  return messages.find(({ to }) => to.endsWith(telephone)).code;
}

export const persons = {
  'where places are counted by person one proves who one is, and goes on': async (world) => {
    const performance = await create(
      world, ['--capacity', '200'], '--name', 'By person', '--places-max', '2', '--person', 'identity', '--open',
    );
    await visit(
      world,
      [phone, { ...desktop, locale: 'en-GB' }],
      async (a, b) => {
        await a.openHall(performance);
        await a.live();
        await a.press('best');
        await a.page.waitForSelector('[data-reason=PERSON_NEEDED]');
        await a.isAccessible('who somebody is is asked for');
        await a.picture('person-needed-phone');
        await a.press('prove');
        await a.page.waitForURL(/\/prove\/identity\?next=/);
        await a.page.waitForSelector('[name=birth]');
        await a.isAccessible('the form');
        await a.press('submit'); // nothing is filled in
        await a.page.waitForSelector('[name=name][aria-invalid=true]');
        await a.page.fill('[name=name]', '김민지');
        await a.page.fill('[name=birth]', '990101-2');
        await a.page.selectOption('[name=carrier]', 'KT');
        await a.page.fill('[name=phone]', '010-9999-0001');
        await a.picture('person-form-phone');
        await a.press('submit');
        await a.page.waitForSelector('[name=code]');
        await a.isAccessible('the code');
        await a.page.fill('[name=code]', '000000');
        await a.press('submit');
        await a.page.waitForSelector('[data-reason=PERSON_REFUSED]');
        await a.page.fill('[name=code]', await codeTo(world, '01099990001'));
        await a.picture('person-code-phone');
        await a.press('submit');
        await a.page.waitForURL(new RegExp(`/p/${performance}$`));
        await a.live();
        await holdBest(a, 2);
        // Another device, another guest, the same person: nothing is left of the two.
        await b.openHall(performance);
        await b.live();
        await b.press('best');
        await b.page.waitForSelector('[data-reason=PERSON_NEEDED]');
        await b.press('prove');
        await b.page.fill('[name=name]', '김민지');
        await b.page.fill('[name=birth]', '9901012');
        await b.page.fill('[name=phone]', '010-9999-0002');
        await b.press('submit');
        await b.page.waitForSelector('[name=code]');
        await b.page.fill('[name=code]', await codeTo(world, '01099990002'));
        await b.press('submit');
        await b.page.waitForURL(new RegExp(`/p/${performance}$`));
        await b.live();
        await b.press('best');
        await b.page.waitForSelector('[data-reason=LIMIT_REACHED]');
      },
      true, // refusals are written to the console
    );
  },

  'an account shows what it has proved, and a line takes a person once': async (world) => {
    const performance = await create(
      world, ['--capacity', '200'], '--name', 'One a person', '--person', 'phone', '--open',
    );
    const { saleId } = await world.usher(
      'sale', 'create', '--name', 'One a person', '--performances', performance, '--guests', '--json',
    );
    await visit(
      world,
      [{ ...phone, locale: 'en-GB' }],
      async (a) => {
        await a.page.goto(`${a.url}/register`);
        await a.page.fill('[name=name]', 'Minji Kim');
        await a.page.fill('[name=email]', 'person@example.com');
        await a.page.fill('[name=password]', 'a password of fifteen');
        await a.page.check('[name=terms]');
        await a.press('submit');
        await a.page.waitForSelector('[name=code]');
        await a.page.fill('[name=code]', await world.mailedCode('person@example.com'));
        await a.press('submit');
        await a.page.waitForURL((url) => url.pathname === '/');
        await a.page.goto(`${a.url}/line/${saleId}`);
        await a.press('join');
        await a.page.waitForSelector('[data-reason=PERSON_NEEDED]');
        await a.isAccessible('a line that takes a person once');
        await a.picture('person-line-phone');
        await a.press('prove');
        await a.page.waitForURL(/\/prove\/phone\?next=/);
        await a.page.fill('[name=phone]', '+44 20 7946 0999');
        await a.press('submit');
        await a.page.waitForSelector('[name=code]');
        await a.page.fill('[name=code]', await codeTo(world, '442079460999'));
        await a.press('submit');
        await a.page.waitForURL(new RegExp(`/line/${saleId}`));
        await a.press('join');
        await a.page.waitForSelector('[data-action=enter]');
        await a.page.goto(`${a.url}/account`);
        await a.page.waitForSelector('[data-part=person]');
        assert.match(await a.page.textContent('[data-part=person]'), /Phone number confirmed on/);
        await a.isAccessible('my account, proved');
        await a.picture('person-account-phone');
      },
      true, // a place that one does not have yet is written to the console
    );
  },
};
