// @ts-check
// The sentences that only what is loaded later says.

import { learn } from './room.js';

// @ts-expect-error static/build puts them here (views.LaterWords)
learn(LATER_WORDS);
