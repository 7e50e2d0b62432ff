// What can be made of the rows of a query. Pure.
import {number, toNumber} from '../../lib/format.js';
import {valueText} from '../../charts/ticks.js';

// Returns {name, number: whether all values are numbers (or null), distinct: up to
// 21 values} for each column.
export function columnsOf(result) {
  return result.columns.map((name, k) => {
    let numeric = false;
    let text = false;
    const distinct = new Set();
    for (const row of result.rows) {
      const value = row[k];
      if (value === null) continue;
      if (toNumber(value) === null) text = true;
      else numeric = true;
      if (distinct.size <= 20) distinct.add(value);
    }
    return {name, number: numeric && !text, distinct: [...distinct]};
  });
}

// Returns the columns to plot before anybody has chosen: the last column of numbers
// over another one, coloured by what has few values. Names of sweeps, trials and
// seeds are numbers, too, but say little.
export function guess(columns) {
  const numbers = columns.filter((column) => column.number);
  if (numbers.length < 2) return null;
  const y = numbers.at(-1);
  const tells = (column) => column !== y && !/^(sweep|trial|seed)(_id|_index)?$/.test(column.name);
  const few = columns.find((column) => tells(column) && column.distinct.length > 1 && column.distinct.length <= 12);
  const others = numbers.filter((column) => column !== y);
  const x = others.find((column) => tells(column) && column !== few) ?? others.find(tells) ?? others[0];
  return {x: x.name, y: y.name, colour: few && few !== x ? few.name : ''};
}

const mostGroups = 20;

// Returns {series, groups, rest}: the rows as series of {label, value, x, y, row},
// one for each value of the column `colour`. Values behind the twentieth are left
// out, and `rest` says how many rows that are. Lines go from left to right.
export function seriesOf(result, {x, y, colour}, {sorted = false} = {}) {
  const [xAt, yAt, colourAt] = [x, y, colour].map((name) => result.columns.indexOf(name));
  const groups = new Map();
  let rest = 0;
  result.rows.forEach((row, i) => {
    const point = {x: toNumber(row[xAt]), y: toNumber(row[yAt]), row: i};
    if (point.x === null || point.y === null) return;
    const value = colourAt < 0 ? '' : row[colourAt];
    if (!groups.has(value)) {
      if (groups.size >= mostGroups) {
        ++rest;
        return;
      }
      groups.set(value, []);
    }
    groups.get(value).push(point);
  });
  const order = [...groups.keys()];
  if (order.every((value) => typeof value === 'number')) order.sort((a, b) => a - b);
  const series = order.map((value) => {
    const points = groups.get(value);
    if (sorted) points.sort((a, b) => a.x - b.x);
    return {label: typeof value === 'number' ? valueText(value) : String(value ?? 'null'), value,
      x: points.map((point) => point.x), y: points.map((point) => point.y), row: points.map((point) => point.row)};
  });
  return {series, ordered: order.every((value) => typeof value === 'number'), rest};
}

// Returns a cell as text.
export function cellText(value) {
  if (value === null) return 'null';
  return toNumber(value) === null ? String(value) : number(value, 6);
}
