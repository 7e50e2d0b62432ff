// The states of trials and sweeps: words, order, and marks that differ in shape as
// well as in colour. The colours are in style/theme.css (--state-NAME).

export const trialStates = ['succeeded', 'stopped', 'diverged', 'failed', 'cancelled', 'leased', 'pending'];

export const stateWords = {
  pending: 'pending',
  leased: 'running',
  running: 'running',
  succeeded: 'succeeded',
  diverged: 'diverged',
  stopped: 'stopped',
  failed: 'failed',
  cancelled: 'cancelled',
  completed: 'completed',
  paused: 'paused',
  interrupted: 'interrupted',
  waiting: 'waiting',
  unreadable: 'unreadable',
};

export const stateMarks = {
  pending: '○',
  leased: '◐',
  running: '◐',
  succeeded: '●',
  completed: '●',
  diverged: '▲',
  stopped: '■',
  failed: '✕',
  cancelled: '⊘',
  paused: '‖',
  interrupted: '!',
  waiting: '◌',
  unreadable: '?',
};

// Of the number that /curves and /parallel have for a state.
export const stateByNumber = ['running', 'succeeded', 'diverged', 'stopped', 'failed', 'cancelled'];

// The one word for a sweep, which has several flags.
export function sweepState(sweep) {
  if (sweep.unreadable) return 'unreadable';
  if (sweep.state !== 'running') return sweep.state;
  if (sweep.interrupted) return 'interrupted';
  if (sweep.paused) return 'paused';
  // As `fathom list` has it: nobody works on it now.
  return sweep.counts && !sweep.counts.leased ? 'waiting' : 'running';
}
