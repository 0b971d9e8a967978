"""The parts of ``benchmarks/seed_study.py``: one module a question."""
