// Enhance samples as they come, with a network that skse exported as "onnx-steps".
//
// Written for a STFTFeaturizer(scale="log") and a target that is applied inside the network
// (WaveformTarget, SignalApproximationTarget): those of the model speech-8k. The JSON file beside
// the network holds every number that is used here.

/** STFT of one frame, and its inverse: a table of cosines is fast enough for 256 samples. */
class Fourier {
  constructor(size) {
    this.size = size;
    this.bins = size / 2 + 1;
    this.cos = Float64Array.from({ length: size }, (_, i) => Math.cos((2 * Math.PI * i) / size));
    this.sin = Float64Array.from({ length: size }, (_, i) => Math.sin((2 * Math.PI * i) / size));
  }

  forward(frame) {
    const real = new Float64Array(this.bins);
    const imaginary = new Float64Array(this.bins);
    for (let k = 0; k < this.bins; k++) {
      for (let n = 0; n < this.size; n++) {
        const i = (k * n) % this.size;
        real[k] += frame[n] * this.cos[i];
        imaginary[k] -= frame[n] * this.sin[i];
      }
    }
    return [real, imaginary];
  }

  inverse(real, imaginary) {
    const frame = new Float64Array(this.size);
    for (let n = 0; n < this.size; n++) {
      for (let k = 0; k < this.bins; k++) {
        const i = (k * n) % this.size;
        const twice = k === 0 || k === this.bins - 1 ? 1 : 2;
        frame[n] += (twice * (real[k] * this.cos[i] - imaginary[k] * this.sin[i])) / this.size;
      }
    }
    return frame;
  }
}

/** One recording, whose samples arrive little by little. */
export class Stream {
  /**
   * @param ort the module onnxruntime-node or onnxruntime-web
   * @param session an InferenceSession of the exported network
   * @param told what the JSON file beside it holds
   * @param level RMS of the recording, full scale 1
   */
  constructor(ort, session, told, level) {
    const { parameters, class: name } = told.featurizer;
    const needed = {
      "featurizer.class": [name, "STFTFeaturizer"],
      "featurizer.parameters.scale": [parameters.scale, "log"],
      "featurizer.parameters.window": [parameters.window, "hann"],
      "featurizer.parameters.drop_nyquist": [parameters.drop_nyquist, false],
      "featurizer.parameters.noise_channels.length": [parameters.noise_channels?.length, 0],
      "head.output": [told.head?.output, "complex"],
      "head.compression": [told.head?.compression, 1],
      "before_the_network.length": [told.before_the_network.length, 0],
      "steps.ahead": [told.steps?.ahead, 0],
      strength: [told.strength, 1],
      mask_floor_db: [told.mask_floor_db, null],
    };
    for (const [what, [given, expected]] of Object.entries(needed))
      if (given !== expected)
        throw new Error(`this example needs ${what} to be ${expected}, not ${given}`);
    Object.assign(this, { ort, session, steps: told.steps });
    this.hop = parameters.hop_length;
    this.fourier = new Fourier(parameters.n_fft);
    this.floor = 10 ** (parameters.floor_db / 20);
    this.gain = told.normalize_level ? 1 / level : 1;
    const size = parameters.n_fft;
    const hann = (n) => 0.5 - 0.5 * Math.cos((2 * Math.PI * n) / size);
    this.window = Float64Array.from({ length: size }, (_, n) => hann(n));
    this.states = {};
    for (const { input, shape } of this.steps.states) {
      const zeros = new Float32Array(shape.reduce((a, b) => a * b, 1));
      this.states[input] = new ort.Tensor("float32", zeros, shape);
    }
    // The first frame has its centre on the first sample.
    this.waiting = new Float64Array(size / 2);
    this.begin = -size / 2; // the sample that the sums begin with
    this.sum = new Float64Array(size); // overlapping frames, and their squared windows
    this.weight = new Float64Array(size);
    this.received = 0;
    this.frames = 0;
  }

  /** Take the next samples; return the enhanced ones that are finished. */
  async push(samples) {
    this.received += samples.length;
    return Float32Array.from(await this.#advance(samples, Infinity));
  }

  /** Return the samples that are still to come. */
  async finish() {
    const silence = new Float64Array(this.fourier.size + this.hop);
    const out = await this.#advance(silence, 1 + Math.ceil(this.received / this.hop));
    return Float32Array.from([...out, ...this.#take(this.received)]);
  }

  async #advance(samples, most) {
    const { size } = this.fourier;
    const together = Float64Array.from([...this.waiting, ...samples]);
    const out = [];
    let i = 0;
    for (; i + size <= together.length && this.frames < most; i += this.hop) {
      await this.#enhance(together.subarray(i, i + size));
      this.frames += 1;
      // What lies before the next frame is final.
      out.push(...this.#take(Math.min(this.frames * this.hop - size / 2, this.received)));
    }
    this.waiting = together.slice(i);
    return out;
  }

  async #enhance(frame) {
    const windowed = frame.map((value, n) => value * this.window[n] * this.gain);
    const [real, imaginary] = this.fourier.forward(windowed);
    const { bins } = this.fourier;
    const rows = new Float32Array(bins * 3);
    for (let k = 0; k < bins; k++) {
      rows[3 * k] = Math.log(Math.max(Math.hypot(real[k], imaginary[k]), this.floor));
      rows[3 * k + 1] = real[k];
      rows[3 * k + 2] = imaginary[k];
    }
    const frames = new this.ort.Tensor("float32", rows, [1, bins, 1, 3]);
    const result = await this.session.run({ frames, ...this.states });
    for (const { input, output } of this.steps.states) this.states[input] = result[output];
    const enhanced = result[this.steps.output].data;
    for (let k = 0; k < bins; k++) [real[k], imaginary[k]] = [enhanced[2 * k], enhanced[2 * k + 1]];
    this.fourier.inverse(real, imaginary).forEach((value, n) => {
      this.sum[n] += (value * this.window[n]) / this.gain;
      this.weight[n] += this.window[n] ** 2;
    });
  }

  /** Return the samples before `end`, and forget them. */
  #take(end) {
    const n = end - this.begin;
    const out = [];
    for (let i = Math.max(-this.begin, 0); i < n; i++) out.push(this.sum[i] / this.weight[i]);
    for (const sums of [this.sum, this.weight]) {
      sums.copyWithin(0, n);
      sums.fill(0, sums.length - n);
    }
    this.begin = end;
    return out;
  }
}
