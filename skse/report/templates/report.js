"use strict";

// ---- The table: a click on a heading sorts; undefined scores stay last either way.
function sortTable(table, column, direction) {
  const sign = direction === "ascending" ? 1 : -1;
  const body = table.tBodies[0];
  const valueOf = (row) => row.cells[column].dataset.value;
  const compare = (a, b) => {
    if (column === 0) return sign * valueOf(a).localeCompare(valueOf(b), "en");
    const [x, y] = [valueOf(a), valueOf(b)];
    if (x === "" || y === "") return (x === "") - (y === "");
    return sign * (Number(x) - Number(y));
  };
  body.append(...Array.from(body.rows).sort(compare));
  for (const th of table.tHead.rows[0].cells) th.removeAttribute("aria-sort");
  table.tHead.rows[0].cells[column].setAttribute("aria-sort", direction);
}

for (const th of document.querySelectorAll("#scores thead th")) {
  th.querySelector("button").addEventListener("click", () => {
    const other = { ascending: "descending", descending: "ascending" };
    const direction = other[th.getAttribute("aria-sort")] || th.dataset.first;
    sortTable(th.closest("table"), th.cellIndex, direction);
  });
}

// ---- The charts: a checkbox shows and hides one name in all of them.
for (const box of document.querySelectorAll("[data-toggles]")) {
  const show = () => {
    for (const series of document.querySelectorAll(`[data-series="${box.dataset.toggles}"]`)) {
      series.toggleAttribute("hidden", !box.checked);
    }
  };
  box.addEventListener("change", show);
  show(); // browsers restore checkboxes when a page is loaded again
}

// ---- The players. All waveforms of an example run at once on one clock, all but one of them
// muted: a switch is a cross-fade of two gains and cannot lose the moment.
const FADE = 0.008; // s
let context = null;
let current = null; // the one player that plays

function bytesOf(uri) {
  const text = atob(uri.slice(uri.indexOf(",") + 1));
  return Uint8Array.from(text, (letter) => letter.charCodeAt(0)).buffer;
}

class Player {
  constructor(article) {
    this.article = article;
    this.duration = Number(article.dataset.duration);
    this.button = article.querySelector(".play");
    this.word = this.button.querySelector("span");
    this.seek = article.querySelector(".seek");
    this.time = article.querySelector(".time");
    this.loop = article.querySelector(".loop input");
    this.radios = Array.from(article.querySelectorAll(".track input"));
    this.heads = Array.from(article.querySelectorAll(".playhead"));
    this.sounds = Array.from(article.querySelectorAll("audio"));
    this.offset = 0; // s, where playing begins
    this.playing = false;
    this.ready = null; // promise of the decoded sounds

    this.button.addEventListener("click", () => this.toggle());
    this.seek.addEventListener("input", () => this.goTo(Number(this.seek.value)));
    for (const radio of this.radios) radio.addEventListener("change", () => this.fade());
    for (const picture of article.querySelectorAll(".picture")) {
      picture.addEventListener("click", (event) => {
        const box = picture.getBoundingClientRect();
        this.choose(picture.closest(".track").querySelector("input"));
        this.goTo((this.duration * (event.clientX - box.left)) / box.width);
      });
    }
    article.addEventListener("keydown", (event) => this.press(event));
    this.show();
  }

  get position() {
    if (!this.playing) return this.offset;
    const passed = Math.max(0, context.currentTime - this.begin);
    const position = this.offset + passed;
    return this.loop.checked ? position % this.duration : Math.min(position, this.duration);
  }

  choose(radio) {
    radio.checked = true;
    this.fade();
  }

  press(event) {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const radio = /^[1-9]$/.test(event.key) && this.radios[Number(event.key) - 1];
    if (radio) {
      radio.focus();
      this.choose(radio);
    } else if (event.key === " " && !event.target.closest("button, [type=checkbox]")) {
      event.preventDefault();
      this.toggle();
    }
  }

  toggle() {
    if (this.playing) this.pause();
    else this.play();
  }

  async play() {
    if (current) current.pause();
    current = this;
    try {
      context = context || new AudioContext();
      this.playing = true;
      this.begin = Infinity; // until the sounds are there
      this.show();
      const resumed = context.resume();
      this.ready =
        this.ready ||
        Promise.all(this.sounds.map((sound) => context.decodeAudioData(bytesOf(sound.src))));
      this.buffers = await this.ready;
      await resumed;
    } catch (error) {
      this.giveUp(error);
      return;
    }
    if (this.playing && current === this) this.start();
  }

  start() {
    this.stop();
    if (this.offset >= this.duration - 0.01) this.offset = 0;
    this.begin = context.currentTime + 0.03;
    this.sources = [];
    this.gains = this.buffers.map((buffer, i) => {
      const source = new AudioBufferSourceNode(context, { buffer, loop: this.loop.checked });
      const gain = new GainNode(context, { gain: this.radios[i].checked ? 1 : 0 });
      source.connect(gain).connect(context.destination);
      source.start(this.begin, this.offset);
      this.sources.push(source);
      return gain;
    });
    this.sources[0].addEventListener("ended", (event) => {
      if (this.sources && event.target === this.sources[0]) {
        this.pause();
        this.goTo(0);
      }
    });
    this.animate();
  }

  stop() {
    const sources = this.sources || [];
    this.sources = this.gains = null;
    for (const source of sources) {
      source.stop();
      source.disconnect();
    }
  }

  pause() {
    this.offset = this.position;
    this.playing = false;
    this.stop();
    if (current === this) current = null;
    this.show();
  }

  goTo(position) {
    this.offset = Math.min(Math.max(position, 0), this.duration);
    if (this.sources) this.start();
    this.show();
  }

  fade() {
    if (!this.gains) return;
    const now = context.currentTime;
    this.gains.forEach((gain, i) => {
      gain.gain.cancelScheduledValues(now);
      gain.gain.setValueAtTime(gain.gain.value, now);
      gain.gain.linearRampToValueAtTime(this.radios[i].checked ? 1 : 0, now + FADE);
    });
  }

  animate() {
    if (!this.playing) return;
    this.show();
    requestAnimationFrame(() => this.animate());
  }

  show() {
    const position = this.position;
    this.button.classList.toggle("playing", this.playing);
    this.word.textContent = this.playing ? "Pause" : "Play";
    if (document.activeElement !== this.seek || this.playing) this.seek.value = position;
    this.seek.setAttribute("aria-valuetext", `${position.toFixed(1)} seconds`);
    this.time.textContent = `${position.toFixed(1)} / ${this.duration.toFixed(1)} s`;
    for (const head of this.heads) head.style.left = `${(100 * position) / this.duration}%`;
  }

  giveUp(error) {
    this.pause();
    this.article.querySelector(".controls").hidden = true;
    document.documentElement.classList.remove("scripts");
    const problem = this.article.querySelector(".problem");
    problem.hidden = false;
    problem.textContent =
      `This browser cannot play all waveforms at once (${error.message}); ` +
      "every one has a player of its own instead.";
  }
}

if (typeof AudioContext !== "undefined") {
  document.documentElement.classList.add("scripts");
  // On a phone set to silent, a recording that somebody asked for is still to be heard.
  if (navigator.audioSession) navigator.audioSession.type = "playback";
  for (const article of document.querySelectorAll(".example")) {
    const player = new Player(article);
    player.loop.addEventListener("change", () => {
      if (player.sources) player.goTo(player.position);
    });
  }
}
