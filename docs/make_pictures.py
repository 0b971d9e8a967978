"""Make the pictures of README and documentation from a run of ``skse compare``.

python docs/make_pictures.py                     # runs the default comparison
python docs/make_pictures.py --data noizeus      # options are those of skse compare
"""

import sys
from pathlib import Path
from subprocess import run

from PIL import Image

OUT = Path("skse-compare")
STATIC = Path(__file__).parent / "_static"

if __name__ == "__main__":
    run(["skse", "compare", "--out", OUT, *sys.argv[1:]], check=True)
    for name in ("comparison.png", "spectrograms.png"):
        # 256 colours do, and make the files half as large
        Image.open(OUT / name).convert("RGB").quantize(256).save(STATIC / name, optimize=True)
        print(STATIC / name)
