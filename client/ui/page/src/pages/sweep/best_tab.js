// The best of each group, with intervals, and what may be said about depth.
import {Choice} from '../../charts/controls.js';
import {bestRange, bestRows, comparisons, profiles, sentencesOf, whiskerWords} from '../../charts/best_model.js';
import {fileName, saveCsv} from '../../charts/download.js';
import {publish} from '../../charts/ink.js';
import {Strip, StripAxis, stripScale} from '../../charts/strip.js';
import {address} from '../../lib/api.js';
import {count, exact, number} from '../../lib/format.js';
import {html, useEffect, useMemo} from '../../lib/html.js';
import {useResource} from '../../lib/resource.js';
import {place} from '../../lib/router.js';
import {visible} from '../../lib/visible.js';
import {writeFilter} from '../../state/filter.js';
import {Answer, Copy, Empty, Partial, Waiting} from '../../ui/parts.js';
import {Profiles} from './profiles.js';

const mostTrials = 6; // Links of a row.

export function BestTab({sweep, filter, version}) {
  const where = writeFilter(filter);
  const path = `/api/sweeps/${sweep.id}/summary`;
  const chosen = useResource(where.length > 0 ? address(path, {where}) : null, [version]);
  // Where the program cannot condense a part of a sweep, the whole is better than nothing.
  const refused = where.length > 0 && chosen.error?.status === 409;
  const whole = useResource(where.length === 0 || refused ? path : null, [version]);
  const answer = where.length === 0 || refused ? whole : chosen;
  return html`<div class="chart-tab">
    ${refused && html`<p class="small muted" role="status">Of all trials: ${visible(chosen.error.message)}</p>`}
    <${Answer} of=${answer} what="Condensing the sweep">${(data) =>
    html`<${Summary} sweep=${sweep} data=${data} old=${answer.old}/>`}</${Answer}></div>`;
}

function Summary({sweep, data, old}) {
  const {summary} = data;
  const labels = useMemo(() => new Map((sweep.axes ?? []).map(({name, label}) => [name, visible(label ?? name)])), [sweep]);
  const steps = summary?.steps ?? [];
  const wished = Number(place.value.query.get('at') ?? NaN);
  const chosen = steps.indexOf(wished) >= 0 ? steps.indexOf(wished) : steps.length - 1;
  const rows = useMemo(() => bestRows(summary ?? {}, labels, chosen), [summary, labels, chosen]);
  const races = useMemo(() => comparisons(summary ?? {}, labels), [summary, labels]);
  const lines = useMemo(() => profiles(summary ?? {}, labels), [summary, labels]);
  const sentences = useMemo(() => sentencesOf(data), [data]);
  useEffect(() => {
    publish('best', {rows, races, sentences, profiles: lines});
    return () => publish('best', null);
  }, [rows, races, sentences, lines]);
  if (!summary && data.done < 1) return html`<${Partial} done=${data.done} what="of the points read"/><${Waiting} what="Condensing the sweep"/>`;
  if (!summary || (rows.length === 0 && sentences.length === 0)) {
    return html`<${Empty} title="Nothing to compare yet"><p>A group appears when all trials of one of its settings have ended.</p></${Empty}>`;
  }
  return html`<div class=${old ? 'chart old' : 'chart'}>
    <${Partial} done=${data.done} what="of the points read"/>
    ${summary.trials > summary.finished && html`<p class="small muted">So far: ${count(summary.finished)} of ${count(summary.trials)} trials have ended.</p>`}
    <${Sentences} list=${sentences}/>
    ${steps.length > 1 && html`<div class="bar best-bar"><${Choice} label="At step" name="at" value=${String(steps[chosen])}
      standard=${String(steps.at(-1))} options=${steps.map((step) => [String(step), step === null ? 'the end' : count(step)])}/></div>`}
    ${rows.length > 0 && html`<${Groups} ...${{sweep, summary, rows, labels, step: steps[chosen]}}/>`}
    ${races.length > 0 && html`<${Races} sweep=${sweep} races=${races}/>`}
    <${Profiles} list=${lines}/>
  </div>`;
}

function Sentences({list}) {
  if (list.length === 0) return null;
  return html`<div class="sentences">${list.map(({title, lines, text}) => html`<section class="sentence" key=${title}>
    <div class="sentence-head"><h2>${visible(title)}</h2><${Copy} text=${text}/></div>
    ${lines.map((line, i) => html`<p key=${i}>${visible(line)}</p>`)}
  </section>`)}</div>`;
}

function Trials({sweep, trials}) {
  return html`${trials.slice(0, mostTrials).map((trial, i) => html`${i > 0 ? ', ' : ''}<a key=${trial}
    href=${`/sweeps/${sweep.id}/trials/${trial}`}>${trial}</a>`)}${trials.length > mostTrials ? ` and ${trials.length - mostTrials} more` : ''}`;
}

