import streaming_speed


def measured(factor, slowest=0.1):
    return {
        "name": "U-Net",
        "ms": 16.0,
        "latency": 480.0,
        "factor": factor,
        "slowest": slowest,
        "error": 0.0,
        "grown": 0.0,
    }


def test_a_row_has_medians_and_the_slowest_call_of_all_rounds(capsys):
    streaming_speed.show([measured(0.1), measured(0.4, slowest=0.5), measured(0.2)], [])
    assert capsys.readouterr().out == "| U-Net | 16 | 480 | 0.2000 | 0.500 | 0e+00 | 0.0 |\n"


def test_ratios_are_of_rounds_not_of_medians(capsys):
    ours = [measured(factor) for factor in (0.1, 0.4, 0.2)]
    before = [measured(factor) for factor in (0.2, 0.5, 1.0)]
    streaming_speed.show(ours, before)
    assert capsys.readouterr().out.endswith("| 0.0 | 0.500 (0.200 to 0.800) |\n")
