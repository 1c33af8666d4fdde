// @ts-check
// What need.js loads.

export { Folds } from './fold.js';
export { insert } from './insert.js';
import './keyboard.js';
export { mediaButtons } from './media.js';
export { preview } from './preview.js';
export { numbered, ring, silence, takeBack } from './ring.js';
export { scaled } from './scale.js';
import './toolkeys.js';
import './words.js';
