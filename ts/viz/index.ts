/**
 * @file `unrolled/viz`: pictures of training and of what a net holds, as strings of HTML and SVG. They take plain numbers,
 * draw on no canvas and load nothing, so they work in Node, in a page and in a Worker.
 *
 *     const body = `<h1>My run</h1>${lineChart({ curves, xLabel: "steps", yLabel: "loss", description })}`;
 *     writeFileSync("run.html", page({ title: "My run", body, scripts: [] }));
 */

// Charts
export { type Curve, type Level, lineChart, type LineChartOptions } from "./line-chart.ts";
export type { Point } from "./line-chart.ts";

// What a language model writes, and what its cells hold
export { type Cell, CELLS_SCRIPT, type CellsOptions, cellsView, type Quantity } from "./cells.ts";
export { type Sample, SAMPLES_SCRIPT, samplesView } from "./samples.ts";

// The lecture's pictures of recurrent nets, from what `unrolled/theory` computes
export { compound, type CompoundOptions } from "./compound.ts";
export { matrices, type MatricesOptions, type MatrixPicture } from "./matrices.ts";
export { type LinearRnnExample, linearRnnFrames } from "./linear-rnn.ts";
export { unrolledNet, type UnrolledNetOptions } from "./unrolled-net.ts";
export { bpttTermsPicture, type BpttTermsOptions, termFormula } from "./bptt-terms.ts";
export { gateTrace, type GateTraceOptions } from "./gate-trace.ts";
export { lstmSlide, type LSTMSlideOptions, type SlideStep } from "./lstm-slide.ts";
export { tdnnFigure, type TDNNFigureOptions } from "./tdnn-figure.ts";
export { cantorPlot, type StackMoment, tapeDiagram, type TapeMoment } from "./turing.ts";

// What a transformer attends to, in BertViz's three views
export type { AttentionInput } from "./attention/input.ts";
export type { Pointed } from "./attention/lines.ts";
export type { Values } from "./attention/values.ts";
export { headView, headViewSvg, type HeadViewOptions } from "./attention/head-view.ts";
export { modelView, modelViewSvg, type ModelViewOptions } from "./attention/model-view.ts";
export type { NeuronInput } from "./attention/neuron-input.ts";
export { neuronView, neuronViewSvg, type NeuronViewOptions } from "./attention/neuron-view.ts";

// Pages
export { charLMReport, type CharLMReport } from "./char-lm-report.ts";
export { type DisplayMode, page, type PageOptions } from "./page.ts";
