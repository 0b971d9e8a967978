import subprocess
import sys

from click.testing import CliRunner

from skse.cli import main
from skse.cli._models import _lines_of
from skse.models import available_models


def test_every_model_is_listed():
    result = CliRunner().invoke(main, ["models"])
    assert result.exit_code == 0
    lines = result.output.splitlines()
    assert lines[0].split() == ["sampling_rate_hz", "latency_ms", "size_mb", "licence"]
    for line, record in zip(lines[1:], available_models().values(), strict=False):
        name, rate, latency, size, licence = line.split(maxsplit=4)
        assert (name, int(rate), licence) == (record.name, record.sampling_rate, record.licence)
        assert abs(float(latency) - record.latency_ms) < 0.051
        assert abs(1e6 * float(size) - record.size) < 5001
        assert f"{record.name}: {record.description}" in lines
        for score in record.read_card()["scores"]:
            assert score in result.output


def test_scores_may_be_of_several_sets():
    scores = {"pesq": 2.1, "snr_gain_db": {"NOIZEUS": 6.5, "own": {"0 dB": 8, "5 dB": 7}}}
    assert _lines_of(scores) == [
        "pesq 2.1",
        "snr_gain_db: NOIZEUS 6.5",
        "snr_gain_db: own: 0 dB 8, 5 dB 7",
    ]


def test_it_loads_no_model():
    code = (
        "import sys\nfrom skse.cli import main\n"
        "try:\n    main(['models'])\nexcept SystemExit:\n    pass\n"
        "print({'tensorflow', 'keras', 'onnx', 'onnxruntime'} & set(sys.modules))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.splitlines()[-1] == "set()"
