from click.testing import CliRunner

import skse
from skse.cli import main


def test_version():
    result = CliRunner().invoke(main, ["--version"])
    assert result.exit_code == 0
    assert result.output.strip().endswith(skse.__version__)
