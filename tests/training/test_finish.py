import finish


def test_scores_of_a_model_are_lines_by_set(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text(
        "set,enhancer,snr_db,snr_gain_db,stoi,pesq\n"
        "NOIZEUS,noisy,0,0,.6,1.4\n"
        "NOIZEUS,speech-8k,0,5.126,.7,1.6\n"
        "NOIZEUS,speech-8k,5,4,.8,1.9\n"
        "NOIZEUS clean,speech-8k,40,-1,1,4.4\n"
        "NOIZEUS clean,speech-8k,100,nan,1,4.5\n"
        "wide band,speech-16k,0,6,.8,1.5\n"
    )
    assert finish.scores_of("speech-8k", path) == {
        "NOIZEUS, at 0/5 dB": {
            "SNR gain in dB": "5.13/4.00",
            "STOI": "0.70/0.80",
            "PESQ": "1.60/1.90",
        },
        "NOIZEUS clean, at 40 dB": {"SNR gain in dB": "-1.00", "STOI": "1.00", "PESQ": "4.40"},
    }
