import subprocess
import sys

from click.testing import CliRunner

import skse
from skse.cli import main


def test_version():
    result = CliRunner().invoke(main, ["--version"])
    assert result.exit_code == 0
    assert result.output.strip().endswith(skse.__version__)


def test_help_loads_nothing_of_what_the_commands_do():
    code = (
        "import sys\nfrom skse.cli import main\n"
        "try:\n    main(['--help'])\nexcept SystemExit:\n    pass\n"
        "print(sorted({'numpy', 'sklearn', 'skse.targets', 'tensorflow'} & set(sys.modules)))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.splitlines()[-1] == "[]"
