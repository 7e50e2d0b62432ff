import 'uplot/dist/uPlot.min.css';
import './style/main.css';
import {App} from './app.js';
import {html, render} from './lib/html.js';

const root = document.getElementById('page');
root.replaceChildren();
render(html`<${App}/>`, root);
