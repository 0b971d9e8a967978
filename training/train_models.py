"""Train a model that ships with skse, from recordings whose licences allow it.

    python -m pip install ".[test]" pyroomacoustics
    python training/train_models.py speech-8k --data FOLDER
    python benchmarks/shipped_models.py --noizeus FOLDER --models training/work
    python training/finish.py training/work/speech-8k.skse --out training/work/finished
    python training/register.py training/work/finished/speech-8k.skse

`FOLDER` holds speech and noise with a ``manifest.tsv``; the rest is fetched. The training is
seeded; what is done is kept after every epoch below ``--work``, and another call goes on there.
``--further speech-8k`` begins with the weights of a model that is there, by name or path, in place
of random ones; with ``--average`` what comes out has the mean of the weights at the beginning and
at the end.
"""

import argparse
import os
import time
from pathlib import Path

os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")  # read when TensorFlow is imported

import keras
import numpy as np
from corpora import credits_of, noise_of, speech_of, whole_band
from keras.callbacks import BackupAndRestore, CSVLogger, LearningRateScheduler
from loss import SnrAndSpectrum
from made import add_room, as_on_the_telephone, make_noises, without_rumble

import skse
from skse import (
    MelFeaturizer,
    Remix,
    SpeechEnhancer,
    STFTFeaturizer,
    UNetRegressor,
    WaveformTarget,
)
from skse.models import available_models, load_model
from skse.persistence import read_card

NETWORK = {
    "causal": True,
    "dilations": (1, 2, 4, 8, 16),
    "bottleneck_units": 128,
    "activation": "relu",
    "skip": "add",
    "dropout": 0.0,
    "batch_size": 8,
    "learning_rate_schedule": "constant",
}
# Frames of 32 ms, so that the latency is 32 ms. At 16 kHz the network sees mel bands, which are
# as narrow as the frequencies where pitch is, and a third of them in number.
MODELS = {
    "speech-8k": (
        STFTFeaturizer(n_fft=256, hop_length=128, floor_db=-60),
        8000,
        {"filters": (16, 24, 32, 48, 64)},
    ),
    "speech-16k": (
        MelFeaturizer(16000, n_fft=512, hop_length=256, n_mels=80, floor_db=-60),
        16000,
        {"filters": (24, 32, 48, 64)},
    ),
}
LEARNING_RATE = 2e-3
SEGMENT_FRAMES = 128
ROOM_SHARE = 0.35
TELEPHONE_SHARE = 0.2
REMIX = {
    "snr_db": (-5.0, 35.0),
    "second_noise": 0.4,
    "babble": 0.15,
    "coloured_noise": 0.1,
    "speech_filter_db": 3.0,
    "noise_filter_db": 5.0,
}


def make_pairs(name, folder, cache, seed):
    """Return speech and noise as the pairs that a Remix takes them from."""
    rate = MODELS[name][1]
    rng = np.random.default_rng(seed)
    speech = [whole_band(x, band, rate) for x, band in speech_of(folder, rate, cache)]
    speech = [without_rumble(x, rate) for x in speech]
    noise = noise_of(folder, rate) + make_noises(rng, rate, speech)
    in_rooms = [add_room(rng, x, rate) for x in speech if rng.random() < ROOM_SHARE]
    speech += in_rooms
    speech, noise = (
        [as_on_the_telephone(x, rate) if rng.random() < TELEPHONE_SHARE else x for x in sounds]
        for sounds in (speech, noise)
    )
    seconds = [sum(map(len, x)) / rate / 60 for x in (speech, noise)]
    print(f"{len(speech)} recordings of speech ({seconds[0]:.0f} min, {len(in_rooms)} in rooms), "
          f"{len(noise)} of noise ({seconds[1]:.0f} min)", flush=True)  # fmt: skip
    return speech + noise, speech + [np.zeros_like(x) for x in noise]


class Clock(keras.callbacks.Callback):
    """Print the loss of every epoch, and the seconds since the training began."""

    def on_train_begin(self, logs=None):
        self.begin = time.perf_counter()

    def on_epoch_end(self, epoch, logs=None):
        seconds = time.perf_counter() - self.begin
        print(f"epoch {epoch + 1}: loss {logs['loss']:.3f}, {seconds:.0f} s", flush=True)


