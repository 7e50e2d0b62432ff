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
};

// Of the number that /curves and /parallel have for a state.
export const stateByNumber = ['running', 'succeeded', 'diverged', 'stopped', 'failed', 'cancelled'];

// The one word for a sweep, which has several flags.
export function sweepState(sweep) {
  if (sweep.unreadable) return 'failed';
  if (sweep.state === 'running' && sweep.interrupted) return 'interrupted';
  if (sweep.state === 'running' && sweep.paused) return 'paused';
  return sweep.state;
}
