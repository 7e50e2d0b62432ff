// The one place that chooses how views are written: htm needs no compiler and no
// eval, signals draw again only what has changed.
import htm from 'htm';
import {h} from 'preact';

export const html = htm.bind(h);
export {Component, Fragment, render} from 'preact';
export {useCallback, useEffect, useId, useLayoutEffect, useMemo, useRef, useState} from 'preact/hooks';
export {batch, computed, effect, signal, untracked, useComputed, useSignal, useSignalEffect} from '@preact/signals';
