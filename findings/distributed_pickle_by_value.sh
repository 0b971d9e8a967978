#!/usr/bin/env bash
# distributed 2026.8.0: cloudpickle.register_pickle_by_value is ignored for the function of a
# task.
#
# A module that workers lack is registered so that its functions travel as code. distributed heeds
# that where the thing to send is a function or an instance of that module itself. What it sends
# is a Task around it, or a list or tuple that holds it: that plain pickle can write, and it
# writes the module's name, which a worker cannot load. A function of __main__ travels as code in
# a task too, for that name is looked for in what pickle wrote.
#
# Needs Python 3.11 to 3.13 and the package index. Fails where any of this has changed.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
"${PYTHON:-python3}" -m venv "$scratch/venv"
"$scratch/venv/bin/python" -m pip install --quiet distributed==2026.8.0 dask==2026.8.0 cloudpickle==3.1.2
mkdir "$scratch/here" "$scratch/there"
cd "$scratch/here"
printf 'def increment(x):\n    return x + 1\n' > own.py
cat > send.py <<'PYTHON'
import cloudpickle
from dask._task_spec import Task
from distributed.protocol.pickle import dumps

import own


def of_main(x):
    return x + 1


cloudpickle.register_pickle_by_value(own)
things = {
    "function": own.increment,
    "list": [own.increment],
    "task": Task("key", own.increment, 1),
    "task of __main__": Task("key", of_main, 1),
}
for name, thing in things.items():
    for way, write in (("distributed", dumps), ("cloudpickle", cloudpickle.dumps)):
        with open(f"../there/{way} {name}", "wb") as file:
            file.write(write(thing))
PYTHON
"$scratch/venv/bin/python" send.py
cd "$scratch/there"
"$scratch/venv/bin/python" - <<'PYTHON'
import os

from distributed.protocol.pickle import loads

seen = {}
for name in sorted(os.listdir()):
    with open(name, "rb") as file:
        content = file.read()
    try:
        thing = loads(content)
        thing = thing[0] if isinstance(thing, list) else thing
        seen[name] = thing() if "task" in name else thing(1)
    except ModuleNotFoundError as error:
        seen[name] = str(error)
    print(name, len(content), "bytes:", seen[name])
lost = {name for name, value in seen.items() if value == "No module named 'own'"}
assert lost == {"distributed list", "distributed task"}, lost
assert all(value == 2 for name, value in seen.items() if name not in lost), seen
print("as described")
PYTHON
