// What the heat map of a sweep shows, from the address and the spec. Pure.

// Returns {x, y: axes, value, values: [[value, label]]}; x is null for a sweep with
// less than two axes that vary.
export function heatSettings(sweep, query) {
  const axes = (sweep.axes ?? []).filter(({count}) => count > 1);
  const named = (name) => axes.find((axis) => axis.name === name) ?? null;
  const values = valuesOf(sweep);
  const value = values.some(([name]) => name === query.get('value')) ? query.get('value') : values[0][0];
  if (axes.length < 2) return {x: null, y: null, axes, value, values};
  // Rates go along x, what they are for upwards.
  const standardX = named('learning_rate') ?? axes.find(({log}) => log) ?? axes.at(-1);
  const standardY = [named('depth'), ...axes].find((axis) => axis && axis !== standardX);
  let x = named(query.get('x')) ?? standardX;
  let y = named(query.get('y')) ?? standardY;
  if (x === y) {
    if (query.get('y')) x = axes.find((axis) => axis !== y);
    else y = axes.find((axis) => axis !== x);
  }
  return {x, y, axes, value, values, standardX: standardX.name, standardY: standardY.name};
}

function valuesOf(sweep) {
  const metrics = (sweep.metrics ?? []).filter(({name}) => name !== 'loss');
  return [
    ['final', 'final loss'], ['best', 'best loss'], ['diverged', 'share diverged'],
    ...metrics.map(({name, label}) => [`metric:${name}`, `final ${label ?? name}`]),
    ...(sweep.goals ?? []).map((goal) => [`steps_to:${goal}`, `steps to ${goal}`]),
  ];
}
