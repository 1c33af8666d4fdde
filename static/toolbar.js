// @ts-check
// The toolbar of the composer writes formatting around what is selected, by its
// buttons or by keys, so that it can be undone as what was typed.

import { find, word } from './page.js';

const bar = find('[data-toolbar]');
const toggle = find('[data-toolbar-toggle]');
const text = /** @type {HTMLTextAreaElement} */ (find('textarea[name=html]'));
const buttons = /** @type {HTMLButtonElement[]} */ ([...bar.querySelectorAll('button')]);
const emoji = find('[data-emoji-panel]');

/** The lines of a text; what a spreadsheet copies ends with a line break. */
const lines = (/** @type {string} */ s) => s.replace(/\n$/, '').split('\n');

/** @type {Record<string, (selected: string) => [before: string, inside: string, after: string]>} */
const formats = {
  bold: (s) => ['<b>', s, '</b>'],
  italic: (s) => ['<i>', s, '</i>'],
  underline: (s) => ['<u>', s, '</u>'],
  strike: (s) => ['<s>', s, '</s>'],
  mark: (s) => ['<mark>', s, '</mark>'],
  code: (s) => ['<code>', s, '</code>'],
  'code-block': (s) => ['<pre><code>', s, '</code></pre>'],
  quote: (s) => ['<blockquote>', s, '</blockquote>'],
  heading: (s) => ['<h2>', s, '</h2>'],
  spoiler: (s) => [`<details><summary>${word('spoiler')}</summary>`, s, '</details>'],
  bullets: (s) => ['<ul><li>', lines(s).join('</li><li>'), '</li></ul>'],
  numbers: (s) => ['<ol><li>', lines(s).join('</li><li>'), '</li></ol>'],
  // An address becomes what the link leads to, a text what it says.
  link: (s) => (/^https?:\S+$/.test(s) ? [`<a href="${s}">`, '', '</a>'] : ['<a href="', 'https://', `">${s}</a>`]),
  // What was copied from a spreadsheet has tabs between its cells.
  table: (s) => {
    const rows = s === '' ? [['', ''], ['', '']] : lines(s).map((row) => row.split('\t'));
    const cells = rows.map((row, i) => row.map((cell) => (i === 0 ? `<th>${cell}</th>` : `<td>${cell}</td>`)).join(''));
    const all = `<table><tr>${cells.join('</tr><tr>')}</tr></table>`;
    const first = all.indexOf('</th>');
    return s === '' ? [all.slice(0, first), '', all.slice(first)] : ['', all, ''];
  },
};

/** Puts text in place of what is selected, and selects its middle. */
function replace(/** @type {string} */ before, /** @type {string} */ inside, /** @type {string} */ after) {
  text.focus();
  const { selectionStart: start, selectionEnd: end } = text;
  // The old command alone can be undone.
  if (!document.execCommand('insertText', false, before + inside + after)) {
    text.setRangeText(before + inside + after, start, end, 'end');
    text.dispatchEvent(new InputEvent('input', { bubbles: true }));
  }
  const from = start + before.length;
  text.setSelectionRange(from, from + inside.length);
}

function apply(/** @type {string} */ name) {
  const selected = text.value.slice(text.selectionStart, text.selectionEnd);
  replace(...formats[name](selected));
}

/** @type {Map<string, string>} */
const keys = new Map(); // "Shift+X" -> "strike"

for (const button of buttons) {
  const { insert, keys: short = '' } = button.dataset;
  // The cursor stays in the text, and so does the keyboard of a phone.
  button.addEventListener('mousedown', (event) => event.preventDefault());
  if (!insert) continue;
  keys.set(short, insert);
  button.title = `${button.ariaLabel} (Ctrl+${short})`;
  button.setAttribute('aria-keyshortcuts', `Control+${short} Meta+${short}`);
  button.addEventListener('click', () => apply(insert));
}

text.addEventListener('keydown', (event) => {
  if (!(event.ctrlKey || event.metaKey) || event.altKey) return;
  // Where a layout has no such letter or digit, the key in its place counts.
  const shift = event.shiftKey ? 'Shift+' : '';
  const name = keys.get(shift + event.key.toUpperCase()) ?? keys.get(shift + event.code.replace(/^(Key|Digit)/, ''));
  if (!name) return;
  event.preventDefault();
  apply(name);
});

// The few emoji that people use most; the keyboard of a phone and the panel of a
// desktop have all others.
for (const one of '👍 👎 👌 🙏 👏 💪 👀 ❤️ 😀 😂 🙂 😉 😍 😢 😡 😱 🤔 😴 🎉 🔥 ✅ ❌ ⚠️ ❓ 📍 📞 🔒 ⏰'.split(' ')) {
  const button = document.createElement('button');
  button.type = 'button';
  button.className = 'button-tool';
  button.addEventListener('mousedown', (event) => event.preventDefault());
  button.textContent = one;
  button.addEventListener('click', () => {
    emoji.hidePopover();
    replace(one, '', '');
  });
  emoji.append(button);
}

// One stop for the Tab key; arrows lead from button to button.

function enter(/** @type {HTMLButtonElement} */ next) {
  for (const button of buttons) button.tabIndex = button === next ? 0 : -1;
}
enter(buttons[0]);
bar.addEventListener('focusin', (event) => enter(/** @type {HTMLButtonElement} */ (event.target)));
bar.addEventListener('keydown', (event) => {
  const at = buttons.indexOf(/** @type {HTMLButtonElement} */ (document.activeElement));
  const forward = getComputedStyle(bar).direction === 'rtl' ? -1 : 1;
  const to = { ArrowRight: at + forward, ArrowLeft: at - forward, Home: 0, End: buttons.length - 1 }[event.key];
  if (to === undefined) return;
  event.preventDefault();
  buttons[(to + buttons.length) % buttons.length].focus();
});

function show(/** @type {boolean} */ open) {
  bar.hidden = !open;
  toggle.setAttribute('aria-expanded', String(open));
}
toggle.hidden = false;
toggle.addEventListener('mousedown', (event) => event.preventDefault());
toggle.addEventListener('click', () => show(bar.hidden));
show(matchMedia('(min-width: 60rem)').matches);

/** Has a picture taken in when somebody chooses one. */
export function onPicture(/** @type {(file: File) => void} */ take) {
  const file = /** @type {HTMLInputElement} */ (find('[data-picture-file]'));
  find('[data-picture-choose]').addEventListener('click', () => file.click());
  file.addEventListener('change', () => {
    if (file.files?.[0]) take(file.files[0]);
    file.value = '';
  });
}
