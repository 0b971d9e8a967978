"""The modules here are parts of a program, ``python tests/faults``, which the tests run."""

collect_ignore_glob = ["[!t]*.py"]
