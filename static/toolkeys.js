// @ts-check
// The toolbar is one stop for the Tab key; arrows lead from button to button.

import { find } from './room.js';

const bar = find('[data-toolbar]');
const buttons = /** @type {HTMLButtonElement[]} */ ([...bar.querySelectorAll('button')]);

function enter(/** @type {HTMLButtonElement} */ next) {
  for (const button of buttons) button.tabIndex = button === next ? 0 : -1;
}
enter(buttons.find((button) => button === document.activeElement) ?? buttons[0]);
bar.addEventListener('focusin', (event) => enter(/** @type {HTMLButtonElement} */ (event.target)));
bar.addEventListener('keydown', (event) => {
  const at = buttons.indexOf(/** @type {HTMLButtonElement} */ (document.activeElement));
  const forward = getComputedStyle(bar).direction === 'rtl' ? -1 : 1;
  const to = { ArrowRight: at + forward, ArrowLeft: at - forward, Home: 0, End: buttons.length - 1 }[event.key];
  if (to === undefined) return;
  event.preventDefault();
  buttons[(to + buttons.length) % buttons.length].focus();
});
