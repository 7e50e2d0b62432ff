// Names come from strangers. Pure.

const zeroWidth = new Set([0x00ad, 0x061c, 0x180e, 0x200b, 0x200c, 0x200d, 0x200e, 0x200f, 0x2060, 0xfeff]);

function hides(code) {
  return code < 0x20 || (code >= 0x7f && code <= 0x9f) || zeroWidth.has(code) || (code >= 0x202a && code <= 0x202e) ||
    (code >= 0x2066 && code <= 0x2069) || (code >= 0x2028 && code <= 0x2029) || (code >= 0xd800 && code <= 0xdfff) ||
    (code >= 0xe0000 && code <= 0xe007f);
}

// Not by the pictures of control characters, which few fonts have.
const shown = (code) => `⟨U+${code.toString(16).toUpperCase().padStart(4, '0')}⟩`;

// Returns the text with what could hide or turn round its parts made visible:
// control characters, changes of direction, characters without width. `lines`
// keeps line breaks and tabs.
export function visible(text, {lines = false} = {}) {
  let out = '';
  for (const letter of String(text)) {
    const code = letter.codePointAt(0);
    if (lines && (code === 0x0a || code === 0x09)) out += letter;
    else out += hides(code) ? shown(code) : letter;
  }
  return out;
}