function Groups({sweep, summary, rows, labels, step}) {
  const metric = (sweep.metrics ?? []).find(({name}) => name === summary.metric);
  const label = visible(metric?.label ?? String(summary.metric ?? '').replaceAll('_', ' '));
  const log = metric?.log !== false && rows.every(({value}) => value === null || value > 0);
  const scale = stripScale(bestRange(rows, log), log);
  const words = `${label}${step === null || step === undefined ? '' : ` at step ${count(step)}`}`;
  return html`<section class="section"><h2>Best of each group</h2>
    <p class="small muted">${whiskerWords({...summary, average_over: (summary.average_over ?? []).map((name) => labels.get(name) ?? name)}, rows)}</p>
    <div class="table-wrap"><table class="data strips">
      <thead><tr><th scope="col">Group</th><th scope="col" class="number">${words}</th>
        <th scope="col" class="strip-cell"><${StripAxis} scale=${scale} label=${words}/></th><th scope="col">Setting</th><th scope="col">Trials</th></tr></thead>
      <tbody>${rows.map((row) => html`<tr key=${row.label}><th scope="row"><bdi>${visible(row.label)}</bdi></th>
        <td class="number" title=${exact(row.value)}>${number(row.value)}${row.error !== null ? html`<span class="muted"> ± ${number(row.error, 2)}</span>` : ''}</td>
        <td class="strip-cell"><${Strip} scale=${scale} value=${row.value} low=${row.low} high=${row.high}/></td>
        <td><bdi>${visible(row.setting)}</bdi>${row.notes.length > 0 && html`<div class="small muted">${row.notes.join(', ')}</div>`}</td>
        <td class="small"><${Trials} sweep=${sweep} trials=${row.trials}/></td></tr>`)}</tbody></table></div>
    <div class="chart-end"><span class="grow"></span>
      <button type="button" class="button small quiet" onClick=${() => table(sweep, summary, rows)}>CSV</button></div>
  </section>`;
}

const kinds = {
  'speed-up': {title: 'How much faster', log: true, neutral: 1, words: 'Steps of the reference over steps of the group, to the lowest value that both reach.'},
  ratio: {title: 'How far apart', log: true, neutral: 1, words: 'The mean of the group over that of the reference.'},
  difference: {title: 'How far apart', log: false, neutral: 0, words: 'The mean of the group less that of the reference.'},
};

function Races({sweep, races}) {
  return html`${Object.entries(kinds).map(([kind, {title, log, neutral, words}]) => {
    const list = races.filter((race) => race.kind === kind);
    if (list.length === 0) return null;
    const ends = list.flatMap(({value, low, high}) => [value, low, high, neutral]).filter((one) => one !== null && Number.isFinite(one) && (!log || one > 0));
    const scale = stripScale([Math.min(...ends), Math.max(...ends)], log, neutral);
    const intervals = list.some(({low}) => low !== null);
    return html`<section class="section" key=${kind}><h2>${title}</h2>
      <p class="small muted">${words} ${intervals ? 'Whisker: the interval that holds the true value in 95 of 100 such sweeps, with the setting chosen anew each time.'
    : 'There is no interval: it takes three repetitions.'}</p>
      <div class="table-wrap"><table class="data strips">
        <thead><tr><th scope="col">Group</th>
          <th scope="col" class="number">${kind === 'speed-up' ? 'Speed-up' : kind === 'ratio' ? 'Ratio' : 'Difference'}</th>
          <th scope="col" class="strip-cell"><${StripAxis} scale=${scale} label=${kind}/></th><th scope="col">95 % interval</th>
          <th scope="col">Verdict</th></tr></thead>
        <tbody>${list.map((race) => html`<tr key=${race.label}><th scope="row"><bdi>${visible(race.label)}</bdi>
            <div class="small muted">against ${visible(race.against)}, ${race.at}</div></th>
          <td class="number">${{at_least: '≥ ', at_most: '≤ '}[race.bound] ?? ''}${number(race.value, 3)}${kind === 'difference' ? '' : '×'}</td>
          <td class="strip-cell"><${Strip} scale=${scale} value=${race.value} low=${race.low} high=${race.high} bound=${race.bound}/></td>
          <td class="nowrap">${race.low === null ? html`<span class="muted">–</span>` : `${number(race.low, 3)} to ${number(race.high, 3)}`}</td>
          <td>${race.verdict || html`<span class="muted">none</span>`}</td></tr>`)}</tbody></table></div>
      <div class="chart-end"><span class="grow"></span><button type="button" class="button small quiet" onClick=${() =>
    saveCsv(fileName(sweep, kind, 'csv'), ['group', 'against', 'at', 'value', 'bound', 'low', 'high', 'verdict'],
      list.map((race) => [race.label, race.against, race.at, race.value, race.bound, race.low, race.high, race.verdict]))}>CSV</button></div>
    </section>`;
  })}`;
}

function table(sweep, summary, rows) {
  saveCsv(fileName(sweep, 'best', 'csv'), ['group', summary.metric, 'standard_error', 'setting', 'trials', 'note'],
    rows.map((row) => [row.label, row.value, row.error, row.setting, row.trials.join(' '), row.notes.join(', ')]));
}
