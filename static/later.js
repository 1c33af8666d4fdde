// @ts-check
// What need.js loads.

import './words.js'; // first: the others may say something at once
import './keyboard.js';
import './toolkeys.js';

export { Folds } from './fold.js';
export { insert } from './insert.js';
export { mediaButtons } from './media.js';
export { preview } from './preview.js';
export { numbered, ring, silence, takeBack } from './ring.js';
export { scaled } from './scale.js';
