// Returns {rows: [[word, [line, ...]]], rest: [line]} of the lines of `fathom explain`.
// The heading, which says what the page says above, is left out. Lines that are
// indented go on with the word before them. Pure.
export function storyOf(lines) {
  const rows = [];
  const rest = [];
  lines.forEach((line, i) => {
    if (i === 0 && /^(trial|sweep) \d/.test(line)) return;
    const found = /^([a-z][a-z ]{0,16}|ETA):\s+(.*)$/.exec(line);
    if (found) rows.push([found[1], [found[2]]]);
    else if (/^\s/.test(line) && rows.length > 0) rows.at(-1)[1].push(line.trim());
    else rest.push(line);
  });
  return {rows, rest};
}
