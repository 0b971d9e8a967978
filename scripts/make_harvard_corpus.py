"""Speak the corpus of `skse.datasets.load_harvard` with espeak-ng.

Needs espeak-ng (made with 1.51; Debian and Ubuntu: ``apt-get install espeak-ng``) and skse.
From the root of the repository::

    python scripts/make_harvard_corpus.py

writes 48 FLAC files, ``listing.csv`` and ``README.txt`` into ``skse/datasets/data/harvard``.
"""

import csv
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import soundfile
import soxr

from skse.datasets import active_speech_level

FOLDER = Path(__file__).resolve().parents[1] / "skse" / "datasets" / "data" / "harvard"
SAMPLING_RATE = 8000
LEVEL_DB = -26.0  # active speech level; the usual level of telephone tests
ROOM_TONE_DB = -75.0  # so that pauses are as quiet as a studio, not digital silence
LEAD, TAIL = 0.2, 0.15  # s of pause before and after the sentence

# speaker: voice and variant of espeak-ng, its pitch (0 to 99), its words a minute
VOICES = {
    "m1": ("en-us+m3", 38, 155),
    "f1": ("en-gb-x-gbcwmd+f1", 50, 170),
    "m2": ("en-gb-scotland+m1", 35, 165),
    "f2": ("en-029+f3", 50, 165),
    "m3": ("en-gb-x-rp+m7", 65, 175),
    "f3": ("en-gb-scotland+Annie", 60, 160),
}

# Lists 1 to 6 of the Harvard sentences, one a speaker, without those that NOIZEUS holds.
# number in its list: sentence
SENTENCES = {
    "m1": {
        2: "Glue the sheet to the dark blue background.",
        3: "It's easy to tell the depth of a well.",
        4: "These days a chicken leg is a rare dish.",
        5: "Rice is often served in round bowls.",
        6: "The juice of lemons makes fine punch.",
        7: "The box was thrown beside the parked truck.",
        8: "The hogs were fed chopped corn and garbage.",
        9: "Four hours of steady work faced us.",
    },
    "f1": {
        1: "The boy was there when the sun rose.",
        2: "A rod is used to catch pink salmon.",
        3: "The source of the huge river is the clear spring.",
        4: "Kick the ball straight and follow through.",
        5: "Help the woman get back to her feet.",
        6: "A pot of tea helps to pass the evening.",
        7: "Smoky fires lack flame and heat.",
        8: "The soft cushion broke the man's fall.",
    },
    "m2": {
        1: "The small pup gnawed a hole in the sock.",
        2: "The fish twisted and turned on the bent hook.",
        3: "Press the pants and sew a button on the vest.",
        4: "The swan dive was far short of perfect.",
        5: "The beauty of the view stunned the young boy.",
        6: "Two blue fish swam in the tank.",
        8: "The colt reared and threw the tall rider.",
        9: "It snowed, rained, and hailed the same morning.",
    },
    "f2": {
        1: "Hoist the load to your left shoulder.",
        2: "Take the winding path to reach the lake.",
        3: "Note closely the size of the gas tank.",
        5: "Mend the coat before you go out.",
        6: "The wrist was badly strained and hung limp.",
        8: "The young girl gave no clear response.",
        9: "The meal was cooked before the bell rang.",
        10: "What joy there is in living.",
    },
    "m3": {
        1: "A king ruled the state in the early days.",
        2: "The ship was torn apart on the sharp reef.",
        3: "Sickness kept him home the third week.",
        4: "The wide road shimmered in the hot sun.",
        6: "Lift the square stone over the fence.",
        7: "The rope will bind the seven books at once.",
        8: "Hop over the fence and plunge in.",
        10: "Mesh wire keeps chicks inside.",
    },
    "f3": {
        1: "The frosty air passed through the coat.",
        2: "The crooked maze failed to fool the mouse.",
        3: "Adding fast leads to wrong sums.",
        4: "The show was a flop from the very start.",
        5: "A saw is a tool used for making boards.",
        6: "The wagon moved on well oiled wheels.",
        7: "March the soldiers past the next hill.",
        8: "A cup of sugar makes sweet fudge.",
    },
}

README = """\
Synthetic Harvard sentences
===========================
48 sentences of the Harvard lists 1 to 6 (IEEE Recommended Practice for Speech Quality
Measurements, IEEE Transactions on Audio and Electroacoustics 17(3), 1969, pp. 225-246), none of
them among the 30 of NOIZEUS. Six voices of the speech synthesiser espeak-ng read eight each.
No human being was recorded.

8 kHz, mono, 16-bit FLAC; active speech level (ITU-T P.56) -26 dB; room tone at -75 dB.
listing.csv: file, sentence (list and number), speaker (m: male-like, f: female-like), text.
Made by scripts/make_harvard_corpus.py with {version}.

To the extent possible under law, the authors waive all copyright and related rights to these
files: CC0 1.0 Universal, https://creativecommons.org/publicdomain/zero/1.0/
"""


def speak(text, voice, pitch, words_per_minute, out):
    """Synthesise one sentence; return it at 8 kHz with pauses and room tone."""
    command = ["espeak-ng", "-v", voice, "-p", str(pitch), "-s", str(words_per_minute)]
    subprocess.run([*command, "-w", str(out), text], check=True)
    speech, rate = soundfile.read(out)
    speech = soxr.resample(speech, rate, SAMPLING_RATE, quality="VHQ")
    heard = np.flatnonzero(np.abs(speech) > 1e-3 * np.abs(speech).max())
    speech = speech[heard[0] : heard[-1] + 1]
    speech = np.pad(speech, (int(LEAD * SAMPLING_RATE), int(TAIL * SAMPLING_RATE)))
    return speech * 10 ** ((LEVEL_DB - active_speech_level(speech, SAMPLING_RATE)) / 20)


def main():
    """Write the corpus."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for old in FOLDER.glob("*.flac"):
        old.unlink()
    rng = np.random.default_rng(1969)
    rows = []
    with tempfile.TemporaryDirectory() as scratch:
        for n_list, (speaker, sentences) in enumerate(SENTENCES.items(), start=1):
            for number, text in sentences.items():
                speech = speak(text, *VOICES[speaker], Path(scratch) / "spoken.wav")
                room_tone = 10 ** (ROOM_TONE_DB / 20) * rng.standard_normal(len(speech))
                sentence = f"h{n_list:02}-{number:02}"
                path = FOLDER / f"{sentence}.flac"
                soundfile.write(
                    path, speech + room_tone, SAMPLING_RATE, "PCM_16", compression_level=1.0
                )
                rows.append((path.name, sentence, speaker, text))
    with (FOLDER / "listing.csv").open("w", newline="") as listing:
        writer = csv.writer(listing, lineterminator="\n")
        writer.writerow(("file", "sentence", "speaker", "text"))
        writer.writerows(rows)
    version = subprocess.run(["espeak-ng", "--version"], check=True, capture_output=True, text=True)
    (FOLDER / "README.txt").write_text(
        README.format(version="espeak-ng " + version.stdout.split("text-to-speech: ")[1].split()[0])
    )
    n_bytes = sum(path.stat().st_size for path in FOLDER.iterdir())
    print(f"{len(rows)} sentences, {n_bytes / 1e6:.2f} MB in {FOLDER}")


if __name__ == "__main__":
    main()
