// @ts-check
// The keyboard of a phone leaves so much of the page in view, where the browser
// does not make the page itself smaller.

import { find } from './room.js';

const KEYBOARD_PX = 120; // is smaller than the keyboard of any phone

const room = find('.room');
const height = new CSSStyleSheet();
document.adoptedStyleSheets.push(height);

function fit(/** @type {VisualViewport} */ view) {
  if (view.scale !== 1) return; // zoomed, not smaller
  height.replaceSync(`:root { --view: ${view.height}px; }`);
  room.toggleAttribute('data-keyboard', view.height < innerHeight - KEYBOARD_PX);
  scrollTo(0, 0);
  document.activeElement?.scrollIntoView({ block: 'nearest' });
}

const view = globalThis.visualViewport;
if (view) {
  view.addEventListener('resize', () => fit(view));
  if (view.height < innerHeight - KEYBOARD_PX) fit(view); // it was opened by the touch that loaded this
}
