"""Make the pictures of README and documentation from a run of ``skse compare``.

python docs/make_pictures.py                     # runs the default comparison
python docs/make_pictures.py --data noizeus      # options are those of skse compare
"""

import shutil
import sys
from pathlib import Path
from subprocess import run

OUT = Path("skse-compare")
STATIC = Path(__file__).parent / "_static"

if __name__ == "__main__":
    run(["skse", "compare", "--out", OUT, *sys.argv[1:]], check=True)
    for name in ("comparison.png", "spectrograms.png"):
        shutil.copy(OUT / name, STATIC / name)
        print(STATIC / name)
