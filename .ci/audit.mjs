// Looks at every page of Mayfly, in every state it can be in, with axe-core: on a
// phone and a desk, by day and by night, in forced colours, with text twice as
// large. Then it looks at the three first pages with Lighthouse, and counts the
// bytes that pages take over the wire. `make audit` builds and installs what this
// needs in bin/audit. AUDIT=purge looks only at states with "purge" in their name.

import { execFileSync, spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import net from 'node:net';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const tools = path.resolve(import.meta.dirname, '../bin/audit');
const { resolve } = createRequire(`${tools}/`);
const { chromium } = (await import(pathToFileURL(resolve('playwright-core')))).default;
const { default: axe } = await import(pathToFileURL(resolve('axe-core')));
const { default: lighthouse } = await import(pathToFileURL(resolve('lighthouse')));

const search = 'for name in $MAYFLY_CHROMIUM chromium chromium-browser google-chrome; do command -v "$name" && exit; done';
const executablePath = execFileSync('sh', ['-c', search], { encoding: 'utf8' }).trim();
// A name that is not this computer's: over plain http its pages carry a warning.
const elsewhere = 'mayfly.test';
const args = ['--no-sandbox', `--host-resolver-rules=MAP ${elsewhere} 127.0.0.1`];
const wanted = process.env.AUDIT ?? '';

// The server, and lines to it.

const port = await freePort();
const base = `http://localhost:${port}`;
const server = spawn(`${tools}/mayfly`, ['-listen', `127.0.0.1:${port}`, '-join-rate', '0', '-message-rate', '0'], { stdio: ['ignore', 'ignore', 'inherit'] });
server.on('exit', (code, signal) => {
  console.error(`Somebody has stopped the server (${signal ?? code}).`);
  tellFindings();
  process.exit(1);
});
process.on('exit', () => server.kill());
while (!(await fetch(`${base}/healthz`).catch(() => undefined))?.ok) await pause(50);

async function freePort() {
  const { at, close } = await listening(net.createServer());
  await close();
  return at;
}

async function listening(server) {
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  return { at: server.address().port, close: () => new Promise((done) => server.close(done)) };
}

/** A way to the server that counts what goes over it, and can be cut. */
async function openLine() {
  const line = { sent: 0, received: 0, connections: 0, base: '', cut() {} };
  const open = new Set();
  const { at, close } = await listening(
    net.createServer((here) => {
      const there = net.connect(port, '127.0.0.1');
      line.connections++;
      here.on('data', (data) => (line.sent += data.length)).pipe(there);
      there.on('data', (data) => (line.received += data.length)).pipe(here);
      for (const socket of [here, there]) open.add(socket.on('error', () => {}));
    }),
  );
  line.base = `http://localhost:${at}`;
  line.cut = () => {
    close();
    for (const socket of open) socket.destroy();
  };
  return line;
}

function pause(ms) {
  return new Promise((done) => setTimeout(done, ms));
}

// People, and what they do without a page.

const password = 'correct horse battery';

async function post(to, fields, cookie = '') {
  const answer = await fetch(base + to, { method: 'POST', redirect: 'manual', headers: { cookie }, body: new URLSearchParams(fields) });
  return { to: answer.headers.get('location'), cookie: answer.headers.getSetCookie().map((c) => c.split(';')[0]).find((c) => c.startsWith('mayfly=')) };
}

class Room {
  static async open() {
    const { to, cookie } = await post('/rooms', { alias: 'Ana', room: 'Harvest committee', password });
    return Object.assign(new Room(), { path: to, me: cookie, messages: 0 });
  }

  async join(alias) {
    return (await post(`${this.path}/join`, { alias, password })).cookie;
  }

  say(who, html) {
    return post(`${this.path}/messages`, { html, id: `audit-${++this.messages}` }, who);
  }

  do(who, what, fields = {}) {
    return post(`${this.path}/${what}`, fields, who);
  }
}

/** Makes this page somebody's, and opens the room there. */
async function enter(p, room, { who = room.me, at = base, page = '', ready = '[data-connection=connected]' } = {}) {
  const [name, value] = who.split(/=(.*)/s);
  await p.context().addCookies([{ name, value, domain: new URL(at).hostname, path: room.path }]);
  await p.goto(at + room.path + page, { waitUntil: 'commit' });
  await p.locator(ready).first().waitFor({ state: 'attached' });
}

/** A page in a room of its own. */
async function inRoom(p, how) {
  const room = await Room.open();
  await enter(p, room, how);
  return room;
}

/** What is folded where there is little room for it, and open elsewhere. */
async function unfold(p, panel) {
  const summary = p.locator(`[data-${panel}-panel] > summary`);
  if (await summary.isVisible()) await summary.click();
}

async function unfoldToolbar(p) {
  if (!(await p.locator('[data-toolbar]').isVisible())) await p.click('[data-toolbar-toggle]');
}

async function submitUnchecked(p, fields) {
  await p.locator('form.form').evaluate((form) => (form.noValidate = true));
  for (const [name, value] of Object.entries(fields)) await p.fill(`[name=${name}]`, value);
  await Promise.all([p.waitForEvent('load'), p.click('form.form > [type=submit]')]);
}

const dot = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
const colors = ['red', 'orange', 'yellow', 'green', 'teal', 'blue', 'purple', 'pink', 'brown', 'gray'];

// Every kind of formatting, and what people type who know little of HTML.
const talk = [
  'Plain words, and a second line.\nHere it is.',
  '<b>bold</b> <i>italic</i> <u>underlined</u> <s>struck</s> <mark>marked</mark> <code>code</code> <kbd>Ctrl</kbd> H<sub>2</sub>O x<sup>2</sup> <small>small</small> <big>big</big> <abbr title="HyperText">HT</abbr> <q>quoted</q>',
  // People may write headings in any order; axe wants them in this one.
  '<h2>Heading two</h2><h3>Heading three</h3><h4>Heading four</h4><h5>Heading five</h5><h6>Heading six</h6><p>A paragraph.</p><hr>',
  '<ul><li>one<li>two<ul><li>deeper</ul></ul><ol start="3"><li>three</ol><dl><dt>term<dd>what it means</dl><li>alone',
  '<table><caption>A table</caption><tr><th>Day<th>Place</tr><tr><td>Monday<td>Mill</tr></table>',
  `<table><tr>${'<th>a wide column'.repeat(12)}</tr><tr>${'<td>120 kilogram'.repeat(12)}</tr></table>`,
  '<table><tr><td>No<td>heads</tr><tr><td>in<td>here</tr></table>',
  '<pre><code>func main() {\n\tfmt.Println("a rather long line of code that does not fit on any phone")\n}</code></pre>',
  '<details><summary>Spoiler</summary>the end</details><details open>no summary</details>',
  '<blockquote>Somebody said this.</blockquote><a href="https://example.org/a">a link</a> in words, <a href="https://example.org/"></a>',
  `<img alt="A dot" src="data:image/png;base64,${dot}"> <img src="data:image/png;base64,${dot}"> <figure><img src="data:image/png;base64,${dot}"><figcaption>A caption</figcaption></figure>`,
  '<img alt="A cat" src="https://media.example/cat.png"> <video src="https://media.example/cat.mp4"></video> <audio src="https://media.example/cat.mp3"></audio>',
  'שלום, אני כאן. <b>איפה</b> נפגשים?',
  'مرحبا بالجميع، هذا نص طويل بعض الشيء لكي يلتف على أكثر من سطر واحد في الهاتف. 123 abc',
  '<p lang="de">Donaudampfschifffahrtsgesellschaftskapitän</p>'.repeat(3),
  'Donaudampfschifffahrtsgesellschaftskapitän'.repeat(8),
  colors.map((c) => `<span style="color:${c}">${c}</span>`).join(' '),
  colors.map((c, i) => `<span style="background:${c};color:${colors[(i + 3) % 10]}">${c}</span>`).join(' '),
  '<center>in the middle</center><p align="right">at the end</p><ruby>漢<rt>kan</ruby> <font color="blue">blue</font> <progress value="1"></progress><meter value=".5"></meter>',
  'the last words',
];

async function sayAll(room) {
  const others = [await room.join('Bob'), await room.join('Cléo of the mill by the old lane'), room.me];
  for (const [i, html] of talk.entries()) await room.say(others[(i >> 1) % 3], html);
}

const saidAll = (p) => p.getByText('the last words').waitFor();

/** Has the socket close as soon as it opens, with a code that says why. */
async function closedWith(p, code) {
  await p.routeWebSocket(/\/ws/, (ws) => ws.close({ code }));
  await inRoom(p, { ready: '.ended' });
}

// The states: each brings a new page there. What it returns, if anything, keeps the
// page there from look to look.

/** @type {Record<string, (p: import('playwright-core').Page) => Promise<unknown>>} */
const states = {
  'home': (p) => p.goto('/'),
  'home, options open': async (p) => {
    await p.goto('/');
    await p.click('.options summary');
  },
  'home, with problems': async (p) => {
    await p.goto('/');
    await p.click('.options summary');
    await submitUnchecked(p, { alias: '', room: '', password: 'short', minutes: '99' });
    await p.locator('[aria-invalid]').first().waitFor();
  },
  'home, password hidden': async (p) => {
    await p.goto('/');
    await p.click('[data-reveal]');
  },
  'home, cookies blocked': async (p) => {
    await p.addInitScript(() => Object.defineProperty(navigator, 'cookieEnabled', { value: false }));
    await p.goto('/');
  },
  'home, Shift pressed': async (p) => {
    await p.goto('/');
    return async () => {
      for (const key of ['Escape', 'Shift']) await p.keyboard.press(key); // another key, and it begins anew
    };
  },
  'home, not encrypted': (p) => p.goto(base.replace('localhost', elsewhere)),
  'join': async (p) => p.goto((await Room.open()).path),
  'join, wrong password': async (p) => {
    await p.goto((await Room.open()).path);
    await submitUnchecked(p, { alias: 'Ana', password: 'not this one' });
    await p.locator('[aria-invalid]').first().waitFor();
  },
  'join, purge instead': async (p) => {
    await p.goto((await Room.open()).path);
    await p.click('.options-danger summary');
  },

  'room, alone': (p) => inRoom(p),
  'room, alone, not encrypted': (p) => inRoom(p, { at: base.replace('localhost', elsewhere) }),
  'room, skip link': async (p) => {
    await inRoom(p);
    await p.locator('.skip').focus();
  },
  'room, messages': async (p) => {
    await sayAll(await inRoom(p));
    await saidAll(p);
  },
  'room, messages, from the first': async (p) => {
    await sayAll(await inRoom(p));
    await saidAll(p);
    await p.locator('[data-log]').evaluate((log) => (log.scrollTop = 0));
  },
  'room, media shown': async (p) => {
    const room = await inRoom(p);
    await room.say(await room.join('Bob'), talk[11]);
    for (const kind of ['picture', 'video', 'sound']) await p.getByRole('button', { name: `${kind} from` }).click();
    await p.frameLocator('.media-frame').last().locator('.media').waitFor();
  },
  'room, people': async (p) => {
    const room = await inRoom(p);
    for (let i = 1; i < 30; i++) await room.join(`Person ${i}`);
    await unfold(p, 'people');
    await p.getByText('Person 29').first().waitFor();
  },
  'room, share': async (p) => {
    await inRoom(p);
    await unfold(p, 'share');
    for (const more of await p.locator('.share-more > summary').all()) await more.click();
    await p.locator('.qr').evaluate((qr) => qr.decode());
  },
  'room, options': async (p) => {
    await inRoom(p);
    await unfold(p, 'options');
  },
  'room, toolbar': async (p) => {
    await inRoom(p);
    await unfoldToolbar(p);
  },
  'room, emoji': async (p) => {
    await inRoom(p);
    await unfoldToolbar(p);
    await p.click('[data-emoji]');
  },
  'room, preview': async (p) => {
    await inRoom(p);
    await p.fill('#message', `${talk[1]}${talk[3]}<script>left out</script>${talk[11]}`);
    await unfoldToolbar(p);
    await p.click('[data-preview-open]');
    await p.locator('[data-preview-body] li').first().waitFor();
  },
  'room, picture attached': async (p) => {
    await inRoom(p);
    await p.setInputFiles('[data-picture-file]', { name: 'dot.png', mimeType: 'image/png', buffer: Buffer.from(dot, 'base64') });
    await p.locator('[data-picture]:not([hidden])').waitFor();
  },
  'room, nothing to send': async (p) => {
    await inRoom(p);
    await p.click('.composer > [type=submit]');
  },
  'room, nearly too long': async (p) => {
    await inRoom(p);
    await p.fill('#message', 'many words '.repeat(1400));
  },
  'room, purge dialog': async (p) => {
    await inRoom(p);
    await p.click('[data-purge-open]');
  },
  'room, n new': async (p) => {
    const room = await inRoom(p);
    await sayAll(room);
    await saidAll(p);
    await p.locator('[data-log]').evaluate((log) => (log.scrollTop = 0));
    await room.say(await room.join('Dan'), 'You cannot see this yet.');
    await p.locator('[data-newest]:not([hidden])').waitFor();
  },
  'room, line above the new': async (p) => {
    const again = await states['room, n new'](p);
    await p.click('[data-newest]');
    return again;
  },
  'room, typing': async (p) => {
    const room = await inRoom(p);
    const bob = await p.context().browser().newPage();
    p.once('close', () => bob.context().close());
    await enter(bob, room, { who: await room.join('Bob') });
    return async () => {
      await bob.locator('#message').press('x');
      await p.locator('[data-typing]:not(:empty)').waitFor();
    };
  },
  'room, connection lost': async (p) => {
    const line = await openLine();
    await inRoom(p, { at: line.base });
    line.cut();
    await p.locator('[data-status]:not(:empty)').waitFor();
    await p.fill('#message', 'Does this arrive?');
    await p.click('.composer > [type=submit]');
    await p.locator('#message').press('!');
    await p.locator('[data-pending]').first().waitFor();
  },
  "room, dead man's switch": async (p) => {
    const room = await Room.open();
    await room.do(room.me, 'arm', { minutes: 5 });
    await room.do(await room.join('Bob'), 'arm', { minutes: 3 });
    await enter(p, room);
    await p.locator('[data-armed-any]:not([hidden])').waitFor();
    await p.locator('[data-armed-own]:not([hidden])').waitFor();
  },
  'room, privacy screen': async (p) => {
    await sayAll(await inRoom(p));
    await unfold(p, 'options');
    await p.check('[name=privacy-screen]');
    await p.evaluate(() => {
      document.hasFocus = () => false;
      dispatchEvent(new Event('blur'));
    });
    await p.locator('[data-veil]:not([hidden])').waitFor();
  },

  'ended, purged': (p) => closedWith(p, 4501),
  'ended, expired': (p) => closedWith(p, 4502),
  'ended, logged out': (p) => closedWith(p, 4503),
  'ended, replaced': (p) => closedWith(p, 4504),
  'ended, removed': (p) => closedWith(p, 4505),
  'ended, server stopped': (p) => closedWith(p, 4506),
  'ended, purge not answered': async (p) => {
    await inRoom(p);
    await p.route('**/purge', (route) => route.abort());
    await p.click('[data-purge-open]');
    await p.click('[data-purge-form] button');
    await p.locator('[data-purge-late]:not([hidden])').waitFor();
  },
  'receipt': async (p) => {
    await inRoom(p);
    await p.click('[data-purge-open]');
    await p.click('[data-purge-form] button');
    await p.waitForURL('**/receipt/*');
  },
  'logged out, switch armed': async (p) => {
    const room = await inRoom(p);
    await room.do(room.me, 'arm', { minutes: 5 });
    await p.click('[data-logout-form] button');
    await p.waitForURL(`${base}/`);
  },
  'gone': (p) => p.goto('/r/there-is-no-such-room'),
  'problem': (p) => p.goto('/no-such-page'),
  'measures': (p) => p.goto('/measures'),
  'measures, undo a purge': async (p) => {
    const room = await inRoom(p);
    await p.route('**/exit', async (route) => { // without its Refresh it stays
      const response = await route.fetch();
      await route.fulfill({ response, headers: { ...response.headers(), refresh: '' } });
    });
    await room.do(room.me, 'exit', { purge: 1 });
    await p.goto(`${room.path}/exit`);
    await p.getByRole('button').waitFor();
  },

  'no scripts, alone': (p) => inRoom(p, { page: '/live?plain', ready: '.note' }),
  'no scripts, messages': async (p) => {
    const room = await inRoom(p, { page: '/live?plain', ready: '.note' });
    await sayAll(room);
    await saidAll(p);
  },
  'no scripts, share': async (p) => {
    const room = await inRoom(p, { page: '/live?plain', ready: '.note' });
    await room.join('Bob');
    await unfold(p, 'share');
    for (const more of await p.locator('.share-more > summary').all()) await more.click();
  },
  'no scripts, options': async (p) => {
    await inRoom(p, { page: '/live?plain', ready: '.note' });
    await p.click('[data-options-panel] > summary');
  },
  'no scripts, purge': async (p) => {
    await inRoom(p, { page: '/live?plain', ready: '.note' });
    await p.click('.purge-plain > summary');
  },
  'no scripts, media shown': async (p) => {
    const room = await inRoom(p, { page: '/live?plain', ready: '.note' });
    await room.say(await room.join('Bob'), talk[11]);
    await p.getByRole('button', { name: 'picture from' }).click();
    await p.frameLocator('.media-frame').first().locator('.media').waitFor();
  },
  "no scripts, dead man's switch": async (p) => {
    const room = await Room.open();
    await room.do(room.me, 'arm', { minutes: 5 });
    await room.do(await room.join('Bob'), 'arm', { minutes: 3 });
    await enter(p, room, { page: '/live?plain', ready: '.facts' });
  },
  'no scripts, no contact': async (p) => {
    await inRoom(p, { page: '/live?plain', ready: '.note' });
    await p.evaluate(() => document.querySelector('.live-stale').getAnimations().forEach((a) => a.animationName.startsWith('stale') && a.finish()));
  },
  'no scripts, blank': async (p) => {
    await inRoom(p, { page: '/live?plain', ready: '.note' });
    await p.evaluate(() => document.getAnimations().forEach((a) => a.finish()));
  },
  'no scripts, purged': async (p) => {
    const room = await inRoom(p, { page: '/live?plain', ready: '.note' });
    await room.do(await room.join('Bob'), 'purge');
    await p.locator('.ended').waitFor();
  },
  'composer': (p) => inRoom(p, { page: '/compose', ready: '#message' }),
  'composer, with a problem': async (p) => {
    await inRoom(p, { page: '/compose', ready: '#message' });
    await p.click('[type=submit]');
    await p.locator('[data-hint]:not(:empty)').waitFor();
  },
  'composer, room over': async (p) => p.goto(`${(await Room.open()).path}/compose`),
  'text browser': async (p) => {
    const room = await Room.open();
    await sayAll(room);
    await room.do(room.me, 'arm', { minutes: 5 });
    await enter(p, room, { page: '/live?once', ready: '.once-again' });
  },
};
for (const cause of ['lease', 'gone', 'cookies', 'purged', 'replaced']) states[`no scripts, ended, ${cause}`] = (p) => p.goto(`/r/x/ended/${cause}`);

// The looks at each state.

const light = { colorScheme: 'light', forcedColors: 'none' };
const dark = { colorScheme: 'dark', forcedColors: 'none' };
const devices = [
  { context: { viewport: { width: 320, height: 568 }, isMobile: true, hasTouch: true }, looks: { 'phone light': { media: light }, 'phone dark': { media: dark } } },
  {
    context: { viewport: { width: 1280, height: 800 } },
    looks: {
      'desk light': { media: light },
      'desk dark': { media: dark },
      'desk forced colours': { media: { colorScheme: 'light', forcedColors: 'active' } },
      'desk text 200 %': { media: light, text: '200%' },
    },
  },
];

const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
// Left out is what is withdrawn, what reports everything hidden, and what asks whether
// a frame was looked at: each is looked at by itself.
const out = ['deprecated', 'review-item'];
const ofWhole = 'css-orientation-lock'; // wants a page that is loaded to its end
const rules = axe
  .getRules()
  .filter((rule) => rule.tags.some((tag) => tags.includes(tag)) && !rule.tags.some((tag) => out.includes(tag)))
  .map((rule) => rule.ruleId)
  .filter((rule) => !['frame-tested', ofWhole].includes(rule));
// In forced colours the browser picks the colours, and axe reads others.
const notForced = 'color-contrast';

/** What axe says of a page and of the frames in it. */
async function ask(p, forced) {
  const said = [];
  for (const frame of p.frames()) {
    const top = frame === p.mainFrame();
    if (!top && !(await (await frame.frameElement()).isVisible())) continue;
    await frame.evaluate(axe.source);
    const { violations, incomplete } = await frame.evaluate(
      ([rules, whole, initiator]) => {
        if (!initiator) globalThis.setTimeout = (f) => void Promise.resolve().then(f); // a sandboxed frame has no timers
        const complete = document.readyState === 'complete'; // as a page that never ends is not
        return globalThis.axe.run(
          { include: [document], initiator },
          {
            runOnly: { type: 'rule', values: complete ? [...rules, whole] : rules },
            resultTypes: ['violations', 'incomplete'],
            iframes: false,
            preload: complete,
          },
        );
      },
      [forced ? rules.filter((rule) => rule !== notForced) : rules, ofWhole, top],
    );
    for (const [kind, results] of Object.entries({ violation: violations, incomplete })) {
      for (const { id, impact, nodes } of results) {
        for (const { target, html, any, all, none } of nodes) {
          const why = [...any, ...all, ...none].map((check) => check.message).join(' ');
          said.push({ kind, rule: `${id} (${impact})`, at: (top ? '' : 'frame: ') + target.join(' '), html, why });
        }
      }
    }
  }
  return said;
}

/** Whether the page has to be scrolled sideways. */
async function tooWide(p) {
  const [has, wants] = await p.evaluate(() => [innerWidth, document.scrollingElement.scrollWidth]);
  return wants > has ? [{ kind: 'violation', rule: 'reflow', at: 'html', html: '', why: `The page is wider than the window, ${wants} px in ${has} px` }] : [];
}

/** @type {Map<string, {kind: string, rule: string, at: string, html: string, why: string, where: Map<string, string[]>}>} */
const findings = new Map();
let looked = 0;
const broken = [];

function find(state, look, said) {
  for (const one of said) {
    const key = [one.kind, one.rule, one.at, one.why].join('\n');
    const { where } = findings.get(key) ?? findings.set(key, { ...one, where: new Map() }).get(key);
    where.set(state, [...(where.get(state) ?? []), look]);
  }
}

async function lookAtAll() {
  const browser = await chromium.launch({ executablePath, args });
  for (const [state, reach] of Object.entries(states)) {
    if (!state.includes(wanted)) continue;
    for (const { context, looks } of devices) {
      const p = await browser.newPage({ ...context, baseURL: base, reducedMotion: 'reduce' });
      p.setDefaultTimeout(15_000);
      try {
        const again = await reach(p);
        for (const [look, { media, text = '' }] of Object.entries(looks)) {
          await p.emulateMedia(media);
          await p.evaluate((size) => {
            document.documentElement.style.fontSize = size;
            scrollTo(0, 0); // axe cannot judge what the sticky exit covers
          }, text);
          if (typeof again === 'function') await again();
          await p.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
          find(state, look, [...(await ask(p, media.forcedColors === 'active')), ...(await tooWide(p))]);
          looked++;
        }
      } catch (error) {
        broken.push(`${state}, ${context.viewport.width} px: ${error.message}`);
      }
      await p.close();
      await p.context().close();
    }
    process.stderr.write('.');
  }
  process.stderr.write('\n');
  await browser.close();
}

function tellFindings() {
  const order = [...findings.values()].sort((a, b) => b.kind.localeCompare(a.kind) || a.rule.localeCompare(b.rule) || a.at.localeCompare(b.at));
  for (const { kind, rule, at, html, why, where } of order) {
    console.log(`\n${kind}: ${rule}\n  at   ${at}\n  html ${html.replace(/\s+/g, ' ').slice(0, 160)}\n  why  ${why}`);
    for (const [state, looks] of where) console.log(`  in   ${state} [${looks.join(', ')}]`);
  }
  for (const state of broken) console.log(`\nnot reached: ${state}`);
  const count = (kind) => order.filter((one) => one.kind === kind).length;
  console.log(`\naxe-core ${axe.version}: ${looked} looks, ${count('violation')} violations, ${count('incomplete')} incomplete, ${broken.length} states not reached\n`);
  return order.length + broken.length === 0;
}

// Lighthouse.

const categories = ['performance', 'accessibility', 'best-practices'];
const TRIES = 3; // a busy computer only ever makes a page slower

/** Whether each of the pages has all points. */
async function score() {
  const at = await freePort();
  const browser = await chromium.launchPersistentContext('', { executablePath, args: [...args, `--remote-debugging-port=${at}`] });
  let all = true;
  const room = await Room.open();
  for (const [name, to] of Object.entries({ home: '/', join: room.path, room: room.path })) {
    if (name === 'room') await enter(browser.pages()[0], room);
    await browser.pages()[0].goto('about:blank');
    let best;
    for (let i = 0; i < TRIES && !(best?.points === 100 * categories.length); i++) {
      const { lhr } = await lighthouse(base + to, { port: at, output: [], logLevel: 'error', onlyCategories: categories, disableStorageReset: true });
      const scores = categories.map((c) => Math.round(lhr.categories[c].score * 100));
      const points = scores.reduce((a, b) => a + b);
      if (!best || points > best.points) best = { lhr, scores, points };
    }
    const { lhr, scores, points } = best;
    all &&= points === 100 * categories.length;
    const metrics = ['first-contentful-paint', 'largest-contentful-paint', 'speed-index', 'total-blocking-time', 'cumulative-layout-shift'];
    console.log(`Lighthouse ${lhr.lighthouseVersion}, ${name}: ${categories.map((c, i) => `${c} ${scores[i]}`).join(', ')}`);
    console.log(`  ${metrics.map((m) => `${lhr.audits[m].title} ${lhr.audits[m].displayValue}`).join(', ')}`);
    const weights = new Map(categories.flatMap((c) => lhr.categories[c].auditRefs.map((ref) => [ref.id, ref.weight])));
    for (const audit of Object.values(lhr.audits)) {
      if (audit.score === null || audit.score >= 1) continue;
      const costs = weights.get(audit.id) > 0 && !(metrics.includes(audit.id) && audit.score >= 0.995);
      console.log(`  ${costs ? 'costs points' : 'is noted    '} ${audit.id}: ${audit.title} ${audit.displayValue ?? ''}`);
    }
  }
  await browser.close();
  console.log();
  return all;
}

// Bytes over the wire: everything, in both directions, headers included.

async function weigh() {
  const browser = await chromium.launch({ executablePath, args });
  const room = await Room.open();
  const pages = {
    'home': '/',
    'join': room.path,
    'room': { page: '' },
    'room without scripts': { page: '/live?plain', ready: '.note' },
    'room in a text browser': { page: '/live?once', ready: '.once-again' },
    'composer': { page: '/compose', ready: '#message' },
    'gone': '/r/there-is-no-such-room',
    'measures': '/measures',
  };
  console.log('bytes over the wire     first visit: received  sent  connections   loaded again: received  sent');
  for (const [name, to] of Object.entries(pages)) {
    const line = await openLine();
    const p = await browser.newPage();
    const settled = async () => {
      for (let before = -1; before !== line.received; await pause(500)) before = line.received;
      return { ...line };
    };
    await (typeof to === 'string' ? p.goto(line.base + to) : enter(p, room, { at: line.base, ...to }));
    const first = await settled();
    await p.reload({ waitUntil: 'commit' });
    const then = await settled();
    const numbers = [first.received, first.sent, first.connections, then.received - first.received, then.sent - first.sent];
    console.log(name.padEnd(22), ...numbers.map((n, i) => String(n).padStart([23, 6, 13, 24, 6][i])));
    await p.context().close();
    line.cut();
  }
  await browser.close();
}

await lookAtAll();
const clean = tellFindings();
const perfect = wanted ? true : await score();
if (!wanted) await weigh();
process.exit(clean && perfect ? 0 : 1);
