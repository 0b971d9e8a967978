"""Put model files into the package, and what the registry must know of each beside them.

The name of a file is that of the model: ``speech-16k.skse``::

    python training/register.py trained/speech-8k.skse trained/speech-16k.skse

Description and licence come from the model card, the rate and the latency from the model.
"""

import json
import sys
from pathlib import Path

from skse import StreamingEnhancer, load
from skse.models import model_for
from skse.persistence import read_card
from skse.utils import digest, write_whole

DATA = Path(__file__).parents[1] / "skse" / "models" / "data"
MOST_BYTES = 2_000_000
IN_CARD = ("licence", "description", "training_data", "scores")


def register(path, data=DATA):
    """Check a model file, copy it, and write its record."""
    path, listing = Path(path), Path(data) / "models.json"
    content, card = path.read_bytes(), read_card(path)
    missing = [key for key in IN_CARD if not card.get(key)]
    if missing:
        raise SystemExit(f"{path}: its card has no {missing[0]}; save it with one.")
    if len(content) > MOST_BYTES:
        raise SystemExit(f"{path}: {len(content)} bytes, expected at most {MOST_BYTES}.")
    enhancer = load(path)
    expected = model_for(enhancer.sampling_rate_)
    if path.stem != expected and path.stem in ("speech-8k", "speech-16k"):
        raise SystemExit(f"{path}: a model at {enhancer.sampling_rate_} Hz is {expected}.")
    level = 0.1 if getattr(enhancer, "normalize_level", False) else None  # any does
    stream = StreamingEnhancer(enhancer, level=level)
    records = json.loads(listing.read_text("utf-8")) if listing.exists() else {}
    records[path.stem] = {
        "sha256": digest(content),
        "sampling_rate": enhancer.sampling_rate_,
        "latency_ms": stream.latency_ms_,
        "licence": card["licence"],
        "description": card["description"],
    }
    records = dict(sorted(records.items(), key=lambda item: item[1]["sampling_rate"]))
    write_whole(Path(data) / path.name, content)
    write_whole(listing, json.dumps(records, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    for name in sys.argv[1:]:
        register(name)
