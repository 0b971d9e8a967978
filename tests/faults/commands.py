"""The commands that are disturbed: what they read, how they are called, how they go on."""

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import servers
import soundfile

RATE = 8000
NAMES = ("one.wav", "two.flac", "three.ogg")


@dataclass(frozen=True)
class Command:
    """One that reads ``box/in`` and writes ``box/out``.

    Parameters
    ----------
    call : callable
        ``call(box)`` runs it, as a process of its own would.
    again : callable or None
        What goes on where it was killed; None where that is `call` itself.
    before : callable or None
        Writes what is there before it is run.
    leaves_out : bool
        Whether it names what it cannot read, and goes on with the rest.
    """

    call: Callable[[Path], object]
    again: Callable[[Path], object] | None = None
    before: Callable[[Path], object] | None = None
    leaves_out: bool = False


def make_inputs(folder: Path) -> None:
    """Write three pairs of short recordings, in three formats."""
    rng = np.random.default_rng(0)
    for i, name in enumerate(NAMES):
        times = np.arange(3000 + 500 * i) / RATE
        clean = 0.3 * np.sin(2 * np.pi * (300 + 100 * i) * times) * (times > 0.05)
        noisy = clean + 0.05 * rng.standard_normal(len(clean))
        for kind, x in (("clean", clean), ("noisy", noisy)):
            (folder / kind).mkdir(parents=True, exist_ok=True)
            soundfile.write(folder / kind / name, x, RATE)


def make_box(path: Path, inputs: Path, old: dict[str, bytes]) -> Path:
    """Make a new folder to run a command in; `old` is what there is of an earlier run."""
    shutil.rmtree(path, ignore_errors=True)
    shutil.copytree(inputs, path / "in")
    (path / "out").mkdir()
    for name, content in old.items():
        (path / "out" / name).write_bytes(content)
    return path


def skse(*arguments: object) -> None:
    """Run a command of the command line, as its process would."""
    from skse.cli import main

    main([str(argument) for argument in arguments], prog_name="skse")


def _enhance(*options):
    # Classical: the threads of onnxruntime do not outlive the fork that begins every run.
    options = ("--method", "log-mmse", *options)
    return lambda box: skse("enhance", box / "in" / "noisy", "--out", box / "out", *options)


def _enhance_long(box):
    """Take every recording for one that is too long for memory."""
    from skse.files import _enhance as module

    module._IN_MEMORY = 0
    _enhance("--resume")(box)


def _score(box):
    options = ("--csv", box / "out" / "scores.csv", "--report", box / "out" / "scores.html")
    skse("score", box / "in" / "clean", box / "in" / "noisy", "--metrics", "snr,si_sdr", *options)


def _train(box):
    """Train a linear model in place of a network: seconds become milliseconds."""
    from sklearn.linear_model import Ridge

    from skse import files

    def train_from_folders(*args, **options):
        training = real(*args, **options | {"network": Ridge()})
        training.history = {"loss": [0.0]}
        return training

    real, files.train_from_folders = files.train_from_folders, train_from_folders
    model = box / "out" / "models" / "model.skse"
    if not model.exists():  # else it is done: the command would say so, and end with 2
        skse("train", box / "in" / "noisy", box / "in" / "clean", "--out", model, "--validation", 0)


def _train_network(box):
    model = box / "out" / "model.skse"
    options = ("--network", "autoencoder", "--epochs", 1, "--validation", 0, "--jobs", 1)
    if not model.exists():
        skse("train", box / "in" / "noisy", box / "in" / "clean", "--out", model, *options)


@lru_cache(maxsize=1)
def small_corpus():
    """Half a second of some pairs of the corpus inside, which takes long to mix."""
    from skse.datasets import load_harvard

    data = load_harvard(snr_db=(0, 5), noises=("white", "car"))
    data.noisy, data.clean = ([x[4000:8000] for x in xs] for xs in (data.noisy, data.clean))
    return data


def _compare(box):
    """Compare a linear model in place of a network; what is written is the same, but for sizes."""
    from sklearn.linear_model import Ridge

    from skse import comparison, datasets
    from skse.comparison import _outputs

    def compare(data, **options):
        options |= {"networks": {"linear": Ridge()}, "baselines": ["wiener"], "progress": False}
        return real(data, **options)

    def save_figure(figure, path):
        figure.set_layout_engine("none")
        save(figure, path, dpi=30)

    datasets.load_harvard = small_corpus
    real, comparison.compare = comparison.compare, compare
    save, _outputs.save_figure = _outputs.save_figure, save_figure
    options = ("--limit", 4, "--targets", "irm", "--losses", "mse", "--folds", 2, "--jobs", 1)
    skse("compare", *options, "--out", box / "out", "--report")


def _tell(error):
    print(f"Error: {error}")
    raise SystemExit(1)


def _save(box):
    import skse as package

    try:
        package.save(_enhancer(), box / "out" / "model.skse", card={"licence": "CC0"})
    except OSError as error:
        _tell(error)


def _enhancer():
    from skse import LogMMSE

    return LogMMSE(RATE).fit(np.zeros((1, 1000)))


def _save_old_model(box):
    import skse as package

    package.save(_enhancer(), box / "out" / "model.skse", card={"licence": "of before"})


def _load(box):
    import skse as package

    try:
        package.save(package.load(box / "out" / "model.skse"), box / "out" / "again.skse")
    except (OSError, ValueError) as error:
        _tell(error)


def _fetch(prepare):
    def call(box):
        fetch = prepare(os.environ["SKSE_FAULTS_URL"])
        try:
            fetch(box / "out")
        except OSError as error:
            _tell(error)

    return call


COMMANDS = {
    "enhance": Command(_enhance(), _enhance("--resume")),
    "enhance long": Command(_enhance_long),
    "score": Command(_score, leaves_out=True),
    "train": Command(_train, leaves_out=True),
    "compare": Command(_compare),
    "save": Command(_save, before=_save_old_model),
    "load": Command(_load, before=_save_old_model),
    "fetch_noizeus": Command(_fetch(servers.prepare_noizeus)),
    "fetch_ms_snsd": Command(_fetch(servers.prepare_ms_snsd)),
    "fetch_ms_snsd archive": Command(_fetch(servers.prepare_ms_snsd_archive)),
}
# Too slow to be called at every step.
SLOW = {"train network": Command(_train_network)}


def _careless(box):
    """Write in place, for the harness to find."""
    (box / "out" / "a.txt").write_text("all of it\n")


CARELESS = {"careless": Command(_careless)}