def main():
    """Train the model that the command line names."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("name", choices=MODELS)
    parser.add_argument("--data", required=True, help="folder with manifest.tsv")
    parser.add_argument("--epochs", type=int, default=60)
    parser.add_argument("--mixtures", type=int, default=3200, help="of 2 s, in an epoch")
    parser.add_argument("--further", metavar="MODEL", help="goes on from its weights")
    parser.add_argument("--average", action="store_true", help="of its weights and the new ones")
    parser.add_argument("--learning-rate", type=float, default=LEARNING_RATE)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--work", default="training/work")
    parser.add_argument("--cache", help="where fetched packages are kept")
    options = parser.parse_args()
    if options.average and not options.further:
        parser.error("--average goes with --further only.")
    work = Path(options.work)
    work.mkdir(parents=True, exist_ok=True)
    rate = MODELS[options.name][1]
    enhancer, earlier = begin(options)
    claim(work / f"{options.name}.begun", options.further or "random weights")
    card = {"training_data": credits_of(options.data, rate), "earlier_mixtures": earlier}
    enhancer.fit(*make_pairs(options.name, options.data, options.cache, options.seed))
    if options.average:
        average_with(enhancer, options.further)
    # Whoever trains it further has the loss of skse that is nearest.
    ordinary = {"callbacks": None, "warm_start": False, "loss": "snr"}
    enhancer.regressor_.set_params(**ordinary)
    enhancer.set_params(**{f"regressor__{name}": value for name, value in ordinary.items()})
    skse.save(enhancer, work / f"{options.name}.skse", card=card)


def claim(path, begun_with):
    """Keep what a training began with, or stop where another one left its checkpoints."""
    if path.exists() and (other := path.read_text(encoding="utf-8")) != begun_with:
        raise SystemExit(
            f"{path.parent} holds a training of {path.stem} that began with {other}, this one "
            f"begins with {begun_with}: give another folder as --work, or remove that one."
        )
    path.write_text(begun_with, encoding="utf-8")


def begin(options):
    """Return the enhancer to train, and how many mixtures its weights have seen."""
    featurizer, rate, sizes = MODELS[options.name]
    remix = Remix(n_mixtures=options.mixtures, **REMIX)
    if options.further:
        enhancer = load_model(options.further)
        if enhancer.sampling_rate_ != rate:
            raise SystemExit(
                f"--further {options.further}: a model at {enhancer.sampling_rate_} Hz, but "
                f"{options.name} is one at {rate}."
            )
        enhancer.set_params(remix=remix, regressor__warm_start=True)
        first, earlier = enhancer.regressor_.n_iter_, n_mixtures_of(options.further)
    else:
        network = UNetRegressor(**NETWORK | sizes)
        enhancer = SpeechEnhancer(
            featurizer,
            WaveformTarget(),
            network,
            sampling_rate=rate,
            segment_frames=SEGMENT_FRAMES,
            remix=remix,
        )
        first = earlier = 0

    def learning_rate(epoch):
        return options.learning_rate * 0.5 * (1 + np.cos(np.pi * (epoch - first) / options.epochs))

    work = Path(options.work)
    enhancer.set_params(
        regressor__batch_size=NETWORK["batch_size"],
        regressor__loss=SnrAndSpectrum(featurizer.n_fft),
        regressor__learning_rate=options.learning_rate,
        regressor__learning_rate_schedule="constant",
        regressor__epochs=options.epochs,
        regressor__random_state=options.seed,
        regressor__callbacks=[
            LearningRateScheduler(learning_rate),
            Clock(),
            CSVLogger(work / f"{options.name}.csv", append=True),
            BackupAndRestore(str(work / options.name), delete_checkpoint=False),
        ],
    )
    return enhancer, earlier


def average_with(enhancer, model):
    """Give a network the mean of its weights and of those that its training began with.

    M. Wortsman et al., "Robust fine-tuning of zero-shot models", CVPR 2022.
    """
    network, before = (e.regressor_.keras_model() for e in (enhancer, load_model(model)))
    both = zip(before.get_weights(), network.get_weights(), strict=True)
    network.set_weights([(x + y) / 2 for x, y in both])


def n_mixtures_of(model):
    """Return on how many mixtures a model was trained, as its card says."""
    path = available_models()[model].path if model in available_models() else model
    card = read_card(path)
    if "trained_on" not in card:
        raise SystemExit(f"--further {model}: training/finish.py must have made its card.")
    return int(card["trained_on"].split()[0])


if __name__ == "__main__":
    main()
