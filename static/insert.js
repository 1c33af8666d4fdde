// @ts-check
// What the toolbar inserts: formatting around what is selected, and emoji; so that
// it can be undone as what was typed.

import { find, word } from './room.js';

const text = /** @type {HTMLTextAreaElement} */ (find('textarea[name=html]'));
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

/** Writes this formatting around what is selected, takes it away if it is there, or leads out at its end. */
export function insert(/** @type {string} */ name) {
  const { selectionStart: start, selectionEnd: end, value } = text;
  const selected = value.slice(start, end);
  const [before, inside, after] = formats[name](selected);
  const closes = after !== '' && inside === selected && value.startsWith(after, end);
  if (closes && value.slice(0, start).endsWith(before)) {
    text.setSelectionRange(start - before.length, end + after.length);
    replace('', selected, '');
  } else if (closes && selected === '') {
    text.focus();
    text.setSelectionRange(end + after.length, end + after.length);
  } else {
    replace(before, inside, after);
  }
}

emoji.addEventListener('beforetoggle', () => {
  const { top } = find('[data-toolbar]').getBoundingClientRect();
  emoji.style.insetBlockEnd = `${innerHeight - top}px`; // above what is being written
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
